//! The ticket's times and the authenticator's (RFC 4120 section 3.2.3), and the end of our own ticket.

use super::Policy;
use crate::error::Fact;
use crate::message::{EncTicketPart, TicketFlags};
use crate::own_ticket::OwnTicket;
use negotiate_core::Timestamp;

/// INVALID flag, start and end. `client_time` is evidence only: whose clock is off.
pub(super) fn check_ticket(
    ticket: &EncTicketPart<'_>,
    now: Timestamp,
    policy: &Policy,
    client_time: impl FnOnce() -> Option<Timestamp>,
) -> Result<(), Fact> {
    if ticket.flags.contains(TicketFlags::INVALID) {
        return Err(Fact::TicketInvalid);
    }
    let starts = starts(ticket);
    if starts > now.plus(policy.clock_skew) {
        return Err(Fact::TicketNotYetValid {
            starts,
            now,
            client_time: client_time(),
        });
    }
    if now > ticket.endtime.plus(policy.clock_skew) {
        return Err(Fact::TicketExpired {
            ended: ticket.endtime,
            now,
            client_time: client_time(),
        });
    }
    Ok(())
}

/// Its session key is what opens the client's ticket. No KDC takes it for longer than its own ticket lasts, and neither do we: then there is no
/// ticket for it (RFC 4120 section 7.5.9, KRB_AP_ERR_NO_TGT).
pub(super) fn check_own_ticket(own: &OwnTicket, now: Timestamp, policy: &Policy) -> Result<(), Fact> {
    if now > own.endtime().plus(policy.clock_skew) {
        return Err(Fact::OwnTicketExpired {
            ended: own.endtime(),
            now,
        });
    }
    Ok(())
}

/// RFC 4120 section 5.3: without a start time the ticket starts at authentication.
fn starts(ticket: &EncTicketPart<'_>) -> Timestamp {
    ticket.starttime.unwrap_or(ticket.authtime)
}

/// The ticket's start is evidence only: whose clock is off.
pub(super) fn check_authenticator(
    client_time: Timestamp,
    ticket: &EncTicketPart<'_>,
    now: Timestamp,
    policy: &Policy,
) -> Result<(), Fact> {
    let allowed = policy.clock_skew;
    if client_time > now.plus(allowed) || client_time < now.minus(allowed) {
        return Err(Fact::ClockSkew {
            client_time,
            now,
            allowed,
            starts: starts(ticket),
        });
    }
    Ok(())
}
