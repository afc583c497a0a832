//! `[acceptor]` of a configuration, as the Kerberos mechanism takes it: for `serve`, and for `explain`, which judges as `serve` does.

use crate::config::{Acceptor, TicketAddresses};
use crate::encryption_types::{NamedTypes, TakenTypes};
use crate::failure::Failure;
use crate::krb5_conf::Krb5Conf;
use mech_krb5::{AddressPolicy, Krb5Builder};
use negotiate_core::Seconds;

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

/// All of it but keys and replay cache.
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
