//! The initiator's side: what it reads in the acceptor's answer, and what both say afterwards. And the application's: what it
//! is told must be what was sealed.

use super::pac::Told;
use super::verdict::{Accepted, World};
use super::{Clear, Keys, Label};
use crate::refusal;
use crate::support::Counting;
use crate::tokens::{self, ACCEPT_COMPLETED, ACCEPT_INCOMPLETE, Answer, REJECT};
use arbitrary::Arbitrary;
use mech_krb5::crypto::{EncryptionTypes, Key, KeyUsage};
use mech_krb5::message::{EncApRepPart, KrbError};
use mech_krb5::{ContextKeys, Details, Error, MessageProtection, Principal, Role, Warning};
use negotiate_core::der::{Reader, Tag};
use negotiate_core::{
    Ambient, ContextFlags, MechType, MessageOrder, Name, NameKind, Negotiation, PerMessage, Protection,
    Reject, SecurityContext, Step, Timestamp, Token,
};

/// How the initiator of DCE style goes on.
#[derive(Arbitrary, Debug)]
pub(super) enum ThirdLeg {
    Right,
    /// The acceptor's own AP-REP.
    Echo,
    /// Another number than the acceptor's.
    OtherNumber(u32),
    Raw(Vec<u8>),
}

pub(super) struct Initiator<'a> {
    pub(super) is_spnego: bool,
    pub(super) is_bare: bool,
    /// What the framing names.
    pub(super) mech_type: MechType,
    pub(super) now: Timestamp,
    pub(super) third_leg: &'a ThirdLeg,
}

/// What an AP-REP brings.
struct Reply {
    ap_rep: Vec<u8>,
    subkey: Option<Key>,
    seq_number: u32,
}

const AP_REP: [u8; 2] = [2, 0];
const KRB_ERROR: [u8; 2] = [3, 0];

impl Initiator<'_> {
    /// After a token that is accepted.
    pub(super) fn goes_on(&self, accepted: &Accepted, world: &World, label: &Label, step: Step) {
        let (token, context, exchange) = match step {
            Step::Complete { token, context } => (token, Some(context), None),
            Step::Continue { token, exchange } => (Some(token), None, Some(exchange)),
            Step::Pending(_) => panic!("nobody has to wait"),
        };
        assert_eq!(exchange.is_some(), accepted.is_dce_style);
        let neg_state = if exchange.is_some() {
            ACCEPT_INCOMPLETE
        } else {
            ACCEPT_COMPLETED
        };
        let answer = token.and_then(|token| self.mech_token(&token, neg_state, Some(MechType::KRB5)));
        assert_eq!(answer.is_some(), accepted.reply.is_some());
        let reply = answer.map(|answer| self.reply(&answer, accepted, world.types));
        let context = match (context, exchange, &reply) {
            (Some(context), None, _) => Some(context),
            (None, Some(exchange), Some(reply)) => {
                let (mech_token, is_right) = self.third_leg(accepted, reply);
                let token = if self.is_spnego {
                    tokens::resp(None, Some(&mech_token), None)
                } else {
                    mech_token
                };
                let mut ambient = Ambient {
                    now: self.now,
                    random: &mut Counting(5),
                };
                self.last(exchange.step(&token, &mut ambient), is_right)
            }
            _ => panic!("DCE style without an AP-REP"),
        };
        if let Some(mut context) = context {
            meaning(&context, accepted, world, label, self.is_spnego);
            speak(&mut context, accepted, reply);
        }
    }

    /// The mechanism's token in an answer, if there is one.
    fn mech_token(&self, token: &Token, neg_state: u8, mech_type: Option<MechType>) -> Option<Vec<u8>> {
        if !self.is_spnego {
            return Some(token.as_bytes().to_vec());
        }
        let answer = Answer::read(token);
        let expected = mech_type.map(|mech_type| mech_type.contents().to_vec());
        assert_eq!((answer.neg_state, answer.supported_mech), (neg_state, expected));
        assert_eq!(answer.mech_list_mic, None);
        answer.response_token
    }

    /// What is in the mechanism's framing.
    fn unframed(&self, token: &[u8], token_id: [u8; 2]) -> Vec<u8> {
        if self.is_bare {
            return token.to_vec();
        }
        let mut outer = Reader::new(token);
        let mut framed = outer.element(Tag::application(0)).expect("framed");
        outer.finish().expect("and nothing else");
        assert_eq!(framed.object_identifier(), Ok(self.mech_type.contents()));
        framed
            .rest()
            .strip_prefix(&token_id)
            .expect("the right kind of token")
            .to_vec()
    }

    fn reply(&self, mech_token: &[u8], accepted: &Accepted, types: EncryptionTypes) -> Reply {
        let ap_rep = self.unframed(mech_token, AP_REP);
        let plain = open(&ap_rep, &accepted.session_key);
        let part = EncApRepPart::decode(&plain).expect("EncAPRepPart");
        assert_eq!(part.ctime.unix_micros(), accepted.authenticator.ctime);
        let subkey = part
            .subkey
            .map(|subkey| subkey.to_key_of(types).expect("a known type").expect("a key"));
        let subkey_type = subkey.as_ref().map(Key::encryption_type);
        assert_eq!(Some(subkey_type), accepted.reply);
        let seq_number = part.seq_number.expect("a sequence number");
        Reply {
            ap_rep,
            subkey,
            seq_number,
        }
    }

    /// The initiator's AP-REP, and whether it proves anything.
    fn third_leg(&self, accepted: &Accepted, reply: &Reply) -> (Vec<u8>, bool) {
        let sealed = |seq_number| {
            let ctime = Timestamp::from_unix_micros(accepted.authenticator.ctime);
            let part = EncApRepPart {
                ctime,
                subkey: None,
                seq_number: Some(seq_number),
            };
            let key = accepted.session_key.for_usage(KeyUsage::AP_REP);
            let cipher = key
                .encrypt(&part.encode(), &mut Counting(8))
                .expect("random bytes");
            EncApRepPart::encode_sealed(&accepted.session_key, &cipher)
        };
        match self.third_leg {
            ThirdLeg::Right => (sealed(reply.seq_number), true),
            ThirdLeg::Echo => (reply.ap_rep.clone(), false),
            ThirdLeg::OtherNumber(number) => (sealed(*number), *number == reply.seq_number),
            ThirdLeg::Raw(bytes) => (bytes.clone(), false),
        }
    }

    /// What the third leg comes to.
    fn last(&self, step: Result<Step, Reject>, is_right: bool) -> Option<SecurityContext> {
        match step {
            Ok(Step::Complete { token, context }) => {
                assert!(is_right);
                let rest = token.and_then(|token| self.mech_token(&token, ACCEPT_COMPLETED, None));
                assert_eq!(rest, None);
                Some(context)
            }
            Err(reject) => {
                assert!(!is_right, "{reject:?}");
                refusal::check(reject.reason());
                None
            }
            Ok(step) => panic!("{step:?}"),
        }
    }

    /// After a token that is refused: a KRB-ERROR if the initiator waits for an answer.
    pub(super) fn is_told(&self, reject: &Reject, clear: &Clear, keys: &Keys<'_>) {
        refusal::check(reject.reason());
        let token = match reject.token() {
            Some(token) => self.mech_token(token, REJECT, None),
            None => None,
        };
        assert_eq!(reject.token().is_some(), self.is_spnego || token.is_some());
        assert_eq!(token.is_some(), clear.ap_options & 1 != 0);
        let Some(token) = token else {
            return;
        };
        let message = self.unframed(&token, KRB_ERROR);
        let error = KrbError::decode(&message).expect("KRB-ERROR");
        let kerberos = reject.downcast_ref::<Error>().expect("Kerberos' error");
        assert_eq!((error.stime, error.error_code), (self.now, kerberos.krb_error()));
        let service = Principal::parse(&clear.service.text(keys.realm)).expect("a principal");
        assert!(error.sname.in_realm(error.realm) == service);
    }
}

fn open(ap_rep: &[u8], session_key: &Key) -> Vec<u8> {
    let sealed = EncApRepPart::decode_sealed(ap_rep).expect("AP-REP");
    assert_eq!(sealed.etype, session_key.encryption_type().number());
    let mut buffer = sealed.cipher.to_vec();
    session_key
        .for_usage(KeyUsage::AP_REP)
        .decrypt_vec(&mut buffer)
        .expect("the session key's");
    buffer
}

/// What the application is told is what KDC and client sealed.
fn meaning(context: &SecurityContext, accepted: &Accepted, world: &World, label: &Label, is_spnego: bool) {
    let (ticket, authenticator) = (&accepted.ticket, &accepted.authenticator);
    assert_eq!(context.initiator().display(), accepted.display);
    assert_eq!(context.flags().bits(), accepted.flags);
    let is_anonymous = context.flags().contains(ContextFlags::ANONYMOUS);
    let kind = if is_anonymous {
        NameKind::Anonymous
    } else {
        NameKind::Named
    };
    assert_eq!(context.initiator().kind(), kind);
    assert_eq!(
        context.acceptor().as_ref().map(Name::display),
        Some(&*label.service)
    );
    assert_eq!(context.mech_type(), MechType::KRB5);
    let negotiation = if is_spnego {
        Negotiation::Spnego
    } else {
        Negotiation::Bare
    };
    assert_eq!(context.negotiation(), negotiation);
    let time = |micros| Timestamp::from_unix_micros(micros);
    assert_eq!(context.expires(), Some(time(ticket.endtime)));
    assert!(ticket.endtime + 300_000_000 >= world.now);
    let details = context.details::<Details>().expect("Kerberos' details");
    let client: Vec<&[u8]> = details.client.name().components().collect();
    assert_eq!(
        (client, details.client.realm()),
        (ticket.cname.iter().map(Vec::as_slice).collect(), &*ticket.crealm)
    );
    assert_eq!(details.service.to_text().as_deref(), Ok(&*label.service));
    assert_eq!((details.key_match, details.kvno), (label.matched, label.kvno));
    assert_eq!(details.sealed_by, label.sealed_by);
    assert_eq!(details.ticket_flags.0, ticket.flags);
    assert_eq!(
        [
            details.authtime,
            details.starttime,
            details.endtime,
            details.client_time
        ],
        [
            ticket.authtime,
            ticket.starttime.unwrap_or(ticket.authtime),
            ticket.endtime,
            authenticator.ctime
        ]
        .map(time)
    );
    assert_eq!(details.renew_till, ticket.renew_till.map(time));
    assert_eq!(details.authentication_indicators, accepted.indicators);
    privileges(context, details, accepted);
    let delegated = details
        .delegated
        .as_ref()
        .map_or(0, |delegated| delegated.credentials().len());
    assert_eq!(delegated, accepted.credentials);
}

/// PAC, SID and warnings.
fn privileges(context: &SecurityContext, details: &Details, accepted: &Accepted) {
    let sid = context.initiator().sid().map(|sid| sid.to_string());
    let pac = details
        .pac
        .as_ref()
        .map(|pac| (pac.as_bytes().to_vec(), sid.clone()));
    let has = |is_it: fn(&Warning) -> bool| details.warnings.iter().any(is_it);
    let told = Told {
        is_discarded: has(|warning| matches!(warning, Warning::PacDiscarded(_))),
        pac,
    };
    assert_eq!(told, accepted.pac);
    assert!(details.pac.is_some() || sid.is_none());
    assert_eq!(has(|warning| matches!(warning, Warning::Rc4)), accepted.is_rc4);
    let is_cammac_discarded = has(|warning| matches!(warning, Warning::CammacDiscarded));
    assert_eq!(is_cammac_discarded, accepted.is_cammac_discarded);
    let restrictions = details.token_restrictions.map(|found| {
        let machine_id = found.machine_id.to_vec();
        (found.limited, found.integrity_level, machine_id)
    });
    assert_eq!(restrictions, accepted.restrictions);
}

/// A message each way, with the keys that the initiator has.
fn speak(context: &mut SecurityContext, accepted: &Accepted, reply: Option<Reply>) {
    let ours = accepted.authenticator.seq_number.unwrap_or(0);
    let (acceptor_subkey, theirs) = match reply {
        Some(reply) => (reply.subkey, reply.seq_number),
        None => (None, ours),
    };
    let keys = ContextKeys {
        initiator: accepted.base_key.clone(),
        acceptor_subkey,
    };
    let details = context.details::<Details>().expect("Kerberos' details");
    assert!(details.session_key.ct_eq(keys.base()));
    let flags = ContextFlags::from_bits_truncate(accepted.flags);
    let mut initiator = MessageProtection::new(Role::Initiator, keys, ours, theirs, flags);
    let acceptor = context.per_message();
    let mic = acceptor.get_mic(b"to you").expect("a MIC");
    assert_eq!(initiator.verify_mic(b"to you", &mic), Ok(MessageOrder::Expected));
    let random = &mut Counting(2);
    let wrapped = initiator
        .wrap(b"to me", Protection::Confidentiality, random)
        .expect("a Wrap token");
    let unwrapped = acceptor.unwrap(&wrapped).expect("the initiator's message");
    assert_eq!(
        (&unwrapped.message[..], unwrapped.order),
        (&b"to me"[..], MessageOrder::Expected)
    );
}
