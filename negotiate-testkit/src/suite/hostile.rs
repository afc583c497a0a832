//! Tokens that must not log anybody in. A mechanism may refuse them or, in between, ask for more; it must not complete.

use super::{Subject, acceptor, explains_itself, login};
use crate::Clock;
use crate::login::{Settled, settled_step};
use negotiate_core::{Acceptor, Exchange, InitiateStep, Mechanism, Token};
use std::sync::Arc;

/// The tokens of one login that an initiator sends, each made for this exchange.
struct Attempt<'s> {
    subject: &'s dyn Subject,
    acceptor: Acceptor,
    clock: Clock,
}

/// An exchange just before the initiator's token number `leg`, and that token.
struct Before<'a> {
    exchange: Exchange<'a>,
    token: Token,
}

impl<'s> Attempt<'s> {
    fn with(subject: &'s dyn Subject, mechanism: Arc<dyn Mechanism>) -> Self {
        Self {
            subject,
            acceptor: acceptor(mechanism),
            clock: subject.clock(),
        }
    }

    fn new(subject: &'s dyn Subject) -> Self {
        Self::with(subject, subject.mechanism())
    }

    /// A fresh exchange up to the initiator's token number `leg`; `None` if it takes fewer.
    fn before(&self, leg: usize) -> Option<Before<'_>> {
        let initiator = self.subject.initiator();
        let mut step = self
            .clock
            .ambient(|ambient| initiator.begin(ambient))
            .expect("the initiator begins");
        let mut exchange = self.acceptor.exchange(None);
        for _ in 0..leg {
            let InitiateStep::Continue { output, next } = step else {
                return None;
            };
            match settled_step(exchange, output.as_bytes(), &self.clock)
                .expect("the suite's initiator is accepted")
            {
                Settled::Complete { .. } => return None,
                Settled::Continue {
                    token,
                    exchange: waiting,
                } => {
                    exchange = waiting;
                    step = self
                        .clock
                        .ambient(|ambient| next.step(token.as_bytes(), ambient))
                        .expect("the initiator goes on");
                }
            }
        }
        let token = match step {
            InitiateStep::Continue { output, .. } => Some(output),
            InitiateStep::Complete { output, .. } => output,
        };
        Some(Before {
            exchange,
            token: token?,
        })
    }

    /// How many tokens the initiator sends.
    fn legs(&self) -> usize {
        (0..).take_while(|leg| self.before(*leg).is_some()).count()
    }

    /// Gives a token that must not complete the exchange; whoever refuses has to explain it.
    #[track_caller]
    fn must_not_complete(&self, exchange: Exchange<'_>, token: &[u8], what: &str) {
        if self.completes(exchange, token) {
            panic!("{what} completed the exchange");
        }
    }

    fn completes(&self, exchange: Exchange<'_>, token: &[u8]) -> bool {
        match settled_step(exchange, token, &self.clock) {
            Ok(Settled::Complete { .. }) => true,
            Ok(Settled::Continue { .. }) => false,
            Err(reject) => {
                explains_itself(reject.reason());
                false
            }
        }
    }
}

/// Bytes that are no token at all, in place of each of the initiator's.
pub fn garbage_is_refused(subject: &dyn Subject) {
    let attempt = Attempt::new(subject);
    for leg in 0..attempt.legs() {
        let len = attempt
            .before(leg)
            .expect("there is such a leg")
            .token
            .as_bytes()
            .len();
        let garbage: [&[u8]; 6] = [
            &[],
            &[0],
            &[0xff; 64],
            b"NTLMSSP\0",
            &vec![0x60; len],
            &noise(len),
        ];
        for bytes in garbage {
            let Before { exchange, .. } = attempt.before(leg).expect("there is such a leg");
            attempt.must_not_complete(
                exchange,
                bytes,
                &format!("{} bytes of garbage as token {leg}", bytes.len()),
            );
        }
    }
}

/// Bytes without any meaning, the same each time.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    };
    (0..len).map(|_| byte()).collect()
}

/// Each token cut anywhere, and each with something behind it.
pub fn no_part_of_a_token_is_accepted(subject: &dyn Subject) {
    let attempt = Attempt::new(subject);
    for leg in 0..attempt.legs() {
        let len = attempt
            .before(leg)
            .expect("there is such a leg")
            .token
            .as_bytes()
            .len();
        for keep in spread(len, subject.trials()) {
            let Before { exchange, token } = attempt.before(leg).expect("there is such a leg");
            let Some(part) = token
                .as_bytes()
                .get(..keep)
                .filter(|part| part.len() < token.as_bytes().len())
            else {
                continue; // tokens need not all be of one length
            };
            attempt.must_not_complete(exchange, part, &format!("{keep} of {len} bytes of token {leg}"));
        }
        let Before { exchange, token } = attempt.before(leg).expect("there is such a leg");
        let longer = [token.as_bytes(), &[0]].concat();
        attempt.must_not_complete(exchange, &longer, &format!("token {leg} with a byte behind it"));
    }
}

/// Each token with a bit flipped, but where the mechanism says that it protects nothing.
pub fn no_flipped_bit_is_accepted(subject: &dyn Subject) {
    let attempt = Attempt::new(subject);
    for leg in 0..attempt.legs() {
        let len = attempt
            .before(leg)
            .expect("there is such a leg")
            .token
            .as_bytes()
            .len();
        for bit in spread(len * 8, subject.trials()) {
            let Before { exchange, token } = attempt.before(leg).expect("there is such a leg");
            let byte = bit / 8;
            let mut changed = token.as_bytes().to_vec();
            let Some(there) = changed.get_mut(byte) else {
                continue;
            };
            *there ^= 1 << (bit % 8);
            if attempt.completes(exchange, &changed) {
                assert!(
                    subject.is_unprotected(leg, token.as_bytes(), byte),
                    "token {leg} completed the exchange with bit {bit} flipped"
                );
            }
        }
    }
}

/// At most `most` of the numbers below `end`, evenly spread and the same each time.
fn spread(end: usize, most: usize) -> impl Iterator<Item = usize> {
    // A step that has no small factor in common with what repeats in a token.
    let step = match end.div_ceil(most.max(1)) {
        0 | 1 => 1,
        step => step | 1,
    };
    (0..end).step_by(step)
}

/// What one login sent does not log anybody in again.
pub fn tokens_are_taken_once(subject: &dyn Subject) {
    let mechanism = subject.mechanism();
    let attempt = Attempt::with(subject, Arc::clone(&mechanism));
    let first = super::login_through(subject, &attempt.acceptor, super::Through::Nothing);
    let tokens = first.unwrap_or_else(|error| panic!("{error}")).tokens;
    let mut exchange = attempt.acceptor.exchange(None);
    // The initiator's are every second one.
    for token in tokens.iter().step_by(2) {
        match settled_step(exchange, token.as_bytes(), &attempt.clock) {
            Ok(Settled::Continue { exchange: next, .. }) => exchange = next,
            Ok(Settled::Complete { .. }) => panic!("a recorded login was accepted again"),
            Err(reject) => {
                explains_itself(reject.reason());
                return;
            }
        }
    }
}

/// Tokens of the acceptor, and of another leg or another login, do not complete an exchange.
pub fn tokens_are_taken_in_order(subject: &dyn Subject) {
    let attempt = Attempt::new(subject);
    let recorded = login(subject).tokens;
    for leg in 0..attempt.legs() {
        for (number, token) in recorded.iter().enumerate() {
            if number == 0 && leg == 0 {
                continue; // that is tokens_are_taken_once
            }
            let Before { exchange, .. } = attempt.before(leg).expect("there is such a leg");
            let what = format!("token {number} of another login as token {leg}");
            attempt.must_not_complete(exchange, token.as_bytes(), &what);
        }
        if leg > 0 {
            let Before { exchange, .. } = attempt.before(leg).expect("there is such a leg");
            let Before { token, .. } = attempt.before(0).expect("there is a first leg");
            attempt.must_not_complete(
                exchange,
                token.as_bytes(),
                &format!("a first token as token {leg}"),
            );
        }
    }
}

/// Exchanges that are dropped at any point leave the mechanism as it was; so do questions that nobody waits for.
pub fn abandoned_exchanges_are_harmless(subject: &dyn Subject) {
    let attempt = Attempt::new(subject);
    for leg in 0..attempt.legs() {
        drop(attempt.before(leg));
        let Before { exchange, token } = attempt.before(leg).expect("there is such a leg");
        // Not waited for: a pending answer is dropped with its question.
        drop(
            attempt
                .clock
                .ambient(|ambient| exchange.step(token.as_bytes(), ambient)),
        );
    }
    let login = super::login_through(subject, &attempt.acceptor, super::Through::Nothing);
    assert!(login.is_ok(), "after abandoned exchanges: {login:?}");
}
