//! Whatever we accept of the captured tokens with a bit flipped, MIT accepts on the same bytes, but for the size of SPNEGO's
//! reqFlags: MIT takes seven bits and no other number of them, and RFC 4178 section 4.2.1 any.
//!
//! The list is mech-krb5's own (its test `flips`, run by `interop/run` before these tests). It is a sample, and complete
//! with `FLIPS=--release interop/run --test flips`.

use interop::peers::{at_clock, state, succeed, text, tool};
use std::collections::BTreeMap;
use std::fmt::Write as _;

#[test]
fn mit_accepts_every_flip_that_we_accept() {
    let list = std::fs::read_to_string(state("flips")).expect("made by interop/run");
    let mut flips: BTreeMap<&str, String> = BTreeMap::new();
    for line in list.lines() {
        let mut words = line.split(' ');
        let mut word = || words.next().expect("capture, byte, bit, field");
        let lines = flips.entry(word()).or_default();
        writeln!(lines, "{} {}", word(), word()).expect("written");
    }
    let mut refused = String::new();
    for (name, lines) in &flips {
        let capture = testvectors::capture(name);
        let token = capture.initiator_token();
        let lines: String = lines
            .lines()
            .filter(|line| !is_size_of_req_flags(&token, line))
            .fold(String::new(), |lines, line| lines + line + "\n");
        let mut accept = tool("accept_flips.py");
        accept
            .arg(capture.path("keytab"))
            .arg(capture.path("initiator-token"));
        if let Some(bindings) = capture.channel_bindings() {
            let hex = bindings.application_data.iter().map(|byte| format!("{byte:02x}"));
            accept.arg(hex.collect::<String>());
        }
        let clock = capture.captured_at().replace('T', " ");
        let (clock, _) = clock.split_once('.').expect("a fraction of a second");
        let mut accept = at_clock(&format!("@{clock}"), &accept);
        let said = text(&succeed(accept.env("TZ", "UTC"), lines.as_bytes()));
        for line in said.lines() {
            writeln!(refused, "{name} {line}").expect("written");
        }
    }
    println!(
        "{} flips of {} captures that we accept were shown to MIT",
        list.lines().count(),
        flips.len()
    );
    assert!(flips.len() > 50, "few captures: {}", flips.len());
    assert_eq!(refused, "", "MIT refuses what we accept");
}

/// Whether the byte is that of reqFlags' BIT STRING which counts the bits that are not used: `a1 04 03 02` stands before it.
fn is_size_of_req_flags(token: &[u8], line: &str) -> bool {
    let byte: usize = line
        .split(' ')
        .next()
        .and_then(|byte| byte.parse().ok())
        .expect("byte, bit");
    token[..byte].ends_with(b"\xa1\x04\x03\x02")
}
