//! What a login by Kerberos knows beyond every login: the ticket, and what came with it.

use crate::ccache::SealedBy;
use crate::crypto::{EncryptionType, Key};
use crate::delegation::DelegatedCredential;
use crate::keytab::Match;
use crate::message::{AdType, TicketFlags, TokenRestrictions};
use crate::pac::{PacFault, VerifiedPac};
use crate::principal::Principal;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use negotiate_core::{Account, AccountUnreadable, MechDetails, Name, NameAttribute, Timestamp};

/// Facts of a Kerberos login, reached through `SecurityContext::details`.
#[derive(Clone, Debug)]
pub struct Details {
    /// Who the client is: realm and name together.
    pub client: Principal,
    /// The acceptor's name: the ticket's, if its key is the one that opened the ticket, else the first of that key.
    pub service: Principal,
    /// How the key that opened the ticket was found: anything but `Exact` is worth a warning.
    pub key_match: Match,
    /// Version of that key; of a session key 0.
    pub kvno: u32,
    /// Whose key it was: the service's, or in user-to-user authentication the session key of the acceptor's own ticket.
    pub sealed_by: SealedBy,
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
    /// The session key in the ticket, which all contexts of this ticket share.
    pub ticket_session_key: Key,
    /// The subkey in the authenticator, which the initiator made for this context.
    pub initiator_subkey: Option<Key>,
    /// The credential that the client handed over.
    pub delegated: Option<DelegatedCredential>,
    /// What the KDC says about the client's account: SIDs, groups, claims. Only a PAC that was verified gets here.
    pub pac: Option<VerifiedPac>,
    /// How the client authenticated to its KDC, in the words of that KDC's administrator (RFC 8129): only from a CAMMAC
    /// that was verified. Another realm may mean something else by the same word: compare them together with the realm of
    /// [`client`](Self::client) (RFC 8129 section 5).
    pub authentication_indicators: Vec<String>,
    /// The client's word that it means less than all of its rights.
    pub token_restrictions: Option<TokenRestrictions>,
    /// Elements of the ticket's authorization data of types that this crate does not know, and need not (RFC 4120 section
    /// 8.1 wants applications to get them). At most 64.
    pub other_authorization_data: Vec<OtherAuthorizationData>,
    /// What the operator should hear of.
    pub warnings: Vec<Warning>,
}

/// From a PAC and a CAMMAC that were verified, and from nothing else.
impl MechDetails for Details {
    fn acceptor(&self) -> Option<Name> {
        self.service.borrow().to_name().ok()
    }

    fn account(&self) -> Option<Result<Account, AccountUnreadable>> {
        let account = self.pac.as_ref()?.account()?;
        Some(account.map_err(AccountUnreadable::new))
    }

    fn name_attributes(&self) -> Vec<NameAttribute<'_>> {
        let mut attributes = Vec::new();
        if !self.authentication_indicators.is_empty() {
            let indicators = self.authentication_indicators.iter();
            attributes.push(NameAttribute {
                name: NameAttribute::AUTH_INDICATORS.into(),
                values: indicators.map(String::as_bytes).collect(),
            });
        }
        attributes.extend(self.pac.iter().flat_map(VerifiedPac::name_attributes));
        attributes
    }
}

/// An element of authorization data that means something to the application alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherAuthorizationData {
    /// What it is.
    pub ad_type: AdType,
    /// Its content.
    pub ad_data: Vec<u8>,
    /// Whose word it is.
    pub origin: AuthorizationDataOrigin,
}

/// Whose word an element of authorization data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizationDataOrigin {
    /// The client's, perhaps: a KDC copies into a ticket what the client asks for. It may take rights away and never give
    /// any (RFC 4120 section 5.2.6.2).
    Ticket,
    /// The KDC's own, signed for this service in a CAMMAC (RFC 7751).
    Cammac,
}

/// Something that is not as it should be and does not hinder the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The ticket's PAC was discarded: the client has no attributes.
    PacDiscarded(PacFault),
    /// The ticket, or a key that came with it, is of RC4, which was allowed by name.
    Rc4,
    /// A CAMMAC in the ticket was discarded, for its service verifier is missing or wrong: its authentication indicators do
    /// not count.
    CammacDiscarded,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PacDiscarded(fault) => write!(f, "no attributes from the PAC: {fault}"),
            Self::Rc4 => f.write_str("RC4 was used, which is broken: give the accounts AES keys"),
            Self::CammacDiscarded => f.write_str(
                "no authentication indicators from a CAMMAC whose service verifier is missing or wrong",
            ),
        }
    }
}
