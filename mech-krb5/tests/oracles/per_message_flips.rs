//! Every bit of every per-message token counts: flipped, the token is refused, or its message is the same.

use crate::common::Counting;
use mech_krb5::crypto::{EncryptionType, Key};
use mech_krb5::{ContextKeys, MessageProtection, Role};
use negotiate_core::{ContextFlags, PerMessage as _, Protection};
use proptest::prelude::*;

const MESSAGE: &[u8] = b"The quick brown fox";
const FLAGS: ContextFlags = ContextFlags::SEQUENCE;

/// Both ends of a context.
fn ends(etype: EncryptionType, base: BaseKey) -> (MessageProtection, MessageProtection) {
    let key = Key::new(etype, &[0x42; 32][..etype.key_len()]).unwrap();
    let keys = ContextKeys {
        initiator: key.clone(),
        acceptor_subkey: (base == BaseKey::AcceptorSubkey).then_some(key),
    };
    let acceptor = MessageProtection::new(Role::Acceptor, keys.clone(), 7, 9, FLAGS);
    (
        acceptor,
        MessageProtection::new(Role::Initiator, keys, 9, 7, FLAGS),
    )
}

/// Whose key it is: the same key, so that its name alone makes the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BaseKey {
    AcceptorSubkey,
    Initiator,
}

const BASES: [BaseKey; 2] = [BaseKey::AcceptorSubkey, BaseKey::Initiator];

/// As Heimdal and Windows write it (RFC 4121 section 4.2.5).
fn rotated(token: &[u8], count: u16) -> Vec<u8> {
    let mut token = token.to_vec();
    token[6..8].copy_from_slice(&count.to_be_bytes());
    let body = &mut token[16..];
    let len = body.len();
    body.rotate_right(usize::from(count) % len);
    token
}

#[test]
fn a_flipped_bit_of_a_mic_is_refused() {
    for etype in EncryptionType::ALL {
        for base in BASES {
            let mic = ends(etype, base).0.get_mic(MESSAGE).unwrap();
            for bit in 0..mic.len() * 8 {
                let mut flipped = mic.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let verified = ends(etype, base).1.verify_mic(MESSAGE, &flipped);
                assert!(verified.is_err(), "{etype} {base:?} bit {bit}");
            }
            for len in 0..mic.len() {
                assert!(
                    ends(etype, base).1.verify_mic(MESSAGE, &mic[..len]).is_err(),
                    "{len}"
                );
            }
            assert!(ends(etype, base).1.verify_mic(&MESSAGE[1..], &mic).is_err());
            assert!(ends(etype, base).1.verify_mic(MESSAGE, &mic).is_ok());
        }
    }
}

#[test]
fn a_flipped_bit_of_a_wrap_is_refused_or_changes_nothing() {
    for etype in EncryptionType::ALL {
        for base in BASES {
            for protection in [Protection::Integrity, Protection::Confidentiality] {
                let made = ends(etype, base)
                    .0
                    .wrap(MESSAGE, protection, &mut Counting(1))
                    .unwrap();
                for count in [0, 1, 28, u16::MAX] {
                    every_flip(&rotated(&made, count), etype, base);
                }
            }
        }
    }
}

fn every_flip(token: &[u8], etype: EncryptionType, base: BaseKey) {
    assert_eq!(ends(etype, base).1.unwrap(token).unwrap().message, MESSAGE);
    for bit in 0..token.len() * 8 {
        let mut flipped = token.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(opened) = ends(etype, base).1.unwrap(&flipped) {
            assert_eq!(opened.message, MESSAGE, "{etype} bit {bit}");
            // The rotation alone is under no seal: another may mean the same.
            assert!((48..64).contains(&bit), "{etype} bit {bit}");
        }
    }
    for len in 0..token.len() {
        assert!(
            ends(etype, base).1.unwrap(&token[..len]).is_err(),
            "{etype} {len}"
        );
    }
    let longer = [token, &[0]].concat();
    assert!(ends(etype, base).1.unwrap(&longer).is_err(), "{etype}");
}

#[test]
fn a_token_goes_one_way_and_for_one_purpose() {
    for etype in EncryptionType::ALL {
        let (mut acceptor, mut initiator) = ends(etype, BaseKey::AcceptorSubkey);
        let mic = acceptor.get_mic(MESSAGE).unwrap();
        let wrap = acceptor
            .wrap(MESSAGE, Protection::Integrity, &mut Counting(1))
            .unwrap();
        assert!(acceptor.verify_mic(MESSAGE, &mic).is_err());
        assert!(acceptor.unwrap(&wrap).is_err());
        assert!(initiator.unwrap(&mic).is_err());
        assert!(initiator.verify_mic(MESSAGE, &wrap).is_err());
        // RFC 4121 section 2: the flag says whose key it is, of two that are the same, and has to.
        let (mut unflagged, mut other) = ends(etype, BaseKey::Initiator);
        assert!(other.verify_mic(MESSAGE, &mic).is_err());
        assert!(other.unwrap(&wrap).is_err());
        assert!(
            initiator
                .verify_mic(MESSAGE, &unflagged.get_mic(MESSAGE).unwrap())
                .is_err()
        );
        for protection in [Protection::Integrity, Protection::Confidentiality] {
            let token = unflagged.wrap(MESSAGE, protection, &mut Counting(1)).unwrap();
            assert!(initiator.unwrap(&token).is_err());
        }
        assert!(initiator.verify_mic(MESSAGE, &mic).is_ok());
        assert!(initiator.unwrap(&wrap).is_ok());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_refused(bytes: Vec<u8>, is_wrap: bool) {
        let token_id = if is_wrap { [5, 4] } else { [4, 4] };
        for token in [bytes.clone(), [&token_id[..], &bytes].concat()] {
            let (mut acceptor, _) = ends(EncryptionType::Aes256CtsHmacSha1_96, BaseKey::AcceptorSubkey);
            prop_assert!(acceptor.unwrap(&token).is_err());
            prop_assert!(acceptor.verify_mic(MESSAGE, &token).is_err());
        }
    }

    #[test]
    fn any_message_comes_back(
        etype in prop::sample::select(&EncryptionType::ALL[..]),
        message: Vec<u8>,
        is_sealed: bool,
        rotation: u16,
    ) {
        let protection = if is_sealed { Protection::Confidentiality } else { Protection::Integrity };
        let (mut acceptor, mut initiator) = ends(etype, BaseKey::AcceptorSubkey);
        let token = acceptor.wrap(&message, protection, &mut Counting(3)).unwrap();
        if is_sealed {
            let is_hidden = !token.windows(message.len().max(1)).any(|at| at == message);
            prop_assert!(is_hidden || message.len() < 8);
        } else {
            prop_assert!(token[16..].starts_with(&message));
        }
        let opened = initiator.unwrap(&rotated(&token, rotation)).unwrap();
        prop_assert_eq!((opened.message, opened.protection), (message, protection));
    }
}
