//! What a login through the library knows beyond every login.

use crate::library::Delegated;
use negotiate_core::{MechDetails, Name};

/// Facts of a login through the library, reached through `SecurityContext::details`.
#[derive(Debug)]
pub struct Details {
    /// Which of its names the acceptor was addressed by.
    pub acceptor: Name,
    /// The credential that the client handed over.
    pub delegated: Option<Delegated>,
}

impl MechDetails for Details {
    fn acceptor(&self) -> Option<Name> {
        Some(self.acceptor.clone())
    }
}
