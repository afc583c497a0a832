//! Per-message protection by the library (RFC 2743 section 2.3). None of these calls waits.

use super::buffer::{Owned, lent};
use super::context::AcceptedContext;
use super::raw;
use super::status::{is_error, routine_error};
use negotiate_core::{
    MessageOrder, PerMessage, PerMessageError, PrfKey, Protection, Random, Secret, Unwrapped,
};
use std::ptr;

impl PerMessage for AcceptedContext {
    fn get_mic(&mut self, message: &[u8]) -> Result<Vec<u8>, PerMessageError> {
        let (mut minor, mut message, mut mic) = (0, lent(message), Owned::empty());
        // SAFETY: the context is the library's and nobody else uses it now; every other pointer is to a local that lives
        // through the call.
        let major = unsafe {
            raw::gss_get_mic(
                &raw mut minor,
                self.handle(),
                raw::GSS_C_QOP_DEFAULT,
                &raw mut message,
                mic.as_mut_ptr(),
            )
        };
        made(major, &mic)
    }

    fn verify_mic(&mut self, message: &[u8], mic: &[u8]) -> Result<MessageOrder, PerMessageError> {
        let (mut minor, mut message, mut mic) = (0, lent(message), lent(mic));
        // SAFETY: as in `get_mic`; whoever wants no quality of protection passes null (RFC 2744 section 5.32).
        let major = unsafe {
            raw::gss_verify_mic(
                &raw mut minor,
                self.handle(),
                &raw mut message,
                &raw mut mic,
                ptr::null_mut(),
            )
        };
        verified(major)
    }

    /// The library draws its own random bytes.
    fn wrap(
        &mut self,
        message: &[u8],
        protection: Protection,
        _random: &mut dyn Random,
    ) -> Result<Vec<u8>, PerMessageError> {
        let (mut minor, mut message, mut token) = (0, lent(message), Owned::empty());
        let seal = protection == Protection::Confidentiality;
        let mut is_sealed = 0;
        // SAFETY: as in `get_mic`.
        let major = unsafe {
            raw::gss_wrap(
                &raw mut minor,
                self.handle(),
                seal.into(),
                raw::GSS_C_QOP_DEFAULT,
                &raw mut message,
                &raw mut is_sealed,
                token.as_mut_ptr(),
            )
        };
        // RFC 2744 section 5.33: a mechanism that cannot encrypt says so here only.
        if seal && is_sealed == 0 {
            return Err(PerMessageError::Unavailable);
        }
        made(major, &token)
    }

    fn unwrap(&mut self, token: &[u8]) -> Result<Unwrapped, PerMessageError> {
        let (mut minor, mut token, mut message, mut is_sealed) = (0, lent(token), Owned::empty(), 0);
        // SAFETY: as in `get_mic`; null as in `verify_mic` (RFC 2744 section 5.31).
        let major = unsafe {
            raw::gss_unwrap(
                &raw mut minor,
                self.handle(),
                &raw mut token,
                message.as_mut_ptr(),
                &raw mut is_sealed,
                ptr::null_mut(),
            )
        };
        Ok(Unwrapped {
            order: verified(major)?,
            message: message.as_bytes().to_vec(),
            protection: match is_sealed {
                0 => Protection::Integrity,
                _ => Protection::Confidentiality,
            },
        })
    }

    fn pseudo_random(
        &mut self,
        key: PrfKey,
        input: &[u8],
        len: usize,
    ) -> Result<Secret<Vec<u8>>, PerMessageError> {
        let (mut minor, mut input, mut output) = (0, lent(input), Owned::empty());
        let key = match key {
            PrfKey::Full => raw::GSS_C_PRF_KEY_FULL,
            PrfKey::Partial => raw::GSS_C_PRF_KEY_PARTIAL,
        };
        // SAFETY: as in `get_mic`.
        let major = unsafe {
            raw::gss_pseudo_random(
                &raw mut minor,
                self.handle(),
                key,
                &raw mut input,
                isize::try_from(len).map_err(|_| PerMessageError::TooLong)?,
                output.as_mut_ptr(),
            )
        };
        made(major, &output).map(Secret::new)
    }
}

fn made(major: u32, token: &Owned) -> Result<Vec<u8>, PerMessageError> {
    if is_error(major) {
        Err(PerMessageError::Unavailable)
    } else {
        Ok(token.as_bytes().to_vec())
    }
}

/// Supplementary bits (RFC 2744 section 3.9.1) tell order from replay.
fn verified(major: u32) -> Result<MessageOrder, PerMessageError> {
    const DUPLICATE: u32 = 1 << 1;
    const OLD: u32 = 1 << 2;
    const UNSEQUENCED: u32 = 1 << 3;
    const GAP: u32 = 1 << 4;
    match major {
        failed if is_error(failed) => Err(match routine_error(failed) {
            9 => PerMessageError::DefectiveToken,
            16 => PerMessageError::Unavailable,
            _ => PerMessageError::BadMic,
        }),
        bits if bits & DUPLICATE != 0 => Err(PerMessageError::DuplicateToken),
        bits if bits & OLD != 0 => Err(PerMessageError::OldToken),
        bits if bits & UNSEQUENCED != 0 => Ok(MessageOrder::Unsequenced),
        bits if bits & GAP != 0 => Ok(MessageOrder::Gap),
        _ => Ok(MessageOrder::Expected),
    }
}
