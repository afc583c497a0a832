//! A KDC for tests: RFC 4120's AS and TGS for one realm, in memory, over a test's clock.
//!
//! [`Kdc::handle`] takes a request and gives the reply, without I/O; [`Kdc::serve`] puts that behind TCP and UDP on
//! loopback, well enough for MIT's and Heimdal's tools, curl and Java. It checks what a KDC has to check, so that a
//! client that sends nonsense hears of it, but it is no KDC to rely on: no replay cache, no lockout, no policy, and keys
//! that live as long as the process.
//!
//! Not here yet: other realms, renewals by ticket, S4U, FAST.

mod account;
mod as_service;
mod issue;
mod krb5_conf;
mod pac;
mod refusal;
mod serve;
mod tgs_service;

pub use account::Account;
pub(crate) use account::principal;
pub use krb5_conf::krb5_conf;
pub use serve::KdcServer;

use crate::Clock;
use mech_krb5::crypto::{EncryptionType, Key};
use mech_krb5::keytab::{Keytab, KeytabEntry};
use mech_krb5::message::{KdcExchange, KdcReq};
use mech_krb5::{Principal, PrincipalName};
use negotiate_core::Seconds;
use refusal::Refusal;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An embedded KDC. Clones share accounts, keys and clock.
///
/// ```
/// use negotiate_testkit::Kdc;
///
/// let kdc = Kdc::new("EXAMPLE.TEST")
///     .user("alice", "secret")
///     .service("HTTP/www.example.test");
/// let keytab = kdc.keytab(&["HTTP/www.example.test"]);
/// assert_eq!(keytab.entries().len(), 4);
/// ```
#[derive(Clone)]
pub struct Kdc {
    shared: Arc<Shared>,
    clock: Clock,
}

struct Shared {
    realm: String,
    accounts: Mutex<Vec<Account>>,
    lifetimes: Mutex<Lifetimes>,
}

/// How long tickets are good, at most.
#[derive(Clone, Copy)]
struct Lifetimes {
    ticket: Seconds,
    renewable: Seconds,
}

/// How far clocks may be apart.
const CLOCK_SKEW: Seconds = Seconds(300);

impl Kdc {
    /// A KDC of `realm` that knows nobody, on the system's clock.
    #[must_use]
    pub fn new(realm: &str) -> Self {
        let krbtgt = Account::with_random_keys(&format!("krbtgt/{realm}"));
        Self {
            shared: Arc::new(Shared {
                realm: realm.to_owned(),
                accounts: Mutex::new(vec![krbtgt]),
                lifetimes: Mutex::new(Lifetimes {
                    ticket: Seconds(10 * 3600),
                    renewable: Seconds(7 * 86_400),
                }),
            }),
            clock: Clock::system(),
        }
    }

    /// Another clock.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Adds a user. `name` is without realm.
    #[must_use]
    pub fn user(self, name: &str, password: &str) -> Self {
        self.account(Account::with_password(name, password))
    }

    /// Adds a service with random keys: `HTTP/www.example.test`.
    #[must_use]
    pub fn service(self, name: &str) -> Self {
        self.account(Account::with_random_keys(name))
    }

    /// Adds an account.
    ///
    /// # Panics
    /// If there is one of that name.
    #[must_use]
    pub fn account(self, account: Account) -> Self {
        let mut accounts = self.accounts();
        assert!(
            !accounts.iter().any(|other| other.name == account.name),
            "a second account {}",
            account.name
        );
        accounts.push(account);
        drop(accounts);
        self
    }

    /// How long tickets are good at most. Default: ten hours.
    #[must_use]
    pub fn ticket_lifetime(self, lifetime: Seconds) -> Self {
        self.lifetimes().ticket = lifetime;
        self
    }

    /// Gives a service new random keys, under the next version, as when its keytab was exported anew.
    ///
    /// # Panics
    /// If there is no such account.
    pub fn rekey(&self, name: &str) {
        self.with_account(name, |account| account.rekey(None));
    }

    /// Gives an account a new password, under the next key version.
    ///
    /// # Panics
    /// If there is no such account.
    pub fn set_password(&self, name: &str, password: &str) {
        self.with_account(name, |account| account.rekey(Some(password)));
    }

    /// The keys of these accounts, as a keytab.
    ///
    /// # Panics
    /// If one of the accounts does not exist.
    #[must_use]
    pub fn keytab(&self, names: &[&str]) -> Keytab {
        let now = self.clock.now();
        let mut entries = Vec::new();
        for name in names {
            self.with_account(name, |account| {
                for etype in account.encryption_types.clone() {
                    let key = account
                        .key(etype, self.realm())
                        .expect("of its own types it has keys");
                    let principal = account.principal(self.realm());
                    let entry = KeytabEntry::new(principal, now, account.kvno, etype.number(), key.bytes());
                    entries.push(entry.expect("an account's key fits a keytab"));
                }
            });
        }
        Keytab::from_entries(entries)
    }

    /// The realm.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.shared.realm
    }

    /// What time it is for this KDC and everybody that uses its clock.
    #[must_use]
    pub const fn its_clock(&self) -> &Clock {
        &self.clock
    }

    /// A name in this realm.
    #[must_use]
    pub fn principal(&self, name: &str) -> Principal {
        principal(name, self.realm())
    }

    /// Answers a request: an AS-REP, a TGS-REP or a KRB-ERROR.
    #[must_use]
    pub fn handle(&self, request: &[u8]) -> Vec<u8> {
        let now = self.clock.now();
        let Ok(decoded) = KdcReq::decode(request) else {
            return Refusal::malformed().to_krb_error(self, None, now);
        };
        let answer = match decoded.exchange {
            KdcExchange::As => as_service::answer(self, &decoded, request, now),
            KdcExchange::Tgs => tgs_service::answer(self, &decoded, now),
        };
        answer.unwrap_or_else(|refusal| refusal.to_krb_error(self, Some(&decoded.body), now))
    }

    /// The account of this name.
    fn find(&self, name: PrincipalName<'_>) -> Option<Account> {
        let accounts = self.accounts();
        let found = accounts
            .iter()
            .find(|account| account.name.split('/').map(str::as_bytes).eq(name.components()));
        found.cloned()
    }

    /// The realm's own account, whose key seals ticket-granting tickets and signs PACs.
    fn krbtgt(&self) -> Account {
        self.accounts().first().expect("it was the first").clone()
    }

    fn with_account(&self, name: &str, act: impl FnOnce(&mut Account)) {
        let mut accounts = self.accounts();
        let account = accounts.iter_mut().find(|account| account.name == name);
        act(account.unwrap_or_else(|| panic!("no account {name}")));
    }

    fn accounts(&self) -> MutexGuard<'_, Vec<Account>> {
        self.shared
            .accounts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn lifetimes(&self) -> MutexGuard<'_, Lifetimes> {
        self.shared
            .lifetimes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// An account's favourite key, and its version.
struct AccountKey {
    key: Key,
    kvno: u32,
}

impl Account {
    fn favourite_key(&self, realm: &str) -> Option<AccountKey> {
        let etype = self.encryption_types.first()?;
        Some(AccountKey {
            key: self.key(*etype, realm)?,
            kvno: self.kvno,
        })
    }

    /// The first of the client's types that this account has a key of.
    fn common_type(&self, of_client: &[i32]) -> Option<EncryptionType> {
        let known = of_client
            .iter()
            .filter_map(|etype| EncryptionType::from_number(*etype));
        known
            .into_iter()
            .find(|etype| self.encryption_types.contains(etype))
    }
}

impl fmt::Debug for Kdc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accounts = self.accounts();
        let names: Vec<_> = accounts.iter().map(|account| &account.name).collect();
        write!(f, "Kdc({}, {names:?})", self.realm())
    }
}
