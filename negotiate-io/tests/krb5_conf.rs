//! Files that include others: the right ones, in the right order, and none for ever.

use mech_krb5::krb5_conf::{MAX_LEN, Value};
use negotiate_io::krb5_conf::{Krb5ConfError, Krb5ConfFault, MAX_FILES, MAX_NESTING, load};
use std::path::PathBuf;

/// A directory of its own for each test, removed at the end.
struct Directory(PathBuf);

impl Directory {
    /// `HERE` in the texts is its path.
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("negotiate-io-conf-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let directory = Self(path.canonicalize().unwrap());
        for (name, text) in files {
            directory.write(name, text);
        }
        directory
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text.replace("HERE", self.0.to_str().unwrap())).unwrap();
    }

    /// The values of `x` in `[a]`, those of several files one after the other.
    fn values(&self, files: &[&str]) -> Vec<String> {
        let profile = self.load(files).unwrap();
        let values = profile.values(&["a", "x"]).map(Value::text);
        values.map(str::to_owned).collect()
    }

    fn load(&self, files: &[&str]) -> Result<mech_krb5::krb5_conf::Profile, Krb5ConfError> {
        let paths: Vec<PathBuf> = files.iter().map(|file| self.0.join(file)).collect();
        load(&paths)
    }

    /// What is said, without the directory's path.
    fn refused(&self) -> (String, Krb5ConfFault) {
        let error = self.load(&["main"]).unwrap_err();
        assert_ne!(error.advice(), "");
        let said = error.to_string().replace(self.0.to_str().unwrap(), "HERE");
        (said, error.fault)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_is_included_stands_in_the_place_of_the_line() {
    let directory = Directory::new(
        "place",
        &[
            (
                "main",
                "[a]\nx = 1\ninclude HERE/one\nx = 4\nincludedir HERE/d\nx = 7\n",
            ),
            ("one", "[a]\nx = 2\ninclude HERE/two\n"),
            ("two", "[a]\nx = 3\n"),
            ("d/b.conf", "[a]\nx = 6\n"),
            ("d/a", "[a]\nx = 5\n"),
            ("later", "[a]\nx = 8\n"),
        ],
    );
    assert_eq!(
        directory.values(&["main", "later"]),
        ["1", "2", "3", "4", "5", "6", "7", "8"]
    );
    assert_eq!(directory.values(&["later", "main"])[..2], ["8", "1"]);
}

#[test]
fn a_directory_gives_the_files_that_mit_takes() {
    let names = ["A", "a", "a-b_1", "b.conf", "ü.conf", "Z"];
    let others = [".hidden", ".conf", "a~", "a.rpmsave", "a.conf.bak", "#a#", "ü"];
    let directory = Directory::new("names", &[("main", "includedir HERE/d\n")]);
    for name in names.into_iter().chain(others) {
        directory.write(&format!("d/{name}"), &format!("[a]\nx = {name}\n"));
    }
    directory.write("d/directory/x", "[a]\nx = within\n");
    assert_eq!(
        directory.values(&["main"]),
        ["A", "Z", "a", "a-b_1", "b.conf", "ü.conf"]
    );
}

#[test]
fn a_file_may_be_included_twice_but_not_by_itself() {
    let twice = Directory::new(
        "twice",
        &[
            ("main", "include HERE/one\ninclude HERE/one\n"),
            ("one", "[a]\nx = 1\n"),
        ],
    );
    assert_eq!(twice.values(&["main", "main"]), ["1", "1", "1", "1"]);

    let itself = Directory::new("itself", &[("main", "# first\ninclude HERE/./main\n")]);
    let (said, fault) = itself.refused();
    assert_eq!(said, "HERE/main:2: HERE/./main includes itself");
    assert!(matches!(fault, Krb5ConfFault::IncludesItself));

    let loop_of_two = Directory::new(
        "two",
        &[
            ("main", "includedir HERE/d\n"),
            ("d/one", "[a]\nx = 1\ninclude HERE/main\n"),
        ],
    );
    assert_eq!(loop_of_two.refused().0, "HERE/d/one:3: HERE/main includes itself");
}

#[test]
fn what_cannot_be_read_is_named_with_the_line_that_wants_it() {
    for (text, said) in [
        (
            "include HERE/none",
            "HERE/main:1: HERE/none cannot be read: No such file",
        ),
        ("include HERE", "HERE/main:1: HERE cannot be read: Is a directory"),
        (
            "includedir HERE/none",
            "HERE/main:1: HERE/none cannot be read: No such file",
        ),
        (
            "includedir HERE/main",
            "HERE/main:1: HERE/main cannot be read: Not a directory",
        ),
        ("include none", "HERE/main:1: none is a relative path"),
        ("includedir .", "HERE/main:1: . is a relative path"),
        ("[a]\nx", "HERE/main:2: this is no relation"),
    ] {
        let directory = Directory::new("unreadable", &[("main", text)]);
        let (refusal, _) = directory.refused();
        assert!(refusal.starts_with(said), "{refusal}");
    }
    let directory = Directory::new("within", &[("main", "\ninclude HERE/one"), ("one", "[a]\n}\n")]);
    assert_eq!(
        directory.refused().0,
        "HERE/one:2: there is no { that this } closes"
    );
    let error = load(&["/none".into()]).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("/none cannot be read: No such file"),
        "{error}"
    );
}

#[test]
fn there_is_an_end_to_everything() {
    let depth = Directory::new("depth", &[]);
    for number in 0..=MAX_NESTING + 1 {
        let name = if number == 0 {
            "main".to_owned()
        } else {
            number.to_string()
        };
        depth.write(&name, &format!("include HERE/{}\n", number + 1));
    }
    assert!(matches!(depth.refused().1, Krb5ConfFault::TooDeep));
    depth.write(&MAX_NESTING.to_string(), "[a]\nx = 1\n");
    assert_eq!(depth.values(&["main"]), ["1"]);

    let many = Directory::new("many", &[("one", "")]);
    many.write("main", &"include HERE/one\n".repeat(MAX_FILES - 1));
    assert!(many.load(&["main"]).is_ok());
    many.write("main", &"include HERE/one\n".repeat(MAX_FILES));
    assert!(matches!(many.refused().1, Krb5ConfFault::TooManyFiles));

    let long = Directory::new("long", &[("main", "include HERE/one\n")]);
    long.write("one", &"#\n".repeat(MAX_LEN / 2));
    assert_eq!(
        long.refused().0,
        format!("HERE/one: the configuration is longer than {MAX_LEN} bytes")
    );
}
