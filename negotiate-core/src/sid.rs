use core::fmt;

/// A security identifier (MS-DTYP section 2.4.2): who somebody is for good, whatever the name.
///
/// ```text
/// 0     revision, 1
/// 1     number of subauthorities, at most 15
/// 2..8  identifier authority, big-endian
/// 8..   subauthorities, 32 bits each, little-endian
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid {
    authority: [u8; 6],
    // Zeros behind the last one.
    sub_authorities: [u32; Self::MAX_SUB_AUTHORITIES],
    count: u8,
}

impl Sid {
    /// Most subauthorities (MS-DTYP section 2.4.2.2).
    pub const MAX_SUB_AUTHORITIES: usize = 15;

    /// CLAIMS_VALID (MS-DTYP section 2.4.2.4), among the extra SIDs of an account: its claims are its own domain's, and were
    /// translated wherever they came from one forest to another.
    pub const CLAIMS_VALID: Self = Self::of_no_domain(497);

    /// COMPOUNDED_AUTHENTICATION (MS-DTYP section 2.4.2.4), among the extra SIDs of an account: the device that it logged on
    /// from was authenticated too.
    pub const COMPOUNDED_AUTHENTICATION: Self = Self::of_no_domain(496);

    /// S-1-5-21-0-0-0 and this.
    const fn of_no_domain(rid: u32) -> Self {
        Self {
            authority: [0, 0, 0, 0, 0, 5],
            sub_authorities: [21, 0, 0, 0, rid, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            count: 5,
        }
    }

    /// From its packet representation, which must be all of `bytes`.
    ///
    /// # Errors
    /// [`BadSid`] if it is not one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadSid> {
        let Some(([1, count, authority @ ..], rest)) = bytes.split_first_chunk::<8>() else {
            return Err(BadSid);
        };
        let (given, []) = rest.as_chunks::<4>() else {
            return Err(BadSid);
        };
        if given.len() != usize::from(*count) {
            return Err(BadSid);
        }
        let mut sub_authorities = [0; Self::MAX_SUB_AUTHORITIES];
        let room = sub_authorities.get_mut(..given.len()).ok_or(BadSid)?;
        for (to, from) in room.iter_mut().zip(given) {
            *to = u32::from_le_bytes(*from);
        }
        Ok(Self {
            authority: *authority,
            sub_authorities,
            count: *count,
        })
    }

    /// The SID of an account of this domain: the domain's, and the relative identifier behind it.
    ///
    /// # Errors
    /// [`BadSid`] if the domain has fifteen subauthorities already.
    pub fn account(&self, rid: u32) -> Result<Self, BadSid> {
        let mut account = *self;
        *account
            .sub_authorities
            .get_mut(usize::from(self.count))
            .ok_or(BadSid)? = rid;
        account.count = self.count.saturating_add(1);
        Ok(account)
    }

    /// The subauthorities; the last one is the relative identifier.
    #[must_use]
    pub fn sub_authorities(&self) -> &[u32] {
        self.sub_authorities
            .get(..usize::from(self.count))
            .unwrap_or_default()
    }
}

/// `S-1-5-21-1-2-3-500` (MS-DTYP section 2.4.2.1): an authority of more than 32 bits is hexadecimal.
impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self
            .authority
            .iter()
            .fold(0, |value, byte| (value << 8) | u64::from(*byte));
        if u32::try_from(authority).is_ok() {
            write!(f, "S-1-{authority}")?;
        } else {
            write!(f, "S-1-0x{authority:012x}")?;
        }
        self.sub_authorities()
            .iter()
            .try_for_each(|sub_authority| write!(f, "-{sub_authority}"))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The bytes are not a security identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadSid;

impl fmt::Display for BadSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a security identifier")
    }
}

impl core::error::Error for BadSid {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    // MS-DTYP section 2.4.2.1 (form) and 2.4.2.4 (well-known SIDs).
    #[test]
    fn text_form_is_the_documented_one() {
        let system = Sid::from_bytes(b"\x01\x01\0\0\0\0\0\x05\x12\0\0\0").unwrap();
        assert_eq!(system.to_string(), "S-1-5-18");
        assert_eq!(system.account(7).unwrap().to_string(), "S-1-5-18-7");
        let nobody = Sid::from_bytes(b"\x01\x01\0\0\0\0\0\0\0\0\0\0").unwrap();
        assert_eq!(nobody.to_string(), "S-1-0-0");
        let far = Sid::from_bytes(b"\x01\0\x01\x02\x03\x04\x05\xab").unwrap();
        assert_eq!(far.to_string(), "S-1-0x0102030405ab");
    }

    #[test]
    fn what_is_no_sid_is_refused() {
        for bytes in [
            &b""[..],
            b"\x01\x01\0\0\0\0\0",
            b"\x01\x01\0\0\0\0\0\x05",
            b"\x01\x01\0\0\0\0\0\x05\x12\0\0",
            b"\x01\x01\0\0\0\0\0\x05\x12\0\0\0\0",
            b"\x02\0\0\0\0\0\0\x05",
            b"\x01\0\0\0\0\0\0\x05\0\0\0\0",
        ] {
            assert_eq!(Sid::from_bytes(bytes), Err(BadSid), "{bytes:02x?}");
        }
    }

    #[test]
    fn there_are_at_most_fifteen_subauthorities() {
        let mut bytes = std::vec![1, 15, 0, 0, 0, 0, 0, 5];
        bytes.extend([7; 60]);
        let longest = Sid::from_bytes(&bytes).unwrap();
        assert_eq!(longest.sub_authorities(), [0x0707_0707; 15]);
        assert_eq!(longest.account(1), Err(BadSid));
        bytes[1] = 16;
        bytes.extend([7; 4]);
        assert_eq!(Sid::from_bytes(&bytes), Err(BadSid));
    }

    #[test]
    fn a_zero_behind_is_not_nothing() {
        let domain = Sid::from_bytes(b"\x01\x01\0\0\0\0\0\x05\x15\0\0\0").unwrap();
        assert_ne!(domain, domain.account(0).unwrap());
    }
}
