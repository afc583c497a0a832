//! Principals and rules of any kind: each local name, and each reason that there is none, as a second implementation of
//! `auth_to_local` has it, written beside MIT krb5's localauth.c, localauth_rule.c and localauth_names.c.
//!
//! The input is lines: the principal, the default realm, then values of `auth_to_local`, and lines `=principal=name` of
//! `auth_to_local_names`.

use crate::bounds::allocating_at_most;
use crate::ere::Expression;
use mech_krb5::{LocalNames, MAX_NAME_LEN, NoLocalName, Principal};

/// # Panics
/// If any of this does not hold.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let mut lines = text.lines();
    let (Some(principal), Some(realm)) = (lines.next(), lines.next()) else {
        return;
    };
    let Ok(principal) = Principal::parse(principal) else {
        return;
    };
    let mut local_names = LocalNames::new(realm);
    let mut second = Second {
        principal: &principal,
        realm,
        names: Vec::new(),
        values: Vec::new(),
    };
    for line in lines.take(16) {
        match line.strip_prefix('=').map(|line| line.split_once('=')) {
            Some(Some((from, to))) => {
                local_names.add_name(from, to);
                second.names.push((from, to));
            }
            Some(None) => {}
            None => {
                local_names.add_value(line);
                second.values.push(line);
            }
        }
    }
    // A search keeps two sets of states for each pattern.
    let mapped = allocating_at_most(4 << 20, || local_names.map(principal.borrow()));
    let Some(expected) = second.map() else {
        return;
    };
    assert_eq!(mapped, expected, "{text:?}");
    // A value that is well-formed is never called malformed.
    if second
        .values
        .iter()
        .all(|value| LocalNames::is_well_formed(value))
    {
        assert_ne!(mapped, Err(NoLocalName::MalformedValue), "{text:?}");
    }
}

struct Second<'a> {
    principal: &'a Principal,
    realm: &'a str,
    names: Vec<(&'a str, &'a str)>,
    values: Vec<&'a str>,
}

/// What a value does.
enum Applied {
    Name(String),
    Next,
    Malformed,
    /// An expression that is too large to be sure whether the other implementation takes it.
    Undecided,
}

impl Second<'_> {
    /// `None` if it cannot be predicted.
    fn map(&self) -> Option<Result<String, NoLocalName>> {
        let parts: Vec<&[u8]> = self.principal.name().components().collect();
        if parts.len() == 2 && parts == [&b"WELLKNOWN"[..], b"ANONYMOUS"] {
            // Which realms make it anonymous is for the tests of principals.
            return None;
        }
        let parts: Option<Vec<&str>> = parts.iter().map(|part| std::str::from_utf8(part).ok()).collect();
        let (Some(parts), Ok(realm)) = (parts, std::str::from_utf8(self.principal.realm())) else {
            return Some(Err(NoLocalName::NotUtf8));
        };
        let name = |quoted: fn(&str) -> String| {
            let parts: Vec<String> = parts.iter().map(|part| quoted(part)).collect();
            parts.join("/")
        };
        if name(quoted).len() + 1 + quoted(realm).len() > MAX_NAME_LEN {
            return Some(Err(NoLocalName::TooLong));
        }
        let name = name(quoted_without_realm);
        let is_ours = realm == self.realm;
        if let Some((_, to)) = self.names.iter().rfind(|(from, _)| is_ours && *from == name) {
            return Some(Ok((*to).to_owned()));
        }
        let by_default = match parts[..] {
            [user] if is_ours => Some(user),
            [user, second] if is_ours && second == self.realm => Some(user),
            _ => None,
        };
        let values = if self.values.is_empty() {
            &["DEFAULT"][..]
        } else {
            &self.values
        };
        for value in values {
            if *value == "DEFAULT" || value.starts_with("DEFAULT:") {
                match by_default {
                    Some(user) => return Some(Ok(user.to_owned())),
                    None => continue,
                }
            }
            let Some(rule) = value.strip_prefix("RULE:") else {
                return Some(Err(NoLocalName::MalformedValue));
            };
            match apply(rule, &parts, realm, &name) {
                // The deviation: a rule that does not look at the realm is for ours only.
                Applied::Name(local) if is_ours || looks_at_realm(rule) => return Some(Ok(local)),
                Applied::Name(_) | Applied::Next => {}
                Applied::Malformed => return Some(Err(NoLocalName::MalformedValue)),
                Applied::Undecided => return None,
            }
        }
        Some(Err(NoLocalName::NoRule))
    }
}

/// RFC 1964 section 2.1.3.
fn quoted(part: &str) -> String {
    let parts: Vec<String> = part.split('@').map(quoted_without_realm).collect();
    parts.join("\\@")
}

/// As krb5_unparse_name_flags does with KRB5_PRINCIPAL_UNPARSE_NO_REALM.
fn quoted_without_realm(part: &str) -> String {
    let mut out = String::new();
    for character in part.chars() {
        match character {
            '/' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\0' => out.push_str("\\0"),
            _ => out.push(character),
        }
    }
    out
}

/// The digits that a text begins with, as strtol reads them, and what follows.
fn strtol(text: &str) -> Option<(usize, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(digits);
    Some((
        if digits.is_empty() {
            0
        } else {
            digits.parse().ok()?
        },
        rest,
    ))
}

/// `$0`, or a `$` without a number, within the brackets.
fn looks_at_realm(rule: &str) -> bool {
    let format = rule.split_once(']').map_or("", |(format, _)| format);
    let mut parts = format.split('$').skip(1);
    rule.starts_with('[') && parts.any(|part| strtol(part).is_some_and(|(number, _)| number == 0))
}

fn apply(rule: &str, parts: &[&str], realm: &str, name: &str) -> Applied {
    let (selected, mut rest) = match rule.strip_prefix('[') {
        None => (name.to_owned(), rule),
        Some(inner) => {
            let Some((count, inner)) = strtol(inner) else {
                return Applied::Malformed;
            };
            let Some(format) = inner.strip_prefix(':') else {
                return Applied::Malformed;
            };
            if count != parts.len() {
                return Applied::Next;
            }
            match select(format, parts, realm) {
                Some(selected) => selected,
                None => return Applied::Malformed,
            }
        }
    };
    if let Some(inner) = rest.strip_prefix('(') {
        let Some((pattern, after)) = inner.split_once(')') else {
            return Applied::Malformed;
        };
        if selected.len() > MAX_NAME_LEN {
            return Applied::Next;
        }
        match Expression::parse(pattern) {
            Some(expression) if expression.size() > MAX_SIZE => return Applied::Undecided,
            Some(expression) if expression.find(&selected) == Some((0, selected.len())) => {}
            _ => return Applied::Next,
        }
        rest = after;
    }
    if selected.len() > MAX_NAME_LEN {
        return Applied::Next;
    }
    let mut local = selected;
    while !rest.is_empty() {
        let parsed = rest
            .trim_start_matches([' ', '\t', '\n', '\u{c}', '\r'])
            .strip_prefix("s/");
        let parsed = parsed.and_then(|rest| rest.split_once('/'));
        let Some((pattern, (replacement, after))) =
            parsed.and_then(|(pattern, rest)| Some((pattern, rest.split_once('/')?)))
        else {
            return Applied::Malformed;
        };
        let is_global = after.starts_with('g');
        rest = &after[usize::from(is_global)..];
        let Some(expression) = Expression::parse(pattern) else {
            return Applied::Next;
        };
        if expression.size() > MAX_SIZE {
            return Applied::Undecided;
        }
        match substitute(&expression, replacement, is_global, &local) {
            Some(changed) if changed.len() <= MAX_NAME_LEN => local = changed,
            _ => return Applied::Next,
        }
    }
    Applied::Name(local)
}

/// Expressions that are surely within the other implementation's bound of memory.
const MAX_SIZE: usize = 256;

fn select<'r>(format: &'r str, parts: &[&str], realm: &str) -> Option<(String, &'r str)> {
    let mut selected = String::new();
    let mut rest = format;
    loop {
        let character = rest.chars().next()?;
        rest = &rest[character.len_utf8()..];
        match character {
            ']' => return Some((selected, rest)),
            '$' if rest.starts_with([' ', '\t', '\n', '\u{b}', '\u{c}', '\r', '+', '-']) => return None,
            '$' => {
                let (number, after) = strtol(rest)?;
                selected.push_str(match number {
                    0 => realm,
                    number => parts.get(number - 1)?,
                });
                rest = after;
            }
            other => selected.push(other),
        }
    }
}

/// `None` if a match ends within a character.
fn substitute(expression: &Expression, replacement: &str, is_global: bool, text: &str) -> Option<String> {
    let mut changed = String::new();
    let mut rest = text;
    while let Some((start, end)) = expression.find(rest) {
        changed += rest.get(..start)?;
        changed += replacement;
        rest = rest.get(end..)?;
        if !is_global || start == end {
            break;
        }
    }
    Some(changed + rest)
}
