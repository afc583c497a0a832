//! The older tokens of contexts under an RC4 key (RFC 1964 section 1.2, RFC 4757 section 7): every bit
//! counts but those of the sequence number, a token goes one way and for one purpose, and numbers have 32 bits. What MIT krb5 made is in the captures.

use crate::common::Counting;
use mech_krb5::crypto::{EncryptionType, Key};
use mech_krb5::{ContextKeys, MessageProtection, Role};
use negotiate_core::{
    ContextFlags, MessageOrder, PerMessage as _, PerMessageError, Protection, Random, RandomUnavailable,
};
use proptest::prelude::*;
use std::ops::Range;

const MESSAGE: &[u8] = b"The quick brown fox";

fn end(role: Role, etype: EncryptionType, send: u32, receive: u32) -> MessageProtection {
    end_with(ContextFlags::SEQUENCE, role, etype, send, receive)
}

fn end_with(
    flags: ContextFlags,
    role: Role,
    etype: EncryptionType,
    send: u32,
    receive: u32,
) -> MessageProtection {
    let keys = ContextKeys {
        initiator: Key::new(etype, &[0x42; 16]).unwrap(),
        acceptor_subkey: None,
    };
    MessageProtection::new(role, keys, send, receive, flags)
}

fn acceptor() -> MessageProtection {
    end(Role::Acceptor, EncryptionType::Rc4Hmac, 7, 9)
}

fn initiator() -> MessageProtection {
    end(Role::Initiator, EncryptionType::Rc4Hmac, 9, 7)
}

/// The sequence number, behind 13 bytes of framing: it is under a key stream, but not under the checksum, so that whoever is on
/// the way can change it. RFC 4757 wants it so.
const NUMBER: Range<usize> = 21..25;
const DIRECTION: Range<usize> = 25..29;

const PROTECTIONS: [Protection; 2] = [Protection::Integrity, Protection::Confidentiality];

fn wrapped(protection: Protection) -> Vec<u8> {
    initiator().wrap(MESSAGE, protection, &mut Counting(1)).unwrap()
}

fn flips(token: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..token.len() * 8).map(|bit| {
        let mut flipped = token.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        (bit, flipped)
    })
}

/// The direction is that of RFC 1964 (0 from the initiator), whatever RFC 4757 says, and the checksum's number that of its section
/// 3 (13 for Wrap), whatever section 7.3 says.
#[test]
fn a_token_of_windows_is_opened_and_made() {
    for case in testvectors::load("krb5/per-message-rc4.txt") {
        let number = case.number("sequence-number");
        let end = |role, send, receive| {
            let keys = ContextKeys {
                initiator: Key::new(EncryptionType::Rc4Hmac, &case.bytes("key")).unwrap(),
                acceptor_subkey: None,
            };
            MessageProtection::new(role, keys, send, receive, ContextFlags::SEQUENCE)
        };
        let (message, token) = (case.bytes("message"), case.bytes("token"));
        let opened = end(Role::Acceptor, 0, number).unwrap(&token).unwrap();
        assert_eq!(opened.message, message);
        assert_eq!(
            (opened.protection, opened.order),
            (Protection::Confidentiality, MessageOrder::Expected)
        );
        let random = &mut Fixed(case.bytes("confounder"));
        let made = end(Role::Initiator, number, 0).wrap(&message, Protection::Confidentiality, random);
        assert_eq!(made.unwrap(), token);
    }
}

/// "Random" bytes that are known beforehand.
struct Fixed(Vec<u8>);

impl Random for Fixed {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        out.copy_from_slice(&self.0);
        Ok(())
    }
}

#[test]
fn a_flipped_bit_is_refused() {
    let mic = initiator().get_mic(MESSAGE).unwrap();
    for (bit, flipped) in flips(&mic) {
        let verified = acceptor().verify_mic(MESSAGE, &flipped);
        if NUMBER.contains(&(bit / 8)) {
            assert_ne!(verified, Ok(MessageOrder::Expected), "bit {bit}");
        } else {
            assert!(verified.is_err(), "bit {bit}");
        }
    }
    for (_, message) in flips(MESSAGE) {
        assert_eq!(
            acceptor().verify_mic(&message, &mic),
            Err(PerMessageError::BadMic)
        );
    }
    assert_eq!(acceptor().verify_mic(MESSAGE, &mic), Ok(MessageOrder::Expected));
    for protection in PROTECTIONS {
        let token = wrapped(protection);
        for (bit, flipped) in flips(&token) {
            match acceptor().unwrap(&flipped) {
                Err(_) => {}
                // A sealed text is under a key that depends on the number.
                Ok(opened) if protection == Protection::Integrity && NUMBER.contains(&(bit / 8)) => {
                    assert_ne!(opened.order, MessageOrder::Expected);
                    assert_eq!(opened.message, MESSAGE);
                }
                Ok(_) => panic!("{protection:?} bit {bit}"),
            }
        }
        for len in 0..token.len() {
            assert_eq!(
                acceptor().unwrap(&token[..len]).unwrap_err(),
                PerMessageError::DefectiveToken
            );
        }
        let opened = acceptor().unwrap(&token).unwrap();
        assert_eq!((&opened.message[..], opened.protection), (MESSAGE, protection));
    }
}

#[test]
fn a_token_goes_one_way_and_for_one_purpose() {
    let mic = initiator().get_mic(MESSAGE).unwrap();
    let wrap = wrapped(Protection::Integrity);
    assert_eq!(
        initiator().verify_mic(MESSAGE, &mic),
        Err(PerMessageError::BadMic)
    );
    assert_eq!(initiator().unwrap(&wrap).unwrap_err(), PerMessageError::BadMic);
    let defective = PerMessageError::DefectiveToken;
    assert_eq!(acceptor().verify_mic(MESSAGE, &wrap), Err(defective));
    assert_eq!(acceptor().unwrap(&mic).unwrap_err(), defective);
}

/// What no implementation can mend: the key stream over number and direction is that of the checksum, which is the same from
/// either end. What is sealed has the number in its key, and not the direction.
#[test]
fn whoever_changes_the_direction_sends_a_token_back() {
    let rc4 = EncryptionType::Rc4Hmac;
    let (sender, receiver) = (
        || end(Role::Acceptor, rc4, 9, 9),
        || end(Role::Acceptor, rc4, 9, 9),
    );
    let turned = |mut token: Vec<u8>| {
        token[DIRECTION].iter_mut().for_each(|byte| *byte ^= 0xff);
        token
    };
    let mic = turned(sender().get_mic(MESSAGE).unwrap());
    assert_eq!(receiver().verify_mic(MESSAGE, &mic), Ok(MessageOrder::Expected));
    for protection in PROTECTIONS {
        let token = sender().wrap(MESSAGE, protection, &mut Counting(1)).unwrap();
        assert_eq!(receiver().unwrap(&turned(token)).unwrap().message, MESSAGE);
    }
}

/// Neither kind of token is taken in a context of the other.
#[test]
fn rfc_4121_keeps_to_itself() {
    let aes = EncryptionType::Aes128CtsHmacSha1_96;
    let mut newer = end(Role::Initiator, aes, 9, 7);
    let defective = PerMessageError::DefectiveToken;
    let mic = newer.get_mic(MESSAGE).unwrap();
    assert_eq!(acceptor().verify_mic(MESSAGE, &mic), Err(defective));
    let mic = initiator().get_mic(MESSAGE).unwrap();
    let verified = end(Role::Acceptor, aes, 7, 9).verify_mic(MESSAGE, &mic);
    assert_eq!(verified, Err(defective));
    for protection in PROTECTIONS {
        let wrap = newer.wrap(MESSAGE, protection, &mut Counting(1)).unwrap();
        assert_eq!(acceptor().unwrap(&wrap).unwrap_err(), defective);
        let mut older = end(Role::Acceptor, aes, 7, 9);
        assert_eq!(older.unwrap(&wrapped(protection)).unwrap_err(), defective);
    }
}

/// In DCE style the framing of a Wrap ends with the confounder, and there is no padding: what ends where would not be sealed, so
/// that a context takes one form only. MICs are as elsewhere.
#[test]
fn in_dce_style_the_message_stands_behind_the_framing() {
    let dce = |role, send, receive| {
        let flags = ContextFlags::SEQUENCE.with(ContextFlags::DCE_STYLE);
        end_with(flags, role, EncryptionType::Rc4Hmac, send, receive)
    };
    let (initiator_of_dce, acceptor_of_dce) = (|| dce(Role::Initiator, 9, 7), || dce(Role::Acceptor, 7, 9));
    let defective = Err(PerMessageError::DefectiveToken);
    for (protection, message) in PROTECTIONS.into_iter().flat_map(|p| [(p, MESSAGE), (p, b"")]) {
        let token = initiator_of_dce()
            .wrap(message, protection, &mut Counting(1))
            .unwrap();
        assert_eq!(token.len(), 45 + message.len());
        assert_eq!(token[..2], [0x60, 43]);
        let opened = |token: &[u8]| acceptor_of_dce().unwrap(token).map(|opened| opened.message);
        assert_eq!(opened(&token), Ok(message.to_vec()));
        assert_eq!(acceptor().unwrap(&token).map(|opened| opened.message), defective);
        for len in 0..token.len() {
            assert!(opened(&token[..len]).is_err(), "{len}");
        }
        assert_eq!(
            opened(&[&token[..], b"\x01"].concat()),
            Err(PerMessageError::BadMic)
        );
        for (bit, flipped) in flips(&token).filter(|(bit, _)| !NUMBER.contains(&(bit / 8))) {
            assert!(opened(&flipped).is_err(), "bit {bit}");
        }
        // The same bytes under the same checksum, with all of them in the framing.
        let mut framed = token.clone();
        framed[1] += u8::try_from(message.len()).unwrap();
        let expected = if message.is_empty() {
            Ok(Vec::new())
        } else {
            defective.clone()
        };
        assert_eq!(opened(&framed), expected);
        assert_eq!(opened(&wrapped(protection)), defective);
    }
    let mic = initiator_of_dce().get_mic(MESSAGE).unwrap();
    assert_eq!(mic, initiator().get_mic(MESSAGE).unwrap());
    assert_eq!(
        acceptor_of_dce().verify_mic(MESSAGE, &mic),
        Ok(MessageOrder::Expected)
    );
    let longer = acceptor_of_dce().verify_mic(MESSAGE, &[&mic[..], b"x"].concat());
    assert_eq!(longer, Err(PerMessageError::DefectiveToken));
}

#[test]
fn numbers_have_32_bits_and_wrap() {
    let rc4 = EncryptionType::Rc4Hmac;
    let mut sender = end(Role::Initiator, rc4, u32::MAX, 0);
    let mut receiver = end(Role::Acceptor, rc4, 0, u32::MAX);
    let mut mic = || sender.get_mic(MESSAGE).unwrap();
    let (first, second, third) = (mic(), mic(), mic());
    let mut verify = |mic: &[u8]| receiver.verify_mic(MESSAGE, mic);
    assert_eq!(verify(&first), Ok(MessageOrder::Expected));
    assert_eq!(verify(&third), Ok(MessageOrder::Gap));
    assert_eq!(verify(&second), Ok(MessageOrder::Unsequenced));
    assert_eq!(verify(&second), Err(PerMessageError::DuplicateToken));
    assert_eq!(verify(&first), Err(PerMessageError::DuplicateToken));
}

proptest! {
    #[test]
    fn any_bytes_are_refused(bytes: Vec<u8>, token_id in prop::sample::select(&[[1, 1], [2, 1]][..])) {
        let mut framed = vec![0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2];
        framed.extend(token_id);
        framed.extend(&bytes);
        if let Ok(len @ ..0x80) = u8::try_from(framed.len()) {
            framed.splice(..0, [0x60, len]);
        }
        for token in [&bytes, &framed] {
            prop_assert!(acceptor().unwrap(token).is_err());
            prop_assert!(acceptor().verify_mic(MESSAGE, token).is_err());
        }
    }

    #[test]
    fn any_message_comes_back(message: Vec<u8>, protection in prop::sample::select(&PROTECTIONS[..])) {
        let token = acceptor().wrap(&message, protection, &mut Counting(3)).unwrap();
        let opened = initiator().unwrap(&token).unwrap();
        prop_assert_eq!((opened.message, opened.protection), (message, protection));
    }
}
