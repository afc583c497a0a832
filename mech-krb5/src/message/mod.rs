//! The messages of RFC 4120 section 5: borrowed views of their DER, each with what writes it.
//!
//! RFC 4120's types are closed (no `...` in its ASN.1), so an unknown field is an error here. Whoever holds a view holds
//! what the DER says and nothing more: checking it is `accept`'s work.

mod ad_containers;
mod ap_rep;
mod ap_req;
mod authenticator;
mod authorization_data;
mod encrypted_data;
mod kdc_rep;
mod kdc_req;
mod krb_cred;
mod krb_error;
mod pa_data;
mod tgt;
mod ticket;
mod token_restrictions;

pub use ad_containers::{AdAndOr, AdCammac, AdKdcIssued, VerifierMac};
pub use ap_rep::EncApRepPart;
pub use ap_req::{ApOptions, ApReq};
pub use authenticator::{Authenticator, Checksum};
pub use authorization_data::{AdType, AuthorizationData, AuthorizationDataEntry};
pub use encrypted_data::{EncryptedData, EncryptionKey};
pub use kdc_rep::{EncKdcRepPart, KdcRep};
pub use kdc_req::{KdcExchange, KdcOptions, KdcReq, KdcReqBody};
pub use krb_cred::{EncKrbCredPart, KrbCred, KrbCredInfo};
pub use krb_error::{ErrorCode, KrbError};
pub use pa_data::{EtypeInfo2Entry, PaData, PaDataType, PaEncTsEnc};
pub use tgt::{TgtRep, TgtReq};
pub use ticket::{EncTicketPart, HostAddress, HostAddresses, Ticket, TicketFlags, Transited};
pub use token_restrictions::TokenRestrictions;

use alloc::vec::Vec;
use core::fmt;
use negotiate_core::Timestamp;
use negotiate_core::der::{self, Reader, Tag, Writer};

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

/// A time and its microseconds, which stand in two fields.
fn with_micros(seconds: Timestamp, micros: u32) -> Timestamp {
    Timestamp::from_unix_micros(seconds.unix_micros().saturating_add(micros.into()))
}

/// Writes `[APPLICATION number] SEQUENCE { ... }`, with room for `capacity` bytes, so that no key is left behind where a
/// smaller buffer was.
fn written(number: u8, capacity: usize, write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::with_capacity(capacity);
    write_application(&mut writer, number, write);
    writer.into_bytes()
}

/// Writes `[APPLICATION number] SEQUENCE { ... }`.
fn write_application(writer: &mut Writer, number: u8, write: impl FnOnce(&mut Writer)) {
    writer.element(Tag::application(number), |message| message.sequence(write));
}

/// Writes tags and lengths of `[APPLICATION number] SEQUENCE { ... }`, whose fields the caller appends next.
fn write_application_head(writer: &mut Writer, number: u8, fields_len: usize) {
    writer.header(Tag::application(number), Writer::element_len(fields_len));
    writer.header(Tag::SEQUENCE, fields_len);
}

/// Opens `[APPLICATION number] SEQUENCE { ... }`, the next element of `input`.
#[inline]
fn application<'a>(input: &mut Reader<'a>, number: u8) -> Result<Reader<'a>, der::Error> {
    input.wrapped(Tag::application(number), Tag::SEQUENCE)
}

/// The content of a `SEQUENCE { [0] Int32, [1] OCTET STRING }`, of which RFC 4120 has many: a number that says what the
/// octets are.
#[inline(always)]
fn typed_octets<'a>(mut content: Reader<'a>) -> Result<(i32, &'a [u8]), der::Error> {
    let number = content.int32_field(0)?;
    let octets = content.octet_string_field(1)?;
    content.finish()?;
    Ok((number, octets))
}

/// Reads `pvno [number] INTEGER (5), msg-type [number + 1] INTEGER (message_type)`, with which every message begins (RFC
/// 4120 sections 3.2.3 and 5.2.4).
#[inline(always)]
fn head(sequence: &mut Reader<'_>, first: u8, message_type: i64) -> Result<(), MessageError> {
    let version = sequence.integer_field(first)?;
    if version != PVNO {
        return Err(MessageError::BadVersion(version));
    }
    let found = sequence.integer_field(first.saturating_add(1))?;
    if found == message_type {
        Ok(())
    } else {
        Err(MessageError::BadMessageType(found))
    }
}

/// How long `pvno` and `msg-type` are.
const HEAD_LEN: usize = 10;

/// Writes `pvno` and `msg-type`.
fn write_head(sequence: &mut Writer, first: u8, message_type: i64) {
    sequence.field(first, |field| field.integer(PVNO));
    sequence.field(first.saturating_add(1), |field| field.integer(message_type));
}
