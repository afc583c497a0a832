//! `curl --negotiate` logs in to `negotiate serve` and to the axum example, with tickets of a real KDC.

use interop::client::{Got, authorization, curl, curl_negotiate, url};
use interop::kdc::{Tickets, kadmin, ktadd, ktutil};
use interop::peers::{Daemon, keytab};
use interop::server::{Gateway, axum_example};
use interop::token::{by_mit, explain, initiate};

/// The field in which the gateway names the user to the application.
const USER: &str = "x-remote-user";

fn logged_in(got: &Got, user: &str) {
    assert_eq!(got.status(), 200, "{got:?}");
    assert_eq!(got.forwarded(USER).as_deref(), Some(user), "{got:?}");
    assert!(got.last().has_reply_token(), "no reply token: {got:?}");
}

fn challenged(got: &Got) {
    assert_eq!(got.status(), 401, "{got:?}");
    assert_eq!(got.last().all("www-authenticate"), ["Negotiate"], "{got:?}");
}

fn challenges_whoever_has_no_ticket(daemon: &Daemon) {
    let page = url("www.mit.test", daemon.address);
    challenged(&curl(&Tickets::none(), &page, &[]));
    challenged(&curl_negotiate(&Tickets::none(), &page, &[]));
}

#[test]
fn the_gateway_tells_the_application_who_logged_in() {
    let gateway = Gateway::start(&keytab("www"));
    let page = url("www.mit.test", gateway.daemon.address);
    let got = curl_negotiate(&Tickets::of_alice(), &page, &[]);
    logged_in(&got, "alice@MIT.TEST");
    assert_eq!(
        got.forwarded("authorization"),
        None,
        "the token is not the application's business"
    );
}

#[test]
fn the_gateway_challenges_without_a_ticket() {
    challenges_whoever_has_no_ticket(&Gateway::start(&keytab("www")).daemon);
}

#[test]
fn the_client_cannot_name_itself_to_the_application() {
    let gateway = Gateway::start(&keytab("www"));
    let page = url("www.mit.test", gateway.daemon.address);
    let forged = format!("{USER}: root@MIT.TEST");
    let got = curl_negotiate(&Tickets::of_alice(), &page, &["--header", &forged]);
    logged_in(&got, "alice@MIT.TEST");
    assert!(!got.body.contains("root@MIT.TEST"), "{got:?}");
}

#[test]
fn each_encryption_type() {
    let gateway = Gateway::start(&keytab("www"));
    let alice = Tickets::of_alice();
    for (host, etype) in [("e17", 17), ("e18", 18), ("e19", 19), ("e20", 20)] {
        let host = format!("{host}.mit.test");
        logged_in(
            &curl_negotiate(&alice, &url(&host, gateway.daemon.address), &[]),
            "alice@MIT.TEST",
        );

        let said = explain(
            &keytab("www"),
            &[],
            &initiate(&alice, &["--target", &format!("HTTP@{host}")]),
        );
        assert_eq!(
            (said.exit, said.json["etype"].as_i64()),
            (Some(0), Some(etype)),
            "{}",
            said.json
        );
    }
}

#[test]
fn explain_tells_what_an_accepted_token_says() {
    let token = initiate(&Tickets::of_alice(), &["--mutual", "--delegate"]);
    let said = explain(&keytab("www"), &[], &token);
    assert_eq!(said.exit, Some(0), "{}", said.json);
    for (key, value) in [
        ("accepted", serde_json::json!(true)),
        ("src_name", "alice@MIT.TEST".into()),
        ("acceptor_name", "HTTP/www.mit.test@MIT.TEST".into()),
        ("etype", 18.into()),
        ("kvno", 1.into()),
    ] {
        assert_eq!(said.json[key], value, "{key}: {}", said.json);
    }
    for key in ["mechanism", "flags", "start_time", "end_time", "delegated"] {
        assert!(!said.json[key].is_null(), "{key}: {}", said.json);
    }
}

/// Names that RFC 1964 section 2.1.1 escapes, and one beyond ASCII.
#[test]
fn names_are_shown_as_mit_shows_them() {
    for (name, pac) in [
        (r"user\@example.test", Some("verified")),
        ("two/components", Some("verified")),
        ("\u{dc}nal", Some("verified")),
        // MIT krb5 1.20 escapes these in PACs, too, and then finds that they name somebody else.
        (r"a\/b", None),
        (r"back\\slash", None),
    ] {
        kadmin(&format!("addprinc -pw User-pw1 {name}"));
        // From the password at once: its KDC looks at the PAC of a ticket-granting ticket likewise.
        let tickets = Tickets::kinit("User-pw1", &["-S", "HTTP/www.mit.test", name]);
        let token = initiate(&tickets, &[]);
        let said = explain(&keytab("www"), &[], &token);
        assert_eq!(said.json["src_name"], format!("{name}@MIT.TEST"), "{}", said.json);
        assert_eq!(said.json["src_name"], by_mit(&keytab("www"), &token)["src_name"]);
        if let Some(pac) = pac {
            assert_eq!(said.json["attributes"]["pac"], pac, "{name}");
        }
    }
}

/// As Java's `ktab -n 0` writes it: with the key, and with another one.
#[test]
fn a_keytab_that_tells_no_version() {
    let principal = "HTTP/no-version.mit.test";
    kadmin(&format!(
        "addprinc -pw Service-pw1 -e aes256-cts:normal {principal}\ncpw -pw Service-pw2 {principal}"
    ));
    let token = initiate(&Tickets::of_alice(), &["--target", "HTTP@no-version.mit.test"]);
    let made = |password| ktutil(&format!("{principal}@MIT.TEST"), 0, "aes256-cts", password);
    for (keytab, code) in [(made("Service-pw2"), ""), (made("Service-pw1"), "krb5.wrong_key")] {
        let said = explain(&keytab, &[], &token);
        assert_eq!(said.code(), code, "{}", said.json);
        assert_eq!(by_mit(&keytab, &token)["accepted"], code.is_empty());
    }
}

#[test]
fn a_user_of_a_trusted_realm() {
    let gateway = Gateway::start(&keytab("www"));
    let page = url("www.mit.test", gateway.daemon.address);
    logged_in(
        &curl_negotiate(&Tickets::of_carol(), &page, &[]),
        "carol@OTHER.TEST",
    );
}

#[test]
fn the_key_may_change_under_a_ticket_if_the_keytab_keeps_the_old_one() {
    kadmin("addprinc -randkey HTTP/kept.mit.test");
    let before = Tickets::of_alice().with("HTTP/kept.mit.test");
    kadmin("cpw -randkey -keepold HTTP/kept.mit.test");
    let both = ktadd("HTTP/kept.mit.test");
    for (kvno, tickets) in [(1, before), (2, Tickets::of_alice())] {
        let said = explain(
            &both,
            &[],
            &initiate(&tickets, &["--target", "HTTP@kept.mit.test"]),
        );
        assert_eq!(
            (said.exit, said.json["kvno"].as_i64()),
            (Some(0), Some(kvno)),
            "{}",
            said.json
        );
    }
}

#[test]
fn a_handler_of_axum_sees_who_logged_in() {
    let example = axum_example(&keytab("www"));
    challenges_whoever_has_no_ticket(&example);
    let got = curl_negotiate(&Tickets::of_alice(), &url("www.mit.test", example.address), &[]);
    assert_eq!(got.status(), 200, "{got:?}");
    assert!(
        got.body.starts_with("user: alice@MIT.TEST\nmechanism: krb5\n"),
        "{got:?}"
    );
    assert!(got.last().has_reply_token(), "{got:?}");
    assert!(!got.body.contains("delegated"), "nothing was delegated: {got:?}");
}

#[test]
fn a_handler_of_axum_sees_the_delegated_credential() {
    let example = axum_example(&keytab("www"));
    let page = url("www.mit.test", example.address);
    let got = curl_negotiate(&Tickets::of_alice(), &page, &["--delegation", "always"]);
    assert_eq!(got.status(), 200, "{got:?}");
    let delegated = "delegated: \"alice@MIT.TEST\" for \"krbtgt/MIT.TEST@MIT.TEST\"\n";
    assert!(got.body.ends_with(delegated), "{got:?}");
}

/// One keytab for two hosts with keys of their own, and clients that choose the host.
#[test]
fn a_ticket_is_good_under_the_host_that_it_is_for() {
    for host in ["main", "alias", "fail"] {
        kadmin(&format!("addprinc -randkey HTTP/{host}.mit.test"));
    }
    let keytab = ktadd("HTTP/main.mit.test HTTP/alias.mit.test");
    let gateway = Gateway::configured(&keytab, "acceptor.names = ['HTTP@{HOSTNAME}']");
    let address = gateway.daemon.address;
    let alice = Tickets::of_alice();
    for host in ["main.mit.test", "alias.mit.test", "MAIN.mit.test"] {
        let got = curl_negotiate(&alice, &url(host, address), &[]);
        logged_in(&got, "alice@MIT.TEST");
    }
    let for_main = authorization(&initiate(&alice, &["--target", "HTTP@main.mit.test"]));
    for host in ["alias.mit.test", "fail.mit.test", "[::1]"] {
        let got = curl(&Tickets::none(), &url(host, address), &["--header", &for_main]);
        assert_eq!(got.status(), 401, "{host}: {got:?}");
    }
    let log = gateway.daemon.log();
    assert_eq!(log.matches("krb5.service_not_allowed").count(), 3, "{log}");
    // The client has a ticket for it; the server has no key.
    let got = curl_negotiate(&alice, &url("fail.mit.test", address), &[]);
    assert_eq!(got.status(), 401, "{got:?}");
    let log = gateway.daemon.log();
    assert!(log.contains("krb5.service_absent"), "{log}");
}
