//! The initiator's side: both ends together, row by row of RFC 4178 section 5, and answers that no acceptor may give.

use crate::loopback::{
    Act, DEMANDS_MIC, Event, INTEGRITY, Log, Loopback, Mics, NO_INTEGRITY, NO_MICS, NoRandom, Offers,
    Refused, acceptor, mic, settled_step,
};
use crate::tokens::{ACCEPT_COMPLETED, ACCEPT_INCOMPLETE, Answer, REJECT, REQUEST_MIC, mech_type_list};
use negotiate_core::der::Writer;
use negotiate_core::{
    Ambient, InitiateContext, InitiateStep, Initiated, Initiator, MechReject, MechType, Name, NameKind,
    SpnegoInitiator, Step, Timestamp, Token,
};
use std::collections::VecDeque;
use testvectors::{Framing, captures};

const KRB5: MechType = MechType::KRB5;
const MS_KRB5: MechType = MechType::MS_KRB5;
const NTLMSSP: MechType = MechType::NTLMSSP;

/// What the initiating mechanism does, at first and with each token.
#[derive(Clone, Copy, Debug)]
enum Say {
    /// Continue, with this token.
    Continue(&'static [u8]),
    /// Complete, with this token or none.
    Complete(Option<&'static [u8]>, Offers),
    /// Refuse.
    Refuse,
}

#[derive(Debug)]
struct Scripted {
    mech_types: Vec<MechType>,
    says: VecDeque<Say>,
    log: Log,
}

impl Scripted {
    fn new(mech_types: &[MechType], says: &[Say]) -> Self {
        Self {
            mech_types: mech_types.to_vec(),
            says: says.iter().copied().collect(),
            log: Log::default(),
        }
    }

    fn log(&self) -> Log {
        self.log.clone()
    }

    fn say(mut self) -> Result<InitiateStep, MechReject> {
        match self
            .says
            .pop_front()
            .expect("the script has a word for each token")
        {
            Say::Continue(output) => Ok(InitiateStep::Continue {
                output: output.to_vec().into(),
                next: Box::new(self),
            }),
            Say::Complete(output, offers) => {
                self.log.push(Event::Completed);
                Ok(InitiateStep::Complete {
                    output: output.map(|output| output.to_vec().into()),
                    initiated: Initiated {
                        mech_type: self.mech_types[0],
                        acceptor: Name::new("HTTP/www@LOOPBACK".into(), 0..8, 9..17, NameKind::Named),
                        flags: offers.flags,
                        expires: None,
                        per_message: Box::new(Mics::new(["initiator", "acceptor"], offers, self.log.clone())),
                        mech_list_mic: offers.mech_list_mic,
                    },
                })
            }
            Say::Refuse => Err(Refused.into()),
        }
    }
}

impl Initiator for Scripted {
    fn mech_types(&self) -> &[MechType] {
        &self.mech_types
    }

    fn begin(self: Box<Self>, _: &mut Ambient<'_>) -> Result<InitiateStep, MechReject> {
        self.say()
    }
}

impl InitiateContext for Scripted {
    fn step(self: Box<Self>, input: &[u8], _: &mut Ambient<'_>) -> Result<InitiateStep, MechReject> {
        self.log.push(Event::Given(input.to_vec()));
        self.say()
    }
}

fn now(
    run: impl FnOnce(&mut Ambient<'_>) -> Result<InitiateStep, MechReject>,
) -> Result<InitiateStep, MechReject> {
    run(&mut Ambient {
        now: Timestamp::from_unix(1_795_327_035),
        random: &mut NoRandom,
    })
}

/// A favourite that the acceptor may not have, and another one.
fn offering(favourite: Scripted, other: Option<Scripted>) -> SpnegoInitiator {
    let offer = SpnegoInitiator::new(favourite);
    match other {
        Some(other) => offer.or(other),
        None => offer,
    }
}

/// Both ends of one exchange: which mechanism types are offered, and what either side does.
struct Both {
    favourite: (&'static [MechType], Vec<Say>),
    other: Option<(&'static [MechType], Vec<Say>)>,
    acceptor: Vec<Act>,
}

/// Runs both ends to the end of each; gives what either did besides taking tokens.
fn run(both: &Both) -> (Vec<Event>, Vec<Event>, usize) {
    let mechanism = Loopback::new(&[KRB5, MS_KRB5], &both.acceptor);
    let acceptor_log = mechanism.log();
    let acceptor = acceptor(mechanism);
    let mut exchange = Some(acceptor.exchange(None));
    let favourite = Scripted::new(both.favourite.0, &both.favourite.1);
    let other = both
        .other
        .as_ref()
        .map(|(mech_types, says)| Scripted::new(mech_types, says));
    let log = other.as_ref().unwrap_or(&favourite).log();

    let initiator = Box::new(offering(favourite, other));
    let mut step = now(|ambient| initiator.begin(ambient)).unwrap();
    let mut tokens = 0;
    loop {
        let (output, next) = match step {
            InitiateStep::Continue { output, next } => (Some(output), Some(next)),
            InitiateStep::Complete { output, .. } => (output, None),
        };
        let Some(output) = output else { break };
        tokens += 1;
        let answered = settled_step(exchange.take().expect("the acceptor waits"), output.as_bytes()).unwrap();
        let answer = match answered {
            Step::Continue {
                token,
                exchange: waiting,
            } => {
                exchange = Some(waiting);
                Some(token)
            }
            Step::Complete { token, .. } => token,
            Step::Pending(_) => unreachable!("settled"),
        };
        match (answer, next) {
            (Some(answer), Some(next)) => {
                tokens += 1;
                step = now(|ambient| next.step(answer.as_bytes(), ambient)).unwrap();
            }
            (None, None) => break,
            (answer, next) => panic!("{answer:?} for {}", next.is_some()),
        }
    }
    assert!(exchange.is_none(), "the acceptor still waits");
    (log.after_tokens(), acceptor_log.after_tokens(), tokens)
}

const WITH_MICS: [Event; 4] = [
    Event::Completed,
    Event::MadeMic,
    Event::VerifiedMic,
    Event::MicsDone,
];

fn sorted(mut events: Vec<Event>) -> Vec<String> {
    events.sort_by_key(|event| format!("{event:?}"));
    events.iter().map(|event| format!("{event:?}")).collect()
}

#[track_caller]
fn both_protect_the_list(both: &Both, tokens: usize) {
    let (initiator, acceptor, count) = run(both);
    assert_eq!(sorted(initiator), sorted(WITH_MICS.to_vec()));
    assert_eq!(sorted(acceptor), sorted(WITH_MICS.to_vec()));
    assert_eq!(count, tokens);
}

#[test]
fn without_mics_where_the_favourite_is_taken() {
    for (says, acts, tokens) in [
        (
            vec![Say::Continue(b"1"), Say::Complete(None, INTEGRITY)],
            vec![Act::Complete(Some(b"2"), INTEGRITY)],
            2,
        ),
        // Not mutual: the mechanism is done before the acceptor has said anything.
        (
            vec![Say::Complete(Some(b"1"), INTEGRITY)],
            vec![Act::Complete(None, INTEGRITY)],
            2,
        ),
        // The mechanism has a third leg.
        (
            vec![Say::Continue(b"1"), Say::Complete(Some(b"3"), INTEGRITY)],
            vec![Act::Continue(b"2"), Act::Complete(None, INTEGRITY)],
            4,
        ),
        (
            vec![Say::Continue(b"1"), Say::Complete(None, NO_INTEGRITY)],
            vec![Act::Complete(Some(b"2"), NO_INTEGRITY)],
            2,
        ),
    ] {
        let (initiator, acceptor, count) = run(&Both {
            favourite: (&[KRB5], says),
            other: None,
            acceptor: acts,
        });
        assert_eq!(initiator, [Event::Completed]);
        assert_eq!(acceptor, [Event::Completed]);
        assert_eq!(count, tokens);
    }
}

#[test]
fn with_mics_where_another_than_the_favourite_is_taken() {
    let favourite = || (&[NTLMSSP][..], vec![Say::Continue(b"ntlm")]);
    // The acceptor ends the mechanism.
    both_protect_the_list(
        &Both {
            favourite: favourite(),
            other: Some((&[KRB5], vec![Say::Continue(b"1"), Say::Complete(None, INTEGRITY)])),
            acceptor: vec![Act::Complete(Some(b"2"), INTEGRITY)],
        },
        5,
    );
    // The initiator does.
    both_protect_the_list(
        &Both {
            favourite: favourite(),
            other: Some((&[KRB5], vec![Say::Complete(Some(b"1"), INTEGRITY)])),
            acceptor: vec![Act::Complete(None, INTEGRITY)],
        },
        4,
    );
}

#[test]
fn with_mics_where_the_mechanism_demands_them() {
    both_protect_the_list(
        &Both {
            favourite: (
                &[KRB5],
                vec![Say::Continue(b"1"), Say::Complete(Some(b"3"), DEMANDS_MIC)],
            ),
            other: None,
            acceptor: vec![Act::Continue(b"2"), Act::Complete(None, DEMANDS_MIC)],
        },
        4,
    );
    both_protect_the_list(
        &Both {
            favourite: (
                &[KRB5],
                vec![Say::Continue(b"1"), Say::Complete(None, DEMANDS_MIC)],
            ),
            other: None,
            acceptor: vec![Act::Complete(Some(b"2"), DEMANDS_MIC)],
        },
        3,
    );
}

/// An acceptor's answer, written.
fn answer(said: &Answer) -> Vec<u8> {
    let mut out = Writer::new();
    out.field(1, |choice| {
        choice.sequence(|sequence| {
            sequence.field(0, |field| field.enumerated(said.neg_state.into()));
            if let Some(mech) = &said.supported_mech {
                sequence.field(1, |field| field.object_identifier(mech));
            }
            for (number, content) in [(2, &said.response_token), (3, &said.mech_list_mic)] {
                if let Some(content) = content {
                    sequence.field(number, |field| field.octet_string(content));
                }
            }
        });
    });
    out.into_bytes()
}

/// What an initiator makes of these answers, the last of which ends it.
fn code_after(says: &[Say], answers: &[Answer]) -> &'static str {
    let initiator = Box::new(offering(
        Scripted::new(&[KRB5, MS_KRB5], says),
        Some(Scripted::new(
            &[NTLMSSP],
            &[Say::Continue(b"ntlm"), Say::Complete(None, INTEGRITY)],
        )),
    ));
    let mut step = now(|ambient| initiator.begin(ambient)).unwrap();
    for (number, said) in answers.iter().enumerate() {
        let InitiateStep::Continue { next, .. } = step else {
            panic!("over before answer {number}")
        };
        match now(|ambient| next.step(&answer(said), ambient)) {
            Ok(next) => step = next,
            Err(reject) => {
                assert_eq!(number + 1, answers.len(), "refused too early: {reject:?}");
                return reject.reason.code();
            }
        }
    }
    match step {
        InitiateStep::Complete { .. } => "complete",
        InitiateStep::Continue { .. } => "continue",
    }
}

const MUTUAL: [Say; 2] = [Say::Continue(b"1"), Say::Complete(None, INTEGRITY)];
const ONE_WAY: [Say; 1] = [Say::Complete(Some(b"1"), INTEGRITY)];
const THREE_LEGS: [Say; 2] = [Say::Continue(b"1"), Say::Complete(Some(b"3"), INTEGRITY)];

fn list() -> Vec<u8> {
    mech_type_list(&[KRB5, MS_KRB5, NTLMSSP])
}

#[test]
fn only_answers_that_may_be_given_complete() {
    let completed = || Answer::new(ACCEPT_COMPLETED);
    let incomplete = || Answer::new(ACCEPT_INCOMPLETE);
    let theirs = |number| mic("acceptor", number, &list());
    let rows: Vec<(&str, &[Say], Vec<Answer>)> = vec![
        ("complete", &MUTUAL, vec![completed().mech(KRB5).token(b"2")]),
        (
            "complete",
            &MUTUAL,
            vec![completed().mech(KRB5).token(b"2").mic(theirs(1))],
        ),
        ("complete", &ONE_WAY, vec![completed().mech(KRB5)]),
        (
            "complete",
            &THREE_LEGS,
            vec![incomplete().mech(KRB5).token(b"2"), completed()],
        ),
        // RFC 4178 section 4.2.2.
        ("spnego.acceptor_rejected", &MUTUAL, vec![Answer::new(REJECT)]),
        (
            "spnego.acceptor_rejected",
            &ONE_WAY,
            vec![Answer::new(REJECT).mech(KRB5)],
        ),
        (
            "spnego.acceptor_rejected",
            &THREE_LEGS,
            vec![incomplete().mech(KRB5).token(b"2"), Answer::new(REJECT)],
        ),
        (
            "spnego.supported_mech_missing",
            &MUTUAL,
            vec![completed().token(b"2")],
        ),
        (
            "spnego.supported_mech_again",
            &THREE_LEGS,
            vec![incomplete().mech(KRB5).token(b"2"), completed().mech(KRB5)],
        ),
        (
            "spnego.mech_not_offered",
            &MUTUAL,
            vec![incomplete().mech(MechType::NEGOEX)],
        ),
        (
            "spnego.choice_without_token",
            &MUTUAL,
            vec![incomplete().mech(NTLMSSP).token(b"2")],
        ),
        (
            "spnego.choice_without_token",
            &MUTUAL,
            vec![completed().mech(NTLMSSP)],
        ),
        // An acceptor that has no proof says that it has accepted.
        ("spnego.mech_token_missing", &MUTUAL, vec![completed().mech(KRB5)]),
        (
            "spnego.mech_token_missing",
            &MUTUAL,
            vec![incomplete().mech(KRB5)],
        ),
        (
            "spnego.mech_token_after_end",
            &ONE_WAY,
            vec![completed().mech(KRB5).token(b"2")],
        ),
        (
            "spnego.mech_token_after_end",
            &THREE_LEGS,
            vec![incomplete().mech(KRB5).token(b"2"), completed().token(b"4")],
        ),
        (
            "spnego.completed_too_early",
            &THREE_LEGS,
            vec![completed().mech(KRB5).token(b"2")],
        ),
        (
            "spnego.completed_too_early",
            &[Say::Continue(b"1"), Say::Continue(b"3")],
            vec![completed().mech(KRB5).token(b"2")],
        ),
        (
            "spnego.not_completed",
            &MUTUAL,
            vec![incomplete().mech(KRB5).token(b"2")],
        ),
        (
            "spnego.not_completed",
            &THREE_LEGS,
            vec![incomplete().mech(KRB5).token(b"2"), incomplete()],
        ),
        // Section 5.
        (
            "spnego.mic_too_early",
            &[Say::Continue(b"1"), Say::Continue(b"3")],
            vec![incomplete().mech(KRB5).token(b"2").mic(theirs(1))],
        ),
        (
            "spnego.mic_not_due",
            &THREE_LEGS,
            vec![incomplete().mech(KRB5).token(b"2"), completed().mic(theirs(1))],
        ),
        (
            "spnego.mic_wrong",
            &MUTUAL,
            vec![completed().mech(KRB5).token(b"2").mic(b"wrong".to_vec())],
        ),
        (
            "spnego.mic_out_of_sequence",
            &MUTUAL,
            vec![completed().mech(KRB5).token(b"2").mic(theirs(2))],
        ),
        // The choice is not the head of the list: somebody may have changed it.
        (
            "spnego.mic_missing",
            &MUTUAL,
            vec![completed().mech(MS_KRB5).token(b"2")],
        ),
        ("continue", &MUTUAL, vec![incomplete().mech(MS_KRB5).token(b"2")]),
        (
            "spnego.mic_missing",
            &MUTUAL,
            vec![incomplete().mech(MS_KRB5).token(b"2"), completed()],
        ),
        (
            "complete",
            &MUTUAL,
            vec![incomplete().mech(MS_KRB5).token(b"2"), completed().mic(theirs(1))],
        ),
        ("continue", &ONE_WAY, vec![Answer::new(REQUEST_MIC).mech(KRB5)]),
        (
            "spnego.mic_wrong",
            &ONE_WAY,
            vec![
                Answer::new(REQUEST_MIC).mech(KRB5),
                completed().mic(mic("initiator", 1, &list())),
            ],
        ),
        (
            "spnego.mic_not_made",
            &[Say::Complete(Some(b"1"), NO_MICS)],
            vec![Answer::new(REQUEST_MIC).mech(KRB5)],
        ),
        (
            "loopback.refused",
            &[Say::Continue(b"1"), Say::Refuse],
            vec![completed().mech(KRB5).token(b"2")],
        ),
        // The mechanism's own reason comes with a reject.
        (
            "loopback.refused",
            &[Say::Continue(b"1"), Say::Refuse],
            vec![Answer::new(REJECT).token(b"2")],
        ),
    ];
    for (number, (code, says, answers)) in rows.iter().enumerate() {
        assert_eq!(code_after(says, answers), *code, "row {number}: {answers:?}");
    }
}

#[test]
fn what_is_no_answer_is_refused_by_its_name() {
    for (input, code) in [
        (&b""[..], "spnego.empty_token"),
        (b"\x60\x02\x06\x00", "spnego.not_a_response"),
        (b"\xa1\x20\x30", "spnego.truncated"),
        (b"\xa1\x02\x04\x00", "spnego.malformed"),
    ] {
        let initiator = Box::new(SpnegoInitiator::new(Scripted::new(&[KRB5], &MUTUAL)));
        let Ok(InitiateStep::Continue { next, .. }) = now(|ambient| initiator.begin(ambient)) else {
            panic!()
        };
        let reject = now(|ambient| next.step(input, ambient)).unwrap_err();
        assert_eq!(reject.reason.code(), code, "{input:02x?}");
    }
}

// What real acceptors answered to favourites that they took is taken, and the mechanism gets exactly its part.
#[test]
fn real_acceptors_answers_are_taken() {
    let mut taken = 0;
    for capture in captures() {
        if capture.framing() != Framing::Spnego || capture.name() == "samba/ldapsearch-gss-spnego" {
            continue;
        }
        let Some(answer) = capture.acceptor_token() else {
            continue;
        };
        let said = Answer::read(&Token::from(answer.clone()));
        let chosen: &[MechType] = if said.supported_mech.as_deref() == Some(MS_KRB5.contents()) {
            &[MS_KRB5]
        } else {
            &[KRB5]
        };
        let says: &[Say] = if said.response_token.is_some() {
            &MUTUAL
        } else {
            &ONE_WAY
        };
        let mechanism = Scripted::new(chosen, says);
        let log = mechanism.log();
        let initiator = Box::new(SpnegoInitiator::new(mechanism));
        let Ok(InitiateStep::Continue { next, .. }) = now(|ambient| initiator.begin(ambient)) else {
            panic!()
        };
        let step = now(|ambient| next.step(&answer, ambient));
        assert!(
            matches!(step, Ok(InitiateStep::Complete { output: None, .. })),
            "{}: {step:?}",
            capture.name()
        );
        assert_eq!(
            log.given(),
            said.response_token.into_iter().collect::<Vec<_>>(),
            "{}",
            capture.name()
        );
        taken += 1;
    }
    assert!(taken >= 20, "only {taken}");
}
