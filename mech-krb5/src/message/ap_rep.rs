use super::{
    EncryptedData, EncryptionKey, HEAD_LEN, MessageError, application, head, with_micros,
    write_application_head, write_head,
};
use crate::crypto::{Key, KeyUsage};
use alloc::vec::Vec;
use negotiate_core::der::{Error, KERBEROS_TIME_LEN, Reader, Tag, Writer};
use negotiate_core::{Random, RandomUnavailable, Timestamp};

/// `EncAPRepPart` (RFC 4120 section 5.5.2), the proof that the acceptor could open the ticket:
///
/// ```text
/// AP-REP ::= [APPLICATION 15] SEQUENCE {
///     pvno      [0] INTEGER (5),
///     msg-type  [1] INTEGER (15),
///     enc-part  [2] EncryptedData -- EncAPRepPart
/// }
/// EncAPRepPart ::= [APPLICATION 27] SEQUENCE {
///     ctime       [0] KerberosTime,
///     cusec       [1] Microseconds,
///     subkey      [2] EncryptionKey OPTIONAL,
///     seq-number  [3] UInt32 OPTIONAL
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct EncApRepPart<'a> {
    /// The authenticator's time.
    pub ctime: Timestamp,
    /// A key of the acceptor's choice for this session.
    pub subkey: Option<EncryptionKey<'a>>,
    /// Number of the acceptor's first message.
    pub seq_number: Option<u32>,
}

impl<'a> EncApRepPart<'a> {
    /// The message type number of the AP-REP around it.
    pub const MESSAGE_TYPE: i64 = 15;

    /// Reads one, which must be all of `input`.
    ///
    /// # Errors
    /// If it is not its DER.
    pub fn decode(input: &'a [u8]) -> Result<Self, Error> {
        let mut input = Reader::new(input);
        let mut sequence = application(&mut input, 27)?;
        input.finish()?;
        let seconds = sequence.kerberos_time_field(0)?;
        let cusec = sequence.field(1, Reader::microseconds)?;
        let ctime = with_micros(seconds, cusec);
        let subkey = sequence.optional_field(2, EncryptionKey::decode)?;
        let seq_number = sequence.optional_field(3, Reader::uint32)?;
        sequence.finish()?;
        Ok(Self {
            ctime,
            subkey,
            seq_number,
        })
    }

    /// Reads the AP-REP around the sealed part.
    ///
    /// # Errors
    /// If it is not an AP-REP of version 5, or not its DER.
    pub fn decode_sealed(input: &'a [u8]) -> Result<EncryptedData<'a>, MessageError> {
        let mut input = Reader::new(input);
        let mut sequence = application(&mut input, 15)?;
        input.finish()?;
        head(&mut sequence, 0, Self::MESSAGE_TYPE)?;
        let enc_part = sequence.field(2, EncryptedData::decode)?;
        sequence.finish()?;
        Ok(enc_part)
    }

    /// Writes the part that is to be sealed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(self.len());
        self.write(&mut writer);
        writer.into_bytes()
    }

    /// How long the encoding is.
    fn len(&self) -> usize {
        Writer::element_len(Writer::element_len(self.fields_len()))
    }

    fn fields_len(&self) -> usize {
        let number_len = |number: i64| Writer::field_len(Writer::integer_len(number));
        [
            Some(Writer::field_len(KERBEROS_TIME_LEN)),
            Some(number_len(self.ctime.subsec_micros().into())),
            self.subkey.map(|subkey| Writer::element_len(subkey.len())),
            self.seq_number.map(|seq_number| number_len(seq_number.into())),
        ]
        .into_iter()
        .flatten()
        .fold(0, usize::saturating_add)
    }

    fn write(&self, writer: &mut Writer) {
        write_application_head(writer, 27, self.fields_len());
        writer.field(0, |field| field.kerberos_time(self.ctime));
        writer.field(1, |field| field.integer(self.ctime.subsec_micros().into()));
        if let Some(subkey) = &self.subkey {
            writer.field(2, |field| subkey.encode(field));
        }
        if let Some(seq_number) = self.seq_number {
            writer.field(3, |field| field.integer(seq_number.into()));
        }
    }

    /// Writes the AP-REP around the sealed part.
    #[must_use]
    pub fn encode_sealed(key: &Key, cipher: &[u8]) -> Vec<u8> {
        let ap_rep = ApRepAround::new(key, cipher.len());
        let mut writer = Writer::with_capacity(ap_rep.len());
        ap_rep.write_head(&mut writer);
        writer.raw(cipher);
        writer.into_bytes()
    }

    /// How long the AP-REP around this part is, sealed with `key`.
    pub(crate) fn sealed_len(&self, key: &Key) -> usize {
        self.around(key).len()
    }

    /// Writes the AP-REP around this part and seals the part where it stands.
    pub(crate) fn write_sealed(
        &self,
        writer: &mut Writer,
        key: &Key,
        random: &mut dyn Random,
    ) -> Result<(), RandomUnavailable> {
        self.around(key).write_head(writer);
        let key = key.for_usage(KeyUsage::AP_REP);
        key.encrypt_written(writer.buffer(), self.len(), random, |out| {
            let mut part = Writer::onto(core::mem::take(out));
            self.write(&mut part);
            *out = part.into_bytes();
        })
    }

    fn around(&self, key: &Key) -> ApRepAround {
        let overhead = key.encryption_type().overhead();
        ApRepAround::new(key, self.len().saturating_add(overhead))
    }
}

/// An AP-REP without its cipher. Every length is told before the first byte: written from the inside, each of its seven layers
/// would move what is in it.
struct ApRepAround {
    etype: i32,
    cipher_len: usize,
}

impl ApRepAround {
    fn new(key: &Key, cipher_len: usize) -> Self {
        Self {
            etype: key.encryption_type().number(),
            cipher_len,
        }
    }

    fn len(&self) -> usize {
        Writer::element_len(Writer::element_len(self.fields_len()))
    }

    fn fields_len(&self) -> usize {
        HEAD_LEN.saturating_add(Writer::element_len(self.enc_part_len()))
    }

    fn enc_part_len(&self) -> usize {
        EncryptedData::len(self.etype, None, self.cipher_len)
    }

    /// Writes all but the cipher, whose bytes the caller appends next.
    fn write_head(&self, writer: &mut Writer) {
        write_application_head(writer, 15, self.fields_len());
        write_head(writer, 0, EncApRepPart::MESSAGE_TYPE);
        writer.header(Tag::context(2), self.enc_part_len());
        EncryptedData::write_head(writer, self.etype, None, self.cipher_len);
    }
}
