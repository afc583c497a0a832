//! Keytab files as the commands take them: what is wrong with one, and what to do.

use crate::failure::Failure;
use mech_krb5::Principal;
use mech_krb5::keytab::{Keytab, KeytabErrorKind};
use negotiate_io::keytab::{KeytabFileError, KeytabFileFault};
use std::path::PathBuf;

/// Reads keytabs into one, in the order given.
///
/// # Errors
/// If one of them is missing, unreadable, empty, truncated, or no keytab.
pub(crate) fn load_all(paths: &[PathBuf]) -> Result<Keytab, Failure> {
    Ok(negotiate_io::keytab::load_all(paths)?)
}

/// A principal as text. One that is not UTF-8, and so cannot be asked for, is shown escaped.
pub(crate) fn name(principal: &Principal) -> String {
    principal.to_text().unwrap_or_else(|_| principal.to_string())
}

impl From<KeytabFileError> for Failure {
    fn from(KeytabFileError { path, fault }: KeytabFileError) -> Self {
        let error = match fault {
            KeytabFileFault::Unreadable(error) => return Self::unreadable("keytab", &path, &error),
            KeytabFileFault::NotAKeytab(error) => error,
        };
        let path = path.display();
        let again = "export it again: ktadd in kadmin, ipa-getkeytab, or ktpass on Windows";
        match error.kind {
            KeytabErrorKind::Empty => Self::unusable(format!("keytab {path} is empty"), again),
            KeytabErrorKind::NoEntries => Self::unusable(
                format!("keytab {path} is well-formed and holds no entries"),
                again,
            ),
            KeytabErrorKind::NotAKeytab => Self::unusable(
                format!("{path} is not a keytab: it does not begin with the byte 5"),
                "check the path: klist -k FILE lists a keytab",
            ),
            KeytabErrorKind::Truncated | KeytabErrorKind::RecordTooLong { .. } => Self::unusable(
                format!("keytab {path} is truncated: {error}"),
                "copy it again, whole and as binary",
            ),
            _ => Self::unusable(
                format!("keytab {path} is damaged: {error}"),
                "copy it again, or export it again",
            ),
        }
    }
}
