//! The manual: pages to read, no code.
//!
//! - [`codes`]: every code of a refusal, with cause and cure.
//! - [`testing`]: logins in unit tests, without a KDC.
//! - [`user_to_user`]: services that run for a user, without a keytab.

pub mod codes;
pub mod testing;
pub mod user_to_user;
