//! The messages (RFC 4120 sections 5.4 to 5.9), and which of them a tag announces.

use super::names::{AP_OPTIONS_TYPE, ERROR_CODE, ETYPE, KDC_OPTIONS_TYPE, MESSAGE_TYPE, TICKET_FLAGS_TYPE};
use super::pa::{self, PA_DATA_LIST};
use super::types::*;
use crate::asn1::{GENERAL_STRING, MICROSECONDS, OCTETS, SECRET, TIME, Type, UINT32, optional, required};

/// A message and what it is called.
pub(crate) struct Message {
    /// For programs.
    pub(crate) kind: &'static str,
    pub(crate) name: &'static str,
    pub(crate) of: &'static Type,
}

/// The message whose tag this is.
pub(crate) fn by_tag(tag: u8) -> Option<&'static Message> {
    MESSAGES.iter().find(|message| match message.of.shape {
        crate::asn1::Shape::Tagged(known, _) => known == tag,
        _ => false,
    })
}

const fn message(kind: &'static str, name: &'static str, of: &'static Type) -> Message {
    Message { kind, name, of }
}

static MESSAGES: [Message; 17] = [
    message("ap-req", "AP-REQ", &AP_REQ),
    message("ap-rep", "AP-REP", &AP_REP),
    message("krb-error", "KRB-ERROR", &KRB_ERROR),
    message("krb-cred", "KRB-CRED", &KRB_CRED),
    message("as-req", "AS-REQ", &AS_REQ),
    message("as-rep", "AS-REP", &AS_REP),
    message("tgs-req", "TGS-REQ", &TGS_REQ),
    message("tgs-rep", "TGS-REP", &TGS_REP),
    message("krb-safe", "KRB-SAFE", &KRB_SAFE),
    message("krb-priv", "KRB-PRIV", &KRB_PRIV),
    message("ticket", "Ticket", &TICKET),
    message("authenticator", "Authenticator", &AUTHENTICATOR),
    message("enc-ticket-part", "EncTicketPart", &ENC_TICKET_PART),
    message("enc-as-rep-part", "EncASRepPart", &ENC_AS_REP_PART),
    message("enc-tgs-rep-part", "EncTGSRepPart", &ENC_TGS_REP_PART),
    message("enc-ap-rep-part", "EncAPRepPart", &ENC_AP_REP_PART),
    message("enc-krb-cred-part", "EncKrbCredPart", &ENC_KRB_CRED_PART),
];

const USER_TO_USER: &str = "draft-swift-win2k-krb-user2user-03";

/// They have no tag of their own: the TOK_ID tells them.
pub(crate) static TGT_REQ: Type = Type::closed(
    USER_TO_USER,
    &[
        required(0, "pvno", &VERSION),
        required(1, "msg-type", &MESSAGE_TYPE),
        optional(2, "server-name", &PRINCIPAL_NAME),
        optional(3, "realm", &GENERAL_STRING),
    ],
);

pub(crate) static TGT_REP: Type = Type::closed(
    USER_TO_USER,
    &[
        required(0, "pvno", &VERSION),
        required(1, "msg-type", &MESSAGE_TYPE),
        required(2, "ticket", &TICKET),
    ],
);

const AP: &str = "RFC 4120 section 5.5.1";

pub(super) static AP_REQ: Type = Type::application(AP, 14, &AP_REQ_FIELDS);

static AP_REQ_FIELDS: Type = Type::closed(
    AP,
    &[
        required(0, "pvno", &VERSION),
        required(1, "msg-type", &MESSAGE_TYPE),
        required(2, "ap-options", &AP_OPTIONS_TYPE),
        required(3, "ticket", &TICKET),
        required(4, "authenticator", &SEALED_AUTHENTICATOR),
    ],
);

pub(super) static AUTHENTICATOR: Type = Type::application(AP, 2, &AUTHENTICATOR_FIELDS);

static AUTHENTICATOR_FIELDS: Type = Type::closed(
    AP,
    &[
        required(0, "authenticator-vno", &VERSION),
        required(1, "crealm", &GENERAL_STRING),
        required(2, "cname", &PRINCIPAL_NAME),
        optional(3, "cksum", &AUTHENTICATOR_CHECKSUM),
        required(4, "cusec", &MICROSECONDS),
        required(5, "ctime", &TIME),
        optional(6, "subkey", &ENCRYPTION_KEY),
        optional(7, "seq-number", &UINT32),
        optional(8, "authorization-data", &AUTHORIZATION_DATA),
    ],
);

/// GSS-API keeps its flags in there.
static AUTHENTICATOR_CHECKSUM: Type = Type::closed(
    "RFC 4120 section 5.2.9",
    &[
        required(0, "cksumtype", &super::names::CHECKSUM_TYPE),
        required(1, "checksum", &OCTETS),
    ],
)
.then(crate::gss::checksum);

pub(super) static AP_REP: Type = Type::application("RFC 4120 section 5.5.2", 15, &AP_REP_FIELDS);

static AP_REP_FIELDS: Type = Type::closed(
    "RFC 4120 section 5.5.2",
    &[
        required(0, "pvno", &VERSION),
        required(1, "msg-type", &MESSAGE_TYPE),
        required(2, "enc-part", &SEALED_AP_REP_PART),
    ],
);

pub(super) static ENC_AP_REP_PART: Type = Type::application("RFC 4120 section 5.5.2", 27, &ENC_AP_REP_FIELDS);

static ENC_AP_REP_FIELDS: Type = Type::closed(
    "RFC 4120 section 5.5.2",
    &[
        required(0, "ctime", &TIME),
        required(1, "cusec", &MICROSECONDS),
        optional(2, "subkey", &ENCRYPTION_KEY),
        optional(3, "seq-number", &UINT32),
    ],
);

const REQ: &str = "RFC 4120 section 5.4.1";

static AS_REQ: Type = Type::application(REQ, 10, &KDC_REQ_FIELDS);
static TGS_REQ: Type = Type::application(REQ, 12, &KDC_REQ_FIELDS);

static KDC_REQ_FIELDS: Type = Type::closed(
    REQ,
    &[
        required(1, "pvno", &VERSION),
        required(2, "msg-type", &MESSAGE_TYPE),
        optional(3, "padata", &PA_DATA_LIST),
        required(4, "req-body", &KDC_REQ_BODY),
    ],
);

static KDC_REQ_BODY: Type = Type::closed(
    REQ,
    &[
        required(0, "kdc-options", &KDC_OPTIONS_TYPE),
        optional(1, "cname", &PRINCIPAL_NAME),
        required(2, "realm", &GENERAL_STRING),
        optional(3, "sname", &PRINCIPAL_NAME),
        optional(4, "from", &TIME),
        required(5, "till", &TIME),
        optional(6, "rtime", &TIME),
        required(7, "nonce", NONCE),
        required(8, "etype", &ETYPES),
        optional(9, "addresses", &HOST_ADDRESSES),
        optional(10, "enc-authorization-data", &SEALED_AUTHORIZATION_DATA),
        optional(11, "additional-tickets", &TICKETS),
    ],
);

static ETYPES: Type = Type::list(REQ, "etype", &ETYPE);

const REP: &str = "RFC 4120 section 5.4.2";

static AS_REP: Type = Type::application(REP, 11, &AS_REP_FIELDS);
static TGS_REP: Type = Type::application(REP, 13, &TGS_REP_FIELDS);

macro_rules! kdc_rep {
    ($enc_part:expr) => {
        Type::closed(
            REP,
            &[
                required(0, "pvno", &VERSION),
                required(1, "msg-type", &MESSAGE_TYPE),
                optional(2, "padata", &PA_DATA_LIST),
                required(3, "crealm", &GENERAL_STRING),
                required(4, "cname", &PRINCIPAL_NAME),
                required(5, "ticket", &TICKET),
                required(6, "enc-part", $enc_part),
            ],
        )
    };
}

static AS_REP_FIELDS: Type = kdc_rep!(&SEALED_AS_REP_PART);
static TGS_REP_FIELDS: Type = kdc_rep!(&SEALED_TGS_REP_PART);

static ENC_AS_REP_PART: Type = Type::application(REP, 25, &ENC_KDC_REP_FIELDS);
static ENC_TGS_REP_PART: Type = Type::application(REP, 26, &ENC_KDC_REP_FIELDS);

/// KDCs write the tag of a TGS-REP's part into AS-REPs, too (RFC 4120 section 5.4.2).
pub(super) static ENC_KDC_REP_PART: Type = Type::new(
    REP,
    crate::asn1::Shape::Choice(&[&ENC_AS_REP_PART, &ENC_TGS_REP_PART]),
);

static ENC_KDC_REP_FIELDS: Type = Type::closed(
    REP,
    &[
        required(0, "key", &ENCRYPTION_KEY),
        required(1, "last-req", &LAST_REQ),
        required(2, "nonce", NONCE),
        optional(3, "key-expiration", &TIME),
        required(4, "flags", &TICKET_FLAGS_TYPE),
        required(5, "authtime", &TIME),
        optional(6, "starttime", &TIME),
        required(7, "endtime", &TIME),
        optional(8, "renew-till", &TIME),
        required(9, "srealm", &GENERAL_STRING),
        required(10, "sname", &PRINCIPAL_NAME),
        optional(11, "caddr", &HOST_ADDRESSES),
        optional(12, "encrypted-pa-data", &PA_DATA_LIST),
    ],
);

static LAST_REQ: Type = Type::list(REP, "entry", &LAST_REQ_ENTRY);

static LAST_REQ_ENTRY: Type = Type::closed(
    REP,
    &[
        required(0, "lr-type", LAST_REQ_TYPE),
        required(1, "lr-value", &TIME),
    ],
);

static KRB_SAFE: Type = Type::application("RFC 4120 section 5.6.1", 20, &KRB_SAFE_FIELDS);

static KRB_SAFE_FIELDS: Type = Type::closed(
    "RFC 4120 section 5.6.1",
    &[
        required(0, "pvno", &VERSION),
        required(1, "msg-type", &MESSAGE_TYPE),
        required(2, "safe-body", &KRB_SAFE_BODY),
        required(3, "cksum", &CHECKSUM),
    ],
);

macro_rules! user_data {
    ($section:literal, $user_data:expr) => {
        Type::closed(
            $section,
            &[
                required(0, "user-data", $user_data),
                optional(1, "timestamp", &TIME),
                optional(2, "usec", &MICROSECONDS),
                optional(3, "seq-number", &UINT32),
                required(4, "s-address", &HOST_ADDRESS),
                optional(5, "r-address", &HOST_ADDRESS),
            ],
        )
    };
}

static KRB_SAFE_BODY: Type = user_data!("RFC 4120 section 5.6.1", &OCTETS);

static KRB_PRIV: Type = Type::application("RFC 4120 section 5.7.1", 21, &KRB_PRIV_FIELDS);

static KRB_PRIV_FIELDS: Type = Type::closed(
    "RFC 4120 section 5.7.1",
    &[
        required(0, "pvno", &VERSION),
        required(1, "msg-type", &MESSAGE_TYPE),
        required(3, "enc-part", &SEALED_PRIV_PART),
    ],
);

pub(super) static ENC_KRB_PRIV_PART: Type =
    Type::application("RFC 4120 section 5.7.1", 28, &ENC_KRB_PRIV_FIELDS);

// Whoever sealed it meant it for one reader: new passwords come so (RFC 3244 section 2).
static ENC_KRB_PRIV_FIELDS: Type = user_data!("RFC 4120 section 5.7.1", &SECRET);

const CRED: &str = "RFC 4120 section 5.8.1";

pub(crate) static KRB_CRED: Type = Type::application(CRED, 22, &KRB_CRED_FIELDS);

static KRB_CRED_FIELDS: Type = Type::closed(
    CRED,
    &[
        required(0, "pvno", &VERSION),
        required(1, "msg-type", &MESSAGE_TYPE),
        required(2, "tickets", &TICKETS),
        required(3, "enc-part", &SEALED_CRED_PART),
    ],
);

pub(super) static ENC_KRB_CRED_PART: Type = Type::application(CRED, 29, &ENC_KRB_CRED_FIELDS);

static ENC_KRB_CRED_FIELDS: Type = Type::closed(
    CRED,
    &[
        required(0, "ticket-info", &CRED_INFOS),
        optional(1, "nonce", NONCE),
        optional(2, "timestamp", &TIME),
        optional(3, "usec", &MICROSECONDS),
        optional(4, "s-address", &HOST_ADDRESS),
        optional(5, "r-address", &HOST_ADDRESS),
    ],
);

static CRED_INFOS: Type = Type::list(CRED, "info", &CRED_INFO);

static CRED_INFO: Type = Type::closed(
    CRED,
    &[
        required(0, "key", &ENCRYPTION_KEY),
        optional(1, "prealm", &GENERAL_STRING),
        optional(2, "pname", &PRINCIPAL_NAME),
        optional(3, "flags", &TICKET_FLAGS_TYPE),
        optional(4, "authtime", &TIME),
        optional(5, "starttime", &TIME),
        optional(6, "endtime", &TIME),
        optional(7, "renew-till", &TIME),
        optional(8, "srealm", &GENERAL_STRING),
        optional(9, "sname", &PRINCIPAL_NAME),
        optional(10, "caddr", &HOST_ADDRESSES),
    ],
);

const ERROR: &str = "RFC 4120 section 5.9.1";

pub(super) static KRB_ERROR: Type = Type::application(ERROR, 30, &KRB_ERROR_FIELDS);

static KRB_ERROR_FIELDS: Type = Type::closed(
    ERROR,
    &[
        required(0, "pvno", &VERSION),
        required(1, "msg-type", &MESSAGE_TYPE),
        optional(2, "ctime", &TIME),
        optional(3, "cusec", &MICROSECONDS),
        required(4, "stime", &TIME),
        required(5, "susec", &MICROSECONDS),
        required(6, "error-code", &ERROR_CODE),
        optional(7, "crealm", &GENERAL_STRING),
        optional(8, "cname", &PRINCIPAL_NAME),
        required(9, "realm", &GENERAL_STRING),
        required(10, "sname", &PRINCIPAL_NAME),
        optional(11, "e-text", &GENERAL_STRING),
        optional(12, "e-data", &OCTETS),
    ],
)
.then(pa::error_data);
