use super::{MAX_ENTRIES, MAX_FILE_LEN};
use core::fmt;

/// Why bytes are not a credential cache, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CcacheError {
    /// Offset of the offending byte in the file.
    pub offset: usize,
    /// What is wrong there.
    pub kind: CcacheErrorKind,
}

/// What is wrong with a credential cache file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CcacheErrorKind {
    /// The file has no bytes.
    Empty,
    /// The file is longer than [`MAX_FILE_LEN`].
    FileTooLong,
    /// The file does not begin with the byte 5: it is something else.
    NotACcache,
    /// The format version is none of 1 to 4.
    UnknownVersion(u8),
    /// The file ends within a field.
    Truncated,
    /// A field of the header does not end where it says, or has not the length of its tag.
    BadHeader,
    /// A principal has no component, or more than [`MAX_COMPONENTS`](crate::MAX_COMPONENTS).
    ComponentCount(u32),
    /// There are more than [`MAX_ENTRIES`].
    TooManyEntries,
}

impl fmt::Display for CcacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            CcacheErrorKind::Empty => f.write_str("the credential cache is empty"),
            CcacheErrorKind::FileTooLong => {
                write!(f, "the credential cache is longer than {MAX_FILE_LEN} bytes")
            }
            CcacheErrorKind::NotACcache => f.write_str("the file is not a credential cache"),
            CcacheErrorKind::UnknownVersion(version) => {
                write!(f, "credential cache format version {version} is not known")
            }
            kind => {
                match kind {
                    CcacheErrorKind::BadHeader => f.write_str("a malformed header field"),
                    CcacheErrorKind::ComponentCount(count) => {
                        write!(f, "a principal of {count} components")
                    }
                    CcacheErrorKind::TooManyEntries => write!(f, "more than {MAX_ENTRIES} entries"),
                    _ => f.write_str("the credential cache ends within a field"),
                }?;
                write!(f, " at byte {}", self.offset)
            }
        }
    }
}

impl core::error::Error for CcacheError {}
