//! The simplified profile of RFC 3961 section 5, with AES as its cipher and HMAC-SHA1-96 as its hash (RFC 3962).
//!
//! The confounder and the plaintext are encrypted under Ke, and a truncated HMAC under Ki over the same plaintext
//! follows: integrity can only be told after decryption. Not here: DES3, which RFC 8429 deprecates.

use super::key_usage::{KeyUsage, Purpose};
use super::nfold::n_fold;
use super::rfc3962::{BlockCipher, cts_decrypt, cts_encrypt};
use super::specific_key::{Profile, Tag};
use super::wiped::Wiped;
use super::{CryptoError, EncryptionType, cipher_key, hmac_of};
use aes::cipher::{Array, Key as CipherKey};
use hmac::{Hmac, Mac};
use sha1::{Digest, Sha1};
use zeroize::{Zeroize, Zeroizing};

/// The output of HMAC-SHA1-96 (RFC 3962 section 6).
const MAC_LEN: usize = EncryptionType::Aes256CtsHmacSha1_96.mac_len();

type Folded = [u8; 16];

/// Key usages whose constants are folded at compile time: all that RFC 4120 and RFC 4121 number.
const FOLDED_USAGES: usize = 32;

// Usage numbers count up to FOLDED_USAGES, which a u32 holds, and index an array of that length.
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]
static FOLDED: [[Folded; 3]; FOLDED_USAGES] = {
    let mut table = [[[0; 16]; 3]; FOLDED_USAGES];
    let mut number = 0;
    while number < FOLDED_USAGES {
        let usage = KeyUsage(number as u32);
        table[number] = [
            n_fold(&usage.constant(Purpose::Checksum)),
            n_fold(&usage.constant(Purpose::Encryption)),
            n_fold(&usage.constant(Purpose::Integrity)),
        ];
        number += 1;
    }
    table
};

fn folded(usage: KeyUsage, purpose: Purpose) -> Folded {
    let known = usize::try_from(usage.0).ok().and_then(|n| FOLDED.get(n));
    match (known, purpose) {
        (Some([kc, _, _]), Purpose::Checksum) => *kc,
        (Some([_, ke, _]), Purpose::Encryption) => *ke,
        (Some([_, _, ki]), Purpose::Integrity) => *ki,
        (None, _) => n_fold(&usage.constant(purpose)),
    }
}

/// DK (RFC 3961 section 5.1) of several constants, already folded to the block: `E` in a chain gives as many
/// bytes as a key has, and random-to-key is the identity.
pub(super) fn dk<C: BlockCipher, const N: usize>(
    base: &CipherKey<C>,
    constants: [Folded; N],
) -> [Wiped<CipherKey<C>>; N] {
    let cipher = C::new(base);
    let mut blocks = Zeroizing::new(constants.map(Array::from));
    let mut keys = [(); N].map(|()| Wiped(CipherKey::<C>::default()));
    let blocks_per_key = base.len().div_ceil(size_of::<Folded>());
    for n in 0..blocks_per_key {
        // The chains are independent: the blocks of all of them go through the cipher side by side.
        cipher.encrypt_blocks(blocks.as_mut_slice());
        for (key, block) in keys.iter_mut().zip(blocks.iter()) {
            if let Some(part) = key.chunks_mut(size_of::<Folded>()).nth(n) {
                for (to, from) in part.iter_mut().zip(block) {
                    *to = *from;
                }
            }
        }
    }
    keys
}

/// Ke and Ki of one usage, ready.
pub(super) struct SimplifiedProfile<C> {
    ke: C,
    ki: Hmac<Sha1>,
}

impl<C: BlockCipher> SimplifiedProfile<C> {
    pub(super) fn new(key: &[u8], usage: KeyUsage) -> Self {
        let constants = [
            folded(usage, Purpose::Encryption),
            folded(usage, Purpose::Integrity),
        ];
        let [ke, ki] = dk::<C, 2>(&cipher_key(key), constants);
        Self {
            ke: C::new(&ke),
            ki: hmac_of(&ki),
        }
    }
}

impl<C: BlockCipher> Profile for SimplifiedProfile<C> {
    fn seal(&self, message: &mut [u8]) -> Tag {
        let mac = self.ki.clone().chain_update(&*message);
        cts_encrypt(&self.ke, message);
        Tag::truncate(MAC_LEN, mac.finalize().as_bytes())
    }

    fn open(&self, message: &mut [u8], tag: &[u8]) -> Result<(), CryptoError> {
        cts_decrypt(&self.ke, message);
        let mac = self.ki.clone().chain_update(&*message);
        mac.verify_truncated_left(tag).map_err(|_| {
            // Nobody may look at a plaintext that is not known to be one.
            message.zeroize();
            CryptoError::IntegrityCheckFailed
        })
    }
}

/// Kc of one usage, ready.
pub(super) fn checksum_key<C: BlockCipher>(key: &[u8], usage: KeyUsage) -> Hmac<Sha1> {
    let [kc] = dk::<C, 1>(&cipher_key(key), [folded(usage, Purpose::Checksum)]);
    hmac_of(&kc)
}

/// The pseudo-random function of the simplified profile (RFC 3961 section 5.3): the hash, cut to whole blocks,
/// encrypted under DK(key, "prf").
pub(super) fn prf<C: BlockCipher>(key: &[u8], input: &[u8], out: &mut [u8]) {
    const PRF: Folded = n_fold(b"prf");
    let [kp] = dk::<C, 1>(&cipher_key(key), [PRF]);
    let hash = Sha1::digest(input);
    let mut block = Array::default();
    for (to, from) in block.iter_mut().zip(hash) {
        *to = from;
    }
    C::new(&kp).encrypt_block(&mut block);
    for (to, from) in out.iter_mut().zip(block) {
        *to = from;
    }
    block.zeroize();
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes::{Aes128, Aes256};

    #[test]
    fn derived_keys_are_those_of_mit() {
        for case in testvectors::load("krb5/key-derivation.txt") {
            let (key, constant) = (case.bytes("key"), [n_fold(&case.bytes("constant"))]);
            let derived = match case.number("etype") {
                17 => dk::<Aes128, 1>(&cipher_key(&key), constant)[0].to_vec(),
                18 => dk::<Aes256, 1>(&cipher_key(&key), constant)[0].to_vec(),
                other => panic!("{case}: {other}"),
            };
            assert_eq!(derived, case.bytes("derived"), "{case}");
        }
    }

    #[test]
    fn constants_folded_at_compile_time_are_those_folded_at_run_time() {
        for number in [0, 2, 11, 31, 32, 1024] {
            for purpose in [Purpose::Checksum, Purpose::Encryption, Purpose::Integrity] {
                let usage = KeyUsage(number);
                assert_eq!(
                    folded(usage, purpose),
                    n_fold::<16>(&usage.constant(purpose)),
                    "{number} {purpose:?}"
                );
            }
        }
    }
}
