//! Contexts, from an initiator's first token until they stand.

use super::buffer::{Owned, lent};
use super::credential::{AcceptorCredential, Delegated, Handle};
use super::name::Name;
use super::raw;
use super::status::{Status, check};
use negotiate_core::ChannelBindings;
use std::ptr;
use std::time::Duration;

/// A context that waits for the initiator's next token, or for its first.
#[derive(Debug)]
pub struct Context(ContextHandle);

/// What follows a token.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // lives for a moment
pub enum Accepted {
    /// Send the output; the answer goes to the context.
    Continue {
        /// For the initiator.
        output: Vec<u8>,
        /// Takes the answer.
        context: Context,
    },
    /// The initiator is authenticated.
    Complete {
        /// For the initiator; empty if there is nothing to say.
        output: Vec<u8>,
        /// The result.
        context: AcceptedContext,
    },
}

/// A refusal, with what the initiator can still be told.
#[derive(Debug)]
pub struct Failure {
    /// Why.
    pub status: Status,
    /// For the initiator; empty if there is nothing to say.
    pub output: Vec<u8>,
}

/// An established context; what it protects messages with is its [`PerMessage`](negotiate_core::PerMessage).
#[derive(Debug)]
pub struct AcceptedContext {
    handle: ContextHandle,
    /// `ret_flags` of the last step (RFC 2744 section 5.1).
    pub flags: u32,
    /// How long it is good, if there is an end to it.
    pub lifetime: Option<Duration>,
    /// The credential that the initiator delegated.
    pub delegated: Option<Delegated>,
}

impl Context {
    /// Before the first token.
    #[must_use]
    pub const fn new() -> Self {
        Self(ContextHandle(ptr::null_mut()))
    }

    /// Takes the initiator's next token. The bindings must be the same for each token.
    ///
    /// # Errors
    /// If the token is refused; the exchange is over.
    pub fn accept(
        self,
        credential: &AcceptorCredential,
        token: &[u8],
        bindings: Option<&ChannelBindings>,
    ) -> Result<Accepted, Failure> {
        let Self(mut handle) = self;
        let mut input = lent(token);
        let mut channel = bindings.map(lent_bindings);
        let (mut minor, mut output, mut delegated) = (0, Owned::empty(), Handle::none());
        let (mut flags, mut lifetime) = (0, 0);
        // SAFETY: the context is null or the library's, the credential is the library's, and every other pointer is to
        // a local that lives through the call, or null where RFC 2744 section 5.1 allows that.
        let major = unsafe {
            raw::gss_accept_sec_context(
                &raw mut minor,
                &raw mut handle.0,
                credential.handle(),
                &raw mut input,
                channel.as_mut().map_or(ptr::null_mut(), ptr::from_mut),
                ptr::null_mut(),
                ptr::null_mut(),
                output.as_mut_ptr(),
                &raw mut flags,
                &raw mut lifetime,
                delegated.as_mut_ptr(),
            )
        };
        let output = output.as_bytes().to_vec();
        if let Err(status) = check(major, minor) {
            return Err(Failure { status, output });
        }
        let goes_on = major & raw::GSS_S_CONTINUE_NEEDED != 0;
        // Whoever waits for more has said something, but MIT krb5 does this to a token of another type than is due.
        if goes_on && output.is_empty() {
            let status = Status::of_failed_call(major, minor);
            return Err(Failure { status, output });
        }
        if goes_on {
            let context = Self(handle);
            return Ok(Accepted::Continue { output, context });
        }
        let context = AcceptedContext {
            handle,
            flags,
            lifetime: (lifetime != raw::GSS_C_INDEFINITE).then(|| Duration::from_secs(lifetime.into())),
            delegated: Delegated::new(delegated),
        };
        Ok(Accepted::Complete { output, context })
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::new()
    }
}

impl AcceptedContext {
    /// The display texts of the initiator's name and the acceptor's.
    ///
    /// # Errors
    /// If the library cannot tell.
    pub fn names(&self) -> Result<(Vec<u8>, Vec<u8>), Status> {
        let (mut minor, mut initiator, mut acceptor) = (0, Name::none(), Name::none());
        // SAFETY: the context is the library's and established, and every other pointer is to a local that lives through
        // the call, or null where RFC 2744 section 5.21 allows that.
        let major = unsafe {
            raw::gss_inquire_context(
                &raw mut minor,
                self.handle.0,
                initiator.as_mut_ptr(),
                acceptor.as_mut_ptr(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        check(major, minor)?;
        Ok((initiator.display()?, acceptor.display()?))
    }

    pub(super) const fn handle(&mut self) -> raw::ContextHandle {
        self.handle.0
    }
}

/// A context that goes back to the library when dropped.
#[derive(Debug)]
struct ContextHandle(raw::ContextHandle);

// SAFETY: MIT's contexts are not bound to a thread. They are not locked either: every call that uses one takes `&mut`,
// but for `names`, which reads what does not change.
unsafe impl Send for ContextHandle {}
// SAFETY: as above.
unsafe impl Sync for ContextHandle {}

impl Drop for ContextHandle {
    fn drop(&mut self) {
        if !self.0.is_null() {
            let mut minor = 0;
            // SAFETY: the library gave it, and it is deleted once.
            unsafe {
                raw::gss_delete_sec_context(&raw mut minor, &raw mut self.0, ptr::null_mut());
            }
        }
    }
}

fn lent_bindings(bindings: &ChannelBindings) -> raw::ChannelBindings {
    raw::ChannelBindings {
        initiator_addrtype: bindings.initiator.address_type,
        initiator_address: lent(&bindings.initiator.octets),
        acceptor_addrtype: bindings.acceptor.address_type,
        acceptor_address: lent(&bindings.acceptor.octets),
        application_data: lent(&bindings.application_data),
    }
}
