//! Why a negotiation fails, seen from the initiator's side.

use super::reject::SpnegoError;
use crate::{Blame, Explain, GssMajor, PerMessageError, Verdict};
use alloc::string::{String, ToString};
use core::fmt;

/// The acceptor's answer ends the negotiation. What a mechanism refuses is the mechanism's own error type.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SpnegoInitiatorError {
    /// The answer is no NegTokenResp, or a malformed one.
    BadToken(SpnegoError),
    /// The acceptor rejects, and does not say why.
    Rejected,
    /// The acceptor's first answer names no mechanism.
    SupportedMechMissing,
    /// A later answer names a mechanism.
    SupportedMechAgain,
    /// The acceptor names a mechanism that was not offered.
    MechNotOffered,
    /// The acceptor names another mechanism than the favourite, and goes on as if that had begun.
    ChoiceWithoutToken,
    /// The mechanism waits for a token, and none came.
    MechTokenMissing,
    /// The mechanism is done, and another token came for it.
    MechTokenAfterEnd,
    /// The acceptor says that it has accepted, and the mechanism is not done.
    CompletedTooEarly,
    /// The mechanism is done, and the acceptor does not say that it has accepted.
    NotCompleted,
    /// A mechListMIC came before the mechanism was done.
    MicTooEarly,
    /// A mechListMIC came after the negotiation was done without.
    MicNotDue,
    /// The mechListMIC that is due did not come.
    MicMissing,
    /// The acceptor's mechListMIC does not verify.
    MicWrong(PerMessageError),
    /// The acceptor's mechListMIC is genuine, and not the first message of its context.
    MicOutOfSequence,
    /// The mechanism could not make our mechListMIC.
    MicNotMade(PerMessageError),
}

impl fmt::Display for SpnegoInitiatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadToken(error) => return error.fmt(f),
            Self::Rejected => "the acceptor rejected the negotiation",
            Self::SupportedMechMissing => "the acceptor did not name the mechanism",
            Self::SupportedMechAgain => "the acceptor named a mechanism again",
            Self::MechNotOffered => "the acceptor named a mechanism that was not offered",
            Self::ChoiceWithoutToken => "the acceptor went on with a mechanism that has not begun",
            Self::MechTokenMissing => "the mechanism's token is missing",
            Self::MechTokenAfterEnd => "a mechanism token after the mechanism's end",
            Self::CompletedTooEarly => "the acceptor completed before the mechanism",
            Self::NotCompleted => "the acceptor did not complete",
            Self::MicTooEarly => "the mechListMIC came before the mechanism's end",
            Self::MicNotDue => "a mechListMIC came after the end",
            Self::MicMissing => "the mechListMIC is missing",
            Self::MicWrong(_) => "the mechListMIC does not verify",
            Self::MicOutOfSequence => "the mechListMIC is out of sequence",
            Self::MicNotMade(_) => "the mechListMIC could not be made",
        })
    }
}

impl core::error::Error for SpnegoInitiatorError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::BadToken(error) => Some(error),
            Self::MicWrong(error) | Self::MicNotMade(error) => Some(error),
            _ => None,
        }
    }
}

impl Explain for SpnegoInitiatorError {
    fn code(&self) -> &'static str {
        match self {
            Self::BadToken(error) => error.code(),
            Self::Rejected => "spnego.acceptor_rejected",
            Self::SupportedMechMissing => "spnego.supported_mech_missing",
            Self::SupportedMechAgain => "spnego.supported_mech_again",
            Self::MechNotOffered => "spnego.mech_not_offered",
            Self::ChoiceWithoutToken => "spnego.choice_without_token",
            Self::MechTokenMissing => "spnego.mech_token_missing",
            Self::MechTokenAfterEnd => "spnego.mech_token_after_end",
            Self::CompletedTooEarly => "spnego.completed_too_early",
            Self::NotCompleted => "spnego.not_completed",
            Self::MicTooEarly => "spnego.mic_too_early",
            Self::MicNotDue => "spnego.mic_not_due",
            Self::MicMissing => "spnego.mic_missing",
            Self::MicWrong(_) => "spnego.mic_wrong",
            Self::MicOutOfSequence => "spnego.mic_out_of_sequence",
            Self::MicNotMade(_) => "spnego.mic_not_made",
        }
    }

    fn blame(&self) -> Blame {
        match self {
            Self::Rejected => Blame::Acceptor,
            Self::MechNotOffered => Blame::Incompatible,
            Self::MicNotMade(_) => Blame::Initiator,
            _ => Blame::Malformed,
        }
    }

    fn verdict(&self) -> Verdict {
        Verdict::Unauthenticated
    }

    fn gss_major(&self) -> GssMajor {
        match self {
            Self::Rejected | Self::MicNotMade(_) => GssMajor::Failure,
            Self::MechNotOffered => GssMajor::BadMech,
            _ => GssMajor::DefectiveToken,
        }
    }

    fn seen(&self) -> String {
        match self {
            Self::BadToken(error) => error.seen(),
            Self::Rejected => "negState reject, without a token of the mechanism".into(),
            Self::MicWrong(error) | Self::MicNotMade(error) => error.to_string(),
            other => other.to_string(),
        }
    }

    fn expected(&self) -> String {
        match self {
            Self::BadToken(error) => return error.expected(),
            Self::Rejected => "a NegTokenResp that goes on or accepts",
            Self::SupportedMechMissing | Self::SupportedMechAgain => {
                "supportedMech in the first answer, and only there"
            }
            Self::MechNotOffered => "one of the mechanisms in mechTypes",
            Self::ChoiceWithoutToken => "accept-incomplete or request-mic, and no responseToken",
            Self::MechTokenMissing => "the mechanism's next token in responseToken",
            Self::MechTokenAfterEnd => "no responseToken",
            Self::CompletedTooEarly => "accept-completed with or after the mechanism's last token",
            Self::NotCompleted => "accept-completed",
            Self::MicTooEarly | Self::MicNotDue => "a mechListMIC when the mechanism ends",
            Self::MicMissing => {
                "a mechListMIC, for the choice is not the head of our list or the acceptor asked for one"
            }
            Self::MicWrong(_) => "the MIC of our list of mechanisms",
            Self::MicOutOfSequence => "the number of the context's first message",
            Self::MicNotMade(_) => "a MIC by the established context",
        }
        .into()
    }

    fn advice(&self) -> String {
        match self {
            Self::Rejected => "the server's log says why",
            Self::MechNotOffered => "enable a mechanism at the server that this client has",
            Self::MicMissing | Self::MicWrong(_) => {
                "somebody may have changed the list of mechanisms on the way, so as to get a weaker one: use TLS, and \
                 look at what stands between"
            }
            Self::MicNotMade(_) => "look at the mechanism's settings: its context has integrity and makes no MIC",
            _ => "the server does not follow RFC 4178, or something on the way changes its answers",
        }
        .into()
    }
}
