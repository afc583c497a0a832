//! RFC 4178 sections 3 and 4.2: which mechanism is chosen, who gets which token, and what the answers say.

use crate::loopback::{
    Act, DEMANDS_MIC, Event, INTEGRITY, Log, Loopback, Refused, acceptor, mic, settled_step, step,
};
use crate::tokens::{
    ACCEPT_COMPLETED, ACCEPT_INCOMPLETE, Answer, NegState, REJECT, REQUEST_MIC, init, mech_type_list, resp,
};
use negotiate_core::{Acceptor, Exchange, MechType, Negotiation, SecurityContext, Step};

const MS_KRB5: MechType = MechType::MS_KRB5;
const KRB5: MechType = MechType::KRB5;
const NTLMSSP: MechType = MechType::NTLMSSP;
const NEGOEX: MechType = MechType::NEGOEX;
const IAKERB: MechType = MechType::IAKERB;

fn krb5(acts: &[Act]) -> (Acceptor, Log) {
    let mechanism = Loopback::new(&[KRB5, MS_KRB5], acts);
    let log = mechanism.log();
    (acceptor(mechanism), log)
}

#[track_caller]
fn continues(exchange: Exchange<'_>, token: &[u8]) -> (Answer, Exchange<'static>) {
    match settled_step(exchange, token) {
        Ok(Step::Continue { token, exchange }) => (Answer::read(&token), exchange),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn completes(exchange: Exchange<'_>, token: &[u8]) -> (Answer, SecurityContext) {
    match settled_step(exchange, token) {
        Ok(Step::Complete {
            token: Some(token),
            context,
        }) => (Answer::read(&token), context),
        other => panic!("{other:?}"),
    }
}

// Section 3 c): the optimistic token of the favourite goes to the mechanism, and its answer into the first reply.
#[test]
fn the_favourite_completes_with_its_optimistic_token() {
    for (output, answer) in [
        (
            Some(&b"AP-REP"[..]),
            Answer::new(ACCEPT_COMPLETED).mech(KRB5).token(b"AP-REP"),
        ),
        // Not mutual: chromium and curl want an answer all the same.
        (None, Answer::new(ACCEPT_COMPLETED).mech(KRB5)),
        (Some(b""), Answer::new(ACCEPT_COMPLETED).mech(KRB5)),
    ] {
        let (acceptor, log) = krb5(&[Act::Complete(output, INTEGRITY)]);
        let (found, mut context) = completes(
            acceptor.exchange(None),
            &init(&[KRB5, NTLMSSP], Some(b"AP-REQ"), None),
        );
        assert_eq!(found, answer);
        assert_eq!(log.events(), [Event::Given(b"AP-REQ".to_vec()), Event::Completed]);
        assert_eq!(context.negotiation(), Negotiation::Spnego);
        assert_eq!(context.initiator().display(), "alice@LOOPBACK");
        // No mechListMIC has used up a sequence number.
        assert_eq!(
            context.per_message().get_mic(b"x").unwrap(),
            mic("acceptor", 1, b"x")
        );
    }
}

// Section 4.2.2: supportedMech in the first reply and never again.
#[test]
fn the_favourite_takes_its_tokens_until_it_is_done() {
    let (acceptor, log) = krb5(&[
        Act::Continue(b"two"),
        Act::Continue(b"four"),
        Act::Complete(Some(b"six"), INTEGRITY),
    ]);
    let (answer, exchange) = continues(acceptor.exchange(None), &init(&[KRB5], Some(b"one"), None));
    assert_eq!(answer, Answer::new(ACCEPT_INCOMPLETE).mech(KRB5).token(b"two"));
    let (answer, exchange) = continues(exchange, &resp(None, Some(b"three"), None));
    assert_eq!(answer, Answer::new(ACCEPT_INCOMPLETE).token(b"four"));
    let (answer, _) = completes(exchange, &resp(Some(ACCEPT_INCOMPLETE), Some(b"five"), None));
    assert_eq!(answer, Answer::new(ACCEPT_COMPLETED).token(b"six"));
    assert_eq!(log.given(), [&b"one"[..], b"three", b"five"]);
}

// Section 4.2.1: mechToken is optional.
#[test]
fn the_favourite_without_a_token_is_asked_for_one() {
    for no_token in [None, Some(&b""[..])] {
        let (acceptor, log) = krb5(&[Act::Complete(Some(b"AP-REP"), INTEGRITY)]);
        let (answer, exchange) = continues(acceptor.exchange(None), &init(&[KRB5], no_token, None));
        assert_eq!(answer, Answer::new(ACCEPT_INCOMPLETE).mech(KRB5));
        assert_eq!(log.events(), []);
        let (answer, _) = completes(exchange, &resp(None, Some(b"AP-REQ"), None));
        assert_eq!(answer, Answer::new(ACCEPT_COMPLETED).token(b"AP-REP"));
    }
}

// RFC 4178 appendix C, MS-SPNG: the identifier that Windows puts first is krb5's, and is answered with itself.
#[test]
fn the_initiators_name_for_a_mechanism_is_echoed() {
    for offered in [[MS_KRB5, KRB5, NEGOEX, NTLMSSP], [KRB5, MS_KRB5, NEGOEX, NTLMSSP]] {
        let (acceptor, _) = krb5(&[Act::Complete(None, INTEGRITY)]);
        let (answer, _) = completes(acceptor.exchange(None), &init(&offered, Some(b"AP-REQ"), None));
        assert_eq!(answer, Answer::new(ACCEPT_COMPLETED).mech(offered[0]));
    }
}

// Section 3 c): without its favourite the initiator's optimistic token lapses, with the MIC that may be beside it.
#[test]
fn another_mechanism_is_asked_for_its_token_and_a_mic() {
    for (offered, chosen) in [
        (&[NTLMSSP, KRB5][..], KRB5),
        (&[NEGOEX, KRB5, NTLMSSP], KRB5),
        (&[NEGOEX, MS_KRB5, KRB5], MS_KRB5),
        (&[IAKERB, KRB5], KRB5),
        (&[IAKERB, NEGOEX, NTLMSSP, MS_KRB5, KRB5], MS_KRB5),
        // No initiator may list SPNEGO, and no identifier has to be a mechanism's (sections 3.1 and 6).
        (&[MechType::SPNEGO, KRB5], KRB5),
        (&[MechType::new(b"\x2a\x03\x04\x05", "an attribute"), KRB5], KRB5),
    ] {
        let mech_types = mech_type_list(offered);
        let theirs = mic("initiator", 1, &mech_types);
        let (acceptor, log) = krb5(&[Act::Complete(None, INTEGRITY)]);
        let (answer, exchange) = continues(
            acceptor.exchange(None),
            &init(offered, Some(b"another's"), Some(b"MIC")),
        );
        assert_eq!(answer, Answer::new(REQUEST_MIC).mech(chosen));
        assert_eq!(log.events(), []);
        let (answer, _) = completes(exchange, &resp(None, Some(b"AP-REQ"), Some(&theirs)));
        assert_eq!(
            answer,
            Answer::new(ACCEPT_COMPLETED).mic(mic("acceptor", 1, &mech_types))
        );
        assert_eq!(log.given(), [b"AP-REQ"]);
    }
}

#[test]
fn the_initiators_order_decides_not_ours() {
    let first = Loopback::new(&[NTLMSSP], &[Act::Continue(b"challenge")]);
    let second = Loopback::new(&[KRB5], &[Act::Complete(None, INTEGRITY)]);
    let both = Acceptor::builder()
        .mechanism(first)
        .mechanism(second)
        .build()
        .unwrap();
    let list = mech_type_list(&[KRB5, NTLMSSP]);
    let (answer, _) = continues(
        both.exchange(None),
        &init(&[KRB5, NTLMSSP], Some(b"AP-REQ"), None),
    );
    // Not ours, and so the list has to be proved.
    assert_eq!(
        answer,
        Answer::new(REQUEST_MIC).mech(KRB5).mic(mic("acceptor", 1, &list))
    );
    let (answer, _) = continues(
        both.exchange(None),
        &init(&[NTLMSSP, KRB5], Some(b"NEGOTIATE"), None),
    );
    assert_eq!(
        answer,
        Answer::new(ACCEPT_INCOMPLETE).mech(NTLMSSP).token(b"challenge")
    );
}

// MIT's way: no other mechanism is tried, and the mechanism's last word travels with the rejection.
#[test]
fn a_mechanisms_refusal_is_told_in_spnego() {
    for (token, answer) in [
        (Some(&b"KRB-ERROR"[..]), Answer::new(REJECT).token(b"KRB-ERROR")),
        (None, Answer::new(REJECT)),
    ] {
        let (acceptor, _) = krb5(&[Act::Refuse(token)]);
        let reject = step(
            acceptor.exchange(None),
            &init(&[KRB5, NTLMSSP], Some(b"AP-REQ"), None),
        )
        .unwrap_err();
        assert_eq!(Answer::read(reject.token().unwrap()), answer);
        assert!(reject.downcast_ref::<Refused>().is_some());

        let (acceptor, _) = krb5(&[Act::Continue(b"two"), Act::Refuse(token)]);
        let (_, exchange) = continues(acceptor.exchange(None), &init(&[KRB5], Some(b"one"), None));
        let reject = step(exchange, &resp(None, Some(b"three"), None)).unwrap_err();
        assert_eq!(Answer::read(reject.token().unwrap()), answer);
    }
    // A bare mechanism's goes out as it is.
    let (acceptor, _) = krb5(&[Act::Refuse(Some(b"KRB-ERROR"))]);
    let reject = step(acceptor.exchange(None), b"\x6e\x02\x30\x00").unwrap_err();
    assert_eq!(reject.token().unwrap().as_bytes(), b"KRB-ERROR");
}

// The initiator's negState is its own affair, but for reject (see refusals).
#[test]
fn the_initiators_neg_state_decides_nothing() {
    for neg_state in [
        None,
        Some(ACCEPT_COMPLETED),
        Some(ACCEPT_INCOMPLETE),
        Some(REQUEST_MIC),
    ] {
        let run = |mid: Option<NegState>| {
            let (acceptor, _) = krb5(&[
                Act::Continue(b"two"),
                Act::Continue(b"four"),
                Act::Complete(None, INTEGRITY),
            ]);
            let (_, exchange) = continues(acceptor.exchange(None), &init(&[KRB5], Some(b"one"), None));
            let (answer, exchange) = continues(exchange, &resp(mid, Some(b"three"), None));
            let (last, _) = completes(exchange, &resp(mid, Some(b"five"), None));
            (answer, last)
        };
        assert_eq!(run(neg_state), run(None));
    }
}

// A question may stand before every answer, and the negotiation goes on behind it as if there had been none.
#[test]
fn questions_to_the_outside_change_nothing() {
    let scripts: [&[Act]; 5] = [
        &[Act::Complete(Some(b"out"), INTEGRITY)],
        &[Act::Complete(Some(b"out"), DEMANDS_MIC)],
        &[Act::Continue(b"two"), Act::Complete(None, INTEGRITY)],
        &[Act::Continue(b"two"), Act::Complete(None, DEMANDS_MIC)],
        &[Act::Refuse(Some(b"no"))],
    ];
    let mech_types = mech_type_list(&[KRB5]);
    let theirs = mic("initiator", 1, &mech_types);
    let run = |acts: &[Act]| {
        let (acceptor, log) = krb5(acts);
        let mut said = Vec::new();
        let mut token = init(&[KRB5], Some(b"one"), None);
        let mut exchange = acceptor.exchange(None);
        loop {
            match settled_step(exchange, &token) {
                Ok(Step::Continue {
                    token: answer,
                    exchange: next,
                }) => {
                    let answer = Answer::read(&answer);
                    token = match answer.mech_list_mic {
                        Some(_) => resp(None, None, Some(&theirs)),
                        None => resp(None, Some(b"three"), Some(&theirs)),
                    };
                    said.push(Some(answer));
                    exchange = next;
                }
                Ok(Step::Complete { token, .. }) => {
                    said.push(token.as_ref().map(Answer::read));
                    return (said, log.events());
                }
                Ok(Step::Pending(_)) => unreachable!("settled"),
                Err(reject) => {
                    said.push(reject.token().map(Answer::read));
                    return (said, log.events());
                }
            }
        }
    };
    for acts in scripts {
        let asking: Vec<Act> = acts.iter().flat_map(|act| [Act::Ask, Act::Ask, *act]).collect();
        assert_eq!(run(&asking), run(acts), "{acts:?}");
    }
}

#[test]
fn a_bare_mechanism_may_ask_too() {
    let (acceptor, _) = krb5(&[Act::Ask, Act::Complete(Some(b"AP-REP"), INTEGRITY)]);
    let Ok(Step::Pending(pending)) = step(acceptor.exchange(None), b"\x6e\x02\x30\x00") else {
        panic!();
    };
    let Ok(Step::Complete { token, context }) = pollster::block_on(pending) else {
        panic!();
    };
    assert_eq!(token.unwrap().as_bytes(), b"AP-REP");
    assert_eq!(context.negotiation(), Negotiation::Bare);
}
