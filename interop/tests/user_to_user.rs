//! User-to-user authentication with MIT's KDC and libkrb5: tickets under the session key of a user who has no keytab, which
//! its `krb5_rd_req` takes too.

use interop::kdc::Tickets;
use interop::peers::succeed;
use interop::refusal::Failure;
use interop::speak::{self, UserToUser};
use interop::token::explain;
use interop::user_to_user::{ap_req, by_mit, own_ticket};
use mech_krb5::ccache::SealedBy;
use mech_krb5::{Details, OwnTicket, PacPolicy};
use negotiate_core::{
    Acceptor, Ambient, ContextFlags, Negotiation, Reject, Seconds, Step, SystemRandom, Timestamp,
};
use serde_json::json;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

const ALICE: &str = "alice@MIT.TEST";
const BOB: &str = "bob@MIT.TEST";
const STYLES: [&str; 3] = ["windows", "freerdp", "bare"];

fn kinit_of_bob() -> Tickets {
    Tickets::kinit("Bob-pw1", &[BOB])
}

/// Without a keytab, and strict about PACs: MIT's KDC puts one into every ticket.
fn acceptor(own: &Arc<OwnTicket>) -> Acceptor {
    let own = Arc::clone(own);
    speak::acceptor(Vec::new(), |builder| {
        builder.user_to_user(own).pac(PacPolicy::Require)
    })
}

/// `alice`'s tickets, with one for `server` under the session key of that ticket.
fn kvno(server: &Tickets, name: &str) -> Tickets {
    let alice = Tickets::of_alice();
    let mut command = Command::new("kvno");
    command.arg("--u2u").arg(server.path()).arg(name);
    succeed(alice.given_to(&mut command), b"");
    alice
}

fn assert_login(login: &UserToUser, service: &str) {
    let context = &login.context;
    assert_eq!(context.initiator().display(), ALICE);
    assert_eq!(context.acceptor().unwrap().display(), service);
    let asked = ContextFlags::MUTUAL
        .with(ContextFlags::REPLAY)
        .with(ContextFlags::SEQUENCE)
        .with(ContextFlags::CONFIDENTIALITY)
        .with(ContextFlags::INTEGRITY);
    assert_eq!(context.flags(), asked);
    let details: &Details = context.details().unwrap();
    assert_eq!(details.sealed_by, SealedBy::SessionKey);
    // What signs a PAC here is the session key, too.
    assert!(details.pac.is_some() && details.warnings.is_empty());
    let subkey: String = details
        .session_key
        .bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(login.said, format!("understood {subkey}"));
}

#[test]
fn clients_ask_for_our_ticket_and_log_in_with_one_under_its_session_key() {
    let own = own_ticket(&kinit_of_bob());
    for style in STYLES {
        let login = speak::user_to_user(&Tickets::of_alice(), style, BOB, None, &acceptor(&own)).unwrap();
        assert_login(&login, BOB);
        // In SPNEGO a mechListMIC comes last.
        let expected = match style {
            "bare" => (Negotiation::Bare, 2),
            _ => (Negotiation::Spnego, 3),
        };
        let found = (login.context.negotiation(), login.tokens.len());
        assert_eq!(found, expected, "{style}");
    }
}

/// A service that has a key can be spoken to in this way as well.
#[test]
fn a_service_is_a_user_too() {
    const WWW: &str = "HTTP/www.mit.test@MIT.TEST";
    let www = Tickets::none();
    let mut kinit = Command::new("kinit");
    kinit.arg("-kt").arg(interop::peers::keytab("www")).arg(WWW);
    succeed(www.given_to(&mut kinit), b"");
    let own = own_ticket(&www);
    let login = speak::user_to_user(&Tickets::of_alice(), "windows", WWW, None, &acceptor(&own)).unwrap();
    assert_login(&login, WWW);
}

/// Where the protocol has other ways to hand the ticket out; `kvno --u2u` gets alice's. MIT's acceptor takes the same AP-REQ.
#[test]
fn whoever_was_told_our_ticket_need_not_ask_for_it() {
    let bob = kinit_of_bob();
    let (own, alice) = (own_ticket(&bob), kvno(&bob, BOB));
    let login = speak::user_to_user(&alice, "told", BOB, Some(own.ticket()), &acceptor(&own)).unwrap();
    assert_login(&login, BOB);
    let [token] = &login.tokens[..] else {
        panic!("{} tokens", login.tokens.len())
    };
    assert_eq!(
        by_mit(&bob, ap_req(token)),
        json!({"accepted": true, "client": ALICE})
    );
}

/// Alice's first token, and whose it is.
struct Sent {
    bob: Tickets,
    token: Vec<u8>,
}

fn sent() -> Sent {
    let bob = kinit_of_bob();
    let (own, alice) = (own_ticket(&bob), kvno(&bob, BOB));
    let mut login = speak::user_to_user(&alice, "told", BOB, Some(own.ticket()), &acceptor(&own)).unwrap();
    Sent {
        bob,
        token: login.tokens.remove(0),
    }
}

fn refused(acceptor: &Acceptor, token: &[u8], now: Timestamp) -> Reject {
    let random = &mut SystemRandom;
    let step = acceptor.exchange(None).step(token, &mut Ambient { now, random });
    step.map(|step: Step| panic!("{step:?}")).unwrap_err()
}

fn told(name: &str, reject: &Reject) {
    let failure = Failure::named(name);
    let reason = reject.reason();
    assert_eq!(reason.code(), failure.code());
    assert!(reason.advice().contains(failure.advice()), "{}", reason.advice());
}

/// Bob has logged in anew since alice got her ticket.
#[test]
fn a_ticket_for_an_older_session() {
    let Sent { token, .. } = sent();
    let again = kinit_of_bob();
    told(
        "user_to_user_with_an_older_ticket",
        &refused(&acceptor(&own_ticket(&again)), &token, Timestamp::now()),
    );
    let theirs = by_mit(&again, ap_req(&token));
    assert_eq!(theirs["accepted"], false);
    let said = theirs["message"].as_str().unwrap();
    assert!(said.contains("Decrypt integrity check failed"), "{said}");
}

#[test]
fn a_ticket_for_somebody_else() {
    let Sent { token, .. } = sent();
    told(
        "user_to_user_with_somebody_else",
        &refused(
            &acceptor(&own_ticket(&Tickets::of_alice())),
            &token,
            Timestamp::now(),
        ),
    );
}

#[test]
fn nobody_renewed_our_ticket() {
    let Sent { bob, token } = sent();
    let own = own_ticket(&bob);
    let late = own.endtime().plus(Seconds(301));
    told(
        "user_to_user_and_our_ticket_has_expired",
        &refused(&acceptor(&own), &token, late),
    );
}

/// An acceptor with a keytab and nothing else. MIT's does not look at the option, and finds no key.
#[test]
fn an_acceptor_without_a_ticket() {
    let Sent { token, .. } = sent();
    let keytab = interop::peers::keytab("www");
    Failure::named("user_to_user_without_a_ticket").told_by(&explain(Path::new(&keytab), &[], &token));
    let theirs = interop::token::by_mit(&keytab, &token);
    assert_eq!(theirs["accepted"], false);
    let said = theirs["message"].as_str().unwrap();
    assert!(said.contains("not found in keytab"), "{said}");
}
