//! AES with HMAC-SHA2 (RFC 8009): encryption types 19 and 20, encrypt-then-MAC.
//!
//! The HMAC under Ki covers the initial cipher state and the ciphertext, and is checked before anything is
//! decrypted. The cipher state is always the initial one, zeros: no Kerberos message chains it.

use super::key_usage::{KeyUsage, Purpose};
use super::rfc3962::{BlockCipher, cts_decrypt, cts_encrypt};
use super::specific_key::{Profile, Tag};
use super::wiped::Wiped;
use super::{CryptoError, EncryptionType, hmac_of, saltp};
use aes::cipher::Key as CipherKey;
use hmac::{EagerHash, Hmac, Mac};
use sha2::{Sha256, Sha384};

/// RFC 8009 section 5: all bits zero.
const INITIAL_CIPHER_STATE: [u8; 16] = [0; 16];

/// A hash of RFC 8009 with the numbers that depend on it.
pub(super) trait Sha2: EagerHash {
    /// Whose name salts string-to-key.
    const ENCRYPTION_TYPE: EncryptionType;
    /// Bytes of the truncated HMAC, of Ki and of Kc.
    const MAC_LEN: usize = Self::ENCRYPTION_TYPE.mac_len();
}

impl Sha2 for Sha256 {
    const ENCRYPTION_TYPE: EncryptionType = EncryptionType::Aes128CtsHmacSha256_128;
}

impl Sha2 for Sha384 {
    const ENCRYPTION_TYPE: EncryptionType = EncryptionType::Aes256CtsHmacSha384_192;
}

/// The longest key that is derived: Ke of AES-256.
type Derived = Wiped<[u8; 32]>;

/// KDF-HMAC-SHA2 (RFC 8009 section 3): HMAC(key, 1 | label | 0 | context | k), cut to the k bits of `out`.
fn kdf<D: Sha2>(key: &Hmac<D>, label: &[u8], context: &[u8], out: &mut [u8]) {
    let bits = u32::try_from(out.len()).unwrap_or(u32::MAX).saturating_mul(8);
    let mac = key
        .clone()
        .chain_update(1_u32.to_be_bytes())
        .chain_update(label)
        .chain_update([0])
        .chain_update(context)
        .chain_update(bits.to_be_bytes());
    for (to, from) in out.iter_mut().zip(mac.finalize().as_bytes()) {
        *to = *from;
    }
}

/// Ki or Kc of one usage, in its HMAC.
fn mac_key<D: Sha2>(base: &Hmac<D>, usage: KeyUsage, purpose: Purpose) -> Hmac<D> {
    let mut derived = Derived::default();
    let (key, _) = derived.split_at_mut(D::MAC_LEN);
    kdf(base, &usage.constant(purpose), &[], key);
    hmac_of(key)
}

/// Ke and Ki of one usage, ready.
pub(super) struct EncryptThenMac<C, D: Sha2> {
    ke: C,
    ki: Hmac<D>,
}

impl<C: BlockCipher, D: Sha2> EncryptThenMac<C, D> {
    pub(super) fn new(key: &[u8], usage: KeyUsage) -> Self {
        let base = hmac_of(key);
        let mut ke = Wiped(CipherKey::<C>::default());
        kdf(&base, &usage.constant(Purpose::Encryption), &[], &mut ke);
        Self {
            ke: C::new(&ke),
            ki: mac_key(&base, usage, Purpose::Integrity),
        }
    }

    fn mac(&self, ciphertext: &[u8]) -> Hmac<D> {
        self.ki
            .clone()
            .chain_update(INITIAL_CIPHER_STATE)
            .chain_update(ciphertext)
    }
}

impl<C: BlockCipher, D: Sha2> Profile for EncryptThenMac<C, D> {
    fn seal(&self, message: &mut [u8]) -> Tag {
        cts_encrypt(&self.ke, message);
        Tag::truncate(D::MAC_LEN, self.mac(message).finalize().as_bytes())
    }

    fn open(&self, message: &mut [u8], tag: &[u8]) -> Result<(), CryptoError> {
        self.mac(message)
            .verify_truncated_left(tag)
            .map_err(|_| CryptoError::IntegrityCheckFailed)?;
        cts_decrypt(&self.ke, message);
        Ok(())
    }
}

/// Kc of one usage, ready: the checksum is its HMAC, cut (RFC 8009 section 6).
pub(super) fn checksum_key<D: Sha2>(key: &[u8], usage: KeyUsage) -> Hmac<D> {
    mac_key(&hmac_of(key), usage, Purpose::Checksum)
}

/// KDF-HMAC-SHA2(PBKDF2(password, name | 0 | salt), "kerberos") (RFC 8009 section 4).
pub(super) fn string_to_key<D: Sha2>(password: &[u8], salt: &[u8], iterations: u32, key: &mut [u8]) {
    let mut derived = Derived::default();
    let (tkey, _) = derived.split_at_mut(key.len().min(size_of::<[u8; 32]>()));
    pbkdf2::pbkdf2_hmac::<D>(password, &saltp(D::ENCRYPTION_TYPE, salt), iterations, tkey);
    kdf::<D>(&hmac_of(tkey), b"kerberos", &[], key);
}

/// The pseudo-random function (RFC 8009 section 5): one whole hash of output.
pub(super) fn prf<D: Sha2>(key: &[u8], input: &[u8], out: &mut [u8]) {
    kdf::<D>(&hmac_of(key), b"prf", input, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    #[test]
    fn key_derivation_of_appendix_a() {
        for case in testvectors::load("rfc/8009/key-derivation.txt") {
            let (key, constant) = (case.bytes("key"), case.bytes("constant"));
            let mut derived = vec![0; case.bytes("derived").len()];
            match case.number("etype") {
                19 => kdf::<Sha256>(&hmac_of(&key), &constant, &[], &mut derived),
                20 => kdf::<Sha384>(&hmac_of(&key), &constant, &[], &mut derived),
                other => panic!("{case}: {other}"),
            }
            assert_eq!(derived, case.bytes("derived"), "{case}");
        }
    }
}
