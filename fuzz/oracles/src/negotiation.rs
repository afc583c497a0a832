//! RFC 4178 and MS-SPNG once more: a model of the acceptor that predicts every answer of negotiate-core to a scripted
//! mechanism. It reads tokens with `tlv`, keeps everything, and copies freely.

mod decode;

use crate::loopback::{Act, Offers, mic};
use crate::tokens::{ACCEPT_COMPLETED, ACCEPT_INCOMPLETE, Answer, REJECT, REQUEST_MIC};
use decode::{Init, Resp};
use negotiate_core::{ContextFlags, Limits, MechListMic, MechType, Negotiation};
use std::collections::VecDeque;

pub(crate) use decode::is_only_first;

/// Whether a token is a NegTokenInit with its framing, or a NegTokenResp.
pub(crate) fn is_well_formed(token: &[u8]) -> bool {
    match decode::first(token) {
        Ok(decode::First::Spnego(inner)) => decode::init(inner, usize::MAX).is_ok(),
        _ => decode::resp(token).is_ok(),
    }
}

/// The identifiers that the scripted mechanism claims.
pub(crate) const OURS: [MechType; 2] = [MechType::KRB5, MechType::MS_KRB5];

/// What the acceptor must do with a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Continue, with this for the initiator.
    Continue(Said),
    /// Complete.
    Complete(Option<Said>, Negotiation),
    /// Refuse by this code, with this for the initiator.
    Refuse(&'static str, Option<Said>),
}

/// A token for the initiator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// NegTokenInit2.
    Hints,
    /// NegTokenResp.
    Response(Answer),
    /// The mechanism's own.
    Bare(Vec<u8>),
}

/// One conversation.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    acts: VecDeque<Act>,
    limits: Limits,
    tokens: usize,
    place: Place,
    /// The tokens that the mechanism was given.
    pub(crate) given: Vec<Vec<u8>>,
    made: usize,
    verified: usize,
}

#[derive(Clone, Debug)]
enum Place {
    First {
        hinted: bool,
    },
    Bare,
    /// A list of mechanisms, whether it has to be protected, and whether the mechanism had a token.
    Spnego {
        list: Vec<u8>,
        protect: bool,
    },
    MicOwed {
        list: Vec<u8>,
    },
}

/// How a mechanism's act is answered.
enum Way<'a> {
    Bare,
    Spnego {
        list: Vec<u8>,
        protect: bool,
        first: Option<MechType>,
        theirs: Option<&'a [u8]>,
    },
}

impl Model {
    pub(crate) fn new(acts: &[Act], limits: Limits) -> Self {
        Self {
            acts: acts.iter().copied().collect(),
            limits,
            tokens: 0,
            place: Place::First { hinted: false },
            given: Vec::new(),
            made: 0,
            verified: 0,
        }
    }

    /// Whether something was said that a later token goes on with.
    pub(crate) fn is_half_done(&self) -> bool {
        !matches!(self.place, Place::First { .. })
    }

    pub(crate) fn step(&mut self, token: &[u8]) -> Expected {
        if token.len() > self.limits.token_len {
            return Expected::Refuse("spnego.token_too_long", None);
        }
        if self.tokens == self.limits.legs {
            return Expected::Refuse("spnego.too_many_tokens", None);
        }
        self.tokens += 1;
        match self.place.clone() {
            Place::First { hinted } => self.first(token, hinted),
            Place::Bare => self.act(token, Way::Bare),
            later => match decode::resp(token) {
                Err(code) => refuse(code),
                // A reject is not answered.
                Ok(Resp {
                    neg_state: Some(REJECT),
                    ..
                }) => Expected::Refuse("spnego.initiator_rejected", None),
                Ok(resp) if resp.has_supported_mech => refuse("spnego.supported_mech_by_initiator"),
                Ok(resp) => self.later(later, &resp),
            },
        }
    }

    fn first(&mut self, token: &[u8], hinted: bool) -> Expected {
        let oid = match decode::first(token) {
            Ok(decode::First::Empty) if hinted => return Expected::Refuse("spnego.empty_token", None),
            Ok(decode::First::Empty) => {
                self.place = Place::First { hinted: true };
                return Expected::Continue(Said::Hints);
            }
            Ok(decode::First::Spnego(rest)) => {
                return match decode::init(rest, self.limits.mech_types) {
                    Ok(init) => self.negotiate(&init),
                    Err(code) => refuse(code),
                };
            }
            Ok(decode::First::Bare(oid)) => oid,
            Err(code) => return Expected::Refuse(code, None),
        };
        match chosen(&[oid]) {
            Ok(_) => self.act(token, Way::Bare),
            Err(code) => Expected::Refuse(code, None),
        }
    }

    fn negotiate(&mut self, init: &Init<'_>) -> Expected {
        let (index, mech_type) = match chosen(&init.mech_types) {
            Ok(chosen) => chosen,
            Err(code) => return refuse(code),
        };
        let list = init.list.to_vec();
        let protect = index > 0;
        match init.mech_token {
            Some(token) if !protect => {
                let theirs = init.mech_list_mic;
                self.act(
                    token,
                    Way::Spnego {
                        list,
                        protect,
                        first: Some(mech_type),
                        theirs,
                    },
                )
            }
            _ => {
                self.place = Place::Spnego { list, protect };
                let neg_state = if protect { REQUEST_MIC } else { ACCEPT_INCOMPLETE };
                Expected::Continue(Said::Response(Answer::new(neg_state).mech(mech_type)))
            }
        }
    }

    fn later(&mut self, place: Place, resp: &Resp<'_>) -> Expected {
        match place {
            Place::Spnego { list, protect } => match resp.response_token {
                None => refuse("spnego.mech_token_missing"),
                Some(token) => {
                    let theirs = resp.mech_list_mic;
                    self.act(
                        token,
                        Way::Spnego {
                            list,
                            protect,
                            first: None,
                            theirs,
                        },
                    )
                }
            },
            Place::MicOwed { list } => match (resp.response_token, resp.mech_list_mic) {
                (Some(_), _) => refuse("spnego.mech_token_after_end"),
                (None, None) => refuse("spnego.mic_missing"),
                (None, Some(theirs)) => match self.verify(&list, theirs) {
                    Ok(()) => Expected::Complete(None, Negotiation::Spnego),
                    Err(code) => refuse(code),
                },
            },
            Place::First { .. } | Place::Bare => unreachable!("answered before"),
        }
    }

    fn act(&mut self, token: &[u8], way: Way<'_>) -> Expected {
        self.given.push(token.to_vec());
        let act = loop {
            match self
                .acts
                .pop_front()
                .expect("the script has an act for each token")
            {
                Act::Ask => {}
                act => break act,
            }
        };
        let said = |token: Option<&[u8]>| token.map(|token| Said::Bare(token.to_vec()));
        match (act, way) {
            (Act::Ask, _) => unreachable!("skipped"),
            (Act::Refuse(token), Way::Bare) => Expected::Refuse("loopback.refused", said(token)),
            (Act::Refuse(token), Way::Spnego { .. }) => {
                let answer = with_token(Answer::new(REJECT), token);
                Expected::Refuse("loopback.refused", Some(Said::Response(answer)))
            }
            (Act::Continue(output), Way::Bare) => {
                self.place = Place::Bare;
                Expected::Continue(Said::Bare(output.to_vec()))
            }
            (Act::Continue(_), Way::Spnego { theirs: Some(_), .. }) => refuse("spnego.mic_too_early"),
            (
                Act::Continue(output),
                Way::Spnego {
                    list, protect, first, ..
                },
            ) => {
                self.place = Place::Spnego { list, protect };
                let answer = with_token(named(Answer::new(ACCEPT_INCOMPLETE), first), Some(output));
                Expected::Continue(Said::Response(answer))
            }
            (Act::Complete(output, _), Way::Bare) => Expected::Complete(said(output), Negotiation::Bare),
            (
                Act::Complete(output, offers),
                Way::Spnego {
                    list,
                    protect,
                    first,
                    theirs,
                },
            ) => self.complete(output, offers, list, protect, first, theirs),
        }
    }

    /// RFC 4178 section 5.
    fn complete(
        &mut self,
        output: Option<&[u8]>,
        offers: Offers,
        list: Vec<u8>,
        protect: bool,
        first: Option<MechType>,
        theirs: Option<&[u8]>,
    ) -> Expected {
        let has_integrity = offers.flags.contains(ContextFlags::INTEGRITY);
        let is_due = has_integrity && (protect || offers.mech_list_mic == MechListMic::Required);
        let answer = |neg_state| with_token(named(Answer::new(neg_state), first), output);
        if let Some(theirs) = theirs {
            return match self.verify(&list, theirs).and_then(|()| self.make(offers, &list)) {
                Ok(ours) => {
                    let answer = answer(ACCEPT_COMPLETED).mic(ours);
                    Expected::Complete(Some(Said::Response(answer)), Negotiation::Spnego)
                }
                Err(code) => refuse(code),
            };
        }
        if !is_due {
            return Expected::Complete(
                Some(Said::Response(answer(ACCEPT_COMPLETED))),
                Negotiation::Spnego,
            );
        }
        // The initiator sends its MIC with its last token, unless that was the optimistic one or ours comes later.
        let ours_is_last = output.is_some_and(|output| !output.is_empty());
        if first.is_none() && !ours_is_last {
            return refuse("spnego.mic_missing");
        }
        match self.make(offers, &list) {
            Ok(ours) => {
                self.place = Place::MicOwed { list };
                let neg_state = if first.is_some() {
                    REQUEST_MIC
                } else {
                    ACCEPT_INCOMPLETE
                };
                Expected::Continue(Said::Response(answer(neg_state).mic(ours)))
            }
            Err(code) => refuse(code),
        }
    }

    fn verify(&mut self, list: &[u8], theirs: &[u8]) -> Result<(), &'static str> {
        self.verified += 1;
        if theirs == mic("initiator", self.verified, list) {
            Ok(())
        } else if theirs == mic("initiator", self.verified + 1, list) {
            Err("spnego.mic_out_of_sequence")
        } else {
            Err("spnego.mic_wrong")
        }
    }

    fn make(&mut self, offers: Offers, list: &[u8]) -> Result<Vec<u8>, &'static str> {
        if !offers.makes_mics {
            return Err("spnego.mic_not_made");
        }
        self.made += 1;
        Ok(mic("acceptor", self.made, list))
    }
}

/// The first of the offered mechanisms that is ours, and its place in the list.
fn chosen(offered: &[&[u8]]) -> Result<(usize, MechType), &'static str> {
    let is_ours = |oid: &&[u8]| OURS.into_iter().find(|ours| ours.contents() == *oid);
    let first = offered
        .iter()
        .enumerate()
        .find_map(|(index, oid)| Some((index, is_ours(oid)?)));
    let has = |mech_type: MechType| offered.contains(&mech_type.contents());
    let odd = [MechType::NEGOEX, MechType::IAKERB].map(|odd| odd.contents());
    first.ok_or(if has(MechType::NTLMSSP) {
        "spnego.ntlm_offered"
    } else if !offered.iter().all(|oid| odd.contains(oid)) {
        "spnego.no_common_mechanism"
    } else if has(MechType::NEGOEX) {
        "spnego.negoex_offered"
    } else {
        "spnego.iakerb_offered"
    })
}

fn named(answer: Answer, first: Option<MechType>) -> Answer {
    match first {
        Some(mech_type) => answer.mech(mech_type),
        None => answer,
    }
}

fn with_token(answer: Answer, token: Option<&[u8]>) -> Answer {
    match token {
        Some(token) if !token.is_empty() => answer.token(token),
        _ => answer,
    }
}

/// A refusal that is told in SPNEGO.
fn refuse(code: &'static str) -> Expected {
    Expected::Refuse(code, Some(Said::Response(Answer::new(REJECT))))
}
