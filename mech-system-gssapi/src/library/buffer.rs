//! Bytes that the library made, and bytes that are lent to it.

use super::raw;
use std::ptr;

/// A buffer that the library fills and that goes back to it when dropped.
pub(super) struct Owned(raw::Buffer);

impl Owned {
    pub(super) const fn empty() -> Self {
        Self(lent(&[]))
    }

    /// For the call that fills it. What it held before must have been nothing.
    pub(super) const fn as_mut_ptr(&mut self) -> *mut raw::Buffer {
        &raw mut self.0
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        if self.0.value.is_null() {
            return &[];
        }
        // SAFETY: the library filled it: `value` points to `length` bytes, which are its until the buffer is released.
        unsafe { std::slice::from_raw_parts(self.0.value.cast(), self.0.length) }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if !self.0.value.is_null() {
            let mut minor = 0;
            // SAFETY: the library allocated it, and nobody holds what was in it any more.
            unsafe {
                raw::gss_release_buffer(&raw mut minor, &raw mut self.0);
            }
        }
    }
}

/// A buffer around bytes of ours. The library takes it as mutable and only reads it (RFC 2744 section 3.2); it must not
/// outlive the bytes.
pub(super) const fn lent(bytes: &[u8]) -> raw::Buffer {
    raw::Buffer {
        length: bytes.len(),
        value: if bytes.is_empty() {
            ptr::null_mut()
        } else {
            bytes.as_ptr().cast_mut().cast()
        },
    }
}
