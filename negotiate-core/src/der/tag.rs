use core::fmt;

/// A one-byte DER tag: class, primitive or constructed, number up to 30.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tag(u8);

impl Tag {
    /// `BOOLEAN`
    pub const BOOLEAN: Self = Self(0x01);
    /// `INTEGER`
    pub const INTEGER: Self = Self(0x02);
    /// `BIT STRING`
    pub const BIT_STRING: Self = Self(0x03);
    /// `OCTET STRING`
    pub const OCTET_STRING: Self = Self(0x04);
    /// `OBJECT IDENTIFIER`
    pub const OBJECT_IDENTIFIER: Self = Self(0x06);
    /// `ENUMERATED`
    pub const ENUMERATED: Self = Self(0x0a);
    /// `UTF8String`
    pub const UTF8_STRING: Self = Self(0x0c);
    /// `GeneralizedTime`
    pub const GENERALIZED_TIME: Self = Self(0x18);
    /// `GeneralString`
    pub const GENERAL_STRING: Self = Self(0x1b);
    /// `SEQUENCE` and `SEQUENCE OF`
    pub const SEQUENCE: Self = Self(0x30);

    /// The constructed context-specific tag `[number]`; numbers above 30 wrap and are not used.
    #[must_use]
    pub const fn context(number: u8) -> Self {
        Self(0xa0 | (number & 0x1f))
    }

    /// The constructed application tag `[APPLICATION number]`; numbers above 30 wrap and are not used.
    #[must_use]
    pub const fn application(number: u8) -> Self {
        Self(0x60 | (number & 0x1f))
    }

    /// The tag with this byte, as found.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        Self(byte)
    }

    /// The tag byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// The number of a constructed context-specific tag.
    #[must_use]
    pub const fn context_number(self) -> Option<u8> {
        if self.0 & 0xe0 == 0xa0 {
            Some(self.0 & 0x1f)
        } else {
            None
        }
    }

    /// Whether the value is itself a series of encodings.
    #[must_use]
    pub const fn is_constructed(self) -> bool {
        self.0 & 0x20 != 0
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({:#04x})", self.0)
    }
}
