//! What others than this process's user and root can do with a keytab. Whoever reads a key in it can make a ticket in
//! anybody's name, and whoever writes it brings a key of his own. It is told and not refused: in a container, which
//! is where such files are found, there may be no others.

use crate::access::{Access, directory_of};
use nix::unistd::geteuid;
use std::fmt;
use std::io;
use std::path::Path;

/// Reading, by all: a group that may read a keytab is there for that.
const READ: u32 = 0o004;

/// What is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Exposed {
    Owner(u32),
    DirectoryOwner(u32),
    Written(u32),
    DirectoryWritten(u32),
    Read(u32),
}

impl Exposed {
    /// The worst of it.
    pub(super) fn of(path: &Path) -> io::Result<Option<Self>> {
        let (file, directory) = (path.metadata()?, directory_of(path).metadata()?);
        let [file, directory] = [file, directory].map(|metadata| Access::of(&metadata));
        Ok(judge(file, directory, geteuid().as_raw()))
    }

    pub(super) const fn advice(&self) -> &'static str {
        match self {
            Self::Owner(_) | Self::DirectoryOwner(_) => {
                "make root or this process's user its owner, and have new keys made"
            }
            Self::Written(_) | Self::Read(_) => "set its mode to 0600 or 0640, and have new keys made",
            Self::DirectoryWritten(_) => "put it into a directory that others may not write",
        }
    }
}

impl fmt::Display for Exposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner(owner) => write!(f, "it belongs to another user, with the number {owner}"),
            Self::DirectoryOwner(owner) => {
                write!(
                    f,
                    "its directory belongs to another user, with the number {owner}"
                )
            }
            Self::Written(mode) => write!(f, "others than its owner may write it (mode {mode:04o})"),
            Self::DirectoryWritten(mode) => {
                write!(
                    f,
                    "others than its owner may write its directory (mode {mode:04o})"
                )
            }
            Self::Read(mode) => write!(f, "everybody may read it (mode {mode:04o})"),
        }
    }
}

fn judge(file: Access, directory: Access, user: u32) -> Option<Exposed> {
    if file.is_of_another(user) {
        Some(Exposed::Owner(file.owner))
    } else if directory.is_of_another(user) {
        Some(Exposed::DirectoryOwner(directory.owner))
    } else if file.is_written_by_others() {
        Some(Exposed::Written(file.mode))
    } else if directory.lets_others_replace() {
        Some(Exposed::DirectoryWritten(directory.mode))
    } else if file.mode & READ != 0 {
        Some(Exposed::Read(file.mode))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_told() {
        let good = [(0, 0o600), (1000, 0o600), (0, 0o640), (1000, 0o400)];
        let bad = [
            ((1001, 0o600), Exposed::Owner(1001)),
            ((0, 0o660), Exposed::Written(0o660)),
            ((1000, 0o602), Exposed::Written(0o602)),
            ((1000, 0o666), Exposed::Written(0o666)),
            ((0, 0o644), Exposed::Read(0o644)),
            ((0, 0o604), Exposed::Read(0o604)),
        ];
        let directories = [(0, 0o755), (1000, 0o700), (0, 0o1777), (1000, 0o1770)];
        let bad_directories = [
            ((1001, 0o755), Exposed::DirectoryOwner(1001)),
            ((1001, 0o1777), Exposed::DirectoryOwner(1001)),
            ((0, 0o777), Exposed::DirectoryWritten(0o777)),
            ((1000, 0o2770), Exposed::DirectoryWritten(0o2770)),
        ];
        let told = |file: (u32, u32), directory: (u32, u32)| {
            let [file, directory] = [file, directory].map(|(owner, mode)| Access { owner, mode });
            judge(file, directory, 1000)
        };
        for directory in directories {
            for file in good {
                assert_eq!(told(file, directory), None, "{file:?} {directory:?}");
            }
            for (file, expected) in &bad {
                assert_eq!(told(*file, directory).as_ref(), Some(expected), "{directory:?}");
            }
        }
        for (directory, expected) in &bad_directories {
            for file in good {
                assert_eq!(told(file, *directory).as_ref(), Some(expected), "{file:?}");
            }
            // What is worse comes first.
            let is_owned = matches!(expected, Exposed::DirectoryOwner(_));
            let written = told((0, 0o666), *directory);
            assert_eq!(matches!(written, Some(Exposed::DirectoryOwner(_))), is_owned);
            assert_eq!(told((0, 0o644), *directory).as_ref(), Some(expected));
        }
    }
}
