//! Why the addresses of a ticket refuse it (RFC 4120 section 3.2.3), and addresses as an operator reads them.

use super::miss_words::list;
use crate::message::HostAddress;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};
use negotiate_core::Untrusted;

/// Most addresses that are listed: enough to see what is wrong, too few to fill a log.
const MAX_LISTED: usize = 16;

/// Why a ticket may not be used from where the initiator is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressFault {
    /// The initiator is elsewhere.
    NotListed {
        /// Where it is.
        initiator: TicketAddress,
        /// The ticket's list, at most its first 16.
        listed: Vec<TicketAddress>,
    },
    /// This acceptor insists on addresses, and the ticket has none.
    NoList,
    /// This acceptor insists on addresses, and nobody told the initiator's.
    NotTold,
}

impl AddressFault {
    pub(crate) fn not_listed<'a>(
        initiator: HostAddress<'_>,
        listed: impl Iterator<Item = HostAddress<'a>>,
    ) -> Self {
        Self::NotListed {
            initiator: initiator.into(),
            listed: listed.take(MAX_LISTED).map(TicketAddress::from).collect(),
        }
    }

    pub(super) fn tell_seen(&self) -> String {
        match self {
            Self::NotListed { initiator, listed } if listed.is_empty() => {
                format!("a client at {initiator}, and a ticket whose list of addresses is empty")
            }
            Self::NotListed { initiator, listed } => {
                format!(
                    "a client at {initiator}, and a ticket for {}",
                    list(listed.iter())
                )
            }
            Self::NoList => "a ticket that is good from everywhere".into(),
            Self::NotTold => "a ticket for certain addresses, and a client whose address nobody told".into(),
        }
    }
}

/// An address of a host, with its type (RFC 4120 section 7.5.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketAddress {
    /// As [`HostAddress::addr_type`].
    pub addr_type: i32,
    /// Octets in network order.
    pub octets: Box<[u8]>,
}

impl From<HostAddress<'_>> for TicketAddress {
    fn from(address: HostAddress<'_>) -> Self {
        Self {
            addr_type: address.addr_type,
            octets: address.address.into(),
        }
    }
}

impl fmt::Display for TicketAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let octets = &*self.octets;
        match self.addr_type {
            HostAddress::IPV4 if let Ok(octets) = <[u8; 4]>::try_from(octets) => {
                Ipv4Addr::from(octets).fmt(f)
            }
            HostAddress::IPV6 if let Ok(octets) = <[u8; 16]>::try_from(octets) => {
                Ipv6Addr::from(octets).fmt(f)
            }
            addr_type => write!(f, "{} of type {addr_type}", Untrusted(octets)),
        }
    }
}
