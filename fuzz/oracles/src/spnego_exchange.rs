//! A whole conversation: several tokens, right and wrong, at any time, and a mechanism that may do anything. Each answer is
//! predicted by the model of RFC 4178, so that in particular nothing completes without the mechanism's word and the
//! mechListMICs that are due.

use crate::conversation::Conversation;
use crate::loopback::{Act, DEMANDS_MIC, INTEGRITY, NO_INTEGRITY, NO_MICS, mic};
use crate::tokens::{init, mech_type_list, resp};
use arbitrary::{Arbitrary, Unstructured};
use negotiate_core::{Limits, MechType};

/// # Panics
/// If negotiate-core and the model differ.
pub fn check(input: &[u8]) {
    let Ok(script) = Script::arbitrary_take_rest(Unstructured::new(input)) else {
        return;
    };
    let limits = Limits {
        token_len: if script.short {
            100
        } else {
            Limits::default().token_len
        },
        mech_types: 4,
        legs: 5,
    };
    let mut acts: Vec<Act> = script.middle.iter().take(8).map(MiddleAct::act).collect();
    acts.push(script.last.act());
    let mut conversation = Some(Conversation::new(&acts, limits));
    let mut first_list = None;
    for message in script.messages.iter().take(10) {
        let token = message.token(&mut first_list);
        conversation = match conversation {
            Some(conversation) => conversation.step(&token),
            None => break,
        };
    }
}

#[derive(Arbitrary, Debug)]
struct Script {
    short: bool,
    middle: Vec<MiddleAct>,
    last: LastAct,
    messages: Vec<Message>,
}

#[derive(Arbitrary, Debug)]
enum MiddleAct {
    Continue,
    ContinueWithoutToken,
    Ask,
}

impl MiddleAct {
    fn act(&self) -> Act {
        match self {
            Self::Continue => Act::Continue(b"more"),
            Self::ContinueWithoutToken => Act::Continue(b""),
            Self::Ask => Act::Ask,
        }
    }
}

#[derive(Arbitrary, Debug)]
enum LastAct {
    Complete { output: Output, offers: Offers },
    Refuse(Output),
}

#[derive(Arbitrary, Debug)]
enum Output {
    None,
    Empty,
    Some,
}

#[derive(Arbitrary, Debug)]
enum Offers {
    Integrity,
    DemandsMic,
    NoIntegrity,
    NoMics,
}

impl LastAct {
    fn act(&self) -> Act {
        let token = |output: &Output| match output {
            Output::None => None,
            Output::Empty => Some(&b""[..]),
            Output::Some => Some(&b"out"[..]),
        };
        match self {
            Self::Refuse(output) => Act::Refuse(token(output)),
            Self::Complete { output, offers } => {
                let offers = match offers {
                    Offers::Integrity => INTEGRITY,
                    Offers::DemandsMic => DEMANDS_MIC,
                    Offers::NoIntegrity => NO_INTEGRITY,
                    Offers::NoMics => NO_MICS,
                };
                Act::Complete(token(output), offers)
            }
        }
    }
}

/// What an initiator sends.
#[derive(Arbitrary, Debug)]
enum Message {
    Init {
        mech_types: Vec<Offered>,
        token: Option<Vec<u8>>,
        mic: Option<Mic>,
    },
    Resp {
        neg_state: Option<u8>,
        token: Option<Vec<u8>>,
        mic: Option<Mic>,
    },
    /// One of these with a byte changed.
    Changed(Box<Message>, u16, u8),
    Raw(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
enum Offered {
    Krb5,
    MsKrb5,
    Ntlmssp,
    NegoEx,
    Iakerb,
    Spnego,
}

/// What stands in the place of a mechListMIC.
#[derive(Arbitrary, Debug)]
enum Mic {
    /// A genuine one over the list of the first initial token, by its number.
    Over(u8),
    Raw(Vec<u8>),
}

impl Message {
    fn token(&self, first_list: &mut Option<Vec<u8>>) -> Vec<u8> {
        let bytes = |mic: &Mic, list: &Option<Vec<u8>>| match mic {
            Mic::Over(number) => mic_over(*number, list.as_deref().unwrap_or_default()),
            Mic::Raw(bytes) => bytes.clone(),
        };
        match self {
            Self::Init {
                mech_types,
                token,
                mic,
            } => {
                let offered: Vec<MechType> = mech_types.iter().take(6).map(Offered::mech_type).collect();
                let list = first_list.get_or_insert_with(|| mech_type_list(&offered)).clone();
                let mic = mic.as_ref().map(|mic| bytes(mic, &Some(list)));
                init(&offered, token.as_deref(), mic.as_deref())
            }
            Self::Resp {
                neg_state,
                token,
                mic,
            } => {
                let mic = mic.as_ref().map(|mic| bytes(mic, first_list));
                resp(neg_state.map(|state| state % 5), token.as_deref(), mic.as_deref())
            }
            Self::Changed(message, at, by) => {
                let mut token = message.token(first_list);
                let len = token.len().max(1);
                if let Some(byte) = token.get_mut(usize::from(*at) % len) {
                    *byte ^= by;
                }
                token
            }
            Self::Raw(bytes) => bytes.clone(),
        }
    }
}

fn mic_over(number: u8, list: &[u8]) -> Vec<u8> {
    mic("initiator", usize::from(number % 4), list)
}

impl Offered {
    fn mech_type(&self) -> MechType {
        match self {
            Self::Krb5 => MechType::KRB5,
            Self::MsKrb5 => MechType::MS_KRB5,
            Self::Ntlmssp => MechType::NTLMSSP,
            Self::NegoEx => MechType::NEGOEX,
            Self::Iakerb => MechType::IAKERB,
            Self::Spnego => MechType::SPNEGO,
        }
    }
}
