//! Local names of principals: `auth_to_local` and `auth_to_local_names` of krb5.conf, with MIT krb5's meaning.
//!
//! One deviation, on purpose: a rule that does not look at the realm maps no principal of a foreign realm. With MIT it maps
//! `root` of any trusted realm to the local `root`.
//!
//! Not here: reading krb5.conf. Whether the local account exists, and `.k5login`, is for others to ask.

mod extended;
mod pattern;
mod rule;

use crate::principal::PrincipalRef;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use rule::{Applied, Rule};

/// Maps principals to local names.
#[derive(Clone, Debug, Default)]
pub struct LocalNames {
    default_realm: String,
    /// By the principal's text without realm, in which `@` is not quoted.
    names: BTreeMap<String, String>,
    /// `None`: there is no `auth_to_local` at all, which means `DEFAULT`.
    values: Option<Vec<Value>>,
}

/// Longest principal that is mapped, in bytes, and longest string on the way to its local name: four times the longest name
/// of an account that any system has.
pub const MAX_NAME_LEN: usize = 1024;

/// One value of `auth_to_local`.
#[derive(Clone, Debug)]
enum Value {
    Rule(Rule),
    Default,
    /// Found out when it is reached: what stands before it counts.
    Malformed,
}

impl Value {
    fn parse(value: &str) -> Self {
        match value.split_once(':') {
            // What follows a colon there means nothing.
            Some(("DEFAULT", _)) => Self::Default,
            None if value == "DEFAULT" => Self::Default,
            Some(("RULE", rule)) => Rule::parse(rule).map_or(Self::Malformed, Self::Rule),
            _ => Self::Malformed,
        }
    }
}

impl LocalNames {
    /// Without rules: names of one component in the default realm are mapped to themselves.
    #[must_use]
    pub fn new(default_realm: impl Into<String>) -> Self {
        Self {
            default_realm: default_realm.into(),
            ..Self::default()
        }
    }

    /// Adds a line of `auth_to_local_names`: the principal's text without its realm, in which `@` is not quoted as it is before a
    /// realm, and the local name. It counts for principals of the default realm.
    pub fn add_name(&mut self, principal: impl Into<String>, local_name: impl Into<String>) {
        self.names.insert(principal.into(), local_name.into());
    }

    /// Adds a value of `auth_to_local`: `DEFAULT`, or `RULE:[n:format](pattern)s/pattern/replacement/g`. Values are asked in
    /// the order in which they were added, and once there is one, the default counts only where `DEFAULT` stands.
    pub fn add_value(&mut self, value: &str) {
        self.values.get_or_insert_default().push(Value::parse(value));
    }

    /// Whether a value of `auth_to_local` is as it should be, all of it. One that is not stops the search when it is reached.
    #[must_use]
    pub fn is_well_formed(value: &str) -> bool {
        match Value::parse(value) {
            Value::Rule(rule) => rule.is_well_formed(),
            Value::Default => true,
            Value::Malformed => false,
        }
    }

    /// The local name of a principal.
    ///
    /// # Errors
    /// [`NoLocalName`] says why there is none.
    pub fn map(&self, principal: PrincipalRef<'_>) -> Result<String, NoLocalName> {
        // Nobody's name is nobody's account.
        if principal.is_anonymous() {
            return Err(NoLocalName::Anonymous);
        }
        let text = principal.to_text().map_err(|_| NoLocalName::NotUtf8)?;
        if text.len() > MAX_NAME_LEN {
            return Err(NoLocalName::TooLong);
        }
        let name = without_realm(&text);
        let is_ours = principal.realm() == self.default_realm.as_bytes();
        if is_ours && let Some(name) = self.names.get(&name) {
            return Ok(name.clone());
        }
        let Some(values) = &self.values else {
            return self.default_rule(principal);
        };
        for value in values {
            let mapped = match value {
                Value::Malformed => return Err(NoLocalName::MalformedValue),
                Value::Default => self.default_rule(principal),
                Value::Rule(rule) => match rule.apply(principal, &name) {
                    Applied::Mapped(name) if is_ours || rule.looks_at_realm() => Ok(name),
                    Applied::Mapped(_) | Applied::NotThisOne => continue,
                    Applied::Malformed => return Err(NoLocalName::MalformedValue),
                },
            };
            match mapped {
                Err(NoLocalName::NoRule) => {}
                mapped => return mapped,
            }
        }
        Err(NoLocalName::NoRule)
    }

    /// `user@REALM` and `user/REALM@REALM` of the default realm.
    fn default_rule(&self, principal: PrincipalRef<'_>) -> Result<String, NoLocalName> {
        let realm = self.default_realm.as_bytes();
        let mut components = principal.components();
        let (first, second, third) = (components.next(), components.next(), components.next());
        match (first, second, third) {
            (Some(first), None | Some(_), None)
                if principal.realm() == realm && second.is_none_or(|second| second == realm) =>
            {
                core::str::from_utf8(first)
                    .map(Into::into)
                    .map_err(|_| NoLocalName::NotUtf8)
            }
            _ => Err(NoLocalName::NoRule),
        }
    }
}

/// The text before the `@` that separates the realm, the only one that is not quoted. Where no realm follows, MIT krb5 quotes
/// none: each loses the backslash before it.
fn without_realm(text: &str) -> String {
    let mut is_quoted = false;
    let is_separator = |character| match character {
        _ if is_quoted => {
            is_quoted = false;
            false
        }
        '\\' => {
            is_quoted = true;
            false
        }
        character => character == '@',
    };
    let name = text.split(is_separator).next().unwrap_or_default();
    name.replace("\\@", "@")
}

/// Why a principal has no local name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoLocalName {
    /// No value maps it.
    NoRule,
    /// A malformed value stands before any that might map it.
    MalformedValue,
    /// It is the anonymous principal.
    Anonymous,
    /// It, or what it maps to, is not text.
    NotUtf8,
    /// It is longer than [`MAX_NAME_LEN`].
    TooLong,
}

impl fmt::Display for NoLocalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRule => "no auth_to_local value maps this principal",
            Self::MalformedValue => "an auth_to_local value is malformed",
            Self::Anonymous => "the anonymous principal has no local name",
            Self::NotUtf8 => "the principal is not UTF-8",
            Self::TooLong => "the principal is longer than any local name",
        })
    }
}

impl core::error::Error for NoLocalName {}
