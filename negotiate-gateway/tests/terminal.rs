//! Names that would steer the terminal, or turn its text around: every command shows them escaped, in JSON too.

mod common;

use common::login::Service;
use common::{file, negotiate, run, text};
use mech_krb5::Principal;
use mech_krb5::keytab::{Keytab, KeytabEntry};
use negotiate_core::Timestamp;

/// CSI in one character (ECMA-48), ESC, DEL, UAX #9's marks and overrides, and characters without width.
const HOSTILE: &str =
    "a\u{9b}2J\u{1b}[2J\u{7f}\u{61c}\u{200e}\u{202e}\u{2066}\u{2028}\u{200b}\u{feff}\u{e0041}z";

#[track_caller]
fn is_harmless(shown: &str) {
    let steers = |character: &char| {
        character.is_control() && *character != '\n'
            || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || matches!(character, '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    assert_eq!(shown.chars().find(steers), None, "{}", shown.escape_debug());
}

#[test]
fn explain_shows_nothing_that_steers_a_terminal() {
    let krb5_conf = file("krb5.conf", "[libdefaults]\n    default_realm = EXAMPLE.COM\n");
    let service = Service::new();
    let token = service.token(HOSTILE);
    let arguments = [
        "explain",
        "--keytab",
        text(&service.keytab),
        "--krb5-conf",
        text(&krb5_conf),
    ];
    let words = run(&mut negotiate(arguments), &token);
    assert_eq!(words.status, Some(0), "{words:?}");
    is_harmless(&words.out);
    let json = run(negotiate(arguments).arg("--json"), &token);
    is_harmless(&json.out);
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(json["local_name"], HOSTILE);
}

#[test]
fn decode_shows_nothing_that_steers_a_terminal() {
    let realm = [
        &[0x1b, u8::try_from(HOSTILE.len()).expect("short")],
        HOSTILE.as_bytes(),
    ]
    .concat();
    let len = u8::try_from(realm.len()).expect("short");
    let fields = [&[0xa0, 3, 2, 1, 5, 0xa1, len], &realm[..]].concat();
    let len = u8::try_from(fields.len()).expect("short");
    let ticket = [&[0x61, len + 2, 0x30, len], &fields[..]].concat();
    let words = run(&mut negotiate(["decode"]), &ticket);
    assert!(words.out.contains("realm: \"a\\u{9b}2J"), "{words:?}");
    is_harmless(&words.out);
    let json = run(&mut negotiate(["decode", "--json"]), &ticket);
    is_harmless(&json.out);
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(json["inputs"][0]["tree"]["children"][1]["value"], HOSTILE);
}

#[test]
fn keytab_list_shows_nothing_that_steers_a_terminal() {
    let principal = Principal::parse(&format!("{HOSTILE}@EXAMPLE.COM")).expect("a principal");
    let entry = KeytabEntry::new(principal, Timestamp::now(), 1, 18, &[7; 32]).expect("an entry");
    let keytab = file("keytab", Keytab::from_entries(vec![entry]).to_file().expose());
    let words = run(&mut negotiate(["keytab", "list", text(&keytab)]), b"");
    assert_eq!(words.status, Some(0), "{words:?}");
    is_harmless(&words.out);
    let json = run(&mut negotiate(["keytab", "list", "--json", text(&keytab)]), b"");
    is_harmless(&json.out);
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(json[0]["principal"], format!("{HOSTILE}@EXAMPLE.COM"));
}
