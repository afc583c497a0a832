//! The mechanism: a keytab, a replay cache and a policy behind negotiate-core's trait.

use crate::accept::{
    self, AddressPolicy, AnonymousPolicy, Config, PacPolicy, Policy, TransitedPolicy,
    UnknownAuthorizationData,
};
use crate::crypto::{EncryptionType, EncryptionTypes, Key};
use crate::keytab::{Keytab, KeytabSource};
use crate::own_ticket::OwnTicketSource;
use crate::replay::ReplayCache;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;
use negotiate_core::{AcceptRequest, Ambient, MechReject, MechStep, MechType, Mechanism, Seconds};

/// The Kerberos V5 mechanism as an acceptor. A clone shares keytab and replay cache.
#[derive(Clone, Debug)]
pub struct Krb5 {
    config: Arc<Config>,
}

/// By the standard's identifier and by the one that Windows offers first; the tokens are the same. The last is for whom has a
/// ticket of its own.
const MECH_TYPES: [MechType; 3] = [MechType::KRB5, MechType::MS_KRB5, MechType::KRB5_USER_TO_USER];

impl Krb5 {
    /// Starts a configuration with these keys, which never change.
    #[must_use]
    pub fn builder(keytab: Keytab) -> Krb5Builder {
        Self::builder_with(Arc::new(Arc::new(keytab)))
    }

    /// Starts a configuration with keys that may be replaced while tokens arrive.
    #[must_use]
    pub fn builder_with(keys: Arc<dyn KeytabSource>) -> Krb5Builder {
        Krb5Builder {
            keys,
            own_ticket: None,
            replay_cache: None,
            subkey_types: None,
            policy: Policy {
                clock_skew: Seconds(300),
                encryption_types: EncryptionTypes::default(),
                subkey_types: Vec::new(),
                addresses: AddressPolicy::default(),
                anonymous: AnonymousPolicy::default(),
                unknown_authorization_data: UnknownAuthorizationData::default(),
                transited: TransitedPolicy::default(),
                pac: PacPolicy::default(),
                kdc_keys: Vec::new(),
            },
        }
    }
}

/// MIT krb5's order: AES-256 before AES-128, and the pair that every peer has before the pair of RFC 8009.
pub(crate) const PREFERRED_TYPES: [EncryptionType; 4] = [
    EncryptionType::Aes256CtsHmacSha1_96,
    EncryptionType::Aes128CtsHmacSha1_96,
    EncryptionType::Aes256CtsHmacSha384_192,
    EncryptionType::Aes128CtsHmacSha256_128,
];

/// Those of these that are taken, and behind them, as with MIT krb5, those that are there because they were named. RC4 is nobody's
/// preference.
fn preferred_among(types: EncryptionTypes) -> Vec<EncryptionType> {
    let named = types
        .iter()
        .filter(|etype| !PREFERRED_TYPES.contains(etype) && *etype != EncryptionType::Rc4Hmac);
    let mut named: Vec<_> = named.collect();
    named.sort_unstable_by_key(|etype| Reverse(etype.key_len()));
    let preferred = PREFERRED_TYPES.into_iter().filter(|etype| types.contains(*etype));
    preferred.chain(named).collect()
}

impl Mechanism for Krb5 {
    fn mech_types(&self) -> &[MechType] {
        match (&self.config.own_ticket, &MECH_TYPES) {
            (Some(_), all) => all,
            (None, [of_keytab @ .., _]) => of_keytab,
        }
    }

    fn begin(
        &self,
        request: AcceptRequest<'_>,
        first_token: &[u8],
        ambient: &mut Ambient<'_>,
    ) -> Result<MechStep, MechReject> {
        accept::accept(&self.config, request, first_token, ambient)
    }
}

/// Collects the configuration of [`Krb5`].
#[derive(Debug)]
pub struct Krb5Builder {
    keys: Arc<dyn KeytabSource>,
    own_ticket: Option<Arc<dyn OwnTicketSource>>,
    replay_cache: Option<Arc<dyn ReplayCache>>,
    subkey_types: Option<Vec<EncryptionType>>,
    policy: Policy,
}

impl Krb5Builder {
    /// The replay cache, which all acceptors of the same service must share.
    #[must_use]
    pub fn replay_cache(mut self, replay_cache: Arc<dyn ReplayCache>) -> Self {
        self.replay_cache = Some(replay_cache);
        self
    }

    /// Takes tickets of user-to-user authentication too (RFC 4120 section 3.7): sealed with the session key of the acceptor's
    /// own ticket-granting ticket, as where a service runs for a user who has no keytab. Default: they are refused, though RFC
    /// 4120 section 8.1 wants all to support them: who answers the web has a keytab, and no ticket.
    ///
    /// ```
    /// # fn acceptor(file: &[u8], cache: std::sync::Arc<dyn mech_krb5::replay::ReplayCache>)
    /// #     -> Result<mech_krb5::Krb5, Box<dyn std::error::Error>> {
    /// use mech_krb5::{Krb5, OwnTicket, ccache::Ccache, crypto::EncryptionTypes, keytab::Keytab};
    /// use std::sync::Arc;
    ///
    /// let own_ticket = OwnTicket::from_ccache(&Ccache::parse(file)?, EncryptionTypes::new())?;
    /// let krb5 = Krb5::builder(Keytab::from_entries(Vec::new()))
    ///     .user_to_user(Arc::new(own_ticket))
    ///     .replay_cache(cache)
    ///     .build()?;
    /// # Ok(krb5)
    /// # }
    /// ```
    #[must_use]
    pub fn user_to_user(mut self, own_ticket: impl OwnTicketSource + 'static) -> Self {
        self.own_ticket = Some(Arc::new(own_ticket));
        self
    }

    /// How far clocks may be apart. Default: 300 s, as everywhere (RFC 4120 section 3.2.3).
    #[must_use]
    pub fn clock_skew(mut self, clock_skew: Seconds) -> Self {
        self.policy.clock_skew = clock_skew;
        self
    }

    /// Encryption types of tickets, and of the keys in them. Default: 17, 18, 19, 20.
    #[must_use]
    pub fn encryption_types(mut self, types: EncryptionTypes) -> Self {
        self.policy.encryption_types = types;
        self
    }

    /// Encryption types for the acceptor's subkey, the preferred one first, where the client offers several (RFC 4537).
    /// Default: 18, 17, 20, 19, and then 26 and 25, those of them that [`Krb5Builder::encryption_types`] has.
    #[must_use]
    pub fn subkey_types(mut self, types: impl Into<Vec<EncryptionType>>) -> Self {
        self.subkey_types = Some(types.into());
        self
    }

    /// What happens to the list of addresses that a ticket may have. Default: it is compared with the initiator's address,
    /// where that is known ([`Exchange::initiator_address`](negotiate_core::Exchange::initiator_address)).
    #[must_use]
    pub fn addresses(mut self, policy: AddressPolicy) -> Self {
        self.policy.addresses = policy;
        self
    }

    /// What happens to anonymous clients. Default: they are refused.
    #[must_use]
    pub fn anonymous(mut self, policy: AnonymousPolicy) -> Self {
        self.policy.anonymous = policy;
        self
    }

    /// What happens to authorization data that must be understood and is not. Default: the token is refused.
    #[must_use]
    pub fn unknown_authorization_data(mut self, policy: UnknownAuthorizationData) -> Self {
        self.policy.unknown_authorization_data = policy;
        self
    }

    /// Which realms may stand between a client's realm and ours. Default: those of the hierarchy of names.
    #[must_use]
    pub fn transited(mut self, policy: TransitedPolicy) -> Self {
        self.policy.transited = policy;
        self
    }

    /// What happens to the ticket's PAC. Default: it is used if it passes.
    #[must_use]
    pub fn pac(mut self, policy: PacPolicy) -> Self {
        self.policy.pac = policy;
        self
    }

    /// The keys of krbtgt, all versions and types, where this acceptor may know them: then the KDC's own checksums in PACs
    /// are verified too, and so nobody who has the service's key can make one. Default: none.
    #[must_use]
    pub fn kdc_keys(mut self, keys: impl Into<Vec<Key>>) -> Self {
        self.policy.kdc_keys = keys.into();
        self
    }

    /// Checks the configuration. A replay cache there must be (RFC 4120 section 3.2.3), whatever the application has of its own (MS-KILE
    /// section 3.1.1.1).
    ///
    /// # Errors
    /// If the keytab has no key that can be used, and there is no ticket for user-to-user authentication instead; or if there
    /// is no replay cache.
    pub fn build(self) -> Result<Krb5, Krb5ConfigError> {
        let Self {
            keys,
            own_ticket,
            replay_cache,
            subkey_types,
            mut policy,
        } = self;
        policy.subkey_types = subkey_types.unwrap_or_else(|| preferred_among(policy.encryption_types));
        let mut has_usable_key = false;
        keys.with_current(&mut |keytab| {
            let mut entries = keytab.entries().iter();
            has_usable_key = entries.any(|entry| policy.encryption_types.find(entry.etype()).is_some());
        });
        if own_ticket.is_none() && !has_usable_key {
            return Err(Krb5ConfigError::NoUsableKey);
        }
        let replay_cache = replay_cache.ok_or(Krb5ConfigError::NoReplayCache)?;
        Ok(Krb5 {
            config: Arc::new(Config {
                keys,
                own_ticket,
                replay_cache,
                policy,
            }),
        })
    }
}

/// Why a configuration is not an acceptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Krb5ConfigError {
    /// The keytab has no key of an encryption type that is accepted.
    NoUsableKey,
    /// There is no replay cache, and without one any token can be used twice.
    NoReplayCache,
}

impl fmt::Display for Krb5ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoUsableKey => "the keytab has no key of an encryption type that is accepted here",
            Self::NoReplayCache => "there is no replay cache",
        })
    }
}

impl core::error::Error for Krb5ConfigError {}
