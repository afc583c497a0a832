use super::PacFault;
use alloc::vec::Vec;
use core::fmt;

/// A security identifier (MS-DTYP section 2.4.2): who somebody is for good, whatever the name.
///
/// ```text
/// 0     revision, 1
/// 1     number of subauthorities, at most 15
/// 2..8  identifier authority, big-endian
/// 8..   subauthorities, 32 bits each, little-endian
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid {
    authority: u64,
    sub_authorities: Vec<u32>,
}

const MAX_SUB_AUTHORITIES: usize = 15;

impl Sid {
    /// From its packet representation, which must be all of `bytes`.
    ///
    /// # Errors
    /// If it is not one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PacFault> {
        let ([1, count, authority @ ..], rest) = bytes.split_first_chunk::<8>().ok_or(PacFault::Truncated)?
        else {
            return Err(PacFault::BadContent);
        };
        let (sub_authorities, []) = rest.as_chunks::<4>() else {
            return Err(PacFault::BadContent);
        };
        if sub_authorities.len() != usize::from(*count) || sub_authorities.len() > MAX_SUB_AUTHORITIES {
            return Err(PacFault::BadContent);
        }
        Ok(Self {
            authority: authority
                .iter()
                .fold(0, |value, byte| (value << 8) | u64::from(*byte)),
            sub_authorities: sub_authorities
                .iter()
                .map(|bytes| u32::from_le_bytes(*bytes))
                .collect(),
        })
    }

    /// The SID of an account of this domain: the domain's, and the relative identifier behind it.
    ///
    /// # Errors
    /// If the domain has fifteen subauthorities already.
    pub fn account(&self, rid: u32) -> Result<Self, PacFault> {
        if self.sub_authorities.len() >= MAX_SUB_AUTHORITIES {
            return Err(PacFault::BadContent);
        }
        let mut account = self.clone();
        account.sub_authorities.push(rid);
        Ok(account)
    }
}

/// `S-1-5-21-1-2-3-500` (MS-DTYP section 2.4.2.1): an authority of more than 32 bits is hexadecimal.
impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if u32::try_from(self.authority).is_ok() {
            write!(f, "S-1-{}", self.authority)?;
        } else {
            write!(f, "S-1-0x{:012x}", self.authority)?;
        }
        self.sub_authorities
            .iter()
            .try_for_each(|sub| write!(f, "-{sub}"))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

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
        let far = Sid::from_bytes(b"\x01\0\x01\x02\x03\x04\x05\x06").unwrap();
        assert_eq!(far.to_string(), "S-1-0x010203040506");
    }

    #[test]
    fn what_is_no_sid_is_refused() {
        for bytes in [
            &b""[..],
            b"\x01\x01\0\0\0\0\0\x05",
            b"\x02\0\0\0\0\0\0\x05",
            b"\x01\0\0\0\0\0\0\x05\0\0\0\0",
        ] {
            assert!(Sid::from_bytes(bytes).is_err(), "{bytes:02x?}");
        }
        let mut long = std::vec![1, 16, 0, 0, 0, 0, 0, 5];
        long.extend([0; 64]);
        assert!(Sid::from_bytes(&long).is_err());
    }
}
