//! Keytab files of any bytes: read as a second reader of MIT's format reads them, written and read again unchanged, and
//! searched for each of their own keys.

use crate::bounds::allocating_at_most;
use mech_krb5::crypto::EncryptionType;
use mech_krb5::keytab::{KeyQuery, Keytab, KeytabEntry, MAX_TRIALS, Match};
use mech_krb5::{MAX_COMPONENTS, Principal};
use negotiate_core::{AllowedNames, ServiceName};
use std::collections::HashSet;

/// # Panics
/// If any of this does not hold.
pub fn check(input: &[u8]) {
    // Entries, two indexes, and a key prepared for each entry: 24 times the file for entries as short as they can be.
    let limit = 4096 + 32 * input.len();
    let keytab = match allocating_at_most(limit, || Keytab::parse(input)) {
        Ok(keytab) => keytab,
        Err(error) => {
            assert!(error.offset <= input.len(), "{error}");
            assert!(!error.to_string().contains(char::is_control));
            assert_eq!(read(input), None, "{error}");
            return;
        }
    };
    let entries: Vec<Entry> = keytab.entries().iter().map(Entry::of).collect();
    assert_eq!(Some(&entries), read(input).as_ref());
    let file = keytab.to_file();
    let again = Keytab::parse(file.expose()).expect("what was written");
    assert_eq!(again.entries().iter().map(Entry::of).collect::<Vec<_>>(), entries);
    assert_eq!(again.to_file().expose(), file.expose());
    for entry in keytab.entries().iter().take(4).chain(keytab.entries().last()) {
        find(&keytab, entry);
    }
}

/// The key of an entry is the first to be tried, whichever way the ticket names it, and no key is tried twice.
fn find(keytab: &Keytab, entry: &KeytabEntry) {
    let principal = entry.principal();
    let Some(etype) = EncryptionType::from_number(entry.etype()) else {
        return;
    };
    let is_same = |other: &&KeytabEntry| other.principal() == principal && other.etype() == entry.etype();
    let newest = keytab
        .entries()
        .iter()
        .filter(is_same)
        .map(KeytabEntry::kvno)
        .max();
    let parts: Vec<&[u8]> = principal.name().components().collect();
    let names = match parts[..].map_utf8() {
        Some([service, host]) => ServiceName::parse(&format!("{service}@{host}")).ok(),
        _ => None,
    };
    let named = names
        .as_ref()
        .map(std::slice::from_ref)
        .map(AllowedNames::OfAcceptor);
    for names in std::iter::once(AllowedNames::Any).chain(named) {
        for kvno in [None, Some(entry.kvno()), Some(entry.kvno() ^ 0x8000_0000)] {
            let query = KeyQuery {
                service: principal.borrow(),
                kvno,
                etype,
                names,
            };
            let candidates: Vec<_> = keytab.candidates(query).collect();
            assert!(!candidates.is_empty() && candidates.len() <= MAX_TRIALS);
            let keys: HashSet<&[u8]> = candidates
                .iter()
                .map(|candidate| candidate.key().bytes())
                .collect();
            assert_eq!(keys.len(), candidates.len());
            let first = &candidates[0];
            assert_eq!(
                (first.key().encryption_type(), first.principal()),
                (etype, principal)
            );
            assert!(
                candidates.is_sorted_by_key(mech_krb5::keytab::Candidate::matched),
                "{candidates:?}"
            );
            match kvno {
                None => assert_eq!((Some(first.kvno()), first.matched()), (newest, Match::Exact)),
                Some(kvno) if kvno == entry.kvno() => {
                    assert_eq!((first.kvno(), first.matched()), (kvno, Match::Exact));
                }
                Some(_) => {}
            }
        }
    }
}

trait MapUtf8<'a> {
    fn map_utf8<const N: usize>(&self) -> Option<[&'a str; N]>;
}

impl<'a> MapUtf8<'a> for [&'a [u8]] {
    fn map_utf8<const N: usize>(&self) -> Option<[&'a str; N]> {
        let texts: Vec<&str> = self
            .iter()
            .map(|part| std::str::from_utf8(part).ok())
            .collect::<Option<_>>()?;
        texts.try_into().ok()
    }
}

/// An entry, with nothing hidden.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    realm: Vec<u8>,
    components: Vec<Vec<u8>>,
    name_type: i32,
    timestamp: u32,
    kvno: u32,
    etype: i16,
    key: Vec<u8>,
}

impl Entry {
    fn of(entry: &KeytabEntry) -> Self {
        let principal: &Principal = entry.principal();
        Self {
            realm: principal.realm().to_vec(),
            components: principal.name().components().map(<[u8]>::to_vec).collect(),
            name_type: principal.name().name_type().0,
            timestamp: entry.timestamp().unix().try_into().expect("32 bits"),
            kvno: entry.kvno(),
            etype: entry.etype().try_into().expect("16 bits"),
            key: entry.key().expose().clone(),
        }
    }

    /// What the format has room for and MIT's tools understand.
    fn is_sound(&self) -> bool {
        let key_len = match self.etype {
            17 | 19 | 23 | 25 => Some(16),
            18 | 20 | 26 => Some(32),
            _ => None,
        };
        (1..=MAX_COMPONENTS).contains(&self.components.len())
            && !self.realm.is_empty()
            && self.components.iter().all(|component| !component.is_empty())
            && !self.key.is_empty()
            && key_len.is_none_or(|len| len == self.key.len())
    }
}

/// MIT's doc/formats/keytab_file_format, read at once into what it says; `None` if any part of it is not so.
fn read(file: &[u8]) -> Option<Vec<Entry>> {
    let (version, mut rest) = match file {
        [5, version @ (1 | 2), rest @ ..] => (*version, rest),
        _ => return None,
    };
    // Version 1 is in the writer's byte order; lengths are small, so the smaller reading is the right one.
    let little = version == 1
        && rest.first_chunk().is_some_and(|first| {
            i32::from_le_bytes(*first).unsigned_abs() < i32::from_be_bytes(*first).unsigned_abs()
        });
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let len = number(&mut rest, 4, little)? as u32 as i32;
        if len == 0 {
            break;
        }
        let mut size = len.unsigned_abs() as usize;
        if version == 1 && size == rest.len() + 4 {
            size = rest.len();
        }
        let mut record = taken(&mut rest, size)?;
        if len > 0 {
            entries.push(entry(&mut record, version, little)?);
        }
    }
    (!entries.is_empty()).then_some(entries)
}

fn entry(record: &mut &[u8], version: u8, little: bool) -> Option<Entry> {
    let count = number(record, 2, little)? - if version == 1 { 1 } else { 0 };
    if count > MAX_COMPONENTS as i64 {
        return None;
    }
    let data = |record: &mut &[u8]| {
        let len = number(record, 2, little)?;
        Some(taken(record, len as usize)?.to_vec())
    };
    let realm = data(record)?;
    let components = (0..count).map(|_| data(record)).collect::<Option<_>>()?;
    let name_type = if version == 1 {
        0
    } else {
        number(record, 4, little)? as u32 as i32
    };
    let timestamp = number(record, 4, little)? as u32;
    let low_kvno = number(record, 1, little)? as u32;
    let etype = number(record, 2, little)? as u16 as i16;
    let key = data(record)?;
    let kvno = match number(record, 4, little) {
        Some(kvno) if kvno != 0 => kvno as u32,
        _ => low_kvno,
    };
    Some(Entry {
        realm,
        components,
        name_type,
        timestamp,
        kvno,
        etype,
        key,
    })
    .filter(Entry::is_sound)
}

fn taken<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(len)?;
    *rest = left;
    Some(taken)
}

fn number(rest: &mut &[u8], len: usize, little: bool) -> Option<i64> {
    let bytes = taken(rest, len)?;
    let big = |value: i64, byte: &u8| value * 256 + i64::from(*byte);
    Some(if little {
        bytes.iter().rev().fold(0, big)
    } else {
        bytes.iter().fold(0, big)
    })
}
