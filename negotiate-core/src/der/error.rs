use core::fmt;

/// Why bytes are not the DER that was expected, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// Offset of the offending byte in the outermost input.
    pub offset: usize,
    /// What is wrong there.
    pub kind: ErrorKind,
}

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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind, self.offset)
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
