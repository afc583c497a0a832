//! The server loop: shutdown, streams of the caller, bindings.

use crate::peer::{Client, Peer, get, soon};
use crate::script::Script;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use negotiate_core::{ChannelBindings, ContextFlags};
use negotiate_http::{Connection, Identity, NegotiateLayer, Server};
use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tower::{Layer, service_fn};

#[tokio::test]
async fn shutdown_finishes_what_is_in_flight() {
    let (arrived, gate) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let application = service_fn({
        let (arrived, gate) = (Arc::clone(&arrived), Arc::clone(&gate));
        move |_: Request<Incoming>| {
            let (arrived, gate) = (Arc::clone(&arrived), Arc::clone(&gate));
            async move {
                arrived.add_permits(1);
                gate.acquire().await.unwrap().forget();
                Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("done")))
            }
        }
    });
    let service = NegotiateLayer::new(Script::acceptor()).layer(application);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (shut_down, shutdown) = oneshot::channel::<()>();
    let server = tokio::spawn(Server::new(service).run(listener, async { _ = shutdown.await }));

    let (mut busy, mut idle) = (Client::http1(address).await, Client::http1(address).await);
    assert_eq!(idle.send(get("/", None)).await.status, StatusCode::UNAUTHORIZED);
    let silent = TcpStream::connect(address).await.unwrap();
    let in_flight = tokio::spawn(async move { busy.say("ok alice").await });
    arrived.acquire().await.unwrap().forget();
    shut_down.send(()).unwrap();
    // The idle connection ends, the busy one does not.
    soon(async { while idle.try_send(get("/", None)).await.is_ok() {} }).await;
    assert!(TcpStream::connect(address).await.is_err());
    assert!(!server.is_finished());
    gate.add_permits(1);
    assert_eq!(in_flight.await.unwrap().body, "done");
    soon(server).await.unwrap();
    drop(silent);
}

// As with TLS: the caller has a stream, and knows the channel's bindings.
#[tokio::test]
async fn a_callers_stream_brings_its_bindings() {
    let application = service_fn(|request: Request<Incoming>| async move {
        let identity: &Identity = request.extensions().get().unwrap();
        let bound = identity.flags().contains(ContextFlags::CHANNEL_BOUND);
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(bound.to_string())))
    });
    let service = NegotiateLayer::new(Script::acceptor()).layer(application);
    let bindings = Arc::new(ChannelBindings::from_application_data(*b"tls-server-end-point:"));
    for (connection, bound) in [
        (Connection::with_bindings(bindings), "true"),
        (Connection::new(), "false"),
    ] {
        let (server, client) = tokio::io::duplex(1024);
        let served = Server::new(service.clone()).serve_connection(server, connection, pending());
        let served = tokio::spawn(async move { served.await.map_err(|error| error.to_string()) });
        let (sender, driver) = http1::handshake(TokioIo::new(client)).await.unwrap();
        tokio::spawn(driver);
        let mut client = Client::Http1(sender);
        assert_eq!(client.say("ok alice").await.body, bound);
        drop(client);
        served.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_peer_that_hangs_up_ends_only_its_connection() {
    let peer = Peer::start().await;
    drop(TcpStream::connect(peer.address).await.unwrap());
    let mut client = peer.connect().await;
    assert_eq!(client.say("ok alice").await.status, StatusCode::OK);
}
