//! Keyed checksums (RFC 3961 section 4): the key Kc that one protocol key has for one key usage.

use super::danger::rfc4757::HmacMd5;
use super::rfc3961;
#[cfg(feature = "camellia")]
use super::rfc6803;
use super::rfc8009;
use super::specific_key::Tag;
use super::{ChecksumType, CryptoError, EncryptionType, Key, KeyUsage};
use aes::{Aes128, Aes256};
#[cfg(feature = "camellia")]
use alloc::boxed::Box;
#[cfg(feature = "camellia")]
use camellia::{Camellia128, Camellia256};
#[cfg(feature = "camellia")]
use cmac::Cmac;
use core::fmt;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384};

/// What makes and verifies checksums for one key and one key usage. Made by [`Key::checksum_key`].
pub struct ChecksumKey {
    checksum_type: ChecksumType,
    kc: Kc,
}

enum Kc {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
    Md5(HmacMd5),
    // Boxed, so that no key takes more room because these are there.
    #[cfg(feature = "camellia")]
    Camellia128(Box<Cmac<Camellia128>>),
    #[cfg(feature = "camellia")]
    Camellia256(Box<Cmac<Camellia256>>),
}

impl ChecksumKey {
    pub(super) fn new(key: &Key, usage: KeyUsage) -> Self {
        let encryption_type = key.encryption_type();
        let key = key.bytes();
        Self {
            checksum_type: encryption_type.checksum_type(),
            kc: match encryption_type {
                EncryptionType::Aes128CtsHmacSha1_96 => Kc::Sha1(rfc3961::checksum_key::<Aes128>(key, usage)),
                EncryptionType::Aes256CtsHmacSha1_96 => Kc::Sha1(rfc3961::checksum_key::<Aes256>(key, usage)),
                EncryptionType::Aes128CtsHmacSha256_128 => Kc::Sha256(rfc8009::checksum_key(key, usage)),
                EncryptionType::Aes256CtsHmacSha384_192 => Kc::Sha384(rfc8009::checksum_key(key, usage)),
                EncryptionType::Rc4Hmac => Kc::Md5(HmacMd5::new(key, usage)),
                #[cfg(feature = "camellia")]
                EncryptionType::Camellia128CtsCmac => {
                    Kc::Camellia128(Box::new(rfc6803::checksum_key(key, usage)))
                }
                #[cfg(feature = "camellia")]
                EncryptionType::Camellia256CtsCmac => {
                    Kc::Camellia256(Box::new(rfc6803::checksum_key(key, usage)))
                }
            },
        }
    }

    /// The type of the checksums that this key makes.
    #[must_use]
    pub const fn checksum_type(&self) -> ChecksumType {
        self.checksum_type
    }

    /// The checksum of the concatenation of `parts`.
    #[must_use]
    pub fn checksum(&self, parts: &[&[u8]]) -> Tag {
        let len = self.checksum_type.mac_len();
        match &self.kc {
            Kc::Sha1(kc) => Tag::truncate(len, over(kc, parts).finalize().as_bytes()),
            Kc::Sha256(kc) => Tag::truncate(len, over(kc, parts).finalize().as_bytes()),
            Kc::Sha384(kc) => Tag::truncate(len, over(kc, parts).finalize().as_bytes()),
            Kc::Md5(kc) => Tag::truncate(len, kc.over(parts).finalize().as_bytes()),
            #[cfg(feature = "camellia")]
            Kc::Camellia128(kc) => Tag::truncate(len, over(&**kc, parts).finalize().as_bytes()),
            #[cfg(feature = "camellia")]
            Kc::Camellia256(kc) => Tag::truncate(len, over(&**kc, parts).finalize().as_bytes()),
        }
    }

    /// Compares `checksum` with that of the concatenation of `parts`, in time that does not depend on where they
    /// differ.
    ///
    /// # Errors
    /// [`CryptoError::WrongLength`] if it is not as long as its type prescribes,
    /// [`CryptoError::IntegrityCheckFailed`] if it differs.
    pub fn verify(&self, parts: &[&[u8]], checksum: &[u8]) -> Result<(), CryptoError> {
        if checksum.len() != self.checksum_type.mac_len() {
            return Err(CryptoError::WrongLength);
        }
        match &self.kc {
            Kc::Sha1(kc) => over(kc, parts).verify_truncated_left(checksum),
            Kc::Sha256(kc) => over(kc, parts).verify_truncated_left(checksum),
            Kc::Sha384(kc) => over(kc, parts).verify_truncated_left(checksum),
            Kc::Md5(kc) => kc.over(parts).verify_truncated_left(checksum),
            #[cfg(feature = "camellia")]
            Kc::Camellia128(kc) => over(&**kc, parts).verify_truncated_left(checksum),
            #[cfg(feature = "camellia")]
            Kc::Camellia256(kc) => over(&**kc, parts).verify_truncated_left(checksum),
        }
        .map_err(|_| CryptoError::IntegrityCheckFailed)
    }
}

fn over<M: Mac + Clone>(key: &M, parts: &[&[u8]]) -> M {
    let mut mac = key.clone();
    for part in parts {
        mac.update(part);
    }
    mac
}

impl fmt::Debug for ChecksumKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChecksumKey({})", self.checksum_type)
    }
}
