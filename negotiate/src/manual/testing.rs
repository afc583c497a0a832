//! Logins in unit tests, without a KDC, a domain or a network.
//!
//! The crate `negotiate-testkit` has a KDC that is a value, and a client that plays a browser. Put it among your
//! `dev-dependencies`. A login is five lines:
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
//! The tickets and tokens are real: the same bytes that a KDC and a browser make, judged by the same acceptor that serves your
//! users.
//!
//! # Your own service
//!
//! Give your application the acceptor of `Kdc::acceptor`, send it the `Authorization` field of `Browser::visit`, and give
//! its answer back to the visit, which then knows whether the service has proved itself. `examples/axum.rs` of this crate has
//! such a test below its page; `cargo test -p negotiate --all-features --example axum` runs it.
//!
//! # What else there is to test
//!
//! - **Who is not let in**: another password gives an error of `Kdc::browser`; a key that changed (`Kdc::rekey`) or a clock
//!   that is off (`Browser::clock`) gives a refusal with one of the [codes](super::codes).
//! - **Tickets that end**: `Clock::advance` lets hours pass at once.
//! - **Delegation**: `Browser::delegating` hands over a ticket, as `curl --delegation always` does.
//! - **Channel bindings**: `Browser::channel_bindings`, and `Browser::log_in_over` another channel.
//! - **Other people's clients**: `Kdc::serve` listens on loopback for `kinit`, curl and browsers; the testkit's example `kdc`
//!   shows it.
