//! The acceptor that a token is shown to: that of `serve` with the same configuration, but that it remembers nothing.

use crate::acceptor_settings;
use crate::ccache_file;
use crate::cli;
use crate::config::{self, AcceptorName, Config, Front, TicketAddresses};
use crate::encryption_types::TakenTypes;
use crate::failure::Failure;
use crate::keytab_file;
use crate::krb5_conf::Krb5Conf;
use mech_krb5::crypto::EncryptionTypes;
use mech_krb5::keytab::{Keytab, KeytabEntry};
use mech_krb5::replay::{ReplayAnswer, ReplayCache, ReplayEntry};
use mech_krb5::{Krb5, OwnTicket, Principal};
use negotiate_core::{
    Acceptor, BindingsPolicy, Exchange, Limits, Random, Secret, ServiceName, SystemRandom, Timestamp,
};
use negotiate_http::ServiceOfHost;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

/// What is configured, by a file or on the command line, and its keys.
pub(super) struct Configured {
    pub(super) keytab: Arc<Keytab>,
    pub(super) krb5_conf: Krb5Conf,
    acceptor: Acceptor,
    of_host: Vec<ServiceOfHost>,
}

impl Configured {
    /// # Errors
    /// If a file cannot be used.
    pub(super) fn new(arguments: &cli::Explain) -> Result<Self, Failure> {
        let mut limits = Limits::default();
        let (paths, settings) = match &arguments.config {
            Some(path) => {
                let config = Config::load(path)?;
                warn_of_what_is_not_told(arguments, &config);
                limits.token_len = config.limits.token.as_len();
                (config.keytabs, config.acceptor)
            }
            None => (arguments.keytab.clone(), settings(arguments)),
        };
        let keytab = Arc::new(match paths.as_slice() {
            [] => Keytab::from_entries(Vec::new()),
            paths => keytab_file::load_all(paths)?,
        });
        let krb5_conf = Krb5Conf::load(&settings.krb5_conf)?;
        let types = acceptor_settings::taken_types(&settings, &krb5_conf)?;
        for (warning, advice) in types.warnings() {
            crate::warn(warning, advice);
        }
        let krb5 = krb5(arguments, &keytab, &settings, &krb5_conf, &types)?;
        let (acceptor, of_host) = acceptor_settings::acceptor(krb5, &settings, limits)?;
        Ok(Self {
            keytab,
            krb5_conf,
            acceptor,
            of_host,
        })
    }

    /// One with the client that the command line describes.
    ///
    /// # Errors
    /// If the host is none.
    pub(super) fn exchange(&self, arguments: &cli::Explain) -> Result<Exchange<'_>, Failure> {
        let bindings = arguments.channel_bindings.as_ref();
        let exchange = self
            .acceptor
            .exchange(bindings.map(|bindings| Arc::clone(&bindings.0)));
        let exchange = match arguments.client {
            Some(address) => exchange.initiator_address(address),
            None => exchange,
        };
        if self.of_host.is_empty() {
            return Ok(exchange);
        }
        Ok(match &arguments.host {
            Some(host) => {
                let names = self.of_host.iter().map(|name| name.on(host.as_bytes()));
                let names: Option<Vec<ServiceName>> = names.collect();
                exchange.restricted_to(names.ok_or_else(|| {
                    Failure::unusable(
                        format!("--host \"{}\" is no host's name", host.escape_debug()),
                        "write it as it stands in the URL: www.example.com",
                    )
                })?)
            }
            None => exchange.restricted_to(self.on_every_host()),
        })
    }

    /// Nobody told which host the request was for, so it is each of those with a key.
    fn on_every_host(&self) -> impl Iterator<Item = ServiceName> {
        let entries = self.keytab.entries().iter();
        let hosts = entries.filter_map(|entry| entry.principal().name().components().nth(1));
        hosts.flat_map(|host| self.of_host.iter().filter_map(move |name| name.on(host)))
    }
}

/// What `serve` knows of a client and its request, and the command line does not tell: by it, `serve` may refuse what is accepted here.
fn warn_of_what_is_not_told(arguments: &cli::Explain, config: &Config) {
    let settings = &config.acceptor;
    let has_channels = match &config.front {
        Front::ReverseProxy(_) => config.tls.is_some(),
        Front::ForwardAuth(auth) => auth.certificate.is_some(),
    };
    if arguments.channel_bindings.is_none()
        && has_channels
        && settings.channel_bindings != BindingsPolicy::Off
    {
        crate::warn(
            "channel bindings are not compared",
            "tell those of the client's connection by --channel-bindings",
        );
    }
    if arguments.client.is_none() && settings.ticket_addresses != TicketAddresses::Ignore {
        crate::warn(
            "addresses of tickets are not compared",
            "tell where the client came from by --client",
        );
    }
    let follows_host = |name: &AcceptorName| matches!(name, AcceptorName::OfHost(_));
    if arguments.host.is_none() && settings.names.iter().any(follows_host) {
        crate::warn(
            "tickets for every host with a key are accepted",
            "tell the request's host by --host",
        );
    }
}

/// Those of the command line: any name of the keytab, unless some are named.
fn settings(arguments: &cli::Explain) -> config::Acceptor {
    config::Acceptor {
        names: arguments.name.clone(),
        krb5_conf: arguments.krb5_conf.clone(),
        danger_accept_rc4: arguments.types.danger_accept_rc4,
        accept_camellia: arguments.types.accept_camellia,
        trust_kdc: arguments.trust_kdc.clone(),
        // Whoever tells an address wants it compared.
        ticket_addresses: TicketAddresses::Check,
        ..config::Acceptor::default()
    }
}

fn krb5(
    arguments: &cli::Explain,
    keytab: &Arc<Keytab>,
    settings: &config::Acceptor,
    krb5_conf: &Krb5Conf,
    types: &TakenTypes,
) -> Result<Krb5, Failure> {
    let krb5 = Krb5::builder_with(Arc::new(with_a_usable_key(keytab, types.types())?));
    let krb5 = match &arguments.ccache {
        Some(ccache) => krb5.user_to_user(Arc::new(own_ticket(
            ccache,
            &arguments.also_named,
            types.types(),
        )?)),
        None => krb5,
    };
    let krb5 = acceptor_settings::configure(krb5, settings, krb5_conf, types)
        .replay_cache(Arc::new(NothingSeen))
        .build();
    krb5.map_err(|error| Failure::unusable(error.to_string(), "report it"))
}

/// The ticket-granting ticket of a credential cache, for user-to-user authentication.
fn own_ticket(ccache: &Path, also_named: &[String], types: EncryptionTypes) -> Result<OwnTicket, Failure> {
    let own = OwnTicket::from_ccache(&ccache_file::load(ccache)?, types).map_err(|error| {
        Failure::unusable(
            format!("credential cache {}: {error}", ccache.display()),
            "name the cache of whom the service runs for, with a ticket that kinit got",
        )
    })?;
    also_named.iter().try_fold(own, |own, name| {
        let named = Principal::parse(name)
            .ok()
            .map(|principal| own.also_named(principal));
        match named {
            Some(Ok(own)) => Ok(own),
            _ => Err(Failure::unusable(
                format!("--also-named {name:?} is no principal"),
                "write it with its realm: TERMSRV/host.example.com@EXAMPLE.COM",
            )),
        }
    })
}

/// The mechanism takes no keytab that opens nothing, but the explanation for that is what is wanted here: a key that
/// nobody knows stands in.
fn with_a_usable_key(keytab: &Arc<Keytab>, types: EncryptionTypes) -> Result<Arc<Keytab>, Failure> {
    let is_usable = |entry: &KeytabEntry| types.find(entry.etype()).is_some();
    if keytab.entries().iter().any(is_usable) {
        return Ok(Arc::clone(keytab));
    }
    let cannot = |error: &dyn Error| Failure::unusable(error.to_string(), "report it");
    let Some(etype) = types.iter().next() else {
        return Ok(Arc::clone(keytab));
    };
    let mut key = Secret::new(vec![0; etype.key_len()]);
    SystemRandom
        .fill(key.expose_mut())
        .map_err(|error| cannot(&error))?;
    let nobody = Principal::parse("nobody@WELLKNOWN:NONE").map_err(|error| cannot(&error))?;
    let entry = KeytabEntry::new(nobody, Timestamp::from_unix(0), 0, etype.number(), key.expose());
    let entry = entry.map_err(|error| cannot(&error))?;
    let entries = keytab.entries().iter().cloned().chain([entry]);
    Ok(Arc::new(Keytab::from_entries(entries.collect())))
}

/// A replay cache that remembers nothing: what is explained logs nobody in.
#[derive(Debug)]
struct NothingSeen;

impl ReplayCache for NothingSeen {
    fn check(&self, _: ReplayEntry<'_>, _: Timestamp) -> ReplayAnswer {
        ReplayAnswer::Fresh
    }
}
