//! The other end's contract: a security mechanism that initiates, and what comes of it.
//!
//! It mirrors [`Mechanism`](crate::Mechanism), with one difference: an initiator is made for one exchange, from a
//! credential for one acceptor, so beginning consumes it, and nothing has to be asked outside. [`SpnegoInitiator`] is
//! an initiator that negotiates among others.
//!
//! [`SpnegoInitiator`]: crate::SpnegoInitiator

use crate::{Ambient, ContextFlags, MechListMic, MechReject, MechType, Name, PerMessage, Timestamp, Token};
use alloc::boxed::Box;
use core::fmt;

/// A security mechanism that initiates one exchange.
pub trait Initiator: fmt::Debug + Send {
    /// The object identifiers by which it is offered, the favourite first.
    fn mech_types(&self) -> &[MechType];

    /// Makes the first token.
    ///
    /// # Errors
    /// If none can be made.
    fn begin(self: Box<Self>, ambient: &mut Ambient<'_>) -> Result<InitiateStep, MechReject>;
}

impl<I: Initiator + ?Sized> Initiator for Box<I> {
    fn mech_types(&self) -> &[MechType] {
        (**self).mech_types()
    }

    fn begin(self: Box<Self>, ambient: &mut Ambient<'_>) -> Result<InitiateStep, MechReject> {
        (*self).begin(ambient)
    }
}

/// An exchange between two of the acceptor's tokens. A step consumes it, and returns its successor if there is one.
pub trait InitiateContext: Send {
    /// Goes on with the acceptor's next token.
    ///
    /// # Errors
    /// If the token is refused, or says that we are; the exchange is over.
    fn step(self: Box<Self>, input: &[u8], ambient: &mut Ambient<'_>) -> Result<InitiateStep, MechReject>;
}

/// What an initiator does next.
#[must_use]
#[allow(clippy::large_enum_variant)] // lives for a moment
pub enum InitiateStep {
    /// Send the token; the acceptor's answer goes to the successor.
    Continue {
        /// For the acceptor.
        output: Token,
        /// Takes the answer.
        next: Box<dyn InitiateContext>,
    },
    /// The context stands, as far as this end can know.
    Complete {
        /// For the acceptor, if there is a last word to send.
        output: Option<Token>,
        /// The result.
        initiated: Initiated,
    },
}

impl fmt::Debug for InitiateStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Continue { .. } => "Continue",
            Self::Complete { .. } => "Complete",
        })
    }
}

/// A context that was initiated, and message protection with the acceptor.
#[derive(Debug)]
pub struct Initiated {
    /// The mechanism that did it.
    pub mech_type: MechType,
    /// Whom this end wanted to speak to. It proved to be that if `flags` has [`ContextFlags::MUTUAL`].
    pub acceptor: Name,
    /// What the context offers.
    pub flags: ContextFlags,
    /// When the authentication ends to be good.
    pub expires: Option<Timestamp>,
    /// Keys for messages, and for SPNEGO's mechListMIC.
    pub per_message: Box<dyn PerMessage>,
    /// Whether SPNEGO must exchange mechListMICs although the preferred mechanism was taken.
    pub mech_list_mic: MechListMic,
}
