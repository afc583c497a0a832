//! Both ends of ours, with a ticket made by hand: what the initiator asks for is what the acceptor gives.

mod common;

use common::{Counting, Forgetful};
use mech_krb5::crypto::{EncryptionType, Key, KeyUsage};
use mech_krb5::keytab::{Keytab, KeytabEntry};
use mech_krb5::message::{EncTicketPart, EncryptedData, EncryptionKey, Ticket, TicketFlags, Transited};
use mech_krb5::{Credential, Details, Krb5, Krb5Initiator, Principal};
use negotiate_core::{
    Acceptor, Ambient, BindingsPolicy, ChannelBindings, ContextFlags, InitiateStep, Initiated, Initiator,
    MechReject, MessageOrder, PerMessage, Protection, Reject, Secret, SecurityContext, SpnegoInitiator, Step,
    Timestamp,
};
use std::sync::Arc;

const NOW: Timestamp = Timestamp::from_unix_micros(1_795_327_035_123_456);
const END: Timestamp = Timestamp::from_unix(1_795_363_035);

fn principal(text: &str) -> Principal {
    Principal::parse(text).unwrap()
}

fn service_key(etype: EncryptionType) -> Key {
    Key::new(etype, &[7; 32][..etype.key_len()]).unwrap()
}

/// A ticket as a KDC makes it.
fn credential(server: &str, ticket_type: EncryptionType, session_type: EncryptionType) -> Credential {
    let (client, server) = (principal("alice@EXAMPLE.TEST"), principal(server));
    let session_key = vec![9; session_type.key_len()];
    let flags = TicketFlags::FORWARDABLE.with(TicketFlags::PRE_AUTHENT);
    let part = EncTicketPart {
        flags,
        key: EncryptionKey {
            keytype: session_type.number(),
            keyvalue: &session_key,
        },
        crealm: client.realm(),
        cname: client.name(),
        transited: Transited::NONE,
        authtime: NOW,
        starttime: None,
        endtime: END,
        renew_till: None,
        caddr: None,
        authorization_data: None,
    };
    let cipher = service_key(ticket_type)
        .for_usage(KeyUsage::TICKET)
        .encrypt(&part.encode(), &mut Counting(1))
        .unwrap();
    let ticket = Ticket::encode(
        server.borrow(),
        &EncryptedData {
            etype: ticket_type.number(),
            kvno: Some(1),
            cipher: &cipher,
        },
    );
    Credential {
        client,
        server,
        session_etype: session_type.number(),
        session_key: Secret::new(session_key),
        flags,
        authtime: Some(Timestamp::from_unix(NOW.unix())),
        starttime: None,
        endtime: END,
        renew_till: None,
        ticket,
    }
}

const SERVICE: &str = "HTTP/www.example.test@EXAMPLE.TEST";
const AES256: EncryptionType = EncryptionType::Aes256CtsHmacSha1_96;

fn acceptor() -> Acceptor {
    let entries = EncryptionType::ALL.map(|etype| {
        KeytabEntry::new(
            principal(SERVICE),
            NOW,
            1,
            etype.number(),
            service_key(etype).bytes(),
        )
        .unwrap()
    });
    let krb5 = Krb5::builder(Keytab::from_entries(entries.into()))
        .replay_cache(Arc::new(Forgetful))
        .build()
        .unwrap();
    Acceptor::builder().mechanism(krb5).build().unwrap()
}

fn with_ambient<T>(run: impl FnOnce(&mut Ambient<'_>) -> T) -> T {
    run(&mut Ambient {
        now: NOW,
        random: &mut Counting(0),
    })
}

/// Runs both ends to their end.
fn run(
    initiator: impl Initiator + 'static,
    acceptor: &Acceptor,
    bindings: Option<ChannelBindings>,
) -> Result<(Initiated, SecurityContext), Outcome> {
    let mut exchange = Some(acceptor.exchange(bindings.map(Arc::new)));
    let mut accepted = None;
    let mut step = with_ambient(|ambient| Box::new(initiator).begin(ambient)).map_err(Outcome::Initiator)?;
    loop {
        let (output, next) = match step {
            InitiateStep::Continue { output, next } => (Some(output), Ok(next)),
            InitiateStep::Complete { output, initiated } => (output, Err(initiated)),
        };
        let mut answer = None;
        if let Some(output) = output {
            let exchange_now = exchange.take().expect("the acceptor waits");
            match with_ambient(|ambient| exchange_now.step(output.as_bytes(), ambient))
                .map_err(Outcome::Acceptor)?
            {
                Step::Continue {
                    token,
                    exchange: waiting,
                } => {
                    exchange = Some(waiting);
                    answer = Some(token);
                }
                Step::Complete { token, context } => {
                    accepted = Some(context);
                    answer = token;
                }
                Step::Pending(_) => unreachable!("nothing is asked outside"),
            }
        }
        match (next, answer) {
            (Err(initiated), None) => return Ok((initiated, accepted.expect("both ends are done"))),
            (Ok(next), Some(answer)) => {
                step = with_ambient(|ambient| next.step(answer.as_bytes(), ambient))
                    .map_err(Outcome::Initiator)?;
            }
            (next, answer) => panic!("{answer:?} for {:?}", next.err()),
        }
    }
}

#[derive(Debug)]
enum Outcome {
    Initiator(MechReject),
    Acceptor(Reject),
}

fn messages_pass(ours: &mut dyn PerMessage, theirs: &mut dyn PerMessage) {
    for text in [&b""[..], b"one", &[b'x'; 1000]] {
        let mic = ours.get_mic(text).unwrap();
        assert_eq!(theirs.verify_mic(text, &mic), Ok(MessageOrder::Expected));
        for protection in [Protection::Integrity, Protection::Confidentiality] {
            let sealed = ours.wrap(text, protection, &mut Counting(3)).unwrap();
            let opened = theirs.unwrap(&sealed).unwrap();
            assert_eq!((&opened.message[..], opened.protection), (text, protection));
        }
    }
}

#[test]
fn every_encryption_type_of_ticket_and_session() {
    let acceptor = acceptor();
    for ticket_type in EncryptionType::ALL {
        for session_type in EncryptionType::ALL {
            for flags in [
                ContextFlags::MUTUAL
                    .with(ContextFlags::REPLAY)
                    .with(ContextFlags::INTEGRITY),
                ContextFlags::SEQUENCE.with(ContextFlags::CONFIDENTIALITY),
            ] {
                let initiator =
                    Krb5Initiator::new(credential(SERVICE, ticket_type, session_type)).flags(flags);
                let (mut initiated, mut accepted) = run(initiator, &acceptor, None).unwrap();
                assert_eq!(accepted.initiator().display(), "alice@EXAMPLE.TEST");
                assert_eq!((initiated.flags, accepted.flags()), (flags, flags));
                assert_eq!(initiated.acceptor.display(), SERVICE);
                assert_eq!(accepted.details::<Details>().unwrap().etype, ticket_type);
                messages_pass(&mut *initiated.per_message, accepted.per_message());
                messages_pass(accepted.per_message(), &mut *initiated.per_message);
            }
        }
    }
}

#[test]
fn through_spnego() {
    for flags in [ContextFlags::MUTUAL, ContextFlags::INTEGRITY] {
        let initiator = Krb5Initiator::new(credential(SERVICE, AES256, AES256)).flags(flags);
        let (mut initiated, mut accepted) = run(SpnegoInitiator::new(initiator), &acceptor(), None).unwrap();
        assert_eq!(accepted.flags(), flags);
        messages_pass(&mut *initiated.per_message, accepted.per_message());
    }
}

// MS-KILE section 3.4.5.1: three legs, none of them framed.
#[test]
fn in_dce_style() {
    let flags = ContextFlags::DCE_STYLE
        .with(ContextFlags::MUTUAL)
        .with(ContextFlags::INTEGRITY);
    let initiator = Krb5Initiator::new(credential(SERVICE, AES256, AES256)).flags(flags);
    let (mut initiated, mut accepted) = run(initiator, &acceptor(), None).unwrap();
    assert_eq!(accepted.flags(), flags);
    messages_pass(accepted.per_message(), &mut *initiated.per_message);
}

#[test]
fn a_delegated_credential_arrives() {
    let tgt = credential(
        "krbtgt/EXAMPLE.TEST@EXAMPLE.TEST",
        AES256,
        EncryptionType::Aes128CtsHmacSha256_128,
    );
    let initiator = Krb5Initiator::new(credential(SERVICE, AES256, AES256)).delegate(tgt.clone());
    let (initiated, accepted) = run(initiator, &acceptor(), None).unwrap();
    assert!(initiated.flags.contains(ContextFlags::DELEGATE));
    assert!(accepted.flags().contains(ContextFlags::DELEGATE));
    let delegated = accepted.details::<Details>().unwrap().delegated.as_ref().unwrap();
    let [arrived] = delegated.credentials() else {
        panic!("{delegated:?}")
    };
    assert_eq!((&arrived.client, &arrived.server), (&tgt.client, &tgt.server));
    assert_eq!(
        (arrived.session_etype, arrived.flags),
        (tgt.session_etype, tgt.flags)
    );
    assert!(arrived.session_key.ct_eq(tgt.session_key.expose()));
    assert_eq!((arrived.authtime, arrived.endtime), (tgt.authtime, tgt.endtime));
    assert_eq!(arrived.ticket, tgt.ticket);
}

fn bindings(text: &str) -> ChannelBindings {
    ChannelBindings::from_application_data(text)
}

#[test]
fn bindings_bind() {
    let acceptor = acceptor();
    let initiator = || Krb5Initiator::new(credential(SERVICE, AES256, AES256));
    let (_, accepted) = run(
        initiator().channel_bindings(bindings("ours")),
        &acceptor,
        Some(bindings("ours")),
    )
    .unwrap();
    assert!(accepted.flags().contains(ContextFlags::CHANNEL_BOUND));

    let refused = |initiator, bindings| match run(initiator, &acceptor, bindings) {
        Err(Outcome::Acceptor(reject)) => reject.reason().code(),
        other => panic!("{other:?}"),
    };
    let other = initiator().channel_bindings(bindings("other"));
    assert_eq!(refused(other, Some(bindings("ours"))), "krb5.bindings_mismatch");
    let removed = initiator().advertise_bindings();
    assert_eq!(refused(removed, Some(bindings("ours"))), "krb5.bindings_removed");
    run(initiator(), &acceptor, Some(bindings("ours"))).unwrap();
    assert_eq!(BindingsPolicy::default(), BindingsPolicy::RequireIfAdvertised);
}

// RFC 4120 section 3.2.2: no token with a ticket that cannot work.
#[test]
fn tickets_that_cannot_work_are_not_sent() {
    let code = |change: fn(&mut Credential)| {
        let mut credential = credential(SERVICE, AES256, AES256);
        change(&mut credential);
        match run(Krb5Initiator::new(credential), &acceptor(), None) {
            Err(Outcome::Initiator(reject)) => reject.reason.code(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(code(|credential| credential.endtime = NOW), "krb5.ticket_expired");
    assert_eq!(
        code(|credential| credential.session_etype = 23),
        "krb5.unusable_session_key"
    );
    assert_eq!(
        code(|credential| credential.ticket.truncate(40)),
        "krb5.bad_ticket"
    );
    assert_eq!(code(|credential| credential.ticket.push(0)), "krb5.bad_ticket");
    let mut long = credential("krbtgt/EXAMPLE.TEST@EXAMPLE.TEST", AES256, AES256);
    let service = principal("krbtgt/EXAMPLE.TEST@EXAMPLE.TEST");
    long.ticket = Ticket::encode(
        service.borrow(),
        &EncryptedData {
            etype: 18,
            kvno: None,
            cipher: &[0; 66_000],
        },
    );
    let initiator = Krb5Initiator::new(credential(SERVICE, AES256, AES256)).delegate(long);
    let Err(Outcome::Initiator(reject)) = run(initiator, &acceptor(), None) else {
        panic!("sent")
    };
    assert_eq!(reject.reason.code(), "krb5.delegation_too_long");
}

#[test]
fn an_acceptor_without_the_key_is_noticed() {
    let initiator = Box::new(Krb5Initiator::new(credential(SERVICE, AES256, AES256)));
    let Ok(InitiateStep::Continue { output, next }) = with_ambient(|ambient| initiator.begin(ambient)) else {
        panic!()
    };
    // Another session's answer: genuine, but sealed with another session key.
    let other = Box::new(Krb5Initiator::new(credential(
        SERVICE,
        AES256,
        EncryptionType::Aes256CtsHmacSha384_192,
    )));
    let Ok(InitiateStep::Continue { output: of_other, .. }) = with_ambient(|ambient| other.begin(ambient))
    else {
        panic!()
    };
    let answer = |token: &[u8]| match with_ambient(|ambient| acceptor().exchange(None).step(token, ambient)) {
        Ok(Step::Complete {
            token: Some(token), ..
        }) => token,
        step => panic!("{step:?}"),
    };
    assert_ne!(output, of_other);
    let reject =
        with_ambient(|ambient| next.step(answer(of_other.as_bytes()).as_bytes(), ambient)).unwrap_err();
    assert_eq!(reject.reason.code(), "krb5.acceptor_not_proved");
}

#[test]
fn the_acceptors_reason_arrives() {
    let mut stale = credential(SERVICE, AES256, AES256);
    stale.endtime = Timestamp::from_unix(NOW.unix() + 10 * 86_400);
    let initiator = Box::new(Krb5Initiator::new(stale));
    // The initiator's clock is an hour ahead.
    let begun = initiator.begin(&mut Ambient {
        now: Timestamp::from_unix(NOW.unix() + 3600),
        random: &mut Counting(0),
    });
    let Ok(InitiateStep::Continue { output, next }) = begun else {
        panic!("{begun:?}")
    };
    let refused =
        with_ambient(|ambient| acceptor().exchange(None).step(output.as_bytes(), ambient)).unwrap_err();
    let token = refused
        .token()
        .expect("a mutual initiator waits for a reason")
        .as_bytes();
    let reject = with_ambient(|ambient| next.step(token, ambient)).unwrap_err();
    assert_eq!(reject.reason.code(), "krb5.acceptor_refused");
    assert!(
        reject.reason.seen().starts_with("KRB_AP_ERR_SKEW"),
        "{}",
        reject.reason.seen()
    );
}
