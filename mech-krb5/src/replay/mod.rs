//! Replay caches (RFC 4120 section 3.2.3): whether an authenticator was seen before.

use alloc::boxed::Box;
use core::fmt;
use core::pin::Pin;
use negotiate_core::Timestamp;

/// Remembers authenticators. One cache serves all exchanges of a service, and every acceptor of that service.
pub trait ReplayCache: fmt::Debug + Send + Sync {
    /// Asks whether this authenticator is new, and remembers it, in one atomic step.
    fn check(&self, entry: ReplayEntry<'_>, now: Timestamp) -> ReplayAnswer;
}

/// What a replay cache gets of an AP-REQ.
#[derive(Clone, Copy, Debug)]
pub struct ReplayEntry<'a> {
    /// The checksum at the end of the authenticator's ciphertext: 12, 16 or 24 bytes.
    pub tag: &'a [u8],
    /// The authenticator's time.
    pub client_time: Timestamp,
    /// From when on the authenticator is too old to be accepted in any case.
    pub expires: Timestamp,
}

/// The answer.
pub enum ReplayAnswer {
    /// It is new, and from now on it is known.
    Fresh,
    /// It was seen.
    Replayed,
    /// It is older than what this cache knows about.
    BeforeStart {
        /// From when on authenticators are known.
        from: Timestamp,
    },
    /// There is no room to remember it.
    Full,
    /// The store cannot be asked.
    Unavailable,
    /// The store was asked; the future gives one of the other answers.
    Pending(Pin<Box<dyn Future<Output = ReplayAnswer> + Send>>),
}
