//! A name of the library, as text.

use super::buffer::Owned;
use super::raw;
use super::status::{Status, check};
use std::ptr;

/// A name that goes back to the library when dropped.
pub(super) struct Name(raw::NameHandle);

impl Name {
    pub(super) const fn none() -> Self {
        Self(ptr::null_mut())
    }

    /// For the call that fills it.
    pub(super) const fn as_mut_ptr(&mut self) -> *mut raw::NameHandle {
        &raw mut self.0
    }

    /// The text that the mechanism shows for it; for Kerberos, that of RFC 1964 section 2.1.1.
    pub(super) fn display(&self) -> Result<Vec<u8>, Status> {
        let (mut minor, mut text) = (0, Owned::empty());
        // SAFETY: the name is one that the library gave, and the rest are locals that live through the call.
        let major =
            unsafe { raw::gss_display_name(&raw mut minor, self.0, text.as_mut_ptr(), ptr::null_mut()) };
        check(major, minor)?;
        Ok(text.as_bytes().to_vec())
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        if !self.0.is_null() {
            let mut minor = 0;
            // SAFETY: the library gave it, and it is released once.
            unsafe {
                raw::gss_release_name(&raw mut minor, &raw mut self.0);
            }
        }
    }
}
