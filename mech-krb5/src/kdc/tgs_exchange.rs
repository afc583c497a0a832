//! The ticket-granting service exchange (RFC 4120 section 3.3): a ticket for a ticket.

use super::error::{KdcError, KdcRefusal, ReplyPart};
use super::reply::{Asked, Reply, nonce};
use super::{KdcAsk, KdcStep, Waiting, find};
use crate::credential::Credential;
use crate::crypto::{EncryptionType, Key, KeyUsage};
use crate::mechanism::PREFERRED_TYPES;
use crate::message::{
    ApOptions, ApReq, Authenticator, Checksum, EncKdcRepPart, EncryptedData, EncryptionKey, KdcExchange,
    KdcOptions, KdcReq, PaData, PaDataType, TicketFlags,
};
use crate::principal::Principal;
use alloc::boxed::Box;
use alloc::vec::Vec;
use negotiate_core::{Ambient, Seconds, Secret, Timestamp};

/// A request for a ticket with a ticket-granting ticket.
#[must_use]
#[derive(Clone, Debug)]
pub struct TgsExchange<'a> {
    tgt: &'a Credential,
    server: Principal,
    options: KdcOptions,
    encryption_types: Vec<EncryptionType>,
    clock_skew: Seconds,
}

impl<'a> TgsExchange<'a> {
    /// For a ticket of this service, which can be forwarded if the ticket-granting ticket can.
    pub fn service(tgt: &'a Credential, server: Principal) -> Self {
        let options = if tgt.flags.contains(TicketFlags::FORWARDABLE) {
            KdcOptions::FORWARDABLE
        } else {
            KdcOptions::default()
        };
        Self {
            tgt,
            server,
            options,
            encryption_types: PREFERRED_TYPES.into(),
            clock_skew: Seconds(300),
        }
    }

    /// For another ticket-granting ticket that somebody else may be given (RFC 4120 section 2.6), and may give on.
    pub fn forwarded(tgt: &'a Credential) -> Self {
        Self {
            options: KdcOptions::FORWARDED.with(KdcOptions::FORWARDABLE),
            ..Self::service(tgt, tgt.server.clone())
        }
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
    /// If the ticket-granting ticket cannot be used, or there are no random bytes.
    pub fn begin(self, ambient: &mut Ambient<'_>) -> Result<KdcStep<Credential>, KdcError> {
        // Of a type that nobody has to name, or that this exchange names.
        let named = || {
            let etype = find(&self.encryption_types, self.tgt.session_etype)?;
            Key::new(etype, self.tgt.session_key.expose()).ok()
        };
        let session_key = self.tgt.key().or_else(named);
        let session_key = session_key.ok_or(KdcError::UnusableSessionKey(self.tgt.session_etype))?;
        let asked = Asked {
            exchange: KdcExchange::Tgs,
            client: self.tgt.client.clone(),
            server: self.server,
            options: self.options,
            till: Timestamp::from_unix(self.tgt.endtime.unix()),
            rtime: None,
            encryption_types: self.encryption_types,
            nonce: nonce(ambient.random)?,
            clock_skew: self.clock_skew,
        };
        // 3.3.2: a subkey, so that the reply is sealed with a key that no other request has.
        let subkey =
            Key::random(session_key.encryption_type(), ambient.random).map_err(|_| KdcError::NoRandom)?;
        let body = asked.body().encode();
        let ap_req = ap_req(self.tgt, &session_key, &subkey, &body, ambient)?;
        let padata = [PaData {
            padata_type: PaDataType::TGS_REQ,
            padata_value: &ap_req,
        }];
        Ok(KdcStep::Ask(KdcAsk {
            realm: asked.server.realm().into(),
            request: KdcReq::encode(KdcExchange::Tgs, &padata, &body),
            waiting: Box::new(Requested { asked, subkey }),
        }))
    }
}

/// PA-TGS-REQ (section 5.2.7.1): the ticket, and the proof that the request is its owner's.
fn ap_req(
    tgt: &Credential,
    session_key: &Key,
    subkey: &Key,
    body: &[u8],
    ambient: &mut Ambient<'_>,
) -> Result<Vec<u8>, KdcError> {
    let ticket = tgt
        .read_ticket()
        .map_err(|error| KdcError::in_part(ReplyPart::TicketGrantingTicket, error))?;
    // 5.5.1: a keyed checksum over the request, or anybody could put another one beside the authenticator.
    let key = session_key.checksum_key(KeyUsage::TGS_REQ_AUTHENTICATOR_CHECKSUM);
    let checksum = key.checksum(&[body]);
    let authenticator = Authenticator {
        crealm: tgt.client.realm(),
        cname: tgt.client.name(),
        cksum: Some(Checksum {
            cksumtype: key.checksum_type().number(),
            checksum: checksum.as_bytes(),
        }),
        ctime: ambient.now,
        subkey: Some(EncryptionKey {
            keytype: subkey.encryption_type().number(),
            keyvalue: subkey.bytes(),
        }),
        seq_number: None,
        authorization_data: None,
    };
    let authenticator = Secret::new(authenticator.encode());
    let cipher = session_key
        .for_usage(KeyUsage::TGS_REQ_AUTHENTICATOR)
        .encrypt(authenticator.expose(), ambient.random)
        .map_err(|_| KdcError::NoRandom)?;
    let ap_req = ApReq {
        ap_options: ApOptions(0),
        ticket,
        authenticator: EncryptedData {
            etype: session_key.encryption_type().number(),
            kvno: None,
            cipher: &cipher,
        },
    };
    Ok(ap_req.encode())
}

/// The request is out.
pub(super) struct Requested {
    pub(super) asked: Asked,
    pub(super) subkey: Key,
}

impl Waiting<Credential> for Requested {
    fn answer(
        self: Box<Self>,
        _request: &[u8],
        reply: &[u8],
        ambient: &mut Ambient<'_>,
    ) -> Result<KdcStep<Credential>, KdcError> {
        let rep = match self.asked.read(reply)? {
            Reply::Error(error) => return Err(KdcError::Refused(KdcRefusal::new(&error))),
            Reply::Rep(rep) => rep,
        };
        // 3.3.4: sealed with the subkey, since the request had one.
        let buffer = self.asked.open(&rep, &self.subkey, KeyUsage::TGS_REP_SUBKEY)?;
        let part = EncKdcRepPart::decode(buffer.expose())
            .map_err(|error| KdcError::malformed(ReplyPart::EncPart, error))?;
        self.asked.check(&rep, &part, ambient.now).map(KdcStep::Done)
    }
}
