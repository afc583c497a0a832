//! What cryptography costs: its primitives alone, with keys cached, with keys derived for each message, and in
//! picky-krb. `cargo bench -p mech-krb5 --bench crypto`; compare figures of one run.

use aes::cipher::{Array, BlockCipherDecrypt, InnerIvInit, KeyInit};
use aes::{Aes128, Aes256};
use cts::{CbcCs3, Decrypt};
use divan::{Bencher, black_box};
use hmac::{Hmac, Mac};
use mech_krb5::crypto::{EncryptionType, Key, KeyUsage};
use negotiate_core::SystemRandom;
use picky_krb::crypto::CipherSuite;
use sha1::Sha1;
use sha2::Sha384;

const TYPES: [EncryptionType; 4] = EncryptionType::ALL;
const KIB: [u8; 1024] = [0x5a; 1024];
/// A kibibyte and its confounder.
const MESSAGE_LEN: usize = KIB.len() + 16;

fn main() {
    divan::main();
}

fn key(encryption_type: EncryptionType) -> Key {
    Key::new(encryption_type, &[0x42; 32][..encryption_type.key_len()]).expect("a key of the type's length")
}

fn ciphertext(encryption_type: EncryptionType) -> Vec<u8> {
    key(encryption_type)
        .for_usage(KeyUsage::TICKET)
        .encrypt(&KIB, &mut SystemRandom)
        .expect("randomness")
}

/// What the rest cannot be faster than.
mod primitive {
    use super::*;

    #[divan::bench]
    fn aes256_key_schedule(bencher: Bencher<'_, '_>) {
        let key = Array::from([0x42; 32]);
        bencher.bench_local(|| Aes256::new(black_box(&key)));
    }

    #[divan::bench]
    fn aes128_key_schedule(bencher: Bencher<'_, '_>) {
        let key = Array::from([0x42; 16]);
        bencher.bench_local(|| Aes128::new(black_box(&key)));
    }

    #[divan::bench]
    fn aes256_cts_decrypt_1040(bencher: Bencher<'_, '_>) {
        let cipher = Aes256::new(&Array::from([0x42; 32]));
        bencher
            .with_inputs(|| [0x5a_u8; MESSAGE_LEN])
            .bench_local_refs(|message| CbcCs3::inner_iv_init(&cipher, &Array::default()).decrypt(message));
    }

    #[divan::bench]
    fn aes256_ecb_decrypt_1040(bencher: Bencher<'_, '_>) {
        let cipher = Aes256::new(&Array::from([0x42; 32]));
        bencher
            .with_inputs(|| [Array::from([0x5a_u8; 16]); MESSAGE_LEN / 16])
            .bench_local_refs(|blocks| cipher.decrypt_blocks(blocks));
    }

    #[divan::bench]
    fn hmac_sha1_1040(bencher: Bencher<'_, '_>) {
        let mac = Hmac::<Sha1>::new_from_slice(&[0x42; 32]).expect("any length");
        bencher
            .with_inputs(|| [0x5a_u8; MESSAGE_LEN])
            .bench_local_refs(|message| mac.clone().chain_update(message).finalize());
    }

    #[divan::bench]
    fn hmac_sha384_1040(bencher: Bencher<'_, '_>) {
        let mac = Hmac::<Sha384>::new_from_slice(&[0x42; 24]).expect("any length");
        bencher
            .with_inputs(|| [0x5a_u8; MESSAGE_LEN])
            .bench_local_refs(|message| mac.clone().chain_update(message).finalize());
    }
}

mod derive {
    use super::*;

    #[divan::bench(args = TYPES)]
    fn for_usage(bencher: Bencher<'_, '_>, encryption_type: EncryptionType) {
        let key = key(encryption_type);
        bencher.bench_local(|| black_box(&key).for_usage(KeyUsage::TICKET));
    }

    #[divan::bench(args = TYPES)]
    fn for_a_usage_that_is_not_folded(bencher: Bencher<'_, '_>, encryption_type: EncryptionType) {
        let key = key(encryption_type);
        bencher.bench_local(|| black_box(&key).for_usage(KeyUsage(1024)));
    }

    #[divan::bench(args = TYPES)]
    fn checksum_key(bencher: Bencher<'_, '_>, encryption_type: EncryptionType) {
        let key = key(encryption_type);
        bencher.bench_local(|| black_box(&key).checksum_key(KeyUsage::TICKET));
    }
}

mod decrypt_and_verify_1_kib {
    use super::*;

    #[divan::bench(args = TYPES)]
    fn keys_cached(bencher: Bencher<'_, '_>, encryption_type: EncryptionType) {
        let key = key(encryption_type).for_usage(KeyUsage::TICKET);
        let ciphertext = ciphertext(encryption_type);
        bencher
            .with_inputs(|| ciphertext.clone())
            .bench_local_refs(|buffer| key.decrypt_in_place(buffer).expect("our ciphertext").len());
    }

    #[divan::bench(args = TYPES)]
    fn keys_derived(bencher: Bencher<'_, '_>, encryption_type: EncryptionType) {
        let key = key(encryption_type);
        let ciphertext = ciphertext(encryption_type);
        bencher
            .with_inputs(|| ciphertext.clone())
            .bench_local_refs(|buffer| {
                let key = black_box(&key).for_usage(KeyUsage::TICKET);
                key.decrypt_in_place(buffer).expect("our ciphertext").len()
            });
    }

    #[divan::bench]
    fn picky_krb_etype_18(bencher: Bencher<'_, '_>) {
        let encryption_type = EncryptionType::Aes256CtsHmacSha1_96;
        let (key, ciphertext) = (key(encryption_type), ciphertext(encryption_type));
        let cipher = CipherSuite::Aes256CtsHmacSha196.cipher();
        bencher.bench_local(|| {
            cipher
                .decrypt(black_box(key.bytes()), 2, black_box(&ciphertext))
                .expect("our ciphertext")
        });
    }
}

mod encrypt_1_kib {
    use super::*;

    #[divan::bench(args = TYPES)]
    fn keys_cached(bencher: Bencher<'_, '_>, encryption_type: EncryptionType) {
        let key = key(encryption_type).for_usage(KeyUsage::TICKET);
        bencher.bench_local(|| key.encrypt(black_box(&KIB), &mut SystemRandom));
    }

    #[divan::bench]
    fn picky_krb_etype_18(bencher: Bencher<'_, '_>) {
        let key = key(EncryptionType::Aes256CtsHmacSha1_96);
        let cipher = CipherSuite::Aes256CtsHmacSha196.cipher();
        bencher.bench_local(|| cipher.encrypt(black_box(key.bytes()), 2, black_box(&KIB)));
    }
}

#[divan::bench(args = TYPES)]
fn checksum_1_kib(bencher: Bencher<'_, '_>, encryption_type: EncryptionType) {
    let key = key(encryption_type).checksum_key(KeyUsage::ACCEPTOR_SIGN);
    bencher.bench_local(|| key.checksum(&[black_box(&KIB), &[0; 16]]));
}

#[divan::bench(args = TYPES, sample_count = 5)]
fn string_to_key(bencher: Bencher<'_, '_>, encryption_type: EncryptionType) {
    bencher.bench_local(|| Key::string_to_key(encryption_type, black_box(b"password"), b"salt", None));
}
