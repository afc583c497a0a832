//! Authorization data by type (RFC 4120 section 5.2.6, RFC 4537, RFC 7751, RFC 8129, MS-KILE).

use super::names::ETYPE;
use super::types::{AUTHORIZATION_DATA, CHECKSUM, PRINCIPAL_NAME};
use crate::asn1::{GENERAL_STRING, INT32, OCTETS, Shape, Type, UINT32, UTF8_STRING, optional, required};
use crate::decoder::Decoder;
use crate::tree::{Node, Value};

/// What an element's data holds, by its type.
pub(super) fn open(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    let ad_type = node.integer_of("ad-type");
    node.meaning = ad_type.and_then(super::names::ad_name);
    let Some(data) = node.child_mut("ad-data") else {
        return;
    };
    let range = data.content;
    let (name, of): (_, &Type) = match ad_type {
        Some(1) => ("AD-IF-RELEVANT", &AUTHORIZATION_DATA),
        Some(4) => ("AD-KDCIssued", &KDC_ISSUED),
        Some(5) => ("AD-AND-OR", &AND_OR),
        Some(8) => ("AD-MANDATORY-FOR-KDC", &AUTHORIZATION_DATA),
        Some(96) => ("AD-CAMMAC", &CAMMAC),
        Some(97) => ("AD-AUTHENTICATION-INDICATOR", &INDICATORS),
        Some(129) => ("EtypeList", &ETYPE_LIST),
        Some(141) => ("KERB-AD-RESTRICTION-ENTRY", &RESTRICTIONS),
        Some(128) => {
            let pac = crate::pac::decode(decoder, space, range);
            decoder.push(space, data, pac);
            return;
        }
        Some(143) => return ap_options(space, data),
        Some(144) => {
            if let Some(text) = Value::utf16(data.content_in(space)) {
                data.value = text;
            }
            return;
        }
        _ => return,
    };
    let content = decoder.whole(space, range, name, of);
    decoder.push(space, data, content);
}

/// MS-KILE section 3.2.5.8.
fn ap_options(space: &[u8], node: &mut Node) {
    if let Some(bits) = node.content_in(space).as_array() {
        node.value = Value::flags(u32::from_le_bytes(*bits), &[(0x4000, "KERB_AP_OPTIONS_CBT")]);
    }
}

static KDC_ISSUED: Type = Type::closed(
    "RFC 4120 section 5.2.6.2",
    &[
        required(0, "ad-checksum", &CHECKSUM),
        optional(1, "i-realm", &GENERAL_STRING),
        optional(2, "i-sname", &PRINCIPAL_NAME),
        required(3, "elements", &AUTHORIZATION_DATA),
    ],
);

static AND_OR: Type = Type::closed(
    "RFC 4120 section 5.2.6.3",
    &[
        required(0, "condition-count", &INT32),
        required(1, "elements", &AUTHORIZATION_DATA),
    ],
);

static CAMMAC: Type = Type::closed(
    "RFC 7751 section 4",
    &[
        required(0, "elements", &AUTHORIZATION_DATA),
        optional(1, "kdc-verifier", &VERIFIER_MAC),
        optional(2, "svc-verifier", &VERIFIER_MAC),
        optional(3, "other-verifiers", &OTHER_VERIFIERS),
    ],
);

static VERIFIER_MAC: Type = Type::closed(
    "RFC 7751 section 4",
    &[
        optional(0, "identifier", &PRINCIPAL_NAME),
        optional(1, "kvno", &UINT32),
        optional(2, "enctype", &ETYPE),
        required(3, "mac", &CHECKSUM),
    ],
);

static OTHER_VERIFIERS: Type = Type::list("RFC 7751 section 4", "verifier", &ANY);
static ANY: Type = Type::new("RFC 7751 section 4", Shape::Any);

static INDICATORS: Type = Type::list("RFC 8129 section 3", "indicator", &UTF8_STRING);

static ETYPE_LIST: Type = Type::list("RFC 4537 section 3", "etype", &ETYPE);

static RESTRICTIONS: Type = Type::list("MS-KILE section 2.2.6", "entry", &RESTRICTION);

static RESTRICTION: Type = Type::closed(
    "MS-KILE section 2.2.6",
    &[
        required(0, "restriction-type", &INT32),
        required(1, "restriction", &OCTETS),
    ],
);
