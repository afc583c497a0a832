//! The three messages of NTLM logons by real clients.

use crate::Case;
use crate::capture_file::{file, having};

/// NEGOTIATE, CHALLENGE and AUTHENTICATE of one logon, each as it came: bare or inside SPNEGO.
#[derive(Clone, Debug)]
pub struct NtlmCapture(Case);

/// All captured logons, sorted by peer and name.
///
/// # Panics
///
/// If a capture is not as it should be.
#[must_use]
pub fn ntlm_captures() -> Vec<NtlmCapture> {
    having("ntlm-authenticate").into_iter().map(NtlmCapture).collect()
}

impl NtlmCapture {
    /// Peer and case: `clients/ntlm-curl`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The user's domain; `None` of an anonymous logon.
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        self.0.has("domain").then(|| self.0.text("domain"))
    }

    /// The user; `None` of an anonymous logon.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.0.has("user").then(|| self.0.text("user"))
    }

    /// The three tokens: the client's first, the acceptor's, the client's second.
    #[must_use]
    pub fn tokens(&self) -> [Vec<u8>; 3] {
        ["ntlm-negotiate", "ntlm-challenge", "ntlm-authenticate"].map(|key| file(&self.0, key))
    }

    /// The same without SPNEGO around them.
    ///
    /// # Panics
    ///
    /// If one of them holds no NTLM message.
    #[must_use]
    pub fn messages(&self) -> [Vec<u8>; 3] {
        self.tokens().map(|token| match message(&token) {
            Some(message) => message.to_vec(),
            None => panic!("{}: no NTLM message", self.0),
        })
    }
}

/// The message in the OCTET STRING of a SPNEGO token, or the token itself.
fn message(token: &[u8]) -> Option<&[u8]> {
    let at = token.windows(8).position(|window| window == b"NTLMSSP\0")?;
    let (before, message) = token.split_at(at);
    let len = match *before {
        [] => message.len(),
        [.., 4, 0x82, high, low] => usize::from(u16::from_be_bytes([high, low])),
        [.., 4, 0x81, len] | [.., 4, len] => len.into(),
        _ => return None,
    };
    message.get(..len)
}
