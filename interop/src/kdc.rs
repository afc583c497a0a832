//! MIT's own tools: kadmin.local, ktutil, kinit, kvno.

use crate::peers::{scratch, succeed, text};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Runs kadmin.local queries in `MIT.TEST`, one per line.
///
/// # Panics
///
/// If one of them fails.
pub fn kadmin(queries: &str) {
    // One writer at a time: db2 gives up on a locked database.
    static WRITER: Mutex<()> = Mutex::new(());
    let _turn = WRITER.lock().unwrap_or_else(PoisonError::into_inner);
    for query in queries.lines().map(str::trim).filter(|query| !query.is_empty()) {
        succeed(
            Command::new("kadmin.local").args(["-r", "MIT.TEST", "-q", query]),
            b"",
        );
    }
}

/// Writes what the KDC holds for `principals` into a new keytab, without changing it.
#[must_use]
pub fn ktadd(principals: &str) -> PathBuf {
    let keytab = scratch("keytab");
    kadmin(&format!("ktadd -norandkey -k {} {principals}", keytab.display()));
    keytab
}

/// A new keytab with one entry from a password, as an administrator makes it by hand.
#[must_use]
pub fn ktutil(principal: &str, kvno: u32, etype: &str, password: &str) -> PathBuf {
    let keytab = scratch("keytab");
    let lines = format!(
        "addent -password -p {principal} -k {kvno} -e {etype}\n{password}\nwkt {}\n",
        keytab.display()
    );
    succeed(&mut Command::new("ktutil"), lines.as_bytes());
    assert!(keytab.exists(), "ktutil wrote no keytab for {principal}");
    keytab
}

/// A credential cache of its own.
#[derive(Debug)]
pub struct Tickets(PathBuf);

impl Tickets {
    /// None at all: the cache does not exist.
    #[must_use]
    pub fn none() -> Self {
        Self(scratch("ccache"))
    }

    /// `alice@MIT.TEST`.
    #[must_use]
    pub fn of_alice() -> Self {
        Self::kinit("Alice-pw1", &["alice@MIT.TEST"])
    }

    /// `carol@OTHER.TEST`.
    #[must_use]
    pub fn of_carol() -> Self {
        Self::kinit("Carol-pw1", &["carol@OTHER.TEST"])
    }

    /// kinit with these arguments and this password.
    #[must_use]
    pub fn kinit(password: &str, arguments: &[&str]) -> Self {
        let tickets = Self(scratch("ccache"));
        succeed(
            tickets.given_to(Command::new("kinit").args(arguments)),
            format!("{password}\n").as_bytes(),
        );
        tickets
    }

    /// Fetches the ticket for a service now, so that later changes at the KDC do not touch it.
    #[must_use]
    pub fn with(self, service: &str) -> Self {
        succeed(self.given_to(Command::new("kvno").arg(service)), b"");
        self
    }

    /// Lets `command` use these tickets.
    pub fn given_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("KRB5CCNAME", format!("FILE:{}", self.path().display()))
    }

    /// The cache's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

/// `klist` with these arguments.
#[must_use]
pub fn klist(arguments: &[&str]) -> String {
    text(&succeed(Command::new("klist").args(arguments), b""))
}

/// Where the KDC of a krb5.conf listens.
///
/// # Panics
///
/// If it names none.
#[must_use]
pub fn address_in(conf: &Path) -> String {
    let conf = std::fs::read_to_string(conf).expect("it can be read");
    let kdc = conf.lines().find_map(|line| line.trim().strip_prefix("kdc = "));
    kdc.expect("it names a KDC").trim_start_matches("tcp/").to_owned()
}
