//! Checksum types: RFC 3961 section 8 and the IANA registry "Kerberos Checksum Type Numbers".

use super::EncryptionType;
use core::fmt;

/// A keyed checksum type that this crate implements. Each goes with one encryption type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum ChecksumType {
    /// 15, RFC 3962.
    HmacSha1_96Aes128,
    /// 16, RFC 3962.
    HmacSha1_96Aes256,
    /// 19, RFC 8009.
    HmacSha256_128Aes128,
    /// 20, RFC 8009.
    HmacSha384_192Aes256,
    /// -138, RFC 4757: with keys of RC4 only.
    HmacMd5,
    /// 17, RFC 6803.
    #[cfg(feature = "camellia")]
    CmacCamellia128,
    /// 18, RFC 6803.
    #[cfg(feature = "camellia")]
    CmacCamellia256,
}

impl ChecksumType {
    /// The type with this number, if it goes with one of [`EncryptionType::ALL`].
    #[must_use]
    pub const fn from_number(number: i32) -> Option<Self> {
        match number {
            15 => Some(Self::HmacSha1_96Aes128),
            16 => Some(Self::HmacSha1_96Aes256),
            19 => Some(Self::HmacSha256_128Aes128),
            20 => Some(Self::HmacSha384_192Aes256),
            _ => None,
        }
    }

    /// The assigned number, as in Checksum's `cksumtype`.
    #[must_use]
    pub const fn number(self) -> i32 {
        match self {
            Self::HmacSha1_96Aes128 => 15,
            Self::HmacSha1_96Aes256 => 16,
            Self::HmacSha256_128Aes128 => 19,
            Self::HmacSha384_192Aes256 => 20,
            Self::HmacMd5 => -138,
            #[cfg(feature = "camellia")]
            Self::CmacCamellia128 => 17,
            #[cfg(feature = "camellia")]
            Self::CmacCamellia256 => 18,
        }
    }

    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HmacSha1_96Aes128 => "hmac-sha1-96-aes128",
            Self::HmacSha1_96Aes256 => "hmac-sha1-96-aes256",
            Self::HmacSha256_128Aes128 => "hmac-sha256-128-aes128",
            Self::HmacSha384_192Aes256 => "hmac-sha384-192-aes256",
            Self::HmacMd5 => "hmac-md5",
            #[cfg(feature = "camellia")]
            Self::CmacCamellia128 => "cmac-camellia128",
            #[cfg(feature = "camellia")]
            Self::CmacCamellia256 => "cmac-camellia256",
        }
    }

    /// The type of the keys that this checksum is made with.
    #[must_use]
    pub const fn encryption_type(self) -> EncryptionType {
        match self {
            Self::HmacSha1_96Aes128 => EncryptionType::Aes128CtsHmacSha1_96,
            Self::HmacSha1_96Aes256 => EncryptionType::Aes256CtsHmacSha1_96,
            Self::HmacSha256_128Aes128 => EncryptionType::Aes128CtsHmacSha256_128,
            Self::HmacSha384_192Aes256 => EncryptionType::Aes256CtsHmacSha384_192,
            Self::HmacMd5 => EncryptionType::Rc4Hmac,
            #[cfg(feature = "camellia")]
            Self::CmacCamellia128 => EncryptionType::Camellia128CtsCmac,
            #[cfg(feature = "camellia")]
            Self::CmacCamellia256 => EncryptionType::Camellia256CtsCmac,
        }
    }

    /// Bytes of the checksum.
    #[must_use]
    pub const fn mac_len(self) -> usize {
        self.encryption_type().mac_len()
    }
}

impl fmt::Display for ChecksumType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The registered name of a checksum type number, implemented or not; Microsoft's HMAC-MD5 included.
#[must_use]
pub const fn checksum_type_name(number: i32) -> Option<&'static str> {
    if let Some(implemented) = ChecksumType::from_number(number) {
        return Some(implemented.name());
    }
    Some(match number {
        1 => "crc32",
        2 => "rsa-md4",
        3 => "rsa-md4-des",
        4 => "des-mac",
        5 => "des-mac-k",
        6 => "rsa-md4-des-k",
        7 => "rsa-md5",
        8 => "rsa-md5-des",
        9 => "rsa-md5-des3",
        10 | 14 => "sha1",
        12 => "hmac-sha1-des3-kd",
        13 => "hmac-sha1-des3",
        17 => "cmac-camellia128",
        18 => "cmac-camellia256",
        // RFC 4121 section 4.1.1
        0x8003 => "gss-api",
        // RFC 4757 section 4
        -138 => "hmac-md5",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encryption_and_checksum_types_pair_up() {
        for etype in EncryptionType::IMPLEMENTED.iter().copied() {
            let checksum_type = etype.checksum_type();
            assert_eq!(checksum_type.encryption_type(), etype);
            assert_eq!(
                ChecksumType::from_number(checksum_type.number()),
                EncryptionType::ALL.contains(&etype).then_some(checksum_type)
            );
            assert_eq!(
                checksum_type_name(checksum_type.number()),
                Some(checksum_type.name())
            );
        }
    }

    #[test]
    fn other_checksums_have_names_and_are_not_found_by_number() {
        for (number, name) in [
            (7, "rsa-md5"),
            (17, "cmac-camellia128"),
            (-138, "hmac-md5"),
            (0x8003, "gss-api"),
        ] {
            assert_eq!(checksum_type_name(number), Some(name));
            assert_eq!(ChecksumType::from_number(number), None);
        }
    }
}
