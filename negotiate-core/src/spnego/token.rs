//! The negotiation tokens of RFC 4178 section 4.2 and MS-SPNG section 2.2.1, as far as an acceptor looks at them.
//!
//! ```text
//! NegotiationToken ::= CHOICE {
//!     negTokenInit    [0] NegTokenInit,
//!     negTokenResp    [1] NegTokenResp
//! }
//! ```

use crate::der::{Reader, Tag};

/// ```text
/// NegTokenInit ::= SEQUENCE {                  NegTokenInit2 ::= SEQUENCE {
///     mechTypes       [0] MechTypeList,            mechTypes     [0] MechTypeList  OPTIONAL,
///     reqFlags        [1] ContextFlags OPTIONAL,   reqFlags      [1] ContextFlags  OPTIONAL,
///     mechToken       [2] OCTET STRING OPTIONAL,   mechToken     [2] OCTET STRING  OPTIONAL,
///     mechListMIC     [3] OCTET STRING OPTIONAL,   negHints      [3] NegHints      OPTIONAL,
///     ...                                          mechListMIC   [4] OCTET STRING  OPTIONAL,
/// }                                                ...
///                                              }
/// ```
///
/// Which of the two it is shows in the type of field `[3]`. reqFlags and negHints must be well-formed and are then
/// ignored: the first as RFC 4178 section 4.2.1 wants it, the second because only acceptors send them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NegTokenInit<'a> {
    pub(crate) mech_types: MechTypeList<'a>,
    /// Never empty: an empty one counts as absent.
    pub(crate) mech_token: Option<&'a [u8]>,
    pub(crate) mech_list_mic: Option<&'a [u8]>,
}

/// ```text
/// NegTokenResp ::= SEQUENCE {
///     negState        [0] ENUMERATED   OPTIONAL,
///     supportedMech   [1] MechType     OPTIONAL,
///     responseToken   [2] OCTET STRING OPTIONAL,
///     mechListMIC     [3] OCTET STRING OPTIONAL,
///     ...
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub(crate) struct NegTokenResp<'a> {
    pub(crate) neg_state: Option<NegState>,
    pub(crate) supported_mech: Option<&'a [u8]>,
    /// Never empty: an empty one counts as absent, for old peers send it where they have nothing to say.
    pub(crate) response_token: Option<&'a [u8]>,
    pub(crate) mech_list_mic: Option<&'a [u8]>,
}

/// `negState` (RFC 4178 section 4.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NegState {
    AcceptCompleted,
    AcceptIncomplete,
    Reject,
    RequestMic,
}

impl NegState {
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::AcceptCompleted => 0,
            Self::AcceptIncomplete => 1,
            Self::Reject => 2,
            Self::RequestMic => 3,
        }
    }

    pub(crate) const fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::AcceptCompleted),
            1 => Some(Self::AcceptIncomplete),
            2 => Some(Self::Reject),
            3 => Some(Self::RequestMic),
            _ => None,
        }
    }
}

/// `MechTypeList ::= SEQUENCE OF MechType`, as its bytes: the mechListMIC covers them as they came (RFC 4178 section 5).
#[derive(Clone, Copy, Debug)]
pub(crate) struct MechTypeList<'a> {
    der: &'a [u8],
}

impl<'a> MechTypeList<'a> {
    /// From a whole encoding that has been read through.
    pub(super) const fn from_checked(der: &'a [u8]) -> Self {
        Self { der }
    }

    pub(crate) const fn der(self) -> &'a [u8] {
        self.der
    }

    /// The contents of the object identifiers, the initiator's favourite first.
    pub(crate) fn iter(self) -> impl Iterator<Item = &'a [u8]> + Clone {
        let mut list = Reader::new(self.der)
            .element(Tag::SEQUENCE)
            .unwrap_or(Reader::new(&[]));
        core::iter::from_fn(move || list.object_identifier().ok())
    }
}
