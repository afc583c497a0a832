//! What the first token may be, and who gets it.

use crate::loopback::{Act, Event, INTEGRITY, Loopback, acceptor, step};
use crate::tokens::{ACCEPT_COMPLETED, Answer, framed, init};
use negotiate_core::{Acceptor, MechType, Negotiation, Step};
use testvectors::load;

const KRB5: [MechType; 2] = [MechType::KRB5, MechType::MS_KRB5];
const DONE: [Act; 1] = [Act::Complete(Some(b"output"), INTEGRITY)];

// RFC 4559 and the callers of GSS-API: a mechanism's own token is given to it whole, and its answer goes out as it is.
#[test]
fn a_mechanisms_own_token_is_given_to_it_whole() {
    let ntlmssp = b"NTLMSSP\0\x01\0\0\0".to_vec();
    for (mech_types, token) in [
        (
            &KRB5[..],
            framed(&MechType::KRB5, |out| out.raw(b"\x01\x00AP-REQ")),
        ),
        (
            &KRB5,
            framed(&MechType::MS_KRB5, |out| out.raw(b"\x01\x00AP-REQ")),
        ),
        (&KRB5, b"\x6e\x02\x30\x00".to_vec()),
        (&[MechType::NTLMSSP], ntlmssp.clone()),
        (
            &[MechType::NTLMSSP],
            framed(&MechType::NTLMSSP, |out| out.raw(&ntlmssp)),
        ),
        // Whoever has the mechanism may use it.
        (
            &[MechType::IAKERB],
            framed(&MechType::IAKERB, |out| out.raw(b"\x05\x01")),
        ),
        (&[MechType::NEGOEX], b"NEGOEXTS".to_vec()),
    ] {
        let mechanism = Loopback::new(mech_types, &DONE);
        let log = mechanism.log();
        let Ok(Step::Complete {
            token: answer,
            context,
        }) = step(acceptor(mechanism).exchange(None), &token)
        else {
            panic!("{token:02x?}");
        };
        assert_eq!(answer.unwrap().as_bytes(), b"output");
        assert_eq!(context.negotiation(), Negotiation::Bare);
        assert_eq!(log.events(), [Event::Given(token), Event::Completed]);
    }
}

#[test]
fn a_bare_mechanism_goes_on_by_itself() {
    let mechanism = Loopback::new(
        &[MechType::NTLMSSP],
        &[Act::Continue(b"challenge"), Act::Complete(None, INTEGRITY)],
    );
    let log = mechanism.log();
    let Ok(Step::Continue { token, exchange }) = step(acceptor(mechanism).exchange(None), b"NTLMSSP\0one")
    else {
        panic!();
    };
    assert_eq!(token.as_bytes(), b"challenge");
    let Ok(Step::Complete { token, context }) = step(exchange, b"NTLMSSP\0three") else {
        panic!();
    };
    assert!(token.is_none());
    assert_eq!(context.negotiation(), Negotiation::Bare);
    assert_eq!(log.given(), [&b"NTLMSSP\0one"[..], b"NTLMSSP\0three"]);
}

// MS-SPNG section 3.2.5.2.
#[test]
fn an_empty_token_is_answered_with_what_there_is() {
    let krb5_alone = acceptor(Loopback::new(&[MechType::KRB5], &DONE));
    let Ok(Step::Continue { token, exchange }) = step(krb5_alone.exchange(None), b"") else {
        panic!();
    };
    let hints = load("spnego/neg-token-init2.txt");
    let mit = hints
        .iter()
        .find(|case| case.name() == "the hints of MIT with krb5 alone");
    assert_eq!(token.as_bytes(), mit.unwrap().bytes("token"));

    let Ok(Step::Complete { token, .. }) = step(exchange, &init(&KRB5, Some(b"AP-REQ"), None)) else {
        panic!();
    };
    assert_eq!(Answer::read(&token.unwrap()).neg_state, ACCEPT_COMPLETED);
}

#[test]
fn hints_list_every_identifier_in_the_order_of_the_configuration() {
    let both = Acceptor::builder()
        .mechanism(Loopback::new(&[MechType::MS_KRB5, MechType::KRB5], &DONE))
        .mechanism(Loopback::new(&[MechType::NTLMSSP], &DONE))
        .build()
        .unwrap();
    let Ok(Step::Continue { token, .. }) = step(both.exchange(None), b"") else {
        panic!();
    };
    // 60 len SPNEGO a0 len 30 len a0 len MechTypeList
    let listed = crate::tokens::mech_type_list(&[MechType::MS_KRB5, MechType::KRB5, MechType::NTLMSSP]);
    assert!(token.as_bytes()[16..].starts_with(&listed));
}
