//! The conversation of RFC 4178 sections 3.1 and 3.2, from the initiator's side.
//!
//! The favourite mechanism's first token goes out with the list. The acceptor takes the favourite, or names another of
//! the list, which then begins anew and owes a mechListMIC (section 5). Nothing that the acceptor says completes a
//! mechanism: its own step does.

use super::encode::{self, Response};
use super::initiator_error::SpnegoInitiatorError as Error;
use super::mic::MicExchange;
use super::token::{NegState, NegTokenResp};
use super::{decode, framing};
use crate::der::Writer;
use crate::{
    Ambient, ContextFlags, InitiateContext, InitiateStep, Initiated, Initiator, MechListMic, MechReject,
    MechType, MessageOrder, Token,
};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

/// An initiator that offers mechanisms by SPNEGO.
#[derive(Debug)]
pub struct SpnegoInitiator {
    favourite: Box<dyn Initiator>,
    others: Vec<Box<dyn Initiator>>,
}

impl SpnegoInitiator {
    /// Offers one mechanism, whose first token is sent with the offer.
    #[must_use]
    pub fn new(favourite: impl Initiator + 'static) -> Self {
        Self {
            favourite: Box::new(favourite),
            others: vec![],
        }
    }

    /// Offers another one, should the acceptor not have those before.
    #[must_use]
    pub fn or(mut self, other: impl Initiator + 'static) -> Self {
        self.others.push(Box::new(other));
        self
    }
}

impl Initiator for SpnegoInitiator {
    fn mech_types(&self) -> &[MechType] {
        &[MechType::SPNEGO]
    }

    fn begin(self: Box<Self>, ambient: &mut Ambient<'_>) -> Result<InitiateStep, MechReject> {
        let Self { favourite, others } = *self;
        let of_favourite = favourite.mech_types().to_vec();
        let mut writer = Writer::new();
        writer.sequence(|list| {
            let listed = of_favourite
                .iter()
                .chain(others.iter().flat_map(Initiator::mech_types));
            listed.for_each(|mech_type| list.object_identifier(mech_type.contents()));
        });
        let mech_types = writer.into_bytes();
        let (mech_token, progress) = match favourite.begin(ambient)? {
            InitiateStep::Continue { output, next } => (Some(output), Progress::Underway(next)),
            InitiateStep::Complete { output, initiated } => (output, Progress::Done(initiated)),
        };
        let output = encode::neg_token_init(&mech_types, mech_token.as_ref());
        let next = Box::new(Offered {
            of_favourite,
            others,
            mech_types,
            progress,
        });
        Ok(InitiateStep::Continue { output, next })
    }
}

/// How far the mechanism has come.
#[allow(clippy::large_enum_variant)] // one of them per exchange
enum Progress {
    Underway(Box<dyn InitiateContext>),
    Done(Initiated),
}

/// The list and the favourite's token are out.
struct Offered {
    of_favourite: Vec<MechType>,
    others: Vec<Box<dyn Initiator>>,
    mech_types: Vec<u8>,
    progress: Progress,
}

/// The acceptor has chosen; the mechanism waits for a token.
struct Chosen {
    negotiated: Negotiated,
    context: Box<dyn InitiateContext>,
}

/// The mechanism is done and our mechListMIC is sent; the acceptor's is due.
struct MicDue {
    mech_types: Vec<u8>,
    initiated: Initiated,
}

/// The mechanism is done and its last token is sent; the acceptor's consent is due.
struct ConsentDue {
    initiated: Initiated,
}

/// What the first answer has fixed.
struct Negotiated {
    mech_types: Vec<u8>,
    mic_exchange: MicExchange,
}

impl InitiateContext for Offered {
    fn step(self: Box<Self>, input: &[u8], ambient: &mut Ambient<'_>) -> Result<InitiateStep, MechReject> {
        let response = read(input)?;
        let Self {
            of_favourite,
            others,
            mech_types,
            progress,
        } = *self;
        if response.neg_state == Some(NegState::Reject) {
            return Err(rejected(progress, &response, ambient));
        }
        // RFC 4178 section 4.2.2: the acceptor's first answer names the mechanism. It has a negState too; one that has none is taken, as
        // MIT krb5 takes it.
        let chosen = response.supported_mech.ok_or(Error::SupportedMechMissing)?;
        let is = |mech_type: &MechType| mech_type.contents() == chosen;
        let mut negotiated = Negotiated {
            mech_types,
            mic_exchange: MicExchange::Required,
        };
        if of_favourite.iter().any(is) {
            // Section 5: only where the choice is the head of the list can nobody have changed the choice.
            if of_favourite.first().is_some_and(is) && response.neg_state != Some(NegState::RequestMic) {
                negotiated.mic_exchange = MicExchange::Optional;
            }
            return negotiated.go_on(progress, &response, ambient);
        }
        let mechanism = others
            .into_iter()
            .find(|other| other.mech_types().iter().any(is))
            .ok_or(Error::MechNotOffered)?;
        if response.response_token.is_some() || response.neg_state == Some(NegState::AcceptCompleted) {
            return Err(Error::ChoiceWithoutToken.into());
        }
        let begun = mechanism.begin(ambient)?;
        negotiated.answered(begun, &response)
    }
}

impl InitiateContext for Chosen {
    fn step(self: Box<Self>, input: &[u8], ambient: &mut Ambient<'_>) -> Result<InitiateStep, MechReject> {
        let response = later(input)?;
        let progress = Progress::Underway(self.context);
        if response.neg_state == Some(NegState::Reject) {
            return Err(rejected(progress, &response, ambient));
        }
        self.negotiated.go_on(progress, &response, ambient)
    }
}

impl InitiateContext for MicDue {
    fn step(self: Box<Self>, input: &[u8], _ambient: &mut Ambient<'_>) -> Result<InitiateStep, MechReject> {
        let response = last(input)?;
        let Self {
            mech_types,
            mut initiated,
        } = *self;
        let theirs = response.mech_list_mic.ok_or(Error::MicMissing)?;
        verify(&mut initiated, &mech_types, theirs)?;
        initiated.per_message.mech_list_mics_done();
        Ok(complete(None, initiated))
    }
}

impl InitiateContext for ConsentDue {
    fn step(self: Box<Self>, input: &[u8], _ambient: &mut Ambient<'_>) -> Result<InitiateStep, MechReject> {
        let response = last(input)?;
        if response.mech_list_mic.is_some() {
            return Err(Error::MicNotDue.into());
        }
        Ok(complete(None, self.initiated))
    }
}

impl Negotiated {
    /// Gives the mechanism its token.
    fn go_on(
        self,
        progress: Progress,
        response: &NegTokenResp<'_>,
        ambient: &mut Ambient<'_>,
    ) -> Result<InitiateStep, MechReject> {
        let step = match (progress, response.response_token) {
            (Progress::Underway(context), Some(token)) => context.step(token, ambient)?,
            // An acceptor that would complete without the mechanism's proof has none.
            (Progress::Underway(_), None) => return Err(Error::MechTokenMissing.into()),
            (Progress::Done(_), Some(_)) => return Err(Error::MechTokenAfterEnd.into()),
            (Progress::Done(initiated), None) => InitiateStep::Complete {
                output: None,
                initiated,
            },
        };
        self.answered(step, response)
    }

    fn answered(self, step: InitiateStep, response: &NegTokenResp<'_>) -> Result<InitiateStep, MechReject> {
        match step {
            InitiateStep::Continue { output, next } => {
                if response.mech_list_mic.is_some() {
                    return Err(Error::MicTooEarly.into());
                }
                if response.neg_state == Some(NegState::AcceptCompleted) {
                    return Err(Error::CompletedTooEarly.into());
                }
                let next = Box::new(Chosen {
                    negotiated: self,
                    context: next,
                });
                Ok(proceed(NegState::AcceptIncomplete, Some(output), None, next))
            }
            InitiateStep::Complete { output, initiated } => self.settle(output, initiated, response),
        }
    }

    /// RFC 4178 section 5, once the mechanism is done.
    fn settle(
        self,
        output: Option<Token>,
        mut initiated: Initiated,
        response: &NegTokenResp<'_>,
    ) -> Result<InitiateStep, MechReject> {
        let has_consent = response.neg_state == Some(NegState::AcceptCompleted);
        match (response.mech_list_mic, self.mic_exchange(&initiated)) {
            (Some(theirs), _) => {
                verify(&mut initiated, &self.mech_types, theirs)?;
                if has_consent && output.is_none() {
                    return Ok(complete(None, initiated));
                }
                let ours = make(&mut initiated, &self.mech_types)?;
                initiated.per_message.mech_list_mics_done();
                let last = response_token(NegState::AcceptCompleted, output, Some(&ours));
                Ok(complete(Some(last), initiated))
            }
            (None, MicExchange::Required) => {
                if has_consent {
                    return Err(Error::MicMissing.into());
                }
                let ours = make(&mut initiated, &self.mech_types)?;
                let next = Box::new(MicDue {
                    mech_types: self.mech_types,
                    initiated,
                });
                Ok(proceed(NegState::AcceptIncomplete, output, Some(&ours), next))
            }
            (None, MicExchange::Optional) => match (output, has_consent) {
                (None, true) => Ok(complete(None, initiated)),
                (Some(output), false) => {
                    let next = Box::new(ConsentDue { initiated });
                    Ok(proceed(NegState::AcceptIncomplete, Some(output), None, next))
                }
                (Some(_), true) => Err(Error::CompletedTooEarly.into()),
                (None, false) => Err(Error::NotCompleted.into()),
            },
        }
    }

    // A context without integrity can make no MIC, and none is due on it.
    fn mic_exchange(&self, initiated: &Initiated) -> MicExchange {
        match (self.mic_exchange, initiated.mech_list_mic) {
            _ if !initiated.flags.contains(ContextFlags::INTEGRITY) => MicExchange::Optional,
            (MicExchange::Optional, MechListMic::AsNegotiated) => MicExchange::Optional,
            (MicExchange::Required, _) | (_, MechListMic::Required) => MicExchange::Required,
        }
    }
}

fn read(input: &[u8]) -> Result<NegTokenResp<'_>, Error> {
    framing::response(input)
        .and_then(decode::neg_token_resp)
        .map_err(Error::BadToken)
}

/// Any answer after the acceptor's first.
fn later(input: &[u8]) -> Result<NegTokenResp<'_>, Error> {
    let response = read(input)?;
    if response.supported_mech.is_some() {
        return Err(Error::SupportedMechAgain);
    }
    Ok(response)
}

/// The answer after which there is nothing to say.
fn last(input: &[u8]) -> Result<NegTokenResp<'_>, Error> {
    let response = later(input)?;
    match response.neg_state {
        _ if response.response_token.is_some() => Err(Error::MechTokenAfterEnd),
        Some(NegState::Reject) => Err(Error::Rejected),
        Some(NegState::AcceptCompleted) => Ok(response),
        _ => Err(Error::NotCompleted),
    }
}

/// The mechanism's own reason, if the acceptor sent one along.
fn rejected(progress: Progress, response: &NegTokenResp<'_>, ambient: &mut Ambient<'_>) -> MechReject {
    if let (Progress::Underway(context), Some(token)) = (progress, response.response_token)
        && let Err(reject) = context.step(token, ambient)
    {
        return reject;
    }
    Error::Rejected.into()
}

fn verify(initiated: &mut Initiated, mech_types: &[u8], theirs: &[u8]) -> Result<(), Error> {
    let order = initiated
        .per_message
        .verify_mech_list_mic(mech_types, theirs)
        .map_err(Error::MicWrong)?;
    // It is the first message that the context protects.
    if order == MessageOrder::Expected {
        Ok(())
    } else {
        Err(Error::MicOutOfSequence)
    }
}

fn make(initiated: &mut Initiated, mech_types: &[u8]) -> Result<Vec<u8>, Error> {
    initiated
        .per_message
        .get_mic(mech_types)
        .map_err(Error::MicNotMade)
}

fn response_token(neg_state: NegState, token: Option<Token>, mech_list_mic: Option<&[u8]>) -> Token {
    encode::neg_token_resp(Response {
        neg_state,
        supported_mech: None,
        response_token: token,
        mech_list_mic,
    })
}

fn proceed(
    neg_state: NegState,
    token: Option<Token>,
    mech_list_mic: Option<&[u8]>,
    next: Box<dyn InitiateContext>,
) -> InitiateStep {
    InitiateStep::Continue {
        output: response_token(neg_state, token, mech_list_mic),
        next,
    }
}

const fn complete(output: Option<Token>, initiated: Initiated) -> InitiateStep {
    InitiateStep::Complete { output, initiated }
}
