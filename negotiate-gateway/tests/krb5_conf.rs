//! A krb5.conf that is named: what it changes, and what is wrong with it.

mod common;

use common::daemon::Gateway;
use common::http::{Response, get};
use common::login::Service;
use common::{Ended, backend, file, negotiate, run, text};
use testvectors::capture;

const CONF: &str = "[libdefaults]\ndefault_realm = EXAMPLE.COM\nclockskew = 60\n\
    [realms]\nEXAMPLE.COM = {\nauth_to_local = RULE:[2:$1](root)s/root/toor/\n\
    auth_to_local = RULE:[1:$1@$0](.*@OTHER\\.COM)s/@.*/-other/\nauth_to_local = DEFAULT\n}\n\
    [capaths]\nOTHER.COM = {\nEXAMPLE.COM = HUB.ORG\n}\n";

/// The gateway with a krb5.conf and more keys for the table `acceptor`, telling local names.
fn gateway(service: &Service, krb5_conf: &str, acceptor: &str) -> Gateway {
    let krb5_conf = file("krb5.conf", krb5_conf);
    Gateway::configured(&format!(
        "keytab = {:?}\n[acceptor]\nkrb5_conf = {krb5_conf:?}\n{acceptor}\n[identity_headers]\n\
         local_name = \"X-Local-Name\"\n[reverse_proxy]\nupstream = \"http://{}\"\n",
        service.keytab,
        backend::start()
    ))
}

fn log_in(gateway: &Gateway, service: &Service, user: &str) -> Response {
    let claim = "X-Local-Name: root".to_owned();
    get(gateway.address, "/", &[service.authorization(user), claim])
}

#[test]
fn local_names_are_told_and_nobody_can_claim_one() {
    let service = Service::new();
    let gateway = gateway(&service, CONF, "");
    for (user, local_name) in [
        ("alice", &["alice"][..]),
        ("root/admin", &["toor"]),
        ("alice@OTHER.COM", &["alice-other"]),
        ("alice/admin", &[]),
        ("alice@THIRD.COM", &[]),
    ] {
        let response = log_in(&gateway, &service, user);
        assert_eq!(response.status, 200, "{user}: {response:?}");
        assert_eq!(response.forwarded("x-local-name"), local_name, "{user}");
    }
}

#[test]
fn capaths_say_through_which_realms_a_ticket_may_come() {
    let mut service = Service::new();
    let gateway = gateway(&service, CONF, "");
    service.transited = "HUB.ORG";
    assert_eq!(log_in(&gateway, &service, "alice@OTHER.COM").status, 200);
    // Up and down the hierarchy, which the path replaces; and one for which there is no path.
    for (transited, user) in [("COM", "alice@OTHER.COM"), ("HUB.ORG", "alice@THIRD.COM")] {
        service.transited = transited;
        assert_eq!(
            log_in(&gateway, &service, user).status,
            401,
            "{user} through {transited}"
        );
    }
    let line = gateway.logged("below THIRD.COM: EXAMPLE.COM = HUB.ORG");
    assert!(line.contains("krb5.transited_refused"), "{line}");
}

#[test]
fn a_kdc_may_be_trusted_to_have_checked() {
    let mut service = Service::new();
    service.transited = "HUB.ORG";
    let elsewhere = gateway(&service, CONF, "trust_kdc = [\"THIRD.COM\"]");
    assert_eq!(log_in(&elsewhere, &service, "alice@THIRD.COM").status, 401);
    let here = gateway(&service, CONF, "trust_kdc = [\"EXAMPLE.COM\"]");
    assert_eq!(log_in(&here, &service, "alice@THIRD.COM").status, 200);
}

fn explain(krb5_conf: &str, now: &str) -> Ended {
    let capture = capture("mit/etype18-spnego-mutual");
    let (keytab, krb5_conf) = (capture.path("keytab"), file("krb5.conf", krb5_conf));
    let arguments = [
        "explain",
        "--keytab",
        text(&keytab),
        "--krb5-conf",
        text(&krb5_conf),
        "--now",
        now,
    ];
    run(&mut negotiate(arguments), &capture.initiator_token())
}

/// MIT krb5's acceptors refuse other types than these; who expects that here is told.
#[test]
fn what_does_not_count_is_warned_of() {
    const WARNING: &str = "krb5.conf:2: permitted_enctypes does not count here";
    let conf = "[libdefaults]\npermitted_enctypes = aes256-cts\ndefault_realm = EXAMPLE.COM\n";
    let service = Service::new();
    let warned = gateway(&service, conf, "");
    warned.logged(WARNING);
    assert_eq!(log_in(&warned, &service, "alice").status, 200);
    let capture = capture("mit/etype18-spnego-mutual");
    let said = explain(conf, capture.captured_at());
    assert!(said.status == Some(0) && said.err.contains(WARNING), "{said:?}");
    assert_eq!(explain(CONF, capture.captured_at()).err, "");
}

#[test]
fn explain_judges_and_maps_by_it() {
    let capture = capture("mit/etype18-spnego-mutual");
    let now = capture.captured_at();
    let realm = |more: &str| format!("[libdefaults]\ndefault_realm = MIT.TEST\n{more}");
    let said = explain(&realm(""), now);
    assert!(said.out.contains("local name      alice\n"), "{said:?}");
    let said = explain("", now);
    assert!(
        said.status == Some(0) && !said.out.contains("local name"),
        "{said:?}"
    );
    // Within the default of 300 s, and not within 30 s.
    let later = now.replace(
        &now[14..16],
        &format!("{:02}", now[14..16].parse::<u32>().unwrap() + 2),
    );
    assert_eq!(explain(&realm(""), &later).status, Some(0), "{later}");
    let said = explain(&realm("clockskew = 30\n"), &later);
    assert!(
        said.status == Some(1) && said.out.contains("[krb5.clock_skew]"),
        "{said:?}"
    );
}

#[test]
fn a_file_that_cannot_be_used_ends_the_start_with_file_and_line() {
    let keytab = capture("mit/etype18-spnego-mutual").path("keytab");
    for (conf, expected) in [
        (
            "[libdefaults]\nx\n",
            "CONF:2: this is no relation\n  help: write name = value",
        ),
        (
            "[realms]\nA = { kdc = b }\n",
            "CONF:2: something follows { on its line\n  help: write each relation",
        ),
        (
            "[libdefaults]\n\nclockskew = 5m\n",
            "CONF:3: clockskew: \"5m\" cannot be used\n  help: write a whole number of seconds",
        ),
        (
            "[libdefaults]\ndefault_realm = A\n[realms]\nA = {\nauth_to_local = RULE:[1:$1](\n}\n",
            "CONF:5: auth_to_local: \"RULE:[1:$1](\" cannot be used\n  help: write DEFAULT, or RULE:",
        ),
        (
            "include /none\n",
            "CONF:1: /none cannot be read: No such file or directory (os error 2)\n  help: check",
        ),
        (
            "[libdefaults]\n",
            "identity_headers.local_name needs a default realm, and acceptor.krb5_conf has none\n  help: write default_realm",
        ),
    ] {
        let path = file("krb5.conf", conf);
        let serve = file(
            "serve.toml",
            format!(
                "keytab = {keytab:?}\nacceptor.krb5_conf = [{path:?}]\nidentity_headers.local_name = 'X-Local'\n\
                 [reverse_proxy]\nupstream = 'http://a'\n"
            ),
        );
        let ended = run(&mut negotiate(["serve", "--config", text(&serve)]), b"");
        let said = ended.err.replace(text(&path), "CONF");
        assert_eq!(ended.status, Some(2), "{ended:?}");
        assert!(said.starts_with(&format!("negotiate: {expected}")), "{said}");
    }
    let ended = run(
        &mut negotiate([
            "serve",
            "--keytab",
            "a",
            "--upstream",
            "http://a",
            "--krb5-conf",
            "/none",
        ]),
        b"",
    );
    assert!(
        ended.status == Some(2) && ended.err.contains("/none cannot be read"),
        "{ended:?}"
    );
}
