//! The ticket's list of addresses (RFC 4120 section 3.2.3), compared where the caller told the initiator's address: to the
//! exchange, or in the channel bindings.

use crate::error::{AddressFault, Fact};
use crate::message::{EncTicketPart, HostAddress, HostAddresses};
use alloc::borrow::Cow;
use core::net::IpAddr;
use negotiate_core::AcceptRequest;

/// GSS_C_AF_INET and GSS_C_AF_INET6 of the common C bindings, and RFC 4120 section 7.5.3's numbers for the same.
const FAMILIES: [(u32, i32); 2] = [(2, HostAddress::IPV4), (24, HostAddress::IPV6)];

/// What happens to the list of addresses that a ticket may have. Few have one: addresses change on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressPolicy {
    /// It is not looked at.
    Ignore,
    /// If there is a list and the initiator's address is known, the one must be in the other.
    #[default]
    Check,
    /// There must be a list, and the initiator's address must be known and in it.
    Require,
}

pub(super) fn check(
    ticket: &EncTicketPart<'_>,
    request: &AcceptRequest<'_>,
    policy: AddressPolicy,
) -> Result<(), Fact> {
    match (policy, ticket.caddr, Known::of(request)) {
        (AddressPolicy::Ignore, ..) => Ok(()),
        // An address that nobody told cannot be compared: then the list says nothing, as with MIT krb5.
        (AddressPolicy::Check, None, _) | (AddressPolicy::Check, _, None) => Ok(()),
        (AddressPolicy::Check, Some(list), Some(_)) if is_netbios_alone(list) => Ok(()),
        (_, Some(list), Some(address)) => address.must_be_in(list),
        (AddressPolicy::Require, None, _) => Err(Fact::AddressRefused(AddressFault::NoList)),
        (AddressPolicy::Require, Some(_), None) => Err(Fact::AddressRefused(AddressFault::NotTold)),
    }
}

/// The initiator's address, of IPv4 or IPv6 (MS-KILE section 3.1.5.6): a number of RFC 4120 section 7.5.3, and octets.
struct Known<'r> {
    addr_type: i32,
    octets: Cow<'r, [u8]>,
}

impl<'r> Known<'r> {
    fn of(request: &AcceptRequest<'r>) -> Option<Self> {
        let bound = request.bindings.and_then(|bindings| {
            let initiator = &bindings.initiator;
            let (_, addr_type) = FAMILIES
                .iter()
                .find(|(family, _)| *family == initiator.address_type)?;
            Some(Self {
                addr_type: *addr_type,
                octets: Cow::Borrowed(&initiator.octets),
            })
        });
        bound.or_else(|| {
            Some(match request.initiator_address? {
                IpAddr::V4(address) => Self {
                    addr_type: HostAddress::IPV4,
                    octets: Cow::Owned(address.octets().into()),
                },
                IpAddr::V6(address) => Self {
                    addr_type: HostAddress::IPV6,
                    octets: Cow::Owned(address.octets().into()),
                },
            })
        })
    }

    fn must_be_in(&self, list: HostAddresses<'_>) -> Result<(), Fact> {
        let here = HostAddress {
            addr_type: self.addr_type,
            address: &self.octets,
        };
        if list.iter().any(|host| host == here) {
            return Ok(());
        }
        Err(Fact::AddressRefused(AddressFault::not_listed(here, list.iter())))
    }
}

/// Nobody can compare a connection's address with the NetBIOS name of a Windows client: alone it is no list, as with MIT
/// krb5.
fn is_netbios_alone(list: HostAddresses<'_>) -> bool {
    let mut hosts = list.iter();
    matches!((hosts.next(), hosts.next()), (Some(only), None) if only.addr_type == HostAddress::NETBIOS)
}
