//! Corpora as text: a line of base64 for each input, comments above it. What a fuzzer found worth keeping lies in
//! `fuzz/corpora`, what once broke an oracle in `fuzz/crashes`, and seeds are made from the test vectors.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::path::{Path, PathBuf};

/// The inputs of `fuzz/corpora/TARGET.txt`, found by earlier runs.
///
/// # Panics
/// If the file is not as described.
#[must_use]
pub fn corpus(target: &str) -> Vec<Vec<u8>> {
    read(&file("corpora", target))
}

/// The inputs of `fuzz/crashes/TARGET.txt`, each of which found a mistake.
///
/// # Panics
/// If the file is not as described.
#[must_use]
pub fn crashes(target: &str) -> Vec<Vec<u8>> {
    read(&file("crashes", target))
}

/// Where the inputs of a target lie; the file need not exist.
#[must_use]
pub fn file(directory: &str, target: &str) -> PathBuf {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fuzz.join(directory).join(target).with_extension("txt")
}

fn read(file: &Path) -> Vec<Vec<u8>> {
    let Ok(text) = std::fs::read_to_string(file) else {
        return Vec::new();
    };
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let decode = |line: &str| match STANDARD.decode(line) {
        Ok(input) => input,
        Err(error) => panic!("{}: {error}: {line}", file.display()),
    };
    lines.map(decode).collect()
}

/// A corpus as text: the shortest inputs first, as many of them as `limit` bytes hold.
#[must_use]
pub fn write(mut inputs: Vec<Vec<u8>>, limit: usize) -> String {
    inputs.sort_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
    inputs.dedup();
    let mut text = String::new();
    for input in inputs {
        let line = STANDARD.encode(input);
        if text.len() + line.len() >= limit {
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}
