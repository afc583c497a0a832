//! The three legs of DCE style (MS-KILE section 3.4.5.1): bare tokens, and an AP-REP from the initiator.

use crate::common::Counting;
use crate::forge::GssChecksum;
use crate::initiator::{self, open_ap_rep};
use crate::login::{CLIENT, ETYPE, Framing, Login, NOW, Server, error, fact, key, principal};
use mech_krb5::crypto::{EncryptionType, Key, KeyUsage};
use mech_krb5::message::{EncApRepPart, EncryptionKey};
use mech_krb5::{Fact, Part};
use negotiate_core::{
    ContextFlags, Exchange, MessageOrder, Negotiation, PerMessage as _, Protection, Reject, Step,
};

pub(crate) fn dce_login() -> Login {
    let mut login = Login {
        framing: Framing::Bare,
        ..Login::default()
    };
    login.set_checksum(&GssChecksum::new(
        ContextFlags::DCE_STYLE.with(ContextFlags::INTEGRITY),
    ));
    login
}

/// What the acceptor answered, as the initiator reads it.
struct SecondLeg {
    exchange: Exchange<'static>,
    token: Vec<u8>,
    subkey: Key,
    seq_number: u32,
}

fn second_leg(server: &Server, login: &Login) -> SecondLeg {
    let Ok(Step::Continue { token, exchange }) = server.judge(login) else {
        panic!("no second leg")
    };
    let token = token.into_bytes();
    let (subkey, seq_number) = open_ap_rep(&token, login);
    SecondLeg {
        exchange,
        token,
        subkey,
        seq_number,
    }
}

/// An AP-REP as an initiator of DCE style makes it.
pub(crate) fn third_leg(session_key: &Key, seq_number: Option<u32>, subkey: Option<&Key>) -> Vec<u8> {
    let part = EncApRepPart {
        ctime: NOW,
        subkey: subkey.map(|key| EncryptionKey {
            keytype: key.encryption_type().number(),
            keyvalue: key.bytes(),
        }),
        seq_number,
    };
    sealed(session_key, &part.encode())
}

fn sealed(session_key: &Key, plaintext: &[u8]) -> Vec<u8> {
    sealed_as(session_key, session_key, plaintext)
}

/// Sealed by one key, as the clear part says of another's type.
fn sealed_as(said: &Key, session_key: &Key, plaintext: &[u8]) -> Vec<u8> {
    let key = session_key.for_usage(KeyUsage::AP_REP);
    let cipher = key.encrypt(plaintext, &mut Counting(50)).unwrap();
    EncApRepPart::encode_sealed(said, &cipher)
}

#[test]
fn three_legs_make_a_context() {
    let (server, login) = (Server::default(), dce_login());
    let second = second_leg(&server, &login);
    let third = third_leg(&login.session_key, Some(second.seq_number), None);
    let Ok(Step::Complete {
        token: None,
        mut context,
    }) = server.step(second.exchange, &third)
    else {
        panic!("no context")
    };
    // DCE style implies mutual authentication, whether or not its flag is set.
    let flags = ContextFlags::DCE_STYLE
        .with(ContextFlags::MUTUAL)
        .with(ContextFlags::INTEGRITY);
    assert_eq!(context.flags(), flags);
    assert_eq!(context.negotiation(), Negotiation::Bare);
    let mut initiator = initiator::protection(&login, Some((second.subkey, second.seq_number)), flags);
    let acceptor = context.per_message();
    let mic = initiator.get_mic(b"message").unwrap();
    assert_eq!(acceptor.verify_mic(b"message", &mic), Ok(MessageOrder::Expected));
    let wrapped = acceptor
        .wrap(b"answer", Protection::Confidentiality, &mut Counting(1))
        .unwrap();
    assert_eq!(initiator.unwrap(&wrapped).unwrap().message, b"answer");
}

#[test]
fn nobody_is_authenticated_before_the_third_leg() {
    assert_eq!(Server::default().verdict(&dce_login()), "continue");
}

/// Each third leg that proves nothing.
pub(crate) fn third_legs_refused() -> Vec<(&'static str, &'static str, Reject)> {
    let (server, login) = (Server::default(), dce_login());
    let refuse = |make: &dyn Fn(&SecondLeg) -> Vec<u8>| {
        let second = second_leg(&server, &login);
        let token = make(&second);
        server.step(second.exchange, &token).unwrap_err()
    };
    let unproved = "krb5.third_leg_unproved";
    let session_key = &login.session_key;
    vec![
        (unproved, "our own AP-REP", refuse(&|second| second.token.clone())),
        (
            unproved,
            "a subkey in it",
            refuse(&|second| third_leg(session_key, Some(second.seq_number), Some(&second.subkey))),
        ),
        (
            unproved,
            "the next sequence number",
            refuse(&|second| third_leg(session_key, Some(second.seq_number + 1), None)),
        ),
        (
            unproved,
            "no sequence number",
            refuse(&|_| third_leg(session_key, None, None)),
        ),
        (
            unproved,
            "under the subkey",
            refuse(&|second| third_leg(&second.subkey, Some(second.seq_number), None)),
        ),
        (
            unproved,
            "under a key of another type",
            refuse(&|second| {
                let other = key(EncryptionType::Aes128CtsHmacSha1_96, "session");
                third_leg(&other, Some(second.seq_number), None)
            }),
        ),
        (
            unproved,
            "under the session key, as of another type",
            refuse(&|second| {
                let other = key(EncryptionType::Aes128CtsHmacSha1_96, "session");
                let part = EncApRepPart {
                    ctime: NOW,
                    subkey: None,
                    seq_number: Some(second.seq_number),
                };
                sealed_as(&other, session_key, &part.encode())
            }),
        ),
        (
            "krb5.malformed",
            "third leg",
            refuse(&|_| sealed(session_key, b"\x7b\x00")),
        ),
        (
            "krb5.malformed",
            "third leg's clear part",
            refuse(&|_| b"\x6f\x00".to_vec()),
        ),
        (
            "krb5.bad_version",
            "third leg",
            refuse(&|second| {
                let mut token = third_leg(session_key, Some(second.seq_number), None);
                let pvno = token
                    .windows(5)
                    .position(|at| at == b"\xa0\x03\x02\x01\x05")
                    .unwrap();
                token[pvno + 4] = 4;
                token
            }),
        ),
        (
            "krb5.bad_message_type",
            "third leg",
            refuse(&|second| {
                let mut token = third_leg(session_key, Some(second.seq_number), None);
                let msg_type = token
                    .windows(5)
                    .position(|at| at == b"\xa1\x03\x02\x01\x0f")
                    .unwrap();
                token[msg_type + 4] = 14;
                token
            }),
        ),
    ]
}

#[test]
fn a_third_leg_that_proves_nothing_is_refused() {
    for (code, how, reject) in third_legs_refused() {
        assert_eq!(reject.reason().code(), code, "{how}");
        assert_eq!(error(&reject).about.client, Some(principal(CLIENT)), "{how}");
        // The initiator waits for no answer to its last word.
        assert!(reject.token().is_none(), "{how}");
    }
}

#[test]
fn a_third_leg_is_an_ap_rep_and_nothing_else() {
    let (server, login) = (Server::default(), dce_login());
    let second = second_leg(&server, &login);
    let reject = server.step(second.exchange, &login.token()).unwrap_err();
    assert!(
        matches!(
            fact(&reject),
            Fact::Malformed {
                part: Part::ApRep,
                ..
            }
        ),
        "{reject:?}"
    );
}

/// RFC 4121 section 4.1: who asks for DCE style sends bare tokens, and nobody else does.
#[test]
fn framing_and_dce_style_exclude_each_other() {
    let server = Server::default();
    let mut framed = dce_login();
    framed.framing = Login::default().framing;
    assert_eq!(server.fact(&framed), Fact::FramedDceStyle);
    let mut bare = Login {
        framing: Framing::Bare,
        ..Login::default()
    };
    assert_eq!(server.fact(&bare), Fact::UnframedWithoutDceStyle);
    // Without a checksum there are no flags, and so no DCE style.
    bare.authenticator.cksum = None;
    assert_eq!(server.fact(&bare), Fact::UnframedWithoutDceStyle);
}

#[test]
fn the_subkey_of_the_second_leg_has_the_type_of_the_key_it_replaces() {
    let second = second_leg(&Server::default(), &dce_login());
    assert_eq!(second.subkey.encryption_type(), ETYPE);
}
