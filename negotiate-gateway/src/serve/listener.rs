//! Connections: accepted one by one, with TLS where it is configured, each request marked with who sent it; and the end
//! by a signal.

use super::Peer;
use super::forwarded::{Origin, Scheme};
use crate::config::{Config, Limits, Network};
use crate::failure::Failure;
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use negotiate_core::Untrusted;
use negotiate_http::{Connection, Server, authority};
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower_service::Service;
use tracing::Instrument;
use tracing::instrument::Instrumented;

/// A bound address, ready to serve.
pub(super) struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
    channel: Channel,
    limits: Limits,
    trusted_proxies: Arc<[Network]>,
    signals: Signals,
}

/// What lies between TCP and HTTP.
#[derive(Clone)]
enum Channel {
    Plain,
    #[cfg(feature = "tls")]
    Tls(Arc<super::tls::ServerTls>),
}

type BoxError = Box<dyn Error + Send + Sync>;

impl Listener {
    /// Binds the address, and from then on takes signals as the wish to stop.
    ///
    /// # Errors
    /// If the address cannot be had, or the certificate and key cannot be used.
    pub(super) async fn bind(config: &Config) -> Result<Self, Failure> {
        #[cfg(feature = "tls")]
        let channel = match &config.tls {
            Some(tls) => Channel::Tls(Arc::new(super::tls::ServerTls::load(
                tls,
                config.acceptor.channel_bindings,
            )?)),
            None => Channel::Plain,
        };
        #[cfg(not(feature = "tls"))]
        let channel = Channel::Plain;
        let signals = Signals::new().map_err(|error| {
            Failure::stopped(
                format!("cannot take signals: {error}"),
                "check the limits of the process",
            )
        })?;
        let wanted = config.listen.0;
        let tcp = TcpListener::bind(wanted).await;
        let tcp = tcp.and_then(|tcp| Ok((tcp.local_addr()?, tcp)));
        let (address, tcp) = tcp.map_err(|error| cannot_listen(wanted, &error))?;
        Ok(Self {
            tcp,
            address,
            channel,
            limits: config.limits.clone(),
            trusted_proxies: config.trusted_proxies.clone().into(),
            signals,
        })
    }

    /// The address, with the port that the system chose if the configuration says 0.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the first signal; then lets the requests under way finish, until the second signal or the limit.
    pub(super) async fn run<S, B>(self, service: S)
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let Self {
            tcp,
            channel,
            limits,
            trusted_proxies,
            mut signals,
            ..
        } = self;
        let (stop, _) = watch::channel(());
        let permits = Arc::new(Semaphore::new(limits.connections.0.min(Semaphore::MAX_PERMITS)));
        let mut connections = JoinSet::new();
        let signal = loop {
            let (stream, peer, permit) = tokio::select! {
                accepted = accept(&tcp, &permits) => accepted,
                Some(_) = connections.join_next() => continue,
                name = signals.next() => break name,
            };
            let service = Marked {
                service: service.clone(),
                peer: Peer {
                    address: peer.ip().to_canonical(),
                    scheme: channel.scheme(),
                },
                trusted_proxies: Arc::clone(&trusted_proxies),
            };
            let server = Server::new(service).header_read_timeout(limits.header_timeout.0);
            let channel = channel.clone();
            let mut stopped = stop.subscribe();
            let timeout = limits.header_timeout.0;
            connections.spawn(async move {
                let shutdown = async { _ = stopped.changed().await };
                if let Err(error) = channel.serve(stream, server, timeout, shutdown).await {
                    tracing::debug!(%peer, error, "a connection ended early");
                }
                drop(permit);
            });
        };
        // Nobody can connect any more, and the connections hear of it.
        drop((tcp, stop));
        tracing::info!(signal, open = connections.len(), "stopping");
        let all = async { while connections.join_next().await.is_some() {} };
        tokio::select! {
            () = all => return,
            _ = signals.next() => {}
            () = tokio::time::sleep(limits.shutdown_timeout.0) => {}
        }
        tracing::warn!(
            open = connections.len(),
            "connections were cut: their requests took too long"
        );
    }
}

/// The next connection, when there is room for it. What fails is one connection, or this process for want of descriptors:
/// then it waits for some to be closed.
async fn accept(
    tcp: &TcpListener,
    permits: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset};
    let permit = Arc::clone(permits).acquire_owned().await;
    let permit = permit.unwrap_or_else(|_| unreachable!("nobody closes the semaphore"));
    loop {
        match tcp.accept().await {
            Ok((stream, peer)) => {
                // Only latency is lost if this fails.
                _ = stream.set_nodelay(true);
                return (stream, peer, permit);
            }
            Err(error) if matches!(error.kind(), ConnectionAborted | ConnectionReset) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections; trying again in a second");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

impl Channel {
    fn scheme(&self) -> Scheme {
        match self {
            Self::Plain => Scheme::Http,
            #[cfg(feature = "tls")]
            Self::Tls(_) => Scheme::Https,
        }
    }

    #[cfg_attr(not(feature = "tls"), allow(unused_variables))] // `timeout` is for the handshake
    async fn serve<S, B>(
        self,
        stream: TcpStream,
        server: Server<S>,
        timeout: Duration,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), BoxError>
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        match self {
            Self::Plain => server.serve_connection(stream, Connection::new(), shutdown).await,
            #[cfg(feature = "tls")]
            Self::Tls(tls) => {
                let stream = tokio::time::timeout(timeout, tls.handshake(stream)).await??;
                let connection = tls.connection(&stream);
                server.serve_connection(stream, connection, shutdown).await
            }
        }
    }
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Failure {
    let advice = match error.kind() {
        io::ErrorKind::AddrInUse => "another program listens there: stop it, or choose another port",
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 are for root: choose another, or allow this program to bind it"
        }
        io::ErrorKind::AddrNotAvailable => "this machine has no such address",
        _ => "check the address",
    };
    Failure::stopped(format!("cannot listen on {address}: {error}"), advice)
}

/// The signals that end the program.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// The name of the next one.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// Marks each request with its [`Peer`] and [`Origin`], and what is logged about it with the client and the host.
#[derive(Clone)]
struct Marked<S> {
    service: S,
    peer: Peer,
    trusted_proxies: Arc<[Network]>,
}

impl<S: Service<Request<Incoming>>> Service<Request<Incoming>> for Marked<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Instrumented<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
        let Peer { address, scheme } = self.peer;
        let origin = Origin::of(
            request.headers(),
            authority(&request).and_then(|host| HeaderValue::from_bytes(host).ok()),
            address,
            scheme,
            &self.trusted_proxies,
        );
        let host = origin
            .host
            .as_ref()
            .map(HeaderValue::as_bytes)
            .unwrap_or_default();
        let span = tracing::info_span!("request", client = %origin.client, host = %Untrusted(host));
        request.extensions_mut().insert(self.peer);
        request.extensions_mut().insert(origin);
        span.in_scope(|| self.service.call(request)).instrument(span)
    }
}
