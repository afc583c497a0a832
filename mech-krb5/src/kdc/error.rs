//! Why an exchange with a KDC ends without a ticket: the table of what each fact is to programs. `error_words` has what it
//! says to people.

use crate::crypto::{EncryptionType, KeyError};
use crate::message::{ErrorCode, KdcExchange, MessageError};
use alloc::string::String;
use alloc::vec::Vec;
use negotiate_core::{Blame, Explain, GssMajor, Seconds, Timestamp, Verdict, der};

/// Why there is no ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KdcError {
    /// The KDC says no. Nothing proves that it was the KDC who said so.
    Refused(KdcRefusal),
    /// The KDC wants a proof of another kind than the encrypted timestamp: the numbers of those it takes.
    NoCommonPreauthentication {
        /// `padata-type` of each.
        offered: Vec<i32>,
    },
    /// There is no key of an encryption type that both sides have.
    NoCommonEncryptionType,
    /// Whoever answered wants the key made with fewer iterations than the default.
    WeakStringToKey {
        /// The key's type.
        etype: EncryptionType,
        /// The count.
        iterations: u32,
    },
    /// The key cannot be made with the parameters of the answer.
    BadStringToKey(KeyError),
    /// A part is not its DER.
    Malformed {
        /// Which part.
        part: ReplyPart,
        /// What is wrong, and where in that part.
        error: der::Error,
    },
    /// A part is of another protocol version than 5.
    BadVersion {
        /// Which part.
        part: ReplyPart,
        /// Its version.
        found: i64,
    },
    /// A message of another type than is due: its `msg-type`.
    BadMessageType(i64),
    /// The reply is encrypted in a type that was not asked for, or is not implemented.
    EncryptionTypeNotAsked(i32),
    /// The reply does not open with the key that it must be sealed with.
    NotSealed(KdcExchange),
    /// The opened reply is not to this request.
    Mismatch(Mismatch),
    /// The KDC's clock is too far from ours.
    ClockSkew {
        /// Its time.
        kdc_time: Timestamp,
        /// Ours.
        now: Timestamp,
        /// How far they may be apart.
        allowed: Seconds,
    },
    /// A session key is of a type that is not implemented or was not asked for, or of a wrong length: its type.
    UnusableSessionKey(i32),
    /// The operating system gave no random bytes.
    NoRandom,
}

/// A KRB-ERROR (RFC 4120 section 5.9.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KdcRefusal {
    /// What the KDC says went wrong.
    pub code: ErrorCode,
    /// The KDC's time.
    pub kdc_time: Timestamp,
    /// The same in its own words, quoted and escaped.
    pub text: Option<String>,
}

/// In what a reply differs from its request (RFC 4120 section 3.1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// Another nonce: it answers another request.
    Nonce,
    /// Another client.
    Client,
    /// Another server.
    Server,
    /// Usable from certain addresses only.
    Addresses,
    /// Flags that were not asked for, or lacks one that was.
    Flags,
    /// Good for longer than asked for, or for no time at all.
    Times,
    /// By its own account (RFC 6806 section 11) it answers a request that was changed under way.
    Request,
}

/// What was being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplyPart {
    /// The reply itself.
    Reply,
    /// The KDC's list of proofs that it takes.
    MethodData,
    /// The KDC's hints about the client's key.
    EtypeInfo2,
    /// The reply's sealed part.
    EncPart,
    /// The ticket-granting ticket in hand.
    TicketGrantingTicket,
}

impl KdcError {
    pub(super) const fn malformed(part: ReplyPart, error: der::Error) -> Self {
        Self::Malformed { part, error }
    }

    pub(super) const fn in_part(part: ReplyPart, error: MessageError) -> Self {
        match error {
            MessageError::Malformed(error) => Self::Malformed { part, error },
            MessageError::BadVersion(found) => Self::BadVersion { part, found },
            MessageError::BadMessageType(found) => Self::BadMessageType(found),
        }
    }

    #[rustfmt::skip]
    const fn row(&self) -> Row {
        use Blame::{Acceptor, Incompatible, Initiator, Malformed};
        use GssMajor::{CredentialsExpired, DefectiveCredential, Failure, NoCred};
        use Verdict::{Unauthenticated as No, Unavailable as Later};
        match self {
            Self::Refused(refusal) => refusal.row(),
            Self::NoCommonPreauthentication { .. } => row("krb5.kdc_preauthentication", Incompatible, Later, NoCred),
            Self::NoCommonEncryptionType => row("krb5.kdc_etype", Incompatible, Later, NoCred),
            Self::WeakStringToKey { .. } => row("krb5.kdc_weak_string_to_key", Malformed, Later, NoCred),
            Self::BadStringToKey(_) => row("krb5.kdc_bad_string_to_key", Malformed, Later, NoCred),
            Self::Malformed { part: ReplyPart::TicketGrantingTicket, .. }
            | Self::BadVersion { part: ReplyPart::TicketGrantingTicket, .. } => {
                row("krb5.bad_tgt", Acceptor, Later, DefectiveCredential)
            }
            Self::Malformed { .. } | Self::BadVersion { .. } | Self::BadMessageType(_) => {
                row("krb5.kdc_malformed", Malformed, Later, Failure)
            }
            Self::EncryptionTypeNotAsked(_) => row("krb5.kdc_etype_not_asked", Malformed, Later, Failure),
            // Without pre-authentication this is how a wrong password shows.
            Self::NotSealed(KdcExchange::As) => row("krb5.wrong_password", Initiator, No, NoCred),
            Self::NotSealed(KdcExchange::Tgs) => row("krb5.kdc_not_sealed", Malformed, Later, Failure),
            Self::Mismatch(_) => row("krb5.kdc_mismatch", Malformed, Later, Failure),
            Self::ClockSkew { .. } => row("krb5.kdc_clock_skew", Acceptor, Later, CredentialsExpired),
            Self::UnusableSessionKey(_) => row("krb5.unusable_session_key", Incompatible, Later, NoCred),
            Self::NoRandom => row("krb5.no_random", Acceptor, Later, Failure),
        }
    }
}

impl KdcRefusal {
    #[rustfmt::skip]
    const fn row(&self) -> Row {
        use Blame::{Acceptor, Incompatible, Initiator, Policy};
        use ErrorCode as E;
        use GssMajor::{BadName, CredentialsExpired, Failure, NoCred};
        use Verdict::{Unauthenticated as No, Unavailable as Later};
        match self.code {
            E::PREAUTH_FAILED => row("krb5.wrong_password", Initiator, No, NoCred),
            E::C_PRINCIPAL_UNKNOWN => row("krb5.client_unknown", Initiator, No, NoCred),
            E::CLIENT_REVOKED => row("krb5.client_revoked", Initiator, No, NoCred),
            E::KEY_EXPIRED => row("krb5.password_expired", Initiator, No, CredentialsExpired),
            E::TKT_EXPIRED => row("krb5.tgt_expired", Initiator, No, CredentialsExpired),
            E::S_PRINCIPAL_UNKNOWN => row("krb5.service_unknown", Incompatible, Later, BadName),
            E::WRONG_REALM => row("krb5.kdc_wrong_realm", Acceptor, Later, BadName),
            E::ETYPE_NOSUPP => row("krb5.kdc_etype", Incompatible, Later, NoCred),
            E::SKEW => row("krb5.kdc_clock_skew", Acceptor, Later, Failure),
            E::POLICY | E::BADOPTION => row("krb5.kdc_policy", Policy, Later, NoCred),
            _ => row("krb5.kdc_refused", Acceptor, Later, Failure),
        }
    }
}

struct Row {
    code: &'static str,
    blame: Blame,
    verdict: Verdict,
    gss_major: GssMajor,
}

const fn row(code: &'static str, blame: Blame, verdict: Verdict, gss_major: GssMajor) -> Row {
    Row {
        code,
        blame,
        verdict,
        gss_major,
    }
}

impl Explain for KdcError {
    fn code(&self) -> &'static str {
        self.row().code
    }

    fn blame(&self) -> Blame {
        self.row().blame
    }

    fn verdict(&self) -> Verdict {
        self.row().verdict
    }

    fn gss_major(&self) -> GssMajor {
        self.row().gss_major
    }

    fn seen(&self) -> String {
        self.tell_seen()
    }

    fn expected(&self) -> String {
        self.tell_expected()
    }

    fn advice(&self) -> String {
        self.tell_advice()
    }
}
