//! A server with a protected application on a free port of the loopback, and clients for it.

use crate::script::{Script, first};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderMap, LOCATION, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use negotiate_core::Acceptor;
use negotiate_http::{Identity, Negotiate, NegotiateLayer, Server};
use std::convert::Infallible;
use std::future::{Ready, pending, ready};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use tower::{Layer, Service};

/// Answers with the status that the path names, and with the user's name.
#[derive(Clone, Default)]
pub(crate) struct Application {
    /// Requests that reached it.
    pub(crate) requests: Arc<AtomicUsize>,
}

impl<B> Service<Request<B>> for Application {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let identity: &Identity = request.extensions().get().expect("no identity");
        assert!(!request.headers().contains_key(AUTHORIZATION));
        let mut response = Response::new(Full::from(identity.to_string()));
        if let Ok(status) = request.uri().path()[1..].parse() {
            *response.status_mut() = status;
            response.headers_mut().insert(LOCATION, "/".parse().unwrap());
            response
                .headers_mut()
                .insert(CACHE_CONTROL, "public".parse().unwrap());
            response
                .headers_mut()
                .insert(WWW_AUTHENTICATE, "Application".parse().unwrap());
        }
        ready(Ok(response))
    }
}

/// A running server; it ends with the value.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    pub(crate) application: Application,
    /// A permit lets one waiting exchange go on.
    pub(crate) gate: Arc<Semaphore>,
    server: AbortHandle,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Peer {
    pub(crate) async fn start() -> Self {
        Self::with(NegotiateLayer::new, |server| server).await
    }

    /// With another layer or server.
    pub(crate) async fn with(
        layer: impl FnOnce(Acceptor) -> NegotiateLayer,
        server: impl FnOnce(Server<Negotiate<Application>>) -> Server<Negotiate<Application>>,
    ) -> Self {
        let gate = Arc::new(Semaphore::new(0));
        let script = Script::new(Arc::clone(&gate));
        let acceptor = Acceptor::builder().mechanism(script).build().unwrap();
        let application = Application::default();
        let service = layer(acceptor).layer(application.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            address: listener.local_addr().unwrap(),
            application,
            gate,
            server: tokio::spawn(server(Server::new(service)).run(listener, pending())).abort_handle(),
        }
    }

    /// Requests that reached the application.
    pub(crate) fn reached(&self) -> usize {
        self.application.requests.load(Ordering::SeqCst)
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::http1(self.address).await
    }

    pub(crate) async fn connect_http2(&self) -> Client {
        Client::http2(self.address).await
    }
}

/// One connection to a server.
pub(crate) enum Client {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// A response with its body read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Client {
    pub(crate) async fn http1(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self::Http1(sender)
    }

    pub(crate) async fn http2(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let builder = http2::Builder::new(TokioExecutor::new());
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self::Http2(sender)
    }

    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> Answer {
        soon(self.try_send(request)).await.unwrap()
    }

    pub(crate) async fn try_send(&mut self, mut request: Request<Full<Bytes>>) -> hyper::Result<Answer> {
        let response: Response<Incoming> = match self {
            Self::Http1(sender) => {
                request
                    .headers_mut()
                    .insert("host", "www.example.com".parse().unwrap());
                sender.ready().await?;
                sender.send_request(request).await?
            }
            Self::Http2(sender) => {
                *request.version_mut() = Version::HTTP_2;
                let path = request.uri().path();
                *request.uri_mut() = format!("http://www.example.com{path}").parse().unwrap();
                sender.ready().await?;
                sender.send_request(request).await?
            }
        };
        let (parts, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.into()).unwrap(),
        })
    }

    /// A GET of `/` with this token.
    pub(crate) async fn token(&mut self, token: &[u8]) -> Answer {
        self.send(get("/", Some(token))).await
    }

    /// A GET of `/` with the first token of an exchange, of these words.
    pub(crate) async fn say(&mut self, words: &str) -> Answer {
        self.token(&first(words)).await
    }
}

impl Answer {
    /// The fields of one name.
    pub(crate) fn all(&self, name: impl http::header::AsHeaderName) -> Vec<&str> {
        let values = self.headers.get_all(name).iter();
        values.map(|value| value.to_str().unwrap()).collect()
    }

    pub(crate) fn challenges(&self) -> Vec<&str> {
        self.all(WWW_AUTHENTICATE)
    }
}

/// The answer to these bytes of a request, up to its status.
pub(crate) async fn status_line(stream: &mut TcpStream, request: &[u8]) -> String {
    stream.write_all(request).await.unwrap();
    let mut answer = [0; 12];
    soon(stream.read_exact(&mut answer)).await.unwrap();
    String::from_utf8(answer.to_vec()).unwrap()
}

/// What should happen soon, or the test fails.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, future)
        .await
        .expect("nothing happens")
}

pub(crate) fn get(path: &str, token: Option<&[u8]>) -> Request<Full<Bytes>> {
    with_body("GET", path, token, Bytes::new())
}

pub(crate) fn with_body(
    method: &str,
    path: &str,
    token: Option<&[u8]>,
    body: impl Into<Bytes>,
) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, negotiate(token));
    }
    request.body(Full::new(body.into())).unwrap()
}

/// The field with this token, in either direction.
pub(crate) fn negotiate(token: &[u8]) -> String {
    format!("Negotiate {}", STANDARD.encode(token))
}
