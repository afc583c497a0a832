//! Protection of messages after the context stands (RFC 2743 section 2.3).

use crate::{Random, Secret};
use alloc::vec::Vec;
use core::fmt;

/// Per-message protection of one established context: a mechanism's keys and sequence numbers.
pub trait PerMessage: fmt::Debug + Send + Sync {
    /// A MIC over `message` (`GSS_GetMIC`).
    ///
    /// # Errors
    /// If the mechanism cannot make one.
    fn get_mic(&mut self, message: &[u8]) -> Result<Vec<u8>, PerMessageError>;

    /// Checks the peer's MIC over `message` (`GSS_VerifyMIC`).
    ///
    /// # Errors
    /// If the MIC is not that of the peer over these bytes, or was seen before.
    fn verify_mic(&mut self, message: &[u8], mic: &[u8]) -> Result<MessageOrder, PerMessageError>;

    /// Seals `message` (`GSS_Wrap`).
    ///
    /// # Errors
    /// If the mechanism cannot, or there is no randomness.
    fn wrap(
        &mut self,
        message: &[u8],
        protection: Protection,
        random: &mut dyn Random,
    ) -> Result<Vec<u8>, PerMessageError>;

    /// Opens the peer's sealed message (`GSS_Unwrap`).
    ///
    /// # Errors
    /// If the token is not the peer's, or was seen before.
    fn unwrap(&mut self, token: &[u8]) -> Result<Unwrapped, PerMessageError>;

    /// `len` bytes that both ends can compute from `input` and nobody else can (`GSS_Pseudo_random`, RFC 4401), for protocols
    /// that key something of their own with them.
    ///
    /// # Errors
    /// [`PerMessageError::Unavailable`] if the mechanism has no such function, [`PerMessageError::TooLong`] if it cannot give
    /// so much.
    fn pseudo_random(
        &mut self,
        _key: PrfKey,
        _input: &[u8],
        _len: usize,
    ) -> Result<Secret<Vec<u8>>, PerMessageError> {
        Err(PerMessageError::Unavailable)
    }

    /// As [`PerMessage::verify_mic`], of the peer's mechListMIC of SPNEGO, the first message that it protects: a mechanism whose
    /// checksums do not cover their numbers must not take another number for [`MessageOrder::Expected`], also where the context
    /// does not detect the sequence.
    ///
    /// # Errors
    /// As [`PerMessage::verify_mic`].
    fn verify_mech_list_mic(
        &mut self,
        mech_types: &[u8],
        mic: &[u8],
    ) -> Result<MessageOrder, PerMessageError> {
        self.verify_mic(mech_types, mic)
    }

    /// Called once, after both mechListMICs of SPNEGO are done: NTLM starts both its RC4 key streams again, so that its first messages
    /// are under what the mechListMICs were under, and counts its sequence numbers on (MS-SPNG section 3.2.5.1); other mechanisms
    /// have nothing to do.
    fn mech_list_mics_done(&mut self) {}
}

/// What the pseudo-random function of a context is keyed with (RFC 4401 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrfKey {
    /// What both ends put into the context (`GSS_C_PRF_KEY_FULL`).
    Full,
    /// What the initiator alone put into it (`GSS_C_PRF_KEY_PARTIAL`).
    Partial,
}

/// How `GSS_Wrap` protects (`conf_req_flag`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Readable by all, changed by none.
    Integrity,
    /// Encrypted as well.
    Confidentiality,
}

/// An opened message.
#[derive(PartialEq, Eq)]
pub struct Unwrapped {
    /// The message.
    pub message: Vec<u8>,
    /// How it was protected.
    pub protection: Protection,
    /// How it stands to those before it.
    pub order: MessageOrder,
}

/// Where a genuine message stands in the peer's sequence, as far as the context detects that (RFC 2743 section 1.2.3:
/// supplementary information; replays are errors here, see [`PerMessageError`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageOrder {
    /// It is the next one, or the context does not detect the sequence.
    Expected,
    /// Messages before it have not come yet (`GSS_S_GAP_TOKEN`).
    Gap,
    /// Messages after it came already (`GSS_S_UNSEQ_TOKEN`).
    Unsequenced,
}

impl fmt::Debug for Unwrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Unwrapped({} bytes, {:?})",
            self.message.len(),
            self.protection
        )
    }
}

/// Why a per-message token was refused or could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PerMessageError {
    /// Not a token of this mechanism and kind (`GSS_S_DEFECTIVE_TOKEN`).
    DefectiveToken,
    /// The cryptographic check failed (`GSS_S_BAD_MIC`). Nothing more is said on purpose.
    BadMic,
    /// The sequence number was seen before (`GSS_S_DUPLICATE_TOKEN`).
    DuplicateToken,
    /// The sequence number is below the window that is remembered (`GSS_S_OLD_TOKEN`).
    OldToken,
    /// The context does not offer this protection (`GSS_S_UNAVAILABLE`).
    Unavailable,
    /// No random bytes for the confounder (`GSS_S_FAILURE`).
    NoRandom,
    /// The message is longer than the token format can carry (`GSS_S_FAILURE`).
    TooLong,
}

impl fmt::Display for PerMessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DefectiveToken => "the per-message token is malformed",
            Self::BadMic => "the per-message token does not verify",
            Self::DuplicateToken => "the per-message token was seen before",
            Self::OldToken => "the per-message token is too old to tell whether it was seen",
            Self::Unavailable => "the security context does not offer this protection",
            Self::NoRandom => "no random bytes are available",
            Self::TooLong => "the message is too long for one token",
        })
    }
}

impl core::error::Error for PerMessageError {}
