//! Keytab files as the commands take them: what is wrong with one, and what to do.

use crate::failure::Failure;
use mech_krb5::Principal;
use mech_krb5::keytab::{Keytab, KeytabErrorKind};
use negotiate_core::Explain as _;
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
    fn from(error: KeytabFileError) -> Self {
        let path = error.path.display();
        let problem = match &error.fault {
            KeytabFileFault::Unreadable(error) => format!("keytab {path} cannot be read: {error}"),
            KeytabFileFault::NotAKeytab(error) => match error.kind {
                KeytabErrorKind::Empty => format!("keytab {path} is empty"),
                KeytabErrorKind::NoEntries => format!("keytab {path} is well-formed and holds no entries"),
                KeytabErrorKind::NotAKeytab => {
                    format!("{path} is not a keytab: it does not begin with the byte 5")
                }
                KeytabErrorKind::Truncated | KeytabErrorKind::RecordTooLong { .. } => {
                    format!("keytab {path} is truncated: {error}")
                }
                _ => format!("keytab {path} is damaged: {error}"),
            },
        };
        Self::unusable(problem, error.advice()).with_code(error.code())
    }
}
