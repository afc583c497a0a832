//! `HTTP@{HOSTNAME}`: the names that clients may address follow the host of each request.

mod common;

use common::backend;
use common::daemon::Gateway;
use common::http::Client;
use common::login::Service;
use common::{file, text};
use mech_krb5::Principal;
use mech_krb5::keytab::{Keytab, KeytabEntry};
use negotiate_core::Timestamp;

/// `negotiate serve` without a configuration file.
fn with_arguments(keytab: &str, names: &[&str]) -> Gateway {
    let upstream = format!("http://{}", backend::start());
    let mut arguments = vec![
        "--keytab",
        keytab,
        "--upstream",
        &upstream,
        "--listen",
        "127.0.0.1:0",
    ];
    for name in names {
        arguments.extend(["--name", name]);
    }
    Gateway::start(arguments)
}

#[test]
fn a_name_on_the_command_line_follows_the_host() {
    let service = Service::new();
    let gateway = with_arguments(text(&service.keytab), &["HTTP@{HOSTNAME}"]);
    for (hosts, status) in [
        ("Host: www.example.com", 200),
        ("Host: WWW.Example.com.:8080", 200),
        ("Host: other.example.com", 401),
        ("Host: [::1]", 401),
        // Which of them would it be?
        ("Host: www.example.com\r\nHost: www.example.com", 401),
    ] {
        let mut client = Client::connect(gateway.address);
        let token = service.authorization("alice");
        client.send(format!("GET / HTTP/1.1\r\n{hosts}\r\n{token}\r\n\r\n"));
        assert_eq!(client.receive().status, status, "{hosts}\n{}", gateway.log());
    }
    gateway.logged("krb5.service_not_allowed");
}

#[test]
fn names_that_share_a_key_are_warned_of() {
    const WARNING: &str = "same key as an allowed one";
    let keytab = |keys: [u8; 2]| {
        let entries = ["HTTP/a.example@EXAMPLE.COM", "HTTP/B.EXAMPLE@EXAMPLE.COM"]
            .into_iter()
            .zip(keys);
        let entries = entries.map(|(principal, key)| {
            let principal = Principal::parse(principal).expect("a principal");
            KeytabEntry::new(principal, Timestamp::now(), 1, 18, &[key; 32]).expect("an entry")
        });
        file(
            "two.keytab",
            Keytab::from_entries(entries.collect()).to_file().expose(),
        )
    };
    let (shared, apart) = (keytab([1, 1]), keytab([1, 2]));
    let pattern = ["HTTP@{HOSTNAME}"];
    let gateway = with_arguments(text(&shared), &pattern);
    let line = gateway.logged(WARNING);
    assert!(line.contains("EXAMPLE.COM"), "{line}");
    // Both are allowed under every host: none is to be kept out.
    for (keytab, names) in [
        (&apart, &pattern[..]),
        (&shared, &["HTTP@a.example", "HTTP@b.example", "HTTP@{HOSTNAME}"]),
        (&shared, &[]),
    ] {
        let gateway = with_arguments(text(keytab), names);
        for host in ["HTTP/a.example@", "HTTP/B.EXAMPLE@"] {
            assert!(gateway.said.contains(host), "{}", gateway.said);
        }
        let log = gateway.whole_log();
        assert!(!log.contains(WARNING), "{names:?}: {log}");
    }
}
