//! RC4-HMAC (RFC 4757): encryption type 23 and checksum type -138. RFC 8429 says why not to use it: the key is the MD4 of the
//! password without salt, so whoever holds a ticket can guess passwords at the speed of MD4.
//!
//! A ciphertext is the checksum (16 bytes), then confounder (8) and plaintext under RC4. Not here: the export variant (24).

use super::super::specific_key::{Profile, Tag};
use super::super::{CryptoError, EncryptionType, KeyUsage, hmac_of};
use alloc::vec::Vec;
use hmac::{Hmac, Mac};
use md4::Md4;
use md5::{Digest, Md5};
use rc4::{KeyInit, Rc4, StreamCipher};
use sha1::Sha1;
use zeroize::{Zeroize, Zeroizing};

const MAC_LEN: usize = EncryptionType::Rc4Hmac.mac_len();

/// The number that Windows has for a usage (RFC 4757 section 3, with its erratum's numbers as MIT krb5 and Heimdal have them:
/// 9 stays 9), little-endian.
fn usage_octets(usage: KeyUsage) -> [u8; 4] {
    match usage {
        KeyUsage::AS_REP => 8,
        KeyUsage::ACCEPTOR_SIGN => 13,
        KeyUsage(number) => number,
    }
    .to_le_bytes()
}

fn hmac_md5(key: &[u8], over: &[u8]) -> Zeroizing<[u8; MAC_LEN]> {
    let mac = hmac_of::<Md5>(key).chain_update(over).finalize();
    let mut out = Zeroizing::new([0; MAC_LEN]);
    for (to, from) in out.iter_mut().zip(mac.as_bytes()) {
        *to = *from;
    }
    out
}

/// RC4 under HMAC-MD5(HMAC-MD5(`key`, `usage`), `input`): the shape of every use of the cipher in RFC 4757.
fn apply_rc4(key: &[u8], input: &[u8], text: &mut [u8]) {
    match Rc4::new_from_slice(&*hmac_md5(key, input)) {
        Ok(mut cipher) => cipher.apply_keystream(text),
        // RC4 takes keys of 1 to 256 bytes; should this ever change, nothing is sent in clear.
        Err(_) => text.zeroize(),
    }
}

/// K1 of one usage (RFC 4757 section 5).
pub(in super::super) struct Rc4Hmac {
    k1: Zeroizing<[u8; MAC_LEN]>,
}

impl Rc4Hmac {
    pub(in super::super) fn new(key: &[u8], usage: KeyUsage) -> Self {
        Self {
            k1: hmac_md5(key, &usage_octets(usage)),
        }
    }

    fn mac(&self, message: &[u8]) -> Hmac<Md5> {
        hmac_of::<Md5>(&*self.k1).chain_update(message)
    }
}

impl Profile for Rc4Hmac {
    fn seal(&self, message: &mut [u8]) -> Tag {
        let tag = Tag::truncate(MAC_LEN, self.mac(message).finalize().as_bytes());
        apply_rc4(&*self.k1, tag.as_bytes(), message);
        tag
    }

    fn open(&self, message: &mut [u8], tag: &[u8]) -> Result<(), CryptoError> {
        apply_rc4(&*self.k1, tag, message);
        self.mac(message).verify_slice(tag).map_err(|_| {
            // Nobody may look at a plaintext that is not known to be one.
            message.zeroize();
            CryptoError::IntegrityCheckFailed
        })
    }
}

/// HMAC-MD5 of one usage (RFC 4757 section 4): HMAC(HMAC(key, "signaturekey" and a zero byte), MD5(usage | data)).
pub(in super::super) struct HmacMd5 {
    signature_key: Hmac<Md5>,
    usage: [u8; 4],
}

impl HmacMd5 {
    pub(in super::super) fn new(key: &[u8], usage: KeyUsage) -> Self {
        Self {
            signature_key: hmac_of(&*hmac_md5(key, b"signaturekey\0")),
            usage: usage_octets(usage),
        }
    }

    pub(in super::super) fn over(&self, parts: &[&[u8]]) -> Hmac<Md5> {
        let mut hash = Md5::new_with_prefix(self.usage);
        for part in parts {
            hash.update(part);
        }
        self.signature_key.clone().chain_update(hash.finalize())
    }
}

/// RC4 without integrity, for the tokens of RFC 4757 section 7.3, whose checksum stands elsewhere: under
/// HMAC(HMAC(key, 0), `input`).
pub(crate) fn gss_crypt(key: &[u8], input: &[u8], text: &mut [u8]) {
    let usage_key = hmac_md5(key, &[0; 4]);
    apply_rc4(&*usage_key, input, text);
}

/// The pseudo-random function: HMAC-SHA1 under the key itself (RFC 4757 section 5).
pub(in super::super) fn prf(key: &[u8], input: &[u8], out: &mut [u8]) {
    let mac = hmac_of::<Sha1>(key).chain_update(input).finalize();
    for (to, from) in out.iter_mut().zip(mac.as_bytes()) {
        *to = *from;
    }
}

/// MD4 of the password in UTF-16, little-endian (RFC 4757 section 2); the salt is not used.
pub(in super::super) fn string_to_key(password: &str, key: &mut [u8]) {
    let units: Zeroizing<Vec<u8>> =
        Zeroizing::new(password.encode_utf16().flat_map(u16::to_le_bytes).collect());
    for (to, from) in key.iter_mut().zip(Md4::digest(&*units)) {
        *to = from;
    }
}
