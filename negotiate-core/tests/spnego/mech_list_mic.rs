//! RFC 4178 section 5, row by row: when mechListMICs are due, who sends which when, and that nothing completes without
//! one that is due.

use crate::loopback::{
    Act, DEMANDS_MIC, Event, INTEGRITY, Log, Loopback, NO_INTEGRITY, NO_MICS, Offers, acceptor, mic,
    settled_step,
};
use crate::tokens::{
    ACCEPT_COMPLETED, ACCEPT_INCOMPLETE, Answer, REJECT, REQUEST_MIC, init, mech_type_list, resp,
};
use negotiate_core::{MechType, SpnegoError, Step};

const KRB5: MechType = MechType::KRB5;
const NTLMSSP: MechType = MechType::NTLMSSP;

/// Where the mechanism stands in the initiator's list.
#[derive(Clone, Copy, Debug)]
enum Place {
    Favourite,
    Second,
}

/// Runs an exchange up to the mechanism's last token, whose answer comes back.
struct Run {
    place: Place,
    /// The mechanism's acts, one for each of the initiator's mechanism tokens.
    acts: Vec<Act>,
    /// What comes with the last mechanism token.
    mic: Option<Vec<u8>>,
}

struct Outcome {
    step: Result<Step, negotiate_core::Reject>,
    log: Log,
}

impl Place {
    fn mech_types(self) -> Vec<u8> {
        mech_type_list(self.offered())
    }

    fn offered(self) -> &'static [MechType] {
        match self {
            Self::Favourite => &[KRB5, NTLMSSP],
            Self::Second => &[NTLMSSP, KRB5],
        }
    }

    fn theirs(self) -> Vec<u8> {
        mic("initiator", 1, &self.mech_types())
    }

    fn ours(self) -> Vec<u8> {
        mic("acceptor", 1, &self.mech_types())
    }
}

impl Run {
    fn outcome(self) -> Outcome {
        let mechanism = Loopback::new(&[KRB5], &self.acts);
        let log = mechanism.log();
        let acceptor = acceptor(mechanism);
        let exchange = acceptor.exchange(None);
        let offered = self.place.offered();
        let rest = self.acts.len();
        let (mut exchange, mut rest) = match self.place {
            Place::Favourite => {
                let mic = self.mic.as_deref().filter(|_| rest == 1);
                let step = settled_step(exchange, &init(offered, Some(b"token"), mic));
                match step {
                    Ok(Step::Continue { exchange, .. }) if rest > 1 => (exchange, rest - 1),
                    step => return Outcome { step, log },
                }
            }
            Place::Second => match settled_step(exchange, &init(offered, Some(b"another's"), None)) {
                Ok(Step::Continue { exchange, .. }) => (exchange, rest),
                other => panic!("{other:?}"),
            },
        };
        loop {
            let mic = self.mic.as_deref().filter(|_| rest == 1);
            let step = settled_step(exchange, &resp(None, Some(b"token"), mic));
            match step {
                Ok(Step::Continue { exchange: next, .. }) if rest > 1 => (exchange, rest) = (next, rest - 1),
                step => return Outcome { step, log },
            }
        }
    }
}

impl Outcome {
    #[track_caller]
    fn completes(self, answer: &Answer) -> Vec<Event> {
        match self.step {
            Ok(Step::Complete {
                token: Some(token),
                mut context,
            }) => {
                assert_eq!(Answer::read(&token), *answer);
                let events = self.log.after_tokens();
                // After MICs the mechanism counts from the beginning, as if there had been none.
                assert_eq!(
                    context.per_message().get_mic(b"x").unwrap(),
                    mic("acceptor", 1, b"x")
                );
                events
            }
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn refuses(self, code: &str) {
        let reject = self.step.unwrap_err();
        assert_eq!(reject.reason().code(), code);
        assert_eq!(Answer::read(reject.token().unwrap()), Answer::new(REJECT));
    }

    // Our MIC is out; the initiator's comes now.
    #[track_caller]
    fn owes(self, answer: &Answer, token: &[u8]) -> (Result<Step, negotiate_core::Reject>, Log) {
        match self.step {
            Ok(Step::Continue {
                token: sent,
                exchange,
            }) => {
                assert_eq!(Answer::read(&sent), *answer);
                (settled_step(exchange, token), self.log)
            }
            other => panic!("{other:?}"),
        }
    }
}

fn one_token(place: Place, output: Option<&'static [u8]>, offers: Offers, mic: Option<Vec<u8>>) -> Outcome {
    Run {
        place,
        acts: vec![Act::Complete(output, offers)],
        mic,
    }
    .outcome()
}

fn two_tokens(place: Place, output: Option<&'static [u8]>, offers: Offers, mic: Option<Vec<u8>>) -> Outcome {
    Run {
        place,
        acts: vec![Act::Continue(b"middle"), Act::Complete(output, offers)],
        mic,
    }
    .outcome()
}

const BOTH: [Event; 4] = [
    Event::Completed,
    Event::VerifiedMic,
    Event::MadeMic,
    Event::MicsDone,
];

// "no mechlistMIC token is used" without integrity, whatever the list and the mechanism demand.
#[test]
fn none_is_due_without_integrity() {
    one_token(Place::Second, Some(b"out"), NO_INTEGRITY, None)
        .completes(&Answer::new(ACCEPT_COMPLETED).token(b"out"));
    one_token(Place::Second, None, NO_INTEGRITY, None).completes(&Answer::new(ACCEPT_COMPLETED));
}

// b) and c) III, the favourite: MICs are optional, and omitted for the sake of old Windows.
#[test]
fn none_is_sent_where_none_is_due() {
    let first = Answer::new(ACCEPT_COMPLETED).mech(KRB5);
    for run in [
        one_token(Place::Favourite, None, INTEGRITY, None),
        one_token(Place::Favourite, Some(b""), INTEGRITY, None),
    ] {
        assert_eq!(run.completes(&first), [Event::Completed]);
    }
    assert_eq!(
        one_token(Place::Favourite, Some(b"out"), INTEGRITY, None).completes(&first.token(b"out")),
        [Event::Completed]
    );
    assert_eq!(
        two_tokens(Place::Favourite, None, INTEGRITY, None).completes(&Answer::new(ACCEPT_COMPLETED)),
        [Event::Completed]
    );
}

// c) I: the initiator sent the last mechanism token, and its MIC with it.
#[test]
fn one_that_came_is_verified_and_answered() {
    for place in [Place::Favourite, Place::Second] {
        let first = match place {
            Place::Favourite => Answer::new(ACCEPT_COMPLETED).mech(KRB5),
            Place::Second => Answer::new(ACCEPT_COMPLETED),
        };
        for offers in [INTEGRITY, DEMANDS_MIC, NO_INTEGRITY] {
            assert_eq!(
                one_token(place, None, offers, Some(place.theirs())).completes(&Answer {
                    mech_list_mic: Some(place.ours()),
                    ..first.clone()
                }),
                BOTH
            );
            assert_eq!(
                two_tokens(place, None, offers, Some(place.theirs()))
                    .completes(&Answer::new(ACCEPT_COMPLETED).mic(place.ours())),
                BOTH
            );
        }
        // With our token as the last one, too: the initiator's keys stood earlier than they had to.
        assert_eq!(
            one_token(place, Some(b"out"), INTEGRITY, Some(place.theirs())).completes(&Answer {
                mech_list_mic: Some(place.ours()),
                ..first.token(b"out")
            }),
            BOTH
        );
    }
}

// c) II.
#[test]
fn a_wrong_one_ends_the_negotiation() {
    for place in [Place::Favourite, Place::Second] {
        let over_another_list = mic("initiator", 1, &mech_type_list(&[KRB5]));
        for wrong in [&b"wrong"[..], b"", &over_another_list, &place.ours()] {
            for offers in [INTEGRITY, DEMANDS_MIC, NO_INTEGRITY] {
                one_token(place, None, offers, Some(wrong.to_vec())).refuses("spnego.mic_wrong");
                one_token(place, Some(b"out"), offers, Some(wrong.to_vec())).refuses("spnego.mic_wrong");
                two_tokens(place, None, offers, Some(wrong.to_vec())).refuses("spnego.mic_wrong");
            }
        }
        let second = mic("initiator", 2, &place.mech_types());
        one_token(place, None, INTEGRITY, Some(second)).refuses("spnego.mic_out_of_sequence");
    }
}

// c) V.
#[test]
fn a_missing_one_ends_the_negotiation() {
    one_token(Place::Second, None, INTEGRITY, None).refuses("spnego.mic_missing");
    two_tokens(Place::Second, None, INTEGRITY, None).refuses("spnego.mic_missing");
    two_tokens(Place::Second, Some(b""), INTEGRITY, None).refuses("spnego.mic_missing");
    two_tokens(Place::Favourite, None, DEMANDS_MIC, None).refuses("spnego.mic_missing");
    // A copy of the token is no MIC.
    one_token(Place::Second, None, INTEGRITY, Some(b"token".to_vec())).refuses("spnego.mic_missing");
}

// b) the acceptor sends the last mechanism token and its MIC with it; I: the initiator's MIC comes after.
#[test]
fn ours_goes_with_our_last_token_and_theirs_comes_after() {
    let rows: [(Place, Outcome, Answer); 4] = [
        (
            Place::Second,
            one_token(Place::Second, Some(b"out"), INTEGRITY, None),
            Answer::new(ACCEPT_INCOMPLETE).token(b"out"),
        ),
        (
            Place::Second,
            two_tokens(Place::Second, Some(b"out"), INTEGRITY, None),
            Answer::new(ACCEPT_INCOMPLETE).token(b"out"),
        ),
        // The mechanism demands what the list does not; the initiator learns it here.
        (
            Place::Favourite,
            one_token(Place::Favourite, Some(b"out"), DEMANDS_MIC, None),
            Answer::new(REQUEST_MIC).mech(KRB5).token(b"out"),
        ),
        (
            Place::Favourite,
            two_tokens(Place::Favourite, Some(b"out"), DEMANDS_MIC, None),
            Answer::new(ACCEPT_INCOMPLETE).token(b"out"),
        ),
    ];
    for (place, outcome, answer) in rows {
        let last = resp(Some(ACCEPT_COMPLETED), None, Some(&place.theirs()));
        let (step, log) = outcome.owes(&answer.mic(place.ours()), &last);
        let Ok(Step::Complete {
            token: None,
            mut context,
        }) = step
        else {
            panic!("{step:?}");
        };
        assert_eq!(
            log.after_tokens(),
            [
                Event::Completed,
                Event::MadeMic,
                Event::VerifiedMic,
                Event::MicsDone
            ]
        );
        assert_eq!(
            context.per_message().get_mic(b"x").unwrap(),
            mic("acceptor", 1, b"x")
        );
    }
}

// c) IV: the optimistic token was the last one, and the initiator could not know.
#[test]
fn a_request_for_one_in_the_first_reply_brings_ours_along() {
    let place = Place::Favourite;
    let answer = Answer::new(REQUEST_MIC).mech(KRB5).mic(place.ours());
    let last = resp(None, None, Some(&place.theirs()));
    let (step, _) = one_token(place, None, DEMANDS_MIC, None).owes(&answer, &last);
    assert!(matches!(step, Ok(Step::Complete { token: None, .. })), "{step:?}");
}

#[test]
fn what_is_owed_must_come_alone_and_be_right() {
    let place = Place::Second;
    let answer = || Answer::new(ACCEPT_INCOMPLETE).token(b"out").mic(place.ours());
    let owed = |token: &[u8]| {
        one_token(place, Some(b"out"), INTEGRITY, None)
            .owes(&answer(), token)
            .0
    };
    for (token, code) in [
        (
            resp(Some(ACCEPT_COMPLETED), None, Some(b"wrong")),
            "spnego.mic_wrong",
        ),
        (resp(Some(ACCEPT_COMPLETED), None, None), "spnego.mic_missing"),
        (
            resp(None, Some(b"more"), Some(&place.theirs())),
            "spnego.mech_token_after_end",
        ),
        (resp(None, Some(b"more"), None), "spnego.mech_token_after_end"),
        (
            resp(Some(REJECT), None, Some(&place.theirs())),
            "spnego.initiator_rejected",
        ),
        (b"".to_vec(), "spnego.empty_token"),
    ] {
        assert_eq!(owed(&token).unwrap_err().reason().code(), code);
    }
    // An empty token beside it is how old peers leave one out.
    let empty = resp(None, Some(b""), Some(&place.theirs()));
    assert!(matches!(owed(&empty), Ok(Step::Complete { .. })));
}

#[test]
fn a_mechanism_that_makes_none_cannot_complete_where_one_is_due() {
    one_token(Place::Second, Some(b"out"), NO_MICS, None).refuses("spnego.mic_not_made");
    one_token(Place::Second, None, NO_MICS, Some(Place::Second.theirs())).refuses("spnego.mic_not_made");
}

// Two tokens of the mechanism, and the MIC with the first: nothing can have keyed it.
#[test]
fn one_before_the_mechanisms_end_is_refused() {
    let mechanism = Loopback::new(
        &[KRB5],
        &[Act::Continue(b"middle"), Act::Complete(None, INTEGRITY)],
    );
    let theirs = Place::Favourite.theirs();
    let token = init(Place::Favourite.offered(), Some(b"token"), Some(&theirs));
    let reject = settled_step(acceptor(mechanism).exchange(None), &token).unwrap_err();
    assert!(matches!(reject.downcast_ref(), Some(SpnegoError::MicTooEarly)));
    assert_eq!(reject.reason().code(), "spnego.mic_too_early");
}
