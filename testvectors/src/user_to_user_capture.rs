//! Tokens of user-to-user authentication, and the acceptor's own credential cache.

use crate::Case;
use crate::capture_file::{file, of_kind};

/// A token that a real acceptor took with the session key of its own ticket-granting ticket.
#[derive(Clone, Debug)]
pub struct UserToUserCapture(Case);

/// All of them, sorted by peer and name.
///
/// # Panics
///
/// If a capture is not as it should be.
#[must_use]
pub fn user_to_user_captures() -> Vec<UserToUserCapture> {
    of_kind("user-to-user")
        .into_iter()
        .map(UserToUserCapture)
        .collect()
}

impl UserToUserCapture {
    /// Peer and case: `mit/u2u-krb5-mutual`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// When it was captured, in microseconds since 1970.
    #[must_use]
    pub fn captured_micros(&self) -> i64 {
        self.0.number("captured-micros")
    }

    /// The initiator's principal.
    #[must_use]
    pub fn initiator(&self) -> &str {
        self.0.text("initiator")
    }

    /// The name in the ticket.
    #[must_use]
    pub fn target(&self) -> &str {
        self.0.text("target")
    }

    /// Type and content of the ticket's session key.
    #[must_use]
    pub fn session_key(&self) -> (i32, Vec<u8>) {
        (self.0.number("session-key-etype"), self.0.bytes("session-key"))
    }

    /// The AP-REQ in GSS-API's framing.
    #[must_use]
    pub fn initiator_token(&self) -> Vec<u8> {
        file(&self.0, "initiator-token")
    }

    /// The acceptor's credential cache.
    #[must_use]
    pub fn own_ccache(&self) -> Vec<u8> {
        file(&self.0, "own-ccache")
    }
}
