//! What is wrong with the files of a configuration.

use mech_krb5::krb5_conf::{Place, ProfileError, ProfileErrorKind};
use std::path::PathBuf;
use std::{fmt, io};

/// A configuration that cannot be used.
#[derive(Debug)]
pub struct Krb5ConfError {
    /// Which file or directory it is about.
    pub path: PathBuf,
    /// The line that includes it.
    pub included_from: Option<Place>,
    /// What is wrong.
    pub fault: Krb5ConfFault,
}

/// What is wrong with a file of a configuration.
#[derive(Debug)]
#[non_exhaustive]
pub enum Krb5ConfFault {
    /// The operating system does not give it.
    Unreadable(io::Error),
    /// A line is not as it should be.
    Malformed(ProfileError),
    /// It is included by itself.
    IncludesItself,
    /// Its path is relative.
    RelativePath,
    /// More than [`MAX_NESTING`](super::MAX_NESTING) files include one another.
    TooDeep,
    /// There are more than [`MAX_FILES`](super::MAX_FILES).
    TooManyFiles,
}

impl Krb5ConfError {
    pub(super) fn new(path: PathBuf, included_from: Option<Place>, fault: Krb5ConfFault) -> Self {
        Self {
            path,
            included_from,
            fault,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        use io::ErrorKind::{IsADirectory, NotADirectory, NotFound, PermissionDenied};
        match &self.fault {
            Krb5ConfFault::Unreadable(error) => match error.kind() {
                NotFound => "check the path",
                IsADirectory => "check the path; a directory is included with includedir",
                NotADirectory => "check the path; a file is included with include",
                PermissionDenied => "run as a user that may read it, or change its owner or mode",
                _ => "check the file and its disk",
            },
            Krb5ConfFault::Malformed(error) => error.kind.expected(),
            Krb5ConfFault::IncludesItself => "take the line out that leads back to it",
            Krb5ConfFault::RelativePath => "write its absolute path",
            Krb5ConfFault::TooDeep => "include the files from one",
            Krb5ConfFault::TooManyFiles => "include fewer files",
        }
    }
}

impl From<io::Error> for Krb5ConfFault {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

impl From<ProfileError> for Krb5ConfFault {
    fn from(error: ProfileError) -> Self {
        Self::Malformed(error)
    }
}

impl fmt::Display for Krb5ConfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Krb5ConfFault::Malformed(error) = &self.fault {
            return match error.kind {
                // Of the file, not of its line 0.
                ProfileErrorKind::TooLong => write!(f, "{}: {}", self.path.display(), error.kind),
                _ => write!(f, "{error}"),
            };
        }
        if let Some(place) = &self.included_from {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}", self.path.display())?;
        match &self.fault {
            Krb5ConfFault::Unreadable(error) => write!(f, " cannot be read: {error}"),
            Krb5ConfFault::Malformed(_) => Ok(()),
            Krb5ConfFault::IncludesItself => f.write_str(" includes itself"),
            Krb5ConfFault::RelativePath => f.write_str(" is a relative path"),
            Krb5ConfFault::TooDeep => {
                write!(f, " is included through more than {} files", super::MAX_NESTING)
            }
            Krb5ConfFault::TooManyFiles => write!(f, " is one of more than {} files", super::MAX_FILES),
        }
    }
}

impl std::error::Error for Krb5ConfError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            Krb5ConfFault::Unreadable(error) => Some(error),
            Krb5ConfFault::Malformed(error) => Some(error),
            _ => None,
        }
    }
}
