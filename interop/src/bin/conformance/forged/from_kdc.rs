//! Logins whose tickets and authenticators hold PACs (MS-PAC), CAMMACs (RFC 7751) and other authorization data, in their
//! right places and in wrong ones, with right checksums and wrong ones.

use super::{ETYPE, ETYPES, Login, MUTUAL, key};
use crate::forge::pac::{Pac, client_info};
use crate::forge::{Cammac, and_or, authorization_data, indicators, kdc_issued};
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::{Digest as _, Md5};
use mech_krb5::Principal;
use mech_krb5::crypto::Key;
use mech_krb5::pac::BufferType;
use negotiate_core::{Seconds, Timestamp};

const IF_RELEVANT: i32 = 1;
const KDC_ISSUED: i32 = 4;
const AND_OR: i32 = 5;
const MANDATORY_FOR_KDC: i32 = 8;
const CAMMAC: i32 = 96;
const INDICATORS: i32 = 97;
const PAC: i32 = 128;
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
        .chain(pacs_of_each_type())
        .collect()
}

fn plain() -> Login {
    Login::new(MUTUAL)
}

fn krbtgt() -> Key {
    key(ETYPE, "krbtgt")
}

fn if_relevant(elements: &[(i32, &[u8])]) -> Vec<u8> {
    authorization_data(&[(IF_RELEVANT, &authorization_data(elements))])
}

fn in_ticket(data: Vec<u8>) -> Login {
    plain().with(|login| login.ticket.authorization_data = Some(data))
}

fn in_authenticator(data: Vec<u8>) -> Login {
    plain().with(|login| login.authenticator.authorization_data = Some(data))
}

/// A PAC for this login, without checksums.
fn pac_of(login: &Login) -> Pac {
    let names = login
        .ticket
        .client
        .name()
        .components()
        .map(String::from_utf8_lossy);
    Pac::new(&names.collect::<Vec<_>>().join("/"), login.ticket.authtime)
}

fn logon_info() -> Vec<u8> {
    testvectors::load("pac/logon-info.txt")[0].bytes("logon-info")
}

fn signed(login: &Login, pac: Pac) -> Vec<u8> {
    pac.sign(&login.ticket.service_key, &krbtgt())
}

/// A login with this PAC where KDCs put it.
fn with_pac(mut login: Login, make: impl FnOnce(&Login) -> Vec<u8>) -> Login {
    let pac = make(&login);
    login.ticket.authorization_data = Some(if_relevant(&[(PAC, &pac)]));
    login
}

fn pacs_of_each_type() -> impl Iterator<Item = (String, Login)> {
    ETYPES.into_iter().map(|etype| {
        let login = Login::of_types([etype; 3], MUTUAL);
        let login = with_pac(login, |login| {
            let mut pac = pac_of(login).with(BufferType::LOGON_INFO, logon_info());
            pac.full = true;
            pac.rodc_identifier = Some(0x1234);
            pac.ticket = Some(b"a ticket".to_vec());
            signed(login, pac)
        });
        (format!("pac-{}", etype.name()), login)
    })
}

fn pacs() -> Vec<(&'static str, Login)> {
    let client = |name: &str| {
        plain().with(|login| {
            login.ticket.client = Principal::parse(name).expect("a name");
            login.authenticator.client = login.ticket.client.clone();
        })
    };
    let with = |make: fn(&Login) -> Vec<u8>| with_pac(plain(), make);
    vec![
        ("pac-least", with(|login| signed(login, pac_of(login)))),
        (
            "pac-client-service",
            with_pac(client("host/pc.conformance.test@CONFORMANCE.TEST"), |login| {
                signed(login, pac_of(login))
            }),
        ),
        (
            "pac-client-odd",
            with_pac(
                client("a\\/b\\@c\\\\d/\u{e4}\u{1f511}@CONFORMANCE.TEST"),
                |login| signed(login, pac_of(login)),
            ),
        ),
        (
            "pac-client-foreign",
            with_pac(client("alice@ELSEWHERE.TEST"), |login| {
                signed(login, pac_of(login))
            }),
        ),
        (
            "pac-client-other",
            with(|login| signed(login, Pac::new("mallory", login.ticket.authtime))),
        ),
        (
            "pac-client-with-realm",
            with(|login| signed(login, Pac::new("alice@CONFORMANCE.TEST", login.ticket.authtime))),
        ),
        (
            "pac-client-empty",
            with(|login| signed(login, Pac::new("", login.ticket.authtime))),
        ),
        (
            "pac-time-other",
            with(|login| {
                let other = login.ticket.authtime.plus(Seconds(1));
                signed(login, Pac::new("alice", other))
            }),
        ),
        (
            "pac-time-fraction",
            with(|login| {
                let mut info = client_info("alice", login.ticket.authtime);
                info[0] ^= 1;
                signed(login, Pac::default().with(BufferType::CLIENT_INFO, info))
            }),
        ),
        (
            "pac-time-never",
            with(|login| {
                let mut info = client_info("alice", Timestamp::from_unix(0));
                info[..8].fill(0);
                signed(login, Pac::default().with(BufferType::CLIENT_INFO, info))
            }),
        ),
        (
            "pac-client-info-missing",
            with(|login| signed(login, Pac::default().with(BufferType::LOGON_INFO, logon_info()))),
        ),
        (
            "pac-logon-info-malformed",
            with(|login| signed(login, pac_of(login).with(BufferType::LOGON_INFO, *b"no NDR"))),
        ),
        (
            "pac-buffers-unknown",
            with(|login| {
                let pac = pac_of(login)
                    .with(BufferType(0), *b"?")
                    .with(BufferType(97), indicators(&["otp"]));
                signed(login, pac.with(BufferType(0xffff_ffff), *b""))
            }),
        ),
        (
            "pac-buffer-twice",
            with(|login| {
                let upn = BufferType::UPN_DNS_INFO;
                signed(login, pac_of(login).with(upn, [0; 12]).with(upn, [0; 12]))
            }),
        ),
        ("pac-empty", with(|_| Vec::new())),
        ("pac-without-buffers", with(|_| vec![0; 8])),
        ("pac-unsigned", with(|login| pac_of(login).bytes())),
        (
            "pac-signature-short",
            with(|login| {
                let server = pac_of(login).with(BufferType::SERVER_CHECKSUM, [16, 0, 0, 0, 7]);
                server.with(BufferType::KDC_CHECKSUM, [16; 16]).bytes()
            }),
        ),
        (
            "pac-without-kdc-signature",
            with(|login| server_signed(login, pac_of(login), 16)),
        ),
        (
            "pac-server-key-other",
            with(|login| pac_of(login).sign(&key(ETYPE, "other service"), &krbtgt())),
        ),
        (
            "pac-server-key-session",
            with(|login| pac_of(login).sign(&login.session_key, &krbtgt())),
        ),
        (
            "pac-server-key-of-other-type",
            with(|login| pac_of(login).sign(&key(ETYPES[0], "service"), &krbtgt())),
        ),
        (
            "pac-server-hmac-md5",
            with(|login| {
                let pac = pac_of(login).with(BufferType::KDC_CHECKSUM, [16; 16]);
                hmac_md5_signed(login, pac)
            }),
        ),
        (
            "pac-server-unkeyed",
            with(|login| {
                let pac = pac_of(login).with(BufferType::KDC_CHECKSUM, [16; 16]);
                server_signed(login, pac, 7)
            }),
        ),
    ]
}

/// With a server signature of this type that nobody made.
fn server_signed(_: &Login, pac: Pac, number: i32) -> Vec<u8> {
    let signature = [&number.to_le_bytes()[..], &[7; 16]].concat();
    pac.with(BufferType::SERVER_CHECKSUM, signature).bytes()
}

/// With the server signature that belongs to RC4 (RFC 4757 section 4, type -138), made with a key of another type.
fn hmac_md5_signed(login: &Login, pac: Pac) -> Vec<u8> {
    let hmac = |key: &[u8], data: &[u8]| {
        let mut hmac = Hmac::<Md5>::new_from_slice(key).expect("a key of any length");
        hmac.update(data);
        hmac.finalize().into_bytes()
    };
    let with_signature = |signature: &[u8]| {
        let content = [&(-138_i32).to_le_bytes()[..], signature].concat();
        pac.clone().with(BufferType::SERVER_CHECKSUM, content)
    };
    let mut zeroed = with_signature(&[0; 16]);
    for (which, content) in &mut zeroed.buffers {
        if *which == BufferType::KDC_CHECKSUM {
            content[4..].fill(0);
        }
    }
    let signing_key = hmac(login.ticket.service_key.bytes(), b"signaturekey\0");
    let digest = Md5::digest([&17_u32.to_le_bytes()[..], &zeroed.bytes()].concat());
    with_signature(&hmac(&signing_key, &digest)).bytes()
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
