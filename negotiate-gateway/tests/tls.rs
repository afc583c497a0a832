//! TLS, HTTP/2 over it, and the channel bindings that it gives.
#![cfg(feature = "tls")]

mod common;

use common::backend;
use common::daemon::Gateway;
use common::http::Client;
use common::login::Service;
use http::{Request, Version};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use negotiate_core::ChannelBindings;
use negotiate_http::bindings::{TLS_EXPORTER_LABEL, tls_exporter, tls_server_end_point};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};
use std::net::TcpStream;
use std::sync::Arc;

const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pki/www.pem");
const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pki/www.key");

/// Signed with Ed25519, which has no hash for `tls-server-end-point`; and its issuer's.
const ED25519: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pki/ed25519.pem");

fn start(service: &Service, acceptor: &str) -> Gateway {
    start_with(CERTIFICATE, service, acceptor)
}

fn start_with(certificate: &str, service: &Service, acceptor: &str) -> Gateway {
    Gateway::configured(&format!(
        "keytab = {:?}\n[tls]\ncertificate = {certificate:?}\nkey = {KEY:?}\n[acceptor]\n{acceptor}\n\
         [reverse_proxy]\nupstream = \"http://{}\"\n",
        service.keytab,
        backend::start()
    ))
}

/// What a client is to know: one certificate to trust, and the protocols to offer.
fn client_config(protocols: &[&str]) -> Arc<ClientConfig> {
    client_config_of(protocols, rustls::DEFAULT_VERSIONS)
}

fn client_config_of(protocols: &[&str], versions: &[&'static SupportedProtocolVersion]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for file in [CERTIFICATE, ED25519] {
        let last = CertificateDer::pem_file_iter(file).expect("PEM").last();
        roots
            .add(last.expect("one").expect("PEM"))
            .expect("a certificate");
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls_graviola::default_provider()))
        .with_protocol_versions(versions)
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols
        .iter()
        .map(|protocol| protocol.as_bytes().to_vec())
        .collect();
    Arc::new(config)
}

fn connect(gateway: &Gateway) -> Client<StreamOwned<ClientConnection, TcpStream>> {
    let name = ServerName::try_from("www.example.com").expect("a name");
    let tls = ClientConnection::new(client_config(&["http/1.1"]), name).expect("a client");
    Client::over(StreamOwned::new(
        tls,
        TcpStream::connect(gateway.address).expect("it listens"),
    ))
}

#[test]
fn a_login_over_tls() {
    let service = Service::new();
    let gateway = start(&service, "");
    assert!(
        gateway
            .said
            .contains(&format!("Listening on https://{}", gateway.address)),
        "{}",
        gateway.said
    );
    assert!(
        gateway.said.contains(&format!("--cacert {CERTIFICATE} ")),
        "{}",
        gateway.said
    );
    let response = connect(&gateway).get("/", &[service.authorization("alice")]);
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(response.forwarded("x-remote-user"), ["alice@EXAMPLE.COM"]);
    assert_eq!(response.forwarded("x-forwarded-proto"), ["https"]);
}

#[test]
fn the_channels_bindings_reach_the_acceptor() {
    let service = Service::new();
    let gateway = start(&service, "channel_bindings = \"require\"");
    // Our client sends none.
    let response = connect(&gateway).get("/", &[service.authorization("alice")]);
    assert_eq!(response.status, 401, "{response:?}");
    gateway.logged("krb5.bindings_required");
}

/// RFC 9266: what both ends export from their connection, where the version gives each connection an export of its own.
#[test]
fn tls_exporter_binds_over_tls_1_3() {
    let service = Service::new();
    let gateway = start(&service, "channel_bindings = \"require\"");
    let get = |version, spoil: u8| {
        let name = ServerName::try_from("www.example.com").expect("a name");
        let config = client_config_of(&["http/1.1"], &[version]);
        let mut tls = StreamOwned::new(
            ClientConnection::new(config, name).expect("a client"),
            TcpStream::connect(gateway.address).expect("it listens"),
        );
        while tls.conn.is_handshaking() {
            tls.conn.complete_io(&mut tls.sock).expect("TLS");
        }
        let exported = tls
            .conn
            .export_keying_material([0; 32], TLS_EXPORTER_LABEL, Some(&[]));
        let mut exported: [u8; 32] = exported.expect("an export");
        exported[31] ^= spoil;
        let bindings = ChannelBindings::from_application_data(tls_exporter(&exported));
        let authorization = service.bound_authorization("alice", &bindings);
        Client::over(tls).get("/", &[authorization]).status
    };
    assert_eq!(get(&rustls::version::TLS13, 0), 200);
    assert_eq!(get(&rustls::version::TLS13, 1), 401);
    gateway.logged("krb5.bindings_mismatch");
    assert_eq!(get(&rustls::version::TLS12, 0), 401);
}

/// The certificate's bindings go on being taken beside.
#[test]
fn tls_server_end_point_binds_over_both_versions() {
    let service = Service::new();
    let gateway = start(&service, "channel_bindings = \"require\"");
    let certificate = CertificateDer::from_pem_file(CERTIFICATE).expect("PEM");
    let bindings = tls_server_end_point(&certificate).expect("bindings");
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let name = ServerName::try_from("www.example.com").expect("a name");
        let config = client_config_of(&["http/1.1"], &[version]);
        let tls = ClientConnection::new(config, name).expect("a client");
        let stream = TcpStream::connect(gateway.address).expect("it listens");
        let mut client = Client::over(StreamOwned::new(tls, stream));
        let authorization = service.bound_authorization("alice", &bindings);
        assert_eq!(client.get("/", &[authorization]).status, 200, "{version:?}");
    }
}

/// RFC 5929 section 4.1 leaves the bindings of such a certificate undefined: each client sends what it likes, or nothing. To
/// check `tls-exporter` alone would keep nobody out: whoever relays a token chooses TLS 1.2, where there is none.
#[test]
fn a_certificate_without_defined_bindings_has_none_over_either_version() {
    let service = Service::new();
    let gateway = start_with(ED25519, &service, "channel_bindings = \"prefer\"");
    gateway.logged("no channel bindings are checked");
    let bindings = ChannelBindings::from_application_data(*b"tls-server-end-point:of some hash");
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let name = ServerName::try_from("www.example.com").expect("a name");
        let config = client_config_of(&["http/1.1"], &[version]);
        let tls = ClientConnection::new(config, name).expect("a client");
        let stream = TcpStream::connect(gateway.address).expect("it listens");
        let mut client = Client::over(StreamOwned::new(tls, stream));
        let authorization = service.bound_authorization("alice", &bindings);
        assert_eq!(client.get("/", &[authorization]).status, 200, "{version:?}");
    }
}

#[tokio::test]
async fn a_login_over_http2() {
    let service = Service::new();
    let gateway = start(&service, "");
    let stream = tokio::net::TcpStream::connect(gateway.address)
        .await
        .expect("it listens");
    let connector = tokio_rustls::TlsConnector::from(client_config(&["h2"]));
    let name = ServerName::try_from("www.example.com").expect("a name");
    let stream = connector.connect(name, stream).await.expect("TLS");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("HTTP/2");
    tokio::spawn(connection);
    let authorization = service.authorization("alice");
    let (name, value) = authorization.split_once(": ").expect("a field");
    let request = Request::get("https://www.example.com/page")
        .header(name, value)
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .body(Empty::<bytes::Bytes>::new());
    let response = sender
        .send_request(request.expect("a request"))
        .await
        .expect("a response");
    assert_eq!(
        (response.status().as_u16(), response.version()),
        (200, Version::HTTP_2)
    );
    assert!(
        response.headers().contains_key("www-authenticate"),
        "{response:?}"
    );
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    let body = String::from_utf8(body.to_vec()).expect("text");
    for line in [
        "GET /page HTTP/1.1",
        "host: www.example.com",
        "cookie: a=1; b=2",
        "via: 2.0 negotiate",
        "x-remote-user: alice@EXAMPLE.COM",
    ] {
        assert!(body.lines().any(|got| got == line), "{line}: {body}");
    }
}

#[test]
fn a_client_that_speaks_no_tls_is_cut_off_and_the_others_are_served() {
    let service = Service::new();
    let gateway = start(&service, "");
    let mut plain = Client::connect(gateway.address);
    plain.send("GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
    let response = connect(&gateway).get("/", &[service.authorization("alice")]);
    assert_eq!(response.status, 200, "{response:?}");
}
