//! A ticket and what its owner has to know to use it.

#[cfg(doc)]
use crate::crypto::EncryptionType;
use crate::crypto::{EncryptionTypes, Key};
use crate::message::{MessageError, Ticket, TicketFlags};
use crate::principal::Principal;
use alloc::vec::Vec;
use core::fmt;
use negotiate_core::der::Reader;
use negotiate_core::{Secret, Timestamp};

/// A ticket with what belongs to it: what a KDC gave, what was delegated, an entry of a credential cache.
#[derive(Clone)]
pub struct Credential {
    /// Whom the ticket is for.
    pub client: Principal,
    /// What the ticket is for.
    pub server: Principal,
    /// Number of the session key's encryption type; it need not be one that this crate implements.
    pub session_etype: i32,
    /// The session key.
    pub session_key: Secret<Vec<u8>>,
    /// Flags of the ticket.
    pub flags: TicketFlags,
    /// When the client authenticated.
    pub authtime: Option<Timestamp>,
    /// From when the ticket is good; absent means from `authtime`.
    pub starttime: Option<Timestamp>,
    /// Until when the ticket is good.
    pub endtime: Timestamp,
    /// Until when it may be renewed.
    pub renew_till: Option<Timestamp>,
    /// The ticket, as DER.
    pub ticket: Vec<u8>,
}

impl Credential {
    /// The session key, ready for use; `None` if its type is none of [`EncryptionType::ALL`], or its length is not its type's.
    #[must_use]
    pub fn key(&self) -> Option<Key> {
        self.key_of(EncryptionTypes::new())
    }

    /// The same where other types are allowed than by default.
    #[must_use]
    pub fn key_of(&self, types: EncryptionTypes) -> Option<Key> {
        let encryption_type = types.find(self.session_etype)?;
        Key::new(encryption_type, self.session_key.expose()).ok()
    }

    /// The ticket, read.
    ///
    /// # Errors
    /// If it is no ticket: a credential comes from files, too.
    pub fn read_ticket(&self) -> Result<Ticket<'_>, MessageError> {
        let mut input = Reader::new(&self.ticket);
        let ticket = Ticket::decode(&mut input)?;
        input.finish()?;
        Ok(ticket)
    }
}

/// Without key and ticket.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("client", &self.client)
            .field("server", &self.server)
            .field("endtime", &self.endtime)
            .finish_non_exhaustive()
    }
}
