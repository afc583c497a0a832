use crate::Principal;
use crate::crypto::prescribed_key_len;
use alloc::vec::Vec;
use core::fmt;
use negotiate_core::{Secret, Timestamp};

/// One key of one principal.
#[derive(Clone)]
pub struct KeytabEntry {
    principal: Principal,
    timestamp: u32,
    kvno: u32,
    etype: i16,
    key: Secret<Vec<u8>>,
}

impl KeytabEntry {
    /// From its parts. `timestamp` is when the entry was written; the format has room for the years 1970 to 2106, and
    /// times outside become the nearest end. The encryption type need not be one that is implemented.
    ///
    /// # Errors
    /// [`BadEntry`] if the format cannot hold a part, or the key has not the length that its type prescribes.
    pub fn new(
        principal: Principal,
        timestamp: Timestamp,
        kvno: u32,
        etype: i32,
        key: &[u8],
    ) -> Result<Self, BadEntry> {
        let fits = |part: &[u8]| u16::try_from(part.len()).is_ok();
        if principal.realm().is_empty() || principal.name().components().any(<[u8]>::is_empty) {
            return Err(BadEntry::EmptyNamePart);
        }
        if !fits(principal.realm()) || !principal.name().components().all(fits) {
            return Err(BadEntry::NameTooLong);
        }
        let is_of_other_length = prescribed_key_len(etype).is_some_and(|len| len != key.len());
        if key.is_empty() || !fits(key) || is_of_other_length {
            return Err(BadEntry::KeyLength {
                etype,
                len: key.len(),
            });
        }
        Ok(Self {
            principal,
            timestamp: u32::try_from(timestamp.unix().max(0)).unwrap_or(u32::MAX),
            kvno,
            etype: i16::try_from(etype).map_err(|_| BadEntry::EtypeOutOfRange)?,
            key: Secret::new(key.to_vec()),
        })
    }

    /// Whose key it is.
    #[must_use]
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// When the entry was written.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        Timestamp::from_unix(i64::from(self.timestamp))
    }

    /// The key version number.
    #[must_use]
    pub const fn kvno(&self) -> u32 {
        self.kvno
    }

    /// The number of the encryption type; [`etype_name`](crate::crypto::etype_name) tells its name.
    #[must_use]
    pub fn etype(&self) -> i32 {
        i32::from(self.etype)
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &Secret<Vec<u8>> {
        &self.key
    }
}

impl fmt::Debug for KeytabEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "KeytabEntry({}, kvno {}, etype {})",
            self.principal, self.kvno, self.etype
        )
    }
}

/// Why parts are not a keytab entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadEntry {
    /// The realm or a component is empty: MIT takes such an entry for the end of the file.
    EmptyNamePart,
    /// The realm or a component is longer than 65,535 bytes.
    NameTooLong,
    /// The encryption type's number does not fit in 16 bits.
    EtypeOutOfRange,
    /// The key is empty, longer than 65,535 bytes, or not as long as keys of its type are.
    KeyLength {
        /// The number of the encryption type.
        etype: i32,
        /// The length of the key in bytes.
        len: usize,
    },
}

impl fmt::Display for BadEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyNamePart => f.write_str("a part of the principal name is empty"),
            Self::NameTooLong => f.write_str("a part of the principal name is longer than 65,535 bytes"),
            Self::EtypeOutOfRange => f.write_str("the encryption type does not fit in 16 bits"),
            Self::KeyLength { etype, len } => {
                write!(f, "a key of encryption type {etype} cannot have {len} bytes")
            }
        }
    }
}

impl core::error::Error for BadEntry {}
