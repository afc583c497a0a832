//! The ticket's list of addresses (RFC 4120 section 3.2.3), where the initiator's address is known.

use crate::login::{Login, Server};
use mech_krb5::AddressPolicy;
use negotiate_core::{Address, BindingsPolicy, ChannelBindings};
use std::net::IpAddr;

const IPV4: i32 = 2;
const DIRECTIONAL: i32 = 3;
const NETBIOS: i32 = 20;
const IPV6: i32 = 24;

fn verdict(connection: Option<(u32, &[u8])>, list: Option<&[(i32, &[u8])]>) -> &'static str {
    let server = Server {
        bindings: connection.map(|(address_type, octets)| ChannelBindings {
            initiator: Address {
                address_type,
                octets: octets.to_vec(),
            },
            ..ChannelBindings::default()
        }),
        bindings_policy: BindingsPolicy::Off,
        ..Server::default()
    };
    let mut login = Login::default();
    let owned = |(addr_type, octets): &(i32, &[u8])| (*addr_type, octets.to_vec());
    login.ticket.caddr = list.map(|list| list.iter().map(owned).collect());
    server.verdict(&login)
}

#[test]
fn a_ticket_is_good_from_its_addresses() {
    let (here, there): (&[u8], &[u8]) = (&[192, 0, 2, 1], &[192, 0, 2, 2]);
    let here6: &[u8] = &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let (accepted, refused) = ("accepted", "krb5.address_mismatch");
    for (connection, list, expected) in [
        (Some((2, here)), None, accepted),
        (Some((2, here)), Some(&[(IPV4, here)][..]), accepted),
        (
            Some((2, here)),
            Some(&[(IPV4, there), (IPV6, here6), (IPV4, here)]),
            accepted,
        ),
        (Some((24, here6)), Some(&[(IPV6, here6)]), accepted),
        (Some((2, here)), Some(&[(IPV4, there)]), refused),
        (Some((2, here)), Some(&[(IPV6, here)]), refused),
        (Some((24, here6)), Some(&[(IPV4, here)]), refused),
        (Some((2, &here[..3])), Some(&[(IPV4, here)]), refused),
        (Some((2, here)), Some(&[]), refused),
        // RFC 4120 section 7.1: a directional one is no ticket's, and says nothing beside others.
        (
            Some((2, here)),
            Some(&[(DIRECTIONAL, &[0; 4]), (IPV4, here)]),
            accepted,
        ),
        (Some((2, here)), Some(&[(DIRECTIONAL, &[0; 4])]), refused),
        (Some((2, here)), Some(&[(DIRECTIONAL, here)]), refused),
        // Nobody knows the connection's address: no bindings, or bindings without addresses, as with TLS.
        (None, Some(&[(IPV4, there)]), accepted),
        (Some((0, b"")), Some(&[(IPV4, there)]), accepted),
        (Some((255, b"")), Some(&[(IPV4, there)]), accepted),
        // A NetBIOS name alone is what Windows clients send; among addresses it is one of them.
        (Some((2, here)), Some(&[(NETBIOS, b"WORKSTATION     ")]), accepted),
        (
            Some((2, here)),
            Some(&[(NETBIOS, b"WORKSTATION     "), (IPV4, there)]),
            refused,
        ),
        (
            Some((2, here)),
            Some(&[(NETBIOS, b"WORKSTATION     "), (IPV4, here)]),
            accepted,
        ),
    ] {
        assert_eq!(verdict(connection, list), expected, "{connection:?} {list:?}");
    }
}

/// The address that the caller tells the exchange, by each policy.
#[test]
fn the_policy_says_what_a_list_is_for() {
    use AddressPolicy::{Check, Ignore, Require};
    let here: IpAddr = [192, 0, 2, 1].into();
    let mapped: IpAddr = "::ffff:192.0.2.1".parse().unwrap();
    let here6: IpAddr = "2001:db8::1".parse().unwrap();
    let octets6: &[u8] = &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let list: &[(i32, &[u8])] = &[(IPV4, &[192, 0, 2, 1]), (IPV6, octets6)];
    let other: &[(i32, &[u8])] = &[(IPV4, &[192, 0, 2, 2])];
    let netbios: &[(i32, &[u8])] = &[(NETBIOS, b"WORKSTATION     ")];
    let (accepted, refused) = ("accepted", "krb5.address_mismatch");
    let (no_list, not_told) = ("krb5.addresses_required", "krb5.address_not_told");
    for (address, list, by_check, by_require) in [
        (Some(here), Some(list), accepted, accepted),
        (Some(mapped), Some(list), accepted, accepted),
        (Some(here6), Some(list), accepted, accepted),
        (Some(here), Some(other), refused, refused),
        (Some(here6), Some(other), refused, refused),
        (Some(here), Some(netbios), accepted, refused),
        (Some(here), None, accepted, no_list),
        (None, Some(list), accepted, not_told),
        (None, None, accepted, no_list),
    ] {
        for (policy, expected) in [(Ignore, accepted), (Check, by_check), (Require, by_require)] {
            let server = Server::configured(match policy {
                Ignore => |builder| builder.addresses(Ignore),
                Check => |builder| builder,
                Require => |builder| builder.addresses(Require),
            });
            let mut login = Login::default();
            let owned = |(addr_type, octets): &(i32, &[u8])| (*addr_type, octets.to_vec());
            login.ticket.caddr = list.map(|list| list.iter().map(owned).collect());
            let exchange = match address {
                Some(address) => server.exchange().initiator_address(address),
                None => server.exchange(),
            };
            let verdict = match server.step(exchange, &login.token()) {
                Ok(_) => accepted,
                Err(reject) => reject.reason().code(),
            };
            assert_eq!(verdict, expected, "{address:?} {list:?} {policy:?}");
        }
    }
}

#[test]
fn a_list_may_be_long_and_not_endless() {
    let other: (i32, &[u8]) = (IPV4, &[192, 0, 2, 2]);
    let here: (i32, &[u8]) = (IPV4, &[192, 0, 2, 1]);
    let mut list = vec![other; 63];
    list.push(here);
    assert_eq!(verdict(Some((2, here.1)), Some(&list)), "accepted");
    list.push(other);
    assert_eq!(verdict(Some((2, here.1)), Some(&list)), "krb5.malformed");
}

/// Both sides of the comparison, so that an administrator sees which NAT or which interface it was.
#[test]
fn a_refusal_tells_the_addresses() {
    let reject = |list: &[(i32, &[u8])]| {
        let server = Server::default();
        let mut login = Login::default();
        login.ticket.caddr = Some(list.iter().map(|(of, octets)| (*of, octets.to_vec())).collect());
        let exchange = server.exchange().initiator_address([192, 0, 2, 2].into());
        server.step(exchange, &login.token()).unwrap_err()
    };
    let octets6: &[u8] = &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let some: &[(i32, &[u8])] = &[
        (IPV4, &[192, 0, 2, 1]),
        (IPV6, octets6),
        (IPV4, &octets6[..3]),
        (NETBIOS, b"PC\n"),
    ];
    for (list, seen) in [
        (
            some,
            "a client at 192.0.2.2, and a ticket for 192.0.2.1, 2001:db8::1, \" \\x01\\x0d\" of type 2, \"PC\\x0a\" of type 20;",
        ),
        (
            &[],
            "a client at 192.0.2.2, and a ticket whose list of addresses is empty;",
        ),
    ] {
        let said = reject(list).reason().seen();
        assert!(said.starts_with(seen), "{said}");
    }
    let many = vec![some[0]; 64];
    let said = reject(&many).reason().seen();
    assert_eq!(said.matches("192.0.2.1").count(), 16, "{said}");
}
