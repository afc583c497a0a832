use super::{
    AuthorizationData, EncryptionKey, MessageError, PVNO, application, typed_octets, with_micros, written,
};
use crate::principal::PrincipalName;
use alloc::vec::Vec;
use negotiate_core::Timestamp;
use negotiate_core::der::{Error, Reader, Writer};

/// `Authenticator` (RFC 4120 section 5.5.1), what the client sealed:
///
/// ```text
/// Authenticator ::= [APPLICATION 2] SEQUENCE {
///     authenticator-vno   [0] INTEGER (5),
///     crealm              [1] Realm,
///     cname               [2] PrincipalName,
///     cksum               [3] Checksum OPTIONAL,
///     cusec               [4] Microseconds,
///     ctime               [5] KerberosTime,
///     subkey              [6] EncryptionKey OPTIONAL,
///     seq-number          [7] UInt32 OPTIONAL,
///     authorization-data  [8] AuthorizationData OPTIONAL
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Authenticator<'a> {
    /// Realm of the client.
    pub crealm: &'a [u8],
    /// Name of the client.
    pub cname: PrincipalName<'a>,
    /// Checksum; GSS-API puts flags, bindings and a delegated credential here (RFC 4121 section 4.1.1).
    pub cksum: Option<Checksum<'a>>,
    /// The client's time: `ctime` and `cusec` together.
    pub ctime: Timestamp,
    /// A key of the client's choice for this session.
    pub subkey: Option<EncryptionKey<'a>>,
    /// Number of the client's first message.
    pub seq_number: Option<u32>,
    /// What the client says about itself.
    pub authorization_data: Option<AuthorizationData<'a>>,
}

impl<'a> Authenticator<'a> {
    /// Reads one, which must be all of `input`.
    ///
    /// # Errors
    /// If it is not an authenticator of version 5, or not its DER.
    pub fn decode(input: &'a [u8]) -> Result<Self, MessageError> {
        let mut input = Reader::new(input);
        let mut sequence = application(&mut input, 2)?;
        input.finish()?;
        let version = sequence.integer_field(0)?;
        if version != PVNO {
            return Err(MessageError::BadVersion(version));
        }
        let crealm = sequence.general_string_field(1)?;
        let cname = PrincipalName::of_content(sequence.sequence_field(2)?)?;
        let cksum = sequence
            .optional(3, Reader::sequence_field)?
            .map(Checksum::of_content)
            .transpose()?;
        let cusec = sequence.microseconds_field(4)?;
        let seconds = sequence.kerberos_time_field(5)?;
        let ctime = with_micros(seconds, cusec);
        let subkey = sequence
            .optional(6, Reader::sequence_field)?
            .map(EncryptionKey::of_content)
            .transpose()?;
        let seq_number = sequence.optional(7, Reader::uint32_field)?;
        let authorization_data = sequence
            .optional(8, Reader::sequence_field)?
            .map(AuthorizationData::of_content)
            .transpose()?;
        sequence.finish()?;
        Ok(Self {
            crealm,
            cname,
            cksum,
            ctime,
            subkey,
            seq_number,
            authorization_data,
        })
    }

    /// Writes the part that is to be sealed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let checksum_len = self.cksum.map_or(0, |cksum| cksum.checksum.len());
        written(2, checksum_len.saturating_add(512), |sequence| {
            sequence.field(0, |field| field.integer(PVNO));
            sequence.field(1, |field| field.general_string(self.crealm));
            sequence.field(2, |field| self.cname.encode(field));
            if let Some(cksum) = &self.cksum {
                sequence.field(3, |field| cksum.encode(field));
            }
            sequence.field(4, |field| field.integer(self.ctime.subsec_micros().into()));
            sequence.field(5, |field| field.kerberos_time(self.ctime));
            if let Some(subkey) = &self.subkey {
                sequence.field(6, |field| subkey.encode(field));
            }
            if let Some(seq_number) = self.seq_number {
                sequence.field(7, |field| field.integer(seq_number.into()));
            }
            if let Some(authorization_data) = &self.authorization_data {
                sequence.field(8, |field| authorization_data.encode(field));
            }
        })
    }
}

/// `Checksum` (RFC 4120 section 5.2.9):
///
/// ```text
/// Checksum ::= SEQUENCE {
///     cksumtype  [0] Int32,
///     checksum   [1] OCTET STRING
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum<'a> {
    /// Number of the checksum type.
    pub cksumtype: i32,
    /// The checksum.
    pub checksum: &'a [u8],
}

impl<'a> Checksum<'a> {
    /// Reads one.
    ///
    /// # Errors
    /// If it is not its DER.
    pub fn decode(input: &mut Reader<'a>) -> Result<Self, Error> {
        Self::of_content(input.sequence()?)
    }

    fn of_content(content: Reader<'a>) -> Result<Self, Error> {
        let (cksumtype, checksum) = typed_octets(content)?;
        Ok(Self { cksumtype, checksum })
    }

    /// Writes it.
    pub fn encode(&self, writer: &mut Writer) {
        writer.sequence(|sequence| {
            sequence.field(0, |field| field.integer(self.cksumtype.into()));
            sequence.field(1, |field| field.octet_string(self.checksum));
        });
    }
}
