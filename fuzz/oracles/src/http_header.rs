//! `Authorization` fields of any bytes on one connection, through negotiate-http's service. A model of RFC 9110 section
//! 11.4 and RFC 4559 section 4.2 with a base64 decoder of its own predicts status, challenges, refusal code, what the
//! mechanism gets, and whether the application is reached.
//!
//! The input is lines: each is a field, an empty line ends a request.

use crate::conversation::{acceptor, assert_said};
use crate::loopback::{Act, INTEGRITY, Log};
use crate::negotiation::{Expected, Model, is_only_first};
use crate::refusal;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use negotiate_core::{Limits, Timestamp};
use negotiate_http::{Connection, Identity, NegotiateLayer, Refusal};
use std::convert::Infallible;
use std::future::Ready;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use tower::{Layer, Service, service_fn};

const ACTS: [Act; 3] = [
    Act::Ask,
    Act::Continue(b"more"),
    Act::Complete(Some(b"out"), INTEGRITY),
];

/// # Panics
/// If negotiate-http and the model differ.
pub fn check(input: &[u8]) {
    let limits = Limits {
        mech_types: 4,
        legs: 3,
        ..Limits::default()
    };
    let (acceptor, log) = acceptor(&ACTS, limits);
    let mut side = Side {
        layer: NegotiateLayer::new(acceptor).clock(|| Timestamp::from_unix(1_795_327_035)),
        connection: Connection::new(),
        log,
        limits,
        parked: None,
        given: Vec::new(),
    };
    let lines: Vec<&[u8]> = input.split(|byte| *byte == b'\n').collect();
    for fields in lines.split(|line| line.is_empty()).take(6) {
        side.request(fields);
    }
}

/// A connection, and what the model knows of it.
struct Side {
    layer: NegotiateLayer,
    connection: Connection,
    log: Log,
    limits: Limits,
    parked: Option<Model>,
    given: Vec<Vec<u8>>,
}

/// What the fields ask for.
#[derive(Debug)]
enum Asked {
    Nothing,
    AnewWithoutToken,
    With(Vec<u8>),
    Wrong(&'static str),
}

impl Side {
    fn request(&mut self, fields: &[&[u8]]) {
        let values: Vec<HeaderValue> = fields
            .iter()
            .filter_map(|field| HeaderValue::from_bytes(field).ok())
            .collect();
        let mut request = Request::builder().extension(self.connection.clone());
        for value in &values {
            request = request.header(AUTHORIZATION, value);
        }
        let request = request.body(Empty::<Bytes>::new()).expect("values are checked");
        let response = answer(&self.layer, request);
        let asked = asked(&values.iter().map(HeaderValue::as_bytes).collect::<Vec<_>>());
        self.judge(asked, &response);
    }

    fn judge<B>(&mut self, asked: Asked, response: &Response<B>) {
        let challenges: Vec<&[u8]> = response
            .headers()
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .map(HeaderValue::as_bytes)
            .collect();
        let refusal = response.extensions().get::<Refusal>();
        let cache = response.headers().get(CACHE_CONTROL);
        assert_eq!(cache.map(HeaderValue::as_bytes), Some(&b"no-store"[..]));
        let token = match asked {
            Asked::With(token) => token,
            Asked::Nothing | Asked::AnewWithoutToken => {
                if let Asked::AnewWithoutToken = asked {
                    self.parked = None;
                }
                assert!(refusal.is_none());
                assert_eq!(
                    (response.status(), challenges),
                    (StatusCode::UNAUTHORIZED, vec![&b"Negotiate"[..]])
                );
                return;
            }
            Asked::Wrong(code) => {
                self.parked = None;
                refused(code, refusal);
                assert_eq!(
                    (response.status(), challenges),
                    (StatusCode::UNAUTHORIZED, vec![&b"Negotiate"[..]])
                );
                return;
            }
        };
        let parked = self
            .parked
            .take()
            .filter(|model| !(model.is_half_done() && is_only_first(&token)));
        let mut model = parked.unwrap_or_else(|| Model::new(&ACTS, self.limits));
        let known = model.given.len();
        let expected = model.step(&token);
        self.given.extend(model.given.drain(known..));
        assert_eq!(self.log.given(), self.given, "{expected:?}");
        let said = match &expected {
            Expected::Continue(said) => {
                self.parked = Some(model);
                assert!(refusal.is_none());
                assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
                Some(said)
            }
            Expected::Complete(said, _) => {
                assert_eq!(response.status(), StatusCode::OK, "{refusal:?}");
                said.as_ref()
            }
            Expected::Refuse(code, said) => {
                refused(code, refusal);
                assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
                said.as_ref()
            }
        };
        match (said, &*challenges) {
            (Some(said), [challenge]) => {
                let encoded = challenge
                    .strip_prefix(b"Negotiate ")
                    .expect("a challenge with a token");
                assert_said(said, &from_base64(encoded).expect("base64"));
            }
            (None, [b"Negotiate"]) => assert_eq!(response.status(), StatusCode::UNAUTHORIZED),
            (None, []) => assert_eq!(response.status(), StatusCode::OK),
            other => panic!("{other:?}"),
        }
    }
}

fn refused(code: &str, refusal: Option<&Refusal>) {
    let reason = refusal.expect("a refusal").reason();
    assert_eq!(reason.code(), code);
    refusal::check(reason);
}

fn asked(fields: &[&[u8]]) -> Asked {
    let field = match fields {
        [] => return Asked::Nothing,
        [field] => field,
        _ => return Asked::Wrong("http.authorization_repeated"),
    };
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let Some(start) = field.iter().position(|byte| !is_space(byte)) else {
        return Asked::Nothing;
    };
    let end = field.iter().rposition(|byte| !is_space(byte)).unwrap_or(start);
    let field = &field[start..=end];
    let word_end = field
        .iter()
        .position(|byte| is_space(byte) || *byte == b',')
        .unwrap_or(field.len());
    let (word, rest) = field.split_at(word_end);
    if !word.eq_ignore_ascii_case(b"negotiate") {
        return Asked::Nothing;
    }
    let token: Vec<u8> = rest.iter().copied().skip_while(is_space).collect();
    if token.contains(&b',') {
        return Asked::Wrong("http.authorization_joined");
    }
    match from_base64(&token) {
        _ if token.is_empty() => Asked::AnewWithoutToken,
        Some(bytes) => Asked::With(bytes),
        None => Asked::Wrong("http.token_not_base64"),
    }
}

/// RFC 4648 section 4, with its padding, and nothing left over: what does not encode to the same text is refused.
fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    for (index, group) in text.chunks(4).enumerate() {
        let is_last = index == text.len().div_ceil(4) - 1;
        let digits: Vec<u32> = group
            .iter()
            .map_while(|c| ALPHABET.iter().position(|digit| digit == c))
            .map(|digit| digit as u32)
            .collect();
        let padding = group.len() - digits.len();
        if group.len() != 4 || padding > 2 || (padding > 0 && !is_last) {
            return None;
        }
        if group[digits.len()..].iter().any(|c| *c != b'=') {
            return None;
        }
        let value = (0..4).fold(0_u32, |value, at| {
            value << 6 | digits.get(at).copied().unwrap_or(0)
        });
        let [_, group_bytes @ ..] = value.to_be_bytes();
        let (kept, beyond) = group_bytes.split_at(3 - padding);
        if beyond.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend(kept);
    }
    Some(bytes)
}

/// One request through the layer. Whatever waits wakes at once.
fn answer(layer: &NegotiateLayer, request: Request<Empty<Bytes>>) -> Response<impl Sized + use<>> {
    let mut service = layer.layer(service_fn(application));
    let mut future = pin!(service.call(request));
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(response) = future.as_mut().poll(&mut context) {
            return response.unwrap_or_else(|never| match never {});
        }
    }
}

/// Sees the identity, and nothing of the token.
#[allow(clippy::needless_pass_by_value)] // a service takes its request
fn application(request: Request<Empty<Bytes>>) -> Ready<Result<Response<Empty<Bytes>>, Infallible>> {
    let identity = request.extensions().get::<Identity>().expect("an identity");
    assert_eq!(identity.display(), "alice@LOOPBACK");
    assert!(!request.headers().contains_key(AUTHORIZATION));
    std::future::ready(Ok(Response::new(Empty::new())))
}
