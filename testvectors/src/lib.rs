//! Test vectors as text files, and their loader.
//!
//! A vector file holds one idea: where its numbers come from, which clause they exercise, and what has to come
//! out. `README.md` beside this crate describes the format; [`load`] reads one file and [`load_directory`] a
//! directory of them. [`captures`] gives the tokens, [`user_to_user_captures`] those for an acceptor without a keytab, [`keytab_captures`] and [`ccache_captures`] the files,
//! [`ntlm_captures`] the NTLM messages and [`exchange_captures`] the KDC messages that were taken from real peers. As this is code for tests, every accessor panics on a file that is not as it should be,
//! and says which file and which line.
//!
//! ```
//! for case in testvectors::load("example/format.txt") {
//!     let word: Vec<u8> = case.bytes("word");
//!     let length: usize = case.number("length");
//!     assert_eq!(word.len(), length, "{case}");
//! }
//! ```

mod capture;
mod capture_file;
mod case;
mod ccache_capture;
mod exchange_capture;
mod keytab_capture;
mod ntlm_capture;
mod parse;
mod user_to_user_capture;

use std::path::{Path, PathBuf};

pub use capture::{
    Capture, CapturedBindings, CapturedDelegation, Framing, PerMessage, PerMessageKind, Sender, capture,
    captures,
};
pub use case::Case;
pub use ccache_capture::{CcacheCapture, ListedCredential, ccache_captures};
pub use exchange_capture::{ExchangeCapture, exchange_captures};
pub use keytab_capture::{KeytabCapture, ListedKeytabEntry, keytab_captures, keytab_entries};
pub use ntlm_capture::{NtlmCapture, ntlm_captures};
pub use user_to_user_capture::{UserToUserCapture, user_to_user_captures};

/// The cases of one file, in the file's order. `path` is relative to this crate's directory.
///
/// # Panics
///
/// If the file cannot be read or breaks a rule of the format; the message names file and line.
#[must_use]
pub fn load(path: &str) -> Vec<Case> {
    let text = match std::fs::read_to_string(root().join(path)) {
        Ok(text) => text,
        Err(error) => panic!("{path}: {error}"),
    };
    match parse::parse(path, &text) {
        Ok(cases) => cases,
        Err(error) => panic!("{error}"),
    }
}

/// The cases of every `.txt` file of a directory, files in the order of their names. Subdirectories are not read.
///
/// # Panics
///
/// As [`load`], and if the directory cannot be read or has no such file.
#[must_use]
pub fn load_directory(path: &str) -> Vec<Case> {
    let names = file_names(path, ".txt");
    assert!(!names.is_empty(), "{path}: no vector files");
    names
        .iter()
        .flat_map(|name| load(&format!("{path}/{name}")))
        .collect()
}

/// Where the vector files lie.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The sorted names in a directory that end with `suffix`.
fn file_names(path: &str, suffix: &str) -> Vec<String> {
    let directory: PathBuf = root().join(path);
    let entries = match std::fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) => panic!("{path}: {error}"),
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(suffix))
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads every vector file of the crate, whether or not a test of another crate does.
    #[test]
    fn every_file_is_a_vector_file() {
        let mut directories = vec![String::new()];
        let mut files = 0;
        while let Some(directory) = directories.pop() {
            for name in file_names(&directory, "") {
                let path = if directory.is_empty() {
                    name
                } else {
                    format!("{directory}/{name}")
                };
                if root().join(&path).is_dir() {
                    directories.push(path);
                } else if path.ends_with(".txt") {
                    assert!(!load(&path).is_empty());
                    files += 1;
                }
            }
        }
        assert!(files > 0);
    }
}
