//! n-fold (RFC 3961 section 5.1): stretches or shrinks a byte string to a given length.

/// n-fold of `input` to `N` bytes: copies of the input, each rotated right by 13 bits more than the one before,
/// are laid end to end until `N` divides the whole, which is then added up in `N`-byte pieces in one's
/// complement. An empty input gives zeros.
///
/// A `const fn`, so that the constants of the well-known key usages cost nothing at run time.
// Const functions have neither `get` with `?` on arrays of generic length nor `u32::from`. Every index is a
// remainder of the length that it indexes. Inputs are constants of a few bytes: no sum comes near an overflow.
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]
pub(super) const fn n_fold<const N: usize>(input: &[u8]) -> [u8; N] {
    let len = input.len();
    let mut out = [0_u8; N];
    if len == 0 || N == 0 {
        return out;
    }

    let mut sums = [0_u32; N];
    let total = N / gcd(N, len) * len;
    let bits = 8 * len;
    let mut at = 0;
    while at < total {
        let rotation = 13 * (at / len) % bits;
        let bit = (8 * (at % len) + bits - rotation) % bits;
        let (byte, shift) = (bit / 8, bit % 8);
        let pair = ((input[byte] as u32) << 8) | input[(byte + 1) % len] as u32;
        sums[at % N] += (pair >> (8 - shift)) & 0xff;
        at += 1;
    }

    // Carries go from the last byte to the first, and from the first round to the last.
    let mut carry = 0;
    loop {
        let mut i = N;
        while i > 0 {
            i -= 1;
            let sum = sums[i] + carry;
            sums[i] = sum & 0xff;
            carry = sum >> 8;
        }
        if carry == 0 {
            break;
        }
    }
    let mut i = 0;
    while i < N {
        out[i] = sums[i] as u8;
        i += 1;
    }
    out
}

#[allow(clippy::arithmetic_side_effects)] // `b` is not zero where it divides
const fn gcd(mut a: usize, mut b: usize) -> usize {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_of_rfc_3961() {
        for case in testvectors::load("rfc/3961/n-fold.txt") {
            let (input, output) = (case.bytes("input"), case.bytes("output"));
            let folded = match output.len() {
                7 => n_fold::<7>(&input).to_vec(),
                8 => n_fold::<8>(&input).to_vec(),
                16 => n_fold::<16>(&input).to_vec(),
                21 => n_fold::<21>(&input).to_vec(),
                24 => n_fold::<24>(&input).to_vec(),
                32 => n_fold::<32>(&input).to_vec(),
                other => panic!("{case}: no fold to {other} bytes here"),
            };
            assert_eq!(folded, output, "{case}");
        }
    }

    #[test]
    fn carries_run_round_the_end() {
        // Every copy is all ones, which is the other zero of one's complement.
        assert_eq!(n_fold::<2>(&[0xff; 3]), [0xff; 2]);
        assert_eq!(n_fold::<3>(&[]), [0; 3]);
    }
}
