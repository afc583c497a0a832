//! Tokens as big as a big directory makes them pass the header limits; bigger ones get 431.

use interop::client::{authorization, curl, curl_negotiate, url};
use interop::kdc::Tickets;
use interop::peers::{keytab, scratch, succeed, text, tool};
use interop::server::Gateway;
use interop::token::{by_mit, initiate};
use std::path::PathBuf;

/// 60 KiB of base64, from a ticket of `OTHER.TEST` and the TGT of the same size that it delegates.
const BIG: [&str; 3] = ["--target", "HTTP/big.other.test@OTHER.TEST", "--delegate"];

/// A file with this header field: it is too long for a command line.
fn in_a_file(field: &str) -> PathBuf {
    let path = scratch("header");
    std::fs::write(&path, field).expect("written");
    path
}

fn page(gateway: &Gateway) -> String {
    url("big.other.test", gateway.daemon.address)
}

#[test]
fn sixty_kibibytes_pass() {
    let gateway = Gateway::start(&keytab("big"));
    let carol = Tickets::of_carol();
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        let token = initiate(&carol, &BIG);
        assert_eq!(by_mit(&keytab("big"), &token)["accepted"], true);
        let field = authorization(&token);
        assert!(field.len() > 60 * 1024, "only {}", field.len());
        let header = format!("@{}", in_a_file(&field).display());
        let got = curl(&Tickets::none(), &page(&gateway), &[version, "--header", &header]);
        assert_eq!(got.status(), 200, "{version}: {:?}", got.last());
        assert!(
            got.body.contains("carol@OTHER.TEST"),
            "{version}: {:?}",
            got.last()
        );
    }
}

#[test]
fn curl_sends_them_by_itself() {
    let gateway = Gateway::start(&keytab("big"));
    let got = curl_negotiate(&Tickets::of_carol(), &page(&gateway), &["--delegation", "always"]);
    assert_eq!(got.status(), 200, "{:?}", got.last());
}

#[test]
fn above_the_limit_431() {
    let gateway = Gateway::start(&keytab("big"));
    let field = in_a_file(&format!("Authorization: Negotiate {}", "A".repeat(200_000)));
    let header = format!("@{}", field.display());
    let got = curl(
        &Tickets::none(),
        &page(&gateway),
        &["--http1.1", "--header", &header],
    );
    assert_eq!(got.status(), 431, "{:?}", got.last());

    let mut by_http2 = tool("get_http2.py");
    by_http2
        .arg(gateway.daemon.address.port().to_string())
        .arg(&field);
    assert_eq!(text(&succeed(&mut by_http2, b"")).trim(), "431");
}
