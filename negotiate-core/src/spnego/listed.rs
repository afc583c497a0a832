//! Lists of mechanisms that an error shows: the initiator's and ours.

use crate::acceptor::Shared;
use crate::{Dotted, MechType};
use alloc::sync::Arc;
use core::fmt;

/// The beginning of an initiator's list of mechanisms: `ntlmssp, 1.3.6.1.5.2.7 and 2 more`.
#[derive(Clone, Copy)]
pub struct OfferedMechTypes {
    // Each identifier after its length. A copy in place, for a refusal must not cost an allocation.
    bytes: [u8; CAPACITY],
    used: usize,
    left_out: usize,
}

/// Eight identifiers of the usual length; Windows sends four.
const CAPACITY: usize = 88;

impl OfferedMechTypes {
    pub(super) fn new<'o>(offered: impl Iterator<Item = &'o [u8]>) -> Self {
        let mut list = Self {
            bytes: [0; CAPACITY],
            used: 0,
            left_out: 0,
        };
        for oid in offered {
            if list.push(oid).is_none() {
                list.left_out = list.left_out.saturating_add(1);
            }
        }
        list
    }

    fn push(&mut self, oid: &[u8]) -> Option<()> {
        let len = u8::try_from(oid.len()).ok()?;
        let end = self.used.checked_add(oid.len())?.checked_add(1)?;
        let (first, rest) = self.bytes.get_mut(self.used..end)?.split_first_mut()?;
        *first = len;
        rest.copy_from_slice(oid);
        self.used = end;
        Some(())
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.bytes.get(..self.used).unwrap_or_default();
        core::iter::from_fn(move || {
            let (len, after) = rest.split_first()?;
            let (oid, after) = after.split_at_checked(usize::from(*len))?;
            rest = after;
            Some(oid)
        })
    }
}

impl fmt::Display for OfferedMechTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for oid in self.iter() {
            f.write_str(separator)?;
            match MechType::registered(oid) {
                Some(mech_type) => mech_type.fmt(f)?,
                None => Dotted(oid).fmt(f)?,
            }
            separator = ", ";
        }
        match self.left_out {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl fmt::Debug for OfferedMechTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The mechanisms of an acceptor: `krb5, ntlmssp`.
#[derive(Clone)]
pub struct AcceptedMechTypes(Arc<Shared>);

impl AcceptedMechTypes {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }
}

impl fmt::Display for AcceptedMechTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for mechanism in &self.0.mechanisms {
            if let Some(canonical) = mechanism.mech_types().first() {
                write!(f, "{separator}{canonical}")?;
                separator = ", ";
            }
        }
        Ok(())
    }
}

impl fmt::Debug for AcceptedMechTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;
    use std::vec;

    #[test]
    fn offered_mechanisms_are_named_or_dotted_and_counted() {
        let shown = |list: &[&[u8]]| OfferedMechTypes::new(list.iter().copied()).to_string();
        assert_eq!(
            shown(&[MechType::NTLMSSP.contents(), b"\x2b\x06\x01\x05\x02\x07"]),
            "ntlmssp, 1.3.6.1.5.2.7"
        );
        let long = vec![b"\x2a\x86\x48\x82\xf7\x12\x01\x02\x02\x03".as_slice(); 11];
        assert_eq!(
            shown(&long),
            format_args!("{} and 3 more", ["1.2.840.48018.1.2.2.3"; 8].join(", ")).to_string()
        );
        assert_eq!(shown(&[&[0x2a; 300]]), " and 1 more");
    }
}
