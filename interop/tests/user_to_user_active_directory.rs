//! User-to-user authentication with the KDC of a Samba AD DC: tickets under the session key of an account's ticket-granting ticket,
//! which libkrb5's `krb5_rd_req` takes too.

use interop::domain::Domain;
use interop::kdc::Tickets;
use interop::peers::{output, text, tool};
use interop::speak::{self, UserToUser};
use interop::token::explain_by_ccache;
use interop::user_to_user::{ap_req, by_mit, ccache};
use mech_krb5::ccache::SealedBy;
use mech_krb5::crypto::EncryptionTypes;
use mech_krb5::{Details, OwnTicket, PacPolicy, Principal};
use negotiate_core::Acceptor;
use serde_json::json;
use std::process::Command;
use std::sync::Arc;

const ALICE: &str = "alice@AD.TEST";
const WEB: &str = "web@AD.TEST";
const SPN: &str = "HTTP/web.ad.test@AD.TEST";

/// The account of a service, as whoever runs it without a keytab has it: with a ticket-granting ticket.
fn web(domain: Domain) -> Tickets {
    domain.login("web", &["HTTP/back.ad.test"])
}

/// With that ticket alone, and strict about PACs.
fn acceptor(web: &Tickets) -> Acceptor {
    let own = OwnTicket::from_ccache(&ccache(web), EncryptionTypes::new()).unwrap();
    let own = own.also_named(Principal::parse(SPN).unwrap()).unwrap();
    speak::acceptor(Vec::new(), |builder| {
        builder.user_to_user(Arc::new(own)).pac(PacPolicy::Require)
    })
}

/// The initiator of libkrb5 beside the DC, whose KDC it asks.
fn initiator(domain: Domain, style: &str, service: &str) -> Command {
    let tool = tool("user_to_user.py");
    let mut command = domain.beside(tool.get_program().to_str().unwrap());
    command.args(tool.get_args()).args(["initiate", style, service]);
    command
}

/// alice's tickets, with one under the session key of that ticket; or why the KDC made none.
fn kvno(domain: Domain, web: &Tickets, name: &str) -> Result<Tickets, String> {
    let alice = domain.login("alice", &["HTTP/back.ad.test"]);
    let mut command = domain.beside("kvno");
    command.arg("--u2u").arg(web.path()).arg(name);
    let said = output(alice.given_to(&mut command), b"");
    match said.status.success() {
        true => Ok(alice),
        false => Err(text(&said.stderr)),
    }
}

fn told(web: &Tickets) -> Vec<u8> {
    let own = OwnTicket::from_ccache(&ccache(web), EncryptionTypes::new()).unwrap();
    own.ticket().to_vec()
}

fn assert_login(login: &UserToUser, name: &str) {
    let context = &login.context;
    assert_eq!(context.initiator().display(), ALICE);
    assert_eq!(context.acceptor().unwrap().display(), name);
    let details: &Details = context.details().unwrap();
    assert_eq!(details.sealed_by, SealedBy::SessionKey);
    // Samba signs the PAC with the key that seals the ticket; alice's SID comes out of it.
    let pac = details.pac.as_ref().unwrap();
    assert!(
        pac.logon_info()
            .unwrap()
            .unwrap()
            .user
            .to_string()
            .starts_with("S-1-5-21-")
    );
    assert!(details.warnings.is_empty(), "{:?}", details.warnings);
    assert!(login.said.starts_with("understood "), "{}", login.said);
}

/// `kvno --u2u` gets the ticket, for each name of the account that the KDC takes; MIT's acceptor and `negotiate explain` say the same.
#[test]
fn whoever_was_told_our_ticket_logs_in() {
    let domain = Domain::up();
    let web = web(domain);
    for name in [WEB, SPN] {
        let alice = kvno(domain, &web, name).unwrap();
        let login = speak::user_to_user(&alice, "told", name, Some(&told(&web)), &acceptor(&web)).unwrap();
        assert_login(&login, name);
        let [token] = &login.tokens[..] else {
            panic!("{} tokens", login.tokens.len())
        };
        let theirs = by_mit(&web, ap_req(token));
        assert_eq!(theirs, json!({"accepted": true, "client": ALICE}), "{name}");
        let said = explain_by_ccache(web.path(), &["--also-named", SPN], token);
        assert_eq!(
            (
                said.exit,
                &said.json["src_name"],
                &said.json["acceptor_name"],
                &said.json["sealed_by"]
            ),
            (Some(0), &json!(ALICE), &json!(name), &json!("session_key")),
            "{}",
            said.json
        );
    }
}

/// As Windows and FreeRDP do: the acceptor is asked for its ticket first.
#[test]
fn clients_ask_for_our_ticket_and_log_in() {
    let domain = Domain::up();
    let web = web(domain);
    for style in ["windows", "freerdp", "bare"] {
        let alice = domain.login("alice", &["HTTP/back.ad.test"]);
        let mut initiator = initiator(domain, style, SPN);
        let login = speak::user_to_user_by(alice.given_to(&mut initiator), None, &acceptor(&web)).unwrap();
        assert_login(&login, SPN);
    }
}

/// Its KDC looks whose ticket it is: nobody gets a ticket for one account under another's session key.
#[test]
fn the_kdc_makes_none_for_another_account() {
    let domain = Domain::up();
    let refused = kvno(domain, &web(domain), "HTTP/back.ad.test@AD.TEST").unwrap_err();
    assert!(refused.contains("Ticket/authenticator don't match"), "{refused}");
}
