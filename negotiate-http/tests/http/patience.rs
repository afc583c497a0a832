//! Clients that hold a connection and do nothing with it, and applications that take their time.

use crate::peer::{Client, Peer, get, soon};
use crate::script::Script;
use bytes::Bytes;
use http::{Request, Response, StatusCode, Version};
use http_body::{Body, Frame};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use negotiate_http::{NegotiateLayer, Server};
use std::convert::Infallible;
use std::future::pending;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Sleep, sleep};
use tower::{Layer, service_fn};

const TIMEOUT: Duration = Duration::from_millis(200);

async fn impatient() -> Peer {
    Peer::with(NegotiateLayer::new, |server| server.header_read_timeout(TIMEOUT)).await
}

/// Whoever has no token cannot keep a connection by announcing a body.
#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let peer = impatient().await;
    for framing in [
        "Content-Length: 10\r\n\r\n12345",
        "Transfer-Encoding: chunked\r\n\r\n5\r\n123",
    ] {
        let mut stream = TcpStream::connect(peer.address).await.unwrap();
        let request = format!("POST / HTTP/1.1\r\nHost: www.example.com\r\n{framing}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        soon(stream.read_to_end(&mut answer)).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 401"), "{}", answer.escape_ascii());
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_disconnected() {
    let peer = impatient().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(peer.address).await.unwrap();
    let requests = "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n".repeat(100);
    let sent = async {
        loop {
            if let Err(error) = stream.write_all(requests.as_bytes()).await {
                return error;
            }
        }
    };
    soon(sent).await;
}

/// Its pings are answered, which shows that the client is there, and not that it wants anything.
#[tokio::test]
async fn a_connection_of_http2_without_requests_ends() {
    let peer = impatient().await;
    let stream = TcpStream::connect(peer.address).await.unwrap();
    let builder = http2::Builder::new(TokioExecutor::new());
    let (mut sender, driver) = builder.handshake(TokioIo::new(stream)).await.unwrap();
    let driver = tokio::spawn(driver);
    let request = Request::get("http://www.example.com/")
        .body(Empty::<Bytes>::new())
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    drop(response);
    _ = soon(driver).await;
    drop(sender);
}

#[tokio::test]
async fn a_stream_of_http2_without_a_window_does_not_keep_its_connection() {
    let peer = impatient().await;
    let stream = TcpStream::connect(peer.address).await.unwrap();
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(0);
    let (mut sender, driver) = builder.handshake(TokioIo::new(stream)).await.unwrap();
    let driver = tokio::spawn(driver);
    let request = Request::get("http://www.example.com/")
        .body(Empty::<Bytes>::new())
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    _ = soon(driver).await;
    drop((response, sender));
}

/// A body that comes late, in two parts.
struct Late {
    sleep: Pin<Box<Sleep>>,
    left: usize,
}

impl Body for Late {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(left) = self.left.checked_sub(1) else {
            return Poll::Ready(None);
        };
        ready!(self.sleep.as_mut().poll(context));
        *self = Self::of(left);
        Poll::Ready(Some(Ok(Frame::data("late".into()))))
    }
}

impl Late {
    fn of(left: usize) -> Self {
        let sleep = Box::pin(sleep(TIMEOUT * 4));
        Self { sleep, left }
    }
}

#[tokio::test]
async fn an_application_may_take_its_time() {
    let application = service_fn(|_: Request<Incoming>| async {
        sleep(TIMEOUT * 4).await;
        Ok::<_, Infallible>(Response::new(Late::of(2)))
    });
    let service = NegotiateLayer::new(Script::acceptor()).layer(application);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::new(service).header_read_timeout(TIMEOUT);
    let server = tokio::spawn(server.run(listener, pending()));
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let mut client = match version {
            Version::HTTP_2 => Client::http2(address).await,
            _ => Client::http1(address).await,
        };
        assert_eq!(client.say("ok alice").await.body, "latelate");
        assert_eq!(client.send(get("/", None)).await.status, StatusCode::UNAUTHORIZED);
    }
    server.abort();
}
