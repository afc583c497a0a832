//! The acceptor that a configuration describes, and what the keytab has to do with it.

use crate::config::Config;
use crate::failure::Failure;
use crate::keytab_file;
use crate::krb5_conf::Krb5Conf;
use crate::serve::replay;
use mech_krb5::Krb5;
use mech_krb5::crypto::{EncryptionType, EncryptionTypes};
use mech_krb5::keytab::{Keytab, KeytabEntry, KeytabSource as _};
use negotiate_core::{Acceptor, Seconds, ServiceName};
use negotiate_io::keytab::{WatchOptions, WatchedKeytab};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

/// An acceptor, and the services that it answers for.
#[derive(Debug)]
pub(super) struct Accepting {
    pub(super) acceptor: Acceptor,
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
    let names: Vec<ServiceName> = config.acceptor.names.iter().map(|name| name.0.clone()).collect();
    let types = encryption_types(config);
    let services = services(&keytab, &names, types);
    check(&keytab, &names, &services, &config.keytabs)?;
    warn_of_rc4(types);
    let mut limits = negotiate_core::Limits::default();
    limits.token_len = config.limits.token.as_len();
    let krb5 = krb5(config, krb5_conf, keys)?;
    let builder = names
        .into_iter()
        .fold(Acceptor::builder(), negotiate_core::AcceptorBuilder::name);
    let acceptor = builder
        .mechanism(krb5)
        .bindings_policy(config.acceptor.channel_bindings)
        .limits(limits)
        .build();
    let acceptor = acceptor.map_err(|error| Failure::unusable(error.to_string(), "report it"))?;
    Ok(Accepting { acceptor, services })
}

fn krb5(config: &Config, krb5_conf: &Krb5Conf, keys: Arc<WatchedKeytab>) -> Result<Krb5, Failure> {
    let configured = config.acceptor.clock_skew.map(|span| {
        // Spans are a year at most.
        Seconds(u32::try_from(span.0.as_secs()).unwrap_or(u32::MAX))
    });
    let clock_skew = configured.or(krb5_conf.clock_skew()).unwrap_or(Seconds(300));
    let mut transited = krb5_conf.transited();
    for realm in &config.acceptor.trust_kdc {
        transited.trust_kdc(realm);
    }
    let replay_cache = replay::open(&config.replay, clock_skew)?;
    let krb5 = Krb5::builder_with(keys)
        .clock_skew(clock_skew)
        .encryption_types(encryption_types(config))
        .transited(transited)
        .replay_cache(replay_cache)
        .build();
    krb5.map_err(|error| Failure::unusable(error.to_string(), "export AES keys into the keytab"))
}

fn encryption_types(config: &Config) -> EncryptionTypes {
    let types = EncryptionTypes::new();
    if config.acceptor.danger_accept_rc4 {
        types.danger_with_rc4()
    } else {
        types
    }
}

fn warn_of_rc4(types: EncryptionTypes) {
    if types.contains(EncryptionType::Rc4Hmac) {
        tracing::warn!(
            advice = "give the accounts AES keys (msDS-SupportedEncryptionTypes 0x18, then a new password), export the keytab again \
                      and take acceptor.danger_accept_rc4 out",
            "RC4 is accepted: whoever can get a ticket for this service can guess its password offline, and then be anybody here"
        );
    }
}

fn has_name(entry: &KeytabEntry, name: &ServiceName) -> bool {
    let components = entry.principal().name().components();
    components.eq([name.service().as_bytes(), name.host().as_bytes()])
}

/// The principals that have a usable key and may be addressed.
fn services(keytab: &Keytab, names: &[ServiceName], types: EncryptionTypes) -> Vec<String> {
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
    names: &[ServiceName],
    services: &[String],
    paths: &[PathBuf],
) -> Result<(), Failure> {
    let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let paths = paths.join(", ");
    if let Some(absent) = names.iter().find(|name| !keytab.holds(name)) {
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
            "enable AES for the service's account in the KDC and export the keytab again",
        )
        .with_code("keytab.no_usable_key"));
    }
    warn_of_shared_keys(keytab, names);
    Ok(())
}

fn etype(number: i32) -> String {
    let name = mech_krb5::crypto::etype_name(number).unwrap_or("unknown");
    format!("{name} ({number})")
}

/// A restriction to names does not keep out a service that has the same key: the name in a ticket is not sealed.
fn warn_of_shared_keys(keytab: &Keytab, names: &[ServiceName]) {
    if names.is_empty() {
        return;
    }
    let is_allowed = |entry: &KeytabEntry| names.iter().any(|name| has_name(entry, name));
    let (allowed, others): (Vec<_>, Vec<_>) = keytab.entries().iter().partition(|entry| is_allowed(entry));
    let shares = |other: &&&KeytabEntry| {
        allowed
            .iter()
            .any(|entry| entry.etype() == other.etype() && entry.key().ct_eq(other.key().expose()))
    };
    if let Some(other) = others.iter().find(shares) {
        tracing::warn!(
            principal = keytab_file::name(other.principal()),
            advice = "give the service an account, and so a key, of its own where that matters",
            "acceptor.names does not keep out tickets for a service that has the same key as an allowed one"
        );
    }
}
