//! Camellia with CMAC (RFC 6803): encryption types 25 and 26, checksum types 17 and 18. Only with the feature `camellia`.
//!
//! The confounder and the plaintext are encrypted as in RFC 3962, and a whole CMAC (NIST SP 800-38B) under Ki over the same
//! plaintext follows: integrity can only be told after decryption. Keys are derived by CMAC in feedback mode.
//!
//! The cipher looks bytes up in tables: unlike AES here, it does not hide what is in the processor's cache from others who run
//! on the same processor.

use super::key_usage::{KeyUsage, Purpose};
use super::rfc3962::{BlockCipher, cts_decrypt, cts_encrypt};
use super::specific_key::{Profile, Tag};
use super::wiped::Wiped;
use super::{CryptoError, EncryptionType, cipher_key, saltp};
use aes::cipher::{Array, Key as CipherKey, consts::U16};
use camellia::{Camellia128, Camellia256};
use cmac::{Cmac, KeyInit, Mac};
use sha1::Sha1;
use zeroize::Zeroize;

/// Camellia with a key of one length.
pub(super) trait Camellia: BlockCipher + Clone {
    /// Whose name salts string-to-key.
    const ENCRYPTION_TYPE: EncryptionType;
}

impl BlockCipher for Camellia128 {}
impl BlockCipher for Camellia256 {}

impl Camellia for Camellia128 {
    const ENCRYPTION_TYPE: EncryptionType = EncryptionType::Camellia128CtsCmac;
}

impl Camellia for Camellia256 {
    const ENCRYPTION_TYPE: EncryptionType = EncryptionType::Camellia256CtsCmac;
}

/// Bytes of a CMAC, which is not cut (RFC 6803 section 6).
const MAC_LEN: usize = EncryptionType::Camellia256CtsCmac.mac_len();

/// KDF-FEEDBACK-CMAC (RFC 6803 section 3): K(i) is CMAC(key, K(i-1) | i | constant | 0 | k), where K(0) is zeros and k counts
/// the bits wanted, and the derived key is K(1) | K(2).
fn kdf<C: Camellia>(key: &[u8], constant: &[u8]) -> Wiped<CipherKey<C>> {
    let mut derived = Wiped(CipherKey::<C>::default());
    let bits = u32::try_from(derived.len()).unwrap_or(u32::MAX).saturating_mul(8);
    let key = Cmac::<C>::new(&cipher_key(key));
    let mut feedback = Wiped(Array::<u8, U16>::default());
    for (i, part) in (1_u32..).zip(derived.chunks_mut(feedback.len())) {
        let mac = key
            .clone()
            .chain_update(feedback.as_slice())
            .chain_update(i.to_be_bytes())
            .chain_update(constant)
            .chain_update([0])
            .chain_update(bits.to_be_bytes());
        *feedback = mac.finalize().into_bytes();
        for (to, from) in part.iter_mut().zip(feedback.iter()) {
            *to = *from;
        }
    }
    derived
}

/// Ke and Ki of one usage, ready.
pub(super) struct CamelliaCmac<C: Camellia> {
    ke: C,
    ki: Cmac<C>,
}

impl<C: Camellia> CamelliaCmac<C> {
    pub(super) fn new(key: &[u8], usage: KeyUsage) -> Self {
        Self {
            ke: C::new(&kdf::<C>(key, &usage.constant(Purpose::Encryption))),
            ki: Cmac::new(&kdf::<C>(key, &usage.constant(Purpose::Integrity))),
        }
    }
}

impl<C: Camellia> Profile for CamelliaCmac<C> {
    fn seal(&self, message: &mut [u8]) -> Tag {
        let mac = self.ki.clone().chain_update(&*message);
        cts_encrypt(&self.ke, message);
        Tag::truncate(MAC_LEN, &mac.finalize().into_bytes())
    }

    fn open(&self, message: &mut [u8], tag: &[u8]) -> Result<(), CryptoError> {
        cts_decrypt(&self.ke, message);
        let mac = self.ki.clone().chain_update(&*message);
        mac.verify_slice(tag).map_err(|_| {
            // Nobody may look at a plaintext that is not known to be one.
            message.zeroize();
            CryptoError::IntegrityCheckFailed
        })
    }
}

/// Kc of one usage, ready.
pub(super) fn checksum_key<C: Camellia>(key: &[u8], usage: KeyUsage) -> Cmac<C> {
    Cmac::new(&kdf::<C>(key, &usage.constant(Purpose::Checksum)))
}

/// KDF-FEEDBACK-CMAC(PBKDF2(password, name | 0 | salt), "kerberos") (RFC 6803 section 4).
pub(super) fn string_to_key<C: Camellia>(password: &[u8], salt: &[u8], iterations: u32, key: &mut [u8]) {
    let mut tkey = Wiped(CipherKey::<C>::default());
    pbkdf2::pbkdf2_hmac::<Sha1>(password, &saltp(C::ENCRYPTION_TYPE, salt), iterations, &mut tkey);
    for (to, from) in key.iter_mut().zip(kdf::<C>(&tkey, b"kerberos").iter()) {
        *to = *from;
    }
}

/// The pseudo-random function (RFC 6803 section 6): CMAC under KDF-FEEDBACK-CMAC(key, "prf").
pub(super) fn prf<C: Camellia>(key: &[u8], input: &[u8], out: &mut [u8]) {
    let mac = Cmac::<C>::new(&kdf::<C>(key, b"prf")).chain_update(input);
    for (to, from) in out.iter_mut().zip(mac.finalize().into_bytes()) {
        *to = from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_derivation_of_section_10() {
        for case in testvectors::load("rfc/6803/key-derivation.txt") {
            let (key, constant) = (case.bytes("key"), case.bytes("constant"));
            let derived = match case.number("etype") {
                25 => kdf::<Camellia128>(&key, &constant).to_vec(),
                26 => kdf::<Camellia256>(&key, &constant).to_vec(),
                other => panic!("{case}: {other}"),
            };
            assert_eq!(derived, case.bytes("derived"), "{case}");
        }
    }

    #[test]
    fn cmac_of_mit() {
        for case in testvectors::load("krb5/camellia-cmac.txt") {
            let key = cipher_key(&case.bytes("key"));
            let mac = Cmac::<Camellia128>::new(&key).chain_update(case.bytes("data"));
            assert_eq!(
                mac.finalize().into_bytes().as_slice(),
                case.bytes("cmac"),
                "{case}"
            );
        }
    }
}
