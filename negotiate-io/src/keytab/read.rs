//! One keytab from one or more files.

use super::error::{KeytabFileError, KeytabFileFault};
use mech_krb5::keytab::{Keytab, MAX_FILE_LEN};
use negotiate_core::Secret;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Reads keytabs into one, in the order given.
///
/// # Errors
/// If one of them is missing, unreadable, or no keytab.
pub fn load_all(paths: &[PathBuf]) -> Result<Keytab, KeytabFileError> {
    let keytabs: Vec<Keytab> = paths.iter().map(|path| load(path)).collect::<Result<_, _>>()?;
    let entries = keytabs.iter().flat_map(Keytab::entries).cloned();
    Ok(Keytab::from_entries(entries.collect()))
}

/// Reads one keytab.
///
/// # Errors
/// If it is missing, unreadable, or no keytab.
pub fn load(path: &Path) -> Result<Keytab, KeytabFileError> {
    let because = |fault| KeytabFileError {
        path: path.to_owned(),
        fault,
    };
    let bytes = read(path).map_err(|error| because(KeytabFileFault::Unreadable(error)))?;
    Keytab::parse(bytes.expose()).map_err(|error| because(KeytabFileFault::NotAKeytab(error)))
}

fn read(path: &Path) -> io::Result<Secret<Vec<u8>>> {
    let mut file = File::open(path)?;
    // The whole size at once: a buffer that grows leaves copies of the keys behind.
    let len = usize::try_from(file.metadata()?.len())
        .unwrap_or(MAX_FILE_LEN)
        .min(MAX_FILE_LEN);
    let mut bytes = Secret::new(Vec::with_capacity(len.saturating_add(1)));
    let limit = u64::try_from(MAX_FILE_LEN).unwrap_or(u64::MAX).saturating_add(1);
    (&mut file).take(limit).read_to_end(bytes.expose_mut())?;
    Ok(bytes)
}
