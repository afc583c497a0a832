//! Encryption types: RFC 3961 section 8 and the IANA registry "Kerberos Encryption Type Numbers".

use super::ChecksumType;
use core::fmt;
use core::ops::Range;

/// An encryption type that this crate implements.
///
/// Numbers that are only recognised, so that a message can name them, are known to [`etype_name`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
#[repr(u64)] // a word of a key
pub enum EncryptionType {
    /// 17, RFC 3962.
    Aes128CtsHmacSha1_96,
    /// 18, RFC 3962.
    Aes256CtsHmacSha1_96,
    /// 19, RFC 8009.
    Aes128CtsHmacSha256_128,
    /// 20, RFC 8009.
    Aes256CtsHmacSha384_192,
    /// 23, RFC 4757: broken, and used only where it is named, see
    /// [`EncryptionTypes::danger_with_rc4`](super::EncryptionTypes::danger_with_rc4).
    Rc4Hmac,
    /// 25, RFC 6803: used only where it is named, see
    /// [`EncryptionTypes::with_camellia`](super::EncryptionTypes::with_camellia).
    #[cfg(feature = "camellia")]
    Camellia128CtsCmac,
    /// 26, RFC 6803: likewise.
    #[cfg(feature = "camellia")]
    Camellia256CtsCmac,
}

impl EncryptionType {
    /// Every encryption type that is used without being named, by number.
    pub const ALL: [Self; 4] = [
        Self::Aes128CtsHmacSha1_96,
        Self::Aes256CtsHmacSha1_96,
        Self::Aes128CtsHmacSha256_128,
        Self::Aes256CtsHmacSha384_192,
    ];

    /// Every implemented type: what can be held, which is not what may be used.
    pub(crate) const IMPLEMENTED: &[Self] = &[
        Self::Aes128CtsHmacSha1_96,
        Self::Aes256CtsHmacSha1_96,
        Self::Aes128CtsHmacSha256_128,
        Self::Aes256CtsHmacSha384_192,
        Self::Rc4Hmac,
        #[cfg(feature = "camellia")]
        Self::Camellia128CtsCmac,
        #[cfg(feature = "camellia")]
        Self::Camellia256CtsCmac,
    ];

    // MS-KILE section 3.1.5.2 wants 17 and 18.
    /// The type with this number, if it is one of [`EncryptionType::ALL`]. Others are found by
    /// [`EncryptionTypes::find`](super::EncryptionTypes::find) alone, so that no message brings them in by its number.
    #[must_use]
    pub const fn from_number(number: i32) -> Option<Self> {
        match number {
            17 => Some(Self::Aes128CtsHmacSha1_96),
            18 => Some(Self::Aes256CtsHmacSha1_96),
            19 => Some(Self::Aes128CtsHmacSha256_128),
            20 => Some(Self::Aes256CtsHmacSha384_192),
            _ => None,
        }
    }

    /// The assigned number (RFC 3961 section 8, RFC 8009 section 7), as in EncryptedData's `etype` and EncryptionKey's `keytype`.
    #[must_use]
    pub const fn number(self) -> i32 {
        match self {
            Self::Aes128CtsHmacSha1_96 => 17,
            Self::Aes256CtsHmacSha1_96 => 18,
            Self::Aes128CtsHmacSha256_128 => 19,
            Self::Aes256CtsHmacSha384_192 => 20,
            Self::Rc4Hmac => 23,
            #[cfg(feature = "camellia")]
            Self::Camellia128CtsCmac => 25,
            #[cfg(feature = "camellia")]
            Self::Camellia256CtsCmac => 26,
        }
    }

    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes128CtsHmacSha1_96 => "aes128-cts-hmac-sha1-96",
            Self::Aes256CtsHmacSha1_96 => "aes256-cts-hmac-sha1-96",
            Self::Aes128CtsHmacSha256_128 => "aes128-cts-hmac-sha256-128",
            Self::Aes256CtsHmacSha384_192 => "aes256-cts-hmac-sha384-192",
            Self::Rc4Hmac => "rc4-hmac",
            #[cfg(feature = "camellia")]
            Self::Camellia128CtsCmac => "camellia128-cts-cmac",
            #[cfg(feature = "camellia")]
            Self::Camellia256CtsCmac => "camellia256-cts-cmac",
        }
    }

    /// Bytes of a protocol key, and of the seed from which one is made (random-to-key is the identity here).
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::Aes128CtsHmacSha1_96 | Self::Aes128CtsHmacSha256_128 | Self::Rc4Hmac => 16,
            Self::Aes256CtsHmacSha1_96 | Self::Aes256CtsHmacSha384_192 => 32,
            #[cfg(feature = "camellia")]
            Self::Camellia128CtsCmac => 16,
            #[cfg(feature = "camellia")]
            Self::Camellia256CtsCmac => 32,
        }
    }

    /// Bytes of the HMAC or CMAC in a ciphertext, which may be cut, and of a checksum.
    #[must_use]
    pub const fn mac_len(self) -> usize {
        match self {
            Self::Aes128CtsHmacSha1_96 | Self::Aes256CtsHmacSha1_96 => 12,
            Self::Aes128CtsHmacSha256_128 | Self::Rc4Hmac => 16,
            Self::Aes256CtsHmacSha384_192 => 24,
            #[cfg(feature = "camellia")]
            Self::Camellia128CtsCmac | Self::Camellia256CtsCmac => 16,
        }
    }

    /// Bytes by which a ciphertext is longer than its plaintext: confounder and HMAC.
    #[must_use]
    pub const fn overhead(self) -> usize {
        self.confounder_len().saturating_add(self.mac_len())
    }

    /// Bytes of the confounder: a block of the cipher, or what RFC 4757 section 5 says.
    pub(super) const fn confounder_len(self) -> usize {
        match self {
            Self::Rc4Hmac => 8,
            _ => 16,
        }
    }

    /// Where the HMAC stands in a ciphertext.
    pub(super) const fn mac_place(self) -> MacPlace {
        match self {
            Self::Rc4Hmac => MacPlace::Front,
            _ => MacPlace::End,
        }
    }

    /// Where the plaintext is in a ciphertext of this length that was decrypted in place: without confounder and HMAC.
    pub(super) fn plaintext_range(self, ciphertext_len: usize) -> Range<usize> {
        match self.mac_place() {
            MacPlace::Front => self.overhead()..ciphertext_len,
            MacPlace::End => self.confounder_len()..ciphertext_len.saturating_sub(self.mac_len()),
        }
    }

    /// The plaintext in a ciphertext that was decrypted in place.
    pub(crate) fn plaintext_of(self, decrypted: &[u8]) -> &[u8] {
        decrypted
            .get(self.plaintext_range(decrypted.len()))
            .unwrap_or_default()
    }

    /// Bytes that the pseudo-random function gives: a block of the cipher, or a whole hash.
    #[must_use]
    pub const fn prf_len(self) -> usize {
        match self {
            Self::Aes128CtsHmacSha1_96 | Self::Aes256CtsHmacSha1_96 => 16,
            Self::Aes128CtsHmacSha256_128 => 32,
            Self::Aes256CtsHmacSha384_192 => 48,
            Self::Rc4Hmac => 20,
            #[cfg(feature = "camellia")]
            Self::Camellia128CtsCmac | Self::Camellia256CtsCmac => 16,
        }
    }

    /// The checksum type that goes with keys of this type (RFC 3961 section 3, "associated checksum").
    #[must_use]
    pub const fn checksum_type(self) -> ChecksumType {
        match self {
            Self::Aes128CtsHmacSha1_96 => ChecksumType::HmacSha1_96Aes128,
            Self::Aes256CtsHmacSha1_96 => ChecksumType::HmacSha1_96Aes256,
            Self::Aes128CtsHmacSha256_128 => ChecksumType::HmacSha256_128Aes128,
            Self::Aes256CtsHmacSha384_192 => ChecksumType::HmacSha384_192Aes256,
            Self::Rc4Hmac => ChecksumType::HmacMd5,
            #[cfg(feature = "camellia")]
            Self::Camellia128CtsCmac => ChecksumType::CmacCamellia128,
            #[cfg(feature = "camellia")]
            Self::Camellia256CtsCmac => ChecksumType::CmacCamellia256,
        }
    }

    /// PBKDF2 iterations when no parameters are given: RFC 3962 section 4, RFC 8009 section 4, RFC 6803 section 4. RC4 has none.
    pub(crate) const fn default_iterations(self) -> u32 {
        match self {
            Self::Aes128CtsHmacSha1_96 | Self::Aes256CtsHmacSha1_96 => 4096,
            Self::Aes128CtsHmacSha256_128 | Self::Aes256CtsHmacSha384_192 => 32768,
            Self::Rc4Hmac => 1,
            #[cfg(feature = "camellia")]
            Self::Camellia128CtsCmac | Self::Camellia256CtsCmac => 32768,
        }
    }
}

/// Whether the HMAC comes before what it is over, or behind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum MacPlace {
    Front,
    End,
}

impl fmt::Display for EncryptionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The registered name of an encryption type number, implemented or not; Microsoft's private numbers included.
#[must_use]
pub const fn etype_name(number: i32) -> Option<&'static str> {
    if let Some(implemented) = EncryptionType::from_number(number) {
        return Some(implemented.name());
    }
    Some(match number {
        1 => "des-cbc-crc",
        2 => "des-cbc-md4",
        3 => "des-cbc-md5",
        5 => "des3-cbc-md5",
        7 => "des3-cbc-sha1",
        9 => "dsaWithSHA1-CmsOID",
        10 => "md5WithRSAEncryption-CmsOID",
        11 => "sha1WithRSAEncryption-CmsOID",
        12 => "rc2CBC-EnvOID",
        13 => "rsaEncryption-EnvOID",
        14 => "rsaES-OAEP-ENV-OID",
        15 => "des-ede3-cbc-Env-OID",
        16 => "des3-cbc-sha1-kd",
        23 => "rc4-hmac",
        24 => "rc4-hmac-exp",
        25 => "camellia128-cts-cmac",
        26 => "camellia256-cts-cmac",
        65 => "subkey-keymaterial",
        // [MS-KILE] section 3.1.5.2 and the Windows headers
        -128 => "rc4-md4",
        -133 => "rc4-hmac-old",
        -135 => "rc4-hmac-old-exp",
        _ => return None,
    })
}

/// Bytes of a key of the type with this number, if it is implemented; of Camellia also where that is not built in, so that the
/// same keytabs can be read.
pub(crate) const fn prescribed_key_len(number: i32) -> Option<usize> {
    match number {
        17 | 19 | 23 | 25 => Some(16),
        18 | 20 | 26 => Some(32),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_lead_back_to_the_type() {
        for etype in EncryptionType::ALL {
            assert_eq!(EncryptionType::from_number(etype.number()), Some(etype));
        }
        for etype in EncryptionType::IMPLEMENTED {
            assert_eq!(etype_name(etype.number()), Some(etype.name()));
            assert_eq!(prescribed_key_len(etype.number()), Some(etype.key_len()));
        }
    }

    #[test]
    fn other_types_have_names_and_are_not_found_by_number() {
        for (number, name) in [
            (3, "des-cbc-md5"),
            (16, "des3-cbc-sha1-kd"),
            (23, "rc4-hmac"),
            (25, "camellia128-cts-cmac"),
            (26, "camellia256-cts-cmac"),
        ] {
            assert_eq!(etype_name(number), Some(name));
            assert_eq!(EncryptionType::from_number(number), None);
        }
        assert_eq!(etype_name(0), None);
    }
}
