//! Captures and vectors, as they lie in `testvectors`.

use crate::case::{Base, Case, Origin};
use crate::judge::Judge;
use negotiate_core::Timestamp;
use testvectors::{Capture, captures, load_directory};

/// Every captured token that a keytab belongs to.
pub(crate) fn bases() -> Vec<Base> {
    let with_keys = captures()
        .into_iter()
        .filter(|capture| capture.case().has("keytab"));
    with_keys
        .map(|capture| {
            Base::new(
                capture.name(),
                &judge(&capture),
                vec![capture.initiator_token()],
                0,
            )
        })
        .collect()
}

fn judge(capture: &Capture) -> Judge {
    Judge {
        keytab: capture.path("keytab"),
        now: Timestamp::from_unix(capture.captured_micros() / 1_000_000),
        bindings: capture
            .channel_bindings()
            .map(|bindings| bindings.application_data),
    }
}

/// Where a vector's bytes are put into a valid token.
const PLACES: [&str; 9] = [
    "[token]",
    "[NegTokenInit]",
    "NegTokenInit/mechToken",
    "[AP-REQ]",
    "[Ticket]",
    "AP-REQ/authenticator",
    "Ticket/enc-part/cipher",
    "AP-REQ/authenticator/cipher",
    "Authenticator/cksum/checksum",
];

/// Every vector and whatever else was captured: as a first token, and in each place of a valid one.
pub(crate) fn vectors(base: &Base) -> Vec<Case> {
    let directories = [
        "spnego", "krb5", "rfc/3961", "rfc/3962", "rfc/6113", "rfc/8009", "tls",
    ];
    let mut cases = Vec::new();
    let mut show = |name: &str, bytes: Vec<u8>| {
        cases.push(Case {
            origin: Origin::Given,
            mutations: vec![format!("vector@{name}")],
            conversation: vec![bytes.clone()],
        });
        cases.extend(
            PLACES
                .iter()
                .filter_map(|place| base.planted(place, &bytes, name)),
        );
    };
    for case in directories.into_iter().flat_map(load_directory) {
        for key in case.keys() {
            if let Some(bytes) = hex(&case.lines(key).concat()) {
                show(&format!("{case}: {key}"), bytes);
            }
        }
    }
    for capture in captures() {
        let tokens = [Some(capture.initiator_token()), capture.acceptor_token()]
            .into_iter()
            .flatten();
        let messages = capture.per_message().into_iter().map(|message| message.token);
        for token in tokens.chain(messages) {
            show(capture.name(), token);
        }
    }
    cases
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
    if digits.is_empty() || !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let digits = digits.chunks_exact(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
