//! `[acceptor]` of a configuration, as the Kerberos mechanism takes it: for `serve`, and for `explain`, which judges as `serve` does.

use crate::config::{Acceptor, AcceptorName, TicketAddresses};
use crate::encryption_types::{NamedTypes, TakenTypes};
use crate::failure::Failure;
use crate::krb5_conf::Krb5Conf;
use mech_krb5::{AddressPolicy, Krb5, Krb5Builder};
use negotiate_core::{Limits, Seconds};
use negotiate_http::ServiceOfHost;

/// How far clocks may be apart: what the configuration says, or else the krb5.conf, or else RFC 4120 section 1.3.
pub(crate) fn clock_skew(settings: &Acceptor, krb5_conf: &Krb5Conf) -> Seconds {
    let configured = settings.clock_skew.map(|span| {
        // Spans are a year at most.
        Seconds(u32::try_from(span.0.as_secs()).unwrap_or(u32::MAX))
    });
    configured.or(krb5_conf.clock_skew()).unwrap_or(Seconds(300))
}

/// # Errors
/// If the krb5.conf permits none of them.
pub(crate) fn taken_types(settings: &Acceptor, krb5_conf: &Krb5Conf) -> Result<TakenTypes, Failure> {
    let named = NamedTypes {
        danger_accept_rc4: settings.danger_accept_rc4,
        accept_camellia: settings.accept_camellia,
    };
    TakenTypes::new(named, krb5_conf)
}

/// All that is the mechanism's but keys and replay cache.
pub(crate) fn configure(
    krb5: Krb5Builder,
    settings: &Acceptor,
    krb5_conf: &Krb5Conf,
    types: &TakenTypes,
) -> Krb5Builder {
    let mut transited = krb5_conf.transited();
    for realm in &settings.trust_kdc {
        transited.trust_kdc(realm);
    }
    types
        .configure(krb5)
        .clock_skew(clock_skew(settings, krb5_conf))
        .transited(transited)
        .addresses(match settings.ticket_addresses {
            TicketAddresses::Ignore => AddressPolicy::Ignore,
            TicketAddresses::Check => AddressPolicy::Check,
            TicketAddresses::Require => AddressPolicy::Require,
        })
        .pac(settings.pac)
        .unknown_authorization_data(settings.unknown_authdata)
}

/// The rest of it, around the mechanism; beside the acceptor, the names that follow the request.
///
/// # Errors
/// If the mechanism is none that can be offered.
pub(crate) fn acceptor(
    krb5: Krb5,
    settings: &Acceptor,
    limits: Limits,
) -> Result<(negotiate_core::Acceptor, Vec<ServiceOfHost>), Failure> {
    let mut builder = negotiate_core::Acceptor::builder()
        .mechanism(krb5)
        .bindings_policy(settings.channel_bindings)
        .limits(limits);
    let mut of_host = Vec::new();
    for name in &settings.names {
        match name.clone() {
            AcceptorName::Service(name) => builder = builder.name(name),
            AcceptorName::OfHost(name) => of_host.push(name),
        }
    }
    let acceptor = builder.build();
    let acceptor = acceptor.map_err(|error| Failure::unusable(error.to_string(), "report it"))?;
    Ok((acceptor, of_host))
}
