//! What is wrong with a configuration file: the file, the line, the key, and what was probably meant.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// A configuration that cannot be used. Shown as `FILE:LINE: KEY: what is wrong`.
#[derive(Debug)]
pub(crate) struct ConfigError {
    file: PathBuf,
    line: Option<usize>,
    key: Option<String>,
    problem: String,
    advice: Option<String>,
}

impl ConfigError {
    /// The file itself cannot be read.
    pub(super) fn unreadable(file: &Path, error: &std::io::Error) -> Self {
        Self {
            file: file.into(),
            line: None,
            key: None,
            problem: format!("cannot be read: {error}"),
            advice: Some("check the path".into()),
        }
    }

    /// A key that is well-formed by itself and does not go with the others. `key` is dotted.
    pub(super) fn at_key(file: &Path, text: &str, key: &str, problem: &str, advice: &str) -> Self {
        Self {
            file: file.into(),
            line: line_of_key(text, key),
            key: Some(key.into()),
            problem: problem.into(),
            advice: Some(advice.into()),
        }
    }

    /// What the TOML parser or a value's own parser says.
    pub(super) fn from_toml(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().unwrap_or_default();
        let mut key = key_at(text, &at);
        if key.is_none() && error.message() == "duplicate key" {
            // The parser keeps the first one; this is the second as it is written.
            key = text.get(at.clone()).map(str::to_owned);
        }
        let (problem, advice) = match Names::parse(error.message()) {
            Some(Names::UnknownKey { got, known }) => {
                ("unknown key".to_owned(), Some(meant(got, &known, "keys here")))
            }
            Some(Names::UnknownValue { got, known }) => (
                format!("unknown value \"{got}\""),
                Some(meant(got, &known, "values")),
            ),
            Some(Names::MissingKey(missing)) => {
                key = Some(match key {
                    Some(table) => format!("{table}.{missing}"),
                    None => missing.to_owned(),
                });
                ("the key is missing".to_owned(), None)
            }
            None => match error.message().split_once(HELP) {
                Some((problem, advice)) => (problem.to_owned(), Some(advice.to_owned())),
                None => (error.message().to_owned(), None),
            },
        };
        Self {
            file: file.into(),
            line: Some(line_at(text, at.start)),
            key,
            problem,
            advice,
        }
    }

    /// What to do about it, if more is known than the problem says.
    pub(crate) fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

/// Between the problem and the advice in the error text of a value's parser, which can hand over only one string.
pub(crate) const HELP: &str = "\u{1f}";

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ": {key}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for ConfigError {}

/// The messages of serde that name what it wanted: it keeps them only as text.
enum Names<'a> {
    UnknownKey { got: &'a str, known: Vec<&'a str> },
    UnknownValue { got: &'a str, known: Vec<&'a str> },
    MissingKey(&'a str),
}

impl<'a> Names<'a> {
    fn parse(message: &'a str) -> Option<Self> {
        let mut quoted = message.split('`').skip(1).step_by(2);
        let first = quoted.next()?;
        if message.starts_with("missing field") {
            Some(Self::MissingKey(first))
        } else if message.starts_with("unknown field") {
            let known = quoted.collect();
            Some(Self::UnknownKey { got: first, known })
        } else if message.starts_with("unknown variant") {
            let known = quoted.collect();
            Some(Self::UnknownValue { got: first, known })
        } else {
            None
        }
    }
}

fn meant(got: &str, known: &[&str], what: &str) -> String {
    let all = known.join(", ");
    match closest(got, known) {
        Some(name) => format!("did you mean `{name}`? The {what}: {all}"),
        None => format!("the {what}: {all}"),
    }
}

/// The known name that a person who typed `got` most likely meant.
fn closest<'a>(got: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |name: &str| name.to_ascii_lowercase().replace('-', "_");
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(&plain(got), name), *name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

fn line_at(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

fn line_of_key(text: &str, key: &str) -> Option<usize> {
    let (root, _) = DeTable::parse_recoverable(text);
    let mut table = root.get_ref();
    let mut parts = key.split('.').peekable();
    while let Some(part) = parts.next() {
        let (name, value) = table.get_key_value(part)?;
        if parts.peek().is_none() {
            return Some(line_at(text, name.span().start));
        }
        table = value.get_ref().as_table()?;
    }
    None
}

/// The dotted key whose name or value covers `at`. Of a value in an array, the key of the array.
fn key_at(text: &str, at: &Range<usize>) -> Option<String> {
    let (root, _) = DeTable::parse_recoverable(text);
    let mut path: Vec<&str> = Vec::new();
    let mut table = root.get_ref();
    loop {
        let covers = |span: Range<usize>| span.start <= at.start && at.end <= span.end;
        let inside = table.iter().find(|(name, value)| {
            covers(name.span()) || covers(value.span()) || value_reaches(value.get_ref(), &covers)
        });
        let Some((name, value)) = inside else { break };
        path.push(name.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => break,
        }
    }
    (!path.is_empty()).then(|| path.join("."))
}

/// Whether something within `value` covers the place: the span of a table is only its header's.
fn value_reaches(value: &DeValue<'_>, covers: &dyn Fn(Range<usize>) -> bool) -> bool {
    match value {
        DeValue::Table(table) => table.iter().any(|(name, value)| {
            covers(name.span()) || covers(value.span()) || value_reaches(value.get_ref(), covers)
        }),
        _ => false,
    }
}
