//! The two sorted tables by which keys are found: by name without realm, and by encryption type alone.

use super::KeytabEntry;
use super::key_set::KeySets;
use crate::principal::PrincipalName;
use alloc::vec::Vec;
use core::cmp::{Ordering, Reverse};
use negotiate_core::ServiceName;

/// An entry as it is found by name. The realm is compared at the entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NameRow {
    name_hash: u64,
    pub(super) etype: i32,
    /// Newest first.
    pub(super) kvno: Reverse<u32>,
    /// The later in the file, the newer: first.
    pub(super) entry: Reverse<u32>,
    pub(super) key_set: Option<u32>,
}

/// A key as it is found where the name is not known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeyRow {
    etype: i32,
    /// Newest first.
    pub(super) kvno: Reverse<u32>,
    pub(super) key_set: u32,
}

pub(super) struct Index {
    by_name: Vec<NameRow>,
    by_key: Vec<KeyRow>,
}

impl Index {
    pub(super) fn new(entries: &[KeytabEntry], key_sets: &KeySets) -> Self {
        let mut by_name = Vec::with_capacity(entries.len());
        let mut by_key = Vec::with_capacity(entries.len());
        for (entry, number) in entries.iter().zip(0_u32..) {
            let key_set = key_sets.of_entry(number);
            let (etype, kvno) = (entry.etype(), Reverse(entry.kvno()));
            by_name.push(NameRow {
                name_hash: hash_of(entry.principal().name()),
                etype,
                kvno,
                entry: Reverse(number),
                key_set,
            });
            by_key.extend(key_set.map(|key_set| KeyRow { etype, kvno, key_set }));
        }
        by_name.sort_unstable();
        by_key.sort_unstable();
        by_key.dedup();
        Self { by_name, by_key }
    }

    /// Rows of a name in every realm and encryption type; rows of other names with the same hash may be among them.
    pub(super) fn named(&self, name_hash: u64) -> impl Iterator<Item = &NameRow> {
        equal(&self.by_name, move |row| row.name_hash.cmp(&name_hash))
    }

    /// As [`Index::named`], of one encryption type, newest first.
    pub(super) fn named_of_type(&self, name_hash: u64, etype: i32) -> impl Iterator<Item = &NameRow> + Clone {
        equal(&self.by_name, move |row| {
            (row.name_hash, row.etype).cmp(&(name_hash, etype))
        })
    }

    /// Keys of an encryption type, newest first.
    pub(super) fn of_type(&self, etype: i32) -> impl Iterator<Item = &KeyRow> {
        equal(&self.by_key, move |row| row.etype.cmp(&etype))
    }

    /// Keys of an encryption type and a version.
    pub(super) fn of_version(&self, etype: i32, kvno: u32) -> impl Iterator<Item = &KeyRow> {
        equal(&self.by_key, move |row| {
            (row.etype, row.kvno).cmp(&(etype, Reverse(kvno)))
        })
    }
}

// The rows of a sorted table that compare equal, found by halving; their end is seen only by who walks there.
fn equal<'t, T>(
    rows: &'t [T],
    compare: impl Fn(&T) -> Ordering + Clone + 't,
) -> impl Iterator<Item = &'t T> + Clone {
    let start = rows.partition_point(|row| compare(row).is_lt());
    rows.iter()
        .skip(start)
        .take_while(move |row| compare(row).is_eq())
}

pub(super) fn hash_of(name: PrincipalName<'_>) -> u64 {
    table_hash(name.components())
}

pub(super) fn hash_of_service(name: &ServiceName) -> u64 {
    table_hash([name.service().as_bytes(), name.host().as_bytes()].into_iter())
}

// Names have the same hash if they differ in case or in the dots at the ends of components alone, which do not count where
// a component is a host's name (`ServiceName::is`): whoever finds a row compares the name as he means it.
//
// Good enough for a table that the operator filled and nobody else can add to: a peer's name that was made to collide
// with an entry's costs one comparison.
fn table_hash<'a>(components: impl Iterator<Item = &'a [u8]>) -> u64 {
    // Odd, with its bits spread: 2^64 divided by the golden ratio.
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    const LOWER_CASE: u64 = u64::from_le_bytes([0x20; 8]);
    let mix = |state: u64, word: u64| (state.rotate_left(29) ^ word).wrapping_mul(MULTIPLIER);
    components.fold(0, |state, component| {
        let component = component.strip_suffix(b".").unwrap_or(component);
        let (words, rest) = component.as_chunks::<8>();
        let state = words.iter().fold(state, |state, word| {
            mix(state, u64::from_le_bytes(*word) | LOWER_CASE)
        });
        // The last 0 to 7 bytes, and above them how many they are: that ends the component.
        let mut last = [
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            u8::try_from(rest.len()).unwrap_or(u8::MAX).wrapping_add(1),
        ];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from | 0x20;
        }
        mix(state, u64::from_le_bytes(last))
    })
}
