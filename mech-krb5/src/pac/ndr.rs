//! Network data representation, as far as a PAC needs it (C706 chapter 14, MS-RPCE section 2.2.6): little-endian numbers,
//! alignment, conformant arrays, counted UTF-16 strings behind pointers.
//!
//! Pointers are not followed: NDR writes what they point to right after the structure, in order, so reading on is enough.

use super::{PacFault, Sid};
use alloc::string::String;
use alloc::vec::Vec;

/// A cursor over little-endian bytes.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// More elements than this a group list cannot have: a ticket is at most some 64 KiB, and an element at least four bytes.
/// Active Directory refuses to log in users of more than 1,015 groups.
const MAX_ELEMENTS: u32 = 8192;

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Reads the headers of a serialised type (MS-RPCE section 2.2.6.1 and 2.2.6.2) and the pointer to the structure.
    pub(super) fn serialized(bytes: &'a [u8]) -> Result<Self, PacFault> {
        let mut reader = Self::new(bytes);
        let (version, endianness, header_len) = (reader.u8()?, reader.u8()?, reader.u16()?);
        // Version 1, little-endian, a common header of 8 bytes.
        if (version, endianness, header_len) != (1, 0x10, 8) {
            return Err(PacFault::BadContent);
        }
        // Filler of the common header; length and filler of the private one.
        reader.bytes(12)?;
        // Offsets of alignment count from here on.
        let mut structure = Self::new(bytes.get(16..).ok_or(PacFault::Truncated)?);
        if structure.pointer()? == Pointer::Null {
            return Err(PacFault::BadContent);
        }
        Ok(structure)
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], PacFault> {
        let end = self.at.checked_add(count).ok_or(PacFault::Truncated)?;
        let bytes = self.bytes.get(self.at..end).ok_or(PacFault::Truncated)?;
        self.at = end;
        Ok(bytes)
    }

    pub(super) fn skip(&mut self, count: usize) -> Result<(), PacFault> {
        self.bytes(count).map(drop)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], PacFault> {
        self.bytes(N)?.try_into().map_err(|_| PacFault::Truncated)
    }

    fn align(&mut self, to: usize) -> Result<(), PacFault> {
        let over = self.at.checked_rem(to).unwrap_or(0);
        if over != 0 {
            self.bytes(to.saturating_sub(over))?;
        }
        Ok(())
    }

    pub(super) fn u8(&mut self) -> Result<u8, PacFault> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(super) fn u16(&mut self) -> Result<u16, PacFault> {
        self.align(2)?;
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32, PacFault> {
        self.align(4)?;
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// A 64-bit number of two 32-bit halves: FILETIME and `Offset` are aligned to four only, or come aligned.
    pub(super) fn u64(&mut self) -> Result<u64, PacFault> {
        let (low, high) = (self.u32()?, self.u32()?);
        Ok(u64::from(low) | u64::from(high) << 32)
    }

    pub(super) fn pointer(&mut self) -> Result<Pointer, PacFault> {
        Ok(if self.u32()? == 0 {
            Pointer::Null
        } else {
            Pointer::Deferred
        })
    }

    /// The inline half of an `RPC_UNICODE_STRING` (MS-DTYP section 2.3.10).
    pub(super) fn string_header(&mut self) -> Result<StringHeader, PacFault> {
        let (len, _max_len) = (self.u16()?, self.u16()?);
        Ok(StringHeader {
            len,
            pointer: self.pointer()?,
        })
    }

    /// The deferred half: a conformant and varying array of UTF-16.
    pub(super) fn string(&mut self, header: StringHeader) -> Result<String, PacFault> {
        if header.pointer == Pointer::Null {
            return Ok(String::new());
        }
        let (max_count, offset, count) = (self.u32()?, self.u32()?, self.u32()?);
        // Windows counts a terminating zero into neither; others into the maximum.
        if offset != 0
            || count > max_count
            || count < u32::from(header.len / 2)
            || !header.len.is_multiple_of(2)
        {
            return Err(PacFault::BadContent);
        }
        let len = usize::try_from(count)
            .ok()
            .and_then(|count| count.checked_mul(2))
            .ok_or(PacFault::TooMany)?;
        let all = self.bytes(len)?;
        utf16(all.get(..usize::from(header.len)).ok_or(PacFault::BadContent)?)
    }

    /// The count in front of a conformant array, which must be the count that stood in the structure.
    pub(super) fn conformance(&mut self, expected: u32) -> Result<u32, PacFault> {
        match self.u32()? {
            count if count != expected => Err(PacFault::BadContent),
            count if count > MAX_ELEMENTS => Err(PacFault::TooMany),
            count => Ok(count),
        }
    }

    /// A SID as a deferred conformant structure: the count of its subauthorities, then the SID.
    pub(super) fn sid(&mut self) -> Result<Sid, PacFault> {
        let count = self.u32()?;
        let (revision, sub_count) = (self.u8()?, self.u8()?);
        if count != u32::from(sub_count) {
            return Err(PacFault::BadContent);
        }
        let mut packed = Vec::from([revision, sub_count]);
        packed.extend_from_slice(self.bytes(usize::from(sub_count).saturating_mul(4).saturating_add(6))?);
        Sid::from_bytes(&packed)
    }
}

/// Whether something follows for this place in the structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pointer {
    Null,
    Deferred,
}

/// Length in bytes, and whether there is a string at all.
#[derive(Clone, Copy)]
pub(super) struct StringHeader {
    len: u16,
    pointer: Pointer,
}

/// Little-endian UTF-16. A lone surrogate is refused: two different names must not become one.
pub(super) fn utf16(bytes: &[u8]) -> Result<String, PacFault> {
    let (pairs, []) = bytes.as_chunks::<2>() else {
        return Err(PacFault::BadContent);
    };
    char::decode_utf16(pairs.iter().map(|pair| u16::from_le_bytes(*pair)))
        .collect::<Result<String, _>>()
        .map_err(|_| PacFault::BadContent)
}
