//! Clients that check us: libgssapi steps on our reply token, and requests refuses a page without a good one.

use interop::client::{python, url};
use interop::kdc::Tickets;
use interop::peers::{keytab, state};
use interop::server::{Gateway, TlsGateway, axum_example, machine_in_the_middle};
use serde_json::Value;
use std::net::SocketAddr;

const CLIENTS: [&str; 7] = [
    "gssapi-spnego",
    "gssapi-krb5",
    "pyspnego-spnego",
    "pyspnego-kerberos",
    "requests-gssapi",
    "requests-kerberos",
    "httpx-gssapi",
];

fn welcomed(report: &Value, client: &str) {
    assert_eq!(report["status"], 200, "{client}: {report}");
    assert_eq!(
        report["mutual"], true,
        "{client} did not take our AP-REP: {report}"
    );
    assert!(
        report["body"]
            .as_str()
            .is_some_and(|body| body.contains("alice@MIT.TEST")),
        "{client}: {report}"
    );
}

#[test]
fn strict_clients_verify_our_reply() {
    let gateway = Gateway::start(&keytab("www"));
    let alice = Tickets::of_alice();
    for client in CLIENTS {
        welcomed(
            &python(&alice, client, &url("www.mit.test", gateway.daemon.address), &[]),
            client,
        );
    }
}

#[test]
fn delegation_by_python_clients() {
    let example = axum_example(&keytab("www"));
    let alice = Tickets::of_alice();
    let delegated = "delegated: \"alice@MIT.TEST\" for \"krbtgt/MIT.TEST@MIT.TEST\"\n";
    for client in [
        "pyspnego-spnego",
        "pyspnego-kerberos",
        "requests-gssapi",
        "requests-kerberos",
        "httpx-gssapi",
    ] {
        let page = url("www.mit.test", example.address);
        let report = python(&alice, client, &page, &["--delegate"]);
        welcomed(&report, client);
        assert!(
            report["body"].as_str().unwrap().ends_with(delegated),
            "{client}: {report}"
        );
    }
}

fn over_tls(address: SocketAddr, certificate: &str, client: &str, arguments: &[&str]) -> Value {
    let page = format!("https://www.mit.test:{}/", address.port());
    let trusted = state("pki").join(certificate).display().to_string();
    python(
        &Tickets::of_alice(),
        client,
        &page,
        &[&["--verify", &trusted], arguments].concat(),
    )
}

#[test]
fn channel_bindings_of_our_certificate() {
    let gateway = TlsGateway::start(&keytab("www"));
    for client in ["requests-gssapi", "requests-kerberos"] {
        welcomed(
            &over_tls(gateway.daemon.address, "www.pem", client, &["--bind"]),
            client,
        );
    }
    welcomed(
        &over_tls(gateway.daemon.address, "www.pem", "requests-gssapi", &[]),
        "without bindings",
    );
}

/// RFC 9266, with OpenSSL at the other end of the connection: bound to it, and to another one.
#[test]
fn channel_bindings_of_the_connection_itself() {
    let gateway = TlsGateway::start(&keytab("www"));
    let get = |arguments: &[&str]| over_tls(gateway.daemon.address, "www.pem", "tls-exporter", arguments);
    welcomed(&get(&["--bind"]), "tls-exporter");
    let refused = get(&[]);
    assert_eq!(refused["status"], 401, "{refused}");
    assert!(
        gateway.daemon.log().contains("krb5.bindings_mismatch"),
        "{}",
        gateway.daemon.log()
    );
}

#[test]
fn channel_bindings_of_a_machine_in_the_middle() {
    let gateway = TlsGateway::start(&keytab("www"));
    let relay = machine_in_the_middle(gateway.daemon.address);
    let mut seen = 0;
    for client in ["requests-gssapi", "requests-kerberos"] {
        let relayed = over_tls(relay.address, "other.pem", client, &["--bind"]);
        assert_eq!(relayed["status"], 401, "{client}: {relayed}");
        let log = gateway.daemon.log();
        let refusals = log.matches("krb5.bindings_mismatch").count();
        assert!(refusals > seen, "{client}: {log}");
        seen = refusals;
    }
    // Only the bindings tell: who sends none is relayed unnoticed.
    welcomed(
        &over_tls(relay.address, "other.pem", "requests-gssapi", &[]),
        "without bindings",
    );
}
