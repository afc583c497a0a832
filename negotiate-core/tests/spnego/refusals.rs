//! Every refusal of the negotiation, told apart by its code, and what each says.

use crate::loopback::{Act, DEMANDS_MIC, INTEGRITY, Loopback, NO_MICS, acceptor, mic, settled_step};
use crate::tokens::{Answer, REJECT, framed, init, mech_type_list, resp};
use negotiate_core::{Acceptor, Blame, GssMajor, Limits, MechType, Reject, SpnegoError, Step, Verdict};
use std::collections::BTreeSet;
use testvectors::captures;

const KRB5: MechType = MechType::KRB5;
const NTLMSSP: MechType = MechType::NTLMSSP;
const NEGOEX: MechType = MechType::NEGOEX;
const IAKERB: MechType = MechType::IAKERB;
const UNKNOWN: MechType = MechType::new(b"\x2a\x03\x04\x05", "unknown");

/// What the initiator sends, one after the other; the last one is refused.
fn refusal(acceptor: &Acceptor, tokens: &[Vec<u8>]) -> Reject {
    let (last, before) = tokens.split_last().unwrap();
    let mut exchange = acceptor.exchange(None);
    for token in before {
        exchange = match settled_step(exchange, token) {
            Ok(Step::Continue { exchange, .. }) => exchange,
            other => panic!("{other:?}"),
        };
    }
    settled_step(exchange, last).unwrap_err()
}

fn krb5(acts: &[Act]) -> Acceptor {
    acceptor(Loopback::new(&[KRB5], acts))
}

fn krb5_limited(limits: Limits) -> Acceptor {
    Acceptor::builder()
        .mechanism(Loopback::new(&[KRB5], &[Act::Continue(b"a"); 9]))
        .limits(limits)
        .build()
        .unwrap()
}

/// One refusal of each kind, under its code, and whether the initiator is told in SPNEGO.
fn refusals() -> Vec<(&'static str, Told, Reject)> {
    use Told::{InSpnego, Not};
    let krb5_done = krb5(&[Act::Complete(None, INTEGRITY)]);
    let krb5_two = krb5(&[Act::Continue(b"two"), Act::Complete(None, INTEGRITY)]);
    let first = init(&[KRB5], Some(b"one"), None);
    let second = |token, mic| resp(None, token, mic);
    let small = Limits {
        token_len: 60,
        mech_types: 3,
        legs: 2,
    };
    let demands = [NTLMSSP, KRB5];
    let theirs = |number| mic("initiator", number, &mech_type_list(&demands));
    let asked = init(&demands, None, None);
    vec![
        (
            "spnego.token_too_long",
            Not,
            refusal(&krb5_limited(small), &[vec![0x60; 61]]),
        ),
        (
            "spnego.too_many_tokens",
            Not,
            refusal(
                &krb5_limited(small),
                &[
                    first.clone(),
                    second(Some(b"two"), None),
                    second(Some(b"three"), None),
                ],
            ),
        ),
        ("spnego.empty_token", Not, refusal(&krb5_done, &[vec![], vec![]])),
        (
            "spnego.not_negotiate",
            Not,
            refusal(&krb5_done, &[b"{\"alg\":\"none\"}".to_vec()]),
        ),
        (
            "spnego.not_a_response",
            InSpnego,
            refusal(&krb5_two, &[first.clone(), first.clone()]),
        ),
        (
            "spnego.truncated",
            Not,
            refusal(&krb5_done, &[first[..20].to_vec()]),
        ),
        (
            "spnego.malformed",
            Not,
            refusal(&krb5_done, &[[&first[..], b"\0"].concat()]),
        ),
        (
            "spnego.too_many_mech_types",
            InSpnego,
            refusal(
                &krb5_limited(small),
                &[init(&[UNKNOWN, UNKNOWN, UNKNOWN, KRB5], None, None)],
            ),
        ),
        (
            "spnego.response_without_exchange",
            Not,
            refusal(&krb5_done, &[second(Some(b"two"), None)]),
        ),
        (
            "spnego.ntlm_offered",
            InSpnego,
            refusal(&krb5_done, &[init(&[NTLMSSP], Some(b"NTLMSSP\0"), None)]),
        ),
        (
            "spnego.negoex_offered",
            InSpnego,
            refusal(&krb5_done, &[init(&[NEGOEX], None, None)]),
        ),
        (
            "spnego.iakerb_offered",
            InSpnego,
            refusal(&krb5_done, &[init(&[IAKERB], None, None)]),
        ),
        (
            "spnego.no_common_mechanism",
            InSpnego,
            refusal(&krb5_done, &[init(&[UNKNOWN, NEGOEX], None, None)]),
        ),
        (
            "spnego.supported_mech_by_initiator",
            InSpnego,
            refusal(
                &krb5_two,
                &[
                    first.clone(),
                    b"\xa1\x0a\x30\x08\xa1\x06\x06\x04\x2a\x03\x04\x05".to_vec(),
                ],
            ),
        ),
        (
            "spnego.mech_token_missing",
            InSpnego,
            refusal(&krb5_two, &[first.clone(), second(None, None)]),
        ),
        (
            "spnego.mech_token_after_end",
            InSpnego,
            refusal(
                &krb5(&[Act::Complete(Some(b"out"), DEMANDS_MIC)]),
                &[first.clone(), second(Some(b"more"), None)],
            ),
        ),
        (
            "spnego.mic_too_early",
            InSpnego,
            refusal(&krb5_two, &[init(&[KRB5], Some(b"one"), Some(b"MIC"))]),
        ),
        (
            "spnego.mic_missing",
            InSpnego,
            refusal(&krb5_done, &[asked.clone(), second(Some(b"one"), None)]),
        ),
        (
            "spnego.mic_wrong",
            InSpnego,
            refusal(
                &krb5_done,
                &[asked.clone(), second(Some(b"one"), Some(&theirs(3)))],
            ),
        ),
        (
            "spnego.mic_out_of_sequence",
            InSpnego,
            refusal(
                &krb5_done,
                &[asked.clone(), second(Some(b"one"), Some(&theirs(2)))],
            ),
        ),
        (
            "spnego.mic_not_made",
            InSpnego,
            refusal(
                &krb5(&[Act::Complete(None, NO_MICS)]),
                &[asked, second(Some(b"one"), Some(&theirs(1)))],
            ),
        ),
        (
            "spnego.initiator_rejected",
            Not,
            refusal(&krb5_two, &[first, resp(Some(REJECT), Some(b"two"), None)]),
        ),
    ]
}

/// Whether the rejection has a token.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    InSpnego,
    Not,
}

#[test]
fn every_refusal_has_its_code_and_says_what_to_do() {
    let mut codes = BTreeSet::new();
    for (code, told, reject) in refusals() {
        let reason = reject.reason();
        assert_eq!(reason.code(), code);
        assert!(codes.insert(code), "{code} twice");
        assert!(reject.downcast_ref::<SpnegoError>().is_some());
        assert_eq!(reason.verdict(), Verdict::Unauthenticated);

        let answer = reject.token().map(Answer::read);
        let expected = (told == Told::InSpnego).then(|| Answer::new(REJECT));
        assert_eq!(answer, expected, "{code}");

        let fact = reason.to_string();
        assert!(
            fact.starts_with(|c: char| c.is_ascii_lowercase()),
            "{code}: {fact}"
        );
        for sentence in [fact, reason.seen(), reason.expected(), reason.advice()] {
            assert!(!sentence.is_empty() && sentence.is_ascii(), "{code}: {sentence}");
            assert!(!sentence.contains("  "), "{code}: {sentence}");
        }
        assert!(reason.advice().ends_with('.'), "{code}");
    }
}

#[test]
fn blame_and_status_follow_from_the_kind() {
    for (code, _, reject) in refusals() {
        let reason = reject.reason();
        let (blame, major) = match code {
            "spnego.ntlm_offered"
            | "spnego.negoex_offered"
            | "spnego.iakerb_offered"
            | "spnego.no_common_mechanism" => (Blame::Incompatible, GssMajor::BadMech),
            "spnego.response_without_exchange" => (Blame::Initiator, GssMajor::NoContext),
            "spnego.initiator_rejected" => (Blame::Initiator, GssMajor::Failure),
            "spnego.mic_not_made" => (Blame::Acceptor, GssMajor::Failure),
            _ => (Blame::Malformed, GssMajor::DefectiveToken),
        };
        assert_eq!((reason.blame(), reason.gss_major()), (blame, major), "{code}");
    }
}

// A browser without a ticket, whatever shape its NTLM has; NegoEx beside it is no news.
#[test]
fn ntlm_is_named_and_explained_in_every_shape() {
    let krb5 = krb5(&[]);
    for token in [
        b"NTLMSSP\0\x01\0\0\0".to_vec(),
        framed(&NTLMSSP, |out| out.raw(b"NTLMSSP\0")),
        init(&[NTLMSSP], Some(b"NTLMSSP\0"), None),
        init(&[NEGOEX, NTLMSSP], Some(b"NEGOEXTS"), None),
        init(&[UNKNOWN, NTLMSSP], None, None),
    ] {
        let reject = refusal(&krb5, &[token]);
        assert_eq!(reject.reason().code(), "spnego.ntlm_offered");
        for word in ["SPN", "IP address", "trusted sites"] {
            assert!(reject.reason().advice().contains(word), "{word}");
        }
    }
    let real = captures()
        .into_iter()
        .filter(|capture| capture.expect() == "spnego.ntlm_offered");
    let found: Vec<&'static str> = real
        .map(|capture| refusal(&krb5, &[capture.initiator_token()]).reason().code())
        .collect();
    assert_eq!(found, ["spnego.ntlm_offered"; 2]);
}

#[test]
fn what_is_not_spoken_is_refused_by_name_when_alone() {
    let krb5 = krb5(&[]);
    for (token, code) in [
        (b"NEGOEXTS\0".to_vec(), "spnego.negoex_offered"),
        (framed(&NEGOEX, |_| {}), "spnego.negoex_offered"),
        (init(&[NEGOEX, IAKERB], None, None), "spnego.negoex_offered"),
        (
            framed(&IAKERB, |out| out.raw(b"\x05\x01")),
            "spnego.iakerb_offered",
        ),
        (framed(&UNKNOWN, |_| {}), "spnego.no_common_mechanism"),
    ] {
        assert_eq!(refusal(&krb5, &[token]).reason().code(), code);
    }
    // A Kerberos initiator at an NTLM-only acceptor.
    let ntlm = acceptor(Loopback::new(&[NTLMSSP], &[]));
    for token in [
        init(&[KRB5], None, None),
        framed(&KRB5, |_| {}),
        b"\x6e\x02\x30\x00".to_vec(),
    ] {
        let reject = refusal(&ntlm, &[token]);
        assert_eq!(reject.reason().code(), "spnego.no_common_mechanism");
        assert_eq!(reject.reason().seen(), "krb5");
        assert_eq!(reject.reason().expected(), "one of ntlmssp");
    }
}

#[test]
fn a_cut_token_says_how_much_is_missing() {
    let token = init(&[KRB5], Some(&[7; 9000]), None);
    let reject = refusal(&krb5(&[]), &[token[..6144].to_vec()]);
    assert!(matches!(
        reject.downcast_ref(),
        Some(SpnegoError::Truncated { declared, actual: 6144 }) if *declared == token.len()
    ));
    assert_eq!(
        reject.reason().seen(),
        format!("6144 bytes of a token that says it has {}", token.len())
    );
    assert!(reject.reason().advice().contains("8 KiB"));
}

#[test]
fn limits_hold_to_the_byte() {
    let first = init(&[KRB5], Some(b"one"), None);
    let limits = |token_len, mech_types| Limits {
        token_len,
        mech_types,
        ..Limits::default()
    };
    let fits = krb5_limited(limits(first.len(), 1));
    assert!(settled_step(fits.exchange(None), &first).is_ok());
    let short = krb5_limited(limits(first.len() - 1, 1));
    assert_eq!(refusal(&short, &[first]).reason().code(), "spnego.token_too_long");
    let two = init(&[KRB5, KRB5], Some(b"one"), None);
    assert!(settled_step(krb5_limited(limits(100, 2)).exchange(None), &two).is_ok());
    assert_eq!(
        refusal(&krb5_limited(limits(100, 1)), &[two]).reason().code(),
        "spnego.too_many_mech_types"
    );
}
