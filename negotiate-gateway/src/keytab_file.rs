//! Keytabs from files, with errors that name the file, the reason, and what to do.

use crate::failure::Failure;
use mech_krb5::Principal;
use mech_krb5::keytab::{Keytab, KeytabError, KeytabErrorKind, MAX_FILE_LEN};
use negotiate_core::Secret;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Reads keytabs into one, in the order given.
///
/// # Errors
/// If one of them is missing, unreadable, empty, truncated, or no keytab.
pub(crate) fn load_all(paths: &[PathBuf]) -> Result<Keytab, Failure> {
    match paths {
        [path] => load(path),
        paths => {
            let keytabs: Vec<Keytab> = paths.iter().map(|path| load(path)).collect::<Result<_, _>>()?;
            let entries = keytabs.iter().flat_map(Keytab::entries).cloned();
            Ok(Keytab::from_entries(entries.collect()))
        }
    }
}

/// Reads one keytab.
///
/// # Errors
/// As [`load_all`].
pub(crate) fn load(path: &Path) -> Result<Keytab, Failure> {
    let bytes = read(path).map_err(|error| Failure::unreadable("keytab", path, &error))?;
    Keytab::parse(bytes.expose()).map_err(|error| bad_keytab(path, &error))
}

/// A principal as text. One that is not UTF-8, and so cannot be asked for, is shown escaped.
pub(crate) fn name(principal: &Principal) -> String {
    principal.to_text().unwrap_or_else(|_| principal.to_string())
}

fn read(path: &Path) -> std::io::Result<Secret<Vec<u8>>> {
    let mut file = File::open(path)?;
    // The whole size at once: a buffer that grows leaves copies of the keys behind.
    let len = usize::try_from(file.metadata()?.len())
        .unwrap_or(MAX_FILE_LEN)
        .min(MAX_FILE_LEN);
    let mut bytes = Secret::new(Vec::with_capacity(len + 1));
    let limit = u64::try_from(MAX_FILE_LEN).unwrap_or(u64::MAX).saturating_add(1);
    (&mut file).take(limit).read_to_end(bytes.expose_mut())?;
    Ok(bytes)
}

fn bad_keytab(path: &Path, error: &KeytabError) -> Failure {
    let shown = path.display();
    let again = "export it again: ktadd in kadmin, ipa-getkeytab, or ktpass on Windows";
    match error.kind {
        KeytabErrorKind::Empty => Failure::unusable(format!("keytab {shown} is empty"), again),
        KeytabErrorKind::NoEntries => Failure::unusable(
            format!("keytab {shown} is well-formed and holds no entries"),
            again,
        ),
        KeytabErrorKind::NotAKeytab => Failure::unusable(
            format!("{shown} is not a keytab: it does not begin with the byte 5"),
            "check the path: klist -k FILE lists a keytab",
        ),
        KeytabErrorKind::Truncated | KeytabErrorKind::RecordTooLong { .. } => Failure::unusable(
            format!("keytab {shown} is truncated: {error}"),
            "copy it again, whole and as binary",
        ),
        _ => Failure::unusable(
            format!("keytab {shown} is damaged: {error}"),
            "copy it again, or export it again",
        ),
    }
}
