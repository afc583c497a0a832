//! The tree that everything is decoded into, and that both renderers show.
//!
//! What must hold of a tree (the fuzz target `decode` sees to it): a node lies inside its space, its children inside it;
//! a fault's offset lies inside the space or at its end; no more than [`MAX_DEPTH`] levels, no more than [`MAX_NODES`]
//! nodes. A space is the input, or what was opened of it.

use crate::Kind;
use negotiate_core::Timestamp;
use std::borrow::Cow;

/// Most levels of a tree: no token of the field needs more than 30, and JSON readers stop at 128 brackets, of which
/// each level takes two.
pub const MAX_DEPTH: usize = 48;

/// Most nodes of a tree: a keytab of 9,000 entries, or a token of a hundred times the usual size.
pub const MAX_NODES: usize = 100_000;

/// Most bytes of a value that are shown, in hex.
pub const MAX_SHOWN: usize = 64;

/// Most bytes of a text that are shown.
pub const MAX_TEXT: usize = 1024;

/// A field: what it is called, what it says, where it lies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// The specification's name of it.
    pub name: &'static str,
    /// Its value, if it has one of its own.
    pub value: Value,
    /// What the value means, or what is worth knowing about it.
    pub meaning: Option<String>,
    /// Of its first byte, in its space.
    pub offset: usize,
    /// How many bytes it takes, with tag and length where it has them.
    pub length: usize,
    /// The section that describes it.
    pub spec: &'static str,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// Its parts.
    pub children: Vec<Node>,
    /// What was sealed in it.
    pub opened: Option<Box<Opened>>,
    /// First byte and end of its content, without tag and length.
    pub(crate) content: (usize, usize),
}

/// The value of a field.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// None: what there is, is in the parts.
    #[default]
    None,
    /// A number.
    Integer(i128),
    /// A truth value.
    Boolean(bool),
    /// A text, cut at [`MAX_TEXT`] bytes. Bytes that are not UTF-8 are shown as `\xNN`.
    Text(String),
    /// A time.
    Time(Timestamp),
    /// Names of the flags that are set; bits without a name as `0x00000040`.
    Flags(Vec<Cow<'static, str>>),
    /// Bytes: the first [`MAX_SHOWN`], and how many there are.
    Bytes(Vec<u8>, usize),
    /// Bytes that are not shown, and how many there are: keys, passwords, and what these can be guessed from.
    Secret(usize),
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Of the offending byte, in the field's space.
    pub offset: usize,
    /// What is wrong there.
    pub what: Cow<'static, str>,
    /// The first [`MAX_SHOWN`] of the bytes that could not be read for it; none where keys stand in the clear.
    pub rest: Vec<u8>,
    /// How many could not be read.
    pub rest_length: usize,
}

/// What was sealed, and opened: a space of its own, offsets in which count from its first byte.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// With which key: whose, which version, of what kind.
    pub with: String,
    /// Bytes of the plaintext.
    pub length: usize,
    /// What it holds.
    pub children: Vec<Node>,
}

impl Node {
    pub(crate) fn new(name: &'static str, spec: &'static str, from: usize, to: usize) -> Self {
        Self {
            name,
            spec,
            offset: from,
            length: to.saturating_sub(from),
            content: (from, to),
            ..Self::default()
        }
    }

    pub(crate) fn with(self, value: Value) -> Self {
        Self { value, ..self }
    }

    /// The part of this name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    pub(crate) fn child_mut(&mut self, name: &str) -> Option<&mut Self> {
        self.children.iter_mut().find(|child| child.name == name)
    }

    /// The value of the part of this name, if it is a number.
    pub(crate) fn integer_of(&self, name: &str) -> Option<i32> {
        match self.child(name)?.value {
            Value::Integer(number) => i32::try_from(number).ok(),
            _ => None,
        }
    }

    /// The text of the part of this name.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        match &self.child(name)?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The content of this node in its space.
    pub(crate) fn content_in<'s>(&self, space: &'s [u8]) -> &'s [u8] {
        space.get(self.content.0..self.content.1).unwrap_or_default()
    }

    /// A fault at `offset`, after which nothing could be read up to `end`.
    pub(crate) fn fault(
        &mut self,
        space: &[u8],
        offset: usize,
        end: usize,
        what: impl Into<Cow<'static, str>>,
    ) {
        self.faults.push(Fault::new(space, offset, end, what));
    }

    /// Takes away the bytes that faults show, wherever keys stand in the clear: in what was opened, and all over a file of
    /// keys. What is cut off or damaged does not say where its key is.
    pub(crate) fn hide_keys(&mut self, kind: Kind) {
        let mut left = vec![(self, kind.holds_keys(), false)];
        while let Some((node, is_of_keys, is_damaged)) = left.pop() {
            let is_damaged = is_damaged || !node.faults.is_empty();
            if is_of_keys {
                node.faults.iter_mut().for_each(|fault| fault.rest.clear());
                if let (true, Value::Bytes(_, length)) = (is_damaged, &node.value) {
                    node.value = Value::Secret(*length);
                }
            }
            left.extend(
                node.children
                    .iter_mut()
                    .map(|child| (child, is_of_keys, is_damaged)),
            );
            let opened = node.opened.iter_mut().flat_map(|opened| &mut opened.children);
            left.extend(opened.map(|child| (child, true, false)));
        }
    }

    /// This node and all below it, those of what was opened too, in no particular order.
    pub fn walk(&self) -> impl Iterator<Item = &Self> {
        let mut left = vec![self];
        std::iter::from_fn(move || {
            let node = left.pop()?;
            left.extend(&node.children);
            left.extend(node.opened.iter().flat_map(|opened| &opened.children));
            Some(node)
        })
    }
}

impl Fault {
    pub(crate) fn new(space: &[u8], offset: usize, end: usize, what: impl Into<Cow<'static, str>>) -> Self {
        let rest = space.get(offset..end).unwrap_or_default();
        Self {
            offset: offset.min(space.len()),
            what: what.into(),
            rest: rest.iter().copied().take(MAX_SHOWN).collect(),
            rest_length: rest.len(),
        }
    }
}

/// A time in RFC 3339, with microseconds where it has them.
pub(crate) fn rfc3339(time: Timestamp) -> String {
    let seconds = time.to_string();
    match (time.subsec_micros(), seconds.strip_suffix('Z')) {
        (micros @ 1.., Some(seconds)) => format!("{seconds}.{micros:06}Z"),
        _ => seconds,
    }
}

impl Value {
    /// Bytes as they are.
    pub(crate) fn bytes(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.iter().copied().take(MAX_SHOWN).collect(), bytes.len())
    }

    /// Text in UTF-8, or in whatever else.
    pub(crate) fn text(bytes: &[u8]) -> Self {
        let cut = bytes.get(..MAX_TEXT).unwrap_or(bytes);
        let mut text = String::with_capacity(cut.len());
        for chunk in cut.utf8_chunks() {
            text.push_str(chunk.valid());
            for byte in chunk.invalid() {
                text.push_str(&format!("\\x{byte:02x}"));
            }
        }
        if cut.len() < bytes.len() {
            text.push_str("...");
        }
        Self::Text(text)
    }

    /// Little-endian UTF-16; `None` if it is none. NULs at the end are no part of the text.
    pub(crate) fn utf16(bytes: &[u8]) -> Option<Self> {
        let (units, []) = bytes.as_chunks::<2>() else {
            return None;
        };
        let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
        let text: String = char::decode_utf16(units).collect::<Result<_, _>>().ok()?;
        Some(Self::text(text.as_bytes()))
    }

    /// Flags by their bits' names.
    pub(crate) fn flags(bits: u32, names: &[(u32, &'static str)]) -> Self {
        let named = names.iter().filter(|(bit, _)| bits & bit != 0);
        let mut flags: Vec<Cow<'static, str>> = named.map(|(_, name)| Cow::from(*name)).collect();
        let known = names.iter().fold(0, |known, (bit, _)| known | bit);
        let unknown = (0..32)
            .map(|bit| 1_u32 << bit)
            .filter(|bit| bits & !known & bit != 0);
        flags.extend(unknown.map(|bit| Cow::from(format!("{bit:#010x}"))));
        Self::Flags(flags)
    }

    /// A FILETIME, 0 and the largest of which stand for never; as a number what no calendar has.
    pub(crate) fn file_time(steps: u64) -> Self {
        match Timestamp::from_file_time(steps) {
            Some(time) if time.civil().0 <= 9999 => Self::Time(time),
            _ => Self::Integer(steps.into()),
        }
    }
}
