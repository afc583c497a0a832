use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

/// A name attribute (RFC 6680): something that the initiator's authority says beyond the name, in its own form.
///
/// Mechanisms give only what is authenticated (RFC 6680 section 3): there is no attribute to be doubted here.
#[derive(Clone, PartialEq, Eq)]
pub struct NameAttribute<'a> {
    /// Its name: `auth-indicators`, `urn:mspac:logon-info`.
    pub name: Cow<'a, str>,
    /// Its values; there may be several.
    pub values: Vec<&'a [u8]>,
}

impl<'a> NameAttribute<'a> {
    /// How the initiator authenticated, in the words of its KDC's administrator (RFC 8129): UTF-8, one value for each
    /// indicator. They mean what the initiator's realm means by them. The name is MIT krb5's.
    pub const AUTH_INDICATORS: &'static str = "auth-indicators";

    /// With one value.
    #[must_use]
    pub fn new(name: impl Into<Cow<'a, str>>, value: &'a [u8]) -> Self {
        Self {
            name: name.into(),
            values: Vec::from([value]),
        }
    }
}

/// Its name and how many values: they are for those who ask.
impl fmt::Debug for NameAttribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NameAttribute({:?}, {} values)", self.name, self.values.len())
    }
}
