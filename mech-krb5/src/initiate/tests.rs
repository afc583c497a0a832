//! Real acceptors' answers, taken as their real initiators took them, and refused as soon as a bit is another.

use super::answer::Awaiting;
use super::{DEFAULT_FLAGS, Krb5InitiatorError, Sent};
use crate::accept::frame::Framing;
use crate::crypto::{EncryptionTypes, Key, KeyUsage};
use crate::keytab::{KeyQuery, Keytab};
use crate::message::{ApReq, Authenticator, EncTicketPart, ErrorCode};
use negotiate_core::der::{Reader, Tag};
use negotiate_core::{
    Ambient, Explain as _, InitiateContext as _, InitiateStep, Initiated, MechReject, Name, NameKind, Random,
    RandomUnavailable, Timestamp,
};
use std::boxed::Box;
use std::vec::Vec;
use testvectors::{Capture, Framing as CaptureFraming, PerMessageKind, Sender, captures};

struct Zeros;

impl Random for Zeros {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        out.fill(0);
        Ok(())
    }
}

/// Whatever a capture has, but RC4, whose answers have no subkey.
#[cfg(not(feature = "camellia"))]
const TYPES: EncryptionTypes = EncryptionTypes::new();
#[cfg(feature = "camellia")]
const TYPES: EncryptionTypes = EncryptionTypes::new().with_camellia();

/// What the capture's initiator remembered of its AP-REQ, from its keys.
fn awaiting(capture: &Capture) -> Box<Awaiting> {
    let token = capture.initiator_token();
    let ap_req = ApReq::decode(message(&token, [1, 0])).unwrap();
    let keytab = Keytab::parse(&capture.keytab()).unwrap();
    let query = KeyQuery {
        service: ap_req.ticket.sname.in_realm(ap_req.ticket.realm),
        kvno: ap_req.ticket.enc_part.kvno,
        etype: TYPES.find(ap_req.ticket.enc_part.etype).unwrap(),
        names: negotiate_core::AllowedNames::Any,
    };
    let ticket = keytab.candidates(query).find_map(|candidate| {
        let mut buffer = ap_req.ticket.enc_part.cipher.to_vec();
        candidate
            .decrypt_ticket(&mut buffer)
            .ok()
            .map(|part| part.to_vec())
    });
    let session_key = EncTicketPart::decode(&ticket.unwrap())
        .unwrap()
        .key
        .to_key_of(TYPES)
        .unwrap()
        .unwrap();
    let mut buffer = ap_req.authenticator.cipher.to_vec();
    session_key
        .for_usage(KeyUsage::AP_REQ_AUTHENTICATOR)
        .decrypt_vec(&mut buffer)
        .unwrap();
    let authenticator = Authenticator::decode(&buffer).unwrap();
    let subkey: Option<Key> = authenticator
        .subkey
        .map(|subkey| subkey.to_key_of(TYPES).unwrap().unwrap());
    Box::new(Awaiting {
        sent: Sent {
            subkey: subkey.unwrap_or_else(|| session_key.clone()),
            session_key,
            time: authenticator.ctime,
            seq_number: authenticator.seq_number.unwrap(),
            flags: DEFAULT_FLAGS,
            acceptor: Name::new("service".into(), 0..7, 7..7, NameKind::Named),
            expires: Timestamp::from_unix(0),
            encryption_types: TYPES,
        },
        framing: Framing::Gss,
    })
}

/// The message behind the Kerberos identifier and this TOK_ID.
fn message(token: &[u8], token_id: [u8; 2]) -> &[u8] {
    let before = [&b"\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"[..], &token_id].concat();
    let start = token
        .windows(before.len())
        .position(|window| window == before)
        .unwrap();
    let rest = &token[start + before.len()..];
    let mut reader = Reader::new(rest);
    reader.any().unwrap();
    &rest[..rest.len() - reader.rest().len()]
}

/// The real acceptor's AP-REP in its framing, if it answered with one.
fn answer(capture: &Capture) -> Option<Vec<u8>> {
    let token = capture.acceptor_token()?;
    if capture.framing() == CaptureFraming::Krb5 {
        return Some(token);
    }
    let mut choice = Reader::new(&token).element(Tag::context(1)).unwrap();
    let mut sequence = choice.sequence().unwrap();
    sequence.field(0, Reader::enumerated).unwrap();
    sequence.field(1, Reader::object_identifier).unwrap();
    sequence
        .optional_field(2, Reader::octet_string)
        .unwrap()
        .map(<[u8]>::to_vec)
}

fn is_accepted(capture: &Capture) -> bool {
    let is_named = capture.expect_if_named().is_some() && TYPES.find(capture.ticket_etype()).is_some();
    is_named || capture.expect() == "accepted"
}

fn answered() -> impl Iterator<Item = (Capture, Vec<u8>)> {
    captures()
        .into_iter()
        .filter(|capture| capture.case().has("keytab") && is_accepted(capture))
        .filter(|capture| capture.name() != "samba/ldapsearch-gss-spnego")
        .filter_map(|capture| {
            let answer = answer(&capture)?;
            Some((capture, answer))
        })
}

fn take(awaiting: Box<Awaiting>, answer: &[u8]) -> Result<Initiated, MechReject> {
    let mut random = Zeros;
    let mut ambient = Ambient {
        now: Timestamp::from_unix(0),
        random: &mut random,
    };
    match awaiting.step(answer, &mut ambient)? {
        InitiateStep::Complete {
            output: None,
            initiated,
        } => Ok(initiated),
        step => panic!("{step:?}"),
    }
}

#[test]
fn real_answers_prove_their_acceptors() {
    let (mut answers, mut messages) = (0, 0);
    for (capture, answer) in answered() {
        let mut initiated =
            take(awaiting(&capture), &answer).unwrap_or_else(|error| panic!("{}: {error:?}", capture.name()));
        answers += 1;
        let Some(text) = capture.message() else { continue };
        for message in capture.per_message() {
            if (message.sender, message.kind) == (Sender::Acceptor, PerMessageKind::Mic) {
                initiated.per_message.verify_mic(&text, &message.token).unwrap();
                messages += 1;
            }
        }
    }
    assert!(answers >= 30, "only {answers} answers");
    assert!(messages >= 20, "only {messages} messages");
}

#[test]
fn no_answer_with_a_changed_bit_does() {
    for (capture, answer) in answered().step_by(7) {
        for bit in 0..answer.len() * 8 {
            let mut changed = answer.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let taken = take(awaiting(&capture), &changed);
            assert!(taken.is_err(), "{}: bit {bit}", capture.name());
        }
        for len in 0..answer.len() {
            assert!(
                take(awaiting(&capture), &answer[..len]).is_err(),
                "{}: {len} bytes",
                capture.name()
            );
        }
    }
}

// RFC 4120 section 3.2.5: genuine, and to another AP-REQ of the same ticket.
#[test]
fn an_answer_to_another_authenticator_does_not() {
    let (capture, answer) = answered().next().unwrap();
    let mut awaiting = awaiting(&capture);
    awaiting.sent.time = Timestamp::from_unix_micros(awaiting.sent.time.unix_micros() + 1);
    let reject = take(awaiting, &answer).unwrap_err();
    assert_eq!(reject.reason.code(), Krb5InitiatorError::AnswerToAnother.code());
}

#[test]
fn other_tokens_are_told_apart() {
    let (capture, _) = answered().next().unwrap();
    let refused = b"\x7e\x60\x30\x5e\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x1e\xa3\x05\x02\x03\x01\xe2\x40\xa4\x11\x18\x0f\
        19940610060317Z\xa5\x05\x02\x03\x01\xe2\x40\xa6\x03\x02\x01\x3c\xa9\x10\x1b\x0eATHENA.MIT.EDU\
        \xaa\x1a\x30\x18\xa0\x03\x02\x01\x01\xa1\x11\x30\x0f\x1b\x06hftsai\x1b\x05extra";
    let framed = |token_id: [u8; 2], message: &[u8]| {
        let token = Framing::Gss.wrap(token_id, |writer| writer.raw(message));
        take(awaiting(&capture), token.as_bytes())
            .unwrap_err()
            .reason
            .code()
    };
    assert_eq!(framed([3, 0], refused), "krb5.acceptor_refused");
    assert_eq!(framed([3, 0], b"\x7e\x00"), "krb5.malformed");
    assert_eq!(framed([2, 0], b"\x6f\x00"), "krb5.malformed");
    assert_eq!(framed([1, 0], b"\x6e\x00"), "krb5.not_ap_rep");
    let other = b"\x60\x09\x06\x05\x2b\x05\x01\x05\x02\x02\x00";
    let reject = take(awaiting(&capture), other).unwrap_err();
    assert_eq!(reject.reason.code(), "krb5.other_mechanism");
    let error = Krb5InitiatorError::Refused {
        code: ErrorCode::GENERIC,
        acceptor_time: Timestamp::from_unix(771_228_197),
    };
    assert_eq!(std::format!("{error}"), "the acceptor refused: KRB_ERR_GENERIC");
}
