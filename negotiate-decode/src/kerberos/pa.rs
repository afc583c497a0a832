//! Pre-authentication data (RFC 4120 section 5.2.7, RFC 6113, RFC 6806, MS-KILE, MS-SFU), and the e-data of errors.

use super::messages::{AP_REQ, KRB_ERROR};
use super::names::{ETYPE, PA_TYPE, PAC_OPTIONS_TYPE};
use super::types::{CHECKSUM, PRINCIPAL_NAME, SEALED, SEALED_TIMESTAMP};
use crate::asn1::{
    BOOLEAN, GENERAL_STRING, INT32, MICROSECONDS, OCTETS, TIME, Type, UINT32, optional, required,
};
use crate::decoder::Decoder;
use crate::tree::{Node, Value};
use negotiate_core::der::{Reader, Tag};

pub(super) static PA_DATA_LIST: Type = Type::list("RFC 4120 section 5.2.7", "PA-DATA", &PA_DATA);

static PA_DATA: Type = Type::closed(
    "RFC 4120 section 5.2.7",
    &[
        required(1, "padata-type", &PA_TYPE),
        required(2, "padata-value", &OCTETS),
    ],
)
.then(open);

/// What a PA-DATA's value holds, by its type.
fn open(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    let padata_type = node.integer_of("padata-type");
    let name = padata_type.and_then(super::names::pa_name);
    node.meaning = name;
    let Some(value) = node.child_mut("padata-value") else {
        return;
    };
    let range = value.content;
    // Most are empty in a KDC's list of what it understands.
    if range.0 == range.1 {
        return;
    }
    let (name, of): (_, &Type) = match padata_type {
        Some(1) => ("AP-REQ", &AP_REQ),
        Some(2) => ("EncryptedData", &SEALED_TIMESTAMP),
        Some(11) => ("ETYPE-INFO", &ETYPE_INFO),
        Some(19) => ("ETYPE-INFO2", &ETYPE_INFO2),
        Some(128) => ("KERB-PA-PAC-REQUEST", &PAC_REQUEST),
        Some(129) => ("PA-FOR-USER", &FOR_USER),
        Some(130) => ("PA-S4U-X509-USER", &S4U_X509_USER),
        Some(136) if is_fast_reply(value.content_in(space)) => ("PA-FX-FAST-REPLY", &FAST_REPLY),
        Some(136) => ("PA-FX-FAST-REQUEST", &FAST_REQUEST),
        Some(137) => ("KRB-ERROR", &KRB_ERROR),
        Some(138) => ("EncryptedData", &SEALED),
        Some(167) => ("PA-PAC-OPTIONS", &PAC_OPTIONS),
        // The KDC's salt, or in errors of Windows its status (MS-KILE section 2.2.2): a text only in the first case.
        Some(3) => return,
        Some(149) if space.get(range.0) == Some(&0x30) => ("Checksum", &CHECKSUM),
        Some(165) => return supported_etypes(space, value),
        _ => return,
    };
    // The ciphertext is in it.
    if name == "EncryptedData" {
        value.value = Value::Secret(range.1 - range.0);
    }
    let content = decoder.whole(space, range, name, of);
    decoder.push(space, value, content);
}

/// MS-KILE section 2.2.7: a bit for each encryption type.
fn supported_etypes(space: &[u8], node: &mut Node) {
    const NAMES: [(u32, &str); 10] = [
        (0x1, "des-cbc-crc"),
        (0x2, "des-cbc-md5"),
        (0x4, "rc4-hmac"),
        (0x8, "aes128-cts-hmac-sha1-96"),
        (0x10, "aes256-cts-hmac-sha1-96"),
        (0x20, "aes256-cts-hmac-sha1-96-sk"),
        (0x1_0000, "fast-supported"),
        (0x2_0000, "compound-identity-supported"),
        (0x4_0000, "claims-supported"),
        (0x8_0000, "resource-sid-compression-disabled"),
    ];
    if let Some(bits) = node.content_in(space).as_array() {
        node.value = Value::flags(u32::from_le_bytes(*bits), &NAMES);
    }
}

pub(super) static PA_ENC_TS_ENC: Type = Type::closed(
    "RFC 4120 section 5.2.7.2",
    &[
        required(0, "patimestamp", &TIME),
        optional(1, "pausec", &MICROSECONDS),
    ],
);

static ETYPE_INFO: Type = Type::list("RFC 4120 section 5.2.7.4", "entry", &ETYPE_INFO_ENTRY);
static ETYPE_INFO_ENTRY: Type = Type::closed(
    "RFC 4120 section 5.2.7.4",
    &[required(0, "etype", &ETYPE), optional(1, "salt", &OCTETS)],
);

static ETYPE_INFO2: Type = Type::list("RFC 4120 section 5.2.7.5", "entry", &ETYPE_INFO2_ENTRY);
static ETYPE_INFO2_ENTRY: Type = Type::closed(
    "RFC 4120 section 5.2.7.5",
    &[
        required(0, "etype", &ETYPE),
        optional(1, "salt", &GENERAL_STRING),
        optional(2, "s2kparams", &OCTETS),
    ],
);

static PAC_REQUEST: Type = Type::closed("MS-KILE section 2.2.3", &[required(0, "include-pac", &BOOLEAN)]);

static FOR_USER: Type = Type::closed(
    "MS-SFU section 2.2.1",
    &[
        required(0, "userName", &PRINCIPAL_NAME),
        required(1, "userRealm", &GENERAL_STRING),
        required(2, "cksum", &CHECKSUM),
        required(3, "auth-package", &GENERAL_STRING),
    ],
);

static S4U_X509_USER: Type = Type::closed(
    "MS-SFU section 2.2.2",
    &[
        required(0, "user-id", &S4U_USER_ID),
        required(1, "checksum", &CHECKSUM),
    ],
);

static S4U_USER_ID: Type = Type::extensible(
    "MS-SFU section 2.2.2",
    &[
        required(0, "nonce", &UINT32),
        optional(1, "cname", &PRINCIPAL_NAME),
        required(2, "crealm", &GENERAL_STRING),
        optional(3, "subject-certificate", &OCTETS),
        optional(4, "options", &BITS),
    ],
);

static BITS: Type = Type::leaf("MS-SFU section 2.2.2", 0x03, |content, node| {
    crate::asn1::flags(
        content,
        node,
        &[(0x4000_0000, "check-logon-hours"), (0x2000_0000, "sign-reply")],
    )
});

static PAC_OPTIONS: Type = Type::closed(
    "MS-KILE section 2.2.10",
    &[required(0, "options", &PAC_OPTIONS_TYPE)],
);

const FAST: &str = "RFC 6113 section 5.4.2";

static FAST_REQUEST: Type = Type::context(FAST, 0, &ARMORED_REQ);
static ARMORED_REQ: Type = Type::extensible(
    FAST,
    &[
        optional(0, "armor", &FAST_ARMOR),
        required(1, "req-checksum", &CHECKSUM),
        required(2, "enc-fast-req", &SEALED),
    ],
);

static FAST_REPLY: Type = Type::context(FAST, 0, &ARMORED_REP);
static ARMORED_REP: Type = Type::extensible(FAST, &[required(0, "enc-fast-rep", &SEALED)]);

static FAST_ARMOR: Type = Type::extensible(
    "RFC 6113 section 5.4.1",
    &[
        required(0, "armor-type", &INT32),
        required(1, "armor-value", &OCTETS),
    ],
)
.then(armor);

/// Request and reply have the same padata-type and tag: the reply has one field.
fn is_fast_reply(value: &[u8]) -> bool {
    let mut value = Reader::new(value);
    let fields = value
        .element(Tag::context(0))
        .and_then(|mut choice| choice.sequence());
    fields.is_ok_and(|mut fields| fields.any().is_ok() && fields.is_empty())
}

fn armor(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    // FX_FAST_ARMOR_AP_REQUEST
    let is_ap_req = node.integer_of("armor-type") == Some(1);
    if let Some(value) = node.child_mut("armor-value").filter(|_| is_ap_req) {
        let content = decoder.whole(space, value.content, "AP-REQ", &AP_REQ);
        decoder.push(space, value, content);
    }
}

/// RFC 4120 section 5.9.1: METHOD-DATA with an error that asks for pre-authentication. Other errors have TYPED-DATA, or
/// what nobody says; those stay bytes.
pub(super) fn error_data(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    const MORE_PREAUTH: i32 = 91;
    let asks = matches!(node.integer_of("error-code"), Some(24 | 25 | MORE_PREAUTH));
    if let Some(e_data) = node.child_mut("e-data").filter(|_| asks) {
        let content = decoder.whole(space, e_data.content, "METHOD-DATA", &PA_DATA_LIST);
        decoder.push(space, e_data, content);
    }
}
