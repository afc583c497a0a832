//! Requests that want to be somebody else's, or to stay for ever: what the application must not be told, and when a connection
//! ends.

mod common;

use common::daemon::Gateway;
use common::http::{Client, Response, get};
use common::login::Service;
use common::{backend, file};

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
            "keytab = {:?}\n{toml}\n[reverse_proxy]\nupstream = \"http://{}\"\n",
            service.keytab,
            backend::start()
        ));
        Self { service, gateway }
    }

    fn get(&self, user: &str, fields: &[&str]) -> Response {
        let mut all = vec![self.service.authorization(user)];
        all.extend(fields.iter().map(|&field| field.to_owned()));
        get(self.gateway.address, "/", &all)
    }
}

/// Blanks around a field's value are no part of it (RFC 9110 section 5.5): the application would see another user.
#[test]
fn a_name_that_a_header_would_change_is_not_told() {
    let krb5_conf = file("krb5.conf", "[libdefaults]\n    default_realm = EXAMPLE.COM\n");
    let setting = Setting::new(&format!(
        "[acceptor]\nkrb5_conf = {krb5_conf:?}\n[identity_headers]\nlocal_name = \"X-Local-Name\""
    ));
    let alice = setting.get("alice", &[]);
    assert_eq!(alice.forwarded("x-remote-user"), ["alice@EXAMPLE.COM"]);
    assert_eq!(alice.forwarded("x-local-name"), ["alice"]);
    for user in [" alice", "alice "] {
        let response = setting.get(user, &[]);
        assert_eq!(response.status, 403, "{user:?}: {response:?}");
    }
    setting.gateway.logged("gateway.name_not_a_header_value");
    let inside = setting.get("al ice", &[]);
    assert_eq!(inside.forwarded("x-local-name"), ["al ice"]);
}

/// Servers of CGI and FastCGI make the same variable of all of these.
#[test]
fn identity_headers_go_under_every_spelling() {
    let setting = Setting::new("");
    let response = setting.get(
        "alice",
        &[
            "X.Remote.User: root@EXAMPLE.COM",
            "X~Remote-User: root@EXAMPLE.COM",
        ],
    );
    for name in ["x.remote.user", "x~remote-user"] {
        assert_eq!(response.forwarded(name), [""; 0], "{response:?}");
    }
}

#[test]
fn the_identity_may_be_told_as_x_forwarded_user() {
    let setting = Setting::new("[identity_headers]\nuser = \"X-Forwarded-User\"");
    let response = setting.get("alice", &["X-Forwarded-User: root@EXAMPLE.COM"]);
    assert_eq!(
        response.forwarded("x-forwarded-user"),
        ["alice@EXAMPLE.COM"],
        "{response:?}"
    );
}

/// A proxy appends the client's address to whatever the client sent, bytes that are no text included.
#[test]
fn a_client_behind_a_proxy_cannot_hide_its_address() {
    let setting = Setting::new("trusted_proxies = [\"127.0.0.0/8\"]");
    let mut client = Client::connect(setting.gateway.address);
    let mut request = format!(
        "GET / HTTP/1.1\r\nHost: www.example.com\r\n{}\r\nX_Forwarded_For: 10.0.0.1\r\nX-Forwarded-For: ",
        setting.service.authorization("alice")
    )
    .into_bytes();
    request.extend(b"\x80, 203.0.113.7\r\n\r\n");
    client.send(&request);
    let response = client.receive();
    assert_eq!(
        response.forwarded("x-forwarded-for"),
        ["203.0.113.7, 127.0.0.1"],
        "{response:?}"
    );
    assert_eq!(response.forwarded("x_forwarded_for"), [""; 0], "{response:?}");
}
