use super::{AuthorizationData, EncryptionKey, MessageError, PVNO, application};
use crate::principal::PrincipalName;
use negotiate_core::Timestamp;
use negotiate_core::der::{Error, Reader};

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
        let version = sequence.field(0, Reader::integer)?;
        if version != PVNO {
            return Err(MessageError::BadVersion(version));
        }
        let crealm = sequence.field(1, Reader::general_string)?;
        let cname = sequence.field(2, PrincipalName::decode)?;
        let cksum = sequence.optional_field(3, Checksum::decode)?;
        let cusec = sequence.field(4, Reader::microseconds)?;
        let seconds = sequence.field(5, Reader::kerberos_time)?;
        let ctime = Timestamp::from_unix_micros(seconds.unix_micros().saturating_add(cusec.into()));
        let subkey = sequence.optional_field(6, EncryptionKey::decode)?;
        let seq_number = sequence.optional_field(7, Reader::uint32)?;
        let authorization_data = sequence.optional_field(8, AuthorizationData::decode)?;
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
}

/// `Checksum` (RFC 4120 section 5.2.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum<'a> {
    /// Number of the checksum type.
    pub cksumtype: i32,
    /// The checksum.
    pub checksum: &'a [u8],
}

impl<'a> Checksum<'a> {
    fn decode(input: &mut Reader<'a>) -> Result<Self, Error> {
        let mut sequence = input.sequence()?;
        let cksumtype = sequence.field(0, Reader::int32)?;
        let checksum = sequence.field(1, Reader::octet_string)?;
        sequence.finish()?;
        Ok(Self { cksumtype, checksum })
    }
}
