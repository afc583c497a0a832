//! Credentials that a login leaves with the acceptor.

mod forwarded;

pub use forwarded::DelegatedCredential;
pub(crate) use forwarded::open;
