//! Kerberos cryptography: RFC 3961 with the AES encryption types of RFC 3962 (17, 18) and RFC 8009 (19, 20), and, with the
//! feature `camellia`, those of RFC 6803 (25, 26).
//!
//! A [`Key`] is a protocol key. What a message does with it is told by a [`KeyUsage`]: [`Key::for_usage`] gives a
//! [`SpecificKey`] that encrypts and decrypts, [`Key::checksum_key`] a [`ChecksumKey`]. Both are ready to work
//! many times; the two are apart so that nobody pays for the keys that he does not use.
//!
//! Which types a peer may use is told by [`EncryptionTypes`]. RC4 (RFC 4757) is in `danger` and in no set that does not name
//! it; neither is Camellia. Not here: DES, DES3 (refused, but named by [`etype_name`]).

mod checksum;
mod checksum_type;
pub(crate) mod danger;
mod encryption_type;
mod encryption_types;
mod error;
mod key;
mod key_usage;
mod nfold;
mod rfc3961;
mod rfc3962;
mod rfc6113;
#[cfg(feature = "camellia")]
mod rfc6803;
mod rfc8009;
mod specific_key;
mod wiped;

pub use checksum::ChecksumKey;
pub use checksum_type::{ChecksumType, checksum_type_name};
pub(crate) use encryption_type::prescribed_key_len;
pub use encryption_type::{EncryptionType, etype_name};
pub use encryption_types::EncryptionTypes;
pub use error::{CryptoError, KeyError};
pub use key::{Key, MAX_ITERATIONS};
pub use key_usage::KeyUsage;
pub use rfc6113::krb_fx_cf2;
pub use specific_key::{SpecificKey, Tag};

use aes::cipher::{Array, array::ArraySize};
use alloc::vec::Vec;
use hmac::{EagerHash, Hmac, KeyInit};
pub(crate) use wiped::Wiped;

/// An HMAC keyed with at most a block of bytes: what RFC 2104 calls K padded with zeros.
fn hmac_of<D: EagerHash>(key: &[u8]) -> Hmac<D> {
    let mut block = Wiped(hmac::digest::common::Key::<Hmac<D>>::default());
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    Hmac::new(&block)
}

/// A key of a length that the encryption type fixes, as the cipher takes it.
fn cipher_key<N: ArraySize>(key: &[u8]) -> Wiped<Array<u8, N>> {
    let mut array = Wiped(Array::<u8, N>::default());
    for (to, from) in array.iter_mut().zip(key) {
        *to = *from;
    }
    array
}

/// `saltp` of RFC 8009 section 4 and of RFC 6803 section 4: the type's name, a zero byte, and the salt.
fn saltp(encryption_type: EncryptionType, salt: &[u8]) -> Vec<u8> {
    let mut saltp = Vec::from(encryption_type.name());
    saltp.push(0);
    saltp.extend_from_slice(salt);
    saltp
}
