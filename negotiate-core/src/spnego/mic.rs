//! When mechListMICs are due, and the witness that they were dealt with (RFC 4178 section 5).

use super::reject::SpnegoError;
use crate::{ContextFlags, Established, MechListMic, MessageOrder};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Whether the negotiation demands MICs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MicExchange {
    /// The mechanism is both sides' favourite.
    Optional,
    /// It is not, so that somebody may have changed the list in order to have it.
    Required,
}

/// Who sent the last token of the mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastMechToken {
    /// We, with the message that is being made.
    Acceptor,
    /// The initiator, in its very first message.
    OptimisticInitiator,
    /// The initiator, in a later message.
    Initiator,
}

/// Proof that the list of mechanisms which chose this context's mechanism is the one that the initiator sent, or that no
/// such proof was due. A context that SPNEGO negotiated is made from nothing else, and none of its messages before (RFC 4178
/// sections 3.1 and 7).
#[derive(Debug)]
pub(crate) struct MechListProtected {
    established: Box<Established>,
}

/// Why the witness may be had.
#[derive(Clone, Copy)]
enum Evidence<'a> {
    NotDue,
    Mic { mech_types: &'a [u8], theirs: &'a [u8] },
}

impl MechListProtected {
    fn mint(mut established: Box<Established>, evidence: Evidence<'_>) -> Result<Self, SpnegoError> {
        match evidence {
            Evidence::NotDue => {}
            Evidence::Mic { mech_types, theirs } => {
                let order = established
                    .per_message
                    .verify_mech_list_mic(mech_types, theirs)
                    .map_err(SpnegoError::MicWrong)?;
                // It is the first message that the context protects.
                if order != MessageOrder::Expected {
                    return Err(SpnegoError::MicOutOfSequence);
                }
            }
        }
        Ok(Self { established })
    }

    pub(crate) fn into_established(self) -> Box<Established> {
        self.established
    }
}

/// What becomes of a mechanism's result.
#[derive(Debug)]
pub(crate) enum Settled {
    /// The conversation is over; our MIC, if there is one, goes out with the last answer.
    Protected {
        protected: MechListProtected,
        ours: Option<Vec<u8>>,
    },
    /// Our MIC goes out, and the initiator owes its own.
    Owed {
        established: Box<Established>,
        ours: Vec<u8>,
    },
}

/// Takes the result of the mechanism, and the MIC that came with its last token.
pub(crate) fn settle(
    mut established: Box<Established>,
    negotiated: MicExchange,
    last: LastMechToken,
    mech_types: &[u8],
    theirs: Option<&[u8]>,
) -> Result<Settled, SpnegoError> {
    match (theirs, exchange(&established, negotiated), last) {
        // c) I and II. A MIC that nobody asked for is verified as well, and answered.
        (Some(theirs), _, _) => {
            let mut protected = MechListProtected::mint(established, Evidence::Mic { mech_types, theirs })?;
            let ours = make(&mut protected.established, mech_types)?;
            protected.established.per_message.mech_list_mics_done();
            Ok(Settled::Protected {
                protected,
                ours: Some(ours),
            })
        }
        // b), and c) III: where MICs may be omitted, old Windows wants none.
        (None, MicExchange::Optional, _) => Ok(Settled::Protected {
            protected: MechListProtected::mint(established, Evidence::NotDue)?,
            ours: None,
        }),
        // b), and c) IV: the initiator could not know before that it owes one.
        (None, MicExchange::Required, LastMechToken::Acceptor | LastMechToken::OptimisticInitiator) => {
            let ours = make(&mut established, mech_types)?;
            Ok(Settled::Owed { established, ours })
        }
        // c) V.
        (None, MicExchange::Required, LastMechToken::Initiator) => Err(SpnegoError::MicMissing),
    }
}

/// Takes the MIC that the initiator owed. b) I.
pub(crate) fn conclude(
    established: Box<Established>,
    mech_types: &[u8],
    theirs: Option<&[u8]>,
) -> Result<MechListProtected, SpnegoError> {
    let theirs = theirs.ok_or(SpnegoError::MicMissing)?;
    let mut protected = MechListProtected::mint(established, Evidence::Mic { mech_types, theirs })?;
    protected.established.per_message.mech_list_mics_done();
    Ok(protected)
}

// A context without integrity can make no MIC, and none is due on it.
fn exchange(established: &Established, negotiated: MicExchange) -> MicExchange {
    match (negotiated, established.mech_list_mic) {
        _ if !established.flags.contains(ContextFlags::INTEGRITY) => MicExchange::Optional,
        (MicExchange::Optional, MechListMic::AsNegotiated) => MicExchange::Optional,
        (MicExchange::Required, _) | (_, MechListMic::Required) => MicExchange::Required,
    }
}

fn make(established: &mut Established, mech_types: &[u8]) -> Result<Vec<u8>, SpnegoError> {
    established
        .per_message
        .get_mic(mech_types)
        .map_err(SpnegoError::MicNotMade)
}
