//! The configuration of the layer.

use crate::host::{HostFrom, ServiceOfHost};
use crate::{Negotiate, header};
use http::{Extensions, HeaderValue};
use negotiate_core::{Acceptor, Timestamp};
use std::net::IpAddr;
use std::sync::Arc;
use tower_layer::Layer;

/// Protects a service with Negotiate: a request reaches it only with an authenticated [`Identity`](crate::Identity) in its
/// extensions.
///
/// Clones, and all services made by one layer and its clones, share the half-done exchanges of a connection: a client may
/// begin on one route and finish on another.
#[derive(Clone, Debug)]
pub struct NegotiateLayer {
    config: Arc<Config>,
}

#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) acceptor: Acceptor,
    pub(crate) names: Vec<ServiceOfHost>,
    pub(crate) host_from: HostFrom,
    pub(crate) client_address: fn(&Extensions) -> Option<IpAddr>,
    pub(crate) base64_limit: usize,
    pub(crate) drain_limit: u64,
    pub(crate) clock: fn() -> Timestamp,
}

impl NegotiateLayer {
    /// Accepts with `acceptor`, whose [`Limits::token_len`](negotiate_core::Limits::token_len) also bounds the header field.
    #[must_use]
    pub fn new(acceptor: Acceptor) -> Self {
        Self {
            config: Arc::new(Config {
                base64_limit: header::limit_for(acceptor.limits().token_len),
                acceptor,
                names: Vec::new(),
                host_from: HostFrom::default(),
                client_address: |_| None,
                drain_limit: 1024 * 1024,
                clock: Timestamp::now,
            }),
        }
    }

    /// Adds a name that clients may address: a service on the host that the request is for, in lower case and without its
    /// port, besides the names that the acceptor has. A request to a host that has no such key, or to an address of IPv6, may
    /// address none by it. An exchange of several legs ends on the host that it began on. Names that share a key are not kept
    /// apart by this.
    #[must_use]
    pub fn name_of_host(mut self, name: ServiceOfHost) -> Self {
        Arc::make_mut(&mut self.config).names.push(name);
        self
    }

    /// Takes the host for [`NegotiateLayer::name_of_host`] from the request's extensions, where a server behind a proxy that
    /// it trusts has put the one that the client asked for. Default: `:authority` or `Host`.
    #[must_use]
    pub fn host_from(mut self, host: fn(&Extensions) -> Option<&HeaderValue>) -> Self {
        Arc::make_mut(&mut self.config).host_from = HostFrom::Extensions(host);
        self
    }

    /// Tells mechanisms the client's address, which they may compare with those that a ticket is for, from the request's
    /// extensions, where the server has put it. Default: none is told, and tickets are good from everywhere.
    #[must_use]
    pub fn client_address_from(mut self, address: fn(&Extensions) -> Option<IpAddr>) -> Self {
        Arc::make_mut(&mut self.config).client_address = address;
        self
    }

    /// How many bytes of a request's body are read and thrown away so that an HTTP/1.1 connection lives on after an answer
    /// of the layer itself. A longer body ends the connection, and with it an exchange that is not finished (status 413).
    /// Default: 1 MiB, which costs a client less time than a new connection, and this server no memory.
    #[must_use]
    pub fn drain_limit(mut self, bytes: u64) -> Self {
        Arc::make_mut(&mut self.config).drain_limit = bytes;
        self
    }

    /// Judges tokens by another clock than the system's: for tests.
    #[must_use]
    pub fn clock(mut self, clock: fn() -> Timestamp) -> Self {
        Arc::make_mut(&mut self.config).clock = clock;
        self
    }
}

impl<S> Layer<S> for NegotiateLayer {
    type Service = Negotiate<S>;

    fn layer(&self, inner: S) -> Negotiate<S> {
        Negotiate::new(inner, Arc::clone(&self.config))
    }
}
