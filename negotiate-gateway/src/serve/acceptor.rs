//! The acceptor that a configuration describes, and what the keytab has to do with it.

use crate::acceptor_settings;
use crate::config::{AcceptorName, Config};
use crate::encryption_types::TakenTypes;
use crate::failure::Failure;
use crate::keytab_file;
use crate::krb5_conf::Krb5Conf;
use crate::serve::replay;
use mech_krb5::Krb5;
use mech_krb5::crypto::EncryptionTypes;
use mech_krb5::keytab::{Keytab, KeytabEntry};
use negotiate_core::Acceptor;
use negotiate_http::ServiceOfHost;
use negotiate_io::keytab::{WatchOptions, WatchedKeytab};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// An acceptor, the names that follow the request, and the services that it answers for.
#[derive(Debug)]
pub(super) struct Accepting {
    pub(super) acceptor: Acceptor,
    pub(super) of_host: Vec<ServiceOfHost>,
    /// Principals as text, those that clients may address, each once, in the keytab's order.
    pub(super) services: Vec<String>,
}

/// Reads the keytabs and builds the acceptor.
///
/// # Errors
/// If a keytab cannot be used, or has no key for a configured name.
pub(super) fn build(config: &Config, krb5_conf: &Krb5Conf) -> Result<Accepting, Failure> {
    let watch = WatchOptions {
        retired_key_grace: config.acceptor.retired_key_grace.0,
        ..WatchOptions::default()
    };
    let keys = WatchedKeytab::open(config.keytabs.clone(), watch)?;
    let keytab = keys.current();
    let names = &config.acceptor.names;
    let types = acceptor_settings::taken_types(&config.acceptor, krb5_conf)?;
    let services = services(&keytab, names, types.types());
    check(&keytab, names, &services, types.types(), &config.keytabs)?;
    for (warning, advice) in types.warnings() {
        tracing::warn!(advice, "{warning}");
    }
    let mut limits = negotiate_core::Limits::default();
    limits.token_len = config.limits.token.as_len();
    let krb5 = krb5(config, krb5_conf, &types, keys)?;
    let (acceptor, of_host) = acceptor_settings::acceptor(krb5, &config.acceptor, limits)?;
    Ok(Accepting {
        acceptor,
        of_host,
        services,
    })
}

fn krb5(
    config: &Config,
    krb5_conf: &Krb5Conf,
    types: &TakenTypes,
    keys: Arc<WatchedKeytab>,
) -> Result<Krb5, Failure> {
    let settings = &config.acceptor;
    let replay_cache = replay::open(&config.replay, acceptor_settings::clock_skew(settings, krb5_conf))?;
    let krb5 = acceptor_settings::configure(Krb5::builder_with(keys), settings, krb5_conf, types)
        .replay_cache(replay_cache)
        .build();
    krb5.map_err(|error| Failure::unusable(error.to_string(), "export AES keys into the keytab"))
}

/// Whether a request may address the entry's principal by this name.
fn has_name(entry: &KeytabEntry, name: &AcceptorName) -> bool {
    let principal = entry.principal().name();
    match name {
        AcceptorName::Service(name) => name.is(principal.components()),
        AcceptorName::OfHost(name) => {
            let name = principal.components().nth(1).and_then(|host| name.on(host));
            name.is_some_and(|name| name.is(principal.components()))
        }
    }
}

/// The principals that have a usable key and may be addressed.
fn services(keytab: &Keytab, names: &[AcceptorName], types: EncryptionTypes) -> Vec<String> {
    let may_be_addressed =
        |entry: &KeytabEntry| names.is_empty() || names.iter().any(|name| has_name(entry, name));
    let mut seen = HashSet::new();
    let entries = keytab
        .entries()
        .iter()
        .filter(|entry| types.find(entry.etype()).is_some() && may_be_addressed(entry));
    entries
        .map(KeytabEntry::principal)
        .filter(|principal| seen.insert(*principal))
        .map(keytab_file::name)
        .collect()
}

/// What would only come out at the first login.
fn check(
    keytab: &Keytab,
    names: &[AcceptorName],
    services: &[String],
    types: EncryptionTypes,
    paths: &[PathBuf],
) -> Result<(), Failure> {
    let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let paths = paths.join(", ");
    let absent = names
        .iter()
        .find(|name| !keytab.entries().iter().any(|entry| has_name(entry, name)));
    if let Some(absent) = absent {
        let mut held: Vec<String> = keytab
            .entries()
            .iter()
            .map(|entry| keytab_file::name(entry.principal()))
            .collect();
        held.dedup();
        held.truncate(8);
        return Err(Failure::unusable(
            format!("keytab {paths} has no key for {absent}"),
            format!(
                "correct acceptor.names, or add the key to the keytab; it has {}",
                held.join(", ")
            ),
        )
        .with_code("krb5.acceptor_names_absent"));
    }
    if services.is_empty() {
        let mut etypes: Vec<String> = keytab
            .entries()
            .iter()
            .map(KeytabEntry::etype)
            .map(etype)
            .collect();
        etypes.dedup();
        return Err(Failure::unusable(
            format!(
                "keytab {paths} has no key of a usable encryption type, only {}",
                etypes.join(", ")
            ),
            if keytab.entries().iter().any(|entry| is_left_out(entry, types)) {
                "name one of them in permitted_enctypes of the krb5.conf, which leaves them out, or export keys of a type that it names"
            } else if keytab.entries().iter().any(is_camellia) {
                "set accept_camellia = true in [acceptor], or enable AES for the service's account in the KDC and export \
                 the keytab again"
            } else {
                "enable AES for the service's account in the KDC and export the keytab again"
            },
        )
        .with_code("keytab.no_usable_key"));
    }
    warn_of_shared_keys(keytab, names);
    Ok(())
}

/// Of a type that is taken where no krb5.conf narrows that.
fn is_left_out(entry: &KeytabEntry, types: EncryptionTypes) -> bool {
    EncryptionTypes::new()
        .find(entry.etype())
        .is_some_and(|etype| !types.contains(etype))
}

fn is_camellia(entry: &KeytabEntry) -> bool {
    matches!(entry.etype(), 25 | 26)
}

fn etype(number: i32) -> String {
    let name = mech_krb5::crypto::etype_name(number).unwrap_or("unknown");
    format!("{name} ({number})")
}

/// A restriction to names does not keep out a service that has the same key: the name in a ticket is not sealed.
fn warn_of_shared_keys(keytab: &Keytab, names: &[AcceptorName]) {
    if let Some(other) = not_kept_apart(keytab.entries().iter(), names) {
        tracing::warn!(
            principal = keytab_file::name(other.principal()),
            advice = "give the service an account, and so a key, of its own where that matters",
            "acceptor.names does not keep out tickets for a service that has the same key as an allowed one"
        );
    }
}

/// An entry that has the key of an allowed one with another name, and is not always allowed itself: each may be addressed under
/// its own host, and should not be under the other's. Each is looked at twice, and not beside each other one: a keytab may have 100,000.
fn not_kept_apart<'k>(
    mut entries: impl Iterator<Item = &'k KeytabEntry> + Clone,
    names: &[AcceptorName],
) -> Option<&'k KeytabEntry> {
    let key = |entry: &'k KeytabEntry| (entry.etype(), entry.key().expose());
    let mut allowed: HashMap<_, Vec<_>> = HashMap::new();
    for entry in entries.clone() {
        if names.iter().any(|name| has_name(entry, name)) {
            let names = allowed.entry(key(entry)).or_default();
            let name = entry.principal().name();
            // One of two is always another than a third.
            if names.len() < 2 && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let fixed = names
        .iter()
        .filter(|name| matches!(name, AcceptorName::Service(_)));
    let is_always = |entry: &KeytabEntry| fixed.clone().any(|name| has_name(entry, name));
    entries.find(|other| {
        let names = allowed.get(&key(other)).into_iter().flatten();
        names.clone().any(|name| *name != other.principal().name()) && !is_always(other)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mech_krb5::Principal;
    use negotiate_core::Timestamp;
    use std::cell::Cell;

    fn entry(service: &str, key: usize) -> KeytabEntry {
        let principal = Principal::parse(&format!("{service}@EXAMPLE.COM")).unwrap();
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&key.to_be_bytes());
        KeytabEntry::new(principal, Timestamp::from_unix(0), 1, 18, &bytes).unwrap()
    }

    fn parsed(names: &[&str]) -> Vec<AcceptorName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn found(entries: &[KeytabEntry], names: &[&str]) -> Option<String> {
        not_kept_apart(entries.iter(), &parsed(names)).map(|entry| keytab_file::name(entry.principal()))
    }

    #[test]
    fn services_that_share_a_key_with_an_allowed_one_are_found() {
        let (a, b) = ("HTTP@a", "HTTP@b");
        for (entries, names, other) in [
            (&[("HTTP/a", 1), ("HTTP/b", 2)][..], &[a][..], None),
            (&[("HTTP/a", 1), ("HTTP/b", 1)], &[], None),
            (&[("HTTP/a", 1), ("HTTP/b", 1)], &[a], Some("HTTP/b@EXAMPLE.COM")),
            (&[("HTTP/b", 1), ("HTTP/a", 1)], &[a], Some("HTTP/b@EXAMPLE.COM")),
            (&[("HTTP/a", 1), ("HTTP/b", 1)], &[a, b], None),
            (&[("HTTP/a", 1), ("HTTP/a", 1)], &[a], None),
            (
                &[("HTTP/a", 1), ("HTTP/b", 1)],
                &["HTTP@{HOSTNAME}"],
                Some("HTTP/a@EXAMPLE.COM"),
            ),
            (
                &[("HTTP/a", 1), ("HTTP/b", 1), ("host/a", 1)],
                &[a, b],
                Some("host/a@EXAMPLE.COM"),
            ),
        ] {
            let entries: Vec<_> = entries
                .iter()
                .map(|(service, key)| entry(service, *key))
                .collect();
            assert_eq!(found(&entries, names).as_deref(), other, "{entries:?} {names:?}");
        }
    }

    /// Each with each would take minutes where there are many.
    #[test]
    fn a_long_keytab_is_looked_through_twice() {
        let entries: Vec<_> = (0..100)
            .map(|number| entry(&format!("HTTP/host{number}"), number))
            .collect();
        let looked_at = Cell::new(0);
        let counted = entries.iter().inspect(|_| looked_at.set(looked_at.get() + 1));
        assert!(not_kept_apart(counted, &parsed(&["HTTP@{HOSTNAME}"])).is_none());
        assert_eq!(looked_at.get(), 2 * entries.len());
    }
}
