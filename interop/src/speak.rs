//! Whole conversations with other people's initiators, by `tools/speak.py` and `tools/user_to_user.py`: the login, and messages
//! under its keys.

use crate::kdc::Tickets;
use crate::peers::tool;
use negotiate_core::{
    Acceptor, Ambient, Exchange, MessageOrder, Protection, Reject, SecurityContext, Step, SystemRandom,
    Timestamp, Unwrapped,
};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const THEIRS: &[u8] = b"from the initiator";
const OURS: &[u8] = b"from the acceptor";

/// An initiator: `library` and `flags` are those that `tools/speak.py` knows.
#[must_use]
pub fn initiator(library: &str, service: &str, flags: &[&str]) -> Command {
    let mut command = tool("speak.py");
    command.args([library, service]).args(flags);
    command
}

/// What the initiator said.
#[derive(Debug)]
pub struct Spoken {
    /// Its first token.
    pub first: Vec<u8>,
    /// Those that came after it, to the end of the login.
    pub later: Vec<Vec<u8>>,
    /// Its MIC.
    pub mic: Vec<u8>,
}

/// Lets the initiator log in and speak, and answers it.
///
/// # Errors
///
/// If the acceptor refuses it.
///
/// # Panics
///
/// If either does not understand the other's messages.
pub fn converse(
    initiator: &mut Command,
    acceptor: &Acceptor,
) -> Result<(SecurityContext, Spoken), Box<Reject>> {
    let mut peer = Peer::start(initiator);
    let first = peer.hear();
    let mut context = peer.login(acceptor.exchange(None), &first)?;
    let later = peer.heard.split_off(1);
    let messages = context.per_message();
    let mic = peer.hear();
    assert_eq!(messages.verify_mic(THEIRS, &mic), Ok(MessageOrder::Expected));
    let protections = [Protection::Integrity, Protection::Confidentiality];
    for protection in protections {
        let expected = Unwrapped {
            message: THEIRS.to_vec(),
            protection,
            order: MessageOrder::Expected,
        };
        assert_eq!(messages.unwrap(&peer.hear()), Ok(expected));
    }
    peer.say(&messages.get_mic(OURS).expect("a MIC"));
    for protection in protections {
        let token = messages.wrap(OURS, protection, &mut SystemRandom);
        peer.say(&token.expect("a Wrap token"));
    }
    assert_eq!(peer.line(), "understood");
    Ok((context, Spoken { first, later, mic }))
}

/// A login of user-to-user authentication by MIT's libkrb5: `tools/user_to_user.py`.
#[derive(Debug)]
pub struct UserToUser {
    /// Ours.
    pub context: SecurityContext,
    /// What the initiator sent.
    pub tokens: Vec<Vec<u8>>,
    /// What the initiator said of the end: the acceptor's subkey, if it has understood.
    pub said: String,
}

/// Lets the initiator log in to `service` in this style; `told` is the acceptor's ticket, for who does not ask for it.
///
/// # Errors
///
/// If the acceptor refuses it.
///
/// # Panics
///
/// If the initiator fails.
pub fn user_to_user(
    tickets: &Tickets,
    style: &str,
    service: &str,
    told: Option<&[u8]>,
    acceptor: &Acceptor,
) -> Result<UserToUser, Box<Reject>> {
    let mut command = tool("user_to_user.py");
    command.args(["initiate", style, service]);
    user_to_user_by(tickets.given_to(&mut command), told, acceptor)
}

/// The same by this command.
///
/// # Errors
///
/// If the acceptor refuses it.
///
/// # Panics
///
/// If the initiator fails.
pub fn user_to_user_by(
    initiator: &mut Command,
    told: Option<&[u8]>,
    acceptor: &Acceptor,
) -> Result<UserToUser, Box<Reject>> {
    let mut peer = Peer::start(initiator);
    if let Some(ticket) = told {
        peer.say(ticket);
    }
    let first = peer.hear();
    let context = peer.login(acceptor.exchange(None), &first)?;
    let said = peer.line();
    Ok(UserToUser {
        context,
        tokens: std::mem::take(&mut peer.heard),
        said,
    })
}

struct Peer {
    child: Child,
    /// Every token of the initiator's.
    heard: Vec<Vec<u8>>,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}; ./check installs what is missing"));
        Self {
            input: child.stdin.take().expect("piped"),
            output: BufReader::new(child.stdout.take().expect("piped")),
            child,
            heard: Vec::new(),
        }
    }

    /// The tokens of the login, until the acceptor is content.
    fn login(&mut self, mut exchange: Exchange<'_>, first: &[u8]) -> Result<SecurityContext, Box<Reject>> {
        let mut token = first.to_vec();
        loop {
            let mut ambient = Ambient {
                now: Timestamp::now(),
                random: &mut SystemRandom,
            };
            match exchange.step(&token, &mut ambient)? {
                Step::Continue {
                    token,
                    exchange: next,
                } => {
                    self.say(token.as_bytes());
                    exchange = next;
                }
                Step::Complete { token, context } => {
                    if let Some(token) = token {
                        self.say(token.as_bytes());
                    }
                    return Ok(context);
                }
                Step::Pending(_) => panic!("these acceptors ask nobody"),
            }
            token = self.hear();
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the initiator's output");
        line.trim_end().to_owned()
    }

    fn hear(&mut self) -> Vec<u8> {
        let line = self.line();
        let token: Vec<u8> = (0..line.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&line[at..at + 2], 16).expect("hex digits"))
            .collect();
        assert!(!token.is_empty(), "the initiator ended: see its standard error");
        self.heard.push(token.clone());
        token
    }

    fn say(&mut self, token: &[u8]) {
        let line: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(self.input, "{line}").expect("the initiator reads");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// An acceptor with these entries of a keytab, and a replay cache of its own.
///
/// # Panics
///
/// If they make no acceptor.
#[must_use]
pub fn acceptor(
    entries: Vec<mech_krb5::keytab::KeytabEntry>,
    configure: impl FnOnce(mech_krb5::Krb5Builder) -> mech_krb5::Krb5Builder,
) -> Acceptor {
    let acceptor = Acceptor::builder().mechanism(krb5(entries, configure));
    acceptor.build().expect("a mechanism")
}

/// The mechanism of such an acceptor.
///
/// # Panics
///
/// If the entries make none.
#[must_use]
pub fn krb5(
    entries: Vec<mech_krb5::keytab::KeytabEntry>,
    configure: impl FnOnce(mech_krb5::Krb5Builder) -> mech_krb5::Krb5Builder,
) -> mech_krb5::Krb5 {
    use mech_krb5::replay::{MemoryReplayCache, MemoryReplayConfig};
    let mut ambient = Ambient {
        now: Timestamp::now(),
        random: &mut SystemRandom,
    };
    let config = MemoryReplayConfig {
        on_start: mech_krb5::replay::OnStart::Accept,
        ..MemoryReplayConfig::default()
    };
    let replay_cache = MemoryReplayCache::new(config, &mut ambient).expect("random bytes");
    let keytab = mech_krb5::keytab::Keytab::from_entries(entries);
    let krb5 = configure(mech_krb5::Krb5::builder(keytab))
        .replay_cache(std::sync::Arc::new(replay_cache))
        .build();
    krb5.expect("a key that can be used")
}
