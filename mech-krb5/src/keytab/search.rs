//! Which keys may open a ticket, in the order in which they are worth trying. Nothing here allocates.
//!
//! The ticket's sname lies outside its seal and is only a hint: authority comes from the key that opens the ticket. So
//! after the keys of that name come those of all others, up to [`MAX_TRIALS`]. A restriction to acceptor names looks at
//! the names that share a key, and cannot separate services that do.

use super::index::{NameRow, hash_of, hash_of_service};
use super::key_set::{KeySet, entry};
use super::{Keytab, KeytabEntry};
use crate::crypto::{ChecksumKey, CryptoError, EncryptionType, Key};
use crate::principal::{Principal, PrincipalRef};
use core::fmt;
use core::iter;
use negotiate_core::{AllowedNames, ServiceName};

/// Most distinct keys that one ticket is tried with: 8. A trial costs the initiator nothing and this side a decryption
/// of the whole ticket. A service has one or two versions of a key; what remains is for aliases.
pub const MAX_TRIALS: usize = 8;

/// What is known of the key that seals a ticket, and what the acceptor asks.
#[derive(Clone, Copy, Debug)]
pub struct KeyQuery<'q> {
    /// The ticket's clear realm and sname.
    pub service: PrincipalRef<'q>,
    /// The `kvno` of the ticket's EncryptedData.
    pub kvno: Option<u32>,
    /// Its `etype`.
    pub etype: EncryptionType,
    /// The names that the initiator may address, in any realm.
    pub names: AllowedNames<'q>,
}

/// How a candidate was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
#[non_exhaustive]
pub enum Match {
    /// The ticket's service, and its key version if it names one.
    Exact,
    /// The ticket's service, and of its key version what the keytab keeps: the low eight bits, where there is no 32-bit
    /// field, or 0, which MIT krb5 and Java take for any version.
    LowByte,
    /// The ticket's service, and another key version.
    OtherVersion,
    /// Another name than the ticket's.
    Alias,
}

/// A key that may open the ticket.
#[derive(Clone, Copy)]
pub struct Candidate<'k> {
    keytab: &'k Keytab,
    key_set: &'k KeySet,
    entry: &'k KeytabEntry,
    kvno: u32,
    matched: Match,
}

impl<'k> Candidate<'k> {
    /// Decrypts the ticket's encrypted part (key usage 2) in place and gives its plaintext. The ciphertext is used up:
    /// who means to try another candidate keeps a copy.
    ///
    /// # Errors
    /// [`CryptoError`] if this is not the key.
    pub fn decrypt_ticket<'b>(&self, ciphertext: &'b mut [u8]) -> Result<&'b mut [u8], CryptoError> {
        self.key_set.decrypt_ticket(ciphertext)
    }

    /// The key itself.
    #[must_use]
    pub const fn key(&self) -> &'k Key {
        self.key_set.key()
    }

    /// What verifies the server checksum of PACs in tickets under this key.
    #[must_use]
    pub fn pac_key(&self) -> &'k ChecksumKey {
        self.key_set.pac_key()
    }

    /// Its version.
    #[must_use]
    pub const fn kvno(&self) -> u32 {
        self.kvno
    }

    /// How it was found.
    #[must_use]
    pub const fn matched(&self) -> Match {
        self.matched
    }

    /// The name to show for the acceptor: the ticket's service if it has this key, else the first in the file that has.
    #[must_use]
    pub const fn principal(&self) -> &'k Principal {
        self.entry.principal()
    }

    /// Every name that has this key, in the file's order; one with several entries of it as often.
    pub fn principals(&self) -> impl Iterator<Item = &'k Principal> + use<'k> {
        let keytab = self.keytab;
        let members = self.key_set.entries().iter();
        members.filter_map(|number| Some(entry(&keytab.entries, *number)?.principal()))
    }
}

impl fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Candidate({:?}, {:?})", self.entry, self.matched)
    }
}

impl Keytab {
    /// The keys that may open a ticket, older ones too (MS-KILE section 3.4.5), the likeliest first, each once: (principal,
    /// kvno), (principal, kvno modulo 256 or 0), the principal's other versions from the newest, other principals' keys,
    /// those of the same version first. All are of the ticket's encryption type and have an allowed name among their names.
    /// At most [`MAX_TRIALS`].
    pub fn candidates<'k, 'q>(
        &'k self,
        query: KeyQuery<'q>,
    ) -> impl Iterator<Item = Candidate<'k>> + use<'k, 'q> {
        let mut tried = Tried::default();
        // What comes later is not even looked up when an earlier key opens the ticket.
        self.own(query)
            .chain(iter::once_with(move || self.aliases(query)).flatten())
            .filter(move |(key_set, ..)| tried.is_new(*key_set))
            .take(MAX_TRIALS)
            .filter_map(|(key_set, named, kvno, matched)| {
                let key_set = self.key_sets.get(key_set)?;
                let number = named.or_else(|| key_set.entries().first().copied())?;
                Some(Candidate {
                    keytab: self,
                    key_set,
                    entry: entry(&self.entries, number)?,
                    kvno,
                    matched,
                })
            })
    }

    fn own<'k, 'q>(&'k self, query: KeyQuery<'q>) -> impl Iterator<Item = Found> + use<'k, 'q> {
        let rows = self
            .index
            .named_of_type(hash_of(query.service.name()), query.etype.number());
        let phase = move |matched: Match| {
            rows.clone()
                .filter(move |row| matched_as(query.kvno, row.kvno.0) == matched)
                .filter(move |row| {
                    self.entry_of(row)
                        .is_some_and(|entry| *entry.principal() == query.service)
                })
                .filter_map(move |row| Some((row.key_set?, Some(row.entry.0), row.kvno.0, matched)))
                .filter(move |(key_set, ..)| self.allows(*key_set, query))
        };
        [Match::Exact, Match::LowByte, Match::OtherVersion]
            .into_iter()
            .flat_map(phase)
    }

    fn aliases<'k, 'q>(&'k self, query: KeyQuery<'q>) -> impl Iterator<Item = Found> + use<'k, 'q> {
        let etype = query.etype.number();
        let is_wanted = move |kvno: u32| query.kvno == Some(kvno);
        let restricted = move || {
            let names = query.names.listed().unwrap_or_default().iter();
            let rows = names.flat_map(|name| self.rows_of_service(name));
            rows.filter(move |row| row.etype == etype)
                .filter_map(|row| Some((row.key_set?, None, row.kvno.0, Match::Alias)))
        };
        let unrestricted = query.names.listed().is_none().then(|| {
            let wanted = query.kvno.map(|kvno| self.index.of_version(etype, kvno));
            let others = self
                .index
                .of_type(etype)
                .filter(move |row| !is_wanted(row.kvno.0));
            wanted.into_iter().flatten().chain(others)
        });
        unrestricted
            .into_iter()
            .flatten()
            .map(|row| (row.key_set, None, row.kvno.0, Match::Alias))
            .chain(restricted().filter(move |(_, _, kvno, _)| is_wanted(*kvno)))
            .chain(restricted())
    }

    // Decision: a restriction is met by any name that has the key, for the key is what proves the ticket.
    fn allows(&self, key_set: u32, query: KeyQuery<'_>) -> bool {
        query.names.listed().is_none_or(|names| {
            names
                .iter()
                .flat_map(|name| self.rows_of_service(name))
                .any(|row| row.key_set == Some(key_set))
        })
    }

    /// The first entry of a name that may be addressed.
    pub(crate) fn first_of(&self, names: AllowedNames<'_>) -> Option<&KeytabEntry> {
        let Some(names) = names.listed() else {
            return self.entries.first();
        };
        let mut rows = names.iter().flat_map(|name| self.rows_of_service(name));
        rows.find_map(|row| self.entry_of(row))
    }

    /// The entries of a service in every realm.
    pub(super) fn rows_of_service<'k, 'q>(
        &'k self,
        name: &'q ServiceName,
    ) -> impl Iterator<Item = &'k NameRow> + use<'k, 'q> {
        let rows = self.index.named(hash_of_service(name));
        rows.filter(move |row| {
            self.entry_of(row)
                .is_some_and(|entry| name.is(entry.principal().name().components()))
        })
    }

    pub(super) fn entry_of(&self, row: &NameRow) -> Option<&KeytabEntry> {
        entry(&self.entries, row.entry.0)
    }
}

// Key set, entry if it is one of the ticket's service, kvno, how.
type Found = (u32, Option<u32>, u32, Match);

fn matched_as(wanted: Option<u32>, held: u32) -> Match {
    match wanted {
        None => Match::Exact,
        Some(wanted) if wanted == held => Match::Exact,
        Some(wanted) if is_kept_as(wanted, held) => Match::LowByte,
        Some(_) => Match::OtherVersion,
    }
}

/// Whether a keytab may have `held` for this version.
pub(super) const fn is_kept_as(version: u32, held: u32) -> bool {
    version == held || version & 0xff == held || held == 0
}

// The key sets that were handed out.
#[derive(Default)]
struct Tried {
    key_sets: [Option<u32>; MAX_TRIALS],
}

impl Tried {
    fn is_new(&mut self, key_set: u32) -> bool {
        for slot in &mut self.key_sets {
            match slot {
                Some(tried) if *tried == key_set => return false,
                Some(_) => {}
                None => {
                    *slot = Some(key_set);
                    return true;
                }
            }
        }
        true
    }
}
