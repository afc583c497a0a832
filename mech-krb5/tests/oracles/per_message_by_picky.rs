//! MIC and Wrap tokens made by picky-krb and opened by us, and back: the encryption types that both have.

use crate::common::Counting;
use mech_krb5::crypto::{EncryptionType, Key};
use mech_krb5::{ContextKeys, MessageProtection, Role};
use negotiate_core::{ContextFlags, MessageOrder, PerMessage as _, Protection};
use picky_krb::crypto::{ChecksumSuite, CipherSuite};
use picky_krb::gss_api::{MicToken, WrapToken};
use proptest::prelude::*;

/// Key usages of RFC 4121 section 2, which picky-krb leaves to its caller.
const ACCEPTOR_SEAL: i32 = 22;
const ACCEPTOR_SIGN: i32 = 23;
const INITIATOR_SEAL: i32 = 24;
const INITIATOR_SIGN: i32 = 25;

/// Flags of a Wrap token (RFC 4121 section 4.2.2): sealed, by the acceptor's subkey.
const SEALED_BY_INITIATOR: u8 = 6;
const SEALED_BY_ACCEPTOR: u8 = 7;

fn etypes() -> impl Strategy<Value = (EncryptionType, CipherSuite, ChecksumSuite)> {
    prop_oneof![
        Just((
            EncryptionType::Aes128CtsHmacSha1_96,
            CipherSuite::Aes128CtsHmacSha196,
            ChecksumSuite::HmacSha196Aes128
        )),
        Just((
            EncryptionType::Aes256CtsHmacSha1_96,
            CipherSuite::Aes256CtsHmacSha196,
            ChecksumSuite::HmacSha196Aes256
        )),
    ]
}

/// The acceptor's end; picky is the initiator.
fn acceptor(etype: EncryptionType, key: &[u8], ours: u32, theirs: u32) -> MessageProtection {
    let key = Key::new(etype, &key[..etype.key_len()]).unwrap();
    let flags = ContextFlags::SEQUENCE;
    let keys = ContextKeys {
        initiator: key.clone(),
        acceptor_subkey: Some(key),
    };
    MessageProtection::new(Role::Acceptor, keys, ours, theirs, flags)
}

proptest! {
    #[test]
    fn mics(
        (etype, _, suite) in etypes(),
        key: [u8; 32],
        (ours, theirs) in any::<(u32, u32)>(),
        message in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let hasher = suite.hasher();
        let picky_key = &key[..etype.key_len()];
        let mut acceptor = acceptor(etype, &key, ours, theirs);

        let mut mic = MicToken::with_initiator_flags().with_seq_number(theirs.into());
        let covered = [&message[..], &mic.header()].concat();
        mic.set_checksum(hasher.checksum(picky_key, INITIATOR_SIGN, &covered).unwrap());
        let mut token = Vec::new();
        mic.encode(&mut token).unwrap();
        prop_assert_eq!(acceptor.verify_mic(&message, &token), Ok(MessageOrder::Expected));

        let token = acceptor.get_mic(&message).unwrap();
        let mic = MicToken::decode(&token[..]).unwrap();
        prop_assert_eq!(&mic.header()[..], &token[..16]);
        prop_assert_eq!((mic.seq_num, mic.flags), (ours.into(), MicToken::with_acceptor_flags().flags));
        let covered = [&message[..], &mic.header()].concat();
        prop_assert_eq!(hasher.checksum(picky_key, ACCEPTOR_SIGN, &covered).unwrap(), mic.checksum);
    }

    #[test]
    fn sealed_messages(
        (etype, suite, _) in etypes(),
        key: [u8; 32],
        (ours, theirs, rotation) in any::<(u32, u32, u16)>(),
        message in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let cipher = suite.cipher();
        let picky_key = &key[..etype.key_len()];
        let mut acceptor = acceptor(etype, &key, ours, theirs);

        let mut wrap = WrapToken::with_seq_number(theirs.into());
        prop_assert_eq!(wrap.flags, SEALED_BY_INITIATOR);
        let plaintext = [&message[..], &wrap.header()].concat();
        let mut sealed = cipher.encrypt(picky_key, INITIATOR_SEAL, &plaintext).unwrap();
        let len = sealed.len();
        sealed.rotate_right(usize::from(rotation) % len);
        wrap.set_rrc(rotation);
        wrap.set_checksum(sealed);
        let mut token = Vec::new();
        wrap.encode(&mut token).unwrap();
        let opened = acceptor.unwrap(&token).unwrap();
        prop_assert_eq!((&opened.message, opened.protection), (&message, Protection::Confidentiality));

        let token = acceptor.wrap(&message, Protection::Confidentiality, &mut Counting(1)).unwrap();
        let wrap = WrapToken::decode(&token[..]).unwrap();
        prop_assert_eq!((wrap.flags, wrap.ec, wrap.rrc, wrap.seq_num), (SEALED_BY_ACCEPTOR, 0, 0, ours.into()));
        let plaintext = cipher.decrypt(picky_key, ACCEPTOR_SEAL, &wrap.checksum).unwrap();
        prop_assert_eq!(plaintext, [&message[..], &wrap.header()].concat());
    }
}
