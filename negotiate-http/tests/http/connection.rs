//! Half-done exchanges stay on their connection, and on HTTP/1.1.

use crate::peer::{Client, Peer, get, negotiate, soon};
use crate::script::{Script, first};
use http::header::AUTHORIZATION;
use http::{Request, StatusCode, Version};
use negotiate_http::{Connection, NegotiateLayer, Refusal, RequestError};
use tower::{Layer, ServiceExt};

fn assert_fails(answer: &crate::peer::Answer) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer:?}");
    assert_eq!(answer.body, "Sign-on failed.\n");
}

#[tokio::test]
async fn interleaved_exchanges_do_not_cross() {
    let peer = Peer::start().await;
    let (mut one, mut two) = (peer.connect().await, peer.connect().await);
    assert_eq!(
        one.say("more alice").await.challenges(),
        [negotiate(b"question alice")]
    );
    assert_eq!(
        two.say("more bob").await.challenges(),
        [negotiate(b"question bob")]
    );
    assert_eq!(one.token(b"answer alice").await.body, "alice@EXAMPLE.COM");
    assert_eq!(two.token(b"answer bob").await.body, "bob@EXAMPLE.COM");
}

#[tokio::test]
async fn many_at_once_do_not_cross() {
    let peer = Peer::start().await;
    let mut tasks = tokio::task::JoinSet::new();
    for user in 0..50 {
        let address = peer.address;
        tasks.spawn(async move {
            let mut client = Client::http1(address).await;
            for round in 0..10 {
                let name = format!("user{user}.{round}");
                let answer = client.say(&format!("more {name}")).await;
                assert_eq!(
                    answer.challenges(),
                    [negotiate(format!("question {name}").as_bytes())]
                );
                let answer = client.token(format!("answer {name}").as_bytes()).await;
                assert_eq!(answer.body, format!("{name}@EXAMPLE.COM"));
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    assert_eq!(peer.reached(), 500);
}

#[tokio::test]
async fn another_connection_cannot_go_on() {
    let peer = Peer::start().await;
    let (mut one, mut two) = (peer.connect().await, peer.connect().await);
    one.say("more alice").await;
    assert_fails(&two.token(b"answer alice").await);
    assert_eq!(one.token(b"answer alice").await.body, "alice@EXAMPLE.COM");
}

#[tokio::test]
async fn an_error_ends_the_exchange() {
    let peer = Peer::start().await;
    let mut client = peer.connect().await;
    client.say("more alice").await;
    assert_fails(&client.token(b"answer bob").await);
    assert_fails(&client.token(b"answer alice").await);
    // So does a field that cannot be read, and a wish to begin anew.
    for field in ["Negotiate !", "Negotiate"] {
        client.say("more alice").await;
        let mut request = get("/", None);
        request
            .headers_mut()
            .insert(AUTHORIZATION, field.parse().unwrap());
        assert_eq!(client.send(request).await.status, StatusCode::UNAUTHORIZED);
        assert_fails(&client.token(b"answer alice").await);
    }
    assert_eq!(peer.reached(), 0);
}

#[tokio::test]
async fn a_finished_exchange_is_over() {
    let peer = Peer::start().await;
    let mut client = peer.connect().await;
    client.say("more alice").await;
    assert_eq!(client.token(b"answer alice").await.status, StatusCode::OK);
    assert_fails(&client.token(b"answer alice").await);
}

#[tokio::test]
async fn requests_without_a_token_leave_the_exchange_alone() {
    let peer = Peer::start().await;
    let mut client = peer.connect().await;
    client.say("more alice").await;
    assert_eq!(client.send(get("/", None)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(client.token(b"answer alice").await.body, "alice@EXAMPLE.COM");
}

#[tokio::test]
async fn a_new_exchange_replaces_the_half_done_one() {
    let peer = Peer::start().await;
    let mut client = peer.connect().await;
    client.say("more alice").await;
    assert_eq!(
        client.say("more bob").await.challenges(),
        [negotiate(b"question bob")]
    );
    assert_eq!(client.token(b"answer bob").await.body, "bob@EXAMPLE.COM");
    client.say("more alice").await;
    assert_eq!(client.say("ok bob").await.body, "bob@EXAMPLE.COM");
    assert_fails(&client.token(b"answer alice").await);
}

#[tokio::test]
async fn one_leg_works_on_http2_and_two_are_refused() {
    let peer = Peer::start().await;
    let mut client = peer.connect_http2().await;
    let answer = client.say("ok alice").await;
    assert_eq!(
        (answer.status, &*answer.body),
        (StatusCode::OK, "alice@EXAMPLE.COM")
    );
    assert_eq!(answer.challenges(), [negotiate(b"bye alice")]);
    let answer = client.say("more alice").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.challenges(), ["Negotiate"]);
    assert!(answer.body.contains("HTTP/1.1"), "{}", answer.body);
    assert_fails(&client.token(b"answer alice").await);
}

// Both requests are on their way before the first answer.
#[tokio::test]
async fn pipelined_legs_are_taken_in_turn() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let peer = Peer::start().await;
    let mut stream = tokio::net::TcpStream::connect(peer.address).await.unwrap();
    let request = |token: &[u8], end| {
        let field = negotiate(token);
        format!("GET / HTTP/1.1\r\nHost: www.example.com\r\nAuthorization: {field}\r\n{end}\r\n")
    };
    let both = request(&first("more alice"), "") + &request(b"answer alice", "Connection: close\r\n");
    stream.write_all(both.as_bytes()).await.unwrap();
    let mut answers = String::new();
    soon(stream.read_to_string(&mut answers)).await.unwrap();
    let (one, two) = answers.split_once("HTTP/1.1 200").unwrap();
    assert!(one.starts_with("HTTP/1.1 401"), "{one}");
    assert!(two.ends_with("alice@EXAMPLE.COM"), "{two}");
}

fn request(connection: Option<&Connection>, version: Version, token: &[u8]) -> Request<String> {
    let mut request = Request::builder()
        .version(version)
        .header(AUTHORIZATION, negotiate(token))
        .body(String::new())
        .unwrap();
    request.extensions_mut().extend(
        connection
            .map(|connection| {
                let mut extensions = http::Extensions::new();
                extensions.insert(connection.clone());
                extensions
            })
            .unwrap_or_default(),
    );
    request
}

#[tokio::test]
async fn another_leg_needs_http11_and_connection_state() {
    let service = NegotiateLayer::new(Script::acceptor()).layer(crate::peer::Application::default());
    let connection = Connection::new();
    let of_proxy = Connection::of_proxy(None);
    for (connection, version, expected) in [
        (None, Version::HTTP_11, RequestError::LegNeedsConnection),
        (Some(&of_proxy), Version::HTTP_11, RequestError::LegThroughProxy),
        (Some(&of_proxy), Version::HTTP_10, RequestError::LegThroughProxy),
        (Some(&connection), Version::HTTP_10, RequestError::LegNeedsHttp11),
        (Some(&connection), Version::HTTP_2, RequestError::LegNeedsHttp11),
        (Some(&connection), Version::HTTP_3, RequestError::LegNeedsHttp11),
    ] {
        let request = request(connection, version, &first("more alice"));
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let refusal: &Refusal = response.extensions().get().unwrap();
        assert_eq!(refusal.downcast_ref(), Some(&expected));
    }
}

// The layers may ask different things of a client; what one began the other must not finish.
#[tokio::test]
async fn an_exchange_stays_with_its_layer() {
    let connection = Connection::new();
    let layer = NegotiateLayer::new(Script::acceptor());
    let one = layer.layer(crate::peer::Application::default());
    let same = layer.clone().layer(crate::peer::Application::default());
    let other = NegotiateLayer::new(Script::acceptor()).layer(crate::peer::Application::default());
    for (second, status) in [(same, StatusCode::OK), (other, StatusCode::UNAUTHORIZED)] {
        let request = |token: &[u8]| request(Some(&connection), Version::HTTP_11, token);
        one.clone().oneshot(request(&first("more alice"))).await.unwrap();
        let response = second.oneshot(request(b"answer alice")).await.unwrap();
        assert_eq!(response.status(), status);
    }
}
