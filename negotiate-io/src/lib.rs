//! Sockets, files and name service for the other crates, one module for each.
//!
//! - [`keytab`]: keytab files, read, merged and watched.
//! - [`krb5_conf`]: `krb5.conf` with what it includes.
//! - `replay`: a replay cache in a file that MIT's library can share (Linux).
//!
//! Not here yet: KDC transport, credential caches, Redis.

#[cfg(target_os = "linux")]
mod access;
pub mod keytab;
pub mod krb5_conf;
#[cfg(target_os = "linux")]
pub mod replay;
