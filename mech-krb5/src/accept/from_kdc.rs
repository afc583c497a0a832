//! Authorization data in the ticket: sealed by the KDC, and yet not all its own words, for a client may have elements copied
//! into its tickets (RFC 4120 section 3.3.1). What speaks for the client counts by the signature over it.

use super::authorization_data::{Meaning, Place};
use super::pac::{PacFound, PacPolicy};
use crate::crypto::{Key, KeyUsage};
use crate::details::{AuthorizationDataOrigin, OtherAuthorizationData, Warning};
use crate::message::{AdCammac, AdKdcIssued, AdType, AuthorizationDataEntry, Checksum, TokenRestrictions};
use alloc::string::String;
use alloc::vec::Vec;
use negotiate_core::der::Reader;

/// What the ticket says, as far as it is handed on (RFC 4120 section 8.1).
#[derive(Default)]
pub(super) struct FromKdc<'a> {
    pub(super) pac: PacFound<'a>,
    /// From CAMMACs whose service verifier fits, and from nowhere else.
    pub(super) indicators: Vec<String>,
    pub(super) restrictions: Option<TokenRestrictions>,
    /// Of types that are not known here.
    pub(super) others: Vec<OtherAuthorizationData>,
    pub(super) warning: Option<Warning>,
}

/// More than any ticket has; a bound because each is copied.
const MAX_OTHERS: usize = 64;

/// The reading of one ticket's elements.
pub(super) struct Reading<'r, 'a> {
    service_key: &'r Key,
    session_key: &'r Key,
    pac_policy: PacPolicy,
    found: &'r mut FromKdc<'a>,
}

impl<'r, 'a> Reading<'r, 'a> {
    pub(super) fn new(
        service_key: &'r Key,
        session_key: &'r Key,
        pac_policy: PacPolicy,
        found: &'r mut FromKdc<'a>,
    ) -> Self {
        Self {
            service_key,
            session_key,
            pac_policy,
            found,
        }
    }

    pub(super) fn read(&mut self, place: Place, entry: AuthorizationDataEntry<'a>) -> Meaning<'a> {
        let AuthorizationDataEntry { ad_type, ad_data } = entry;
        match (ad_type, place) {
            (AdType::WIN2K_PAC, Place::Top | Place::IfRelevant) => {
                if self.pac_policy != PacPolicy::Ignore {
                    self.found.pac = self.found.pac.and(ad_data);
                }
                Meaning::Understood
            }
            (AdType::CAMMAC, Place::Top | Place::IfRelevant) => self.cammac(ad_data),
            (AdType::KDC_ISSUED, Place::Top | Place::IfRelevant) => self.kdc_issued(ad_data),
            // RFC 8129 section 5: decisions must not rest on indicators that stand elsewhere.
            (AdType::AUTHENTICATION_INDICATOR, Place::Cammac) => match indicators(ad_data) {
                Some(indicators) => {
                    self.found.indicators.extend(indicators);
                    Meaning::Understood
                }
                None => Meaning::Unknown,
            },
            (AdType::TOKEN_RESTRICTIONS, Place::Top | Place::IfRelevant) => {
                let restrictions = TokenRestrictions::decode(ad_data);
                self.found.restrictions = self.found.restrictions.or(restrictions);
                Meaning::Understood
            }
            _ => {
                self.keep(place, entry);
                Meaning::Unknown
            }
        }
    }

    /// For the application. A known type in the wrong place is nobody's.
    fn keep(
        &mut self,
        place: Place,
        AuthorizationDataEntry { ad_type, ad_data }: AuthorizationDataEntry<'_>,
    ) {
        if !ad_type.is_known() && self.found.others.len() < MAX_OTHERS {
            self.found.others.push(OtherAuthorizationData {
                ad_type,
                ad_data: ad_data.to_vec(),
                origin: match place {
                    Place::Cammac => AuthorizationDataOrigin::Cammac,
                    Place::Top | Place::IfRelevant | Place::Elsewhere => AuthorizationDataOrigin::Ticket,
                },
            });
        }
    }

    /// RFC 7751 section 4: the service's verifier is made with the key that seals the ticket. Without one that fits, the
    /// container is not understood, and so ignored or not as any other (RFC 7751 section 5, RFC 4120 section 5.2.6).
    fn cammac(&mut self, ad_data: &'a [u8]) -> Meaning<'a> {
        let cammac = AdCammac::decode(ad_data).ok();
        let verified = cammac.filter(|cammac| {
            cammac.svc_verifier.is_some_and(|verifier| {
                fits(&verifier.mac, cammac.signed, self.service_key, KeyUsage::CAMMAC)
            })
        });
        match verified {
            Some(cammac) => Meaning::Elements(cammac.elements, Place::Cammac),
            None => {
                self.found.warning = Some(Warning::CammacDiscarded);
                Meaning::Unknown
            }
        }
    }

    /// The client has the session key too, and so could have signed this itself: it proves nothing about the client, and
    /// only what must be understood in it counts.
    fn kdc_issued(&self, ad_data: &'a [u8]) -> Meaning<'a> {
        let issued = AdKdcIssued::decode(ad_data).ok();
        let verified = issued.filter(|issued| {
            let usage = KeyUsage::AD_KDC_ISSUED_CHECKSUM;
            fits(&issued.ad_checksum, issued.signed, self.session_key, usage)
        });
        match verified {
            Some(issued) => Meaning::Elements(issued.elements, Place::Elsewhere),
            None => Meaning::Unknown,
        }
    }
}

/// Whether it is the key's checksum of the key's own type.
fn fits(checksum: &Checksum<'_>, over: &[u8], key: &Key, usage: KeyUsage) -> bool {
    let key = key.checksum_key(usage);
    checksum.cksumtype == key.checksum_type().number() && key.verify(&[over], checksum.checksum).is_ok()
}

/// More than any KDC sets: an indicator is a word for one way to log in.
const MAX_INDICATORS: usize = 64;

/// `AD-AUTHENTICATION-INDICATOR ::= SEQUENCE OF UTF8String` (RFC 8129 section 3).
fn indicators(ad_data: &[u8]) -> Option<Vec<String>> {
    let mut input = Reader::new(ad_data);
    let mut list = input.sequence().ok()?;
    input.finish().ok()?;
    let mut indicators = Vec::new();
    while !list.is_empty() && indicators.len() < MAX_INDICATORS {
        indicators.push(str::from_utf8(list.utf8_string().ok()?).ok()?.into());
    }
    list.is_empty().then_some(indicators)
}
