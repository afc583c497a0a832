//! Major and minor status of a failed call, with the library's texts.

use super::buffer::Owned;
use super::raw;
use std::fmt;
use std::ptr;

/// How a call failed. The texts are taken at once: the library keeps them for the thread that it failed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Calling error, routine error and supplementary bits (RFC 2744 section 3.9.1).
    pub major: u32,
    /// The mechanism's own number.
    pub minor: u32,
    /// What the library says about both. It may quote the peer: for the operator's log, escaped.
    pub text: String,
}

/// Bits of calling and routine errors: whatever else is set, the call failed (`GSS_ERROR`).
const ERROR_MASK: u32 = 0xffff_0000;

pub(super) const fn is_error(major: u32) -> bool {
    major & ERROR_MASK != 0
}

pub(super) const fn routine_error(major: u32) -> u32 {
    major >> 16 & 0xff
}

/// What a call returned, if it is an error.
pub(super) fn check(major: u32, minor: u32) -> Result<(), Status> {
    if is_error(major) {
        Err(Status::of_failed_call(major, minor))
    } else {
        Ok(())
    }
}

impl Status {
    pub(super) fn of_failed_call(major: u32, minor: u32) -> Self {
        let mut text = texts(major & ERROR_MASK, raw::GSS_C_GSS_CODE);
        if minor != 0 {
            text.push_str(": ");
            text.push_str(&texts(minor, raw::GSS_C_MECH_CODE));
        }
        Self { major, minor, text }
    }

    /// The routine error (RFC 2744 section 3.9.1): `GSS_S_BAD_MECH` is 1.
    #[must_use]
    pub const fn routine_error(&self) -> u32 {
        routine_error(self.major)
    }

    /// `error-code` of RFC 4120 section 7.5.9, if the mechanism's number stands for one.
    #[must_use]
    pub const fn krb5_error_code(&self) -> Option<u32> {
        // The first 128 of krb5's table of errors are the protocol's.
        self.of_table(-1_765_328_384, 128)
    }

    /// Whether the mechanism's number says that something is not its DER.
    #[must_use]
    pub const fn is_not_der(&self) -> bool {
        self.of_table(1_859_794_432, 15).is_some()
    }

    // Each table of errors has a base, which is a hash of its name (com_err).
    const fn of_table(&self, base: i32, len: u32) -> Option<u32> {
        let code = self.minor.wrapping_sub(base.cast_unsigned());
        if code < len { Some(code) } else { None }
    }
}

/// The library's texts, a status having several at times.
fn texts(status: u32, kind: std::ffi::c_int) -> String {
    let mut all = String::new();
    let mut message_context = 0;
    loop {
        let (mut minor, mut text) = (0, Owned::empty());
        // SAFETY: every pointer is to a local that lives through the call; no mechanism means the one that failed.
        let major = unsafe {
            raw::gss_display_status(
                &raw mut minor,
                status,
                kind,
                ptr::null_mut(),
                &raw mut message_context,
                text.as_mut_ptr(),
            )
        };
        if is_error(major) {
            return format!("status {status:#x}");
        }
        all.push_str(&String::from_utf8_lossy(text.as_bytes()));
        if message_context == 0 {
            return all;
        }
        all.push_str(", ");
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Status {}
