//! Protocol keys (RFC 3961 section 3): long-term keys, session keys, subkeys.

use super::checksum::ChecksumKey;
use super::danger::rfc4757;
#[cfg(feature = "camellia")]
use super::rfc6803;
use super::specific_key::SpecificKey;
use super::{EncryptionType, KeyError, KeyUsage, rfc3961, rfc3962, rfc8009};
use aes::{Aes128, Aes256};
use alloc::{vec, vec::Vec};
#[cfg(feature = "camellia")]
use camellia::{Camellia128, Camellia256};
use core::fmt;
use negotiate_core::{Random, RandomUnavailable, Secret};
use sha2::{Sha256, Sha384};

/// Iterations of PBKDF2 that string-to-key does at most: 2^20, about a quarter of a second. The parameters come
/// from a KDC's reply before anything has proved it, so without a limit its forger could keep a client busy for
/// hours; the defaults are 4,096 and 32,768, and no KDC in use asks for more than the default.
pub const MAX_ITERATIONS: u32 = 1 << 20;

/// A protocol key: an encryption type and its key bytes.
///
/// Nothing is encrypted with it directly; each [`KeyUsage`] has keys of its own, made by [`Key::for_usage`] and
/// [`Key::checksum_key`].
#[derive(Clone)]
#[repr(C)] // moved often: by words, all of which were written as words
pub struct Key {
    // As long as the longest; the rest is zeros.
    bytes: Secret<[u8; 32]>,
    encryption_type: EncryptionType,
}

impl Key {
    /// A key of these bytes: random-to-key is the identity for every type here (RFC 3962 section 6, RFC 8009 section 2).
    ///
    /// # Errors
    /// [`KeyError::WrongLength`] unless there are [`EncryptionType::key_len`] of them.
    pub fn new(encryption_type: EncryptionType, bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() != encryption_type.key_len() {
            return Err(KeyError::WrongLength {
                encryption_type,
                given: bytes.len(),
            });
        }
        Ok(Self::filled(encryption_type, |key| key.copy_from_slice(bytes)))
    }

    /// A fresh random key.
    ///
    /// # Errors
    /// [`RandomUnavailable`] if no key can be drawn.
    pub fn random(
        encryption_type: EncryptionType,
        random: &mut dyn Random,
    ) -> Result<Self, RandomUnavailable> {
        let mut drawn = Ok(());
        let key = Self::filled(encryption_type, |key| drawn = random.fill(key));
        drawn.map(|()| key)
    }

    /// The key of a password (string-to-key, RFC 3962 section 4, RFC 8009 section 4, RFC 6803 section 4, RFC 4757 section 2). `params` is the
    /// iteration count in four bytes, big-endian, as in ETYPE-INFO2's `s2kparams`; without it the type's default
    /// holds.
    ///
    /// Counts below the default are accepted, since a key that was made so must be made so again. Whether a reply
    /// that nothing proves may ask for one is for the reader of that reply to say.
    ///
    /// # Errors
    /// [`KeyError::MalformedParameters`] unless `params` is four bytes long; [`KeyError::TooManyIterations`]
    /// above [`MAX_ITERATIONS`] and at 0, which means 2^32; [`KeyError::PasswordNotUtf8`] for RC4, which reads it as text.
    pub fn string_to_key(
        encryption_type: EncryptionType,
        password: &[u8],
        salt: &[u8],
        params: Option<&[u8]>,
    ) -> Result<Self, KeyError> {
        let iterations = match params {
            None => encryption_type.default_iterations(),
            Some(params) => u32::from_be_bytes(params.try_into().map_err(|_| KeyError::MalformedParameters)?),
        };
        if iterations == 0 || iterations > MAX_ITERATIONS {
            return Err(KeyError::TooManyIterations);
        }
        let utf8 = str::from_utf8(password);
        if encryption_type == EncryptionType::Rc4Hmac && utf8.is_err() {
            return Err(KeyError::PasswordNotUtf8);
        }
        Ok(Self::filled(encryption_type, |key| match encryption_type {
            EncryptionType::Aes128CtsHmacSha1_96 => {
                rfc3962::string_to_key::<Aes128>(password, salt, iterations, key);
            }
            EncryptionType::Aes256CtsHmacSha1_96 => {
                rfc3962::string_to_key::<Aes256>(password, salt, iterations, key);
            }
            EncryptionType::Aes128CtsHmacSha256_128 => {
                rfc8009::string_to_key::<Sha256>(password, salt, iterations, key);
            }
            EncryptionType::Aes256CtsHmacSha384_192 => {
                rfc8009::string_to_key::<Sha384>(password, salt, iterations, key);
            }
            EncryptionType::Rc4Hmac => rfc4757::string_to_key(utf8.unwrap_or_default(), key),
            #[cfg(feature = "camellia")]
            EncryptionType::Camellia128CtsCmac => {
                rfc6803::string_to_key::<Camellia128>(password, salt, iterations, key);
            }
            #[cfg(feature = "camellia")]
            EncryptionType::Camellia256CtsCmac => {
                rfc6803::string_to_key::<Camellia256>(password, salt, iterations, key);
            }
        }))
    }

    pub(super) fn filled(encryption_type: EncryptionType, fill: impl FnOnce(&mut [u8])) -> Self {
        let mut bytes = Secret::new([0; 32]);
        let (key, _) = bytes.expose_mut().split_at_mut(encryption_type.key_len());
        fill(key);
        Self {
            encryption_type,
            bytes,
        }
    }

    /// The type of this key.
    #[must_use]
    pub const fn encryption_type(&self) -> EncryptionType {
        self.encryption_type
    }

    /// The key itself, for a keytab, a credential cache or an encrypted message. Never for a log.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        let (key, _) = self.bytes.expose().split_at(self.encryption_type.key_len());
        key
    }

    /// Whether type and bytes are the same, in time that does not depend on the bytes.
    #[must_use]
    pub fn ct_eq(&self, other: &Self) -> bool {
        self.encryption_type == other.encryption_type && self.bytes.ct_eq(other.bytes.expose())
    }

    /// The specific key that encrypts and decrypts for `usage`.
    #[must_use]
    pub fn for_usage(&self, usage: KeyUsage) -> SpecificKey {
        SpecificKey::new(self, usage)
    }

    /// The specific key that makes and verifies checksums for `usage`.
    #[must_use]
    pub fn checksum_key(&self, usage: KeyUsage) -> ChecksumKey {
        ChecksumKey::new(self, usage)
    }

    /// The pseudo-random function of this key (RFC 3961 section 3): [`EncryptionType::prf_len`] bytes.
    #[must_use]
    pub fn prf(&self, input: &[u8]) -> Secret<Vec<u8>> {
        let mut out = Secret::new(vec![0; self.encryption_type.prf_len()]);
        let (key, output) = (self.bytes(), out.expose_mut());
        match self.encryption_type {
            EncryptionType::Aes128CtsHmacSha1_96 => rfc3961::prf::<Aes128>(key, input, output),
            EncryptionType::Aes256CtsHmacSha1_96 => rfc3961::prf::<Aes256>(key, input, output),
            EncryptionType::Aes128CtsHmacSha256_128 => rfc8009::prf::<Sha256>(key, input, output),
            EncryptionType::Aes256CtsHmacSha384_192 => rfc8009::prf::<Sha384>(key, input, output),
            EncryptionType::Rc4Hmac => rfc4757::prf(key, input, output),
            #[cfg(feature = "camellia")]
            EncryptionType::Camellia128CtsCmac => rfc6803::prf::<Camellia128>(key, input, output),
            #[cfg(feature = "camellia")]
            EncryptionType::Camellia256CtsCmac => rfc6803::prf::<Camellia256>(key, input, output),
        }
        out
    }
}

/// The type only.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, ..)", self.encryption_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(feature = "camellia")]
    use crate::crypto::EncryptionTypes;
    use EncryptionType::{
        Aes128CtsHmacSha1_96, Aes128CtsHmacSha256_128, Aes256CtsHmacSha1_96, Aes256CtsHmacSha384_192,
    };
    use std::format;

    #[test]
    fn string_to_key_of_the_rfcs() {
        for case in ["rfc/3962/string-to-key.txt", "rfc/8009/string-to-key.txt"]
            .into_iter()
            .flat_map(testvectors::load)
        {
            let etype = EncryptionType::from_number(case.number("etype")).unwrap();
            let params = case.bytes("params");
            let key = Key::string_to_key(etype, &case.bytes("password"), &case.bytes("salt"), Some(&params))
                .unwrap();
            assert_eq!(key.bytes(), case.bytes("key"), "{case}");
        }
    }

    #[cfg(feature = "camellia")]
    #[test]
    fn string_to_key_of_camellia() {
        let types = EncryptionTypes::new().with_camellia();
        for case in testvectors::load("rfc/6803/string-to-key.txt") {
            let etype = types.find(case.number("etype")).unwrap();
            let (password, salt) = (case.bytes("password"), case.bytes("salt"));
            let key = Key::string_to_key(etype, &password, &salt, Some(&case.bytes("params"))).unwrap();
            assert_eq!(key.bytes(), case.bytes("key"), "{case}");
        }
    }

    #[test]
    fn string_to_key_of_rc4_has_no_salt_and_reads_text() {
        for case in testvectors::load("rfc/4757/string-to-key.txt") {
            for salt in [&b""[..], b"salt"] {
                let key =
                    Key::string_to_key(EncryptionType::Rc4Hmac, &case.bytes("password"), salt, None).unwrap();
                assert_eq!(key.bytes(), case.bytes("key"), "{case}");
            }
        }
        let refused = Key::string_to_key(EncryptionType::Rc4Hmac, b"\xff", b"", None).unwrap_err();
        assert_eq!(refused, KeyError::PasswordNotUtf8);
    }

    #[test]
    fn without_parameters_the_default_count_holds() {
        for (etype, count) in [
            (Aes128CtsHmacSha1_96, 4096_u32),
            (Aes256CtsHmacSha1_96, 4096),
            (Aes128CtsHmacSha256_128, 32768),
            (Aes256CtsHmacSha384_192, 32768),
            #[cfg(feature = "camellia")]
            (EncryptionType::Camellia128CtsCmac, 32768),
            #[cfg(feature = "camellia")]
            (EncryptionType::Camellia256CtsCmac, 32768),
        ] {
            let named = Key::string_to_key(etype, b"password", b"salt", Some(&count.to_be_bytes())).unwrap();
            let default = Key::string_to_key(etype, b"password", b"salt", None).unwrap();
            assert!(named.ct_eq(&default));
        }
    }

    #[test]
    fn parameters_that_are_no_bearable_count_are_refused() {
        let refused = |params: &[u8]| {
            Key::string_to_key(Aes128CtsHmacSha1_96, b"password", b"salt", Some(params)).unwrap_err()
        };
        assert_eq!(refused(&[]), KeyError::MalformedParameters);
        assert_eq!(refused(&[0, 0, 16]), KeyError::MalformedParameters);
        assert_eq!(refused(&[0, 0, 0, 16, 0]), KeyError::MalformedParameters);
        assert_eq!(refused(&[0; 4]), KeyError::TooManyIterations);
        assert_eq!(
            refused(&(MAX_ITERATIONS + 1).to_be_bytes()),
            KeyError::TooManyIterations
        );
        assert_eq!(refused(&[0xff; 4]), KeyError::TooManyIterations);
    }

    #[test]
    fn a_key_has_the_length_of_its_type() {
        for etype in EncryptionType::IMPLEMENTED.iter().copied() {
            for len in 0..=40 {
                let key = Key::new(etype, &[7; 40][..len]);
                if len == etype.key_len() {
                    assert_eq!(key.unwrap().bytes(), &[7; 40][..len]);
                } else {
                    let wrong = KeyError::WrongLength {
                        encryption_type: etype,
                        given: len,
                    };
                    assert_eq!(key.unwrap_err(), wrong);
                }
            }
        }
    }

    #[test]
    fn keys_of_equal_bytes_and_other_type_differ() {
        let a = Key::new(Aes128CtsHmacSha1_96, &[1; 16]).unwrap();
        assert!(a.ct_eq(&a.clone()));
        assert!(!a.ct_eq(&Key::new(Aes128CtsHmacSha256_128, &[1; 16]).unwrap()));
        assert!(!a.ct_eq(&Key::new(Aes128CtsHmacSha1_96, &[2; 16]).unwrap()));
    }

    #[test]
    fn debug_shows_nothing_of_the_key() {
        let key = Key::new(Aes128CtsHmacSha1_96, &[0x41; 16]).unwrap();
        assert_eq!(format!("{key:?}"), "Key(aes128-cts-hmac-sha1-96, ..)");
        let specific = key.for_usage(KeyUsage::TICKET);
        assert_eq!(format!("{specific:?}"), "SpecificKey(aes128-cts-hmac-sha1-96)");
    }

    #[test]
    fn no_randomness_no_key() {
        struct Dry;
        impl Random for Dry {
            fn fill(&mut self, _: &mut [u8]) -> Result<(), RandomUnavailable> {
                Err(RandomUnavailable)
            }
        }
        assert!(Key::random(Aes128CtsHmacSha1_96, &mut Dry).is_err());
        let key = Key::new(Aes128CtsHmacSha1_96, &[0; 16])
            .unwrap()
            .for_usage(KeyUsage::AP_REP);
        let mut out = vec![1, 2, 3];
        assert!(key.encrypt_onto(&mut out, &[b"text"], &mut Dry).is_err());
        assert_eq!(out, [1, 2, 3]);
    }
}
