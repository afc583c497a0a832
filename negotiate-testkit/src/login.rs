//! A whole login between an initiator and an acceptor, without anything between them.

use crate::{Clock, block_on};
use negotiate_core::{
    Acceptor, ChannelBindings, Exchange, InitiateStep, Initiated, Initiator, MechReject, Reject,
    SecurityContext, Step, Token,
};
use std::fmt;
use std::sync::Arc;

/// A login that both ends call complete.
#[derive(Debug)]
pub struct Login {
    /// What the acceptor has: who the initiator is.
    pub accepted: SecurityContext,
    /// What the initiator has.
    pub initiated: Initiated,
    /// Every token, in the order in which they were sent, the initiator's first.
    pub tokens: Vec<Token>,
}

/// Which end gave up, and why.
pub enum LoginError {
    /// The initiator.
    Initiator(MechReject),
    /// The acceptor.
    Acceptor(Reject),
    /// Neither: one end is done and the other still waits for a token.
    Unfinished,
}

/// Runs a login to its end. `bindings` are the acceptor's; questions to the outside are waited for.
///
/// # Errors
/// If either end refuses, or one is left waiting.
pub fn log_in(
    initiator: Box<dyn Initiator>,
    acceptor: &Acceptor,
    bindings: Option<Arc<ChannelBindings>>,
    clock: &Clock,
) -> Result<Login, LoginError> {
    let mut tokens = Vec::new();
    let mut waiting = Some(acceptor.exchange(bindings));
    let mut accepted = None;
    let mut step = clock
        .ambient(|ambient| initiator.begin(ambient))
        .map_err(LoginError::Initiator)?;
    loop {
        let (output, next) = match step {
            InitiateStep::Continue { output, next } => (Some(output), Ok(next)),
            InitiateStep::Complete { output, initiated } => (output, Err(initiated)),
        };
        let mut answer = None;
        if let Some(output) = output {
            let exchange = waiting.take().ok_or(LoginError::Unfinished)?;
            let settled = settled_step(exchange, output.as_bytes(), clock).map_err(LoginError::Acceptor)?;
            tokens.push(output);
            match settled {
                Settled::Continue { token, exchange } => {
                    waiting = Some(exchange);
                    answer = Some(token);
                }
                Settled::Complete { token, context } => {
                    accepted = Some(context);
                    answer = token;
                }
            }
            tokens.extend(answer.clone());
        }
        match (next, answer, accepted.take()) {
            (Err(initiated), None, Some(accepted)) => {
                return Ok(Login {
                    accepted,
                    initiated,
                    tokens,
                });
            }
            (Ok(next), Some(answer), context) => {
                accepted = context;
                step = clock
                    .ambient(|ambient| next.step(answer.as_bytes(), ambient))
                    .map_err(LoginError::Initiator)?;
            }
            _ => return Err(LoginError::Unfinished),
        }
    }
}

/// A step whose questions were answered.
#[allow(clippy::large_enum_variant)] // lives for a moment
pub(crate) enum Settled {
    Continue {
        token: Token,
        exchange: Exchange<'static>,
    },
    Complete {
        token: Option<Token>,
        context: SecurityContext,
    },
}

/// One step of an acceptor, its questions to the outside waited for.
pub(crate) fn settled_step(exchange: Exchange<'_>, token: &[u8], clock: &Clock) -> Result<Settled, Reject> {
    let mut step = clock.ambient(|ambient| exchange.step(token, ambient))?;
    loop {
        match step {
            Step::Continue { token, exchange } => return Ok(Settled::Continue { token, exchange }),
            Step::Complete { token, context } => return Ok(Settled::Complete { token, context }),
            Step::Pending(pending) => step = block_on(pending)?,
        }
    }
}

impl LoginError {
    /// The stable code of the refusal; `testkit.unfinished` if nobody refused.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Initiator(reject) => reject.reason.code(),
            Self::Acceptor(reject) => reject.reason().code(),
            Self::Unfinished => "testkit.unfinished",
        }
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Initiator(reject) => write!(f, "the initiator refused: {}", reject.reason),
            Self::Acceptor(reject) => write!(f, "the acceptor refused: {reject}"),
            Self::Unfinished => f.write_str("one end is done and the other waits for a token"),
        }
    }
}

impl fmt::Debug for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoginError({}: {self})", self.code())
    }
}

impl std::error::Error for LoginError {}
