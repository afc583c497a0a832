//! Users of other realms: next door in both directions, and through a realm between, by the hierarchy of names and by capaths.
//!
//! The KDC does not vouch for paths of three realms (interop/peers.sh), so that its tickets leave the check to the service:
//! to `negotiate` and to MIT's acceptor, with the same krb5.conf each time.

use interop::client::{authorization, curl, curl_negotiate, url};
use interop::kdc::Tickets;
use interop::peers::{Daemon, keytab, scratch, state, succeed, tool};
use interop::server::{Gateway, backend, serve};
use interop::token::{by_mit, explain, initiate};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const USER: &str = "x-remote-user";
const WWW: &str = "HTTP/www.mit.test@MIT.TEST";

/// The krb5.conf of the suite, with this section besides.
fn with_capaths(capaths: &str) -> PathBuf {
    let path = scratch("krb5.conf");
    let base = state("krb5.conf");
    std::fs::write(
        &path,
        format!("include {}\n[capaths]\n{capaths}\n", base.display()),
    )
    .expect("written");
    path
}

/// dave of a realm that only OTHER.TEST trusts, with a ticket for www.mit.test that came through OTHER.TEST. His own
/// krb5.conf knows the way.
fn dave(realm: &str) -> Tickets {
    let tickets = Tickets::kinit("Dave-pw1", &[&format!("dave@{realm}")]);
    let his = with_capaths(&format!("{realm} = {{\nMIT.TEST = OTHER.TEST\n}}"));
    let mut kvno = Command::new("kvno");
    succeed(tickets.given_to(kvno.arg(WWW).env("KRB5_CONFIG", his)), b"");
    tickets
}

/// `explain` and MIT's acceptor, both with this krb5.conf.
fn verdicts(krb5_conf: &Path, token: &[u8]) -> (interop::token::Explained, Value) {
    let path = krb5_conf.to_str().expect("UTF-8");
    let ours = explain(&keytab("www"), &["--krb5-conf", path], token);
    let mut mit = tool("accept.py");
    mit.arg(keytab("www")).env("KRB5_CONFIG", krb5_conf);
    let theirs = serde_json::from_slice(&succeed(&mut mit, token)).expect("JSON");
    (ours, theirs)
}

fn both_accept(krb5_conf: &Path, token: &[u8], user: &str) {
    let (ours, theirs) = verdicts(krb5_conf, token);
    assert_eq!(
        (ours.exit, ours.json["src_name"].as_str()),
        (Some(0), Some(user)),
        "{}",
        ours.json
    );
    assert_eq!(
        (&theirs["accepted"], theirs["src_name"].as_str()),
        (&true.into(), Some(user)),
        "{theirs}"
    );
}

/// Our advice.
fn both_refuse(krb5_conf: &Path, token: &[u8]) -> String {
    let (ours, theirs) = verdicts(krb5_conf, token);
    assert_eq!(
        (ours.exit, ours.code()),
        (Some(1), "krb5.transited_refused"),
        "{}",
        ours.json
    );
    assert_eq!(theirs["accepted"], false, "{theirs}");
    let message = theirs["message"].as_str().unwrap_or_default();
    assert!(message.contains("Illegal cross-realm ticket"), "{theirs}");
    ours.json["advice"].as_str().expect("advice").to_owned()
}

#[test]
fn two_realms_log_in_to_each_other() {
    for (tickets, user, host, key) in [
        (Tickets::of_alice(), "alice@MIT.TEST", "big.other.test", "big"),
        (Tickets::of_carol(), "carol@OTHER.TEST", "www.mit.test", "www"),
    ] {
        let gateway = Gateway::start(&keytab(key));
        let got = curl_negotiate(&tickets, &url(host, gateway.daemon.address), &[]);
        assert_eq!(got.status(), 200, "{user}: {got:?}");
        assert_eq!(got.forwarded(USER).as_deref(), Some(user), "{got:?}");
        assert!(got.last().has_reply_token(), "{got:?}");
        let theirs = by_mit(
            &keytab(key),
            &initiate(&tickets, &["--target", &format!("HTTP@{host}")]),
        );
        assert_eq!(
            (&theirs["accepted"], theirs["src_name"].as_str()),
            (&true.into(), Some(user)),
            "{theirs}"
        );
    }
}

#[test]
fn a_realm_between_is_accepted_by_the_hierarchy_of_names() {
    let plain = state("krb5.conf");
    let token = initiate(&dave("SUB.OTHER.TEST"), &[]);
    both_accept(&plain, &token, "dave@SUB.OTHER.TEST");
    // The check is ours, not the KDC's: a path that says otherwise refuses the same ticket.
    both_refuse(&with_capaths("SUB.OTHER.TEST = {\nMIT.TEST = .\n}"), &token);
}

#[test]
fn a_realm_between_is_refused_without_capaths_and_the_advice_is_what_helps() {
    let dave = dave("FAR.ORG");
    let token = initiate(&dave, &[]);
    let advice = both_refuse(&state("krb5.conf"), &token);
    let line = "in [capaths], below FAR.ORG: MIT.TEST = OTHER.TEST";
    assert!(advice.contains(line), "{advice}");

    let advised = with_capaths("FAR.ORG = {\nMIT.TEST = OTHER.TEST\n}");
    both_accept(&advised, &token, "dave@FAR.ORG");
    both_refuse(&with_capaths("FAR.ORG = {\nMIT.TEST = SUB.OTHER.TEST\n}"), &token);
    both_accept(
        &with_capaths("FAR.ORG = {\nMIT.TEST = SUB.OTHER.TEST\nMIT.TEST = OTHER.TEST\n}"),
        &token,
        "dave@FAR.ORG",
    );
}

#[test]
fn the_gateway_lets_in_whom_the_named_krb5_conf_does() {
    let dave = dave("FAR.ORG");
    let gateway = |krb5_conf: Option<&Path>| {
        let backend = backend();
        let (mut command, address) = serve(&keytab("www"), backend.address);
        if let Some(krb5_conf) = krb5_conf {
            command.arg("--krb5-conf").arg(krb5_conf);
        }
        (Daemon::start(&mut command, address), backend)
    };
    let (without, _backend) = gateway(None);
    let field = authorization(&initiate(&dave, &[]));
    let got = curl(
        &Tickets::none(),
        &url("www.mit.test", without.address),
        &["--header", &field],
    );
    assert_eq!(got.status(), 401, "{got:?}");
    let log = without.log();
    assert!(
        log.contains("krb5.transited_refused") && log.contains("MIT.TEST = OTHER.TEST"),
        "{log}"
    );

    let (with, _backend) = gateway(Some(&with_capaths("FAR.ORG = {\nMIT.TEST = OTHER.TEST\n}")));
    let got = curl_negotiate(&dave, &url("www.mit.test", with.address), &[]);
    assert_eq!(got.status(), 200, "{got:?}");
    assert_eq!(got.forwarded(USER).as_deref(), Some("dave@FAR.ORG"), "{got:?}");
}
