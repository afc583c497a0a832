//! What a refused initiator is told: a KRB-ERROR (RFC 4120 section 5.9.1, RFC 4121 section 4.1), if it waits for an answer.

use crate::faults::{Fault, stages};
use crate::initiator::unframed;
use crate::login::{ETYPE, Framing, Login, NOW, SERVICE, Server, entry, error, key};
use mech_krb5::message::{ApOptions, ErrorCode, KrbError};
use mech_krb5::{Fact, NameType, Principal};
use negotiate_core::{ContextFlags, MechType, Token};

/// The stages at which nobody knows yet what is asked.
const UNREAD: usize = 2;

fn answer(fault: &Fault, ap_options: ApOptions) -> (Login, i32, Option<Token>) {
    let (mut server, mut login) = (Server::default(), Login::default());
    login.ap_options = ap_options;
    (fault.spoil)(&mut server, &mut login);
    let reject = server.refused(&login);
    (login, error(&reject).krb_error().0, reject.token().cloned())
}

#[test]
fn who_waits_for_an_answer_gets_the_error() {
    for (number, stage) in stages().iter().enumerate() {
        for fault in stage {
            let (login, code, token) = answer(fault, ApOptions::MUTUAL_REQUIRED);
            let Some(token) = token else {
                assert!(number < UNREAD, "no token for {} {}", fault.code, fault.how);
                continue;
            };
            assert!(number >= UNREAD, "{} {}", fault.code, fault.how);
            let message = if login.framing == Framing::Bare {
                token.as_bytes()
            } else {
                let (token_id, message) = unframed(token.as_bytes());
                assert_eq!(token_id, [3, 0]);
                message
            };
            let error = KrbError::decode(message).unwrap();
            assert_eq!(error.error_code.0, code, "{}", fault.code);
            assert_eq!(error.stime, NOW);
            assert_eq!(error.sname.in_realm(error.realm), login.ticket.service.borrow());
            // MS-KILE section 2.2.2: a client that is off may try again by our clock.
            let is_skew = error.error_code == ErrorCode::SKEW;
            assert_eq!(
                error.e_data,
                is_skew.then_some(&b"\x30\x05\xa1\x03\x02\x01\x02"[..])
            );
            // The whole of it: nothing of the client, no text.
            assert!(error.client.is_none() && error.e_text.is_none());
            assert_eq!(error.encode(), message);
        }
    }
}

#[test]
fn who_waits_for_none_gets_none() {
    for fault in stages().iter().flatten() {
        let (_, _, token) = answer(fault, ApOptions(0));
        assert!(token.is_none(), "{} {}", fault.code, fault.how);
    }
}

/// RFC 4121 section 4.1. A known token that is not due is no unknown one, and an error is never answered with an error.
#[test]
fn an_unknown_token_is_answered_in_the_name_of_the_keytab() {
    for (token_id, is_answered) in [
        ([4, 0], true),
        ([5, 4], true),
        ([1, 1], true),
        ([0, 1], true),
        ([2, 0], false),
        ([3, 0], false),
    ] {
        let login = Login {
            framing: Framing::Gss(MechType::KRB5, token_id),
            ap_options: ApOptions(0),
            ..Login::default()
        };
        let reject = Server::default().refused(&login);
        assert_eq!(error(&reject).fact, Fact::NotApReq(token_id));
        assert_eq!(reject.token().is_some(), is_answered, "{token_id:?}");
        if let Some(token) = reject.token() {
            let (token_id, message) = unframed(token.as_bytes());
            assert_eq!(token_id, [3, 0]);
            let error = KrbError::decode(message).unwrap();
            assert_eq!((error.error_code, error.stime), (ErrorCode::MSG_TYPE, NOW));
            let service = Principal::parse(SERVICE).unwrap();
            assert_eq!(error.sname.in_realm(error.realm), service.borrow());
        }
    }
}

/// A keytab may have keys of services that this initiator has no business with.
#[test]
fn an_unknown_token_is_told_no_name_that_may_not_be_addressed() {
    let other = Principal::parse("HTTP/internal.example.test@OTHER.TEST").unwrap();
    for (names, told) in [
        (&[][..], Some(&other)),
        (
            &["HTTP@www.example.test"],
            Some(&Principal::parse(SERVICE).unwrap()),
        ),
        (
            &["IMAP@www.example.test", "HTTP@www.example.test"],
            Some(&Principal::parse(SERVICE).unwrap()),
        ),
        (&["HTTP@elsewhere.example.test"], None),
    ] {
        let mut server = Server::default();
        server.entries.insert(0, entry(&other, 1, &key(ETYPE, "other")));
        server.names = names.to_vec();
        let login = Login {
            framing: Framing::Gss(MechType::KRB5, [5, 4]),
            ..Login::default()
        };
        let reject = server.refused(&login);
        let token = reject.token().map(|token| token.as_bytes().to_vec());
        let found = token.map(|token| {
            let error = KrbError::decode(unframed(&token).1).unwrap();
            error.sname.in_realm(error.realm).to_owned()
        });
        assert_eq!(found.as_ref(), told, "{names:?}");
    }
}

/// Decision of this project, as the flags may lie sealed: the AP-REQ's option alone asks for an error.
#[test]
fn the_sealed_flag_asks_for_no_error() {
    let mut login = Login {
        ap_options: ApOptions(0),
        ..Login::default()
    };
    login.set_flags(ContextFlags::MUTUAL);
    login.ticket.transited = b"EVIL.TEST".to_vec();
    assert!(Server::default().refused(&login).token().is_none());
}

#[test]
fn an_error_repeats_hostile_names_as_they_came_and_stays_der() {
    let mut login = Login::default();
    let long = [b'x'; 70_000];
    login.ticket.service = Principal::new(NameType(-1), [&b"\xff\x1b"[..], b"", &long], b"\n\"").unwrap();
    login.ticket.service_key = key(ETYPE, "another");
    let reject = Server::default().refused(&login);
    let (_, message) = unframed(reject.token().unwrap().as_bytes());
    let error = KrbError::decode(message).unwrap();
    assert_eq!(error.sname.in_realm(error.realm), login.ticket.service.borrow());
    assert_eq!(error.sname.name_type(), NameType(-1));
    // What goes to the log is cut.
    assert!(
        reject.reason().seen().len() < 1200,
        "{}",
        reject.reason().seen().len()
    );
}
