//! Refusals that teach: what every error of the core tier can say of itself, and the two that carry one outwards.

use crate::{Blame, GssMajor, Token, Verdict};
use alloc::boxed::Box;
use alloc::string::String;
use core::error::Error;
use core::fmt;

/// An error that can say whose fault it is and what to do next.
///
/// `Display` names the fact in a few words and holds no byte of the peer's. What the peer sent stands only in
/// [`Explain::seen`], parsed, escaped and capped (see [`Untrusted`]), for the operator's log.
pub trait Explain: Error + Send + Sync + 'static {
    /// A stable identifier for programs and for the manual: `krb5.ticket_expired`.
    fn code(&self) -> &'static str;
    /// Whose fault it is.
    fn blame(&self) -> Blame;
    /// What the caller can do about it.
    fn verdict(&self) -> Verdict;
    /// The GSS-API routine error.
    fn gss_major(&self) -> GssMajor;
    /// What was seen, in a sentence. For the operator only.
    fn seen(&self) -> String;
    /// What was expected instead, in a sentence.
    fn expected(&self) -> String;
    /// What to do next, and who.
    fn advice(&self) -> String;
}

/// A mechanism's refusal of a token.
#[derive(Debug)]
pub struct MechReject {
    /// Why.
    pub reason: Box<dyn Explain>,
    /// What the mechanism would still tell its peer (a KRB-ERROR, for example).
    pub token: Option<Token>,
}

impl MechReject {
    /// A refusal without a token for the peer.
    pub fn new(reason: impl Explain) -> Self {
        Self {
            reason: Box::new(reason),
            token: None,
        }
    }
}

impl<E: Explain> From<E> for MechReject {
    fn from(reason: E) -> Self {
        Self::new(reason)
    }
}

/// The end of an exchange without a security context.
pub struct Reject {
    reason: Box<dyn Explain>,
    token: Option<Token>,
}

impl Reject {
    pub(crate) fn new(reason: impl Explain) -> Self {
        Self {
            reason: Box::new(reason),
            token: None,
        }
    }

    pub(crate) fn with_token(reason: Box<dyn Explain>, token: Option<Token>) -> Self {
        Self { reason, token }
    }

    /// Why, in every respect. [`Reject::downcast_ref`] leads to the mechanism's own error type.
    #[must_use]
    pub fn reason(&self) -> &dyn Explain {
        &*self.reason
    }

    /// The typed error behind the refusal, if it is an `E`.
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        let reason: &(dyn Error + 'static) = &*self.reason;
        reason.downcast_ref()
    }

    /// The token that tells the peer, where the protocol has one.
    #[must_use]
    pub const fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl fmt::Debug for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reject({}: {})", self.reason.code(), self.reason)
    }
}

impl Error for Reject {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.reason)
    }
}

/// Bytes of an unauthenticated peer on their way to a log: quoted, escaped, and cut after 256 bytes.
///
/// Printable ASCII is shown as it is; a quote, a backslash and everything else as `\xNN`, so that no terminal, log
/// format or browser finds anything to interpret.
#[derive(Clone, Copy)]
pub struct Untrusted<'a>(pub &'a [u8]);

/// Decision of this project: a name longer than this is no name but an attempt to fill the log.
const UNTRUSTED_SHOWN: usize = 256;

impl fmt::Display for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for byte in self.0.iter().take(UNTRUSTED_SHOWN) {
            match byte {
                b'"' | b'\\' => write!(f, "\\x{byte:02x}")?,
                b' '..=b'~' => write!(f, "{}", char::from(*byte))?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        f.write_str(if self.0.len() > UNTRUSTED_SHOWN {
            "\"..."
        } else {
            "\""
        })
    }
}

impl fmt::Debug for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn untrusted_bytes_are_escaped_and_cut() {
        assert_eq!(Untrusted(b"HTTP/www").to_string(), "\"HTTP/www\"");
        assert_eq!(
            Untrusted(b"a\n\x1b[31m\"\\\xff").to_string(),
            r#""a\x0a\x1b[31m\x22\x5c\xff""#
        );
        let long = Untrusted(&[b'a'; 300]).to_string();
        assert_eq!(long, std::format!("\"{}\"...", "a".repeat(256)));
    }
}
