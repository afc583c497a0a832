//! The settings that an acceptor needs, with MIT krb5's meaning.

use super::profile::{Place, Profile, Value};
use crate::accept::TransitedPolicy;
use crate::local_name::LocalNames;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;
use negotiate_core::Seconds;

/// A relation whose value cannot be used. Shown as `FILE:LINE: name: what is wrong`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadValue {
    /// Where it stands.
    pub place: Place,
    /// The relation's name.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// What should stand there.
    pub expected: &'static str,
}

impl BadValue {
    pub(super) fn new(name: &'static str, value: &Value, expected: &'static str) -> Self {
        Self {
            place: value.place().clone(),
            name,
            value: value.text().into(),
            expected,
        }
    }
}

impl fmt::Display for BadValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}: {:?} cannot be used",
            self.place, self.name, self.value
        )
    }
}

impl core::error::Error for BadValue {}

impl Profile {
    /// `default_realm` of `[libdefaults]`.
    #[must_use]
    pub fn default_realm(&self) -> Option<&str> {
        self.value(&["libdefaults", "default_realm"]).map(Value::text)
    }

    /// `clockskew` of `[libdefaults]`.
    ///
    /// # Errors
    /// If it is no number of seconds. MIT krb5 takes the default of 300 then.
    pub fn clock_skew(&self) -> Result<Option<Seconds>, BadValue> {
        let Some(value) = self.value(&["libdefaults", "clockskew"]) else {
            return Ok(None);
        };
        // MIT krb5 reads an int.
        let seconds = value
            .text()
            .parse()
            .ok()
            .filter(|seconds| *seconds <= i32::MAX.unsigned_abs());
        match seconds {
            Some(seconds) => Ok(Some(Seconds(seconds))),
            None => Err(BadValue::new(
                "clockskew",
                value,
                "write a whole number of seconds: 300",
            )),
        }
    }

    /// `auth_to_local` and `auth_to_local_names` of the default realm's section in `[realms]`; `None` without a default realm.
    ///
    /// # Errors
    /// If a value of `auth_to_local` is malformed. MIT krb5 finds that out when it comes to it.
    pub fn local_names(&self) -> Result<Option<LocalNames>, BadValue> {
        let Some(realm) = self.default_realm() else {
            return Ok(None);
        };
        let mut local_names = LocalNames::new(realm);
        for (principal, name) in self.relations(&["realms", realm, "auth_to_local_names"]) {
            local_names.add_name(principal, name.text());
        }
        for value in self.values(&["realms", realm, "auth_to_local"]) {
            if !LocalNames::is_well_formed(value.text()) {
                let expected = "write DEFAULT, or RULE:[n:format](pattern)s/pattern/replacement/";
                return Err(BadValue::new("auth_to_local", value, expected));
            }
            local_names.add_value(value.text());
        }
        Ok(Some(local_names))
    }

    /// `[capaths]`: by the client's realm and the server's, the realms between them, each a value of its own. A first value
    /// that begins with a dot says that there are none; what follows a blank in a value is a comment.
    #[must_use]
    pub fn transited_policy(&self) -> TransitedPolicy {
        let mut policy = TransitedPolicy::default();
        // Once for each realm, in however many files it has a section.
        let client_realms: BTreeSet<&str> = self.subsections(&["capaths"]).collect();
        for client_realm in client_realms {
            // Every value is looked at once: a path may have as many as there is room for in the configuration.
            let mut paths: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for (server_realm, value) in self.relations(&["capaths", client_realm]) {
                paths.entry(server_realm).or_default().push(value.text());
            }
            for (server_realm, values) in paths {
                let is_direct = values.first().is_some_and(|first| first.starts_with('.'));
                let between = values.into_iter().filter(|_| !is_direct);
                let between = between.filter_map(|value| value.split([' ', '\t']).next());
                policy.set_path(client_realm, server_realm, between);
            }
        }
        policy
    }

    /// The realm of a host by `[domain_realm]`: what is said of the host itself, or else of the nearest domain around it,
    /// with a leading dot or without. An IP address
    /// has none.
    #[must_use]
    pub fn realm_of_host(&self, host: &str) -> Option<&str> {
        if host.parse::<IpAddr>().is_ok() {
            return None;
        }
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        let mut rest = host.as_str();
        loop {
            if let Some(realm) = self.value(&["domain_realm", rest]).map(Value::text) {
                return Some(realm);
            }
            rest = match rest.strip_prefix('.') {
                Some(domain) => domain,
                None => rest.get(rest.find('.')?..)?,
            };
        }
    }
}
