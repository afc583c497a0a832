//! User-to-user authentication: the acceptor's own ticket, and the judgement of MIT's libkrb5.

use crate::kdc::Tickets;
use crate::peers::{succeed, tool};
use mech_krb5::ccache::Ccache;
use mech_krb5::crypto::EncryptionTypes;
use mech_krb5::{Credential, OwnTicket};
use negotiate_core::der::{Reader, Tag};
use serde_json::Value;
use std::sync::Arc;

/// The credential cache.
///
/// # Panics
///
/// If it is none.
#[must_use]
pub fn ccache(tickets: &Tickets) -> Ccache {
    Ccache::parse(&std::fs::read(tickets.path()).expect("as it should be")).expect("as it should be")
}

/// The ticket-granting ticket in it.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn own_ticket(tickets: &Tickets) -> Arc<OwnTicket> {
    Arc::new(OwnTicket::from_ccache(&ccache(tickets), EncryptionTypes::new()).expect("as it should be"))
}

/// What is in a token's framing.
///
/// # Panics
///
/// If it is no AP-REQ of GSS-API.
#[must_use]
pub fn ap_req(token: &[u8]) -> &[u8] {
    let mut framed = Reader::new(token)
        .element(Tag::application(0))
        .expect("as it should be");
    framed.object_identifier().expect("as it should be");
    framed.rest().strip_prefix(&[1, 0]).expect("as it should be")
}

/// What libkrb5's acceptor says with the session key of the ticket-granting ticket.
///
/// # Panics
///
/// If the tool fails.
#[must_use]
pub fn by_mit(server: &Tickets, ap_req: &[u8]) -> Value {
    let ccache = ccache(server);
    let is_tgt = |found: &&Credential| found.server.name().components().next() == Some(b"krbtgt");
    let tgt = ccache
        .credentials()
        .map(|found| &found.credential)
        .find(is_tgt)
        .expect("as it should be");
    let key: String = tgt
        .session_key
        .expose()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut command = tool("user_to_user.py");
    command.args(["judge", &tgt.session_etype.to_string(), &key]);
    serde_json::from_slice(&succeed(&mut command, ap_req)).expect("as it should be")
}
