//! Authentication indicators (RFC 8129) of a real KDC: what MIT's acceptor reads on the same ticket, we read, and the
//! application behind the gateway is told.

use interop::client::{Got, curl_negotiate, url};
use interop::kdc::Tickets;
use interop::peers::{Daemon, keytab, state, succeed};
use interop::server::{backend, configured};
use interop::token::{attributes_by_mit, explain, initiate};
use serde_json::{Value, json};
use std::process::Command;

/// By a certificate (RFC 4556).
fn by_pkinit() -> Tickets {
    let (certificate, key) = (state("pki/alice.pem"), state("pki/alice.key"));
    let identity = format!(
        "X509_user_identity=FILE:{},{}",
        certificate.display(),
        key.display()
    );
    Tickets::kinit("", &["-X", &identity, "alice@MIT.TEST"])
}

/// By a password and encrypted timestamp, which the KDC has no word for.
fn by_timestamp() -> Tickets {
    let conf = std::fs::read_to_string(state("krb5.conf")).unwrap();
    let without_spake = state("krb5-without-spake.conf");
    std::fs::write(
        &without_spake,
        conf + "[plugins]\n  clpreauth = {\n    disable = spake\n  }\n",
    )
    .unwrap();
    let tickets = Tickets::none();
    let mut kinit = Command::new("kinit");
    kinit.arg("alice@MIT.TEST").env("KRB5_CONFIG", without_spake);
    succeed(tickets.given_to(&mut kinit), b"Alice-pw1\n");
    tickets
}

fn gateway(upstream: &Daemon) -> Daemon {
    configured(&format!(
        "keytab = {:?}\n[identity_headers]\nauth_indicators = \"X-Indicators\"\n\
         [reverse_proxy]\nupstream = \"http://{}\"\n",
        keytab("www"),
        upstream.address
    ))
}

/// What MIT's acceptor, `explain` and the application behind the gateway say.
fn told(tickets: &Tickets) -> (Vec<String>, Value, Option<String>) {
    let token = initiate(tickets, &[]);
    let mut by_mit = attributes_by_mit(&keytab("www"), &token);
    let by_mit = by_mit.remove("auth-indicators").unwrap_or_default();
    let by_mit = by_mit.into_iter().map(|value| String::from_utf8(value).unwrap());
    let said = explain(&keytab("www"), &[], &token);
    assert_eq!(said.exit, Some(0), "{}", said.json);

    let backend = backend();
    let gateway = gateway(&backend);
    let page = url("www.mit.test", gateway.address);
    // Nobody but the KDC says how a user logged in.
    let forged = ["--header", "X-Indicators: otp"];
    let got: Got = curl_negotiate(tickets, &page, &forged);
    assert_eq!(got.status(), 200, "{got:?}\n{}", gateway.log());
    let indicators = said.json["attributes"]["auth_indicators"].clone();
    (by_mit.collect(), indicators, got.forwarded("x-indicators"))
}

#[test]
fn of_a_login_by_certificate() {
    let expected = (
        vec!["pkinit".to_owned()],
        json!(["pkinit"]),
        Some("pkinit".to_owned()),
    );
    assert_eq!(told(&by_pkinit()), expected);
}

#[test]
fn of_a_login_by_spake() {
    let words = ["spake", "a password, proved"];
    let mut by_mit = words.map(str::to_owned).to_vec();
    by_mit.sort();
    let (theirs, ours, at_the_application) = told(&Tickets::of_alice());
    assert_eq!(theirs, by_mit);
    assert_eq!(ours, json!(words));
    assert_eq!(
        at_the_application.as_deref(),
        Some("spake, a%20password%2C%20proved")
    );
}

#[test]
fn of_a_login_that_the_kdc_has_no_word_for() {
    assert_eq!(told(&by_timestamp()), (Vec::new(), Value::Null, None));
}
