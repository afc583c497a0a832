//! The reverse proxy: an authenticated request goes to the application, and its response back, bodies as streams
//! (RFC 9110 section 7.6, RFC 9112 section 3.2).
//!
//! Authentication is the layer's in front of it, which has also deleted the consumed `Authorization` and sees to
//! `Cache-Control`. Not here yet: the upgrade of a connection to another protocol.

use super::forwarded::Origin;
use super::headers::{self, Challenges};
use super::identity::{self, ToldIdentity};
use super::progress::{Progress, Watched};
use super::{Peer, Reply, ReplyBody};
use crate::config::{Host, Network, ReverseProxy as ProxyConfig};
use http::header::{self, HeaderValue};
use http::uri::{PathAndQuery, Scheme, Uri};
use http::{Method, Request, StatusCode, Version};
use http_body_util::Either;
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use negotiate_http::Identity;
use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// The service behind the authentication: passes requests on to one application.
#[derive(Clone)]
pub(super) struct ReverseProxy(Arc<Shared>);

struct Shared {
    client: Client<HttpConnector, Watched<Incoming>>,
    config: ProxyConfig,
    identity_headers: ToldIdentity,
    trusted_proxies: Vec<Network>,
}

impl ReverseProxy {
    pub(super) fn new(
        config: ProxyConfig,
        identity_headers: ToldIdentity,
        trusted_proxies: Vec<Network>,
    ) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(config.connect_timeout.0));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(connector);
        Self(Arc::new(Shared {
            client,
            config,
            identity_headers,
            trusted_proxies,
        }))
    }
}

impl Service<Request<Incoming>> for ReverseProxy {
    type Response = http::Response<ReplyBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let shared = Arc::clone(&self.0);
        Box::pin(async move {
            let passed_on = shared.pass_on(request).await;
            Ok(passed_on.unwrap_or_else(|error| error.into_reply(&shared.config)))
        })
    }
}

impl Shared {
    async fn pass_on(&self, request: Request<Incoming>) -> Result<Reply, ProxyError> {
        let request = self.for_upstream(request)?;
        let progress = Progress::new();
        let request = request.map(|body| Watched::new(body, progress.clone()));
        let response = self.client.request(request);
        let response = progress.timeout(self.config.response_timeout.0, response).await;
        let mut response = response.map_err(|_| ProxyError::NoResponse)??;
        let headers = response.headers_mut();
        headers::remove_hop_by_hop(headers);
        if headers::remove_negotiate_challenges(headers) == Challenges::NoneRemain
            && response.status() == StatusCode::UNAUTHORIZED
        {
            return Err(ProxyError::AsksForNegotiate);
        }
        Ok(response.map(Either::Left))
    }

    /// The request as the application is to get it.
    fn for_upstream(&self, request: Request<Incoming>) -> Result<Request<Incoming>, ProxyError> {
        let (mut parts, body) = request.into_parts();
        let peer: Peer = *parts.extensions.get().ok_or(ProxyError::Misplaced)?;
        let origin: Origin = parts.extensions.remove().ok_or(ProxyError::Misplaced)?;
        let identity: Identity = parts.extensions.remove().ok_or(ProxyError::Misplaced)?;
        identity::warn(&identity);
        if parts.method == Method::CONNECT {
            return Err(ProxyError::Connect);
        }
        if !has_one_host(&parts) {
            return Err(ProxyError::Host);
        }

        let headers = &mut parts.headers;
        headers::remove_hop_by_hop(headers);
        headers.remove(header::EXPECT); // the server in front has seen to it
        headers.remove(header::PROXY_AUTHORIZATION); // RFC 9110 section 11.7.2: for the next proxy, which we are
        headers.remove(header::TRAILER); // unannounced, the client sends none: nobody is told who the user is there
        headers::join_cookies(headers);
        self.identity_headers.remove(headers);
        // The identity comes last: nothing that is deleted as a client's claim is then ours (X-Forwarded-User).
        origin.write(headers, peer.address, &self.trusted_proxies);
        self.identity_headers
            .insert(headers, &identity)
            .map_err(|_| ProxyError::NameNotAHeaderValue)?;
        headers.append(header::VIA, via(parts.version));
        match (self.config.host, origin.host) {
            (Host::Client, Some(host)) => headers.insert(header::HOST, host),
            // hyper inserts that of the URI.
            (Host::Client, None) | (Host::Upstream, _) => headers.remove(header::HOST),
        };

        let mut upstream = http::uri::Parts::default();
        upstream.scheme = Some(Scheme::HTTP);
        upstream.authority = Some(self.config.upstream.authority().clone());
        upstream.path_and_query = parts
            .uri
            .path_and_query()
            .cloned()
            .or(Some(PathAndQuery::from_static("/")));
        parts.uri = Uri::from_parts(upstream).map_err(|_| ProxyError::Target)?;
        parts.version = Version::HTTP_11;
        parts.extensions.clear();
        Ok(Request::from_parts(parts, body))
    }
}

/// RFC 9112 section 3.2: a request over HTTP/1.1 has one `Host`, and none has several.
fn has_one_host(parts: &http::request::Parts) -> bool {
    let mut fields = parts.headers.get_all(header::HOST).iter();
    let is_there = fields.next().is_some();
    fields.next().is_none() && (is_there || parts.version != Version::HTTP_11)
}

/// RFC 9110 section 7.6.3: the protocol that the request came by, and who passes it on.
fn via(version: Version) -> HeaderValue {
    HeaderValue::from_static(match version {
        Version::HTTP_10 => "1.0 negotiate",
        Version::HTTP_2 => "2.0 negotiate",
        _ => "1.1 negotiate",
    })
}

/// Why a request was not passed on, or its response not passed back.
#[derive(Debug)]
enum ProxyError {
    /// `Host` is missing, or there are several.
    Host,
    /// `CONNECT` is for forward proxies.
    Connect,
    /// The target is neither a path nor `*`.
    Target,
    /// The user's name does not fit into a header.
    NameNotAHeaderValue,
    /// No connection to the application, or it broke.
    Upstream(legacy::Error),
    /// No head of a response in time.
    NoResponse,
    /// The application's 401 asks for Negotiate or NTLM and nothing else.
    AsksForNegotiate,
    /// The service stands behind no authentication, or no listener of ours: an error of this program.
    Misplaced,
}

impl From<legacy::Error> for ProxyError {
    fn from(error: legacy::Error) -> Self {
        Self::Upstream(error)
    }
}

impl ProxyError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Host | Self::Target => StatusCode::BAD_REQUEST,
            Self::Connect => StatusCode::METHOD_NOT_ALLOWED,
            Self::NameNotAHeaderValue => StatusCode::FORBIDDEN,
            Self::Upstream(error) if is_clients_fault(error) => StatusCode::BAD_REQUEST,
            Self::Upstream(error) if is_timeout(error) => StatusCode::GATEWAY_TIMEOUT,
            Self::Upstream(_) | Self::AsksForNegotiate => StatusCode::BAD_GATEWAY,
            Self::NoResponse => StatusCode::GATEWAY_TIMEOUT,
            Self::Misplaced => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Host => "gateway.host",
            Self::Connect => "gateway.connect",
            Self::Target => "gateway.target",
            Self::NameNotAHeaderValue => "gateway.name_not_a_header_value",
            Self::Upstream(error) if is_clients_fault(error) => "gateway.request_broken",
            Self::Upstream(error) if error.is_connect() => "gateway.upstream_unreachable",
            Self::Upstream(_) => "gateway.upstream_broken",
            Self::NoResponse => "gateway.upstream_timeout",
            Self::AsksForNegotiate => "gateway.upstream_asks_for_negotiate",
            Self::Misplaced => "gateway.misplaced",
        }
    }

    /// For the person at the client.
    fn text(&self) -> &'static str {
        match self {
            Self::Host => "The request must have one Host field.\n",
            Self::Connect => "This is not a forward proxy.\n",
            Self::Target => "The request's target is not a path.\n",
            Self::NameNotAHeaderValue => {
                "You are signed on, but your name has characters that the application cannot be told.\n"
            }
            Self::Upstream(error) if is_clients_fault(error) => "The request broke off.\n",
            Self::Upstream(error) if error.is_connect() => "The application does not answer.\n",
            Self::Upstream(_) => "The application broke off its answer.\n",
            Self::NoResponse => "The application took too long to answer.\n",
            Self::AsksForNegotiate => "The application asks for a sign-on of its own, which cannot pass.\n",
            Self::Misplaced => "The gateway is at fault.\n",
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::Host | Self::Connect | Self::Target => "look at the client, or the proxy in front",
            Self::NameNotAHeaderValue => "rename the principal in the KDC",
            Self::Upstream(error) if is_clients_fault(error) => "nothing: the client went away",
            Self::Upstream(error) if error.is_connect() => {
                "check that the application runs, and listens at the address in `upstream`"
            }
            Self::Upstream(_) => "look into the application's own log",
            Self::NoResponse => {
                "look into the application's own log, or raise reverse_proxy.response_timeout"
            }
            Self::AsksForNegotiate => {
                "turn Negotiate and NTLM off in the application: the gateway has authenticated the user already"
            }
            Self::Misplaced => "report it",
        }
    }

    fn into_reply(self, config: &ProxyConfig) -> Reply {
        let status = self.status();
        let (code, advice, upstream) = (self.code(), self.advice(), &config.upstream);
        if status.is_server_error() {
            tracing::warn!(code, %upstream, advice, "not passed on: {self}");
        } else {
            tracing::info!(code, advice, "not passed on: {self}");
        }
        super::text(status, self.text())
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Upstream(error) = self else {
            return f.write_str(self.text().trim_end());
        };
        // The cause is what tells: "connection refused", not "client error".
        f.write_str(self.text().trim_end().trim_end_matches('.'))?;
        match sources(error).last() {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}

/// The error, its cause, the cause of that, and so on.
fn sources(error: &legacy::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

fn is_timeout(error: &legacy::Error) -> bool {
    sources(error)
        .filter_map(|error| error.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::TimedOut)
}

/// Whether the body broke that the client sent.
fn is_clients_fault(error: &legacy::Error) -> bool {
    sources(error)
        .filter_map(|error| error.downcast_ref::<hyper::Error>())
        .any(hyper::Error::is_user)
}
