//! Explicitly tagged fields of one element each, as nearly all of Kerberos is written: both headers are read in one look.
//!
//! Most of a message's bytes are such headers, and read one by one they were most of the time that a login took beside its
//! cryptography. Whatever the quick look does not find as it expects goes the long way, which says what is wrong.

use super::reader::LONG_LENGTH;
use super::{Error, ErrorKind, Reader, Tag};
use crate::Timestamp;

impl<'a> Reader<'a> {
    /// The content of an element of tag `inner`, which is all that the next element, of tag `outer`, holds.
    ///
    /// # Errors
    /// As [`Reader::element`], of either; and if anything follows the inner one.
    #[inline(always)]
    pub fn wrapped(&mut self, outer: Tag, inner: Tag) -> Result<Reader<'a>, Error> {
        let split = match self.rest() {
            [o, outer_len, i, inner_len, following @ ..]
                if *o == outer.byte()
                    && *i == inner.byte()
                    && *outer_len < LONG_LENGTH
                    && *outer_len == inner_len.wrapping_add(2)
                    && *inner_len < LONG_LENGTH =>
            {
                following.split_at_checked(usize::from(*inner_len))
            }
            rest => long_wrapped(rest, outer, inner),
        };
        match split {
            Some((content, rest)) => Ok(self.enter(content, rest)),
            None => self.wrapped_one_by_one(outer, inner),
        }
    }

    #[cold]
    fn wrapped_one_by_one(&mut self, outer: Tag, inner: Tag) -> Result<Reader<'a>, Error> {
        let mut around = self.element(outer)?;
        let content = around.element(inner)?;
        around.finish()?;
        Ok(content)
    }

    /// The field `[number]` of these bytes, and then `N` more; `None` if another, or one of other length, stands there.
    #[inline(always)]
    fn field_of_len<const N: usize>(&mut self, head: [u8; 4]) -> Option<&'a [u8; N]> {
        let (found, following) = self.rest().split_first_chunk::<4>()?;
        if u32::from_le_bytes(*found) != u32::from_le_bytes(head) {
            return None;
        }
        let (content, rest) = following.split_first_chunk()?;
        self.enter(content, rest);
        Some(content)
    }

    /// The field `[number]`, an `INTEGER` of at most 64 bits.
    ///
    /// # Errors
    /// If it is absent or malformed.
    #[inline(always)]
    pub fn integer_field(&mut self, number: u8) -> Result<i64, Error> {
        match self.integer_field_of_one_byte(number) {
            Some(value) => Ok(value.into()),
            None => self.field(number, Reader::integer),
        }
    }

    /// The field `[number]`, an `Int32` (RFC 4120 section 5.2.4).
    ///
    /// # Errors
    /// If it is absent or malformed.
    #[inline(always)]
    pub fn int32_field(&mut self, number: u8) -> Result<i32, Error> {
        match self.integer_field_of_one_byte(number) {
            Some(value) => Ok(value.into()),
            None => self.field(number, Reader::int32),
        }
    }

    // As versions, message types and the numbers of encryption types are.
    #[inline(always)]
    fn integer_field_of_one_byte(&mut self, number: u8) -> Option<i8> {
        let [byte] = self.field_of_len([Tag::context(number).byte(), 3, Tag::INTEGER.byte(), 1])?;
        Some(byte.cast_signed())
    }

    /// The field `[number]`, a `UInt32`; see [`Reader::uint32`].
    ///
    /// # Errors
    /// If it is absent or malformed.
    #[inline(always)]
    pub fn uint32_field(&mut self, number: u8) -> Result<u32, Error> {
        let before = *self;
        match self.wrapped(Tag::context(number), Tag::INTEGER)?.rest() {
            // What random numbers are nearly always, and versions of keys.
            [a @ 1..0x80, b, c, d] => Ok(u32::from_be_bytes([*a, *b, *c, *d])),
            [byte @ ..0x80] => Ok(u32::from(*byte)),
            _ => {
                *self = before;
                self.field(number, Reader::uint32)
            }
        }
    }

    /// The field `[number]`, `Microseconds`; see [`Reader::microseconds`].
    ///
    /// # Errors
    /// If it is absent or malformed.
    #[inline(always)]
    pub fn microseconds_field(&mut self, number: u8) -> Result<u32, Error> {
        let before = *self;
        match self.wrapped(Tag::context(number), Tag::INTEGER)?.rest() {
            // Up to 2^19, which is more than half of them.
            [a @ ..8, b, c] => Ok(u32::from_be_bytes([0, *a, *b, *c])),
            _ => {
                *self = before;
                self.field(number, Reader::microseconds)
            }
        }
    }

    /// The field `[number]`, an `OCTET STRING`.
    ///
    /// # Errors
    /// If it is absent or malformed.
    #[inline(always)]
    pub fn octet_string_field(&mut self, number: u8) -> Result<&'a [u8], Error> {
        Ok(self.wrapped(Tag::context(number), Tag::OCTET_STRING)?.rest())
    }

    /// The field `[number]`, a `GeneralString` without NUL, as bytes.
    ///
    /// # Errors
    /// If it is absent or malformed.
    #[inline(always)]
    pub fn general_string_field(&mut self, number: u8) -> Result<&'a [u8], Error> {
        self.wrapped(Tag::context(number), Tag::GENERAL_STRING)?
            .without_nul()
    }

    /// The field `[number]`, the content of a `SEQUENCE` or `SEQUENCE OF`.
    ///
    /// # Errors
    /// If it is absent or malformed.
    #[inline(always)]
    pub fn sequence_field(&mut self, number: u8) -> Result<Reader<'a>, Error> {
        self.wrapped(Tag::context(number), Tag::SEQUENCE)
    }

    /// The field `[number]`, the first 32 bits of a `BIT STRING`; see [`Reader::bit_string_32`].
    ///
    /// # Errors
    /// If it is absent or malformed.
    #[inline(always)]
    pub fn bit_string_32_field(&mut self, number: u8) -> Result<u32, Error> {
        let of_32_bits = [Tag::context(number).byte(), 7, Tag::BIT_STRING.byte(), 5];
        let before = *self;
        match self.field_of_len::<5>(of_32_bits) {
            Some([0, bits @ ..]) => Ok(u32::from_be_bytes(*bits)),
            _ => {
                *self = before;
                self.field(number, Reader::bit_string_32)
            }
        }
    }

    /// The field `[number]`, a `KerberosTime`; see [`Reader::kerberos_time`].
    ///
    /// # Errors
    /// If it is absent or malformed.
    #[inline(always)]
    pub fn kerberos_time_field(&mut self, number: u8) -> Result<Timestamp, Error> {
        let head = [Tag::context(number).byte(), 17, Tag::GENERALIZED_TIME.byte(), 15];
        let before = *self;
        match self.field_of_len::<15>(head) {
            Some(text) => super::reader::parse_kerberos_time(text)
                .ok_or_else(|| Error::new(before.offset().saturating_add(head.len()), ErrorKind::BadTime)),
            None => self.field(number, Reader::kerberos_time),
        }
    }

    /// The field `[number] OPTIONAL`, read by one of the functions above: absent is `None`, present but malformed is an error.
    ///
    /// # Errors
    /// If the field is present and malformed.
    #[inline(always)]
    pub fn optional<T>(
        &mut self,
        number: u8,
        read: impl FnOnce(&mut Self, u8) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        if self.peek() == Some(Tag::context(number)) {
            read(self, number).map(Some)
        } else {
            Ok(None)
        }
    }
}

// Both lengths in two bytes each, or in one each behind the byte that says so.
#[inline(never)]
fn long_wrapped(rest: &[u8], outer: Tag, inner: Tag) -> Option<(&[u8], &[u8])> {
    let is_either = |o: u8, i: u8| o == outer.byte() && i == inner.byte();
    let (header, inner_len) = match rest {
        [o, 0x82, o1, o0, i, 0x82, i1, i0, ..] if is_either(*o, *i) && *i1 != 0 => {
            let inner_len = u16::from_be_bytes([*i1, *i0]);
            let outer_len = u16::from_be_bytes([*o1, *o0]);
            (
                8,
                Some(inner_len).filter(|len| len.checked_add(4) == Some(outer_len)),
            )
        }
        [o, 0x81, o0, i, 0x81, i0, ..] if is_either(*o, *i) && *i0 >= LONG_LENGTH => {
            (6, Some(u16::from(*i0)).filter(|_| i0.checked_add(3) == Some(*o0)))
        }
        _ => return None,
    };
    let (_, following) = rest.split_at_checked(header)?;
    following.split_at_checked(usize::from(inner_len?))
}
