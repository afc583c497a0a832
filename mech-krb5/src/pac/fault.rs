use super::BufferType;
use core::fmt;
use negotiate_core::BadSid;

/// What is wrong with a PAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PacFault {
    /// It ends too early.
    Truncated,
    /// Its version is not 0.
    Version,
    /// It has more than 64 buffers.
    TooManyBuffers,
    /// The ticket has two PACs.
    Repeated,
    /// A buffer comes twice.
    DuplicateBuffer(BufferType),
    /// A buffer does not begin at a multiple of eight.
    Misaligned(BufferType),
    /// A buffer reaches beyond the end, or into the list of buffers.
    OutOfBounds(BufferType),
    /// A buffer has bytes in common with another one.
    Overlapping(BufferType),
    /// A checksum is missing.
    ChecksumMissing(BufferType),
    /// A checksum is of a type that does not go with the key.
    ChecksumType(BufferType),
    /// A checksum does not fit.
    ChecksumWrong(BufferType),
    /// The client information is missing.
    ClientInfoMissing,
    /// The client information speaks of another client.
    ClientMismatch,
    /// The client information speaks of another authentication.
    AuthtimeMismatch,
    /// A buffer is not what its type says.
    BadContent,
    /// A buffer holds more than any KDC writes.
    TooLarge,
    /// Claims are compressed in a way that is not known here.
    Compression,
}

impl PacFault {
    /// Whether a checksum is there and says that the PAC is not what its maker signed, or that somebody else made it.
    #[must_use]
    pub const fn is_wrong_signature(self) -> bool {
        matches!(self, Self::ChecksumType(_) | Self::ChecksumWrong(_))
    }
}

impl From<BadSid> for PacFault {
    fn from(BadSid: BadSid) -> Self {
        Self::BadContent
    }
}

impl fmt::Display for PacFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the PAC ends too early",
            Self::Version => "the PAC is of an unknown version",
            Self::TooManyBuffers => "the PAC has more than 64 buffers",
            Self::Repeated => "the ticket has two PACs",
            Self::DuplicateBuffer(which) => return write!(f, "the PAC has {which} twice"),
            Self::Misaligned(which) => return write!(f, "{which} of the PAC is not aligned"),
            Self::OutOfBounds(which) => return write!(f, "{which} lies outside the PAC"),
            Self::Overlapping(which) => return write!(f, "{which} of the PAC lies over another buffer"),
            Self::ChecksumMissing(which) => return write!(f, "the PAC lacks {which}"),
            Self::ChecksumType(which) => {
                return write!(f, "{which} of the PAC is of a type that does not go with its key");
            }
            Self::ChecksumWrong(which) => return write!(f, "{which} of the PAC is wrong"),
            Self::ClientInfoMissing => "the PAC lacks the client's name and time",
            Self::ClientMismatch => "the PAC is another client's",
            Self::AuthtimeMismatch => "the PAC is of another authentication",
            Self::BadContent => "a buffer of the PAC is malformed",
            Self::TooLarge => "a buffer of the PAC holds too much",
            Self::Compression => "claims in the PAC are compressed in an unknown way",
        })
    }
}

impl core::error::Error for PacFault {}
