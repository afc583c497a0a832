//! Initiating with a service ticket (RFC 4120 sections 3.2.2 and 3.2.5, RFC 4121 section 4.1): the AP-REQ, and what may be
//! believed of the acceptor's answer. Where tickets come from is told in [`crate::kdc`].

mod answer;
mod error;
mod gss_checksum;
#[cfg(test)]
mod tests;

pub use error::Krb5InitiatorError;

use crate::accept::ap_rep::first_sequence_number;
use crate::accept::frame::{AP_REQ, Framing};
use crate::context::{ContextKeys, MessageProtection, Role};
use crate::credential::Credential;
use crate::crypto::{EncryptionTypes, Key, KeyUsage};
use crate::message::{
    AdType, ApOptions, ApReq, Authenticator, AuthorizationData, AuthorizationDataEntry, Checksum,
    EncryptedData, EncryptionKey,
};
use alloc::boxed::Box;
use alloc::vec::Vec;
use answer::Awaiting;
use core::fmt;
use negotiate_core::der::Reader;
use negotiate_core::{
    Ambient, ChannelBindings, ContextFlags, InitiateStep, Initiated, Initiator, MechListMic, MechReject,
    MechType, Name, Secret, Timestamp,
};

/// An initiator with a ticket for one service.
#[must_use]
#[derive(Clone)]
pub struct Krb5Initiator {
    credential: Credential,
    flags: ContextFlags,
    bindings: Option<ChannelBindings>,
    advertise_bindings: Advertise,
    delegated: Option<Credential>,
    encryption_types: EncryptionTypes,
}

/// Whether the acceptor is told that channel bindings are known here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Advertise {
    No,
    Yes,
}

/// What every acceptor offers, and proof that it is the one.
const DEFAULT_FLAGS: ContextFlags = ContextFlags::MUTUAL
    .with(ContextFlags::REPLAY)
    .with(ContextFlags::SEQUENCE)
    .with(ContextFlags::CONFIDENTIALITY)
    .with(ContextFlags::INTEGRITY);

impl Krb5Initiator {
    /// With a service ticket, mutual authentication and all of message protection.
    pub fn new(credential: Credential) -> Self {
        Self {
            credential,
            flags: DEFAULT_FLAGS,
            bindings: None,
            advertise_bindings: Advertise::No,
            delegated: None,
            encryption_types: EncryptionTypes::new(),
        }
    }

    /// Asks for these properties of the context instead. Without [`ContextFlags::MUTUAL`] the acceptor proves nothing.
    pub fn flags(mut self, flags: ContextFlags) -> Self {
        self.flags = flags;
        self
    }

    /// Binds the context to the channel below.
    pub fn channel_bindings(mut self, bindings: ChannelBindings) -> Self {
        self.bindings = Some(bindings);
        self
    }

    /// Says that channel bindings are known here (`KERB_AP_OPTIONS_CBT`, MS-KILE section 3.2.5.8), so that an acceptor
    /// that has some refuses if none came.
    pub fn advertise_bindings(mut self) -> Self {
        self.advertise_bindings = Advertise::Yes;
        self
    }

    /// Encryption types of the ticket's session key and of the acceptor's subkey. Default: 17, 18, 19, 20.
    pub fn encryption_types(mut self, types: EncryptionTypes) -> Self {
        self.encryption_types = types;
        self
    }

    /// Hands a ticket-granting ticket over, so that the acceptor can act for this client; see
    /// [`TgsExchange::forwarded`](crate::kdc::TgsExchange::forwarded).
    pub fn delegate(mut self, credential: Credential) -> Self {
        self.delegated = Some(credential);
        self
    }
}

/// Whom it wants to speak to.
impl fmt::Debug for Krb5Initiator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Krb5Initiator({:?})", self.credential.server)
    }
}

impl Initiator for Krb5Initiator {
    fn mech_types(&self) -> &[MechType] {
        &[MechType::KRB5]
    }

    fn begin(self: Box<Self>, ambient: &mut Ambient<'_>) -> Result<InitiateStep, MechReject> {
        Ok(begin(&self, ambient)?)
    }
}

/// What an initiator remembers of its AP-REQ.
struct Sent {
    session_key: Key,
    subkey: Key,
    /// The authenticator's time.
    time: Timestamp,
    seq_number: u32,
    flags: ContextFlags,
    acceptor: Name,
    expires: Timestamp,
    encryption_types: EncryptionTypes,
}

fn begin(initiator: &Krb5Initiator, ambient: &mut Ambient<'_>) -> Result<InitiateStep, Krb5InitiatorError> {
    let credential = &initiator.credential;
    let session_key = credential
        .key_of(initiator.encryption_types)
        .ok_or(Krb5InitiatorError::UnusableSessionKey(credential.session_etype))?;
    if ambient.now >= credential.endtime {
        return Err(Krb5InitiatorError::TicketExpired {
            ended: credential.endtime,
            now: ambient.now,
        });
    }
    let sent = Sent {
        // RFC 4121 section 2: a fresh key for the context, so that two contexts of one ticket share none.
        subkey: Key::random(session_key.encryption_type(), ambient.random)?,
        time: ambient.now,
        seq_number: first_sequence_number(ambient.random)?,
        flags: match initiator.delegated {
            Some(_) => initiator.flags.with(ContextFlags::DELEGATE),
            None => initiator.flags.without(ContextFlags::DELEGATE),
        },
        acceptor: credential
            .server
            .borrow()
            .to_name()
            .map_err(|_| Krb5InitiatorError::NameNotUtf8)?,
        expires: credential.endtime,
        encryption_types: initiator.encryption_types,
        session_key,
    };
    let ap_req = ap_req(initiator, &sent, ambient)?;
    // MS-KILE section 3.4.5.1: DCE style has three legs, none of them framed.
    let is_dce_style = sent.flags.contains(ContextFlags::DCE_STYLE);
    let framing = if is_dce_style { Framing::Bare } else { Framing::Gss };
    let output = framing.wrap(AP_REQ, |writer| writer.raw(&ap_req));
    if is_dce_style || sent.flags.contains(ContextFlags::MUTUAL) {
        let next = Box::new(Awaiting { sent, framing });
        return Ok(InitiateStep::Continue { output, next });
    }
    // Without an AP-REP the acceptor numbers from where the initiator does, as MIT krb5 and Heimdal do.
    let receive_first = sent.seq_number;
    Ok(InitiateStep::Complete {
        output: Some(output),
        initiated: sent.initiated(None, receive_first),
    })
}

impl Sent {
    fn initiated(self, acceptor_subkey: Option<Key>, receive_first: u32) -> Initiated {
        let keys = ContextKeys {
            initiator: self.subkey,
            acceptor_subkey,
        };
        let protection =
            MessageProtection::new(Role::Initiator, keys, self.seq_number, receive_first, self.flags);
        Initiated {
            mech_type: MechType::KRB5,
            acceptor: self.acceptor,
            flags: self.flags,
            expires: Some(self.expires),
            per_message: Box::new(protection),
            mech_list_mic: MechListMic::AsNegotiated,
        }
    }
}

fn ap_req(
    initiator: &Krb5Initiator,
    sent: &Sent,
    ambient: &mut Ambient<'_>,
) -> Result<Vec<u8>, Krb5InitiatorError> {
    let credential = &initiator.credential;
    let bindings = initiator.bindings.as_ref();
    let delegated = initiator.delegated.as_ref();
    let checksum = gss_checksum::make(sent, bindings, delegated, ambient.random)?;
    let wishes = wishes(initiator.advertise_bindings);
    let authenticator = Authenticator {
        crealm: credential.client.realm(),
        cname: credential.client.name(),
        cksum: Some(Checksum {
            cksumtype: gss_checksum::GSS_CHECKSUM,
            checksum: checksum.expose(),
        }),
        ctime: sent.time,
        subkey: Some(EncryptionKey {
            keytype: sent.subkey.encryption_type().number(),
            keyvalue: sent.subkey.bytes(),
        }),
        seq_number: Some(sent.seq_number),
        authorization_data: wishes
            .as_deref()
            .and_then(|der| AuthorizationData::decode(&mut Reader::new(der)).ok()),
    };
    let authenticator = Secret::new(authenticator.encode());
    let cipher = sent
        .session_key
        .for_usage(KeyUsage::AP_REQ_AUTHENTICATOR)
        .encrypt(authenticator.expose(), ambient.random)?;
    // RFC 4120 section 3.2.2: the option says outside the seal what the checksum says inside.
    let awaits_answer =
        sent.flags.contains(ContextFlags::MUTUAL) || sent.flags.contains(ContextFlags::DCE_STYLE);
    let ap_req = ApReq {
        ap_options: if awaits_answer {
            ApOptions::MUTUAL_REQUIRED
        } else {
            ApOptions(0)
        },
        ticket: credential.read_ticket().map_err(Krb5InitiatorError::BadTicket)?,
        authenticator: EncryptedData {
            etype: sent.session_key.encryption_type().number(),
            kvno: None,
            cipher: &cipher,
        },
    };
    Ok(ap_req.encode())
}

/// What the initiator says of itself, inside AD-IF-RELEVANT: who does not know it may ignore it.
fn wishes(advertise_bindings: Advertise) -> Option<Vec<u8>> {
    if advertise_bindings == Advertise::No {
        return None;
    }
    let options = AuthorizationDataEntry {
        ad_type: AdType::AP_OPTIONS,
        // KERB_AP_OPTIONS_CBT, little-endian.
        ad_data: &0x4000_u32.to_le_bytes(),
    };
    let inner = AuthorizationDataEntry::encode_list(&[options]);
    Some(AuthorizationDataEntry::encode_list(&[AuthorizationDataEntry {
        ad_type: AdType::IF_RELEVANT,
        ad_data: &inner,
    }]))
}
