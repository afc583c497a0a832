//! The cursor over the fixed part of a message.

use super::{MessageError, MessageErrorKind, MessageType, Payload, SIGNATURE};

/// Reads one fixed field after the other.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    all: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    pub(super) const fn new(all: &'a [u8]) -> Self {
        Self { all, at: 0 }
    }

    /// Reads signature and type, with which every message begins.
    pub(super) fn of_message(message: &'a [u8], expected: MessageType) -> Result<Self, MessageError> {
        let mut fields = Self::new(message);
        if fields.array()? != SIGNATURE {
            return Err(error(0, MessageErrorKind::Signature));
        }
        let at = fields.at;
        match fields.u32()? {
            found if found == expected.number() => Ok(fields),
            found => Err(error(at, MessageErrorKind::MessageType(found))),
        }
    }

    pub(super) const fn offset(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.all.get(self.at..).unwrap_or_default()
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], MessageError> {
        let array = self.rest().first_chunk();
        let array = array.ok_or(error(self.at, MessageErrorKind::Truncated))?;
        self.at = self.at.saturating_add(N);
        Ok(*array)
    }

    pub(super) fn u16(&mut self) -> Result<u16, MessageError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, MessageError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, MessageError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], MessageError> {
        let bytes = self.rest().get(..count);
        let bytes = bytes.ok_or(error(self.at, MessageErrorKind::Truncated))?;
        self.at = self.at.saturating_add(count);
        Ok(bytes)
    }

    /// Len, MaxLen and BufferOffset of a payload field (MS-NLMP section 2.2.1), whose bytes come after `header_len`.
    pub(super) fn payload(&mut self, header_len: usize) -> Result<Payload<'a>, MessageError> {
        let field = self.at;
        // MaxLen is ignored on receipt.
        let (len, _max_len, offset) = (self.u16()?, self.u16()?, self.u32()?);
        if len == 0 {
            // The offset of an empty field means nothing: not all initiators set it.
            return Ok(Payload::EMPTY);
        }
        let bad = error(field, MessageErrorKind::OutOfBounds);
        let offset = usize::try_from(offset).map_err(|_| bad)?;
        let end = offset.checked_add(usize::from(len)).ok_or(bad)?;
        let bytes = self.all.get(offset..end).filter(|_| offset >= header_len);
        Ok(Payload::new(bytes.ok_or(bad)?, offset))
    }
}

pub(super) const fn error(offset: usize, kind: MessageErrorKind) -> MessageError {
    MessageError { offset, kind }
}
