//! Bytes that must not leak: zeroized when dropped, never printed, compared in constant time.

use alloc::vec::Vec;
use core::fmt;
use subtle::ConstantTimeEq;
use zeroize::{DefaultIsZeroes, Zeroize};

/// A secret value (key, password, session key).
///
/// It has neither `Debug` of its content nor `PartialEq`: a secret is looked at only through [`Secret::expose`],
/// and compared only through [`Secret::ct_eq`].
#[derive(Clone)]
pub struct Secret<T: Wipe>(T);

/// Overwriting a value so that no compiler leaves it out.
///
/// It is zeroize's work, but for whole slices: by itself zeroize goes through vectors and arrays element by element, which
/// was one instruction in thirteen of accepting a Kerberos login.
pub trait Wipe {
    /// Overwrites all of it with zeros, a vector's spare room too.
    fn wipe(&mut self);
}

impl<Z: DefaultIsZeroes> Wipe for Vec<Z> {
    fn wipe(&mut self) {
        self.as_mut_slice().zeroize();
        self.spare_capacity_mut().zeroize();
    }
}

impl<Z: DefaultIsZeroes, const N: usize> Wipe for [Z; N] {
    fn wipe(&mut self) {
        self.as_mut_slice().zeroize();
    }
}

impl<T: Wipe> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl<T: Wipe> Secret<T> {
    /// Takes the value into custody: it is wiped when the secret is dropped.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the computation that needs it. Never for a log.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, to be changed in place.
    pub fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Wipe + AsRef<[u8]>> Secret<T> {
    /// Compares with `other` in time that depends on the lengths only.
    #[must_use]
    pub fn ct_eq(&self, other: &[u8]) -> bool {
        self.0.as_ref().ct_eq(other).into()
    }
}

impl<T: Wipe> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_value() {
        let secret = Secret::new([0x41_u8; 4]);
        assert_eq!(std::format!("{secret:?}"), "Secret(..)");
    }

    #[test]
    fn wiping_leaves_zeros() {
        let (mut array, mut vector) = ([0x41_u8; 40], std::vec![0x41_u8; 40]);
        array.wipe();
        vector.wipe();
        assert_eq!(array, [0; 40]);
        assert_eq!(vector, [0; 40]);
    }

    #[test]
    fn comparison_looks_at_every_byte_and_the_length() {
        let secret = Secret::new([1_u8, 2, 3]);
        assert!(secret.ct_eq(&[1, 2, 3]));
        assert!(!secret.ct_eq(&[1, 2, 4]));
        assert!(!secret.ct_eq(&[1, 2]));
    }
}
