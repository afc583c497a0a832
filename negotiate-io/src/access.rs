//! Who can get at a file, by its owner and mode and those of the directory that it is in.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Writing, by the group and by all, and what keeps them to their own files in a directory like `/tmp` (`S_ISVTX`).
const WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// Of a file or a directory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    /// The owner's number.
    pub(crate) owner: u32,
    /// The permissions.
    pub(crate) mode: u32,
}

impl Access {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            owner: metadata.uid(),
            mode: metadata.mode() & 0o7777,
        }
    }

    /// Whether somebody else than this user and root owns it.
    pub(crate) const fn is_of_another(self, user: u32) -> bool {
        self.owner != user && self.owner != 0
    }

    /// Whether others than its owner may write this file.
    pub(crate) const fn is_written_by_others(self) -> bool {
        self.mode & WRITE != 0
    }

    /// Whether others than its owner may replace what is in this directory.
    pub(crate) const fn lets_others_replace(self) -> bool {
        self.is_written_by_others() && self.mode & STICKY == 0
    }
}

/// The directory that a file is in.
pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if directory != Path::new("") => directory,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_alone_is_in_the_current_directory() {
        for (path, directory) in [
            ("rcache", "."),
            ("a/rcache", "a"),
            ("/rcache", "/"),
            ("./rcache", "."),
        ] {
            assert_eq!(directory_of(Path::new(path)), Path::new(directory));
        }
    }
}
