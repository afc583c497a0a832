//! An acceptor of two mechanisms, an initiator of both, and somebody between them who wants the weaker one (RFC 4178 section 7).

use crate::loopback::{Act, INTEGRITY, Loopback, mic, settled_step};
use crate::tokens::{
    ACCEPT_COMPLETED, ACCEPT_INCOMPLETE, Answer, NegState, REQUEST_MIC, init, mech_type_list, resp,
};
use negotiate_core::{Acceptor, MechType, Reject, Step};

const STRONG: MechType = MechType::KRB5;
const WEAK: MechType = MechType::NTLMSSP;

/// The strong one is preferred; each does with its tokens what its acts say.
fn both(strong: &[Act], weak: &[Act]) -> Acceptor {
    Acceptor::builder()
        .mechanism(Loopback::new(&[STRONG, MechType::MS_KRB5], strong))
        .mechanism(Loopback::new(&[WEAK], weak))
        .build()
        .unwrap()
}

/// What the first token is answered with, and what becomes of the next one.
fn run(acceptor: &Acceptor, first: &[u8], second: &[u8]) -> (Answer, Result<Step, Reject>) {
    match settled_step(acceptor.exchange(None), first) {
        Ok(Step::Continue { token, exchange }) => (Answer::read(&token), settled_step(exchange, second)),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn is_refused(step: Result<Step, Reject>, code: &str) {
    assert_eq!(step.unwrap_err().reason().code(), code);
}

/// The initiator offers the strong one first. Whatever list arrives instead, and with or without the initiator's MIC, nobody
/// gets in by the weak one.
#[test]
fn a_list_without_the_better_mechanism_lets_nobody_in() {
    let offered = mech_type_list(&[STRONG, WEAK]);
    let theirs = mic("initiator", 1, &offered);
    for changed in [&[WEAK][..], &[WEAK, STRONG]] {
        // The weak one ends with the initiator's token (NTLM's AUTHENTICATE) or with ours.
        for (out, missing) in [(None, "spnego.mic_missing"), (Some(&b"out"[..]), "owed")] {
            let acceptor = both(&[], &[Act::Complete(out, INTEGRITY)]);
            let first = init(changed, None, None);
            let with_mic = run(&acceptor, &first, &resp(None, Some(b"weak"), Some(&theirs)));
            assert_eq!(with_mic.0, Answer::new(REQUEST_MIC).mech(WEAK));
            is_refused(with_mic.1, "spnego.mic_wrong");
            let (_, stripped) = run(&acceptor, &first, &resp(None, Some(b"weak"), None));
            match stripped {
                Ok(Step::Continue { exchange, .. }) if missing == "owed" => {
                    is_refused(
                        settled_step(exchange, &resp(None, None, Some(&theirs))),
                        "spnego.mic_wrong",
                    );
                }
                other => is_refused(other, missing),
            }
        }
        // In one token, and in three.
        let acceptor = both(&[], &[Act::Complete(None, INTEGRITY)]);
        let (_, step) = run(
            &acceptor,
            &init(changed, Some(b"weak"), None),
            &resp(None, None, None),
        );
        is_refused(step, "spnego.mic_missing");
        let acceptor = both(
            &[],
            &[Act::Continue(b"challenge"), Act::Complete(None, INTEGRITY)],
        );
        let first = init(changed, Some(b"negotiate"), None);
        let (answer, step) = run(&acceptor, &first, &resp(None, Some(b"authenticate"), None));
        assert_eq!(answer, Answer::new(REQUEST_MIC).mech(WEAK).token(b"challenge"));
        is_refused(step, "spnego.mic_missing");
    }
}

/// Section 3.2 c) II: who really has the weak one alone, or first, is asked for a MIC, and gets in with it.
#[test]
fn who_prefers_the_weaker_mechanism_proves_it() {
    for offered in [&[WEAK][..], &[WEAK, STRONG]] {
        let list = mech_type_list(offered);
        let (theirs, ours) = (mic("initiator", 1, &list), mic("acceptor", 1, &list));
        let acceptor = both(
            &[],
            &[Act::Continue(b"challenge"), Act::Complete(None, INTEGRITY)],
        );
        let first = init(offered, Some(b"negotiate"), None);
        let (answer, step) = run(
            &acceptor,
            &first,
            &resp(None, Some(b"authenticate"), Some(&theirs)),
        );
        assert_eq!(answer, Answer::new(REQUEST_MIC).mech(WEAK).token(b"challenge"));
        let Ok(Step::Complete {
            token: Some(token), ..
        }) = step
        else {
            panic!("{step:?}");
        };
        assert_eq!(Answer::read(&token), Answer::new(ACCEPT_COMPLETED).mic(ours));
    }
}

/// Section 5: of both sides' favourite nothing has to be proved, by whichever of its names.
#[test]
fn both_sides_favourite_needs_no_mic() {
    for offered in [[STRONG, WEAK], [MechType::MS_KRB5, WEAK]] {
        let complete = |acceptor: Acceptor, token: Option<&[u8]>, neg_state: NegState| match settled_step(
            acceptor.exchange(None),
            &init(&offered, token, None),
        ) {
            Ok(Step::Complete { token, .. }) => token.unwrap(),
            Ok(Step::Continue { token, .. }) => {
                assert_eq!(Answer::read(&token).neg_state, neg_state);
                token
            }
            other => panic!("{other:?}"),
        };
        let done = complete(
            both(&[Act::Complete(None, INTEGRITY)], &[]),
            Some(b"one"),
            ACCEPT_COMPLETED,
        );
        assert_eq!(
            Answer::read(&done),
            Answer::new(ACCEPT_COMPLETED).mech(offered[0])
        );
        let going_on = complete(
            both(&[Act::Continue(b"two")], &[]),
            Some(b"one"),
            ACCEPT_INCOMPLETE,
        );
        assert_eq!(
            Answer::read(&going_on),
            Answer::new(ACCEPT_INCOMPLETE).mech(offered[0]).token(b"two")
        );
        let asked = complete(both(&[], &[]), None, ACCEPT_INCOMPLETE);
        assert_eq!(
            Answer::read(&asked),
            Answer::new(ACCEPT_INCOMPLETE).mech(offered[0])
        );
    }
}
