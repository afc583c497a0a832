//! Credentials that a login leaves with the acceptor.

mod forward;
mod forwarded;

pub(crate) use forward::{NotSealed, seal};
pub use forwarded::DelegatedCredential;
pub(crate) use forwarded::open;
