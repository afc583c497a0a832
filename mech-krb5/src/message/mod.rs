//! The messages of RFC 4120 section 5 that an acceptor reads and writes: borrowed views of their DER.
//!
//! RFC 4120's types are closed (no `...` in its ASN.1), so an unknown field is an error here. Whoever holds a view holds
//! what the DER says and nothing more: checking it is [`crate::accept`]'s work.

mod ap_rep;
mod ap_req;
mod authenticator;
mod authorization_data;
mod encrypted_data;
mod krb_cred;
mod krb_error;
mod ticket;

pub use ap_rep::EncApRepPart;
pub use ap_req::{ApOptions, ApReq};
pub use authenticator::{Authenticator, Checksum};
pub use authorization_data::{AdType, AuthorizationData, AuthorizationDataEntry};
pub use encrypted_data::{EncryptedData, EncryptionKey};
pub use krb_cred::{EncKrbCredPart, KrbCred, KrbCredInfo};
pub use krb_error::{ErrorCode, KrbError};
pub use ticket::{EncTicketPart, HostAddress, HostAddresses, Ticket, TicketFlags, Transited};

use core::fmt;
use negotiate_core::der::{self, Reader, Tag};

/// Why bytes are not the message that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// Not its DER.
    Malformed(der::Error),
    /// Another protocol version than 5.
    BadVersion(i64),
    /// Another message: its type number.
    BadMessageType(i64),
}

impl From<der::Error> for MessageError {
    fn from(error: der::Error) -> Self {
        Self::Malformed(error)
    }
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::BadVersion(found) => write!(f, "protocol version {found}, not 5"),
            Self::BadMessageType(found) => write!(f, "message type {found}"),
        }
    }
}

impl core::error::Error for MessageError {}

/// The protocol version number of every message (RFC 4120 section 5.1).
const PVNO: i64 = 5;

/// Opens `[APPLICATION number] SEQUENCE { ... }`, which must be all of `input`.
fn application<'a>(input: &mut Reader<'a>, number: u8) -> Result<Reader<'a>, der::Error> {
    let mut content = input.element(Tag::application(number))?;
    let sequence = content.sequence()?;
    content.finish()?;
    Ok(sequence)
}

/// Reads `pvno [number] INTEGER (5), msg-type [number + 1] INTEGER (message_type)`, with which every message begins.
fn head(sequence: &mut Reader<'_>, first: u8, message_type: i64) -> Result<(), MessageError> {
    let version = sequence.field(first, Reader::integer)?;
    if version != PVNO {
        return Err(MessageError::BadVersion(version));
    }
    let found = sequence.field(first.saturating_add(1), Reader::integer)?;
    if found == message_type {
        Ok(())
    } else {
        Err(MessageError::BadMessageType(found))
    }
}
