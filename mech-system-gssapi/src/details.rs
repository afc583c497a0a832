//! What a login through the library knows beyond every login.

use crate::library::Delegated;
use negotiate_core::MechDetails;

/// Facts of a login through the library, reached through `SecurityContext::details`.
#[derive(Debug)]
pub struct Details {
    /// The credential that the client handed over.
    pub delegated: Option<Delegated>,
}

impl MechDetails for Details {}
