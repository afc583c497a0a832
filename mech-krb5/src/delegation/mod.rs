//! Credentials that a login leaves with the acceptor.

mod forwarded;

pub(crate) use forwarded::open;
pub use forwarded::{Credential, DelegatedCredential};
