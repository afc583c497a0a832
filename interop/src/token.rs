//! Tokens without HTTP: minted by other people's initiators, judged by `negotiate explain` and by MIT.

use crate::kdc::Tickets;
use crate::peers::{at_clock, built, output, succeed, text, tool};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The first token for `HTTP@www.mit.test`, or what `arguments` of `tools/initiate.py` say.
#[must_use]
pub fn initiate(tickets: &Tickets, arguments: &[&str]) -> Vec<u8> {
    let mut command = tool("initiate.py");
    command.args(arguments);
    succeed(tickets.given_to(&mut command), b"")
}

/// So many of them.
///
/// # Panics
///
/// If the tool fails.
#[must_use]
pub fn initiate_many(tickets: &Tickets, count: usize, arguments: &[&str]) -> Vec<Vec<u8>> {
    let mut command = tool("initiate.py");
    command.args(["--count", &count.to_string()]).args(arguments);
    let said = text(&succeed(tickets.given_to(&mut command), b""));
    let tokens = said.lines().map(|line| STANDARD.decode(line).expect("base64"));
    tokens.collect()
}

/// The same by an initiator whose clock is off by `offset`, for example `+10m`.
#[must_use]
pub fn initiate_at(offset: &str, tickets: &Tickets, arguments: &[&str]) -> Vec<u8> {
    let mut command = tool("initiate.py");
    command.args(arguments);
    tickets.given_to(&mut command);
    succeed(&mut at_clock(offset, &command), b"")
}

/// The same by an initiator with a krb5.conf of its own.
#[must_use]
pub fn initiate_with(krb5_conf: &Path, tickets: &Tickets, arguments: &[&str]) -> Vec<u8> {
    let mut command = tool("initiate.py");
    command.args(arguments).env("KRB5_CONFIG", krb5_conf);
    succeed(tickets.given_to(&mut command), b"")
}

/// What `negotiate explain --json` said.
#[derive(Debug)]
pub struct Explained {
    /// 0 accepted, 1 refused, 2 usage, 3 another leg needed.
    pub exit: Option<i32>,
    /// Its standard output.
    pub json: Value,
}

impl Explained {
    /// The stable code of a refusal; empty if there is none.
    #[must_use]
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }
}

/// Asks `negotiate explain`.
///
/// # Panics
///
/// If what it prints is not JSON.
#[must_use]
pub fn explain(keytab: &Path, arguments: &[&str], token: &[u8]) -> Explained {
    judge(&mut explain_command(keytab, arguments), token)
}

/// The same with the machine's clock off by `offset`.
#[must_use]
pub fn explain_at(offset: &str, keytab: &Path, token: &[u8]) -> Explained {
    judge(&mut at_clock(offset, &explain_command(keytab, &[])), token)
}

/// Asks `negotiate explain` with a credential cache of the acceptor's, and no keytab.
///
/// # Panics
///
/// If what it prints is not JSON.
#[must_use]
pub fn explain_by_ccache(ccache: &Path, arguments: &[&str], token: &[u8]) -> Explained {
    let mut command = built("negotiate");
    command.arg("explain").arg("--ccache").arg(ccache);
    judge(command.arg("--json").args(arguments).arg("-"), token)
}

fn explain_command(keytab: &Path, arguments: &[&str]) -> Command {
    let mut command = built("negotiate");
    command
        .arg("explain")
        .arg("--keytab")
        .arg(keytab)
        .arg("--json")
        .args(arguments)
        .arg("-");
    command
}

fn judge(command: &mut Command, token: &[u8]) -> Explained {
    let output = output(command, token);
    let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{command:?}: {error}\n{}{}",
            text(&output.stdout),
            text(&output.stderr)
        )
    });
    Explained {
        exit: output.status.code(),
        json,
    }
}

/// A process of MIT's acceptor that has a replay cache: `tools/accept_lines.py`. It ends when this is dropped.
#[derive(Debug)]
pub struct MitAcceptor {
    child: Child,
    tokens: ChildStdin,
    verdicts: BufReader<ChildStdout>,
}

impl MitAcceptor {
    /// With this keytab and this file as replay cache.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn start(keytab: &Path, replay_cache: &Path) -> Self {
        Self::start_by(&mut tool("accept_lines.py"), keytab, replay_cache)
    }

    /// The same with a krb5.conf of its own.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn start_with(krb5_conf: &Path, keytab: &Path, replay_cache: &Path) -> Self {
        let mut command = tool("accept_lines.py");
        Self::start_by(command.env("KRB5_CONFIG", krb5_conf), keytab, replay_cache)
    }

    fn start_by(command: &mut Command, keytab: &Path, replay_cache: &Path) -> Self {
        let mut child = command
            .arg(keytab)
            .arg(replay_cache)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("./check installs the Python clients");
        Self {
            tokens: child.stdin.take().expect("piped"),
            verdicts: BufReader::new(child.stdout.take().expect("piped")),
            child,
        }
    }

    /// `accepted`, or why not; the same goes for a process that has ended.
    pub fn judge(&mut self, token: &[u8]) -> String {
        self.said_of(token)
            .unwrap_or_else(|error| format!("accept_lines.py does not answer: {error}"))
    }

    fn said_of(&mut self, token: &[u8]) -> io::Result<String> {
        writeln!(self.tokens, "{}", STANDARD.encode(token))?;
        let mut verdict = String::new();
        match self.verdicts.read_line(&mut verdict)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(verdict.trim_end().to_owned()),
        }
    }
}

impl Drop for MitAcceptor {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What MIT's libgssapi makes of the same token: `accepted`, and `src_name` or `message`.
#[must_use]
pub fn by_mit(keytab: &Path, token: &[u8]) -> Value {
    by_mit_at("+0", keytab, token)
}

/// The same with its clock off by `offset`.
///
/// # Panics
///
/// If the tool fails.
#[must_use]
pub fn by_mit_at(offset: &str, keytab: &Path, token: &[u8]) -> Value {
    let mut command = tool("accept.py");
    command.arg(keytab);
    let said = succeed(&mut at_clock(offset, &command), token);
    serde_json::from_slice(&said).expect("accept.py prints JSON")
}

/// The name attributes of a token's initiator in MIT's acceptor, each with its values.
///
/// # Panics
///
/// If MIT refuses the token.
#[must_use]
pub fn attributes_by_mit(keytab: &Path, token: &[u8]) -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut command = tool("attributes.py");
    let said: BTreeMap<String, Vec<String>> =
        serde_json::from_slice(&succeed(command.arg(keytab), token)).expect("attributes.py prints JSON");
    let bytes = |base64: &String| STANDARD.decode(base64).expect("attributes.py prints base64");
    let attributes = said.into_iter();
    attributes
        .map(|(name, values)| (name, values.iter().map(bytes).collect()))
        .collect()
}
