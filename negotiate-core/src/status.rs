//! What a failure means in the vocabularies of those who have to act on it.

use core::fmt;

/// Whose fault a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Blame {
    /// The bytes are not what the specification allows: a broken peer, a proxy that cut them, or an attacker.
    Malformed,
    /// The initiator: its ticket, its password, its clock, its settings.
    Initiator,
    /// Both sides are right, but have nothing in common: mechanism, encryption type, name.
    Incompatible,
    /// This acceptor's policy.
    Policy,
    /// This acceptor's own set-up or surroundings: keytab, clock, replay cache, KDC.
    Acceptor,
    /// The program that calls this library.
    Caller,
}

impl fmt::Display for Blame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "malformed token",
            Self::Initiator => "initiator",
            Self::Incompatible => "no common ground",
            Self::Policy => "this server's policy",
            Self::Acceptor => "this server's set-up",
            Self::Caller => "calling program",
        })
    }
}

/// What the caller can do about a failure; an HTTP server maps each to one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Nobody was authenticated; the initiator may try again, perhaps otherwise (HTTP 401).
    Unauthenticated,
    /// Somebody was authenticated and may not enter; trying again changes nothing (HTTP 403).
    Forbidden,
    /// The question could not be answered now (HTTP 503).
    Unavailable,
}

/// Routine errors of GSS-API (RFC 2743 section 1.2.1.1), with their numbers in the C bindings (RFC 2744 section 3.9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GssMajor {
    /// `GSS_S_BAD_MECH`
    BadMech = 1,
    /// `GSS_S_BAD_NAME`
    BadName = 2,
    /// `GSS_S_BAD_BINDINGS`
    BadBindings = 4,
    /// `GSS_S_BAD_SIG`, also called `GSS_S_BAD_MIC`
    BadMic = 6,
    /// `GSS_S_NO_CRED`
    NoCred = 7,
    /// `GSS_S_NO_CONTEXT`
    NoContext = 8,
    /// `GSS_S_DEFECTIVE_TOKEN`
    DefectiveToken = 9,
    /// `GSS_S_DEFECTIVE_CREDENTIAL`
    DefectiveCredential = 10,
    /// `GSS_S_CREDENTIALS_EXPIRED`
    CredentialsExpired = 11,
    /// `GSS_S_CONTEXT_EXPIRED`
    ContextExpired = 12,
    /// `GSS_S_FAILURE`
    Failure = 13,
    /// `GSS_S_BAD_QOP`
    BadQop = 14,
    /// `GSS_S_UNAUTHORIZED`
    Unauthorized = 15,
    /// `GSS_S_UNAVAILABLE`
    Unavailable = 16,
    /// `GSS_S_DUPLICATE_ELEMENT`
    DuplicateElement = 17,
    /// `GSS_S_DUPLICATE_TOKEN`, a supplementary bit
    DuplicateToken = 19,
}

impl GssMajor {
    /// The `OM_uint32` of the C bindings.
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            // RFC 2744 section 3.9.1: supplementary information is bits, here GSS_S_DUPLICATE_TOKEN (bit 1) on FAILURE.
            Self::DuplicateToken => (13 << 16) | 2,
            #[allow(clippy::as_conversions)] // a fieldless enum to its number
            other => (other as u32) << 16,
        }
    }
}
