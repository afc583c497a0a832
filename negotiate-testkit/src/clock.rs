//! What time it is: the system's, or a test's own.

use negotiate_core::{Seconds, Timestamp};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock. Clones show the same time, so that a test moves the time of everybody that it gave one to.
#[derive(Clone)]
pub struct Clock(Hands);

#[derive(Clone)]
enum Hands {
    System,
    /// Microseconds since 1970.
    Simulated(Arc<AtomicI64>),
}

impl Clock {
    /// The operating system's clock, for tests with programs that look at it.
    #[must_use]
    pub const fn system() -> Self {
        Self(Hands::System)
    }

    /// A clock that shows `now` until it is moved.
    #[must_use]
    pub fn simulated(now: Timestamp) -> Self {
        Self(Hands::Simulated(Arc::new(AtomicI64::new(now.unix_micros()))))
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Hands::System => Timestamp::now(),
            Hands::Simulated(micros) => Timestamp::from_unix_micros(micros.load(Ordering::SeqCst)),
        }
    }

    /// Moves a simulated clock ahead.
    ///
    /// # Panics
    /// If it is the system's.
    pub fn advance(&self, by: Seconds) {
        self.set(self.now().plus(by));
    }

    /// Sets a simulated clock.
    ///
    /// # Panics
    /// If it is the system's.
    pub fn set(&self, now: Timestamp) {
        match &self.0 {
            Hands::System => panic!("the system's clock is not a test's to move"),
            Hands::Simulated(micros) => micros.store(now.unix_micros(), Ordering::SeqCst),
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.0 {
            Hands::System => "system",
            Hands::Simulated(_) => "simulated",
        };
        write!(f, "Clock({kind}, {})", self.now())
    }
}
