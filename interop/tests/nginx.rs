//! nginx in front, with `auth_request` asking `negotiate serve`: the gateway's example configurations, as they stand.

use interop::client::{authorization, curl, curl_negotiate, python, url};
use interop::kdc::Tickets;
use interop::peers::keytab;
use interop::server::Nginx;
use interop::token::initiate;

#[test]
fn a_login_passes_through() {
    let nginx = Nginx::start(&keytab("www"));
    let page = url("www.mit.test", nginx.daemon.address);
    let got = curl_negotiate(
        &Tickets::of_alice(),
        &page,
        &["--header", "X-Remote-User: root@MIT.TEST"],
    );
    assert_eq!(got.status(), 200, "{got:?}");
    assert_eq!(
        got.forwarded("x-remote-user").as_deref(),
        Some("alice@MIT.TEST"),
        "{got:?}"
    );
    assert_eq!(got.forwarded("authorization"), None, "{got:?}");
}

#[test]
fn without_a_ticket_the_challenge_comes_through() {
    let nginx = Nginx::start(&keytab("www"));
    for page in ["", "static/"] {
        let page = format!("{}{page}", url("www.mit.test", nginx.daemon.address));
        let got = curl(&Tickets::none(), &page, &[]);
        assert_eq!(got.status(), 401, "{got:?}");
        assert_eq!(got.last().all("www-authenticate"), ["Negotiate"], "{got:?}");
    }
}

#[test]
fn the_reply_token_reaches_a_strict_client_once() {
    let nginx = Nginx::start(&keytab("www"));
    let page = url("www.mit.test", nginx.daemon.address);
    for client in ["requests-kerberos", "gssapi-spnego"] {
        let report = python(&Tickets::of_alice(), client, &page, &[]);
        assert_eq!(
            (&report["status"], &report["mutual"]),
            (&200.into(), &true.into()),
            "{client}: {report}"
        );
    }
    let got = curl_negotiate(&Tickets::of_alice(), &page, &[]);
    assert_eq!(got.last().all("www-authenticate").len(), 1, "{got:?}");
}

#[test]
fn index_asks_twice_with_one_token() {
    let nginx = Nginx::start(&keytab("www"));
    let page = format!("{}static/", url("www.mit.test", nginx.daemon.address));
    let got = curl_negotiate(&Tickets::of_alice(), &page, &[]);
    assert_eq!((got.status(), got.body.as_str()), (200, "the index\n"), "{got:?}");
}

#[test]
fn a_token_played_again_is_still_refused() {
    let nginx = Nginx::start(&keytab("www"));
    let page = url("www.mit.test", nginx.daemon.address);
    let field = authorization(&initiate(&Tickets::of_alice(), &[]));
    // The id is nginx's own: a client that repeats its request with an id of its choice gets nowhere.
    let send = || {
        curl(
            &Tickets::none(),
            &page,
            &["--header", &field, "--header", "X-Negotiate-Request-ID: 1"],
        )
    };
    assert_eq!(send().status(), 200);
    assert_eq!(send().status(), 401);
    assert!(
        nginx.gateway.log().contains("krb5.replay"),
        "{}",
        nginx.gateway.log()
    );
}

#[test]
fn big_tokens_pass() {
    let nginx = Nginx::start(&keytab("big"));
    let page = url("big.other.test", nginx.daemon.address);
    let got = curl_negotiate(&Tickets::of_carol(), &page, &["--delegation", "always"]);
    assert_eq!(got.status(), 200, "{:?}", got.last());
}

#[test]
fn the_reply_token_comes_with_a_404_too() {
    let nginx = Nginx::start(&keytab("www"));
    let page = format!("{}static/none", url("www.mit.test", nginx.daemon.address));
    let got = curl_negotiate(&Tickets::of_alice(), &page, &[]);
    assert_eq!(got.status(), 404, "{got:?}");
    assert!(got.last().has_reply_token(), "{got:?}");
}
