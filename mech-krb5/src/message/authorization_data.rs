use super::typed_octets;
use alloc::vec::Vec;
use negotiate_core::der::{Error, ErrorKind, Reader, Writer};

/// `AuthorizationData` (RFC 4120 section 5.2.6), its elements read as they are asked for:
///
/// ```text
/// AuthorizationData ::= SEQUENCE OF SEQUENCE {
///     ad-type  [0] Int32,
///     ad-data  [1] OCTET STRING
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationData<'a> {
    elements: Reader<'a>,
}

/// One element of [`AuthorizationData`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthorizationDataEntry<'a> {
    /// What the data is; negative numbers are local use.
    pub ad_type: AdType,
    /// The data.
    pub ad_data: &'a [u8],
}

/// `ad-type` (RFC 4120 section 7.5.4, MS-KILE sections 3.1.5.5 and 3.2.5.8, IANA).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdType(pub i32);

impl AdType {
    /// AD-IF-RELEVANT: who does not understand what is inside may ignore it.
    pub const IF_RELEVANT: Self = Self(1);
    /// AD-KDCIssued.
    pub const KDC_ISSUED: Self = Self(4);
    /// AD-AND-OR.
    pub const AND_OR: Self = Self(5);
    /// AD-MANDATORY-FOR-KDC: binding on a KDC only.
    pub const MANDATORY_FOR_KDC: Self = Self(8);
    /// AD-CAMMAC (RFC 7751).
    pub const CAMMAC: Self = Self(96);
    /// AD-AUTHENTICATION-INDICATOR (RFC 8129).
    pub const AUTHENTICATION_INDICATOR: Self = Self(97);
    /// AD-WIN2K-PAC (MS-PAC).
    pub const WIN2K_PAC: Self = Self(128);
    /// AD-ETYPE-NEGOTIATION (RFC 4537).
    pub const ETYPE_NEGOTIATION: Self = Self(129);
    /// KERB-AD-RESTRICTION-ENTRY (MS-KILE section 2.2.6).
    pub const TOKEN_RESTRICTIONS: Self = Self(141);
    /// KERB_AUTH_DATA_LOOPBACK (MS-KILE section 2.2.4).
    pub const LOCAL: Self = Self(142);
    /// KERB-AP-OPTIONS (MS-KILE section 3.2.5.8).
    pub const AP_OPTIONS: Self = Self(143);
    /// KERB-TARGET-PRINCIPAL (MS-KILE section 3.2.5.8).
    pub const TARGET_PRINCIPAL: Self = Self(144);

    /// Whether this crate knows what it means.
    pub(crate) const fn is_known(self) -> bool {
        matches!(
            self,
            Self::IF_RELEVANT
                | Self::KDC_ISSUED
                | Self::AND_OR
                | Self::MANDATORY_FOR_KDC
                | Self::CAMMAC
                | Self::AUTHENTICATION_INDICATOR
                | Self::WIN2K_PAC
                | Self::ETYPE_NEGOTIATION
                | Self::TOKEN_RESTRICTIONS
                | Self::LOCAL
                | Self::AP_OPTIONS
                | Self::TARGET_PRINCIPAL
        )
    }
}

/// Elements of one list. Windows writes three, MIT with every indicator two: more than this is an attempt to make us work.
const MAX_ELEMENTS: usize = 64;

impl<'a> AuthorizationData<'a> {
    /// Reads one, to its end: an element that is malformed is an error now, not when it is looked for.
    ///
    /// # Errors
    /// If it is not its DER, or has more than 64 elements.
    pub fn decode(input: &mut Reader<'a>) -> Result<Self, Error> {
        Self::of_content(input.sequence()?)
    }

    pub(super) fn of_content(elements: Reader<'a>) -> Result<Self, Error> {
        let mut rest = elements;
        let mut count: usize = 0;
        while !rest.is_empty() {
            if count == MAX_ELEMENTS {
                return Err(rest.error(ErrorKind::TooMany));
            }
            Self::element(&mut rest)?;
            count = count.saturating_add(1);
        }
        Ok(Self { elements })
    }

    /// Bytes of the elements.
    pub(super) const fn len(self) -> usize {
        self.elements.rest().len()
    }

    /// Writes it.
    pub fn encode(&self, writer: &mut Writer) {
        writer.sequence(|sequence| sequence.raw(self.elements.rest()));
    }

    /// Takes the first element off the list.
    #[inline(always)]
    pub fn pop_first(&mut self) -> Option<AuthorizationDataEntry<'a>> {
        // `decode` has read them all, so there is no error but the end.
        Self::element(&mut self.elements).ok()
    }

    /// The elements in order.
    pub fn iter(&self) -> impl Iterator<Item = AuthorizationDataEntry<'a>> + use<'a> {
        let mut rest = *self;
        core::iter::from_fn(move || rest.pop_first())
    }

    #[inline(always)]
    fn element(rest: &mut Reader<'a>) -> Result<AuthorizationDataEntry<'a>, Error> {
        let (ad_type, ad_data) = typed_octets(rest.sequence()?)?;
        let ad_type = AdType(ad_type);
        Ok(AuthorizationDataEntry { ad_type, ad_data })
    }
}

impl AuthorizationDataEntry<'_> {
    /// The DER of a list of these.
    #[must_use]
    pub fn encode_list(entries: &[Self]) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.sequence(|list| {
            for entry in entries {
                list.sequence(|element| {
                    element.field(0, |field| field.integer(entry.ad_type.0.into()));
                    element.field(1, |field| field.octet_string(entry.ad_data));
                });
            }
        });
        writer.into_bytes()
    }
}
