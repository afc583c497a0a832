//! Encryption, checksums and the PRF against the RFCs' and MIT's numbers, against picky-krb, and against bytes
//! that somebody altered.

use mech_krb5::crypto::{CryptoError, EncryptionType, EncryptionTypes, Key, KeyUsage};
use negotiate_core::{Random, RandomUnavailable, SystemRandom};
use picky_krb::crypto::CipherSuite;
use proptest::prelude::*;
use testvectors::Case;

/// "Random" bytes that are known beforehand.
struct Fixed<'a>(&'a [u8]);

impl Random for Fixed<'_> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        out.copy_from_slice(self.0);
        Ok(())
    }
}

fn load(name: &str) -> impl Iterator<Item = Case> {
    let mut cases = testvectors::load(&format!("rfc/8009/{name}"));
    cases.extend(testvectors::load(&format!("krb5/{name}")));
    #[cfg(feature = "camellia")]
    cases.extend(testvectors::load(&match name {
        "prf.txt" => format!("krb5/camellia-{name}"),
        _ => format!("rfc/6803/{name}"),
    }));
    cases.into_iter()
}

/// Those that nobody has to name, and the others.
fn types() -> EncryptionTypes {
    let types = EncryptionTypes::new().danger_with_rc4();
    #[cfg(feature = "camellia")]
    let types = types.with_camellia();
    types
}

fn etype_of(case: &Case) -> EncryptionType {
    types().find(case.number("etype")).expect("an implemented type")
}

fn every_type() -> impl Iterator<Item = EncryptionType> {
    types().iter()
}

/// The confounder of a ciphertext that was decrypted in place.
fn confounder_in(etype: EncryptionType, decrypted: &[u8]) -> &[u8] {
    match etype {
        EncryptionType::Rc4Hmac => &decrypted[16..24],
        _ => &decrypted[..16],
    }
}

fn key_of(case: &Case) -> Key {
    Key::new(etype_of(case), &case.bytes("key")).expect("a key of the type's length")
}

#[test]
fn encryption_vectors() {
    for case in load("encryption.txt") {
        let key = key_of(&case).for_usage(KeyUsage(case.number("usage")));
        let (plaintext, ciphertext) = (case.bytes("plaintext"), case.bytes("ciphertext"));
        let mut buffer = ciphertext.clone();
        assert_eq!(
            key.decrypt_in_place(&mut buffer),
            Ok(&mut plaintext.clone()[..]),
            "{case}"
        );
        // MIT's file does not give the confounder: decryption finds it.
        let confounder = confounder_in(etype_of(&case), &buffer);
        if case.has("confounder") {
            assert_eq!(confounder, case.bytes("confounder"), "{case}");
        }
        assert_eq!(
            key.encrypt(&plaintext, &mut Fixed(confounder)).as_ref(),
            Ok(&ciphertext),
            "{case}"
        );
    }
}

#[test]
fn checksum_vectors() {
    for case in load("checksum.txt") {
        let key = key_of(&case).checksum_key(KeyUsage(case.number("usage")));
        let checksum = case.bytes("checksum");
        assert_eq!(
            key.checksum_type().number(),
            case.number::<i32>("checksum-type"),
            "{case}"
        );
        let data = case.bytes("data");
        let (head, tail) = data.split_at(data.len() / 3);
        for parts in [&[&data[..]][..], &[head, tail], &[head, &[], tail]] {
            assert_eq!(key.checksum(parts).as_bytes(), checksum, "{case}");
            assert_eq!(key.verify(parts, &checksum), Ok(()), "{case}");
        }
    }
}

#[test]
fn altered_checksums_and_data_are_refused() {
    for case in load("checksum.txt") {
        let key = key_of(&case).checksum_key(KeyUsage(case.number("usage")));
        let (data, checksum) = (case.bytes("data"), case.bytes("checksum"));
        for altered in bit_flips(&checksum) {
            assert_eq!(
                key.verify(&[&data], &altered),
                Err(CryptoError::IntegrityCheckFailed),
                "{case}"
            );
        }
        for altered in bit_flips(&data) {
            assert_eq!(
                key.verify(&[&altered], &checksum),
                Err(CryptoError::IntegrityCheckFailed),
                "{case}"
            );
        }
        for len in 0..checksum.len() {
            assert_eq!(
                key.verify(&[&data], &checksum[..len]),
                Err(CryptoError::WrongLength),
                "{case}"
            );
        }
        let longer = [&checksum[..], &[0]].concat();
        assert_eq!(
            key.verify(&[&data], &longer),
            Err(CryptoError::WrongLength),
            "{case}"
        );
    }
}

#[test]
fn prf_vectors() {
    for case in load("prf.txt") {
        assert_eq!(
            *key_of(&case).prf(&case.bytes("input")).expose(),
            case.bytes("output"),
            "{case}"
        );
    }
}

#[test]
fn every_length_comes_back() {
    for etype in every_type() {
        let key = Key::random(etype, &mut SystemRandom)
            .expect("randomness")
            .for_usage(KeyUsage::AP_REQ_AUTHENTICATOR);
        for len in 0..=200 {
            let plaintext: Vec<u8> = (0..=255).take(len).collect();
            let mut ciphertext = key.encrypt(&plaintext, &mut SystemRandom).expect("randomness");
            assert_eq!(ciphertext.len(), len + etype.overhead());
            assert_eq!(
                key.decrypt_in_place(&mut ciphertext),
                Ok(&mut plaintext.clone()[..]),
                "{etype} {len}"
            );
        }
    }
}

#[test]
fn parts_are_encrypted_as_their_concatenation_behind_what_is_there() {
    for etype in every_type() {
        let key = Key::random(etype, &mut SystemRandom)
            .expect("randomness")
            .for_usage(KeyUsage::ACCEPTOR_SEAL);
        let confounder = &[9; 16][..etype.overhead() - etype.mac_len()];
        let whole = key.encrypt(b"message, filler, header", &mut Fixed(confounder));
        let mut out = b"header".to_vec();
        key.encrypt_onto(
            &mut out,
            &[b"message", b", filler", b"", b", header"],
            &mut Fixed(confounder),
        )
        .expect("a confounder");
        assert_eq!(out, [b"header", &whole.expect("a confounder")[..]].concat());
    }
}

#[test]
fn every_flipped_bit_is_refused_and_leaves_no_plaintext() {
    for etype in every_type() {
        let key = Key::random(etype, &mut SystemRandom)
            .expect("randomness")
            .for_usage(KeyUsage::TICKET);
        // One block, two blocks, a broken third, three whole blocks.
        for len in [0, 16, 17, 31, 32] {
            let plaintext = vec![b'p'; len];
            let ciphertext = key.encrypt(&plaintext, &mut SystemRandom).expect("randomness");
            for mut altered in bit_flips(&ciphertext) {
                assert_eq!(
                    key.decrypt_in_place(&mut altered),
                    Err(CryptoError::IntegrityCheckFailed),
                    "{etype} {len}"
                );
                assert!(!altered.windows(8).any(|window| window == b"pppppppp"));
            }
        }
    }
}

#[test]
fn truncated_and_lengthened_ciphertexts_are_refused() {
    for etype in every_type() {
        let key = Key::random(etype, &mut SystemRandom)
            .expect("randomness")
            .for_usage(KeyUsage::TICKET);
        let ciphertext = key.encrypt(&[0; 40], &mut SystemRandom).expect("randomness");
        for len in 0..ciphertext.len() {
            let expected = if len < etype.overhead() {
                CryptoError::WrongLength
            } else {
                CryptoError::IntegrityCheckFailed
            };
            assert_eq!(
                key.decrypt_in_place(&mut ciphertext[..len].to_vec()),
                Err(expected),
                "{etype} {len}"
            );
        }
        let mut longer = [&ciphertext[..], &[0]].concat();
        assert_eq!(
            key.decrypt_in_place(&mut longer),
            Err(CryptoError::IntegrityCheckFailed)
        );
    }
}

#[test]
fn another_usage_and_another_type_are_refused() {
    for etype in every_type() {
        let key = Key::random(etype, &mut SystemRandom).expect("randomness");
        let ciphertext = key
            .for_usage(KeyUsage::TGS_REP)
            .encrypt(b"plaintext that is longer than a block", &mut SystemRandom)
            .expect("randomness");
        let same_length = every_type()
            .filter(|other| *other != etype && other.key_len() == etype.key_len())
            .map(|other| Key::new(other, key.bytes()).expect("a key of the type's length"));
        for other in same_length.map(|other| other.for_usage(KeyUsage::TGS_REP)) {
            assert_eq!(
                other.decrypt_in_place(&mut ciphertext.clone()),
                Err(CryptoError::IntegrityCheckFailed)
            );
        }
        for usage in [KeyUsage::TGS_REP_SUBKEY, KeyUsage(8 + 0x100)] {
            assert_eq!(
                key.for_usage(usage).decrypt_in_place(&mut ciphertext.clone()),
                Err(CryptoError::IntegrityCheckFailed)
            );
        }
    }
}

fn bit_flips(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len() * 8).map(|bit| {
        let mut altered = bytes.to_vec();
        altered[bit / 8] ^= 1 << (bit % 8);
        altered
    })
}

/// The types that picky-krb has too.
fn shared_types() -> impl Strategy<Value = (EncryptionType, CipherSuite)> {
    prop_oneof![
        Just((
            EncryptionType::Aes128CtsHmacSha1_96,
            CipherSuite::Aes128CtsHmacSha196
        )),
        Just((
            EncryptionType::Aes256CtsHmacSha1_96,
            CipherSuite::Aes256CtsHmacSha196
        )),
    ]
}

proptest! {
    #[test]
    fn picky_reads_what_we_write_and_we_what_it_writes(
        (etype, suite) in shared_types(),
        seed in any::<[u8; 32]>(),
        usage in prop_oneof![1..32_i32, 1..=i32::MAX],
        plaintext in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let theirs = suite.cipher();
        let key = &seed[..etype.key_len()];
        let ours = Key::new(etype, key)
            .expect("a key of the type's length")
            .for_usage(KeyUsage(usage.unsigned_abs()));

        let ciphertext = ours.encrypt(&plaintext, &mut SystemRandom).expect("randomness");
        prop_assert_eq!(&theirs.decrypt(key, usage, &ciphertext).expect("picky decrypts"), &plaintext);

        let mut ciphertext = theirs.encrypt(key, usage, &plaintext).expect("picky encrypts");
        prop_assert_eq!(ours.decrypt_in_place(&mut ciphertext), Ok(&mut plaintext.clone()[..]));
    }
}

proptest! {
    // 4,096 iterations of PBKDF2 each, twice.
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn picky_agrees_on_string_to_key(
        (etype, suite) in shared_types(),
        password in "\\PC{0,80}",
        salt in "\\PC{0,40}",
    ) {
        let ours = Key::string_to_key(etype, password.as_bytes(), salt.as_bytes(), None).expect("a key");
        let theirs = suite
            .cipher()
            .generate_key_from_password(password.as_bytes(), salt.as_bytes())
            .expect("a key");
        prop_assert_eq!(ours.bytes(), &theirs[..]);
    }
}
