//! Logins with PACs (MS-PAC): with every type of checksum, of other clients and times, laid out badly, signed by others.

use super::from_kdc::{PAC, if_relevant, krbtgt, plain};
use super::{ETYPE, ETYPES, Login, MUTUAL, key};
use crate::forge::indicators;
use crate::forge::pac::{Pac, client_info};
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::{Digest as _, Md5};
use mech_krb5::Principal;
use mech_krb5::crypto::EncryptionType;
use mech_krb5::pac::BufferType;
use negotiate_core::{Seconds, Timestamp};

/// A PAC for this login, without checksums.
pub(super) fn pac_of(login: &Login) -> Pac {
    let names = login
        .ticket
        .client
        .name()
        .components()
        .map(String::from_utf8_lossy);
    Pac::new(&names.collect::<Vec<_>>().join("/"), login.ticket.authtime)
}

pub(super) fn logon_info() -> Vec<u8> {
    testvectors::load("pac/logon-info.txt")[0].bytes("logon-info")
}

pub(super) fn signed(login: &Login, pac: Pac) -> Vec<u8> {
    pac.sign(&login.ticket.service_key, &krbtgt())
}

/// A login with this PAC where KDCs put it.
fn with_pac(mut login: Login, make: impl FnOnce(&Login) -> Vec<u8>) -> Login {
    let pac = make(&login);
    login.ticket.authorization_data = Some(if_relevant(&[(PAC, &pac)]));
    login
}

pub(super) fn pacs_of_each(
    etypes: impl IntoIterator<Item = EncryptionType>,
) -> impl Iterator<Item = (String, Login)> {
    etypes.into_iter().map(|etype| {
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

pub(super) fn pacs() -> Vec<(&'static str, Login)> {
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
            with(|login| server_signed(pac_of(login), 16)),
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
                hmac_md5_signed(login, &pac)
            }),
        ),
        (
            "pac-server-unkeyed",
            with(|login| {
                let pac = pac_of(login).with(BufferType::KDC_CHECKSUM, [16; 16]);
                server_signed(pac, 7)
            }),
        ),
    ]
}

/// With a server signature of this type that nobody made.
fn server_signed(pac: Pac, number: i32) -> Vec<u8> {
    let signature = [&number.to_le_bytes()[..], &[7; 16]].concat();
    pac.with(BufferType::SERVER_CHECKSUM, signature).bytes()
}

/// With the server signature that belongs to RC4 (RFC 4757 section 4, type -138), made with a key of another type.
fn hmac_md5_signed(login: &Login, pac: &Pac) -> Vec<u8> {
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
