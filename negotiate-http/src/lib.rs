//! Negotiate single sign-on ([RFC 4559](https://www.rfc-editor.org/rfc/rfc4559)) as a [`tower`](tower_layer) layer for any
//! HTTP service.
//!
//! ```no_run
//! # #[cfg(all(feature = "axum", feature = "serve"))]
//! # mod example {
//! use axum::{Router, routing::get};
//! use negotiate_http::{Identity, NegotiateLayer, serve};
//! # fn acceptor() -> negotiate_core::Acceptor { todo!() }
//!
//! #[tokio::main]
//! async fn main() -> std::io::Result<()> {
//!     let app = Router::new()
//!         .route("/", get(|user: Identity| async move { format!("Hello, {user}\n") }))
//!         .layer(NegotiateLayer::new(acceptor()));
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//!     serve(listener, app).await;
//!     Ok(())
//! }
//! # }
//! # fn main() {}
//! ```
//!
//! # What a request meets
//!
//! | the request has | the answer |
//! |---|---|
//! | no `Authorization`, one of another scheme, or `Negotiate` alone | 401 with the challenges |
//! | a token that is the exchange's last | the application's, with [`Identity`] in the request's extensions, and the exchange's last token in `WWW-Authenticate` |
//! | a token that another follows (NTLM, SPNEGO's reselection) | 401 with the next token; the exchange waits on this [`Connection`] |
//! | a token that is refused | 401 with the challenges, or what [`Verdict`](negotiate_core::Verdict) says: 403, 503 |
//! | a token over [`Limits::token_len`](negotiate_core::Limits::token_len) | 431 |
//!
//! The application sees a request only with an identity. An `Authorization` of another scheme is left as it is, and
//! authenticates nobody here.
//!
//! The spent `Authorization` does not reach the application. Responses with a token are `Cache-Control: no-store`, the
//! others at least `private`.
//!
//! # What a server must do
//!
//! Exchanges of one leg, Kerberos among them, work behind any server and over any version of HTTP. Those of several legs need
//! HTTP/1.1 and a [`Connection`] in the extensions of each request, which also carries the channel [`bindings`] of TLS.
//! [`serve`](fn@serve) and `Server` see to that, and to header limits that fit Kerberos tickets; with another server, do both
//! yourself.
//!
//! # What the operator learns
//!
//! Refusals are `tracing` events of target `negotiate_http` with code, blame, what was seen and expected, and advice: a warning
//! where the server is at fault, else information. Outer layers find the same as a [`Refusal`] in the response's extensions.
//! The client is told as little as the scheme allows. Tokens are never logged.

mod answer;
pub mod bindings;
mod body;
mod connection;
mod drain;
mod error;
mod future;
mod header;
mod host;
mod identity;
mod layer;
#[cfg(feature = "serve")]
mod patience;
#[cfg(feature = "serve")]
mod serve;
mod service;

pub use body::ResponseBody;
pub use connection::Connection;
pub use error::{Refusal, RequestError};
pub use future::ResponseFuture;
pub use host::{ServiceOfHost, authority};
#[cfg(feature = "axum")]
pub use identity::IdentityMissing;
pub use identity::{AuthenticationType, Identity};
pub use layer::NegotiateLayer;
#[cfg(feature = "serve")]
pub use serve::{HEADER_LIMIT, Server, serve};
pub use service::Negotiate;
