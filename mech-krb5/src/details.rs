//! What a login by Kerberos knows beyond every login: the ticket, and what came with it.

use crate::crypto::{EncryptionType, Key};
use crate::delegation::DelegatedCredential;
use crate::keytab::Match;
use crate::message::TicketFlags;
use crate::principal::Principal;
use negotiate_core::{MechDetails, Timestamp};

/// Facts of a Kerberos login, reached through `SecurityContext::details`.
#[derive(Clone, Debug)]
pub struct Details {
    /// Who the client is: realm and name together.
    pub client: Principal,
    /// The acceptor's name: the ticket's, if its key is the one that opened the ticket, else the first of that key.
    pub service: Principal,
    /// How the key that opened the ticket was found: anything but `Exact` is worth a warning.
    pub key_match: Match,
    /// Version of that key.
    pub kvno: u32,
    /// Encryption type of the ticket.
    pub etype: EncryptionType,
    /// Flags of the ticket.
    pub ticket_flags: TicketFlags,
    /// When the client authenticated to its KDC.
    pub authtime: Timestamp,
    /// From when the ticket is good.
    pub starttime: Timestamp,
    /// Until when the ticket is good.
    pub endtime: Timestamp,
    /// Until when the ticket may be renewed.
    pub renew_till: Option<Timestamp>,
    /// The client's time in the authenticator.
    pub client_time: Timestamp,
    /// The key that protects messages (GSS_C_INQ_SSPI_SESSION_KEY), for protocols that derive keys from it.
    pub session_key: Key,
    /// The credential that the client handed over.
    pub delegated: Option<DelegatedCredential>,
}

impl MechDetails for Details {}
