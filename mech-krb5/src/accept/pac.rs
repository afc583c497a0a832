//! What becomes of the ticket's PAC: verified and kept, discarded, or a reason to refuse.

use super::open_ticket::TicketOpened;
use crate::crypto::Key;
use crate::error::Fact;
use crate::message::{AdType, AuthorizationData, AuthorizationDataEntry};
use crate::pac::{Evidence, KdcEvidence, Pac, PacFault, VerifiedPac};
use alloc::vec::Vec;
use negotiate_core::der::{Reader, Tag, Writer};

/// What happens to the ticket's PAC (MS-PAC, MS-KILE section 3.4.5.3), from which come SIDs, groups and other attributes of the client.
///
/// A discarded PAC means no groups. Where a group only ever permits, that is safe; where an application refuses the members
/// of a group, it has to be [`PacPolicy::Require`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PacPolicy {
    /// It is verified if there is one. A wrong checksum refuses the login; a PAC that lacks its checksums, or is not of
    /// this client and this ticket, or cannot be read, is discarded as a whole: no attributes, and a warning
    /// ([`Warning::PacDiscarded`](crate::Warning::PacDiscarded)).
    #[default]
    Use,
    /// A login without a PAC that passes is refused.
    Require,
    /// None is read.
    Ignore,
}

/// The PACs of a ticket.
#[derive(Clone, Copy, Default)]
pub(super) enum PacFound<'a> {
    #[default]
    None,
    One(&'a [u8]),
    /// Nobody can say which one is meant.
    Several,
}

impl<'a> PacFound<'a> {
    pub(super) const fn and(self, another: &'a [u8]) -> Self {
        match self {
            Self::None => Self::One(another),
            Self::One(_) | Self::Several => Self::Several,
        }
    }
}

/// Witness that the policy about PACs holds. Minted by [`judge`] alone.
pub(super) struct PacJudged {
    pub(super) pac: Option<VerifiedPac>,
    pub(super) discarded: Option<PacFault>,
    _minted_by_judge: (),
}

/// A changed PAC brings nobody in (MS-PAC section 4.1.1).
pub(super) fn judge(
    found: PacFound<'_>,
    ticket: &TicketOpened<'_>,
    policy: PacPolicy,
    kdc_keys: &[Key],
) -> Result<PacJudged, Fact> {
    let verdict = match found {
        PacFound::None => None,
        PacFound::One(pac) => Some(verify(pac, ticket, kdc_keys)),
        PacFound::Several => Some(Err(PacFault::Repeated)),
    };
    let (pac, discarded) = match (verdict, policy) {
        (None, PacPolicy::Require) => return Err(Fact::PacMissing),
        (Some(Err(fault)), _) if fault.is_wrong_signature() => return Err(Fact::PacSignatureWrong(fault)),
        (Some(Err(fault)), PacPolicy::Require) => return Err(Fact::PacUnusable(fault)),
        (Some(Err(fault)), _) => (None, Some(fault)),
        (Some(Ok(pac)), _) => (Some(pac), None),
        (None, _) => (None, None),
    };
    Ok(PacJudged {
        pac,
        discarded,
        _minted_by_judge: (),
    })
}

fn verify(pac: &[u8], ticket: &TicketOpened<'_>, kdc_keys: &[Key]) -> Result<VerifiedPac, PacFault> {
    let covered = if kdc_keys.is_empty() {
        Vec::new()
    } else {
        without_pac(ticket).unwrap_or_default()
    };
    Pac::parse(pac)?.verify(&Evidence {
        service_key: ticket.key().pac_key(),
        kdc: (!kdc_keys.is_empty()).then_some(KdcEvidence {
            keys: kdc_keys,
            ticket: &covered,
        }),
        client: ticket.client(),
        authtime: ticket.part().authtime,
    })
}

/// The EncTicketPart as the ticket checksum covers it (MS-PAC section 2.8.2): with one zero byte in the place of the PAC, and for
/// the rest to the byte as the KDC wrote it.
fn without_pac(ticket: &TicketOpened<'_>) -> Option<Vec<u8>> {
    let list = ticket.part().authorization_data?;
    // The lists inside AD-IF-RELEVANT, without PACs.
    let inner: Vec<Option<Vec<u8>>> = list
        .iter()
        .map(|entry| match entry.ad_type {
            AdType::IF_RELEVANT => AuthorizationData::decode(&mut Reader::new(entry.ad_data))
                .ok()
                .map(zero_pac),
            _ => None,
        })
        .collect();
    let outer = list.iter().zip(&inner).map(|(entry, inner)| match inner {
        Some(ad_data) => AuthorizationDataEntry { ad_data, ..entry },
        None => zero_if_pac(entry),
    });
    let zeroed = AuthorizationDataEntry::encode_list(&outer.collect::<Vec<_>>());
    let before = before_authorization_data(ticket.plaintext())?;
    let mut writer = Writer::new();
    writer.element(Tag::application(3), |part| {
        part.sequence(|fields| {
            fields.raw(before);
            fields.field(AUTHORIZATION_DATA, |field| field.raw(&zeroed));
        });
    });
    Some(writer.into_bytes())
}

/// The number of the last field of EncTicketPart (RFC 4120 section 5.3).
const AUTHORIZATION_DATA: u8 = 10;

fn before_authorization_data(part: &[u8]) -> Option<&[u8]> {
    let mut fields = Reader::new(part)
        .element(Tag::application(3))
        .and_then(|mut part| part.sequence())
        .ok()?;
    let start = fields;
    while fields.peek()? != Tag::context(AUTHORIZATION_DATA) {
        fields.any().ok()?;
    }
    Some(fields.read_since(start))
}

fn zero_pac(list: AuthorizationData<'_>) -> Vec<u8> {
    AuthorizationDataEntry::encode_list(&list.iter().map(zero_if_pac).collect::<Vec<_>>())
}

fn zero_if_pac(entry: AuthorizationDataEntry<'_>) -> AuthorizationDataEntry<'_> {
    match entry.ad_type {
        AdType::WIN2K_PAC => AuthorizationDataEntry {
            ad_data: &[0],
            ..entry
        },
        _ => entry,
    }
}
