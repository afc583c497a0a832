//! The C library's calls, made safe. They block: on the lock of the credential that they share, on the keytab and replay
//! cache files, which the library opens for each token.
//!
//! For callers that have threads of their own to block. [`SystemGssapi`](crate::SystemGssapi) is for the others.
// The only place of this crate with `unsafe`: each block says why it may.
#![allow(unsafe_code)]

mod buffer;
mod context;
mod credential;
mod name;
mod per_message;
mod raw;
mod status;

pub use context::{Accepted, AcceptedContext, Context, Failure};
pub use credential::{AcceptorCredential, Delegated, Mechanisms, ReplayCache};
pub use status::Status;
