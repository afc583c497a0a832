//! `X-Forwarded-*`: what the proxies in front say of the client, believed only from those that are configured.

use super::headers::remove_lookalikes;
use crate::config::Network;
use crate::header_name::are_one_variable;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use std::net::IpAddr;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// How a request reached the first machine that we know anything of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The client's address.
    pub(super) client: IpAddr,
    /// The `Host` that the client asked for.
    pub(super) host: Option<HeaderValue>,
    pub(super) scheme: Scheme,
}

/// Whether the client's connection was encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// Whether the peer of a connection is one of the proxies that are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    Trusted,
    Untrusted,
}

impl Trust {
    pub(super) fn of(peer: IpAddr, trusted_proxies: &[Network]) -> Self {
        match trusted_proxies.iter().any(|network| network.contains(peer)) {
            true => Self::Trusted,
            false => Self::Untrusted,
        }
    }
}

impl Origin {
    /// From the connection itself, and from the headers if its peer is a trusted proxy.
    pub(super) fn of(
        headers: &HeaderMap,
        host: Option<HeaderValue>,
        peer: IpAddr,
        scheme: Scheme,
        trusted_proxies: &[Network],
    ) -> Self {
        if Trust::of(peer, trusted_proxies) == Trust::Untrusted {
            return Self {
                client: peer,
                host,
                scheme,
            };
        }
        // Each proxy appends its peer: from the right, the first that is no trusted proxy is the client.
        let mut client = peer;
        for element in chain(headers).iter().rev() {
            // What cannot be read ends the chain: nothing to its left is vouched for.
            let address = str::from_utf8(element).ok().and_then(|text| text.parse().ok());
            let Some(address) = address else { break };
            client = address;
            if Trust::of(client, trusted_proxies) == Trust::Untrusted {
                break;
            }
        }
        let scheme = match last_element(headers, &PROTO) {
            Some(value) if value.as_bytes().eq_ignore_ascii_case(b"https") => Scheme::Https,
            Some(_) => Scheme::Http,
            None => scheme,
        };
        Self {
            client,
            host: last_element(headers, &HOST).or(host),
            scheme,
        }
    }

    /// Puts into `headers`, which came from `peer`, what the next machine should know: the chain of a trusted proxy goes
    /// on, and anybody else's claims are deleted.
    pub(super) fn write(&self, headers: &mut HeaderMap, peer: IpAddr, trusted_proxies: &[Network]) {
        // RFC 7239's form of the same facts is not continued here, so what it says would soon be outdated.
        headers.remove(header::FORWARDED);
        let chain = match Trust::of(peer, trusted_proxies) {
            Trust::Trusted => {
                let chain = written_chain(headers);
                // Other spellings of what is written here are no proxy's.
                remove_lookalikes(headers, &[&FOR, &HOST, &PROTO]);
                chain
            }
            Trust::Untrusted => {
                let claims: Vec<HeaderName> = headers.keys().filter(|name| is_claim(name)).cloned().collect();
                for name in claims {
                    headers.remove(name);
                }
                Vec::new()
            }
        };
        let chain = [chain, vec![peer.to_canonical().to_string()]].concat();
        // Addresses and what was a header value before always make one again.
        if let Ok(chain) = HeaderValue::from_str(&chain.join(", ")) {
            headers.insert(FOR, chain);
        }
        headers.insert(PROTO, HeaderValue::from_static(self.scheme.as_str()));
        match &self.host {
            Some(host) => headers.insert(HOST, host.clone()),
            None => headers.remove(HOST),
        };
    }
}

/// The elements of all `X-Forwarded-For` fields. A client may have sent any bytes, to which a proxy has appended.
fn chain(headers: &HeaderMap) -> Vec<&[u8]> {
    let fields = headers.get_all(&FOR).into_iter();
    let elements = fields.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let elements = elements.map(<[u8]>::trim_ascii);
    elements.filter(|element| !element.is_empty()).collect()
}

/// The chain as it goes on: from the right, up to an element that is no text.
fn written_chain(headers: &HeaderMap) -> Vec<String> {
    let as_text = |element: &&[u8]| {
        let text = str::from_utf8(element).ok()?;
        text.bytes()
            .all(|byte| matches!(byte, b' '..=b'~'))
            .then(|| text.to_owned())
    };
    let chain = chain(headers);
    let mut written: Vec<String> = chain.iter().rev().map_while(as_text).collect();
    written.reverse();
    written
}

/// Whether a client should not say it, in any spelling.
fn is_claim(name: &HeaderName) -> bool {
    const PREFIX: &str = "x-forwarded-";
    let prefix = name.as_str().get(..PREFIX.len());
    prefix.is_some_and(|prefix| are_one_variable(prefix, PREFIX))
        || are_one_variable(name.as_str(), REAL_IP.as_str())
}

/// Whether a trusted proxy says that the client came without TLS. Saying nothing is not saying so.
pub(super) fn says_plain_http(headers: &HeaderMap, peer: IpAddr, trusted_proxies: &[Network]) -> bool {
    let said = last_element(headers, &PROTO);
    let is_http = said.is_some_and(|said| said.as_bytes().eq_ignore_ascii_case(b"http"));
    is_http && Trust::of(peer, trusted_proxies) == Trust::Trusted
}

/// Of a list to which each proxy appends, what the nearest one says.
fn last_element(headers: &HeaderMap, name: &HeaderName) -> Option<HeaderValue> {
    let last = headers.get_all(name).iter().next_back()?;
    let element = last.as_bytes().rsplit(|byte| *byte == b',').next()?.trim_ascii();
    let element = HeaderValue::from_bytes(element).ok()?;
    (!element.is_empty()).then_some(element)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    fn origin(fields: &[(&'static str, &'static str)], peer: &str) -> (String, Option<String>, Scheme) {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()];
        let host = Some(HeaderValue::from_static("gateway"));
        let origin = Origin::of(
            &headers(fields),
            host,
            peer.parse().unwrap(),
            Scheme::Http,
            &trusted,
        );
        let host = origin.host.map(|host| host.to_str().unwrap().to_owned());
        (origin.client.to_string(), host, origin.scheme)
    }

    const CLAIMS: [(&str, &str); 3] = [
        ("x-forwarded-for", "198.51.100.1, 203.0.113.7"),
        ("x-forwarded-host", "www.example.com"),
        ("x-forwarded-proto", "https"),
    ];

    #[test]
    fn claims_count_only_from_trusted_proxies() {
        let direct = |peer: &str| (peer.to_owned(), Some("gateway".to_owned()), Scheme::Http);
        assert_eq!(origin(&CLAIMS, "192.0.2.1"), direct("192.0.2.1"));
        assert_eq!(origin(&[], "10.0.0.1"), direct("10.0.0.1"));
        let believed = (
            "203.0.113.7".to_owned(),
            Some("www.example.com".to_owned()),
            Scheme::Https,
        );
        assert_eq!(origin(&CLAIMS, "10.0.0.1"), believed);
    }

    #[test]
    fn the_client_is_the_last_address_that_no_trusted_proxy_has() {
        for (chain, client) in [
            ("203.0.113.7, 10.1.1.1, 10.1.1.2", "203.0.113.7"),
            ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
            ("10.1.1.1", "10.1.1.1"),
            ("203.0.113.7, unknown, 10.1.1.1", "10.1.1.1"),
            ("unknown", "10.0.0.1"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(
                origin(&[("x-forwarded-for", chain)], "10.0.0.1").0,
                client,
                "{chain}"
            );
        }
    }

    #[test]
    fn of_host_and_scheme_the_nearest_proxy_knows_best() {
        let fields = [
            ("x-forwarded-host", "evil, www.example.com"),
            ("x-forwarded-proto", "https,http"),
        ];
        let (_, host, scheme) = origin(&fields, "10.0.0.1");
        assert_eq!((host.as_deref(), scheme), (Some("www.example.com"), Scheme::Http));
        assert_eq!(
            origin(&[("x-forwarded-host", "")], "10.0.0.1").1.as_deref(),
            Some("gateway")
        );
    }

    #[test]
    fn the_chain_goes_on_from_a_trusted_proxy_and_starts_anew_otherwise() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let host = Some(HeaderValue::from_static("gateway"));
        let written = |peer: &str| {
            let mut map = headers(&CLAIMS);
            map.insert("forwarded", HeaderValue::from_static("for=x"));
            map.insert("x-real-ip", HeaderValue::from_static("198.51.100.1"));
            map.insert("x-forwarded-port", HeaderValue::from_static("1"));
            map.insert("x_forwarded_user", HeaderValue::from_static("eve"));
            map.insert("x_forwarded_for", HeaderValue::from_static("10.0.0.2"));
            map.insert("x-forwarded.host", HeaderValue::from_static("eve"));
            let peer = peer.parse().unwrap();
            Origin::of(&map, host.clone(), peer, Scheme::Http, &trusted).write(&mut map, peer, &trusted);
            map
        };
        assert_eq!(
            written("192.0.2.1"),
            headers(&[
                ("x-forwarded-for", "192.0.2.1"),
                ("x-forwarded-host", "gateway"),
                ("x-forwarded-proto", "http"),
            ])
        );
        assert_eq!(
            written("::ffff:10.0.0.1"),
            headers(&[
                ("x-forwarded-for", "198.51.100.1, 203.0.113.7, 10.0.0.1"),
                ("x-forwarded-host", "www.example.com"),
                ("x-forwarded-proto", "https"),
                ("x-real-ip", "198.51.100.1"),
                ("x-forwarded-port", "1"),
                ("x_forwarded_user", "eve"),
            ])
        );
    }
}
