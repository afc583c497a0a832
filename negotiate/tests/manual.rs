//! The manual's pages of codes agree with the code, and the list of failures with both.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

const PAGES: [&str; 5] = ["krb5", "spnego", "http", "keytab", "others"];

/// What a page says of a code: the items below its heading by their names, or nothing if it stands in a table.
type Entries = BTreeMap<String, BTreeMap<String, String>>;

fn entries() -> Entries {
    let mut entries = Entries::new();
    for page in PAGES {
        let text = read(&format!("negotiate/src/manual/codes/{page}.md"));
        for section in text.split("\n## `").skip(1) {
            let (code, body) = section.split_once("`\n").expect("a heading");
            // An item may go over lines.
            let body = body.replace("\n  ", " ");
            let items = body
                .lines()
                .filter_map(|line| line.strip_prefix("- ")?.split_once(": "));
            let items = items.map(|(name, text)| (name.to_owned(), text.to_owned()));
            let twice = entries.insert(code.to_owned(), items.collect());
            assert!(twice.is_none(), "{code} has two entries");
        }
        for row in text.lines().filter_map(|line| line.strip_prefix("| `")) {
            let (code, rest) = row.split_once('`').expect("a code");
            let cells: Vec<&str> = rest
                .split('|')
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect();
            assert!(cells.len() >= 2, "{code} lacks cause or cure");
            let twice = entries.insert(code.to_owned(), BTreeMap::new());
            assert!(twice.is_none(), "{code} has two entries");
        }
    }
    entries
}

/// Every source file below the crates' `src`, but for the testkit's.
fn sources() -> Vec<(PathBuf, String)> {
    let crates = fs::read_dir(root())
        .expect("the workspace")
        .map(|entry| entry.expect("an entry").path());
    let mut directories: Vec<PathBuf> = crates
        .map(|path| path.join("src"))
        .filter(|path| path.is_dir() && !path.to_string_lossy().contains("testkit"))
        .collect();
    let mut files = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a text");
                files.push((path, text));
            }
        }
    }
    files
}

/// The codes in the sources: quoted in a file that says what code an error has.
fn codes() -> BTreeSet<String> {
    let is_code = |text: &&str| {
        let is_word = |word: &str| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        };
        text.split_once('.')
            .is_some_and(|(area, name)| is_word(area) && is_word(name))
    };
    let mut codes = BTreeSet::new();
    for (_, text) in sources() {
        if text.contains("fn code(&self) -> &'static str") || text.contains(".with_code(\"") {
            let quoted = text.split('"').skip(1).step_by(2);
            codes.extend(quoted.filter(is_code).map(str::to_owned));
        }
    }
    codes
}

#[test]
fn every_code_has_an_entry_and_every_entry_a_code() {
    let (codes, entries) = (codes(), entries());
    let entries: BTreeSet<String> = entries.into_keys().collect();
    let missing: Vec<_> = codes.difference(&entries).collect();
    let gone: Vec<_> = entries.difference(&codes).collect();
    assert!(
        missing.is_empty(),
        "without an entry in negotiate/src/manual/codes: {missing:?}"
    );
    assert!(gone.is_empty(), "no code any more: {gone:?}");
    assert!(codes.len() > 100, "only {}", codes.len());
}

/// `NoCred` as `NO_CRED`.
fn in_capitals(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(c.to_ascii_uppercase());
    }
    text
}

/// The words of [`negotiate::Blame`].
fn blame(variant: &str) -> String {
    use negotiate::Blame::{Acceptor, Caller, Incompatible, Initiator, Malformed, Policy};
    let all = [Acceptor, Caller, Incompatible, Initiator, Malformed, Policy];
    let found = all.into_iter().find(|blame| format!("{blame:?}") == variant);
    found.expect("a variant").to_string()
}

fn status(code: &str, verdict: &str) -> u16 {
    match (code, verdict) {
        ("http.token_too_long", _) => 431,
        ("http.body_too_long_for_leg", _) => 413,
        (_, "Forbidden") => 403,
        (_, "Unavailable") => 503,
        (_, "No") => 401,
        other => panic!("{other:?}"),
    }
}

/// RFC 4120's names of the constants of `ErrorCode`.
fn krb_errors() -> BTreeMap<String, String> {
    let source = read("mech-krb5/src/message/krb_error.rs");
    let rows = source.lines().filter_map(|line| {
        let (constant, rest) = line.trim().split_once(" = ")?;
        Some((constant.to_owned(), rest.split('"').nth(1)?.to_owned()))
    });
    rows.collect()
}

/// What the tables in the sources say, in the manual's words.
fn tables() -> BTreeMap<String, String> {
    let krb_errors = krb_errors();
    let mut tables = BTreeMap::new();
    for path in [
        "mech-krb5/src/error/codes.rs",
        "negotiate-core/src/spnego/reject.rs",
        "negotiate-http/src/error.rs",
        "negotiate-io/src/keytab/error.rs",
    ] {
        for row in read(path).split("(\"").skip(1) {
            let Some((code, rest)) = row.split_once("\", ") else {
                continue;
            };
            let (cells, _) = rest.split_once(')').expect("the row's end");
            let cells: Vec<&str> = cells.split(',').map(str::trim).collect();
            let last = |cell: &str| cell.rsplit("::").next().expect("a name").to_owned();
            let says = match cells[..] {
                [whose, _] if code.starts_with("keytab.") => format!("{}; it does not start", blame(whose)),
                [whose, major] => format!(
                    "{}; HTTP {}; `GSS_S_{}`",
                    blame(whose),
                    status(code, "No"),
                    in_capitals(&last(major))
                ),
                [whose, verdict, major, krb_error] => format!(
                    "{}; HTTP {}; `GSS_S_{}`; `{}`",
                    blame(whose),
                    status(code, verdict),
                    in_capitals(&last(major)),
                    krb_errors[&last(krb_error)]
                ),
                _ => continue,
            };
            tables.insert(code.to_owned(), says);
        }
    }
    assert!(tables.len() > 80, "only {}", tables.len());
    tables
}

#[test]
fn entries_say_what_the_tables_say() {
    let entries = entries();
    for (code, says) in tables() {
        assert_eq!(entries[&code].get("whose"), Some(&says), "{code}");
    }
}

fn is_test(path: &str, name: &str) -> bool {
    let text = read(path);
    let at = text.find(&format!("fn {name}("));
    at.is_some_and(|at| {
        text[..at]
            .trim_end()
            .trim_end_matches("async")
            .trim_end()
            .ends_with(']')
    })
}

#[test]
fn entries_have_cause_and_cure_and_a_test_to_see_it() {
    let entries = entries();
    for (code, items) in entries.iter().filter(|(_, items)| !items.is_empty()) {
        for name in ["cause", "cure"] {
            let text = items.get(name).unwrap_or_else(|| panic!("{code} has no {name}"));
            assert!(text.ends_with('.') || text.ends_with("`."), "{code}: {text}");
        }
        let see_it = items
            .get("see it")
            .unwrap_or_else(|| panic!("{code} cannot be seen"));
        let [_, path, _, test, _] = see_it.split('`').collect::<Vec<_>>()[..] else {
            panic!("{code}: {see_it}")
        };
        assert!(is_test(path, test), "{code}: {path} has no test {test}");
    }
}

/// Whoever follows the advice is not to be told that there is no such key.
#[test]
fn settings_that_cures_name_are_those_of_the_gateway() {
    let settings = read("negotiate-gateway/examples/serve.toml");
    let mut named = 0;
    for page in PAGES {
        let text = read(&format!("negotiate/src/manual/codes/{page}.md"));
        for quoted in text.split('`').skip(1).step_by(2) {
            let quoted = quoted.split(" = ").next().expect("a part");
            let Some((table, key)) = quoted.split_once('.') else {
                continue;
            };
            if !matches!(table, "acceptor" | "limits" | "replay" | "identity_headers") {
                continue;
            }
            named += 1;
            let has_key = |line: &str| {
                let line = line.strip_prefix("# ").unwrap_or(line);
                line.strip_prefix(key).is_some_and(|rest| rest.starts_with(" = "))
            };
            assert!(settings.lines().any(has_key), "{page}: {quoted}");
        }
    }
    assert!(named >= 10, "only {named}");
}

/// `testvectors/failures.txt`: at least thirty, of codes that there are, by tests that name them.
#[test]
fn failures_are_those_of_the_manual_and_are_produced() {
    let (entries, failures) = (entries(), testvectors::load("failures.txt"));
    for failure in &failures {
        assert!(entries.contains_key(failure.text("code")), "{failure}");
        let (path, test) = failure.text("test").split_once(' ').expect("file and test");
        assert!(is_test(path, test), "{failure}: {path} has no test {test}");
        assert!(
            read(path).contains(&format!("\"{}\"", failure.name())),
            "{failure}: {path} does not name it"
        );
        assert!(!failure.text("advice").is_empty(), "{failure}");
    }
    assert!(failures.len() >= 30, "only {}", failures.len());
}
