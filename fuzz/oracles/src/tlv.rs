//! A second reader of DER, written from X.690 sections 8.1 and 10.1 for comparison with negotiate-core's: it takes a
//! length at its word, writes it anew in the fewest bytes, and looks whether that is what was there.

/// Tag byte and content of one element.
pub(crate) type Element<'a> = (u8, &'a [u8]);

/// The first element and what follows it; `None` if that is not DER of a tag number up to 30.
pub(crate) fn split(input: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (header_len, content_len) = header(input)?;
    let (content, rest) = input.get(header_len..)?.split_at_checked(content_len)?;
    Some(((input[0], content), rest))
}

/// The length of tag and length bytes, and the length that they tell, whether or not so much content is there.
pub(crate) fn header(input: &[u8]) -> Option<(usize, usize)> {
    let tag = *input.first()?;
    let first = *input.get(1)?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (header_len, content_len) = match first {
        0..=0x7f => (2, usize::from(first)),
        0x81..=0x84 => {
            let header_len = 2 + usize::from(first - 0x80);
            let digits = input.get(2..header_len)?;
            let value = digits
                .iter()
                .fold(0, |value, digit| value * 256 + usize::from(*digit));
            (header_len, value)
        }
        _ => return None,
    };
    (length(content_len) == input[1..header_len]).then_some((header_len, content_len))
}

/// All of `input` as a series of elements.
pub(crate) fn series(mut input: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut elements = Vec::new();
    while !input.is_empty() {
        let (element, rest) = split(input)?;
        elements.push(element);
        input = rest;
    }
    Some(elements)
}

/// The content of the one element of this tag that `input` is.
pub(crate) fn only(tag: u8, input: &[u8]) -> Option<&[u8]> {
    match split(input)? {
        ((found, content), []) if found == tag => Some(content),
        _ => None,
    }
}

/// An element.
pub(crate) fn write(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag], &*length(content.len()), content].concat()
}

fn length(len: usize) -> Vec<u8> {
    if len < 0x80 {
        return vec![len as u8];
    }
    let digits: Vec<u8> = len
        .to_be_bytes()
        .into_iter()
        .skip_while(|digit| *digit == 0)
        .collect();
    [&[0x80 + digits.len() as u8], &*digits].concat()
}

/// The fields of a `SEQUENCE` whose components are all context-specific and stand in ascending order, each at most once.
pub(crate) struct Fields<'a>(Vec<(u8, &'a [u8])>);

impl<'a> Fields<'a> {
    /// Reads the content of the `SEQUENCE`.
    pub(crate) fn read(content: &'a [u8]) -> Option<Self> {
        let fields: Vec<_> = series(content)?
            .into_iter()
            .map(|(tag, content)| (0xa0..0xbf).contains(&tag).then(|| (tag - 0xa0, content)))
            .collect::<Option<_>>()?;
        fields
            .is_sorted_by(|one, next| one.0 < next.0)
            .then_some(Self(fields))
    }

    /// The content of a field, if the field is there.
    pub(crate) fn get(&self, number: u8) -> Option<&'a [u8]> {
        self.0
            .iter()
            .find(|(found, _)| *found == number)
            .map(|(_, content)| *content)
    }

    /// A field that may be absent: `None` if it is there and `read` does not understand it.
    pub(crate) fn optional<T>(
        &self,
        number: u8,
        read: impl FnOnce(&'a [u8]) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.get(number) {
            None => Some(None),
            Some(content) => read(content).map(Some),
        }
    }

    /// A field that must be there and that `read` understands.
    pub(crate) fn required<T>(&self, number: u8, read: impl FnOnce(&'a [u8]) -> Option<T>) -> Option<T> {
        self.get(number).and_then(read)
    }

    /// Whether there is no field above this one.
    pub(crate) fn end_at(&self, last: u8) -> Option<()> {
        self.0.iter().all(|(number, _)| *number <= last).then_some(())
    }
}

/// What primitive elements stand for: each takes the whole element.
pub(crate) mod value {
    use super::only;

    /// `INTEGER` of at most 64 bits.
    pub(crate) fn integer(element: &[u8]) -> Option<i64> {
        integer_of(only(0x02, element)?)
    }

    /// `ENUMERATED` of at most 64 bits.
    pub(crate) fn enumerated(element: &[u8]) -> Option<i64> {
        integer_of(only(0x0a, element)?)
    }

    // X.690 section 8.3: two's complement in the fewest bytes.
    fn integer_of(content: &[u8]) -> Option<i64> {
        let sign = match content {
            [] => return None,
            [first, ..] if content.len() <= 8 => (*first as i8) >> 7,
            _ => return None,
        };
        let mut wide = [sign as u8; 8];
        wide[8 - content.len()..].copy_from_slice(content);
        let value = i64::from_be_bytes(wide);
        let fewest = (1..=8).find(|bytes| {
            let kept = 64 - 8 * bytes;
            (value << kept) >> kept == value
        })?;
        (fewest == content.len()).then_some(value)
    }

    /// `Int32`.
    pub(crate) fn int32(element: &[u8]) -> Option<i32> {
        integer(element)?.try_into().ok()
    }

    /// `UInt32`, its upper half also as negative numbers.
    pub(crate) fn uint32(element: &[u8]) -> Option<u32> {
        match integer(element)? {
            value @ 0..=0xffff_ffff => Some(value as u32),
            value @ -0x8000_0000..0 => Some((value + 0x1_0000_0000) as u32),
            _ => None,
        }
    }

    /// `Microseconds`, which may have leading zeros up to four bytes.
    pub(crate) fn microseconds(element: &[u8]) -> Option<u32> {
        let content = only(0x02, element).filter(|content| (1..=4).contains(&content.len()))?;
        let mut wide = [if content[0] < 0x80 { 0 } else { 0xff }; 4];
        wide[4 - content.len()..].copy_from_slice(content);
        let micros = u32::try_from(i32::from_be_bytes(wide)).ok()?;
        (micros < 1_000_000).then_some(micros)
    }

    /// `BOOLEAN`.
    pub(crate) fn boolean(element: &[u8]) -> Option<bool> {
        match only(0x01, element)? {
            [0x00] => Some(false),
            [0xff] => Some(true),
            _ => None,
        }
    }

    /// `OCTET STRING`.
    pub(crate) fn octet_string(element: &[u8]) -> Option<&[u8]> {
        only(0x04, element)
    }

    /// `GeneralString` without NUL.
    pub(crate) fn general_string(element: &[u8]) -> Option<&[u8]> {
        only(0x1b, element).filter(|text| !text.contains(&0))
    }

    /// `UTF8String` without NUL.
    pub(crate) fn utf8_string(element: &[u8]) -> Option<&[u8]> {
        only(0x0c, element).filter(|text| !text.contains(&0))
    }

    /// The first 32 bits of a `BIT STRING`.
    pub(crate) fn bit_string_32(element: &[u8]) -> Option<u32> {
        let (unused, bytes) = only(0x03, element)?.split_first()?;
        let bits: Vec<bool> = bytes
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
            .collect();
        let used = bits.len().checked_sub(usize::from(*unused))?;
        if *unused > 7 || bits[used..].contains(&true) {
            return None;
        }
        let first = bits.into_iter().chain(std::iter::repeat(false)).take(32);
        Some(first.fold(0, |value, bit| value << 1 | u32::from(bit)))
    }

    /// The contents of an `OBJECT IDENTIFIER`: whole subidentifiers, none with a leading zero digit.
    pub(crate) fn object_identifier(element: &[u8]) -> Option<&[u8]> {
        let contents = only(0x06, element)?;
        let subidentifiers = contents.split_inclusive(|byte| *byte < 0x80);
        let well_formed =
            |arc: &[u8]| arc.first() != Some(&0x80) && arc.last().is_some_and(|last| *last < 0x80);
        (!contents.is_empty() && subidentifiers.into_iter().all(well_formed)).then_some(contents)
    }

    /// A `KerberosTime` in seconds since 1970, years 1970 to 9999.
    pub(crate) fn kerberos_time(element: &[u8]) -> Option<i64> {
        let text = std::str::from_utf8(only(0x18, element)?).ok()?;
        let digits = text.strip_suffix('Z')?;
        if digits.len() != 14 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number = |from, to| digits[from..to].parse::<i64>().ok();
        let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
        let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
        let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let month_len = |month| match month {
            4 | 6 | 9 | 11 => 30,
            2 => 28 + i64::from(is_leap(year)),
            1..=12 => 31,
            _ => 0,
        };
        if year < 1970 || day < 1 || day > month_len(month) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let years: i64 = (1970..year).map(|year| 365 + i64::from(is_leap(year))).sum();
        let days = years + (1..month).map(month_len).sum::<i64>() + day - 1;
        Some(((days * 24 + hour) * 60 + minute) * 60 + second)
    }
}
