//! LZ77+Huffman decompression (MS-XCA sections 2.1 and 2.2.4), in which KDCs pack claims.
//!
//! The input is a row of blocks, each of 64 KiB of output: 512 code lengths of four bits, then codes in 16-bit words with
//! raw bytes of long matches between them. A symbol below 256 is a byte, one above a length and the number of bits of a
//! distance.

use super::PacFault;
use alloc::vec::Vec;

/// Exactly `len` bytes of output; more are never made.
///
/// # Errors
/// If the input is none, ends too early, or has no such length.
pub(super) fn decompress(mut input: &[u8], len: usize) -> Result<Vec<u8>, PacFault> {
    let mut out = Vec::new();
    while out.len() < len {
        let (lengths, codes) = input.split_first_chunk().ok_or(PacFault::Truncated)?;
        let end = out.len().saturating_add(BLOCK_LEN).min(len);
        input = block(&Code::new(lengths)?, codes, &mut out, end, len)?;
    }
    Ok(out)
}

const BLOCK_LEN: usize = 0x1_0000;

/// Decodes until `out` has `end` bytes or, after a match, some more; `max` it must not exceed. Gives what follows.
fn block<'a>(
    code: &Code,
    input: &'a [u8],
    out: &mut Vec<u8>,
    end: usize,
    max: usize,
) -> Result<&'a [u8], PacFault> {
    let mut bits = Bits::new(input);
    while out.len() < end {
        let symbol = code.read(&mut bits)?;
        let Some(of_match) = symbol.checked_sub(256) else {
            out.push(symbol.to_le_bytes()[0]);
            continue;
        };
        let length = match usize::from(of_match % 16) {
            15 => bits.long_length()?,
            short => short,
        }
        .saturating_add(3);
        let distance_bits = u32::from(of_match / 16);
        let distance = 1_usize
            .wrapping_shl(distance_bits)
            .saturating_add(bits.take(distance_bits)?);
        let from = out.len().checked_sub(distance).ok_or(PacFault::BadContent)?;
        if length > max.saturating_sub(out.len()) {
            return Err(PacFault::BadContent);
        }
        // Byte by byte: what is copied may be part of what is written.
        for at in (from..).take(length) {
            out.extend(out.get(at).copied());
        }
    }
    Ok(bits.input)
}

/// A canonical prefix code: symbols in the order of their codes, and how many have each length.
struct Code {
    symbols: Vec<u16>,
    counts: [u16; 16],
}

impl Code {
    fn new(lengths: &[u8; 256]) -> Result<Self, PacFault> {
        let of_symbols = || {
            let lengths = lengths.iter().flat_map(|pair| [pair & 0xf, pair >> 4]);
            lengths.zip(0_u16..)
        };
        let mut symbols = Vec::with_capacity(512);
        let mut counts = [0_u16; 16];
        let mut used = 0_u32;
        for (length, count) in (0_u8..).zip(&mut counts).skip(1) {
            let start = symbols.len();
            let of_length = of_symbols().filter(|(other, _)| *other == length);
            symbols.extend(of_length.map(|(_, symbol)| symbol));
            *count = u16::try_from(symbols.len().saturating_sub(start)).unwrap_or(u16::MAX);
            let each = 1_u32.wrapping_shl(15_u32.saturating_sub(length.into()));
            used = used.saturating_add(each.saturating_mul((*count).into()));
        }
        // MS-XCA section 2.2.4: the codes fill the table exactly.
        if used == 1 << 15 {
            Ok(Self { symbols, counts })
        } else {
            Err(PacFault::BadContent)
        }
    }

    fn read(&self, bits: &mut Bits<'_>) -> Result<u16, PacFault> {
        // The first code of the current length, and the place of its symbol.
        let (mut first, mut place) = (0_u32, 0_u32);
        for (length, count) in (0_u32..).zip(self.counts).skip(1) {
            let count = u32::from(count);
            let code = bits.peek(length);
            if let Some(over) = code.checked_sub(first).filter(|over| *over < count) {
                bits.consume(length)?;
                let place = usize::try_from(place.saturating_add(over)).map_err(|_| PacFault::BadContent)?;
                return self.symbols.get(place).copied().ok_or(PacFault::BadContent);
            }
            place = place.saturating_add(count);
            first = first.saturating_add(count).saturating_mul(2);
        }
        Err(PacFault::BadContent)
    }
}

/// The bits of 16-bit little-endian words, the highest first. One or two words are always read ahead: the raw bytes of a
/// long match come after them.
struct Bits<'a> {
    input: &'a [u8],
    /// The next bits, the first one highest.
    next: u32,
    /// How many of them are beyond the first 16.
    extra: u32,
    /// How many bits there are; behind them are zeros.
    left: u32,
}

impl<'a> Bits<'a> {
    fn new(input: &'a [u8]) -> Self {
        let mut bits = Self {
            input,
            next: 0,
            extra: 16,
            left: 0,
        };
        bits.next = bits.word() << 16;
        bits.next |= bits.word();
        bits
    }

    fn word(&mut self) -> u32 {
        let Some((word, rest)) = self.input.split_first_chunk() else {
            return 0;
        };
        self.input = rest;
        self.left = self.left.saturating_add(16);
        u16::from_le_bytes(*word).into()
    }

    /// At most 15 bits, as a number.
    fn peek(&self, count: u32) -> u32 {
        self.next.checked_shr(32_u32.saturating_sub(count)).unwrap_or(0)
    }

    fn consume(&mut self, count: u32) -> Result<(), PacFault> {
        self.left = self.left.checked_sub(count).ok_or(PacFault::Truncated)?;
        self.next = self.next.wrapping_shl(count);
        match self.extra.checked_sub(count) {
            Some(extra) => self.extra = extra,
            None => {
                let missing = count.saturating_sub(self.extra);
                self.next |= self.word().wrapping_shl(missing);
                self.extra = 16_u32.saturating_sub(missing);
            }
        }
        Ok(())
    }

    fn take(&mut self, count: u32) -> Result<usize, PacFault> {
        let value = self.peek(count);
        self.consume(count)?;
        usize::try_from(value).map_err(|_| PacFault::BadContent)
    }

    /// A length of 15 or more: in the next raw byte or, if that is 255, in the two behind it or, if those are zero, in the
    /// four behind them (MS-XCA section 2.1.4.3; section 2.2.4 forgets the four).
    fn long_length(&mut self) -> Result<usize, PacFault> {
        let [byte] = self.raw()?;
        if byte != u8::MAX {
            return Ok(usize::from(byte).saturating_add(15));
        }
        let length = match u16::from_le_bytes(self.raw()?) {
            0 => u32::from_le_bytes(self.raw()?),
            length => length.into(),
        };
        match usize::try_from(length) {
            Ok(length @ 15..) => Ok(length),
            _ => Err(PacFault::BadContent),
        }
    }

    /// Bytes between the words.
    fn raw<const N: usize>(&mut self) -> Result<[u8; N], PacFault> {
        let (bytes, rest) = self.input.split_first_chunk().ok_or(PacFault::Truncated)?;
        self.input = rest;
        Ok(*bytes)
    }
}

#[cfg(test)]
mod tests;
