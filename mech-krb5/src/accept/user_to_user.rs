//! The exchange before the AP-REQ of user-to-user authentication (draft-swift-win2k-krb-user2user-03, RFC 4120 section 3.7): the
//! client asks for our ticket-granting ticket, has its KDC seal a ticket with that one's session key, and comes back with it.
//!
//! Nothing protects the request, and nothing needs to: the ticket is of no use to whoever lacks its session key.

use super::frame::{self, Frame, Framing, TGT_REP, TGT_REQ};
use super::{Attempt, Config, read_ap_req, times};
use crate::error::{Error, Fact, Part};
use crate::message::{TgtRep, TgtReq};
use crate::own_ticket::OwnTicket;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::net::IpAddr;
use negotiate_core::{
    AcceptContext, AcceptRequest, AllowedNames, Ambient, BindingsPolicy, ChannelBindings, MechReject,
    MechStep, ServiceName, Timestamp,
};

/// Gives the ticket, and waits for the AP-REQ.
pub(super) fn answer(
    config: &Arc<Config>,
    own_ticket: Option<Arc<OwnTicket>>,
    request: &AcceptRequest<'_>,
    tgt_req: &[u8],
    now: Timestamp,
) -> Result<MechStep, MechReject> {
    // Whom it asks for is not looked at: there is one to give, and the name of the ticket that comes of it is judged.
    TgtReq::decode(tgt_req).map_err(|error| Error::new(Fact::in_part(Part::TgtReq, error)))?;
    let own_ticket = own_ticket.ok_or(Error::new(Fact::UserToUser))?;
    times::check_own_ticket(&own_ticket, now, &config.policy).map_err(Error::new)?;
    let reply = TgtRep {
        ticket: own_ticket.ticket(),
    };
    let output = Framing::UserToUser.wrap(TGT_REP, |writer| reply.write(writer));
    let next = Box::new(TgtSent {
        config: Arc::clone(config),
        own_ticket,
        request: Kept::new(request),
    });
    Ok(MechStep::Continue { output, next })
}

/// The client has our ticket, and is to come back with one that is sealed with this one's session key, whatever is renewed
/// meanwhile.
struct TgtSent {
    config: Arc<Config>,
    own_ticket: Arc<OwnTicket>,
    request: Kept,
}

impl AcceptContext for TgtSent {
    fn step(self: Box<Self>, input: &[u8], ambient: &mut Ambient<'_>) -> Result<MechStep, MechReject> {
        match frame::open(input).map_err(Error::new)? {
            Frame::ApReq { framing, ap_req } => {
                let ap_req = read_ap_req(ap_req).map_err(Error::new)?;
                self.config.with_keytab(|keytab| {
                    Attempt {
                        config: &self.config,
                        keytab,
                        own_ticket: Some(&self.own_ticket),
                        request: self.request.borrow(),
                        framing,
                        ap_req: &ap_req,
                    }
                    .run(ambient)
                })
            }
            // Nobody asks twice.
            Frame::TgtReq(_) => Err(Error::new(Fact::NotApReq(TGT_REQ)).into()),
        }
    }
}

/// What the server asks of this exchange, between its tokens.
struct Kept {
    bindings: Option<ChannelBindings>,
    initiator_address: Option<IpAddr>,
    bindings_policy: BindingsPolicy,
    names: KeptNames,
}

enum KeptNames {
    Any,
    OfAcceptor(Box<[ServiceName]>),
    OfExchange(Box<[ServiceName]>),
}

impl Kept {
    fn new(request: &AcceptRequest<'_>) -> Self {
        Self {
            bindings: request.bindings.cloned(),
            initiator_address: request.initiator_address,
            bindings_policy: request.bindings_policy,
            names: match request.names {
                AllowedNames::Any => KeptNames::Any,
                AllowedNames::OfAcceptor(names) => KeptNames::OfAcceptor(names.into()),
                AllowedNames::OfExchange(names) => KeptNames::OfExchange(names.into()),
            },
        }
    }

    fn borrow(&self) -> AcceptRequest<'_> {
        AcceptRequest {
            bindings: self.bindings.as_ref(),
            initiator_address: self.initiator_address,
            bindings_policy: self.bindings_policy,
            names: match &self.names {
                KeptNames::Any => AllowedNames::Any,
                KeptNames::OfAcceptor(names) => AllowedNames::OfAcceptor(names),
                KeptNames::OfExchange(names) => AllowedNames::OfExchange(names),
            },
        }
    }
}
