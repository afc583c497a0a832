//! Negotiate single sign-on (RFC 4559) for HTTP services. The layer itself is to be written.

pub mod bindings;
