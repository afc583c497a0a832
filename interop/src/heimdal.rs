//! Heimdal's programs, and the realm of its KDC, `HEIM.TEST`: alice with the password `Alice-pw1`.

use crate::client::{Got, curl_with, python_with};
use crate::kdc::Tickets;
use crate::peers::{scratch, state, succeed, text, tool, variable};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// The keytab of its services: `HTTP/www`, and `HTTP/e17` to `HTTP/e20` with one encryption type each.
#[must_use]
pub fn keytab() -> PathBuf {
    state("heimdal/keytab")
}

/// The keytab of `HTTP/e23`, which has a key for RC4 and no other.
#[must_use]
pub fn keytab_rc4() -> PathBuf {
    state("heimdal/keytab-rc4")
}

/// One of Heimdal's clients, with its libraries, in no particular realm.
#[must_use]
pub fn program(name: &str) -> Command {
    let mut command = Command::new(variable("INTEROP_HEIMDAL").join("usr/bin").join(name));
    with_libraries(&mut command);
    command
}

fn with_libraries(command: &mut Command) {
    let libraries = std::fs::read_dir(variable("INTEROP_HEIMDAL").join("usr/lib"))
        .expect("interop/run unpacked Heimdal")
        .map(|entry| entry.expect("an entry").path());
    let libraries: Vec<_> = libraries
        .filter(|path| path.is_dir())
        .map(|path| path.display().to_string())
        .collect();
    command.env("LD_LIBRARY_PATH", libraries.join(":"));
}

/// `alice@HEIM.TEST`, logged in by Heimdal's kinit: a forwardable ticket.
#[must_use]
pub fn kinit() -> Tickets {
    let (tickets, password) = (Tickets::none(), scratch("password"));
    std::fs::write(&password, "Alice-pw1\n").expect("written");
    let mut command = program("kinit.heimdal");
    command
        .arg("--forwardable")
        .arg(format!("--password-file={}", password.display()))
        .arg("alice@HEIM.TEST");
    succeed(tickets.given_to(in_realm(&mut command)), b"");
    tickets
}

/// The same by MIT's kinit.
#[must_use]
pub fn kinit_of_mit() -> Tickets {
    let tickets = Tickets::none();
    let mut command = Command::new("kinit");
    command.args(["-f", "alice@HEIM.TEST"]);
    succeed(tickets.given_to(mit_in_realm(&mut command)), b"Alice-pw1\n");
    tickets
}

/// A client of `tools/get.py` that uses Heimdal's libgssapi.
#[must_use]
pub fn get(tickets: &Tickets, client: &str, url: &str, arguments: &[&str]) -> Value {
    let prepare = |command: &mut Command| {
        with_libraries(in_realm(command));
        tickets.given_to(command);
    };
    python_with(prepare, client, url, arguments)
}

/// curl, with MIT's libraries, in Heimdal's realm.
#[must_use]
pub fn curl(tickets: &Tickets, url: &str, arguments: &[&str]) -> Got {
    let prepare = |command: &mut Command| {
        tickets.given_to(mit_in_realm(command));
    };
    curl_with(
        prepare,
        url,
        &[&["--negotiate", "--user", ":"], arguments].concat(),
    )
}

/// Heimdal's klist, which names encryption types.
#[must_use]
pub fn klist(tickets: &Tickets) -> String {
    let mut command = program("heimtools");
    command.args(["klist", "--verbose"]);
    text(&succeed(tickets.given_to(in_realm(&mut command)), b""))
}

/// Fetches the ticket for a service with a session key of this type alone.
pub fn fetch(tickets: &Tickets, etype: &str, service: &str) {
    let mut command = program("kgetcred");
    command.arg(format!("--enctype={etype}")).arg(service);
    succeed(tickets.given_to(in_realm(&mut command)), b"");
}

/// Lets `command` use Heimdal's libraries, in its realm.
pub fn with_library(command: &mut Command) -> &mut Command {
    with_libraries(command);
    in_realm(command)
}

/// Where its KDC listens.
#[must_use]
pub fn kdc_address() -> String {
    crate::kdc::address_in(Path::new(&state("heimdal/krb5.conf")))
}

fn in_realm(command: &mut Command) -> &mut Command {
    command.env("KRB5_CONFIG", state("heimdal/krb5.conf"))
}

fn mit_in_realm(command: &mut Command) -> &mut Command {
    command.env("KRB5_CONFIG", state("heimdal/mit.conf"))
}

/// An initiator of Heimdal's libgssapi, `tools/heimdal.py`, which says and hears in turn.
#[derive(Debug)]
pub struct Initiator {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Initiator {
    /// `mechanism` is `krb5` or `spnego`; `arguments` may have `--delegate`.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn begin(tickets: &Tickets, service: &str, mechanism: &str, arguments: &[&str]) -> Self {
        let mut command = tool("heimdal.py");
        command.args([service, mechanism]).args(arguments);
        with_libraries(tickets.given_to(in_realm(&mut command)));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let said = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, said }
    }

    /// The next thing that it says.
    ///
    /// # Panics
    ///
    /// If it has ended, after saying why on standard error.
    #[must_use]
    pub fn hear(&mut self) -> Vec<u8> {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("UTF-8");
        assert!(
            !line.is_empty(),
            "Heimdal's initiator ended: {:?}",
            self.child.wait()
        );
        STANDARD.decode(line.trim()).expect("base64")
    }

    /// Tells it something.
    ///
    /// # Panics
    ///
    /// If it has ended.
    pub fn say(&mut self, data: &[u8]) {
        let stdin = self.child.stdin.as_mut().expect("piped");
        writeln!(stdin, "{}", STANDARD.encode(data)).expect("it listens");
    }
}

impl Drop for Initiator {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
