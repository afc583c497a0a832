use super::typed_octets;
use crate::crypto::{EncryptionTypes, Key, KeyError};
use core::fmt;
use negotiate_core::der::{Error, Reader, Tag, Writer};

/// `EncryptedData` (RFC 4120 section 5.2.9):
///
/// ```text
/// EncryptedData ::= SEQUENCE {
///     etype   [0] Int32,
///     kvno    [1] UInt32 OPTIONAL,
///     cipher  [2] OCTET STRING
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncryptedData<'a> {
    /// Number of the encryption type.
    pub etype: i32,
    /// Version of the key, where the key has versions.
    pub kvno: Option<u32>,
    /// Confounder, ciphertext and checksum.
    pub cipher: &'a [u8],
}

impl<'a> EncryptedData<'a> {
    /// Reads one.
    ///
    /// # Errors
    /// If it is not its DER.
    pub fn decode(input: &mut Reader<'a>) -> Result<Self, Error> {
        Self::of_content(input.sequence()?)
    }

    #[inline]
    pub(super) fn of_content(mut content: Reader<'a>) -> Result<Self, Error> {
        let etype = content.int32_field(0)?;
        let kvno = content.optional(1, Reader::uint32_field)?;
        let cipher = content.octet_string_field(2)?;
        content.finish()?;
        Ok(Self { etype, kvno, cipher })
    }

    /// Writes it.
    pub fn encode(&self, writer: &mut Writer) {
        Self::write_head(writer, self.etype, self.kvno, self.cipher.len());
        writer.raw(self.cipher);
    }

    /// Writes all but the cipher, whose bytes the caller appends next.
    pub(super) fn write_head(writer: &mut Writer, etype: i32, kvno: Option<u32>, cipher_len: usize) {
        writer.header(Tag::SEQUENCE, Self::content_len(etype, kvno, cipher_len));
        writer.field(0, |field| field.integer(etype.into()));
        if let Some(kvno) = kvno {
            writer.field(1, |field| field.integer(kvno.into()));
        }
        writer.header(Tag::context(2), Writer::element_len(cipher_len));
        writer.header(Tag::OCTET_STRING, cipher_len);
    }

    /// How long the encoding is.
    pub(super) fn len(etype: i32, kvno: Option<u32>, cipher_len: usize) -> usize {
        Writer::element_len(Self::content_len(etype, kvno, cipher_len))
    }

    fn content_len(etype: i32, kvno: Option<u32>, cipher_len: usize) -> usize {
        let number_len = |number: i64| Writer::field_len(Writer::integer_len(number));
        let kvno_len = kvno.map_or(0, |kvno| number_len(kvno.into()));
        number_len(etype.into())
            .saturating_add(kvno_len)
            .saturating_add(Writer::field_len(cipher_len))
    }
}

/// `EncryptionKey` (RFC 4120 section 5.2.9): a key as a message carries it.
///
/// ```text
/// EncryptionKey ::= SEQUENCE {
///     keytype   [0] Int32,
///     keyvalue  [1] OCTET STRING
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EncryptionKey<'a> {
    /// Number of the encryption type.
    pub keytype: i32,
    /// The key itself.
    pub keyvalue: &'a [u8],
}

impl<'a> EncryptionKey<'a> {
    /// Reads one.
    ///
    /// # Errors
    /// If it is not its DER.
    pub fn decode(input: &mut Reader<'a>) -> Result<Self, Error> {
        Self::of_content(input.sequence()?)
    }

    pub(super) fn of_content(content: Reader<'a>) -> Result<Self, Error> {
        let (keytype, keyvalue) = typed_octets(content)?;
        Ok(Self { keytype, keyvalue })
    }

    /// Writes it.
    pub fn encode(&self, writer: &mut Writer) {
        writer.sequence(|sequence| {
            sequence.field(0, |field| field.integer(self.keytype.into()));
            sequence.field(1, |field| field.octet_string(self.keyvalue));
        });
    }

    /// How long the encoding is.
    pub(super) fn len(self) -> usize {
        let keytype_len = Writer::field_len(Writer::integer_len(self.keytype.into()));
        Writer::element_len(keytype_len.saturating_add(Writer::field_len(self.keyvalue.len())))
    }

    /// The key, ready for use; `None` if the type is none of [`EncryptionType::ALL`](crate::crypto::EncryptionType::ALL).
    ///
    /// # Errors
    /// If the type is known and the key has another length than its type says.
    pub fn to_key(self) -> Option<Result<Key, KeyError>> {
        self.to_key_of(EncryptionTypes::default())
    }

    /// The same where other types are allowed than by default.
    ///
    /// # Errors
    /// As there.
    pub fn to_key_of(self, types: EncryptionTypes) -> Option<Result<Key, KeyError>> {
        let encryption_type = types.find(self.keytype)?;
        Some(Key::new(encryption_type, self.keyvalue))
    }
}

/// Without the key.
impl fmt::Debug for EncryptionKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptionKey(etype {}, ..)", self.keytype)
    }
}
