//! What went between real clients and real KDCs, with the keys that open it.

use crate::Case;
use crate::capture_file::{named_file, of_kind, optional_file};
use crate::ccache_capture::{ListedCredential, listed};

/// The messages of a client and its KDCs, in their order.
#[derive(Clone, Debug)]
pub struct ExchangeCapture(Case);

/// All captured exchanges, sorted by peer and name.
///
/// # Panics
///
/// If a capture is not as it should be.
#[must_use]
pub fn exchange_captures() -> Vec<ExchangeCapture> {
    of_kind("exchange").into_iter().map(ExchangeCapture).collect()
}

impl ExchangeCapture {
    /// Peer and case: `mit/xchg-kinit-keytab`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Name and bytes of each message, without the length that TCP puts in front; the name ends with the message's:
    /// `001-req-AS-REQ.der`.
    #[must_use]
    pub fn messages(&self) -> Vec<(String, Vec<u8>)> {
        self.files("messages")
    }

    /// Name and bytes of each keytab: the KDC's, the service's, the client's.
    #[must_use]
    pub fn keytabs(&self) -> Vec<(String, Vec<u8>)> {
        self.files("keytabs")
    }

    /// What the client's credential cache held before.
    #[must_use]
    pub fn ccache_before(&self) -> Option<Vec<u8>> {
        optional_file(&self.0, "ccache-before")
    }

    /// The credentials that the client had in the end.
    #[must_use]
    pub fn result(&self) -> Option<Vec<ListedCredential>> {
        self.0.has("credentials").then(|| listed(&self.0))
    }

    fn files(&self, key: &str) -> Vec<(String, Vec<u8>)> {
        let names = self.0.lines(key).into_iter();
        names
            .map(|name| (name.to_owned(), named_file(&self.0, name)))
            .collect()
    }
}
