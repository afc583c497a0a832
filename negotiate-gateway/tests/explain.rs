//! `negotiate explain` on tokens of real clients.

mod common;

use common::login::Service;
use common::{Ended, file, negotiate, run, scratch, text};
use mech_krb5::Principal;
use mech_krb5::keytab::{Keytab, KeytabEntry};
use negotiate_core::Timestamp;
use serde_json::Value;
use testvectors::{Capture, UserToUserCapture, capture, captures, user_to_user_captures};

const AES: std::ops::RangeInclusive<i32> = 17..=20;

/// Explains a captured token at its time, as the captured server would have judged it.
fn explain(capture: &Capture, more: &[&str], input: &[u8]) -> Ended {
    explain_at(capture.captured_at(), capture, more, input)
}

fn explain_at(now: &str, capture: &Capture, more: &[&str], input: &[u8]) -> Ended {
    let keytab = capture.path("keytab");
    let mut command = negotiate(["explain", "--keytab", text(&keytab), "--now", now]);
    if let Some(bindings) = capture.channel_bindings() {
        command.args(["--channel-bindings", &hex(&bindings.application_data)]);
    }
    run(command.args(more), input)
}

fn explain_json(capture: &Capture, more: &[&str]) -> (Option<i32>, Value) {
    let arguments = [&["--json"], more].concat();
    let ended = explain(capture, &arguments, &capture.initiator_token());
    let json = serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    (ended.status, json)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn with_kerberos() -> impl Iterator<Item = Capture> {
    captures()
        .into_iter()
        .filter(|capture| capture.case().has("keytab"))
}

#[test]
fn every_aes_token_is_accepted_at_its_time() {
    let mut count = 0;
    for capture in with_kerberos().filter(|capture| capture.expect() == "accepted") {
        let (status, json) = explain_json(&capture, &[]);
        assert_eq!(status, Some(0), "{}: {json}", capture.name());
        assert_eq!(json["accepted"], true, "{}", capture.name());
        assert_eq!(json["mechanism"], "krb5", "{}", capture.name());
        assert_eq!(json["src_name"], capture.initiator(), "{}", capture.name());
        assert_eq!(
            json["acceptor_name"],
            capture.acceptor_name(),
            "{}",
            capture.name()
        );
        assert_eq!(json["etype"], capture.ticket_etype(), "{}", capture.name());
        assert_eq!(json["kvno"], capture.ticket_kvno(), "{}", capture.name());
        assert_eq!(
            json["delegated"],
            capture.delegated().is_some(),
            "{}",
            capture.name()
        );
        assert_eq!(json["code"], Value::Null, "{}", capture.name());
        assert!(AES.contains(&capture.ticket_etype()), "{}", capture.name());
        count += 1;
    }
    assert!(count >= 40, "only {count} captures");
}

#[test]
fn every_refused_token_is_refused_with_its_code() {
    let mut codes = Vec::new();
    for capture in with_kerberos().filter(|capture| capture.expect() != "accepted") {
        let (status, json) = explain_json(&capture, &[]);
        assert_eq!(status, Some(1), "{}: {json}", capture.name());
        assert_eq!(json["accepted"], false, "{}", capture.name());
        assert_eq!(json["code"], capture.expect(), "{}", capture.name());
        for key in ["message", "blame", "seen", "expected", "advice"] {
            assert_ne!(
                json[key].as_str().unwrap_or_default(),
                "",
                "{}: {key}",
                capture.name()
            );
        }
        codes.push(capture.expect().to_owned());
    }
    codes.sort();
    codes.dedup();
    assert_eq!(codes, ["krb5.bindings_mismatch", "krb5.etype_refused"]);
    for (name, of) in [
        ("rc4_ticket", "mit/etype23-spnego-mutual"),
        ("des3_ticket", "heimdal/etype16-krb5-nomutual"),
        ("camellia_ticket", "mit/etype26-krb5-mutual"),
    ] {
        let (_, json) = explain_json(&capture(of), &[]);
        is_listed(name, &json);
    }
}

/// Code and advice are those that the list of failures gives.
fn is_listed(name: &str, json: &Value) {
    let cases = testvectors::load("failures.txt");
    let case = cases.iter().find(|case| case.name() == name).expect("listed");
    assert_eq!(json["code"], case.text("code"), "{case}");
    let advice = json["advice"].as_str().expect("advice");
    assert!(advice.contains(case.text("advice")), "{case}: {advice}");
}

/// What `serve` takes with `accept_camellia`.
#[test]
fn camellia_is_accepted_where_it_is_named() {
    let mut count = 0;
    for capture in with_kerberos().filter(|capture| [25, 26].contains(&capture.ticket_etype())) {
        let (status, json) = explain_json(&capture, &["--accept-camellia"]);
        assert_eq!(status, Some(0), "{}: {json}", capture.name());
        assert_eq!(json["src_name"], capture.initiator(), "{}", capture.name());
        assert_eq!(json["etype"], 26, "{}", capture.name());
        count += 1;
    }
    assert_eq!(count, 4);
    let (status, json) = explain_json(&capture("mit/etype23-krb5-mutual"), &["--accept-camellia"]);
    assert_eq!((status, &json["code"]), (Some(1), &"krb5.etype_refused".into()));
}

/// What `serve` takes with `danger_accept_rc4`, and its warning.
#[test]
fn rc4_is_accepted_where_it_is_named() {
    let mut count = 0;
    for capture in with_kerberos().filter(|capture| capture.ticket_etype() == 23) {
        let arguments = ["--json", "--danger-accept-rc4", "--accept-camellia"];
        let ended = explain(&capture, &arguments, &capture.initiator_token());
        let json: Value = serde_json::from_str(&ended.out).expect("JSON");
        assert_eq!(ended.status, Some(0), "{}: {json}", capture.name());
        assert_eq!(json["src_name"], capture.initiator(), "{}", capture.name());
        assert_eq!(json["etype"], 23, "{}", capture.name());
        assert!(ended.err.contains("RC4 is accepted"), "{}", ended.err);
        count += 1;
    }
    assert!(count >= 5, "{count}");
    let aes = capture("mit/etype18-krb5-mutual");
    assert_eq!(explain(&aes, &[], &aes.initiator_token()).err, "");
}

/// What `serve` takes with `trust_kdc`.
#[test]
fn a_path_between_realms_is_not_looked_at_where_the_kdc_is_trusted() {
    let mut service = Service::new();
    service.transited = "HUB.ORG";
    let token = service.token("alice@THIRD.COM");
    let keytab = text(&service.keytab);
    for (trusted, status) in [(None, 1), (Some("THIRD.COM"), 1), (Some("EXAMPLE.COM"), 0)] {
        let mut command = negotiate(["explain", "--keytab", keytab]);
        if let Some(realm) = trusted {
            command.args(["--trust-kdc", realm]);
        }
        let ended = run(&mut command, &token);
        assert_eq!(ended.status, Some(status), "{ended:?}");
        assert_eq!(
            ended.out.contains("krb5.transited_refused"),
            status == 1,
            "{ended:?}"
        );
    }
}

/// A token of user-to-user authentication, by the credential cache of whom the service ran for.
fn explain_user_to_user(capture: &UserToUserCapture, more: &[&str]) -> Ended {
    let ccache = file("server.ccache", capture.own_ccache());
    let now = Timestamp::from_unix_micros(capture.captured_micros()).to_string();
    let mut command = negotiate(["explain", "--ccache", text(&ccache), "--now", &now]);
    run(command.args(more), &capture.initiator_token())
}

#[test]
fn user_to_user_tokens_are_opened_by_the_cache() {
    let captures = user_to_user_captures();
    assert_eq!(captures.len(), 2);
    for capture in captures {
        let name = capture.name();
        let said = explain_user_to_user(&capture, &["--also-named", capture.target(), "--json"]);
        assert_eq!(said.status, Some(0), "{name}: {said:?}");
        let json: Value = serde_json::from_str(&said.out).expect("JSON");
        for (key, expected) in [
            ("src_name", capture.initiator()),
            ("acceptor_name", capture.target()),
            ("sealed_by", "session_key"),
        ] {
            assert_eq!(json[key], expected, "{name}: {json}");
        }
        let said = explain_user_to_user(&capture, &["--also-named", capture.target()]);
        assert!(
            said.out
                .contains("note            user-to-user: the ticket is sealed"),
            "{said:?}"
        );
        assert!(!said.out.contains("key version"), "{said:?}");
    }
}

/// Samba's KDC makes tickets for the service names of an account, which its ticket does not say.
#[test]
fn a_user_to_user_ticket_for_a_name_that_nobody_told_is_refused() {
    let capture = user_to_user_captures();
    let capture = capture
        .iter()
        .find(|capture| capture.name() == "samba/u2u-krb5-mutual");
    let said = explain_user_to_user(capture.expect("captured"), &[]);
    assert_eq!(said.status, Some(1), "{said:?}");
    for text in ["[krb5.user_to_user_name]", "--also-named"] {
        assert!(said.out.contains(text), "{said:?}");
    }
}

/// KERB-TGT-REQUEST without names (draft-swift-win2k-krb-user2user-03), in the framing of RFC 2743.
#[test]
fn who_asks_for_the_ticket_is_to_send_more() {
    let request = b"\x60\x1a\x06\x0a\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x03\x04\x00\
        \x30\x0a\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x10";
    let capture = &user_to_user_captures()[0];
    let ccache = file("server.ccache", capture.own_ccache());
    let now = Timestamp::from_unix_micros(capture.captured_micros()).to_string();
    let said = run(
        &mut negotiate(["explain", "--ccache", text(&ccache), "--now", &now]),
        request,
    );
    assert_eq!(said.status, Some(3), "{said:?}");
    assert!(said.out.contains("a token of krb5-user-to-user"), "{said:?}");
    let keytab = Service::new().keytab;
    let said = run(&mut negotiate(["explain", "--keytab", text(&keytab)]), request);
    assert_eq!(said.status, Some(1), "{said:?}");
}

#[test]
fn caches_that_cannot_be_used_are_named() {
    let no_cache = file("none", b"\x05\x09");
    let of_service = {
        // The one of a client: nobody's own ticket for the realm that is asked for.
        file(
            "empty.ccache",
            b"\x05\x04\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01R\x00\x00\x00\x01a",
        )
    };
    let own = file("own.ccache", user_to_user_captures()[0].own_ccache());
    for (arguments, problem) in [
        (&["--ccache", text(&no_cache)][..], "cannot be used"),
        (
            &["--ccache", text(&of_service)],
            "the cache has no ticket-granting ticket",
        ),
        (&["--ccache", "KCM:0"], "is a credential cache, but no file"),
        (&["--ccache", "/none"], "credential cache /none cannot be read"),
        (
            &["--ccache", text(&own), "--also-named", "a/b@"],
            "--also-named \"a/b@\" is no principal",
        ),
    ] {
        let said = run(
            &mut negotiate(["explain"].iter().chain(arguments).copied()),
            b"YQ==",
        );
        assert_eq!(said.status, Some(2), "{said:?}");
        assert!(
            said.err.contains(problem) && said.err.contains("\n  help: "),
            "{problem}: {said:?}"
        );
    }
    let own = format!("FILE:{}", text(&own));
    assert_eq!(
        run(&mut negotiate(["explain", "--ccache", &own]), b"YQ==").status,
        Some(1)
    );
}

#[test]
fn the_object_has_the_documented_keys_and_types() {
    let capture = capture("mit/http-spnego-cb-deleg");
    let (_, mut json) = explain_json(&capture, &[]);
    let keys: Vec<&String> = json.as_object().expect("an object").keys().collect();
    let documented = [
        "accepted",
        "mechanism",
        "src_name",
        "local_name",
        "acceptor_name",
        "same_key",
        "etype",
        "kvno",
        "sealed_by",
        "flags",
        "start_time",
        "end_time",
        "delegated",
        "attributes",
        "name_attributes",
        "code",
        "message",
        "blame",
        "seen",
        "expected",
        "advice",
    ];
    let mut sorted = documented.to_vec();
    sorted.sort_unstable();
    assert_eq!(keys, sorted);
    let expected = serde_json::json!({
        "accepted": true,
        "mechanism": "krb5",
        "src_name": "alice@MIT.TEST",
        "local_name": null,
        "acceptor_name": "HTTP/www.mit.test@MIT.TEST",
        "same_key": [],
        "etype": 18,
        "kvno": 1,
        "sealed_by": "service_key",
        "flags": ["delegate", "mutual", "confidentiality", "integrity", "channel_bound"],
        "start_time": "2026-11-22T05:57:19Z",
        "end_time": "2026-11-23T05:57:19Z",
        "delegated": true,
        "attributes": { "pac": "verified", "auth_indicators": ["spake-ind"] },
        "name_attributes": null,
        "code": null, "message": null, "blame": null, "seen": null, "expected": null, "advice": null,
    });
    let mut name_attributes = json["name_attributes"].take();
    // The whole PAC, which the capture leaves out.
    assert!(
        name_attributes
            .as_object_mut()
            .unwrap()
            .remove("urn:mspac:")
            .is_some()
    );
    assert_eq!(name_attributes, by_mit(&capture));
    assert_eq!(json, expected);
}

/// As in the keytabs of Active Directory, whose accounts have one key under many names: each of them is told, once.
#[test]
fn names_that_share_the_key_are_told() {
    let capture = capture("mit/etype18-krb5-mutual");
    let entries = Keytab::parse(&capture.keytab()).unwrap();
    let key = entries.entries()[0].key().expose();
    let entry = |principal: &str, kvno: u32, key: &[u8]| {
        let principal = Principal::parse(principal).unwrap();
        KeytabEntry::new(principal, Timestamp::from_unix(0), kvno, 18, key).unwrap()
    };
    let others = Keytab::from_entries(vec![
        entry("host/www@MIT.TEST", 1, key),
        entry(capture.acceptor_name(), 3, key),
        entry("HTTP/other@MIT.TEST", 1, &[7; 32]),
        entry("HTTP/www@MIT.TEST", 1, key),
        entry("HTTP/www@MIT.TEST", 2, key),
    ]);
    let others = file("others.keytab", others.to_file().expose());
    let more = ["--keytab", text(&others)];
    let (_, json) = explain_json(&capture, &more);
    let names = ["host/www@MIT.TEST", "HTTP/www@MIT.TEST"];
    assert_eq!(json["acceptor_name"], capture.acceptor_name());
    assert_eq!(json["same_key"], serde_json::json!(names));
    let ended = explain(&capture, &more, &capture.initiator_token());
    let line = format!("  same key        {}\n", names.join(", "));
    assert!(ended.out.contains(&line), "{}", ended.out);
}

/// An account that was made anew begins with version 1 again, and a keytab that its key was added to has the old one too.
#[test]
fn names_of_the_key_are_told_where_there_are_two_of_its_version() {
    let capture = capture("mit/etype18-krb5-mutual");
    let entries = Keytab::parse(&capture.keytab()).unwrap();
    let key = entries.entries()[0].key().expose();
    let entry = |principal: &str, key: &[u8]| {
        let principal = Principal::parse(principal).unwrap();
        KeytabEntry::new(principal, Timestamp::from_unix(0), 1, 18, key).unwrap()
    };
    let (name, other) = (capture.acceptor_name(), vec![7; 32]);
    for [first, second] in [[key, &other], [&other, key]] {
        let entries = vec![
            entry(name, first),
            entry(name, second),
            entry("host/www@MIT.TEST", key),
        ];
        let keytab = file("anew.keytab", Keytab::from_entries(entries).to_file().expose());
        let now = capture.captured_at();
        let arguments = ["explain", "--json", "--now", now, "--keytab", text(&keytab)];
        let ended = run(&mut negotiate(arguments), &capture.initiator_token());
        let json: Value = serde_json::from_str(&ended.out).unwrap();
        assert_eq!(json["accepted"], true, "{json}");
        assert_eq!(json["same_key"], serde_json::json!(["host/www@MIT.TEST"]));
    }
}

/// What MIT's acceptor gave for the capture: indicators are text there, and buffers hexadecimal.
fn by_mit(capture: &Capture) -> Value {
    let case = capture.case();
    let mut attributes = serde_json::Map::new();
    for line in case.lines("name-attributes") {
        let (name, value) = line.split_once(' ').unwrap();
        let value = match name {
            "auth-indicators" => value.as_bytes().to_vec(),
            _ => (0..value.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&value[at..at + 2], 16).unwrap())
                .collect(),
        };
        let base64 = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, value);
        attributes.insert(name.to_owned(), serde_json::json!([base64]));
    }
    attributes.into()
}

#[test]
fn attributes_of_a_domain_controller_are_told() {
    const DOMAIN: &str = "S-1-5-21-2020533880-445741037-1269285368";
    let capture = capture("samba/pac-alice-aes256-krb5-mutual");
    let sid = |rid: u32| format!("{DOMAIN}-{rid}");
    let group = |sid: String| serde_json::json!({ "sid": sid, "attributes": ["mandatory", "enabled_by_default", "enabled"] });
    let (_, json) = explain_json(&capture, &[]);
    let expected = serde_json::json!({
        "pac": "verified",
        "sid": sid(1103),
        "primary_group": sid(513),
        "groups": [group(sid(513)), group(sid(1110)), group(sid(1111))],
        "extra_sids": [group("S-1-18-1".into())],
        "sam_name": "alice",
        "display_name": "Alice A",
        "upn": "alice@ad.test",
        "domain": "ADT",
        "dns_domain": "AD.TEST",
        "upn_source": "account",
        "logon_server": "DC1",
        "logon_time": "2026-11-22T05:58:48Z",
        "user_flags": 32,
        "user_account_control": 16,
    });
    assert_eq!(json["attributes"], expected);
    let ended = explain(&capture, &[], &capture.initiator_token());
    for line in [
        format!("  SID             {DOMAIN}-1103\n"),
        format!("  groups          {DOMAIN}-513, -1110, -1111; S-1-18-1\n"),
        "  UPN             alice@ad.test\n".into(),
    ] {
        assert!(ended.out.contains(&line), "{line} not in {}", ended.out);
    }
    let refused = explain_at(
        "2026-11-24T00:00:00Z",
        &capture,
        &["--json"],
        &capture.initiator_token(),
    );
    let refused: Value = serde_json::from_str(&refused.out).unwrap();
    assert_eq!(refused["attributes"], Value::Null);
}

#[test]
fn indicators_are_told() {
    let capture = capture("mit/authind-pkinit");
    let ended = explain(&capture, &[], &capture.initiator_token());
    assert!(
        ended.out.contains("  auth indicators pkinit-ind\n"),
        "{}",
        ended.out
    );
}

#[test]
fn a_ticket_without_a_pac_has_none() {
    let heimdal = with_kerberos()
        .find(|capture| capture.peer() == "heimdal" && capture.expect() == "accepted")
        .unwrap();
    let (_, json) = explain_json(&heimdal, &[]);
    assert_eq!(json["attributes"], serde_json::json!({ "pac": "none" }));
}

#[test]
fn a_token_is_told_in_every_form() {
    let capture = capture("mit/http-spnego-deleg");
    let token = capture.initiator_token();
    let base64 = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, &token);
    let path = capture.path("initiator-token");
    for (what, arguments, input) in [
        ("a file", vec![text(&path)], vec![]),
        ("standard input", vec![], token.clone()),
        ("standard input by name", vec!["-"], token.clone()),
        ("base64", vec![], base64.clone().into_bytes()),
        ("wrapped base64", vec![], wrapped(&base64).into_bytes()),
        (
            "a line of curl",
            vec![],
            format!("> Authorization: Negotiate {base64}\r\n").into_bytes(),
        ),
    ] {
        let ended = explain(&capture, &arguments, &input);
        assert_eq!(ended.status, Some(0), "{what}: {ended:?}");
        assert!(ended.out.starts_with("accepted\n"), "{what}: {ended:?}");
    }
}

fn wrapped(base64: &str) -> String {
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).expect("ASCII"))
        .collect();
    lines.join("\n") + "\n"
}

#[test]
fn people_get_the_same_in_words() {
    let ended = explain(
        &capture("mit/http-spnego-cb-deleg"),
        &[],
        &capture("mit/http-spnego-cb-deleg").initiator_token(),
    );
    assert_eq!(
        ended.out,
        "accepted\n  \
           token           a SPNEGO token (NegTokenInit) that offers krb5\n  \
           mechanism       krb5\n  \
           user            alice@MIT.TEST\n  \
           service         HTTP/www.mit.test@MIT.TEST\n  \
           encryption type aes256-cts-hmac-sha1-96 (18)\n  \
           key version     1\n  \
           flags           delegate, mutual, confidentiality, integrity, channel_bound\n  \
           valid from      2026-11-22T05:57:19Z\n  \
           valid until     2026-11-23T05:57:19Z\n  \
           delegated       the client sent a credential along\n  \
           auth indicators spake-ind\n"
    );
}

#[test]
fn the_time_of_judgement_matters() {
    let capture = capture("mit/etype18-spnego-mutual");
    for (now, code) in [
        ("2026-11-22T06:10:00Z", "krb5.clock_skew"),
        ("2026-11-22T07:10:00+01:00", "krb5.clock_skew"),
        ("2027-01-01T00:00:00Z", "krb5.ticket_expired"),
        ("2026-11-22T00:00:00Z", "krb5.ticket_not_yet_valid"),
    ] {
        let ended = explain_at(now, &capture, &["--json"], &capture.initiator_token());
        let json: Value = serde_json::from_str(&ended.out).expect("JSON");
        assert_eq!(
            (ended.status, json["code"].as_str()),
            (Some(1), Some(code)),
            "{now}: {json}"
        );
    }
}

#[test]
fn other_tokens_are_named() {
    let keytab = capture("mit/etype18-spnego-mutual").path("keytab");
    for (name, said) in [
        (
            "clients/ntlm-in-spnego-curl-gssntlmssp",
            "a SPNEGO token (NegTokenInit) that offers ntlmssp",
        ),
        (
            "clients/negotiate-bare-ntlmssp-pyspnego",
            "an NTLM NEGOTIATE message, without SPNEGO",
        ),
    ] {
        let token = capture(name).initiator_token();
        let ended = run(&mut negotiate(["explain", "--keytab", text(&keytab)]), &token);
        assert_eq!(ended.status, Some(1), "{name}: {ended:?}");
        assert!(
            ended
                .out
                .starts_with("refused: the initiator offered ntlm [spnego.ntlm_offered]\n"),
            "{ended:?}"
        );
        assert!(ended.out.contains(said), "{name}: {ended:?}");
        let ended = run(
            &mut negotiate(["explain", "--json", "--keytab", text(&keytab)]),
            &token,
        );
        is_listed("ntlm_of_curl", &serde_json::from_str(&ended.out).expect("JSON"));
    }
}

#[test]
fn reselection_needs_another_leg() {
    // A NegTokenInit (RFC 4178 section 4.2.1) that offers NegoEx first, with a token for it, and then krb5.
    let token = b"\x60\x2f\x06\x06\x2b\x06\x01\x05\x05\x02\xa0\x25\x30\x23\xa0\x19\x30\x17\
                  \x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x1e\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\
                  \xa2\x06\x04\x04NEGO";
    let keytab = capture("mit/etype18-spnego-mutual").path("keytab");
    let ended = run(
        &mut negotiate(["explain", "--keytab", text(&keytab), "--json"]),
        token,
    );
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let json: Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!(json["accepted"], false);
    assert_eq!(json["code"], "another_leg_needed");
}

#[test]
fn what_is_no_token_is_refused_or_a_matter_of_usage() {
    let keytab = capture("mit/etype18-spnego-mutual").path("keytab");
    let explain = |input: &[u8]| run(&mut negotiate(["explain", "--keytab", text(&keytab)]), input);
    for (input, code) in [
        (&b"\x00"[..], "spnego.not_negotiate"),
        (b"`", "http.token_not_base64"),
        (b"hello", "http.token_not_base64"),
        (b"Authorization: Negotiate YII", "http.token_not_base64"),
        (b"AAAA", "spnego.not_negotiate"),
        (b"\x60\x82\x10\x00\x06", "spnego.truncated"),
        (&[0xff; 100_000], "spnego.token_too_long"),
    ] {
        let ended = explain(input);
        assert_eq!(ended.status, Some(1), "{ended:?}");
        assert!(
            ended
                .out
                .lines()
                .next()
                .is_some_and(|line| line.ends_with(&format!("[{code}]"))),
            "{ended:?}"
        );
    }
    for (input, message) in [
        (&b""[..], "negotiate: the input holds no token\n"),
        (
            b"> GET / HTTP/1.1\n> Host: www\n\n< HTTP/1.1 401 Unauthorized\n< www-authenticate: Negotiate\n",
            "negotiate: the input holds a server's answer, and no Authorization line\n",
        ),
        (
            b"Authorization: Basic eDp5",
            "negotiate: the Authorization line is not of the scheme Negotiate or NTLM\n",
        ),
        (
            &[b'A'; (4 << 20) + 1],
            "negotiate: standard input is longer than any token\n",
        ),
    ] {
        let ended = explain(input);
        assert_eq!(ended.status, Some(2), "{ended:?}");
        assert!(ended.err.starts_with(message), "{ended:?}");
        assert!(ended.err.contains("\n  help: "), "{ended:?}");
    }
}

#[test]
fn usage_errors_say_what_is_right() {
    let keytab = capture("mit/etype18-spnego-mutual").path("keytab");
    for (arguments, message) in [
        (
            &["--now", "yesterday"][..],
            "write date, time and offset as in RFC 3339: 2026-11-22T05:57:20Z",
        ),
        (
            &["--channel-bindings", "0x00"],
            "write an even number of hex digits",
        ),
        (&["--jsn"], "a similar argument exists: '--json'"),
        (
            &["/nonexistent/token"],
            "token /nonexistent/token cannot be read: No such file or directory",
        ),
    ] {
        let mut command = negotiate(["explain", "--keytab", text(&keytab)]);
        let ended = run(command.args(arguments), b"");
        assert_eq!(ended.status, Some(2), "{ended:?}");
        assert!(ended.err.contains(message), "{ended:?}");
    }
}

#[test]
fn keys_may_be_spread_over_keytabs() {
    let (one, other) = (
        capture("mit/etype18-spnego-mutual"),
        capture("mit/etype17-spnego-mutual"),
    );
    let (keytab, own) = (other.path("keytab"), one.path("keytab"));
    let ended = run(
        &mut negotiate([
            "explain",
            "--keytab",
            text(&keytab),
            "--keytab",
            text(&own),
            "--now",
            one.captured_at(),
        ]),
        &one.initiator_token(),
    );
    assert_eq!(ended.status, Some(0), "{ended:?}");
}

#[test]
fn keytabs_that_cannot_be_used_are_named() {
    let whole = capture("mit/etype18-spnego-mutual").keytab();
    for (path, message, code) in [
        (
            scratch("missing"),
            "cannot be read: No such file or directory (os error 2)",
            "keytab.missing",
        ),
        (file("empty", b""), "is empty", "keytab.empty"),
        (
            file("no-entries", b"\x05\x02"),
            "is well-formed and holds no entries",
            "keytab.no_entries",
        ),
        (
            file("text", b"# keytab\n"),
            "is not a keytab",
            "keytab.not_a_keytab",
        ),
        (
            file("cut", &whole[..whole.len() - 7]),
            "is truncated: ",
            "keytab.truncated",
        ),
        (
            file("version", b"\x05\x07\0\0\0\x01a"),
            "is damaged: keytab format version 7 is not known",
            "keytab.damaged",
        ),
    ] {
        for command in [&["explain", "--keytab"][..], &["keytab", "list"]] {
            let mut command = negotiate(command.iter().copied());
            let ended = run(command.arg(&path), b"");
            assert_eq!(ended.status, Some(2), "{ended:?}");
            let (problem, advice) = ended.err.split_once('\n').expect("two lines");
            assert!(
                problem.contains(text(&path)) && problem.contains(message),
                "{ended:?}"
            );
            assert!(advice.starts_with("  help: "), "{ended:?}");
            assert!(advice.ends_with(&format!("\n  code: {code}\n")), "{ended:?}");
        }
    }
}
