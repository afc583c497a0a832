//! Network data representation once more (C706 chapter 14, MS-RPCE section 2.2.6), and SIDs as text (MS-DTYP section 2.4.2).

/// A place in little-endian bytes; alignment counts from the first of them.
#[derive(Clone)]
pub(crate) struct Ndr<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// A count, and whether an array follows.
pub(crate) type Array = (u64, bool);

impl<'a> Ndr<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The structure behind the headers of a serialised type and its pointer.
    pub(crate) fn serialized(bytes: &'a [u8]) -> Option<Self> {
        Self::serialized_if(bytes)?
    }

    /// The same, or that there is none.
    pub(crate) fn serialized_if(bytes: &'a [u8]) -> Option<Option<Self>> {
        let len = u32::from_le_bytes(*bytes.get(8..)?.first_chunk()?) as usize;
        if bytes.get(..4)? != [1, 0x10, 8, 0] {
            return None;
        }
        let mut structure = Self::new(bytes.get(16..)?.get(..len)?);
        Some((structure.number(4)? != 0).then_some(structure))
    }

    pub(crate) fn align(&mut self, to: usize) -> Option<()> {
        self.take(self.at.next_multiple_of(to) - self.at).map(drop)
    }

    pub(crate) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..)?.get(..len)?;
        self.at += len;
        Some(taken)
    }

    /// A number of so many bytes, aligned to as many.
    pub(crate) fn number(&mut self, size: usize) -> Option<u64> {
        self.align(size)?;
        let bytes = self.take(size)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0, |value, byte| value << 8 | u64::from(*byte)),
        )
    }

    pub(crate) fn pointer(&mut self) -> Option<bool> {
        Some(self.number(4)? != 0)
    }

    pub(crate) fn array(&mut self) -> Option<Array> {
        Some((self.number(4)?, self.pointer()?))
    }

    /// How many elements follow.
    pub(crate) fn count(&mut self, (count, is_there): Array) -> Option<u64> {
        let announced = if is_there { self.number(4)? } else { 0 };
        (announced == count).then_some(count)
    }

    /// The head of an RPC_UNICODE_STRING.
    pub(crate) fn string(&mut self) -> Option<Array> {
        self.align(4)?;
        let len = self.number(2)?;
        self.number(2)?;
        Some((len, self.pointer()?))
    }

    /// Its bytes.
    pub(crate) fn units(&mut self, (len, is_there): Array) -> Option<&'a [u8]> {
        if !is_there {
            return (len == 0).then_some(&[]);
        }
        self.varying()?.get(..len as usize)
    }

    /// A conformant and varying array of 16-bit units.
    pub(crate) fn varying(&mut self) -> Option<&'a [u8]> {
        let (max, offset, actual) = (self.number(4)?, self.number(4)?, self.number(4)?);
        if offset != 0 || actual > max {
            return None;
        }
        self.take(actual as usize * 2)
    }

    pub(crate) fn sid(&mut self) -> Option<Sid> {
        let count = self.number(4)?;
        let head = self.take(8)?;
        if u64::from(head[1]) != count || head[0] != 1 || count > 15 {
            return None;
        }
        let authority = head[2..]
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte));
        let subs = self.take(count as usize * 4)?.chunks(4);
        let subs = subs.map(|sub| u32::from_le_bytes([sub[0], sub[1], sub[2], sub[3]]));
        Some(Sid(authority, subs.collect()))
    }

    pub(crate) fn sid_if(&mut self, is_there: bool) -> Option<Option<Sid>> {
        if is_there {
            self.sid().map(Some)
        } else {
            Some(None)
        }
    }

    /// Relative identifiers with attributes.
    pub(crate) fn memberships(&mut self, array: Array) -> Option<Vec<(u32, u32)>> {
        let count = self.count(array)?;
        (0..count)
            .map(|_| Some((self.number(4)? as u32, self.number(4)? as u32)))
            .collect()
    }
}

/// Authority and subauthorities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sid(pub(crate) u64, pub(crate) Vec<u32>);

impl Sid {
    pub(crate) fn account(&self, rid: u32) -> Option<Self> {
        let mut account = self.clone();
        account.1.push(rid);
        (account.1.len() <= 15).then_some(account)
    }

    pub(crate) fn text(&self) -> String {
        let authority = if self.0 >> 32 == 0 {
            self.0.to_string()
        } else {
            format!("0x{:012x}", self.0)
        };
        let subs: String = self.1.iter().map(|sub| format!("-{sub}")).collect();
        format!("S-1-{authority}{subs}")
    }
}

/// UTF-16, if it is.
pub(crate) fn utf16(bytes: &[u8]) -> Option<String> {
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    let units: Vec<u16> = bytes
        .chunks(2)
        .map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
        .collect();
    String::from_utf16(&units).ok()
}
