//! Test Kerberos and SPNEGO logins without a domain: an embedded KDC, a client that plays a browser, a clock that a test
//! sets, and a suite for mechanisms.
//!
//! # Authenticate in a unit test
//!
//! ```
//! use negotiate_testkit::Kdc;
//!
//! # fn main() -> Result<(), negotiate_testkit::BrowserError> {
//! let kdc = Kdc::new("EXAMPLE.TEST").user("alice", "secret").service("HTTP/www.example.test");
//! let acceptor = kdc.acceptor(&["HTTP/www.example.test"]);
//! let browser = kdc.browser("alice", "secret")?;
//! let login = browser.log_in(&acceptor, "HTTP/www.example.test")?;
//! assert_eq!(login.accepted.initiator().display(), "alice@EXAMPLE.TEST");
//! # Ok(())
//! # }
//! ```
//!
//! Nothing was installed and nothing listens: the KDC is a value, and so is the time.
//!
//! # Test your own service
//!
//! Give your service [`Kdc::krb5`] or the keytab of [`Kdc::keytab`], and requests the `Authorization` field of a
//! [`Visit`]; hold its answer against the browser's end:
//!
//! ```
//! # use negotiate_testkit::Kdc;
//! # let kdc = Kdc::new("EXAMPLE.TEST").user("alice", "secret").service("HTTP/www.example.test");
//! let visit = kdc.browser("alice", "secret")?.visit("HTTP/www.example.test")?;
//! let authorization = visit.authorization(); // "Negotiate YII..."
//! # let acceptor = kdc.acceptor(&["HTTP/www.example.test"]);
//! # let token = visit.token().unwrap().clone();
//! # let step = kdc.its_clock().ambient(|ambient| acceptor.exchange(None).step(token.as_bytes(), ambient));
//! # let Ok(negotiate_core::Step::Complete { token: Some(token), .. }) = step else { panic!() };
//! # use base64::Engine as _;
//! # let www_authenticate = format!("Negotiate {}", base64::engine::general_purpose::STANDARD.encode(token.as_bytes()));
//! // ... your service answers, with WWW-Authenticate: Negotiate oYG...
//! visit.www_authenticate(&www_authenticate)?.finish()?; // the service has proved itself
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What goes wrong in the field can be made to go wrong here: a wrong password, a key that changed ([`Kdc::rekey`]), clocks
//! apart ([`Browser::clock`]), channel bindings of another connection, tickets that are over ([`Clock::advance`]), accounts
//! with old keys or without pre-authentication ([`Account`]).
//!
//! # With other people's programs
//!
//! [`Kdc::serve`] listens on loopback, TCP and UDP, for MIT's and Heimdal's `kinit`, curl, browsers and Java;
//! [`krb5_conf`] writes their configuration. `examples/kdc.rs` is all of that in twenty lines.
//!
//! # Test a mechanism
//!
//! [`suite`] and [`mechanism_suite!`] put a [`Mechanism`](negotiate_core::Mechanism) of yours through what every mechanism
//! owes. [`NoSecurity`] is one that provides NO SECURITY, for tests of what stands around mechanisms.

mod ask;
mod browser;
mod clock;
mod kdc;
mod login;
mod no_security;
pub mod suite;

pub use browser::{Browser, BrowserError, Visit};
pub use clock::Clock;
pub use kdc::{Account, Kdc, KdcServer, krb5_conf};
pub use login::{Login, LoginError, log_in};
pub use no_security::{NO_SECURITY, NoSecurity, NoSecurityDetails, NoSecurityError, NoSecurityInitiator};
pub use pollster::block_on;
