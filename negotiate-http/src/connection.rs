//! What belongs to one connection: its channel bindings, and the half-done exchange of HTTP/1.1.
//!
//! An exchange of several legs stays on the connection that it began on (RFC 4559 section 6). The connection is a value
//! that the server makes, never an address: behind a proxy or NAT many clients share one.

use crate::layer::Config;
use negotiate_core::{ChannelBindings, Exchange, ServiceName};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// One connection of a client. The server makes one as it accepts the connection, and puts a clone into the extensions of
/// each of the connection's requests; [`Server`](crate::Server) does so.
///
/// The half-done exchange dies with the last clone, on its first error, and when a new exchange begins.
#[derive(Clone, Default)]
pub struct Connection {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    bindings: Option<Arc<ChannelBindings>>,
    parked: Mutex<Option<Parked>>,
    owner: Owner,
}

/// Whose requests come on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Owner {
    /// One client's.
    #[default]
    Client,
    /// Those of a proxy that asks about many clients: nothing may wait here for one of them.
    Proxy,
}

struct Parked {
    // Whose exchange it is: another layer, with another acceptor, must not finish it.
    config: Arc<Config>,
    // Which names of the request's host it may address: what it proved for one host is nothing for another.
    names: Vec<ServiceName>,
    exchange: Exchange<'static>,
}

impl Connection {
    /// A connection without channel bindings: plain HTTP.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A connection over TLS, with the bindings of its channel; see [`bindings`](crate::bindings).
    #[must_use]
    pub fn with_bindings(bindings: Arc<ChannelBindings>) -> Self {
        Self {
            shared: Arc::new(Shared {
                bindings: Some(bindings),
                ..Shared::default()
            }),
        }
    }

    /// A connection of a proxy that asks about its clients' requests one by one (nginx's `auth_request`). Exchanges of more
    /// than one leg are refused; `bindings` are those of the client's channel to the proxy.
    #[must_use]
    pub fn of_proxy(bindings: Option<Arc<ChannelBindings>>) -> Self {
        Self {
            shared: Arc::new(Shared {
                bindings,
                owner: Owner::Proxy,
                ..Shared::default()
            }),
        }
    }

    pub(crate) fn bindings(&self) -> Option<Arc<ChannelBindings>> {
        self.shared.bindings.clone()
    }

    /// Whether a half-done exchange may wait here for its client's next request.
    pub(crate) fn may_park(&self) -> bool {
        self.shared.owner == Owner::Client
    }

    /// Takes out the half-done exchange, if it is one of this layer and for these names. Whatever was parked is gone: two
    /// requests can never go on with the same exchange, and an error needs no cleaning up.
    pub(crate) fn take(&self, config: &Arc<Config>, names: &[ServiceName]) -> Option<Exchange<'static>> {
        let parked = self.lock().take()?;
        (Arc::ptr_eq(&parked.config, config) && parked.names == names).then_some(parked.exchange)
    }

    pub(crate) fn park(&self, config: Arc<Config>, names: Vec<ServiceName>, exchange: Exchange<'static>) {
        *self.lock() = Some(Parked {
            config,
            names,
            exchange,
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Parked>> {
        // Nothing panics while it is held, and an Option is whole at any time.
        self.shared.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("bindings", &self.shared.bindings.is_some())
            .field("half_done", &self.lock().is_some())
            .finish()
    }
}
