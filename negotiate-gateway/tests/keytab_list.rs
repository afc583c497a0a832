//! `negotiate keytab list` on keytabs that real tools wrote.

mod common;

use common::{file, negotiate, run, text};
use serde_json::Value;
use testvectors::{capture, keytab_captures};

#[test]
fn entries_are_listed_as_their_tools_list_them() {
    for capture in keytab_captures() {
        let path = capture.path();
        let ended = run(&mut negotiate(["keytab", "list", "--json", text(&path)]), b"");
        assert_eq!(ended.status, Some(0), "{ended:?}");
        let listed: Vec<Value> = serde_json::from_str(&ended.out).expect("a JSON array");
        let entries = capture.entries();
        assert_eq!(listed.len(), entries.len(), "{}", capture.name());
        for (listed, entry) in listed.iter().zip(&entries) {
            assert_eq!(
                listed["principal"],
                entry.principal.as_str(),
                "{}",
                capture.name()
            );
            assert_eq!(listed["kvno"], entry.kvno, "{}", capture.name());
            assert_eq!(listed["etype"], entry.etype, "{}", capture.name());
            assert_eq!(
                listed["usable"],
                (17..=20).contains(&entry.etype),
                "{}",
                capture.name()
            );
            let twins = entries
                .iter()
                .filter(|other| (other.etype, &other.key) == (entry.etype, &entry.key));
            assert_eq!(
                listed["key_set"].is_u64(),
                twins.count() > 1,
                "{}",
                capture.name()
            );
            let time = listed["timestamp"].as_str().expect("text");
            assert_eq!(unix(time), i64::from(entry.timestamp), "{}", capture.name());
        }
    }
}

/// Seconds since 1970 of an RFC 3339 time, by `date`.
fn unix(time: &str) -> i64 {
    let ended = run(
        std::process::Command::new("date").args(["-u", "-d", time, "+%s"]),
        b"",
    );
    ended
        .out
        .trim()
        .parse()
        .unwrap_or_else(|_| panic!("{time}: {ended:?}"))
}

#[test]
fn keys_are_not_shown() {
    for capture in keytab_captures() {
        let path = capture.path();
        for more in [&["--json"][..], &[]] {
            let mut command = negotiate(["keytab", "list", text(&path)]);
            let out = run(command.args(more), b"").out.to_lowercase();
            for entry in capture.entries() {
                let start: String = entry
                    .key
                    .iter()
                    .take(6)
                    .map(|byte| format!("{byte:02x}"))
                    .collect();
                assert!(!out.contains(&start), "{}", capture.name());
            }
        }
    }
}

#[test]
fn people_get_a_table() {
    let capture = keytab_captures()
        .into_iter()
        .find(|capture| capture.name() == "samba/keytab-v2-samba-member");
    let path = file("member.keytab", capture.expect("there").keytab());
    let ended = run(&mut negotiate(["keytab", "list", text(&path)]), b"");
    assert_eq!(
        ended.out,
        "\
principal                     kvno  encryption type               written
HTTP/member1.ad.test@AD.TEST     1  aes256-cts-hmac-sha1-96 (18)  2026-11-22T05:58:46Z  same key: set 1
HTTP/MEMBER1@AD.TEST             1  aes256-cts-hmac-sha1-96 (18)  2026-11-22T05:58:46Z  same key: set 1
HTTP/member1.ad.test@AD.TEST     1  aes128-cts-hmac-sha1-96 (17)  2026-11-22T05:58:46Z  same key: set 2
HTTP/MEMBER1@AD.TEST             1  aes128-cts-hmac-sha1-96 (17)  2026-11-22T05:58:46Z  same key: set 2
HTTP/member1.ad.test@AD.TEST     1  rc4-hmac (23)                 2026-11-22T05:58:46Z  not usable here  same key: set 3
HTTP/MEMBER1@AD.TEST             1  rc4-hmac (23)                 2026-11-22T05:58:46Z  not usable here  same key: set 3
"
    );
}

#[test]
fn keys_of_camellia_are_said_to_need_a_name() {
    let path = capture("mit/etype26-krb5-mutual").path("keytab");
    let ended = run(&mut negotiate(["keytab", "list", text(&path)]), b"");
    let [_, line] = ended.out.lines().collect::<Vec<_>>()[..] else {
        panic!("{ended:?}")
    };
    assert!(line.contains("camellia256-cts-cmac (26)"), "{line}");
    assert!(line.ends_with("  usable with accept_camellia"), "{line}");
}

#[test]
fn what_is_named_is_usable() {
    for (capture_name, argument) in [
        ("mit/etype26-krb5-mutual", "--accept-camellia"),
        ("mit/etype23-krb5-mutual", "--danger-accept-rc4"),
    ] {
        let path = capture(capture_name).path("keytab");
        let usable = |more: &[&str]| {
            let arguments = [&["keytab", "list", "--json", text(&path)][..], more].concat();
            let ended = run(&mut negotiate(arguments), b"");
            assert_eq!(
                ended.err.contains("RC4 is accepted"),
                more.contains(&"--danger-accept-rc4"),
                "{}",
                ended.err
            );
            let json: Value = serde_json::from_str(&ended.out).expect("JSON");
            json[0]["usable"].as_bool().expect("true or false")
        };
        assert!(!usable(&[]) && usable(&[argument]), "{argument}");
    }
}

#[test]
fn nobody_need_read_it() {
    let path = keytab_captures()[0].path();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = negotiate(["keytab", "list", text(&path)]);
    let status = command.stdout(writer).status().expect("it runs");
    assert_eq!(status.code(), Some(0));
}
