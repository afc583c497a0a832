//! `explain` judges a token as `serve` does, with the same configuration or the same arguments.

mod common;

use common::login::Service;
use common::{Ended, file, negotiate, run, text};
use mech_krb5::Principal;
use mech_krb5::keytab::{Keytab, KeytabEntry};
use negotiate_core::Timestamp;
use std::path::PathBuf;

fn explain(arguments: &[&str], token: &[u8]) -> Ended {
    run(&mut negotiate([&["explain"], arguments].concat()), token)
}

/// A service beside the one that the tickets are for, with a key of its own.
fn other() -> PathBuf {
    let principal = Principal::parse("HTTP/other.example.com@EXAMPLE.COM").expect("a principal");
    let entry = KeytabEntry::new(principal, Timestamp::now(), 1, 18, &[1; 32]).expect("an entry");
    let keytab = Keytab::from_entries(vec![entry]);
    file("other.keytab", keytab.to_file().expose())
}

fn told(ended: &Ended, expected: &str) {
    let status = if expected == "accepted" { 0 } else { 1 };
    assert_eq!(ended.status, Some(status), "{expected}: {ended:?}");
    let verdict = ended.out.lines().next().unwrap_or_default();
    assert!(verdict.contains(expected), "{expected}: {ended:?}");
}

#[test]
fn names_that_may_be_addressed() {
    let (service, other) = (Service::new(), other());
    let token = service.token("alice");
    let keytabs = ["--keytab", text(&service.keytab), "--keytab", text(&other)];
    for (more, expected) in [
        (&[][..], "accepted"),
        (&["--name", "HTTP@www.example.com"], "accepted"),
        (
            &["--name", "HTTP@other.example.com"],
            "[krb5.service_not_allowed]",
        ),
        (
            &["--name", "HTTP@third.example.com"],
            "[krb5.acceptor_names_absent]",
        ),
        (&["--name", "HTTP@{HOSTNAME}"], "accepted"),
        (
            &["--name", "HTTP@{HOSTNAME}", "--host", "WWW.example.com:8080"],
            "accepted",
        ),
        (
            &["--name", "HTTP@{HOSTNAME}", "--host", "other.example.com"],
            "[krb5.service_not_allowed]",
        ),
    ] {
        told(&explain(&[&keytabs, more].concat(), &token), expected);
    }
    let ended = explain(
        &[&keytabs[..], &["--name", "HTTP@{HOSTNAME}", "--host", "["]].concat(),
        &token,
    );
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert!(ended.err.contains("--host \"[\" is no host's name"), "{ended:?}");
}

#[test]
fn the_configuration_of_serve() {
    let (service, other) = (Service::new(), other());
    let token = service.token("alice");
    for (settings, more, expected) in [
        ("", &[][..], "accepted"),
        (
            "names = ['HTTP@other.example.com']",
            &[],
            "[krb5.service_not_allowed]",
        ),
        (
            "names = ['HTTP@{HOSTNAME}']",
            &["--host", "other.example.com"],
            "[krb5.service_not_allowed]",
        ),
        (
            "channel_bindings = 'require'",
            &["--channel-bindings", "00"],
            "[krb5.bindings_required]",
        ),
        (
            "channel_bindings = 'prefer'",
            &["--channel-bindings", "00"],
            "accepted",
        ),
        (
            "ticket_addresses = 'require'",
            &["--client", "192.0.2.1"],
            "[krb5.addresses_required]",
        ),
        ("pac = 'require'", &[], "[krb5.pac_missing]"),
    ] {
        let [first, second] = [&service.keytab, &other].map(|path| format!("{path:?}"));
        // "require" is for who has TLS; explain reads no certificate.
        let config = format!(
            "keytab = [{first}, {second}]\n[acceptor]\n{settings}\n[tls]\ncertificate = 'absent'\nkey = 'absent'\n\
             [reverse_proxy]\nupstream = 'http://127.0.0.1:9'\n"
        );
        let config = file("serve.toml", config);
        told(
            &explain(&[&["--config", text(&config)], more].concat(), &token),
            expected,
        );
        let both = ["--config", text(&config), "--keytab", text(&other)];
        assert_eq!(explain(&both, &token).status, Some(2));
    }
}

/// What `serve` would know, and the verdict may hang on: it is said that nobody told it, so that "accepted" is not taken for more.
#[test]
fn what_is_not_told_is_not_compared() {
    const BINDINGS: &str = "channel bindings are not compared";
    const ADDRESSES: &str = "addresses of tickets are not compared";
    const HOST: &str = "tickets for every host with a key are accepted";
    const TLS: &str = "[tls]\ncertificate = 'absent'\nkey = 'absent'\n";
    let proxy = "[reverse_proxy]\nupstream = 'http://127.0.0.1:9'\n";
    let behind = "[forward_auth]\ncertificate = 'absent'\n";
    let service = Service::new();
    let token = service.token("alice");
    for (settings, tables, more, said) in [
        ("", [proxy, ""], &[][..], None),
        ("", [proxy, TLS], &[], Some(BINDINGS)),
        ("", [behind, ""], &[], Some(BINDINGS)),
        ("", [proxy, TLS], &["--channel-bindings", "00"], None),
        ("channel_bindings = 'off'", [proxy, TLS], &[], None),
        ("ticket_addresses = 'check'", [proxy, ""], &[], Some(ADDRESSES)),
        (
            "ticket_addresses = 'check'",
            [proxy, ""],
            &["--client", "192.0.2.1"],
            None,
        ),
        ("names = ['HTTP@{HOSTNAME}']", [proxy, ""], &[], Some(HOST)),
        (
            "names = ['HTTP@{HOSTNAME}']",
            [proxy, ""],
            &["--host", "www.example.com"],
            None,
        ),
    ] {
        let config = file(
            "serve.toml",
            format!(
                "keytab = {:?}\ntrusted_proxies = ['127.0.0.1']\n[acceptor]\n{settings}\n{}",
                service.keytab,
                tables.concat()
            ),
        );
        let ended = explain(&[&["--config", text(&config)], more].concat(), &token);
        told(&ended, "accepted");
        let warnings: Vec<&str> = ended
            .err
            .lines()
            .filter_map(|line| line.strip_prefix("negotiate: "))
            .collect();
        assert_eq!(warnings, Vec::from_iter(said), "{settings} {more:?}");
    }
}
