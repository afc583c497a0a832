//! Why a Kerberos token was refused, each fact with a stable code, whose fault it is, and what to do.
//!
//! `codes` has the table of what a fact is in other vocabularies, `words` and `miss_words` what it says to an operator.

mod address;
mod clock;
mod codes;
mod miss_words;
mod words;

use crate::Principal;
use crate::keytab::KeytabMiss;
use crate::pac::PacFault;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use negotiate_core::{Seconds, Timestamp, der};

pub use address::{AddressFault, TicketAddress};

/// A refusal: the fact, and what was known about the token when it came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Why.
    pub fact: Fact,
    /// What the token said of itself until then.
    pub about: About,
}

/// What is known of a refused token, for the operator: shown escaped, and at most 256 bytes a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The ticket's clear part. Nobody vouches for it.
    pub ticket: Option<TicketLabel>,
    /// The client's name from the opened ticket: the KDC vouches for it, though not for this token.
    pub client: Option<Principal>,
}

/// The clear part of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketLabel {
    /// The service.
    pub service: Principal,
    /// Encryption type of the sealed part.
    pub etype: i32,
    /// Version of the service's key.
    pub kvno: Option<u32>,
}

/// Why a token was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fact {
    /// The framing names another mechanism than Kerberos (RFC 2743 section 3.1).
    OtherMechanism,
    /// The framing holds another token than an AP-REQ: its TOK_ID (RFC 4121 section 4.1).
    NotApReq([u8; 2]),
    /// A part is not its DER.
    Malformed {
        /// Which part.
        part: Part,
        /// What is wrong, and where in that part.
        error: der::Error,
    },
    /// A part is of another protocol version than 5 (RFC 4120 section 3.2.3).
    BadVersion {
        /// Which part.
        part: Part,
        /// Its version.
        found: i64,
    },
    /// A message of another type than is due: its `msg-type`.
    BadMessageType(i64),
    /// The token is of user-to-user authentication, for which this acceptor has no ticket of its own.
    UserToUser,
    /// The acceptor's own ticket-granting ticket is over, by which user-to-user authentication goes.
    OwnTicketExpired {
        /// When it ended.
        ended: Timestamp,
        /// The acceptor's time.
        now: Timestamp,
    },
    /// The ticket is for user-to-user authentication with somebody else.
    UserToUserOtherName {
        /// The acceptor's names, that of its ticket first.
        own: Vec<Principal>,
    },
    /// The ticket is for user-to-user authentication, and not sealed with the session key of the acceptor's own ticket.
    OtherSessionKey,
    /// An AP-REQ without GSS-API framing, and not of DCE style.
    UnframedWithoutDceStyle,
    /// An AP-REQ of DCE style inside GSS-API framing.
    FramedDceStyle,
    /// The ticket is encrypted in a type that this acceptor does not do: DES, DES3, an unknown one, one that has to be named and
    /// was not, or one that was left out.
    EncryptionTypeRefused(i32),
    /// The keytab has no key that opens the ticket.
    NoKey(KeytabMiss),
    /// The ticket's session key or the authenticator's subkey is of a type that is not taken, or of a wrong length.
    UnusableKey {
        /// Which key.
        key: KeyOf,
        /// Its encryption type.
        etype: i32,
    },
    /// The ticket has the INVALID flag: it was postdated and never validated.
    TicketInvalid,
    /// The ticket begins in the future.
    TicketNotYetValid {
        /// When it begins.
        starts: Timestamp,
        /// The acceptor's time.
        now: Timestamp,
        /// The time in the authenticator, if that could be opened.
        client_time: Option<Timestamp>,
    },
    /// The ticket is over.
    TicketExpired {
        /// When it ended.
        ended: Timestamp,
        /// The acceptor's time.
        now: Timestamp,
        /// The time in the authenticator, if that could be opened.
        client_time: Option<Timestamp>,
    },
    /// The authenticator is not sealed with the ticket's session key: somebody changed or made it.
    AuthenticatorNotSealed,
    /// The authenticator names another client than the ticket.
    ClientMismatch,
    /// The authenticator's time is too far from the acceptor's.
    ClockSkew {
        /// The time in the authenticator.
        client_time: Timestamp,
        /// The acceptor's time.
        now: Timestamp,
        /// How far they may be apart.
        allowed: Seconds,
        /// When the ticket starts, by the KDC's clock. A clock that is behind this is behind the KDC's.
        starts: Timestamp,
    },
    /// The ticket may not be used from where the initiator is.
    AddressRefused(AddressFault),
    /// This authenticator was seen before.
    Replayed,
    /// The replay cache is full of live entries; none may go, so nothing new can be accepted.
    ReplayCacheFull,
    /// The replay cache gave no answer.
    ReplayCacheUnavailable,
    /// The authenticator is older than the acceptor's start, from before which no replay is known.
    BeforeStart {
        /// The time in the authenticator.
        client_time: Timestamp,
        /// From when on authenticators are accepted.
        from: Timestamp,
    },
    /// The authenticator's checksum is not what RFC 4121 section 4.1.1 says.
    BadGssChecksum(GssChecksumFault),
    /// The authenticator has an ordinary checksum, and it is not one over nothing.
    ChecksumUnverified,
    /// The initiator has other channel bindings.
    BindingsMismatch,
    /// The initiator has no channel bindings.
    BindingsMissing(BindingsDemand),
    /// The delegated credential cannot be used.
    BadDelegation(DelegationFault),
    /// The ticket passed a realm that is not on the way.
    TransitedRefused {
        /// Realm of the client, quoted and escaped.
        client_realm: String,
        /// Our realm, quoted and escaped.
        server_realm: String,
        /// What is wrong with its list of realms.
        fault: PathFault,
    },
    /// Authorization data that must be understood and is not (RFC 4120 section 5.2.6).
    UnknownAuthorizationData {
        /// Where it is.
        container: Container,
        /// Its type.
        ad_type: i32,
    },
    /// Authorization data is nested deeper than four levels.
    NestedAuthorizationData(Container),
    /// The initiator is anonymous.
    AnonymousRefused,
    /// The initiator's name has a fixed meaning that is not known here (RFC 6111).
    WellKnownName(WellKnownName),
    /// A checksum of the ticket's PAC is wrong: somebody else made the PAC, or changed it.
    PacSignatureWrong(PacFault),
    /// A PAC is required and there is none.
    PacMissing,
    /// A PAC is required and the ticket's cannot be used.
    PacUnusable(PacFault),
    /// A name cannot be shown as text.
    NameNotUtf8,
    /// There are no random bytes.
    NoRandom,
    /// The initiator's third token of DCE style does not prove that it has our AP-REP.
    ThirdLegUnproved,
}

/// A part of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The GSS-API framing (RFC 2743 section 3.1).
    Framing,
    /// The AP-REQ.
    ApReq,
    /// The request for the acceptor's ticket-granting ticket (user to user).
    TgtReq,
    /// The opened ticket.
    EncTicketPart,
    /// The opened authenticator.
    Authenticator,
    /// Authorization data.
    AuthorizationData,
    /// The AP-REP of the third leg.
    ApRep,
}

/// Whose key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOf {
    /// The ticket's session key.
    Session,
    /// The authenticator's subkey.
    InitiatorSubkey,
}

/// Where authorization data stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// In the ticket: the KDC wrote it.
    Ticket,
    /// In the authenticator: the client wrote it.
    Authenticator,
}

/// What is wrong with the checksum field of RFC 4121 section 4.1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GssChecksumFault {
    /// It is shorter than its 24 fixed bytes, or than a length in it says.
    Truncated,
    /// The length of the bindings is not 16.
    BindingsLength,
    /// The delegation option is not number 1.
    DelegationOption,
}

/// Who asks for bindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingsDemand {
    /// This acceptor's policy.
    Policy,
    /// The initiator itself says that it knows them (`KERB_AP_OPTIONS_CBT`).
    Advertised,
}

/// What is wrong with a ticket's list of transited realms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathFault {
    /// It is written in a way that is not registered (RFC 4120 section 5.3).
    Encoding(i32),
    /// It does not follow RFC 4120 section 3.3.3.2, or is longer than any path.
    Unreadable,
    /// Client and server are in one realm, so that there is nothing to list.
    WithinOneRealm,
    /// It names our own realm, which is the end of the path.
    OwnRealm,
    /// This realm is not on the way, quoted and escaped.
    Realm(String),
}

/// What of a client's name has a fixed meaning (RFC 6111).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WellKnownName {
    /// The name: `WELLKNOWN` and more components.
    Principal,
    /// The realm: `WELLKNOWN:` and more.
    Realm,
    /// The realm has a meaning that is known, and this name has none in it.
    Reserved,
}

/// What is wrong with a delegated credential (RFC 4120 section 5.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DelegationFault {
    /// The KRB-CRED is not its DER.
    Malformed(der::Error),
    /// The KRB-CRED is of another version or type.
    NotKrbCred,
    /// Neither the subkey nor the session key opens it.
    NotSealed,
    /// There are more tickets than descriptions, or fewer.
    CountMismatch,
    /// A description lacks a name or an end time.
    Incomplete,
}

impl Error {
    pub(crate) fn new(fact: Fact) -> Self {
        Self {
            fact,
            about: About::default(),
        }
    }
}

impl From<Fact> for Error {
    fn from(fact: Fact) -> Self {
        Self::new(fact)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fact.fmt(f)
    }
}

impl core::error::Error for Error {}
