use core::fmt;

/// Why bytes are not the DER that was expected, and where.
///
/// One word, so that the result of each of a message's many fields goes through registers: what is a bad day's business
/// must not slow the good days down.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error(u64);

impl Error {
    /// This at this offset of the outermost input. (Past 4 GiB, which no message here reaches, it is told as 4 GiB.)
    #[must_use]
    #[cold]
    pub fn new(offset: usize, kind: ErrorKind) -> Self {
        let [a, b, c, d] = u32::try_from(offset).unwrap_or(u32::MAX).to_le_bytes();
        let (expected, found) = match kind {
            ErrorKind::UnexpectedTag { expected, found } => (expected, found),
            _ => (0, 0),
        };
        let code = kind.code();
        Self(u64::from_le_bytes([a, b, c, d, code, expected, found, 0]))
    }

    /// Offset of the offending byte in the outermost input.
    #[must_use]
    pub fn offset(self) -> usize {
        let [a, b, c, d, ..] = self.0.to_le_bytes();
        usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX)
    }

    /// What is wrong there.
    #[must_use]
    pub fn kind(self) -> ErrorKind {
        let [.., code, expected, found, _] = self.0.to_le_bytes();
        match KINDS.get(usize::from(code)) {
            Some(ErrorKind::UnexpectedTag { .. }) => ErrorKind::UnexpectedTag { expected, found },
            Some(kind) => *kind,
            None => ErrorKind::BadValue,
        }
    }
}

/// Each kind at the place of its code.
const KINDS: [ErrorKind; 15] = [
    ErrorKind::Truncated,
    ErrorKind::UnexpectedTag {
        expected: 0,
        found: 0,
    },
    ErrorKind::HighTagNumber,
    ErrorKind::NonMinimalLength,
    ErrorKind::LengthTooLarge,
    ErrorKind::TrailingBytes,
    ErrorKind::NonMinimalInteger,
    ErrorKind::IntegerOutOfRange,
    ErrorKind::BadBitString,
    ErrorKind::BadBoolean,
    ErrorKind::BadTime,
    ErrorKind::NulInString,
    ErrorKind::BadObjectIdentifier,
    ErrorKind::TooMany,
    ErrorKind::BadValue,
];

/// What is wrong with the encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input ends inside a tag, a length or a value.
    Truncated,
    /// Another tag than the expected one.
    UnexpectedTag {
        /// The tag that the type asks for here.
        expected: u8,
        /// The tag that is there.
        found: u8,
    },
    /// A tag number above 30 (two or more tag bytes): no type here has one.
    HighTagNumber,
    /// A length of indefinite form, or one that is not written in the fewest bytes.
    NonMinimalLength,
    /// A length of more than four bytes.
    LengthTooLarge,
    /// Bytes after the end of the value.
    TrailingBytes,
    /// An integer without content, or with superfluous leading bytes.
    NonMinimalInteger,
    /// An integer outside the range of its field.
    IntegerOutOfRange,
    /// A BIT STRING without its first byte, with more than 7 unused bits, or with unused bits that are set.
    BadBitString,
    /// A BOOLEAN that is neither 00 nor FF.
    BadBoolean,
    /// A time that is not `YYYYMMDDHHMMSSZ`, or not in the calendar, or before 1970.
    BadTime,
    /// A string with a NUL byte.
    NulInString,
    /// An object identifier that is empty or ends inside an arc.
    BadObjectIdentifier,
    /// More elements than the type's limit.
    TooMany,
    /// A value that the type does not allow.
    BadValue,
}

impl ErrorKind {
    // What stands for it in an [`Error`].
    const fn code(self) -> u8 {
        match self {
            Self::Truncated => 0,
            Self::UnexpectedTag { .. } => 1,
            Self::HighTagNumber => 2,
            Self::NonMinimalLength => 3,
            Self::LengthTooLarge => 4,
            Self::TrailingBytes => 5,
            Self::NonMinimalInteger => 6,
            Self::IntegerOutOfRange => 7,
            Self::BadBitString => 8,
            Self::BadBoolean => 9,
            Self::BadTime => 10,
            Self::NulInString => 11,
            Self::BadObjectIdentifier => 12,
            Self::TooMany => 13,
            Self::BadValue => 14,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind(), self.offset())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("offset", &self.offset())
            .field("kind", &self.kind())
            .finish()
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the encoding is truncated",
            Self::UnexpectedTag { expected, found } => {
                return write!(f, "tag {found:#04x} where {expected:#04x} is expected");
            }
            Self::HighTagNumber => "a tag number above 30",
            Self::NonMinimalLength => "a length that is indefinite or not minimal",
            Self::LengthTooLarge => "a length of more than four bytes",
            Self::TrailingBytes => "trailing bytes",
            Self::NonMinimalInteger => "an integer that is not minimal",
            Self::IntegerOutOfRange => "an integer out of range",
            Self::BadBitString => "a malformed bit string",
            Self::BadBoolean => "a malformed boolean",
            Self::BadTime => "a malformed time",
            Self::NulInString => "a string with a NUL byte",
            Self::BadObjectIdentifier => "a malformed object identifier",
            Self::TooMany => "too many elements",
            Self::BadValue => "a value that the type does not allow",
        })
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_keeps_what_it_was_made_of() {
        for (kind, offset) in KINDS.into_iter().zip(0..) {
            let error = Error::new(offset, kind);
            assert_eq!((error.offset(), error.kind()), (offset, kind));
        }
        let kind = ErrorKind::UnexpectedTag {
            expected: 0x30,
            found: 0xa1,
        };
        assert_eq!(Error::new(7, kind).kind(), kind);
        assert_eq!(size_of::<Result<&[u8], Error>>(), size_of::<&[u8]>());
    }
}
