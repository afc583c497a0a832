//! Negotiate single sign-on for servers, in one dependency: SPNEGO and Kerberos in pure Rust.
//!
//! ```no_run
//! # #[cfg(all(feature = "axum", feature = "krb5"))]
//! # mod example {
//! use axum::{Router, routing::get};
//! use negotiate::http::{Identity, NegotiateLayer, serve};
//!
//! # pub async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let acceptor = negotiate::acceptor_with_keytab("/etc/http.keytab")?;
//! let app = Router::new()
//!     .route("/", get(async |user: Identity| user.display().to_owned()))
//!     .layer(NegotiateLayer::new(acceptor));
//! serve(tokio::net::TcpListener::bind("127.0.0.1:8080").await?, app).await;
//! # Ok(())
//! # }
//! # }
//! ```
//!
//! An [`Acceptor`] takes tokens, of HTTP or of any other protocol, and answers with tokens, until it has a
//! [`SecurityContext`] or refuses. It does no I/O and reads no clock: each [`Exchange::step`] is told the time.
//!
//! | feature | brings |
//! |---|---|
//! | `krb5` (default) | `krb5`: Kerberos V5 with the keys of a keytab |
//! | `camellia` | `krb5`, with Camellia for acceptors that name it |
//! | `http` | `http`: a tower layer for any HTTP service, and a server loop |
//! | `axum` | `http`, with the user as an extractor of axum handlers |
//! | `io` | `io`: keytab files, merged and watched |
//!
//! [`manual::codes`] explains every refusal by its code.

#[cfg(feature = "krb5")]
mod keytab_file;
pub mod manual;

#[cfg(feature = "krb5")]
pub use keytab_file::{NoAcceptor, acceptor_with_keytab};
#[cfg(feature = "krb5")]
pub use mech_krb5 as krb5;
pub use negotiate_core::*;
#[cfg(feature = "http")]
pub use negotiate_http as http;
#[cfg(feature = "io")]
pub use negotiate_io as io;
