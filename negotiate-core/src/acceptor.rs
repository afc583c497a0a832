//! The acceptor: long-lived configuration, built once and shared by all exchanges.

use crate::{BindingsPolicy, ChannelBindings, Exchange, Limits, MechType, Mechanism, ServiceName};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// Accepts Negotiate exchanges with the mechanisms it was built from. A clone shares the configuration.
#[derive(Clone, Debug)]
pub struct Acceptor {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) mechanisms: Vec<Arc<dyn Mechanism>>,
    pub(crate) bindings_policy: BindingsPolicy,
    pub(crate) names: Vec<ServiceName>,
    pub(crate) limits: Limits,
}

impl Shared {
    /// The mechanism that claims the identifier with these contents, and the identifier.
    pub(crate) fn mechanism(&self, oid: &[u8]) -> Option<(&Arc<dyn Mechanism>, MechType)> {
        self.mechanisms.iter().find_map(|mechanism| {
            let claimed = mechanism.mech_types().iter();
            let mech_type = claimed.copied().find(|claimed| claimed.contents() == oid)?;
            Some((mechanism, mech_type))
        })
    }

    /// Whether this is an identifier of the mechanism that we prefer.
    pub(crate) fn is_favourite(&self, mech_type: MechType) -> bool {
        let favourite = self.mechanisms.first();
        favourite.is_some_and(|favourite| favourite.mech_types().contains(&mech_type))
    }

    /// All identifiers that the mechanisms claim.
    pub(crate) fn mech_types(&self) -> impl Iterator<Item = MechType> {
        self.mechanisms
            .iter()
            .flat_map(|mechanism| mechanism.mech_types())
            .copied()
    }
}

impl Acceptor {
    /// Starts a configuration.
    #[must_use]
    pub fn builder() -> AcceptorBuilder {
        AcceptorBuilder::default()
    }

    /// Begins a conversation with one initiator. `bindings` are those of the channel that its tokens arrive on.
    #[must_use]
    pub fn exchange(&self, bindings: Option<Arc<ChannelBindings>>) -> Exchange<'_> {
        Exchange::new(&self.shared, bindings)
    }

    /// The bounds it was built with, so that a transport can refuse what is too long before it decodes it.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.shared.limits
    }
}

/// Collects the configuration of an [`Acceptor`].
#[derive(Debug, Default)]
pub struct AcceptorBuilder {
    mechanisms: Vec<Arc<dyn Mechanism>>,
    bindings_policy: BindingsPolicy,
    names: Vec<ServiceName>,
    limits: Limits,
}

impl AcceptorBuilder {
    /// Adds a mechanism, behind those that were added before. Which one is used is the initiator's preference. Where that is another
    /// than the first one here, the initiator has to prove its list of mechanisms by a mechListMIC: somebody between may have taken the
    /// first one out. So the strongest comes first. A token that comes without SPNEGO has no list; of it [`SecurityContext::negotiation`]
    /// says so.
    ///
    /// [`SecurityContext::negotiation`]: crate::SecurityContext::negotiation
    #[must_use]
    pub fn mechanism(mut self, mechanism: impl Mechanism + 'static) -> Self {
        self.mechanisms.push(Arc::new(mechanism));
        self
    }

    /// Adds a mechanism that is shared with others.
    #[must_use]
    pub fn shared_mechanism(mut self, mechanism: Arc<dyn Mechanism>) -> Self {
        self.mechanisms.push(mechanism);
        self
    }

    /// What is asked of channel bindings. Default: [`BindingsPolicy::RequireIfAdvertised`].
    #[must_use]
    pub fn bindings_policy(mut self, policy: BindingsPolicy) -> Self {
        self.bindings_policy = policy;
        self
    }

    /// Adds a name that initiators may address. Without any, every name is good for which there is a key; unless the exchange
    /// has names of its own, by [`Exchange::restricted_to`], to which these are added.
    #[must_use]
    pub fn name(mut self, name: ServiceName) -> Self {
        self.names.push(name);
        self
    }

    /// Bounds on what an initiator may send. Default: [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Checks the configuration.
    ///
    /// # Errors
    /// If there is no mechanism, two claim the same identifier, or one claims SPNEGO's.
    pub fn build(self) -> Result<Acceptor, ConfigError> {
        if self.mechanisms.is_empty() {
            return Err(ConfigError::NoMechanism);
        }
        let mut seen: Vec<MechType> = Vec::new();
        for mech_type in self
            .mechanisms
            .iter()
            .flat_map(|mechanism| mechanism.mech_types())
        {
            // RFC 4178 section 3.1: SPNEGO does not negotiate itself.
            if *mech_type == MechType::SPNEGO {
                return Err(ConfigError::SpnegoAsMechanism);
            }
            if seen.contains(mech_type) {
                return Err(ConfigError::SameMechTypeTwice(*mech_type));
            }
            seen.push(*mech_type);
        }
        let Self {
            mechanisms,
            bindings_policy,
            names,
            limits,
        } = self;
        Ok(Acceptor {
            shared: Arc::new(Shared {
                mechanisms,
                bindings_policy,
                names,
                limits,
            }),
        })
    }
}

/// Why a configuration is not an acceptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// There is nothing to accept with.
    NoMechanism,
    /// Two mechanisms claim this identifier.
    SameMechTypeTwice(MechType),
    /// A mechanism claims SPNEGO's identifier: the acceptor speaks SPNEGO itself.
    SpnegoAsMechanism,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMechanism => f.write_str("an acceptor needs at least one mechanism"),
            Self::SameMechTypeTwice(mech_type) => write!(f, "two mechanisms claim {mech_type:?}"),
            Self::SpnegoAsMechanism => {
                f.write_str("a mechanism claims SPNEGO, which the acceptor speaks itself")
            }
        }
    }
}

impl core::error::Error for ConfigError {}
