//! Logins that fail, as `testvectors/failures.txt` lists them: whoever refuses one tells the code and the advice given there.

use crate::client::{Got, authorization, curl, url};
use crate::kdc::Tickets;
use crate::peers::{Daemon, at_clock};
use crate::server::{backend, serve};
use crate::token::{Explained, by_mit_at, explain_at};
use std::path::Path;
use testvectors::Case;

/// A failure of the list.
#[derive(Debug)]
pub struct Failure(Case);

impl Failure {
    /// The one of this name.
    ///
    /// # Panics
    ///
    /// If the list has none.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let cases = testvectors::load("failures.txt");
        let found = cases.into_iter().find(|case| case.name() == name);
        Self(found.unwrap_or_else(|| panic!("failures.txt has no {name}")))
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        self.0.text("code")
    }

    /// A part of the advice that names the cure.
    #[must_use]
    pub fn advice(&self) -> &str {
        self.0.text("advice")
    }

    /// `negotiate explain` refuses with code and advice, and whose fault it is, where the list says so.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn told_by(&self, said: &Explained) {
        let json = &said.json;
        assert_eq!(said.code(), self.code(), "{}: {json}", self.0);
        assert_eq!(
            (said.exit, json["accepted"].as_bool()),
            (Some(1), Some(false)),
            "{json}"
        );
        for key in ["message", "blame", "seen", "expected"] {
            assert_ne!(json[key].as_str().unwrap_or_default(), "", "{key} of {json}");
        }
        if self.0.has("blame") {
            assert_eq!(json["blame"], self.0.text("blame"), "{json}");
        }
        let advice = json["advice"].as_str().unwrap_or_default();
        assert!(advice.contains(self.advice()), "{}: {advice}", self.0);
    }

    /// Code and advice are in the operator's log.
    ///
    /// # Panics
    ///
    /// If they are not.
    pub fn logged_by(&self, gateway: &Daemon) {
        let log = gateway.log();
        let line = log.lines().find(|line| line.contains(self.code()));
        let line = line.unwrap_or_else(|| panic!("{}: no such code in the log:\n{log}", self.0));
        assert!(line.contains(self.advice()), "{}: {line}", self.0);
    }

    /// What a program that does not start says has code and advice.
    ///
    /// # Panics
    ///
    /// If it has not.
    pub fn stopped(&self, said: &str) {
        let has = |line: &str, text: &str| {
            said.lines()
                .any(|said| said.starts_with(line) && said.contains(text))
        };
        assert!(
            has("  code: ", self.code()) && has("  help: ", self.advice()),
            "{}: {said}",
            self.0
        );
    }

    /// 401 with the challenge and nothing about the reason, which is in the operator's log.
    ///
    /// # Panics
    ///
    /// If it is otherwise.
    pub fn answered_by(&self, gateway: &Daemon, got: &Got) {
        assert_eq!(got.status(), 401, "{}: {got:?}", self.0);
        let challenges = got.last().all("www-authenticate");
        let negotiate = |challenge: &&str| challenge.starts_with("Negotiate");
        assert!(challenges.iter().any(negotiate), "{}: {challenges:?}", self.0);
        assert_eq!(got.body, "Sign-on failed.\n", "{}", self.0);
        self.logged_by(gateway);
    }

    /// The gateway refuses the token.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn refused_by(&self, gateway: &Daemon, token: &[u8]) {
        self.answered_by(gateway, &sent(gateway, token));
    }

    /// Refused at the present time by `negotiate explain`, by the gateway, and by MIT in these words, which show that the
    /// token is wrong in the respect that the test is about.
    ///
    /// # Panics
    ///
    /// If one of them does not refuse it so.
    pub fn refused_by_all(&self, keytab: &Path, token: &[u8], mit: &str) {
        self.refused_by_all_at("+0", keytab, token, mit);
    }

    /// The same when the acceptors' clock is moved by `offset`.
    ///
    /// # Panics
    ///
    /// If one of them does not refuse it so.
    pub fn refused_by_all_at(&self, offset: &str, keytab: &Path, token: &[u8], mit: &str) {
        self.told_by(&explain_at(offset, keytab, token));

        let theirs = by_mit_at(offset, keytab, token);
        assert_eq!(
            theirs["accepted"], false,
            "MIT accepts what we refuse: {}",
            self.0
        );
        let said = theirs["message"].as_str().unwrap_or_default();
        assert!(said.contains(mit), "{}: {theirs}", self.0);

        let backend = backend();
        let (command, address) = serve(keytab, backend.address);
        let gateway = Daemon::start(&mut at_clock(offset, &command), address);
        self.refused_by(&gateway, token);
    }
}

/// The token sent to the gateway by curl.
#[must_use]
pub fn sent(gateway: &Daemon, token: &[u8]) -> Got {
    let page = url("www.mit.test", gateway.address);
    curl(&Tickets::none(), &page, &["--header", &authorization(token)])
}
