//! Bytes of keys under way, wiped in one fill when they are dropped (why not by `Zeroizing`: [`negotiate_core::Wipe`]).

use core::ops::{Deref, DerefMut};
use zeroize::Zeroize;

/// An array, or whatever else is a slice of bytes.
#[derive(Default)]
pub(crate) struct Wiped<T: AsMut<[u8]>>(pub(crate) T);

impl<T: AsMut<[u8]>> Deref for Wiped<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: AsMut<[u8]>> DerefMut for Wiped<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: AsMut<[u8]>> Drop for Wiped<T> {
    fn drop(&mut self) {
        self.0.as_mut().zeroize();
    }
}
