//! A mechanism that provides NO SECURITY, to show and test what stands around a mechanism: SPNEGO, HTTP, questions to the
//! outside, a second leg.
//!
//! Whoever says that he is alice is alice. Checksums have no key, sealed messages are not encrypted: what they notice is
//! accidents, so that tests of what a mechanism must refuse can be run on it. Never accept it where anything matters.

mod messages;
mod token;

use messages::Messages;
use negotiate_core::{
    AcceptContext, AcceptRequest, Ambient, Blame, ContextFlags, Established, Explain, GssMajor,
    InitiateContext, InitiateStep, Initiated, Initiator, MechDetails, MechListMic, MechReject, MechStep,
    MechType, Mechanism, Name, NameKind, Verdict,
};
use std::collections::HashSet;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use token::{Leg, Token};

/// The acceptor of a mechanism that provides NO SECURITY.
#[derive(Clone, Debug)]
pub struct NoSecurity {
    legs: Legs,
    answers: Answers,
    seen: Arc<Mutex<HashSet<[u8; 8]>>>,
}

/// How many tokens the acceptor wants.
#[derive(Clone, Copy, Debug)]
enum Legs {
    One,
    Two,
}

/// When the acceptor knows its answer.
#[derive(Clone, Copy, Debug)]
enum Answers {
    AtOnce,
    /// As if it asked somebody: the future is ready when it is polled for the second time.
    Later,
}

/// Its object identifier: an arc for examples (2.999.1, ISO/IEC 9834-1).
pub const NO_SECURITY: MechType = MechType::new(b"\x88\x37\x01", "no-security");

const FLAGS: ContextFlags = ContextFlags::MUTUAL
    .with(ContextFlags::REPLAY)
    .with(ContextFlags::SEQUENCE)
    .with(ContextFlags::CONFIDENTIALITY)
    .with(ContextFlags::INTEGRITY);

/// What is shown for the realm of its users.
const REALM: &str = "NO.SECURITY";

impl NoSecurity {
    /// One token, answered at once.
    #[must_use]
    pub fn new() -> Self {
        Self {
            legs: Legs::One,
            answers: Answers::AtOnce,
            seen: Arc::default(),
        }
    }

    /// It wants a second token, as NTLM does.
    #[must_use]
    pub fn two_legs(mut self) -> Self {
        self.legs = Legs::Two;
        self
    }

    /// It answers later, as a mechanism that asks somebody does.
    #[must_use]
    pub fn answers_later(mut self) -> Self {
        self.answers = Answers::Later;
        self
    }

    fn answered(&self, step: MechStep) -> MechStep {
        match self.answers {
            Answers::AtOnce => step,
            Answers::Later => {
                let mut step = Some(step);
                let mut was_asked = false;
                MechStep::Pending(Box::pin(poll_fn(move |context| {
                    if !was_asked {
                        was_asked = true;
                        context.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    step.take().map_or(Poll::Pending, |step| Poll::Ready(Ok(step)))
                })))
            }
        }
    }
}

impl Default for NoSecurity {
    fn default() -> Self {
        Self::new()
    }
}

impl Mechanism for NoSecurity {
    fn mech_types(&self) -> &[MechType] {
        &[NO_SECURITY]
    }

    fn begin(
        &self,
        _request: AcceptRequest<'_>,
        first_token: &[u8],
        _ambient: &mut Ambient<'_>,
    ) -> Result<MechStep, MechReject> {
        let token = Token::read(first_token, Leg::Claim)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.insert(token.nonce) {
            return Err(NoSecurityError::Replayed.into());
        }
        drop(seen);
        let step = match self.legs {
            Legs::One => welcome(&token),
            Legs::Two => MechStep::Continue {
                output: token.answer(Leg::More).into(),
                next: Box::new(SecondLeg {
                    first: token,
                    mechanism: self.clone(),
                }),
            },
        };
        Ok(self.answered(step))
    }
}

struct SecondLeg {
    first: Token,
    mechanism: NoSecurity,
}

impl AcceptContext for SecondLeg {
    fn step(self: Box<Self>, input: &[u8], _ambient: &mut Ambient<'_>) -> Result<MechStep, MechReject> {
        let token = Token::read(input, Leg::Insist)?;
        if (&token.name, token.nonce) != (&self.first.name, self.first.nonce) {
            return Err(NoSecurityError::AnotherLogin.into());
        }
        Ok(self.mechanism.answered(welcome(&token)))
    }
}

fn welcome(token: &Token) -> MechStep {
    MechStep::Complete {
        output: Some(token.answer(Leg::Welcome).into()),
        established: Box::new(Established {
            mech_type: NO_SECURITY,
            initiator: shown(&token.name),
            flags: FLAGS,
            expires: None,
            per_message: Box::new(Messages::acceptor(token.nonce)),
            mech_list_mic: MechListMic::AsNegotiated,
            details: Box::new(NoSecurityDetails),
        }),
    }
}

fn shown(name: &str) -> Name {
    let display = format!("{name}@{REALM}");
    let end = display.len();
    Name::new(display, 0..name.len(), name.len() + 1..end, NameKind::Named)
}

/// There is nothing more to know.
#[derive(Clone, Copy, Debug)]
pub struct NoSecurityDetails;

impl MechDetails for NoSecurityDetails {}

/// The initiator of a mechanism that provides NO SECURITY: it claims to be whoever it was told to be.
#[derive(Clone, Debug)]
pub struct NoSecurityInitiator {
    name: String,
}

impl NoSecurityInitiator {
    /// Claims to be `name`, which the acceptor shows as `name@NO.SECURITY`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
        }
    }
}

impl Initiator for NoSecurityInitiator {
    fn mech_types(&self) -> &[MechType] {
        &[NO_SECURITY]
    }

    fn begin(self: Box<Self>, ambient: &mut Ambient<'_>) -> Result<InitiateStep, MechReject> {
        let mut nonce = [0; 8];
        ambient
            .random
            .fill(&mut nonce)
            .map_err(|_| NoSecurityError::NoRandom)?;
        let claim = Token {
            name: self.name,
            nonce,
        };
        Ok(InitiateStep::Continue {
            output: claim.answer(Leg::Claim).into(),
            next: Box::new(Claimed { claim }),
        })
    }
}

struct Claimed {
    claim: Token,
}

impl InitiateContext for Claimed {
    fn step(self: Box<Self>, input: &[u8], _ambient: &mut Ambient<'_>) -> Result<InitiateStep, MechReject> {
        if let Ok(token) = Token::read(input, Leg::More) {
            self.claim.is_answered_by(&token)?;
            return Ok(InitiateStep::Continue {
                output: self.claim.answer(Leg::Insist).into(),
                next: self,
            });
        }
        let token = Token::read(input, Leg::Welcome)?;
        self.claim.is_answered_by(&token)?;
        Ok(InitiateStep::Complete {
            output: None,
            initiated: Initiated {
                mech_type: NO_SECURITY,
                acceptor: shown("anybody"),
                flags: FLAGS,
                expires: None,
                per_message: Box::new(Messages::initiator(self.claim.nonce)),
                mech_list_mic: MechListMic::AsNegotiated,
            },
        })
    }
}

/// Why even this mechanism refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoSecurityError {
    /// Not a token of this leg, or changed by accident.
    BadToken,
    /// This token was seen before.
    Replayed,
    /// The token belongs to another login.
    AnotherLogin,
    /// There are no random bytes.
    NoRandom,
}

impl fmt::Display for NoSecurityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadToken => "not a token of the mechanism without security",
            Self::Replayed => "the token was seen before",
            Self::AnotherLogin => "the token belongs to another login",
            Self::NoRandom => "no random bytes are available",
        })
    }
}

impl std::error::Error for NoSecurityError {}

impl Explain for NoSecurityError {
    fn code(&self) -> &'static str {
        match self {
            Self::BadToken => "no_security.bad_token",
            Self::Replayed => "no_security.replayed",
            Self::AnotherLogin => "no_security.another_login",
            Self::NoRandom => "no_security.no_random",
        }
    }

    fn blame(&self) -> Blame {
        Blame::Initiator
    }

    fn verdict(&self) -> Verdict {
        Verdict::Unauthenticated
    }

    fn gss_major(&self) -> GssMajor {
        match self {
            Self::Replayed => GssMajor::DuplicateToken,
            Self::NoRandom => GssMajor::Failure,
            _ => GssMajor::DefectiveToken,
        }
    }

    fn seen(&self) -> String {
        self.to_string()
    }

    fn expected(&self) -> String {
        "a token of this login, unchanged".into()
    }

    fn advice(&self) -> String {
        "use a mechanism that provides security".into()
    }
}
