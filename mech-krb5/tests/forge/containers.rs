//! Authorization data that holds authorization data: AD-AND-OR, AD-KDCIssued (RFC 4120 section 5.2.6), AD-CAMMAC (RFC 7751).

use mech_krb5::crypto::{Key, KeyUsage};
use negotiate_core::der::Writer;

/// AD-CAMMAC around the DER of `AuthorizationData`.
#[derive(Clone)]
pub(crate) struct Cammac {
    pub(crate) elements: Vec<u8>,
    /// Type and value.
    pub(crate) kdc_verifier: Option<(i32, Vec<u8>)>,
    pub(crate) svc_verifier: Option<(i32, Vec<u8>)>,
    /// Whether the fields that need not be there are.
    pub(crate) verbose: bool,
}

impl Cammac {
    /// With the verifiers of a KDC; what the KDC's is over does not matter to a service.
    pub(crate) fn new(elements: Vec<u8>, service_key: &Key, kdc_key: &Key) -> Self {
        Self {
            kdc_verifier: Some(checksum(kdc_key, KeyUsage(64), b"the ticket")),
            svc_verifier: Some(checksum(service_key, KeyUsage(64), &elements)),
            elements,
            verbose: false,
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut cammac = Writer::new();
        cammac.sequence(|cammac| {
            cammac.field(0, |field| field.raw(&self.elements));
            for (number, verifier) in [(1, &self.kdc_verifier), (2, &self.svc_verifier)] {
                if let Some(mac) = verifier {
                    cammac.field(number, |field| self.verifier_mac(field, mac));
                }
            }
            if self.verbose {
                cammac.field(3, |field| {
                    field.sequence(|list| {
                        // A verifier of a kind that is not known yet (the CHOICE is extensible), and a known one.
                        list.field(7, |other| other.octet_string(b"?"));
                        self.verifier_mac(list, &(1, vec![0; 4]));
                    });
                });
            }
        });
        cammac.into_bytes()
    }

    fn verifier_mac(&self, writer: &mut Writer, mac: &(i32, Vec<u8>)) {
        writer.sequence(|verifier| {
            if self.verbose {
                verifier.field(0, |field| {
                    field.sequence(|name| {
                        name.field(0, |field| field.integer(1));
                        name.field(1, |field| {
                            field.sequence(|strings| strings.general_string(b"HTTP"));
                        });
                    });
                });
                verifier.field(1, |field| field.integer(7));
                verifier.field(2, |field| field.integer(18));
            }
            verifier.field(3, |field| write_checksum(field, mac));
        });
    }
}

/// AD-KDCIssued.
pub(crate) fn kdc_issued(elements: &[u8], session_key: &Key) -> Vec<u8> {
    let mut issued = Writer::new();
    issued.sequence(|issued| {
        let checksum = checksum(session_key, KeyUsage::AD_KDC_ISSUED_CHECKSUM, elements);
        issued.field(0, |field| write_checksum(field, &checksum));
        issued.field(1, |field| field.general_string(b"EXAMPLE.TEST"));
        issued.field(3, |field| field.raw(elements));
    });
    issued.into_bytes()
}

/// AD-AND-OR.
pub(crate) fn and_or(condition_count: i32, elements: &[u8]) -> Vec<u8> {
    let mut and_or = Writer::new();
    and_or.sequence(|and_or| {
        and_or.field(0, |field| field.integer(condition_count.into()));
        and_or.field(1, |field| field.raw(elements));
    });
    and_or.into_bytes()
}

/// AD-AUTHENTICATION-INDICATOR (RFC 8129).
pub(crate) fn indicators(indicators: &[&str]) -> Vec<u8> {
    let mut list = Writer::new();
    list.sequence(|list| {
        for indicator in indicators {
            list.primitive(negotiate_core::der::Tag::UTF8_STRING, indicator.as_bytes());
        }
    });
    list.into_bytes()
}

fn checksum(key: &Key, usage: KeyUsage, over: &[u8]) -> (i32, Vec<u8>) {
    let key = key.checksum_key(usage);
    (
        key.checksum_type().number(),
        key.checksum(&[over]).as_bytes().to_vec(),
    )
}

fn write_checksum(writer: &mut Writer, (cksumtype, checksum): &(i32, Vec<u8>)) {
    writer.sequence(|writer| {
        writer.field(0, |field| field.integer((*cksumtype).into()));
        writer.field(1, |field| field.octet_string(checksum));
    });
}
