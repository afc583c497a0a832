//! The acceptor's own ticket-granting ticket, for user-to-user authentication (RFC 4120 section 3.7): clients have the KDC
//! seal their tickets with its session key.
//!
//! Not here: getting, renewing and watching it, which is the application's.

use crate::ccache::{Ccache, SealedBy};
use crate::credential::Credential;
use crate::crypto::{EncryptionType, EncryptionTypes};
use crate::keytab::{Keytab, KeytabEntry};
use crate::message::MessageError;
use crate::principal::{Principal, PrincipalRef};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use negotiate_core::Timestamp;

/// A ticket-granting ticket of whom the acceptor acts for, with its session key.
pub struct OwnTicket {
    ticket: Vec<u8>,
    endtime: Timestamp,
    // The session key under each name: the same search, label and restriction to names as with keys of services.
    keys: Keytab,
}

impl OwnTicket {
    /// A ticket-granting ticket of its client's own realm. Its client is the name that others may address. `types` are those that
    /// the acceptor takes ([`Krb5Builder::encryption_types`](crate::Krb5Builder::encryption_types)): what a KDC seals with this
    /// session key is of its type.
    ///
    /// # Errors
    /// If it is another ticket, or one that cannot be used.
    pub fn new(credential: &Credential, types: EncryptionTypes) -> Result<Self, OwnTicketError> {
        let client = &credential.client;
        // RFC 4120 section 7.3, and 3.3.3: the KDC takes only its own from a client.
        if !is_ticket_granting(&credential.server, client) {
            return Err(OwnTicketError::NotTicketGranting);
        }
        credential.read_ticket().map_err(OwnTicketError::BadTicket)?;
        if credential.key_of(types).is_none() {
            return Err(OwnTicketError::UnusableSessionKey(credential.session_etype));
        }
        let own = Self {
            ticket: credential.ticket.clone(),
            endtime: credential.endtime,
            keys: Keytab::from_entries(Vec::new()),
        };
        let key = credential.session_key.expose();
        own.with_entry(client.clone(), credential.session_etype, key)
    }

    /// That of a credential cache, as with [`OwnTicket::new`]: the one of its default principal that ends last. The cache has to come
    /// from where nobody else writes: nothing in it shows whether a KDC gave the ticket, and its session key proves every client.
    ///
    /// # Errors
    /// If there is none, or none that can be used.
    pub fn from_ccache(ccache: &Ccache, types: EncryptionTypes) -> Result<Self, OwnTicketError> {
        let client = &ccache.default_principal;
        let found = ccache
            .credentials()
            .filter(|found| found.sealed_by == SealedBy::ServiceKey)
            .map(|found| &found.credential)
            .filter(|found| found.client == *client && is_ticket_granting(&found.server, client))
            .max_by_key(|found| found.endtime);
        found
            .ok_or(OwnTicketError::Absent)
            .and_then(|found| Self::new(found, types))
    }

    /// Another name by which it may be addressed: the KDC of a Windows domain takes any service name of the account for its
    /// owner, `TERMSRV/host` for `HOST$`. MIT krb5 takes the client's name alone, as RFC 4120 section 3.3.3 says.
    ///
    /// # Errors
    /// If a part of the name is empty, or too long for any name.
    pub fn also_named(self, name: Principal) -> Result<Self, OwnTicketError> {
        let Some(own) = self.keys.entries().first().cloned() else {
            return Ok(self);
        };
        self.with_entry(name, own.etype(), own.key().expose())
    }

    fn with_entry(mut self, name: Principal, etype: i32, key: &[u8]) -> Result<Self, OwnTicketError> {
        // A session key has no version: MIT krb5's KDC leaves it out, and its tools show 0.
        let entry =
            KeytabEntry::new(name, self.endtime, 0, etype, key).map_err(|_| OwnTicketError::BadName)?;
        let entries = self.keys.entries().iter().cloned().chain([entry]);
        self.keys = Keytab::from_entries(entries.collect());
        Ok(self)
    }

    /// The ticket as DER, which may be told to everybody: nobody can use it without the session key.
    #[must_use]
    pub fn ticket(&self) -> &[u8] {
        &self.ticket
    }

    /// Until when it is good.
    #[must_use]
    pub const fn endtime(&self) -> Timestamp {
        self.endtime
    }

    pub(crate) const fn keys(&self) -> &Keytab {
        &self.keys
    }

    /// The names by which it may be addressed, the client's first.
    pub(crate) fn principals(&self) -> impl Iterator<Item = &Principal> {
        self.keys.entries().iter().map(KeytabEntry::principal)
    }

    pub(crate) fn is_named(&self, name: PrincipalRef<'_>) -> bool {
        self.principals().any(|own| *own == name)
    }

    pub(crate) fn is_of_type(&self, etype: EncryptionType) -> bool {
        let mut entries = self.keys.entries().iter();
        entries.any(|entry| entry.etype() == etype.number())
    }
}

/// Without key and ticket.
impl fmt::Debug for OwnTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnTicket")
            .field("names", &self.principals().collect::<Vec<_>>())
            .field("endtime", &self.endtime)
            .finish_non_exhaustive()
    }
}

/// Whether it is `krbtgt/REALM@REALM` of the client's realm.
fn is_ticket_granting(server: &Principal, client: &Principal) -> bool {
    let realm = client.realm();
    server.realm() == realm && server.name().components().eq([&b"krbtgt"[..], realm])
}

/// Where an acceptor takes its ticket-granting ticket from for each token: one that never changes, or one that is replaced
/// when it is renewed. A client that was given the older one keeps it for the rest of its exchange.
pub trait OwnTicketSource: fmt::Debug + Send + Sync {
    /// The ticket of this moment. Called for tokens of user-to-user authentication only; it must not wait, open files or
    /// lock.
    fn current(&self) -> Arc<OwnTicket>;
}

impl OwnTicketSource for Arc<OwnTicket> {
    fn current(&self) -> Arc<OwnTicket> {
        Self::clone(self)
    }
}

/// Why a credential is no ticket-granting ticket that an acceptor can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OwnTicketError {
    /// The credential cache has no ticket-granting ticket of its principal's own realm.
    Absent,
    /// It is a ticket for something else than the ticket-granting service of the client's realm.
    NotTicketGranting,
    /// The ticket is not its DER.
    BadTicket(MessageError),
    /// The session key is of a type that the acceptor does not take, or of a wrong length: its type.
    UnusableSessionKey(i32),
    /// A part of a name is empty, or longer than 65,535 bytes.
    BadName,
}

impl fmt::Display for OwnTicketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("the cache has no ticket-granting ticket: kinit gets one"),
            Self::NotTicketGranting => f.write_str("not a ticket-granting ticket of the client's own realm"),
            Self::BadTicket(error) => write!(f, "the ticket is malformed: {error}"),
            Self::UnusableSessionKey(etype) => {
                write!(
                    f,
                    "a session key of encryption type {etype} that is not taken here"
                )
            }
            Self::BadName => f.write_str("a part of a name is empty or too long"),
        }
    }
}

impl core::error::Error for OwnTicketError {}
