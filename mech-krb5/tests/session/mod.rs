//! Both ends of a captured session, from the capture's keys alone.

use mech_krb5::crypto::{EncryptionTypes, Key, KeyUsage};
use mech_krb5::keytab::{KeyQuery, Keytab};
use mech_krb5::message::{ApReq, Authenticator, EncApRepPart, EncTicketPart};
use mech_krb5::{ContextKeys, MessageProtection, Role};
use negotiate_core::ContextFlags;
use testvectors::Capture;

/// Whatever a capture has.
const TYPES: EncryptionTypes = crate::common::every_type();

pub(crate) fn both_ends(capture: &Capture) -> (MessageProtection, MessageProtection) {
    let name = capture.name();
    let token = capture.initiator_token();
    let ap_req = ApReq::decode(after(&token, &[1, 0])).unwrap();
    let keytab = Keytab::parse(&capture.keytab()).unwrap();
    let service = ap_req.ticket.sname.in_realm(ap_req.ticket.realm);
    let etype = TYPES.find(ap_req.ticket.enc_part.etype).unwrap();
    let query = KeyQuery {
        service,
        kvno: ap_req.ticket.enc_part.kvno,
        etype,
        names: negotiate_core::AllowedNames::Any,
    };
    let plain = keytab.candidates(query).find_map(|candidate| {
        let mut buffer = ap_req.ticket.enc_part.cipher.to_vec();
        Some(candidate.decrypt_ticket(&mut buffer).ok()?.to_vec())
    });
    let plain = plain.unwrap();
    let session_key = EncTicketPart::decode(&plain)
        .unwrap()
        .key
        .to_key_of(TYPES)
        .unwrap()
        .unwrap();
    if let Some((etype, key)) = capture.session_key() {
        assert_eq!(session_key.encryption_type().number(), etype, "{name}");
        assert_eq!(session_key.bytes(), key, "{name}");
    }
    let mut buffer = ap_req.authenticator.cipher.to_vec();
    session_key
        .for_usage(KeyUsage::AP_REQ_AUTHENTICATOR)
        .decrypt_vec(&mut buffer)
        .unwrap();
    let authenticator = Authenticator::decode(&buffer).unwrap();
    let first = authenticator.seq_number.unwrap_or(0);
    let flags = ContextFlags::REPLAY.with(ContextFlags::SEQUENCE);
    let end = |role, keys: &ContextKeys, acceptor_first| {
        let (send, receive) = match role {
            Role::Acceptor => (acceptor_first, first),
            Role::Initiator => (first, acceptor_first),
        };
        MessageProtection::new(role, keys.clone(), send, receive, flags)
    };
    let answer = capture
        .acceptor_token()
        .filter(|answer| find(answer, &[2, 0, 0x6f]).is_some());
    let (acceptor_subkey, acceptor_first) = match answer {
        Some(answer) => {
            let (subkey, first) = open_answer(capture, &answer, &session_key, &authenticator);
            (Some(subkey), first)
        }
        None => (None, first),
    };
    let subkey = authenticator
        .subkey
        .map(|key| key.to_key_of(TYPES).unwrap().unwrap());
    let keys = ContextKeys {
        initiator: subkey.unwrap_or(session_key),
        acceptor_subkey,
    };
    if let Some(context_key) = capture.context_key() {
        assert_eq!(
            keys.base().bytes(),
            context_key,
            "{name}: the key that the peer's API told"
        );
    }
    (
        end(Role::Acceptor, &keys, acceptor_first),
        end(Role::Initiator, &keys, acceptor_first),
    )
}

/// Opens the real acceptor's AP-REP as an initiator does, and encodes it again.
fn open_answer(
    capture: &Capture,
    answer: &[u8],
    session_key: &Key,
    authenticator: &Authenticator<'_>,
) -> (Key, u32) {
    let ap_rep = after(answer, &[2, 0]);
    let sealed = EncApRepPart::decode_sealed(ap_rep).unwrap();
    assert_eq!(
        EncApRepPart::encode_sealed(session_key, sealed.cipher),
        ap_rep,
        "{}",
        capture.name()
    );
    let mut plain = sealed.cipher.to_vec();
    session_key
        .for_usage(KeyUsage::AP_REP)
        .decrypt_vec(&mut plain)
        .unwrap();
    let part = EncApRepPart::decode(&plain).unwrap();
    assert_eq!(part.encode(), plain, "{}", capture.name());
    assert_eq!(part.ctime, authenticator.ctime, "{}", capture.name());
    (
        part.subkey.unwrap().to_key_of(TYPES).unwrap().unwrap(),
        part.seq_number.unwrap(),
    )
}

/// What follows the Kerberos OID and this TOK_ID, to the end of the framing that it stands in.
fn after<'t>(token: &'t [u8], token_id: &[u8; 2]) -> &'t [u8] {
    let start = find(token, token_id).unwrap().checked_add(2).unwrap();
    let message = &token[start..];
    let mut reader = negotiate_core::der::Reader::new(message);
    reader.any().unwrap();
    &message[..message.len() - reader.rest().len()]
}

fn find(token: &[u8], token_id: &[u8]) -> Option<usize> {
    let oid = b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";
    let start = |window: &[u8]| window.starts_with(oid) && window[oid.len()..].starts_with(token_id);
    token
        .windows(oid.len() + token_id.len())
        .position(start)
        .map(|at| at + oid.len())
}
