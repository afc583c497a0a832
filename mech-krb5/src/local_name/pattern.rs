//! POSIX extended regular expressions, as `auth_to_local` has them, on an engine with another syntax and preference: they are
//! rewritten, and of the matches that start first the longest counts.

use super::extended::rewritten;
use core::fmt;
use core::ops::Range;
use regex_automata::nfa::thompson;
use regex_automata::nfa::thompson::pikevm::{Cache, PikeVM};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};

/// A pattern ready to be searched for.
#[derive(Clone)]
pub(super) struct Pattern {
    /// Where the first match starts.
    leftmost: PikeVM,
    /// Of the matches that start at one place, the longest.
    longest: PikeVM,
}

/// A compiled pattern may take this much memory: some hundred times what patterns of names need, and little enough that a
/// search of the longest name ends soon.
const SIZE_LIMIT: usize = 1 << 16;

impl Pattern {
    /// `None` if it is no regular expression, or has a back-reference.
    pub(super) fn parse(posix: &str) -> Option<Self> {
        let rewritten = rewritten(posix)?;
        let engine = |kind| {
            let syntax = syntax::Config::new()
                .unicode(false)
                .utf8(false)
                .dot_matches_new_line(true);
            PikeVM::builder()
                .configure(PikeVM::config().match_kind(kind))
                .syntax(syntax)
                .thompson(thompson::Config::new().nfa_size_limit(Some(SIZE_LIMIT)))
                .build(&rewritten)
                .ok()
        };
        Some(Self {
            leftmost: engine(MatchKind::LeftmostFirst)?,
            longest: engine(MatchKind::All)?,
        })
    }

    /// Whether the leftmost longest match is the whole text.
    pub(super) fn matches_all(&self, text: &str) -> bool {
        self.longest_at(&mut self.longest.create_cache(), text, 0) == Some(0..text.len())
    }

    /// The longest match at the first place where there is one.
    pub(super) fn find(&self, text: &str) -> Option<Range<usize>> {
        // One search tells where none can be: else each place would be tried up to the end of the text.
        let first = self
            .leftmost
            .find(&mut self.leftmost.create_cache(), text)?
            .start();
        let mut cache = self.longest.create_cache();
        (first..=text.len())
            .filter(|start| text.is_char_boundary(*start))
            .find_map(|start| self.longest_at(&mut cache, text, start))
    }

    fn longest_at(&self, cache: &mut Cache, text: &str, start: usize) -> Option<Range<usize>> {
        let input = Input::new(text).span(start..text.len()).anchored(Anchored::Yes);
        self.longest.find(cache, input).map(|found| found.range())
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

    // Whoever has a long name in another realm has it tried by every rule at every login: a search of each place up to the end
    // would take this test minutes.
    #[test]
    fn a_long_name_that_does_not_match_is_soon_known() {
        let name = "a".repeat(1024);
        let pattern = Pattern::parse(".*[ab]*.*@EXAMPLE\\.COM").unwrap();
        for _ in 0..200 {
            assert!(!pattern.matches_all(&name));
            assert_eq!(pattern.find(&name), None);
        }
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
