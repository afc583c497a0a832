//! A reply against what was asked: reading [`Asked::check`] is reading RFC 4120 sections 3.1.5 and 3.3.4 as a list.

use super::error::{KdcError, KdcRefusal, Mismatch, ReplyPart};
use super::find;
use crate::credential::Credential;
use crate::crypto::{EncryptionType, Key, KeyUsage};
use crate::message::{EncKdcRepPart, KdcExchange, KdcOptions, KdcRep, KdcReqBody, KrbError, TicketFlags};
use crate::principal::Principal;
use alloc::vec::Vec;
use negotiate_core::der::Tag;
use negotiate_core::{Random, Seconds, Secret, Timestamp};

/// What a request asked for.
pub(super) struct Asked {
    pub(super) exchange: KdcExchange,
    pub(super) client: Principal,
    pub(super) server: Principal,
    pub(super) options: KdcOptions,
    /// Whole seconds, as the message has them.
    pub(super) till: Timestamp,
    pub(super) rtime: Option<Timestamp>,
    /// The favourite first.
    pub(super) encryption_types: Vec<EncryptionType>,
    pub(super) nonce: u32,
    pub(super) clock_skew: Seconds,
}

/// A KDC's answer as it came: nothing of it is proved.
pub(super) enum Reply<'a> {
    Rep(KdcRep<'a>),
    Error(KrbError<'a>),
}

/// Below 2³¹: older KDCs read the nonce as a signed number.
pub(super) fn nonce(random: &mut dyn Random) -> Result<u32, KdcError> {
    let mut bytes = [0; 4];
    random.fill(&mut bytes).map_err(|_| KdcError::NoRandom)?;
    Ok(u32::from_be_bytes(bytes) >> 1)
}

impl Asked {
    pub(super) fn body(&self) -> KdcReqBody<'_> {
        KdcReqBody {
            kdc_options: self.options,
            // RFC 4120 section 5.4.1: cname is in an AS-REQ only; in a TGS-REQ the ticket names the client.
            cname: (self.exchange == KdcExchange::As).then(|| self.client.name()),
            realm: self.server.realm(),
            sname: Some(self.server.name()),
            from: None,
            till: self.till,
            rtime: self.rtime,
            nonce: self.nonce,
            etype: self.encryption_types.iter().map(|etype| etype.number()).collect(),
            addresses: None,
            enc_authorization_data: None,
            additional_tickets: Vec::new(),
        }
    }

    pub(super) fn read<'a>(&self, reply: &'a [u8]) -> Result<Reply<'a>, KdcError> {
        let malformed = |error| KdcError::in_part(ReplyPart::Reply, error);
        if reply.first() == Some(&Tag::application(30).byte()) {
            let error = KrbError::decode(reply).map_err(malformed)?;
            return Ok(Reply::Error(error));
        }
        KdcRep::decode(self.exchange, reply)
            .map(Reply::Rep)
            .map_err(malformed)
    }

    /// Opens the sealed part; whoever made it has the key, which is why it may be believed.
    pub(super) fn open(
        &self,
        reply: &KdcRep<'_>,
        key: &Key,
        usage: KeyUsage,
    ) -> Result<Secret<Vec<u8>>, KdcError> {
        let mut buffer = Secret::new(reply.enc_part.cipher.to_vec());
        if reply.enc_part.etype != key.encryption_type().number() {
            return Err(KdcError::NotSealed(self.exchange));
        }
        key.for_usage(usage)
            .decrypt_vec(buffer.expose_mut())
            .map_err(|_| KdcError::NotSealed(self.exchange))?;
        Ok(buffer)
    }

    /// Holds the opened reply against the request.
    pub(super) fn check(
        &self,
        reply: &KdcRep<'_>,
        part: &EncKdcRepPart<'_>,
        now: Timestamp,
    ) -> Result<Credential, KdcError> {
        let require = |holds: bool, mismatch| {
            if holds {
                Ok(())
            } else {
                Err(KdcError::Mismatch(mismatch))
            }
        };
        // 3.1.5: the client's name in the clear part is the requested one; what it is in the ticket only the KDC knows.
        require(
            reply.cname.in_realm(reply.crealm) == self.client,
            Mismatch::Client,
        )?;
        // 3.1.5: the nonce shows that the reply is to this request, and no older one.
        require(part.nonce == self.nonce, Mismatch::Nonce)?;
        // 3.1.5: the server is the requested one, and the clear name of the ticket is the sealed one.
        require(part.sname.in_realm(part.srealm) == self.server, Mismatch::Server)?;
        require(
            reply.ticket.sname.in_realm(reply.ticket.realm) == self.server,
            Mismatch::Server,
        )?;
        // 3.1.5: addresses are the requested ones; none were.
        require(part.caddr.is_none(), Mismatch::Addresses)?;
        self.check_flags(part.flags)?;
        self.check_times(part, now)?;
        let credential = Credential {
            client: self.client.clone(),
            server: self.server.clone(),
            session_etype: part.key.keytype,
            session_key: Secret::new(part.key.keyvalue.to_vec()),
            flags: part.flags,
            authtime: Some(part.authtime),
            starttime: part.starttime,
            endtime: part.endtime,
            renew_till: part.renew_till,
            ticket: reply.ticket.raw.to_vec(),
        };
        // 5.4.2: the session key is of a type that the client named.
        let etype = find(&self.encryption_types, part.key.keytype);
        if etype.is_none_or(|etype| Key::new(etype, part.key.keyvalue).is_err()) {
            return Err(KdcError::UnusableSessionKey(part.key.keytype));
        }
        Ok(credential)
    }

    /// Section 2: a ticket that was not asked for in this form would not do what the client thinks.
    fn check_flags(&self, flags: TicketFlags) -> Result<(), KdcError> {
        let unasked = [
            TicketFlags::INVALID,
            TicketFlags::POSTDATED,
            TicketFlags::ANONYMOUS,
        ];
        let is_initial = flags.contains(TicketFlags::INITIAL);
        let forwarded =
            !self.options.contains(KdcOptions::FORWARDED) || flags.contains(TicketFlags::FORWARDED);
        // 2.1: INITIAL says that the client's own key was used, which only the authentication service asks for.
        let is_from_here = is_initial == (self.exchange == KdcExchange::As);
        if unasked.into_iter().any(|flag| flags.contains(flag)) || !forwarded || !is_from_here {
            return Err(KdcError::Mismatch(Mismatch::Flags));
        }
        Ok(())
    }

    fn check_times(&self, part: &EncKdcRepPart<'_>, now: Timestamp) -> Result<(), KdcError> {
        // 3.1.3: a KDC may give less than asked for, never more; and 5.3: a ticket ends after it begins.
        let starts = part.starttime.unwrap_or(part.authtime);
        let renewable_too_long =
            matches!((part.renew_till, self.rtime), (Some(got), Some(asked)) if got > asked);
        if part.endtime > self.till || part.endtime <= starts || renewable_too_long {
            return Err(KdcError::Mismatch(Mismatch::Times));
        }
        // Nothing was postdated, so the ticket starts now by the KDC's clock. Without a start a TGS's ticket tells only
        // when the client authenticated.
        let kdc_time = match self.exchange {
            KdcExchange::As => Some(starts),
            KdcExchange::Tgs => part.starttime,
        };
        match kdc_time {
            Some(kdc_time)
                if kdc_time > now.plus(self.clock_skew) || kdc_time < now.minus(self.clock_skew) =>
            {
                Err(KdcError::ClockSkew {
                    kdc_time,
                    now,
                    allowed: self.clock_skew,
                })
            }
            _ => Ok(()),
        }
    }
}

impl KdcRefusal {
    pub(super) fn new(error: &KrbError<'_>) -> Self {
        Self {
            code: error.error_code,
            kdc_time: error.stime,
            text: error
                .e_text
                .map(|text| alloc::format!("{}", negotiate_core::Untrusted(text))),
        }
    }
}
