//! Credential caches: the tickets of a client, in MIT's file format, versions 1 to 4.
//!
//! Not here: writing them, and opening, locking and naming files.

mod error;
mod read;

pub use error::{CcacheError, CcacheErrorKind};
pub use read::{MAX_ENTRIES, MAX_FILE_LEN};

use crate::credential::Credential;
use crate::principal::Principal;
use alloc::vec::Vec;

/// A credential cache.
#[derive(Clone, Debug)]
pub struct Ccache {
    /// Format version: 1 to 4.
    pub version: u8,
    /// The KDC's clock against ours, from the header of version 4.
    pub kdc_time_offset: Option<KdcTimeOffset>,
    /// Whose cache it is.
    pub default_principal: Principal,
    /// What is in it, in the file's order.
    pub entries: Vec<CcacheEntry>,
}

/// How far the KDC's clock was ahead of the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KdcTimeOffset {
    /// Seconds.
    pub seconds: i32,
    /// Microseconds.
    pub micros: i32,
}

/// An entry of a cache.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // nearly every entry is the large one
pub enum CcacheEntry {
    /// A ticket.
    Credential(CcacheCredential),
    /// A setting.
    Config(CcacheConfig),
    /// A ticket or a setting that was deleted in place: authtime -1 and endtime 0, of a setting also the realm
    /// `X-RMED-CONF:`.
    Removed,
}

/// A ticket and all that a cache knows of it.
#[derive(Clone, Debug)]
pub struct CcacheCredential {
    /// The ticket, its names, key and times.
    pub credential: Credential,
    /// Whose key seals the ticket.
    pub sealed_by: SealedBy,
    /// Address type and address of each of the client's addresses that the ticket is bound to.
    pub addresses: Vec<(u16, Vec<u8>)>,
    /// Type and data of each element of authorization data; MIT writes none.
    pub authorization_data: Vec<(u16, Vec<u8>)>,
    /// The ticket whose session key seals this one, for user to user; else empty.
    pub second_ticket: Vec<u8>,
}

/// Whose key seals a ticket (`is_skey`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedBy {
    /// The service's key.
    ServiceKey,
    /// The session key of a ticket-granting ticket of the service (user to user).
    SessionKey,
}

/// A setting: MIT and Heimdal write it as a ticket of the service `krb5_ccache_conf_data/NAME[/ABOUT]@X-CACHECONF:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CcacheConfig {
    /// Its name: `fast_avail`, `proxy_impersonator`.
    pub name: Vec<u8>,
    /// The principal that it is about, as text.
    pub about: Option<Vec<u8>>,
    /// Its value.
    pub value: Vec<u8>,
}

impl Ccache {
    /// Reads the bytes of a cache file.
    ///
    /// # Errors
    /// [`CcacheError`] says what is wrong and where. Nothing is half read: a file that ends within an entry is refused.
    pub fn parse(file: &[u8]) -> Result<Self, CcacheError> {
        read::parse(file)
    }

    /// The tickets, without settings and what was deleted.
    pub fn credentials(&self) -> impl Iterator<Item = &CcacheCredential> {
        self.entries.iter().filter_map(|entry| match entry {
            CcacheEntry::Credential(credential) => Some(credential),
            CcacheEntry::Config(_) | CcacheEntry::Removed => None,
        })
    }

    /// The value of a setting of this name that is about nobody in particular.
    #[must_use]
    pub fn config(&self, name: &str) -> Option<&[u8]> {
        self.entries.iter().find_map(|entry| match entry {
            CcacheEntry::Config(config) if config.name == name.as_bytes() && config.about.is_none() => {
                Some(&*config.value)
            }
            _ => None,
        })
    }
}
