//! Claims (MS-PAC sections 2.11 and 2.13, MS-ADTS sections 2.2.18.2 to 2.2.18.9): attributes of the account by name, as
//! the directory's administrator defined them.
//!
//! `CLAIMS_SET_METADATA` holds the `CLAIMS_SET` as bytes, often compressed.

use super::ndr::{self, ArrayHeader, Pointer, Reader};
use super::{PacFault, lzxpress_huffman};
use alloc::string::String;
use alloc::vec::Vec;
use negotiate_core::{Claim, ClaimValues, ClaimsSource};

/// Claims of a user or a device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claims {
    /// The claims, in the KDC's order.
    pub claims: Vec<Claim>,
}

/// `CLAIMS_COMPRESSION_FORMAT` (MS-ADTS section 2.2.18.4). KDCs use these two.
const UNCOMPRESSED: u16 = 0;
const XPRESS_HUFFMAN: u16 = 4;

/// Most bytes of a claims set before compression. All of a token has to fit into a header of 64 KiB; this allows for claims
/// that are compressed sixteen times.
const MAX_UNCOMPRESSED: usize = 1 << 20;

impl Claims {
    const NONE: Self = Self { claims: Vec::new() };

    /// There are four ways to have none. Windows writes the buffer without content for an account without claims; and each of
    /// three pointers may be null, as Samba reads them.
    pub(super) fn decode(buffer: &[u8]) -> Result<Self, PacFault> {
        if buffer.is_empty() {
            return Ok(Self::NONE);
        }
        let Some(mut r) = Reader::serialized_or_none(buffer)? else {
            return Ok(Self::NONE);
        };
        let set = r.array_header()?;
        let format = r.u16()?;
        let uncompressed_len = usize::try_from(r.u32()?).map_err(|_| PacFault::TooLarge)?;
        // usReservedType, ulReservedFieldSize, ReservedField
        let _reserved = (r.u16()?, r.array_header()?);
        let set = r.elements::<1>(set, 1)?.as_flattened();
        if set.is_empty() {
            return Ok(Self::NONE);
        }
        match format {
            UNCOMPRESSED => claims_set(set),
            XPRESS_HUFFMAN if uncompressed_len > MAX_UNCOMPRESSED => Err(PacFault::TooLarge),
            XPRESS_HUFFMAN => claims_set(&lzxpress_huffman::decompress(set, uncompressed_len)?),
            _ => Err(PacFault::Compression),
        }
    }
}

/// `CLAIMS_SET`, `CLAIMS_ARRAY` (MS-ADTS sections 2.2.18.7 and 2.2.18.6).
fn claims_set(set: &[u8]) -> Result<Claims, PacFault> {
    let Some(mut r) = Reader::serialized_or_none(set)? else {
        return Ok(Claims::NONE);
    };
    let arrays = r.array_header()?;
    // usReservedType, ulReservedFieldSize, ReservedField
    let _reserved = (r.u16()?, r.array_header()?);
    let heads: Vec<(u16, ArrayHeader)> = (0..r.conformance(arrays)?)
        .map(|_| Ok((r.u16()?, r.array_header()?)))
        .collect::<Result<_, PacFault>>()?;
    let mut claims = Vec::new();
    for (source, entries) in heads {
        let source = match source {
            1 => ClaimsSource::ActiveDirectory,
            2 => ClaimsSource::Certificate,
            other => ClaimsSource::Other(other),
        };
        let heads: Vec<EntryHead> = (0..r.conformance(entries)?)
            .map(|_| EntryHead::read(&mut r))
            .collect::<Result<_, _>>()?;
        for head in heads {
            claims.push(head.claim(&mut r, source)?);
        }
    }
    Ok(Claims { claims })
}

/// `CLAIM_ENTRY` (MS-ADTS section 2.2.18.5) without what its pointers point to.
struct EntryHead {
    id: Pointer,
    claim_type: u16,
    values: Option<ArrayHeader>,
}

impl EntryHead {
    fn read(r: &mut Reader<'_>) -> Result<Self, PacFault> {
        let id = r.pointer()?;
        // The type, and once more as the union's discriminant.
        let (claim_type, discriminant) = (r.u16()?, r.u16()?);
        if claim_type != discriminant {
            return Err(PacFault::BadContent);
        }
        let values = match claim_type {
            INT64 | UINT64 | STRING | BOOLEAN => Some(r.array_header()?),
            _ => None,
        };
        Ok(Self {
            id,
            claim_type,
            values,
        })
    }

    fn claim(self, r: &mut Reader<'_>, source: ClaimsSource) -> Result<Claim, PacFault> {
        let id = match self.id {
            Pointer::Null => return Err(PacFault::BadContent),
            Pointer::Deferred => ndr::text(r.terminated_string()?)?,
        };
        let mut numbers = |header| r.elements::<8>(header, 8).map(<[_]>::iter);
        let values = match (self.claim_type, self.values) {
            (INT64, Some(header)) => {
                ClaimValues::Int64(numbers(header)?.map(|value| i64::from_le_bytes(*value)).collect())
            }
            (UINT64, Some(header)) => {
                ClaimValues::Uint64(numbers(header)?.map(|value| u64::from_le_bytes(*value)).collect())
            }
            (BOOLEAN, Some(header)) => {
                ClaimValues::Boolean(numbers(header)?.map(|value| *value != [0; 8]).collect())
            }
            (STRING, Some(header)) => ClaimValues::String(strings(r, header)?),
            (other, _) => ClaimValues::Unknown(other),
        };
        Ok(Claim { source, id, values })
    }
}

const INT64: u16 = 1;
const UINT64: u16 = 2;
const STRING: u16 = 3;
const BOOLEAN: u16 = 6;

/// Pointers, and then the strings.
fn strings(r: &mut Reader<'_>, header: ArrayHeader) -> Result<Vec<String>, PacFault> {
    let pointers = r.elements::<4>(header, 4)?;
    let texts = pointers.iter().map(|pointer| match pointer {
        [0, 0, 0, 0] => Err(PacFault::BadContent),
        _ => ndr::text(r.terminated_string()?),
    });
    texts.collect()
}
