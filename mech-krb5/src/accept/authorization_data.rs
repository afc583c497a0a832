//! Authorization data (RFC 4120 section 5.2.6), by container: what the KDC wrote and what the client wrote are not the
//! same thing, and each type counts in its own container only.
//!
//! Whoever does not understand an element must refuse, unless it stands in AD-IF-RELEVANT, or is for the KDC.

use super::{Policy, UnknownAuthorizationData};
use crate::crypto::EncryptionType;
use crate::error::{Container, Fact, Part};
use crate::message::{AdType, AuthorizationData};
use negotiate_core::der::{ErrorKind, Reader};

/// Witness that nothing is there that must be understood and is not. Minted by [`check`] alone.
pub(super) struct AuthorizationDataChecked {
    pub(super) client: ClientWishes,
    _minted_by_check: (),
}

/// What the client says of itself in the authenticator.
#[derive(Clone, Copy, Default)]
pub(super) struct ClientWishes {
    /// KERB_AP_OPTIONS_CBT: it knows channel bindings (MS-KILE section 3.2.5.8).
    pub(super) advertises_bindings: bool,
    /// The best encryption type by our order from its list (RFC 4537), if it sent one that has any of ours.
    pub(super) subkey_type: Option<EncryptionType>,
}

/// Deeper than any KDC nests; a bound because the input sets the depth.
const MAX_DEPTH: usize = 4;

/// MS-KILE section 2.2.7.
const KERB_AP_OPTIONS_CBT: u32 = 0x4000;

pub(super) fn check(
    ticket: Option<AuthorizationData<'_>>,
    authenticator: Option<AuthorizationData<'_>>,
    policy: &Policy,
) -> Result<AuthorizationDataChecked, Fact> {
    if let Some(data) = ticket {
        walk(data, Container::Ticket, policy, &mut |_, _| Ok(Understood::No))?;
    }
    let mut client = ClientWishes::default();
    if let Some(data) = authenticator {
        walk(
            data,
            Container::Authenticator,
            policy,
            &mut |ad_type, ad_data| match ad_type {
                AdType::AP_OPTIONS => {
                    client.advertises_bindings |= ap_options(ad_data)? & KERB_AP_OPTIONS_CBT != 0;
                    Ok(Understood::Yes)
                }
                AdType::ETYPE_NEGOTIATION => {
                    // The first list counts, as with MIT krb5; the others must be lists nevertheless.
                    let offered = preferred(ad_data, policy)?;
                    client.subkey_type = client.subkey_type.or(offered);
                    Ok(Understood::Yes)
                }
                // The client's wishes about its own tokens and hints about itself: nothing that an acceptor has to obey.
                AdType::TOKEN_RESTRICTIONS | AdType::LOCAL | AdType::TARGET_PRINCIPAL => Ok(Understood::Yes),
                _ => Ok(Understood::No),
            },
        )?;
    }
    Ok(AuthorizationDataChecked {
        client,
        _minted_by_check: (),
    })
}

enum Understood {
    Yes,
    No,
}

/// Visits every element of one container, those inside AD-IF-RELEVANT too, without recursion.
fn walk<'a>(
    data: AuthorizationData<'a>,
    container: Container,
    policy: &Policy,
    visit: &mut impl FnMut(AdType, &'a [u8]) -> Result<Understood, Fact>,
) -> Result<(), Fact> {
    // What is left to read of the lists around the current one.
    let mut outer: [Option<AuthorizationData<'a>>; MAX_DEPTH - 1] = [None; MAX_DEPTH - 1];
    let mut current = data;
    loop {
        let Some((entry, rest)) = current.split_first() else {
            match outer.iter_mut().rev().find_map(Option::take) {
                Some(list) => current = list,
                None => return Ok(()),
            }
            continue;
        };
        current = rest;
        match entry.ad_type {
            AdType::IF_RELEVANT => {
                let inner = AuthorizationData::decode(&mut Reader::new(entry.ad_data)).map_err(|error| {
                    Fact::Malformed {
                        part: Part::AuthorizationData,
                        error,
                    }
                })?;
                let level = outer.iter_mut().find(|level| level.is_none());
                *level.ok_or(Fact::NestedAuthorizationData(container))? = Some(current);
                current = inner;
            }
            AdType::MANDATORY_FOR_KDC => {}
            ad_type => {
                let understood = visit(ad_type, entry.ad_data)?;
                let must_be = outer.iter().all(Option::is_none)
                    && policy.unknown_authorization_data == UnknownAuthorizationData::Refuse;
                if must_be && matches!(understood, Understood::No) {
                    return Err(Fact::UnknownAuthorizationData {
                        container,
                        ad_type: ad_type.0,
                    });
                }
            }
        }
    }
}

/// MS-KILE section 2.2.7: 32 bits, little-endian. What cannot be read must not pass for "no bindings known".
fn ap_options(ad_data: &[u8]) -> Result<u32, Fact> {
    let options = <[u8; 4]>::try_from(ad_data).map_err(|_| Fact::Malformed {
        part: Part::AuthorizationData,
        error: Reader::new(ad_data).error(ErrorKind::BadValue),
    })?;
    Ok(u32::from_le_bytes(options))
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
                .encryption_types
                .iter()
                .position(|ours| ours.number() == offered);
            best = match (best, rank) {
                (Some(best), Some(rank)) => Some(best.min(rank)),
                (best, rank) => best.or(rank),
            };
        }
        Ok(best.and_then(|best| policy.encryption_types.get(best).copied()))
    };
    read().map_err(|error| Fact::Malformed {
        part: Part::AuthorizationData,
        error,
    })
}
