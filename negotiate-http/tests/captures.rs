//! Every token captured from a real client, as an HTTP request at the time of its capture.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use mech_krb5::Krb5;
use mech_krb5::keytab::Keytab;
use mech_krb5::replay::{ReplayAnswer, ReplayCache, ReplayEntry};
use negotiate_core::{Acceptor, ChannelBindings, Timestamp, Verdict};
use negotiate_http::{Connection, Identity, NegotiateLayer, Refusal};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use testvectors::{Capture, capture, captures};
use tower::{Layer, ServiceExt, service_fn};

/// Takes every authenticator for new: each token is judged by itself.
#[derive(Debug)]
struct Forgetful;

impl ReplayCache for Forgetful {
    fn check(&self, _: ReplayEntry<'_>, _: Timestamp) -> ReplayAnswer {
        ReplayAnswer::Fresh
    }
}

static NOW_MICROS: AtomicI64 = AtomicI64::new(0);

/// None if the keytab has no key of a type that is known: then there is no server.
fn layer(capture: &Capture) -> Option<NegotiateLayer> {
    let keytab = Keytab::parse(&capture.keytab()).unwrap();
    let krb5 = Krb5::builder(keytab)
        .replay_cache(Arc::new(Forgetful))
        .build()
        .ok()?;
    let acceptor = Acceptor::builder().mechanism(krb5).build().unwrap();
    let layer = NegotiateLayer::new(acceptor);
    Some(layer.clock(|| Timestamp::from_unix_micros(NOW_MICROS.load(Ordering::Relaxed))))
}

fn request(capture: &Capture) -> Request<String> {
    let field = format!("Negotiate {}", STANDARD.encode(capture.initiator_token()));
    let mut request = Request::builder()
        .header(AUTHORIZATION, field)
        .body(String::new())
        .unwrap();
    if let Some(bindings) = capture.channel_bindings() {
        let bindings = ChannelBindings::from_application_data(bindings.application_data);
        request
            .extensions_mut()
            .insert(Connection::with_bindings(Arc::new(bindings)));
    }
    request
}

// One test, for the clock is one.
#[tokio::test]
async fn real_clients_log_in_as_they_did() {
    let (mut accepted, mut refused) = (0, 0);
    for captured in captures() {
        let name = captured.name();
        NOW_MICROS.store(captured.captured_micros(), Ordering::Relaxed);
        let keytab = if captured.case().has("keytab") {
            captured.clone()
        } else {
            capture("mit/etype18-krb5-mutual")
        };
        let application = service_fn(async |request: Request<String>| {
            let user: &Identity = request.extensions().get().unwrap();
            let sid = user.sid().map(|sid| format!(" {sid}")).unwrap_or_default();
            Ok::<_, Infallible>(Response::new(format!("{user}{sid}")))
        });
        let Some(layer) = layer(&keytab) else {
            assert_ne!(captured.expect(), "accepted", "{name}");
            continue;
        };
        let service = layer.layer(application);
        let response = service.oneshot(request(&captured)).await.unwrap();
        let challenge = response
            .headers()
            .get(WWW_AUTHENTICATE)
            .map(|value| value.to_str().unwrap());
        if captured.expect() == "accepted" {
            assert_eq!(response.status(), StatusCode::OK, "{name}");
            assert!(
                captured.acceptor_token().is_none()
                    || challenge.is_some_and(|field| field.starts_with("Negotiate ")),
                "{name}: {challenge:?}"
            );
            let body = http_body_util::BodyExt::collect(response.into_body())
                .await
                .unwrap()
                .to_bytes();
            let (user, sid) = body.split_at(captured.initiator().len());
            assert_eq!(user, captured.initiator().as_bytes(), "{name}");
            // Only domain controllers tell SIDs.
            assert_eq!(
                sid.starts_with(b" S-1-5-21-"),
                captured.peer() == "samba",
                "{name}"
            );
            if captured.case().has("client-sid") {
                assert_eq!(&sid[1..], captured.case().text("client-sid").as_bytes(), "{name}");
            }
            accepted += 1;
        } else {
            let refusal: &Refusal = response
                .extensions()
                .get()
                .unwrap_or_else(|| panic!("{name}: {response:?}"));
            assert_eq!(refusal.reason().code(), captured.expect(), "{name}");
            assert_eq!(refusal.reason().verdict(), Verdict::Unauthenticated, "{name}");
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{name}");
            assert!(challenge.unwrap().starts_with("Negotiate"), "{name}");
            refused += 1;
        }
    }
    assert!(
        accepted > 50 && refused > 0,
        "{accepted} accepted, {refused} refused"
    );
}
