//! Sockets, files and name service for the other crates, one module for each.
//!
//! - [`keytab`]: keytab files, read, merged and watched.
//! - [`krb5_conf`]: `krb5.conf` with what it includes.
//!
//! Not here yet: KDC transport, credential caches, replay files, Redis.

pub mod keytab;
pub mod krb5_conf;
