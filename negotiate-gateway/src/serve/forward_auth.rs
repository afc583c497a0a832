//! The forward-auth endpoint: a proxy such as nginx (`auth_request`) asks about each request before it passes it on.
//!
//! 200 says who the user is, in the identity headers, with the reply token in `WWW-Authenticate`; 401 has the challenge.
//! The connection is the proxy's, not the client's, so nothing is kept on it: a mechanism of several legs (NTLM) is
//! refused. The same question asked twice gets one answer (`verdicts`).

use super::forwarded::{self, Origin};
use super::identity::{self, ToldIdentity};
use super::verdicts::{Question, Verdicts};
use super::{Peer, Reply};
use crate::config::{ForwardAuth as AuthConfig, Network};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use negotiate_core::{BindingsPolicy, ChannelBindings};
use negotiate_http::{Connection, Identity, Negotiate, NegotiateLayer};
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

/// The endpoint, authentication included.
#[derive(Clone)]
pub(super) struct ForwardAuth {
    shared: Arc<Shared>,
    authenticate: Negotiate<TellIdentity>,
}

struct Shared {
    config: AuthConfig,
    trusted_proxies: Vec<Network>,
    /// Of the certificate that the proxy shows to its clients.
    bindings: Option<Arc<ChannelBindings>>,
    bindings_policy: BindingsPolicy,
    verdicts: Verdicts,
}

impl ForwardAuth {
    pub(super) fn new(
        config: AuthConfig,
        identity_headers: ToldIdentity,
        trusted_proxies: Vec<Network>,
        bindings: Option<Arc<ChannelBindings>>,
        bindings_policy: BindingsPolicy,
        layer: &NegotiateLayer,
    ) -> Self {
        Self {
            authenticate: layer.layer(TellIdentity(Arc::new(identity_headers))),
            shared: Arc::new(Shared {
                verdicts: Verdicts::new(config.repeat_within.0),
                config,
                trusted_proxies,
                bindings,
                bindings_policy,
            }),
        }
    }

    async fn answer(mut self, mut request: Request<Incoming>) -> Reply {
        let shared = &self.shared;
        if request.uri().path() != shared.config.path.0 {
            return super::text(
                StatusCode::NOT_FOUND,
                "Nothing is here. The proxy asks at another path.\n",
            );
        }
        let extensions = request.extensions();
        let (Some(peer), Some(origin)) = (
            extensions.get::<Peer>().copied(),
            extensions.get::<Origin>().cloned(),
        ) else {
            return super::text(StatusCode::INTERNAL_SERVER_ERROR, "The gateway is at fault.\n");
        };
        let id_header = &shared.config.request_id_header.0;
        let question = Question::of(
            request.headers(),
            id_header,
            peer.address,
            &origin,
            &shared.trusted_proxies,
        );
        let known = question.and_then(|question| shared.verdicts.find(&question, Instant::now()));
        if let Some(known) = known {
            tracing::debug!(client = %origin.client, "asked again about the same request");
            return known.map(|()| Either::Right(Full::default()));
        }
        // Over plain HTTP the client has no channel to bind to; but a proxy has to say that it is plain HTTP, and where bindings
        // are required a client without a channel is a client without bindings.
        let is_plain = forwarded::says_plain_http(request.headers(), peer.address, &shared.trusted_proxies);
        let may_be_plain = shared.bindings_policy != BindingsPolicy::Require;
        let bindings = shared.bindings.clone().filter(|_| !(is_plain && may_be_plain));
        request.extensions_mut().insert(Connection::of_proxy(bindings));
        let shared = Arc::clone(shared);
        let response = match self.authenticate.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        if let Some(question) = question {
            shared.verdicts.keep(question, &response, Instant::now());
        }
        whole(response).await
    }
}

/// The endpoint's bodies are short texts, which are there at once.
async fn whole(response: Response<negotiate_http::ResponseBody<Full<Bytes>>>) -> Reply {
    let (parts, body) = response.into_parts();
    let body = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(never) => match never {},
    };
    Response::from_parts(parts, Either::Right(Full::new(body)))
}

impl Service<Request<Incoming>> for ForwardAuth {
    type Response = Reply;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Reply, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move { Ok(this.answer(request).await) })
    }
}

/// What stands behind the authentication: tells the proxy who the user is.
#[derive(Clone)]
struct TellIdentity(Arc<ToldIdentity>);

impl Service<Request<Incoming>> for TellIdentity {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let mut response = Response::new(Full::default());
        let told = match request.extensions().get::<Identity>() {
            Some(identity) => {
                identity::warn(identity);
                self.0.insert(response.headers_mut(), identity)
            }
            None => unreachable!("the layer lets nobody through without an identity"),
        };
        if let Err(error) = told {
            tracing::info!(
                code = "gateway.name_not_a_header_value",
                advice = "rename the principal in the KDC",
                "not let in: {error}"
            );
            response.headers_mut().clear();
            *response.status_mut() = StatusCode::FORBIDDEN;
        }
        ready(Ok(response))
    }
}
