//! The ticket's list of addresses (RFC 4120 section 3.2.3), compared where the caller told the initiator's address.

use crate::error::Fact;
use crate::message::EncTicketPart;
use negotiate_core::AcceptRequest;

/// GSS_C_AF_INET and GSS_C_AF_INET6 of the common C bindings, and RFC 4120 section 7.5.3's numbers for the same.
const FAMILIES: [(u32, i32); 2] = [(2, 2), (24, 24)];
/// RFC 4120 section 7.5.3.
const NETBIOS: i32 = 20;

/// A connection's address that nobody told cannot be compared: then the ticket's list says nothing, as with MIT krb5.
pub(super) fn check(ticket: &EncTicketPart<'_>, request: &AcceptRequest<'_>) -> Result<(), Fact> {
    let (Some(list), Some(bindings)) = (ticket.caddr, request.bindings) else {
        return Ok(());
    };
    let initiator = &bindings.initiator;
    let Some((_, addr_type)) = FAMILIES
        .iter()
        .find(|(family, _)| *family == initiator.address_type)
    else {
        return Ok(());
    };
    // Nobody can compare a connection's address with the NetBIOS name of a Windows client: alone it is no list, as with
    // MIT krb5.
    let mut hosts = list.iter();
    if let (Some(only), None) = (hosts.next(), hosts.next())
        && only.addr_type == NETBIOS
    {
        return Ok(());
    }
    let is_listed = list
        .iter()
        .any(|host| host.addr_type == *addr_type && host.address == initiator.octets.as_slice());
    if is_listed {
        Ok(())
    } else {
        Err(Fact::AddressMismatch)
    }
}
