//! The manual: pages to read, no code.
//!
//! - [`codes`]: every code of a refusal, with cause and cure.
//! - [`testing`]: logins in unit tests, without a KDC.

pub mod codes;
pub mod testing;
