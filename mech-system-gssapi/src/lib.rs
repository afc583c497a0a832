//! Kerberos as the platform's libgssapi accepts it, behind negotiate-core's [`Mechanism`](negotiate_core::Mechanism).
//!
//! For what only the platform can do: keys in gssproxy or on a smart card, a `krb5.conf` with plug-ins, encryption types
//! that mech-krb5 refuses. SPNEGO stays negotiate-core's; the library gets Kerberos tokens only.
//!
//! This crate links `libgssapi_krb5` of MIT krb5, 1.18 or later (Debian: `libkrb5-dev`). Its calls wait for files and
//! locks, so each step is a [`Step::Pending`](negotiate_core::Step::Pending) that a thread of this crate answers: await
//! it in any executor, or block on it.
//!
//! Differences from mech-krb5: the clock and the random bytes are the library's own, not the ambient ones; with
//! `BindingsPolicy::Prefer` an initiator that advertises bindings and sends none is refused, as with
//! `RequireIfAdvertised`, for the library decides that.
//!
//! ```no_run
//! use mech_system_gssapi::SystemGssapi;
//! use negotiate_core::Acceptor;
//!
//! let mechanism = SystemGssapi::builder().keytab("/etc/krb5.keytab").build()?;
//! let acceptor = Acceptor::builder().mechanism(mechanism).build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod details;
mod error;
mod establish;
pub mod library;
mod mechanism;
mod workers;

pub use details::Details;
pub use error::{Error, Fact};
pub use library::ReplayCache;
pub use mechanism::{ConfigError, SystemGssapi, SystemGssapiBuilder};
