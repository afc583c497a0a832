//! Replay caches (RFC 4120 section 3.2.3): whether an authenticator was seen before.
//!
//! A cache is asked once for each AP-REQ, after the ticket and the authenticator were opened and their times checked,
//! and remembers what it answers in the same atomic step. [`MemoryReplayCache`] serves one process; [`file2`] is the format
//! of the file that processes of one machine share, MIT krb5's among them; a service of several machines needs a store
//! that they share, and gives it by implementing [`ReplayCache`].

pub mod file2;
#[cfg(feature = "std")]
mod memory;
mod on_start;
#[cfg(feature = "std")]
mod shard;
#[cfg(feature = "std")]
mod table;

#[cfg(feature = "std")]
pub use memory::{MemoryReplayCache, MemoryReplayConfig};
pub use on_start::OnStart;

use alloc::boxed::Box;
use core::fmt;
use core::pin::Pin;
use negotiate_core::Timestamp;

/// Remembers authenticators. One cache serves all exchanges of a service, and every acceptor of that service; a reload
/// of keys or configuration keeps it.
pub trait ReplayCache: fmt::Debug + Send + Sync {
    /// Asks whether this authenticator is new, and remembers it, in one atomic step: of all who ask about the same
    /// authenticator, one at most is told that it is fresh.
    ///
    /// An entry is kept until `entry.expires` has passed. Where there is no room, the cache answers
    /// [`ReplayAnswer::Full`] and forgets nothing.
    #[must_use]
    fn check(&self, entry: ReplayEntry<'_>, now: Timestamp) -> ReplayAnswer;
}

/// What a replay cache gets of an AP-REQ.
#[derive(Clone, Copy, Debug)]
pub struct ReplayEntry<'a> {
    /// The checksum at the end of the authenticator's ciphertext: 12, 16 or 24 bytes. Who has the session key can choose
    /// authenticators until he likes their checksums.
    pub tag: &'a [u8],
    /// The authenticator's time (`ctime` and `cusec`).
    pub client_time: Timestamp,
    /// The last moment at which the authenticator may still be accepted, after which the entry may go: the later of its
    /// own time and the time at which it was seen, and the clock skew that is allowed.
    pub expires: Timestamp,
}

/// The answer.
pub enum ReplayAnswer {
    /// It is new, and from now on it is known.
    Fresh,
    /// It was seen.
    Replayed,
    /// It is older than what this cache knows about, so that nobody can say whether it was seen.
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

impl fmt::Debug for ReplayAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fresh => f.write_str("Fresh"),
            Self::Replayed => f.write_str("Replayed"),
            Self::BeforeStart { from } => write!(f, "BeforeStart({from:?})"),
            Self::Full => f.write_str("Full"),
            Self::Unavailable => f.write_str("Unavailable"),
            Self::Pending(_) => f.write_str("Pending"),
        }
    }
}
