//! Authorization data that holds authorization data: AD-AND-OR, AD-KDCIssued (RFC 4120 section 5.2.6) and AD-CAMMAC
//! (RFC 7751). AD-IF-RELEVANT is an `AuthorizationData` and nothing more.

use super::{AuthorizationData, Checksum};
use crate::principal::PrincipalName;
use negotiate_core::der::{Error, ErrorKind, Reader, Tag};

/// `AD-AND-OR` (RFC 4120 section 5.2.6.3): so many of the elements must be satisfied.
///
/// ```text
/// AD-AND-OR ::= SEQUENCE {
///     condition-count  [0] Int32,
///     elements         [1] AuthorizationData
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AdAndOr<'a> {
    /// How many.
    pub condition_count: i32,
    /// The elements.
    pub elements: AuthorizationData<'a>,
}

impl<'a> AdAndOr<'a> {
    /// Reads one, which must be all of `ad_data`.
    ///
    /// # Errors
    /// If it is not its DER.
    pub fn decode(ad_data: &'a [u8]) -> Result<Self, Error> {
        let mut sequence = sole_sequence(ad_data)?;
        let condition_count = sequence.int32_field(0)?;
        let elements = sequence.field(1, AuthorizationData::decode)?;
        sequence.finish()?;
        Ok(Self {
            condition_count,
            elements,
        })
    }
}

/// `AD-KDCIssued` (RFC 4120 section 5.2.6.2): elements that the KDC signed with the ticket's session key, which the client
/// has too.
///
/// ```text
/// AD-KDCIssued ::= SEQUENCE {
///     ad-checksum  [0] Checksum,
///     i-realm      [1] Realm OPTIONAL,
///     i-sname      [2] PrincipalName OPTIONAL,
///     elements     [3] AuthorizationData
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AdKdcIssued<'a> {
    /// Over [`AdKdcIssued::signed`], with key usage 19.
    pub ad_checksum: Checksum<'a>,
    /// The elements.
    pub elements: AuthorizationData<'a>,
    /// Their DER.
    pub signed: &'a [u8],
}

impl<'a> AdKdcIssued<'a> {
    /// Reads one, which must be all of `ad_data`.
    ///
    /// # Errors
    /// If it is not its DER.
    pub fn decode(ad_data: &'a [u8]) -> Result<Self, Error> {
        let mut sequence = sole_sequence(ad_data)?;
        let ad_checksum = sequence.field(0, Checksum::decode)?;
        let _i_realm = sequence.optional(1, Reader::general_string_field)?;
        let _i_sname = sequence.optional_field(2, PrincipalName::decode)?;
        let (elements, signed) = sequence.field(3, signed_elements)?;
        sequence.finish()?;
        Ok(Self {
            ad_checksum,
            elements,
            signed,
        })
    }
}

/// `AD-CAMMAC` (RFC 7751 section 4): elements that the KDC signed with its own key and with the service's.
///
/// ```text
/// AD-CAMMAC ::= SEQUENCE {
///     elements         [0] AuthorizationData,
///     kdc-verifier     [1] Verifier-MAC OPTIONAL,
///     svc-verifier     [2] Verifier-MAC OPTIONAL,
///     other-verifiers  [3] SEQUENCE (SIZE (1..MAX)) OF Verifier OPTIONAL
/// }
/// ```
///
/// Verifiers that are not for a service are not read.
#[derive(Clone, Copy, Debug)]
pub struct AdCammac<'a> {
    /// The elements.
    pub elements: AuthorizationData<'a>,
    /// Their DER.
    pub signed: &'a [u8],
    /// The checksum over it with the service's key.
    pub svc_verifier: Option<VerifierMac<'a>>,
}

impl<'a> AdCammac<'a> {
    /// Reads one, which must be all of `ad_data`.
    ///
    /// # Errors
    /// If it is not its DER.
    pub fn decode(ad_data: &'a [u8]) -> Result<Self, Error> {
        let mut sequence = sole_sequence(ad_data)?;
        let (elements, signed) = sequence.field(0, signed_elements)?;
        let _kdc_verifier = sequence.optional_field(1, VerifierMac::decode)?;
        let svc_verifier = sequence.optional_field(2, VerifierMac::decode)?;
        sequence.optional_field(3, other_verifiers)?;
        sequence.finish()?;
        Ok(Self {
            elements,
            signed,
            svc_verifier,
        })
    }
}

/// `Verifier-MAC` (RFC 7751 section 4):
///
/// ```text
/// Verifier-MAC ::= SEQUENCE {
///     identifier  [0] PrincipalName OPTIONAL,
///     kvno        [1] UInt32 OPTIONAL,
///     enctype     [2] Int32 OPTIONAL,
///     mac         [3] Checksum
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct VerifierMac<'a> {
    /// Whose key it was made with, if that is not plain.
    pub identifier: Option<PrincipalName<'a>>,
    /// Version of that key.
    pub kvno: Option<u32>,
    /// Its encryption type.
    pub enctype: Option<i32>,
    /// The checksum, with key usage 64.
    pub mac: Checksum<'a>,
}

impl<'a> VerifierMac<'a> {
    fn decode(input: &mut Reader<'a>) -> Result<Self, Error> {
        let mut sequence = input.sequence()?;
        let verifier = Self {
            identifier: sequence.optional_field(0, PrincipalName::decode)?,
            kvno: sequence.optional_field(1, Reader::uint32)?,
            enctype: sequence.optional(2, Reader::int32_field)?,
            mac: sequence.field(3, Checksum::decode)?,
        };
        sequence.finish()?;
        Ok(verifier)
    }
}

/// For other services, and so not read; but one at least there must be (RFC 7751 section 4).
fn other_verifiers(field: &mut Reader<'_>) -> Result<(), Error> {
    let verifiers = field.sequence()?;
    if verifiers.is_empty() {
        return Err(verifiers.error(ErrorKind::BadValue));
    }
    Ok(())
}

fn sole_sequence(ad_data: &[u8]) -> Result<Reader<'_>, Error> {
    let mut input = Reader::new(ad_data);
    let sequence = input.sequence()?;
    input.finish()?;
    Ok(sequence)
}

fn signed_elements<'a>(field: &mut Reader<'a>) -> Result<(AuthorizationData<'a>, &'a [u8]), Error> {
    let mut again = *field;
    let signed = again.raw(Tag::SEQUENCE)?;
    Ok((AuthorizationData::decode(field)?, signed))
}
