//! The authentication service (RFC 4120 section 3.1.3): a ticket for whoever has the client's key.

use super::account::{Account, Delegation, Preauthentication};
use super::issue::{Grant, Seal, SealedWith, internal};
use super::refusal::Refusal;
use super::{CLOCK_SKEW, Kdc};
use mech_krb5::crypto::{EncryptionType, Key, KeyUsage};
use mech_krb5::message::{
    Checksum, EncryptedData, ErrorCode, EtypeInfo2Entry, KdcExchange, KdcOptions, KdcReq, KdcReqBody, PaData,
    PaDataType, PaEncTsEnc, TicketFlags,
};
use negotiate_core::der::{Reader, Writer};
use negotiate_core::{SystemRandom, Timestamp};

pub(super) fn answer(
    kdc: &Kdc,
    request: &KdcReq<'_>,
    request_der: &[u8],
    now: Timestamp,
) -> Result<Vec<u8>, Refusal> {
    let body = &request.body;
    if body.realm != kdc.realm().as_bytes() {
        return Err(Refusal::new(
            ErrorCode::WRONG_REALM,
            "this KDC serves another realm",
        ));
    }
    let cname = body.cname.ok_or(UNKNOWN_CLIENT)?;
    let client = kdc.find(cname).ok_or(UNKNOWN_CLIENT)?;
    let server = body
        .sname
        .and_then(|sname| kdc.find(sname))
        .ok_or(UNKNOWN_SERVER)?;
    refuse_options(body)?;
    // Section 3.1.3: the client's favourite type for its own key; the session key's must be the server's, too.
    let etype = client.common_type(&body.etype).ok_or(NO_COMMON_TYPE)?;
    let session_type = server.common_type(&body.etype).ok_or(NO_COMMON_TYPE)?;
    let is_proved = check_proof(kdc, &client, request, etype, now)?;
    let key = client.key(etype, kdc.realm()).ok_or_else(internal)?;
    let times = Times::of(body, now, kdc)?;
    let mut flags = TicketFlags::INITIAL;
    if is_proved {
        flags = flags.with(TicketFlags::PRE_AUTHENT);
    }
    if may_be_forwarded(&client, &server, body) {
        flags = flags.with(TicketFlags::FORWARDABLE);
    }
    if body.kdc_options.contains(KdcOptions::PROXIABLE) {
        flags = flags.with(TicketFlags::PROXIABLE);
    }
    if times.renew_till.is_some() {
        flags = flags.with(TicketFlags::RENEWABLE);
    }
    // RFC 6806 section 11: tell, under the key, which request this answers.
    let request_seen = PaData::find(&request.padata, PaDataType::REQ_ENC_PA_REP)
        .map(|_| request_checksum(&key, request_der));
    if request_seen.is_some() {
        flags = flags.with(TicketFlags::ENC_PA_REP);
    }
    let info = etype_info2(kdc, &client, [etype].into_iter());
    let grant = Grant {
        exchange: KdcExchange::As,
        client: cname.in_realm(body.realm),
        server: &server,
        sealed_with: SealedWith::ServiceKey,
        session_key: Key::random(session_type, &mut SystemRandom).map_err(|_| internal())?,
        flags,
        authtime: times.starttime,
        starttime: times.starttime,
        endtime: times.endtime,
        renew_till: times.renew_till,
        caddr: body.addresses,
        nonce: body.nonce,
    };
    let padata = |padata_type, padata_value| PaData {
        padata_type,
        padata_value,
    };
    let seal = Seal {
        key: key.for_usage(KeyUsage::AS_REP),
        kvno: Some(client.kvno),
        padata: vec![padata(PaDataType::ETYPE_INFO2, &info)],
        encrypted_pa_data: request_seen
            .iter()
            .map(|checksum| padata(PaDataType::REQ_ENC_PA_REP, checksum))
            .collect(),
    };
    grant.reply(kdc, seal)
}

pub(super) const UNKNOWN_CLIENT: Refusal = Refusal::new(ErrorCode::C_PRINCIPAL_UNKNOWN, "no such client");
pub(super) const UNKNOWN_SERVER: Refusal = Refusal::new(ErrorCode::S_PRINCIPAL_UNKNOWN, "no such service");
pub(super) const NO_COMMON_TYPE: Refusal = Refusal::new(ErrorCode::ETYPE_NOSUPP, "no common encryption type");

/// What the authentication service does not do, or not here.
fn refuse_options(body: &KdcReqBody<'_>) -> Result<(), Refusal> {
    let refused = [
        KdcOptions::FORWARDED,
        KdcOptions::PROXY,
        KdcOptions::POSTDATED,
        KdcOptions::ENC_TKT_IN_SKEY,
        KdcOptions::RENEW,
        KdcOptions::VALIDATE,
        KdcOptions::REQUEST_ANONYMOUS,
    ];
    if refused
        .into_iter()
        .any(|option| body.kdc_options.contains(option))
    {
        return Err(Refusal::new(
            ErrorCode::BADOPTION,
            "an option that this KDC does not do",
        ));
    }
    Ok(())
}

/// Section 5.2.7.2: the time under the client's key. Says whether there was a proof.
fn check_proof(
    kdc: &Kdc,
    client: &Account,
    request: &KdcReq<'_>,
    etype: EncryptionType,
    now: Timestamp,
) -> Result<bool, Refusal> {
    let Some(value) = PaData::find(&request.padata, PaDataType::ENC_TIMESTAMP) else {
        return match client.preauthentication {
            Preauthentication::NotRequired => Ok(false),
            Preauthentication::Required => Err(Refusal::new(
                ErrorCode::PREAUTH_REQUIRED,
                "prove who you are",
            )
            .with_methods(methods(kdc, client, &request.body, etype))),
        };
    };
    let failed = || Refusal::new(ErrorCode::PREAUTH_FAILED, "the timestamp does not open");
    let mut input = Reader::new(value);
    let sealed = EncryptedData::decode(&mut input).map_err(|_| Refusal::malformed())?;
    input.finish().map_err(|_| Refusal::malformed())?;
    let key = EncryptionType::from_number(sealed.etype)
        .and_then(|etype| client.key(etype, kdc.realm()))
        .ok_or(NO_COMMON_TYPE)?;
    let mut buffer = sealed.cipher.to_vec();
    key.for_usage(KeyUsage::PA_ENC_TIMESTAMP)
        .decrypt_vec(&mut buffer)
        .map_err(|_| failed())?;
    let time = PaEncTsEnc::decode(&buffer).map_err(|_| failed())?.patimestamp;
    check_skew(time, now)?;
    Ok(true)
}

pub(super) fn check_skew(client_time: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    if client_time > now.plus(CLOCK_SKEW) || client_time < now.minus(CLOCK_SKEW) {
        return Err(Refusal::new(ErrorCode::SKEW, "the client's clock is wrong"));
    }
    Ok(())
}

/// METHOD-DATA: how the client's keys are made, and which proof is taken.
fn methods(kdc: &Kdc, client: &Account, body: &KdcReqBody<'_>, favourite: EncryptionType) -> Vec<u8> {
    let others = body
        .etype
        .iter()
        .filter_map(|etype| EncryptionType::from_number(*etype));
    let others = others.filter(|etype| *etype != favourite && client.encryption_types.contains(etype));
    let info = etype_info2(kdc, client, [favourite].into_iter().chain(others));
    let methods = [
        (PaDataType::ETYPE_INFO2, &info[..]),
        (PaDataType::ENC_TIMESTAMP, &[]),
    ];
    let methods = methods.map(|(padata_type, padata_value)| PaData {
        padata_type,
        padata_value,
    });
    let mut writer = Writer::new();
    PaData::encode_list(&methods, &mut writer);
    writer.into_bytes()
}

/// Section 5.2.7.5, the salt spelled out; the iteration count is the type's default (RFC 3962 section 4, RFC 8009 section 4).
fn etype_info2(kdc: &Kdc, client: &Account, types: impl Iterator<Item = EncryptionType>) -> Vec<u8> {
    let salt = client.principal(kdc.realm()).borrow().default_salt();
    let entries: Vec<_> = types
        .map(|etype| EtypeInfo2Entry {
            etype: etype.number(),
            salt: Some(&salt),
            s2kparams: None,
        })
        .collect();
    EtypeInfo2Entry::encode_list(&entries)
}

fn request_checksum(key: &Key, request: &[u8]) -> Vec<u8> {
    let key = key.checksum_key(KeyUsage::AS_REQ);
    let checksum = key.checksum(&[request]);
    let mut writer = Writer::new();
    Checksum {
        cksumtype: key.checksum_type().number(),
        checksum: checksum.as_bytes(),
    }
    .encode(&mut writer);
    writer.into_bytes()
}

pub(super) fn may_be_forwarded(client: &Account, server: &Account, body: &KdcReqBody<'_>) -> bool {
    body.kdc_options.contains(KdcOptions::FORWARDABLE)
        && client.delegation != Delegation::Forbidden
        && server.delegation != Delegation::Forbidden
}

/// From when to when a ticket is good; whole seconds, as tickets have them.
pub(super) struct Times {
    pub(super) starttime: Timestamp,
    pub(super) endtime: Timestamp,
    pub(super) renew_till: Option<Timestamp>,
}

impl Times {
    fn of(body: &KdcReqBody<'_>, now: Timestamp, kdc: &Kdc) -> Result<Self, Refusal> {
        let lifetimes = *kdc.lifetimes();
        let starttime = Timestamp::from_unix(now.unix());
        let endtime = limited(body.till, starttime.plus(lifetimes.ticket));
        // Section 3.1.3.
        if body.from.is_some_and(|from| from > now.plus(CLOCK_SKEW)) {
            return Err(Refusal::new(
                ErrorCode::CANNOT_POSTDATE,
                "no ticket is postdated here",
            ));
        }
        if endtime <= starttime {
            return Err(Refusal::new(
                ErrorCode::NEVER_VALID,
                "the ticket would be over at once",
            ));
        }
        let renew_till = body.kdc_options.contains(KdcOptions::RENEWABLE).then(|| {
            limited(
                body.rtime.unwrap_or_default(),
                starttime.plus(lifetimes.renewable),
            )
        });
        Ok(Self {
            starttime,
            endtime,
            renew_till,
        })
    }
}

/// The earlier of the two; 1970 asks for as long as possible (section 5.4.1).
pub(super) fn limited(asked: Timestamp, most: Timestamp) -> Timestamp {
    if asked.unix() == 0 { most } else { asked.min(most) }
}
