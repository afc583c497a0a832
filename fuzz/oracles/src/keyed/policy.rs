//! What the acceptor is told to take and to refuse. The first variant of everything is the default.

use super::captured::Captured;
use super::{Keys, fields};
use crate::support::{Counting, Etype, key};
use arbitrary::Arbitrary;
use mech_krb5::crypto::{EncryptionTypes, Key};
use mech_krb5::replay::{MemoryReplayCache, MemoryReplayConfig, OnStart};
use mech_krb5::{AnonymousPolicy, Krb5, OwnTicket, PacPolicy, TransitedPolicy, UnknownAuthorizationData};
use negotiate_core::{Acceptor, Address, Ambient, BindingsPolicy, ChannelBindings, ServiceName, Timestamp};
use std::sync::Arc;

#[derive(Arbitrary, Debug)]
pub(super) struct Policy {
    pub(super) bindings: Bindings,
    pub(super) demand: Demand,
    pub(super) ignore_unknown: bool,
    pub(super) accept_anonymous: bool,
    pub(super) trust_kdc: bool,
    pub(super) restrict: bool,
    pub(super) pac: PacChoice,
    pub(super) knows_kdc: bool,
}

#[derive(Arbitrary, Debug)]
pub(super) enum PacChoice {
    Use,
    Require,
    Ignore,
}

#[derive(Arbitrary, Debug)]
pub(super) enum Bindings {
    None,
    ApplicationData,
    Addresses,
}

#[derive(Arbitrary, Debug)]
pub(super) enum Demand {
    RequireIfAdvertised,
    Prefer,
    Require,
    Off,
}

impl Policy {
    /// One of another type first.
    pub(super) fn kdc_keys(&self) -> Vec<Key> {
        if self.knows_kdc {
            vec![key(Etype::Aes128Sha256, 6), kdc_key()]
        } else {
            Vec::new()
        }
    }

    pub(super) fn acceptor(
        &self,
        keys: &Keys<'_>,
        types: EncryptionTypes,
        own_ticket: Option<OwnTicket>,
        now: Timestamp,
    ) -> Acceptor {
        let mut ambient = Ambient {
            now,
            random: &mut Counting(1),
        };
        let config = MemoryReplayConfig {
            capacity: 16,
            on_start: OnStart::Accept,
            ..MemoryReplayConfig::default()
        };
        let cache = MemoryReplayCache::new(config, &mut ambient).expect("random bytes");
        let mut transited = TransitedPolicy::default();
        if self.trust_kdc {
            transited.trust_kdc(keys.realm);
        }
        let mut krb5 = Krb5::builder(keys.keytab())
            .replay_cache(Arc::new(cache))
            .encryption_types(types)
            .pac(self.pac.policy())
            .kdc_keys(self.kdc_keys())
            .transited(transited)
            .anonymous(if self.accept_anonymous {
                AnonymousPolicy::Accept
            } else {
                AnonymousPolicy::Refuse
            })
            .unknown_authorization_data(if self.ignore_unknown {
                UnknownAuthorizationData::Ignore
            } else {
                UnknownAuthorizationData::Refuse
            });
        if let Some(own_ticket) = own_ticket {
            krb5 = krb5.user_to_user(Arc::new(own_ticket));
        }
        let mut acceptor = Acceptor::builder()
            .mechanism(krb5.build().expect("keys and a cache"))
            .bindings_policy(self.demand.policy());
        if self.restrict {
            acceptor = acceptor.name(ServiceName::parse("HTTP@alias.example.test").expect("a name"));
        }
        acceptor.build().expect("a mechanism")
    }
}

impl PacChoice {
    pub(super) const fn policy(&self) -> PacPolicy {
        match self {
            Self::Use => PacPolicy::Use,
            Self::Require => PacPolicy::Require,
            Self::Ignore => PacPolicy::Ignore,
        }
    }
}

/// The key of krbtgt.
pub(super) fn kdc_key() -> Key {
    key(Etype::Aes256Sha1, 4)
}

impl Demand {
    pub(super) const fn policy(&self) -> BindingsPolicy {
        match self {
            Self::RequireIfAdvertised => BindingsPolicy::RequireIfAdvertised,
            Self::Prefer => BindingsPolicy::Prefer,
            Self::Require => BindingsPolicy::Require,
            Self::Off => BindingsPolicy::Off,
        }
    }
}

impl Bindings {
    pub(super) fn bindings(&self, captured: Option<&Captured>) -> Option<ChannelBindings> {
        let initiator = Address {
            address_type: 2,
            octets: fields::ADDRESS.to_vec(),
        };
        match self {
            Self::None => None,
            Self::ApplicationData => {
                let data = captured.and_then(|captured| captured.application_data.clone());
                let data = data.unwrap_or_else(|| b"tls-server-end-point:hash".to_vec());
                Some(ChannelBindings::from_application_data(data))
            }
            Self::Addresses => Some(ChannelBindings {
                initiator,
                ..ChannelBindings::default()
            }),
        }
    }
}
