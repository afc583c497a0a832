//! Proves that the core tier links without std: this builds, or the claim is false.
//!
//! A `no_std` attribute on a crate says nothing about its dependencies, and a library for the host builds even
//! when one of them pulls std in. A static library has to bring everything it needs: with std anywhere below,
//! its `panic_handler` clashes with the one here, and the build fails.
//! With mech-system-gssapi, the only crate of the project with `unsafe`: the allocator's trait demands it.
#![no_std]

extern crate alloc;

use alloc::boxed::Box;
use core::alloc::{GlobalAlloc, Layout};
use core::ptr;

use {mech_krb5 as _, mech_ntlm as _};

/// Takes what it is told to take, so that the optimiser cannot drop the crates proved here.
#[unsafe(no_mangle)]
pub extern "C" fn no_std_proof_core(unix: i64) -> *mut negotiate_core::Timestamp {
    Box::into_raw(Box::new(negotiate_core::Timestamp::from_unix(unix)))
}

/// Never asked for memory: nothing here runs.
struct NoMemory;

// SAFETY: returning null is how an allocator reports that it has no memory, so no pointer is ever handed out,
// and `dealloc` cannot be called with one.
unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _layout: Layout) -> *mut u8 {
        ptr::null_mut()
    }

    unsafe fn dealloc(&self, _pointer: *mut u8, _layout: Layout) {}
}

#[global_allocator]
static ALLOCATOR: NoMemory = NoMemory;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
