//! What keeps a file from being the replay cache.

use mech_krb5::replay::file2::File2Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// A file that cannot be the replay cache.
#[derive(Debug)]
pub struct ReplayFileError {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub fault: ReplayFileFault,
}

/// Why a file cannot be the replay cache.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReplayFileFault {
    /// The operating system does not give it, read it or write it.
    Io(io::Error),
    /// It is a symbolic link, and somebody else may choose where that leads.
    SymbolicLink,
    /// It has several names (hard links): one of them may be that of a file for something else.
    HardLinks {
        /// How many.
        names: u64,
    },
    /// It is a directory, a device, a pipe or a socket.
    NotAFile,
    /// Another user owns it, who could have put it there to see or to delete what is in it.
    Owner {
        /// The owner's number.
        owner: u32,
        /// This process's effective user.
        user: u32,
    },
    /// Others than its owner may write it, and so delete what is in it; or read it, and so lock it for as long as they like.
    OpenToOthers {
        /// Its permissions.
        mode: u32,
    },
    /// Another user than this one and root owns the directory that it is in, and may replace it.
    DirectoryOwner {
        /// The owner's number.
        owner: u32,
        /// This process's effective user.
        user: u32,
    },
    /// Others than its owner may write the directory that it is in, and so replace it: all of them, not only each his own files
    /// as in `/var/tmp`.
    DirectoryOpenToOthers {
        /// The directory's permissions.
        mode: u32,
    },
    /// Its contents are not those of a replay cache.
    Damaged(File2Error),
    /// Another process kept it locked all the time.
    Locked,
    /// It was deleted or replaced again and again while it was being opened.
    Replaced,
    /// There are no random bytes for the seed of a new one.
    NoRandomBytes,
}

impl fmt::Display for ReplayFileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::SymbolicLink => f.write_str("it is a symbolic link"),
            Self::HardLinks { names } => write!(f, "it has {names} names, as hard links"),
            Self::NotAFile => f.write_str("it is no ordinary file"),
            Self::Owner { owner, user } => {
                write!(
                    f,
                    "it belongs to the user with the number {owner}, this process to {user}"
                )
            }
            Self::OpenToOthers { mode } => {
                write!(f, "others than its owner may read or write it (mode {mode:04o})")
            }
            Self::DirectoryOwner { owner, user } => {
                write!(
                    f,
                    "its directory belongs to the user with the number {owner}, this process to {user}"
                )
            }
            Self::DirectoryOpenToOthers { mode } => {
                write!(
                    f,
                    "others than its owner may write its directory (mode {mode:04o})"
                )
            }
            Self::Damaged(error) => error.fmt(f),
            Self::Locked => f.write_str("another process keeps it locked"),
            Self::Replaced => f.write_str("it is being replaced again and again"),
            Self::NoRandomBytes => f.write_str("there are no random bytes"),
        }
    }
}

impl fmt::Display for ReplayFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "replay cache {}: {}", self.path.display(), self.fault)
    }
}

impl std::error::Error for ReplayFileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            ReplayFileFault::Io(error) => Some(error),
            ReplayFileFault::Damaged(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for ReplayFileFault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<File2Error> for ReplayFileFault {
    fn from(error: File2Error) -> Self {
        Self::Damaged(error)
    }
}
