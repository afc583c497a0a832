//! What is no acceptor, and is not built.

use crate::loopback::Loopback;
use negotiate_core::{Acceptor, ConfigError, MechType};

#[test]
fn mechanisms_are_some_and_distinct_and_not_spnego() {
    let built = |claims: &[&[MechType]]| {
        let mechanisms = claims.iter().map(|mech_types| Loopback::new(mech_types, &[]));
        let builder = mechanisms.fold(Acceptor::builder(), |builder, mechanism| {
            builder.mechanism(mechanism)
        });
        builder.build().map(|_| ())
    };
    let (krb5, ms_krb5, spnego) = (MechType::KRB5, MechType::MS_KRB5, MechType::SPNEGO);
    for (claims, expected) in [
        (&[&[krb5, ms_krb5][..], &[MechType::NTLMSSP]][..], Ok(())),
        (&[], Err(ConfigError::NoMechanism)),
        (
            &[&[krb5, ms_krb5], &[ms_krb5]],
            Err(ConfigError::SameMechTypeTwice(ms_krb5)),
        ),
        (&[&[krb5, krb5]], Err(ConfigError::SameMechTypeTwice(krb5))),
        // RFC 4178 section 3.1: it does not stand in its own lists.
        (&[&[spnego]], Err(ConfigError::SpnegoAsMechanism)),
        (&[&[krb5, spnego]], Err(ConfigError::SpnegoAsMechanism)),
    ] {
        assert_eq!(built(claims), expected, "{claims:?}");
        if let Err(error) = expected {
            assert!(!error.to_string().is_empty());
        }
    }
}
