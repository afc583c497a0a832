//! An exchange of negotiate-core with the scripted mechanism, run beside its model.

use crate::bounds::allocating_at_most;
use crate::loopback::{Act, Log, Loopback, settled_step};
use crate::negotiation::{Expected, Model, OURS, Said};
use crate::refusal;
use crate::tokens::Answer;
use negotiate_core::der::{Reader, Tag};
use negotiate_core::{Acceptor, Exchange, Limits, MechType, Reject, Step, Token};

/// Both, between two tokens.
pub(crate) struct Conversation {
    exchange: Exchange<'static>,
    model: Model,
    log: Log,
    /// Questions of the mechanism to the outside, of which each costs a few boxes.
    questions: usize,
}

impl Conversation {
    pub(crate) fn new(acts: &[Act], limits: Limits) -> Self {
        let (acceptor, log) = acceptor(acts, limits);
        Self {
            exchange: acceptor.exchange(None).into_owned(),
            model: Model::new(acts, limits),
            log,
            questions: acts.iter().filter(|act| matches!(act, Act::Ask)).count(),
        }
    }

    /// Gives the token to both; `None` if that ends the conversation.
    ///
    /// # Panics
    /// If they differ.
    pub(crate) fn step(mut self, token: &[u8]) -> Option<Self> {
        let expected = self.model.step(token);
        // The mechanism's log, the list of mechanisms, and one answer; an error's texts are made only when asked for.
        let limit = 2048 + 256 * self.questions + 6 * token.len();
        let step = allocating_at_most(limit, || settled_step(self.exchange, token));
        assert_eq!(self.log.given(), self.model.given, "{expected:?}");
        agree(&expected, &step);
        match step {
            Ok(Step::Continue { exchange, .. }) => Some(Self { exchange, ..self }),
            _ => None,
        }
    }
}

/// An acceptor of the scripted mechanism, and what the mechanism writes down.
pub(crate) fn acceptor(acts: &[Act], limits: Limits) -> (Acceptor, Log) {
    let mechanism = Loopback::new(&OURS, acts);
    let log = mechanism.log();
    let acceptor = Acceptor::builder().mechanism(mechanism).limits(limits).build();
    (acceptor.expect("one mechanism, two identifiers"), log)
}

fn agree(expected: &Expected, step: &Result<Step, Reject>) {
    match (expected, step) {
        (Expected::Continue(said), Ok(Step::Continue { token, .. })) => assert_said(said, token.as_bytes()),
        (Expected::Complete(said, negotiation), Ok(Step::Complete { token, context })) => {
            assert_eq!(context.negotiation(), *negotiation);
            assert_eq!(context.initiator().display(), "alice@LOOPBACK");
            assert_maybe_said(said.as_ref(), token.as_ref());
        }
        (Expected::Refuse(code, said), Err(reject)) => {
            assert_eq!(reject.reason().code(), *code, "{reject:?} for {said:?}");
            assert_maybe_said(said.as_ref(), reject.token());
            refusal::check(reject.reason());
        }
        _ => panic!("{expected:?} was expected, and this came: {step:?}"),
    }
}

fn assert_maybe_said(said: Option<&Said>, token: Option<&Token>) {
    match (said, token) {
        (Some(said), Some(token)) => assert_said(said, token.as_bytes()),
        (None, None) => {}
        other => panic!("said and expected differ: {other:?}"),
    }
}

/// Looks at a token for the initiator.
///
/// # Panics
/// If it says something else.
pub(crate) fn assert_said(said: &Said, token: &[u8]) {
    match said {
        Said::Bare(expected) => assert_eq!(token, expected),
        Said::Response(expected) => assert_eq!(Answer::read(&Token::from(token.to_vec())), *expected),
        Said::Hints => assert_eq!(hinted(token), OURS.map(|ours| ours.contents())),
    }
}

fn hinted(token: &[u8]) -> Vec<&[u8]> {
    let mut framed = Reader::new(token).element(Tag::application(0)).expect("framed");
    assert_eq!(framed.object_identifier(), Ok(MechType::SPNEGO.contents()));
    let mut choice = framed.element(Tag::context(0)).expect("NegTokenInit2");
    let mut sequence = choice.sequence().expect("a sequence");
    let mut list = sequence.field(0, |field| {
        let list = field.sequence()?;
        Ok(list)
    });
    let mut oids = Vec::new();
    if let Ok(list) = &mut list {
        while !list.is_empty() {
            oids.push(list.object_identifier().expect("an identifier"));
        }
    }
    oids
}
