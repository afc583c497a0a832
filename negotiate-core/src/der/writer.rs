use super::Tag;
use crate::Timestamp;
use alloc::vec::Vec;

/// How much content a `KerberosTime` has (RFC 4120 section 5.2.3).
pub const KERBEROS_TIME_LEN: usize = 15;

/// Appends DER to one buffer.
#[derive(Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// An empty buffer.
    #[must_use]
    pub const fn new() -> Self {
        Self { out: Vec::new() }
    }

    /// An empty buffer with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            out: Vec::with_capacity(capacity),
        }
    }

    /// Goes on behind these bytes, in their buffer.
    #[must_use]
    pub const fn onto(out: Vec<u8>) -> Self {
        Self { out }
    }

    /// The buffer, for what is appended by other means than these.
    pub const fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// The bytes written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// Bytes that are DER already.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// An element of this tag, whose content `write` appends.
    pub fn element(&mut self, tag: Tag, write: impl FnOnce(&mut Self)) {
        // Most lengths are one byte: only for a longer one the content has to move.
        let start = self.out.len().saturating_add(2);
        self.store([tag.byte(), 0]);
        write(self);
        let len = self.out.len().saturating_sub(start);
        match (u8::try_from(len), self.out.get_mut(start.saturating_sub(1))) {
            (Ok(short @ ..0x80), Some(byte)) => *byte = short,
            _ => self.lengthen(start, len),
        }
    }

    // In one store: two would have to be waited for before they could be copied as one. And of a length that the compiler knows,
    // for else it is a call.
    #[inline]
    fn store<const N: usize>(&mut self, bytes: [u8; N]) {
        self.out.extend_from_slice(&bytes);
    }

    // Makes room for a long length before the content, which starts at `start` behind the one byte that it has so far.
    #[inline(never)]
    fn lengthen(&mut self, start: usize, len: usize) {
        let mut length = [0; 5];
        let length = length_bytes(len, &mut length);
        let more = length.len().saturating_sub(1);
        let content = start..self.out.len();
        self.out.resize(content.end.saturating_add(more), 0);
        self.out.copy_within(content, start.saturating_add(more));
        let length_at = start.saturating_sub(1);
        if let Some(bytes) = self.out.get_mut(length_at..start.saturating_add(more)) {
            bytes.copy_from_slice(length);
        }
    }

    /// An element of this tag with this content.
    pub fn primitive(&mut self, tag: Tag, content: &[u8]) {
        self.header(tag, content.len());
        self.out.extend_from_slice(content);
    }

    /// Tag and length of an element whose `content_len` bytes of content the caller appends next. With
    /// [`Writer::element_len`] a message of known parts is written without moving or growing.
    pub fn header(&mut self, tag: Tag, content_len: usize) {
        match (u8::try_from(content_len), u16::try_from(content_len)) {
            (Ok(short @ ..0x80), _) => self.store([tag.byte(), short]),
            (Ok(byte), _) => self.store([tag.byte(), 0x81, byte]),
            (_, Ok(two_bytes)) => {
                let [high, low] = two_bytes.to_be_bytes();
                self.store([tag.byte(), 0x82, high, low]);
            }
            _ => {
                let mut length = [0; 5];
                self.out.push(tag.byte());
                self.out.extend_from_slice(length_bytes(content_len, &mut length));
            }
        }
    }

    /// How long an element with this much content is.
    #[must_use]
    pub const fn element_len(content_len: usize) -> usize {
        let header_len = match content_len {
            0..0x80 => 2,
            0x80..0x100 => 3,
            0x100..0x1_0000 => 4,
            0x1_0000..0x100_0000 => 5,
            _ => 6,
        };
        content_len.saturating_add(header_len)
    }

    /// How long a field `[number]` is, of one element with this much content.
    #[must_use]
    pub const fn field_len(content_len: usize) -> usize {
        Self::element_len(Self::element_len(content_len))
    }

    /// How much content an `INTEGER` of this value has.
    #[must_use]
    pub fn integer_len(value: i64) -> usize {
        size_of::<i64>().saturating_sub(superfluous_bytes(value))
    }

    /// A `SEQUENCE`.
    pub fn sequence(&mut self, write: impl FnOnce(&mut Self)) {
        self.element(Tag::SEQUENCE, write);
    }

    /// The explicitly tagged field `[number]`.
    pub fn field(&mut self, number: u8, write: impl FnOnce(&mut Self)) {
        self.element(Tag::context(number), write);
    }

    /// An `INTEGER`.
    pub fn integer(&mut self, value: i64) {
        self.integer_with_tag(Tag::INTEGER, value);
    }

    /// An `ENUMERATED`.
    pub fn enumerated(&mut self, value: i64) {
        self.integer_with_tag(Tag::ENUMERATED, value);
    }

    fn integer_with_tag(&mut self, tag: Tag, value: i64) {
        // As versions, message types and the numbers of encryption types are.
        if let Ok(byte @ ..0x80) = u8::try_from(value) {
            return self.store([tag.byte(), 1, byte]);
        }
        let bytes = value.to_be_bytes();
        self.primitive(tag, bytes.get(superfluous_bytes(value)..).unwrap_or(&bytes));
    }

    /// An `OCTET STRING`.
    pub fn octet_string(&mut self, content: &[u8]) {
        self.primitive(Tag::OCTET_STRING, content);
    }

    /// A `BIT STRING` of 32 bits, as Kerberos writes its flags (RFC 4120 section 5.2.8).
    pub fn bit_string_32(&mut self, bits: u32) {
        let [a, b, c, d] = bits.to_be_bytes();
        self.primitive(Tag::BIT_STRING, &[0, a, b, c, d]);
    }

    /// A `GeneralString`.
    pub fn general_string(&mut self, text: &[u8]) {
        self.primitive(Tag::GENERAL_STRING, text);
    }

    /// An `OBJECT IDENTIFIER` of these content bytes.
    pub fn object_identifier(&mut self, content: &[u8]) {
        self.primitive(Tag::OBJECT_IDENTIFIER, content);
    }

    /// A `KerberosTime` (RFC 4120 section 5.2.3): whole seconds, years 0 to 9999.
    pub fn kerberos_time(&mut self, time: Timestamp) {
        let (year, month, day, hour, minute, second) = time.civil();
        let year = u32::try_from(year).unwrap_or(0);
        let mut text: [u8; KERBEROS_TIME_LEN] = *b"YYYYMMDDHHMMSSZ";
        let parts = [year / 100, year, month, day, hour, minute, second];
        for (pair, part) in text.as_chunks_mut::<2>().0.iter_mut().zip(parts) {
            let digit = |value: u32| b'0'.wrapping_add(u8::try_from(value % 10).unwrap_or(0));
            *pair = [digit(part / 10), digit(part)];
        }
        self.primitive(Tag::GENERALIZED_TIME, &text);
    }
}

// X.690 section 8.3.2: as many bytes as the bits that differ from the sign take, and one for the sign; the others of eight.
fn superfluous_bytes(value: i64) -> usize {
    let significant = u64::BITS.saturating_sub((value ^ (value >> 63)).leading_zeros());
    usize::try_from(7_u32.saturating_sub(significant / 8)).unwrap_or(0)
}

fn length_bytes(len: usize, out: &mut [u8; 5]) -> &[u8] {
    // DER of 4 GiB and more is never written: every message here is bounded far below.
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    let [a, b, c, d] = len.to_be_bytes();
    *out = [0x84, a, b, c, d];
    if len < 0x80 {
        *out = [d, 0, 0, 0, 0];
        return &out[..1];
    }
    let zeros = [a, b, c].iter().take_while(|byte| **byte == 0).count();
    let [.., short] = [a, b, c, d];
    match zeros {
        0 => &out[..],
        1 => {
            *out = [0x83, b, c, d, 0];
            &out[..4]
        }
        2 => {
            *out = [0x82, c, d, 0, 0];
            &out[..3]
        }
        _ => {
            *out = [0x81, short, 0, 0, 0];
            &out[..2]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Reader;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_take_the_fewest_bytes() {
        for (len, header) in [
            (0, &b"\x04\x00"[..]),
            (0x7f, b"\x04\x7f"),
            (0x80, b"\x04\x81\x80"),
            (0xff, b"\x04\x81\xff"),
            (0x100, b"\x04\x82\x01\x00"),
            (0xffff, b"\x04\x82\xff\xff"),
            (0x1_0000, b"\x04\x83\x01\x00\x00"),
            (0x100_0000, b"\x04\x84\x01\x00\x00\x00"),
        ] {
            let content = std::vec![0_u8; len];
            let mut flat = Writer::new();
            flat.octet_string(&content);
            let mut nested = Writer::new();
            nested.element(Tag::OCTET_STRING, |inner| inner.raw(&content));
            let flat = flat.into_bytes();
            assert_eq!(&flat[..header.len()], header);
            assert_eq!(flat.len(), Writer::element_len(len));
            assert_eq!(flat, nested.into_bytes());
        }
    }

    #[test]
    fn integers_around_one_byte_take_the_fewest_bytes() {
        for value in -300..=300 {
            let mut writer = Writer::new();
            writer.integer(value);
            let out = writer.into_bytes();
            assert_eq!(
                out.len(),
                Writer::element_len(Writer::integer_len(value)),
                "{value}"
            );
            // Longer ones it refuses.
            assert_eq!(Reader::new(&out).integer(), Ok(value));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(int in any::<i64>(), bits in any::<u32>(), bytes: Vec<u8>, secs in 0..253_402_300_800_i64) {
            let mut writer = Writer::new();
            writer.sequence(|seq| {
                seq.field(0, |field| field.integer(int));
                seq.field(1, |field| field.bit_string_32(bits));
                seq.field(2, |field| field.octet_string(&bytes));
                seq.field(3, |field| field.kerberos_time(Timestamp::from_unix(secs)));
            });
            let out = writer.into_bytes();
            let mut outer = Reader::new(&out);
            let mut seq = outer.sequence().unwrap();
            prop_assert_eq!(seq.field(0, Reader::integer).unwrap(), int);
            prop_assert_eq!(seq.field(1, Reader::bit_string_32).unwrap(), bits);
            prop_assert_eq!(seq.field(2, Reader::octet_string).unwrap(), &bytes[..]);
            prop_assert_eq!(seq.field(3, Reader::kerberos_time).unwrap(), Timestamp::from_unix(secs));
            prop_assert!(seq.is_empty() && outer.is_empty());
        }

        #[test]
        fn reading_anything_ends_without_panic(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            while reader.any().is_ok() && !reader.is_empty() {}
        }
    }
}
