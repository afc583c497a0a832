//! The result of an exchange: who the initiator is, and what the context can do.

use crate::spnego::MechListProtected;
use crate::{
    Account, AccountUnreadable, MechType, Name, NameAttribute, PerMessage, PerMessageError, PrfKey, Secret,
    Timestamp,
};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;
use core::fmt;

/// Properties of a security context (RFC 2743 section 1.2, RFC 4121 section 4.1.1.1).
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct ContextFlags(u32);

impl ContextFlags {
    /// The initiator delegated a credential.
    pub const DELEGATE: Self = Self(0x1);
    /// The acceptor proved who it is.
    pub const MUTUAL: Self = Self(0x2);
    /// Replayed messages are detected.
    pub const REPLAY: Self = Self(0x4);
    /// Messages out of sequence are detected.
    pub const SEQUENCE: Self = Self(0x8);
    /// Confidentiality is offered.
    pub const CONFIDENTIALITY: Self = Self(0x10);
    /// Integrity is offered.
    pub const INTEGRITY: Self = Self(0x20);
    /// The initiator stays unnamed.
    pub const ANONYMOUS: Self = Self(0x40);
    /// Both sides had the same channel bindings (`GSS_C_CHANNEL_BOUND_FLAG`).
    pub const CHANNEL_BOUND: Self = Self(0x800);
    /// The three-leg exchange of DCE RPC (MS-KILE section 3.4.5.1).
    pub const DCE_STYLE: Self = Self(0x1000);
    /// The acceptor may identify the initiator but not act for it (RFC 4757 section 7.1).
    pub const IDENTIFY: Self = Self(0x2000);
    /// Extended error tokens are understood (RFC 4757 section 7.1).
    pub const EXTENDED_ERROR: Self = Self(0x4000);

    const NAMES: [(Self, &'static str); 11] = [
        (Self::DELEGATE, "delegate"),
        (Self::MUTUAL, "mutual"),
        (Self::REPLAY, "replay"),
        (Self::SEQUENCE, "sequence"),
        (Self::CONFIDENTIALITY, "confidentiality"),
        (Self::INTEGRITY, "integrity"),
        (Self::ANONYMOUS, "anonymous"),
        (Self::CHANNEL_BOUND, "channel_bound"),
        (Self::DCE_STYLE, "dce_style"),
        (Self::IDENTIFY, "identify"),
        (Self::EXTENDED_ERROR, "extended_error"),
    ];

    /// Those bits that are flags of the list above.
    #[must_use]
    pub fn from_bits_truncate(bits: u32) -> Self {
        Self::NAMES
            .iter()
            .fold(Self(0), |known, (flag, _)| Self(known.0 | (bits & flag.0)))
    }

    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether all of `flags` are set.
    #[must_use]
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// These and those.
    #[must_use]
    pub const fn with(self, flags: Self) -> Self {
        Self(self.0 | flags.0)
    }

    /// These but not those.
    #[must_use]
    pub const fn without(self, flags: Self) -> Self {
        Self(self.0 & !flags.0)
    }

    /// The names of the flags that are set, in order of their bits.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .into_iter()
            .filter(move |(flag, _)| self.contains(*flag))
            .map(|(_, name)| name)
    }
}

impl fmt::Debug for ContextFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// What a mechanism knows beyond the common part (a ticket's times, a delegated credential, attributes): reached through
/// [`SecurityContext::details`] by those who know the mechanism's type.
pub trait MechDetails: Any + fmt::Debug + Send + Sync {
    /// Which of its names the acceptor was addressed by; `None` where the mechanism does not tell, or not in text.
    fn acceptor(&self) -> Option<Name> {
        None
    }

    /// What the initiator's domain says about its account; `None` if it says nothing that can be believed.
    fn account(&self) -> Option<Result<Account, AccountUnreadable>> {
        None
    }

    /// The initiator's name attributes (RFC 6680), authenticated all of them.
    fn name_attributes(&self) -> Vec<NameAttribute<'_>> {
        Vec::new()
    }
}

/// A mechanism's word that the initiator is authenticated.
///
/// The core believes it; a mechanism makes it in one place, from its own witnesses that every check was done.
#[derive(Debug)]
pub struct Established {
    /// The mechanism that did it.
    pub mech_type: MechType,
    /// Who the initiator is.
    pub initiator: Name,
    /// What the context offers.
    pub flags: ContextFlags,
    /// When the authentication ends to be good.
    pub expires: Option<Timestamp>,
    /// Keys for messages, and for SPNEGO's mechListMIC.
    pub per_message: Box<dyn PerMessage>,
    /// Whether SPNEGO must exchange mechListMICs although the preferred mechanism was taken.
    pub mech_list_mic: MechListMic,
    /// What only this mechanism knows.
    pub details: Box<dyn MechDetails>,
}

/// When SPNEGO's mechListMIC is due, as far as the mechanism has a say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MechListMic {
    /// By the rules of RFC 4178 section 5.
    AsNegotiated,
    /// In any case: NTLM whose AUTHENTICATE has a MIC (MS-SPNG section 3.1.5.1), Kerberos user to user as Windows does it.
    Required,
}

/// An authenticated initiator, and message protection with it.
///
/// Only this crate makes one, from a mechanism's [`Established`] and, where SPNEGO asks for them, mechListMICs that were
/// verified.
#[derive(Debug)]
pub struct SecurityContext {
    established: Box<Established>,
    negotiation: Negotiation,
}

/// How the mechanism was agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Negotiation {
    /// By SPNEGO.
    Spnego,
    /// The initiator sent the mechanism's own token.
    Bare,
}

impl SecurityContext {
    /// Of a mechanism that the initiator did not negotiate.
    pub(crate) const fn bare(established: Box<Established>) -> Self {
        Self {
            established,
            negotiation: Negotiation::Bare,
        }
    }

    /// Of a mechanism that SPNEGO agreed on.
    pub(crate) fn negotiated(protected: MechListProtected) -> Self {
        Self {
            established: protected.into_established(),
            negotiation: Negotiation::Spnego,
        }
    }

    /// Who the initiator is.
    #[must_use]
    pub fn initiator(&self) -> &Name {
        &self.established.initiator
    }

    /// Which of its names the acceptor was addressed by, written anew at each call; `None` where the mechanism does not
    /// tell, or not in text.
    #[must_use]
    pub fn acceptor(&self) -> Option<Name> {
        self.established.details.acceptor()
    }

    /// The mechanism that authenticated the initiator.
    #[must_use]
    pub fn mech_type(&self) -> MechType {
        self.established.mech_type
    }

    /// How the mechanism was agreed on.
    #[must_use]
    pub const fn negotiation(&self) -> Negotiation {
        self.negotiation
    }

    /// What the context offers.
    #[must_use]
    pub fn flags(&self) -> ContextFlags {
        self.established.flags
    }

    /// When the authentication ends to be good, if the mechanism says so.
    #[must_use]
    pub fn expires(&self) -> Option<Timestamp> {
        self.established.expires
    }

    /// What the mechanism knows beyond this, if its type is `T`.
    #[must_use]
    pub fn details<T: MechDetails>(&self) -> Option<&T> {
        let details: &dyn Any = &*self.established.details;
        details.downcast_ref()
    }

    /// `GSS_Pseudo_random` (RFC 4401 section 2): `len` bytes that only the two ends can compute from `input`.
    ///
    /// # Errors
    /// If the mechanism cannot; see [`PerMessage::pseudo_random`].
    pub fn pseudo_random(
        &mut self,
        key: PrfKey,
        input: &[u8],
        len: usize,
    ) -> Result<Secret<Vec<u8>>, PerMessageError> {
        self.per_message().pseudo_random(key, input, len)
    }

    /// What the initiator's domain says about its account, read anew at each call; `None` if it says nothing that can be
    /// believed.
    #[must_use]
    pub fn account(&self) -> Option<Result<Account, AccountUnreadable>> {
        self.established.details.account()
    }

    /// The initiator's name attributes (RFC 6680).
    #[must_use]
    pub fn name_attributes(&self) -> Vec<NameAttribute<'_>> {
        self.established.details.name_attributes()
    }

    /// The name attribute with this name, in upper or lower case.
    #[must_use]
    pub fn name_attribute(&self, name: &str) -> Option<NameAttribute<'_>> {
        self.name_attributes()
            .into_iter()
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }

    /// Per-message protection.
    pub fn per_message(&mut self) -> &mut dyn PerMessage {
        &mut *self.established.per_message
    }
}
