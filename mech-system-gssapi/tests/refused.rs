//! Tokens that the platform's library refuses, and what becomes of its words.

mod common;

use common::{
    AES256, Refused, Scratch, acceptor, credential, mechanism, run, run_at, settled, ticket, with_ambient,
};
use mech_krb5::crypto::Key;
use mech_krb5::{Krb5Initiator, Principal};
use mech_system_gssapi::{ConfigError, Error, Fact, ReplayCache, SystemGssapi};
use negotiate_core::{
    Acceptor, BindingsPolicy, Blame, ChannelBindings, GssMajor, InitiateStep, Initiator, MechType, Reject,
    Seconds, ServiceName, Step, Timestamp, Verdict,
};

/// The refusal of the acceptor.
fn refused(result: Result<impl Sized, Refused>) -> Reject {
    match result {
        Err(Refused::ByAcceptor(reject)) => reject,
        Err(Refused::ByInitiator(reject)) => panic!("{reject:?}"),
        Ok(_) => panic!("accepted"),
    }
}

#[test]
fn each_reason_has_its_code() {
    let now = Timestamp::now();
    let other_key = || Key::new(AES256, &[1; 32]).unwrap();
    type Change<'a> = &'a dyn Fn(&mut common::forge::Ticket);
    let changes: [(Change<'_>, &str); 7] = [
        (
            &|ticket| ticket.endtime = now.minus(Seconds(1000)),
            "gssapi.ticket_expired",
        ),
        (
            &|ticket| ticket.starttime = Some(now.plus(Seconds(1000))),
            "gssapi.ticket_not_yet_valid",
        ),
        (&|ticket| ticket.service_key = other_key(), "gssapi.wrong_key"),
        (
            &|ticket| {
                ticket.kvno = Some(2);
                ticket.service_key = other_key();
            },
            "gssapi.kvno",
        ),
        (
            &|ticket| {
                ticket.service = Principal::parse("HTTP/other.example.test@EXAMPLE.TEST").unwrap();
                ticket.service_key = other_key();
            },
            "gssapi.service_absent",
        ),
        (
            &|ticket| ticket.client = Principal::parse("bob@EXAMPLE.TEST").unwrap(),
            "gssapi.client_mismatch",
        ),
        (&|ticket| ticket.etype = Some(23), "gssapi.kvno"),
    ];
    let scratch = Scratch::new();
    let acceptor = acceptor(&scratch, |builder| builder);
    for (change, code) in changes {
        let mut ticket = ticket(AES256);
        let mut credential = credential(&ticket);
        change(&mut ticket);
        credential.ticket = ticket.seal(&mut negotiate_core::SystemRandom);
        let reject = refused(run(Krb5Initiator::new(credential), &acceptor, None));
        assert_eq!(reject.reason().code(), code, "{}", reject.reason().seen());
        assert!(reject.token().is_some(), "{code}: nothing for the initiator");
    }
}

#[test]
fn the_words_of_the_library_are_for_the_operator() {
    let scratch = Scratch::new();
    let mut ticket = ticket(AES256);
    ticket.service = Principal::parse("HTTP/\u{1b}[31mred@EXAMPLE.TEST").unwrap();
    ticket.service_key = Key::new(AES256, &[1; 32]).unwrap();
    let initiator = Krb5Initiator::new(credential(&ticket));
    let reject = refused(run(initiator, &acceptor(&scratch, |builder| builder), None));
    let reason = reject.reason();
    assert_eq!(reject.to_string(), "the ticket is for another service");
    assert_eq!(
        (reason.blame(), reason.verdict()),
        (Blame::Incompatible, Verdict::Unauthenticated)
    );
    assert_eq!(reason.gss_major(), GssMajor::Failure);
    let seen = reason.seen();
    assert!(
        seen.contains(r"HTTP/\x1b[31mred@EXAMPLE.TEST not found in keytab"),
        "{seen}"
    );
    assert!(seen.ends_with("major 0x000d0000, minor -1765328349"), "{seen}");
    let Some(Error {
        fact: Fact::Library(status),
    }) = reject.downcast_ref()
    else {
        panic!("{reject:?}")
    };
    assert_eq!((status.routine_error(), status.krb5_error_code()), (13, Some(35)));
}

#[test]
fn a_clock_that_is_off() {
    let scratch = Scratch::new();
    let now = Timestamp::now();
    let acceptor = acceptor(&scratch, |builder| builder);
    for time in [now.minus(Seconds(1000)), now.plus(Seconds(1000))] {
        let reject = refused(run_at(
            time,
            Krb5Initiator::new(credential(&ticket(AES256))),
            &acceptor,
            None,
        ));
        assert_eq!(reject.reason().code(), "gssapi.clock_skew");
    }
}

#[test]
fn a_token_that_comes_again() {
    let scratch = Scratch::new();
    let file = ReplayCache::File(scratch.file("rcache"));
    let mechanism = mechanism(&scratch).replay_cache(file).build().unwrap();
    let acceptor = Acceptor::builder().mechanism(mechanism).build().unwrap();
    let initiator = Box::new(Krb5Initiator::new(credential(&ticket(AES256))));
    let now = Timestamp::now();
    let Ok(InitiateStep::Continue { output, .. }) = with_ambient(now, |ambient| initiator.begin(ambient))
    else {
        panic!("no token")
    };
    let step = || {
        settled(with_ambient(now, |ambient| {
            acceptor.exchange(None).step(output.as_bytes(), ambient)
        }))
    };
    assert!(matches!(step(), Ok(Step::Complete { .. })));
    let reject = step().unwrap_err();
    assert_eq!(reject.reason().code(), "gssapi.replay");
}

#[test]
fn bindings_that_do_not_bind() {
    let scratch = Scratch::new();
    let bindings = ChannelBindings::from_application_data;
    let initiator = || Krb5Initiator::new(credential(&ticket(AES256)));
    for (initiator, policy, code) in [
        (
            initiator().channel_bindings(bindings("other")),
            BindingsPolicy::Prefer,
            "gssapi.bindings_mismatch",
        ),
        (
            initiator().advertise_bindings(),
            BindingsPolicy::RequireIfAdvertised,
            "gssapi.bindings_mismatch",
        ),
        (initiator(), BindingsPolicy::Require, "gssapi.bindings_required"),
    ] {
        let acceptor = acceptor(&scratch, |builder| builder.bindings_policy(policy));
        let reject = refused(run(initiator, &acceptor, Some(bindings("ours"))));
        assert_eq!(reject.reason().code(), code);
        assert_eq!(reject.reason().gss_major(), GssMajor::BadBindings);
    }
}

#[test]
fn who_is_not_allowed() {
    let scratch = Scratch::new();
    let name = ServiceName::parse("HTTP@intranet.example.test").unwrap();
    let other = acceptor(&scratch, |builder| builder.name(name));
    let reject = refused(run(Krb5Initiator::new(credential(&ticket(AES256))), &other, None));
    assert_eq!(reject.reason().code(), "gssapi.service_not_allowed");

    let mut anonymous = ticket(AES256);
    anonymous.client = Principal::parse("WELLKNOWN/ANONYMOUS@WELLKNOWN:ANONYMOUS").unwrap();
    let initiator = Krb5Initiator::new(credential(&anonymous));
    let reject = refused(run(initiator, &acceptor(&scratch, |builder| builder), None));
    assert_eq!(reject.reason().code(), "gssapi.anonymous_refused");
    assert_eq!(reject.reason().verdict(), Verdict::Forbidden);
}

#[test]
fn what_is_no_token() {
    let scratch = Scratch::new();
    let acceptor = acceptor(&scratch, |builder| builder);
    let garbage = common::forge::framed_as(MechType::KRB5, [9, 9], b"no AP-REQ");
    let judged = with_ambient(Timestamp::now(), |ambient| {
        acceptor.exchange(None).step(&garbage, ambient)
    });
    let reject = settled(judged).unwrap_err();
    assert_eq!(
        reject.reason().code(),
        "gssapi.defective_token",
        "{}",
        reject.reason().seen()
    );
    assert_eq!(reject.reason().blame(), Blame::Malformed);
}

#[test]
fn a_keytab_that_is_not_there() {
    let scratch = Scratch::new();
    let path = scratch.file("no-such-keytab");
    let error = SystemGssapi::builder().keytab(&path).build().unwrap_err();
    assert!(matches!(error, ConfigError::Library(_)));
    assert!(error.to_string().contains("no-such-keytab"), "{error}");
}
