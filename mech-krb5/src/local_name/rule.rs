//! `RULE:` values: `[n:format]` makes the selection string, `(pattern)` must match all of it, `s/pattern/replacement/g`
//! changes it. Each part may be absent.

use super::MAX_NAME_LEN;
use super::pattern::Pattern;
use crate::principal::PrincipalRef;
use alloc::string::String;
use alloc::vec::Vec;

#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// `n`: a principal of another number of components is not looked at further, however malformed the rest is.
    components: Option<usize>,
    /// `None`: malformed.
    body: Option<Body>,
}

#[derive(Clone, Debug)]
struct Body {
    /// Absent: the principal's text without realm.
    format: Option<Vec<Piece>>,
    /// `None` inside: a pattern that is no regular expression, which matches nothing.
    matching: Option<Option<Pattern>>,
    substitutions: Vec<Substitution>,
    /// Malformed after the pattern: found out only when the pattern has matched.
    is_cut_short: bool,
}

#[derive(Clone, Debug)]
enum Piece {
    Literal(String),
    /// `$0` is the realm, `$1` the first component.
    Part(usize),
}

/// `s/pattern/replacement/`, and `g` for all of them.
#[derive(Clone, Debug)]
struct Substitution {
    pattern: Option<Pattern>,
    replacement: String,
    scope: Scope,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Scope {
    First,
    All,
}

pub(super) enum Applied {
    Mapped(String),
    NotThisOne,
    Malformed,
}

impl Rule {
    /// `None` if the number of components is malformed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix('[') {
            Some(inner) => {
                let (count, rest) = inner.split_once(':')?;
                let components = number(count)?;
                let body =
                    format(rest, components).and_then(|(format, rest)| Body::parse(Some(format), rest));
                Some(Self {
                    components: Some(components),
                    body,
                })
            }
            None => Some(Self {
                components: None,
                body: Body::parse(None, text),
            }),
        }
    }

    pub(super) fn is_well_formed(&self) -> bool {
        self.body.as_ref().is_some_and(|body| {
            let substitutions = &body.substitutions;
            !body.is_cut_short
                && !matches!(body.matching, Some(None))
                && substitutions
                    .iter()
                    .all(|substitution| substitution.pattern.is_some())
        })
    }

    pub(super) fn looks_at_realm(&self) -> bool {
        let format = self.body.as_ref().and_then(|body| body.format.as_ref());
        format.is_some_and(|format| format.iter().any(|piece| matches!(piece, Piece::Part(0))))
    }

    /// `name` is the principal's text without its realm.
    pub(super) fn apply(&self, principal: PrincipalRef<'_>, name: &str) -> Applied {
        if self
            .components
            .is_some_and(|count| count != principal.components().count())
        {
            return Applied::NotThisOne;
        }
        self.body
            .as_ref()
            .map_or(Applied::Malformed, |body| body.apply(principal, name))
    }
}

impl Body {
    fn parse(format: Option<Vec<Piece>>, text: &str) -> Option<Self> {
        let (matching, mut rest) = match text.strip_prefix('(') {
            // The first closing parenthesis ends the pattern: it cannot have groups.
            Some(inner) => {
                let (pattern, rest) = inner.split_once(')')?;
                (Some(Pattern::parse(pattern)), rest)
            }
            None => (None, text),
        };
        let mut substitutions = Vec::new();
        while let Some((substitution, after)) = Substitution::parse(rest) {
            substitutions.push(substitution);
            rest = after;
        }
        Some(Self {
            format,
            matching,
            substitutions,
            is_cut_short: !rest.is_empty(),
        })
    }

    fn apply(&self, principal: PrincipalRef<'_>, name: &str) -> Applied {
        let selected = match &self.format {
            Some(format) => select(format, principal),
            None => Some(name.into()),
        };
        let Some(mut selected) = selected.filter(|selected| selected.len() <= MAX_NAME_LEN) else {
            return Applied::NotThisOne;
        };
        match &self.matching {
            Some(Some(pattern)) if pattern.matches_all(&selected) => {}
            None => {}
            _ => return Applied::NotThisOne,
        }
        for substitution in &self.substitutions {
            match substitution.apply(&selected) {
                Some(changed) => selected = changed,
                None => return Applied::NotThisOne,
            }
        }
        if self.is_cut_short {
            Applied::Malformed
        } else {
            Applied::Mapped(selected)
        }
    }
}

/// Reads up to the closing bracket, and gives what follows it.
fn format(text: &str, components: usize) -> Option<(Vec<Piece>, &str)> {
    let mut format = Vec::new();
    let mut rest = text;
    loop {
        let (literal, from) = rest.split_at_checked(rest.find(['$', ']'])?)?;
        if !literal.is_empty() {
            format.push(Piece::Literal(literal.into()));
        }
        if let Some(after) = from.strip_prefix(']') {
            return Some((format, after));
        }
        let digits = from.get(1..)?;
        // strtol would take these for a part of the number.
        if digits.starts_with(|c: char| matches!(c, '+' | '-') || c.is_ascii_whitespace() || c == '\u{b}') {
            return None;
        }
        let len = digits.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, after) = digits.split_at_checked(len)?;
        let part = number(digits)?;
        if part > components {
            return None;
        }
        format.push(Piece::Part(part));
        rest = after;
    }
}

fn select(format: &[Piece], principal: PrincipalRef<'_>) -> Option<String> {
    let mut selected = String::new();
    for piece in format {
        match piece {
            Piece::Literal(text) => selected.push_str(text),
            Piece::Part(number) => {
                let part = match number.checked_sub(1) {
                    None => principal.realm(),
                    Some(index) => principal.components().nth(index)?,
                };
                selected.push_str(core::str::from_utf8(part).ok()?);
            }
        }
    }
    Some(selected)
}

/// As strtol reads it, but for blanks and signs: no digits are zero, which as a part is the realm.
fn number(digits: &str) -> Option<usize> {
    if digits.is_empty() {
        return Some(0);
    }
    let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

impl Substitution {
    fn parse(text: &str) -> Option<(Self, &str)> {
        let rest = text.trim_ascii_start().strip_prefix("s/")?;
        let (pattern, rest) = rest.split_once('/')?;
        let (replacement, rest) = rest.split_once('/')?;
        let (scope, rest) = match rest.strip_prefix('g') {
            Some(rest) => (Scope::All, rest),
            None => (Scope::First, rest),
        };
        let pattern = Pattern::parse(pattern);
        Some((
            Self {
                pattern,
                replacement: replacement.into(),
                scope,
            },
            rest,
        ))
    }

    /// `None` if the pattern is no regular expression, or too much comes out.
    fn apply(&self, text: &str) -> Option<String> {
        let pattern = self.pattern.as_ref()?;
        let mut changed = String::new();
        let mut rest = text;
        // Each search sees only what is left, so that ^ matches at its start.
        while let Some(found) = pattern.find(rest) {
            changed.push_str(rest.get(..found.start)?);
            changed.push_str(&self.replacement);
            rest = rest.get(found.end..)?;
            // After an empty match the same would be found for ever.
            if self.scope == Scope::First || found.is_empty() {
                break;
            }
        }
        changed.push_str(rest);
        (changed.len() <= MAX_NAME_LEN).then_some(changed)
    }
}
