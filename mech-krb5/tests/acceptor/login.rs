//! A first token in all its parts, and the server that judges it. Both are well by default; a test spoils a field.

use crate::common::{Counting, Forgetful, every_type};
use crate::forge::{
    ApReq, Authenticator, CarriedKey, CredInfo, GssChecksum, KrbCred, Sealed, Ticket, framed_as,
};
use mech_krb5::crypto::{EncryptionType, Key, KeyUsage};
use mech_krb5::keytab::{Keytab, KeytabEntry};
use mech_krb5::message::{ApOptions, TicketFlags};
use mech_krb5::replay::ReplayCache;
use mech_krb5::{Details, Error, Fact, Krb5, Krb5Builder, Principal, TransitedPolicy};
use negotiate_core::{
    Acceptor, Ambient, BindingsPolicy, ChannelBindings, ContextFlags, Exchange, MechType, Random,
    RandomUnavailable, Reject, Seconds, SecurityContext, ServiceName, Step, Timestamp, Token,
};
use std::sync::Arc;

/// When everything happens, unless a test says otherwise: 2026-11-22T05:57:28Z and 250 ms.
pub(crate) const NOW: Timestamp = Timestamp::from_unix_micros(1_795_327_048_250_000);

pub(crate) const CLIENT: &str = "alice@EXAMPLE.TEST";
pub(crate) const SERVICE: &str = "HTTP/www.example.test@EXAMPLE.TEST";

/// The type of every key that a test does not say otherwise of.
pub(crate) const ETYPE: EncryptionType = EncryptionType::Aes256CtsHmacSha1_96;

/// A key that can be seen in a text that it must not get into: see [`crate::facts`].
pub(crate) fn key(etype: EncryptionType, label: &str) -> Key {
    let text = format!("SECRET-{label:-<32}");
    Key::new(etype, &text.as_bytes()[..etype.key_len()]).unwrap()
}

pub(crate) fn entry(principal: &Principal, kvno: u32, key: &Key) -> KeytabEntry {
    let etype = key.encryption_type().number();
    KeytabEntry::new(principal.clone(), NOW, kvno, etype, key.bytes()).unwrap()
}

pub(crate) fn principal(text: &str) -> Principal {
    Principal::parse(text).unwrap()
}

/// Seconds after [`NOW`], or before.
pub(crate) fn after(seconds: i64) -> Timestamp {
    Timestamp::from_unix_micros(NOW.unix_micros() + seconds * 1_000_000)
}

/// An initiator's first token, in parts.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) ticket: Ticket,
    /// What is sealed in place of the ticket's own part.
    pub(crate) ticket_plaintext: Option<Vec<u8>>,
    pub(crate) authenticator: Authenticator,
    /// What is sealed in place of the authenticator's own part.
    pub(crate) authenticator_plaintext: Option<Vec<u8>>,
    /// What seals the authenticator.
    pub(crate) session_key: Key,
    /// What the AP-REQ says of that key, if not the truth.
    pub(crate) authenticator_etype: Option<i32>,
    pub(crate) pvno: i64,
    pub(crate) msg_type: i64,
    pub(crate) ap_options: ApOptions,
    pub(crate) framing: Framing,
    /// The initiator's dice: another throw makes another authenticator of the same content.
    pub(crate) throw: u8,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Framing {
    /// RFC 4121 section 4.1, by mechanism and TOK_ID.
    Gss(MechType, [u8; 2]),
    Bare,
    /// Instead of the whole token.
    Bytes(Vec<u8>),
}

impl Default for Login {
    fn default() -> Self {
        Self::of(ETYPE, CLIENT, SERVICE)
    }
}

impl Login {
    /// By a mutual exchange as `curl --negotiate` does it.
    pub(crate) fn of(etype: EncryptionType, client: &str, service: &str) -> Self {
        let session_key = key(etype, "session");
        let service_key = key(etype, "service");
        let ticket = Ticket::new(
            client,
            service,
            &service_key,
            &session_key,
            NOW.minus(Seconds(60)),
        );
        let flags = ContextFlags::MUTUAL.with(ContextFlags::INTEGRITY);
        Self {
            authenticator: Authenticator::new(&ticket, flags, &key(etype, "subkey"), NOW),
            authenticator_plaintext: None,
            ticket,
            ticket_plaintext: None,
            session_key,
            authenticator_etype: None,
            pvno: 5,
            msg_type: 14,
            ap_options: ApOptions::MUTUAL_REQUIRED,
            framing: Framing::Gss(MechType::KRB5, [1, 0]),
            throw: 0,
        }
    }

    pub(crate) fn token(&self) -> Vec<u8> {
        let random = &mut Counting(self.throw);
        let ticket = match &self.ticket_plaintext {
            Some(plaintext) => self.ticket.seal_plaintext(plaintext, random),
            None => self.ticket.seal(random),
        };
        let own = self.authenticator.part();
        let plaintext = self.authenticator_plaintext.as_ref().unwrap_or(&own);
        let usage = KeyUsage::AP_REQ_AUTHENTICATOR;
        let mut authenticator = Sealed::new(&self.session_key, usage, None, plaintext, random);
        authenticator.etype = self.authenticator_etype.unwrap_or(authenticator.etype);
        let ap_req = ApReq {
            pvno: self.pvno,
            msg_type: self.msg_type,
            ap_options: self.ap_options,
            ticket: &ticket,
            authenticator,
        };
        match &self.framing {
            Framing::Gss(mech_type, token_id) => framed_as(*mech_type, *token_id, &ap_req.encode()),
            Framing::Bare => ap_req.encode(),
            Framing::Bytes(bytes) => bytes.clone(),
        }
    }

    /// Puts a GSS-API checksum into the authenticator.
    pub(crate) fn set_checksum(&mut self, checksum: &GssChecksum) {
        self.authenticator.cksum = Some(checksum.field());
    }

    /// Asks for what these flags say, and for nothing else.
    pub(crate) fn set_flags(&mut self, flags: ContextFlags) {
        self.set_checksum(&GssChecksum::new(flags));
    }

    /// The client's name in ticket and authenticator.
    pub(crate) fn set_client(&mut self, client: &Principal) {
        self.ticket.client = client.clone();
        self.authenticator.client = client.clone();
    }

    /// The session key in the ticket and over the authenticator.
    pub(crate) fn set_session_key(&mut self, key: &Key) {
        self.ticket.session_key = key.into();
        self.session_key = key.clone();
    }

    /// The authenticator's subkey or, without one, the session key (RFC 4121 section 2).
    pub(crate) fn base_key(&self) -> Key {
        match &self.authenticator.subkey {
            Some(CarriedKey { keytype, keyvalue }) => {
                Key::new(every_type().find(*keytype).unwrap(), keyvalue).unwrap()
            }
            None => self.session_key.clone(),
        }
    }

    /// A forwarded TGT of the client, as it stands in a credential cache.
    pub(crate) fn forwarded_tgt(&self) -> KrbCred {
        let krbtgt = "krbtgt/EXAMPLE.TEST@EXAMPLE.TEST";
        let (tgs_key, tgt_key) = (key(ETYPE, "krbtgt"), key(ETYPE, "tgt-session"));
        let mut tgt = Ticket::new(CLIENT, krbtgt, &tgs_key, &tgt_key, NOW);
        tgt.client = self.ticket.client.clone();
        let info = CredInfo {
            key: tgt.session_key.clone(),
            client: Some(tgt.client.clone()),
            flags: Some(TicketFlags(TicketFlags::FORWARDED.0 | TicketFlags::FORWARDABLE.0)),
            authtime: Some(NOW),
            starttime: None,
            endtime: Some(tgt.endtime),
            renew_till: None,
            server: Some(tgt.service.clone()),
            caddr: None,
        };
        KrbCred::new(vec![tgt.seal(&mut Counting(99))], vec![info])
    }
}

/// An acceptor before it is built.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) entries: Vec<KeytabEntry>,
    pub(crate) replay_cache: Arc<dyn ReplayCache>,
    pub(crate) transited: TransitedPolicy,
    /// Changes the mechanism's policies.
    pub(crate) configure: fn(Krb5Builder) -> Krb5Builder,
    pub(crate) names: Vec<&'static str>,
    pub(crate) bindings: Option<ChannelBindings>,
    pub(crate) bindings_policy: BindingsPolicy,
    pub(crate) now: Timestamp,
    pub(crate) randomness: Randomness,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Randomness {
    Counting(u8),
    /// The operating system has none.
    Dry,
}

impl Default for Server {
    fn default() -> Self {
        Self::with_key_of(&Login::default())
    }
}

impl Server {
    /// One entry: the key of this login's ticket.
    pub(crate) fn with_key_of(login: &Login) -> Self {
        let ticket = &login.ticket;
        Self {
            entries: vec![entry(
                &ticket.service,
                ticket.kvno.unwrap_or(1),
                &ticket.service_key,
            )],
            replay_cache: Arc::new(Forgetful),
            transited: TransitedPolicy::default(),
            configure: |builder| builder,
            names: Vec::new(),
            bindings: None,
            bindings_policy: BindingsPolicy::default(),
            now: NOW,
            randomness: Randomness::Counting(100),
        }
    }

    /// The ordinary server with other policies.
    pub(crate) fn configured(configure: fn(Krb5Builder) -> Krb5Builder) -> Self {
        Self {
            configure,
            ..Self::default()
        }
    }

    /// The ordinary server with this replay cache.
    pub(crate) fn remembering(replay_cache: Arc<dyn ReplayCache>) -> Self {
        Self {
            replay_cache,
            ..Self::default()
        }
    }

    pub(crate) fn judge(&self, login: &Login) -> Result<Step, Reject> {
        self.judge_token(&login.token())
    }

    pub(crate) fn judge_token(&self, token: &[u8]) -> Result<Step, Reject> {
        self.step(self.exchange(), token)
    }

    pub(crate) fn exchange(&self) -> Exchange<'static> {
        let krb5 = Krb5::builder(Keytab::from_entries(self.entries.clone()));
        let krb5 = krb5
            .replay_cache(Arc::clone(&self.replay_cache))
            .transited(self.transited.clone());
        let krb5 = (self.configure)(krb5);
        let acceptor = Acceptor::builder()
            .mechanism(krb5.build().unwrap())
            .bindings_policy(self.bindings_policy);
        let acceptor = self.names.iter().fold(acceptor, |acceptor, name| {
            acceptor.name(ServiceName::parse(name).unwrap())
        });
        acceptor
            .build()
            .unwrap()
            .exchange(self.bindings.clone().map(Arc::new))
            .into_owned()
    }

    pub(crate) fn step(&self, exchange: Exchange<'_>, token: &[u8]) -> Result<Step, Reject> {
        let mut dry = Dry;
        let mut counting = Counting(0);
        let random: &mut dyn Random = match self.randomness {
            Randomness::Counting(seed) => {
                counting.0 = seed;
                &mut counting
            }
            Randomness::Dry => &mut dry,
        };
        let now = self.now;
        exchange.step(token, &mut Ambient { now, random })
    }

    #[track_caller]
    pub(crate) fn accepted(&self, login: &Login) -> Accepted {
        match self.judge(login) {
            Ok(Step::Complete { token, context }) => Accepted { token, context },
            other => panic!("not accepted: {other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn refused(&self, login: &Login) -> Reject {
        self.judge(login).expect_err("accepted")
    }

    #[track_caller]
    pub(crate) fn fact(&self, login: &Login) -> Fact {
        fact(&self.refused(login))
    }

    /// `accepted`, or the code of the refusal.
    pub(crate) fn verdict(&self, login: &Login) -> &'static str {
        match self.judge(login) {
            Ok(Step::Complete { .. }) => "accepted",
            Ok(Step::Continue { .. }) => "continue",
            Ok(Step::Pending(_)) => "pending",
            Err(reject) => reject.reason().code(),
        }
    }
}

#[track_caller]
pub(crate) fn fact(reject: &Reject) -> Fact {
    error(reject).fact.clone()
}

#[track_caller]
pub(crate) fn error(reject: &Reject) -> &Error {
    reject
        .downcast_ref()
        .unwrap_or_else(|| panic!("not Kerberos' error: {reject:?}"))
}

/// A finished exchange.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) token: Option<Token>,
    pub(crate) context: SecurityContext,
}

impl Accepted {
    pub(crate) fn details(&self) -> &Details {
        self.context.details().unwrap()
    }
}

struct Dry;

impl Random for Dry {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), RandomUnavailable> {
        Err(RandomUnavailable)
    }
}
