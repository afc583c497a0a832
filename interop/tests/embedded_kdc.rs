//! The testkit's embedded KDC with other people's clients: MIT's and Heimdal's tools, curl, python-gssapi, Java.

use interop::client::curl_with;
use interop::embedded::{Embedded, Transport};
use interop::heimdal;
use interop::java::log_in;
use interop::peers::{output, scratch, succeed, text, tool};
use interop::server::{Gateway, axum_example};
use interop::token::by_mit;
use mech_krb5::crypto::EncryptionType;
use negotiate_testkit::{Account, Kdc};
use std::process::Command;

const WWW: &str = "HTTP/www.embedded.test";

fn kdc() -> Kdc {
    Kdc::new("EMBEDDED.TEST")
        .user("alice", "Alice-pw1")
        .account(Account::with_random_keys(WWW).trusted_for_delegation())
        .service("HTTP/localhost")
}

fn start(kdc: Kdc, transport: Transport) -> Embedded {
    Embedded::start(kdc, &[".embedded.test", "localhost"], transport)
}

fn with_alice() -> Embedded {
    let realm = start(kdc(), Transport::Udp);
    realm.run("kinit", &["alice"], "Alice-pw1\n");
    realm
}

#[test]
fn mit_gets_tickets_over_udp_and_tcp() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let realm = start(kdc(), transport);
        realm.run("kinit", &["-r", "2d", "alice"], "Alice-pw1\n");
        let keytab = realm.keytab(&[WWW]);
        // kvno opens the ticket with the keytab.
        let said = realm.run("kvno", &["-k", keytab.to_str().unwrap(), WWW], "");
        assert!(said.contains("keytab entry valid"), "{said}");
        let listed = realm.run("klist", &["-f"], "");
        assert!(
            listed.contains("Default principal: alice@EMBEDDED.TEST"),
            "{listed}"
        );
        // Forwardable, renewable, initial, pre-authenticated; then with the policy checked and trusted for delegation.
        assert!(
            listed.contains("Flags: FRIA") && listed.contains("Flags: FATO"),
            "{listed}"
        );
    }
}

#[test]
fn mit_logs_in_with_a_keytab() {
    let realm = start(kdc(), Transport::Udp);
    let keytab = realm.keytab(&[WWW]);
    realm.run("kinit", &["-k", "-t", keytab.to_str().unwrap(), WWW], "");
    assert!(
        realm
            .run("klist", &[], "")
            .contains(&format!("Default principal: {WWW}@EMBEDDED.TEST"))
    );
}

#[test]
fn each_encryption_type() {
    for etype in EncryptionType::ALL {
        let account = Account::with_password("bob", "Bob-pw1").encryption_types([etype]);
        let service = Account::with_random_keys("HTTP/one.embedded.test").encryption_types([etype]);
        let realm = start(kdc().account(account).account(service), Transport::Udp);
        realm.run("kinit", &["bob"], "Bob-pw1\n");
        let keytab = realm.keytab(&["HTTP/one.embedded.test"]);
        realm.run(
            "kvno",
            &["-k", keytab.to_str().unwrap(), "HTTP/one.embedded.test"],
            "",
        );
        let listed = realm.run("klist", &["-e"], "");
        // MIT's long names; Debian's klist knows the short ones of RFC 8009 too.
        assert!(listed.contains(etype.name()), "{etype}: {listed}");
    }
}

#[test]
fn mit_hears_why_not() {
    let realm = start(kdc(), Transport::Udp);
    let refused = |arguments: &[&str], input: &str| {
        let out = output(
            realm.given_to(Command::new(arguments[0]).args(&arguments[1..])),
            input.as_bytes(),
        );
        assert!(!out.status.success(), "{arguments:?}");
        text(&out.stderr)
    };
    assert!(refused(&["kinit", "alice"], "wrong\n").contains("Password incorrect"));
    assert!(refused(&["kinit", "nobody"], "x\n").contains("not found in Kerberos database"));
    realm.run("kinit", &["alice"], "Alice-pw1\n");
    assert!(refused(&["kvno", "HTTP/nowhere.embedded.test"], "").contains("not found in Kerberos database"));
}

/// User-to-user tickets as MIT's kvno asks for them (RFC 4120 section 3.3.3), for the second ticket's client alone.
#[test]
fn kvno_gets_a_ticket_under_another_users_session_key() {
    let realm = start(kdc().user("bob", "Bob-pw1"), Transport::Tcp);
    let cache = scratch("ccache").display().to_string();
    realm.run("kinit", &["-c", &cache, "bob"], "Bob-pw1\n");
    realm.run("kinit", &["alice"], "Alice-pw1\n");
    let said = realm.run("kvno", &["--u2u", &cache, "bob"], "");
    assert!(said.contains("bob@EMBEDDED.TEST: kvno = 0"), "{said}");
    let mut command = Command::new("kvno");
    let other = output(realm.given_to(command.args(["--u2u", &cache, "alice"])), b"");
    let said = text(&other.stderr);
    assert!(!other.status.success() && said.contains("don't match"), "{said}");
}

#[test]
fn curl_logs_in_to_the_gateway() {
    let realm = with_alice();
    let gateway = Gateway::start(&realm.keytab(&[WWW]));
    let page = format!("http://www.embedded.test:{}/", gateway.daemon.address.port());
    let got = curl_with(
        |command| _ = realm.given_to(command),
        &page,
        &["--negotiate", "--user", ":"],
    );
    assert_eq!(got.status(), 200, "{got:?}");
    assert_eq!(
        got.forwarded("x-remote-user").as_deref(),
        Some("alice@EMBEDDED.TEST"),
        "{got:?}"
    );
    assert!(got.last().has_reply_token(), "{got:?}");
}

#[test]
fn curl_delegates_to_an_axum_handler() {
    let realm = with_alice();
    let example = axum_example(&realm.keytab(&[WWW]));
    let page = format!("http://www.embedded.test:{}/", example.address.port());
    let arguments = ["--negotiate", "--user", ":", "--delegation", "policy"];
    let got = curl_with(|command| _ = realm.given_to(command), &page, &arguments);
    assert_eq!(got.status(), 200, "{got:?}");
    assert!(got.body.contains("krbtgt/EMBEDDED.TEST@EMBEDDED.TEST"), "{got:?}");
}

// MIT's acceptor verifies the PAC's server signature.
#[test]
fn mits_acceptor_takes_the_tickets() {
    let realm = with_alice();
    let mut initiate = tool("initiate.py");
    initiate.args(["--target", "HTTP@www.embedded.test"]);
    let token = succeed(realm.given_to(&mut initiate), b"");
    let said = by_mit(&realm.keytab(&[WWW]), &token);
    assert_eq!(said["src_name"], "alice@EMBEDDED.TEST", "{said}");
}

#[test]
fn java_logs_in() {
    let realm = start(kdc(), Transport::Udp);
    let example = axum_example(&realm.keytab(&["HTTP/localhost"]));
    let page = format!("http://localhost:{}/", example.address.port());
    let alice = ["principal=alice@EMBEDDED.TEST", "password=Alice-pw1"];
    for answer in log_in(
        &realm.configuration,
        &alice,
        "HTTP@localhost",
        &page,
        &["url", "spnego"],
    ) {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.body.contains("alice@EMBEDDED.TEST"), "{answer:?}");
        assert_eq!(answer.mutual, answer.way == "spnego", "{answer:?}");
    }
}

#[test]
fn heimdal_gets_tickets() {
    let realm = start(kdc(), Transport::Udp);
    let password = interop::peers::scratch("password");
    std::fs::write(&password, "Alice-pw1\n").unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let mut command = heimdal::program(program);
        succeed(realm.given_to(command.args(arguments)), b"")
    };
    let file = format!("--password-file={}", password.display());
    run("kinit.heimdal", &["--forwardable", &file, "alice@EMBEDDED.TEST"]);
    run("kgetcred", &[WWW]);
    // MIT's kvno opens what Heimdal fetched, and asks for nothing anew.
    let listed = realm.run("klist", &["-f"], "");
    assert!(
        listed.contains("Flags: FIA") && listed.contains("Flags: FATO"),
        "{listed}"
    );
    let keytab = realm.keytab(&[WWW]);
    let said = realm.run("kvno", &["-k", keytab.to_str().unwrap(), WWW], "");
    assert!(said.contains("keytab entry valid"), "{said}");
}
