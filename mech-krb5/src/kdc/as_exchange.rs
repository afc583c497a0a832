//! The authentication service exchange (RFC 4120 section 3.1): a ticket for a password or a key.
//!
//! The first request proves nothing. A KDC that wants proof answers PREAUTH_REQUIRED and says how the key is made; the
//! second request then has the time sealed with that key.

use super::error::{KdcError, KdcRefusal, Mismatch, ReplyPart};
use super::preauth::{ClientSecret, KeyHint, encrypted_timestamp, method_data};
use super::reply::{Asked, Reply, nonce};
use super::{KdcAsk, KdcStep, Waiting, find};
use crate::credential::Credential;
use crate::crypto::{EncryptionType, Key, KeyUsage};
use crate::mechanism::PREFERRED_TYPES;
use crate::message::{
    Checksum, EncKdcRepPart, ErrorCode, KdcExchange, KdcOptions, KdcRep, KdcReq, KrbError, PaData,
    PaDataType, TicketFlags,
};
use crate::principal::{NameType, Principal};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use negotiate_core::der::Reader;
use negotiate_core::{Ambient, Seconds, Timestamp};

/// A request for a ticket with the client's own secret.
#[must_use]
#[derive(Clone, Debug)]
pub struct AsExchange {
    client: Principal,
    server: Option<Principal>,
    secret: ClientSecret,
    options: KdcOptions,
    lifetime: Seconds,
    renewable_lifetime: Option<Seconds>,
    encryption_types: Vec<EncryptionType>,
    clock_skew: Seconds,
}

/// A day, as MIT krb5 asks for; the KDC gives less if it likes.
const DEFAULT_LIFETIME: Seconds = Seconds(86_400);

impl AsExchange {
    /// For the ticket-granting ticket of the client's realm.
    pub fn new(client: Principal, secret: ClientSecret) -> Self {
        Self {
            client,
            server: None,
            secret,
            options: KdcOptions::default(),
            lifetime: DEFAULT_LIFETIME,
            renewable_lifetime: None,
            encryption_types: PREFERRED_TYPES.into(),
            clock_skew: Seconds(300),
        }
    }

    /// For a ticket of this service of the client's realm instead.
    pub fn server(mut self, server: Principal) -> Self {
        self.server = Some(server);
        self
    }

    /// Asks for a ticket that can be forwarded.
    pub fn forwardable(mut self) -> Self {
        self.options = self.options.with(KdcOptions::FORWARDABLE);
        self
    }

    /// Asks for a ticket that can be renewed for so long.
    pub fn renewable(mut self, lifetime: Seconds) -> Self {
        self.options = self.options.with(KdcOptions::RENEWABLE);
        self.renewable_lifetime = Some(lifetime);
        self
    }

    /// How long the ticket is to be good. Default: a day.
    pub fn lifetime(mut self, lifetime: Seconds) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The encryption types to be used, the favourite first. Default: 18, 17, 20, 19.
    pub fn encryption_types(mut self, types: impl Into<Vec<EncryptionType>>) -> Self {
        self.encryption_types = types.into();
        self
    }

    /// How far the KDC's clock may be from ours. Default: 300 s.
    pub fn clock_skew(mut self, clock_skew: Seconds) -> Self {
        self.clock_skew = clock_skew;
        self
    }

    /// Begins the exchange.
    ///
    /// # Errors
    /// If the secret has no key of a type that may be used, or there are no random bytes.
    pub fn begin(self, ambient: &mut Ambient<'_>) -> Result<KdcStep<Credential>, KdcError> {
        let encryption_types = self.secret.usable(&self.encryption_types);
        if encryption_types.is_empty() {
            return Err(KdcError::NoCommonEncryptionType);
        }
        let server = match self.server {
            Some(server) => server,
            None => ticket_granting_service(self.client.realm())?,
        };
        let whole_seconds = |lifetime| Timestamp::from_unix(ambient.now.plus(lifetime).unix());
        let asked = Asked {
            exchange: KdcExchange::As,
            client: self.client,
            server,
            options: self.options,
            till: whole_seconds(self.lifetime),
            rtime: self.renewable_lifetime.map(whole_seconds),
            encryption_types,
            nonce: nonce(ambient.random)?,
            clock_skew: self.clock_skew,
        };
        let secret = self.secret;
        Ok(KdcStep::Ask(Unproved { asked, secret }.ask()))
    }
}

/// `krbtgt/REALM@REALM` (RFC 4120 section 7.3).
fn ticket_granting_service(realm: &[u8]) -> Result<Principal, KdcError> {
    Principal::new(NameType::SRV_INST, [b"krbtgt", realm], realm)
        .map_err(|_| KdcError::Mismatch(Mismatch::Server))
}

/// The first request is out.
pub(super) struct Unproved {
    pub(super) asked: Asked,
    pub(super) secret: ClientSecret,
}

/// The second request is out, with a proof.
pub(super) struct Proved {
    pub(super) asked: Asked,
    pub(super) secret: ClientSecret,
    pub(super) hint: KeyHint,
    pub(super) key: Key,
}

impl Unproved {
    fn ask(self) -> KdcAsk<Credential> {
        KdcAsk {
            realm: self.asked.server.realm().into(),
            request: request(&self.asked, None),
            waiting: Box::new(self),
        }
    }

    /// Section 3.1.4's KDC_ERR_PREAUTH_REQUIRED.
    fn prove(self, error: &KrbError<'_>, ambient: &mut Ambient<'_>) -> Result<KdcStep<Credential>, KdcError> {
        let methods = method_data(error.e_data)?;
        if PaData::find(&methods, PaDataType::ENC_TIMESTAMP).is_none() {
            let offered = methods.iter().map(|method| method.padata_type.0).collect();
            return Err(KdcError::NoCommonPreauthentication { offered });
        }
        let Self { mut asked, secret } = self;
        let client = asked.client.borrow();
        let hint = match &methods {
            methods if PaData::find(methods, PaDataType::ETYPE_INFO2).is_some() => {
                KeyHint::read_list(methods, &asked.encryption_types, client)?
                    .into_iter()
                    .next()
            }
            _ => asked
                .encryption_types
                .first()
                .map(|etype| KeyHint::default_for(*etype, client)),
        };
        let hint = hint.ok_or(KdcError::NoCommonEncryptionType)?;
        let key = secret.key(&hint)?.ok_or(KdcError::NoCommonEncryptionType)?;
        let timestamp = encrypted_timestamp(&key, ambient)?;
        asked.nonce = nonce(ambient.random)?;
        Ok(KdcStep::Ask(KdcAsk {
            realm: asked.server.realm().into(),
            request: request(&asked, Some(&timestamp)),
            waiting: Box::new(Proved {
                asked,
                secret,
                hint,
                key,
            }),
        }))
    }
}

fn request(asked: &Asked, encrypted_timestamp: Option<&[u8]>) -> Vec<u8> {
    let mut padata = vec![PaData {
        padata_type: PaDataType::REQ_ENC_PA_REP,
        padata_value: &[],
    }];
    if let Some(padata_value) = encrypted_timestamp {
        padata.push(PaData {
            padata_type: PaDataType::ENC_TIMESTAMP,
            padata_value,
        });
    }
    KdcReq::encode(KdcExchange::As, &padata, &asked.body().encode())
}

impl Waiting<Credential> for Unproved {
    fn answer(
        self: Box<Self>,
        request: &[u8],
        reply: &[u8],
        ambient: &mut Ambient<'_>,
    ) -> Result<KdcStep<Credential>, KdcError> {
        match self.asked.read(reply)? {
            Reply::Error(error) if error.error_code == ErrorCode::PREAUTH_REQUIRED => {
                self.prove(&error, ambient)
            }
            Reply::Error(error) => Err(KdcError::Refused(KdcRefusal::new(&error))),
            Reply::Rep(rep) => {
                let etype = reply_type(&self.asked, &rep)?;
                let hint = hint_of_reply(&self.asked, &rep, etype)?
                    .unwrap_or_else(|| KeyHint::default_for(etype, self.asked.client.borrow()));
                let key = self.secret.key(&hint)?.ok_or(KdcError::NoCommonEncryptionType)?;
                conclude(&self.asked, request, &rep, &key, ambient.now)
            }
        }
    }
}

impl Waiting<Credential> for Proved {
    fn answer(
        self: Box<Self>,
        request: &[u8],
        reply: &[u8],
        ambient: &mut Ambient<'_>,
    ) -> Result<KdcStep<Credential>, KdcError> {
        let rep = match self.asked.read(reply)? {
            Reply::Error(error) => return Err(KdcError::Refused(KdcRefusal::new(&error))),
            Reply::Rep(rep) => rep,
        };
        // Section 3.1.3: the reply's key need not be the proof's, and the reply then says how it is made.
        let etype = reply_type(&self.asked, &rep)?;
        let hint = hint_of_reply(&self.asked, &rep, etype)?;
        let (hint, is_same_type) = match hint {
            Some(hint) => (hint, false),
            None if etype == self.hint.encryption_type => (self.hint.clone(), true),
            None => (KeyHint::default_for(etype, self.asked.client.borrow()), false),
        };
        let key = if is_same_type || hint == self.hint {
            self.key
        } else {
            self.secret.key(&hint)?.ok_or(KdcError::NoCommonEncryptionType)?
        };
        conclude(&self.asked, request, &rep, &key, ambient.now)
    }
}

/// Section 3.1.5: the client does not take a type that it did not ask for.
fn reply_type(asked: &Asked, reply: &KdcRep<'_>) -> Result<EncryptionType, KdcError> {
    find(&asked.encryption_types, reply.enc_part.etype)
        .ok_or(KdcError::EncryptionTypeNotAsked(reply.enc_part.etype))
}

fn hint_of_reply(
    asked: &Asked,
    reply: &KdcRep<'_>,
    etype: EncryptionType,
) -> Result<Option<KeyHint>, KdcError> {
    let hints = KeyHint::read_list(&reply.padata, &asked.encryption_types, asked.client.borrow())?;
    Ok(hints.into_iter().find(|hint| hint.encryption_type == etype))
}

fn conclude(
    asked: &Asked,
    request: &[u8],
    reply: &KdcRep<'_>,
    key: &Key,
    now: Timestamp,
) -> Result<KdcStep<Credential>, KdcError> {
    let buffer = asked.open(reply, key, KeyUsage::AS_REP)?;
    let part = EncKdcRepPart::decode(buffer.expose())
        .map_err(|error| KdcError::malformed(ReplyPart::EncPart, error))?;
    check_request_seen(&part, request, key)?;
    asked.check(reply, &part, now).map(KdcStep::Done)
}

/// RFC 6806 section 11: a KDC that sets enc-pa-rep proves which request it saw, so that nobody took encryption types out
/// of it under way.
fn check_request_seen(part: &EncKdcRepPart<'_>, request: &[u8], key: &Key) -> Result<(), KdcError> {
    if !part.flags.contains(TicketFlags::ENC_PA_REP) {
        return Ok(());
    }
    let verifies = || {
        let value = PaData::find(&part.encrypted_pa_data, PaDataType::REQ_ENC_PA_REP)?;
        let mut input = Reader::new(value);
        let checksum = Checksum::decode(&mut input).ok()?;
        input.finish().ok()?;
        let key = key.checksum_key(KeyUsage::AS_REQ);
        if checksum.cksumtype != key.checksum_type().number() {
            return None;
        }
        key.verify(&[request], checksum.checksum).ok()
    };
    verifies().ok_or(KdcError::Mismatch(Mismatch::Request))
}
