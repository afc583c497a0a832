//! The types that RFC 4120's messages are made of (sections 5.2 and 5.3).

use super::names::{AD_TYPE, ADDRESS_TYPE, CHECKSUM_TYPE, ETYPE, NAME_TYPE, TICKET_FLAGS_TYPE};
use super::{ad, sealed};
use crate::asn1::{GENERAL_STRING, INT32, INTEGER, OCTETS, SECRET, TIME, Type, UINT32, optional, required};
use crate::decoder::Decoder;
use crate::tree::{Node, Value};
use std::net::{Ipv4Addr, Ipv6Addr};

pub(crate) static PRINCIPAL_NAME: Type = Type::closed(
    "RFC 4120 section 5.2.2",
    &[
        required(0, "name-type", &NAME_TYPE),
        required(1, "name-string", &NAME_STRING),
    ],
)
.then(principal_text);

static NAME_STRING: Type = Type::list("RFC 4120 section 5.2.2", "component", &GENERAL_STRING);

/// The components in one line.
fn principal_text(_: &mut Decoder<'_>, _: &[u8], node: &mut Node) {
    let components = node
        .child("name-string")
        .map(|list| &list.children[..])
        .unwrap_or_default();
    let mut line = String::new();
    for component in components {
        if let Value::Text(text) = &component.value {
            if !line.is_empty() {
                line.push('/');
            }
            line.push_str(text);
        }
    }
    node.value = Value::text(line.as_bytes());
}

pub(super) static HOST_ADDRESSES: Type = Type::list("RFC 4120 section 5.2.5", "address", &HOST_ADDRESS);

pub(super) static HOST_ADDRESS: Type = Type::closed(
    "RFC 4120 section 5.2.5",
    &[
        required(0, "addr-type", &ADDRESS_TYPE),
        required(1, "address", &OCTETS),
    ],
)
.then(address_text);

fn address_text(_: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    let addr_type = node.integer_of("addr-type");
    if let Some(address) = node.child_mut("address") {
        address.meaning = ip_text(addr_type, address.content_in(space));
    }
}

/// RFC 4120 section 7.1.
pub(crate) fn ip_text(addr_type: Option<i32>, address: &[u8]) -> Option<String> {
    match addr_type? {
        2 => Some(Ipv4Addr::from(*address.as_array::<4>()?).to_string()),
        24 => Some(Ipv6Addr::from(*address.as_array::<16>()?).to_string()),
        _ => None,
    }
}

pub(super) static AUTHORIZATION_DATA: Type = Type::list("RFC 4120 section 5.2.6", "element", &AD_ELEMENT);

static AD_ELEMENT: Type = Type::closed(
    "RFC 4120 section 5.2.6",
    &[required(0, "ad-type", &AD_TYPE), required(1, "ad-data", &OCTETS)],
)
.then(ad::open);

pub(super) static CHECKSUM: Type = Type::closed(
    "RFC 4120 section 5.2.9",
    &[
        required(0, "cksumtype", &CHECKSUM_TYPE),
        required(1, "checksum", &OCTETS),
    ],
);

pub(super) static ENCRYPTION_KEY: Type = Type::closed(
    "RFC 4120 section 5.2.9",
    &[required(0, "keytype", &ETYPE), required(1, "keyvalue", &SECRET)],
)
.then(sealed::learn);

macro_rules! encrypted_data {
    ($($(#[$doc:meta])* $constant:ident = $open:expr;)*) => {
        $($(#[$doc])* pub(super) static $constant: Type = Type::closed(
            "RFC 4120 section 5.2.9",
            &[
                required(0, "etype", &ETYPE),
                optional(1, "kvno", &UINT32),
                // A password can be guessed from what its key has sealed, and encryption type 0 seals nothing.
                required(2, "cipher", &SECRET),
            ],
        )
        .then($open);)*
    };
}

encrypted_data! {
    /// Opened where it is known whose the ticket is.
    SEALED_TICKET_PART = |_, _, _| ();
    SEALED_AUTHENTICATOR = sealed::authenticator;
    SEALED_AP_REP_PART = sealed::ap_rep_part;
    SEALED_AS_REP_PART = sealed::as_rep_part;
    SEALED_TGS_REP_PART = sealed::tgs_rep_part;
    SEALED_CRED_PART = sealed::cred_part;
    SEALED_PRIV_PART = sealed::priv_part;
    SEALED_AUTHORIZATION_DATA = sealed::authorization_data;
    SEALED_TIMESTAMP = sealed::timestamp;
    /// Sealed with a key that nothing here tells.
    SEALED = |_, _, node| sealed::stays_closed(node);
}

pub(crate) static TICKET: Type = Type::application("RFC 4120 section 5.3", 1, &TICKET_FIELDS);

static TICKET_FIELDS: Type = Type::closed(
    "RFC 4120 section 5.3",
    &[
        required(0, "tkt-vno", &VERSION),
        required(1, "realm", &GENERAL_STRING),
        required(2, "sname", &PRINCIPAL_NAME),
        required(3, "enc-part", &SEALED_TICKET_PART),
    ],
)
.then(sealed::ticket);

pub(super) static TICKETS: Type = Type::list("RFC 4120 section 5.3", "ticket", &TICKET);

pub(super) static ENC_TICKET_PART: Type = Type::application("RFC 4120 section 5.3", 3, &ENC_TICKET_FIELDS);

static ENC_TICKET_FIELDS: Type = Type::closed(
    "RFC 4120 section 5.3",
    &[
        required(0, "flags", &TICKET_FLAGS_TYPE),
        required(1, "key", &ENCRYPTION_KEY),
        required(2, "crealm", &GENERAL_STRING),
        required(3, "cname", &PRINCIPAL_NAME),
        required(4, "transited", &TRANSITED),
        required(5, "authtime", &TIME),
        optional(6, "starttime", &TIME),
        required(7, "endtime", &TIME),
        optional(8, "renew-till", &TIME),
        optional(9, "caddr", &HOST_ADDRESSES),
        optional(10, "authorization-data", &AUTHORIZATION_DATA),
    ],
);

static TRANSITED: Type = Type::closed(
    "RFC 4120 section 5.3",
    &[required(0, "tr-type", &INT32), required(1, "contents", &OCTETS)],
)
.then(transited_text);

/// RFC 4120 section 3.3.3.2: realms in one string.
fn transited_text(_: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    let is_compressed = node.integer_of("tr-type") == Some(1);
    if let Some(contents) = node.child_mut("contents").filter(|_| is_compressed) {
        contents.value = Value::text(contents.content_in(space));
    }
}

/// `pvno`, `tkt-vno`, `authenticator-vno`.
pub(super) static VERSION: Type = Type::leaf("RFC 4120 section 5.1", 0x02, |content, node| {
    crate::asn1::integer(content, node)?;
    match node.value {
        Value::Integer(5) => Ok(()),
        _ => Err("another protocol version than 5"),
    }
});

pub(super) static NONCE: &Type = &UINT32;
pub(super) static LAST_REQ_TYPE: &Type = &INTEGER;
