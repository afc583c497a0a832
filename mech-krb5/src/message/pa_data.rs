use super::with_micros;
use alloc::vec::Vec;
use negotiate_core::Timestamp;
use negotiate_core::der::{Error, ErrorKind, Reader, Writer};

/// `PA-DATA` (RFC 4120 section 5.2.7): what helps to authenticate, or hints at how to.
///
/// ```text
/// PA-DATA ::= SEQUENCE {
///     padata-type   [1] Int32,
///     padata-value  [2] OCTET STRING
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaData<'a> {
    /// What the value is.
    pub padata_type: PaDataType,
    /// The value.
    pub padata_value: &'a [u8],
}

/// `padata-type` (RFC 4120 section 7.5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaDataType(pub i32);

impl PaDataType {
    /// PA-TGS-REQ: an AP-REQ with the ticket-granting ticket.
    pub const TGS_REQ: Self = Self(1);
    /// PA-ENC-TIMESTAMP: the time under the client's key.
    pub const ENC_TIMESTAMP: Self = Self(2);
    /// PA-ETYPE-INFO2: how the client's keys are made of its password.
    pub const ETYPE_INFO2: Self = Self(19);
    /// PA-REQ-ENC-PA-REP: the KDC is asked to prove, and proves, which request it answered (RFC 6806 section 11).
    pub const REQ_ENC_PA_REP: Self = Self(149);
}

/// Windows and MIT KDCs send about ten; more than this is an attempt to make us work.
const MAX_PA_DATA: usize = 64;

impl<'a> PaData<'a> {
    /// Reads a `SEQUENCE OF PA-DATA`: METHOD-DATA, or the padata of a request or reply.
    ///
    /// # Errors
    /// If it is not its DER, or has more than 64 elements.
    pub fn decode_list(input: &mut Reader<'a>) -> Result<Vec<Self>, Error> {
        list(input, MAX_PA_DATA, |element| {
            let mut sequence = element.sequence()?;
            let padata_type = PaDataType(sequence.int32_field(1)?);
            let padata_value = sequence.octet_string_field(2)?;
            sequence.finish()?;
            Ok(Self {
                padata_type,
                padata_value,
            })
        })
    }

    /// Writes a `SEQUENCE OF PA-DATA`.
    pub fn encode_list(pa_data: &[Self], writer: &mut Writer) {
        writer.sequence(|list| {
            for element in pa_data {
                list.sequence(|sequence| {
                    sequence.field(1, |field| field.integer(element.padata_type.0.into()));
                    sequence.field(2, |field| field.octet_string(element.padata_value));
                });
            }
        });
    }

    /// The value of the first element of this type.
    #[must_use]
    pub fn find(pa_data: &[Self], padata_type: PaDataType) -> Option<&'a [u8]> {
        let found = pa_data
            .iter()
            .find(|element| element.padata_type == padata_type)?;
        Some(found.padata_value)
    }
}

/// `ETYPE-INFO2-ENTRY` (RFC 4120 section 5.2.7.5):
///
/// ```text
/// ETYPE-INFO2-ENTRY ::= SEQUENCE {
///     etype      [0] Int32,
///     salt       [1] KerberosString OPTIONAL,
///     s2kparams  [2] OCTET STRING OPTIONAL
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EtypeInfo2Entry<'a> {
    /// Number of the encryption type.
    pub etype: i32,
    /// Salt; absent means that of the principal's name.
    pub salt: Option<&'a [u8]>,
    /// Parameters of string-to-key; absent means the type's default.
    pub s2kparams: Option<&'a [u8]>,
}

impl<'a> EtypeInfo2Entry<'a> {
    /// Reads an ETYPE-INFO2, which must be all of `input`, the KDC's favourite first.
    ///
    /// # Errors
    /// If it is not its DER, or has more than 64 entries.
    pub fn decode_list(input: &'a [u8]) -> Result<Vec<Self>, Error> {
        let mut input = Reader::new(input);
        let entries = list(&mut input, MAX_PA_DATA, |element| {
            let mut sequence = element.sequence()?;
            let etype = sequence.int32_field(0)?;
            let salt = sequence.optional(1, Reader::general_string_field)?;
            let s2kparams = sequence.optional(2, Reader::octet_string_field)?;
            sequence.finish()?;
            Ok(Self {
                etype,
                salt,
                s2kparams,
            })
        })?;
        input.finish()?;
        Ok(entries)
    }

    /// Writes an ETYPE-INFO2.
    #[must_use]
    pub fn encode_list(entries: &[Self]) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.sequence(|list| {
            for entry in entries {
                list.sequence(|sequence| {
                    sequence.field(0, |field| field.integer(entry.etype.into()));
                    if let Some(salt) = entry.salt {
                        sequence.field(1, |field| field.general_string(salt));
                    }
                    if let Some(s2kparams) = entry.s2kparams {
                        sequence.field(2, |field| field.octet_string(s2kparams));
                    }
                });
            }
        });
        writer.into_bytes()
    }
}

/// `PA-ENC-TS-ENC` (RFC 4120 section 5.2.7.2), the plaintext of PA-ENC-TIMESTAMP:
///
/// ```text
/// PA-ENC-TS-ENC ::= SEQUENCE {
///     patimestamp  [0] KerberosTime,
///     pausec       [1] Microseconds OPTIONAL
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaEncTsEnc {
    /// The client's time.
    pub patimestamp: Timestamp,
}

impl PaEncTsEnc {
    /// Reads one, which must be all of `input`.
    ///
    /// # Errors
    /// If it is not its DER.
    pub fn decode(input: &[u8]) -> Result<Self, Error> {
        let mut input = Reader::new(input);
        let mut sequence = input.sequence()?;
        input.finish()?;
        let seconds = sequence.kerberos_time_field(0)?;
        let pausec = sequence.optional_field(1, Reader::microseconds)?;
        sequence.finish()?;
        Ok(Self {
            patimestamp: with_micros(seconds, pausec.unwrap_or(0)),
        })
    }

    /// Writes it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.sequence(|sequence| {
            sequence.field(0, |field| field.kerberos_time(self.patimestamp));
            sequence.field(1, |field| field.integer(self.patimestamp.subsec_micros().into()));
        });
        writer.into_bytes()
    }
}

/// Reads a `SEQUENCE OF` of at most `most` elements.
pub(super) fn list<'a, T>(
    input: &mut Reader<'a>,
    most: usize,
    mut read: impl FnMut(&mut Reader<'a>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut elements = input.sequence()?;
    let mut read_elements = Vec::new();
    while !elements.is_empty() {
        if read_elements.len() == most {
            return Err(elements.error(ErrorKind::TooMany));
        }
        read_elements.push(read(&mut elements)?);
    }
    Ok(read_elements)
}
