//! Entries that share a key. Active Directory gives every service name of an account the account's key, so a keytab may
//! hold many names under few keys; each key is prepared once and tried once.

use super::KeytabEntry;
use crate::crypto::{ChecksumKey, CryptoError, EncryptionType, Key, KeyUsage, SpecificKey};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use once_cell::race::OnceBox;
use zeroize::Zeroizing;

/// A key of an implemented encryption type, and the entries that have it.
pub(super) struct KeySet {
    key: Key,
    ticket_key: OnceBox<SpecificKey>,
    pac_key: OnceBox<ChecksumKey>,
    // Ascending, hence in the file's order; never empty.
    entries: Box<[u32]>,
}

impl KeySet {
    pub(super) const fn key(&self) -> &Key {
        &self.key
    }

    pub(super) const fn entries(&self) -> &[u32] {
        &self.entries
    }

    /// Prepares the key on first use: preparing 100,000 of them takes longer than loading a keytab may.
    pub(super) fn decrypt_ticket<'b>(&self, ciphertext: &'b mut [u8]) -> Result<&'b mut [u8], CryptoError> {
        self.ticket_key
            .get_or_init(|| Box::new(self.key.for_usage(KeyUsage::TICKET)))
            .decrypt_in_place(ciphertext)
    }

    /// For the server checksum of PACs, prepared on first use likewise.
    pub(super) fn pac_key(&self) -> &ChecksumKey {
        self.pac_key
            .get_or_init(|| Box::new(self.key.checksum_key(KeyUsage::PAC_CHECKSUM)))
    }
}

/// The sets, in the order of their first entries.
pub(super) struct KeySets {
    sets: Vec<KeySet>,
    of_entries: Vec<Option<u32>>,
}

impl KeySets {
    pub(super) fn new(entries: &[KeytabEntry]) -> Self {
        let mut of_entries = vec![None; entries.len()];
        let mut groups = groups(entries);
        groups.sort_unstable_by(|one, other| one.first().cmp(&other.first()));
        let mut sets = Vec::with_capacity(groups.len());
        for group in groups {
            let Some(key) = group
                .first()
                .and_then(|first| usable_key(entry(entries, *first)?))
            else {
                continue;
            };
            let number = u32::try_from(sets.len()).ok();
            for member in &group {
                if let Some(of_entry) = usize::try_from(*member).ok().and_then(|m| of_entries.get_mut(m)) {
                    *of_entry = number;
                }
            }
            sets.push(KeySet {
                key,
                ticket_key: OnceBox::new(),
                pac_key: OnceBox::new(),
                entries: group,
            });
        }
        Self { sets, of_entries }
    }

    pub(super) fn len(&self) -> usize {
        self.sets.len()
    }

    pub(super) fn get(&self, number: u32) -> Option<&KeySet> {
        self.sets.get(usize::try_from(number).ok()?)
    }

    /// The number of the set that an entry belongs to; none if its encryption type is not implemented.
    pub(super) fn of_entry(&self, entry: u32) -> Option<u32> {
        *self.of_entries.get(usize::try_from(entry).ok()?)?
    }
}

pub(super) fn entry(entries: &[KeytabEntry], number: u32) -> Option<&KeytabEntry> {
    entries.get(usize::try_from(number).ok()?)
}

fn usable_key(entry: &KeytabEntry) -> Option<Key> {
    let etype = EncryptionType::IMPLEMENTED
        .iter()
        .copied()
        .find(|etype| etype.number() == entry.etype())?;
    Key::new(etype, entry.key().expose()).ok()
}

// Numbers of entries with equal encryption type and key, ascending in each group. Sorting takes time that depends on
// the keys: it happens once, when a file is loaded, with nobody to measure it who could not read the file.
fn groups(entries: &[KeytabEntry]) -> Vec<Box<[u32]>> {
    // The first bytes of a key tell nearly all keys apart without a look at the entry.
    let numbered = entries
        .iter()
        .zip(0_u32..)
        .map(|(entry, number)| (prefix(entry.key().expose()), number));
    let mut order: Zeroizing<Vec<(u64, u32)>> = Zeroizing::new(Vec::with_capacity(entries.len()));
    order.extend(numbered);
    let identity = |number: u32| entry(entries, number).map(|entry| (entry.etype(), entry.key().expose()));
    order.sort_unstable_by(|(prefix, one), (other_prefix, other)| {
        prefix
            .cmp(other_prefix)
            .then_with(|| identity(*one).cmp(&identity(*other)))
            .then(one.cmp(other))
    });
    order
        .chunk_by(|(prefix, one), (other_prefix, other)| {
            prefix == other_prefix && identity(*one) == identity(*other)
        })
        .map(|group| group.iter().map(|(_, number)| *number).collect())
        .collect()
}

fn prefix(key: &[u8]) -> u64 {
    key.first_chunk().copied().map_or(0, u64::from_be_bytes)
}
