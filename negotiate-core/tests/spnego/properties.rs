//! What holds for any input: no panic, no completion without the mechanism's word, no change of a protected list.

use crate::loopback::{
    Act, DEMANDS_MIC, Event, INTEGRITY, Loopback, NO_INTEGRITY, Offers, acceptor, mic, settled_step,
};
use crate::tokens::{init, mech_type_list, resp};
use negotiate_core::{ContextFlags, MechListMic, MechType, Negotiation, Step};
use proptest::prelude::*;
use testvectors::{Framing, captures};

const KRB5: MechType = MechType::KRB5;
const MS_KRB5: MechType = MechType::MS_KRB5;
const NTLMSSP: MechType = MechType::NTLMSSP;

fn offers() -> impl Strategy<Value = Offers> {
    prop::sample::select(vec![INTEGRITY, DEMANDS_MIC, NO_INTEGRITY])
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let output = || prop::sample::select(vec![None, Some(&b"out"[..])]);
    let middle = prop::collection::vec(
        prop_oneof![
            Just(Act::Continue(b"more")),
            Just(Act::Continue(b"")),
            Just(Act::Ask)
        ],
        0..4,
    );
    let last = prop_oneof![
        4 => (output(), offers()).prop_map(|(output, offers)| Act::Complete(output, offers)),
        1 => output().prop_map(Act::Refuse),
    ];
    (middle, last).prop_map(|(mut acts, last)| {
        acts.push(last);
        acts
    })
}

/// Few lists, so that a MIC is often one over the right list.
fn offered() -> impl Strategy<Value = &'static [MechType]> {
    prop::sample::select(vec![
        &[KRB5][..],
        &[MS_KRB5, KRB5],
        &[NTLMSSP, KRB5],
        &[MechType::NEGOEX, MechType::IAKERB],
    ])
}

/// A message that an initiator might send, right or wrong, at any time; with the list, if it has one.
fn message() -> impl Strategy<Value = (Option<&'static [MechType]>, Vec<u8>)> {
    let token = || prop::sample::select(vec![None, Some(&b""[..]), Some(&b"token"[..])]);
    let mic = || {
        let over = |number| move |list: &[MechType]| Some(mic("initiator", number, &mech_type_list(list)));
        prop_oneof![
            4 => Just(None),
            4 => offered().prop_map(over(1)),
            1 => offered().prop_map(over(2)),
            1 => Just(Some(b"token".to_vec())),
        ]
    };
    let neg_state = prop::option::of(0..4_u8);
    prop_oneof![
        4 => (offered(), token(), mic())
            .prop_map(|(list, token, mic)| (Some(list), init(list, token, mic.as_deref()))),
        8 => (neg_state, token(), mic()).prop_map(|(state, token, mic)| (None, resp(state, token, mic.as_deref()))),
        1 => Just((None, Vec::new())),
        1 => Just((None, b"\x6e\x02\x30\x00".to_vec())),
        1 => prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| (None, bytes)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_are_answered(bytes: Vec<u8>, tag in prop::sample::select(vec![0x60, 0x6e, 0xa0, 0xa1, b'N'])) {
        for bytes in [bytes.clone(), [&[tag][..], &bytes].concat()] {
            let mechanism = Loopback::new(&[KRB5], &[Act::Complete(None, INTEGRITY)]);
            let log = mechanism.log();
            let first = settled_step(acceptor(mechanism).exchange(None), &bytes);
            prop_assert_eq!(matches!(first, Ok(Step::Complete { .. })), !log.events().is_empty());

            let mechanism = Loopback::new(&[KRB5], &[Act::Continue(b"two"), Act::Complete(None, INTEGRITY)]);
            let two_legs = acceptor(mechanism);
            let Ok(Step::Continue { exchange, .. }) =
                settled_step(two_legs.exchange(None), &init(&[KRB5], Some(b"one"), None))
            else {
                panic!();
            };
            let _ = settled_step(exchange, &bytes);
        }
    }

    // Whatever an initiator says in whatever order: it is authenticated when the mechanism says so, and where a
    // mechListMIC is due, when a genuine one over the very list it sent was verified and ours was made.
    #[test]
    fn nothing_completes_without_the_mechanism_and_the_mics_that_are_due(
        acts in acts(),
        messages in prop::collection::vec(message(), 1..8),
    ) {
        let mechanism = Loopback::new(&[KRB5, MS_KRB5], &acts);
        let log = mechanism.log();
        let acceptor = acceptor(mechanism);
        let mut exchange = acceptor.exchange(None);
        let mut negotiated = None;
        for (list, message) in messages {
            negotiated = negotiated.or(list);
            match settled_step(exchange, &message) {
                Ok(Step::Continue { exchange: next, .. }) => exchange = next,
                Ok(Step::Pending(_)) => unreachable!("settled"),
                Err(_) => break,
                Ok(Step::Complete { context, .. }) => {
                    let events = log.events();
                    let count = |event: &Event| events.iter().filter(|other| *other == event).count();
                    prop_assert_eq!(count(&Event::Completed), 1);
                    let Some(Act::Complete(_, offers)) = acts.last() else {
                        panic!("completed by refusing");
                    };
                    let due = match context.negotiation() {
                        Negotiation::Bare => false,
                        Negotiation::Spnego => {
                            let favourite = negotiated.and_then(|list| list.first());
                            offers.flags.contains(ContextFlags::INTEGRITY)
                                && (favourite == Some(&NTLMSSP)
                                    || offers.mech_list_mic == MechListMic::Required)
                        }
                    };
                    let mics = [Event::VerifiedMic, Event::MadeMic, Event::MicsDone].map(|event| count(&event));
                    prop_assert!(mics == [1; 3] || (!due && mics == [0; 3]), "{mics:?}, due: {due}");
                    break;
                }
            }
        }
    }
}

fn flips(token: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..token.len() * 8).map(|bit| {
        let mut flipped = token.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        (bit / 8, flipped)
    })
}

// A mechListMIC covers the list as it came: where one is due, a flip is refused wherever it is but in the token of the
// mechanism that was not chosen, which nobody reads, and in the number of that token's field.
#[test]
fn a_flipped_bit_of_a_protected_list_is_refused() {
    let offered = [NTLMSSP, KRB5];
    let list = mech_type_list(&offered);
    let last = resp(None, Some(b"AP-REQ"), Some(&mic("initiator", 1, &list)));
    let first = init(&offered, Some(b"NTLMSSP\0"), None);
    let (field, token) = (first.len() - 12, first.len() - 8);
    for (byte, flipped) in flips(&first) {
        let mechanism = Loopback::new(&[KRB5], &[Act::Complete(None, INTEGRITY)]);
        let outcome = match settled_step(acceptor(mechanism).exchange(None), &flipped) {
            Ok(Step::Continue { exchange, .. }) => settled_step(exchange, &last),
            other => other,
        };
        if byte != field {
            assert_eq!(outcome.is_ok(), byte >= token, "byte {byte}: {outcome:?}");
        }
    }
}

// Without one, a flip outside the mechanism's token is refused, or asks for another token, or changes nothing that the
// mechanism sees: reqFlags, which say nothing, and the bit between the two identifiers of krb5 are all that is left.
#[test]
fn a_flipped_bit_around_a_real_token_changes_nothing_for_the_mechanism() {
    let spnego = captures()
        .into_iter()
        .filter(|capture| capture.framing() == Framing::Spnego && capture.expect() == "accepted");
    let mut tokens = 0;
    for capture in spnego {
        let token = capture.initiator_token();
        let run = |token: &[u8]| {
            let mechanism = Loopback::new(&[KRB5, MS_KRB5], &[Act::Complete(None, INTEGRITY)]);
            let log = mechanism.log();
            let step = settled_step(acceptor(mechanism).exchange(None), token);
            matches!(step, Ok(Step::Complete { .. })).then(|| log.given().remove(0))
        };
        let given = run(&token).unwrap();
        let around = token.len() - given.len();
        tokens += 1;
        for (byte, flipped) in flips(&token).take_while(|(byte, _)| *byte < around) {
            if let Some(now_given) = run(&flipped) {
                assert_eq!(now_given, given, "{}: byte {byte}", capture.name());
                let same_mechanism = flipped[..=byte].ends_with(b"\x2a\x86\x48\x82");
                let req_flags = [byte, byte - 1]
                    .iter()
                    .any(|end| flipped[..*end].ends_with(b"\xa1\x04\x03\x02"));
                assert!(same_mechanism || req_flags, "{}: byte {byte}", capture.name());
            }
        }
    }
    assert!(tokens >= 30, "{tokens}");
}
