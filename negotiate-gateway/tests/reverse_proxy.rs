//! `negotiate serve` as a reverse proxy, between raw sockets.

mod common;

use common::daemon::Gateway;
use common::http::{Client, Response, get};
use common::login::Service;
use common::{backend, text};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

/// A gateway with a service of its own and the application behind it.
struct Setting {
    service: Service,
    gateway: Gateway,
}

impl Setting {
    /// With more keys for the configuration file.
    fn new(toml: &str) -> Self {
        let service = Service::new();
        let gateway = Gateway::configured(&format!(
            "keytab = {:?}\n{toml}\n[reverse_proxy]\nupstream = \"http://{}\"\n\
             connect_timeout = \"2s\"\nresponse_timeout = \"300ms\"\n",
            service.keytab,
            backend::start()
        ));
        Self { service, gateway }
    }

    /// A `GET` by alice.
    fn get(&self, path: &str, fields: &[&str]) -> Response {
        let mut all = vec![self.service.authorization("alice")];
        all.extend(fields.iter().map(|&field| field.to_owned()));
        get(self.gateway.address, path, &all)
    }
}

#[test]
fn no_file_is_needed() {
    let service = Service::new();
    let upstream = format!("http://{}", backend::start());
    let keytab = text(&service.keytab);
    let gateway = Gateway::start([
        "--keytab",
        keytab,
        "--upstream",
        &upstream,
        "--listen",
        "127.0.0.1:0",
    ]);
    let port = gateway.address.port();
    assert_eq!(
        gateway.said,
        format!(
            "Listening on http://127.0.0.1:{port}, passing requests on to {upstream}\n\
             Accepting tickets for HTTP/www.example.com@EXAMPLE.COM\n\
             Try: kinit; curl --negotiate -u : --resolve www.example.com:{port}:127.0.0.1 \
             http://www.example.com:{port}/\n"
        )
    );
    let response = get(gateway.address, "/", &[service.authorization("alice")]);
    assert_eq!(response.status, 200, "{response:?}");
}

#[test]
fn whoever_has_no_token_is_challenged_and_the_application_hears_nothing() {
    let setting = Setting::new("");
    for fields in [
        &[][..],
        &["Authorization: Basic eDp5".to_owned()],
        &["Authorization: Negotiate".to_owned()],
    ] {
        let response = get(setting.gateway.address, "/", fields);
        assert_eq!(
            (response.status, response.one("www-authenticate")),
            (401, Some("Negotiate")),
            "{response:?}"
        );
        assert_eq!(response.one("cache-control"), Some("no-store"));
        assert!(!response.body.contains("GET /"), "{response:?}");
    }
}

#[test]
fn a_login_reaches_the_application_with_the_users_name() {
    let setting = Setting::new("");
    let response = setting.get("/page?q=1", &["Cookie: a=1"]);
    assert_eq!(response.status, 200, "{response:?}");
    assert!(
        response.body.starts_with("GET /page?q=1 HTTP/1.1\n"),
        "{response:?}"
    );
    assert_eq!(response.forwarded("x-remote-user"), ["alice@EXAMPLE.COM"]);
    assert_eq!(response.forwarded("authorization"), [""; 0]);
    assert_eq!(response.forwarded("cookie"), ["a=1"]);
    let reply = response.one("www-authenticate").expect("the AP-REP");
    assert!(reply.starts_with("Negotiate Y"), "{reply}");
    assert_eq!(response.one("cache-control"), Some("no-store"));
}

#[test]
fn a_token_is_good_once() {
    let setting = Setting::new("");
    let field = [setting.service.authorization("alice")];
    assert_eq!(get(setting.gateway.address, "/", &field).status, 200);
    assert_eq!(get(setting.gateway.address, "/", &field).status, 401);
    let line = setting.gateway.logged("krb5.replay");
    for part in [
        "client=127.0.0.1",
        "host=\"www.example.com\"",
        "blame=",
        "seen=",
        "expected=",
        "advice=",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    let log = setting.gateway.whole_log();
    assert!(!log.contains(&field[0][40..80]), "the token is in the log");
}

#[test]
fn a_new_keytab_needs_no_restart() {
    let mut setting = Setting::new("");
    assert_eq!(setting.get("/", &[]).status, 200);
    setting.service.change_key();
    // The file is looked at once a second, and when a ticket fails.
    let tried = (0..400).find(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        setting.get("/", &[]).status == 200
    });
    assert!(tried.is_some(), "{}", setting.gateway.log());
}

#[test]
fn a_key_of_another_version_is_told() {
    let setting = Setting::new("");
    assert_eq!(setting.get("/", &[]).status, 200);
    let log = setting.gateway.whole_log();
    assert!(!log.contains("another version"), "{log}");
    let service = Service::new();
    service.write_keytab(7);
    let upstream = format!("http://{}", backend::start());
    let keytab = text(&service.keytab);
    let gateway = Gateway::start([
        "--keytab",
        keytab,
        "--upstream",
        &upstream,
        "--listen",
        "127.0.0.1:0",
    ]);
    assert_eq!(
        get(gateway.address, "/", &[service.authorization("alice")]).status,
        200
    );
    let line = gateway.logged("has another version in the keytab than in the ticket");
    assert!(line.contains("WARN") && line.contains("kvno=7"), "{line}");
}

#[test]
fn a_keytab_that_others_can_get_at_is_told() {
    let service = Service::new();
    let keytab = text(&service.keytab);
    let set_mode = |mode| std::fs::set_permissions(&service.keytab, Permissions::from_mode(mode)).unwrap();
    let arguments = [
        "--keytab",
        keytab,
        "--upstream",
        "http://127.0.0.1:9",
        "--listen",
        "127.0.0.1:0",
    ];
    set_mode(0o640);
    let private = Gateway::start(arguments).whole_log();
    assert!(!private.contains("others can get at it"), "{private}");
    set_mode(0o644);
    let gateway = Gateway::start(arguments);
    let line = gateway.logged("everybody may read it (mode 0644)");
    assert!(line.contains("WARN") && line.contains(keytab), "{line}");
    // Once for each that it finds.
    set_mode(0o602);
    gateway.logged("others than its owner may write it (mode 0602)");
    let log = gateway.whole_log();
    assert_eq!(log.matches("others can get at it").count(), 2, "{log}");
}

#[test]
fn what_a_client_says_of_itself_does_not_count() {
    let setting =
        Setting::new("[identity_headers]\nmechanism = \"X-Remote-Mechanism\"\nrealm = \"X-Remote-Realm\"");
    let claims = [
        "X-Remote-User: root@EXAMPLE.COM",
        "X_Remote_User: root@EXAMPLE.COM",
        "x-remote-user: root@EXAMPLE.COM",
        "X-Remote-Mechanism: none",
        "X-Remote-Realm: ROOT",
        "X-Forwarded-For: 203.0.113.1",
        "X-Forwarded-Host: bank.example.com",
        "X-Forwarded-Proto: https",
        "X-Real-IP: 203.0.113.1",
        "Forwarded: for=203.0.113.1",
        "Connection: X-Remote-User, close",
    ];
    let response = setting.get("/", &claims);
    assert_eq!(response.status, 200, "{response:?}");
    for (name, values) in [
        ("x-remote-user", &["alice@EXAMPLE.COM"][..]),
        ("x_remote_user", &[]),
        ("x-remote-mechanism", &["krb5"]),
        ("x-remote-realm", &["EXAMPLE.COM"]),
        ("x-forwarded-for", &["127.0.0.1"]),
        ("x-forwarded-host", &["www.example.com"]),
        ("x-forwarded-proto", &["http"]),
        ("x-real-ip", &[]),
        ("forwarded", &[]),
        ("host", &["www.example.com"]),
        ("via", &["1.1 negotiate"]),
    ] {
        assert_eq!(response.forwarded(name), values, "{name}: {response:?}");
    }
}

#[test]
fn a_trusted_proxy_is_believed() {
    let setting = Setting::new("trusted_proxies = [\"127.0.0.0/8\"]");
    let claims = [
        "X-Forwarded-For: 203.0.113.1",
        "X-Forwarded-Host: www.example.org",
        "X-Forwarded-Proto: https",
    ];
    let response = setting.get("/", &claims);
    for (name, values) in [
        ("x-forwarded-for", ["203.0.113.1, 127.0.0.1"]),
        ("x-forwarded-host", ["www.example.org"]),
        ("x-forwarded-proto", ["https"]),
        ("host", ["www.example.org"]),
    ] {
        assert_eq!(response.forwarded(name), values, "{name}: {response:?}");
    }
}

#[test]
fn the_application_may_get_its_own_host() {
    let service = Service::new();
    let upstream = backend::start();
    let gateway = Gateway::configured(&format!(
        "keytab = {:?}\n[reverse_proxy]\nupstream = \"http://{upstream}\"\nhost = \"upstream\"\n",
        service.keytab
    ));
    let response = get(gateway.address, "/", &[service.authorization("alice")]);
    assert_eq!(response.forwarded("host"), [upstream.to_string()]);
    assert_eq!(response.forwarded("x-forwarded-host"), ["www.example.com"]);
}

#[test]
fn hop_by_hop_fields_end_here() {
    let setting = Setting::new("");
    let response = setting.get(
        "/",
        &[
            "Connection: keep-alive, X-Hop",
            "X-Hop: 1",
            "Keep-Alive: timeout=5",
            "TE: trailers",
            "X-End: 1",
        ],
    );
    for (name, values) in [
        ("x-hop", &[][..]),
        ("keep-alive", &[]),
        ("te", &[]),
        ("x-end", &["1"]),
    ] {
        assert_eq!(response.forwarded(name), values, "{name}: {response:?}");
    }
    assert_eq!(response.all("keep-alive"), [""; 0], "the application's own");
}

#[test]
fn the_request_must_be_for_one_host() {
    let setting = Setting::new("");
    let field = |user| setting.service.authorization(user);
    for hosts in ["", "Host: a\r\nHost: b\r\n"] {
        let mut client = Client::connect(setting.gateway.address);
        client.send(format!("GET / HTTP/1.1\r\n{hosts}{}\r\n\r\n", field("alice")));
        assert_eq!(client.receive().status, 400, "{hosts:?}");
    }
    let mut client = Client::connect(setting.gateway.address);
    client.send(format!(
        "GET http://www.example.org/x HTTP/1.1\r\nHost: other\r\n{}\r\n\r\n",
        field("alice")
    ));
    let response = client.receive();
    assert!(response.body.starts_with("GET /x HTTP/1.1\n"), "{response:?}");
    assert_eq!(response.forwarded("host"), ["www.example.org"]);
}

#[test]
fn bodies_go_both_ways_as_they_come() {
    let setting = Setting::new("");
    let mut client = Client::connect(setting.gateway.address);
    let head = "POST /stream HTTP/1.1\r\nHost: www.example.com\r\nTransfer-Encoding: chunked\r\n";
    client.send(format!(
        "{head}{}\r\n\r\n",
        setting.service.authorization("alice")
    ));
    let response = client.receive_head();
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(client.chunk(), b"one\n");
    client.send("4\r\ntwo\n\r\n");
    assert_eq!(client.chunk(), b"two\n");
    client.send("0\r\n\r\n");
    assert_eq!(client.chunk(), b"");
}

#[test]
fn a_long_body_arrives_whole() {
    let setting = Setting::new("");
    let body = "0123456789abcdef".repeat(128 * 1024);
    let mut client = Client::connect(setting.gateway.address);
    client.send(format!(
        "PUT /file HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: {}\r\n{}\r\n\r\n{body}",
        body.len(),
        setting.service.authorization("alice")
    ));
    let response = client.receive();
    assert!(response.body.starts_with("PUT /file HTTP/1.1\n"));
    assert!(response.body.ends_with(&format!("\n\n{body}")));
}

#[test]
fn the_applications_own_challenges_do_not_pass() {
    let setting = Setting::new("");
    let challenge = |path: &str| {
        let response = setting.get(path, &[]);
        let challenges: Vec<String> = response
            .all("www-authenticate")
            .iter()
            .map(|&value| value.to_owned())
            .collect();
        (response.status, challenges)
    };
    let path = "/raw/401%20Unauthorized|WWW-Authenticate:%20Negotiate|WWW-Authenticate:%20Basic%20realm=%22x%22|\
                Content-Length:%200|";
    let (status, challenges) = challenge(path);
    assert_eq!(status, 401);
    assert_eq!(challenges.len(), 2, "{challenges:?}");
    assert_eq!(challenges[0], "Basic realm=\"x\"");
    assert!(
        challenges[1].starts_with("Negotiate Y"),
        "the gateway's own: {challenges:?}"
    );

    let (status, _) = challenge("/raw/401%20Unauthorized|WWW-Authenticate:%20NTLM|Content-Length:%200|");
    assert_eq!(status, 502);
    setting.gateway.logged("gateway.upstream_asks_for_negotiate");
}

#[test]
fn the_applications_failures_are_told_apart() {
    let setting = Setting::new("");
    for (path, status, code) in [
        ("/close", 502, "gateway.upstream_broken"),
        ("/silent", 504, "gateway.upstream_timeout"),
        ("/raw/nonsense|", 502, "gateway.upstream_broken"),
    ] {
        let response = setting.get(path, &[]);
        assert_eq!(response.status, status, "{path}: {response:?}");
        assert!(
            response.body.starts_with("The application "),
            "{path}: {response:?}"
        );
        assert!(
            response.one("www-authenticate").is_some(),
            "the login succeeded: {response:?}"
        );
        setting.gateway.logged(code);
    }
    let service = Service::new();
    // Nothing listens on a port that was only just free.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port");
    let upstream = format!("http://{free}");
    let keytab = text(&service.keytab);
    let gateway = Gateway::start([
        "--keytab",
        keytab,
        "--upstream",
        &upstream,
        "--listen",
        "127.0.0.1:0",
    ]);
    let response = get(gateway.address, "/", &[service.authorization("alice")]);
    assert_eq!(
        (response.status, response.body.as_str()),
        (502, "The application does not answer.\n")
    );
    let line = gateway.logged("gateway.upstream_unreachable");
    assert!(
        line.contains("Connection refused") && line.contains(&upstream),
        "{line}"
    );
}

#[test]
fn oversized_headers_get_431() {
    let setting = Setting::new("");
    let response = get(
        setting.gateway.address,
        "/",
        &[format!("Authorization: Negotiate {}", "A".repeat(300_000))],
    );
    assert_eq!(response.status, 431, "{response:?}");
}

#[test]
fn a_signal_ends_it_after_the_requests_under_way() {
    for signal in ["TERM", "INT"] {
        let mut setting = Setting::new("");
        let mut client = Client::connect(setting.gateway.address);
        let head = "POST /stream HTTP/1.1\r\nHost: www.example.com\r\nTransfer-Encoding: chunked\r\n";
        client.send(format!(
            "{head}{}\r\n\r\n",
            setting.service.authorization("alice")
        ));
        assert_eq!(client.receive_head().status, 200);
        assert_eq!(client.chunk(), b"one\n");
        setting.gateway.signal(signal);
        setting.gateway.logged("stopping");
        assert!(
            std::net::TcpStream::connect(setting.gateway.address).is_err(),
            "it still listens"
        );
        client.send("4\r\ntwo\n\r\n0\r\n\r\n");
        assert_eq!(client.chunk(), b"two\n");
        assert_eq!(client.chunk(), b"");
        assert_eq!(setting.gateway.ended(), Some(0));
    }
}

#[test]
fn logs_can_be_json() {
    let service = Service::new();
    let upstream = format!("http://{}", backend::start());
    let keytab = text(&service.keytab);
    let gateway = Gateway::start([
        "--keytab",
        keytab,
        "--upstream",
        &upstream,
        "--listen",
        "127.0.0.1:0",
        "--log-format",
        "json",
    ]);
    get(
        gateway.address,
        "/",
        &["Authorization: Negotiate TlRMTVNTUAABAAAA".to_owned()],
    );
    let line = gateway.logged("spnego.ntlm_offered");
    let json: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(json["level"], "INFO");
    assert_eq!(json["code"], "spnego.ntlm_offered");
    assert!(
        json["advice"]
            .as_str()
            .is_some_and(|advice| advice.contains("setspn")),
        "{json}"
    );
    assert_eq!(json["span"]["client"], "127.0.0.1");
}
