//! Accepting an AP-REQ: reading this file is reading RFC 4120 section 3.2.3 and RFC 4121 section 4.1 as a list.
//!
//! Each check has a file of its own. What may only follow from checks takes their witnesses, and `establish` takes all.

mod addresses;
pub(crate) mod ap_rep;
mod authorization_data;
mod client_name;
mod establish;
pub(crate) mod frame;
mod from_client;
mod from_kdc;
mod gss_checksum;
mod krb_error;
mod open_authenticator;
mod open_ticket;
mod pac;
mod replay;
mod third_leg;
mod times;
mod transited;
mod user_to_user;

pub use addresses::AddressPolicy;
pub use pac::PacPolicy;
pub use transited::TransitedPolicy;

use crate::crypto::{EncryptionType, EncryptionTypes, Key, Wiped};
use crate::error::{About, Error, Fact, Part, TicketLabel};
use crate::keytab::{Keytab, KeytabMiss, KeytabSource};
use crate::message::{ApOptions, ApReq, MessageError};
use crate::own_ticket::{OwnTicket, OwnTicketSource};
use crate::replay::ReplayCache;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use frame::{Frame, Framing};
use krb_error::ErrorReply;
use negotiate_core::{AcceptRequest, Ambient, ContextFlags, MechReject, MechStep, Seconds, Timestamp};
use open_ticket::TicketOpened;
use replay::Answer;

/// What an acceptor was configured with.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) keys: Arc<dyn KeytabSource>,
    /// For user-to-user authentication.
    pub(crate) own_ticket: Option<Arc<dyn OwnTicketSource>>,
    pub(crate) replay_cache: Arc<dyn ReplayCache>,
    pub(crate) policy: Policy,
}

impl Config {
    /// One keytab for the whole attempt, whatever is reloaded meanwhile.
    fn with_keytab(
        &self,
        judge: impl FnOnce(&Keytab) -> Result<MechStep, MechReject>,
    ) -> Result<MechStep, MechReject> {
        let (mut judge, mut answered) = (Some(judge), None);
        self.keys.with_current(&mut |keytab| {
            if let Some(judge) = judge.take() {
                answered = Some(judge(keytab));
            }
        });
        // A source that shows none has no key.
        let no_keytab = || Error::new(Fact::NoKey(KeytabMiss::AcceptorNamesAbsent)).into();
        answered.unwrap_or_else(|| Err(no_keytab()))
    }
}

/// What an acceptor allows, where the RFCs leave it a choice.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) clock_skew: Seconds,
    /// Of tickets and of the keys in them.
    pub(crate) encryption_types: EncryptionTypes,
    /// For the acceptor's subkey, the preferred one first.
    pub(crate) subkey_types: Vec<EncryptionType>,
    pub(crate) addresses: AddressPolicy,
    pub(crate) anonymous: AnonymousPolicy,
    pub(crate) unknown_authorization_data: UnknownAuthorizationData,
    pub(crate) transited: TransitedPolicy,
    pub(crate) pac: PacPolicy,
    /// The keys of krbtgt, where they are known, for the KDC's checksums in PACs.
    pub(crate) kdc_keys: Vec<Key>,
}

impl Policy {
    /// The type of the acceptor's subkey: that of the key it replaces, unless the client offers one that we prefer
    /// (RFC 4537 section 3). The session key's, where a subkey is replaced, must be offered as any other. None if that would be RC4: its tokens do not say which key they are under, and MIT krb5 goes on
    /// with the initiator's, but in DCE style.
    fn subkey_type(
        &self,
        replaced: EncryptionType,
        offered: Option<EncryptionType>,
        flags: ContextFlags,
    ) -> Option<EncryptionType> {
        let rank = |etype| self.subkey_types.iter().position(|ours| *ours == etype);
        let etype = match (offered, rank(replaced)) {
            (None, _) => replaced,
            (Some(offered), None) => offered,
            (Some(offered), Some(replaced_rank)) if rank(offered) < Some(replaced_rank) => offered,
            (Some(_), Some(_)) => replaced,
        };
        (etype != EncryptionType::Rc4Hmac || flags.contains(ContextFlags::DCE_STYLE)).then_some(etype)
    }
}

/// What happens to anonymous clients (RFC 8062 section 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnonymousPolicy {
    /// They are refused.
    #[default]
    Refuse,
    /// They are accepted, and marked as anonymous.
    Accept,
}

/// What happens to authorization data that must be understood and is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownAuthorizationData {
    /// The token is refused, as RFC 4120 section 5.2.6 says.
    #[default]
    Refuse,
    /// It is ignored.
    Ignore,
}

/// Takes the initiator's first token.
pub(crate) fn accept(
    config: &Arc<Config>,
    request: AcceptRequest<'_>,
    token: &[u8],
    ambient: &mut Ambient<'_>,
) -> Result<MechStep, MechReject> {
    config.with_keytab(|keytab| accept_with(config, keytab, request, token, ambient))
}

fn accept_with(
    config: &Arc<Config>,
    keytab: &Keytab,
    request: AcceptRequest<'_>,
    token: &[u8],
    ambient: &mut Ambient<'_>,
) -> Result<MechStep, MechReject> {
    // One ticket of our own likewise.
    let own_ticket = || config.own_ticket.as_ref().map(|source| source.current());
    match frame::open(token).map_err(|fact| unknown_token(fact, keytab, &request, ambient.now))? {
        Frame::ApReq { framing, ap_req } => {
            let ap_req = read_ap_req(ap_req).map_err(Error::new)?;
            let own_ticket = if is_user_to_user(framing, &ap_req) {
                own_ticket()
            } else {
                None
            };
            Attempt {
                config,
                keytab,
                own_ticket: own_ticket.as_deref(),
                request,
                framing,
                ap_req: &ap_req,
            }
            .run(ambient)
        }
        Frame::TgtReq(tgt_req) => user_to_user::answer(config, own_ticket(), &request, tgt_req, ambient.now),
    }
}

fn read_ap_req(ap_req: &[u8]) -> Result<ApReq<'_>, Fact> {
    ApReq::decode(ap_req).map_err(|error| Fact::in_part(Part::ApReq, error))
}

/// RFC 4120 section 3.2.3: the option says so. So does a framing that is for nothing else.
fn is_user_to_user(framing: Framing, ap_req: &ApReq<'_>) -> bool {
    framing == Framing::UserToUser || ap_req.ap_options.contains(ApOptions::USE_SESSION_KEY)
}

/// RFC 4121 section 4.1: a TOK_ID that nobody knows is answered with a KRB-ERROR. No ticket says who was meant, so the answer
/// is in the name of the keytab's first entry of those that may be addressed: who else has a key there is nobody's business.
fn unknown_token(fact: Fact, keytab: &Keytab, request: &AcceptRequest<'_>, now: Timestamp) -> MechReject {
    let server = match fact {
        Fact::NotApReq(frame::AP_REP | frame::KRB_ERROR | frame::TGT_REP) => None,
        Fact::NotApReq(_) => keytab
            .first_of(request.names)
            .map(|entry| entry.principal().borrow()),
        _ => None,
    };
    let error = Error::new(fact);
    MechReject {
        token: server.map(|server| krb_error::token(Framing::Gss, now, &error, server)),
        reason: Box::new(error),
    }
}

/// Ticket and authenticator of a user in some twenty groups of Active Directory.
const ROOM_ON_STACK: usize = 2048;
/// And without a PAC: only the room that is taken is filled with zeros.
const LITTLE_ROOM: usize = 768;

/// One AP-REQ being accepted.
struct Attempt<'a> {
    config: &'a Config,
    keytab: &'a Keytab,
    /// If there is one, and it is asked for.
    own_ticket: Option<&'a OwnTicket>,
    request: AcceptRequest<'a>,
    framing: Framing,
    ap_req: &'a ApReq<'a>,
}

impl Attempt<'_> {
    fn run(&self, ambient: &mut Ambient<'_>) -> Result<MechStep, MechReject> {
        let now = ambient.now;
        // Both sealed parts are opened in one buffer, which is wiped at the end: on the stack if they fit.
        let (ticket_len, authenticator_len) = (
            self.ap_req.ticket.enc_part.cipher.len(),
            self.ap_req.authenticator.cipher.len(),
        );
        let len = ticket_len.saturating_add(authenticator_len);
        let (mut little, mut large, mut on_heap);
        let mut room = Wiped(if len <= LITTLE_ROOM {
            little = [0; LITTLE_ROOM];
            little.split_at_mut(len).0
        } else if len <= ROOM_ON_STACK {
            large = [0; ROOM_ON_STACK];
            large.split_at_mut(len).0
        } else {
            on_heap = vec![0; len];
            on_heap.as_mut_slice()
        });
        let (ticket_room, authenticator_room) = room.split_at_mut(ticket_len);
        // What was opened stays where it is: it is large, and moving what was just written costs more than it seems.
        match self.open_ticket(ticket_room, now) {
            Ok(ref opened) => self
                .run_with_ticket(opened, authenticator_room, ambient)
                .unwrap_or_else(|fact| Err(self.error_reply(now, Some(opened)).refuse(fact))),
            Err(fact) => Err(self.error_reply(now, None).refuse(fact)),
        }
    }

    /// RFC 4120 sections 3.2.3 and 3.7: with the server's secret key, or in user-to-user authentication with the session key of its
    /// ticket-granting ticket.
    fn open_ticket<'b>(&'b self, room: &'b mut [u8], now: Timestamp) -> Result<TicketOpened<'b>, Fact> {
        let (ticket, policy) = (&self.ap_req.ticket, &self.config.policy);
        if is_user_to_user(self.framing, self.ap_req) {
            let own_ticket = self.own_ticket.ok_or(Fact::UserToUser)?;
            times::check_own_ticket(own_ticket, now, policy)?;
            return open_ticket::open_user_to_user(ticket, own_ticket, policy, &self.request, room);
        }
        let opened = open_ticket::open(ticket, self.keytab, policy.encryption_types, &self.request, room);
        if matches!(opened, Err(Fact::NoKey(_))) {
            self.config.keys.missed();
        }
        opened
    }

    fn run_with_ticket(
        &self,
        opened: &TicketOpened<'_>,
        room: &mut [u8],
        ambient: &mut Ambient<'_>,
    ) -> Result<Result<MechStep, MechReject>, Fact> {
        let (ap_req, policy, now) = (self.ap_req, &self.config.policy, ambient.now);
        let session_key = opened.session_key(policy.encryption_types)?;
        let client_time = || open_authenticator::client_time(ap_req, &session_key, &mut *room);
        times::check_ticket(opened.part(), now, policy, client_time)?;
        let matched = open_authenticator::open(ap_req, opened, &session_key, room)?;
        times::check_authenticator(matched.authenticator().ctime, opened.part(), now, policy)?;
        addresses::check(opened.part(), &self.request, policy.addresses)?;
        let answer = replay::ask(
            &*self.config.replay_cache,
            ap_req,
            &matched,
            &session_key,
            now,
            policy,
        )?;
        // A replay is refused as a replay whatever else is wrong with it (RFC 4120 section 3.2.3's order), but the rest is
        // judged now: a question that is answered later must not keep what this token was borrowed from.
        let prepared = establish::prepare(self, opened, &matched, &session_key, ambient);
        match answer {
            Answer::Fresh(fresh) => Ok(Ok(prepared?.conclude(fresh))),
            Answer::Later(answer) => {
                let reply = self.error_reply(now, Some(opened));
                Ok(Ok(MechStep::Pending(Box::pin(async move {
                    let step = answer.await.and_then(|fresh| Ok(prepared?.conclude(fresh)));
                    step.map_err(|fact| reply.refuse(fact))
                }))))
            }
        }
    }

    fn error_reply(&self, now: Timestamp, opened: Option<&TicketOpened<'_>>) -> ErrorReply {
        let ticket = &self.ap_req.ticket;
        let server = ticket.sname.in_realm(ticket.realm);
        let label = TicketLabel {
            service: server.to_owned(),
            etype: ticket.enc_part.etype,
            kvno: ticket.enc_part.kvno,
        };
        let client = opened.map(|opened| opened.client().to_owned());
        let about = About {
            ticket: Some(label),
            client,
        };
        ErrorReply::new(self.framing, self.ap_req.ap_options, now, about)
    }
}

impl Fact {
    fn in_part(part: Part, error: MessageError) -> Self {
        match error {
            MessageError::Malformed(error) => Self::Malformed { part, error },
            MessageError::BadVersion(found) => Self::BadVersion { part, found },
            MessageError::BadMessageType(found) => Self::BadMessageType(found),
        }
    }
}
