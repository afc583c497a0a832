//! POSIX extended regular expressions, as `auth_to_local` has them, on an engine with another syntax and preference: they are
//! rewritten, and of the matches that start first the longest counts.

use super::extended::rewritten;
use core::fmt;
use core::ops::Range;
use regex_automata::nfa::thompson;
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};

/// A pattern ready to be searched for.
#[derive(Clone)]
pub(super) struct Pattern(PikeVM);

/// A compiled pattern may take this much memory: some hundred times what patterns of names need, and little enough that a
/// search of the longest name ends soon.
const SIZE_LIMIT: usize = 1 << 16;

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
        for posix in [
            "",
            "(a",
            "a)",
            "*",
            "^*",
            "a|*",
            "a\\1",
            "[[:nothing:]]",
            "[a",
            "[[.a.]]",
            "[b-a]",
            "\\",
        ] {
            assert!(Pattern::parse(posix).is_none(), "{posix}");
        }
    }

    // IEEE Std 1003.1 section 9.4 leaves these undefined; in the engine some of them mean something else.
    #[test]
    fn what_posix_does_not_define_is_no_expression() {
        for posix in [
            "a**",
            "a+?",
            "a{1}{2}",
            "a{1}?",
            "{1}",
            "a{",
            "a{x}",
            "a{,2}",
            "a{2,1}",
            "a{256}",
            "()",
            "(|a)",
            "a|",
            "|a",
            "a||b",
            "(?i)a",
            "(?:a)",
            "(*)",
            "\\d",
            "\\n",
            "\\z",
            "\\`",
            "\\'",
            "\\pL",
            "[\u{fc}]",
            "[a-[:digit:]]",
        ] {
            assert!(Pattern::parse(posix).is_none(), "{posix}");
        }
        assert_eq!(find("a{2,3}", "xaaaa"), Some(1..4));
        assert_eq!(find("(ab|a)(c|bcd)$", "xabcd"), Some(1..5));
        assert_eq!(find("\\.#&~-", ".#&~-"), Some(0..5));
        assert_eq!(find("\u{fc}+", "x\u{fc}\u{fc}"), Some(1..5));
    }
}
