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
//!
//! The KDC's own are all made with one key (MS-PAC sections 2.8.2 to 2.8.5). Zeroed is all behind the type, the identifier of a read-only domain controller too.
//!
//! Outside every seal lie, and so decide nothing: the KDC's signature where its key is not known; the identifier of a
//! read-only domain controller behind it. All else of a PAC is covered, padding and the list of buffers included;
//! `tests/pac/flips.rs` flips each bit of each vector.

use super::buffers::Buffer;
use super::{BufferType, Pac, PacFault};
use crate::crypto::{ChecksumKey, Key, KeyUsage};
use crate::principal::PrincipalRef;
use core::fmt;
use core::ops::Range;
use negotiate_core::Timestamp;

/// What a PAC is held against.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'e> {
    /// The checksum key ([`KeyUsage::PAC_CHECKSUM`]) of the key that opened the ticket.
    pub service_key: &'e ChecksumKey,
    /// What is known of the KDC, if anything; then its checksums are verified too.
    pub kdc: Option<KdcEvidence<'e>>,
    /// The ticket's client.
    pub client: PrincipalRef<'e>,
    /// The ticket's authentication time.
    pub authtime: Timestamp,
}

/// What the KDC's own checksums are held against.
#[derive(Clone, Copy)]
pub struct KdcEvidence<'e> {
    /// The keys of krbtgt: one of them must fit, the same for all checksums. The PAC does not say which version it is of.
    pub keys: &'e [Key],
    /// The EncTicketPart that the PAC came in, with the PAC's ad-data replaced by a single zero byte, as the ticket
    /// checksum covers it (MS-PAC section 2.8.2).
    pub ticket: &'e [u8],
}

/// How many keys; nothing of them, nor of the ticket, which holds one.
impl fmt::Debug for KdcEvidence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KdcEvidence({} keys)", self.keys.len())
    }
}

pub(super) fn verify(pac: &Pac<'_>, against: &Evidence<'_>) -> Result<(), PacFault> {
    let server = Signature::find(pac, BufferType::SERVER_CHECKSUM)?;
    let kdc = Signature::find(pac, BufferType::KDC_CHECKSUM)?;
    let missing = PacFault::ChecksumMissing;
    let server = server.ok_or(missing(BufferType::SERVER_CHECKSUM))?;
    let kdc = kdc.ok_or(missing(BufferType::KDC_CHECKSUM))?;
    let zeroed = [server.range.clone(), kdc.range.clone(), 0..0];
    server.check(against.service_key, &Zeroed::new(pac.bytes(), zeroed)?.parts)?;
    let Some(KdcEvidence { keys, ticket }) = against.kdc else {
        return Ok(());
    };
    // MS-PAC sections 2.8.2 and 2.8.3: with the key of the KDC signature, and so of its type.
    let kdc_key = kdc.find_key(keys, &[server.bytes])?;
    if let Some(signature) = Signature::find(pac, BufferType::TICKET_CHECKSUM)? {
        signature.check(&kdc_key, &[ticket])?;
    }
    if let Some(full) = Signature::find(pac, BufferType::FULL_CHECKSUM)? {
        let zeroed = [server.range, kdc.range, full.range.clone()];
        full.check(&kdc_key, &Zeroed::new(pac.bytes(), zeroed)?.parts)?;
    }
    Ok(())
}

struct Signature<'a> {
    which: BufferType,
    checksum_type: i32,
    /// The signature, and the identifier behind it, if there is one.
    bytes: &'a [u8],
    /// Where they stand in the PAC.
    range: Range<usize>,
}

impl<'a> Signature<'a> {
    fn find(pac: &Pac<'a>, which: BufferType) -> Result<Option<Self>, PacFault> {
        let Some(Buffer { range, .. }) = pac.find(which) else {
            return Ok(None);
        };
        let content = pac.bytes().get(range.clone()).ok_or(PacFault::Truncated)?;
        let (checksum_type, bytes) = content.split_first_chunk().ok_or(PacFault::Truncated)?;
        Ok(Some(Self {
            which,
            checksum_type: i32::from_le_bytes(*checksum_type),
            bytes,
            range: range.start.saturating_add(checksum_type.len())..range.end,
        }))
    }

    /// The type must be the one that goes with the key: another would let an attacker choose a weaker one.
    fn check(&self, key: &ChecksumKey, over: &[&[u8]]) -> Result<(), PacFault> {
        if self.checksum_type != key.checksum_type().number() {
            return Err(PacFault::ChecksumType(self.which));
        }
        let signature = self
            .bytes
            .get(..key.checksum_type().mac_len())
            .ok_or(PacFault::Truncated)?;
        key.verify(over, signature)
            .map_err(|_| PacFault::ChecksumWrong(self.which))
    }

    /// The key that it was made with.
    fn find_key(&self, keys: &[Key], over: &[&[u8]]) -> Result<ChecksumKey, PacFault> {
        let mut last = PacFault::ChecksumType(self.which);
        for key in keys {
            let key = key.checksum_key(KeyUsage::PAC_CHECKSUM);
            match self.check(&key, over) {
                Ok(()) => return Ok(key),
                // Of the faults, that of a key that goes with the type says most.
                Err(PacFault::ChecksumType(_)) => {}
                Err(fault) => last = fault,
            }
        }
        Err(last)
    }
}

/// A PAC in parts, zeros in the place of its signatures.
struct Zeroed<'a> {
    parts: [&'a [u8]; 7],
}

/// As long as the longest signature: 24 bytes of HMAC-SHA384-192, two of the identifier, and some padding.
const ZEROS: [u8; 32] = [0; 32];

impl<'a> Zeroed<'a> {
    /// Buffers do not overlap, so their signatures do not.
    fn new(bytes: &'a [u8], mut signatures: [Range<usize>; 3]) -> Result<Self, PacFault> {
        signatures.sort_unstable_by_key(|range| range.start);
        let [first, second, third] = signatures;
        let between = |from: &Range<usize>, to: &Range<usize>| {
            bytes.get(from.end..to.start).ok_or(PacFault::BadContent)
        };
        let zeros = |range: &Range<usize>| ZEROS.get(..range.len()).ok_or(PacFault::TooLarge);
        let parts = [
            between(&(0..0), &first)?,
            zeros(&first)?,
            between(&first, &second)?,
            zeros(&second)?,
            between(&second, &third)?,
            zeros(&third)?,
            between(&third, &(bytes.len()..bytes.len()))?,
        ];
        Ok(Self { parts })
    }
}
