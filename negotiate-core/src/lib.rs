//! SPNEGO and the acceptor of Negotiate authentication.
#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

extern crate alloc;
#[cfg(any(test, feature = "system"))]
extern crate std;

mod acceptor;
mod account;
mod ambient;
mod bindings;
mod context;
pub mod der;
mod error;
mod exchange;
mod initiator;
mod limits;
mod mech_type;
mod mechanism;
mod name;
mod name_attribute;
mod per_message;
mod secret;
mod sid;
mod spnego;
mod status;

pub use acceptor::{Acceptor, AcceptorBuilder, ConfigError};
pub use account::{Account, AccountUnreadable, Claim, ClaimValues, ClaimsSource, Group};
#[cfg(feature = "system")]
pub use ambient::SystemRandom;
pub use ambient::{Ambient, Random, RandomUnavailable, Seconds, Timestamp};
pub use bindings::{Address, BindingsPolicy, ChannelBindings};
pub use context::{ContextFlags, Established, MechDetails, MechListMic, Negotiation, SecurityContext};
pub use error::{Explain, MechReject, Reject, Untrusted};
pub use exchange::{Exchange, Pending, Step};
pub use initiator::{InitiateContext, InitiateStep, Initiated, Initiator};
pub use limits::Limits;
pub use mech_type::{Dotted, MechType};
pub use mechanism::{AcceptContext, AcceptRequest, MechPending, MechStep, Mechanism, Token};
pub use name::{AllowedNames, BadServiceName, Name, NameKind, ServiceName};
pub use name_attribute::NameAttribute;
pub use per_message::{MessageOrder, PerMessage, PerMessageError, PrfKey, Protection, Unwrapped};
pub use secret::{Secret, Wipe};
pub use sid::{BadSid, Sid};
pub use spnego::{AcceptedMechTypes, OfferedMechTypes, SpnegoError, SpnegoInitiator, SpnegoInitiatorError};
pub use status::{Blame, GssMajor, Verdict};
