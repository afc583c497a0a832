//! SPNEGO and the acceptor of Negotiate authentication.
#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

extern crate alloc;
#[cfg(any(test, feature = "system"))]
extern crate std;

mod ambient;
mod secret;

#[cfg(feature = "system")]
pub use ambient::SystemRandom;
pub use ambient::{Ambient, Random, RandomUnavailable, Seconds, Timestamp};
pub use secret::Secret;
