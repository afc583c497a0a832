//! Test Kerberos and SPNEGO logins without a domain.
mod ask;
mod clock;
mod kdc;

pub use clock::Clock;
pub use kdc::{Account, Kdc, KdcServer, krb5_conf};
