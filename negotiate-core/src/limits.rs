//! How much an unauthenticated peer may make the core do. Each bound says why it is what it is.

/// Bounds of one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest input token in bytes. Default 98,304: a Windows token is at most 65,535 bytes by default
    /// (`MaxTokenSize` tops at that), and SPNEGO framing and a delegated TGT with a PAC come on top.
    pub token_len: usize,
    /// Most mechanisms in an initiator's list. Default 32: Windows sends four, MIT with every plug-in under ten.
    pub mech_types: usize,
    /// Most tokens that one initiator may send in an exchange. Default 8: Kerberos needs 1 (DCE style 2), NTLM 2,
    /// reselection and mechListMIC one more each.
    pub legs: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            token_len: 98_304,
            mech_types: 32,
            legs: 8,
        }
    }
}
