//! Proves that the core tier links without std: this builds, or the claim is false.
//!
//! A `no_std` attribute on a crate says nothing about its dependencies, and a library for the host builds even
//! when one of them pulls std in. A static library has to bring everything it needs: with std anywhere below,
//! its `panic_handler` clashes with the one here, and the build fails.
//! With mech-system-gssapi, the only crate of the project with `unsafe`: the allocator's trait demands it.
#![no_std]

extern crate alloc;

use alloc::sync::Arc;
use core::alloc::{GlobalAlloc, Layout};
use core::ptr;
use core::slice;
use mech_krb5::Krb5;
use mech_krb5::keytab::Keytab;
use mech_krb5::replay::{ReplayAnswer, ReplayCache, ReplayEntry};
use mech_ntlm as _;
use negotiate_core::{Acceptor, Ambient, Random, RandomUnavailable, Step, Timestamp};

/// Accepts one token with a keytab, from the C side of the world: all that the core tier does for a login, so that
/// nothing of it can be dropped before it is linked.
///
/// # Safety
///
/// `keytab` and `token` point to as many readable bytes as the lengths beside them say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn no_std_proof_accept(
    keytab: *const u8,
    keytab_len: usize,
    token: *const u8,
    token_len: usize,
    unix: i64,
) -> bool {
    // SAFETY: the caller's promise above.
    let (keytab, token) = unsafe {
        (
            slice::from_raw_parts(keytab, keytab_len),
            slice::from_raw_parts(token, token_len),
        )
    };
    accept(keytab, token, Timestamp::from_unix(unix)).is_some()
}

fn accept(keytab: &[u8], token: &[u8], now: Timestamp) -> Option<Step> {
    let krb5 = Krb5::builder(Keytab::parse(keytab).ok()?)
        .replay_cache(Arc::new(NoReplayCache))
        .build()
        .ok()?;
    let acceptor = Acceptor::builder().mechanism(krb5).build().ok()?;
    let mut ambient = Ambient {
        now,
        random: &mut NoRandom,
    };
    acceptor.exchange(None).step(token, &mut ambient).ok()
}

#[derive(Debug)]
struct NoReplayCache;

impl ReplayCache for NoReplayCache {
    fn check(&self, _entry: ReplayEntry<'_>, _now: Timestamp) -> ReplayAnswer {
        ReplayAnswer::Unavailable
    }
}

struct NoRandom;

impl Random for NoRandom {
    fn fill(&mut self, _bytes: &mut [u8]) -> Result<(), RandomUnavailable> {
        Err(RandomUnavailable)
    }
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
