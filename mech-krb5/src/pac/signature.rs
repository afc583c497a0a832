//! The checksums of a PAC (MS-PAC section 2.8), all with key usage 17:
//!
//! ```text
//! PAC_SIGNATURE_DATA: SignatureType: u32, Signature: as long as its type says, RODCIdentifier: u16, if at all
//! ```
//!
//! | checksum | key | over |
//! |---|---|---|
//! | server (6) | the service's | the PAC, the signatures of server and KDC zeroed |
//! | KDC (7) | the KDC's | the server signature |
//! | ticket (16) | the KDC's | the EncTicketPart, the PAC in it replaced by one zero byte |
//! | full (19) | the KDC's | the PAC, the signatures of server, KDC and full checksum zeroed |

use super::{BufferType, Evidence, KdcEvidence, Pac, PacFault};
use crate::crypto::{ChecksumType, Key, KeyUsage};
use core::ops::Range;

struct Signature<'a> {
    checksum_type: i32,
    bytes: &'a [u8],
    /// Where the signature stands in the PAC.
    range: Range<usize>,
}

pub(super) fn verify(pac: &Pac<'_>, against: &Evidence<'_>) -> Result<(), PacFault> {
    let missing = |which| PacFault::ChecksumMissing(which);
    let server = find(pac, BufferType::SERVER_CHECKSUM)?.ok_or(missing(BufferType::SERVER_CHECKSUM))?;
    let kdc = find(pac, BufferType::KDC_CHECKSUM)?.ok_or(missing(BufferType::KDC_CHECKSUM))?;
    let full = find(pac, BufferType::FULL_CHECKSUM)?;
    let mut zeroed = pac.bytes.to_vec();
    zero(&mut zeroed, [&server, &kdc]);
    check(BufferType::SERVER_CHECKSUM, &server, against.service_key, &zeroed)?;
    let Some(KdcEvidence { key, ticket }) = against.kdc else {
        return Ok(());
    };
    check(BufferType::KDC_CHECKSUM, &kdc, key, server.bytes)?;
    if let (Some(checksum), Some(ticket)) = (find(pac, BufferType::TICKET_CHECKSUM)?, ticket) {
        check(BufferType::TICKET_CHECKSUM, &checksum, key, ticket)?;
    }
    if let Some(full) = full {
        zero(&mut zeroed, [&full]);
        check(BufferType::FULL_CHECKSUM, &full, key, &zeroed)?;
    }
    Ok(())
}

fn find<'a>(pac: &Pac<'a>, which: BufferType) -> Result<Option<Signature<'a>>, PacFault> {
    let Some(buffer) = pac.find(which) else {
        return Ok(None);
    };
    let (checksum_type, rest) = buffer
        .content
        .split_first_chunk::<4>()
        .ok_or(PacFault::Truncated)?;
    let checksum_type = i32::from_le_bytes(*checksum_type);
    let len = ChecksumType::from_number(checksum_type)
        .ok_or(PacFault::ChecksumType(which))?
        .mac_len();
    let bytes = rest.get(..len).ok_or(PacFault::Truncated)?;
    let start = buffer.offset.saturating_add(4);
    Ok(Some(Signature {
        checksum_type,
        bytes,
        range: start..start.saturating_add(len),
    }))
}

fn zero<const N: usize>(pac: &mut [u8], signatures: [&Signature<'_>; N]) {
    for signature in signatures {
        pac.get_mut(signature.range.clone()).unwrap_or_default().fill(0);
    }
}

/// The checksum type must be the one that goes with the key: another would let an attacker choose a weaker one.
fn check(which: BufferType, signature: &Signature<'_>, key: &Key, over: &[u8]) -> Result<(), PacFault> {
    let key = key.checksum_key(KeyUsage::PAC_CHECKSUM);
    if key.checksum_type().number() != signature.checksum_type {
        return Err(PacFault::ChecksumType(which));
    }
    key.verify(&[over], signature.bytes)
        .map_err(|_| PacFault::ChecksumWrong(which))
}
