//! Keytabs: the long-term keys of services, in MIT's file format, versions 1 and 2.
//!
//! [`Keytab::parse`] reads a file's bytes and builds the indexes; from then on nothing changes, and nothing is
//! allocated to look a key up. A reload parses anew and puts the new keytab in the place of the old.
//! Not here: opening and watching files, which is negotiate-io's.

mod entry;
mod index;
mod key_set;
mod miss;
mod parse;
mod search;
mod source;
mod write;

pub use entry::{BadEntry, KeytabEntry};
pub use miss::KeytabMiss;
pub use parse::{KeytabError, KeytabErrorKind, MAX_ENTRIES, MAX_FILE_LEN};
pub use search::{Candidate, KeyQuery, MAX_TRIALS, Match};
pub use source::KeytabSource;

use alloc::vec::Vec;
use core::fmt;
use index::Index;
use key_set::KeySets;
use negotiate_core::{Secret, ServiceName};

/// The keys of a keytab, ready to be searched.
pub struct Keytab {
    entries: Vec<KeytabEntry>,
    key_sets: KeySets,
    index: Index,
}

impl Keytab {
    /// Reads the bytes of a keytab file.
    ///
    /// # Errors
    /// [`KeytabError`] says what is wrong and where. Nothing is half read: one bad record refuses the file.
    pub fn parse(file: &[u8]) -> Result<Self, KeytabError> {
        parse::parse(file).map(Self::from_entries)
    }

    /// A keytab of these entries, in this order.
    #[must_use]
    pub fn from_entries(entries: Vec<KeytabEntry>) -> Self {
        let key_sets = KeySets::new(&entries);
        let index = Index::new(&entries, &key_sets);
        Self {
            entries,
            key_sets,
            index,
        }
    }

    /// Every entry in the file's order, those of encryption types that are not implemented among them.
    #[must_use]
    pub fn entries(&self) -> &[KeytabEntry] {
        &self.entries
    }

    /// The bytes of a version 2 file, as MIT's kadmin writes it.
    #[must_use]
    pub fn to_file(&self) -> Secret<Vec<u8>> {
        write::write(&self.entries)
    }

    /// Whether there is an entry of this name, in whatever realm.
    #[must_use]
    pub fn holds(&self, name: &ServiceName) -> bool {
        self.rows_of_service(name).next().is_some()
    }
}

/// How many entries and keys; nothing of them.
impl fmt::Debug for Keytab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Keytab({} entries, {} usable keys)",
            self.entries.len(),
            self.key_sets.len()
        )
    }
}
