//! Mechanism object identifiers (`MechType`, RFC 4178 section 4.1).

use core::fmt;

/// The object identifier of a security mechanism, with a name for people.
#[derive(Clone, Copy)]
pub struct MechType {
    contents: &'static [u8],
    name: &'static str,
}

impl MechType {
    /// SPNEGO itself: 1.3.6.1.5.5.2 (RFC 4178 section 4.2).
    pub const SPNEGO: Self = Self::new(b"\x2b\x06\x01\x05\x05\x02", "spnego");
    /// Kerberos V5: 1.2.840.113554.1.2.2 (RFC 4121 section 4.1).
    pub const KRB5: Self = Self::new(b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02", "krb5");
    /// Kerberos V5 as Windows 2000 wrote it and Windows still offers it first: 1.2.840.48018.1.2.2
    /// (MS-SPNG section 3.1.5.2, MS-KILE section 3.1.1.6, RFC 4178 appendix C).
    pub const MS_KRB5: Self = Self::new(b"\x2a\x86\x48\x82\xf7\x12\x01\x02\x02", "krb5");
    /// Kerberos V5, user to user: 1.2.840.113554.1.2.2.3 (draft-swift-win2k-krb-user2user-03). A mechanism to its framing; in
    /// SPNEGO's lists Windows calls it by the names of Kerberos.
    pub const KRB5_USER_TO_USER: Self =
        Self::new(b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x03", "krb5-user-to-user");
    /// NTLMSSP: 1.3.6.1.4.1.311.2.2.10 (MS-NLMP section 1.9).
    pub const NTLMSSP: Self = Self::new(b"\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a", "ntlmssp");
    /// SPNEGO Extended Negotiation: 1.3.6.1.4.1.311.2.2.30 (draft-zhu-negoex section 3).
    pub const NEGOEX: Self = Self::new(b"\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x1e", "negoex");
    /// Initial and pass-through authentication with Kerberos: 1.3.6.1.5.2.5 (draft-ietf-kitten-iakerb section 3).
    pub const IAKERB: Self = Self::new(b"\x2b\x06\x01\x05\x02\x05", "iakerb");

    const REGISTERED: [Self; 7] = [
        Self::SPNEGO,
        Self::KRB5,
        Self::MS_KRB5,
        Self::KRB5_USER_TO_USER,
        Self::NTLMSSP,
        Self::NEGOEX,
        Self::IAKERB,
    ];

    /// From the content bytes of the identifier's DER encoding, and the short name that is shown for it.
    #[must_use]
    pub const fn new(contents: &'static [u8], name: &'static str) -> Self {
        Self { contents, name }
    }

    /// The content bytes of the DER encoding.
    #[must_use]
    pub const fn contents(&self) -> &'static [u8] {
        self.contents
    }

    /// The one of the constants above that has these contents.
    pub(crate) fn registered(contents: &[u8]) -> Option<Self> {
        Self::REGISTERED
            .into_iter()
            .find(|mech_type| mech_type.contents == contents)
    }

    /// The short name: `krb5`, `ntlmssp`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl PartialEq for MechType {
    fn eq(&self, other: &Self) -> bool {
        self.contents == other.contents
    }
}

impl Eq for MechType {}

/// The short name.
impl fmt::Display for MechType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The short name and the dotted identifier.
impl fmt::Debug for MechType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, Dotted(self.contents))
    }
}

/// The content bytes of an object identifier, shown dotted: `1.2.840.113554.1.2.2`. Bytes that are none, or that have an
/// arc above 2⁶⁴, are shown as hex.
#[derive(Clone, Copy, Debug)]
pub struct Dotted<'a>(pub &'a [u8]);

impl fmt::Display for Dotted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if Self::arcs(self.0, |_, _| Ok(())).is_none() {
            return self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"));
        }
        Self::arcs(self.0, |is_first, arc| {
            if is_first {
                write!(f, "{arc}")
            } else {
                write!(f, ".{arc}")
            }
        })
        .unwrap_or(Ok(()))
    }
}

impl Dotted<'_> {
    // None if the bytes are not a whole identifier.
    fn arcs(bytes: &[u8], mut show: impl FnMut(bool, u64) -> fmt::Result) -> Option<fmt::Result> {
        let mut arc = 0_u64;
        let mut is_first = true;
        for byte in bytes {
            arc = arc.checked_mul(128)?.checked_add(u64::from(byte & 0x7f))?;
            if byte & 0x80 != 0 {
                continue;
            }
            if is_first {
                // X.690 section 8.19.4: the first two arcs share a subidentifier.
                let root = (arc / 40).min(2);
                if show(true, root).is_err() {
                    return Some(Err(fmt::Error));
                }
                arc = arc.checked_sub(root.checked_mul(40)?)?;
            }
            if show(false, arc).is_err() {
                return Some(Err(fmt::Error));
            }
            is_first = false;
            arc = 0;
        }
        let ends_whole = bytes.last().is_some_and(|byte| byte & 0x80 == 0);
        ends_whole.then_some(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn identifiers_are_the_registered_ones() {
        for (mech_type, dotted) in [
            (MechType::SPNEGO, "1.3.6.1.5.5.2"),
            (MechType::KRB5, "1.2.840.113554.1.2.2"),
            (MechType::MS_KRB5, "1.2.840.48018.1.2.2"),
            (MechType::KRB5_USER_TO_USER, "1.2.840.113554.1.2.2.3"),
            (MechType::NTLMSSP, "1.3.6.1.4.1.311.2.2.10"),
            (MechType::NEGOEX, "1.3.6.1.4.1.311.2.2.30"),
            (MechType::IAKERB, "1.3.6.1.5.2.5"),
        ] {
            assert_eq!(Dotted(mech_type.contents()).to_string(), dotted);
        }
    }

    #[test]
    fn what_is_no_identifier_is_shown_as_hex() {
        assert_eq!(Dotted(b"\x2a\x86").to_string(), "2a86");
        assert_eq!(Dotted(b"").to_string(), "");
        assert_eq!(Dotted(&[0xff; 12]).to_string(), "ff".repeat(12));
        assert_eq!(Dotted(b"\x88\x37").to_string(), "2.999");
    }
}
