//! The realms that a ticket passed (RFC 4120 sections 3.2.3 and 2.7, encoding in 3.3.3.2).
//!
//! A KDC that checked them says so in the ticket; otherwise each must lie on the way between the client's realm and ours:
//! the way of `capaths` if one is configured, else up and down the hierarchy of their names.

use crate::error::Fact;
use crate::message::{EncTicketPart, TicketFlags, Transited};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::ToString;
use alloc::vec::Vec;
use negotiate_core::Untrusted;

/// Witness that the path may be trusted. Minted by [`check`] alone.
pub(super) struct PathAccepted(());

type Realm = Vec<u8>;

/// Which realms may vouch for clients of other realms (`capaths` of krb5.conf).
#[derive(Clone, Debug, Default)]
pub struct TransitedPolicy {
    /// By the client's realm and the server's.
    paths: BTreeMap<(Realm, Realm), Vec<Realm>>,
    trusted_kdcs: BTreeSet<Realm>,
}

impl TransitedPolicy {
    /// Between clients of `client_realm` and services of `server_realm`, these realms and no others may stand.
    pub fn set_path<'r>(
        &mut self,
        client_realm: &str,
        server_realm: &str,
        intermediates: impl IntoIterator<Item = &'r str>,
    ) {
        let intermediates = intermediates
            .into_iter()
            .map(|realm| realm.as_bytes().to_vec())
            .collect();
        self.paths.insert(
            (client_realm.as_bytes().to_vec(), server_realm.as_bytes().to_vec()),
            intermediates,
        );
    }

    /// Tickets for services of this realm are not looked at: its KDCs check the path themselves (MS-KILE section
    /// 3.3.5.7.7; Active Directory does not set transited-policy-checked).
    pub fn trust_kdc(&mut self, server_realm: &str) {
        self.trusted_kdcs.insert(server_realm.as_bytes().to_vec());
    }

    fn allows(&self, client_realm: &[u8], server_realm: &[u8], via: &[u8]) -> bool {
        if via == client_realm || via == server_realm {
            return true;
        }
        match self.paths.get(&(client_realm.to_vec(), server_realm.to_vec())) {
            Some(path) => path.iter().any(|realm| realm == via),
            None => is_between(client_realm, server_realm, via),
        }
    }
}

pub(super) fn check(
    ticket: &EncTicketPart<'_>,
    server_realm: &[u8],
    policy: &TransitedPolicy,
) -> Result<PathAccepted, Fact> {
    if ticket.flags.contains(TicketFlags::TRANSITED_POLICY_CHECKED)
        || ticket.transited.contents.is_empty()
        || policy.trusted_kdcs.contains(server_realm)
    {
        return Ok(PathAccepted(()));
    }
    let refused = |via: &[u8]| Fact::TransitedRefused {
        client_realm: Untrusted(ticket.crealm).to_string(),
        server_realm: Untrusted(server_realm).to_string(),
        via: if via.is_empty() {
            "".into()
        } else {
            Untrusted(via).to_string()
        },
    };
    if ticket.transited.tr_type != Transited::DOMAIN_X500_COMPRESS {
        return Err(refused(b""));
    }
    let realms = expand(ticket.transited.contents, ticket.crealm, server_realm).ok_or(refused(b""))?;
    match realms
        .iter()
        .find(|via| !policy.allows(ticket.crealm, server_realm, via))
    {
        Some(via) => Err(refused(via)),
        None => Ok(PathAccepted(())),
    }
}

/// More realms than this on one path is no path. RFC 4120 sets no bound; MIT's tests use five.
const MAX_REALMS: usize = 32;
/// A realm name longer than a domain name can be (RFC 1035 section 2.3.4) is not expanded further.
const MAX_REALM_LEN: usize = 255;

/// The realms of a DOMAIN-X500-COMPRESS list, all those between included that an empty field stands for; `None` if it is
/// malformed.
fn expand(contents: &[u8], client_realm: &[u8], server_realm: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut realms: Vec<Vec<u8>> = Vec::new();
    let mut previous: Vec<u8> = client_realm.to_vec();
    let mut all_between = false;
    let fields = split_fields(contents)?;
    let count = fields.len();
    for (index, field) in fields.into_iter().enumerate() {
        if field.text.is_empty() {
            // RFC 4120: a null subfield says that all realms between the neighbours were traversed; at the ends the
            // neighbours are the client's realm and ours.
            all_between = true;
            if index.checked_add(1) == Some(count) {
                push_between(&mut realms, &previous, server_realm)?;
            }
            continue;
        }
        let realm = field.realm(&previous)?;
        if core::mem::take(&mut all_between) {
            push_between(&mut realms, &previous, &realm)?;
        }
        push(&mut realms, realm.clone())?;
        previous = realm;
    }
    Some(realms)
}

struct Field {
    text: Vec<u8>,
    /// A leading space, which says that the name stands alone although it begins like an abbreviation.
    is_whole: bool,
}

impl Field {
    /// RFC 4120: a trailing dot prepends to the previous realm, a leading slash appends to it.
    fn realm(self, previous: &[u8]) -> Option<Vec<u8>> {
        let mut realm = self.text;
        if !self.is_whole {
            if realm.last() == Some(&b'.') {
                realm.extend_from_slice(previous);
            } else if realm.first() == Some(&b'/') && previous.first() == Some(&b'/') {
                realm.splice(0..0, previous.iter().copied());
            }
        }
        (realm.len() <= MAX_REALM_LEN).then_some(realm)
    }
}

/// Splits at commas; a backslash takes the next byte as it is, a leading space marks a whole name.
fn split_fields(contents: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    let mut text = Vec::new();
    let mut is_whole = false;
    let mut bytes = contents.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => text.push(*bytes.next()?),
            b',' => {
                if fields.len() >= MAX_REALMS {
                    return None;
                }
                fields.push(Field {
                    text: core::mem::take(&mut text),
                    is_whole: core::mem::take(&mut is_whole),
                });
            }
            b' ' if text.is_empty() => is_whole = true,
            0 => return None,
            other => text.push(*other),
        }
    }
    fields.push(Field { text, is_whole });
    Some(fields)
}

fn push(realms: &mut Vec<Vec<u8>>, realm: Vec<u8>) -> Option<()> {
    if realms.len() >= MAX_REALMS {
        return None;
    }
    realms.push(realm);
    Some(())
}

/// Adds what lies between two realms, one of which is an ancestor of the other; other pairs have nothing between them
/// that could be named.
fn push_between(realms: &mut Vec<Vec<u8>>, one: &[u8], other: &[u8]) -> Option<()> {
    let (long, short) = if one.len() > other.len() {
        (one, other)
    } else {
        (other, one)
    };
    let mut ancestor = long;
    while let Some(parent) = parent(ancestor) {
        if parent == short {
            break;
        }
        if parent.len() < short.len() {
            return None;
        }
        push(realms, parent.to_vec())?;
        ancestor = parent;
    }
    Some(())
}

fn parent(realm: &[u8]) -> Option<&[u8]> {
    let dot = realm.iter().position(|byte| *byte == b'.')?;
    realm.get(dot.checked_add(1)?..)
}

/// The realm and those above it.
fn up(realm: &[u8]) -> impl Iterator<Item = &[u8]> {
    core::iter::successors(Some(realm), |realm| parent(realm))
}

/// Whether `via` is on the way up from the client's realm to the nearest common ancestor and down to the server's.
fn is_between(client_realm: &[u8], server_realm: &[u8], via: &[u8]) -> bool {
    let Some(common) = up(client_realm).find(|ancestor| up(server_realm).any(|other| other == *ancestor))
    else {
        return false;
    };
    let mut on_the_way = up(client_realm)
        .take_while(|realm| *realm != common)
        .chain(up(server_realm).take_while(|realm| *realm != common))
        .chain([common]);
    on_the_way.any(|realm| realm == via)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(contents: &str, client: &str, server: &str) -> Option<Vec<alloc::string::String>> {
        let realms = expand(contents.as_bytes(), client.as_bytes(), server.as_bytes())?;
        Some(
            realms
                .into_iter()
                .map(|realm| alloc::string::String::from_utf8(realm).unwrap())
                .collect(),
        )
    }

    // The examples of RFC 4120 section 3.3.3.2.
    #[test]
    fn compressed_lists_expand_as_the_rfc_says() {
        for (contents, realms) in [
            (
                "EDU,MIT.,ATHENA.,WASHINGTON.EDU,CS.",
                &[
                    "EDU",
                    "MIT.EDU",
                    "ATHENA.MIT.EDU",
                    "WASHINGTON.EDU",
                    "CS.WASHINGTON.EDU",
                ][..],
            ),
            ("EDU,MIT.,WASHINGTON.EDU", &["EDU", "MIT.EDU", "WASHINGTON.EDU"]),
            (
                "/COM,/HP,/APOLLO, /COM/DEC",
                &["/COM", "/COM/HP", "/COM/HP/APOLLO", "/COM/DEC"],
            ),
            ("one\\,realm", &["one,realm"]),
        ] {
            let expected: Vec<_> = realms.iter().map(ToString::to_string).collect();
            assert_eq!(
                expanded(contents, "A.TEST", "B.TEST"),
                Some(expected),
                "{contents}"
            );
        }
        // ",EDU, /COM,": realms traversed between the client's realm and EDU, and between /COM and ours, are left out.
        assert_eq!(expanded(",EDU", "A.B.EDU", "X").unwrap(), ["B.EDU", "EDU"],);
        assert_eq!(expanded("EDU,", "COM", "A.B.EDU").unwrap(), ["EDU", "B.EDU"]);
        assert_eq!(expanded("a\\", "A", "B"), None);
    }

    #[test]
    fn only_realms_on_the_way_are_between() {
        for (client, server, via, expected) in [
            ("A.X.TEST", "B.X.TEST", "X.TEST", true),
            ("A.X.TEST", "B.TEST", "X.TEST", true),
            ("A.X.TEST", "B.TEST", "TEST", true),
            ("A.TEST", "B.TEST", "TEST", true),
            ("A.TEST", "B.TEST", "EVIL.TEST", false),
            ("A.X.TEST", "B.X.TEST", "TEST", false),
            ("A", "B", "C", false),
        ] {
            assert_eq!(
                is_between(client.as_bytes(), server.as_bytes(), via.as_bytes()),
                expected,
                "{via}"
            );
        }
    }

    #[test]
    fn a_configured_path_replaces_the_hierarchy() {
        let mut policy = TransitedPolicy::default();
        policy.set_path("A.TEST", "B.TEST", ["HUB"]);
        assert!(policy.allows(b"A.TEST", b"B.TEST", b"HUB"));
        assert!(!policy.allows(b"A.TEST", b"B.TEST", b"TEST"));
        assert!(policy.allows(b"C.TEST", b"B.TEST", b"TEST"));
    }
}
