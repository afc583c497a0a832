use super::{MessageError, application, head, with_micros, write_application, write_head};
use crate::principal::{PrincipalName, PrincipalRef};
use alloc::vec::Vec;
use core::fmt;
use negotiate_core::Timestamp;
use negotiate_core::der::{Reader, Writer};

/// `KRB-ERROR` (RFC 4120 section 5.9.1). Nothing protects it: whoever can send can send one.
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
    /// The client, if the server knew it.
    pub client: Option<PrincipalRef<'a>>,
    /// Realm of the server.
    pub realm: &'a [u8],
    /// Name of the server; without components if it is of a KDC that does not say (Heimdal's, about an unknown service).
    pub sname: PrincipalName<'a>,
    /// What went wrong, in the server's words.
    pub e_text: Option<&'a [u8]>,
    /// More about it: with [`ErrorCode::PREAUTH_REQUIRED`] a METHOD-DATA, which is a `SEQUENCE OF PA-DATA`.
    pub e_data: Option<&'a [u8]>,
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
        sequence.optional(2, Reader::kerberos_time_field)?;
        sequence.optional_field(3, Reader::microseconds)?;
        let seconds = sequence.kerberos_time_field(4)?;
        let susec = sequence.field(5, Reader::microseconds)?;
        let error_code = ErrorCode(sequence.int32_field(6)?);
        let crealm = sequence.optional(7, Reader::general_string_field)?;
        let cname = sequence.optional_field(8, PrincipalName::decode)?;
        let realm = sequence.general_string_field(9)?;
        let sname = sequence.field(10, PrincipalName::decode_or_empty)?;
        let e_text = sequence.optional(11, Reader::general_string_field)?;
        let e_data = sequence.optional(12, Reader::octet_string_field)?;
        sequence.finish()?;
        Ok(Self {
            stime: with_micros(seconds, susec),
            error_code,
            client: cname.zip(crealm).map(|(cname, crealm)| cname.in_realm(crealm)),
            realm,
            sname,
            e_text,
            e_data,
        })
    }

    /// Writes it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let e_data_len = self.e_data.map_or(0, <[u8]>::len);
        let mut writer = Writer::with_capacity(e_data_len.saturating_add(256));
        self.write(&mut writer);
        writer.into_bytes()
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        write_application(writer, 30, |sequence| {
            write_head(sequence, 0, Self::MESSAGE_TYPE);
            sequence.field(4, |field| field.kerberos_time(self.stime));
            sequence.field(5, |field| field.integer(self.stime.subsec_micros().into()));
            sequence.field(6, |field| field.integer(self.error_code.0.into()));
            if let Some(client) = &self.client {
                sequence.field(7, |field| field.general_string(client.realm()));
                sequence.field(8, |field| client.name().encode(field));
            }
            sequence.field(9, |field| field.general_string(self.realm));
            sequence.field(10, |field| self.sname.encode(field));
            if let Some(e_text) = self.e_text {
                sequence.field(11, |field| field.general_string(e_text));
            }
            if let Some(e_data) = self.e_data {
                sequence.field(12, |field| field.octet_string(e_data));
            }
        });
    }
}

/// `error-code` (RFC 4120 section 7.5.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCode(pub i32);

macro_rules! error_codes {
    ($($constant:ident = $number:literal $name:literal)*) => {
        impl ErrorCode {
            $(#[doc = $name] pub const $constant: Self = Self($number);)*

            /// RFC 4120's name of it.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($name),)*
                    _ => None,
                }
            }
        }
    };
}

error_codes! {
    C_PRINCIPAL_UNKNOWN = 6 "KDC_ERR_C_PRINCIPAL_UNKNOWN"
    S_PRINCIPAL_UNKNOWN = 7 "KDC_ERR_S_PRINCIPAL_UNKNOWN"
    CANNOT_POSTDATE = 10 "KDC_ERR_CANNOT_POSTDATE"
    NEVER_VALID = 11 "KDC_ERR_NEVER_VALID"
    POLICY = 12 "KDC_ERR_POLICY"
    BADOPTION = 13 "KDC_ERR_BADOPTION"
    ETYPE_NOSUPP = 14 "KDC_ERR_ETYPE_NOSUPP"
    SUMTYPE_NOSUPP = 15 "KDC_ERR_SUMTYPE_NOSUPP"
    PADATA_TYPE_NOSUPP = 16 "KDC_ERR_PADATA_TYPE_NOSUPP"
    CLIENT_REVOKED = 18 "KDC_ERR_CLIENT_REVOKED"
    KEY_EXPIRED = 23 "KDC_ERR_KEY_EXPIRED"
    PREAUTH_FAILED = 24 "KDC_ERR_PREAUTH_FAILED"
    PREAUTH_REQUIRED = 25 "KDC_ERR_PREAUTH_REQUIRED"
    SERVER_NOMATCH = 26 "KDC_ERR_SERVER_NOMATCH"
    BAD_INTEGRITY = 31 "KRB_AP_ERR_BAD_INTEGRITY"
    TKT_EXPIRED = 32 "KRB_AP_ERR_TKT_EXPIRED"
    TKT_NYV = 33 "KRB_AP_ERR_TKT_NYV"
    REPEAT = 34 "KRB_AP_ERR_REPEAT"
    NOT_US = 35 "KRB_AP_ERR_NOT_US"
    BADMATCH = 36 "KRB_AP_ERR_BADMATCH"
    SKEW = 37 "KRB_AP_ERR_SKEW"
    BADADDR = 38 "KRB_AP_ERR_BADADDR"
    BADVERSION = 39 "KRB_AP_ERR_BADVERSION"
    MSG_TYPE = 40 "KRB_AP_ERR_MSG_TYPE"
    MODIFIED = 41 "KRB_AP_ERR_MODIFIED"
    BADKEYVER = 44 "KRB_AP_ERR_BADKEYVER"
    NOKEY = 45 "KRB_AP_ERR_NOKEY"
    INAPP_CKSUM = 50 "KRB_AP_ERR_INAPP_CKSUM"
    PATH_NOT_ACCEPTED = 51 "KRB_AP_PATH_NOT_ACCEPTED"
    RESPONSE_TOO_BIG = 52 "KRB_ERR_RESPONSE_TOO_BIG"
    GENERIC = 60 "KRB_ERR_GENERIC"
    NO_TGT = 67 "KRB_AP_ERR_NO_TGT"
    WRONG_REALM = 68 "KDC_ERR_WRONG_REALM"
    PRINCIPAL_UNKNOWN = 82 "KRB_AP_ERR_PRINCIPAL_UNKNOWN"
    REALM_UNKNOWN = 83 "KRB_AP_ERR_REALM_UNKNOWN"
    PRINCIPAL_RESERVED = 84 "KRB_AP_ERR_PRINCIPAL_RESERVED"
}

/// The name by RFC 4120 and RFC 6111, or the number.
impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "error {}", self.0),
        }
    }
}
