//! `negotiate decode` as it is run: forms of input, exit status, the members of its JSON.

mod common;

use common::{file, negotiate, run, text};
use serde_json::{Value, json};
use testvectors::{capture, ntlm_captures};

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::prelude::BASE64_STANDARD.encode(bytes)
}

#[track_caller]
fn decoded(arguments: &[&str], input: &[u8]) -> Value {
    let ended = run(
        &mut negotiate(["decode", "--json"].iter().chain(arguments).copied()),
        input,
    );
    assert_eq!((ended.status, ended.err.as_str()), (Some(0), ""));
    serde_json::from_str(&ended.out).expect("JSON")
}

/// The members that `--help` promises, of a token of 32 bytes.
#[test]
fn the_json_is_as_documented() {
    let curl = ntlm_captures()
        .into_iter()
        .find(|capture| capture.name() == "clients/ntlm-curl");
    let [token, ..] = curl.unwrap().tokens();
    let spec = "MS-NLMP section 2.2.1.1";
    let number = |name: &str, value: u32, offset: u32, length: u32| json!({"name": name, "type": "integer", "value": value, "offset": offset, "length": length, "spec": spec});
    let fields = |name: &str, offset: u32| {
        json!({
            "name": name, "offset": offset, "length": 8, "spec": spec,
            "children": [
                number("Len", 0, offset, 2),
                number("MaxLen", 0, offset + 2, 2),
                number("BufferOffset", 0, offset + 4, 4),
            ],
        })
    };
    assert_eq!(
        decoded(&[], &token),
        json!({"inputs": [{
            "source": "standard input", "form": "raw", "kind": "ntlm-negotiate", "length": 32, "faults": 0,
            "tree": {
                "name": "NEGOTIATE_MESSAGE", "offset": 0, "length": 32, "spec": spec,
                "children": [
                    {"name": "Signature", "type": "text", "value": "NTLMSSP", "offset": 0, "length": 8, "spec": spec},
                    number("MessageType", 1, 8, 4),
                    {
                        "name": "NegotiateFlags", "type": "flags", "offset": 12, "length": 4, "spec": spec,
                        "value": ["oem", "request-target", "ntlm", "always-sign", "extended-sessionsecurity"],
                    },
                    fields("DomainNameFields", 16),
                    fields("WorkstationFields", 24),
                ],
            },
        }]})
    );
}

/// Times, secrets, bytes and what was opened.
#[test]
fn sealed_parts_are_opened_with_a_keytab() {
    let capture = capture("mit/etype18-spnego-mutual");
    let (request, reply) = (capture.path("initiator-token"), capture.path("acceptor-token"));
    let keytab = capture.path("keytab");
    let json = decoded(&["--keytab", text(&keytab), text(&request), text(&reply)], b"");
    assert_eq!(json["inputs"][0]["source"], text(&request));
    let part = named(&json["inputs"][0]["tree"], "EncTicketPart").expect("the ticket was opened");
    assert_eq!(part["offset"], 0);
    let endtime = named(part, "endtime").unwrap();
    assert_eq!(endtime["type"], "time");
    assert!(endtime["value"].as_str().unwrap().ends_with("Z"), "{endtime}");
    let key = named(part, "keyvalue").unwrap();
    assert_eq!(
        (&key["type"], &key["value"], &key["bytes"]),
        (&json!("secret"), &Value::Null, &json!(32))
    );
    let cipher = named(named(&json["inputs"][0]["tree"], "enc-part").unwrap(), "cipher").unwrap();
    assert_eq!(
        (&cipher["type"], &cipher["value"]),
        (&json!("secret"), &Value::Null)
    );
    assert!(cipher["bytes"].as_u64() > part["length"].as_u64(), "{cipher}");
    assert_eq!(cipher["opened"]["length"], part["length"]);
    assert!(
        cipher["opened"]["with"]
            .as_str()
            .unwrap()
            .contains("the keytab's key of")
    );
    assert!(
        named(&json["inputs"][1]["tree"], "EncAPRepPart").is_some(),
        "the request told the reply's key"
    );

    let closed = decoded(&[text(&request), text(&reply)], b"");
    assert!(named(&closed, "EncTicketPart").is_none());
}

/// Wherever the key is.
#[test]
fn keytabs_are_one() {
    let capture = capture("mit/etype18-spnego-mutual");
    let (right, token) = (capture.path("keytab"), capture.path("initiator-token"));
    let other = testvectors::capture("samba/pac-alice-rc4-service").path("keytab");
    for keytabs in [[&right, &other], [&other, &right]] {
        let [first, second] = keytabs.map(|path| text(path));
        let json = decoded(&["--keytab", first, "--keytab", second, text(&token)], b"");
        assert!(named(&json, "EncTicketPart").is_some(), "{first} {second}");
    }
}

/// The first object of this name, the nearest first.
fn named<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Object(members) if members.get("name").is_some_and(|found| found == name) => Some(value),
        Value::Object(members) => members.values().find_map(|member| named(member, name)),
        Value::Array(values) => values.iter().find_map(|value| named(value, name)),
        _ => None,
    }
}

#[test]
fn every_form_of_input_is_the_same_token() {
    let token = capture("clients/curl-http").initiator_token();
    let hex: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
    let raw = decoded(&[], &token);
    for (form, input) in [
        ("base64", base64(&token)),
        ("hex", hex),
        (
            "authorization",
            format!("> Authorization: Negotiate {}\r\n", base64(&token)),
        ),
        (
            "www-authenticate",
            format!("WWW-Authenticate: Negotiate {}", base64(&token)),
        ),
    ] {
        let json = decoded(&["-"], input.as_bytes());
        assert_eq!(json["inputs"][0]["form"], form);
        assert_eq!(json["inputs"][0]["tree"], raw["inputs"][0]["tree"], "{form}");
    }
}

/// What `curl -v` shows: a token and its answer.
#[test]
fn a_log_of_curl_is_shown_whole() {
    let capture = capture("clients/curl-http");
    let log = format!(
        "> GET / HTTP/1.1\n> Authorization: Negotiate {}\n< HTTP/1.1 200 OK\n< WWW-Authenticate: Negotiate {}\n",
        base64(&capture.initiator_token()),
        base64(&capture.acceptor_token().unwrap())
    );
    let keytab = capture.path("keytab");
    let ended = run(
        &mut negotiate(["decode", "--keytab", text(&keytab)]),
        log.as_bytes(),
    );
    assert_eq!(ended.status, Some(0), "{ended:?}");
    for line in [
        "standard input, in an Authorization line:",
        "a NegTokenInit of SPNEGO, 855 bytes",
        "\"HTTP/www.mit.test\"",
        "keyvalue: 32 bytes, not shown",
        "standard input, in a WWW-Authenticate line:",
        "EncAPRepPart  [RFC 4120 section 5.5.2]",
    ] {
        assert!(ended.out.contains(line), "{line} in {}", ended.out);
    }
}

#[test]
fn the_exit_status_tells_malformed_from_unusable() {
    let token = capture("clients/curl-http").initiator_token();
    let cut = run(&mut negotiate(["decode"]), &token[..300]);
    assert_eq!((cut.status, cut.err.as_str()), (Some(1), ""));
    assert!(
        cut.out
            .contains("   300      !    cut off: 851 bytes announced, 296 are there\n"),
        "{}",
        cut.out
    );
    assert!(cut.out.ends_with("1 fault (!)\n"), "{}", cut.out);

    let broken = format!("{}...", &base64(&token)[..401]);
    let broken = run(&mut negotiate(["decode"]), broken.as_bytes());
    assert_eq!(broken.status, Some(1));
    assert!(
        broken
            .out
            .contains("! base64 is broken at character 401: what stands before it is shown\n")
    );

    // A whole token, and something behind it that is not base64.
    let whole = b"NTLMSSP\0\x01\0\0\0\x05\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let sound = run(&mut negotiate(["decode"]), base64(whole).as_bytes());
    assert_eq!(sound.status, Some(0), "{sound:?}");
    let behind = run(
        &mut negotiate(["decode"]),
        format!("{}$$$$", base64(whole)).as_bytes(),
    );
    assert_eq!(behind.status, Some(1), "{behind:?}");
    assert!(
        behind.out.contains("! base64 is broken at character 44"),
        "{behind:?}"
    );

    // One of several suffices, whichever; a blank line is between them.
    let (sound, malformed) = (file("sound", whole), file("malformed", &token[..300]));
    for files in [[&sound, &malformed], [&malformed, &sound]] {
        let [first, second] = files.map(|path| text(path));
        let both = run(&mut negotiate(["decode", first, second]), b"");
        assert_eq!(both.status, Some(1), "{both:?}");
        assert!(both.out.contains(&format!("\n\n{second}")), "{both:?}");
    }

    let unknown = run(&mut negotiate(["decode", "--json"]), b"\x01\x02\x03");
    assert_eq!(unknown.status, Some(1));
    let json: Value = serde_json::from_str(&unknown.out).unwrap();
    assert_eq!(
        (&json["inputs"][0]["kind"], &json["inputs"][0]["faults"]),
        (&json!("unknown"), &json!(1))
    );
    let fault = &json["inputs"][0]["tree"]["faults"][0];
    assert_eq!((&fault["rest"], &fault["rest_length"]), (&json!(""), &json!(3)));
    assert!(
        fault["what"].as_str().unwrap().ends_with("first bytes: 010203"),
        "{fault}"
    );

    for (arguments, input, problem) in [
        (
            &["decode"][..],
            &b"hello, world"[..],
            "standard input: the input is text that is not base64",
        ),
        (&["decode"], b"", "standard input: the input holds no token"),
        (
            &["decode", "/nonexistent/token"],
            b"",
            "token /nonexistent/token cannot be read",
        ),
        (
            &["decode", "FILE:/nonexistent/token"],
            b"",
            "token /nonexistent/token cannot be read",
        ),
        (
            &["decode", "KEYRING:persistent:0"],
            b"",
            "KEYRING:persistent:0 is a credential cache, but no file\n  help: get the ticket into a file",
        ),
        (
            &["decode", "DIR:/tmp"],
            b"",
            "DIR:/tmp is a credential cache, but no file\n  help: name one of the files",
        ),
        (
            &["decode", "--keytab", "/nonexistent/keytab"],
            b"",
            "keytab /nonexistent/keytab cannot be read",
        ),
    ] {
        let ended = run(&mut negotiate(arguments.iter().copied()), input);
        assert_eq!((ended.status, ended.out.as_str()), (Some(2), ""), "{problem}");
        assert!(ended.err.contains(problem), "{}", ended.err);
    }
}

/// A keytab and a credential cache.
#[test]
fn files_are_told_apart() {
    for capture in testvectors::keytab_captures() {
        assert_eq!(
            decoded(&[text(&capture.path())], b"")["inputs"][0]["kind"],
            "keytab",
            "{}",
            capture.name()
        );
    }
    for capture in testvectors::ccache_captures() {
        // Whatever shows the path: a shell, or KRB5CCNAME.
        let path = capture.path();
        let names = ["", "FILE:", "WRFILE:", "DIR::"].map(|before| format!("{before}{}", text(&path)));
        let json = decoded(&names.each_ref().map(String::as_str), b"");
        assert!(
            json["inputs"]
                .as_array()
                .unwrap()
                .iter()
                .all(|input| input["kind"] == "ccache" && input["source"] == text(&path)),
            "{}",
            capture.name()
        );
    }
    // A hole first.
    let hole = b"\x05\x02\xff\xff\xff\xfc\0\0\0\x01\0\0\0\x02\0\0";
    let path = file("hole.keytab", hole);
    let ended = run(&mut negotiate(["decode", text(&path)]), b"");
    assert!(
        ended.out.contains("hole: 4 bytes, not shown") && ended.out.contains("a keytab, 16 bytes"),
        "{}",
        ended.out
    );
}
