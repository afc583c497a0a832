//! negotiate-core's DER against the reader of `tlv`: at every place of the input, every type is read by both.
//! What is accepted has the same value and is written again as the same bytes; what is refused is refused by both, with
//! an offset inside the input; nothing is allocated.

use crate::bounds::allocating_at_most;
use crate::tlv::{self, value};
use negotiate_core::Timestamp;
use negotiate_core::der::{Error, Reader, Tag, Writer};
use std::fmt::Debug;

/// Walks through `input` as a series of elements, and through those of constructed elements.
///
/// # Panics
/// If the two readers disagree.
pub fn check(input: &[u8]) {
    let mut series = vec![(Reader::new(input), input)];
    while let Some((mut reader, mut left)) = series.pop() {
        loop {
            let place = Place { reader, left, input };
            allocating_at_most(0, || place.read_and_forget());
            place.read_every_type();
            place.read_fields();
            place.read_fields_at_once();
            assert_eq!(reader.offset(), offset_in(input, left));
            assert_eq!(reader.is_empty(), left.is_empty());
            match (reader.any(), tlv::split(left)) {
                (Ok((tag, content)), Some(((tag_byte, expected), rest))) => {
                    assert_eq!((tag.byte(), content.rest()), (tag_byte, expected));
                    assert_eq!(content.offset(), offset_in(input, expected));
                    let mut again = Writer::new();
                    again.primitive(tag, expected);
                    assert_eq!(again.into_bytes(), left[..left.len() - rest.len()]);
                    if tag.is_constructed() {
                        series.push((content, expected));
                    }
                    left = rest;
                }
                (Err(error), None) => {
                    assert_lies_within(error, input);
                    break;
                }
                (ours, theirs) => panic!("{ours:?}, and {theirs:?}"),
            }
        }
    }
}

struct Place<'a> {
    reader: Reader<'a>,
    left: &'a [u8],
    input: &'a [u8],
}

impl<'a> Place<'a> {
    /// Every method that reads, for what it costs.
    fn read_and_forget(&self) {
        let reader = self.reader;
        let _ = (
            { reader }.any(),
            { reader }.integer(),
            { reader }.enumerated(),
            { reader }.microseconds(),
        );
        let _ = (
            { reader }.int32(),
            { reader }.uint32(),
            { reader }.boolean(),
            { reader }.bit_string_32(),
        );
        let _ = (
            { reader }.octet_string(),
            { reader }.general_string(),
            { reader }.utf8_string(),
        );
        let _ = (
            { reader }.object_identifier(),
            { reader }.kerberos_time(),
            { reader }.skip_extensions(3),
        );
    }

    fn read_every_type(&self) {
        let write = Writer::integer;
        self.compare(Reader::integer, value::integer, |out, value| write(out, *value));
        self.compare(Reader::enumerated, value::enumerated, |out, value| {
            out.enumerated(*value);
        });
        self.compare(Reader::int32, value::int32, |out, value| {
            write(out, (*value).into());
        });
        self.compare(Reader::boolean, value::boolean, |out, value| {
            out.primitive(Tag::BOOLEAN, &[if *value { 0xff } else { 0 }]);
        });
        self.compare(Reader::octet_string, value::octet_string, |out, value| {
            out.octet_string(value);
        });
        self.compare(Reader::general_string, value::general_string, |out, value| {
            out.general_string(value);
        });
        self.compare(Reader::utf8_string, value::utf8_string, |out, value| {
            out.primitive(Tag::UTF8_STRING, value);
        });
        self.compare(
            Reader::object_identifier,
            value::object_identifier,
            |out, value| {
                out.object_identifier(value);
            },
        );
        let time = |element: &[u8]| value::kerberos_time(element).map(Timestamp::from_unix);
        self.compare(Reader::kerberos_time, time, |out, value| {
            out.kerberos_time(*value);
        });
        // These three have several encodings for a value.
        self.compare(
            Reader::microseconds,
            value::microseconds,
            |out, value| match tlv::only(0x02, self.element()) {
                Some(padded @ [0, next, ..]) if *next < 0x80 => out.primitive(Tag::INTEGER, padded),
                _ => out.integer((*value).into()),
            },
        );
        self.compare(Reader::uint32, value::uint32, |out, value| {
            match value::integer(self.element()) {
                Some(negative @ ..0) => out.integer(negative),
                _ => out.integer((*value).into()),
            }
        });
        self.compare(
            Reader::bit_string_32,
            value::bit_string_32,
            |out, value| match tlv::only(0x03, self.element()) {
                Some([0, _, _, _, _]) | None => out.bit_string_32(*value),
                Some(other) => out.primitive(Tag::BIT_STRING, other),
            },
        );
    }

    /// The first element, or all that is left if that is none.
    fn element(&self) -> &'a [u8] {
        match tlv::split(self.left) {
            Some((_, rest)) => &self.left[..self.left.len() - rest.len()],
            None => self.left,
        }
    }

    fn compare<T: PartialEq + Debug>(
        &self,
        ours: fn(&mut Reader<'a>) -> Result<T, Error>,
        theirs: impl FnOnce(&'a [u8]) -> Option<T>,
        write: impl FnOnce(&mut Writer, &T),
    ) {
        let element = self.element();
        let mut reader = self.reader;
        let read = ours(&mut reader);
        match (&read, theirs(element)) {
            (Ok(value), Some(expected)) => {
                assert_eq!(*value, expected);
                assert_eq!(reader.rest(), &self.left[element.len()..]);
                let mut again = Writer::new();
                write(&mut again, value);
                assert_eq!(again.into_bytes(), element);
            }
            (Err(error), None) => assert_lies_within(*error, self.input),
            (_, theirs) => panic!("{read:?}, and {theirs:?} of {element:02x?}"),
        }
    }

    /// Fields of one element, read in one look, as those that are read one header after the other.
    fn read_fields_at_once(&self) {
        self.same_field(Reader::integer_field, Reader::integer);
        self.same_field(Reader::int32_field, Reader::int32);
        self.same_field(Reader::uint32_field, Reader::uint32);
        self.same_field(Reader::microseconds_field, Reader::microseconds);
        self.same_field(Reader::octet_string_field, Reader::octet_string);
        self.same_field(Reader::general_string_field, Reader::general_string);
        self.same_field(Reader::bit_string_32_field, Reader::bit_string_32);
        self.same_field(Reader::kerberos_time_field, Reader::kerberos_time);
        self.same_field(
            |reader, number| Ok(reader.sequence_field(number)?.rest()),
            |field| Ok(field.sequence()?.rest()),
        );
    }

    fn same_field<T: PartialEq + Debug>(
        &self,
        at_once: fn(&mut Reader<'a>, u8) -> Result<T, Error>,
        one_by_one: fn(&mut Reader<'a>) -> Result<T, Error>,
    ) {
        // The number that stands there, so that there is something to read.
        let number = self.left.first().map_or(0, |tag| (tag & 0x1f).min(30));
        let (mut quick, mut slow) = (self.reader, self.reader);
        let (read, expected) = (at_once(&mut quick, number), slow.field(number, one_by_one));
        match (read, expected) {
            (Ok(read), Ok(expected)) => {
                assert_eq!(read, expected);
                assert_eq!((quick.rest(), quick.offset()), (slow.rest(), slow.offset()));
            }
            (Err(error), Err(_)) => assert_lies_within(error, self.input),
            (read, expected) => panic!("{read:?}, and {expected:?} of {:02x?}", self.element()),
        }
        let is_there = self.left.first() == Some(&Tag::context(number).byte());
        match { self.reader }.optional(number, at_once) {
            Ok(read) => assert_eq!(read.is_some(), is_there),
            Err(_) => assert!(is_there),
        }
    }

    /// Explicit tags, raw elements, and the fields of later editions.
    fn read_fields(&self) {
        let expected = tlv::split(self.left).filter(|((tag, _), _)| *tag == 0xa0);
        let inner = expected.and_then(|((_, content), _)| tlv::only(0x04, content));
        let mut reader = self.reader;
        assert_eq!(reader.field(0, Reader::octet_string).ok(), inner);
        let mut reader = self.reader;
        let is_there = self.left.first() == Some(&0xa0);
        match reader.optional_field(0, Reader::octet_string) {
            Ok(read) => assert_eq!((read, is_there), (inner, inner.is_some())),
            Err(_) => assert!(is_there && inner.is_none()),
        }
        let mut reader = self.reader;
        let raw = reader.raw(Tag::SEQUENCE).ok();
        let sequence = tlv::split(self.left).filter(|((tag, _), _)| *tag == 0x30);
        assert_eq!(raw, sequence.map(|_| self.element()));
        assert_eq!({ self.reader }.sequence().is_ok(), raw.is_some());
        let header = tlv::header(self.left);
        assert_eq!(
            self.reader.declared_len().ok(),
            header.map(|(header, content)| header + content)
        );
        let ascend =
            tlv::Fields::read(self.left).is_some_and(|fields| (0..=3).all(|n| fields.get(n).is_none()));
        assert_eq!({ self.reader }.skip_extensions(3).is_ok(), ascend);
    }
}

fn assert_lies_within(error: Error, input: &[u8]) {
    assert!(error.offset() <= input.len(), "{error} of {}", input.len());
}

/// Where `part` begins in `whole`, of which it is a part.
fn offset_in(whole: &[u8], part: &[u8]) -> usize {
    part.as_ptr().addr() - whole.as_ptr().addr()
}
