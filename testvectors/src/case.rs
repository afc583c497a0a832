//! One case of a vector file: named fields, read as text, bytes or numbers.

use std::collections::BTreeMap;
use std::fmt;

/// One test case: the fields of its own and those of its file's head.
///
/// `{case}` prints `file:line: name`, which is what an assertion's message should begin with.
#[derive(Clone, Debug)]
pub struct Case {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) fields: BTreeMap<String, Field>,
}

/// A field's value: the text after the key, and the indented lines that continue it.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) line: usize,
    pub(crate) lines: Vec<String>,
}

impl Case {
    /// What the case shows, in a few words; unique in its file.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text("name")
    }

    /// Where the numbers come from: a section of a document, or a peer with its version and command.
    #[must_use]
    pub fn source(&self) -> &str {
        self.text("source")
    }

    /// The clause that the case exercises.
    #[must_use]
    pub fn spec(&self) -> &str {
        self.text("spec")
    }

    /// What comes of it: `accepted`, or the code or kind of the error. Cases that show a computation have none.
    #[must_use]
    #[track_caller]
    pub fn expect(&self) -> &str {
        self.text("expect")
    }

    /// Whether the field is there, empty or not.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.fields.contains_key(key)
    }

    /// The keys of the case in alphabetical order, those of the file's head among them.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// A field of one line as text.
    ///
    /// # Panics
    ///
    /// If the field is missing or has more than one line.
    #[must_use]
    #[track_caller]
    pub fn text(&self, key: &str) -> &str {
        let field = self.field(key);
        match field.lines.as_slice() {
            [] => "",
            [line] => line,
            _ => panic!("{}: {key} has more than one line", self.at(field)),
        }
    }

    /// A field as a list, one entry a line.
    ///
    /// # Panics
    ///
    /// If the field is missing.
    #[must_use]
    #[track_caller]
    pub fn lines(&self, key: &str) -> Vec<&str> {
        self.field(key).lines.iter().map(String::as_str).collect()
    }

    /// A field as bytes: hex digits with spaces between bytes, over any number of lines, or one line of text in
    /// double quotes, which stands for its UTF-8 bytes.
    ///
    /// # Panics
    ///
    /// If the field is missing or is neither.
    #[must_use]
    #[track_caller]
    pub fn bytes(&self, key: &str) -> Vec<u8> {
        let field = self.field(key);
        match decode(&field.lines) {
            Some(bytes) => bytes,
            None => panic!("{}: {key} is neither hex bytes nor \"text\"", self.at(field)),
        }
    }

    /// A field as a number, decimal or `0x` and hex digits, negative with a leading `-`.
    ///
    /// # Panics
    ///
    /// If the field is missing, is no number, or does not fit the type asked for.
    #[must_use]
    #[track_caller]
    pub fn number<T: TryFrom<i128>>(&self, key: &str) -> T {
        let text = self.text(key);
        match parse_number(text).map(T::try_from) {
            Some(Ok(number)) => number,
            Some(Err(_)) => panic!("{}: {key} does not fit the type", self.at(self.field(key))),
            None => panic!("{}: {key} is not a number", self.at(self.field(key))),
        }
    }

    #[track_caller]
    fn field(&self, key: &str) -> &Field {
        match self.fields.get(key) {
            Some(field) => field,
            None => panic!("{}:{}: no field {key}", self.path, self.line),
        }
    }

    fn at(&self, field: &Field) -> String {
        format!("{}:{}", self.path, field.line)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.line)?;
        match self.fields.get("name").and_then(|name| name.lines.first()) {
            Some(name) => write!(f, ": {name}"),
            None => Ok(()),
        }
    }
}

fn decode(lines: &[String]) -> Option<Vec<u8>> {
    if let [line] = lines
        && let Some(quoted) = line.strip_prefix('"')
    {
        let text = quoted.strip_suffix('"')?;
        return (!text.contains('"')).then(|| text.as_bytes().to_vec());
    }
    let mut bytes = Vec::new();
    for word in lines.iter().flat_map(|line| line.split(' ')) {
        bytes.extend(decode_hex(word)?); // a byte is never split over two words
    }
    Some(bytes)
}

/// Hex digits without anything between them.
pub(crate) fn decode_hex(word: &str) -> Option<Vec<u8>> {
    let byte = |pair: &[u8]| match *pair {
        [high, low] => Some((digit(high)? << 4) | digit(low)?),
        _ => None,
    };
    word.as_bytes().chunks(2).map(byte).collect()
}

fn digit(c: u8) -> Option<u8> {
    match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        b'A'..=b'F' => Some(c - b'A' + 10),
        _ => None,
    }
}

fn parse_number(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (digits, radix) = match digits.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (digits, 10),
    };
    if !digits.bytes().all(|c| c.is_ascii_hexdigit()) {
        return None; // from_str_radix would take a second sign
    }
    let magnitude = i128::from_str_radix(digits, radix).ok()?;
    Some(if negative { -magnitude } else { magnitude })
}
