//! Tokens of real initiators: they decode, the mechanism gets exactly its part, and our answer is the real acceptor's,
//! byte for byte.

use crate::loopback::{Act, INTEGRITY, Loopback, acceptor, step};
use crate::tokens::Answer;
use negotiate_core::{MechType, Negotiation, Step, Token};
use testvectors::{Capture, Framing, captures};

const KRB5: [MechType; 2] = [MechType::KRB5, MechType::MS_KRB5];

#[test]
fn our_answer_is_the_real_acceptors_around_the_same_mechanism_token() {
    let mut compared = 0;
    for capture in captures() {
        let Some(answer) = accepted_by_a_real_acceptor(&capture) else {
            continue;
        };
        let output = match capture.framing() {
            Framing::Spnego => Answer::read(&Token::from(answer.clone())).response_token,
            _ => Some(answer.clone()),
        };
        // The script outlives the test; there are some fifty of a few hundred bytes.
        let output: Option<&'static [u8]> = output.map(|token| &*Vec::leak(token));
        let mechanism = Loopback::new(&KRB5, &[Act::Complete(output, INTEGRITY)]);
        let log = mechanism.log();

        let first = capture.initiator_token();
        let Ok(Step::Complete { token, context }) = step(acceptor(mechanism).exchange(None), &first) else {
            panic!("{}: not accepted", capture.name());
        };
        assert_eq!(
            token.as_ref().map(Token::as_bytes),
            Some(&answer[..]),
            "{}",
            capture.name()
        );
        let negotiation = match capture.framing() {
            Framing::Spnego => Negotiation::Spnego,
            _ => Negotiation::Bare,
        };
        assert_eq!(context.negotiation(), negotiation, "{}", capture.name());
        let given = log.given();
        assert!(given[0].starts_with(b"\x60"), "{}", capture.name());
        assert!(first.ends_with(&given[0]), "{}", capture.name());
        compared += 1;
    }
    assert!(
        compared >= 40,
        "only {compared} captures have an acceptor's answer"
    );
}

fn accepted_by_a_real_acceptor(capture: &Capture) -> Option<Vec<u8>> {
    match capture.framing() {
        // This one's answer was cut out of a stream without its NegTokenResp.
        Framing::Spnego if capture.name() == "samba/ldapsearch-gss-spnego" => None,
        Framing::Spnego | Framing::Krb5 => capture.acceptor_token(),
        Framing::Ntlmssp => None,
    }
}
