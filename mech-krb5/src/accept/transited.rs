//! The realms that a ticket passed (RFC 4120 sections 3.2.3 and 2.7, encoding in 3.3.3.2).
//!
//! A KDC that checked them says so in the ticket; otherwise each must lie on the way between the client's realm and ours:
//! the way of `capaths` if one is configured, else up and down the hierarchy of their names.

use crate::error::{Fact, PathFault};
use crate::keytab::Candidate;
use crate::message::{EncTicketPart, TicketFlags, Transited};
use crate::principal::{ANONYMOUS_REALM, Principal, is_well_known_realm};
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
    paths: BTreeMap<(Realm, Realm), BTreeSet<Realm>>,
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

    /// Tickets for services of this realm are not looked at, unless their key has a name of another realm too: its KDCs check the path themselves (Active Directory
    /// does, and does not set transited-policy-checked: MS-KILE section 3.1.5.4).
    pub fn trust_kdc(&mut self, server_realm: &str) {
        self.trusted_kdcs.insert(server_realm.as_bytes().to_vec());
    }

    fn allows(&self, client_realm: &[u8], server_realm: &[u8], via: &[u8]) -> bool {
        // RFC 6111 section 3.2: those take no part in any path.
        if is_well_known_realm(via) {
            return false;
        }
        // Which took part in any case, as the ticket says: that it is listed, too, adds nobody. Ours never is.
        if via == client_realm {
            return true;
        }
        match self.paths.get(&(client_realm.to_vec(), server_realm.to_vec())) {
            Some(path) => path.contains(via),
            // RFC 8062 section 4.3: nobody knows where such a client begins.
            None if client_realm == ANONYMOUS_REALM => via != server_realm,
            None => is_between(client_realm, server_realm, via),
        }
    }
}

/// The path has to be good to the realm of each name that has the key: which of them the ticket names stands outside its seal, and
/// whoever holds the ticket writes it.
pub(super) fn check(
    ticket: &EncTicketPart<'_>,
    key: &Candidate<'_>,
    policy: &TransitedPolicy,
) -> Result<PathAccepted, Fact> {
    let named = key.principal().realm();
    check_to(ticket, named, policy)?;
    let others = key.principals().map(Principal::realm);
    for other in others.filter(|realm| *realm != named) {
        check_to(ticket, other, policy)?;
    }
    Ok(PathAccepted(()))
}

/// An anonymous client of a realm with a name is judged as any (RFC 8062 section 4.3).
fn check_to(ticket: &EncTicketPart<'_>, server_realm: &[u8], policy: &TransitedPolicy) -> Result<(), Fact> {
    let refused = |fault| Fact::TransitedRefused {
        client_realm: Untrusted(ticket.crealm).to_string(),
        server_realm: Untrusted(server_realm).to_string(),
        fault,
    };
    let Transited { tr_type, contents } = ticket.transited;
    match tr_type {
        Transited::DOMAIN_X500_COMPRESS => {}
        // Windows' KDCs write 0 where there is nothing to list.
        0 if contents.is_empty() => {}
        // RFC 4120 section 5.3: tr-type must be registered. Whoever checked a list of another type, we cannot read it.
        other => return Err(refused(PathFault::Encoding(other))),
    }
    if ticket.flags.contains(TicketFlags::TRANSITED_POLICY_CHECKED)
        || contents.is_empty()
        || policy.trusted_kdcs.contains(server_realm)
    {
        return Ok(());
    }
    // RFC 4120 section 3.3.3.2: because the ends are not included, a ticket within one realm has an empty list.
    if ticket.crealm == server_realm {
        return Err(refused(PathFault::WithinOneRealm));
    }
    let unreadable = || refused(PathFault::Unreadable);
    let realms = expand(contents, ticket.crealm, server_realm).ok_or_else(unreadable)?;
    match realms
        .iter()
        .find(|via| !policy.allows(ticket.crealm, server_realm, via))
    {
        Some(via) if via == server_realm => Err(refused(PathFault::OwnRealm)),
        Some(via) => Err(refused(PathFault::Realm(Untrusted(via).to_string()))),
        None => Ok(()),
    }
}

/// More realms than this on one path is no path. RFC 4120 sets no bound; MIT's tests use five.
const MAX_REALMS: usize = 32;
/// A realm name longer than a domain name can be (RFC 1035 section 2.3.4) is not expanded further.
const MAX_REALM_LEN: usize = 255;

/// The realms of a DOMAIN-X500-COMPRESS list, all those between included that an empty field stands for; `None` if it is
/// malformed.
fn expand(contents: &[u8], client_realm: &[u8], server_realm: &[u8]) -> Option<Vec<Realm>> {
    let mut realms = Vec::new();
    // What an abbreviation refers to: nothing, before the first field.
    let mut previous = Realm::new();
    let mut all_between = false;
    let fields = split_fields(contents)?;
    let last = fields.len().saturating_sub(1);
    for (index, field) in fields.into_iter().enumerate() {
        if field.text.is_empty() {
            // A space that marks a whole name, and no name.
            if field.is_whole {
                return None;
            }
            // RFC 4120: a null subfield says that all realms between the neighbours were traversed; at the ends the
            // neighbours are the client's realm and ours.
            all_between = true;
            if index == 0 {
                previous = client_realm.to_vec();
            }
            if index == last {
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
    fn realm(self, previous: &[u8]) -> Option<Realm> {
        let mut realm = self.text;
        if !self.is_whole {
            if realm.last() == Some(&b'.') {
                realm.extend_from_slice(previous);
            } else if realm.first() == Some(&b'/') {
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

fn push(realms: &mut Vec<Realm>, realm: Realm) -> Option<()> {
    if realms.len() >= MAX_REALMS {
        return None;
    }
    realms.push(realm);
    Some(())
}

/// Adds what lies between two realms; `None` unless one is an ancestor of the other.
fn push_between(realms: &mut Vec<Realm>, one: &[u8], other: &[u8]) -> Option<()> {
    let (mut realm, ancestor) = if one.len() > other.len() {
        (one, other)
    } else {
        (other, one)
    };
    while realm != ancestor {
        realm = parent(realm).or_else(|| x500_parent(realm))?;
        if realm != ancestor {
            push(realms, realm.to_vec())?;
        }
    }
    Some(())
}

/// The realm above one that is named like a domain.
fn parent(realm: &[u8]) -> Option<&[u8]> {
    if realm.first() == Some(&b'/') {
        return None;
    }
    let dot = realm.iter().position(|byte| *byte == b'.')?;
    realm.get(dot.checked_add(1)?..)
}

/// The realm above one that has an X.500 name: `/COM` of `/COM/HP` (RFC 4120 section 3.3.3.2).
fn x500_parent(realm: &[u8]) -> Option<&[u8]> {
    let (b'/', rest) = realm.split_first()? else {
        return None;
    };
    let slash = rest.iter().rposition(|byte| *byte == b'/')?;
    realm.get(..slash.checked_add(1)?)
}

/// The realm and those above it. X.500 names have no default path: MIT krb5 asks for capaths there, and so do we.
fn up(realm: &[u8]) -> impl Iterator<Item = &[u8]> {
    core::iter::successors(Some(realm), |realm| parent(realm))
}

/// Whether `via` is on the way up from the client's realm to the nearest common ancestor and down to the server's, which is
/// no part of it: RFC 4120 section 3.3.3.2 has neither end in the list.
fn is_between(client_realm: &[u8], server_realm: &[u8], via: &[u8]) -> bool {
    let Some(common) = up(client_realm).find(|ancestor| up(server_realm).any(|other| other == *ancestor))
    else {
        return false;
    };
    let mut on_the_way = up(client_realm)
        .take_while(|realm| *realm != common)
        .chain(up(server_realm).take_while(|realm| *realm != common))
        .chain([common]);
    via != server_realm && on_the_way.any(|realm| realm == via)
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
        // ",EDU, /COM,": all realms from the client's to EDU, and from /COM to the server's.
        assert_eq!(
            expanded(",EDU, /COM,", "A.B.EDU", "/COM/HP/APOLLO").unwrap(),
            ["B.EDU", "EDU", "/COM", "/COM/HP"]
        );
    }

    // What the RFC leaves open, as MIT krb5's chk_trans.c reads it.
    #[test]
    fn the_ends_of_a_list_refer_to_client_and_server_only_through_null_fields() {
        for (contents, client, server, realms) in [
            // The first field has nothing before it that it could abbreviate.
            ("/COM", "/COM/HP", "/COM/DEC", &["/COM"][..]),
            ("MIT.", "EDU", "COM", &["MIT."]),
            (",MIT.", "EDU", "COM", &["MIT.EDU"]),
            (",", "A.B.EDU", "EDU", &["B.EDU"]),
            (",", "EDU", "EDU", &[]),
            ("EDU,", "COM", "A.B.EDU", &["EDU", "B.EDU"]),
            ("EDU,,A.B.EDU", "COM", "ORG", &["EDU", "B.EDU", "A.B.EDU"]),
        ] {
            let expected: Vec<_> = realms.iter().map(ToString::to_string).collect();
            assert_eq!(expanded(contents, client, server), Some(expected), "{contents}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_guessed() {
        let long = "x".repeat(MAX_REALM_LEN + 1);
        let many = ["X"; MAX_REALMS + 1].join(",");
        for (contents, why) in [
            ("a\\", "nothing after the backslash"),
            (",A.B", "no way up from the client's realm"),
            (",", "no way from the client's realm to ours"),
            ("EDU,,/COM", "names of two kinds"),
            (" ", "a mark of a whole name without the name"),
            ("EDU, ", "the same at the end"),
            (" ,EDU", "at the beginning"),
            ("EDU, ,MIT.EDU", "and between"),
            ("/COM,, /ORG/X", "no common beginning"),
            ("B.EDU,,EDU.B", "of the same length"),
            ("A\0B", "NUL"),
            (&long, "too long"),
            (&many, "too many"),
        ] {
            assert_eq!(expanded(contents, "CLIENT.TEST", "SERVER.TEST"), None, "{why}");
        }
    }

    #[test]
    fn as_many_fields_are_read_as_there_may_be_realms() {
        let commas = |count| ",".repeat(count);
        assert_eq!(
            expanded(&commas(MAX_REALMS), "A.B.EDU", "EDU").unwrap(),
            ["B.EDU"]
        );
        assert_eq!(expanded(&commas(MAX_REALMS + 1), "A.B.EDU", "EDU"), None);
    }

    #[test]
    fn only_realms_on_the_way_are_between() {
        for (client, server, via, expected) in [
            ("A.X.TEST", "B.X.TEST", "X.TEST", true),
            ("A.X.TEST", "B.TEST", "X.TEST", true),
            ("A.X.TEST", "B.TEST", "TEST", true),
            ("A.TEST", "B.X.TEST", "X.TEST", true),
            ("A.TEST", "B.X.TEST", "Y.X.TEST", false),
            ("A.TEST", "B.TEST", "TEST", true),
            ("A.TEST", "B.TEST", "EVIL.TEST", false),
            ("A.X.TEST", "B.X.TEST", "TEST", false),
            ("A", "B", "C", false),
            ("A.TEST", "B.TEST", "B.TEST", false),
            ("A.B.TEST", "B.TEST", "B.TEST", false),
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
