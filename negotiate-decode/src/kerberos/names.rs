//! What numbers and bits are called.

use crate::asn1::{self, Type};
use crate::tree::{Node, Value};
use mech_krb5::crypto::{checksum_type_name, etype_name};
use mech_krb5::message::{ErrorCode, TicketFlags};

type Result = std::result::Result<(), &'static str>;

/// A number that has a meaning.
fn named(content: &[u8], node: &mut Node, meaning: fn(i32) -> Option<String>) -> Result {
    asn1::int32(content, node)?;
    if let Value::Integer(number) = node.value {
        node.meaning = i32::try_from(number).ok().and_then(meaning);
    }
    Ok(())
}

pub(crate) fn etype_meaning(number: i32) -> Option<String> {
    etype_name(number).map(str::to_owned)
}

fn checksum_meaning(number: i32) -> Option<String> {
    match number {
        0x8003 => Some("GSS-API's flags and bindings (RFC 4121 section 4.1.1)".into()),
        _ => checksum_type_name(number).map(str::to_owned),
    }
}

/// RFC 4120 section 6.2, RFC 6111, RFC 6806, MS-KILE.
pub(crate) fn name_type_meaning(number: i32) -> Option<String> {
    let name = match number {
        0 => "NT-UNKNOWN",
        1 => "NT-PRINCIPAL",
        2 => "NT-SRV-INST",
        3 => "NT-SRV-HST",
        4 => "NT-SRV-XHST",
        5 => "NT-UID",
        6 => "NT-X500-PRINCIPAL",
        7 => "NT-SMTP-NAME",
        10 => "NT-ENTERPRISE",
        11 => "NT-WELLKNOWN",
        12 => "NT-SRV-HST-DOMAIN",
        -128 => "NT-MS-PRINCIPAL",
        -129 => "NT-MS-PRINCIPAL-AND-ID",
        -130 => "NT-ENT-PRINCIPAL-AND-ID",
        _ => return None,
    };
    Some(name.into())
}

/// RFC 4120 section 7.5.7.
fn message_type(number: i32) -> Option<String> {
    let name = match number {
        10 => "AS-REQ",
        11 => "AS-REP",
        12 => "TGS-REQ",
        13 => "TGS-REP",
        14 => "AP-REQ",
        15 => "AP-REP",
        16 => "TGT-REQ",
        17 => "TGT-REP",
        20 => "KRB-SAFE",
        21 => "KRB-PRIV",
        22 => "KRB-CRED",
        30 => "KRB-ERROR",
        _ => return None,
    };
    Some(name.into())
}

/// RFC 4120 section 7.5.3.
fn address_type(number: i32) -> Option<String> {
    let name = match number {
        2 => "IPv4",
        3 => "directional",
        20 => "NetBIOS",
        24 => "IPv6",
        _ => return None,
    };
    Some(name.into())
}

/// RFC 4120 section 7.5.2, the IANA registry, MS-KILE, MS-SFU.
pub(super) fn pa_name(number: i32) -> Option<String> {
    let name = match number {
        1 => "PA-TGS-REQ",
        2 => "PA-ENC-TIMESTAMP",
        3 => "PA-PW-SALT",
        11 => "PA-ETYPE-INFO",
        15 => "PA-PK-AS-REP-OLD",
        16 => "PA-PK-AS-REQ",
        17 => "PA-PK-AS-REP",
        19 => "PA-ETYPE-INFO2",
        20 => "PA-SVR-REFERRAL-INFO",
        128 => "PA-PAC-REQUEST",
        129 => "PA-FOR-USER",
        130 => "PA-S4U-X509-USER",
        133 => "PA-FX-COOKIE",
        136 => "PA-FX-FAST",
        137 => "PA-FX-ERROR",
        138 => "PA-ENCRYPTED-CHALLENGE",
        141 => "PA-OTP-CHALLENGE",
        147 => "PA-PKINIT-KX",
        149 => "PA-REQ-ENC-PA-REP",
        150 => "PA-AS-FRESHNESS",
        151 => "PA-SPAKE",
        161 => "KERB-KEY-LIST-REQ",
        162 => "KERB-KEY-LIST-REP",
        165 => "PA-SUPPORTED-ENCTYPES",
        167 => "PA-PAC-OPTIONS",
        _ => return None,
    };
    Some(name.into())
}

/// RFC 4120 section 7.5.4, the IANA registry, MS-KILE.
pub(super) fn ad_name(number: i32) -> Option<String> {
    let name = match number {
        1 => "AD-IF-RELEVANT",
        4 => "AD-KDCIssued",
        5 => "AD-AND-OR",
        8 => "AD-MANDATORY-FOR-KDC",
        9 => "AD-INITIAL-VERIFIED-CAS",
        71 => "AD-fx-fast-armor",
        72 => "AD-fx-fast-used",
        96 => "AD-CAMMAC",
        97 => "AD-AUTHENTICATION-INDICATOR",
        128 => "AD-WIN2K-PAC",
        129 => "AD-ETYPE-NEGOTIATION",
        141 => "KERB-AD-RESTRICTION-ENTRY",
        142 => "KERB-LOCAL",
        143 => "KERB-AP-OPTIONS",
        144 => "KERB-TARGET-PRINCIPAL",
        512 => "AD-SIGNTICKET",
        _ => return None,
    };
    Some(name.into())
}

/// Bit `number` of KerberosFlags (RFC 4120 section 5.2.8): 0 is the highest.
const fn bit(number: u32) -> u32 {
    0x8000_0000 >> number
}

/// RFC 4120 section 5.3, RFC 6806, RFC 8062. The names are those of `TicketFlags`.
pub(crate) const TICKET_FLAGS: [(u32, &str); 15] = [
    (TicketFlags::FORWARDABLE.0, "forwardable"),
    (TicketFlags::FORWARDED.0, "forwarded"),
    (TicketFlags::PROXIABLE.0, "proxiable"),
    (TicketFlags::PROXY.0, "proxy"),
    (TicketFlags::MAY_POSTDATE.0, "may-postdate"),
    (TicketFlags::POSTDATED.0, "postdated"),
    (TicketFlags::INVALID.0, "invalid"),
    (TicketFlags::RENEWABLE.0, "renewable"),
    (TicketFlags::INITIAL.0, "initial"),
    (TicketFlags::PRE_AUTHENT.0, "pre-authent"),
    (TicketFlags::HW_AUTHENT.0, "hw-authent"),
    (
        TicketFlags::TRANSITED_POLICY_CHECKED.0,
        "transited-policy-checked",
    ),
    (TicketFlags::OK_AS_DELEGATE.0, "ok-as-delegate"),
    (TicketFlags::ENC_PA_REP.0, "enc-pa-rep"),
    (TicketFlags::ANONYMOUS.0, "anonymous"),
];

/// RFC 4120 section 5.4.1, RFC 6806, MS-SFU, RFC 8062.
const KDC_OPTIONS: [(u32, &str); 15] = [
    (bit(1), "forwardable"),
    (bit(2), "forwarded"),
    (bit(3), "proxiable"),
    (bit(4), "proxy"),
    (bit(5), "allow-postdate"),
    (bit(6), "postdated"),
    (bit(8), "renewable"),
    (bit(14), "cname-in-addl-tkt"),
    (bit(15), "canonicalize"),
    (bit(16), "request-anonymous"),
    (bit(26), "disable-transited-check"),
    (bit(27), "renewable-ok"),
    (bit(28), "enc-tkt-in-skey"),
    (bit(30), "renew"),
    (bit(31), "validate"),
];

/// RFC 4120 section 5.5.1.
const AP_OPTIONS: [(u32, &str); 2] = [(bit(1), "use-session-key"), (bit(2), "mutual-required")];

/// MS-KILE section 2.2.10, MS-SFU section 2.2.5.
const PAC_OPTIONS: [(u32, &str); 4] = [
    (bit(0), "claims"),
    (bit(1), "branch-aware"),
    (bit(2), "forward-to-full-dc"),
    (bit(3), "resource-based-constrained-delegation"),
];

macro_rules! numbers {
    ($($constant:ident = $meaning:expr;)*) => {
        $(pub(crate) static $constant: Type =
            Type::leaf("RFC 4120 section 5.2.4", 0x02, |content, node| named(content, node, $meaning));)*
    };
}

macro_rules! flags {
    ($($constant:ident = $names:expr;)*) => {
        $(pub(super) static $constant: Type =
            Type::leaf("RFC 4120 section 5.2.8", 0x03, |content, node| asn1::flags(content, node, &$names));)*
    };
}

numbers! {
    ETYPE = etype_meaning;
    CHECKSUM_TYPE = checksum_meaning;
    NAME_TYPE = name_type_meaning;
    MESSAGE_TYPE = message_type;
    ADDRESS_TYPE = address_type;
    PA_TYPE = pa_name;
    AD_TYPE = ad_name;
    ERROR_CODE = |number| ErrorCode(number).name().map(str::to_owned);
}

flags! {
    TICKET_FLAGS_TYPE = TICKET_FLAGS;
    KDC_OPTIONS_TYPE = KDC_OPTIONS;
    AP_OPTIONS_TYPE = AP_OPTIONS;
    PAC_OPTIONS_TYPE = PAC_OPTIONS;
}
