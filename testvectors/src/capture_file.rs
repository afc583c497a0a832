//! The directories under `captures/` and the files in them.
//!
//! `case.txt` of each capture is an ordinary vector file, whose `files` names the others. They are checked
//! against their recorded length when they are read, and against their SHA-256 by the test below.

use std::path::PathBuf;

use crate::{Case, file_names, load, root};

/// The captures of a kind, sorted by peer and name.
pub(crate) fn of_kind(kind: &str) -> Vec<Case> {
    let mut cases = all();
    cases.retain(|case| case.text("kind") == kind);
    cases
}

/// The captures that have a field, sorted by peer and name.
pub(crate) fn having(key: &str) -> Vec<Case> {
    let mut cases = all();
    cases.retain(|case| case.has(key));
    cases
}

fn all() -> Vec<Case> {
    let mut peers = file_names("captures", "");
    peers.retain(|name| name != "README.md");
    let of_peer = |peer: &String| {
        let names = file_names(&format!("captures/{peer}"), "").into_iter();
        names
            .map(|name| described(&format!("{peer}/{name}")))
            .collect::<Vec<_>>()
    };
    peers.iter().flat_map(of_peer).collect()
}

/// The description of the capture of this name.
#[track_caller]
pub(crate) fn described(name: &str) -> Case {
    let path = format!("captures/{name}/case.txt");
    let [case] = match <[Case; 1]>::try_from(load(&path)) {
        Ok(case) => case,
        Err(_) => panic!("{path}: more than one case"),
    };
    assert_eq!(case.name(), name, "{path}: name");
    case
}

/// Where a file of a capture lies.
pub(crate) fn path(case: &Case, name: &str) -> PathBuf {
    root().join("captures").join(case.name()).join(name)
}

/// Reads the file that a field names.
pub(crate) fn file(case: &Case, key: &str) -> Vec<u8> {
    named_file(case, case.text(key))
}

/// Reads a file of a capture.
pub(crate) fn named_file(case: &Case, name: &str) -> Vec<u8> {
    match recorded_files(case)
        .into_iter()
        .find(|&[_, _, recorded]| recorded == name)
    {
        Some([length, ..]) => read(case, length, name),
        None => panic!("{case}: {name} is not among files"),
    }
}

/// Reads the file that a field names, if the capture has that field.
pub(crate) fn optional_file(case: &Case, key: &str) -> Option<Vec<u8>> {
    case.has(key).then(|| file(case, key))
}

/// The lines of `files`: length, SHA-256 in hex, name.
fn recorded_files(case: &Case) -> Vec<[&str; 3]> {
    let words = |line| match <[&str; 3]>::try_from(str::splitn(line, 3, ' ').collect::<Vec<_>>()) {
        Ok(words) => words,
        Err(_) => panic!("{case}: files: {line}"),
    };
    case.lines("files").into_iter().map(words).collect()
}

fn read(case: &Case, length: &str, name: &str) -> Vec<u8> {
    match std::fs::read(path(case, name)) {
        Ok(bytes) if bytes.len().to_string() == length => bytes,
        Ok(bytes) => panic!("{case}: {name} has {} bytes, not {length}", bytes.len()),
        Err(error) => panic!("{case}: {name}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn files_are_as_captured() {
        for case in all() {
            for [length, sha256, name] in recorded_files(&case) {
                let digest = Sha256::digest(read(&case, length, name));
                let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(hex, sha256, "{case}: {name}");
            }
        }
    }

    #[test]
    fn no_file_lies_unnamed() {
        for case in all() {
            let mut recorded: BTreeSet<String> = recorded_files(&case)
                .iter()
                .map(|[_, _, name]| (*name).to_owned())
                .collect();
            recorded.insert("case.txt".to_owned());
            let lying: BTreeSet<String> = file_names(&format!("captures/{}", case.name()), "")
                .into_iter()
                .collect();
            assert_eq!(lying, recorded, "{case}");
        }
    }
}
