//! What one line says, as MIT krb5's prof_parse.c reads it: blanks around it do not count, but for `include`, `includedir` and
//! `module`, which stand at its beginning. A comment is a line of its own, but for those after braces and quoted values.

use super::profile::Continued;
use super::{Include, MAX_LINE_LEN, ProfileErrorKind as Kind};
use alloc::string::String;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Blank, or a comment.
    Nothing,
    Include(Include),
    /// `[name]` or `[name]*`
    Section {
        name: String,
        continued: Continued,
    },
    /// `name = {` or `name =`
    Subsection {
        name: String,
        continued: Continued,
        brace: Brace,
    },
    /// `{`
    OpeningBrace,
    /// `}` or `}*`
    ClosingBrace(Continued),
    /// `name = value`
    Relation {
        name: String,
        value: String,
    },
}

/// Where a subsection's brace is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Brace {
    OnThisLine,
    OnTheNextLine,
}

const BLANKS: [char; 2] = [' ', '\t'];

impl Line {
    /// `bytes` are without the line feed.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Kind> {
        if bytes.len() > MAX_LINE_LEN {
            return Err(Kind::LineTooLong);
        }
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        if let Some(b'#' | b';') = bytes.iter().find(|byte| !is_blank(byte)) {
            return Ok(Self::Nothing);
        }
        let line = core::str::from_utf8(bytes).map_err(|_| Kind::NotUtf8)?;
        let line = line.trim_end_matches('\r');
        if line.contains(|c: char| c.is_control() && c != '\t') {
            return Err(Kind::ControlCharacter);
        }
        if let Some(path) = directive(line, "include") {
            return path.map(Include::File).map(Self::Include);
        }
        if let Some(path) = directive(line, "includedir") {
            return path.map(Include::Directory).map(Self::Include);
        }
        let text = line.trim_matches(BLANKS);
        match text.as_bytes().first() {
            None => Ok(Self::Nothing),
            Some(b'[') => section(text),
            Some(b'{') => after(text, "{", Kind::AfterOpeningBrace).map(|()| Self::OpeningBrace),
            Some(b'}') => {
                let (continued, brace) = match text.starts_with("}*") {
                    true => (Continued::Nowhere, "}*"),
                    false => (Continued::InLaterFiles, "}"),
                };
                after(text, brace, Kind::AfterClosing).map(|()| Self::ClosingBrace(continued))
            }
            Some(_) => relation(text),
        }
    }
}

/// The rest of a line that begins with this word, if it does.
fn directive(line: &str, word: &str) -> Option<Result<String, Kind>> {
    let rest = line.strip_prefix(word)?;
    let path = rest.trim_start_matches(BLANKS);
    match (rest.is_empty() || path != rest, path) {
        (false, _) => None,
        (true, "") => Some(Err(Kind::IncludeWithoutPath)),
        (true, path) => Some(Ok(path.into())),
    }
}

/// `text` begins with `start`, and only a comment may follow.
fn after(text: &str, start: &str, otherwise: Kind) -> Result<(), Kind> {
    let rest = text
        .strip_prefix(start)
        .unwrap_or(text)
        .trim_start_matches(BLANKS);
    if rest.is_empty() || rest.starts_with(['#', ';']) {
        Ok(())
    } else {
        Err(otherwise)
    }
}

fn section(text: &str) -> Result<Line, Kind> {
    let (name, rest) = text
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .ok_or(Kind::SectionNotClosed)?;
    let continued = match rest {
        "" => Continued::InLaterFiles,
        "*" => Continued::Nowhere,
        _ => return Err(Kind::AfterClosing),
    };
    let name = checked(name)?;
    Ok(Line::Section { name, continued })
}

fn relation(text: &str) -> Result<Line, Kind> {
    let (name, value) = text.split_once('=').ok_or(Kind::NotARelation)?;
    let name = name.trim_end_matches(BLANKS);
    let (name, continued) = match name.strip_suffix('*') {
        Some(name) => (name, Continued::Nowhere),
        None => (name, Continued::InLaterFiles),
    };
    let name = checked(name)?;
    let value = value.trim_start_matches(BLANKS);
    let subsection = |name, brace| Line::Subsection {
        name,
        continued,
        brace,
    };
    if value.is_empty() {
        return Ok(subsection(name, Brace::OnTheNextLine));
    }
    if let Some(rest) = value.strip_prefix('{') {
        // MIT krb5 takes `{ kdc = x }` for a value.
        return match rest {
            "" => Ok(subsection(name, Brace::OnThisLine)),
            _ => Err(Kind::AfterOpeningBrace),
        };
    }
    let value = match value.strip_prefix('"') {
        Some(quoted) => unquoted(quoted)?,
        None => value.into(),
    };
    Ok(Line::Relation { name, value })
}

fn checked(name: &str) -> Result<String, Kind> {
    if name.is_empty() {
        Err(Kind::EmptyName)
    } else if name.contains(BLANKS) {
        Err(Kind::BlankInName)
    } else if name.contains('*') {
        Err(Kind::AsteriskInName)
    } else {
        Ok(name.into())
    }
}

/// What follows the first quotation mark, up to the second.
fn unquoted(text: &str) -> Result<String, Kind> {
    let mut value = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return after(characters.as_str(), "", Kind::AfterQuote).map(|()| value),
            '\\' => value.push(match characters.next().ok_or(Kind::QuoteNotClosed)? {
                'n' => '\n',
                't' => '\t',
                'b' => '\u{8}',
                other => other,
            }),
            other => value.push(other),
        }
    }
    Err(Kind::QuoteNotClosed)
}
