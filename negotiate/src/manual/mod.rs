//! The manual: pages to read, no code.
//!
//! - [`codes`]: every code of a refusal, with cause and cure.

pub mod codes;
