//! AES for Kerberos (RFC 3962): CBC with ciphertext stealing, and string-to-key.
//!
//! Encryption types 17 and 18 are these parameters put into the simplified profile of [`rfc3961`](super::rfc3961).
//! RFC 8009 shares the mode, and so does RFC 6803 with another cipher.

use super::nfold::n_fold;
use super::rfc3961;
use super::wiped::Wiped;
use aes::cipher::{
    Array, Block, BlockCipherDecrypt, BlockCipherEncrypt, BlockSizeUser, InnerIvInit, KeyInit, consts::U16,
};
use cts::{CbcCs3, Decrypt, Encrypt};
use sha1::Sha1;

/// A cipher of blocks of 16 bytes, with both directions' key schedules: AES, and Camellia where it is wanted.
pub(super) trait BlockCipher:
    BlockCipherEncrypt + BlockCipherDecrypt + BlockSizeUser<BlockSize = U16> + KeyInit + Send + Sync
{
}

impl BlockCipher for aes::Aes128 {}
impl BlockCipher for aes::Aes256 {}

const BLOCK_LEN: usize = 16;

/// Encrypts `message` in place: CBC-CS3 with an initial vector of zeros (RFC 3962 section 5). One block, which is
/// the confounder of an empty plaintext, has none before it to steal from and is plain CBC, as in MIT krb5.
/// A message is never shorter than its confounder; less than a block would be left as it is.
pub(super) fn cts_encrypt<C: BlockCipher>(cipher: &C, message: &mut [u8]) {
    match <&mut Block<C>>::try_from(&mut *message) {
        Ok(block) => cipher.encrypt_block(block),
        Err(_) => {
            let mode = CbcCs3::inner_iv_init(cipher, &Array::default());
            // An error says that the message is shorter than a block.
            let _ = mode.encrypt(message);
        }
    }
}

/// Undoes [`cts_encrypt`].
pub(super) fn cts_decrypt<C: BlockCipher>(cipher: &C, message: &mut [u8]) {
    match <&mut Block<C>>::try_from(&mut *message) {
        Ok(block) => cipher.decrypt_block(block),
        Err(_) => {
            let mode = CbcCs3::inner_iv_init(cipher, &Array::default());
            // As above.
            let _ = mode.decrypt(message);
        }
    }
}

/// DK(PBKDF2(password, salt), "kerberos") (RFC 3962 section 4).
pub(super) fn string_to_key<C: BlockCipher>(password: &[u8], salt: &[u8], iterations: u32, key: &mut [u8]) {
    const KERBEROS: [u8; BLOCK_LEN] = n_fold(b"kerberos");
    let mut tkey = Wiped(Array::<u8, C::KeySize>::default());
    pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, iterations, tkey.as_mut_slice());
    let [derived] = rfc3961::dk::<C, 1>(&tkey, [KERBEROS]);
    for (to, from) in key.iter_mut().zip(derived.iter()) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes::Aes128;
    use std::vec::Vec;

    #[test]
    fn ciphertext_stealing_of_appendix_b() {
        for case in testvectors::load("rfc/3962/cts.txt") {
            let cipher = Aes128::new_from_slice(&case.bytes("key")).unwrap();
            let mut message = case.bytes("plaintext");
            cts_encrypt(&cipher, &mut message);
            assert_eq!(message, case.bytes("ciphertext"), "{case}");
            cts_decrypt(&cipher, &mut message);
            assert_eq!(message, case.bytes("plaintext"), "{case}");
        }
    }

    #[test]
    fn one_block_is_plain_cbc() {
        let cipher = Aes128::new(&Array::from(*b"chicken teriyaki"));
        let mut expected = Array::from(*b"I would like the");
        cipher.encrypt_block(&mut expected);
        let mut message = *b"I would like the";
        cts_encrypt(&cipher, &mut message);
        assert_eq!(message, expected.0);
        cts_decrypt(&cipher, &mut message);
        assert_eq!(&message, b"I would like the");
    }

    #[test]
    fn every_length_comes_back() {
        let cipher = Aes128::new(&Array::from(*b"chicken teriyaki"));
        // More than the largest number of blocks that any backend of the cipher does at once.
        for len in 16..=16 * 70 {
            let plaintext: Vec<u8> = (0..=255).cycle().take(len).collect();
            let mut message = plaintext.clone();
            cts_encrypt(&cipher, &mut message);
            assert_ne!(message, plaintext);
            cts_decrypt(&cipher, &mut message);
            assert_eq!(message, plaintext, "{len}");
        }
    }
}
