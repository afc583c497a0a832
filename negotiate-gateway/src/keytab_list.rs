//! `negotiate keytab list`: whose keys, which versions, of what kind. Never the keys.

use crate::cli::KeytabList;
use crate::encryption_types::rc4_warning;
use crate::failure::Failure;
use crate::keytab_file;
use mech_krb5::crypto::{EncryptionTypes, etype_name};
use mech_krb5::keytab::KeytabEntry;
use negotiate_decode::printable;
use serde::Serialize;
use std::collections::HashMap;
use std::fmt::Write;
use std::process::ExitCode;

pub(crate) fn run(arguments: &KeytabList) -> Result<ExitCode, Failure> {
    let keytab = keytab_file::load_all(std::slice::from_ref(&arguments.file))?;
    let types = arguments.types.and_others();
    if let Some((warning, advice)) = rc4_warning(types) {
        crate::warn(warning, advice);
    }
    let entries = entries(keytab.entries(), types);
    let text = if arguments.json {
        crate::json(&entries)
    } else {
        table(&entries)
    };
    crate::print(&text);
    Ok(ExitCode::SUCCESS)
}

/// An entry as it is shown.
#[derive(Debug, Serialize)]
struct Entry {
    principal: String,
    kvno: u32,
    etype: i32,
    etype_name: Option<&'static str>,
    /// RFC 3339.
    timestamp: String,
    /// Whether this program takes the encryption type, if told no more than here.
    usable: bool,
    /// Entries with the same number hold equal keys; absent where the key is like no other.
    key_set: Option<usize>,
}

fn entries(entries: &[KeytabEntry], types: EncryptionTypes) -> Vec<Entry> {
    let mut by_key: HashMap<(i32, &[u8]), usize> = HashMap::new();
    for entry in entries {
        *by_key.entry(identity(entry)).or_default() += 1;
    }
    // Sets are numbered as they appear.
    let mut numbers: HashMap<(i32, &[u8]), usize> = HashMap::new();
    let mut shown = Vec::with_capacity(entries.len());
    for entry in entries {
        let is_shared = by_key.get(&identity(entry)).is_some_and(|count| *count > 1);
        let next = numbers.len() + 1;
        shown.push(Entry {
            principal: keytab_file::name(entry.principal()),
            kvno: entry.kvno(),
            etype: entry.etype(),
            etype_name: etype_name(entry.etype()),
            timestamp: entry.timestamp().to_string(),
            usable: types.find(entry.etype()).is_some(),
            key_set: is_shared.then(|| *numbers.entry(identity(entry)).or_insert(next)),
        });
    }
    shown
}

fn identity(entry: &KeytabEntry) -> (i32, &[u8]) {
    (entry.etype(), entry.key().expose())
}

fn table(entries: &[Entry]) -> String {
    let principals: Vec<String> = entries.iter().map(|entry| printable(&entry.principal)).collect();
    let widest = |column: fn(&Entry) -> usize| entries.iter().map(column).max().unwrap_or_default();
    let principal = principals.iter().map(|principal| principal.chars().count());
    let principal = principal.max().unwrap_or_default();
    let kvno = widest(|entry| entry.kvno.to_string().len()).max("kvno".len());
    let etype = widest(|entry| entry.etype_text().len());
    let mut text = format!(
        "{:principal$}  {:>kvno$}  {:etype$}  written\n",
        "principal", "kvno", "encryption type"
    );
    for (entry, name) in entries.iter().zip(&principals) {
        let mut line = format!(
            "{name:principal$}  {:>kvno$}  {:etype$}  {}",
            entry.kvno,
            entry.etype_text(),
            entry.timestamp
        );
        line.push_str(entry.usable_text());
        if let Some(set) = entry.key_set {
            write!(line, "  same key: set {set}").unwrap_or_default();
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

impl Entry {
    fn usable_text(&self) -> &'static str {
        if self.usable {
            ""
        } else if EncryptionTypes::new().with_camellia().find(self.etype).is_some() {
            "  usable with accept_camellia"
        } else {
            "  not usable here"
        }
    }

    fn etype_text(&self) -> String {
        format!("{} ({})", self.etype_name.unwrap_or("unknown"), self.etype)
    }
}
