//! Logins whose tickets and authenticators hold PACs (MS-PAC), CAMMACs (RFC 7751) and other authorization data, in their
//! right places and in wrong ones, with right checksums and wrong ones.

use super::pacs::{logon_info, pac_of, pacs, pacs_of_each, signed};
use super::{ETYPE, ETYPES, Login, MUTUAL, key};
use crate::forge::{Cammac, and_or, authorization_data, indicators, kdc_issued};
use mech_krb5::crypto::Key;
use mech_krb5::pac::BufferType;

const IF_RELEVANT: i32 = 1;
pub(super) const KDC_ISSUED: i32 = 4;
const AND_OR: i32 = 5;
pub(super) const MANDATORY_FOR_KDC: i32 = 8;
pub(super) const CAMMAC: i32 = 96;
pub(super) const INDICATORS: i32 = 97;
pub(super) const PAC: i32 = 128;
const ETYPE_LIST: i32 = 129;
const AP_OPTIONS: i32 = 143;
const UNKNOWN: i32 = -77;

/// Names, and the logins.
pub(super) fn logins() -> Vec<(String, Login)> {
    let mut logins = pacs();
    logins.extend(pac_places());
    logins.extend(cammacs());
    logins.extend(containers());
    logins
        .into_iter()
        .map(|(name, login)| (name.to_owned(), login))
        .chain(pacs_of_each(ETYPES))
        .collect()
}

pub(super) fn plain() -> Login {
    Login::new(MUTUAL)
}

pub(super) fn krbtgt() -> Key {
    key(ETYPE, "krbtgt")
}

pub(super) fn if_relevant(elements: &[(i32, &[u8])]) -> Vec<u8> {
    authorization_data(&[(IF_RELEVANT, &authorization_data(elements))])
}

fn in_ticket(data: Vec<u8>) -> Login {
    plain().with(|login| login.ticket.authorization_data = Some(data))
}

fn in_authenticator(data: Vec<u8>) -> Login {
    plain().with(|login| login.authenticator.authorization_data = Some(data))
}

/// A good PAC, and where it stands.
fn pac_places() -> Vec<(&'static str, Login)> {
    let login = plain();
    let pac = signed(&login, pac_of(&login).with(BufferType::LOGON_INFO, logon_info()));
    let least = signed(&login, pac_of(&login));
    let element = authorization_data(&[(PAC, &pac)]);
    let cammac = Cammac::new(element.clone(), &login.ticket.service_key, &krbtgt()).encode();
    let issued = kdc_issued(&element, &login.session_key);
    vec![
        ("pac-at-the-top", in_ticket(element.clone())),
        ("pac-twice", in_ticket(if_relevant(&[(PAC, &pac), (PAC, &least)]))),
        (
            "pac-twice-in-containers",
            in_ticket(authorization_data(&[
                (IF_RELEVANT, &authorization_data(&[(PAC, &least)])),
                (IF_RELEVANT, &element),
            ])),
        ),
        (
            "pac-deeper",
            in_ticket(if_relevant(&[(IF_RELEVANT, &element), (UNKNOWN, b"")])),
        ),
        (
            "pac-in-and-or",
            in_ticket(if_relevant(&[(AND_OR, &and_or(1, &element))])),
        ),
        (
            "pac-in-kdc-issued",
            in_ticket(if_relevant(&[(KDC_ISSUED, &issued)])),
        ),
        ("pac-in-cammac", in_ticket(if_relevant(&[(CAMMAC, &cammac)]))),
        (
            "pac-in-authenticator",
            in_authenticator(if_relevant(&[(PAC, &pac)])),
        ),
        (
            "pac-and-cammac",
            in_ticket({
                let words = authorization_data(&[(INDICATORS, &indicators(&["otp", "pkinit"]))]);
                let cammac = Cammac::new(words, &login.ticket.service_key, &krbtgt()).encode();
                authorization_data(&[
                    (IF_RELEVANT, &authorization_data(&[(CAMMAC, &cammac)])),
                    (IF_RELEVANT, &element),
                ])
            }),
        ),
    ]
}

fn cammacs() -> Vec<(&'static str, Login)> {
    let login = plain();
    let service_key = &login.ticket.service_key;
    let words = |words: &[&str]| authorization_data(&[(INDICATORS, &indicators(words))]);
    let cammac = |elements: Vec<u8>| Cammac::new(elements, service_key, &krbtgt());
    let good = cammac(words(&["otp", "hardened"])).encode();
    let put = |cammac: &[u8]| in_ticket(if_relevant(&[(CAMMAC, cammac)]));
    let other_key = Cammac::new(words(&["forged"]), &key(ETYPE, "other service"), &krbtgt());
    vec![
        ("cammac", put(&good)),
        (
            "cammac-verbose",
            put(&Cammac {
                verbose: true,
                ..cammac(words(&["otp"]))
            }
            .encode()),
        ),
        (
            "cammac-at-the-top",
            in_ticket(authorization_data(&[(CAMMAC, &good)])),
        ),
        (
            "cammac-deeper",
            in_ticket(if_relevant(&[(
                IF_RELEVANT,
                &authorization_data(&[(CAMMAC, &good)]),
            )])),
        ),
        (
            "cammac-around-if-relevant",
            put(&cammac(if_relevant(&[(INDICATORS, &indicators(&["inside"]))])).encode()),
        ),
        (
            "cammac-in-cammac",
            put(&cammac(authorization_data(&[(CAMMAC, &good)])).encode()),
        ),
        ("cammac-key-other", put(&other_key.encode())),
        (
            "cammac-key-session",
            put(&Cammac::new(words(&["forged"]), &login.session_key, &krbtgt()).encode()),
        ),
        (
            "cammac-two-one-forged",
            in_ticket(if_relevant(&[(CAMMAC, &other_key.encode()), (CAMMAC, &good)])),
        ),
        (
            "cammac-two",
            in_ticket(if_relevant(&[
                (CAMMAC, &good),
                (CAMMAC, &cammac(words(&["more"])).encode()),
            ])),
        ),
        (
            "cammac-without-service-verifier",
            put(&Cammac {
                svc_verifier: None,
                ..cammac(words(&["otp"]))
            }
            .encode()),
        ),
        (
            "cammac-of-unknown",
            put(&cammac(authorization_data(&[(UNKNOWN, b"?")])).encode()),
        ),
        (
            "cammac-in-authenticator",
            in_authenticator(if_relevant(&[(CAMMAC, &good)])),
        ),
        (
            "indicators-alone",
            in_ticket(if_relevant(&[(INDICATORS, &indicators(&["planted"]))])),
        ),
        (
            "indicators-in-kdc-issued",
            in_ticket(if_relevant(&[(
                KDC_ISSUED,
                &kdc_issued(&words(&["planted"]), &login.session_key),
            )])),
        ),
        (
            "indicators-in-authenticator",
            in_authenticator(if_relevant(&[(INDICATORS, &indicators(&["planted"]))])),
        ),
    ]
}

fn containers() -> Vec<(&'static str, Login)> {
    let login = plain();
    let unknown = authorization_data(&[(UNKNOWN, b"?")]);
    let harmless = authorization_data(&[(MANDATORY_FOR_KDC, b"?")]);
    let both = authorization_data(&[(UNKNOWN, b"?"), (MANDATORY_FOR_KDC, b"?")]);
    let cbt = 0x4000_u32.to_le_bytes();
    let options: (i32, &[u8]) = (AP_OPTIONS, &cbt);
    let inner = authorization_data(&[options]);
    let issued = |elements: &[u8], key: &Key| {
        in_ticket(authorization_data(&[(KDC_ISSUED, &kdc_issued(elements, key))]))
    };
    let choice =
        |count, elements: &[u8]| in_ticket(authorization_data(&[(AND_OR, &and_or(count, elements))]));
    vec![
        ("kdc-issued", issued(&harmless, &login.session_key)),
        ("kdc-issued-of-unknown", issued(&unknown, &login.session_key)),
        (
            "kdc-issued-key-other",
            issued(&harmless, &login.ticket.service_key),
        ),
        ("and-or-met", choice(1, &both)),
        ("and-or-not-met", choice(2, &both)),
        ("and-or-of-nothing", choice(0, &unknown)),
        ("ap-options-in-ticket", in_ticket(if_relevant(&[options]))),
        (
            "ap-options-twice",
            in_authenticator(if_relevant(&[options, options])),
        ),
        (
            "ap-options-twice-in-containers",
            in_authenticator(authorization_data(&[options, (IF_RELEVANT, &inner)])),
        ),
        (
            "ap-options-in-and-or",
            in_authenticator(authorization_data(&[(AND_OR, &and_or(1, &inner))])),
        ),
        (
            "ap-options-short",
            in_authenticator(authorization_data(&[(AP_OPTIONS, &cbt[..3])])),
        ),
        (
            "etypes-in-ticket",
            in_ticket(if_relevant(&[(ETYPE_LIST, b"\x30\x03\x02\x01\x14")])),
        ),
        (
            "unknown-in-if-relevant",
            in_ticket(if_relevant(&[(UNKNOWN, b"?")])),
        ),
        ("unknown-at-the-top", in_ticket(unknown)),
    ]
}
