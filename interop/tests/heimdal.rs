//! Heimdal's KDC and its clients: tickets of every encryption type, both framings, message tokens, delegation.

use interop::acceptor::{acceptor, acceptor_with, step};
use interop::client::url;
use interop::heimdal::{self, Initiator, keytab};
use interop::peers::state;
use interop::server::{Gateway, TlsGateway, axum_example, machine_in_the_middle};
use mech_krb5::Details;
use mech_krb5::crypto::EncryptionTypes;
use negotiate_core::{Protection, SecurityContext, Step, SystemRandom};
use serde_json::Value;

const ETYPES: [(&str, &str); 4] = [
    ("e17", "aes128-cts-hmac-sha1-96"),
    ("e18", "aes256-cts-hmac-sha1-96"),
    ("e19", "aes128-cts-hmac-sha256-128"),
    ("e20", "aes256-cts-hmac-sha384-192"),
];
const CLIENTS: [&str; 2] = ["heimdal-spnego", "heimdal-krb5"];
const DELEGATED: &str = "delegated: \"alice@HEIM.TEST\" for \"krbtgt/HEIM.TEST@HEIM.TEST\"\n";

/// Heimdal took our AP-REP, and the page names the user.
fn welcomed(report: &Value, client: &str) {
    assert_eq!(report["status"], 200, "{client}: {report}");
    assert_eq!(report["mutual"], true, "{client}: {report}");
    assert!(body(report).contains("alice@HEIM.TEST"), "{client}: {report}");
}

fn body(report: &Value) -> &str {
    report["body"].as_str().unwrap_or_default()
}

#[test]
fn its_clients_log_in_with_every_encryption_type() {
    let gateway = Gateway::start(&keytab());
    let alice = heimdal::kinit();
    for (host, etype) in ETYPES {
        let page = url(&format!("{host}.heim.test"), gateway.daemon.address);
        for client in CLIENTS {
            welcomed(&heimdal::get(&alice, client, &page, &[]), client);
        }
        let listed = heimdal::klist(&alice);
        let ticket = listed
            .split("Server: ")
            .find(|ticket| ticket.starts_with(&format!("HTTP/{host}.")))
            .unwrap_or_else(|| panic!("no ticket for {host}: {listed}"));
        assert!(ticket.contains(&format!("Ticket etype: {etype}")), "{listed}");
    }
}

/// Heimdal and we open each other's message tokens.
fn messages_agree(initiator: &mut Initiator, context: &mut SecurityContext) {
    assert_eq!(initiator.hear(), b"mutual");
    let (wrapped, mic) = (initiator.hear(), initiator.hear());
    let messages = context.per_message();
    let unwrapped = messages.unwrap(&wrapped).unwrap();
    assert_eq!(unwrapped.message, b"from Heimdal");
    assert_eq!(unwrapped.protection, Protection::Confidentiality);
    messages.verify_mic(&unwrapped.message, &mic).unwrap();
    let wrapped = messages.wrap(b"to Heimdal", Protection::Confidentiality, &mut SystemRandom);
    initiator.say(&wrapped.unwrap());
    initiator.say(&messages.get_mic(b"to Heimdal").unwrap());
    assert_eq!(initiator.hear(), b"to Heimdal");
}

#[test]
fn its_message_tokens_are_ours() {
    let alice = heimdal::kinit();
    let aes = acceptor(&keytab());
    let rc4 = acceptor_with(&heimdal::keytab_rc4(), |builder| {
        builder.encryption_types(EncryptionTypes::new().danger_with_rc4())
    });
    for (host, acceptor) in [
        ("e17", &aes),
        ("e18", &aes),
        ("e19", &aes),
        ("e20", &aes),
        ("e23", &rc4),
    ] {
        for mechanism in ["krb5", "spnego"] {
            let mut initiator = Initiator::begin(&alice, &format!("HTTP@{host}.heim.test"), mechanism, &[]);
            let Ok(Step::Complete { token, mut context }) = step(acceptor.exchange(None), &initiator.hear())
            else {
                panic!("{host} by {mechanism}");
            };
            let details: &Details = context.details().unwrap();
            assert_eq!(format!("e{}", details.etype.number()), host);
            initiator.say(token.unwrap().as_bytes());
            messages_agree(&mut initiator, &mut context);
        }
    }
}

#[test]
fn its_channel_bindings_are_ours() {
    let gateway = TlsGateway::start(&keytab());
    let relay = machine_in_the_middle(gateway.daemon.address);
    let alice = heimdal::kinit();
    let bound = |client: &str, port: u16, certificate: &str| {
        let page = format!("https://www.heim.test:{port}/");
        let trusted = state("pki").join(certificate).display().to_string();
        heimdal::get(&alice, client, &page, &["--bind", "--verify", &trusted])
    };
    for client in CLIENTS {
        welcomed(&bound(client, gateway.daemon.address.port(), "www.pem"), client);
        // A 401 with a token that says no, which is an error to Heimdal.
        let relayed = bound(client, relay.address.port(), "other.pem");
        assert!(relayed["error"].is_string(), "{client}: {relayed}");
    }
    let log = gateway.daemon.log();
    assert_eq!(
        log.matches("krb5.bindings_mismatch").count(),
        CLIENTS.len(),
        "{log}"
    );
}

#[test]
fn its_clients_delegate() {
    let example = axum_example(&keytab());
    let alice = heimdal::kinit();
    let page = url("www.heim.test", example.address);
    for client in CLIENTS {
        let report = heimdal::get(&alice, client, &page, &["--delegate"]);
        welcomed(&report, client);
        assert!(body(&report).ends_with(DELEGATED), "{report}");
        let report = heimdal::get(&alice, client, &page, &[]);
        assert!(!body(&report).contains("delegated"), "{report}");
    }
}

#[test]
fn curl_logs_in_with_its_tickets() {
    let gateway = Gateway::start(&keytab());
    let alice = heimdal::kinit_of_mit();
    for (host, _) in ETYPES {
        let page = url(&format!("{host}.heim.test"), gateway.daemon.address);
        let got = heimdal::curl(&alice, &page, &[]);
        assert_eq!(got.status(), 200, "{got:?}");
        let user = got.forwarded("x-remote-user");
        assert_eq!(user.as_deref(), Some("alice@HEIM.TEST"), "{got:?}");
        assert!(got.last().has_reply_token(), "{got:?}");
    }
}

#[test]
fn curl_delegates_its_tickets() {
    let example = axum_example(&keytab());
    let alice = heimdal::kinit_of_mit();
    let page = url("www.heim.test", example.address);
    let got = heimdal::curl(&alice, &page, &["--delegation", "policy"]);
    assert_eq!(got.status(), 200, "{got:?}");
    assert!(got.body.ends_with(DELEGATED), "{got:?}");
}
