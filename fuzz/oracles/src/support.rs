//! What several oracles need: keys, random bytes that are none, a replay cache without memory.

use arbitrary::Arbitrary;
use mech_krb5::crypto::{EncryptionType, Key};
use mech_krb5::replay::{ReplayAnswer, ReplayCache, ReplayEntry};
use negotiate_core::{Random, RandomUnavailable, Timestamp};

/// The encryption types.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Etype {
    Aes128Sha1,
    Aes256Sha1,
    Aes128Sha256,
    Aes256Sha384,
}

impl Etype {
    pub(crate) const fn encryption_type(self) -> EncryptionType {
        match self {
            Self::Aes128Sha1 => EncryptionType::Aes128CtsHmacSha1_96,
            Self::Aes256Sha1 => EncryptionType::Aes256CtsHmacSha1_96,
            Self::Aes128Sha256 => EncryptionType::Aes128CtsHmacSha256_128,
            Self::Aes256Sha384 => EncryptionType::Aes256CtsHmacSha384_192,
        }
    }
}

/// A key of this type and number.
pub(crate) fn key(etype: Etype, number: u8) -> Key {
    let etype = etype.encryption_type();
    Key::new(etype, &[number; 32][..etype.key_len()]).expect("as many bytes as its type says")
}

/// Counts instead of drawing, so that a finding can be repeated.
pub(crate) struct Counting(pub(crate) u8);

impl Random for Counting {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        for byte in out {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
}

/// Takes every authenticator for new.
#[derive(Debug)]
pub(crate) struct Forgetful;

impl ReplayCache for Forgetful {
    fn check(&self, _: ReplayEntry<'_>, _: Timestamp) -> ReplayAnswer {
        ReplayAnswer::Fresh
    }
}
