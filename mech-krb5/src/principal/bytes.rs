//! The bytes of an owned name. They stand in place if they are not many: a refusal names the service and the client, and must
//! not cost an allocation for each; a login does likewise.

use alloc::boxed::Box;

/// Long enough for a service of a host with a long name: `HTTP/` and 60 characters before a realm of 20.
const SHORT: usize = 94;

#[derive(Clone)]
#[allow(clippy::large_enum_variant)] // that it is large is what it is for
pub(super) enum NameBytes {
    Short { bytes: [u8; SHORT], len: u8 },
    Long(Box<[u8]>),
}

impl NameBytes {
    /// Those of the first, and then those of the second.
    pub(super) fn concat(first: &[u8], second: &[u8]) -> Self {
        Self::short(first, second).unwrap_or_else(|| Self::Long([first, second].concat().into()))
    }

    fn short(first: &[u8], second: &[u8]) -> Option<Self> {
        let mut bytes = [0; SHORT];
        let len = first.len().checked_add(second.len())?;
        let (to_first, to_second) = bytes.get_mut(..len)?.split_at_mut_checked(first.len())?;
        to_first.copy_from_slice(first);
        to_second.copy_from_slice(second);
        let len = u8::try_from(len).ok()?;
        Some(Self::Short { bytes, len })
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Short { bytes, len } => bytes.get(..usize::from(*len)).unwrap_or(bytes),
            Self::Long(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_every_length_come_back() {
        let all: [u8; 2 * SHORT] = core::array::from_fn(|at| u8::try_from(at).unwrap());
        for len in 0..=all.len() {
            for middle in [0, len / 2, len] {
                let bytes = NameBytes::concat(&all[..middle], &all[middle..len]);
                assert_eq!(bytes.as_slice(), &all[..len]);
                assert_eq!(matches!(bytes, NameBytes::Short { .. }), len <= SHORT);
            }
        }
    }
}
