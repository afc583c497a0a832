//! Encryption and decryption with a specific key (RFC 3961 section 3): the pair Ke and Ki that one protocol key
//! has for one key usage, with the cipher's key schedules expanded and the mid-states of the HMAC computed.

use super::danger::rfc4757::Rc4Hmac;
use super::encryption_type::MacPlace;
use super::rfc3961::SimplifiedProfile;
#[cfg(feature = "camellia")]
use super::rfc6803::CamelliaCmac;
use super::rfc8009::EncryptThenMac;
use super::{CryptoError, EncryptionType, Key, KeyUsage};
use aes::{Aes128, Aes256};
#[cfg(feature = "camellia")]
use alloc::boxed::Box;
use alloc::vec::Vec;
#[cfg(feature = "camellia")]
use camellia::{Camellia128, Camellia256};
use core::fmt;
use negotiate_core::{Random, RandomUnavailable};
use sha2::{Sha256, Sha384};
use zeroize::Zeroize;

/// What encrypts and decrypts for one key and one key usage. Made by [`Key::for_usage`].
///
/// Worth keeping where a key is used again: making one costs about as much as decrypting a short message.
pub struct SpecificKey {
    encryption_type: EncryptionType,
    algorithm: Algorithm,
}

enum Algorithm {
    Aes128Sha1(SimplifiedProfile<Aes128>),
    Aes256Sha1(SimplifiedProfile<Aes256>),
    Aes128Sha256(EncryptThenMac<Aes128, Sha256>),
    Aes256Sha384(EncryptThenMac<Aes256, Sha384>),
    Rc4(Rc4Hmac),
    // Boxed, so that no key takes more room because this one is there.
    #[cfg(feature = "camellia")]
    Camellia(Box<dyn Profile + Send + Sync>),
}

/// How an encryption type combines its cipher and its HMAC (or CMAC, which is meant too wherever an HMAC is spoken of). `message` is confounder and plaintext together.
pub(super) trait Profile {
    /// Encrypts `message` in place and gives the HMAC that follows it.
    fn seal(&self, message: &mut [u8]) -> Tag;
    /// Decrypts `message` in place if `tag` proves it; else no plaintext is left in it.
    fn open(&self, message: &mut [u8], tag: &[u8]) -> Result<(), CryptoError>;
}

impl SpecificKey {
    pub(super) fn new(key: &Key, usage: KeyUsage) -> Self {
        let encryption_type = key.encryption_type();
        let key = key.bytes();
        let algorithm = match encryption_type {
            EncryptionType::Aes128CtsHmacSha1_96 => Algorithm::Aes128Sha1(SimplifiedProfile::new(key, usage)),
            EncryptionType::Aes256CtsHmacSha1_96 => Algorithm::Aes256Sha1(SimplifiedProfile::new(key, usage)),
            EncryptionType::Aes128CtsHmacSha256_128 => {
                Algorithm::Aes128Sha256(EncryptThenMac::new(key, usage))
            }
            EncryptionType::Aes256CtsHmacSha384_192 => {
                Algorithm::Aes256Sha384(EncryptThenMac::new(key, usage))
            }
            EncryptionType::Rc4Hmac => Algorithm::Rc4(Rc4Hmac::new(key, usage)),
            #[cfg(feature = "camellia")]
            EncryptionType::Camellia128CtsCmac => {
                Algorithm::Camellia(Box::new(CamelliaCmac::<Camellia128>::new(key, usage)))
            }
            #[cfg(feature = "camellia")]
            EncryptionType::Camellia256CtsCmac => {
                Algorithm::Camellia(Box::new(CamelliaCmac::<Camellia256>::new(key, usage)))
            }
        };
        Self {
            encryption_type,
            algorithm,
        }
    }

    /// The type of the key that this was derived from.
    #[must_use]
    pub const fn encryption_type(&self) -> EncryptionType {
        self.encryption_type
    }

    /// Decrypts in place and gives the plaintext: the ciphertext's bytes without confounder and HMAC. Nothing is allocated. The ciphertext is used up, whether it was accepted or not: who means
    /// to try another key on it keeps a copy.
    ///
    /// # Errors
    /// [`CryptoError::WrongLength`] if there is no room for confounder and HMAC, and
    /// [`CryptoError::IntegrityCheckFailed`] if the HMAC does not fit; no plaintext is then left in the buffer.
    pub fn decrypt_in_place<'b>(&self, ciphertext: &'b mut [u8]) -> Result<&'b mut [u8], CryptoError> {
        let etype = self.encryption_type;
        let (message, tag) = match etype.mac_place() {
            MacPlace::End => ciphertext
                .len()
                .checked_sub(etype.mac_len())
                .and_then(|at| ciphertext.split_at_mut_checked(at)),
            MacPlace::Front => ciphertext
                .split_at_mut_checked(etype.mac_len())
                .map(|(tag, message)| (message, tag)),
        }
        .filter(|(message, _)| message.len() >= etype.confounder_len())
        .ok_or(CryptoError::WrongLength)?;
        self.profile().open(message, tag)?;
        message
            .get_mut(etype.confounder_len()..)
            .ok_or(CryptoError::WrongLength)
    }

    /// As [`SpecificKey::decrypt_in_place`], and leaves the plaintext and nothing else in the buffer.
    ///
    /// # Errors
    /// As there.
    pub fn decrypt_vec(&self, buffer: &mut Vec<u8>) -> Result<(), CryptoError> {
        let plaintext = self.encryption_type.plaintext_range(buffer.len());
        self.decrypt_in_place(buffer)?;
        buffer.truncate(plaintext.end);
        buffer.drain(..plaintext.start);
        Ok(())
    }

    /// Encrypts `plaintext` under a fresh confounder.
    ///
    /// # Errors
    /// [`RandomUnavailable`] if no confounder can be drawn.
    pub fn encrypt(&self, plaintext: &[u8], random: &mut dyn Random) -> Result<Vec<u8>, RandomUnavailable> {
        let mut out = Vec::new();
        self.encrypt_onto(&mut out, &[plaintext], random)?;
        Ok(out)
    }

    /// Encrypts the concatenation of `parts` under a fresh confounder, and appends the ciphertext to `out`. Its
    /// length is that of the parts and [`EncryptionType::overhead`].
    ///
    /// # Errors
    /// [`RandomUnavailable`] if no confounder can be drawn; `out` is then as it was.
    pub fn encrypt_onto(
        &self,
        out: &mut Vec<u8>,
        parts: &[&[u8]],
        random: &mut dyn Random,
    ) -> Result<(), RandomUnavailable> {
        let plaintext_len = parts
            .iter()
            .fold(0_usize, |sum, part| sum.saturating_add(part.len()));
        self.encrypt_written(out, plaintext_len, random, |out| {
            parts.iter().for_each(|part| out.extend_from_slice(part));
        })
    }

    /// Encrypts the plaintext that `write` appends to `out`, of at most `most` bytes, under a fresh confounder, where it
    /// stands.
    ///
    /// # Errors
    /// [`RandomUnavailable`] if no confounder can be drawn; nothing was then written.
    pub(crate) fn encrypt_written(
        &self,
        out: &mut Vec<u8>,
        most: usize,
        random: &mut dyn Random,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), RandomUnavailable> {
        let mut head = Head::draw(self.encryption_type, random)?;
        let start = out.len();
        // All at once: growing later would leave a copy of the plaintext in freed memory.
        out.reserve(most.saturating_add(self.encryption_type.overhead()));
        out.extend_from_slice(head.as_bytes());
        head.bytes.zeroize();
        write(out);
        self.seal(out, start);
        Ok(())
    }

    /// Encrypts what stands in `out` from `start` on, and puts the HMAC where it belongs.
    fn seal(&self, out: &mut Vec<u8>, start: usize) {
        let etype = self.encryption_type;
        let message = out.get_mut(start..).unwrap_or_default();
        match etype.mac_place() {
            MacPlace::End => {
                let tag = self.profile().seal(message);
                out.extend_from_slice(tag.as_bytes());
            }
            MacPlace::Front => {
                if let Some((front, message)) = message.split_at_mut_checked(etype.mac_len()) {
                    front.copy_from_slice(self.profile().seal(message).as_bytes());
                }
            }
        }
    }

    fn profile(&self) -> &dyn Profile {
        match &self.algorithm {
            Algorithm::Aes128Sha1(profile) => profile,
            Algorithm::Aes256Sha1(profile) => profile,
            Algorithm::Aes128Sha256(profile) => profile,
            Algorithm::Aes256Sha384(profile) => profile,
            Algorithm::Rc4(profile) => profile,
            #[cfg(feature = "camellia")]
            Algorithm::Camellia(profile) => &**profile,
        }
    }
}

impl fmt::Debug for SpecificKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpecificKey({})", self.encryption_type)
    }
}

/// What stands before the plaintext: room for an HMAC that comes first, and a fresh confounder.
struct Head {
    bytes: [u8; Head::MAX_LEN],
    len: usize,
}

impl Head {
    /// The longest: RC4's, with the HMAC in front.
    const MAX_LEN: usize = EncryptionType::Rc4Hmac.overhead();

    /// The confounder takes the place of an initialization vector, and so must be unpredictable (RFC 8009 section 8).
    fn draw(etype: EncryptionType, random: &mut dyn Random) -> Result<Self, RandomUnavailable> {
        let len = etype.plaintext_range(etype.overhead()).start;
        let mut bytes = [0; Self::MAX_LEN];
        let confounder = bytes
            .get_mut(len.saturating_sub(etype.confounder_len())..len)
            .unwrap_or_default();
        random.fill(confounder)?;
        Ok(Self { bytes, len })
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// An HMAC, cut to the length that its type prescribes.
#[derive(Clone, Copy)]
pub struct Tag {
    bytes: [u8; Tag::MAX_LEN],
    len: usize,
}

impl Tag {
    /// The longest: HMAC-SHA384-192.
    const MAX_LEN: usize = EncryptionType::Aes256CtsHmacSha384_192.mac_len();

    pub(super) fn truncate(len: usize, mac: &[u8]) -> Self {
        let mut tag = Self {
            bytes: [0; Self::MAX_LEN],
            len,
        };
        for (to, from) in tag.bytes.iter_mut().zip(mac).take(len) {
            *to = *from;
        }
        tag
    }

    /// The bytes to send.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&self.bytes)
    }
}

/// Only the length: a tag that was computed to be compared must not get into a log.
impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({} bytes)", self.len)
    }
}
