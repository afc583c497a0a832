//! Addresses and networks, to tell the proxies that are believed from everybody else.

use super::value::{BadValue, FromFile};
use serde::Deserialize;
use std::net::IpAddr;
use std::str::FromStr;

/// An address, or all addresses that share a prefix: `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Network {
    address: IpAddr,
    prefix_len: u8,
}

impl TryFrom<String> for Network {
    type Error = FromFile;

    fn try_from(text: String) -> Result<Self, FromFile> {
        text.parse().map_err(FromFile)
    }
}

impl Network {
    /// Whether `address` is one of these. An IPv4 address mapped into IPv6 (RFC 4291 section 2.5.5.2) counts as itself:
    /// that is how a dual-stack listener shows an IPv4 peer.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differing = network.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= u32::from(self.prefix_len)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differing = network.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= u32::from(self.prefix_len)
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let bad = |what| {
            BadValue::new(
                text,
                what,
                "write an address or a network, such as 127.0.0.1 or 10.0.0.0/8",
            )
        };
        let (address, prefix_len) = match text.split_once('/') {
            Some((address, prefix_len)) => (address, Some(prefix_len)),
            None => (text, None),
        };
        let address: IpAddr = address
            .parse()
            .map_err(|_| bad("is neither an address nor a network"))?;
        let width: u8 = if address.is_ipv4() { 32 } else { 128 };
        let prefix_len = match prefix_len {
            Some(digits) => digits.parse().ok().filter(|len| *len <= width),
            None => Some(width),
        };
        let prefix_len = prefix_len.ok_or_else(|| bad("has a prefix length that no such address has"))?;
        Ok(Self { address, prefix_len })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_the_addresses_of_its_prefix() {
        for (network, inside, outside) in [
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
            ("::1", "::1", "127.0.0.1"),
            ("fd00::/8", "fdff::1", "fe80::1"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.1.2.3"),
        ] {
            let parsed: Network = network.parse().unwrap();
            assert!(parsed.contains(inside.parse().unwrap()), "{network} {inside}");
            assert!(!parsed.contains(outside.parse().unwrap()), "{network} {outside}");
        }
        for text in [
            "",
            "localhost",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/-1",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
