//! Tickets and tokens that must not log anybody in: made with MIT's tools, refused by `negotiate explain`, by the
//! gateway over HTTP, and by MIT itself, each with its own code.

use interop::client::{Got, authorization, curl, url};
use interop::kdc::{Tickets, kadmin, ktadd, ktutil};
use interop::peers::{Daemon, at_clock, keytab, output};
use interop::server::{Gateway, backend, serve};
use interop::token::{by_mit, by_mit_at, explain, explain_at, initiate, initiate_at};
use std::path::Path;

/// The name with a key in the keytab `www`.
const WWW: &str = "HTTP/www.mit.test@MIT.TEST";

/// Refused at the present time by all three: by us with `code`, by MIT in these words, which show that the token is
/// wrong in the respect that the test is about.
fn refused(keytab: &Path, token: &[u8], code: &str, mit: &str) {
    refused_at("+0", keytab, token, code, mit);
}

/// Refused when the acceptor's clock is moved by `offset`.
fn refused_at(offset: &str, keytab: &Path, token: &[u8], code: &str, mit: &str) {
    let said = explain_at(offset, keytab, token);
    assert_eq!(said.code(), code, "{}", said.json);
    assert_eq!(
        (said.exit, said.json["accepted"].as_bool()),
        (Some(1), Some(false)),
        "{}",
        said.json
    );
    assert_ne!(
        said.json["message"].as_str().unwrap_or_default(),
        "",
        "{}",
        said.json
    );

    let theirs = by_mit_at(offset, keytab, token);
    assert_eq!(
        theirs["accepted"], false,
        "MIT accepts what we refuse with {code}"
    );
    assert!(
        theirs["message"].as_str().unwrap_or_default().contains(mit),
        "{code}: {theirs}"
    );

    let backend = backend();
    let (command, address) = serve(keytab, backend.address);
    let gateway = Daemon::start(&mut at_clock(offset, &command), address);
    refused_by_http(&gateway, token, code);
}

/// 401 with the challenge, and the code in the operator's log.
fn refused_by_http(gateway: &Daemon, token: &[u8], code: &str) {
    let got = sent(gateway, token);
    assert_eq!(got.status(), 401, "{code}: {got:?}");
    let challenges = got.last().all("www-authenticate");
    let negotiate = |challenge: &&str| challenge.starts_with("Negotiate");
    assert!(challenges.iter().any(negotiate), "{code}: {challenges:?}");
    logged(gateway, code);
}

fn sent(gateway: &Daemon, token: &[u8]) -> Got {
    let page = url("www.mit.test", gateway.address);
    curl(&Tickets::none(), &page, &["--header", &authorization(token)])
}

fn logged(gateway: &Daemon, code: &str) {
    let log = gateway.log();
    assert!(log.contains(code), "{code} is not in the log:\n{log}");
}

#[test]
fn wrong_realm() {
    let token = initiate(
        &Tickets::of_carol(),
        &["--target", "HTTP/www.mit.test@OTHER.TEST"],
    );
    refused(
        &keytab("www"),
        &token,
        "krb5.wrong_realm",
        "HTTP/www.mit.test@OTHER.TEST not found in keytab",
    );
}

#[test]
fn service_absent_from_the_keytab() {
    kadmin("addprinc -randkey HTTP/absent.mit.test");
    let token = initiate(&Tickets::of_alice(), &["--target", "HTTP@absent.mit.test"]);
    refused(
        &keytab("www"),
        &token,
        "krb5.service_absent",
        "HTTP/absent.mit.test@MIT.TEST not found in keytab",
    );
}

#[test]
fn wrong_service_key() {
    let wrong = ktutil(WWW, 1, "aes256-cts", "not the password");
    refused(
        &wrong,
        &initiate(&Tickets::of_alice(), &[]),
        "krb5.wrong_key",
        "found in keytab but cannot decrypt ticket",
    );
}

#[test]
fn old_kvno() {
    kadmin("addprinc -randkey HTTP/old.mit.test");
    let alice = Tickets::of_alice().with("HTTP/old.mit.test");
    kadmin("cpw -randkey HTTP/old.mit.test");
    let token = initiate(&alice, &["--target", "HTTP@old.mit.test"]);
    refused(
        &ktadd("HTTP/old.mit.test"),
        &token,
        "krb5.kvno_old",
        "ticket is likely out of date",
    );
}

#[test]
fn newer_kvno() {
    kadmin("addprinc -randkey HTTP/newer.mit.test");
    let stale = ktadd("HTTP/newer.mit.test");
    kadmin("cpw -randkey HTTP/newer.mit.test");
    let token = initiate(&Tickets::of_alice(), &["--target", "HTTP@newer.mit.test"]);
    refused(&stale, &token, "krb5.kvno_new", "keytab is likely out of date");
}

#[test]
fn missing_encryption_type() {
    kadmin("addprinc -pw Service-pw HTTP/etype.mit.test");
    let only_aes128 = ktutil("HTTP/etype.mit.test@MIT.TEST", 1, "aes128-cts", "Service-pw");
    let token = initiate(&Tickets::of_alice(), &["--target", "HTTP@etype.mit.test"]);
    refused(
        &only_aes128,
        &token,
        "krb5.etype_missing",
        "found in keytab but not with enctype aes256-cts",
    );
}

#[test]
fn expired_ticket() {
    let short = Tickets::kinit("Alice-pw1", &["-l", "60s", "alice@MIT.TEST"]);
    refused_at(
        "+10m",
        &keytab("www"),
        &initiate(&short, &[]),
        "krb5.ticket_expired",
        "Ticket expired",
    );
}

#[test]
fn ticket_not_yet_valid() {
    refused_at(
        "-10m",
        &keytab("www"),
        &initiate(&Tickets::of_alice(), &[]),
        "krb5.ticket_not_yet_valid",
        "Ticket not yet valid",
    );
}

#[test]
fn postdated_ticket_that_was_not_validated() {
    let later = Tickets::kinit("Alice-pw1", &["-S", WWW, "-s", "20m", "alice@MIT.TEST"]);
    let token = initiate_at("+21m", &later, &["--target", WWW]);
    refused_at(
        "+21m",
        &keytab("www"),
        &token,
        "krb5.ticket_invalid",
        "Ticket has invalid flag set",
    );
}

#[test]
fn skewed_clock() {
    let alice = Tickets::of_alice().with(WWW);
    refused(
        &keytab("www"),
        &initiate_at("+10m", &alice, &[]),
        "krb5.clock_skew",
        "Clock skew too great",
    );
    let now_old = initiate(&alice, &[]);
    refused_at(
        "+10m",
        &keytab("www"),
        &now_old,
        "krb5.clock_skew",
        "Clock skew too great",
    );
}

#[test]
fn replay() {
    let gateway = Gateway::start(&keytab("www"));
    let token = initiate(&Tickets::of_alice(), &[]);
    let once = sent(&gateway.daemon, &token);
    assert_eq!(once.status(), 200, "{once:?}");
    refused_by_http(&gateway.daemon, &token, "krb5.replay");
}

#[test]
fn tampered_token() {
    let mut token = initiate(&Tickets::of_alice(), &["--mech", "krb5"]);
    let sealed = by_mit(&keytab("www"), &token);
    assert_eq!(sealed["accepted"], true, "{sealed}");
    // The ticket comes first and is the longer part; the authenticator is the end of the token.
    let (in_the_ticket, in_the_authenticator) = (300, token.len() - 1);
    token[in_the_ticket] ^= 1;
    refused(
        &keytab("www"),
        &token,
        "krb5.wrong_key",
        "found in keytab but cannot decrypt ticket",
    );
    token[in_the_ticket] ^= 1;
    token[in_the_authenticator] ^= 1;
    refused(
        &keytab("www"),
        &token,
        "krb5.authenticator_tampered",
        "Decrypt integrity check failed",
    );
}

#[test]
fn wrong_channel_bindings() {
    let bindings = "746c732d7365727665722d656e642d706f696e743a00";
    let token = initiate(&Tickets::of_alice(), &["--bindings", bindings]);
    let bound = explain(&keytab("www"), &["--channel-bindings", bindings], &token);
    assert_eq!(bound.exit, Some(0), "{}", bound.json);
    let other = explain(&keytab("www"), &["--channel-bindings", "00"], &token);
    assert_eq!(
        (other.exit, other.code()),
        (Some(1), "krb5.bindings_mismatch"),
        "{}",
        other.json
    );
}

#[test]
fn anonymous() {
    // PKINIT (RFC 8062). MIT accepts the anonymous principal and leaves the rest to the application; we do not.
    let nobody = Tickets::kinit("", &["-n"]);
    let gateway = Gateway::start(&keytab("www"));
    let token = initiate(&nobody, &[]);
    let said = explain(&keytab("www"), &[], &token);
    assert_eq!(
        (said.exit, said.code()),
        (Some(1), "krb5.anonymous_refused"),
        "{}",
        said.json
    );

    // Who it is was proved, so asking again leads nowhere: 403.
    let got = sent(&gateway.daemon, &token);
    assert_eq!(got.status(), 403, "{got:?}");
    logged(&gateway.daemon, "krb5.anonymous_refused");
}

#[test]
fn ntlm_offered() {
    for form in ["ntlm", "spnego-ntlm"] {
        let token = initiate(&Tickets::none(), &["--mech", form]);
        refused(
            &keytab("www"),
            &token,
            "spnego.ntlm_offered",
            "An unsupported mechanism was requested",
        );
    }
}

#[test]
fn no_token_at_all() {
    let whole = initiate(&Tickets::of_alice(), &[]);
    for (what, token) in [("random", &[0x5a; 700][..]), ("cut", &whole[..whole.len() / 2])] {
        let said = explain(&keytab("www"), &[], token);
        assert_eq!(said.exit, Some(1), "{what}: {}", said.json);
        assert_ne!(said.code(), "", "{what}: {}", said.json);
    }
    let gateway = Gateway::start(&keytab("www"));
    for field in [
        "Negotiate",
        "Negotiate ",
        "Negotiate !!!",
        "Negotiate YIIC",
        "Negotiate AAAA",
    ] {
        let field = format!("Authorization: {field}");
        let got = curl(
            &Tickets::none(),
            &url("www.mit.test", gateway.daemon.address),
            &["--header", &field],
        );
        assert_eq!(got.status(), 401, "{field}: {got:?}");
        assert!(
            got.last().all("www-authenticate").contains(&"Negotiate"),
            "{field}: {got:?}"
        );
    }
}

#[test]
fn explain_takes_the_time_from_its_command_line() {
    let token = initiate(&Tickets::of_alice(), &[]);
    let in_two_days = output(
        std::process::Command::new("date").args(["-u", "-d", "2 days", "+%FT%TZ"]),
        b"",
    );
    let in_two_days = String::from_utf8(in_two_days.stdout).expect("a date");
    let said = explain(&keytab("www"), &["--now", in_two_days.trim()], &token);
    assert_eq!(
        (said.exit, said.code()),
        (Some(1), "krb5.ticket_expired"),
        "{}",
        said.json
    );
}
