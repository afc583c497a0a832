//! Chromium and Firefox, headless, log in with a ticket of a real KDC.

use interop::browser::{Browsed, browse};
use interop::client::url;
use interop::kdc::Tickets;
use interop::peers::keytab;
use interop::server::{Gateway, TlsGateway, axum_example};

/// Visits the gateway, the same over TLS, and the axum example, all as `host`.
fn visit(browser: &str, host: &str) -> Browsed {
    let gateway = Gateway::start(&keytab("www"));
    let tls = TlsGateway::start(&keytab("www"));
    let example = axum_example(&keytab("www"));
    let pages = [
        url(host, gateway.daemon.address),
        url(host, tls.daemon.address).replace("http:", "https:"),
        url(host, example.address),
    ];
    let browsed = browse(browser, &Tickets::of_alice(), &pages);
    for (page, text) in pages.iter().zip(&browsed.texts) {
        assert!(
            text.contains("alice@MIT.TEST"),
            "{browser} at {page} shows:\n{text}\nIts log says:\n{}",
            browsed.why
        );
    }
    assert_eq!(browsed.texts.len(), pages.len());
    browsed
}

#[test]
fn chromium_logs_in() {
    let browsed = visit("chromium", "localhost");
    let handler = &browsed.texts[2];
    assert!(handler.contains("mechanism: krb5\n"), "{handler}");
    assert!(!handler.contains("delegated: "), "{handler}");
}

#[test]
fn firefox_logs_in_and_delegates() {
    let browsed = visit("firefox", "www.mit.test");
    let handler = &browsed.texts[2];
    assert!(handler.contains("mechanism: krb5\n"), "{handler}");
    let delegated = "delegated: \"alice@MIT.TEST\" for \"krbtgt/MIT.TEST@MIT.TEST\"\n";
    assert!(handler.contains(delegated), "{handler}");
}
