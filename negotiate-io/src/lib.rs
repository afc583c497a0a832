//! Sockets, files and name service for the other crates, one module for each.
//!
//! - [`keytab`]: keytab files, read, merged and watched.
//!
//! Not here yet: KDC transport, `krb5.conf`, credential caches, replay files, Redis.

pub mod keytab;
