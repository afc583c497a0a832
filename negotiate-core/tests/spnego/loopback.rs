//! A mechanism without any security that does what a test's script says: every answer a mechanism may give.
//!
//! Its tokens are whatever the test likes. Its MIC over a message is the name of the side that made it, the number of
//! MICs that side made since its count last began, and the message.

use negotiate_core::{
    AcceptContext, AcceptRequest, Acceptor, Ambient, Blame, ContextFlags, Established, Exchange, Explain,
    GssMajor, MechDetails, MechListMic, MechReject, MechStep, MechType, Mechanism, MessageOrder, Name,
    NameKind, PerMessage, PerMessageError, Protection, Random, RandomUnavailable, Reject, Step, Timestamp,
    Unwrapped, Verdict,
};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::task::Poll;

/// What the mechanism does with a token.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// Continue, with this token.
    Continue(&'static [u8]),
    /// Complete, with this token or none.
    Complete(Option<&'static [u8]>, Offers),
    /// Refuse, with this token or none.
    Refuse(Option<&'static [u8]>),
    /// Ask the outside, which answers when polled for the second time; the next act follows.
    Ask,
}

/// What the established context offers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offers {
    /// Its flags.
    pub(crate) flags: ContextFlags,
    /// Its demand.
    pub(crate) mech_list_mic: MechListMic,
    /// Whether it can make a MIC.
    pub(crate) makes_mics: bool,
}

/// Integrity, and MICs where RFC 4178 wants them.
pub(crate) const INTEGRITY: Offers = Offers {
    flags: ContextFlags::INTEGRITY,
    mech_list_mic: MechListMic::AsNegotiated,
    makes_mics: true,
};

/// Integrity, and MICs in any case.
pub(crate) const DEMANDS_MIC: Offers = Offers {
    mech_list_mic: MechListMic::Required,
    ..INTEGRITY
};

/// No integrity.
pub(crate) const NO_INTEGRITY: Offers = Offers {
    flags: ContextFlags::MUTUAL,
    ..DEMANDS_MIC
};

/// Integrity by its flags, and an error when a MIC is asked for.
pub(crate) const NO_MICS: Offers = Offers {
    makes_mics: false,
    ..DEMANDS_MIC
};

/// The mechanism.
#[derive(Debug)]
pub(crate) struct Loopback {
    mech_types: Vec<MechType>,
    acts: Vec<Act>,
    log: Log,
}

/// What happened to the mechanism, for tests to look at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Event>>>);

/// One thing that happened to the mechanism.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// It was given this token.
    Given(Vec<u8>),
    /// It said that the initiator is authenticated.
    Completed,
    /// It made a MIC.
    MadeMic,
    /// It verified a genuine MIC.
    VerifiedMic,
    /// It was told that both MICs are done.
    MicsDone,
}

impl Log {
    pub(crate) fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }

    /// The tokens that the mechanism was given.
    pub(crate) fn given(&self) -> Vec<Vec<u8>> {
        let given = |event| match event {
            Event::Given(token) => Some(token),
            _ => None,
        };
        self.events().into_iter().filter_map(given).collect()
    }

    /// What happened but for tokens.
    pub(crate) fn after_tokens(&self) -> Vec<Event> {
        let mut events = self.events();
        events.retain(|event| !matches!(event, Event::Given(_)));
        events
    }

    pub(crate) fn push(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

impl Loopback {
    /// One that does this in each exchange.
    pub(crate) fn new(mech_types: &[MechType], acts: &[Act]) -> Self {
        Self {
            mech_types: mech_types.to_vec(),
            acts: acts.to_vec(),
            log: Log::default(),
        }
    }

    pub(crate) fn log(&self) -> Log {
        self.log.clone()
    }
}

impl Mechanism for Loopback {
    fn mech_types(&self) -> &[MechType] {
        &self.mech_types
    }

    fn begin(
        &self,
        _request: AcceptRequest<'_>,
        first_token: &[u8],
        _ambient: &mut Ambient<'_>,
    ) -> Result<MechStep, MechReject> {
        Running {
            mech_type: self.mech_types[0],
            acts: self.acts.iter().copied().collect(),
            log: self.log(),
        }
        .act(first_token)
    }
}

struct Running {
    mech_type: MechType,
    acts: VecDeque<Act>,
    log: Log,
}

impl AcceptContext for Running {
    fn step(self: Box<Self>, input: &[u8], _ambient: &mut Ambient<'_>) -> Result<MechStep, MechReject> {
        self.act(input)
    }
}

impl Running {
    fn act(self, input: &[u8]) -> Result<MechStep, MechReject> {
        self.log.push(Event::Given(input.to_vec()));
        self.next_act()
    }

    fn next_act(mut self) -> Result<MechStep, MechReject> {
        match self
            .acts
            .pop_front()
            .expect("the script has an act for each token")
        {
            Act::Continue(output) => Ok(MechStep::Continue {
                output: output.to_vec().into(),
                next: Box::new(self),
            }),
            Act::Complete(output, offers) => {
                self.log.push(Event::Completed);
                Ok(MechStep::Complete {
                    output: output.map(|output| output.to_vec().into()),
                    established: Box::new(self.established(offers)),
                })
            }
            Act::Refuse(token) => Err(MechReject {
                reason: Box::new(Refused),
                token: token.map(|token| token.to_vec().into()),
            }),
            Act::Ask => {
                let mut asked = false;
                let mut running = Some(self);
                Ok(MechStep::Pending(Box::pin(std::future::poll_fn(
                    move |context| {
                        if asked {
                            return Poll::Ready(running.take().unwrap().next_act());
                        }
                        asked = true;
                        context.waker().wake_by_ref();
                        Poll::Pending
                    },
                ))))
            }
        }
    }

    fn established(&self, offers: Offers) -> Established {
        Established {
            mech_type: self.mech_type,
            initiator: Name::new("alice@LOOPBACK".into(), 0..5, 6..14, NameKind::Named),
            flags: offers.flags,
            expires: None,
            per_message: Box::new(Mics::new(["acceptor", "initiator"], offers, self.log.clone())),
            mech_list_mic: offers.mech_list_mic,
            details: Box::new(NoDetails),
        }
    }
}

#[derive(Debug)]
struct NoDetails;

impl MechDetails for NoDetails {}

/// The MIC of one side with this number in its sequence.
pub(crate) fn mic(side: &str, number: usize, message: &[u8]) -> Vec<u8> {
    [format!("{side} MIC {number} of ").as_bytes(), message].concat()
}

/// Message protection, such as it is.
#[derive(Debug)]
pub(crate) struct Mics {
    ours: &'static str,
    theirs: &'static str,
    offers: Offers,
    made: usize,
    verified: usize,
    log: Log,
}

impl Mics {
    /// Of the first of these sides.
    pub(crate) fn new([ours, theirs]: [&'static str; 2], offers: Offers, log: Log) -> Self {
        Self {
            ours,
            theirs,
            offers,
            made: 0,
            verified: 0,
            log,
        }
    }
}

impl PerMessage for Mics {
    fn get_mic(&mut self, message: &[u8]) -> Result<Vec<u8>, PerMessageError> {
        if !self.offers.makes_mics {
            return Err(PerMessageError::Unavailable);
        }
        self.made += 1;
        self.log.push(Event::MadeMic);
        Ok(mic(self.ours, self.made, message))
    }

    // Nothing else is verified here.
    fn verify_mic(&mut self, _: &[u8], _: &[u8]) -> Result<MessageOrder, PerMessageError> {
        Err(PerMessageError::Unavailable)
    }

    fn verify_mech_list_mic(
        &mut self,
        message: &[u8],
        token: &[u8],
    ) -> Result<MessageOrder, PerMessageError> {
        self.verified += 1;
        let order = if token == mic(self.theirs, self.verified, message) {
            MessageOrder::Expected
        } else if token == mic(self.theirs, self.verified + 1, message) {
            MessageOrder::Gap
        } else {
            return Err(PerMessageError::BadMic);
        };
        self.log.push(Event::VerifiedMic);
        Ok(order)
    }

    fn wrap(&mut self, _: &[u8], _: Protection, _: &mut dyn Random) -> Result<Vec<u8>, PerMessageError> {
        Err(PerMessageError::Unavailable)
    }

    fn unwrap(&mut self, _: &[u8]) -> Result<Unwrapped, PerMessageError> {
        Err(PerMessageError::Unavailable)
    }

    // As NTLM does with its key streams: both sides begin again.
    fn mech_list_mics_done(&mut self) {
        self.log.push(Event::MicsDone);
        (self.made, self.verified) = (0, 0);
    }
}

/// The mechanism's own reason.
#[derive(Debug)]
pub(crate) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the script says no")
    }
}

impl std::error::Error for Refused {}

impl Explain for Refused {
    fn code(&self) -> &'static str {
        "loopback.refused"
    }
    fn blame(&self) -> Blame {
        Blame::Initiator
    }
    fn verdict(&self) -> Verdict {
        Verdict::Unauthenticated
    }
    fn gss_major(&self) -> GssMajor {
        GssMajor::Failure
    }
    fn seen(&self) -> String {
        "a script".into()
    }
    fn expected(&self) -> String {
        "another script".into()
    }
    fn advice(&self) -> String {
        "Write another script.".into()
    }
}

pub(crate) struct NoRandom;

impl Random for NoRandom {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), RandomUnavailable> {
        Err(RandomUnavailable)
    }
}

/// A step at a time that does not matter.
pub(crate) fn step(exchange: Exchange<'_>, token: &[u8]) -> Result<Step, Reject> {
    exchange.step(
        token,
        &mut Ambient {
            now: Timestamp::from_unix(1_795_327_035),
            random: &mut NoRandom,
        },
    )
}

/// A step, with its questions answered.
pub(crate) fn settled_step(exchange: Exchange<'_>, token: &[u8]) -> Result<Step, Reject> {
    let mut outcome = step(exchange, token);
    while let Ok(Step::Pending(pending)) = outcome {
        outcome = pollster::block_on(pending);
    }
    outcome
}

/// An acceptor with this mechanism alone.
pub(crate) fn acceptor(mechanism: Loopback) -> Acceptor {
    Acceptor::builder().mechanism(mechanism).build().unwrap()
}
