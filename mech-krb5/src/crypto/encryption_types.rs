//! Which encryption types may be used: plain data, so that a dangerous one is absent unless somebody names it.

use super::EncryptionType;

/// A set of encryption types: at first [`EncryptionType::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncryptionTypes {
    rc4: Named,
    #[cfg(feature = "camellia")]
    camellia: Named,
}

/// Whether a type that nobody gets by default was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    No,
    Yes,
}

impl Default for EncryptionTypes {
    fn default() -> Self {
        Self::new()
    }
}

impl EncryptionTypes {
    /// Those of RFC 3962 and RFC 8009.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            rc4: Named::No,
            #[cfg(feature = "camellia")]
            camellia: Named::No,
        }
    }

    /// These and RC4-HMAC (23), which RFC 4757 section 8 itself says to avoid. Its keys are unsalted MD4 hashes of passwords, which anybody with an account can get a ticket
    /// under and guess; its message tokens are RC4 and eight bytes of HMAC-MD5. To be used for as long as it takes to give an
    /// account AES keys, and no longer.
    #[must_use]
    pub const fn danger_with_rc4(mut self) -> Self {
        self.rc4 = Named::Yes;
        self
    }

    /// These and Camellia with CMAC (25, 26; RFC 6803). Nothing is wrong with them; but next to nobody has them, they are slower
    /// than AES by much, and the cipher's tables can be watched through the processor's cache by whoever runs code on it.
    #[cfg(feature = "camellia")]
    #[must_use]
    pub const fn with_camellia(mut self) -> Self {
        self.camellia = Named::Yes;
        self
    }

    /// The type with this number, if it is in the set.
    #[must_use]
    pub fn find(self, number: i32) -> Option<EncryptionType> {
        self.iter().find(|etype| etype.number() == number)
    }

    /// Whether a type is in the set.
    #[must_use]
    pub fn contains(self, etype: EncryptionType) -> bool {
        self.find(etype.number()).is_some()
    }

    /// The types, those that had to be named last.
    pub fn iter(self) -> impl Iterator<Item = EncryptionType> {
        let named = [
            (self.rc4, EncryptionType::Rc4Hmac),
            #[cfg(feature = "camellia")]
            (self.camellia, EncryptionType::Camellia128CtsCmac),
            #[cfg(feature = "camellia")]
            (self.camellia, EncryptionType::Camellia256CtsCmac),
        ];
        let named = named.into_iter().filter(|(named, _)| *named == Named::Yes);
        EncryptionType::ALL
            .into_iter()
            .chain(named.map(|(_, etype)| etype))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rc4_is_there_if_it_was_named() {
        let types = EncryptionTypes::new();
        assert!(types.iter().eq(EncryptionType::ALL));
        assert_eq!(types.find(23), None);
        assert_eq!(types.danger_with_rc4().find(23), Some(EncryptionType::Rc4Hmac));
        // DES, DES3 and the export variant of RC4 have no name to be called by.
        for number in [1, 2, 3, 5, 7, 16, 24, -133] {
            assert_eq!(types.danger_with_rc4().find(number), None);
        }
    }

    #[cfg(feature = "camellia")]
    #[test]
    fn camellia_is_there_if_it_was_named() {
        let types = EncryptionTypes::new();
        for etype in [
            EncryptionType::Camellia128CtsCmac,
            EncryptionType::Camellia256CtsCmac,
        ] {
            assert!(!types.danger_with_rc4().contains(etype));
            assert_eq!(types.with_camellia().find(etype.number()), Some(etype));
        }
        assert_eq!(types.with_camellia().find(23), None);
    }
}
