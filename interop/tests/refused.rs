//! Tickets and tokens that must not log anybody in: made with MIT's tools, refused by `negotiate explain`, by the
//! gateway over HTTP, and by MIT itself, each with its own code.

use interop::client::{curl, url};
use interop::kdc::{Tickets, kadmin, ktadd, ktutil};
use interop::peers::{keytab, output, scratch, state, succeed, tool};
use interop::refusal::{Failure, sent};
use interop::server::Gateway;
use interop::token::{by_mit, explain, initiate, initiate_at};

/// The name with a key in the keytab `www`.
const WWW: &str = "HTTP/www.mit.test@MIT.TEST";

#[test]
fn wrong_realm() {
    let token = initiate(
        &Tickets::of_carol(),
        &["--target", "HTTP/www.mit.test@OTHER.TEST"],
    );
    Failure::named("wrong_realm").refused_by_all(
        &keytab("www"),
        &token,
        "HTTP/www.mit.test@OTHER.TEST not found in keytab",
    );
}

#[test]
fn service_absent_from_the_keytab() {
    kadmin("addprinc -randkey HTTP/absent.mit.test");
    let token = initiate(&Tickets::of_alice(), &["--target", "HTTP@absent.mit.test"]);
    Failure::named("service_absent").refused_by_all(
        &keytab("www"),
        &token,
        "HTTP/absent.mit.test@MIT.TEST not found in keytab",
    );
}

#[test]
fn wrong_service_key() {
    let wrong = ktutil(WWW, 1, "aes256-cts", "not the password");
    Failure::named("wrong_key").refused_by_all(
        &wrong,
        &initiate(&Tickets::of_alice(), &[]),
        "found in keytab but cannot decrypt ticket",
    );
}

#[test]
fn old_kvno() {
    kadmin("addprinc -randkey HTTP/old.mit.test");
    let alice = Tickets::of_alice().with("HTTP/old.mit.test");
    kadmin("cpw -randkey HTTP/old.mit.test");
    let token = initiate(&alice, &["--target", "HTTP@old.mit.test"]);
    Failure::named("old_kvno").refused_by_all(
        &ktadd("HTTP/old.mit.test"),
        &token,
        "ticket is likely out of date",
    );
}

#[test]
fn newer_kvno() {
    kadmin("addprinc -randkey HTTP/newer.mit.test");
    let stale = ktadd("HTTP/newer.mit.test");
    kadmin("cpw -randkey HTTP/newer.mit.test");
    let token = initiate(&Tickets::of_alice(), &["--target", "HTTP@newer.mit.test"]);
    Failure::named("newer_kvno").refused_by_all(&stale, &token, "keytab is likely out of date");
}

#[test]
fn missing_encryption_type() {
    kadmin("addprinc -pw Service-pw HTTP/etype.mit.test");
    let only_aes128 = ktutil("HTTP/etype.mit.test@MIT.TEST", 1, "aes128-cts", "Service-pw");
    let token = initiate(&Tickets::of_alice(), &["--target", "HTTP@etype.mit.test"]);
    Failure::named("missing_encryption_type").refused_by_all(
        &only_aes128,
        &token,
        "found in keytab but not with enctype aes256-cts",
    );
}

/// `permitted_enctypes` of one krb5.conf for both.
#[test]
fn encryption_type_that_is_not_permitted() {
    // A ticket of one type for a session of another.
    kadmin(
        "addprinc -randkey -e aes128-cts:normal HTTP/mixed.mit.test\nsetstr HTTP/mixed.mit.test session_enctypes aes256-cts",
    );
    let keytab = ktadd("HTTP/mixed.mit.test");
    let token = initiate(&Tickets::of_alice(), &["--target", "HTTP@mixed.mit.test"]);
    let verdicts = |permitted: &str| {
        let (conf, shared) = (scratch("krb5.conf"), state("krb5.conf"));
        let text = format!(
            "include {}\n[libdefaults]\npermitted_enctypes = {permitted}\n",
            shared.display()
        );
        std::fs::write(&conf, text).expect("written");
        let ours = explain(&keytab, &["--krb5-conf", conf.to_str().expect("UTF-8")], &token);
        let mut theirs = tool("accept.py");
        let theirs = succeed(theirs.arg(&keytab).env("KRB5_CONFIG", &conf), &token);
        let theirs: serde_json::Value = serde_json::from_slice(&theirs).expect("JSON");
        (ours, theirs)
    };
    for permitted in ["aes", "aes128-cts aes256-cts"] {
        let (ours, theirs) = verdicts(permitted);
        assert_eq!(ours.exit, Some(0), "{permitted}: {}", ours.json);
        assert_eq!(theirs["accepted"], true, "{permitted}: {theirs}");
    }
    for (permitted, name, mit) in [
        (
            "DEFAULT -aes128-cts",
            "ticket_of_a_type_that_is_not_permitted",
            // It does not say why.
            "found in keytab but cannot decrypt ticket",
        ),
        (
            "aes128-cts",
            "session_key_of_a_type_that_is_not_permitted",
            "Encryption type aes256-cts-hmac-sha1-96 not permitted",
        ),
    ] {
        let (ours, theirs) = verdicts(permitted);
        Failure::named(name).told_by(&ours);
        assert_eq!(theirs["accepted"], false, "{permitted}: {theirs}");
        let said = theirs["message"].as_str().unwrap_or_default();
        assert!(said.contains(mit), "{permitted}: {theirs}");
    }
}

#[test]
fn expired_ticket() {
    let short = Tickets::kinit("Alice-pw1", &["-l", "60s", "alice@MIT.TEST"]);
    Failure::named("expired_ticket").refused_by_all_at(
        "+10m",
        &keytab("www"),
        &initiate(&short, &[]),
        "Ticket expired",
    );
}

#[test]
fn ticket_not_yet_valid() {
    Failure::named("ticket_not_yet_valid").refused_by_all_at(
        "-10m",
        &keytab("www"),
        &initiate(&Tickets::of_alice(), &[]),
        "Ticket not yet valid",
    );
}

#[test]
fn postdated_ticket_that_was_not_validated() {
    let later = Tickets::kinit("Alice-pw1", &["-S", WWW, "-s", "20m", "alice@MIT.TEST"]);
    let token = initiate_at("+21m", &later, &["--target", WWW]);
    Failure::named("postdated_ticket").refused_by_all_at(
        "+21m",
        &keytab("www"),
        &token,
        "Ticket has invalid flag set",
    );
}

#[test]
fn skewed_clock() {
    let alice = Tickets::of_alice().with(WWW);
    // MIT's library sends nothing by a clock that is more than five minutes behind its KDC's.
    for (name, clients, servers) in [
        ("clients_clock_ahead", "+10m", "+0"),
        ("clients_clock_behind", "-4m", "+4m"),
        ("servers_clock_ahead", "+0", "+10m"),
    ] {
        let token = initiate_at(clients, &alice, &[]);
        let failure = Failure::named(name);
        failure.refused_by_all_at(servers, &keytab("www"), &token, "Clock skew too great");
    }
}

#[test]
fn replay() {
    let gateway = Gateway::start(&keytab("www"));
    let token = initiate(&Tickets::of_alice(), &[]);
    let once = sent(&gateway.daemon, &token);
    assert_eq!(once.status(), 200, "{once:?}");
    Failure::named("replay").refused_by(&gateway.daemon, &token);
}

#[test]
fn tampered_token() {
    let mut token = initiate(&Tickets::of_alice(), &["--mech", "krb5"]);
    let sealed = by_mit(&keytab("www"), &token);
    assert_eq!(sealed["accepted"], true, "{sealed}");
    // The ticket comes first and is the longer part; the authenticator is the end of the token.
    let (in_the_ticket, in_the_authenticator) = (300, token.len() - 1);
    token[in_the_ticket] ^= 1;
    Failure::named("tampered_ticket").refused_by_all(
        &keytab("www"),
        &token,
        "found in keytab but cannot decrypt ticket",
    );
    token[in_the_ticket] ^= 1;
    token[in_the_authenticator] ^= 1;
    Failure::named("tampered_authenticator").refused_by_all(
        &keytab("www"),
        &token,
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
    Failure::named("bindings_of_another_channel").told_by(&other);
}

#[test]
fn anonymous() {
    // PKINIT (RFC 8062). MIT accepts the anonymous principal and leaves the rest to the application; we do not.
    let nobody = Tickets::kinit("", &["-n"]);
    let gateway = Gateway::start(&keytab("www"));
    let token = initiate(&nobody, &[]);
    let said = explain(&keytab("www"), &[], &token);
    let failure = Failure::named("anonymous");
    failure.told_by(&said);

    // Who it is was proved, so asking again leads nowhere: 403.
    let got = sent(&gateway.daemon, &token);
    assert_eq!(got.status(), 403, "{got:?}");
    failure.logged_by(&gateway.daemon);
}

#[test]
fn ntlm_offered() {
    for (form, name) in [("ntlm", "ntlm"), ("spnego-ntlm", "ntlm_in_spnego")] {
        let token = initiate(&Tickets::none(), &["--mech", form]);
        let mit = "An unsupported mechanism was requested";
        Failure::named(name).refused_by_all(&keytab("www"), &token, mit);
    }
}

/// A user without a ticket, who asks the server to pass messages on to the KDC.
#[test]
fn iakerb_offered() {
    let token = succeed(tool("iakerb.py").args(["alice@MIT.TEST", "Alice-pw1"]), b"");
    // MIT's acceptor does pass them on.
    let failure = Failure::named("iakerb");
    failure.told_by(&explain(&keytab("www"), &[], &token));
    failure.refused_by(&Gateway::start(&keytab("www")).daemon, &token);
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
