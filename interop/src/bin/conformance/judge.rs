//! Where and when tokens are judged, and the two acceptors that judge them.

use crate::draw::Draw;
use crate::verdict::{Facts, Pac, Verdict, neg_state};
use interop::peers::{at_clock, tool};
use md5::{Digest as _, Md5};
use mech_krb5::crypto::EncryptionTypes;
use mech_krb5::keytab::Keytab;
use mech_krb5::replay::{ReplayAnswer, ReplayCache, ReplayEntry};
use mech_krb5::{Credential, Details, Fact, Krb5, Krb5ConfigError, NotUtf8, Warning};
use negotiate_core::{
    Acceptor, Ambient, ChannelBindings, Reject, SecurityContext, SpnegoError, Step, Timestamp,
};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::Arc;

/// Keys, time and channel: what both acceptors have alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Judge {
    pub(crate) keytab: PathBuf,
    /// A whole second: MIT's frozen clock has no more.
    pub(crate) now: Timestamp,
    /// Application data.
    pub(crate) bindings: Option<Vec<u8>>,
    pub(crate) types: Types,
}

/// Which encryption types both take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Types {
    /// Those that we take without their being named.
    Default,
    /// RC4 and Camellia besides.
    Named,
}

impl Types {
    pub(crate) const fn encryption_types(self) -> EncryptionTypes {
        let types = EncryptionTypes::new();
        match self {
            Self::Default => types,
            Self::Named => types.danger_with_rc4().with_camellia(),
        }
    }

    /// For `KRB5_CONFIG`. What an earlier file of it says counts.
    const fn krb5_conf(self) -> &'static str {
        match self {
            Self::Default => concat!(env!("CARGO_MANIFEST_DIR"), "/conformance/krb5.conf"),
            Self::Named => concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/conformance/krb5-named.conf:",
                env!("CARGO_MANIFEST_DIR"),
                "/conformance/krb5.conf"
            ),
        }
    }
}

/// The tokens of one initiator, in order.
pub(crate) type Conversation = Vec<Vec<u8>>;

/// negotiate-core's acceptor with mech-krb5 and every default but for the types.
pub(crate) struct Ours {
    /// Or why the keytab is not enough for one.
    acceptor: Result<Acceptor, Krb5ConfigError>,
    now: Timestamp,
    bindings: Option<Arc<ChannelBindings>>,
}

/// Takes every authenticator for new, as MIT's acceptor does here.
#[derive(Debug)]
struct Forgetful;

impl ReplayCache for Forgetful {
    fn check(&self, _: ReplayEntry<'_>, _: Timestamp) -> ReplayAnswer {
        ReplayAnswer::Fresh
    }
}

impl Judge {
    pub(crate) fn keys(&self) -> Keytab {
        let file = std::fs::read(&self.keytab).expect("a keytab that was there");
        Keytab::parse(&file).expect("a keytab")
    }

    pub(crate) fn ours(&self) -> Ours {
        let krb5 = Krb5::builder(self.keys())
            .encryption_types(self.types.encryption_types())
            .replay_cache(Arc::new(Forgetful))
            .build();
        let bindings = self.bindings.clone();
        Ours {
            acceptor: krb5.map(|krb5| {
                Acceptor::builder()
                    .mechanism(krb5)
                    .build()
                    .expect("one mechanism")
            }),
            now: self.now,
            bindings: bindings.map(|data| Arc::new(ChannelBindings::from_application_data(data))),
        }
    }
}

impl Ours {
    pub(crate) fn verdict(&self, conversation: &Conversation) -> Verdict {
        catch_unwind(AssertUnwindSafe(|| self.judge(conversation))).unwrap_or_else(|_| Verdict::Died {
            how: "panic".to_owned(),
        })
    }

    fn judge(&self, conversation: &Conversation) -> Verdict {
        let mut random = Draw::new(0);
        let mut ambient = Ambient {
            now: self.now,
            random: &mut random,
        };
        let acceptor = match &self.acceptor {
            Ok(acceptor) => acceptor,
            Err(error) => return Verdict::refused(&error.to_string()),
        };
        let mut exchange = acceptor.exchange(self.bindings.clone());
        let mut last_state = None;
        for (leg, token) in conversation.iter().enumerate() {
            match exchange.step(token, &mut ambient) {
                Ok(Step::Complete { context, token }) => {
                    return Verdict::Accepted(self.facts(&context, leg, token.is_some()));
                }
                Ok(Step::Continue {
                    token,
                    exchange: next,
                }) => {
                    last_state = neg_state(token.as_bytes());
                    exchange = next;
                }
                Ok(Step::Pending(_)) => unreachable!("no question goes outside"),
                Err(reject) => return Verdict::refused(&reason(&reject)),
            }
        }
        Verdict::Continue {
            neg_state: last_state,
        }
    }

    fn facts(&self, context: &SecurityContext, leg: usize, answers: bool) -> Facts {
        let details: &Details = context.details().expect("by mech-krb5");
        let expires = context.expires().expect("a ticket has an end");
        let lifetime = expires.seconds_since(self.now) + CLOCK_SKEW;
        let delegated = details
            .delegated
            .as_ref()
            .and_then(|delegated| delegated.credentials().first());
        let owner = |credential: &Credential| match credential.client.to_text() {
            _ if credential.endtime <= self.now => "expired".to_owned(),
            Ok(client) => client,
            Err(NotUtf8) => "not UTF-8".to_owned(),
        };
        Facts {
            leg,
            initiator: context.initiator().to_string(),
            acceptor: context
                .acceptor()
                .filter(|_| lifetime > 0)
                .map(|name| name.to_string()),
            flags: context.flags().bits(),
            lifetime,
            delegated: delegated.map(owner),
            answers,
            pac: match &details.pac {
                Some(pac) => Pac::Verified(md5(pac.as_bytes())),
                None => Pac::None(details.warnings.iter().find_map(|warning| match warning {
                    Warning::PacDiscarded(fault) => Some(fault.to_string()),
                    _ => None,
                })),
            },
            indicators: details.authentication_indicators.clone(),
        }
    }
}

/// As `accept_batch.py` tells a PAC.
fn md5(bytes: &[u8]) -> String {
    let digest = Md5::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Which MIT's lifetimes include.
const CLOCK_SKEW: i64 = 300;

/// Code and fact, and what kind of fact where one code is for many.
fn reason(reject: &Reject) -> String {
    let (code, text) = (reject.reason().code(), reject.reason().to_string());
    let text = text.split(" at byte ").next().unwrap_or(&text);
    let kind = match (reject.downcast_ref(), reject.downcast_ref()) {
        (
            Some(mech_krb5::Error {
                fact: Fact::BadDelegation(fault),
                ..
            }),
            _,
        ) => format!(": {fault:?}"),
        (
            Some(mech_krb5::Error {
                fact: Fact::BadGssChecksum(fault),
                ..
            }),
            _,
        ) => format!(": {fault:?}"),
        (_, Some(SpnegoError::Malformed(error))) => format!(": {:?}", error.kind()),
        _ => String::new(),
    };
    format!("{code}: {text}{kind}")
}

/// MIT's acceptor in a process of its own, at a clock that stands still.
pub(crate) struct Mit {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Mit {
    pub(crate) fn start(judge: &Judge) -> Self {
        let mut accept = tool("accept_batch.py");
        accept.arg(&judge.keytab);
        if let Some(bindings) = &judge.bindings {
            accept.arg(
                bindings
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect::<String>(),
            );
        }
        let (year, month, day, hour, minute, second) = judge.now.civil();
        let clock = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
        let mut command = at_clock(&clock, &accept);
        command
            .env("TZ", "UTC")
            .env("KRB5_CONFIG", judge.types.krb5_conf());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}; ./check installs what is missing"));
        Self {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().expect("piped")),
            child,
        }
    }

    /// In order.
    pub(crate) fn verdicts<'c>(
        &mut self,
        conversations: impl Iterator<Item = &'c Conversation> + Send,
    ) -> Vec<Verdict> {
        let (input, output) = (self.input.as_mut().expect("open until the end"), &mut self.output);
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for conversation in conversations {
                    input
                        .write_all(&framed(conversation))
                        .expect("accept_batch.py reads on");
                    sender.send(()).expect("somebody waits");
                }
            });
            let mut line = String::new();
            let answers = receiver.iter().map(|()| {
                line.clear();
                let len = output.read_line(&mut line).expect("accept_batch.py writes text");
                assert!(len > 0, "accept_batch.py ended");
                parse(&line)
            });
            answers.collect()
        })
    }
}

impl Drop for Mit {
    fn drop(&mut self) {
        // The end of its input ends it.
        drop(self.input.take());
        drop(self.child.wait());
    }
}

fn framed(conversation: &Conversation) -> Vec<u8> {
    let mut out = vec![conversation.len() as u8];
    for token in conversation {
        out.extend((token.len() as u32).to_be_bytes());
        out.extend(token);
    }
    out
}

fn parse(line: &str) -> Verdict {
    let said: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let text = |key: &str| said[key].as_str().unwrap_or_default().to_owned();
    match text("verdict").as_str() {
        "accepted" => Verdict::Accepted(Facts {
            leg: said["leg"].as_u64().unwrap_or(0) as usize,
            initiator: text("initiator"),
            acceptor: said["acceptor"].as_str().map(str::to_owned),
            flags: said["flags"].as_u64().unwrap_or(0) as u32 & !PER_MESSAGE_READY,
            lifetime: said["lifetime"].as_i64().unwrap_or(0),
            delegated: said["delegated"].as_str().map(str::to_owned),
            answers: said["answers"].as_bool().unwrap_or(false),
            pac: said["pac"]
                .as_str()
                .map_or(Pac::None(None), |digest| Pac::Verified(digest.to_owned())),
            indicators: said["indicators"].as_array().map_or_else(Vec::new, |list| {
                list.iter()
                    .filter_map(|indicator| indicator.as_str().map(str::to_owned))
                    .collect()
            }),
        }),
        "continue" => Verdict::Continue {
            neg_state: neg_state(&from_hex(&text("token"))),
        },
        "died" => Verdict::Died { how: text("how") },
        _ => Verdict::refused(&text("reason").replace(NO_DETAIL, "")),
    }
}

/// PROT_READY and TRANS (RFC 2744 section 5.1).
const PER_MESSAGE_READY: u32 = 0x180;
/// What libgssapi says before every minor status.
const NO_DETAIL: &str = "Unspecified GSS failure.  Minor code may provide more information; ";

fn from_hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks_exact(2);
    digits
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
