//! Tag, length and content as X.690 section 8.1 has them, read as far as they go. The strict reader of negotiate-core
//! refuses what is shown here with a fault.

use crate::tree::Fault;

/// An element. `end` is at most where its surroundings end.
pub(crate) struct Tlv {
    pub(crate) tag: u8,
    pub(crate) content: usize,
    pub(crate) end: usize,
    /// It says that it is longer than its surroundings.
    pub(crate) cut: Option<Fault>,
    pub(crate) fault: Option<Fault>,
}

impl Tlv {
    /// Reads the element at `at` of what ends at `end`.
    pub(crate) fn read(space: &[u8], at: usize, end: usize) -> Result<Self, Fault> {
        let stop = |offset: usize, what: &'static str| Err(Fault::new(space, offset, end, what));
        let rest = space.get(at..end).unwrap_or_default();
        let (tag, first) = match *rest {
            [] => return stop(at, "an element was expected, and nothing is left"),
            [tag, ..] if tag & 0x1f == 0x1f => {
                return stop(at, "a tag number above 30, which no type here has");
            }
            [_] => return stop(at + 1, "cut off: the length is missing"),
            [tag, first, ..] => (tag, first),
        };
        let (header, length, non_minimal) = match first {
            0..=0x7f => (2, usize::from(first), false),
            0x80 => return stop(at + 1, "a length of indefinite form, which DER does not have"),
            0x85.. => return stop(at + 1, "a length of more than four bytes"),
            _ => {
                let count = usize::from(first & 0x7f);
                let Some(bytes) = rest.get(2..2 + count) else {
                    return stop(at + 1, "cut off within the length");
                };
                let length = bytes
                    .iter()
                    .fold(0, |length, byte| length << 8 | usize::from(*byte));
                (2 + count, length, length < 0x80 || bytes.first() == Some(&0))
            }
        };
        let content = at + header;
        let declared = content.saturating_add(length);
        let cut = (declared > end).then(|| {
            let there = end.saturating_sub(content);
            Fault::new(
                space,
                end,
                end,
                format!("cut off: {length} bytes announced, {there} are there"),
            )
        });
        let fault = non_minimal.then(|| {
            let what = "a length in more bytes than it needs, which DER does not allow";
            Fault::new(space, at + 1, at + 1, what)
        });
        Ok(Self {
            tag,
            content,
            end: declared.min(end),
            cut,
            fault,
        })
    }
}

/// A tag for people.
pub(crate) fn tag_name(tag: u8) -> String {
    let number = tag & 0x1f;
    match tag >> 6 {
        1 => format!("[APPLICATION {number}]"),
        2 => format!("[{number}]"),
        3 => format!("[PRIVATE {number}]"),
        _ => match number {
            1 => "BOOLEAN".into(),
            2 => "INTEGER".into(),
            3 => "BIT STRING".into(),
            4 => "OCTET STRING".into(),
            5 => "NULL".into(),
            6 => "OBJECT IDENTIFIER".into(),
            10 => "ENUMERATED".into(),
            12 => "UTF8String".into(),
            16 => "SEQUENCE".into(),
            17 => "SET".into(),
            24 => "GeneralizedTime".into(),
            27 => "GeneralString".into(),
            _ => format!("universal tag {number}"),
        },
    }
}
