//! Claims of any bytes in a signed PAC: read as a second reader of MS-ADTS reads them, decompressed as MS-XCA section 2.2.4
//! writes it down (and section 2.1.4.3 the longest lengths), with a table of 2^15 codes. The same for a `CLAIMS_SET` of any
//! bytes, and for compressed data of any bytes.

use crate::bounds::allocating_at_most;
use crate::ndr::{Array, Ndr, utf16};
use crate::pac::signed;
use mech_krb5::pac::{BufferType, Claims};
use negotiate_core::{ClaimValues, ClaimsSource};

/// # Panics
/// If any of this does not hold.
pub fn check(input: &[u8]) {
    compare(input);
    // Within good metadata: the set itself, and compressed data that says how long it was.
    compare(&metadata(0, 0, input));
    if let Some((len, compressed)) = input.split_first_chunk() {
        compare(&metadata(4, u32::from(u16::from_le_bytes(*len)) * 3, compressed));
    }
}

fn metadata(format: u16, uncompressed_len: u32, set: &[u8]) -> Vec<u8> {
    let len = u32::try_from(set.len()).expect("a short input").to_le_bytes();
    let format = u32::from(format).to_le_bytes();
    let body = [
        &1_u32.to_le_bytes()[..],
        &len,
        &1_u32.to_le_bytes(),
        &format,
        &uncompressed_len.to_le_bytes(),
        &[0; 12],
        &len,
        set,
    ]
    .concat();
    let body_len = u32::try_from(body.len()).expect("a short input").to_le_bytes();
    [
        &[1, 0x10, 8, 0, 0xcc, 0xcc, 0xcc, 0xcc][..],
        &body_len,
        &[0; 4],
        &body,
    ]
    .concat()
}

fn compare(buffer: &[u8]) {
    let pac = signed(BufferType::CLIENT_CLAIMS, buffer).expect("a signed PAC");
    let found = allocating_at_most(LIMIT, || pac.client_claims())
        .expect("the buffer")
        .ok();
    assert_eq!(found.map(described), claims(buffer));
}

/// A set has one mebibyte at most, in a buffer that doubled as it came out; a claim takes some eight times its bytes there,
/// in lists that doubled too.
const LIMIT: usize = 32 << 20;

type Described = Vec<(u16, String, String)>;

fn described(claims: Claims) -> Described {
    let source = |source| match source {
        ClaimsSource::ActiveDirectory => 1,
        ClaimsSource::Certificate => 2,
        ClaimsSource::Other(number) => number,
        other => panic!("{other:?}"),
    };
    let claims = claims.claims.into_iter().map(|claim| {
        let values = match claim.values {
            ClaimValues::Int64(values) => format!("{values:?}"),
            ClaimValues::Uint64(values) => format!("{values:?}"),
            ClaimValues::Boolean(values) => format!("{values:?}"),
            ClaimValues::String(values) => format!("{values:?}"),
            ClaimValues::Unknown(claim_type) => format!("type {claim_type}"),
            other => panic!("{other:?}"),
        };
        (source(claim.source), claim.id, values)
    });
    claims.collect()
}

fn claims(buffer: &[u8]) -> Option<Described> {
    if buffer.is_empty() {
        return Some(Vec::new());
    }
    let Some(mut ndr) = Ndr::serialized_if(buffer)? else {
        return Some(Vec::new());
    };
    let set = ndr.array()?;
    let (format, uncompressed_len) = (ndr.number(2)?, ndr.number(4)?);
    ndr.number(2)?;
    ndr.array()?;
    let len = ndr.count(set)?;
    let set = ndr.take(len as usize)?;
    match format {
        _ if set.is_empty() => Some(Vec::new()),
        0 => claims_set(set),
        4 if uncompressed_len <= 1 << 20 => claims_set(&decompress(set, uncompressed_len as usize)?),
        _ => None,
    }
}

fn claims_set(set: &[u8]) -> Option<Described> {
    let Some(mut ndr) = Ndr::serialized_if(set)? else {
        return Some(Vec::new());
    };
    let arrays = ndr.array()?;
    ndr.number(2)?;
    ndr.array()?;
    let count = ndr.count(arrays)?;
    let heads: Vec<(u16, Array)> = (0..count)
        .map(|_| Some((ndr.number(2)? as u16, ndr.array()?)))
        .collect::<Option<_>>()?;
    let mut claims = Vec::new();
    for (source, entries) in heads {
        let count = ndr.count(entries)?;
        let entries: Vec<_> = (0..count).map(|_| entry(&mut ndr)).collect::<Option<_>>()?;
        for (has_id, claim_type, values) in entries {
            let id = if has_id {
                terminated(&mut ndr)?
            } else {
                return None;
            };
            claims.push((source, id, value(&mut ndr, claim_type, values)?));
        }
    }
    Some(claims)
}

fn entry(ndr: &mut Ndr<'_>) -> Option<(bool, u16, Option<Array>)> {
    let has_id = ndr.pointer()?;
    let claim_type = ndr.number(2)? as u16;
    if ndr.number(2)? as u16 != claim_type {
        return None;
    }
    let values = if [1, 2, 3, 6].contains(&claim_type) {
        Some(ndr.array()?)
    } else {
        None
    };
    Some((has_id, claim_type, values))
}

fn value(ndr: &mut Ndr<'_>, claim_type: u16, values: Option<Array>) -> Option<String> {
    let Some(values) = values else {
        return Some(format!("type {claim_type}"));
    };
    let count = ndr.count(values)?;
    if claim_type == 3 {
        let pointers: Vec<bool> = (0..count).map(|_| ndr.pointer()).collect::<Option<_>>()?;
        let texts = pointers
            .into_iter()
            .map(|is_there| if is_there { terminated(ndr) } else { None });
        return Some(format!("{:?}", texts.collect::<Option<Vec<_>>>()?));
    }
    let numbers: Vec<u64> = (0..count).map(|_| ndr.number(8)).collect::<Option<_>>()?;
    Some(match claim_type {
        1 => format!(
            "{:?}",
            numbers.iter().map(|number| *number as i64).collect::<Vec<_>>()
        ),
        2 => format!("{numbers:?}"),
        _ => format!(
            "{:?}",
            numbers.iter().map(|number| *number != 0).collect::<Vec<_>>()
        ),
    })
}

fn terminated(ndr: &mut Ndr<'_>) -> Option<String> {
    utf16(ndr.varying()?.strip_suffix(&[0, 0])?)
}

/// MS-XCA section 2.2.4, and the length that has to come out.
fn decompress(input: &[u8], len: usize) -> Option<Vec<u8>> {
    let (mut out, mut at) = (Vec::new(), 0);
    while out.len() < len {
        let lengths = input.get(at..)?.get(..256)?;
        at += 256;
        let table = table(lengths)?;
        // All bits of the block as they come, and how many of them there are.
        let (mut bits, mut extra, mut left) = (0_u64, 16_i32, 0_i64);
        let word = |at: &mut usize, left: &mut i64| match input.get(*at..).and_then(|rest| rest.first_chunk())
        {
            Some(word) => {
                *at += 2;
                *left += 16;
                u64::from(u16::from_le_bytes(*word))
            }
            None => 0,
        };
        bits |= word(&mut at, &mut left) << 16;
        bits |= word(&mut at, &mut left);
        let end = out.len() + 65_536;
        while out.len() < end && out.len() < len {
            let mut take = |count: u32, at: &mut usize| {
                let value = (bits << count >> 32) as usize;
                left -= i64::from(count);
                bits = bits << count & 0xffff_ffff;
                extra -= count as i32;
                if extra < 0 {
                    bits |= word(at, &mut left) << -extra;
                    extra += 16;
                }
                (left >= 0).then_some((value, (bits >> 17) as usize))
            };
            let (_, peeked) = take(0, &mut at)?;
            let (symbol, code_len) = table[peeked];
            take(code_len, &mut at)?;
            if symbol < 256 {
                out.push(symbol as u8);
                continue;
            }
            let (mut length, offset_bits) = (usize::from(symbol % 16), u32::from((symbol - 256) / 16));
            if length == 15 {
                length = usize::from(*input.get(at)?) + 15;
                at += 1;
                if length == 270 {
                    length = usize::from(u16::from_le_bytes(*input.get(at..)?.first_chunk()?));
                    at += 2;
                    if length == 0 {
                        length = u32::from_le_bytes(*input.get(at..)?.first_chunk()?) as usize;
                        at += 4;
                    }
                    if length < 15 {
                        return None;
                    }
                }
            }
            let offset = (1 << offset_bits) + take(offset_bits, &mut at)?.0;
            if length + 3 > len - out.len() {
                return None;
            }
            for _ in 0..length + 3 {
                out.push(*out.get(out.len().checked_sub(offset)?)?);
            }
        }
    }
    (out.len() == len).then_some(out)
}

/// The symbol and the length of its code for each 15 bits.
fn table(lengths: &[u8]) -> Option<Vec<(u16, u32)>> {
    let mut table = Vec::new();
    for length in 1..=15 {
        for symbol in 0..512_u16 {
            let pair = lengths[usize::from(symbol / 2)];
            if u32::from(if symbol % 2 == 0 { pair & 15 } else { pair >> 4 }) == length {
                table.extend(std::iter::repeat_n((symbol, length), 1 << (15 - length)));
            }
        }
    }
    (table.len() == 1 << 15).then_some(table)
}
