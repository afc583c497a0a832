use super::{
    EncryptedData, EncryptionKey, MessageError, application, head, with_micros, write_application, write_head,
};
use crate::crypto::{Key, KeyUsage};
use alloc::vec::Vec;
use negotiate_core::der::{Error, Reader, Writer};
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
        let seconds = sequence.field(0, Reader::kerberos_time)?;
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

    /// The longest: with a key of 32 bytes.
    const MAX_LEN: usize = 96;

    /// Writes the part that is to be sealed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(Self::MAX_LEN);
        self.write(&mut writer);
        writer.into_bytes()
    }

    fn write(&self, writer: &mut Writer) {
        write_application(writer, 27, |sequence| {
            sequence.field(0, |field| field.kerberos_time(self.ctime));
            sequence.field(1, |field| field.integer(self.ctime.subsec_micros().into()));
            if let Some(subkey) = &self.subkey {
                sequence.field(2, |field| subkey.encode(field));
            }
            if let Some(seq_number) = self.seq_number {
                sequence.field(3, |field| field.integer(seq_number.into()));
            }
        });
    }

    /// Writes the AP-REP around the sealed part.
    #[must_use]
    pub fn encode_sealed(key: &Key, cipher: &[u8]) -> Vec<u8> {
        let mut writer = Writer::with_capacity(cipher.len().saturating_add(64));
        write_ap_rep(&mut writer, key, |writer| writer.raw(cipher));
        writer.into_bytes()
    }

    /// Writes the AP-REP around this part and seals the part where it stands.
    pub(crate) fn write_sealed(
        &self,
        writer: &mut Writer,
        key: &Key,
        random: &mut dyn Random,
    ) -> Result<(), RandomUnavailable> {
        let mut sealed = Ok(());
        write_ap_rep(writer, key, |writer| {
            let key = key.for_usage(KeyUsage::AP_REP);
            sealed = key.encrypt_written(writer.buffer(), Self::MAX_LEN, random, |out| {
                let mut part = Writer::onto(core::mem::take(out));
                self.write(&mut part);
                *out = part.into_bytes();
            });
        });
        sealed
    }
}

/// An AP-REP, with the cipher that `write_cipher` appends.
fn write_ap_rep(writer: &mut Writer, key: &Key, write_cipher: impl FnOnce(&mut Writer)) {
    write_application(writer, 15, |sequence| {
        write_head(sequence, 0, EncApRepPart::MESSAGE_TYPE);
        let etype = key.encryption_type().number();
        sequence.field(2, |field| EncryptedData::write(field, etype, None, write_cipher));
    });
}
