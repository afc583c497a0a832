//! Real KDCs' replies, taken as their real clients took them, and refused as soon as anything in them or in the request
//! is another.

use super::as_exchange::{Proved, Unproved};
use super::error::{KdcError, Mismatch};
use super::preauth::{ClientSecret, KeyHint, method_data};
use super::reply::Asked;
use super::tgs_exchange::Requested;
use super::{KdcStep, Waiting};
use crate::credential::Credential;
use crate::crypto::{EncryptionType, Key, KeyUsage};
use crate::message::{
    ApReq, Authenticator, EncKdcRepPart, EncTicketPart, KdcExchange, KdcOptions, KdcRep, KdcReq, KrbError,
    PaData, PaDataType,
};
use crate::principal::{NameType, Principal};
use negotiate_core::{Ambient, Explain, Random, RandomUnavailable, Seconds, Timestamp};
use std::boxed::Box;
use std::vec::Vec;
use testvectors::{Case, load};

struct Zeros;

impl Random for Zeros {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        out.fill(0);
        Ok(())
    }
}

fn at(now: Timestamp, run: impl FnOnce(&mut Ambient<'_>) -> Outcome) -> Outcome {
    let mut random = Zeros;
    run(&mut Ambient {
        now,
        random: &mut random,
    })
}

type Outcome = Result<KdcStep<Credential>, KdcError>;

fn captured_at(case: &Case) -> Timestamp {
    Timestamp::from_unix_micros(case.number("captured-at"))
}

fn keys(case: &Case, field: &str) -> Vec<Key> {
    let key = |line: &&str| {
        let (etype, hex) = line.split_once(' ').unwrap();
        let bytes: Vec<u8> = (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap())
            .collect();
        Key::new(
            EncryptionType::from_number(etype.parse().unwrap()).unwrap(),
            &bytes,
        )
        .unwrap()
    };
    case.lines(field).iter().map(key).collect()
}

fn secret(case: &Case) -> ClientSecret {
    if case.has("password") {
        ClientSecret::password(case.text("password"))
    } else {
        ClientSecret::Keys(keys(case, "keys"))
    }
}

/// What a captured request asked, as ours would remember it.
fn asked(request: &KdcReq<'_>, client: Principal) -> Asked {
    let body = &request.body;
    let known = body
        .etype
        .iter()
        .filter_map(|etype| EncryptionType::from_number(*etype));
    Asked {
        exchange: request.exchange,
        client,
        server: body.sname.unwrap().in_realm(body.realm).to_owned(),
        options: body.kdc_options,
        // Heimdal asks for 1970, which means as long as possible.
        till: match body.till.unix() {
            0 => Timestamp::from_unix(4_102_444_800),
            till => Timestamp::from_unix(till),
        },
        rtime: body.rtime,
        encryption_types: known.collect(),
        nonce: body.nonce,
        clock_skew: Seconds(300),
    }
}

fn as_client(request: &KdcReq<'_>) -> Principal {
    request
        .body
        .cname
        .unwrap()
        .in_realm(request.body.realm)
        .to_owned()
}

/// The state of the real client before its last reply, with that request and reply.
fn before_reply(case: &Case) -> (Box<dyn Waiting<Credential>>, Vec<u8>, Vec<u8>) {
    let number = if case.has("request-2") { 2 } else { 1 };
    let request_der = case.bytes(&std::format!("request-{number}"));
    let reply = case.bytes(&std::format!("reply-{number}"));
    let request = KdcReq::decode(&request_der).unwrap();
    let waiting: Box<dyn Waiting<Credential>> = match (request.exchange, number) {
        (KdcExchange::Tgs, _) => Box::new(requested(case, &request)),
        (KdcExchange::As, 1) => Box::new(Unproved {
            asked: asked(&request, as_client(&request)),
            secret: secret(case),
        }),
        (KdcExchange::As, _) => Box::new(proved(case, &request)),
    };
    (waiting, request_der, reply)
}

fn proved(case: &Case, request: &KdcReq<'_>) -> Proved {
    let demand = case.bytes("reply-1");
    let demand = KrbError::decode(&demand).unwrap();
    let asked = asked(request, as_client(request));
    let methods = method_data(demand.e_data).unwrap();
    let hints = KeyHint::read_list(&methods, &asked.encryption_types, asked.client.borrow()).unwrap();
    let hint = hints[0].clone();
    let secret = secret(case);
    let key = secret.key(&hint).unwrap().unwrap();
    Proved {
        asked,
        secret,
        hint,
        key,
    }
}

fn requested(case: &Case, request: &KdcReq<'_>) -> Requested {
    let ap_req = PaData::find(&request.padata, PaDataType::TGS_REQ).unwrap();
    let ap_req = ApReq::decode(ap_req).unwrap();
    let sealed = ap_req.ticket.enc_part;
    let keys = keys(case, "krbtgt-keys");
    let krbtgt = keys
        .iter()
        .find(|key| key.encryption_type().number() == sealed.etype)
        .unwrap();
    let open = |key: &Key, usage, cipher: &[u8]| {
        let mut buffer = cipher.to_vec();
        key.for_usage(usage).decrypt_vec(&mut buffer).unwrap();
        buffer
    };
    let ticket = open(krbtgt, KeyUsage::TICKET, sealed.cipher);
    let session_key = EncTicketPart::decode(&ticket)
        .unwrap()
        .key
        .to_key()
        .unwrap()
        .unwrap();
    let authenticator = open(
        &session_key,
        KeyUsage::TGS_REQ_AUTHENTICATOR,
        ap_req.authenticator.cipher,
    );
    let authenticator = Authenticator::decode(&authenticator).unwrap();
    // The real client's proof over its request is what ours would make.
    let cksum = authenticator.cksum.unwrap();
    session_key
        .checksum_key(KeyUsage::TGS_REQ_AUTHENTICATOR_CHECKSUM)
        .verify(&[request.body_der], cksum.checksum)
        .unwrap();
    Requested {
        asked: asked(
            request,
            authenticator.cname.in_realm(authenticator.crealm).to_owned(),
        ),
        subkey: authenticator.subkey.unwrap().to_key().unwrap().unwrap(),
    }
}

fn cases() -> Vec<Case> {
    load("krb5/kdc-exchanges.txt")
}

#[test]
fn real_replies_are_taken_as_their_clients_took_them() {
    for case in cases() {
        let (waiting, request, reply) = before_reply(&case);
        let outcome = at(captured_at(&case), |ambient| {
            waiting.answer(&request, &reply, ambient)
        });
        let credential = match outcome {
            Ok(KdcStep::Done(credential)) => credential,
            Ok(step) => panic!("{case}: {step:?}"),
            Err(error) => {
                assert_eq!(error.code(), case.expect(), "{case}: {error}");
                continue;
            }
        };
        assert_eq!(case.expect(), "accepted", "{case}");
        if !case.has("session-key") {
            continue;
        }
        let unix = |time: Option<Timestamp>| time.map_or(0, Timestamp::unix);
        assert_eq!(
            credential.client.to_text().unwrap(),
            case.text("client"),
            "{case}"
        );
        assert_eq!(
            credential.session_etype,
            case.number::<i32>("session-etype"),
            "{case}"
        );
        assert!(credential.session_key.ct_eq(&case.bytes("session-key")), "{case}");
        assert_eq!(credential.flags.0, case.number::<u32>("ticket-flags"), "{case}");
        assert_eq!(
            unix(credential.authtime),
            case.number::<i64>("authtime"),
            "{case}"
        );
        // MIT's cache has the authentication's time where the ticket has no start.
        let starts = credential.starttime.or(credential.authtime);
        assert_eq!(unix(starts), case.number::<i64>("starttime"), "{case}");
        assert_eq!(credential.endtime.unix(), case.number::<i64>("endtime"), "{case}");
        assert_eq!(
            unix(credential.renew_till),
            case.number::<i64>("renew-till"),
            "{case}"
        );
    }
}

#[test]
fn a_demand_for_proof_is_met_as_the_real_clients_met_it() {
    let mut count = 0;
    for case in cases()
        .iter()
        .filter(|case| case.expect() == "accepted" && case.has("request-2"))
    {
        let request = case.bytes("request-1");
        let request = KdcReq::decode(&request).unwrap();
        let unproved = Unproved {
            asked: asked(&request, as_client(&request)),
            secret: secret(case),
        };
        let step = at(captured_at(case), |ambient| {
            Box::new(unproved).answer(&[], &case.bytes("reply-1"), ambient)
        });
        let Ok(KdcStep::Ask(ask)) = step else {
            panic!("{case}: {step:?}")
        };
        let timestamp_key = |request: &[u8]| {
            let request = KdcReq::decode(request).unwrap();
            let value = PaData::find(&request.padata, PaDataType::ENC_TIMESTAMP).unwrap();
            let sealed =
                crate::message::EncryptedData::decode(&mut negotiate_core::der::Reader::new(value)).unwrap();
            (sealed.etype, sealed.cipher.to_vec())
        };
        let (etype, cipher) = timestamp_key(ask.request());
        let (real_etype, real_cipher) = timestamp_key(&case.bytes("request-2"));
        assert_eq!(etype, real_etype, "{case}");
        // The same key: it opens both timestamps.
        let second = case.bytes("request-2");
        let key = proved(case, &KdcReq::decode(&second).unwrap()).key;
        for cipher in [cipher, real_cipher] {
            let mut buffer = cipher;
            key.for_usage(KeyUsage::PA_ENC_TIMESTAMP)
                .decrypt_vec(&mut buffer)
                .unwrap();
            let time = crate::message::PaEncTsEnc::decode(&buffer).unwrap().patimestamp;
            assert!(time.seconds_since(captured_at(case)).abs() < 60, "{case}: {time}");
        }
        count += 1;
    }
    assert_eq!(count, 4);
}

// RFC 4120 section 3.1.5 and 3.3.4: each difference between request and reply is refused by its name.
#[test]
fn a_reply_to_another_request_is_refused() {
    type Change = fn(&mut Asked);
    let changes: [(Change, KdcError); 9] = [
        (|asked| asked.nonce ^= 1, KdcError::Mismatch(Mismatch::Nonce)),
        (
            |asked| asked.client = other_principal(),
            KdcError::Mismatch(Mismatch::Client),
        ),
        (
            |asked| asked.server = other_principal(),
            KdcError::Mismatch(Mismatch::Server),
        ),
        (
            |asked| asked.till = Timestamp::from_unix(1_795_327_100),
            KdcError::Mismatch(Mismatch::Times),
        ),
        (
            |asked| asked.rtime = Some(Timestamp::from_unix(1_795_327_100)),
            KdcError::Mismatch(Mismatch::Times),
        ),
        (
            |asked| asked.options = KdcOptions::FORWARDED,
            KdcError::Mismatch(Mismatch::Flags),
        ),
        // As if a TGS had given a ticket that says to come from the client's own key.
        (
            |asked| asked.exchange = KdcExchange::Tgs,
            KdcError::Mismatch(Mismatch::Flags),
        ),
        (
            |asked| asked.encryption_types = [EncryptionType::Aes128CtsHmacSha256_128].into(),
            KdcError::UnusableSessionKey(18),
        ),
        (
            |asked| asked.clock_skew = Seconds(0),
            KdcError::ClockSkew {
                kdc_time: Timestamp::from_unix(1_795_327_041),
                now: Timestamp::from_unix_micros(1_795_327_041_307_000),
                allowed: Seconds(0),
            },
        ),
    ];
    let case = &cases()[0];
    let (request, reply) = (case.bytes("request-2"), case.bytes("reply-2"));
    let request = KdcReq::decode(&request).unwrap();
    let proved = proved(case, &request);
    let rep = KdcRep::decode(KdcExchange::As, &reply).unwrap();
    let opened = proved.asked.open(&rep, &proved.key, KeyUsage::AS_REP).unwrap();
    let part = EncKdcRepPart::decode(opened.expose()).unwrap();
    let now = captured_at(case);
    proved.asked.check(&rep, &part, now).unwrap();
    for (change, expected) in changes {
        let mut asked = asked(&request, as_client(&request));
        change(&mut asked);
        assert_eq!(asked.check(&rep, &part, now).unwrap_err(), expected);
    }
}

fn other_principal() -> Principal {
    Principal::new(NameType::PRINCIPAL, [&b"other"[..]], b"MIT.TEST").unwrap()
}

// RFC 6806 section 11: the KDC tells what request it saw.
#[test]
fn a_request_that_was_changed_under_way_is_noticed() {
    let mut count = 0;
    for case in cases()
        .iter()
        .filter(|case| case.has("session-key") && !case.has("krbtgt-keys"))
    {
        let (waiting, mut request, reply) = before_reply(case);
        *request.last_mut().unwrap() ^= 1;
        let outcome = at(captured_at(case), |ambient| {
            waiting.answer(&request, &reply, ambient)
        });
        assert_eq!(
            outcome.unwrap_err(),
            KdcError::Mismatch(Mismatch::Request),
            "{case}"
        );
        count += 1;
    }
    assert_eq!(count, 5);
}

#[test]
fn no_reply_with_a_changed_bit_is_taken() {
    let flipped = [
        "MIT, keytab without pre-authentication",
        "Heimdal, ticket of type 18",
    ];
    let mut outside = 0;
    for case in cases().iter().filter(|case| flipped.contains(&case.name())) {
        let (_, request, reply) = before_reply(case);
        for at_byte in 0..reply.len() {
            let mut changed = reply.clone();
            changed[at_byte] ^= 1 << (at_byte % 8);
            let (waiting, ..) = before_reply(case);
            let outcome = at(captured_at(case), |ambient| {
                waiting.answer(&request, &changed, ambient)
            });
            let Ok(KdcStep::Done(credential)) = outcome else {
                continue;
            };
            // Outside every seal of the client's: the ticket itself, which is for the service to judge; padata and kvno.
            let exchange = KdcReq::decode(&request).unwrap().exchange;
            let sent = KdcRep::decode(exchange, &reply).unwrap();
            let got = KdcRep::decode(exchange, &changed).unwrap();
            let differs = sent.ticket.raw != credential.ticket
                || sent.padata != got.padata
                || sent.enc_part.kvno != got.enc_part.kvno
                || sent.cname.name_type() != got.cname.name_type();
            assert!(differs, "{case}: byte {at_byte}");
            outside += 1;
        }
        for len in 0..reply.len() {
            let (waiting, ..) = before_reply(case);
            let outcome = at(captured_at(case), |ambient| {
                waiting.answer(&request, &reply[..len], ambient)
            });
            assert!(outcome.is_err(), "{case}: {len} bytes");
        }
    }
    assert!(outside > 0, "nothing lies outside the seal?");
}

// Whoever forges the KDC's first answer chooses salt and count; RFC 3962 section 8.
#[test]
fn a_weakened_key_is_not_made() {
    let entry = |params: &'static [u8]| crate::message::EtypeInfo2Entry {
        etype: 18,
        salt: Some(b"salt"),
        s2kparams: Some(params),
    };
    let key = |params| {
        let info = crate::message::EtypeInfo2Entry::encode_list(&[entry(params)]);
        let padata = [PaData {
            padata_type: PaDataType::ETYPE_INFO2,
            padata_value: &info,
        }];
        let wanted = [EncryptionType::Aes256CtsHmacSha1_96];
        let hints = KeyHint::read_list(&padata, &wanted, other_principal().borrow()).unwrap();
        ClientSecret::password("password").key(&hints[0])
    };
    assert_eq!(
        key(&[0, 0, 0x0f, 0xff]).unwrap_err(),
        KdcError::WeakStringToKey {
            etype: EncryptionType::Aes256CtsHmacSha1_96,
            iterations: 4095
        }
    );
    assert!(key(&[0, 0, 0x10, 0]).unwrap().is_some());
    for params in [&[0_u8; 4][..], &[0xff; 4], &[0, 0, 0x10]] {
        assert!(
            matches!(key(params).unwrap_err(), KdcError::BadStringToKey(_)),
            "{params:?}"
        );
    }
}

// What the sealed part can hold and a request of ours never asks for.
#[test]
fn tickets_of_another_form_than_asked_are_refused() {
    use crate::message::TicketFlags;
    let case = &cases()[0];
    let (request, reply) = (case.bytes("request-2"), case.bytes("reply-2"));
    let request = KdcReq::decode(&request).unwrap();
    let proved = proved(case, &request);
    let rep = KdcRep::decode(KdcExchange::As, &reply).unwrap();
    let opened = proved.asked.open(&rep, &proved.key, KeyUsage::AS_REP).unwrap();
    let part = EncKdcRepPart::decode(opened.expose()).unwrap();
    let check = |part: &EncKdcRepPart<'_>| proved.asked.check(&rep, part, captured_at(case)).map(|_| ());
    for flag in [
        TicketFlags::INVALID,
        TicketFlags::POSTDATED,
        TicketFlags::ANONYMOUS,
    ] {
        let part = EncKdcRepPart {
            flags: part.flags.with(flag),
            ..part.clone()
        };
        assert_eq!(check(&part), Err(KdcError::Mismatch(Mismatch::Flags)), "{flag:?}");
    }
    let not_initial = EncKdcRepPart {
        flags: TicketFlags(part.flags.0 & !TicketFlags::INITIAL.0),
        ..part.clone()
    };
    assert_eq!(check(&not_initial), Err(KdcError::Mismatch(Mismatch::Flags)));
    let over_before_it_begins = EncKdcRepPart {
        endtime: part.authtime,
        starttime: None,
        ..part.clone()
    };
    assert_eq!(
        check(&over_before_it_begins),
        Err(KdcError::Mismatch(Mismatch::Times))
    );
    let list = b"\x30\x0f\x30\x0d\xa0\x03\x02\x01\x02\xa1\x06\x04\x04\x7f\0\0\x01";
    let bound = EncKdcRepPart {
        caddr: Some(
            crate::message::HostAddresses::decode(&mut negotiate_core::der::Reader::new(list)).unwrap(),
        ),
        ..part.clone()
    };
    assert_eq!(check(&bound), Err(KdcError::Mismatch(Mismatch::Addresses)));
}
