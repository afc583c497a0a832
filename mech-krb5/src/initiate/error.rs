//! Why initiating fails.

use crate::crypto::etype_name;
use crate::delegation::NotSealed;
use crate::message::{ErrorCode, MessageError};
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use negotiate_core::{Blame, Explain, GssMajor, RandomUnavailable, Timestamp, Verdict, der};

/// Why there is no context with the acceptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Krb5InitiatorError {
    /// The ticket's session key is of a type that is not implemented, or of a wrong length: its type.
    UnusableSessionKey(i32),
    /// The ticket, or the one to be delegated, is none.
    BadTicket(MessageError),
    /// The ticket is over.
    TicketExpired {
        /// When it ended.
        ended: Timestamp,
        /// The initiator's time.
        now: Timestamp,
    },
    /// The service's name is not UTF-8.
    NameNotUtf8,
    /// The credential to be delegated does not fit into the 64 KiB of its field: its bytes.
    DelegationTooLong(usize),
    /// The operating system gave no random bytes.
    NoRandom,
    /// The answer's framing is not that of RFC 2743 section 3.1.
    BadFraming(der::Error),
    /// The answer is another mechanism's.
    OtherMechanism,
    /// The answer is neither an AP-REP nor a KRB-ERROR: its TOK_ID.
    NotApRep([u8; 2]),
    /// The AP-REP is malformed.
    BadApRep(MessageError),
    /// The KRB-ERROR is malformed.
    BadKrbError(MessageError),
    /// The acceptor says no. Nothing proves that it was the acceptor who said so.
    Refused {
        /// What it says went wrong.
        code: ErrorCode,
        /// Its time.
        acceptor_time: Timestamp,
    },
    /// The AP-REP is not sealed with the ticket's session key: whoever answered cannot open the ticket.
    AcceptorNotProved,
    /// The AP-REP is to another AP-REQ.
    AnswerToAnother,
    /// The acceptor's subkey is of a type that is not implemented, or of a wrong length: its type.
    UnusableSubkey(i32),
}

impl From<RandomUnavailable> for Krb5InitiatorError {
    fn from(_: RandomUnavailable) -> Self {
        Self::NoRandom
    }
}

impl From<NotSealed> for Krb5InitiatorError {
    fn from(not_sealed: NotSealed) -> Self {
        match not_sealed {
            NotSealed::BadTicket(error) => Self::BadTicket(error),
            NotSealed::NoRandom(_) => Self::NoRandom,
        }
    }
}

impl fmt::Display for Krb5InitiatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnusableSessionKey(_) => "the session key is of a type that is not supported here",
            Self::BadTicket(error) => return write!(f, "the ticket is malformed: {error}"),
            Self::TicketExpired { .. } => "the ticket has expired",
            Self::NameNotUtf8 => "the service's name is not UTF-8",
            Self::DelegationTooLong(_) => "the delegated credential is too long",
            Self::NoRandom => "the operating system gave no random bytes",
            Self::BadFraming(error) => return write!(f, "the answer's framing is malformed: {error}"),
            Self::OtherMechanism => "the answer is another mechanism's",
            Self::NotApRep(_) => "the answer is not an AP-REP",
            Self::BadApRep(error) => return write!(f, "the AP-REP is malformed: {error}"),
            Self::BadKrbError(error) => return write!(f, "the KRB-ERROR is malformed: {error}"),
            Self::Refused { code, .. } => return write!(f, "the acceptor refused: {code}"),
            Self::AcceptorNotProved => "the acceptor did not prove that it can open the ticket",
            Self::AnswerToAnother => "the AP-REP answers another AP-REQ",
            Self::UnusableSubkey(_) => "the acceptor's subkey is of a type that is not supported here",
        })
    }
}

impl core::error::Error for Krb5InitiatorError {}

impl Explain for Krb5InitiatorError {
    fn code(&self) -> &'static str {
        match self {
            Self::UnusableSessionKey(_) => "krb5.unusable_session_key",
            Self::BadTicket(_) => "krb5.bad_ticket",
            Self::TicketExpired { .. } => "krb5.ticket_expired",
            Self::NameNotUtf8 => "krb5.name_not_utf8",
            Self::DelegationTooLong(_) => "krb5.delegation_too_long",
            Self::NoRandom => "krb5.no_random",
            Self::BadFraming(_) | Self::BadApRep(_) | Self::BadKrbError(_) => "krb5.malformed",
            Self::OtherMechanism => "krb5.other_mechanism",
            Self::NotApRep(_) => "krb5.not_ap_rep",
            Self::Refused { .. } => "krb5.acceptor_refused",
            Self::AcceptorNotProved => "krb5.acceptor_not_proved",
            Self::AnswerToAnother => "krb5.answer_to_another",
            Self::UnusableSubkey(_) => "krb5.unusable_subkey",
        }
    }

    fn blame(&self) -> Blame {
        match self {
            Self::UnusableSessionKey(_) | Self::UnusableSubkey(_) | Self::NameNotUtf8 => Blame::Incompatible,
            Self::BadTicket(_) | Self::TicketExpired { .. } | Self::DelegationTooLong(_) | Self::NoRandom => {
                Blame::Initiator
            }
            Self::Refused { .. } => Blame::Acceptor,
            Self::BadFraming(_)
            | Self::OtherMechanism
            | Self::NotApRep(_)
            | Self::BadApRep(_)
            | Self::BadKrbError(_)
            | Self::AcceptorNotProved
            | Self::AnswerToAnother => Blame::Malformed,
        }
    }

    fn verdict(&self) -> Verdict {
        match self {
            Self::NoRandom => Verdict::Unavailable,
            _ => Verdict::Unauthenticated,
        }
    }

    fn gss_major(&self) -> GssMajor {
        match self {
            Self::UnusableSessionKey(_) | Self::BadTicket(_) => GssMajor::DefectiveCredential,
            Self::TicketExpired { .. } => GssMajor::CredentialsExpired,
            Self::NameNotUtf8 => GssMajor::BadName,
            Self::AcceptorNotProved | Self::AnswerToAnother => GssMajor::BadMic,
            Self::DelegationTooLong(_) | Self::NoRandom | Self::Refused { .. } | Self::UnusableSubkey(_) => {
                GssMajor::Failure
            }
            _ => GssMajor::DefectiveToken,
        }
    }

    fn seen(&self) -> String {
        match self {
            Self::UnusableSessionKey(etype) | Self::UnusableSubkey(etype) => {
                format!(
                    "encryption type {etype} ({})",
                    etype_name(*etype).unwrap_or("unknown")
                )
            }
            Self::TicketExpired { ended, now } => format!("the ticket ended at {ended}, it is {now}"),
            Self::DelegationTooLong(len) => format!("{len} bytes"),
            Self::NotApRep([a, b]) => format!("a token of type {a:02x} {b:02x}"),
            Self::Refused { code, acceptor_time } => format!("{code} of {acceptor_time}"),
            other => other.to_string(),
        }
    }

    fn expected(&self) -> String {
        match self {
            Self::UnusableSessionKey(_) | Self::UnusableSubkey(_) => {
                "encryption type 17, 18, 19 or 20, or another that the settings name"
            }
            Self::BadTicket(_) | Self::BadFraming(_) | Self::BadApRep(_) | Self::BadKrbError(_) => {
                "strict DER of RFC 4120 and RFC 4121"
            }
            Self::TicketExpired { .. } => "a ticket that is still good",
            Self::NameNotUtf8 => "UTF-8",
            Self::DelegationTooLong(_) => "at most 65,535 bytes",
            Self::NoRandom => "random bytes for subkey and confounder",
            Self::OtherMechanism => "1.2.840.113554.1.2.2",
            Self::NotApRep(_) => "an AP-REP (02 00)",
            Self::Refused { .. } => "an AP-REP",
            Self::AcceptorNotProved => "an AP-REP under the ticket's session key",
            Self::AnswerToAnother => "the time of the authenticator, to the microsecond",
        }
        .into()
    }

    fn advice(&self) -> String {
        match self {
            Self::UnusableSessionKey(_) | Self::UnusableSubkey(_) => {
                "let KDC and service use AES (msDS-SupportedEncryptionTypes at a domain controller)"
            }
            Self::BadTicket(_) | Self::TicketExpired { .. } => "get a new ticket",
            Self::NameNotUtf8 => "name the service in UTF-8",
            Self::DelegationTooLong(_) => {
                "the user's ticket is too large to be handed over: too many groups in its PAC"
            }
            Self::NoRandom => "look at the operating system's random number source",
            Self::Refused { code, .. } => match *code {
                ErrorCode::SKEW | ErrorCode::TKT_NYV => "set the clocks of client and server by NTP",
                ErrorCode::MODIFIED | ErrorCode::NOKEY | ErrorCode::BADKEYVER => {
                    "the server has another key than the KDC: export its keytab again, then get a new ticket"
                }
                ErrorCode::TKT_EXPIRED => "get a new ticket, or set the clocks by NTP",
                _ => "the server's log says why",
            },
            Self::AcceptorNotProved | Self::AnswerToAnother => {
                "do not trust this server: another one, or somebody between, answered in its place"
            }
            Self::BadFraming(_)
            | Self::OtherMechanism
            | Self::NotApRep(_)
            | Self::BadApRep(_)
            | Self::BadKrbError(_) => {
                "the server does not follow RFC 4121, or something on the way changes its answers"
            }
        }
        .into()
    }
}
