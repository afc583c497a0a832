//! One conversation with one initiator.

use crate::acceptor::Shared;
use crate::{Ambient, ChannelBindings, Reject, SecurityContext, Token};
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::pin::Pin;

/// A conversation between two of the initiator's tokens. Neither `Clone` nor serialisable: a step consumes it, and a
/// failed step has no successor.
pub struct Exchange {
    #[allow(dead_code)]
    shared: Arc<Shared>,
    #[allow(dead_code)]
    bindings: Option<Arc<ChannelBindings>>,
}

/// What follows a token.
#[must_use]
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // lives for a moment; a box would cost an allocation per login
pub enum Step {
    /// Send the token; the initiator's answer goes to the successor.
    Continue {
        /// For the initiator.
        token: Token,
        /// Takes the answer.
        exchange: Exchange,
    },
    /// A question to the outside: await it, or block on it, and take the step that it gives.
    Pending(Pending),
    /// The initiator is authenticated.
    Complete {
        /// For the initiator, to go with the application's answer whatever that is.
        token: Option<Token>,
        /// Who it is.
        context: SecurityContext,
    },
}

/// The rest of a step that waits for an answer from outside.
pub struct Pending(pub(crate) Pin<Box<dyn Future<Output = Result<Step, Reject>> + Send>>);

impl Exchange {
    pub(crate) fn new(shared: Arc<Shared>, bindings: Option<Arc<ChannelBindings>>) -> Self {
        Self { shared, bindings }
    }

    /// Takes the initiator's next token.
    ///
    /// # Errors
    /// [`Reject`] ends the exchange; it may hold a token that the initiator should still get.
    pub fn step(self, _token: &[u8], _ambient: &mut Ambient<'_>) -> Result<Step, Reject> {
        todo!()
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exchange")
    }
}

impl Future for Pending {
    type Output = Result<Step, Reject>;

    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut core::task::Context<'_>,
    ) -> core::task::Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pending")
    }
}
