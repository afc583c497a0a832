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

pub mod crypto;
pub mod keytab;
mod principal;

pub use principal::{
    BadPrincipal, MAX_COMPONENTS, NameType, NotUtf8, Principal, PrincipalName, PrincipalRef,
};
