//! Long headers, long bodies, slow clients.

use crate::peer::{Peer, get, negotiate, status_line, with_body};
use crate::script::first;
use http::{StatusCode, header::EXPECT};
use negotiate_http::NegotiateLayer;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

// 60 KiB of token: 80 KiB of base64.
fn long_token() -> Vec<u8> {
    let token = first(&format!("ok alice{}", " ".repeat(60 * 1024)));
    assert!(token.len() > 60 * 1024);
    token
}

#[tokio::test]
async fn a_token_of_60_kib_passes() {
    let peer = Peer::start().await;
    for mut client in [peer.connect().await, peer.connect_http2().await] {
        let answer = client.token(&long_token()).await;
        assert_eq!(
            (answer.status, &*answer.body),
            (StatusCode::OK, "alice@EXAMPLE.COM")
        );
    }
}

#[tokio::test]
async fn beyond_the_servers_limit_it_is_431() {
    let peer = Peer::start().await;
    for mut client in [peer.connect().await, peer.connect_http2().await] {
        let answer = client.token(&vec![0; 100_000]).await;
        assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        // Not from the layer.
        assert_eq!(answer.body, "");
    }
    assert_eq!(peer.reached(), 0);
}

#[tokio::test]
async fn beyond_the_acceptors_limit_it_is_431() {
    let peer = Peer::with(
        |_| {
            let script = crate::script::Script::new(std::sync::Arc::new(tokio::sync::Semaphore::new(0)));
            let limits = negotiate_core::Limits {
                token_len: 60 * 1024,
                ..Default::default()
            };
            let acceptor = negotiate_core::Acceptor::builder()
                .mechanism(script)
                .limits(limits);
            NegotiateLayer::new(acceptor.build().unwrap())
        },
        |server| server,
    )
    .await;
    for mut client in [peer.connect().await, peer.connect_http2().await] {
        let answer = client.token(&long_token()).await;
        assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        assert_eq!(answer.body, "Sign-on failed: the token is too long.\n");
    }
}

#[tokio::test]
async fn a_body_with_a_first_leg_is_thrown_away() {
    let peer = Peer::start().await;
    let mut client = peer.connect().await;
    for (token, status) in [
        (&first("more alice")[..], StatusCode::UNAUTHORIZED),
        (b"answer alice", StatusCode::OK),
    ] {
        let answer = client
            .send(with_body("POST", "/", Some(token), vec![0; 900_000]))
            .await;
        assert_eq!(answer.status, status);
    }
    assert_eq!(peer.reached(), 1);
}

#[tokio::test]
async fn a_body_too_long_for_a_first_leg_is_413() {
    let peer = Peer::with(
        |acceptor| NegotiateLayer::new(acceptor).drain_limit(1000),
        |server| server,
    )
    .await;
    let request = |len| with_body("POST", "/", Some(&first("more alice")), vec![0; len]);
    let answer = peer.connect().await.send(request(1000)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let answer = peer.connect().await.send(request(1001)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.challenges().is_empty());
    // A last leg's body is the application's, however long.
    let request = with_body("POST", "/", Some(&first("ok alice")), vec![0; 100_000]);
    assert_eq!(peer.connect().await.send(request).await.status, StatusCode::OK);
}

// It is not read in vain, and found out while reading where it is not announced.
#[tokio::test]
async fn a_body_too_long_is_left_unread() {
    let peer = Peer::with(
        |acceptor| NegotiateLayer::new(acceptor).drain_limit(1000),
        |server| server,
    )
    .await;
    let field = negotiate(&first("more alice"));
    let head = format!("POST / HTTP/1.1\r\nHost: www.example.com\r\nAuthorization: {field}\r\n");
    let chunk = format!("190\r\n{}\r\n", "x".repeat(0x190));
    for rest in [
        "Content-Length: 1001\r\n\r\n".to_owned(),
        format!("Transfer-Encoding: chunked\r\n\r\n{}", chunk.repeat(3)),
    ] {
        let mut stream = TcpStream::connect(peer.address).await.unwrap();
        let status = status_line(&mut stream, (head.clone() + &rest).as_bytes()).await;
        assert_eq!(status, "HTTP/1.1 413");
    }
}

// A connection that dies with a challenge costs the client its next request.
#[tokio::test]
async fn a_challenge_keeps_the_connection() {
    let peer = Peer::start().await;
    let mut client = peer.connect().await;
    let answer = client.send(with_body("POST", "/", None, vec![0; 900_000])).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let token = first("ok alice");
    let answer = client
        .send(with_body("POST", "/", Some(&token), vec![0; 900_000]))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
}

// RFC 9110 section 10.1.1: the client holds its body back, and a final answer spares it.
#[tokio::test]
async fn an_expected_body_is_asked_for_only_to_save_an_exchange() {
    let peer = Peer::start().await;
    for (token, first_line) in [
        (None, "HTTP/1.1 401"),
        (Some(first("no unauthenticated")), "HTTP/1.1 401"),
        (Some(first("more alice")), "HTTP/1.1 100"),
    ] {
        let mut stream = TcpStream::connect(peer.address).await.unwrap();
        let mut head = format!(
            "POST / HTTP/1.1\r\nHost: www.example.com\r\n{EXPECT}: 100-continue\r\nContent-Length: 4\r\n"
        );
        if let Some(token) = token {
            head += &format!("Authorization: {}\r\n", negotiate(&token));
        }
        let status = status_line(&mut stream, (head + "\r\n").as_bytes()).await;
        assert_eq!(status, first_line);
    }
}

// Over HTTP/1.1, over HTTP/2, and before either is known.
#[tokio::test]
async fn a_silent_client_is_disconnected() {
    let timeout = Duration::from_millis(200);
    let peer = Peer::with(NegotiateLayer::new, |server| server.header_read_timeout(timeout)).await;
    for sent in [
        "",
        "GET / HTTP/1.1\r\nHost:",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    ] {
        let mut stream = TcpStream::connect(peer.address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let read = tokio::time::timeout(timeout * 10, stream.read_to_end(&mut rest)).await;
        assert!(read.is_ok(), "{sent:?}");
    }
    // One that speaks is not.
    let mut client = peer.connect().await;
    for _ in 0..4 {
        tokio::time::sleep(timeout / 2).await;
        assert_eq!(client.send(get("/", None)).await.status, StatusCode::UNAUTHORIZED);
    }
}
