use super::{MessageError, PVNO, application, head};
use crate::principal::PrincipalName;
use alloc::vec::Vec;
use negotiate_core::Timestamp;
use negotiate_core::der::{Reader, Tag, Writer};

/// `KRB-ERROR` (RFC 4120 section 5.9.1), without the fields that only a KDC fills:
///
/// ```text
/// KRB-ERROR ::= [APPLICATION 30] SEQUENCE {
///     pvno        [0] INTEGER (5),
///     msg-type    [1] INTEGER (30),
///     ctime       [2] KerberosTime OPTIONAL,
///     cusec       [3] Microseconds OPTIONAL,
///     stime       [4] KerberosTime,
///     susec       [5] Microseconds,
///     error-code  [6] Int32,
///     crealm      [7] Realm OPTIONAL,
///     cname       [8] PrincipalName OPTIONAL,
///     realm       [9] Realm,
///     sname       [10] PrincipalName,
///     e-text      [11] KerberosString OPTIONAL,
///     e-data      [12] OCTET STRING OPTIONAL
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct KrbError<'a> {
    /// The server's time.
    pub stime: Timestamp,
    /// What went wrong.
    pub error_code: ErrorCode,
    /// Realm of the server.
    pub realm: &'a [u8],
    /// Name of the server.
    pub sname: PrincipalName<'a>,
}

/// `error-code` (RFC 4120 section 7.5.9), those that an acceptor sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCode(pub i32);

impl ErrorCode {
    /// KDC_ERR_ETYPE_NOSUPP
    pub const ETYPE_NOSUPP: Self = Self(14);
    /// KRB_AP_ERR_BAD_INTEGRITY
    pub const BAD_INTEGRITY: Self = Self(31);
    /// KRB_AP_ERR_TKT_EXPIRED
    pub const TKT_EXPIRED: Self = Self(32);
    /// KRB_AP_ERR_TKT_NYV
    pub const TKT_NYV: Self = Self(33);
    /// KRB_AP_ERR_REPEAT
    pub const REPEAT: Self = Self(34);
    /// KRB_AP_ERR_NOT_US
    pub const NOT_US: Self = Self(35);
    /// KRB_AP_ERR_BADMATCH
    pub const BADMATCH: Self = Self(36);
    /// KRB_AP_ERR_SKEW
    pub const SKEW: Self = Self(37);
    /// KRB_AP_ERR_BADADDR
    pub const BADADDR: Self = Self(38);
    /// KRB_AP_ERR_BADVERSION
    pub const BADVERSION: Self = Self(39);
    /// KRB_AP_ERR_MSG_TYPE
    pub const MSG_TYPE: Self = Self(40);
    /// KRB_AP_ERR_MODIFIED
    pub const MODIFIED: Self = Self(41);
    /// KRB_AP_ERR_BADKEYVER
    pub const BADKEYVER: Self = Self(44);
    /// KRB_AP_ERR_NOKEY
    pub const NOKEY: Self = Self(45);
    /// KRB_AP_ERR_INAPP_CKSUM
    pub const INAPP_CKSUM: Self = Self(50);
    /// KRB_AP_PATH_NOT_ACCEPTED
    pub const PATH_NOT_ACCEPTED: Self = Self(51);
    /// KRB_ERR_GENERIC
    pub const GENERIC: Self = Self(60);
}

impl<'a> KrbError<'a> {
    /// The message type number.
    pub const MESSAGE_TYPE: i64 = 30;

    /// Reads one, which must be all of `input`.
    ///
    /// # Errors
    /// If it is not a KRB-ERROR of version 5, or not its DER.
    pub fn decode(input: &'a [u8]) -> Result<Self, MessageError> {
        let mut input = Reader::new(input);
        let mut sequence = application(&mut input, 30)?;
        input.finish()?;
        head(&mut sequence, 0, Self::MESSAGE_TYPE)?;
        sequence.optional_field(2, Reader::kerberos_time)?;
        sequence.optional_field(3, Reader::microseconds)?;
        let seconds = sequence.field(4, Reader::kerberos_time)?;
        let susec = sequence.field(5, Reader::microseconds)?;
        let stime = Timestamp::from_unix_micros(seconds.unix_micros().saturating_add(susec.into()));
        let error_code = ErrorCode(sequence.field(6, Reader::int32)?);
        sequence.optional_field(7, Reader::general_string)?;
        sequence.optional_field(8, PrincipalName::decode)?;
        let realm = sequence.field(9, Reader::general_string)?;
        let sname = sequence.field(10, PrincipalName::decode)?;
        sequence.optional_field(11, Reader::general_string)?;
        sequence.optional_field(12, Reader::octet_string)?;
        sequence.finish()?;
        Ok(Self {
            stime,
            error_code,
            realm,
            sname,
        })
    }

    /// Writes it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(192);
        writer.element(Tag::application(30), |message| {
            message.sequence(|sequence| {
                sequence.field(0, |field| field.integer(PVNO));
                sequence.field(1, |field| field.integer(Self::MESSAGE_TYPE));
                sequence.field(4, |field| field.kerberos_time(self.stime));
                sequence.field(5, |field| field.integer(self.stime.subsec_micros().into()));
                sequence.field(6, |field| field.integer(self.error_code.0.into()));
                sequence.field(9, |field| field.general_string(self.realm));
                sequence.field(10, |field| self.sname.encode(field));
            });
        });
        writer.into_bytes()
    }
}
