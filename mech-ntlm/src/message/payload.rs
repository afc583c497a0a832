//! Payload fields: the variable parts of a message, which its header points to.

use super::fields::error;
use super::{MessageError, MessageErrorKind, NegotiateFlags};
use alloc::string::String;
use core::fmt;
use core::ops::Deref;

/// The bytes of a payload field, and where in the message they lie. `Debug` shows none of them: from a response the password can
/// be guessed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Payload<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Payload<'a> {
    pub(super) const EMPTY: Self = Self {
        bytes: &[],
        offset: 0,
    };

    pub(super) const fn new(bytes: &'a [u8], offset: usize) -> Self {
        Self { bytes, offset }
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Where in the message the bytes begin; `None` of an empty field.
    #[must_use]
    pub const fn offset(self) -> Option<usize> {
        if self.bytes.is_empty() {
            None
        } else {
            Some(self.offset)
        }
    }

    /// As text in the encoding that was negotiated (MS-NLMP section 2.2.2.5, flags A and B). The OEM character set is not
    /// told by the message: of its bytes, those that are not ASCII become U+FFFD.
    ///
    /// # Errors
    /// [`MessageErrorKind::BadUtf16`].
    pub fn text(self, flags: NegotiateFlags) -> Result<String, MessageError> {
        if flags.contains(NegotiateFlags::UNICODE) {
            utf16(self.bytes).ok_or(error(self.offset, MessageErrorKind::BadUtf16))
        } else {
            let ascii = |byte: &u8| match byte.is_ascii() {
                true => char::from(*byte),
                false => char::REPLACEMENT_CHARACTER,
            };
            Ok(self.bytes.iter().map(ascii).collect())
        }
    }
}

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes at {})", self.bytes.len(), self.offset)
    }
}

impl Deref for Payload<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes
    }
}

/// Little-endian UTF-16; `None` if a byte or half of a surrogate pair is left over.
pub(super) fn utf16(bytes: &[u8]) -> Option<String> {
    let (units, []) = bytes.as_chunks::<2>() else {
        return None;
    };
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
    char::decode_utf16(units).collect::<Result<_, _>>().ok()
}
