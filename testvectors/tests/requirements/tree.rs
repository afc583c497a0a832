//! The workspace's sources, and what is looked for in them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Files by their paths from the workspace's root.
#[derive(Default)]
pub(crate) struct Tree(pub(crate) BTreeMap<String, String>);

/// Code of the acceptor: where a clause is cited, a list has to know it.
const ACCEPTOR: [&str; 3] = ["mech-krb5/src/", "negotiate-core/src/", "negotiate-http/src/"];

/// The other side of Kerberos, which lives in the same crate.
const NOT_ACCEPTOR: [&str; 2] = ["mech-krb5/src/kdc/", "mech-krb5/src/initiate/"];

impl Tree {
    /// Every Rust file of the workspace's crates.
    pub(crate) fn of_the_workspace() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut tree = Self::default();
        let mut directories = vec![String::new()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(root.join(&directory)).expect("a directory") {
                let entry = entry.expect("an entry");
                let name = entry.file_name().into_string().expect("a name of UTF-8");
                let path = format!("{directory}{name}");
                if entry.file_type().expect("a type").is_dir() {
                    if !name.starts_with('.') && name != "target" {
                        directories.push(format!("{path}/"));
                    }
                } else if name.ends_with(".rs") {
                    let text = fs::read_to_string(root.join(&path)).expect("a text");
                    tree.0.insert(path, text);
                }
            }
        }
        tree
    }

    pub(crate) fn file(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    pub(crate) fn of_the_acceptor(&self) -> impl Iterator<Item = (&str, &str)> {
        let under = |path: &str, roots: &[&str]| roots.iter().any(|root| path.starts_with(root));
        let files = self.0.iter();
        files
            .filter(move |(path, _)| under(path, &ACCEPTOR) && !under(path, &NOT_ACCEPTOR))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

/// Whether a function, a type or a constant of this name is defined in `text`.
pub(crate) fn defines(text: &str, item: &str) -> bool {
    let kinds = ["fn", "const", "struct", "enum", "type", "trait", "static", "mod"];
    text.lines().any(|line| {
        let mut words = line.split_whitespace().skip_while(|word| !kinds.contains(word));
        let name = words.find(|word| !kinds.contains(word)).unwrap_or_default();
        let end = name.find(|c: char| !(c.is_alphanumeric() || c == '_'));
        name.split_at(end.unwrap_or(name.len())).0 == item
    })
}

/// Whether a test of this name is defined in `text`, and runs.
pub(crate) fn tests(text: &str, name: &str) -> bool {
    let mut attributes: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[") {
            attributes.push(line);
        } else if line.starts_with("//") {
        } else if defines(line, name) && line.contains("fn ") {
            let has = |marks: &[&str]| {
                attributes
                    .iter()
                    .any(|attribute| marks.iter().any(|mark| attribute.starts_with(mark)))
            };
            return has(&["#[test]", "#[tokio::test"]) && !has(&["#[ignore"]);
        } else {
            attributes.clear();
        }
    }
    false
}

#[test]
fn items_and_tests_are_found_by_their_whole_names() {
    let text = "pub(super) const fn open<'a>(\n    pub struct Frame<'a> {\nconst AP_REQ: [u8; 2]\n// fn gone()\nasync fn runs() {}";
    for item in ["open", "Frame", "AP_REQ", "runs"] {
        assert!(defines(text, item), "{item}");
    }
    for item in ["ope", "opens", "AP", "a"] {
        assert!(!defines(text, item), "{item}");
    }
    let text = "#[test]\n#[should_panic]\nfn one() {}\nfn helper() {}\n#[test]\n#[ignore = \"slow\"]\nfn two() {}\n\
                #[tokio::test]\n// Why.\nasync fn three() {}\n";
    let found = ["one", "helper", "two", "three", "on"].map(|name| tests(text, name));
    assert_eq!(found, [true, false, false, true, false]);
}
