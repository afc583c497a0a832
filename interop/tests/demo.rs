//! The lines that `negotiate demo` prints do what it says: a user types them as they stand.

use interop::peers::{built, output, scratch, text};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running demo, the lines that it printed to be typed, and a user's shell.
struct Demo {
    child: Child,
    lines: Vec<String>,
    home: PathBuf,
}

impl Demo {
    fn start() -> Self {
        let home = scratch("home");
        std::fs::create_dir(&home).unwrap();
        let mut child = built("negotiate")
            .arg("demo")
            .env("TMPDIR", &home) // where it ends with the tests, however they end
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap)
            .skip_while(|line| !line.starts_with("Try it in another shell."));
        assert!(said.next().unwrap().contains("The password is demo;"));
        let lines = said
            .take_while(|line| !line.contains("krb5-user"))
            .filter_map(|line| line.strip_prefix("  ").map(str::to_owned))
            .collect();
        // As a user's browsers, but for the screen and the sandbox, which root cannot have.
        let chromium = "/usr/bin/chromium --headless --no-sandbox --disable-gpu --dump-dom";
        let firefox = "/usr/bin/firefox-esr --headless --screenshot \"$HOME/page.png\"";
        for (name, program) in [("chromium", chromium), ("firefox", firefox)] {
            let path = home.join(name);
            std::fs::write(&path, format!("#!/bin/sh\nexec {program} \"$@\"\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { child, lines, home }
    }

    /// The one line that begins so.
    fn line(&self, begin: &str) -> &str {
        let mut lines = self.lines.iter().filter(|line| line.starts_with(begin));
        let line = lines
            .next()
            .unwrap_or_else(|| panic!("no {begin:?} in {:#?}", self.lines));
        assert!(lines.next().is_none(), "two of {begin:?} in {:#?}", self.lines);
        line
    }

    /// Types the line that begins so, after the one that sets the environment.
    fn types(&self, begin: &str, input: &str) -> String {
        let typed = format!("{}\n{}", self.line("export "), self.line(begin));
        let path = format!("{}:{}", self.home.display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("bash");
        shell
            .args(["-c", &typed])
            .env("HOME", &self.home)
            .env("PATH", path);
        shell.env_remove("KRB5_CONFIG").env_remove("KRB5CCNAME");
        let said = output(&mut shell, input.as_bytes());
        let said = (said.status.success(), text(&said.stdout), text(&said.stderr));
        assert!(said.0, "{typed}\n{}{}", said.1, said.2);
        said.1
    }

    fn log_in(&self) {
        self.types("kinit ", "demo\n");
        assert!(!self.types("klist", "").contains("HTTP/localhost@DEMO.TEST"));
    }

    /// Whether a client got itself a ticket for the page.
    fn has_ticket(&self) -> bool {
        self.types("klist", "").contains("HTTP/localhost@DEMO.TEST")
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn kinit_and_curl_as_printed() {
    let demo = Demo::start();
    demo.log_in();
    assert_eq!(demo.types("curl --", ""), "You are alice@DEMO.TEST, by krb5.\n");
    assert!(demo.has_ticket());
    let explained = demo.types("curl -v", "");
    assert!(explained.starts_with("accepted\n"), "{explained}");
    assert!(explained.contains("alice@DEMO.TEST"), "{explained}");
}

#[test]
fn browsers_as_printed() {
    let demo = Demo::start();
    demo.log_in();
    let page = demo.types("chromium ", "");
    assert!(page.contains("You are alice@DEMO.TEST, by krb5."), "{page}");
    demo.log_in();
    demo.types("firefox ", "");
    assert!(demo.has_ticket(), "Firefox asked for none");
    assert!(Path::new(&demo.home).join("page.png").exists());
}
