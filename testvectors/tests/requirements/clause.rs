//! Clauses of specifications, as lists and comments name them: `RFC 4121 sections 4.2.4 and 4.2.6.1`.

use std::fmt;

/// A section or an appendix of a specification.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Clause {
    /// `RFC 4121`, `MS-PAC`.
    pub(crate) spec: String,
    /// `4.2.6.1`, `C`.
    pub(crate) section: String,
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.section.starts_with(|c: char| c.is_ascii_digit()) {
            "section"
        } else {
            "appendix"
        };
        write!(f, "{} {kind} {}", self.spec, self.section)
    }
}

/// Every clause that a text names, comments that go over several lines included.
pub(crate) fn clauses(text: &str) -> Vec<Clause> {
    let lines = text.lines().map(|line| {
        let line = line.trim();
        let markers = ["//!", "///", "//"];
        markers
            .iter()
            .find_map(|marker| line.strip_prefix(marker))
            .unwrap_or(line)
    });
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    let mut found = Vec::new();
    for at in 0..words.len() {
        let word = words[at].trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        let (spec, rest) = match (word, words.get(at + 1)) {
            ("RFC", Some(number)) if number.bytes().all(|c| c.is_ascii_digit()) => {
                (format!("RFC {number}"), at + 2)
            }
            (word, _) if word.starts_with("MS-") => (word.to_owned(), at + 1),
            _ => continue,
        };
        if let Some(&("section" | "sections" | "appendix")) = words.get(rest) {
            found.extend(list(&words[rest + 1..]).map(|section| Clause {
                spec: spec.clone(),
                section,
            }));
        }
    }
    found
}

/// `4.2.4, 4.2.5 and 4.2.6.1` at the beginning of `words`.
fn list<'w>(words: &'w [&'w str]) -> impl Iterator<Item = String> + 'w {
    let mut rest = words.iter();
    let mut goes_on = true;
    std::iter::from_fn(move || {
        if !goes_on {
            return None;
        }
        let mut word = rest.next()?;
        while let "and" | "to" | "section" | "appendix" = *word {
            word = rest.next()?;
        }
        let section = section(word)?;
        goes_on = word.ends_with(',') || matches!(rest.as_slice().first(), Some(&("and" | "to")));
        Some(section)
    })
}

fn section(word: &str) -> Option<String> {
    let is_appendix = word.starts_with(|c: char| c.is_ascii_uppercase());
    let end = word
        .char_indices()
        .position(|(at, c)| !(c.is_ascii_digit() || c == '.' || at == 0 && is_appendix));
    let (number, rest) = word.split_at(end.unwrap_or(word.len()));
    let is_number = number.starts_with(|c: char| c.is_ascii_digit());
    let is_letter = is_appendix && !rest.starts_with(|c: char| c.is_ascii_alphabetic());
    (is_number || is_letter).then(|| number.trim_end_matches('.').to_owned())
}

#[test]
fn clauses_are_found_as_comments_write_them() {
    for (text, expected) in [
        (
            "(RFC 4121 section 4.1.1.1, RFC 4120 section\n    //! 5.8), opened",
            "RFC 4121 section 4.1.1.1; RFC 4120 section 5.8",
        ),
        (
            "/// MS-PAC sections 2.11, 2.12 and 2.13:",
            "MS-PAC section 2.11; MS-PAC section 2.12; MS-PAC section 2.13",
        ),
        (
            "RFC 4178 section 5 b) I, and RFC 4178 appendix C.",
            "RFC 4178 section 5; RFC 4178 appendix C",
        ),
        (
            "RFC 4120 section 3.2.3's order, as RFC 2743 has it",
            "RFC 4120 section 3.2.3",
        ),
        (
            "RFC 4178 section 3, by the name; RFC 3962 appendix B.",
            "RFC 4178 section 3; RFC 3962 appendix B",
        ),
        (
            "RFC 8009 appendix A.2 and 12",
            "RFC 8009 appendix A.2; RFC 8009 section 12",
        ),
        ("RFC 4120 section And", ""),
        ("section 5 of RFC 4178", ""),
    ] {
        let found: Vec<String> = clauses(text).iter().map(ToString::to_string).collect();
        assert_eq!(found.join("; "), expected, "{text}");
    }
}
