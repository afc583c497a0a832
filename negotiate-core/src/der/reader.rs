use super::{Error, ErrorKind, Tag};
use crate::Timestamp;
use core::num::NonZeroUsize;

/// A cursor over DER bytes. Every method that reads consumes what it read.
///
/// A message has some seventy elements, each of which tells where the next one is, so that reading waits for itself. What it
/// takes is therefore inlined, so that a reader lives in registers; only what is wrong goes through functions that are called
/// with it.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    // Offset behind the last byte of `rest` in the outermost input, for errors. Reading does not change it.
    end: usize,
}

impl<'a> Reader<'a> {
    /// Reads `input` from its first byte.
    #[must_use]
    pub const fn new(input: &'a [u8]) -> Self {
        Self {
            rest: input,
            end: input.len(),
        }
    }

    /// Reads `input`, which starts at `offset` of the bytes that errors speak of.
    #[must_use]
    pub const fn at_offset(input: &'a [u8], offset: usize) -> Self {
        Self {
            rest: input,
            end: offset.saturating_add(input.len()),
        }
    }

    /// Whether everything has been read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What has not been read yet.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Offset of the next byte in the outermost input.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.end.saturating_sub(self.rest.len())
    }

    /// An error of this kind at the next byte.
    #[must_use]
    #[cold]
    pub fn error(&self, kind: ErrorKind) -> Error {
        Error::new(self.offset(), kind)
    }

    /// The next tag, if anything is left.
    #[must_use]
    pub fn peek(&self) -> Option<Tag> {
        self.rest.first().map(|byte| Tag::from_byte(*byte))
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`ErrorKind::TrailingBytes`] if anything is left.
    #[inline(always)]
    pub fn finish(self) -> Result<(), Error> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.error(ErrorKind::TrailingBytes))
        }
    }

    /// The next element, whatever its tag: tag and content.
    ///
    /// # Errors
    /// If the input ends early, or tag or length are not DER.
    pub fn any(&mut self) -> Result<(Tag, Reader<'a>), Error> {
        let Some(tag) = self.peek() else {
            return Err(self.error(ErrorKind::Truncated));
        };
        let (header_len, len) = self.header()?;
        let Some((content, rest)) = self
            .rest
            .get(header_len..)
            .and_then(|following| following.split_at_checked(len))
        else {
            return Err(self.error(ErrorKind::Truncated));
        };
        Ok((tag, self.enter(content, rest)))
    }

    // Goes on behind `content`, which `rest` follows.
    #[inline(always)]
    pub(super) fn enter(&mut self, content: &'a [u8], rest: &'a [u8]) -> Reader<'a> {
        self.rest = rest;
        Self {
            rest: content,
            end: self.end.wrapping_sub(rest.len()),
        }
    }

    // Returns the length of tag and length bytes, and the length of the content.
    fn header(&self) -> Result<(usize, usize), Error> {
        let Some((&tag, after_tag)) = self.rest.split_first() else {
            return Err(self.error(ErrorKind::Truncated));
        };
        if tag & HIGH_NUMBER == HIGH_NUMBER {
            return Err(self.error(ErrorKind::HighTagNumber));
        }
        self.length(after_tag)
    }

    // X.690 section 10.1: definite form, fewest bytes. Returns the length of tag and length bytes, and the length itself.
    fn length(&self, after_tag: &[u8]) -> Result<(usize, usize), Error> {
        let (count, following) = match after_tag.split_first() {
            Some((&len, _)) if len < LONG_LENGTH => return Ok((2, usize::from(len))),
            Some((&first, following)) => (usize::from(first & 0x7f), following),
            None => return Err(self.length_error(ErrorKind::Truncated)),
        };
        if count == 0 {
            return Err(self.length_error(ErrorKind::NonMinimalLength));
        }
        if count > 4 {
            return Err(self.length_error(ErrorKind::LengthTooLarge));
        }
        let Some(bytes) = following.get(..count) else {
            return Err(self.length_error(ErrorKind::Truncated));
        };
        let len = bytes
            .iter()
            .fold(0_u32, |len, byte| (len << 8) | u32::from(*byte));
        if len < 0x80 || bytes.first() == Some(&0) {
            return Err(self.length_error(ErrorKind::NonMinimalLength));
        }
        match usize::try_from(len) {
            Ok(len) => Ok((count.saturating_add(2), len)),
            Err(_) => Err(self.length_error(ErrorKind::LengthTooLarge)),
        }
    }

    // At the first length byte.
    #[cold]
    fn length_error(&self, kind: ErrorKind) -> Error {
        Error::new(self.offset().saturating_add(1), kind)
    }

    /// How long the next element says it is, tag and length bytes included, whether or not so many bytes are there.
    ///
    /// # Errors
    /// If the input ends within tag or length, or they are not DER.
    pub fn declared_len(&self) -> Result<usize, Error> {
        let (header_len, len) = self.header()?;
        match header_len.checked_add(len) {
            Some(len) => Ok(len),
            None => Err(self.error(ErrorKind::LengthTooLarge)),
        }
    }

    /// The content of the next element, which must have this tag.
    ///
    /// # Errors
    /// If the input ends early, another tag is there, or the header is not DER.
    #[inline(always)]
    pub fn element(&mut self, tag: Tag) -> Result<Reader<'a>, Error> {
        let split = match self.rest {
            [found, len, following @ ..] if *found == tag.byte() && *len < LONG_LENGTH => {
                following.split_at_checked(usize::from(*len))
            }
            _ => long_header(self.rest, tag).and_then(|(header_len, len)| {
                let (_, following) = self.rest.split_at_checked(header_len.get())?;
                following.split_at_checked(len)
            }),
        };
        match split {
            Some((content, rest)) if tag.byte() & HIGH_NUMBER != HIGH_NUMBER => Ok(self.enter(content, rest)),
            _ => Err(self.element_error(tag)),
        }
    }

    // Why there is no element of this tag.
    #[cold]
    fn element_error(mut self, tag: Tag) -> Error {
        match self.peek() {
            Some(found) if found != tag => self.error(ErrorKind::UnexpectedTag {
                expected: tag.byte(),
                found: found.byte(),
            }),
            // Of the right tag, it can only be what `any` refuses too.
            _ => match self.any() {
                Err(error) => error,
                Ok(_) => self.error(ErrorKind::Truncated),
            },
        }
    }

    /// The next element whole (tag, length and content), which must have this tag.
    ///
    /// # Errors
    /// As [`Reader::element`].
    pub fn raw(&mut self, tag: Tag) -> Result<&'a [u8], Error> {
        let before = *self;
        self.element(tag)?;
        Ok(self.read_since(before))
    }

    /// What was read since this reader was a copy of `before`.
    #[must_use]
    pub fn read_since(&self, before: Self) -> &'a [u8] {
        let len = before.rest.len().saturating_sub(self.rest.len());
        before.rest.get(..len).unwrap_or_default()
    }

    /// The content of a `SEQUENCE` or `SEQUENCE OF`.
    ///
    /// # Errors
    /// As [`Reader::element`].
    #[inline(always)]
    pub fn sequence(&mut self) -> Result<Reader<'a>, Error> {
        self.element(Tag::SEQUENCE)
    }

    /// The field `[number]` (explicit tag), read by `read`, which must consume its content.
    ///
    /// # Errors
    /// If the field is absent or malformed.
    #[inline(always)]
    pub fn field<T>(
        &mut self,
        number: u8,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut content = self.element(Tag::context(number))?;
        let value = read(&mut content)?;
        content.finish()?;
        Ok(value)
    }

    /// The field `[number] OPTIONAL`: absent is `None`, present but malformed is an error.
    ///
    /// # Errors
    /// If the field is present and malformed.
    #[inline(always)]
    pub fn optional_field<T>(
        &mut self,
        number: u8,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        if self.peek() == Some(Tag::context(number)) {
            self.field(number, read).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Skips the fields that a later edition of an extensible type (`...`) may have added: context tags above `last`,
    /// ascending.
    ///
    /// # Errors
    /// If another tag follows, or the fields do not ascend.
    pub fn skip_extensions(&mut self, last: u8) -> Result<(), Error> {
        let mut last = last;
        while let Some(tag) = self.peek() {
            match tag.context_number() {
                Some(number) if number > last => last = number,
                _ => return Err(self.error(ErrorKind::TrailingBytes)),
            }
            self.any()?;
        }
        Ok(())
    }

    /// An `INTEGER` of at most 64 bits.
    ///
    /// # Errors
    /// If it is absent, not minimal or larger.
    #[inline(always)]
    pub fn integer(&mut self) -> Result<i64, Error> {
        self.integer_with_tag(Tag::INTEGER)
    }

    #[inline(always)]
    fn integer_with_tag(&mut self, tag: Tag) -> Result<i64, Error> {
        let content = self.element(tag)?;
        match content.rest {
            [byte] => Ok(i64::from(byte.cast_signed())),
            _ => content.long_integer(),
        }
    }

    // All of the content of an integer that is not one byte.
    fn long_integer(self) -> Result<i64, Error> {
        let bytes = self.rest;
        let negative = match bytes {
            [] => return Err(self.error(ErrorKind::NonMinimalInteger)),
            // X.690 section 8.3.2: the first nine bits are not all alike.
            [0, next, ..] if next & 0x80 == 0 => return Err(self.error(ErrorKind::NonMinimalInteger)),
            [0xff, next, ..] if next & 0x80 != 0 => return Err(self.error(ErrorKind::NonMinimalInteger)),
            [first, ..] => first & 0x80 != 0,
        };
        if bytes.len() > 8 {
            return Err(self.error(ErrorKind::IntegerOutOfRange));
        }
        let start = if negative { -1_i64 } else { 0 };
        Ok(bytes
            .iter()
            .fold(start, |value, byte| (value << 8) | i64::from(*byte)))
    }

    /// An `Int32` (RFC 4120 section 5.2.4).
    ///
    /// # Errors
    /// If it is absent, not minimal or out of range.
    #[inline(always)]
    pub fn int32(&mut self) -> Result<i32, Error> {
        let before = *self;
        i32::try_from(self.integer()?).map_err(|_| before.error(ErrorKind::IntegerOutOfRange))
    }

    /// A `UInt32` (RFC 4120 section 5.2.4) as peers write it: read-only domain controllers and old implementations
    /// encode the upper half as negative numbers, which stand for the same 32 bits.
    ///
    /// # Errors
    /// If it is absent, not minimal, or outside −2³¹..2³².
    pub fn uint32(&mut self) -> Result<u32, Error> {
        let before = *self;
        let value = self.integer()?;
        u32::try_from(value)
            .or_else(|_| i32::try_from(value).map(i32::cast_unsigned))
            .map_err(|_| before.error(ErrorKind::IntegerOutOfRange))
    }

    /// `Microseconds` (RFC 4120 section 5.2.4): 0 to 999,999, in one to four bytes.
    ///
    /// The one number whose leading zeros are read over: the initiator of the crate `sspi` writes all four bytes of it.
    /// MIT krb5 and Windows take that, and wherever it comes from a client it is sealed.
    ///
    /// # Errors
    /// If it is absent, longer or out of range.
    pub fn microseconds(&mut self) -> Result<u32, Error> {
        let before = *self;
        let content = self.element(Tag::INTEGER)?;
        let value = match content.rest {
            [] => return Err(content.error(ErrorKind::NonMinimalInteger)),
            bytes if bytes.len() > 4 => None,
            [first, ..] if first & 0x80 != 0 => None,
            bytes => Some(
                bytes
                    .iter()
                    .fold(0, |value, byte| (value << 8) | u32::from(*byte)),
            ),
        };
        value
            .filter(|micros| *micros <= 999_999)
            .ok_or_else(|| before.error(ErrorKind::IntegerOutOfRange))
    }

    /// An `ENUMERATED`.
    ///
    /// # Errors
    /// If it is absent, not minimal or larger than 64 bits.
    pub fn enumerated(&mut self) -> Result<i64, Error> {
        self.integer_with_tag(Tag::ENUMERATED)
    }

    /// A `BOOLEAN`.
    ///
    /// # Errors
    /// If it is absent or neither 00 nor FF.
    pub fn boolean(&mut self) -> Result<bool, Error> {
        let content = self.element(Tag::BOOLEAN)?;
        match content.rest {
            [0] => Ok(false),
            [0xff] => Ok(true),
            _ => Err(content.error(ErrorKind::BadBoolean)),
        }
    }

    /// An `OCTET STRING`.
    ///
    /// # Errors
    /// If it is absent.
    #[inline(always)]
    pub fn octet_string(&mut self) -> Result<&'a [u8], Error> {
        Ok(self.element(Tag::OCTET_STRING)?.rest)
    }

    /// The first 32 bits of a `BIT STRING`, bit 0 in the most significant place; missing bits are zero. Kerberos flags
    /// and SPNEGO's ContextFlags may be shorter (also empty) or longer than their type says (RFC 4120 section 5.2.8).
    ///
    /// # Errors
    /// If it is absent or malformed.
    pub fn bit_string_32(&mut self) -> Result<u32, Error> {
        let content = self.element(Tag::BIT_STRING)?;
        // What Kerberos writes.
        if let [0, a, b, c, d] = content.rest {
            return Ok(u32::from_be_bytes([*a, *b, *c, *d]));
        }
        let bad = || content.error(ErrorKind::BadBitString);
        let (&unused, bits) = content.rest.split_first().ok_or_else(bad)?;
        let unset_mask = match unused {
            0 => 0,
            1..=7 => (1_u8 << unused).wrapping_sub(1),
            _ => return Err(bad()),
        };
        match bits.last() {
            None if unused != 0 => return Err(bad()),
            // X.690 section 11.2.1: unused bits are zero.
            Some(last) if last & unset_mask != 0 => return Err(bad()),
            _ => {}
        }
        let mut first = [0; 4];
        for (to, from) in first.iter_mut().zip(bits) {
            *to = *from;
        }
        Ok(u32::from_be_bytes(first))
    }

    /// A `GeneralString`, as Kerberos names and realms are (RFC 4120 section 5.2.1), as bytes.
    ///
    /// # Errors
    /// If it is absent or has a NUL byte, which C peers would take for its end.
    #[inline(always)]
    pub fn general_string(&mut self) -> Result<&'a [u8], Error> {
        self.string(Tag::GENERAL_STRING)
    }

    /// A `UTF8String`, as bytes.
    ///
    /// # Errors
    /// If it is absent or has a NUL byte.
    pub fn utf8_string(&mut self) -> Result<&'a [u8], Error> {
        self.string(Tag::UTF8_STRING)
    }

    #[inline(always)]
    fn string(&mut self, tag: Tag) -> Result<&'a [u8], Error> {
        self.element(tag)?.without_nul()
    }

    #[inline(always)]
    pub(super) fn without_nul(self) -> Result<&'a [u8], Error> {
        if has_nul(self.rest) {
            return Err(self.error(ErrorKind::NulInString));
        }
        Ok(self.rest)
    }

    /// The content bytes of an `OBJECT IDENTIFIER`.
    ///
    /// # Errors
    /// If it is absent, empty, ends inside an arc, or has an arc that is not minimal.
    pub fn object_identifier(&mut self) -> Result<&'a [u8], Error> {
        let content = self.element(Tag::OBJECT_IDENTIFIER)?;
        if is_object_identifier(content.rest) {
            Ok(content.rest)
        } else {
            Err(content.error(ErrorKind::BadObjectIdentifier))
        }
    }

    /// A `KerberosTime` (RFC 4120 section 5.2.3): a `GeneralizedTime` `YYYYMMDDHHMMSSZ`, 1970 to 9999.
    ///
    /// # Errors
    /// If it is absent, of another form, or not in the calendar.
    #[inline(always)]
    pub fn kerberos_time(&mut self) -> Result<Timestamp, Error> {
        let content = self.element(Tag::GENERALIZED_TIME)?;
        parse_kerberos_time(content.rest).ok_or_else(|| content.error(ErrorKind::BadTime))
    }
}

// How long tag and length bytes of an element of this tag are, and how long its content is. It takes and gives what
// registers hold, so that no reader has to go through memory.
#[inline(never)]
fn long_header(rest: &[u8], tag: Tag) -> Option<(NonZeroUsize, usize)> {
    const OF_ONE_BYTE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(2);
    const OF_TWO_BYTES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(3);
    match rest {
        [found, 0x82, high, low, ..] if *found == tag.byte() && *high != 0 => {
            Some((OF_TWO_BYTES, usize::from(u16::from_be_bytes([*high, *low]))))
        }
        [found, 0x81, low, ..] if *found == tag.byte() && *low >= LONG_LENGTH => {
            Some((OF_ONE_BYTE, usize::from(*low)))
        }
        _ => any_header(rest, tag),
    }
}

#[cold]
fn any_header(rest: &[u8], tag: Tag) -> Option<(NonZeroUsize, usize)> {
    let reader = Reader::new(rest);
    let (header_len, len) = reader.header().ok()?;
    Some((NonZeroUsize::new(header_len)?, len)).filter(|_| reader.peek() == Some(tag))
}

// X.690 section 8.19.2: the highest bit is set in all bytes of an arc but its last, and no arc begins with 80.
fn is_object_identifier(content: &[u8]) -> bool {
    let begins_none = |pair: &[u8]| !matches!(pair, [before, 0x80] if before & 0x80 == 0);
    match content {
        [] | [0x80, ..] | [.., 0x80..=0xff] => false,
        _ => !has_byte(content, 0x80) || content.windows(2).all(begins_none),
    }
}

#[inline(never)]
fn has_nul(text: &[u8]) -> bool {
    has_byte(text, 0)
}

#[inline(always)]
fn has_byte(text: &[u8], byte: u8) -> bool {
    let each = |byte: u8| u64::from_ne_bytes([byte; 8]);
    let (eights, rest) = text.as_chunks();
    // A byte is zero if taking 1 from it borrows and its highest bit was not set. Above such a byte others may look so too.
    let has_byte = |eight: &[u8; 8]| {
        let eight = u64::from_le_bytes(*eight) ^ each(byte);
        eight.wrapping_sub(each(0x01)) & !eight & each(0x80) != 0
    };
    eights.iter().any(has_byte) | rest.contains(&byte)
}

// The number bits of a tag byte, all set where the number follows in further bytes (X.690 section 8.1.2.4).
const HIGH_NUMBER: u8 = 0x1f;
// Set in the first length byte where the length follows in further bytes, or is not told (X.690 section 8.1.3.5).
pub(super) const LONG_LENGTH: u8 = 0x80;

#[inline(never)]
pub(super) fn parse_kerberos_time(text: &[u8]) -> Option<Timestamp> {
    let (digits, b"Z") = text.split_first_chunk::<14>()? else {
        return None;
    };
    // The day stands in both halves.
    let [century, year, month, day] = two_digits_each(*digits.first_chunk()?)?;
    let [_, hour, minute, second] = two_digits_each(*digits.last_chunk()?)?;
    let year = century.wrapping_mul(100).wrapping_add(year);
    if year < 1970 {
        return None;
    }
    Timestamp::from_civil(i64::from(year), month, day, hour, minute, second)
}

// The four numbers of two decimal digits each, all of them at once: a login reads half a dozen times.
fn two_digits_each(text: [u8; 8]) -> Option<[u32; 4]> {
    let each = |byte: u8| u64::from_ne_bytes([byte; 8]);
    let text = u64::from_le_bytes(text);
    // 0x30 to 0x39: the upper half is 3, and stays so if 6 is added. What that carries over has no 3 there itself.
    let upper_halves = (text & each(0xf0)) | ((text.wrapping_add(each(0x06)) & each(0xf0)) >> 4);
    if upper_halves != each(0x33) {
        return None;
    }
    let digits = text & each(0x0f);
    // In each pair the tens come first, and so are the lower byte; no sum is above 99.
    let numbers = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let [a, _, b, _, c, _, d, _] = numbers.to_le_bytes();
    Some([a, b, c, d].map(u32::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ErrorKind::*;

    fn kind<T: core::fmt::Debug>(result: Result<T, Error>) -> ErrorKind {
        result.unwrap_err().kind()
    }

    #[test]
    fn lengths_are_definite_and_minimal() {
        assert_eq!(Reader::new(b"\x04\x01a").octet_string(), Ok(&b"a"[..]));
        let mut long = std::vec![0x04, 0x81, 0x80];
        long.extend([7; 0x80]);
        assert_eq!(Reader::new(&long).octet_string().map(<[u8]>::len), Ok(0x80));
        for header in [
            &b"\x04\x82\x01\x00"[..],
            b"\x04\x82\xff\xff",
            b"\x04\x83\x01\x00\x00",
            b"\x04\x84\x01\x00\x00\x00",
        ] {
            let len = header[2..]
                .iter()
                .fold(0, |len, byte| len << 8 | usize::from(*byte));
            let mut long = header.to_vec();
            long.resize(header.len() + len, 7);
            assert_eq!(Reader::new(&long).octet_string().map(<[u8]>::len), Ok(len));
            long.pop();
            assert_eq!(kind(Reader::new(&long).octet_string()), Truncated);
        }
        for (bytes, expected) in [
            (&b"\x04\x81\x01a"[..], NonMinimalLength),
            (b"\x04\x82\x00\x80", NonMinimalLength),
            (b"\x04\x80a\x00\x00", NonMinimalLength),
            (b"\x04\x85\x00\x00\x00\x00\x01", LengthTooLarge),
            (b"\x04\x84\xff\xff\xff\xff", Truncated),
            (
                b"\x88\xff\xff\xff\xff\xff\xff\xff\xff",
                UnexpectedTag {
                    expected: 4,
                    found: 0x88,
                },
            ),
            (b"\x04\x02a", Truncated),
            (b"\x04", Truncated),
            (b"", Truncated),
        ] {
            assert_eq!(kind(Reader::new(bytes).octet_string()), expected, "{bytes:02x?}");
        }
        assert_eq!(kind(Reader::new(b"\x3f\x81\x01\x00").any()), HighTagNumber);
    }

    #[test]
    fn errors_carry_the_offset_in_the_outermost_input() {
        let mut outer = Reader::new(b"\x30\x05\xa0\x03\x02\x01");
        assert_eq!(outer.sequence().unwrap_err(), Error::new(0, Truncated));
        let mut sequence = Reader::new(b"\x30\x05\xa0\x03\x04\x01a").sequence().unwrap();
        let error = sequence.field(0, Reader::integer).unwrap_err();
        assert_eq!(
            error,
            Error::new(
                4,
                UnexpectedTag {
                    expected: 2,
                    found: 4
                }
            )
        );
    }

    #[test]
    fn integers_are_minimal_and_in_range() {
        for (bytes, value) in [
            (&b"\x02\x01\x00"[..], 0),
            (b"\x02\x01\x7f", 127),
            (b"\x02\x02\x00\x80", 128),
            (b"\x02\x01\x80", -128),
            (b"\x02\x01\xff", -1),
            (b"\x02\x08\x7f\xff\xff\xff\xff\xff\xff\xff", i64::MAX),
            (b"\x02\x08\x80\x00\x00\x00\x00\x00\x00\x00", i64::MIN),
        ] {
            assert_eq!(Reader::new(bytes).integer(), Ok(value), "{bytes:02x?}");
        }
        for bytes in [&b"\x02\x00"[..], b"\x02\x02\x00\x7f", b"\x02\x02\xff\x80"] {
            assert_eq!(
                kind(Reader::new(bytes).integer()),
                NonMinimalInteger,
                "{bytes:02x?}"
            );
        }
        assert_eq!(
            kind(Reader::new(b"\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff").integer()),
            IntegerOutOfRange
        );
        assert_eq!(
            kind(Reader::new(b"\x02\x05\x00\x80\x00\x00\x00").int32()),
            IntegerOutOfRange
        );
        assert_eq!(
            Reader::new(b"\x02\x05\x00\xff\xff\xff\xff").uint32(),
            Ok(u32::MAX)
        );
        assert_eq!(Reader::new(b"\x02\x01\xff").uint32(), Ok(u32::MAX));
        assert_eq!(Reader::new(b"\x02\x04\x80\x00\x00\x00").uint32(), Ok(0x8000_0000));
        assert_eq!(
            kind(Reader::new(b"\x02\x05\x01\x00\x00\x00\x00").uint32()),
            IntegerOutOfRange
        );
        assert_eq!(
            kind(Reader::new(b"\x02\x05\xff\x7f\xff\xff\xff").uint32()),
            IntegerOutOfRange
        );
        assert_eq!(
            kind(Reader::new(b"\x02\x03\x0f\x42\x40").microseconds()),
            IntegerOutOfRange
        );
        assert_eq!(Reader::new(b"\x02\x03\x0f\x42\x3f").microseconds(), Ok(999_999));
        assert_eq!(Reader::new(b"\x02\x04\x00\x00\x00\x07").microseconds(), Ok(7));
        for bytes in [
            &b"\x02\x05\x00\x00\x00\x00\x07"[..],
            b"\x02\x01\xff",
            b"\x02\x04\x80\x00\x00\x00",
        ] {
            assert_eq!(
                kind(Reader::new(bytes).microseconds()),
                IntegerOutOfRange,
                "{bytes:02x?}"
            );
        }
        assert_eq!(kind(Reader::new(b"\x02\x00").microseconds()), NonMinimalInteger);
    }

    #[test]
    fn bit_strings_may_be_short_long_or_empty() {
        for (bytes, value) in [
            (&b"\x03\x01\x00"[..], 0),
            (b"\x03\x05\x00\x40\x00\x00\x00", 0x4000_0000),
            (b"\x03\x02\x01\x36", 0x3600_0000),
            (b"\x03\x06\x00\x00\x00\x00\x01\xff", 1),
        ] {
            assert_eq!(Reader::new(bytes).bit_string_32(), Ok(value), "{bytes:02x?}");
        }
        for bytes in [
            &b"\x03\x00"[..],
            b"\x03\x02\x08\x00",
            b"\x03\x01\x01",
            b"\x03\x02\x02\x03",
        ] {
            assert_eq!(
                kind(Reader::new(bytes).bit_string_32()),
                BadBitString,
                "{bytes:02x?}"
            );
        }
    }

    #[test]
    fn times_have_one_form_and_a_calendar() {
        let time = |text: &[u8]| {
            let mut bytes = std::vec![0x18, u8::try_from(text.len()).unwrap()];
            bytes.extend(text);
            Reader::new(&bytes).kerberos_time()
        };
        assert_eq!(time(b"20261122055715Z"), Ok(Timestamp::from_unix(1_795_327_035)));
        for bad in [
            &b"20261122055715"[..],
            b"20261122055715.0Z",
            b"20261122055715+0000",
            b"20260229000000Z",
            b"19691231235959Z",
            b"2026112205571aZ",
            b"20261122245715Z",
            b"20261122055760Z",
            b"",
        ] {
            assert_eq!(kind(time(bad)), BadTime, "{bad:?}");
        }
    }

    #[test]
    fn strings_refuse_nul() {
        assert_eq!(kind(Reader::new(b"\x1b\x03a\x00b").general_string()), NulInString);
        assert_eq!(
            Reader::new(b"\x1b\x02\xc3\x9c").general_string(),
            Ok(&b"\xc3\x9c"[..])
        );
    }

    #[test]
    fn object_identifiers_have_whole_minimal_arcs() {
        assert_eq!(
            Reader::new(b"\x06\x03\x2b\x06\x01").object_identifier(),
            Ok(&b"\x2b\x06\x01"[..])
        );
        for bytes in [&b"\x06\x00"[..], b"\x06\x02\x2b\x86", b"\x06\x03\x2b\x80\x01"] {
            assert_eq!(
                kind(Reader::new(bytes).object_identifier()),
                BadObjectIdentifier,
                "{bytes:02x?}"
            );
        }
    }

    #[test]
    fn an_optional_field_is_absent_or_right() {
        let mut absent = Reader::new(b"\xa1\x03\x02\x01\x05");
        assert_eq!(absent.optional_field(0, Reader::integer), Ok(None));
        assert_eq!(absent.optional_field(1, Reader::integer), Ok(Some(5)));
        let mut trailing = Reader::new(b"\xa1\x04\x02\x01\x05\x00");
        assert_eq!(kind(trailing.optional_field(1, Reader::integer)), TrailingBytes);
    }

    #[test]
    fn extensions_ascend() {
        assert_eq!(Reader::new(b"\xa4\x00\xa6\x00").skip_extensions(3), Ok(()));
        assert_eq!(
            kind(Reader::new(b"\xa4\x00\xa4\x00").skip_extensions(3)),
            TrailingBytes
        );
        assert_eq!(kind(Reader::new(b"\xa3\x00").skip_extensions(3)), TrailingBytes);
        assert_eq!(kind(Reader::new(b"\x04\x00").skip_extensions(3)), TrailingBytes);
    }
}
