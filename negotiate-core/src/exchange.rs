//! One conversation with one initiator.

use crate::acceptor::Shared;
use crate::spnego::{self, FirstToken, SpnegoError};
use crate::{
    AcceptContext, AcceptRequest, AllowedNames, Ambient, ChannelBindings, MechPending, MechReject, MechStep,
    Reject, SecurityContext, ServiceName, Token,
};
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::net::IpAddr;
use core::ops::Deref;
use core::pin::Pin;

/// A conversation between two of the initiator's tokens. Neither `Clone` nor serialisable: a step consumes it, and a
/// failed step has no successor.
///
/// Before its first token it borrows its acceptor. What waits for another token holds the acceptor's configuration itself, and
/// so is good for as long as one likes.
pub struct Exchange<'a> {
    conversation: Conversation<'a>,
    state: State,
}

/// What follows a token.
#[must_use]
#[derive(Debug)]
pub enum Step {
    /// Send the token; the initiator's answer goes to the successor.
    Continue {
        /// For the initiator.
        token: Token,
        /// Takes the answer.
        exchange: Exchange<'static>,
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

/// What stays the same from an initiator's first token to its last, but for the count of them.
pub(crate) struct Conversation<'a> {
    pub(crate) shared: Held<'a>,
    bindings: Option<Arc<ChannelBindings>>,
    initiator_address: Option<IpAddr>,
    names: Option<Box<[ServiceName]>>,
    tokens_left: usize,
}

/// An acceptor's configuration. The first token is nearly always the only one, and for it nobody counts who holds the
/// configuration: threads that count on one counter wait for each other.
pub(crate) enum Held<'a> {
    Borrowed(&'a Arc<Shared>),
    Kept(Arc<Shared>),
}

impl Deref for Held<'_> {
    type Target = Arc<Shared>;

    fn deref(&self) -> &Arc<Shared> {
        match self {
            Self::Borrowed(shared) => shared,
            Self::Kept(shared) => shared,
        }
    }
}

enum State {
    /// Nothing was said.
    Silent,
    /// We have said what there is to choose from.
    Hinted,
    /// A mechanism speaks for itself.
    Bare(Box<dyn AcceptContext>),
    /// A mechanism speaks through SPNEGO.
    Spnego(spnego::State),
}

impl<'a> Exchange<'a> {
    pub(crate) fn new(shared: &'a Arc<Shared>, bindings: Option<Arc<ChannelBindings>>) -> Self {
        Self {
            conversation: Conversation {
                tokens_left: shared.limits.legs,
                shared: Held::Borrowed(shared),
                bindings,
                initiator_address: None,
                names: None,
            },
            state: State::Silent,
        }
    }

    /// Tells the mechanism the initiator's network address, which some credentials are good from only. Of a client behind a
    /// proxy it is the client's own, as a proxy that is trusted says it; who does not know it says nothing. One of IPv4 that is
    /// written in IPv6 counts as of IPv4 (RFC 4120 section 7.1).
    #[must_use]
    pub fn initiator_address(mut self, address: IpAddr) -> Self {
        self.conversation.initiator_address = Some(address.to_canonical());
        self
    }

    /// Restricts what the initiator may address to these names and the acceptor's own: for names that follow from how it came
    /// here, such as the host in a request. Where neither has any, nothing may be addressed.
    #[must_use]
    pub fn restricted_to(mut self, names: impl IntoIterator<Item = ServiceName>) -> Self {
        let own = self.conversation.shared.names.iter().cloned();
        self.conversation.names = Some(own.chain(names).collect());
        self
    }

    /// The same for as long as one likes: for who makes an exchange and gives it away without its acceptor.
    #[must_use]
    pub fn into_owned(self) -> Exchange<'static> {
        Exchange {
            conversation: self.conversation.kept(),
            state: self.state,
        }
    }

    /// Whether the initiator gave this exchange up: it was half done, and `token` can only be the first of another. A
    /// transport that keeps exchanges for their next token, as HTTP does with a connection, then begins anew with it.
    #[must_use]
    pub fn is_abandoned_by(&self, token: &[u8]) -> bool {
        match self.state {
            State::Silent | State::Hinted => false,
            State::Bare(_) | State::Spnego(_) => spnego::is_only_first(token),
        }
    }

    /// Takes the initiator's next token. As the first one, an empty token asks for the acceptor's mechanisms
    /// (NegTokenInit2), for protocols in which the acceptor speaks first.
    ///
    /// # Errors
    /// [`Reject`] ends the exchange; it may hold a token that the initiator should still get.
    pub fn step(self, token: &[u8], ambient: &mut Ambient<'_>) -> Result<Step, Reject> {
        let Self {
            mut conversation,
            state,
        } = self;
        conversation.count(token).map_err(Reject::new)?;
        match state {
            State::Silent => match spnego::classify(token).map_err(Reject::new)? {
                FirstToken::Empty => Ok(conversation.hint()),
                first => conversation.begin(first, token, ambient),
            },
            State::Hinted => {
                let first = spnego::classify(token).map_err(Reject::new)?;
                conversation.begin(first, token, ambient)
            }
            State::Bare(context) => {
                let answered = context.step(token, ambient);
                conversation.bare(answered)
            }
            State::Spnego(state) => spnego::next_token(conversation, state, token, ambient),
        }
    }
}

impl Conversation<'_> {
    fn count(&mut self, token: &[u8]) -> Result<(), SpnegoError> {
        let limits = &self.shared.limits;
        if token.len() > limits.token_len {
            return Err(SpnegoError::TokenTooLong {
                len: token.len(),
                limit: limits.token_len,
            });
        }
        self.tokens_left = self
            .tokens_left
            .checked_sub(1)
            .ok_or(SpnegoError::TooManyTokens { limit: limits.legs })?;
        Ok(())
    }

    fn hint(self) -> Step {
        let token = spnego::hints(&self.shared);
        self.waits(token, State::Hinted)
    }

    fn begin(self, first: FirstToken<'_>, token: &[u8], ambient: &mut Ambient<'_>) -> Result<Step, Reject> {
        match first {
            FirstToken::Empty => Err(Reject::new(SpnegoError::EmptyToken)),
            FirstToken::Spnego(inner) => spnego::first_token(self, inner, ambient),
            FirstToken::Bare(mech_type) => {
                let mechanism = spnego::bare_mechanism(mech_type, &self.shared).map_err(Reject::new)?;
                let answered = mechanism.begin(self.request(), token, ambient);
                self.bare(answered)
            }
        }
    }

    // The mechanism's tokens go out as they are.
    fn bare(self, answered: Result<MechStep, MechReject>) -> Result<Step, Reject> {
        match answered {
            Ok(MechStep::Continue { output, next }) => Ok(self.waits(output, State::Bare(next))),
            Ok(MechStep::Complete { output, established }) => Ok(Step::Complete {
                token: output,
                context: SecurityContext::bare(established),
            }),
            Ok(MechStep::Pending(question)) => {
                let conversation = self.kept();
                Ok(Step::Pending(Pending(Box::pin(async move {
                    let answered = settled(question).await;
                    conversation.bare(answered)
                }))))
            }
            Err(MechReject { reason, token }) => Err(Reject::with_token(reason, token)),
        }
    }

    pub(crate) fn request(&self) -> AcceptRequest<'_> {
        AcceptRequest {
            bindings: self.bindings.as_deref(),
            initiator_address: self.initiator_address,
            bindings_policy: self.shared.bindings_policy,
            names: self.names(),
        }
    }

    fn names(&self) -> AllowedNames<'_> {
        match (&self.names, self.shared.names.as_slice()) {
            (Some(names), _) => AllowedNames::OfExchange(names),
            (None, []) => AllowedNames::Any,
            (None, names) => AllowedNames::OfAcceptor(names),
        }
    }

    /// The same for as long as one likes.
    pub(crate) fn kept(self) -> Conversation<'static> {
        let shared = match self.shared {
            Held::Borrowed(shared) => Arc::clone(shared),
            Held::Kept(shared) => shared,
        };
        Conversation {
            shared: Held::Kept(shared),
            bindings: self.bindings,
            initiator_address: self.initiator_address,
            names: self.names,
            tokens_left: self.tokens_left,
        }
    }

    pub(crate) fn parked(self, token: Token, state: spnego::State) -> Step {
        self.waits(token, State::Spnego(state))
    }

    // For the answer to `token`.
    fn waits(self, token: Token, state: State) -> Step {
        Step::Continue {
            token,
            exchange: Exchange {
                conversation: self.kept(),
                state,
            },
        }
    }
}

/// The answer to a mechanism's question, and to those that it raises.
pub(crate) async fn settled(question: MechPending) -> Result<MechStep, MechReject> {
    let mut answered = question.await;
    while let Ok(MechStep::Pending(question)) = answered {
        answered = question.await;
    }
    answered
}

impl fmt::Debug for Exchange<'_> {
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

#[cfg(test)]
mod tests {
    use super::*;

    // A server holds one of these for each connection that is half authenticated, and initiators decide how many.
    #[test]
    fn what_is_parked_between_tokens_is_small() {
        assert!(size_of::<Exchange<'_>>() <= 128, "{}", size_of::<Exchange<'_>>());
    }
}
