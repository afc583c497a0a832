//! The layer as a tower service, without a server.

use crate::peer::{Application, negotiate};
use crate::script::{Detail, MECH_TYPE, Refused, Script, first};
use http::header::{AUTHORIZATION, HeaderValue};
use http::{Request, Response, StatusCode};
use negotiate_core::{ContextFlags, NameKind, Timestamp, Verdict};
use negotiate_http::{AuthenticationType, Connection, Identity, NegotiateLayer, Refusal};
use proptest::prelude::*;
use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tower::{Layer, Service, ServiceExt, service_fn};

fn request(token: &[u8]) -> Request<String> {
    let request = Request::builder().header(AUTHORIZATION, negotiate(token));
    request.body(String::new()).unwrap()
}

#[tokio::test]
async fn the_identity_says_who_and_how() {
    let application = service_fn(|request: Request<String>| async move {
        Ok::<_, Infallible>(Response::new(
            request.extensions().get::<Identity>().unwrap().clone(),
        ))
    });
    let service = NegotiateLayer::new(Script::acceptor()).layer(application.map_response(
        |response: Response<Identity>| {
            let (parts, identity) = response.into_parts();
            assert_eq!(identity.to_string(), "alice@EXAMPLE.COM");
            assert_eq!(
                (identity.display(), identity.name(), identity.realm()),
                ("alice@EXAMPLE.COM", "alice", "EXAMPLE.COM")
            );
            assert_eq!(identity.kind(), NameKind::Named);
            assert_eq!(identity.mechanism(), MECH_TYPE);
            assert_eq!(identity.authentication_type(), AuthenticationType::Negotiate);
            assert_eq!(identity.authentication_type().to_string(), "Negotiate");
            assert_eq!(identity.expires(), Some(Timestamp::from_unix(4_107_542_400)));
            assert_eq!(identity.flags(), ContextFlags::MUTUAL);
            assert_eq!(identity.context().details(), Some(&Detail("of the script")));
            Response::from_parts(parts, ())
        },
    ));
    assert_eq!(
        service
            .oneshot(request(&first("ok alice")))
            .await
            .unwrap()
            .status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn outer_layers_learn_of_refusals() {
    let service = NegotiateLayer::new(Script::acceptor()).layer(Application::default());
    let response = service
        .clone()
        .oneshot(request(&first("no forbidden")))
        .await
        .unwrap();
    let refusal: &Refusal = response.extensions().get().unwrap();
    assert_eq!(refusal.reason().code(), "script.no");
    assert!(matches!(
        refusal.downcast_ref(),
        Some(Refused(Verdict::Forbidden))
    ));
    // A challenge is none.
    let response = service.oneshot(Request::new(String::new())).await.unwrap();
    assert!(response.extensions().get::<Refusal>().is_none());
}

/// May be called only when it reserved a permit, and gives it back when dropped.
struct Reserving {
    reserved: Arc<AtomicUsize>,
    is_ready: bool,
}

impl Clone for Reserving {
    fn clone(&self) -> Self {
        Self {
            reserved: Arc::clone(&self.reserved),
            is_ready: false,
        }
    }
}

impl Drop for Reserving {
    fn drop(&mut self) {
        if self.is_ready {
            self.reserved.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Service<Request<String>> for Reserving {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        if !self.is_ready {
            self.is_ready = true;
            self.reserved.fetch_add(1, Ordering::SeqCst);
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<String>) -> Self::Future {
        assert!(self.is_ready, "called before it was ready");
        self.is_ready = false;
        self.reserved.fetch_sub(1, Ordering::SeqCst);
        ready(Ok(Response::new(String::new())))
    }
}

#[tokio::test]
async fn the_service_called_is_the_one_that_was_ready() {
    let gate = Arc::new(tokio::sync::Semaphore::new(1));
    let acceptor = negotiate_core::Acceptor::builder()
        .mechanism(Script::new(Arc::clone(&gate)))
        .build()
        .unwrap();
    let reserved = Arc::new(AtomicUsize::new(0));
    let inner = Reserving {
        reserved: Arc::clone(&reserved),
        is_ready: false,
    };
    let mut service = NegotiateLayer::new(acceptor).layer(inner);
    for (words, status) in [
        ("ok alice", StatusCode::OK),
        ("wait ok alice", StatusCode::OK),
        ("no unauthenticated", StatusCode::UNAUTHORIZED),
    ] {
        let response = service
            .ready()
            .await
            .unwrap()
            .call(request(&first(words)))
            .await
            .unwrap();
        assert_eq!(response.status(), status);
        // A request that is refused keeps nothing reserved.
        assert_eq!(reserved.load(Ordering::SeqCst), 0, "{words}");
    }
    // While one waits, the next finds a service that is not ready yet.
    let waiting = service
        .ready()
        .await
        .unwrap()
        .call(request(&first("wait ok alice")));
    let second = service.ready().await.unwrap().call(request(&first("ok bob")));
    assert_eq!(second.await.unwrap().status(), StatusCode::OK);
    gate.add_permits(1);
    assert_eq!(waiting.await.unwrap().status(), StatusCode::OK);
}

// A body that breaks off ends the connection; the exchange must not wait for another on it.
#[tokio::test]
async fn a_body_that_breaks_off_parks_nothing() {
    let service = NegotiateLayer::new(Script::acceptor()).layer(service_fn(|_: Request<Broken>| async {
        Ok::<_, Infallible>(Response::new(String::new()))
    }));
    let connection = Connection::new();
    let mut request = Request::new(Broken);
    request
        .headers_mut()
        .insert(AUTHORIZATION, negotiate(&first("more alice")).parse().unwrap());
    request.extensions_mut().insert(connection.clone());
    let response = service.oneshot(request).await.unwrap();
    assert_ne!(response.status(), StatusCode::OK);
    assert!(format!("{connection:?}").contains("half_done: false"));
}

struct Broken;

impl http_body::Body for Broken {
    type Data = bytes::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<bytes::Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Err(std::io::ErrorKind::UnexpectedEof.into())))
    }
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn an_axum_handler_takes_the_identity() {
    use axum::{Router, body::Body, routing::get};
    let handler = get(|user: Identity| async move { user.name().to_owned() });
    let layer = NegotiateLayer::new(Script::acceptor());
    let app = Router::new()
        .route("/in", handler.clone())
        .layer(layer)
        .route("/out", handler);
    for (path, status) in [
        ("/in", StatusCode::OK),
        ("/out", StatusCode::INTERNAL_SERVER_ERROR),
    ] {
        let request = Request::builder()
            .uri(path)
            .header(AUTHORIZATION, negotiate(&first("ok alice")));
        let response = app
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{path}");
    }
}

proptest! {
    // Whatever the field holds, the answer is 401 or 431, and the application is not reached.
    #[test]
    fn no_authorization_field_breaks_the_layer(
        fields in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..60),
                "(?i:negotiate)[ ,]{0,2}[A-Za-z0-9+/]{0,60}={0,3}".prop_map(String::into_bytes),
                proptest::collection::vec(any::<u8>(), 0..300).prop_map(|token| negotiate(&token).into_bytes()),
            ],
            1..3,
        )
    ) {
        let application = Application::default();
        let service = NegotiateLayer::new(Script::acceptor()).layer(application.clone());
        let mut request = Request::new(String::new());
        request.extensions_mut().insert(Connection::new());
        for field in fields {
            if let Ok(field) = HeaderValue::from_bytes(&field) {
                request.headers_mut().append(AUTHORIZATION, field);
            }
        }
        let mut response = std::pin::pin!(service.oneshot(request));
        let Poll::Ready(Ok(response)) = response.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())) else {
            panic!("the layer waits for nothing");
        };
        prop_assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        prop_assert_eq!(application.requests.load(Ordering::SeqCst), 0);
    }
}

async fn status_of(layer: &NegotiateLayer, uri: &str, hosts: &[&str], words: &str) -> StatusCode {
    let mut request = request(&first(words));
    *request.uri_mut() = uri.parse().unwrap();
    for host in hosts {
        request.headers_mut().append("host", host.parse().unwrap());
    }
    let service = layer.layer(Application::default());
    service.oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn a_name_follows_the_host_of_the_request() {
    let plain = NegotiateLayer::new(Script::acceptor());
    let layer = plain.clone().name_of_host("HTTP@{HOSTNAME}".parse().unwrap());
    let (ok, no) = (StatusCode::OK, StatusCode::FORBIDDEN);
    for (uri, hosts, names) in [
        ("/", &["WWW.example.com:8080"][..], "for HTTP@www.example.com"),
        ("http://a.example/", &["b.example"], "for HTTP@a.example"),
        ("/", &[], "for ,none"),
        ("/", &["[::1]:80"], "for ,none"),
        ("/", &["a.example", "b.example"], "for ,none"),
        ("/", &["a.example@b"], "for ,none"),
    ] {
        assert_eq!(status_of(&layer, uri, hosts, names).await, ok, "{uri} {hosts:?}");
        assert_eq!(
            status_of(&layer, uri, hosts, "for any").await,
            no,
            "{uri} {hosts:?}"
        );
        assert_eq!(status_of(&plain, uri, hosts, "for any").await, ok);
    }
}

/// What the first leg proved for one host is nothing for another.
#[tokio::test]
async fn an_exchange_ends_on_the_host_that_it_began_on() {
    let layer = NegotiateLayer::new(Script::acceptor());
    let restricted = layer.clone().name_of_host("HTTP@{HOSTNAME}".parse().unwrap());
    let (ok, no) = (StatusCode::OK, StatusCode::UNAUTHORIZED);
    for (layer, host, status) in [
        (&restricted, "A.example:80", ok),
        (&restricted, "b.example", no),
        (&restricted, "[::1]", no),
        (&layer, "b.example", ok),
    ] {
        let connection = Connection::new();
        let leg = |token: &[u8], host: &str| {
            let mut request = request(token);
            request.headers_mut().insert("host", host.parse().unwrap());
            request.extensions_mut().insert(connection.clone());
            layer.layer(Application::default()).oneshot(request)
        };
        assert_eq!(leg(&first("more alice"), "a.example").await.unwrap().status(), no);
        assert_eq!(
            leg(b"answer alice", host).await.unwrap().status(),
            status,
            "{host}"
        );
    }
}

fn tlv(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    [&[tag, u8::try_from(content.len()).unwrap()], &content[..]].concat()
}

/// SPNEGO's first leg may choose the mechanism alone, which begins with the second one: under the names of the first.
#[tokio::test]
async fn the_names_of_an_exchange_hold_for_a_mechanism_that_begins_later() {
    let layer = NegotiateLayer::new(Script::acceptor()).name_of_host("HTTP@{HOSTNAME}".parse().unwrap());
    let ask = async |connection: &Connection, host: &'static str, token: &[u8]| {
        let mut request = request(token);
        request.extensions_mut().insert(connection.clone());
        request
            .headers_mut()
            .append("host", HeaderValue::from_static(host));
        let service = layer.layer(Application::default());
        service.oneshot(request).await.unwrap().status()
    };
    let mech_types = tlv(0xa0, &[&tlv(0x30, &[&tlv(0x06, &[MECH_TYPE.contents()])])]);
    let init = tlv(0xa0, &[&tlv(0x30, &[&mech_types])]);
    let init = tlv(0x60, &[b"\x06\x06\x2b\x06\x01\x05\x05\x02", &init]);
    for (words, status) in [
        ("for HTTP@first.example", StatusCode::OK),
        ("for any", StatusCode::FORBIDDEN),
        ("for ,none", StatusCode::FORBIDDEN),
    ] {
        let connection = Connection::new();
        let begun = ask(&connection, "First.example:8080", &init).await;
        assert_eq!(begun, StatusCode::UNAUTHORIZED);
        let response = tlv(
            0xa1,
            &[&tlv(0x30, &[&tlv(0xa2, &[&tlv(0x04, &[&first(words)])])])],
        );
        assert_eq!(
            ask(&connection, "first.example.", &response).await,
            status,
            "{words}"
        );
    }
}

#[tokio::test]
async fn a_name_of_the_host_stands_beside_those_of_the_acceptor() {
    let script = Script::new(Arc::new(tokio::sync::Semaphore::new(0)));
    let acceptor = negotiate_core::Acceptor::builder()
        .mechanism(script)
        .name(negotiate_core::ServiceName::parse("HTTP@own").unwrap())
        .build();
    let layer = NegotiateLayer::new(acceptor.unwrap())
        .name_of_host("HTTP@{HOSTNAME}".parse().unwrap())
        .host_from(http::Extensions::get);
    // The server knows of no host, and what the request says does not count.
    let status = status_of(&layer, "/", &["a"], "for HTTP@own").await;
    assert_eq!(status, StatusCode::OK);
    let mut request = request(&first("for HTTP@own,HTTP@told"));
    request.extensions_mut().insert(HeaderValue::from_static("told"));
    let service = layer.layer(Application::default());
    assert_eq!(service.oneshot(request).await.unwrap().status(), StatusCode::OK);
}
