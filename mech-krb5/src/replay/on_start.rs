//! What a replay cache answers about the time before it began to remember.

use negotiate_core::{Seconds, Timestamp};

/// What is accepted after a start, when the authenticators that were seen before it are forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnStart {
    /// Nothing with a time before the start and the clock skew: what an earlier process can have accepted, whatever the
    /// initiator's clock. This is what RFC 4120 section 3.2.3 asks for, and keeps a service out of work for the skew.
    RefuseForSkew,
    /// Nothing with a time before the start. An authenticator whose initiator's clock was ahead of ours can be replayed
    /// after a restart, as long as it was ahead: a stated deviation from RFC 4120 section 3.2.3.
    #[default]
    RefuseCtimeBeforeStart,
    /// Everything. Whatever was accepted in the last minutes before a restart can be replayed.
    Accept,
}

impl OnStart {
    /// The earliest time of an authenticator about which a cache that began at `start` can say whether it was seen.
    #[must_use]
    pub fn known_from(self, start: Timestamp, clock_skew: Seconds) -> Timestamp {
        match self {
            Self::RefuseForSkew => start.plus(clock_skew),
            Self::RefuseCtimeBeforeStart => start,
            Self::Accept => Timestamp::from_unix_micros(i64::MIN),
        }
    }
}
