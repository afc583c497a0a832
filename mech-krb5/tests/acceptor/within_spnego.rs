//! Kerberos' tokens inside SPNEGO's (RFC 4178), and its MICs as mechListMICs, as an attacker would have them.

use crate::common::Counting;
use crate::dce_style::{dce_login, third_leg};
use crate::forge::{framed, neg_token_init};
use crate::initiator::{open_ap_rep, protection, unframed};
use crate::login::{CLIENT, Login, SERVICE, Server};
use mech_krb5::MessageProtection;
use mech_krb5::crypto::{EncryptionType, EncryptionTypes};
use negotiate_core::der::{Reader, Tag, Writer};
use negotiate_core::{ContextFlags, Exchange, MechType, PerMessage as _, Protection, Reject, Step};

const KRB5: MechType = MechType::KRB5;
/// Kerberos is the second choice here: a MIC is due.
const LIST: [MechType; 2] = [MechType::NTLMSSP, KRB5];
const FLAGS: ContextFlags = ContextFlags::MUTUAL
    .with(ContextFlags::INTEGRITY)
    .with(ContextFlags::SEQUENCE);

/// The DER that mechListMICs are over.
pub(crate) fn mech_type_list(mech_types: &[MechType]) -> Vec<u8> {
    let mut list = Writer::new();
    list.sequence(|list| {
        for mech_type in mech_types {
            list.object_identifier(mech_type.contents());
        }
    });
    list.into_bytes()
}

/// An initiator's NegTokenResp.
pub(crate) fn resp(mech_token: Option<&[u8]>, mech_list_mic: Option<&[u8]>) -> Vec<u8> {
    let mut token = Writer::new();
    token.field(1, |choice| {
        choice.sequence(|resp| {
            resp.field(0, |field| field.enumerated(1));
            if let Some(mech_token) = mech_token {
                resp.field(2, |field| field.octet_string(mech_token));
            }
            if let Some(mic) = mech_list_mic {
                resp.field(3, |field| field.octet_string(mic));
            }
        });
    });
    token.into_bytes()
}

/// What an acceptor's NegTokenResp holds.
pub(crate) struct Response {
    pub(crate) supported_mech: Option<Vec<u8>>,
    pub(crate) token: Option<Vec<u8>>,
    pub(crate) mech_list_mic: Option<Vec<u8>>,
}

impl Response {
    pub(crate) fn read(token: &[u8]) -> Self {
        let mut resp = Reader::new(token)
            .element(Tag::context(1))
            .and_then(|mut choice| choice.sequence())
            .unwrap();
        resp.optional_field(0, Reader::enumerated).unwrap();
        let supported_mech = resp.optional_field(1, Reader::object_identifier).unwrap();
        let token = resp.optional_field(2, Reader::octet_string).unwrap();
        let mech_list_mic = resp.optional_field(3, Reader::octet_string).unwrap();
        Self {
            supported_mech: supported_mech.map(Into::into),
            token: token.map(Into::into),
            mech_list_mic: mech_list_mic.map(Into::into),
        }
    }
}

/// `accepted`, or the code of the refusal.
fn verdict(step: Result<Step, Reject>) -> &'static str {
    match step {
        Ok(Step::Complete { .. }) => "accepted",
        Ok(Step::Continue { .. }) => "continue",
        Ok(Step::Pending(_)) => "pending",
        Err(reject) => reject.reason().code(),
    }
}

#[track_caller]
fn continues(step: Result<Step, Reject>) -> (Response, Exchange<'static>) {
    match step {
        Ok(Step::Continue { token, exchange }) => (Response::read(token.as_bytes()), exchange),
        other => panic!("{other:?}"),
    }
}

/// The octets of mechToken are one token of Kerberos and nothing else.
#[test]
fn nothing_is_taken_for_a_token_of_kerberos() {
    let server = Server::default();
    let login = Login::default();
    let good = login.token();
    let (_, ap_req) = unframed(&good);
    let bare = dce_login().token();
    let with_a_byte = |token: &[u8]| [token, &[0]].concat();
    for (mech_token, expected) in [
        (good.clone(), "accepted"),
        (bare.clone(), "continue"),
        (with_a_byte(&good), "krb5.malformed"),
        (with_a_byte(&bare), "krb5.malformed"),
        (framed(KRB5, &with_a_byte(ap_req)), "krb5.malformed"),
        (good[..good.len() - 1].to_vec(), "krb5.malformed"),
        (neg_token_init(&[KRB5], &good), "krb5.other_mechanism"),
        (framed(MechType::MS_KRB5, ap_req), "krb5.other_mechanism"),
        (framed(MechType::IAKERB, ap_req), "krb5.other_mechanism"),
        (b"NTLMSSP\0\x01\0\0\0".to_vec(), "krb5.malformed"),
        // Kerberos of another framing, for which this acceptor has no ticket.
        (framed(MechType::KRB5_USER_TO_USER, ap_req), "krb5.user_to_user"),
    ] {
        for list in [
            &[KRB5][..],
            &[MechType::MS_KRB5, KRB5],
            &[KRB5, MechType::NTLMSSP],
        ] {
            let token = neg_token_init(list, &mech_token);
            assert_eq!(verdict(server.judge_token(&token)), expected, "{mech_token:02x?}");
        }
    }
}

/// RFC 4178 section 5 b): our MIC is out, and the initiator's is verified after it.
#[test]
fn a_mech_list_mic_is_the_initiators_first_message_under_the_acceptors_subkey() {
    type Mic = fn(&mut MessageProtection, &Login, &[u8]) -> Option<Vec<u8>>;
    let list = mech_type_list(&LIST);
    let rows: [(&str, Mic); 9] = [
        ("accepted", |initiator, _, list| initiator.get_mic(list).ok()),
        ("spnego.mic_missing", |_, _, _| None),
        ("spnego.mic_wrong", |_, _, _| Some(Vec::new())),
        // Somebody took NTLM's place away, or put it there.
        ("spnego.mic_wrong", |initiator, _, _| {
            initiator.get_mic(&mech_type_list(&[KRB5])).ok()
        }),
        // Without the list's tag and length.
        ("spnego.mic_wrong", |initiator, _, list| {
            initiator.get_mic(&list[2..]).ok()
        }),
        // Under the key that stood before the acceptor answered.
        ("spnego.mic_wrong", |_, login, list| {
            protection(login, None, FLAGS).get_mic(list).ok()
        }),
        ("spnego.mic_out_of_sequence", |initiator, _, list| {
            initiator.get_mic(b"a message before").unwrap();
            initiator.get_mic(list).ok()
        }),
        ("spnego.mic_wrong", |initiator, _, list| {
            let wrapped = initiator.wrap(list, Protection::Integrity, &mut Counting(1));
            wrapped.ok()
        }),
        ("spnego.mic_wrong", |initiator, _, list| {
            let mut mic = initiator.get_mic(list).unwrap();
            mic.pop();
            Some(mic)
        }),
    ];
    for (number, (expected, mic)) in rows.into_iter().enumerate() {
        let (server, mut login) = (Server::default(), Login::default());
        login.set_flags(FLAGS);
        let (_, exchange) = continues(server.judge_token(&neg_token_init(&LIST, b"NTLMSSP\0")));
        let (answer, exchange) = continues(server.step(exchange, &resp(Some(&login.token()), None)));
        let ap_rep = answer.token.unwrap();
        let mut initiator = protection(&login, Some(open_ap_rep(unframed(&ap_rep).1, &login)), FLAGS);
        let ours = answer.mech_list_mic.unwrap();
        assert!(initiator.verify_mic(&list, &ours).is_ok());
        let theirs = mic(&mut initiator, &login, &list);
        let last = server.step(exchange, &resp(None, theirs.as_deref()));
        assert_eq!(verdict(last), expected, "row {number}");
    }
}

/// Both ends sign the same list: ours, sent back, is not theirs.
#[test]
fn our_mech_list_mic_sent_back_is_not_the_initiators() {
    let (server, login) = (Server::default(), Login::default());
    let (_, exchange) = continues(server.judge_token(&neg_token_init(&LIST, b"NTLMSSP\0")));
    let (answer, exchange) = continues(server.step(exchange, &resp(Some(&login.token()), None)));
    let ours = answer.mech_list_mic.unwrap();
    let reflected = server.step(exchange, &resp(None, Some(&ours)));
    assert_eq!(verdict(reflected), "spnego.mic_wrong");
}

/// Under RC4 (RFC 4757) everybody can turn it round: then its number is not the initiator's, whether or not the context detects
/// the sequence.
#[test]
fn our_mech_list_mic_turned_round_is_not_the_initiators() {
    for detected in [
        ContextFlags::default(),
        ContextFlags::REPLAY,
        ContextFlags::SEQUENCE,
    ] {
        let flags = ContextFlags::MUTUAL.with(ContextFlags::INTEGRITY).with(detected);
        let mut login = Login::of(EncryptionType::Rc4Hmac, CLIENT, SERVICE);
        login.set_flags(flags);
        let mut server = Server::with_key_of(&login);
        server.configure = |builder| builder.encryption_types(EncryptionTypes::new().danger_with_rc4());
        let answered = || {
            let (_, exchange) = continues(server.judge_token(&neg_token_init(&LIST, b"NTLMSSP\0")));
            continues(server.step(exchange, &resp(Some(&login.token()), None)))
        };
        let (answer, exchange) = answered();
        let mut turned = answer.mech_list_mic.unwrap();
        turned[25..29].iter_mut().for_each(|byte| *byte ^= 0xff);
        let reflected = server.step(exchange, &resp(None, Some(&turned)));
        assert_eq!(verdict(reflected), "spnego.mic_out_of_sequence", "{flags:?}");

        let (_, exchange) = answered();
        let mut initiator = protection(&login, None, flags);
        let theirs = initiator.get_mic(&mech_type_list(&LIST)).unwrap();
        let last = server.step(exchange, &resp(None, Some(&theirs)));
        assert_eq!(verdict(last), "accepted", "{flags:?}");
    }
}

/// A MIC beside the AP-REQ of a mutual exchange cannot be under the key that the answer brings.
#[test]
fn a_mech_list_mic_before_the_acceptors_subkey_is_refused() {
    let (server, mut login) = (Server::default(), Login::default());
    login.set_flags(FLAGS);
    let early = protection(&login, None, FLAGS)
        .get_mic(&mech_type_list(&LIST))
        .unwrap();
    let (_, exchange) = continues(server.judge_token(&neg_token_init(&LIST, b"NTLMSSP\0")));
    let step = server.step(exchange, &resp(Some(&login.token()), Some(&early)));
    assert_eq!(verdict(step), "spnego.mic_wrong");
}

/// RFC 4178 section 5 c): DCE style has three tokens, the initiator's is the last, and its MIC comes with it.
#[test]
fn the_third_leg_of_dce_style_brings_the_mech_list_mic() {
    let list = mech_type_list(&LIST);
    for (has_mic, expected) in [(true, "accepted"), (false, "spnego.mic_missing")] {
        let (server, login) = (Server::default(), dce_login());
        let (_, exchange) = continues(server.judge_token(&neg_token_init(&LIST, b"NTLMSSP\0")));
        let (answer, exchange) = continues(server.step(exchange, &resp(Some(&login.token()), None)));
        assert!(answer.mech_list_mic.is_none());
        let proof = open_ap_rep(&answer.token.unwrap(), &login);
        let third = third_leg(&login.session_key, Some(proof.1), None);
        let flags = FLAGS.with(ContextFlags::DCE_STYLE);
        let mut initiator = protection(&login, Some(proof), flags);
        let mic = has_mic.then(|| initiator.get_mic(&list).unwrap());
        let last = server.step(exchange, &resp(Some(&third), mic.as_deref()));
        if let Ok(Step::Complete { token, .. }) = &last {
            let ours = Response::read(token.as_ref().unwrap().as_bytes())
                .mech_list_mic
                .unwrap();
            assert!(initiator.verify_mic(&list, &ours).is_ok());
        }
        assert_eq!(verdict(last), expected);
    }
}
