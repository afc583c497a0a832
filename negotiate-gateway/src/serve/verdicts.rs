//! The answers of the last seconds, for proxies that ask about the same request again.
//!
//! nginx runs `auth_request` anew after each internal redirection (`index`, `try_files`, `error_page`), with the same
//! token, which then is a replay. So a byte-equal token gets its first answer again, if it comes from the same trusted
//! proxy, in the same of that proxy's requests, for the same client and host, within seconds. Requests are told apart by an
//! id that the proxy makes: without one, or from anybody else, nothing is repeated.

use super::forwarded::{Origin, Trust};
use crate::config::Network;
use http::header::{self, HeaderMap, HeaderName};
use http::{Response, StatusCode};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Most answers that are kept, the oldest going first. One that goes early costs one login that has to be tried again;
/// with a reply token each takes some 500 bytes.
const CAPACITY: usize = 16_384;

/// What an answer belongs to: a hash, so that no token is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question([u8; 32]);

impl Question {
    /// `None` where nothing is to be repeated: the peer is no trusted proxy, has not numbered the request with exactly one
    /// id, or there is no token in it.
    pub(super) fn of(
        headers: &HeaderMap,
        id_header: &HeaderName,
        peer: IpAddr,
        origin: &Origin,
        trusted_proxies: &[Network],
    ) -> Option<Self> {
        if Trust::of(peer, trusted_proxies) == Trust::Untrusted {
            return None;
        }
        let id = only(headers, id_header)?;
        let token = only(headers, &header::AUTHORIZATION)?;
        let host = origin
            .host
            .as_ref()
            .map(http::HeaderValue::as_bytes)
            .unwrap_or_default();
        let (peer, client) = (peer.to_string(), origin.client.to_string());
        let mut hash = Sha256::new();
        for part in [peer.as_bytes(), client.as_bytes(), host, id, token] {
            // With its length, so that no part can take over bytes of the next.
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        Some(Self(hash.finalize().into()))
    }
}

/// The value of a field that is there once and not empty.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.as_bytes();
    (values.next().is_none() && !value.is_empty()).then_some(value)
}

/// The answers of the last seconds.
#[derive(Debug)]
pub(super) struct Verdicts {
    lifetime: Duration,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<Question, Answer>,
    // When each was given; the lifetime is the same for all, so the oldest ends first.
    order: VecDeque<(Instant, Question)>,
}

/// A response without its body, which says nothing to a proxy.
#[derive(Clone, Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
}

impl Verdicts {
    pub(super) fn new(lifetime: Duration) -> Self {
        Self {
            lifetime,
            kept: Mutex::default(),
        }
    }

    /// The answer that was given to the same question.
    pub(super) fn find(&self, question: &Question, now: Instant) -> Option<Response<()>> {
        let mut kept = self.lock();
        kept.forget_until(now, self.lifetime);
        let Answer { status, headers } = kept.answers.get(question)?.clone();
        let mut response = Response::new(());
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Some(response)
    }

    /// Keeps an answer. The first one stays: whoever asks the same at the same time is not to change it.
    pub(super) fn keep<B>(&self, question: Question, response: &Response<B>, now: Instant) {
        if self.lifetime.is_zero() {
            return;
        }
        let mut kept = self.lock();
        kept.forget_until(now, self.lifetime);
        if kept.answers.contains_key(&question) {
            return;
        }
        if kept.order.len() >= CAPACITY {
            kept.forget_oldest();
        }
        let answer = Answer {
            status: response.status(),
            headers: response.headers().clone(),
        };
        kept.answers.insert(question, answer);
        kept.order.push_back((now, question));
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Were a panic to fall between the two collections, an answer would be lost, or kept a little longer.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn forget_until(&mut self, now: Instant, lifetime: Duration) {
        while let Some((given, _)) = self.order.front()
            && now.saturating_duration_since(*given) >= lifetime
        {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, question)) = self.order.pop_front() {
            self.answers.remove(&question);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::forwarded::Scheme;
    use http::HeaderValue;

    const ID: HeaderName = HeaderName::from_static("x-id");

    fn question(
        peer: &str,
        client: &str,
        host: &'static str,
        fields: &[(&'static str, &'static str)],
    ) -> Option<Question> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let origin = Origin {
            client: client.parse().unwrap(),
            host: Some(HeaderValue::from_static(host)),
            scheme: Scheme::Https,
        };
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        Question::of(&headers, &ID, peer.parse().unwrap(), &origin, &trusted)
    }

    const FIELDS: [(&str, &str); 2] = [("x-id", "1"), ("authorization", "Negotiate YII=")];

    #[test]
    fn a_question_is_proxy_request_client_host_and_token() {
        let first = question("10.0.0.1", "203.0.113.7", "www", &FIELDS);
        assert!(first.is_some());
        assert_eq!(first, question("10.0.0.1", "203.0.113.7", "www", &FIELDS));
        for other in [
            question("10.0.0.2", "203.0.113.7", "www", &FIELDS),
            question("10.0.0.1", "203.0.113.8", "www", &FIELDS),
            question("10.0.0.1", "203.0.113.7", "ww", &FIELDS),
            question(
                "10.0.0.1",
                "203.0.113.7",
                "www",
                &[FIELDS[0], ("authorization", "Negotiate YIJ=")],
            ),
            question("10.0.0.1", "203.0.113.7", "www", &[("x-id", "2"), FIELDS[1]]),
        ] {
            assert!(other.is_some());
            assert_ne!(first, other);
        }
    }

    #[test]
    fn without_a_trusted_number_nothing_is_repeated() {
        for (peer, fields) in [
            ("192.0.2.1", &FIELDS[..]),
            ("10.0.0.1", &FIELDS[1..]),
            ("10.0.0.1", &FIELDS[..1]),
            ("10.0.0.1", &[("x-id", ""), FIELDS[1]]),
            ("10.0.0.1", &[FIELDS[0], FIELDS[0], FIELDS[1]]),
            ("10.0.0.1", &[FIELDS[0], FIELDS[1], FIELDS[1]]),
        ] {
            assert_eq!(
                question(peer, "203.0.113.7", "www", fields),
                None,
                "{peer} {fields:?}"
            );
        }
    }

    fn answer(token: &'static str) -> Response<()> {
        Response::builder()
            .header("www-authenticate", token)
            .body(())
            .unwrap()
    }

    fn token(response: &Response<()>) -> &[u8] {
        response.headers()["www-authenticate"].as_bytes()
    }

    #[test]
    fn the_first_answer_is_given_again_until_its_time_is_over() {
        let verdicts = Verdicts::new(Duration::from_secs(5));
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let question = Question([1; 32]);
        assert!(verdicts.find(&question, at(0)).is_none());
        verdicts.keep(question, &answer("first"), at(0));
        verdicts.keep(question, &answer("second"), at(1));
        assert_eq!(token(&verdicts.find(&question, at(4)).unwrap()), b"first");
        assert!(verdicts.find(&Question([2; 32]), at(4)).is_none());
        assert!(verdicts.find(&question, at(5)).is_none());
    }

    #[test]
    fn memory_is_bounded() {
        let verdicts = Verdicts::new(Duration::from_secs(5));
        let now = Instant::now();
        let question = |number: usize| {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&number.to_be_bytes());
            Question(hash)
        };
        for number in 0..=CAPACITY {
            verdicts.keep(question(number), &answer("x"), now);
        }
        assert!(verdicts.find(&question(0), now).is_none());
        assert!(verdicts.find(&question(1), now).is_some());
        let kept = verdicts.lock();
        assert_eq!((kept.answers.len(), kept.order.len()), (CAPACITY, CAPACITY));
    }

    #[test]
    fn no_lifetime_keeps_nothing() {
        let verdicts = Verdicts::new(Duration::ZERO);
        let now = Instant::now();
        verdicts.keep(Question([1; 32]), &answer("x"), now);
        assert!(verdicts.lock().answers.is_empty());
    }
}
