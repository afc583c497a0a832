//! A server loop over hyper whose header limits fit Kerberos tickets, with the connection state attached.
//!
//! Servers in common use stop at 16 KiB of header fields over HTTP/2 or 8 KiB over HTTP/1.1; a ticket of a user in many
//! groups is longer. HTTP/1.1 and HTTP/2 are told apart by the first bytes. Above the limits the answer is 431.

use crate::Connection;
use crate::drain::BodyTimer;
use crate::patience::{Activity, Attended, Judgement, Patience};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::error::Error;
use std::future::{pending, poll_fn};
use std::io;
use std::pin::pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower_service::Service;

/// The most header fields that a request may bring, in bytes. Tickets of Windows are at most 65,535 bytes by default, which
/// is 87,384 in base64; the rest is for cookies and what proxies add.
pub const HEADER_LIMIT: u32 = 128 * 1024;

/// Serves HTTP/1.1 and HTTP/2 to one connection after the other, or to those that the caller accepts.
#[derive(Clone, Debug)]
pub struct Server<S> {
    service: S,
    header_read_timeout: Duration,
}

type BoxError = Box<dyn Error + Send + Sync>;

/// Serves `service` to all connections of `listener`, for ever. [`Server`] has what can be chosen.
pub async fn serve<S, B>(listener: TcpListener, service: S)
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    Server::new(service).run(listener, pending()).await;
}

impl<S, B> Server<S>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    /// Serves `service`, a clone of it to each connection.
    #[must_use]
    pub fn new(service: S) -> Self {
        Self {
            service,
            header_read_timeout: Duration::from_secs(30),
        }
    }

    /// How long a client may take for the header of its first request, and over HTTP/1.1 of each later one, from the moment
    /// that it could send it, and for each 64 KiB of a body that the layer throws away: silent and slow clients are
    /// disconnected. So are, after at most three times as long, those that keep a connection without requests over HTTP/2, or
    /// take nothing of a response. Default: 30 seconds.
    #[must_use]
    pub fn header_read_timeout(mut self, timeout: Duration) -> Self {
        self.header_read_timeout = timeout;
        self
    }

    /// Serves all connections of `listener`, without TLS and without a limit on their number, until `shutdown` resolves.
    /// Then it accepts no more, lets the requests in flight finish, and returns; drop the future to end them at once.
    pub async fn run(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let (stop, _) = watch::channel(());
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                accepted = accept(&listener) => {
                    let server = self.clone();
                    let mut stopped = stop.subscribe();
                    connections.spawn(async move {
                        let shutdown = async { _ = stopped.changed().await };
                        if let Err(error) = server.serve_connection(accepted, Connection::new(), shutdown).await {
                            tracing::debug!(target: "negotiate_http", error, "connection ended early");
                        }
                    });
                }
                Some(_) = connections.join_next() => {}
                () = &mut shutdown => break,
            }
        }
        drop((listener, stop));
        while connections.join_next().await.is_some() {}
    }

    /// Serves one connection: any stream, and what is known of it. For TLS, `stream` is the stream within, and `connection`
    /// has the bindings. When `shutdown` resolves, the requests in flight are finished, and no other is taken.
    ///
    /// # Errors
    /// If the stream fails, the client does not speak HTTP, or takes too long for it.
    pub async fn serve_connection<I>(
        self,
        stream: I,
        connection: Connection,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), BoxError>
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let timeout = self.header_read_timeout;
        let body_timer = BodyTimer::new(move || Box::pin(tokio::time::sleep(timeout)));
        let activity = Activity::default();
        let mut patience = Patience::new(activity.clone());
        let service = service_fn({
            let service = self.service.clone();
            move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(connection.clone());
                request.extensions_mut().insert(body_timer.clone());
                let (mut service, activity) = (service.clone(), activity.clone());
                async move {
                    let turn = activity.turn();
                    poll_fn(|context| service.poll_ready(context)).await?;
                    let response = service.call(request).await?;
                    drop(turn);
                    Ok::<_, S::Error>(response.map(|body| Attended::new(body, activity)))
                }
            }
        });
        let builder = self.builder();
        let mut served = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
        // hyper's own timeout begins after it knows the version, and over HTTP/2 there is none.
        let (mut shutdown, mut look) = (pin!(shutdown), pin!(tokio::time::sleep(timeout)));
        let mut is_stopping = false;
        loop {
            tokio::select! {
                result = &mut served => return result,
                () = &mut shutdown, if !is_stopping => {
                    is_stopping = true;
                    served.as_mut().graceful_shutdown();
                }
                () = &mut look => {
                    match patience.judge() {
                        Judgement::GoOn => {}
                        Judgement::Ask => served.as_mut().graceful_shutdown(),
                        Judgement::Cut => return Err(io::Error::from(io::ErrorKind::TimedOut).into()),
                    }
                    look.set(tokio::time::sleep(timeout));
                }
            }
        }
    }

    fn builder(&self) -> auto::Builder<TokioExecutor> {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_read_timeout)
            .max_buf_size(usize::try_from(HEADER_LIMIT).unwrap_or(usize::MAX));
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(HEADER_LIMIT)
            // A peer that is gone without a word is found out.
            .keep_alive_interval(self.header_read_timeout);
        builder
    }
}

// The next connection. What fails is either one connection, or this process short of descriptors: then it waits for some
// to be closed.
async fn accept(listener: &TcpListener) -> tokio::net::TcpStream {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // An answer is written at once; only latency is lost if this fails.
                _ = stream.set_nodelay(true);
                return stream;
            }
            Err(error)
                if matches!(
                    error.kind(),
                    ConnectionAborted | ConnectionRefused | ConnectionReset
                ) => {}
            Err(error) => {
                tracing::warn!(target: "negotiate_http", %error, "cannot accept connections; trying again in a second");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}
