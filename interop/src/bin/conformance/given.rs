//! Captures and vectors, as they lie in `testvectors`.

use crate::case::{Amount, Base, Case, Origin};
use crate::draw::Draw;
use crate::judge::{Judge, Types};
use mech_krb5::Principal;
use mech_krb5::keytab::{Keytab, KeytabEntry};
use negotiate_core::Timestamp;
use std::path::Path;
use testvectors::{Capture, captures, load, load_directory};

fn with_keys() -> impl Iterator<Item = Capture> {
    captures()
        .into_iter()
        .filter(|capture| capture.case().has("keytab"))
}

/// Captured tokens with RC4 or Camellia, for acceptors that take them.
pub(crate) fn named() -> Vec<Base> {
    let has_named = |capture: &Capture| matches!(capture.ticket_etype(), 23 | 25 | 26);
    with_keys()
        .filter(has_named)
        .map(|capture| {
            let judge = Judge {
                types: Types::Named,
                ..judge(&capture)
            };
            let name = format!("named/{}", capture.name());
            Base::new(&name, &judge, vec![capture.initiator_token()], 0)
        })
        .collect()
}

/// Every captured token that a keytab belongs to.
pub(crate) fn bases() -> Vec<Base> {
    with_keys()
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

/// Tokens of a Windows domain, whose PACs hold what only Windows writes. Their keytabs go into the directory.
pub(crate) fn windows(directory: &Path) -> Vec<Base> {
    let base = |case: &testvectors::Case| {
        let (service, now) = (case.text("service"), case.number::<i64>("time-micros"));
        let principal = Principal::parse(service).expect("a name");
        let now = Timestamp::from_unix(now / 1_000_000);
        let entry = KeytabEntry::new(
            principal,
            now,
            case.number("kvno"),
            case.number("etype"),
            &case.bytes("key"),
        );
        let keytab = directory.join(case.name());
        let file = Keytab::from_entries(vec![entry.expect("fits a keytab")]).to_file();
        std::fs::write(&keytab, file.expose()).expect("the directory can be written");
        let judge = Judge {
            keytab,
            now,
            bindings: None,
            types: Types::Default,
        };
        Base::new(
            &format!("windows/{}", case.name()),
            &judge,
            vec![case.bytes("token")],
            0,
        )
    };
    load("pac/windows-tokens.txt").iter().map(base).collect()
}

fn judge(capture: &Capture) -> Judge {
    Judge {
        keytab: capture.path("keytab"),
        now: Timestamp::from_unix(capture.captured_micros() / 1_000_000),
        bindings: capture
            .channel_bindings()
            .map(|bindings| bindings.application_data),
        types: Types::Default,
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
pub(crate) fn vectors(base: &Base, amount: Amount) -> Vec<Case> {
    let mut draw = Draw::named(amount.seed, "vectors");
    let directories = [
        "spnego", "krb5", "rfc/3961", "rfc/3962", "rfc/6113", "rfc/8009", "tls",
    ];
    let mut cases = Vec::new();
    let mut show = |name: &str, bytes: Vec<u8>| {
        if draw.below(amount.one_in) != 0 {
            return;
        }
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

/// The PACs and their buffers among the vectors, in the place of another PAC and of a buffer that is signed anew.
pub(crate) fn pac_vectors(base: &Base) -> Vec<Case> {
    let ad_data = "EncTicketPart/authorization-data/element/ad-data/AD-IF-RELEVANT/element/ad-data";
    let buffers = ["logon-info", "client-info"].map(|name| format!("{ad_data}/PAC/{name}"));
    let places: Vec<&str> = [ad_data]
        .into_iter()
        .chain(buffers.iter().map(String::as_str))
        .collect();
    let mut cases = Vec::new();
    for case in load_directory("pac") {
        for key in case.keys() {
            let Some(bytes) = hex(&case.lines(key).concat()) else {
                continue;
            };
            let name = format!("{case}: {key}");
            cases.extend(
                places
                    .iter()
                    .filter_map(|place| base.planted(place, &bytes, &name)),
            );
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
