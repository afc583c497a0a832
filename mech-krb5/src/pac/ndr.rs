//! Network data representation, as far as a PAC needs it (C706 chapter 14, MS-RPCE section 2.2.6): little-endian numbers,
//! alignment, conformant arrays, counted strings and SIDs behind pointers.
//!
//! Pointers are not followed: NDR writes what they point to right after the structure, in order, so reading on is enough.
//! Counts come from the bytes, but nothing is allocated by them: arrays are slices of what is there.

use super::PacFault;
use alloc::string::String;
use negotiate_core::Sid;

/// A cursor over little-endian bytes.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Whether something follows for this place in the structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pointer {
    Null,
    Deferred,
}

/// A counted array that follows the structure.
#[derive(Clone, Copy)]
pub(super) struct ArrayHeader {
    count: u32,
    pointer: Pointer,
}

/// A counted string that follows the structure: its length in bytes.
#[derive(Clone, Copy)]
pub(super) struct StringHeader {
    len: u16,
    pointer: Pointer,
}

impl<'a> Reader<'a> {
    /// Alignment counts from the first byte.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The structure that is there: see [`Reader::serialized_or_none`].
    pub(super) fn serialized(bytes: &'a [u8]) -> Result<Self, PacFault> {
        Self::serialized_or_none(bytes)?.ok_or(PacFault::BadContent)
    }

    /// Reads the headers of a serialised type (MS-RPCE sections 2.2.6.1 and 2.2.6.2) and the pointer to the structure; `None` if
    /// that points to none.
    pub(super) fn serialized_or_none(bytes: &'a [u8]) -> Result<Option<Self>, PacFault> {
        let mut headers = Self::new(bytes);
        let (version, endianness, header_len) = (headers.u8()?, headers.u8()?, headers.u16()?);
        // Version 1, little-endian, a common header of 8 bytes.
        if (version, endianness, header_len) != (1, 0x10, 8) {
            return Err(PacFault::BadContent);
        }
        let _filler = headers.u32()?;
        let object_len = usize::try_from(headers.u32()?).map_err(|_| PacFault::Truncated)?;
        let _filler = headers.u32()?;
        let mut structure = Self::new(headers.bytes(object_len)?);
        Ok(match structure.pointer()? {
            Pointer::Null => None,
            Pointer::Deferred => Some(structure),
        })
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], PacFault> {
        let bytes = self.rest().get(..count).ok_or(PacFault::Truncated)?;
        self.at = self.at.saturating_add(count);
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], PacFault> {
        let array = self.rest().first_chunk().ok_or(PacFault::Truncated)?;
        self.at = self.at.saturating_add(N);
        Ok(*array)
    }

    fn align(&mut self, to: usize) -> Result<(), PacFault> {
        match self.at.checked_rem(to) {
            None | Some(0) => Ok(()),
            Some(over) => self.bytes(to.saturating_sub(over)).map(drop),
        }
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

    pub(super) fn hyper(&mut self) -> Result<u64, PacFault> {
        self.align(8)?;
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// FILETIME (MS-DTYP section 2.3.3), two 32-bit halves: aligned to four bytes only.
    pub(super) fn file_time(&mut self) -> Result<u64, PacFault> {
        self.align(4)?;
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(super) fn pointer(&mut self) -> Result<Pointer, PacFault> {
        Ok(match self.u32()? {
            0 => Pointer::Null,
            _ => Pointer::Deferred,
        })
    }

    /// A count and the pointer to an array of so many elements.
    pub(super) fn array_header(&mut self) -> Result<ArrayHeader, PacFault> {
        Ok(ArrayHeader {
            count: self.u32()?,
            pointer: self.pointer()?,
        })
    }

    /// The count in front of a conformant array, which must be the count that stood in the structure.
    pub(super) fn conformance(&mut self, header: ArrayHeader) -> Result<usize, PacFault> {
        let count = match header.pointer {
            Pointer::Null => 0,
            Pointer::Deferred => self.u32()?,
        };
        if count != header.count {
            return Err(PacFault::BadContent);
        }
        usize::try_from(count).map_err(|_| PacFault::Truncated)
    }

    /// A conformant array of elements of `N` bytes that are aligned to `alignment`.
    pub(super) fn elements<const N: usize>(
        &mut self,
        header: ArrayHeader,
        alignment: usize,
    ) -> Result<&'a [[u8; N]], PacFault> {
        let count = self.conformance(header)?;
        if count > 0 {
            self.align(alignment)?;
        }
        let len = count.checked_mul(N).ok_or(PacFault::Truncated)?;
        let (elements, _) = self.bytes(len)?.as_chunks();
        Ok(elements)
    }

    /// The first half of an `RPC_UNICODE_STRING` (MS-DTYP section 2.3.10).
    pub(super) fn string_header(&mut self) -> Result<StringHeader, PacFault> {
        self.align(4)?;
        let (len, _max_len) = (self.u16()?, self.u16()?);
        Ok(StringHeader {
            len,
            pointer: self.pointer()?,
        })
    }

    /// Its deferred half, a conformant and varying array of UTF-16: the bytes of the string.
    pub(super) fn string(&mut self, header: StringHeader) -> Result<&'a [u8], PacFault> {
        match header.pointer {
            Pointer::Null if header.len == 0 => Ok(&[]),
            Pointer::Null => Err(PacFault::BadContent),
            // Windows counts a terminating zero in the array, and not in the structure.
            Pointer::Deferred => self
                .varying()?
                .get(..header.len.into())
                .ok_or(PacFault::BadContent),
        }
    }

    /// A string that ends with a zero (`[string] wchar_t*`), without it.
    pub(super) fn terminated_string(&mut self) -> Result<&'a [u8], PacFault> {
        self.varying()?.strip_suffix(&[0, 0]).ok_or(PacFault::BadContent)
    }

    /// A conformant and varying array of 16-bit units.
    fn varying(&mut self) -> Result<&'a [u8], PacFault> {
        let (max_count, offset, count) = (self.u32()?, self.u32()?, self.u32()?);
        if offset != 0 || count > max_count {
            return Err(PacFault::BadContent);
        }
        let len = usize::try_from(count).ok().and_then(|count| count.checked_mul(2));
        self.bytes(len.ok_or(PacFault::Truncated)?)
    }

    /// A SID behind a pointer: a conformant structure, the count of its subauthorities in front.
    pub(super) fn sid(&mut self) -> Result<Sid, PacFault> {
        let count = self.u32()?;
        let [_revision, sub_count] = *self.rest().first_chunk().ok_or(PacFault::Truncated)?;
        if count != u32::from(sub_count) {
            return Err(PacFault::BadContent);
        }
        let len = usize::from(sub_count).saturating_mul(4).saturating_add(8);
        Ok(Sid::from_bytes(self.bytes(len)?)?)
    }

    pub(super) fn sid_behind(&mut self, pointer: Pointer) -> Result<Option<Sid>, PacFault> {
        match pointer {
            Pointer::Null => Ok(None),
            Pointer::Deferred => self.sid().map(Some),
        }
    }
}

/// Little-endian UTF-16. A lone surrogate is refused: two different names must not become one.
pub(super) fn text(bytes: &[u8]) -> Result<String, PacFault> {
    chars(bytes)?.collect::<Option<_>>().ok_or(PacFault::BadContent)
}

/// The characters of little-endian UTF-16, `None` for a lone surrogate.
pub(super) fn chars(bytes: &[u8]) -> Result<impl Iterator<Item = Option<char>>, PacFault> {
    let (units, []) = bytes.as_chunks::<2>() else {
        return Err(PacFault::BadContent);
    };
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
    Ok(char::decode_utf16(units).map(Result::ok))
}
