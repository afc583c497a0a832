//! Keytabs that real tools wrote, and their entries as those tools list them.

use std::path::PathBuf;

use crate::Case;
use crate::capture_file::{file, of_kind, path};
use crate::case::decode_hex;

/// A keytab that a real tool wrote.
#[derive(Clone, Debug)]
pub struct KeytabCapture(Case);

/// What a keytab's entry is known to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedKeytabEntry {
    /// The principal, `component/component@REALM`.
    pub principal: String,
    /// The name type; version 1 has none.
    pub name_type: Option<i32>,
    /// When the entry was written, in seconds since 1970.
    pub timestamp: u32,
    /// The key version, of 32 bits where the entry has such a field.
    pub kvno: u32,
    /// The encryption type.
    pub etype: i32,
    /// The key.
    pub key: Vec<u8>,
}

/// All captured keytabs, sorted by peer and name.
///
/// # Panics
///
/// If a capture is not as it should be.
#[must_use]
pub fn keytab_captures() -> Vec<KeytabCapture> {
    of_kind("keytab").into_iter().map(KeytabCapture).collect()
}

impl KeytabCapture {
    /// Peer and case: `mit/keytab-v1-ktutil`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The file's format version, 1 or 2.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.0.number("version")
    }

    /// The file.
    #[must_use]
    pub fn keytab(&self) -> Vec<u8> {
        file(&self.0, "keytab")
    }

    /// Where the file lies.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        path(&self.0, self.0.text("keytab"))
    }

    /// The entries in the file's order.
    #[must_use]
    pub fn entries(&self) -> Vec<ListedKeytabEntry> {
        keytab_entries(&self.0)
    }
}

/// The field `entries` of a case: a line each, `kvno etype key time name-type principal`.
///
/// # Panics
///
/// If the field is missing or a line is not as it should be.
#[must_use]
pub fn keytab_entries(case: &Case) -> Vec<ListedKeytabEntry> {
    let lines = case.lines("entries");
    let entries = lines.iter().map(|line| match keytab_entry(line) {
        Some(entry) => entry,
        None => panic!("{case}: entry {line}"),
    });
    entries.collect()
}

fn keytab_entry(line: &str) -> Option<ListedKeytabEntry> {
    let words: Vec<&str> = line.splitn(6, ' ').collect();
    let &[kvno, etype, key, timestamp, name_type, principal] = words.as_slice() else {
        return None;
    };
    Some(ListedKeytabEntry {
        principal: principal.to_owned(),
        name_type: match name_type {
            "-" => None,
            number => Some(number.parse().ok()?),
        },
        timestamp: timestamp.parse().ok()?,
        kvno: kvno.parse().ok()?,
        etype: etype.parse().ok()?,
        key: decode_hex(key)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_in_the_file() {
        let all = keytab_captures();
        assert!(all.iter().any(|capture| capture.version() == 1));
        assert!(all.iter().any(|capture| capture.version() == 2));
        for capture in all {
            let file = capture.keytab();
            assert_eq!(file[..2], [5, capture.version()], "{}", capture.name());
            for entry in capture.entries() {
                assert!(
                    file.windows(entry.key.len()).any(|window| window == entry.key),
                    "{}",
                    capture.name()
                );
            }
        }
    }

    #[test]
    fn keytab_vectors_list_their_entries() {
        let cases = crate::load("krb5/keytab.txt");
        for case in cases.iter().filter(|case| case.expect() == "accepted") {
            let file = case.bytes("file");
            for entry in keytab_entries(case) {
                assert!(
                    file.windows(entry.key.len()).any(|window| window == entry.key),
                    "{case}"
                );
            }
        }
    }
}
