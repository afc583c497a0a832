//! Keytabs that cannot serve: `negotiate serve` says at start-up which file, and why. And those that can: listed as
//! klist lists them.

use interop::kdc::klist;
use interop::peers::{built, free_address, keytab, output, scratch, succeed, text};
use interop::refusal::Failure;
use interop::server::serve;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// Refuses to start, as `testvectors/failures.txt` says; the message names the path and `reason`.
fn does_not_start(name: &str, keytab: &Path, reason: &str) {
    let (serve, _) = serve(keytab, free_address());
    // Without the capabilities by which root may read everything.
    let mut command = Command::new("setpriv");
    if id() == "0" {
        command.args(["--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]);
    }
    command
        .args(["timeout", "20"])
        .arg(serve.get_program())
        .args(serve.get_args());
    let ended = output(&mut command, b"");
    let said = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(
        said.contains(&keytab.display().to_string()),
        "the path is not named: {said}"
    );
    assert!(said.contains(reason), "not {reason:?}: {said}");
    Failure::named(name).stopped(&said);
}

fn id() -> String {
    text(&succeed(Command::new("id").arg("-u"), b""))
        .trim()
        .to_owned()
}

#[test]
fn missing() {
    does_not_start("keytab_missing", &scratch("missing"), "No such file or directory");
}

#[test]
fn unreadable() {
    let path = scratch("unreadable");
    std::fs::copy(keytab("www"), &path).expect("copied");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).expect("made unreadable");
    does_not_start("keytab_unreadable", &path, "Permission denied");
}

#[test]
fn a_directory() {
    let path = scratch("directory");
    std::fs::create_dir(&path).expect("made");
    does_not_start("keytab_a_directory", &path, "Is a directory");
}

#[test]
fn empty() {
    let path = scratch("empty");
    std::fs::write(&path, b"").expect("written");
    does_not_start("keytab_empty", &path, "is empty");
}

#[test]
fn without_entries() {
    let path = scratch("without-entries");
    std::fs::write(&path, [5, 2]).expect("written");
    does_not_start("keytab_without_entries", &path, "no entries");
}

#[test]
fn truncated() {
    let whole = std::fs::read(keytab("www")).expect("read");
    let path = scratch("truncated");
    std::fs::write(&path, &whole[..whole.len() - 7]).expect("written");
    does_not_start("keytab_truncated", &path, "is truncated");
}

#[test]
fn not_a_keytab() {
    let path = scratch("not-a-keytab");
    std::fs::write(&path, b"# keytab\n").expect("written");
    does_not_start("not_a_keytab", &path, "not a keytab");
}

#[test]
fn listed_as_klist_lists_it() {
    let path = keytab("www");
    let said = succeed(
        built("negotiate").args(["keytab", "list", "--json"]).arg(&path),
        b"",
    );
    let ours: Value = serde_json::from_slice(&said).expect("JSON");
    let ours = ours
        .as_array()
        .or_else(|| ours["entries"].as_array())
        .expect("a list of entries");
    let theirs = klist(&["-k", &path.display().to_string()]);
    let theirs: Vec<_> = theirs
        .lines()
        .skip(3)
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .collect();
    assert!(!theirs.is_empty());
    assert_eq!(ours.len(), theirs.len(), "{ours:?}");
    for (entry, line) in ours.iter().zip(&theirs) {
        assert_eq!(
            (&entry["kvno"].to_string()[..], entry["principal"].as_str()),
            (line[0], Some(line[1]))
        );
    }
}
