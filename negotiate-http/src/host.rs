//! Names that follow the request: `HTTP@{HOSTNAME}`, and the host that a request is for.

use http::header::{HOST, HeaderValue};
use http::{Extensions, Request};
use negotiate_core::{BadServiceName, ServiceName};
use std::fmt;
use std::str::FromStr;

const HOSTNAME: &str = "{HOSTNAME}";

/// The name of a service on the host that a request is for: `HTTP@{HOSTNAME}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServiceOfHost {
    service: String,
}

impl ServiceOfHost {
    /// The service: `HTTP`.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The name on this host, as a request writes it: with or without a port, in any case, with or without a dot at its end.
    /// `None` if it is not a host's name: an IPv6 literal, or malformed.
    #[must_use]
    pub fn on(&self, authority: &[u8]) -> Option<ServiceName> {
        let host = host_name(authority)?;
        ServiceName::parse(&format!("{}@{}", self.service, host.to_ascii_lowercase())).ok()
    }
}

impl FromStr for ServiceOfHost {
    type Err = BadServiceName;

    /// From `service@{HOSTNAME}` or `service/{HOSTNAME}`.
    fn from_str(text: &str) -> Result<Self, BadServiceName> {
        let name = ServiceName::parse(text)?;
        if name.host() != HOSTNAME {
            return Err(BadServiceName);
        }
        Ok(Self {
            service: name.service().to_owned(),
        })
    }
}

impl fmt::Display for ServiceOfHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{HOSTNAME}", self.service)
    }
}

/// The host of `host` or `host:port` (RFC 9110 section 7.2), if it is made of what names of hosts are made of. Clients ask
/// their KDC for a name without the dot at its end.
fn host_name(authority: &[u8]) -> Option<&str> {
    let authority = str::from_utf8(authority).ok()?;
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    let host = host.strip_suffix('.').unwrap_or(host);
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let is_well_formed =
        !host.is_empty() && host.bytes().all(is_of_name) && port.bytes().all(|byte| byte.is_ascii_digit());
    is_well_formed.then_some(host)
}

/// Where the host of a request is found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum HostFrom {
    /// In the request itself.
    #[default]
    Request,
    /// Where the server has put what it knows better.
    Extensions(fn(&Extensions) -> Option<&HeaderValue>),
}

impl HostFrom {
    pub(crate) fn authority<B>(self, request: &Request<B>) -> Option<&[u8]> {
        match self {
            Self::Extensions(host) => host(request.extensions()).map(HeaderValue::as_bytes),
            Self::Request => authority(request),
        }
    }
}

/// What a request says it is for, host and perhaps port: the authority in its target, which outranks `Host` (RFC 9112 section
/// 3.2.2) and in HTTP/2 is `:authority`, or else `Host`. `None` if there is none, or more than one `Host`.
#[must_use]
pub fn authority<B>(request: &Request<B>) -> Option<&[u8]> {
    match request.uri().authority() {
        Some(authority) => Some(authority.as_str().as_bytes()),
        None => {
            let mut hosts = request.headers().get_all(HOST).iter();
            let host = hosts.next()?.as_bytes();
            hosts.next().is_none().then_some(host)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_is_a_service_and_the_word_for_the_host() {
        for text in ["HTTP@{HOSTNAME}", "HTTP/{HOSTNAME}"] {
            let name: ServiceOfHost = text.parse().unwrap();
            assert_eq!(
                (name.service(), name.to_string().as_str()),
                ("HTTP", "HTTP@{HOSTNAME}")
            );
        }
        for text in [
            "HTTP@www",
            "HTTP@{hostname}",
            "{HOSTNAME}",
            "HTTP@a.{HOSTNAME}",
            "HTTP@",
            "",
        ] {
            assert_eq!(text.parse::<ServiceOfHost>(), Err(BadServiceName), "{text}");
        }
    }

    #[test]
    fn a_host_is_lower_cased_and_its_port_is_left_out() {
        let name: ServiceOfHost = "HTTP@{HOSTNAME}".parse().unwrap();
        for (authority, host) in [
            ("www.example.com", Some("www.example.com")),
            ("WWW.Example.COM:8080", Some("www.example.com")),
            ("www.example.com:", Some("www.example.com")),
            ("www.example.com.", Some("www.example.com")),
            ("www.example.com.:80", Some("www.example.com")),
            (".", None),
            ("192.0.2.1:80", Some("192.0.2.1")),
            ("", None),
            (":80", None),
            ("[::1]", None),
            ("[::1]:80", None),
            ("::1", None),
            ("www.example.com:80:80", None),
            ("www.example.com:http", None),
            ("user@www.example.com", None),
            ("www.example.com/a", None),
            ("www.example.com,other", None),
            ("www example", None),
            ("{hostname}", None),
            ("b\u{fc}cher.example", None),
        ] {
            let found = name.on(authority.as_bytes());
            assert_eq!(found.as_ref().map(ServiceName::host), host, "{authority}");
        }
        assert_eq!(name.on(b"www\xff"), None);
    }
}
