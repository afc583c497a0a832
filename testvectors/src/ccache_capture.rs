//! Credential caches that real tools wrote, and their credentials as a second reader lists them.

use std::path::PathBuf;

use crate::Case;
use crate::capture_file::{file, of_kind, path};
use crate::case::decode_hex;

/// A credential cache that a real tool wrote.
#[derive(Clone, Debug)]
pub struct CcacheCapture(Case);

/// What a credential is known to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedCredential {
    /// Encryption type of the session key.
    pub key_etype: i32,
    /// The session key.
    pub key: Vec<u8>,
    /// authtime, starttime, endtime and renew_till, in seconds since 1970.
    pub times: [u32; 4],
    /// Whether the ticket is sealed with a session key.
    pub is_skey: u8,
    /// TicketFlags, the first bit of RFC 4120 section 5.3 being the highest.
    pub ticket_flags: u32,
    /// Length of the ticket.
    pub ticket_len: usize,
    /// Length of the second ticket.
    pub second_ticket_len: usize,
    /// The client, `component/component@REALM`.
    pub client: String,
    /// The server, likewise.
    pub server: String,
}

/// All captured credential caches, sorted by peer and name.
///
/// # Panics
///
/// If a capture is not as it should be.
#[must_use]
pub fn ccache_captures() -> Vec<CcacheCapture> {
    of_kind("ccache").into_iter().map(CcacheCapture).collect()
}

impl CcacheCapture {
    /// Peer and case: `mit/ccache-v1-mit`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The file's format version, 1 to 4.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.0.number("version")
    }

    /// Tag and data of each field of the header.
    #[must_use]
    pub fn header(&self) -> Vec<(u16, Vec<u8>)> {
        let lines = if self.0.has("header") {
            self.0.lines("header")
        } else {
            Vec::new()
        };
        let field = |line: &str| {
            let (tag, data) = line.split_once(' ')?;
            Some((tag.parse().ok()?, decode_hex(data)?))
        };
        let parsed = lines.into_iter().map(|line| match field(line) {
            Some(field) => field,
            None => panic!("{}: header: {line}", self.0),
        });
        parsed.collect()
    }

    /// The default principal.
    #[must_use]
    pub fn default_principal(&self) -> &str {
        self.0.text("default-principal")
    }

    /// The credentials, in the file's order.
    #[must_use]
    pub fn credentials(&self) -> Vec<ListedCredential> {
        listed(&self.0)
    }

    /// The file.
    #[must_use]
    pub fn ccache(&self) -> Vec<u8> {
        file(&self.0, "ccache")
    }

    /// Where the file lies.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        path(&self.0, self.0.text("ccache"))
    }
}

/// The credentials that a case lists.
pub(crate) fn listed(case: &Case) -> Vec<ListedCredential> {
    let lines = case.lines("credentials").into_iter();
    let parsed = lines.map(|line| match credential(line) {
        Some(credential) => credential,
        None => panic!("{case}: credentials: {line}"),
    });
    parsed.collect()
}

fn credential(line: &str) -> Option<ListedCredential> {
    let columns: Vec<&str> = line.splitn(12, ' ').collect();
    let [
        etype,
        key,
        auth,
        start,
        end,
        renew,
        is_skey,
        flags,
        ticket,
        second,
        client,
        server,
    ] = *columns.as_array()?;
    let key = if key == "-" { "" } else { key };
    Some(ListedCredential {
        key_etype: etype.parse().ok()?,
        key: decode_hex(key)?,
        times: [
            auth.parse().ok()?,
            start.parse().ok()?,
            end.parse().ok()?,
            renew.parse().ok()?,
        ],
        is_skey: is_skey.parse().ok()?,
        ticket_flags: u32::from_str_radix(flags.strip_prefix("0x")?, 16).ok()?,
        ticket_len: ticket.parse().ok()?,
        second_ticket_len: second.parse().ok()?,
        client: client.into(),
        server: server.into(),
    })
}
