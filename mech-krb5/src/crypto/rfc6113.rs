//! KRB-FX-CF2 (RFC 6113 section 5.1): one key made of two, neither of which can be missing.

use super::Key;
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// KRB-FX-CF2: PRF+(key1, pepper1) xor PRF+(key2, pepper2), as a key of `key1`'s type.
#[must_use]
pub fn krb_fx_cf2(key1: &Key, key2: &Key, pepper1: &[u8], pepper2: &[u8]) -> Key {
    Key::filled(key1.encryption_type(), |key| {
        xor_prf_plus(key1, pepper1, key);
        xor_prf_plus(key2, pepper2, key);
    })
}

/// PRF+: the PRF of 1 | pepper, then of 2 | pepper, and so on. A key needs four at most.
fn xor_prf_plus(key: &Key, pepper: &[u8], out: &mut [u8]) {
    for (counter, part) in (1_u8..).zip(out.chunks_mut(key.encryption_type().prf_len())) {
        let mut input = Zeroizing::new(Vec::with_capacity(pepper.len().saturating_add(1)));
        input.push(counter);
        input.extend_from_slice(pepper);
        for (to, from) in part.iter_mut().zip(key.prf(&input).expose()) {
            *to ^= *from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::EncryptionTypes;
    use testvectors::Case;

    #[test]
    fn vectors_of_rfc_6113_and_mit() {
        let types = EncryptionTypes::new();
        check(types, testvectors::load("rfc/6113/cf2.txt"));
        check(types, testvectors::load("krb5/cf2.txt"));
        #[cfg(feature = "camellia")]
        check(types.with_camellia(), testvectors::load("krb5/camellia-cf2.txt"));
    }

    fn check(types: EncryptionTypes, cases: Vec<Case>) {
        for case in cases {
            let etype = types.find(case.number("etype")).unwrap();
            let key_of = |password: &str| {
                let password = case.bytes(password);
                Key::string_to_key(etype, &password, &password, None).unwrap()
            };
            let (key1, key2) = (key_of("password-1"), key_of("password-2"));
            let key = krb_fx_cf2(&key1, &key2, &case.bytes("pepper-1"), &case.bytes("pepper-2"));
            assert_eq!(key.bytes(), case.bytes("key"), "{case}");
        }
    }
}
