//! The grammar of a vector file: lines into cases. The rules are in `README.md`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use crate::case::{Case, Field};

/// What every case has, of its own or from its file's head.
const REQUIRED: [&str; 3] = ["name", "source", "spec"];

/// Why a file is not a vector file.
#[derive(Debug)]
pub(crate) struct ParseError {
    path: String,
    line: usize,
    problem: Problem,
}

/// The rule that the line breaks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// A tab, a carriage return or another control character.
    ControlCharacter,
    /// A space at the end of the line.
    TrailingSpace,
    /// Neither blank, nor a comment, nor `---`, nor indented, nor `key: value`.
    NotAField,
    /// A key with other characters than lower-case letters, digits and `-`.
    BadKey,
    /// An indented line with no field directly above it.
    ContinuesNothing,
    /// The key is already in this case or in the head.
    DuplicateKey(String),
    /// `---` with no field since the `---` before, or since the file's beginning or before its end.
    EmptyCase,
    /// A case without a field that every case must have.
    MissingKey(&'static str),
    /// Two cases of one name.
    DuplicateName(String),
}

/// Splits a file into its cases.
pub(crate) fn parse(path: &str, text: &str) -> Result<Vec<Case>, ParseError> {
    let fail = |line, problem| ParseError {
        path: path.to_owned(),
        line,
        problem,
    };
    let mut blocks = vec![Block::starting_at(1)];
    for (number, line) in (1..).zip(text.split_terminator('\n')) {
        if line == "---" {
            if blocks.last().is_some_and(|block| block.fields.is_empty()) {
                return Err(fail(number, Problem::EmptyCase));
            }
            blocks.push(Block::starting_at(number + 1));
        } else if let Some(block) = blocks.last_mut() {
            block
                .line(number, line)
                .map_err(|problem| fail(number, problem))?;
        }
    }
    if let Some(block) = blocks.last()
        && block.fields.is_empty()
    {
        return Err(fail(block.line, Problem::EmptyCase));
    }

    // A file without `---` is one case; otherwise the first block is the head that the others share.
    let head = if blocks.len() > 1 {
        blocks.remove(0).fields
    } else {
        BTreeMap::new()
    };
    let mut cases: Vec<Case> = Vec::new();
    for mut block in blocks {
        for (key, field) in &head {
            match block.fields.entry(key.clone()) {
                Entry::Vacant(entry) => _ = entry.insert(field.clone()),
                Entry::Occupied(entry) => {
                    return Err(fail(entry.get().line, Problem::DuplicateKey(key.clone())));
                }
            }
        }
        if let Some(key) = REQUIRED.into_iter().find(|key| !block.fields.contains_key(*key)) {
            return Err(fail(block.line, Problem::MissingKey(key)));
        }
        let case = Case {
            path: path.to_owned(),
            line: block.line,
            fields: block.fields,
        };
        if cases.iter().any(|other| other.name() == case.name()) {
            return Err(fail(case.line, Problem::DuplicateName(case.name().to_owned())));
        }
        cases.push(case);
    }
    Ok(cases)
}

/// The fields between two `---`.
struct Block {
    /// Line of the first field, for messages.
    line: usize,
    fields: BTreeMap<String, Field>,
    /// The key that an indented line continues.
    open: Option<String>,
}

impl Block {
    fn starting_at(line: usize) -> Self {
        Self {
            line,
            fields: BTreeMap::new(),
            open: None,
        }
    }

    fn line(&mut self, number: usize, line: &str) -> Result<(), Problem> {
        if line.chars().any(char::is_control) {
            return Err(Problem::ControlCharacter);
        }
        if line.ends_with(' ') {
            return Err(Problem::TrailingSpace);
        }
        let content = line.trim_start_matches(' ');
        if content.is_empty() {
            self.open = None;
            return Ok(());
        }
        if content.starts_with('#') {
            return Ok(());
        }
        if content.len() < line.len() {
            let field = self.open.as_ref().and_then(|key| self.fields.get_mut(key));
            let field = field.ok_or(Problem::ContinuesNothing)?;
            field.lines.push(content.to_owned());
            return Ok(());
        }
        self.field(number, line)
    }

    fn field(&mut self, number: usize, line: &str) -> Result<(), Problem> {
        let (key, value) = match line.split_once(": ") {
            Some((key, value)) => (key, Some(value)),
            None => (line.strip_suffix(':').ok_or(Problem::NotAField)?, None),
        };
        if key.is_empty() || !key.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
            return Err(Problem::BadKey);
        }
        if self.fields.is_empty() {
            self.line = number;
        }
        let field = Field {
            line: number,
            lines: value.map(str::to_owned).into_iter().collect(),
        };
        match self.fields.entry(key.to_owned()) {
            Entry::Vacant(entry) => _ = entry.insert(field),
            Entry::Occupied(_) => return Err(Problem::DuplicateKey(key.to_owned())),
        }
        self.open = Some(key.to_owned());
        Ok(())
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ControlCharacter => f.write_str("control character"),
            Self::TrailingSpace => f.write_str("space at the end of the line"),
            Self::NotAField => f.write_str("expected `key: value`, `---`, a comment or an indented line"),
            Self::BadKey => f.write_str("a key is made of lower-case letters, digits and `-`"),
            Self::ContinuesNothing => f.write_str("indented line with no field directly above"),
            Self::DuplicateKey(key) => write!(f, "second field {key} (a case may not repeat the head)"),
            Self::EmptyCase => f.write_str("no field in this case"),
            Self::MissingKey(key) => write!(f, "the case has no field {key}, nor has the head"),
            Self::DuplicateName(name) => write!(f, "second case named {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "source: made here\nspec: README.md\n---\n";

    fn refused(text: &str) -> (usize, Problem) {
        let error = parse("t.txt", text).expect_err("a file that breaks a rule");
        (error.line, error.problem)
    }

    fn case(fields: &str) -> Case {
        let text = format!("{HEAD}name: it\n{fields}");
        parse("t.txt", &text).expect("a good file").remove(0)
    }

    #[test]
    fn a_file_without_separator_is_one_case() {
        let cases = parse("t.txt", "name: a\nsource: b\nspec: c\n").expect("a good file");
        assert_eq!(cases.len(), 1);
        assert_eq!(
            (cases[0].name(), cases[0].source(), cases[0].spec()),
            ("a", "b", "c")
        );
        assert_eq!(cases[0].to_string(), "t.txt:1: a");
    }

    #[test]
    fn cases_share_the_head() {
        let cases = parse(
            "t.txt",
            &format!("{HEAD}# why\nname: a\nn: 1\n---\nname: b\nn: 2\n"),
        )
        .expect("a good file");
        assert_eq!(cases.len(), 2);
        assert_eq!(cases[1].source(), "made here");
        assert_eq!(cases[1].number::<u8>("n"), 2);
        assert_eq!(cases[1].to_string(), "t.txt:8: b");
    }

    #[test]
    fn bytes_are_hex_or_quoted_text() {
        let case = case("a: 00ff 7F\nb:\n  01 02\n  # a comment\n  03\nc: \"p\u{e4}ss # 1\"\nd:\n");
        assert_eq!(case.bytes("a"), [0x00, 0xff, 0x7f]);
        assert_eq!(case.bytes("b"), [1, 2, 3]);
        assert_eq!(case.bytes("c"), "p\u{e4}ss # 1".as_bytes());
        assert_eq!(case.bytes("d"), [0u8; 0]);
        assert_eq!(case.lines("b"), ["01 02", "03"]);
    }

    #[test]
    fn numbers_have_a_sign_and_a_radix() {
        let case = case("a: 18\nb: -138\nc: 0x8003\nd: 4294967295\n");
        assert_eq!(case.number::<u8>("a"), 18);
        assert_eq!(case.number::<i32>("b"), -138);
        assert_eq!(case.number::<u16>("c"), 0x8003);
        assert_eq!(case.number::<u32>("d"), u32::MAX);
    }

    #[test]
    #[should_panic(expected = "t.txt:4: no field absent")]
    fn a_missing_field_names_the_case() {
        _ = case("a: 1\n").text("absent");
    }

    #[test]
    #[should_panic(expected = "t.txt:5: a is neither hex bytes nor \"text\"")]
    fn half_a_byte_is_refused() {
        _ = case("a: 0ff\n").bytes("a");
    }

    #[test]
    #[should_panic(expected = "t.txt:5: a is neither hex bytes nor \"text\"")]
    fn two_quoted_strings_are_refused() {
        _ = case("a: \"b\" \"c\"\n").bytes("a");
    }

    #[test]
    #[should_panic(expected = "t.txt:5: a does not fit the type")]
    fn a_number_out_of_range_is_refused() {
        _ = case("a: 256\n").number::<u8>("a");
    }

    #[test]
    #[should_panic(expected = "t.txt:5: a is not a number")]
    fn two_signs_are_refused() {
        _ = case("a: --1\n").number::<i8>("a");
    }

    #[test]
    #[should_panic(expected = "t.txt:5: a has more than one line")]
    fn text_is_one_line() {
        _ = case("a: b\n  c\n").text("a");
    }

    #[test]
    fn each_rule_is_enforced() {
        let head = |rest: &str| refused(&format!("{HEAD}{rest}"));
        assert_eq!(refused(""), (1, Problem::EmptyCase));
        assert_eq!(refused("# nothing\n"), (1, Problem::EmptyCase));
        assert_eq!(refused("---\n"), (1, Problem::EmptyCase));
        assert_eq!(head(""), (4, Problem::EmptyCase));
        assert_eq!(head("name: a\n---\n---\n"), (6, Problem::EmptyCase));
        assert_eq!(head("\tname: a\n"), (4, Problem::ControlCharacter));
        assert_eq!(head("name: a\r\n"), (4, Problem::ControlCharacter));
        assert_eq!(head("name: a \n"), (4, Problem::TrailingSpace));
        assert_eq!(head("name\n"), (4, Problem::NotAField));
        assert_eq!(head("----\n"), (4, Problem::NotAField));
        assert_eq!(head("Name: a\n"), (4, Problem::BadKey));
        assert_eq!(head(": a\n"), (4, Problem::BadKey));
        assert_eq!(head("  a\n"), (4, Problem::ContinuesNothing));
        assert_eq!(head("name: a\n\n  b\n"), (6, Problem::ContinuesNothing));
        assert_eq!(head("n: 1\nn: 2\n"), (5, Problem::DuplicateKey("n".into())));
        assert_eq!(
            head("name: a\nspec: b\n"),
            (5, Problem::DuplicateKey("spec".into()))
        );
        assert_eq!(head("n: 1\n"), (4, Problem::MissingKey("name")));
        assert_eq!(refused("name: a\nspec: b\n"), (1, Problem::MissingKey("source")));
        assert_eq!(
            head("name: a\n---\nname: a\n"),
            (6, Problem::DuplicateName("a".into()))
        );
    }
}
