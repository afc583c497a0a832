//! Java logs in with a ticket of a real KDC: HttpURLConnection by itself, and JGSS in both framings.

use interop::client::url;
use interop::java::{Answer, log_in};
use interop::kdc::Tickets;
use interop::peers::{keytab, state};
use interop::server::{TlsGateway, axum_example, machine_in_the_middle};

const WAYS: [&str; 3] = ["url", "spnego", "krb5"];

fn java(page: &str, properties: &[String], ways: &[&str]) -> Vec<Answer> {
    let alice = Tickets::of_alice();
    let cache = format!("cache={}", alice.path().display());
    let properties: Vec<_> = [&*cache]
        .into_iter()
        .chain(properties.iter().map(|property| &**property))
        .collect();
    log_in(&state("krb5.conf"), &properties, "HTTP@www.mit.test", page, ways)
}

#[test]
fn java_logs_in() {
    let example = axum_example(&keytab("www"));
    for answer in java(&url("www.mit.test", example.address), &[], &WAYS) {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(
            answer.body.starts_with("user: alice@MIT.TEST\nmechanism: krb5\n"),
            "{answer:?}"
        );
        assert_eq!(answer.mutual, answer.way != "url", "{answer:?}");
        // HttpURLConnection delegates to every service that the KDC trusts for it.
        assert_eq!(
            answer.body.contains("delegated: "),
            answer.way == "url",
            "{answer:?}"
        );
    }
}

/// `page` over TLS with the bindings of the certificate that the server shows.
fn bound(port: u16, certificate: &str) -> Answer {
    let properties = [
        "jdk.https.negotiate.cbt=always".to_owned(),
        format!("trust={}", state("pki").join(certificate).display()),
    ];
    java(&format!("https://www.mit.test:{port}/"), &properties, &["url"]).remove(0)
}

#[test]
fn java_binds_its_login_to_the_channel() {
    let gateway = TlsGateway::start(&keytab("www"));
    let answer = bound(gateway.daemon.address.port(), "www.pem");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body.contains("alice@MIT.TEST"), "{answer:?}");

    let relay = machine_in_the_middle(gateway.daemon.address);
    let answer = bound(relay.address.port(), "other.pem");
    assert_eq!(answer.body.trim(), "Authentication failure", "{answer:?}");
    let log = gateway.daemon.log();
    assert!(log.contains("krb5.bindings_mismatch"), "{log}");
}
