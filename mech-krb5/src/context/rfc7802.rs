//! GSS_Pseudo_random for Kerberos (RFC 7802): what applications derive keys with.

use crate::crypto::Key;
use alloc::vec::Vec;
use negotiate_core::Secret;

/// PRF+ of RFC 7802 section 2: T0 | T1 | ..., each Tn the key's pseudo-random function of n and the input, n in four bytes.
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
