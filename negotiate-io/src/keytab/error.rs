//! Why a keytab file cannot be used, each reason with a stable code and a cure.

use mech_krb5::keytab::{KeytabError, KeytabErrorKind};
use negotiate_core::{Blame, Explain, GssMajor, Verdict};
use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

/// A keytab file that cannot be used.
#[derive(Debug)]
pub struct KeytabFileError {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub fault: KeytabFileFault,
}

/// Why a keytab file cannot be used.
#[derive(Debug)]
pub enum KeytabFileFault {
    /// The operating system does not give it.
    Unreadable(io::Error),
    /// It is not a keytab, or a damaged one.
    NotAKeytab(KeytabError),
}

impl fmt::Display for KeytabFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.fault {
            KeytabFileFault::Unreadable(error) => write!(f, "keytab {path}: {error}"),
            KeytabFileFault::NotAKeytab(error) => write!(f, "keytab {path}: {error}"),
        }
    }
}

impl Error for KeytabFileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.fault {
            KeytabFileFault::Unreadable(error) => Some(error),
            KeytabFileFault::NotAKeytab(error) => Some(error),
        }
    }
}

impl KeytabFileFault {
    /// Code, whose fault, and the GSS-API's routine error.
    fn row(&self) -> (&'static str, Blame, GssMajor) {
        use Blame::Acceptor;
        use GssMajor as G;
        match self {
            Self::Unreadable(error) => match error.kind() {
                ErrorKind::NotFound => ("keytab.missing", Acceptor, G::NoCred),
                _ => ("keytab.unreadable", Acceptor, G::NoCred),
            },
            Self::NotAKeytab(error) => match error.kind {
                KeytabErrorKind::Empty => ("keytab.empty", Acceptor, G::NoCred),
                KeytabErrorKind::NoEntries => ("keytab.no_entries", Acceptor, G::NoCred),
                KeytabErrorKind::NotAKeytab => ("keytab.not_a_keytab", Acceptor, G::NoCred),
                KeytabErrorKind::Truncated | KeytabErrorKind::RecordTooLong { .. } => {
                    ("keytab.truncated", Acceptor, G::NoCred)
                }
                _ => ("keytab.damaged", Acceptor, G::NoCred),
            },
        }
    }
}

impl Explain for KeytabFileError {
    fn code(&self) -> &'static str {
        self.fault.row().0
    }

    fn blame(&self) -> Blame {
        self.fault.row().1
    }

    fn verdict(&self) -> Verdict {
        Verdict::Unavailable
    }

    fn gss_major(&self) -> GssMajor {
        self.fault.row().2
    }

    fn seen(&self) -> String {
        self.to_string()
    }

    fn expected(&self) -> String {
        "a file of MIT's keytab format, with at least one entry, that this process may read".into()
    }

    fn advice(&self) -> String {
        match &self.fault {
            KeytabFileFault::Unreadable(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::IsADirectory => "check the path",
                ErrorKind::PermissionDenied => "run as a user that may read it, or change its owner or mode",
                _ => "check the file and its disk",
            },
            KeytabFileFault::NotAKeytab(error) => match error.kind {
                KeytabErrorKind::Empty | KeytabErrorKind::NoEntries => {
                    "export it again: ktadd in kadmin, ipa-getkeytab, or ktpass on Windows"
                }
                KeytabErrorKind::NotAKeytab => "check the path: klist -k FILE lists a keytab",
                KeytabErrorKind::Truncated | KeytabErrorKind::RecordTooLong { .. } => {
                    "copy it again, whole and as binary"
                }
                _ => "copy it again, or export it again",
            },
        }
        .into()
    }
}
