//! Which encryption types may be used: plain data, so that a dangerous one is absent unless somebody names it.

use super::EncryptionType;

/// A set of encryption types: at first [`EncryptionType::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncryptionTypes {
    // A bit for each number, of which none that is implemented is above 31.
    held: u32,
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
        let [one, two, three, four] = EncryptionType::ALL;
        Self {
            held: bit(one) | bit(two) | bit(three) | bit(four),
        }
    }

    /// These and RC4-HMAC (23), which RFC 4757 section 8 itself says to avoid. Its keys are unsalted MD4 hashes of passwords, which anybody with an account can get a ticket
    /// under and guess; its message tokens are RC4 and eight bytes of HMAC-MD5. To be used for as long as it takes to give an
    /// account AES keys, and no longer.
    #[must_use]
    pub const fn danger_with_rc4(self) -> Self {
        self.with(EncryptionType::Rc4Hmac)
    }

    /// These and Camellia with CMAC (25, 26; RFC 6803). Nothing is wrong with them; but next to nobody has them, they are slower
    /// than AES by much, and the cipher's tables can be watched through the processor's cache by whoever runs code on it.
    #[cfg(feature = "camellia")]
    #[must_use]
    pub const fn with_camellia(self) -> Self {
        self.with(EncryptionType::Camellia128CtsCmac)
            .with(EncryptionType::Camellia256CtsCmac)
    }

    /// These without that one, which may be any of them.
    #[must_use]
    pub const fn without(self, etype: EncryptionType) -> Self {
        Self {
            held: self.held & !bit(etype),
        }
    }

    const fn with(self, etype: EncryptionType) -> Self {
        Self {
            held: self.held | bit(etype),
        }
    }

    /// The type with this number, if it is in the set.
    #[must_use]
    pub fn find(self, number: i32) -> Option<EncryptionType> {
        self.iter().find(|etype| etype.number() == number)
    }

    /// Whether a type is in the set.
    #[must_use]
    pub const fn contains(self, etype: EncryptionType) -> bool {
        self.held & bit(etype) != 0
    }

    /// The types, those that had to be named last.
    pub fn iter(self) -> impl Iterator<Item = EncryptionType> {
        EncryptionType::IMPLEMENTED
            .iter()
            .copied()
            .filter(move |etype| self.contains(*etype))
    }
}

const fn bit(etype: EncryptionType) -> u32 {
    1_u32.rotate_left(etype.number().unsigned_abs())
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

    #[test]
    fn any_type_can_be_left_out() {
        let types = EncryptionTypes::new().danger_with_rc4();
        for etype in types.iter() {
            let fewer = types.without(etype);
            assert_eq!(fewer.find(etype.number()), None);
            assert!(fewer.iter().eq(types.iter().filter(|other| *other != etype)));
            assert_eq!(fewer.without(etype), fewer);
        }
        // A bit is of one type.
        for one in EncryptionType::IMPLEMENTED {
            let alone = EncryptionTypes { held: 0 }.with(*one);
            assert!(alone.iter().eq([*one]), "{one}");
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
