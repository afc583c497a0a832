//! What comes of a request's token: RFC 4559 section 5.

use crate::peer::{Peer, get, negotiate, with_body};
use crate::script::first;
use http::StatusCode;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};

#[tokio::test]
async fn without_a_token_there_is_a_challenge() {
    let peer = Peer::start().await;
    for field in [
        None,
        Some("Negotiate"),
        Some("negotiate "),
        Some("Bearer x"),
        Some("Basic YTpi"),
    ] {
        let mut request = get("/", None);
        if let Some(field) = field {
            request
                .headers_mut()
                .insert(AUTHORIZATION, field.parse().unwrap());
        }
        let answer = peer.connect().await.send(request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{field:?}");
        assert_eq!(answer.challenges(), ["Negotiate"], "{field:?}");
        assert_eq!(answer.all(CACHE_CONTROL), ["no-store"]);
        assert_eq!(answer.all(CONTENT_TYPE), ["text/plain; charset=utf-8"]);
    }
    assert_eq!(peer.reached(), 0);
}

#[tokio::test]
async fn one_leg_reaches_the_application_with_an_identity() {
    let peer = Peer::start().await;
    let mut client = peer.connect().await;
    let answer = client.say("ok alice").await;
    assert_eq!(
        (answer.status, &*answer.body),
        (StatusCode::OK, "alice@EXAMPLE.COM")
    );
    assert_eq!(answer.challenges(), [negotiate(b"bye alice")]);
    // Nothing is bound to the connection.
    assert_eq!(client.send(get("/", None)).await.status, StatusCode::UNAUTHORIZED);
    let answer = client.say("quiet bob").await;
    assert_eq!(
        (answer.status, &*answer.body),
        (StatusCode::OK, "bob@EXAMPLE.COM")
    );
    assert!(answer.challenges().is_empty());
    assert_eq!(answer.all(CACHE_CONTROL), ["private"]);
    assert_eq!(peer.reached(), 2);
}

#[tokio::test]
async fn the_reply_token_goes_with_any_status() {
    let peer = Peer::start().await;
    for http2 in [false, true] {
        let mut client = if http2 {
            peer.connect_http2().await
        } else {
            peer.connect().await
        };
        for status in [200, 302, 401, 404, 500] {
            let token = first("ok alice");
            let answer = client.send(get(&format!("/{status}"), Some(&token))).await;
            assert_eq!(answer.status, status);
            assert_eq!(answer.challenges(), ["Application", &negotiate(b"bye alice")]);
            assert_eq!(answer.all(CACHE_CONTROL), ["no-store"]);
        }
    }
}

#[tokio::test]
async fn two_legs_finish_on_their_connection() {
    let peer = Peer::start().await;
    let mut client = peer.connect().await;
    let answer = client.say("more alice").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.challenges(), [negotiate(b"question alice")]);
    assert_eq!(answer.all(CACHE_CONTROL), ["no-store"]);
    assert_eq!(peer.reached(), 0);
    let answer = client.token(b"answer alice").await;
    assert_eq!(
        (answer.status, &*answer.body),
        (StatusCode::OK, "alice@EXAMPLE.COM")
    );
    assert_eq!(answer.challenges(), [negotiate(b"bye alice")]);
}

// Clients send POST without a body until the last leg: the application must not take it for the user's.
#[tokio::test]
async fn an_empty_post_with_a_first_leg_does_not_reach_the_application() {
    let peer = Peer::start().await;
    let mut client = peer.connect().await;
    let answer = client
        .send(with_body("POST", "/", Some(&first("more alice")), ""))
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(peer.reached(), 0);
    let answer = client
        .send(with_body("POST", "/", Some(b"answer alice"), "form"))
        .await;
    assert_eq!((answer.status, peer.reached()), (StatusCode::OK, 1));
}

#[tokio::test]
async fn a_refusal_challenges_again() {
    let peer = Peer::start().await;
    let mut client = peer.connect().await;
    for words in ["no unauthenticated", "wait no unauthenticated"] {
        peer.gate.add_permits(1);
        let answer = client.say(words).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.challenges(), ["Negotiate"]);
        assert_eq!(answer.body, "Sign-on failed.\n");
    }
    // Nothing else is offered, so the client may learn why.
    let answer = client.say("no token").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.challenges(), [negotiate(b"why not")]);
    assert_eq!(peer.reached(), 0);
}

#[tokio::test]
async fn a_verdict_has_its_status() {
    let peer = Peer::start().await;
    let mut client = peer.connect().await;
    for (words, status) in [
        ("no forbidden", StatusCode::FORBIDDEN),
        ("no unavailable", StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let answer = client.say(words).await;
        assert_eq!(answer.status, status);
        assert!(answer.challenges().is_empty());
        assert_eq!(answer.all(CACHE_CONTROL), ["no-store"]);
    }
    assert_eq!(peer.reached(), 0);
}

#[tokio::test]
async fn what_waits_is_awaited_and_blocks_nobody() {
    let peer = Peer::start().await;
    let (mut one, mut two) = (peer.connect().await, peer.connect().await);
    let waiting = tokio::spawn(async move { one.say("wait ok alice").await });
    assert_eq!(two.say("ok bob").await.body, "bob@EXAMPLE.COM");
    assert!(!waiting.is_finished());
    peer.gate.add_permits(1);
    let answer = waiting.await.unwrap();
    assert_eq!(
        (answer.status, &*answer.body),
        (StatusCode::OK, "alice@EXAMPLE.COM")
    );
    assert_eq!(answer.challenges(), [negotiate(b"bye alice")]);
}

#[tokio::test]
async fn another_leg_may_follow_a_wait() {
    let peer = Peer::start().await;
    peer.gate.add_permits(1);
    let mut client = peer.connect().await;
    assert_eq!(
        client.say("wait more alice").await.challenges(),
        [negotiate(b"question alice")]
    );
    assert_eq!(client.token(b"answer alice").await.body, "alice@EXAMPLE.COM");
}

#[tokio::test]
async fn malformed_credentials_are_refused() {
    let peer = Peer::start().await;
    let good = negotiate(&first("ok alice"));
    let unpadded = negotiate(&first("ok al")).trim_end_matches('=').to_owned() + "=";
    for fields in [
        &[&*good, &*good][..],
        &["Bearer x", &good],
        &[&format!("{good}, Basic YTpi")],
        &[&format!("Negotiate, {good}")],
        &[&unpadded],
        &["Negotiate !"],
        &["Negotiate YII\u{e9}"],
        &["Negotiate AAAA"],
        &["Negotiate YIIBhwYGKwYBBQUC"],
    ] {
        let mut request = get("/", None);
        for field in fields {
            request
                .headers_mut()
                .append(AUTHORIZATION, field.parse().unwrap());
        }
        let answer = peer.connect().await.send(request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{fields:?}");
        let challenge = answer.challenges();
        assert!(
            challenge.len() == 1 && challenge[0].starts_with("Negotiate"),
            "{challenge:?}"
        );
    }
    assert_eq!(peer.reached(), 0);
}
