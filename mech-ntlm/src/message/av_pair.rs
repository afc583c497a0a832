//! `AV_PAIR` (MS-NLMP section 2.2.2.1): attributes of the acceptor, and what the initiator adds to them.
//!
//! ```text
//! AvId: u16, AvLen: u16, Value: AvLen bytes
//! ```

use super::fields::{Fields, error};
use super::payload::utf16;
use super::{MessageError, MessageErrorKind};
use alloc::string::String;
use core::fmt;

/// `AvId`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AvId(pub u16);

impl AvId {
    /// The end of the list.
    pub const EOL: Self = Self(0);
    /// The server's NetBIOS name.
    pub const NB_COMPUTER_NAME: Self = Self(1);
    /// The domain's NetBIOS name.
    pub const NB_DOMAIN_NAME: Self = Self(2);
    /// The server's DNS name.
    pub const DNS_COMPUTER_NAME: Self = Self(3);
    /// The domain's DNS name.
    pub const DNS_DOMAIN_NAME: Self = Self(4);
    /// The forest's DNS name.
    pub const DNS_TREE_NAME: Self = Self(5);
    /// [`AvFlags`].
    pub const FLAGS: Self = Self(6);
    /// The server's time, a FILETIME.
    pub const TIMESTAMP: Self = Self(7);
    /// `Single_Host_Data` (section 2.2.2.2).
    pub const SINGLE_HOST: Self = Self(8);
    /// The service that the initiator means.
    pub const TARGET_NAME: Self = Self(9);
    /// MD5 hash of the channel bindings, or zeros.
    pub const CHANNEL_BINDINGS: Self = Self(10);

    const NAMES: [&'static str; 11] = [
        "MsvAvEOL",
        "MsvAvNbComputerName",
        "MsvAvNbDomainName",
        "MsvAvDnsComputerName",
        "MsvAvDnsDomainName",
        "MsvAvDnsTreeName",
        "MsvAvFlags",
        "MsvAvTimestamp",
        "MsvAvSingleHost",
        "MsvAvTargetName",
        "MsvAvChannelBindings",
    ];

    /// The specification's name.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMES.get(usize::from(self.0)).copied()
    }

    /// The length that the value must have, where it is fixed.
    const fn value_len(self) -> Option<usize> {
        match self {
            Self::EOL => Some(0),
            Self::FLAGS => Some(4),
            Self::TIMESTAMP => Some(8),
            Self::SINGLE_HOST => Some(48),
            Self::CHANNEL_BINDINGS => Some(16),
            _ => None,
        }
    }
}

/// The specification's name, or the number.
impl fmt::Display for AvId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "AV pair {}", self.0),
        }
    }
}

/// The value of [`AvId::FLAGS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AvFlags(pub u32);

impl AvFlags {
    /// The account is constrained.
    pub const CONSTRAINED: Self = Self(1);
    /// The AUTHENTICATE message has a MIC.
    pub const MIC_PROVIDED: Self = Self(2);
    /// The target name comes from an untrusted source.
    pub const UNTRUSTED_TARGET: Self = Self(4);

    /// Whether all of `flags` are set.
    #[must_use]
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }
}

/// One pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AvPair<'a> {
    /// What it is.
    pub id: AvId,
    /// The value.
    pub value: &'a [u8],
    /// Where its value begins in what was decoded.
    pub offset: usize,
}

impl AvPair<'_> {
    /// The value as text, of a pair that is a name.
    ///
    /// # Errors
    /// [`MessageErrorKind::BadUtf16`].
    pub fn text(&self) -> Result<String, MessageError> {
        utf16(self.value).ok_or(error(self.offset, MessageErrorKind::BadUtf16))
    }
}

/// A list of pairs, read to its end.
#[derive(Clone, Copy)]
pub struct AvPairs<'a> {
    // At the first pair.
    fields: Fields<'a>,
}

impl<'a> AvPairs<'a> {
    /// Reads a list. What follows [`AvId::EOL`] is no part of it.
    ///
    /// # Errors
    /// If a pair reaches past the end or has not its type's length, or no [`AvId::EOL`] comes.
    pub fn decode(list: &'a [u8]) -> Result<Self, MessageError> {
        Self::read(&mut Fields::new(list))
    }

    pub(super) fn read(fields: &mut Fields<'a>) -> Result<Self, MessageError> {
        let list = Self { fields: *fields };
        loop {
            if fields.rest().is_empty() {
                return Err(error(fields.offset(), MessageErrorKind::NoEndOfList));
            }
            let start = fields.offset();
            let pair = pair(fields)?;
            if pair.id.value_len().is_some_and(|len| len != pair.value.len()) {
                return Err(error(start, MessageErrorKind::AvLength(pair.id)));
            }
            if pair.id == AvId::EOL {
                return Ok(list);
            }
        }
    }

    /// The pairs before the end, in their order.
    pub fn iter(&self) -> impl Iterator<Item = AvPair<'a>> + use<'a> {
        let mut fields = self.fields;
        // `read` has read them all, so there is no error.
        core::iter::from_fn(move || pair(&mut fields).ok().filter(|pair| pair.id != AvId::EOL))
    }

    /// The value of the first pair of this kind.
    #[must_use]
    pub fn find(&self, id: AvId) -> Option<AvPair<'a>> {
        self.iter().find(|pair| pair.id == id)
    }

    /// The flags; none are set if the pair is absent.
    #[must_use]
    pub fn flags(&self) -> AvFlags {
        let value = self.find(AvId::FLAGS).and_then(|pair| pair.value.first_chunk());
        AvFlags(value.map_or(0, |value| u32::from_le_bytes(*value)))
    }

    /// The time, a FILETIME as it stands: it is compared, and repeated, bit by bit.
    #[must_use]
    pub fn timestamp(&self) -> Option<u64> {
        let value = self.find(AvId::TIMESTAMP)?.value.first_chunk()?;
        Some(u64::from_le_bytes(*value))
    }
}

fn pair<'a>(fields: &mut Fields<'a>) -> Result<AvPair<'a>, MessageError> {
    let (id, len) = (AvId(fields.u16()?), fields.u16()?);
    let offset = fields.offset();
    Ok(AvPair {
        id,
        value: fields.bytes(len.into())?,
        offset,
    })
}

impl fmt::Debug for AvPairs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
