//! The conversation of RFC 4178 sections 3.1 and 3.2, from the acceptor's side.
//!
//! A [`State`] is what lies between two tokens, and each variant holds exactly what its next token needs. A [`Turn`] is
//! what the mechanism's answer to one token is judged by; it outlives the caller's token only if the mechanism has to
//! wait. The initiator's negState is heeded where it says reject and nowhere else: what completes is decided here.

use super::encode::{self, Response};
use super::mic::{self, LastMechToken, MicExchange, Settled};
use super::reject::SpnegoError;
use super::select::{Preference, Selected, select};
use super::token::{NegState, NegTokenResp};
use super::{decode, framing};
use crate::der::Reader;
use crate::exchange::{self, Conversation, Pending, Step};
use crate::{
    AcceptContext, Ambient, Established, MechReject, MechStep, MechType, Mechanism, Reject, SecurityContext,
    Token,
};
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A negotiation that waits for the initiator's next token.
pub(crate) enum State {
    /// The mechanism is chosen and has had no token: none came, or it was another mechanism's.
    Selected {
        mechanism: Arc<dyn Mechanism>,
        negotiated: Negotiated,
    },
    /// The mechanism is at work.
    Underway {
        context: Box<dyn AcceptContext>,
        negotiated: Negotiated,
    },
    /// The mechanism is done and our mechListMIC is sent; the initiator's is due.
    MicOwed {
        established: Box<Established>,
        mech_types: Vec<u8>,
    },
}

/// What the first two messages have fixed.
pub(crate) struct Negotiated {
    mech_types: Vec<u8>,
    mic_exchange: MicExchange,
}

/// Begins with the content of the initial token (RFC 4178 section 3.2 c).
pub(crate) fn first_token(
    conversation: Conversation<'_>,
    token: Reader<'_>,
    ambient: &mut Ambient<'_>,
) -> Result<Step, Reject> {
    let init = decode::neg_token_init(token, conversation.shared.limits.mech_types).map_err(refuse)?;
    let Selected {
        mechanism,
        mech_type,
        preference,
    } = select(init.mech_types, &conversation.shared).map_err(refuse)?;
    let mic_exchange = preference.mic_exchange();
    // The optimistic token, and a MIC beside it, of a mechanism that was not chosen lapse.
    if let (Preference::OfBoth | Preference::OfInitiator, Some(mech_token)) = (preference, init.mech_token) {
        let turn = Turn {
            mech_types: Cow::Borrowed(init.mech_types.der()),
            mic_exchange,
            theirs: init.mech_list_mic.map(Cow::Borrowed),
            answer: Answer::First(mech_type),
        };
        let answered = mechanism.begin(conversation.request(), mech_token, ambient);
        return turn.answered(conversation, answered);
    }
    let token = encode::neg_token_resp(Response {
        neg_state: Answer::First(mech_type).goes_on(mic_exchange),
        supported_mech: Some(mech_type),
        response_token: None,
        mech_list_mic: None,
    });
    let state = State::Selected {
        mechanism: Arc::clone(mechanism),
        negotiated: Negotiated {
            mech_types: init.mech_types.der().to_vec(),
            mic_exchange,
        },
    };
    Ok(conversation.parked(token, state))
}

/// Goes on with a later token.
pub(crate) fn next_token(
    conversation: Conversation<'_>,
    state: State,
    token: &[u8],
    ambient: &mut Ambient<'_>,
) -> Result<Step, Reject> {
    let response = framing::response(token)
        .and_then(decode::neg_token_resp)
        .map_err(refuse)?;
    if response.neg_state == Some(NegState::Reject) {
        return Err(Reject::new(SpnegoError::InitiatorRejected));
    }
    // RFC 4178 section 4.2.2: present only in the first reply from the target.
    if response.supported_mech.is_some() {
        return Err(refuse(SpnegoError::SupportedMechByInitiator));
    }
    match state {
        State::Selected {
            mechanism,
            negotiated,
        } => {
            let (turn, mech_token) = negotiated.turn(response).map_err(refuse)?;
            let answered = mechanism.begin(conversation.request(), mech_token, ambient);
            turn.answered(conversation, answered)
        }
        State::Underway { context, negotiated } => {
            let (turn, mech_token) = negotiated.turn(response).map_err(refuse)?;
            let answered = context.step(mech_token, ambient);
            turn.answered(conversation, answered)
        }
        State::MicOwed {
            established,
            mech_types,
        } => {
            if response.response_token.is_some() {
                return Err(refuse(SpnegoError::MechTokenAfterEnd));
            }
            let protected =
                mic::conclude(established, &mech_types, response.mech_list_mic).map_err(refuse)?;
            // RFC 4178 section 5 b) I: the initiator has our MIC already and waits for nothing.
            Ok(Step::Complete {
                token: None,
                context: SecurityContext::negotiated(protected),
            })
        }
    }
}

impl Negotiated {
    fn turn(self, response: NegTokenResp<'_>) -> Result<(Turn<'_>, &[u8]), SpnegoError> {
        let mech_token = response.response_token.ok_or(SpnegoError::MechTokenMissing)?;
        let turn = Turn {
            mech_types: Cow::Owned(self.mech_types),
            mic_exchange: self.mic_exchange,
            theirs: response.mech_list_mic.map(Cow::Borrowed),
            answer: Answer::Later,
        };
        Ok((turn, mech_token))
    }
}

/// One token on its way through the mechanism.
struct Turn<'t> {
    mech_types: Cow<'t, [u8]>,
    mic_exchange: MicExchange,
    /// The mechListMIC that came with the token.
    theirs: Option<Cow<'t, [u8]>>,
    answer: Answer,
}

/// Which of our messages the answer goes into.
#[derive(Clone, Copy)]
enum Answer {
    /// The first, which names the mechanism.
    First(MechType),
    Later,
}

impl Turn<'_> {
    fn answered(
        self,
        conversation: Conversation<'_>,
        answered: Result<MechStep, MechReject>,
    ) -> Result<Step, Reject> {
        match answered {
            Ok(MechStep::Continue { output, next }) => self.goes_on(conversation, output, next),
            Ok(MechStep::Complete { output, established }) => {
                self.completes(conversation, output, established)
            }
            Ok(MechStep::Pending(question)) => {
                let (turn, conversation) = (self.into_owned(), conversation.kept());
                Ok(Step::Pending(Pending(Box::pin(async move {
                    let answered = exchange::settled(question).await;
                    turn.answered(conversation, answered)
                }))))
            }
            Err(MechReject { reason, token }) => {
                let token = encode::reject(token);
                Err(Reject::with_token(reason, Some(token)))
            }
        }
    }

    fn goes_on(
        self,
        conversation: Conversation<'_>,
        output: Token,
        next: Box<dyn AcceptContext>,
    ) -> Result<Step, Reject> {
        if self.theirs.is_some() {
            return Err(refuse(SpnegoError::MicTooEarly));
        }
        let token = encode::neg_token_resp(Response {
            neg_state: self.answer.goes_on(self.mic_exchange),
            supported_mech: self.answer.supported_mech(),
            response_token: Some(output),
            mech_list_mic: None,
        });
        Ok(conversation.parked(
            token,
            State::Underway {
                context: next,
                negotiated: Negotiated {
                    mech_types: self.mech_types.into_owned(),
                    mic_exchange: self.mic_exchange,
                },
            },
        ))
    }

    fn completes(
        self,
        conversation: Conversation<'_>,
        output: Option<Token>,
        established: Box<Established>,
    ) -> Result<Step, Reject> {
        let last = match (
            output
                .as_ref()
                .is_some_and(|output| !output.as_bytes().is_empty()),
            self.answer,
        ) {
            (true, _) => LastMechToken::Acceptor,
            (false, Answer::First(_)) => LastMechToken::OptimisticInitiator,
            (false, Answer::Later) => LastMechToken::Initiator,
        };
        let settled = mic::settle(
            established,
            self.mic_exchange,
            last,
            &self.mech_types,
            self.theirs.as_deref(),
        )
        .map_err(refuse)?;
        match settled {
            Settled::Protected { protected, ours } => Ok(Step::Complete {
                token: Some(encode::neg_token_resp(Response {
                    neg_state: NegState::AcceptCompleted,
                    supported_mech: self.answer.supported_mech(),
                    response_token: output,
                    mech_list_mic: ours.as_deref(),
                })),
                context: SecurityContext::negotiated(protected),
            }),
            Settled::Owed { established, ours } => {
                let token = encode::neg_token_resp(Response {
                    neg_state: self.answer.goes_on(MicExchange::Required),
                    supported_mech: self.answer.supported_mech(),
                    response_token: output,
                    mech_list_mic: Some(&ours),
                });
                Ok(conversation.parked(
                    token,
                    State::MicOwed {
                        established,
                        mech_types: self.mech_types.into_owned(),
                    },
                ))
            }
        }
    }

    fn into_owned(self) -> Turn<'static> {
        Turn {
            mech_types: Cow::Owned(self.mech_types.into_owned()),
            mic_exchange: self.mic_exchange,
            theirs: self.theirs.map(|mic| Cow::Owned(mic.into_owned())),
            answer: self.answer,
        }
    }
}

impl Answer {
    /// What says that another token is awaited. RFC 4178 sections 3.2 c) and 4.2.2: request-mic in the first answer, and there only.
    const fn goes_on(self, mic_exchange: MicExchange) -> NegState {
        match (self, mic_exchange) {
            (Self::First(_), MicExchange::Required) => NegState::RequestMic,
            _ => NegState::AcceptIncomplete,
        }
    }

    const fn supported_mech(self) -> Option<MechType> {
        match self {
            Self::First(mech_type) => Some(mech_type),
            Self::Later => None,
        }
    }
}

// To an initiator that speaks SPNEGO the refusal is told in SPNEGO.
fn refuse(reason: SpnegoError) -> Reject {
    Reject::with_token(Box::new(reason), Some(encode::reject(None)))
}
