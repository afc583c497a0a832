//! `interop/conformance/explained.txt`: the disagreements that are meant, each with its reason and clause.

/// A class of disagreements that has a reason.
pub(crate) struct Explanation {
    pub(crate) name: String,
    /// What we say, one pattern a line.
    ours: Vec<String>,
    /// What MIT says, one pattern a line.
    mit: Vec<String>,
    /// `kind@place` patterns, one of which a mutation has to match; none stands for any.
    mutations: Vec<String>,
    /// Conversations that need no mutation to match.
    bases: Vec<String>,
    /// How many tokens needed it.
    pub(crate) used: usize,
}

/// Reads the file, which has the format of the vector files.
pub(crate) fn load() -> Vec<Explanation> {
    let cases = testvectors::load("../interop/conformance/explained.txt");
    let lines = |case: &testvectors::Case, key| case.lines(key).into_iter().map(str::to_owned).collect();
    let optional = |case: &testvectors::Case, key| {
        if case.has(key) {
            lines(case, key)
        } else {
            Vec::new()
        }
    };
    let explanation = |case: &testvectors::Case| Explanation {
        name: case.name().to_owned(),
        ours: lines(case, "ours"),
        mit: lines(case, "mit"),
        mutations: optional(case, "mutation"),
        bases: optional(case, "base"),
        used: 0,
    };
    // An explanation without a reason is none.
    cases
        .iter()
        .inspect(|case| assert!(!case.lines("why").is_empty(), "{case}: why"))
        .map(explanation)
        .collect()
}

impl Explanation {
    /// Whether this is the reason why the verdicts on a token differ.
    pub(crate) fn fits(&self, ours: &str, mit: &str, base: &str, mutations: &[String]) -> bool {
        let is_one_of =
            |patterns: &[String], text: &str| patterns.iter().any(|pattern| matches(pattern, text));
        let is_any = self.mutations.is_empty() && self.bases.is_empty();
        let is_kind = is_any
            || is_one_of(&self.bases, base)
            || mutations
                .iter()
                .any(|mutation| is_one_of(&self.mutations, mutation));
        is_kind && is_one_of(&self.ours, ours) && is_one_of(&self.mit, mit)
    }
}

/// Whether a pattern, in which `*` stands for anything, fits all of a text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).any(|end| rest.is_char_boundary(end) && matches(after, &rest[end..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "abcd", false),
            ("*b*", "abc", true),
            ("abc", "abcd", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
