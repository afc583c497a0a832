//! A mechanism that provides NO SECURITY: tokens say in plain words what is to come of them.
//!
//! A first token is framed as RFC 2743 section 3.1 asks, so that it needs no SPNEGO: see [`first`]. Its words:
//!
//! | token | what comes of it |
//! |---|---|
//! | `ok NAME` | complete, with the token `bye NAME` |
//! | `quiet NAME` | complete, without a token |
//! | `more NAME` | another leg: the token `question NAME`, to which `answer NAME` completes |
//! | `for NAMES` | complete, if these are the names that may be addressed: `any`, a list with commas, or `,none` |
//! | `wait WORDS` | what WORDS say, after the test opens the gate |
//! | `no VERDICT` | refused: `unauthenticated`, `forbidden`, `unavailable`, or `token`, which is the first with a token |

use negotiate_core::{
    AcceptContext, AcceptRequest, Acceptor, Ambient, Blame, ContextFlags, Established, Explain, GssMajor,
    MechDetails, MechListMic, MechReject, MechStep, MechType, Mechanism, MessageOrder, Name, NameKind,
    PerMessage, PerMessageError, Protection, Random, Timestamp, Token, Unwrapped, Verdict,
};
use std::fmt;
use std::sync::Arc;
use tokio::sync::Semaphore;

// 1.3.6.1.4.1.32473.1: RFC 5612 gives this enterprise number to examples.
pub(crate) const MECH_TYPE: MechType = MechType::new(b"\x2b\x06\x01\x04\x01\x81\xfd\x59\x01", "script");

pub(crate) const REALM: &str = "EXAMPLE.COM";

#[derive(Debug)]
pub(crate) struct Script {
    gate: Arc<Semaphore>,
}

impl Script {
    /// `wait` waits for a permit of `gate`.
    pub(crate) fn new(gate: Arc<Semaphore>) -> Self {
        Self { gate }
    }

    pub(crate) fn acceptor() -> Acceptor {
        let script = Self::new(Arc::new(Semaphore::new(0)));
        Acceptor::builder().mechanism(script).build().unwrap()
    }
}

/// The first token of an exchange, with these words.
pub(crate) fn first(words: &str) -> Vec<u8> {
    let mut inner = vec![0x06, u8::try_from(MECH_TYPE.contents().len()).unwrap()];
    inner.extend(MECH_TYPE.contents());
    inner.extend(words.as_bytes());
    let mut token = vec![0x60];
    match u16::try_from(inner.len()).unwrap() {
        len @ 0..0x80 => token.push(len.to_be_bytes()[1]),
        len @ 0x80..0x100 => token.extend([0x81, len.to_be_bytes()[1]]),
        len => {
            token.push(0x82);
            token.extend(len.to_be_bytes());
        }
    }
    token.extend(inner);
    token
}

impl Mechanism for Script {
    fn mech_types(&self) -> &[MechType] {
        &[MECH_TYPE]
    }

    fn begin(
        &self,
        request: AcceptRequest<'_>,
        first_token: &[u8],
        _ambient: &mut Ambient<'_>,
    ) -> Result<MechStep, MechReject> {
        let header_len = if first_token[1] < 0x80 {
            2
        } else {
            usize::from(first_token[1]) - 0x7e
        };
        let words = &first_token[header_len + 2 + MECH_TYPE.contents().len()..];
        let words = std::str::from_utf8(words).unwrap().trim_end();
        let bound = request.bindings.is_some();
        match words.split_once(' ').unwrap() {
            ("wait", words) => {
                let (gate, words) = (Arc::clone(&self.gate), words.to_owned());
                Ok(MechStep::Pending(Box::pin(async move {
                    gate.acquire().await.unwrap().forget();
                    say(&words, bound)
                })))
            }
            ("for", names) => {
                let allowed = match request.names.listed() {
                    None => "any".to_owned(),
                    Some([]) => ",none".to_owned(),
                    Some(names) => {
                        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
                        names.join(",")
                    }
                };
                let words = if names == allowed {
                    "ok alice"
                } else {
                    "no forbidden"
                };
                say(words, bound)
            }
            _ => say(words, bound),
        }
    }
}

fn say(words: &str, bound: bool) -> Result<MechStep, MechReject> {
    let (verb, object) = words.split_once(' ').unwrap();
    match verb {
        "ok" => Ok(complete(object, Some(token(format!("bye {object}"))), bound)),
        "quiet" => Ok(complete(object, None, bound)),
        "more" => Ok(MechStep::Continue {
            output: token(format!("question {object}")),
            next: Box::new(Asked {
                name: object.to_owned(),
            }),
        }),
        "no" => Err(MechReject {
            reason: Box::new(match object {
                "forbidden" => Refused(Verdict::Forbidden),
                "unavailable" => Refused(Verdict::Unavailable),
                _ => Refused(Verdict::Unauthenticated),
            }),
            token: (object == "token").then(|| token("why not".to_owned())),
        }),
        other => panic!("no such word: {other}"),
    }
}

fn token(words: String) -> Token {
    words.into_bytes().into()
}

fn complete(name: &str, output: Option<Token>, bound: bool) -> MechStep {
    let mut flags = ContextFlags::MUTUAL;
    if bound {
        flags = flags.with(ContextFlags::CHANNEL_BOUND);
    }
    let realm = name.len() + 1..name.len() + 1 + REALM.len();
    let display = format!("{name}@{REALM}");
    MechStep::Complete {
        output,
        established: Box::new(Established {
            mech_type: MECH_TYPE,
            initiator: Name::new(display, 0..name.len(), realm, NameKind::Named),
            flags,
            expires: Some(Timestamp::from_unix(4_107_542_400)),
            per_message: Box::new(NoMessages),
            mech_list_mic: MechListMic::AsNegotiated,
            details: Box::new(Detail("of the script")),
        }),
    }
}

struct Asked {
    name: String,
}

impl AcceptContext for Asked {
    fn step(self: Box<Self>, input: &[u8], _ambient: &mut Ambient<'_>) -> Result<MechStep, MechReject> {
        if input == format!("answer {}", self.name).as_bytes() {
            Ok(complete(
                &self.name,
                Some(token(format!("bye {}", self.name))),
                false,
            ))
        } else {
            Err(Refused(Verdict::Unauthenticated).into())
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Detail(pub(crate) &'static str);

impl MechDetails for Detail {}

#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Verdict);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the script says no")
    }
}

impl std::error::Error for Refused {}

impl Explain for Refused {
    fn code(&self) -> &'static str {
        "script.no"
    }
    fn blame(&self) -> Blame {
        match self.0 {
            Verdict::Unavailable => Blame::Acceptor,
            _ => Blame::Initiator,
        }
    }
    fn verdict(&self) -> Verdict {
        self.0
    }
    fn gss_major(&self) -> GssMajor {
        GssMajor::Failure
    }
    fn seen(&self) -> String {
        "no".into()
    }
    fn expected(&self) -> String {
        "ok".into()
    }
    fn advice(&self) -> String {
        "write another script".into()
    }
}

#[derive(Debug)]
struct NoMessages;

impl PerMessage for NoMessages {
    fn get_mic(&mut self, _message: &[u8]) -> Result<Vec<u8>, PerMessageError> {
        Err(PerMessageError::Unavailable)
    }
    fn verify_mic(&mut self, _message: &[u8], _mic: &[u8]) -> Result<MessageOrder, PerMessageError> {
        Err(PerMessageError::Unavailable)
    }
    fn wrap(
        &mut self,
        _message: &[u8],
        _protection: Protection,
        _random: &mut dyn Random,
    ) -> Result<Vec<u8>, PerMessageError> {
        Err(PerMessageError::Unavailable)
    }
    fn unwrap(&mut self, _token: &[u8]) -> Result<Unwrapped, PerMessageError> {
        Err(PerMessageError::Unavailable)
    }
}
