//! Why no key opened a ticket: the failures told apart that an administrator mends in different ways.

use super::index::hash_of;
use super::search::{KeyQuery, Match, is_kept_as};
use super::{Keytab, KeytabEntry};
use crate::Principal;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use negotiate_core::{AllowedNames, ServiceName};

/// Most versions, encryption types or realms that are listed: enough to see what is wrong, too few to fill a log.
const MAX_LISTED: usize = 16;

/// Most names that are listed, and the entries that are looked at for them: most keytabs have a few names of four keys each.
const MAX_NAMES: usize = 8;
const MAX_LOOKED_AT: usize = 64;

/// Why no key of the keytab opened a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeytabMiss {
    /// None of the acceptor's names is in the keytab, so that no ticket can be accepted.
    AcceptorNamesAbsent,
    /// The ticket's service is in the keytab, and is not (and shares no key with) a name that may be addressed here.
    NotAllowedHere {
        /// The names that may be addressed, at most the first 8.
        allowed: Vec<ServiceName>,
    },
    /// The ticket's service is not in the keytab.
    ServiceAbsent {
        /// How many keys of other names were tried, in case the service is an alias of one.
        aliases_tried: usize,
        /// Who may be addressed instead: of the keytab's names some of the first, at most 8.
        held: Vec<Principal>,
    },
    /// The ticket's service is in the keytab in other realms only.
    OtherRealm {
        /// The realms in which it is, at most 16.
        held: Vec<Box<[u8]>>,
    },
    /// The keytab has newer versions of the service's key: the ticket is from before a change of the key.
    KeytabNewer {
        /// The ticket's version.
        ticket: u32,
        /// The versions in the keytab, ascending, at most the 16 newest.
        held: Vec<u32>,
    },
    /// The keytab has only older versions of the service's key: the key was changed and the keytab was not.
    KeytabOlder {
        /// The ticket's version.
        ticket: u32,
        /// The versions in the keytab, ascending, at most the 16 newest.
        held: Vec<u32>,
    },
    /// The keytab has the key version, and not in the ticket's encryption type.
    EtypeMissing {
        /// The numbers of the encryption types in which it is there, ascending, at most 16.
        held: Vec<i32>,
    },
    /// Name, version and encryption type are all there, and the key does not fit: it was made from another password or
    /// salt, or the ticket was altered.
    WrongKey {
        /// How many keys were tried.
        tried: usize,
    },
}

impl KeytabMiss {
    pub(crate) fn not_allowed(names: AllowedNames<'_>) -> Self {
        let names = names.listed().unwrap_or_default();
        Self::NotAllowedHere {
            allowed: names.iter().take(MAX_NAMES).cloned().collect(),
        }
    }
}

impl fmt::Display for KeytabMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AcceptorNamesAbsent => "none of the acceptor's names is in the keytab",
            Self::NotAllowedHere { .. } => "the ticket is for a service that may not be addressed here",
            Self::ServiceAbsent { .. } => "the ticket is for a service that is not in the keytab",
            Self::OtherRealm { .. } => "the keytab has the ticket's service in another realm",
            Self::KeytabNewer { .. } => "the keytab's key is newer than the ticket's",
            Self::KeytabOlder { .. } => "the keytab's key is older than the ticket's",
            Self::EtypeMissing { .. } => "the keytab lacks the ticket's encryption type",
            Self::WrongKey { .. } => "the key in the keytab does not open the ticket",
        })
    }
}

impl core::error::Error for KeytabMiss {}

impl Keytab {
    /// Says why none of the [`Keytab::candidates`] of this query opened the ticket. To be asked after all have failed.
    #[must_use]
    pub fn diagnose(&self, query: KeyQuery<'_>) -> KeytabMiss {
        if let AllowedNames::OfAcceptor(names) = query.names
            && !names.iter().any(|name| self.holds(name))
        {
            return KeytabMiss::AcceptorNamesAbsent;
        }
        let named = || {
            let rows = self.index.named(hash_of(query.service.name()));
            rows.filter_map(|row| self.entry_of(row))
                .filter(|entry| entry.principal().name() == query.service.name())
        };
        let own = || named().filter(|entry| *entry.principal() == query.service);
        if own().next().is_none() {
            return match listed(named().map(|entry| Box::from(entry.principal().realm()))) {
                held if held.is_empty() => KeytabMiss::ServiceAbsent {
                    aliases_tried: self.candidates(query).count(),
                    held: self.first_that_may_be_addressed(query.names),
                },
                held => KeytabMiss::OtherRealm { held },
            };
        }
        if !self.may_be_addressed(query) {
            return KeytabMiss::not_allowed(query.names);
        }
        self.key_missing(query, &own)
    }

    // Some, for a glance; a long keytab is not looked through for a token that anybody may send.
    fn first_that_may_be_addressed(&self, names: AllowedNames<'_>) -> Vec<Principal> {
        let mut held: Vec<Principal> = Vec::new();
        for entry in self.entries.iter().take(MAX_LOOKED_AT) {
            let principal = entry.principal();
            let is_named =
                |names: &[ServiceName]| names.iter().any(|name| name.is(principal.name().components()));
            if names.listed().is_none_or(is_named) && !held.contains(principal) {
                held.push(principal.clone());
            }
            if held.len() == MAX_NAMES {
                break;
            }
        }
        held
    }

    // The service is there and allowed: which part of its key is not?
    fn key_missing<'k, I>(&self, query: KeyQuery<'_>, own: &impl Fn() -> I) -> KeytabMiss
    where
        I: Iterator<Item = &'k KeytabEntry>,
    {
        let of_version = |entry: &&KeytabEntry| query.kvno.is_none_or(|kvno| is_kept_as(kvno, entry.kvno()));
        if let Some(ticket) = query.kvno
            && !own().any(|entry| of_version(&entry))
        {
            let held = listed(own().map(KeytabEntry::kvno));
            return if held.last().is_some_and(|newest| *newest > ticket) {
                KeytabMiss::KeytabNewer { ticket, held }
            } else {
                KeytabMiss::KeytabOlder { ticket, held }
            };
        }
        let etypes = || own().filter(of_version).map(KeytabEntry::etype);
        if etypes().any(|etype| etype == query.etype.number()) {
            KeytabMiss::WrongKey {
                tried: self.candidates(query).count(),
            }
        } else {
            KeytabMiss::EtypeMissing {
                held: listed(etypes()),
            }
        }
    }

    // Whether the service itself is an allowed name, or one of its keys was a candidate.
    fn may_be_addressed(&self, query: KeyQuery<'_>) -> bool {
        let is_named = |names: &[ServiceName]| names.iter().any(|name| name.is(query.service.components()));
        query.names.listed().is_none_or(is_named)
            || self
                .candidates(query)
                .any(|candidate| candidate.matched() != Match::Alias)
    }
}

// Ascending, each value once, the last `MAX_LISTED`.
fn listed<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.dedup();
    values.split_off(values.len().saturating_sub(MAX_LISTED))
}
