//! Test Kerberos and SPNEGO logins without a domain.
mod ask;
mod browser;
mod clock;
mod kdc;
mod login;
mod wait;

pub use browser::{Browser, BrowserError, Visit};
pub use clock::Clock;
pub use kdc::{Account, Kdc, KdcServer, krb5_conf};
pub use login::{Login, LoginError, log_in};
pub use wait::block_on;
