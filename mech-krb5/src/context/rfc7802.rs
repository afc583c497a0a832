//! GSS_Pseudo_random for Kerberos (RFC 7802): what applications derive keys with.

use crate::crypto::Key;
use alloc::vec::Vec;
use negotiate_core::Secret;

/// PRF+ of RFC 7802 section 3: T0 | T1 | ..., each Tn the key's pseudo-random function of n and the input, n in four bytes.
/// RFC 4402 had n begin at 1; nobody did. `None` if n would not fit in its four bytes.
pub(super) fn pseudo_random(key: &Key, input: &[u8], len: usize) -> Option<Secret<Vec<u8>>> {
    // Refused before anything is allocated.
    let last = len
        .saturating_sub(1)
        .checked_div(key.encryption_type().prf_len())?;
    u32::try_from(last).ok()?;
    let mut out = Secret::new(Vec::with_capacity(len));
    let mut numbered = Secret::new([&[0; 4], input].concat());
    for n in 0_u32.. {
        let missing = len.saturating_sub(out.expose().len());
        if missing == 0 {
            break;
        }
        if let Some(counter) = numbered.expose_mut().first_chunk_mut() {
            *counter = n.to_be_bytes();
        }
        let part = key.prf(numbered.expose());
        let used = part.expose().get(..missing).unwrap_or(part.expose());
        out.expose_mut().extend_from_slice(used);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{EncryptionType, EncryptionTypes};

    #[test]
    fn outputs_of_appendix_a() {
        let types = EncryptionTypes::new().danger_with_rc4();
        let cases = testvectors::load("rfc/7802/pseudo-random.txt");
        for case in &cases {
            let etype = types.find(case.number("etype")).unwrap();
            let key = Key::new(etype, &case.bytes("key")).unwrap();
            let (input, output) = (case.bytes("input"), case.bytes("output"));
            for len in 0..=output.len() {
                let derived = pseudo_random(&key, &input, len).unwrap();
                assert_eq!(derived.expose(), &output[..len], "{case}");
            }
        }
        assert_eq!(cases.len(), 6);
    }

    /// RFC 4401 section 2 wants 2^14 bytes of each; RFC 7802 section 3 numbers 2^32 parts.
    #[test]
    fn inputs_and_outputs_may_be_long_and_outputs_not_endless() {
        let key = Key::new(EncryptionType::Aes128CtsHmacSha1_96, &[7; 16]).unwrap();
        let [len, over] = [1 << 14, 16 << 32].map(|len: u64| usize::try_from(len).unwrap());
        let derived = pseudo_random(&key, &[1; 1 << 14], len).unwrap();
        assert_eq!(derived.expose().len(), len);
        assert!(pseudo_random(&key, &[1; 1 << 14], over + 1).is_none());
    }
}
