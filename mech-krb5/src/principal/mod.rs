//! Principal names: RFC 4120 section 6.2, `PrincipalName` on the wire (section 5.2.2), text as in RFC 1964
//! section 2.1.1.
//!
//! A name is bytes: what the components and the realm are encoded in is known only where they are shown. Owned and
//! borrowed names both keep their components as the DER that is on the wire. DER has one encoding for each value, so
//! two names are equal if and only if these bytes are; the name type is a hint and takes no part (section 6.2).
//! Not here: mapping to local accounts, canonicalisation, host-based names (negotiate-core's `ServiceName`).

mod bytes;
mod text;

pub use text::{BadPrincipal, NotUtf8};

use alloc::vec::Vec;
use bytes::NameBytes;
use core::fmt;
use core::hash::{Hash, Hasher};
use negotiate_core::Untrusted;
use negotiate_core::der::{Error, ErrorKind, Reader, Tag, Writer};

/// Most components of a name. No name in use has more than four; without a bound, a name of empty components makes
/// a peer's token cost far more to look at than to send.
pub const MAX_COMPONENTS: usize = 32;

/// How the components of a name are meant (RFC 4120 section 7.5.8, RFC 6111, RFC 6806): a hint, never compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct NameType(pub i32);

impl NameType {
    /// The type is not known.
    pub const UNKNOWN: Self = Self(0);
    /// A user, or any principal.
    pub const PRINCIPAL: Self = Self(1);
    /// A service and its instance; `krbtgt/REALM`.
    pub const SRV_INST: Self = Self(2);
    /// A service and its host.
    pub const SRV_HST: Self = Self(3);
    /// A service, and its host's name spread over the other components.
    pub const SRV_XHST: Self = Self(4);
    /// A unique identifier.
    pub const UID: Self = Self(5);
    /// An encoded X.509 distinguished name.
    pub const X500_PRINCIPAL: Self = Self(6);
    /// A mail address.
    pub const SMTP_NAME: Self = Self(7);
    /// A name that the KDC is to look up, `user@domain` in one component (RFC 6806 section 5).
    pub const ENTERPRISE: Self = Self(10);
    /// A name of fixed meaning (RFC 6111 section 3.1).
    pub const WELLKNOWN: Self = Self(11);
}

/// A principal name with its realm, owned. Bytes as they came: nothing is normalized (MS-KILE section 3.1.5.7).
#[derive(Clone)]
pub struct Principal {
    name_type: NameType,
    // The components as in PrincipalName, then the realm.
    bytes: NameBytes,
    realm_at: usize,
}

impl Principal {
    /// From its parts.
    ///
    /// # Errors
    /// [`BadPrincipal::NoComponent`] and [`BadPrincipal::TooManyComponents`].
    pub fn new<'c>(
        name_type: NameType,
        components: impl IntoIterator<Item = &'c [u8]>,
        realm: &[u8],
    ) -> Result<Self, BadPrincipal> {
        let mut count = 0_usize;
        let mut writer = Writer::new();
        for component in components {
            count = count.saturating_add(1);
            if count > MAX_COMPONENTS {
                return Err(BadPrincipal::TooManyComponents);
            }
            writer.general_string(component);
        }
        if count == 0 {
            return Err(BadPrincipal::NoComponent);
        }
        Ok(Self::of_parts(name_type, &writer.into_bytes(), realm))
    }

    fn of_parts(name_type: NameType, components: &[u8], realm: &[u8]) -> Self {
        Self {
            name_type,
            bytes: NameBytes::concat(components, realm),
            realm_at: components.len(),
        }
    }

    /// The same name, borrowed.
    #[must_use]
    pub fn borrow(&self) -> PrincipalRef<'_> {
        // `realm_at` was a length of what is there.
        let bytes = self.bytes.as_slice();
        let (components, realm) = bytes.split_at_checked(self.realm_at).unwrap_or_default();
        PrincipalName {
            name_type: self.name_type,
            components,
        }
        .in_realm(realm)
    }

    /// The name without its realm.
    #[must_use]
    pub fn name(&self) -> PrincipalName<'_> {
        self.borrow().name
    }

    /// The realm.
    #[must_use]
    pub fn realm(&self) -> &[u8] {
        self.borrow().realm
    }

    /// Whether this is the anonymous principal; see [`PrincipalRef::is_anonymous`].
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.borrow().is_anonymous()
    }
}

impl PartialEq for Principal {
    fn eq(&self, other: &Self) -> bool {
        self.borrow() == other.borrow()
    }
}

impl Eq for Principal {}

impl Hash for Principal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.borrow().hash(state);
    }
}

/// A principal name with its realm, borrowed from a message or from a [`Principal`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PrincipalRef<'a> {
    name: PrincipalName<'a>,
    realm: &'a [u8],
}

impl<'a> PrincipalRef<'a> {
    /// The name without its realm.
    #[must_use]
    pub const fn name(&self) -> PrincipalName<'a> {
        self.name
    }

    /// The realm.
    #[must_use]
    pub const fn realm(&self) -> &'a [u8] {
        self.realm
    }

    /// The components, one after the other.
    pub fn components(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.name.components()
    }

    /// A copy that owns its bytes.
    #[must_use]
    pub fn to_owned(&self) -> Principal {
        Principal::of_parts(self.name.name_type, self.name.components, self.realm)
    }

    /// The salt of this principal's password where its KDC names none: realm and components without anything between
    /// (RFC 4120 section 4).
    #[must_use]
    pub fn default_salt(&self) -> Vec<u8> {
        let mut salt = self.realm.to_vec();
        self.components()
            .for_each(|component| salt.extend_from_slice(component));
        salt
    }

    /// Whether this is the anonymous principal `WELLKNOWN/ANONYMOUS` (RFC 8062 section 3), in the realm of its KDC or
    /// in the anonymous realm. The name type is not asked: who says that he is nobody is believed.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.name.components == ANONYMOUS
    }
}

impl PrincipalRef<'_> {
    /// Whether its name has a fixed meaning (RFC 6111 section 3.1): two components or more, and the first is `WELLKNOWN`.
    pub(crate) fn is_well_known(&self) -> bool {
        let mut components = self.components();
        components.next() == Some(b"WELLKNOWN") && components.next().is_some()
    }
}

/// The components of `WELLKNOWN/ANONYMOUS` as in `PrincipalName`.
const ANONYMOUS: &[u8] = b"\x1b\x09WELLKNOWN\x1b\x09ANONYMOUS";

/// The realm of clients that even their KDC has no name for (RFC 8062 section 3).
pub(crate) const ANONYMOUS_REALM: &[u8] = b"WELLKNOWN:ANONYMOUS";

/// Whether a realm's name has a fixed meaning (RFC 6111 section 3.2).
pub(crate) fn is_well_known_realm(realm: &[u8]) -> bool {
    realm.starts_with(b"WELLKNOWN:")
}

impl PartialEq<Principal> for PrincipalRef<'_> {
    fn eq(&self, other: &Principal) -> bool {
        *self == other.borrow()
    }
}

impl PartialEq<PrincipalRef<'_>> for Principal {
    fn eq(&self, other: &PrincipalRef<'_>) -> bool {
        self.borrow() == *other
    }
}

/// A name without its realm, borrowed:
///
/// ```text
/// PrincipalName ::= SEQUENCE {
///     name-type   [0] Int32,
///     name-string [1] SEQUENCE OF KerberosString
/// }
/// ```
///
/// (RFC 4120 section 5.2.2). Comparison leaves the name type out.
#[derive(Clone, Copy)]
pub struct PrincipalName<'a> {
    name_type: NameType,
    // The content of name-string, each element a GeneralString: checked when it was made.
    components: &'a [u8],
}

impl<'a> PrincipalName<'a> {
    /// Reads one. Nothing is copied.
    ///
    /// # Errors
    /// If it is malformed, has no component or more than [`MAX_COMPONENTS`], or a component has a NUL byte.
    pub fn decode(reader: &mut Reader<'a>) -> Result<Self, Error> {
        Self::decode_at_least(1, reader)
    }

    /// Reads one that may have no component: where nobody acts on the name.
    pub(crate) fn decode_or_empty(reader: &mut Reader<'a>) -> Result<Self, Error> {
        Self::decode_at_least(0, reader)
    }

    fn decode_at_least(least: usize, reader: &mut Reader<'a>) -> Result<Self, Error> {
        Self::of_content_at_least(least, reader.sequence()?)
    }

    /// Reads the content of one.
    pub(crate) fn of_content(content: Reader<'a>) -> Result<Self, Error> {
        Self::of_content_at_least(1, content)
    }

    fn of_content_at_least(least: usize, mut content: Reader<'a>) -> Result<Self, Error> {
        let name_type = NameType(content.int32_field(0)?);
        let first = content.sequence_field(1)?;
        content.finish()?;
        let mut strings = first;
        let mut count = 0_usize;
        while !strings.is_empty() {
            if count == MAX_COMPONENTS {
                return Err(strings.error(ErrorKind::TooMany));
            }
            strings.general_string()?;
            count = count.saturating_add(1);
        }
        if count < least {
            return Err(first.error(ErrorKind::BadValue));
        }
        Ok(Self {
            name_type,
            components: first.rest(),
        })
    }

    /// Appends the encoding.
    pub fn encode(&self, writer: &mut Writer) {
        writer.sequence(|name| {
            name.field(0, |field| field.integer(i64::from(self.name_type.0)));
            name.field(1, |field| {
                field.sequence(|strings| strings.raw(self.components));
            });
        });
    }

    /// This name in a realm.
    #[must_use]
    pub const fn in_realm(self, realm: &'a [u8]) -> PrincipalRef<'a> {
        PrincipalRef { name: self, realm }
    }

    /// The hint about the name's form.
    #[must_use]
    pub const fn name_type(&self) -> NameType {
        self.name_type
    }

    /// The components, one after the other.
    pub fn components(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut strings = Reader::new(self.components);
        core::iter::from_fn(move || match strings.is_empty() {
            false => Some(strings.element(Tag::GENERAL_STRING).ok()?.rest()),
            true => None,
        })
    }
}

impl PartialEq for PrincipalName<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.components == other.components
    }
}

impl Eq for PrincipalName<'_> {}

impl Hash for PrincipalName<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.components.hash(state);
    }
}

impl fmt::Debug for PrincipalName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.components().map(Untrusted)).finish()
    }
}

/// For a log: the text in quotes, everything but printable ASCII escaped, and cut; see [`Untrusted`].
impl fmt::Display for PrincipalRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Untrusted(&self.to_text_bytes()).fmt(f)
    }
}

impl fmt::Debug for PrincipalRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// For a log: the text in quotes, everything but printable ASCII escaped, and cut; see [`Untrusted`].
impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.borrow(), f)
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
