//! Tokens as big as a big directory makes them pass the header limits; bigger ones get 431.

use interop::client::{Got, authorization, curl, curl_negotiate, url};
use interop::kdc::Tickets;
use interop::peers::{keytab, scratch};
use interop::server::Gateway;
use interop::token::{by_mit, initiate};

/// 60 KiB of base64, from a ticket of `OTHER.TEST` and the TGT of the same size that it delegates.
const BIG: [&str; 3] = ["--target", "HTTP/big.other.test@OTHER.TEST", "--delegate"];

fn sent(gateway: &Gateway, version: &str, field: &str) -> Got {
    let header = scratch("header");
    std::fs::write(&header, field).expect("written");
    let header = format!("@{}", header.display());
    let page = url("big.other.test", gateway.daemon.address);
    curl(&Tickets::none(), &page, &[version, "--header", &header])
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
        let got = sent(&gateway, version, &field);
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
    let page = url("big.other.test", gateway.daemon.address);
    let got = curl_negotiate(&Tickets::of_carol(), &page, &["--delegation", "always"]);
    assert_eq!(got.status(), 200, "{:?}", got.last());
}

#[test]
fn above_the_limit_431() {
    let gateway = Gateway::start(&keytab("big"));
    for (version, length) in [("--http1.1", 200_000), ("--http2-prior-knowledge", 140_000)] {
        let got = sent(
            &gateway,
            version,
            &format!("Authorization: Negotiate {}", "A".repeat(length)),
        );
        assert_eq!(got.status(), 431, "{version}: {:?}", got.last());
    }
}
