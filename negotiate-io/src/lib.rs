//! Sockets, files and name service for the other crates: KDC transport, `krb5.conf`, keytab watch, credential caches and
//! replay files, Redis.
//!
//! Empty yet. Nothing that the acceptor does needs more than the bytes of a keytab, which its caller reads; the first to
//! move in is the KDC transport.
