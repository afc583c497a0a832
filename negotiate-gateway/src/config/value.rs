//! The values that a configuration may hold, each parsed once, with an error that says what it should look like.

use super::HELP;
use crate::header_name::are_one_variable;
use http::HeaderName;
use http::uri::{Authority, Scheme, Uri};
use negotiate_core::ServiceName;
use negotiate_http::ServiceOfHost;
use serde::Deserialize;
use serde::de::{Deserializer, Unexpected, Visitor};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Where to listen: an IP address and a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ListenAddress(pub(crate) SocketAddr);

/// The application behind the gateway: `http://host:port`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Upstream(Authority);

/// A length of time with its unit: `300ms`, `30s`, `5m`, `8h`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Span(pub(crate) Duration);

/// A number of bytes with its unit: `512B`, `64KiB`, `1MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ByteSize(pub(crate) u64);

/// How many there may be of something, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) usize);

/// The name of an HTTP header.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Header(pub(crate) HeaderName);

/// A path that a request is compared with: `/auth`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct RequestPath(pub(crate) String);

/// A name that clients may address this service by.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum AcceptorName {
    /// `HTTP@www.example.com`
    Service(ServiceName),
    /// `HTTP@{HOSTNAME}`: on the host that the request is for.
    OfHost(ServiceOfHost),
}

/// Where the replay cache is: `memory`, or `file:` and a path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum ReplayStore {
    /// In this process.
    #[default]
    Memory,
    /// In a file that MIT's library can share.
    File(PathBuf),
}

/// Why a text is not such a value: what is wrong, and what it should look like.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadValue {
    problem: String,
    advice: &'static str,
}

impl BadValue {
    pub(super) fn new(got: &str, what: &str, advice: &'static str) -> Self {
        Self {
            problem: format!("\"{}\" {what}", got.escape_debug()),
            advice,
        }
    }
}

impl fmt::Display for BadValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.problem, self.advice)
    }
}

impl std::error::Error for BadValue {}

/// The text from a configuration file, for serde: the advice apart (see [`HELP`]).
pub(crate) struct FromFile(pub(super) BadValue);

impl fmt::Display for FromFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{HELP}{}", self.0.problem, self.0.advice)
    }
}

macro_rules! from_file {
    ($($value:ty),*) => {$(
        impl TryFrom<String> for $value {
            type Error = FromFile;

            fn try_from(text: String) -> Result<Self, FromFile> {
                text.parse().map_err(FromFile)
            }
        }
    )*};
}

from_file!(
    ListenAddress,
    Upstream,
    Span,
    ByteSize,
    Header,
    RequestPath,
    AcceptorName,
    ReplayStore
);

impl FromStr for ListenAddress {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let advice = "write an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080; \
                      0.0.0.0:8080 listens on every IPv4 address";
        let address = text.parse();
        address
            .map(Self)
            .map_err(|_| BadValue::new(text, "is not an address to listen on", advice))
    }
}

impl Upstream {
    /// Host and port.
    pub(crate) fn authority(&self) -> &Authority {
        &self.0
    }
}

impl FromStr for Upstream {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let advice = "write the scheme, the host and the port, such as http://127.0.0.1:3000";
        let bad = |what| Err(BadValue::new(text, what, advice));
        let Ok(uri) = text.parse::<Uri>() else {
            return bad("is not a URL");
        };
        let parts = uri.into_parts();
        match (parts.scheme, parts.authority, parts.path_and_query) {
            (Some(scheme), _, _) if scheme == Scheme::HTTPS => {
                bad("is an https URL, and the gateway speaks plain HTTP to the application")
            }
            (Some(scheme), Some(authority), path) if scheme == Scheme::HTTP => {
                if authority.as_str().contains('@') {
                    return bad("holds a user name, which has no place here");
                }
                if path.is_some_and(|path| path != "/") {
                    return bad("has a path, and requests are passed on with the path they came with");
                }
                Ok(Self(authority))
            }
            _ => bad("is not an http URL"),
        }
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.0)
    }
}

impl FromStr for Span {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let bad = || {
            BadValue::new(
                text,
                "is not a length of time",
                "write a whole number and ms, s, m or h: 30s, 5m",
            )
        };
        let (number, unit) = number_and_unit(text).ok_or_else(bad)?;
        let seconds = |factor| number.checked_mul(factor).map(Duration::from_secs);
        let span = match unit {
            "ms" => Some(Duration::from_millis(number)),
            "s" => seconds(1),
            "m" => seconds(60),
            "h" => seconds(3600),
            _ => None,
        };
        // Decision of this project: nothing here is meant to last longer, and timers stay far from overflow.
        span.filter(|span| *span <= Duration::from_secs(366 * 86_400))
            .map(Self)
            .ok_or_else(bad)
    }
}

impl ByteSize {
    /// For lengths in memory; what no memory holds is the most there is.
    pub(crate) fn as_len(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl FromStr for ByteSize {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let bad = || {
            BadValue::new(
                text,
                "is not a number of bytes",
                "write a whole number and B, KiB or MiB: 64KiB",
            )
        };
        let (number, unit) = number_and_unit(text).ok_or_else(bad)?;
        let factor = match unit {
            "B" => 1,
            "KiB" => 1024,
            "MiB" => 1024 * 1024,
            _ => return Err(bad()),
        };
        number.checked_mul(factor).map(Self).ok_or_else(bad)
    }
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, unit.trim_start()))
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number above 0")
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Count, E> {
                let count = usize::try_from(number).ok().filter(|count| *count > 0);
                count
                    .map(Count)
                    .ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
            }
        }
        deserializer.deserialize_i64(Number)
    }
}

impl FromStr for Header {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let name = HeaderName::from_str(text)
            .map_err(|_| BadValue::new(text, "is not a header name", "write a name such as X-Remote-User"))?;
        let mut reserved = super::RESERVED_HEADERS.into_iter();
        if reserved.any(|reserved| are_one_variable(reserved.as_str(), name.as_str())) {
            let advice = "choose a name of its own, such as X-Remote-User";
            return Err(BadValue::new(text, "has a meaning in HTTP already", advice));
        }
        Ok(Self(name))
    }
}

impl FromStr for RequestPath {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let is_plain = |path: &Uri| path.scheme().is_none() && path.query().is_none() && path.path() == text;
        match text.parse::<Uri>() {
            Ok(path) if text.starts_with('/') && is_plain(&path) => Ok(Self(text.into())),
            _ => Err(BadValue::new(text, "is not a path", "write a path such as /auth")),
        }
    }
}

impl fmt::Display for AcceptorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(name) => name.fmt(f),
            Self::OfHost(name) => name.fmt(f),
        }
    }
}

impl FromStr for AcceptorName {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let advice = "write the service and the host, such as HTTP@www.example.com; HTTP@{HOSTNAME} stands for the host of \
                      each request";
        if let Ok(name) = text.parse() {
            return Ok(Self::OfHost(name));
        }
        let name = ServiceName::parse(text).ok();
        // No host is called so; a {HOSTNAME} that is misspelt or has more around it is.
        name.filter(|name| !name.host().contains(['{', '}']))
            .map(Self::Service)
            .ok_or_else(|| BadValue::new(text, "is not the name of a service", advice))
    }
}

impl FromStr for ReplayStore {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        match text.split_once(':') {
            None if text == "memory" => Ok(Self::Memory),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            _ => {
                let advice = "write memory, or file: and a path, such as file:/var/lib/negotiate/rcache2";
                Err(BadValue::new(text, "is not a replay cache", advice))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem<T: FromStr<Err = BadValue> + fmt::Debug>(text: &str) -> String {
        text.parse::<T>().unwrap_err().problem
    }

    #[test]
    fn spans_have_a_unit() {
        for (text, millis) in [
            ("0s", 0),
            ("1500ms", 1500),
            ("30 s", 30_000),
            ("5m", 300_000),
            ("8h", 28_800_000),
        ] {
            assert_eq!(text.parse(), Ok(Span(Duration::from_millis(millis))), "{text}");
        }
        for text in [
            "",
            "5",
            "m",
            "-5m",
            "5 d",
            "1.5h",
            "9000h",
            "99999999999999999999s",
            "18446744073709551615h",
        ] {
            assert_eq!(
                problem::<Span>(text),
                format!("\"{text}\" is not a length of time")
            );
        }
    }

    #[test]
    fn byte_sizes_have_a_unit() {
        for (text, bytes) in [("0B", 0), ("64KiB", 65_536), ("1 MiB", 1_048_576)] {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
        for text in ["", "64", "64KB", "64kib", "18446744073709551615MiB"] {
            assert_eq!(
                problem::<ByteSize>(text),
                format!("\"{text}\" is not a number of bytes")
            );
        }
    }

    #[test]
    fn an_upstream_is_scheme_host_and_port() {
        for text in ["http://127.0.0.1:3000", "http://app", "http://[::1]:80/"] {
            let upstream: Upstream = text.parse().unwrap();
            assert_eq!(upstream.to_string(), text.trim_end_matches('/'));
        }
        for (text, what) in [
            ("127.0.0.1:3000", "is not an http URL"),
            ("ftp://app", "is not an http URL"),
            ("/app", "is not an http URL"),
            ("http:// app", "is not a URL"),
            (
                "http://app/base",
                "has a path, and requests are passed on with the path they came with",
            ),
            (
                "http://user:secret@app",
                "holds a user name, which has no place here",
            ),
            (
                "https://app",
                "is an https URL, and the gateway speaks plain HTTP to the application",
            ),
        ] {
            assert_eq!(problem::<Upstream>(text), format!("\"{text}\" {what}"));
        }
    }

    #[test]
    fn identity_headers_have_names_of_their_own() {
        for name in ["Host", "X-Forwarded-For", "X_Forwarded_Host", "Via"] {
            let taken = format!("\"{name}\" has a meaning in HTTP already");
            assert_eq!(problem::<Header>(name), taken);
        }
        assert_eq!(problem::<Header>("a b"), "\"a b\" is not a header name");
        assert!("X-Remote-User".parse::<Header>().is_ok());
    }

    #[test]
    fn names_have_a_host_or_follow_the_request() {
        assert!(matches!("HTTP@www".parse(), Ok(AcceptorName::Service(_))));
        assert!(matches!("HTTP@{HOSTNAME}".parse(), Ok(AcceptorName::OfHost(_))));
        for text in [
            "www",
            "HTTP@{hostname}",
            "HTTP@www.{HOSTNAME}",
            "HTTP@{HOSTNAME}.example.com",
        ] {
            let expected = format!("\"{text}\" is not the name of a service");
            assert_eq!(problem::<AcceptorName>(text), expected);
        }
    }

    #[test]
    fn replay_caches_are_in_memory_or_in_a_file() {
        assert_eq!("memory".parse(), Ok(ReplayStore::Memory));
        assert_eq!("file:a:b".parse(), Ok(ReplayStore::File("a:b".into())));
        for text in [
            "",
            "Memory",
            "memory:",
            "file",
            "file:",
            "/var/tmp/rcache",
            "redis:a",
        ] {
            let expected = format!("\"{text}\" is not a replay cache");
            assert_eq!(problem::<ReplayStore>(text), expected);
        }
    }

    #[test]
    fn paths_are_paths() {
        assert_eq!("/auth".parse(), Ok(RequestPath("/auth".into())));
        for text in ["", "auth", "/auth?x", "http://a/auth", "/au th", "*"] {
            assert_eq!(problem::<RequestPath>(text), format!("\"{text}\" is not a path"));
        }
    }
}
