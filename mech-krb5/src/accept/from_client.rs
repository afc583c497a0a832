//! Authorization data that the client writes into its authenticator: its wishes, and hints about itself.

use super::Policy;
use super::authorization_data::{Meaning, malformed};
use crate::crypto::EncryptionType;
use crate::error::Fact;
use crate::message::{AdType, AuthorizationDataEntry, TokenRestrictions};
use negotiate_core::der::{ErrorKind, Reader};

/// What the client says of itself in the authenticator.
#[derive(Clone, Copy, Default)]
pub(super) struct ClientWishes {
    /// AD-AUTH-DATA-AP-OPTIONS (MS-KILE section 3.2.5.8).
    ap_options: Option<u32>,
    /// The best encryption type by our order from its list (RFC 4537), if it sent one that has any of ours.
    pub(super) subkey_type: Option<EncryptionType>,
    /// What it may not do with all of its rights.
    pub(super) restrictions: Option<TokenRestrictions>,
}

impl ClientWishes {
    /// KERB_AP_OPTIONS_CBT: it knows channel bindings (MS-KILE section 3.2.5.8).
    pub(super) fn advertises_bindings(&self) -> bool {
        self.ap_options
            .is_some_and(|options| options & KERB_AP_OPTIONS_CBT != 0)
    }
}

/// MS-KILE section 3.2.5.8.
const KERB_AP_OPTIONS_CBT: u32 = 0x4000;

pub(super) fn read<'a>(
    client: &mut ClientWishes,
    entry: AuthorizationDataEntry<'_>,
    policy: &Policy,
) -> Result<Meaning<'a>, Fact> {
    match entry.ad_type {
        AdType::AP_OPTIONS => {
            let options = ap_options(entry.ad_data)?;
            // Which of two counts is nowhere said, so they are none that can be read, as with MIT krb5.
            if client.ap_options.replace(options).is_some() {
                return Err(not_ap_options(entry.ad_data));
            }
        }
        AdType::ETYPE_NEGOTIATION => {
            // The first list counts, as with MIT krb5; the others must be lists nevertheless.
            let offered = preferred(entry.ad_data, policy)?;
            client.subkey_type = client.subkey_type.or(offered);
        }
        AdType::TOKEN_RESTRICTIONS => {
            let restrictions = TokenRestrictions::decode(entry.ad_data);
            client.restrictions = client.restrictions.or(restrictions);
        }
        // Hints about itself: nothing that an acceptor has to obey.
        AdType::LOCAL | AdType::TARGET_PRINCIPAL => {}
        _ => return Ok(Meaning::Unknown),
    }
    Ok(Meaning::Understood)
}

/// MS-KILE section 3.2.5.8: 32 bits, little-endian. What cannot be read must not pass for "no bindings known".
fn ap_options(ad_data: &[u8]) -> Result<u32, Fact> {
    let options = <[u8; 4]>::try_from(ad_data).map_err(|_| not_ap_options(ad_data))?;
    Ok(u32::from_le_bytes(options))
}

fn not_ap_options(ad_data: &[u8]) -> Fact {
    malformed(Reader::new(ad_data).error(ErrorKind::BadValue))
}

/// RFC 4537 section 3: `EtypeList ::= SEQUENCE OF Int32`; the acceptor takes what it prefers of it.
fn preferred(ad_data: &[u8], policy: &Policy) -> Result<Option<EncryptionType>, Fact> {
    let read = || {
        let mut input = Reader::new(ad_data);
        let mut list = input.sequence()?;
        input.finish()?;
        let mut best: Option<usize> = None;
        while !list.is_empty() {
            let offered = list.int32()?;
            let rank = policy
                .subkey_types
                .iter()
                .position(|ours| ours.number() == offered);
            best = match (best, rank) {
                (Some(best), Some(rank)) => Some(best.min(rank)),
                (best, rank) => best.or(rank),
            };
        }
        Ok(best.and_then(|best| policy.subkey_types.get(best).copied()))
    };
    read().map_err(malformed)
}
