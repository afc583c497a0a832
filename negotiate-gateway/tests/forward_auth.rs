//! `negotiate serve` as a forward-auth endpoint: the test is the proxy.

mod common;

use common::daemon::Gateway;
use common::http::{Client, Response, get};
use common::login::Service;
use negotiate_core::ChannelBindings;

struct Setting {
    service: Service,
    gateway: Gateway,
}

impl Setting {
    /// With more for the configuration file; `[forward_auth]` comes last.
    fn new(trusted: &str, toml: &str) -> Self {
        let service = Service::new();
        let gateway = Gateway::configured(&format!(
            "keytab = {:?}\ntrusted_proxies = [{trusted:?}]\n{toml}\n",
            service.keytab
        ));
        Self { service, gateway }
    }

    fn ask(&self, fields: &[&str]) -> Response {
        let fields: Vec<String> = fields.iter().map(|&field| field.to_owned()).collect();
        get(self.gateway.address, "/auth", &fields)
    }
}

const FORWARDED: [&str; 3] = [
    "X-Forwarded-For: 203.0.113.7",
    "X-Forwarded-Host: www.example.com",
    "X-Forwarded-Proto: https",
];

fn with<'a>(fields: &[&'a str]) -> Vec<&'a str> {
    [&FORWARDED[..], fields].concat()
}

#[test]
fn the_answer_says_who_the_user_is() {
    let setting = Setting::new(
        "127.0.0.1",
        "[identity_headers]\nrealm = \"X-Remote-Realm\"\n[forward_auth]",
    );
    let token = setting.service.authorization("alice");
    let answer = setting.ask(&with(&[&token, "X-Remote-User: root@EXAMPLE.COM"]));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.one("x-remote-user"), Some("alice@EXAMPLE.COM"));
    assert_eq!(answer.one("x-remote-realm"), Some("EXAMPLE.COM"));
    let reply = answer.one("www-authenticate").expect("the AP-REP");
    assert!(reply.starts_with("Negotiate Y"), "{reply}");
    assert_eq!(answer.one("cache-control"), Some("no-store"));
    assert_eq!(answer.body, "");
}

#[test]
fn without_a_good_token_there_is_a_challenge_and_no_name() {
    let setting = Setting::new("127.0.0.1", "[forward_auth]");
    for field in [
        "X-None: 1",
        "Authorization: Basic eDp5",
        "Authorization: Negotiate AAAA",
    ] {
        let answer = setting.ask(&with(&[field]));
        assert_eq!(answer.status, 401, "{answer:?}");
        assert_eq!(answer.one("www-authenticate"), Some("Negotiate"), "{answer:?}");
        assert_eq!(answer.one("x-remote-user"), None, "{answer:?}");
    }
}

#[test]
fn only_the_configured_path_answers() {
    let setting = Setting::new("127.0.0.1", "[forward_auth]\npath = \"/ask\"");
    let token = setting.service.authorization("alice");
    assert_eq!(
        get(setting.gateway.address, "/auth", std::slice::from_ref(&token)).status,
        404
    );
    assert_eq!(get(setting.gateway.address, "/ask?x=1", &[token]).status, 200);
}

#[test]
fn the_same_question_gets_the_same_answer() {
    let setting = Setting::new("127.0.0.1", "[forward_auth]");
    let token = setting.service.authorization("alice");
    let question = with(&[&token, "X-Negotiate-Request-ID: 0123456789abcdef"]);
    let first = setting.ask(&question);
    assert_eq!(first.status, 200, "{first:?}");
    let second = setting.ask(&question);
    assert_eq!(second.status, 200, "{second:?}");
    for name in ["x-remote-user", "www-authenticate", "cache-control"] {
        assert_eq!(first.one(name), second.one(name), "{name}");
    }
    for other in [
        with(&[&token, "X-Negotiate-Request-ID: another"]),
        with(&[&token]),
        with(&[
            &token,
            "X-Negotiate-Request-ID: a",
            "X-Negotiate-Request-ID: 0123456789abcdef",
        ]),
        vec![&token, "X-Negotiate-Request-ID: 0123456789abcdef"],
        vec![
            &token,
            "X-Negotiate-Request-ID: 0123456789abcdef",
            FORWARDED[0],
            "X-Forwarded-Host: other",
        ],
        vec![
            &token,
            "X-Negotiate-Request-ID: 0123456789abcdef",
            FORWARDED[1],
            "X-Forwarded-For: 203.0.113.8",
        ],
    ] {
        assert_eq!(setting.ask(&other).status, 401, "{other:?}");
    }
    setting.gateway.logged("krb5.replay");
}

#[test]
fn a_refusal_is_repeated_too() {
    let setting = Setting::new(
        "127.0.0.1",
        "[acceptor]\nnames = [\"HTTP@www.example.com\"]\n[forward_auth]",
    );
    let stranger = Service::new().authorization("alice");
    let question = with(&[&stranger, "X-Negotiate-Request-ID: 1"]);
    for _ in 0..2 {
        let answer = setting.ask(&question);
        assert_eq!(
            (answer.status, answer.one("x-remote-user")),
            (401, None),
            "{answer:?}"
        );
    }
    // The log comes in order: what is refused after both is written after both.
    setting.ask(&with(&["Authorization: Negotiate TlRMTVNTUAABAAAA"]));
    setting.gateway.logged("spnego.ntlm_offered");
    let log = setting.gateway.log();
    assert_eq!(log.matches("krb5.wrong_key").count(), 1, "{log}");
}

#[test]
fn nobody_but_the_proxy_can_repeat_a_question() {
    let setting = Setting::new("192.0.2.1", "[forward_auth]");
    let token = setting.service.authorization("alice");
    let question = with(&[&token, "X-Negotiate-Request-ID: 1"]);
    assert_eq!(setting.ask(&question).status, 200);
    assert_eq!(setting.ask(&question).status, 401);
    let line = setting.gateway.logged("krb5.replay");
    assert!(
        line.contains("client=127.0.0.1"),
        "what it says of others is not believed: {line}"
    );
}

#[test]
fn repeating_can_be_turned_off() {
    let setting = Setting::new("127.0.0.1", "[forward_auth]\nrepeat_within = \"0s\"");
    let token = setting.service.authorization("alice");
    let question = with(&[&token, "X-Negotiate-Request-ID: 1"]);
    assert_eq!(setting.ask(&question).status, 200);
    assert_eq!(setting.ask(&question).status, 401);
}

#[test]
fn the_log_names_the_client_and_the_host_that_it_asked_for() {
    let setting = Setting::new("127.0.0.1", "[forward_auth]");
    setting.ask(&with(&["Authorization: Negotiate TlRMTVNTUAABAAAA"]));
    let line = setting.gateway.logged("spnego.ntlm_offered");
    assert!(
        line.contains("client=203.0.113.7") && line.contains("host=\"www.example.com\""),
        "{line}"
    );
}

#[test]
fn a_second_leg_is_refused_by_name() {
    // A NegTokenInit (RFC 4178 section 4.2.1) that offers NegoEx first and then krb5: reselection, a leg more.
    let token = "YC8GBisGAQUFAqAlMCOgGTAXBgorBgEEAYI3AgIeBgkqhkiG9xIBAgKiBgQETkVHTw==";
    for certificate in ["", "\ncertificate = \"PKI/www.pem\""] {
        let certificate = certificate.replace("PKI", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pki"));
        let setting = Setting::new("127.0.0.1", &format!("[forward_auth]{certificate}"));
        let mut client = Client::connect(setting.gateway.address);
        client.send(format!(
            "GET /auth HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\nAuthorization: Negotiate {token}\r\n\r\n"
        ));
        let answer = client.receive();
        assert_eq!(
            (answer.status, answer.one("www-authenticate")),
            (401, Some("Negotiate")),
            "{answer:?}"
        );
        let line = setting.gateway.logged("http.leg_through_proxy");
        assert!(
            line.contains("lists another mechanism (NegoEx) before Kerberos"),
            "{line}"
        );
    }
}

#[test]
fn bindings_are_those_of_the_proxys_certificate() {
    let with = |policy: &str| {
        let certificate = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pki/www.pem");
        let toml = format!(
            "[acceptor]\nchannel_bindings = \"{policy}\"\n[forward_auth]\ncertificate = {certificate:?}"
        );
        Setting::new("127.0.0.1", &toml)
    };
    let over_http = ["X-Forwarded-Proto: http"];
    // Our client binds to no channel, and whoever relays its token chooses a connection without one.
    let setting = with("require");
    for fields in [&FORWARDED[..], &[], &over_http] {
        let token = setting.service.authorization("alice");
        let answer = setting.ask(&[fields, &[&token]].concat());
        assert_eq!(answer.status, 401, "{fields:?}: {answer:?}");
    }
    setting.gateway.logged("krb5.bindings_required");
    // To another channel: refused where there is one, and where the proxy does not say that there is none.
    let setting = with("prefer");
    let other = ChannelBindings::from_application_data(*b"tls-server-end-point:other");
    for (fields, status) in [(&FORWARDED[..], 401), (&[], 401), (&over_http, 200)] {
        let token = setting.service.bound_authorization("alice", &other);
        let answer = setting.ask(&[fields, &[&token]].concat());
        assert_eq!(answer.status, status, "{fields:?}: {answer:?}");
    }
}

#[test]
fn the_host_of_a_name_is_the_one_that_a_trusted_proxy_tells() {
    let names = "acceptor.names = [\"HTTP@{HOSTNAME}\"]\n[forward_auth]";
    let told = |setting: &Setting, host: &str| {
        let host = format!("X-Forwarded-Host: {host}");
        let answer = setting.ask(&[&setting.service.authorization("alice"), &host]);
        answer.status
    };
    let trusted = Setting::new("127.0.0.1", names);
    assert_eq!(told(&trusted, "www.example.com:8443"), 200);
    for host in ["other.example.com", "[::1]"] {
        assert_eq!(told(&trusted, host), 401, "{host}");
        trusted.gateway.logged("krb5.service_not_allowed");
    }
    // What another peer tells does not count: the request's own host is the ticket's.
    assert_eq!(told(&Setting::new("192.0.2.1", names), "other.example.com"), 200);
}
