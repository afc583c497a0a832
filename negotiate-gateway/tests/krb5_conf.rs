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

/// A krb5.conf with this value of permitted_enctypes, on line 2.
fn permitting(types: &str) -> String {
    format!("[libdefaults]\npermitted_enctypes = {types}\ndefault_realm = EXAMPLE.COM\n")
}

#[test]
fn permitted_enctypes_narrow_what_is_taken() {
    let service = Service::new();
    // The service's key and its tickets are of aes256-cts.
    let gateway = gateway(&service, &permitting("aes128-cts aes256-cts"), "");
    assert_eq!(log_in(&gateway, &service, "alice").status, 200);
    let log = gateway.whole_log();
    assert!(!log.contains("permitted_enctypes"), "{log}");
    let capture = capture("mit/etype18-spnego-mutual");
    let said = explain(&permitting("DEFAULT"), capture.captured_at());
    assert_eq!((said.status, said.err.as_str()), (Some(0), ""), "{said:?}");
    let said = explain(&permitting("DEFAULT -aes256-cts"), capture.captured_at());
    assert_eq!(said.status, Some(1), "{said:?}");
    for text in [
        "[krb5.etype_refused]",
        "name it there, or give the service keys of a type that is taken",
    ] {
        assert!(said.out.contains(text), "{said:?}");
    }
}

#[test]
fn what_permitted_enctypes_names_in_vain_is_told() {
    let service = Service::new();
    let conf = permitting("aes rc4 camellia des3 des aes256");
    let gateway = gateway(&service, &conf, "");
    for warning in [
        "krb5.conf:2: permitted_enctypes: no encryption type is called \"aes256\"",
        "krb5.conf:2: permitted_enctypes names rc4-hmac (23), which is not taken here",
        "krb5.conf:2: permitted_enctypes names camellia256-cts-cmac (26), which is not taken here",
        "krb5.conf:2: permitted_enctypes names des3-cbc-sha1-kd (16), which is not taken here",
        "krb5.conf:2: permitted_enctypes names des-cbc-crc (1), which is not taken here",
    ] {
        gateway.logged(warning);
    }
    assert_eq!(log_in(&gateway, &service, "alice").status, 200);
    let capture = capture("mit/etype18-spnego-mutual");
    let said = explain(&conf, capture.captured_at());
    assert_eq!(said.status, Some(0), "{said:?}");
    for text in [
        "names rc4-hmac (23), which is not taken here\n  help: RC4 is broken; where accounts have no AES keys yet, set danger_accept_rc4",
        "names camellia128-cts-cmac (25), which is not taken here\n  help: set accept_camellia",
        "names des-cbc-md5 (3), which is not taken here\n  help: it is broken, and never taken",
    ] {
        assert!(said.err.contains(text), "{said:?}");
    }
}

#[test]
fn what_permitted_enctypes_takes_from_the_configuration_is_told() {
    let service = Service::new();
    let named = "danger_accept_rc4 = true\naccept_camellia = true";
    let narrowed = gateway(&service, &permitting("aes camellia256-cts"), named);
    for warning in [
        "krb5.conf:2: permitted_enctypes leaves rc4-hmac (23) out",
        "krb5.conf:2: permitted_enctypes leaves camellia128-cts-cmac (25) out",
    ] {
        narrowed.logged(warning);
    }
    // Nothing is said of the dangers of what is not taken, nor of what is taken as it was named.
    assert_eq!(log_in(&narrowed, &service, "alice").status, 200);
    let log = narrowed.whole_log();
    for text in ["RC4 is accepted", "camellia256"] {
        assert!(!log.contains(text), "{log}");
    }
    let both = gateway(&service, &permitting("aes rc4"), "danger_accept_rc4 = true");
    let log = both.whole_log();
    assert!(
        log.contains("RC4 is accepted") && !log.contains("permitted_enctypes"),
        "{log}"
    );
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
    let keytab = file("file.keytab", capture("mit/etype18-spnego-mutual").keytab());
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
            "[libdefaults]\npermitted_enctypes = aes256\n",
            "CONF:2: permitted_enctypes: \"aes256\" cannot be used\n  help: name the types",
        ),
        (
            "[libdefaults]\npermitted_enctypes = rc4 camellia\n",
            "CONF:2: permitted_enctypes permits no encryption type that is taken here\n  help: name AES in it",
        ),
        (
            "[libdefaults]\ndefault_realm = A\npermitted_enctypes = aes128-cts\n",
            "keytab KEYTAB has no key of a usable encryption type, only aes256-cts-hmac-sha1-96 (18)\n  help: name one of them in \
             permitted_enctypes",
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
        let said = ended
            .err
            .replace(text(&path), "CONF")
            .replace(text(&keytab), "KEYTAB");
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
