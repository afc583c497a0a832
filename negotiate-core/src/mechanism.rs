//! The contract between the acceptor and a security mechanism.

use crate::{AllowedNames, Ambient, BindingsPolicy, ChannelBindings, Established, MechReject, MechType};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;
use core::pin::Pin;

/// A security mechanism that accepts: a factory, shared by all exchanges of a service.
pub trait Mechanism: fmt::Debug + Send + Sync {
    /// The object identifiers by which initiators may ask for it, the canonical one first.
    fn mech_types(&self) -> &[MechType];

    /// Begins an exchange with the initiator's first token, as the mechanism frames it.
    ///
    /// # Errors
    /// If the token is refused; the exchange is over.
    fn begin(
        &self,
        request: AcceptRequest<'_>,
        first_token: &[u8],
        ambient: &mut Ambient<'_>,
    ) -> Result<MechStep, MechReject>;
}

/// An exchange of a mechanism between two tokens. A step consumes it, and returns its successor if there is one.
pub trait AcceptContext: Send {
    /// Goes on with the initiator's next token.
    ///
    /// # Errors
    /// If the token is refused; the exchange is over.
    fn step(self: Box<Self>, input: &[u8], ambient: &mut Ambient<'_>) -> Result<MechStep, MechReject>;
}

/// What the server asks of every exchange, whatever the mechanism.
#[derive(Clone, Copy, Debug)]
pub struct AcceptRequest<'a> {
    /// The channel's bindings, where there is a channel below that has any.
    pub bindings: Option<&'a ChannelBindings>,
    /// The initiator's network address, if the caller told it and believes it.
    pub initiator_address: Option<IpAddr>,
    /// What is asked of the initiator's bindings.
    pub bindings_policy: BindingsPolicy,
    /// The names that the initiator may address.
    pub names: AllowedNames<'a>,
}

/// What a mechanism does after a token.
#[must_use]
pub enum MechStep {
    /// It wants another token.
    Continue {
        /// For the initiator.
        output: Token,
        /// Takes the answer.
        next: Box<dyn AcceptContext>,
    },
    /// It asks something outside, and goes on when that is answered.
    Pending(MechPending),
    /// The initiator is authenticated.
    Complete {
        /// For the initiator, if the mechanism has a last word.
        output: Option<Token>,
        /// The result. Boxed: it goes through many hands, and each would copy it.
        established: Box<Established>,
    },
}

/// A question to the outside (is this authenticator new? is this logon good?) as a future that owns what it needs.
/// Await it, or block on it; dropping it ends the exchange.
pub type MechPending = Pin<Box<dyn Future<Output = Result<MechStep, MechReject>> + Send>>;

impl fmt::Debug for MechStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Continue { .. } => "Continue",
            Self::Pending(_) => "Pending",
            Self::Complete { .. } => "Complete",
        })
    }
}

/// A token for the peer. Its `Debug` shows the length only: tokens do not belong in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Vec<u8>);

impl Token {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, taken out.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl From<Vec<u8>> for Token {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({} bytes)", self.0.len())
    }
}
