//! Whose clock is off. The KDC told when the ticket starts, by its own: a clock that is behind that is behind the KDC's.

use super::Fact;
use negotiate_core::Blame;

/// The clock that is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    Initiators,
    Acceptors,
}

impl Clock {
    pub(super) const fn blame(self) -> Blame {
        match self {
            Self::Initiators => Blame::Initiator,
            Self::Acceptors => Blame::Acceptor,
        }
    }
}

impl Fact {
    /// Whose, if clocks are the reason and it can be told.
    pub(super) fn clock(&self) -> Option<Clock> {
        match self {
            // For the client it has begun, and for the KDC, so it is here that it has not.
            Self::TicketNotYetValid {
                client_time, starts, ..
            } if (*client_time)? >= *starts => Some(Clock::Acceptors),
            // The ticket has begun here, so a client that is before its start is behind us, too.
            Self::ClockSkew {
                client_time, starts, ..
            } if client_time < starts => Some(Clock::Initiators),
            Self::ClockSkew { starts, now, .. } if now < starts => Some(Clock::Acceptors),
            _ => None,
        }
    }
}
