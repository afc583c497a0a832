//! Every captured token with single bits flipped: refused, or answered Continue, or the bit lies outside every seal and
//! changes nothing of what was accepted.
//!
//! A debug build samples; `cargo test --release -p mech-krb5 --test flips -- --nocapture` flips every bit and lists by
//! field what is still accepted. With `FLIPS_OUT=FILE` each accepted flip is written there (capture, byte, bit, field),
//! for a comparison with another acceptor on the same bytes.

mod common;

use common::{acceptor_that_names, captured_at, is_accepted_by_name, judge};
use mech_krb5::{Details, keytab::Match};
use negotiate_core::der::Tag;
use negotiate_core::{SecurityContext, Step};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use testvectors::captures;

/// Bits outside every seal, by the tags that lead to them, and why nothing depends on them.
const UNSEALED: [(&str, &str); 8] = [
    (
        "60 a0 30 a0 30 06",
        "SPNEGO mechTypes: another mechanism's identifier, which is not chosen",
    ),
    (
        "60 a0 30 a1 03",
        "SPNEGO reqFlags: RFC 4178 section 4.2.1 says to ignore them",
    ),
    ("6e 30 a2 03", "AP-REQ ap-options: the sealed flags decide"),
    ("6e 30 a3 61 30 a1 1b", "Ticket realm: a hint for finding the key"),
    (
        "6e 30 a3 61 30 a2 30 a0 02",
        "Ticket sname name-type: never compared (RFC 4120 section 6.2)",
    ),
    (
        "6e 30 a3 61 30 a2 30 a1 30 1b",
        "Ticket sname: a hint for finding the key",
    ),
    (
        "6e 30 a3 61 30 a3 30 a1 02",
        "Ticket kvno: a hint for finding the key",
    ),
    (
        "6e 30 a3 61 30 a2 30 a1 30 1b header",
        "Ticket sname: two components that become one well-formed one",
    ),
];

#[test]
fn a_flipped_bit_changes_nothing_that_is_accepted() {
    let every = if cfg!(debug_assertions) { 61 } else { 1 };
    let mut accepted: BTreeMap<&str, u32> = BTreeMap::new();
    let mut list = String::new();
    let mut flips = 0_u32;
    for capture in captures().into_iter().filter(is_accepted_by_name) {
        let (acceptor, now) = (acceptor_that_names(&capture), captured_at(&capture));
        let token = capture.initiator_token();
        let Ok(Step::Complete { context, .. }) = judge(&acceptor, &capture, &token, now) else {
            panic!("{}", capture.name())
        };
        let original = what_counts(&context);
        for bit in (0..token.len() * 8).step_by(every) {
            let mut flipped = token.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            flips += 1;
            let Ok(Step::Complete { context, .. }) = judge(&acceptor, &capture, &flipped, now) else {
                continue;
            };
            let path = tags_to(&token, bit / 8);
            let field = UNSEALED.iter().find(|(tags, _)| path.ends_with(tags));
            let Some((_, field)) = field else {
                panic!(
                    "{}: bit {bit} at {path} is sealed or shapes the token, and was accepted",
                    capture.name()
                )
            };
            assert_eq!(
                what_counts(&context),
                original,
                "{}: bit {bit} at {path}",
                capture.name()
            );
            *accepted.entry(field).or_default() += 1;
            // The other acceptor is asked with its own default.
            if capture.expect_if_named().is_none() {
                writeln!(list, "{} {} {} {field}", capture.name(), bit / 8, bit % 8).unwrap();
            }
        }
    }
    println!("{flips} flips judged; accepted, by field:");
    for (field, count) in &accepted {
        println!("{count:7} {field}");
    }
    if let Some(out) = std::env::var_os("FLIPS_OUT") {
        std::fs::write(out, list).unwrap();
    }
    assert!(
        !accepted.is_empty(),
        "kvno and name type lie outside every seal: this test does not look at anything"
    );
}

/// All that an application may build on. How the key was found is a remark for the operator.
fn what_counts(context: &SecurityContext) -> String {
    let mut details = context.details::<Details>().unwrap().clone();
    details.key_match = Match::Exact;
    format!(
        "{} {:?} {:?} {details:?}",
        context.initiator(),
        context.acceptor(),
        context.flags()
    )
}

/// The tags around a byte, outermost first; `header` if it is part of a tag or a length.
fn tags_to(token: &[u8], byte: usize) -> String {
    let mut path = String::new();
    let (mut level, mut start) = (token, 0);
    loop {
        // Within Kerberos' framing the AP-REQ follows the TOK_ID.
        if let [1, 0, 0x6e, ..] = level {
            if byte < start + 2 {
                return path + "TOK_ID";
            }
            (level, start) = (&level[2..], start + 2);
        }
        let mut reader = negotiate_core::der::Reader::at_offset(level, start);
        let (tag, content) = reader.any().unwrap();
        let end = content.offset() + content.rest().len();
        if byte >= end {
            (level, start) = (&level[end - start..], end);
            continue;
        }
        write!(path, "{:02x} ", tag.byte()).unwrap();
        if byte < content.offset() {
            return path + "header";
        }
        let holds_token =
            tag == Tag::OCTET_STRING && path.starts_with("60 a0") && content.rest().starts_with(&[0x60]);
        if !tag.is_constructed() && !holds_token {
            return path.trim_end().to_owned();
        }
        (level, start) = (content.rest(), content.offset());
    }
}
