//! The Kerberos V5 mechanism (RFC 4120, RFC 4121).
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
#[cfg(any(test, feature = "std"))]
extern crate std;

mod accept;
pub mod ccache;
mod context;
mod credential;
pub mod crypto;
mod delegation;
mod details;
mod error;
mod initiate;
pub mod kdc;
pub mod keytab;
pub mod krb5_conf;
mod local_name;
mod mechanism;
pub mod message;
mod own_ticket;
pub mod pac;
mod principal;
pub mod replay;

pub use accept::{AddressPolicy, AnonymousPolicy, PacPolicy, TransitedPolicy, UnknownAuthorizationData};
pub use context::{ContextKeys, MessageProtection, Role};
pub use credential::Credential;
pub use delegation::DelegatedCredential;
pub use details::{AuthorizationDataOrigin, Details, OtherAuthorizationData, Warning};
pub use error::{
    About, AddressFault, BindingsDemand, Container, DelegationFault, Error, Fact, GssChecksumFault, KeyOf,
    Part, PathFault, TicketAddress, TicketLabel, WellKnownName,
};
pub use initiate::{Krb5Initiator, Krb5InitiatorError};
pub use local_name::{LocalNames, MAX_NAME_LEN, NoLocalName};
pub use mechanism::{Krb5, Krb5Builder, Krb5ConfigError};
pub use own_ticket::{OwnTicket, OwnTicketError, OwnTicketSource};
pub use principal::{
    BadPrincipal, MAX_COMPONENTS, NameType, NotUtf8, Principal, PrincipalName, PrincipalRef,
};
