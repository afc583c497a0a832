//! What the operator reads, and what nobody may read.

use crate::peer::{Peer, get, negotiate};
use crate::script::first;
use http::header::AUTHORIZATION;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// What was logged since the last call.
    fn take(&self) -> String {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8(std::mem::take(&mut bytes)).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

// One thread: the subscriber is that of the test's thread, on which the server runs too. Every crate may log everything.
#[tokio::test]
async fn refusals_teach_and_tokens_stay_out() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let peer = Peer::start().await;

    for mut client in [peer.connect().await, peer.connect_http2().await] {
        for (words, level, texts) in [
            (
                "ok alice",
                "DEBUG",
                &["authenticated", "user=\"alice@EXAMPLE.COM\"", "mechanism=script"][..],
            ),
            (
                "no unauthenticated",
                " INFO",
                &[
                    "refused: the script says no",
                    "code=\"script.no\"",
                    "blame=initiator",
                ],
            ),
            (
                "no unavailable",
                " WARN",
                &[
                    "seen=no expected=ok advice=write another script",
                    "this server's set-up",
                ],
            ),
        ] {
            log.take();
            let token = first(words);
            let answer = client.token(&token).await;
            let logged = log.take();
            let line = logged
                .lines()
                .find(|line| line.contains(texts[0]))
                .expect(&logged);
            assert!(
                line.contains(level) && line.contains(" negotiate_http:"),
                "{line}"
            );
            assert!(texts.iter().all(|text| line.contains(text)), "{line}");
            let reply = answer.challenges().join("");
            for secret in [
                &negotiate(&token)[10..],
                reply.trim_start_matches("Negotiate").trim(),
            ] {
                assert!(secret.is_empty() || !logged.contains(secret), "{logged}");
            }
        }
    }
}

#[tokio::test]
async fn malformed_fields_are_told_apart_without_their_bytes() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(log.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let peer = Peer::start().await;
    for (field, code) in [
        ("Negotiate c2VjcmV0c2VjcmV0*", "http.token_not_base64"),
        (
            "Negotiate c2VjcmV0c2VjcmV0, Basic c2VjcmV0c2VjcmV0",
            "http.authorization_joined",
        ),
    ] {
        let mut request = get("/", None);
        request
            .headers_mut()
            .insert(AUTHORIZATION, field.parse().unwrap());
        peer.connect().await.send(request).await;
        let logged = log.take();
        assert!(
            logged.contains(code) && logged.contains(" INFO negotiate_http:"),
            "{logged}"
        );
        assert!(!logged.contains("c2VjcmV0"), "{logged}");
    }
}
