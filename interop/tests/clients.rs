//! Clients that check us: libgssapi steps on our reply token, and requests refuses a page without a good one.

use interop::client::{python, url};
use interop::kdc::Tickets;
use interop::peers::{keytab, state};
use interop::server::{Gateway, TlsGateway};
use serde_json::Value;
use std::net::SocketAddr;

const CLIENTS: [&str; 4] = [
    "gssapi-spnego",
    "gssapi-krb5",
    "requests-gssapi",
    "requests-kerberos",
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
fn delegation_by_requests() {
    let gateway = Gateway::start(&keytab("www"));
    let alice = Tickets::of_alice();
    for client in ["requests-gssapi", "requests-kerberos"] {
        let page = url("www.mit.test", gateway.daemon.address);
        welcomed(&python(&alice, client, &page, &["--delegate"]), client);
    }
}

fn over_tls(address: SocketAddr, client: &str, bindings: &[&str]) -> Value {
    let page = format!("https://www.mit.test:{}/", address.port());
    let trusted = state("pki/www.pem").display().to_string();
    python(
        &Tickets::of_alice(),
        client,
        &page,
        &[&["--verify", &trusted], bindings].concat(),
    )
}

#[test]
fn channel_bindings_of_our_certificate() {
    let gateway = TlsGateway::start(&keytab("www"));
    for client in ["requests-gssapi", "requests-kerberos"] {
        let bound = over_tls(
            gateway.daemon.address,
            client,
            &["--bindings", "tls-server-end-point"],
        );
        welcomed(&bound, client);
    }
    welcomed(
        &over_tls(gateway.daemon.address, "requests-gssapi", &[]),
        "without bindings",
    );
}

#[test]
fn channel_bindings_of_another_certificate() {
    let gateway = TlsGateway::start(&keytab("www"));
    let another = ["tls-server-end-point:".as_bytes(), &[0xaa; 32]].concat();
    let hex: String = another.iter().map(|byte| format!("{byte:02x}")).collect();
    let relayed = over_tls(gateway.daemon.address, "requests-gssapi", &["--bindings", &hex]);
    assert_ne!(relayed["status"], 200, "{relayed}");
    assert!(
        gateway.daemon.log().contains("krb5.bindings_mismatch"),
        "{}",
        gateway.daemon.log()
    );
}
