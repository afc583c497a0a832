//! Which mechanism a conversation uses: the first of the initiator's list that we have (RFC 4178 section 3.1), by the
//! identifier that the initiator used for it (MS-SPNG section 3.2.5). A mechanism that we have not is skipped, NegoEx and IAKERB like others.

use super::listed::{AcceptedMechTypes, OfferedMechTypes};
use super::mic::MicExchange;
use super::reject::SpnegoError;
use super::token::MechTypeList;
use crate::acceptor::Shared;
use crate::{MechType, Mechanism};
use alloc::sync::Arc;

/// The mechanism chosen.
pub(crate) struct Selected<'s> {
    pub(crate) mechanism: &'s Arc<dyn Mechanism>,
    /// What the initiator called it.
    pub(crate) mech_type: MechType,
    pub(crate) preference: Preference,
}

/// Whose favourite the mechanism is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preference {
    /// At the head of the initiator's list, and the first of ours.
    OfBoth,
    /// At the head of the initiator's list: the optimistic token is this mechanism's. We have one that we prefer, and somebody may have
    /// taken it out.
    OfInitiator,
    /// Behind one that we have not: the optimistic token is another mechanism's, and is not looked at.
    Later,
}

impl Preference {
    /// RFC 4178 section 5.
    pub(crate) const fn mic_exchange(self) -> MicExchange {
        match self {
            Self::OfBoth => MicExchange::Optional,
            Self::OfInitiator | Self::Later => MicExchange::Required,
        }
    }
}

pub(crate) fn select<'s>(
    mech_types: MechTypeList<'_>,
    shared: &'s Arc<Shared>,
) -> Result<Selected<'s>, SpnegoError> {
    for (place, offered) in mech_types.iter().enumerate() {
        if let Some((mechanism, mech_type)) = shared.mechanism(offered) {
            let preference = match place {
                0 if shared.is_favourite(mech_type) => Preference::OfBoth,
                0 => Preference::OfInitiator,
                _ => Preference::Later,
            };
            return Ok(Selected {
                mechanism,
                mech_type,
                preference,
            });
        }
    }
    Err(nothing_in_common(mech_types.iter(), shared))
}

/// The mechanism whose own token the initiator sent.
pub(crate) fn bare_mechanism<'s>(
    offered: &[u8],
    shared: &'s Arc<Shared>,
) -> Result<&'s Arc<dyn Mechanism>, SpnegoError> {
    match shared.mechanism(offered) {
        Some((mechanism, _)) => Ok(mechanism),
        None => Err(nothing_in_common(core::iter::once(offered), shared)),
    }
}

// The well-known reasons have names of their own: NTLM before all, since NegoEx beside it changes nothing.
fn nothing_in_common<'o>(
    offered: impl Iterator<Item = &'o [u8]> + Clone,
    shared: &Arc<Shared>,
) -> SpnegoError {
    let has = |mech_type: MechType| offered.clone().any(|oid| oid == mech_type.contents());
    let all = |mech_types: [MechType; 2]| {
        offered
            .clone()
            .all(|oid| mech_types.iter().any(|known| oid == known.contents()))
    };
    if has(MechType::NTLMSSP) {
        SpnegoError::NtlmOffered
    } else if all([MechType::NEGOEX, MechType::IAKERB]) {
        if has(MechType::NEGOEX) {
            SpnegoError::NegoExOffered
        } else {
            SpnegoError::IakerbOffered
        }
    } else {
        SpnegoError::NoCommonMechanism {
            offered: OfferedMechTypes::new(offered),
            accepted: AcceptedMechTypes::new(Arc::clone(shared)),
        }
    }
}
