//! What the keytab's failures say to people. They are the most common ones, and each has another cure.

use super::words::Etype;
use crate::keytab::KeytabMiss;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::Display;
use negotiate_core::Untrusted;

pub(super) fn seen(miss: &KeytabMiss) -> String {
    match miss {
        KeytabMiss::AcceptorNamesAbsent => {
            "a keytab without any of the names that this acceptor answers to".into()
        }
        KeytabMiss::NotAllowedHere { .. } => {
            "a ticket for a service whose key is here, and which is not among the allowed names".into()
        }
        KeytabMiss::ServiceAbsent { aliases_tried: 0, .. } => {
            "a ticket for a service that is not in the keytab; no name that may be addressed here has a key of its \
             encryption type"
                .into()
        }
        KeytabMiss::ServiceAbsent { aliases_tried: 1, .. } => {
            "a ticket for a service that is not in the keytab; the key of another one does not open it".into()
        }
        KeytabMiss::ServiceAbsent { aliases_tried, .. } => {
            format!(
                "a ticket for a service that is not in the keytab; {aliases_tried} keys of other services do not open it"
            )
        }
        KeytabMiss::OtherRealm { held } => {
            format!(
                "the keytab has this service in {}",
                list(held.iter().map(|realm| Untrusted(realm)))
            )
        }
        KeytabMiss::KeytabNewer { ticket, held } | KeytabMiss::KeytabOlder { ticket, held } => {
            format!(
                "the ticket's key version is {ticket}, the keytab has {}",
                list(held.iter())
            )
        }
        KeytabMiss::EtypeMissing { held } => {
            format!(
                "for this key version the keytab has {}",
                list(held.iter().map(|etype| Etype(*etype)))
            )
        }
        KeytabMiss::WrongKey { tried: 1 } => {
            "name, version (0 in a keytab is any) and encryption type match, and the key does not open the ticket"
                .into()
        }
        KeytabMiss::WrongKey { tried } => {
            format!(
                "name, version (0 in a keytab is any) and encryption type match, and {tried} keys do not open the ticket"
            )
        }
    }
}

pub(super) fn expected(miss: &KeytabMiss) -> String {
    match miss {
        KeytabMiss::AcceptorNamesAbsent => "at least one of them in the keytab",
        KeytabMiss::NotAllowedHere { allowed } if allowed.is_empty() => {
            "a ticket for an allowed name, of which there is none"
        }
        KeytabMiss::NotAllowedHere { allowed } => {
            let allowed = allowed.iter().map(ToString::to_string);
            return format!(
                "a ticket for one of the allowed names: {}",
                list(allowed.map(|name| Untrusted(name.as_bytes()).to_string()))
            );
        }
        KeytabMiss::ServiceAbsent { held, .. } if held.is_empty() => "a ticket for a service of the keytab",
        KeytabMiss::ServiceAbsent { held, .. } => {
            return format!(
                "a ticket for a service of the keytab, such as {}",
                list(held.iter())
            );
        }
        KeytabMiss::OtherRealm { .. } => "a ticket from a realm of the keytab",
        KeytabMiss::KeytabNewer { .. } | KeytabMiss::KeytabOlder { .. } => "the same key version in both",
        KeytabMiss::EtypeMissing { .. } => "a key of the ticket's encryption type",
        KeytabMiss::WrongKey { .. } => "a key that opens the ticket",
    }
    .into()
}

pub(super) fn advice(miss: &KeytabMiss) -> String {
    match miss {
        KeytabMiss::AcceptorNamesAbsent => {
            "correct the acceptor's names, or export a keytab that holds them; negotiate keytab list shows what is there"
        }
        KeytabMiss::NotAllowedHere { .. } => {
            "let clients use an allowed name in the URL, or allow this one in the acceptor's names"
        }
        KeytabMiss::ServiceAbsent { .. } => {
            "the name in the client's URL leads to this service principal: add its key to the keytab, or use a URL whose \
             host is in it; if the name is an alias, the KDC encrypts with the key of another account (look for a \
             duplicate SPN: setspn -Q)"
        }
        KeytabMiss::OtherRealm { .. } => {
            "the client's host name belongs to another realm for it than for the keytab: correct domain_realm in the \
             client's krb5.conf, or export a keytab from the ticket's realm"
        }
        KeytabMiss::KeytabNewer { .. } => {
            "the client's ticket is from before the key was changed: on the client, klist purge or kdestroy and log in \
             again, or wait for the ticket's end; if a new ticket has this version too, the account was made anew \
             (export a new keytab) or the SPN is on another one (setspn -Q)"
        }
        KeytabMiss::KeytabOlder { .. } => {
            "the service's password was changed after the keytab was made: export a new keytab; if that has no such \
             version either, the SPN is on another account (setspn -Q)"
        }
        KeytabMiss::EtypeMissing { .. } => {
            "export the keytab again with all encryption types of the service, or take the missing one from the account \
             at the KDC"
        }
        KeytabMiss::WrongKey { .. } => {
            "the keytab was made from another password or salt than the KDC has now: export a new one (ktpass needs the \
             account's exact name and case for the salt); a duplicate SPN on two accounts looks the same (setspn -X)"
        }
    }
    .into()
}

pub(super) fn list<T: Display>(items: impl Iterator<Item = T>) -> String {
    let mut text = String::new();
    for item in items {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(&item.to_string());
    }
    text
}
