//! What can go wrong. No variant tells anything that depends on a secret but "it does not fit".

use super::EncryptionType;
use core::fmt;

/// A ciphertext or a checksum was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CryptoError {
    /// A ciphertext is too short to hold confounder and checksum, or a checksum has not its type's length.
    WrongLength,
    /// The integrity check failed: another key, or altered bytes.
    IntegrityCheckFailed,
}

impl fmt::Display for CryptoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongLength => "the ciphertext or checksum has an impossible length",
            Self::IntegrityCheckFailed => "the integrity check failed: a different key or altered bytes",
        })
    }
}

impl core::error::Error for CryptoError {}

/// A key could not be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum KeyError {
    /// The encryption type has keys of another length.
    WrongLength {
        /// The type asked for.
        encryption_type: EncryptionType,
        /// The length given, in bytes.
        given: usize,
    },
    /// String-to-key parameters are not the four bytes of an iteration count.
    MalformedParameters,
    /// The iteration count is above [`MAX_ITERATIONS`](super::MAX_ITERATIONS).
    TooManyIterations,
    /// The password of an RC4 key is not UTF-8.
    PasswordNotUtf8,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongLength {
                encryption_type,
                given,
            } => write!(
                f,
                "a key of {encryption_type} has {} bytes, not {given}",
                encryption_type.key_len()
            ),
            Self::MalformedParameters => f.write_str("string-to-key parameters must be four bytes"),
            Self::TooManyIterations => f.write_str("the string-to-key iteration count is too high"),
            Self::PasswordNotUtf8 => f.write_str("the password is not UTF-8"),
        }
    }
}

impl core::error::Error for KeyError {}
