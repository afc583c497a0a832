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
        let fields_len = self.fields_len();
        let mut writer = Writer::with_capacity(Writer::field_len(fields_len));
        self.write(&mut writer, fields_len);
        writer.into_bytes()
    }

    fn fields_len(&self) -> usize {
        let number_len = |number: i64| Writer::field_len(Writer::integer_len(number));
        let subkey_len = self.subkey.map_or(0, |subkey| Writer::element_len(subkey.len()));
        let seq_number_len = self
            .seq_number
            .map_or(0, |seq_number| number_len(seq_number.into()));
        Writer::field_len(KERBEROS_TIME_LEN)
            .saturating_add(number_len(self.ctime.subsec_micros().into()))
            .saturating_add(subkey_len)
            .saturating_add(seq_number_len)
    }

    fn write(&self, writer: &mut Writer, fields_len: usize) {
        write_application_head(writer, 27, fields_len);
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
        let mut writer = Writer::with_capacity(ap_rep.len);
        ap_rep.write_head(&mut writer);
        writer.raw(cipher);
        writer.into_bytes()
    }

    /// The AP-REP around this part, still to be sealed with `key`.
    pub(crate) fn to_be_sealed(self, key: &'a Key) -> ToBeSealed<'a> {
        let fields_len = self.fields_len();
        let part_len = Writer::field_len(fields_len);
        let cipher_len = part_len.saturating_add(key.encryption_type().overhead());
        ToBeSealed {
            part: self,
            fields_len,
            part_len,
            around: ApRepAround::new(key, cipher_len),
            key,
        }
    }
}

/// An AP-REP whose lengths are known and that is not written yet.
pub(crate) struct ToBeSealed<'a> {
    part: EncApRepPart<'a>,
    fields_len: usize,
    part_len: usize,
    around: ApRepAround,
    key: &'a Key,
}

impl ToBeSealed<'_> {
    /// How long the AP-REP is.
    pub(crate) const fn len(&self) -> usize {
        self.around.len
    }

    /// Writes the AP-REP and seals the part where it stands.
    pub(crate) fn write(
        &self,
        writer: &mut Writer,
        random: &mut dyn Random,
    ) -> Result<(), RandomUnavailable> {
        self.around.write_head(writer);
        let key = self.key.for_usage(KeyUsage::AP_REP);
        key.encrypt_written(writer.buffer(), self.part_len, random, |out| {
            let mut part = Writer::onto(core::mem::take(out));
            self.part.write(&mut part, self.fields_len);
            *out = part.into_bytes();
        })
    }
}

/// An AP-REP without its cipher. Every length is told before the first byte: written from the inside, each of its seven layers
/// would move what is in it.
struct ApRepAround {
    etype: i32,
    cipher_len: usize,
    enc_part_len: usize,
    fields_len: usize,
    len: usize,
}

impl ApRepAround {
    fn new(key: &Key, cipher_len: usize) -> Self {
        let etype = key.encryption_type().number();
        let enc_part_len = EncryptedData::len(etype, None, cipher_len);
        let fields_len = HEAD_LEN.saturating_add(Writer::element_len(enc_part_len));
        Self {
            etype,
            cipher_len,
            enc_part_len,
            fields_len,
            len: Writer::field_len(fields_len),
        }
    }

    /// Writes all but the cipher, whose bytes the caller appends next.
    fn write_head(&self, writer: &mut Writer) {
        write_application_head(writer, 15, self.fields_len);
        write_head(writer, 0, EncApRepPart::MESSAGE_TYPE);
        writer.header(Tag::context(2), self.enc_part_len);
        EncryptedData::write_head(writer, self.etype, None, self.cipher_len);
    }
}
