//! The ticket-granting service (RFC 4120 section 3.3.3): a ticket for whoever has a ticket-granting ticket.

use super::Kdc;
use super::account::{Account, Delegation};
use super::as_service::{NO_COMMON_TYPE, UNKNOWN_SERVER, check_skew, limited, may_be_forwarded};
use super::issue::{Grant, Seal, SealedWith, internal};
use super::refusal::Refusal;
use md5::{Digest, Md5};
use mech_krb5::crypto::{ChecksumType, EncryptionType, Key, KeyUsage};
use mech_krb5::message::{
    ApReq, Authenticator, Checksum, EncTicketPart, ErrorCode, KdcExchange, KdcOptions, KdcReq, KdcReqBody,
    PaData, PaDataType, Ticket, TicketFlags,
};
use negotiate_core::{SystemRandom, Timestamp};

pub(super) fn answer(kdc: &Kdc, request: &KdcReq<'_>, now: Timestamp) -> Result<Vec<u8>, Refusal> {
    let ap_req = PaData::find(&request.padata, PaDataType::TGS_REQ)
        .ok_or(Refusal::new(ErrorCode::PADATA_TYPE_NOSUPP, "no PA-TGS-REQ"))?;
    let ap_req = ApReq::decode(ap_req).map_err(|_| Refusal::malformed())?;
    let ticket = open_ticket(kdc, &ap_req.ticket)?;
    let tgt = EncTicketPart::decode(&ticket).map_err(|_| Refusal::malformed())?;
    check_times(&tgt, now)?;
    let session_key = tgt.key.to_key().and_then(Result::ok).ok_or(NO_COMMON_TYPE)?;
    let authenticator = open_authenticator(&ap_req, &session_key)?;
    let authenticator = Authenticator::decode(&authenticator).map_err(|_| Refusal::malformed())?;
    check_authenticator(&authenticator, &tgt, &session_key, request.body_der, now)?;
    let body = &request.body;
    if body.realm != kdc.realm().as_bytes() {
        return Err(Refusal::new(
            ErrorCode::WRONG_REALM,
            "this KDC serves another realm",
        ));
    }
    let server = body
        .sname
        .and_then(|sname| kdc.find(sname))
        .ok_or(UNKNOWN_SERVER)?;
    check_options(body, &tgt)?;
    let session_type = server.common_type(&body.etype).ok_or(NO_COMMON_TYPE)?;
    let client = kdc.find(tgt.cname).ok_or(super::as_service::UNKNOWN_CLIENT)?;

    let mut flags = TicketFlags::TRANSITED_POLICY_CHECKED;
    let has = |flag| tgt.flags.contains(flag);
    for inherited in [
        TicketFlags::PRE_AUTHENT,
        TicketFlags::HW_AUTHENT,
        TicketFlags::FORWARDED,
    ] {
        if has(inherited) {
            flags = flags.with(inherited);
        }
    }
    if body.kdc_options.contains(KdcOptions::FORWARDED) {
        flags = flags.with(TicketFlags::FORWARDED);
    }
    if has(TicketFlags::FORWARDABLE) && may_be_forwarded(&client, &server, body) {
        flags = flags.with(TicketFlags::FORWARDABLE);
    }
    if server.delegation == Delegation::Trusted {
        flags = flags.with(TicketFlags::OK_AS_DELEGATE);
    }
    let starttime = Timestamp::from_unix(now.unix());
    let endtime = limited(body.till, tgt.endtime);
    if endtime <= starttime {
        return Err(Refusal::new(
            ErrorCode::NEVER_VALID,
            "the ticket would be over at once",
        ));
    }
    let grant = Grant {
        exchange: KdcExchange::Tgs,
        client: tgt.cname.in_realm(tgt.crealm),
        server: &server,
        sealed_with: sealed_with(kdc, body, &server, now)?,
        session_key: Key::random(session_type, &mut SystemRandom).map_err(|_| internal())?,
        flags,
        authtime: tgt.authtime,
        starttime,
        endtime,
        renew_till: None,
        // Section 3.3.3: a forwarded ticket has the addresses of the request, any other those of its TGT.
        caddr: if body.kdc_options.contains(KdcOptions::FORWARDED) {
            body.addresses
        } else {
            tgt.caddr
        },
        nonce: body.nonce,
    };
    // Section 3.3.3: sealed with the subkey if there is one.
    let key = match authenticator.subkey {
        None => session_key.for_usage(KeyUsage::TGS_REP),
        Some(subkey) => {
            let subkey = subkey.to_key().and_then(Result::ok).ok_or(NO_COMMON_TYPE)?;
            subkey.for_usage(KeyUsage::TGS_REP_SUBKEY)
        }
    };
    let seal = Seal {
        key,
        kvno: None,
        padata: Vec::new(),
        encrypted_pa_data: Vec::new(),
    };
    grant.reply(kdc, seal)
}

/// Section 3.3.3: for user-to-user authentication the session key of an additional ticket, which must be a ticket-granting ticket
/// of the server that is asked for.
fn sealed_with(
    kdc: &Kdc,
    body: &KdcReqBody<'_>,
    server: &Account,
    now: Timestamp,
) -> Result<SealedWith, Refusal> {
    if !body.kdc_options.contains(KdcOptions::ENC_TKT_IN_SKEY) {
        return Ok(SealedWith::ServiceKey);
    }
    let [additional] = &body.additional_tickets[..] else {
        return Err(Refusal::new(ErrorCode::BADOPTION, "not one additional ticket"));
    };
    let opened = open_ticket(kdc, additional)?;
    let additional = EncTicketPart::decode(&opened).map_err(|_| Refusal::malformed())?;
    check_times(&additional, now)?;
    if additional.cname.in_realm(additional.crealm) != server.principal(kdc.realm()) {
        return Err(Refusal::new(
            ErrorCode::SERVER_NOMATCH,
            "the additional ticket is of another client than the server",
        ));
    }
    let key = additional
        .key
        .to_key()
        .and_then(Result::ok)
        .ok_or(NO_COMMON_TYPE)?;
    Ok(SealedWith::SessionKey(key))
}

fn open_ticket(kdc: &Kdc, ticket: &Ticket<'_>) -> Result<Vec<u8>, Refusal> {
    let krbtgt = kdc.krbtgt();
    if ticket.sname.in_realm(ticket.realm) != krbtgt.principal(kdc.realm()) {
        return Err(Refusal::new(
            ErrorCode::NOT_US,
            "not a ticket for this ticket-granting service",
        ));
    }
    if ticket.enc_part.kvno.is_some_and(|kvno| kvno != krbtgt.kvno) {
        return Err(Refusal::new(
            ErrorCode::BADKEYVER,
            "sealed with another version of the key",
        ));
    }
    let key = EncryptionType::from_number(ticket.enc_part.etype)
        .and_then(|etype| krbtgt.key(etype, kdc.realm()))
        .ok_or(Refusal::new(ErrorCode::NOKEY, "no key of the ticket's type"))?;
    let mut buffer = ticket.enc_part.cipher.to_vec();
    key.for_usage(KeyUsage::TICKET)
        .decrypt_vec(&mut buffer)
        .map_err(|_| Refusal::new(ErrorCode::BAD_INTEGRITY, "the ticket does not open"))?;
    Ok(buffer)
}

fn check_times(tgt: &EncTicketPart<'_>, now: Timestamp) -> Result<(), Refusal> {
    if tgt.flags.contains(TicketFlags::INVALID) {
        return Err(Refusal::new(ErrorCode::TKT_NYV, "the ticket is not valid"));
    }
    if now >= tgt.endtime {
        return Err(Refusal::new(ErrorCode::TKT_EXPIRED, "the ticket is over"));
    }
    Ok(())
}

fn open_authenticator(ap_req: &ApReq<'_>, session_key: &Key) -> Result<Vec<u8>, Refusal> {
    let mut buffer = ap_req.authenticator.cipher.to_vec();
    session_key
        .for_usage(KeyUsage::TGS_REQ_AUTHENTICATOR)
        .decrypt_vec(&mut buffer)
        .map_err(|_| Refusal::new(ErrorCode::BAD_INTEGRITY, "the authenticator does not open"))?;
    Ok(buffer)
}

fn check_authenticator(
    authenticator: &Authenticator<'_>,
    tgt: &EncTicketPart<'_>,
    session_key: &Key,
    body_der: &[u8],
    now: Timestamp,
) -> Result<(), Refusal> {
    if authenticator.cname.in_realm(authenticator.crealm) != tgt.cname.in_realm(tgt.crealm) {
        return Err(Refusal::new(
            ErrorCode::BADMATCH,
            "another client than the ticket's",
        ));
    }
    check_skew(authenticator.ctime, now)?;
    let checksum = authenticator.cksum.ok_or(Refusal::new(
        ErrorCode::INAPP_CKSUM,
        "no checksum over the request",
    ))?;
    check_checksum(checksum, body_der, session_key)
}

/// RFC 3961 section 8: MD5 without a key. The crate `sspi` sends it, and MIT krb5 takes it here: the authenticator around it
/// is sealed.
const RSA_MD5: i32 = 7;

/// Section 5.5.1: over the request, with the session key, or at least one that cannot be made for another request.
fn check_checksum(checksum: Checksum<'_>, body_der: &[u8], session_key: &Key) -> Result<(), Refusal> {
    let modified = Refusal::new(ErrorCode::MODIFIED, "the checksum is not one over the request");
    if checksum.cksumtype == RSA_MD5 {
        let is_its = Md5::digest(body_der).as_slice() == checksum.checksum;
        return is_its.then_some(()).ok_or(modified);
    }
    let key = session_key.checksum_key(KeyUsage::TGS_REQ_AUTHENTICATOR_CHECKSUM);
    if ChecksumType::from_number(checksum.cksumtype) != Some(key.checksum_type()) {
        return Err(Refusal::new(
            ErrorCode::INAPP_CKSUM,
            "a checksum of another type than the key's",
        ));
    }
    key.verify(&[body_der], checksum.checksum).map_err(|_| modified)
}

fn check_options(body: &KdcReqBody<'_>, tgt: &EncTicketPart<'_>) -> Result<(), Refusal> {
    let asks = |option| body.kdc_options.contains(option);
    if asks(KdcOptions::FORWARDED) && !tgt.flags.contains(TicketFlags::FORWARDABLE) {
        return Err(Refusal::new(
            ErrorCode::BADOPTION,
            "the ticket cannot be forwarded",
        ));
    }
    let refused = [
        KdcOptions::PROXY,
        KdcOptions::POSTDATED,
        KdcOptions::RENEW,
        KdcOptions::VALIDATE,
        KdcOptions::CNAME_IN_ADDL_TKT,
    ];
    if refused.into_iter().any(asks) || body.enc_authorization_data.is_some() {
        return Err(Refusal::new(
            ErrorCode::BADOPTION,
            "an option that this KDC does not do",
        ));
    }
    Ok(())
}
