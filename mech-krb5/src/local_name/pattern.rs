//! POSIX extended regular expressions, as `auth_to_local` has them, on an engine with another syntax and preference: brackets
//! are rewritten, and of the matches that start first the longest counts.

use alloc::string::String;
use core::fmt;
use core::fmt::Write as _;
use core::ops::Range;
use regex_automata::nfa::thompson;
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};

/// A pattern ready to be searched for.
#[derive(Clone)]
pub(super) struct Pattern(PikeVM);

/// A compiled pattern of an operator's configuration may take this much memory.
const SIZE_LIMIT: usize = 1 << 20;

impl Pattern {
    /// `None` if it is no regular expression, or has a back-reference.
    pub(super) fn parse(posix: &str) -> Option<Self> {
        let compiler = thompson::Config::new().nfa_size_limit(Some(SIZE_LIMIT));
        PikeVM::builder()
            .configure(PikeVM::config().match_kind(MatchKind::All))
            .syntax(
                syntax::Config::new()
                    .unicode(false)
                    .utf8(false)
                    .dot_matches_new_line(true),
            )
            .thompson(compiler)
            .build(&rewritten(posix)?)
            .ok()
            .map(Self)
    }

    /// Whether the leftmost longest match is the whole text.
    pub(super) fn matches_all(&self, text: &str) -> bool {
        self.find(text) == Some(0..text.len())
    }

    /// The longest match at the first place where there is one.
    pub(super) fn find(&self, text: &str) -> Option<Range<usize>> {
        let mut cache = self.0.create_cache();
        (0..=text.len())
            .filter(|start| text.is_char_boundary(*start))
            .find_map(|start| {
                let input = Input::new(text).span(start..text.len()).anchored(Anchored::Yes);
                self.0.find(&mut cache, input).map(|found| found.range())
            })
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pattern")
    }
}

/// In POSIX brackets a backslash is a backslash, and nothing is an operator but a leading ^, a - between two characters and
/// the classes `[:name:]`.
fn rewritten(posix: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = posix;
    while let Some(at) = rest.find(['[', '\\']) {
        let (before, from) = rest.split_at_checked(at)?;
        out.push_str(before);
        if let Some(quoted) = from.strip_prefix('\\') {
            let character = quoted.chars().next()?;
            push_quoted(&mut out, character)?;
            rest = quoted.get(character.len_utf8()..)?;
        } else {
            rest = push_bracket(&mut out, from.get(1..)?)?;
        }
    }
    out.push_str(rest);
    Some(out)
}

/// Outside brackets: GNU's `\w`, `\b` and so on are the engine's too; a back-reference is nothing; all else stands for itself.
fn push_quoted(out: &mut String, character: char) -> Option<()> {
    match character {
        'w' | 'W' | 's' | 'S' | 'b' | 'B' => write!(out, "\\{character}").ok(),
        '<' => write!(out, "\\b{{start}}").ok(),
        '>' => write!(out, "\\b{{end}}").ok(),
        '1'..='9' => None,
        other => push_literal(out, other),
    }
}

fn push_literal(out: &mut String, character: char) -> Option<()> {
    write!(out, "\\x{{{:x}}}", u32::from(character)).ok()
}

/// IEEE Std 1003.1 section 9.3.5, item 6.
const CLASSES: [&str; 12] = [
    "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
    "xdigit",
];

/// Gives what follows the bracket.
fn push_bracket<'p>(out: &mut String, inner: &'p str) -> Option<&'p str> {
    let mut rest = inner;
    out.push('[');
    if let Some(after) = rest.strip_prefix('^') {
        out.push('^');
        rest = after;
    }
    let mut is_first = true;
    loop {
        if let Some(after) = rest.strip_prefix("[:") {
            let (class, after) = after
                .split_once(":]")
                .filter(|(class, _)| CLASSES.contains(class))?;
            write!(out, "[:{class}:]").ok()?;
            rest = after;
        } else {
            let character = rest.chars().next()?;
            rest = rest.get(character.len_utf8()..)?;
            if character == ']' && !is_first {
                out.push(']');
                return Some(rest);
            }
            push_literal(out, character)?;
            let range = rest.strip_prefix('-').filter(|after| !after.starts_with(']'));
            if let Some(after) = range {
                let last = after.chars().next()?;
                out.push('-');
                push_literal(out, last)?;
                rest = after.get(last.len_utf8()..)?;
            }
        }
        is_first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(posix: &str, text: &str) -> Option<Range<usize>> {
        Pattern::parse(posix).unwrap().find(text)
    }

    // IEEE Std 1003.1 section 9.1: the leftmost of all, and of those the longest.
    #[test]
    fn the_leftmost_longest_match_counts() {
        assert_eq!(find("a|ab|abc", "xabcd"), Some(1..4));
        assert_eq!(find("x*", "aaxx"), Some(0..0));
        assert_eq!(find("b|a*b", "aab"), Some(0..3));
        assert!(Pattern::parse("a|ab").unwrap().matches_all("ab"));
    }

    // IEEE Std 1003.1 section 9.3.5.
    #[test]
    fn brackets_are_those_of_posix() {
        assert_eq!(find("[]x]+", "a]x"), Some(1..3));
        assert_eq!(find("[^]x]", "]xa"), Some(2..3));
        assert_eq!(find("[\\.]+", "a\\."), Some(1..3));
        assert_eq!(find("[a-]+", "b-a"), Some(1..3));
        assert_eq!(find("[[:digit:]_]+", "a1_2"), Some(1..4));
        assert_eq!(find("[a&&b]+", "x&ab"), Some(1..4));
        assert!(Pattern::parse("[a").is_none());
    }

    #[test]
    fn what_is_no_expression_is_none() {
        for posix in ["(a", "*", "a\\1", "[[:nothing:]]", "\\"] {
            assert!(Pattern::parse(posix).is_none(), "{posix}");
        }
    }
}
