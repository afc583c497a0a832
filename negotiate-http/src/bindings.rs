//! Channel bindings of TLS for servers: `tls-server-end-point` (RFC 5929 section 4.1) and `tls-exporter` (RFC 9266).
//!
//! The first is a hash of the server's certificate, by the hash of the certificate's own signature, and works through
//! any TLS version and session resumption. The certificate must be the one that the client saw: where a proxy ends TLS,
//! the proxy's. The second is a secret of the one connection, which only its two ends can compute: a machine in the middle
//! that has the server's certificate and key does not have it either.
//!
//! A client uses one of them and does not say which, so a server that ends TLS itself offers both:
//! `tls_server_end_point(certificate)?.or(tls_exporter(&keying_material))`. HTTP clients in the field use the first; to have
//! both makes nothing easier for an attacker who has none of the two.

use negotiate_core::ChannelBindings;
use negotiate_core::der::{self, Reader};
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use std::error::Error;
use std::fmt;

/// The bindings of a TLS connection on which the server showed this certificate (DER, the leaf alone, octet for octet as it was
/// sent: RFC 5929 section 4.1).
///
/// # Errors
/// If the bytes are no certificate, or its signature algorithm gives no hash to bind with.
pub fn tls_server_end_point(certificate: &[u8]) -> Result<ChannelBindings, EndPointError> {
    let mut application_data = b"tls-server-end-point:".to_vec();
    match signature_hash(certificate)? {
        Hash::Sha224 => application_data.extend(Sha224::digest(certificate)),
        // RFC 5929 section 4.1: SHA-256 in place of MD5 and SHA-1.
        Hash::Weak | Hash::Sha256 => application_data.extend(Sha256::digest(certificate)),
        Hash::Sha384 => application_data.extend(Sha384::digest(certificate)),
        Hash::Sha512 => application_data.extend(Sha512::digest(certificate)),
    }
    Ok(ChannelBindings::from_application_data(application_data))
}

/// The label with which [`tls_exporter`]'s keying material is exported; the context is empty.
pub const TLS_EXPORTER_LABEL: &[u8] = b"EXPORTER-Channel-Binding";

/// The application data of `tls-exporter` (RFC 9266 section 2): `keying_material` is what the connection exports with
/// [`TLS_EXPORTER_LABEL`] and an empty context (RFC 5705, RFC 8446 section 7.5).
///
/// Only for TLS 1.3, or TLS 1.2 with the extended master secret and without renegotiation: else an attacker can make two
/// connections export the same (RFC 9266 sections 2 and 4.2). It is to be used for nothing else, least of all as a key (RFC 9266
/// section 4).
///
/// All logins on one connection have the same. RFC 9266 section 4.1 wants one login for each, which HTTP does not do; that a login
/// is not taken twice is the mechanism's to see, by its replay cache or its challenge.
#[must_use]
pub fn tls_exporter(keying_material: &[u8; 32]) -> Vec<u8> {
    [b"tls-exporter:", &keying_material[..]].concat()
}

/// Why a certificate has no `tls-server-end-point`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndPointError {
    /// The bytes are no X.509 certificate.
    Malformed(der::Error),
    /// A signature algorithm that is not known here.
    UnknownAlgorithm,
    /// The signature takes no hash from outside (EdDSA) or two different ones (RSASSA-PSS with another hash for its mask):
    /// RFC 5929 section 4.1 leaves the binding undefined. Clients send none, or disagree on it.
    NoSingleHash,
}

impl fmt::Display for EndPointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "not an X.509 certificate: {error}"),
            Self::UnknownAlgorithm => f.write_str(
                "the certificate's signature algorithm is unknown, so it has no tls-server-end-point",
            ),
            Self::NoSingleHash => f.write_str(
                "the certificate's signature has no single hash, so it has no tls-server-end-point",
            ),
        }
    }
}

impl Error for EndPointError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Malformed(error) => Some(error),
            Self::UnknownAlgorithm | Self::NoSingleHash => None,
        }
    }
}

impl From<der::Error> for EndPointError {
    fn from(error: der::Error) -> Self {
        Self::Malformed(error)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hash {
    // MD5 or SHA-1.
    Weak,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// ```asn1
/// -- RFC 5280 section 4.1
/// Certificate ::= SEQUENCE {
///     tbsCertificate      TBSCertificate,
///     signatureAlgorithm  AlgorithmIdentifier,
///     signatureValue      BIT STRING }
/// AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }
/// ```
fn signature_hash(certificate: &[u8]) -> Result<Hash, EndPointError> {
    let mut input = Reader::new(certificate);
    let mut fields = input.sequence()?;
    input.finish()?;
    fields.sequence()?;
    let mut algorithm = fields.sequence()?;
    fields.element(der::Tag::BIT_STRING)?;
    fields.finish()?;
    match algorithm.object_identifier()? {
        RSASSA_PSS => pss_hash(algorithm),
        ED25519 | ED448 => Err(EndPointError::NoSingleHash),
        oid => find(&SIGNATURES, oid),
    }
}

/// ```asn1
/// -- RFC 4055 section 3.1; each field has a default
/// RSASSA-PSS-params ::= SEQUENCE {
///     hashAlgorithm     [0] AlgorithmIdentifier,  -- SHA-1
///     maskGenAlgorithm  [1] AlgorithmIdentifier,  -- id-mgf1, whose parameters are an AlgorithmIdentifier, with SHA-1
///     saltLength        [2] INTEGER,
///     trailerField      [3] INTEGER }
/// ```
fn pss_hash(mut algorithm: Reader<'_>) -> Result<Hash, EndPointError> {
    let mut params = algorithm.sequence()?;
    let hash = params.optional_field(0, |field| {
        let mut algorithm = field.sequence()?;
        algorithm.object_identifier()
    })?;
    let mask_hash = params.optional_field(1, |field| {
        let mut mask = field.sequence()?;
        mask.object_identifier()?;
        mask.sequence()?.object_identifier()
    })?;
    let known = |oid: Option<&[u8]>| oid.map_or(Ok(Hash::Weak), |oid| find(&HASHES, oid));
    let hash_found = known(hash)?;
    if hash.unwrap_or(SHA1) != mask_hash.unwrap_or(SHA1) {
        return Err(EndPointError::NoSingleHash);
    }
    Ok(hash_found)
}

fn find(table: &[(&[u8], Hash)], oid: &[u8]) -> Result<Hash, EndPointError> {
    let found = table.iter().find(|(known, _)| *known == oid);
    found
        .map(|(_, hash)| *hash)
        .ok_or(EndPointError::UnknownAlgorithm)
}

// Content bytes of object identifiers.
const RSASSA_PSS: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"; // 1.2.840.113549.1.1.10
const ED25519: &[u8] = b"\x2b\x65\x70"; // 1.3.101.112, RFC 8410
const ED448: &[u8] = b"\x2b\x65\x71"; // 1.3.101.113
const SHA1: &[u8] = b"\x2b\x0e\x03\x02\x1a"; // 1.3.14.3.2.26

// PKCS #1 (RFC 8017 appendix A.2.4) is 1.2.840.113549.1.1.*, ECDSA (RFC 5758 section 3.2) 1.2.840.10045.4.*,
// DSA (RFC 3279 section 2.2.2, RFC 5758 section 3.1) 1.2.840.10040.4.3 and 2.16.840.1.101.3.4.3.*.
const SIGNATURES: [(&[u8], Hash); 15] = [
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04", Hash::Weak), // md5WithRSAEncryption
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", Hash::Weak), // sha1WithRSAEncryption
    (b"\x2b\x0e\x03\x02\x1d", Hash::Weak),                 // the same of OIW, 1.3.14.3.2.29
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0e", Hash::Sha224),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", Hash::Sha256),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", Hash::Sha384),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", Hash::Sha512),
    (b"\x2a\x86\x48\xce\x3d\x04\x01", Hash::Weak), // ecdsa-with-SHA1
    (b"\x2a\x86\x48\xce\x3d\x04\x03\x01", Hash::Sha224),
    (b"\x2a\x86\x48\xce\x3d\x04\x03\x02", Hash::Sha256),
    (b"\x2a\x86\x48\xce\x3d\x04\x03\x03", Hash::Sha384),
    (b"\x2a\x86\x48\xce\x3d\x04\x03\x04", Hash::Sha512),
    (b"\x2a\x86\x48\xce\x38\x04\x03", Hash::Weak), // dsa-with-sha1
    (b"\x60\x86\x48\x01\x65\x03\x04\x03\x01", Hash::Sha224),
    (b"\x60\x86\x48\x01\x65\x03\x04\x03\x02", Hash::Sha256),
];

// NIST's are 2.16.840.1.101.3.4.2.* (RFC 4055 section 2.1).
const HASHES: [(&[u8], Hash); 5] = [
    (SHA1, Hash::Weak),
    (b"\x60\x86\x48\x01\x65\x03\x04\x02\x04", Hash::Sha224),
    (b"\x60\x86\x48\x01\x65\x03\x04\x02\x01", Hash::Sha256),
    (b"\x60\x86\x48\x01\x65\x03\x04\x02\x02", Hash::Sha384),
    (b"\x60\x86\x48\x01\x65\x03\x04\x02\x03", Hash::Sha512),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_bind_by_the_hash_of_their_signature() {
        for case in testvectors::load("tls/server-end-point.txt") {
            let bindings = tls_server_end_point(&case.bytes("certificate"));
            let expected = match case.text("expect") {
                "bound" => Ok(ChannelBindings::from_application_data(case.bytes("bindings"))),
                "undefined" => Err(EndPointError::NoSingleHash),
                "unknown" => Err(EndPointError::UnknownAlgorithm),
                other => panic!("{case}: {other}"),
            };
            assert_eq!(bindings, expected, "{case}");
        }
    }

    /// Algorithms of which there is no certificate among the vectors: as much of one as is looked at.
    #[test]
    fn rare_algorithms_have_their_hash_too() {
        let certificate = |algorithm: &[u8]| {
            let len = |more: usize| u8::try_from(algorithm.len() + more).unwrap();
            [&[0x30, len(7), 0x30, 0, 0x30, len(0)], algorithm, &[0x03, 1, 0]].concat()
        };
        // sha1WithRSA of OIW, 1.3.14.3.2.29.
        let oiw = certificate(b"\x06\x05\x2b\x0e\x03\x02\x1d");
        // id-RSASSA-PSS with SHA-224, 2.16.840.1.101.3.4.2.4, and a mask by it with id-mgf1, 1.2.840.113549.1.1.8.
        let pss = certificate(
            b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x2b\
            \xa0\x0d\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x04\
            \xa1\x1a\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\
            \x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x04",
        );
        for (certificate, hash) in [
            (&oiw, Sha256::digest(&oiw).to_vec()),
            (&pss, Sha224::digest(&pss).to_vec()),
        ] {
            let expected = [&b"tls-server-end-point:"[..], &hash].concat();
            assert_eq!(
                tls_server_end_point(certificate),
                Ok(ChannelBindings::from_application_data(expected))
            );
        }
    }

    /// RFC 9266 sections 5.1 and 5.2.
    #[test]
    fn the_exporters_label_and_prefix_are_those_of_the_registry() {
        assert_eq!(TLS_EXPORTER_LABEL, b"EXPORTER-Channel-Binding");
        assert_eq!(
            tls_exporter(&[0x5a; 32]),
            b"tls-exporter:ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ"
        );
    }

    #[test]
    fn what_is_no_certificate_is_refused_where_it_breaks() {
        let case = &testvectors::load("tls/server-end-point.txt")[0];
        let certificate: Vec<u8> = case.bytes("certificate");
        for len in 0..certificate.len() {
            let cut = tls_server_end_point(&certificate[..len]);
            assert!(matches!(cut, Err(EndPointError::Malformed(_))), "{len}: {cut:?}");
        }
        let mut longer = certificate.clone();
        longer.push(0);
        let error = tls_server_end_point(&longer).unwrap_err();
        assert!(
            matches!(error, EndPointError::Malformed(error) if error.offset() == certificate.len()),
            "{error}"
        );
        assert!(tls_server_end_point(b"-----BEGIN CERTIFICATE-----").is_err());
    }
}
