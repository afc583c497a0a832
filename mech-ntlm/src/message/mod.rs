//! The three messages of MS-NLMP section 2.2.1, as borrowed views of their bytes, and the structures in them.
//!
//! Whoever holds a view holds what the bytes say, every field inside its message, and nothing more: what the values mean
//! together is the acceptor's work. Numbers are little-endian (section 2.2).

mod authenticate;
mod av_pair;
mod challenge;
mod fields;
mod flags;
mod negotiate;
mod payload;
mod response;
mod version;

pub use authenticate::Authenticate;
pub use av_pair::{AvFlags, AvId, AvPair, AvPairs};
pub use challenge::Challenge;
pub use flags::NegotiateFlags;
pub use negotiate::Negotiate;
pub use payload::Payload;
pub use response::{LmResponse, NtResponse, Ntlmv2ClientChallenge};
pub use version::Version;

use core::fmt;

/// `Signature` of every message.
pub const SIGNATURE: [u8; 8] = *b"NTLMSSP\0";

/// `MessageType` (MS-NLMP section 2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageType {
    /// NEGOTIATE_MESSAGE, the initiator's first.
    Negotiate,
    /// CHALLENGE_MESSAGE, the acceptor's.
    Challenge,
    /// AUTHENTICATE_MESSAGE, the initiator's second.
    Authenticate,
}

impl MessageType {
    /// The number.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Negotiate => 1,
            Self::Challenge => 2,
            Self::Authenticate => 3,
        }
    }
}

/// Why bytes are not the message that was expected, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageError {
    /// Offset of the offending byte, in the message or the structure that was read.
    pub offset: usize,
    /// What is wrong there.
    pub kind: MessageErrorKind,
}

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageErrorKind {
    /// The message does not begin with `NTLMSSP` and a zero.
    Signature,
    /// Another message: its type number.
    MessageType(u32),
    /// The bytes end within a fixed field.
    Truncated,
    /// A payload field reaches past the end of the message, or begins within its header.
    OutOfBounds,
    /// UTF-16 of an odd number of bytes, or with half of a surrogate pair.
    BadUtf16,
    /// A list of AV pairs that does not end with MsvAvEOL.
    NoEndOfList,
    /// An AV pair whose value has not the length of its type.
    AvLength(AvId),
    /// A response of a length that no version of the protocol has, or of an unknown version.
    BadResponse,
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            MessageErrorKind::Signature => f.write_str("no NTLMSSP signature"),
            MessageErrorKind::MessageType(found) => write!(f, "message type {found}"),
            MessageErrorKind::Truncated => f.write_str("the message ends within a field"),
            MessageErrorKind::OutOfBounds => {
                f.write_str("a payload field lies outside the message's payload")
            }
            MessageErrorKind::BadUtf16 => f.write_str("text that is not UTF-16"),
            MessageErrorKind::NoEndOfList => f.write_str("a list of AV pairs without end"),
            MessageErrorKind::AvLength(id) => write!(f, "a {id} of a wrong length"),
            MessageErrorKind::BadResponse => f.write_str("a response of no known form"),
        }?;
        write!(f, " at byte {}", self.offset)
    }
}

impl core::error::Error for MessageError {}
