//! A service whose key the tests know, so that no KDC is needed: tickets are forged, mech-krb5's initiator sends them,
//! and the platform's library judges them by its own clock.
#![allow(dead_code)] // each test file uses a part

#[path = "../../../mech-krb5/tests/forge/mod.rs"]
pub(crate) mod forge;

use mech_krb5::crypto::{EncryptionType, Key};
use mech_krb5::keytab::{Keytab, KeytabEntry};
use mech_krb5::{Credential, Principal};
use mech_system_gssapi::{ReplayCache, SystemGssapi, SystemGssapiBuilder};
use negotiate_core::{
    Acceptor, AcceptorBuilder, Ambient, ChannelBindings, InitiateStep, Initiated, Initiator, MechReject,
    Reject, Seconds, Secret, SecurityContext, Step, SystemRandom, Timestamp,
};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) const ALICE: &str = "alice@EXAMPLE.TEST";
pub(crate) const HTTP: &str = "HTTP/www.example.test@EXAMPLE.TEST";
pub(crate) const AES256: EncryptionType = EncryptionType::Aes256CtsHmacSha1_96;

/// A directory that goes when the test does.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("negotiate-gssapi-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A key of this type for the service; the same for every call.
pub(crate) fn service_key(etype: EncryptionType) -> Key {
    Key::new(etype, &[7; 32][..etype.key_len()]).unwrap()
}

pub(crate) fn session_key(etype: EncryptionType) -> Key {
    Key::new(etype, &[9; 32][..etype.key_len()]).unwrap()
}

/// A keytab of [`HTTP`] and of a second service, with a key of each type.
pub(crate) fn keytab(scratch: &Scratch) -> PathBuf {
    let services = [HTTP, "host/www.example.test@EXAMPLE.TEST"];
    let entries = services.into_iter().flat_map(|service| {
        EncryptionType::ALL.map(|etype| {
            let principal = Principal::parse(service).unwrap();
            KeytabEntry::new(
                principal,
                Timestamp::now(),
                1,
                etype.number(),
                service_key(etype).bytes(),
            )
            .unwrap()
        })
    });
    let path = scratch.file("keytab");
    std::fs::write(&path, Keytab::from_entries(entries.collect()).to_file().expose()).unwrap();
    path
}

/// The mechanism with that keytab and no replay cache.
pub(crate) fn mechanism(scratch: &Scratch) -> SystemGssapiBuilder {
    SystemGssapi::builder()
        .keytab(keytab(scratch))
        .replay_cache(ReplayCache::None)
}

pub(crate) fn acceptor(scratch: &Scratch, also: impl FnOnce(AcceptorBuilder) -> AcceptorBuilder) -> Acceptor {
    let mechanism = mechanism(scratch).build().unwrap();
    also(Acceptor::builder().mechanism(mechanism)).build().unwrap()
}

/// A ticket of [`ALICE`] for [`HTTP`].
pub(crate) fn ticket(etype: EncryptionType) -> forge::Ticket {
    forge::Ticket::new(
        ALICE,
        HTTP,
        &service_key(etype),
        &session_key(etype),
        Timestamp::now(),
    )
}

/// The ticket in the hands of who was given it.
pub(crate) fn credential(ticket: &forge::Ticket) -> Credential {
    Credential {
        client: ticket.client.clone(),
        server: ticket.service.clone(),
        session_etype: ticket.session_key.keytype,
        session_key: Secret::new(ticket.session_key.keyvalue.clone()),
        flags: ticket.flags,
        authtime: Some(ticket.authtime),
        starttime: ticket.starttime,
        // The initiator sends no ticket that it knows to be over.
        endtime: Timestamp::now().plus(Seconds(36_000)),
        renew_till: None,
        ticket: ticket.seal(&mut SystemRandom),
    }
}

pub(crate) fn with_ambient<T>(now: Timestamp, run: impl FnOnce(&mut Ambient<'_>) -> T) -> T {
    run(&mut Ambient {
        now,
        random: &mut SystemRandom,
    })
}

/// The refusal of either end.
#[derive(Debug)]
pub(crate) enum Refused {
    ByInitiator(MechReject),
    ByAcceptor(Reject),
}

impl Refused {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::ByInitiator(reject) => reject.reason.code(),
            Self::ByAcceptor(reject) => reject.reason().code(),
        }
    }
}

/// Runs both ends to their end, the initiator with this time on its clock.
pub(crate) fn run_at(
    now: Timestamp,
    initiator: impl Initiator + 'static,
    acceptor: &Acceptor,
    bindings: Option<ChannelBindings>,
) -> Result<(Initiated, SecurityContext), Refused> {
    let mut exchange = Some(acceptor.exchange(bindings.map(Arc::new)));
    let mut accepted = None;
    let mut step =
        with_ambient(now, |ambient| Box::new(initiator).begin(ambient)).map_err(Refused::ByInitiator)?;
    loop {
        let (output, next) = match step {
            InitiateStep::Continue { output, next } => (Some(output), Ok(next)),
            InitiateStep::Complete { output, initiated } => (output, Err(initiated)),
        };
        let mut answer = None;
        if let Some(output) = output {
            let waiting = exchange.take().expect("the acceptor waits");
            match settled(with_ambient(Timestamp::now(), |ambient| {
                waiting.step(output.as_bytes(), ambient)
            }))
            .map_err(Refused::ByAcceptor)?
            {
                Step::Continue {
                    token,
                    exchange: waiting,
                } => {
                    exchange = Some(waiting);
                    answer = Some(token);
                }
                Step::Complete { token, context } => {
                    accepted = Some(context);
                    answer = token;
                }
                Step::Pending(_) => unreachable!("settled"),
            }
        }
        match (next, answer) {
            (Err(initiated), None) => return Ok((initiated, accepted.expect("both ends are done"))),
            (Ok(next), Some(answer)) => {
                step = with_ambient(now, |ambient| next.step(answer.as_bytes(), ambient))
                    .map_err(Refused::ByInitiator)?;
            }
            (next, answer) => panic!("{answer:?} for {:?}", next.err()),
        }
    }
}

pub(crate) fn run(
    initiator: impl Initiator + 'static,
    acceptor: &Acceptor,
    bindings: Option<ChannelBindings>,
) -> Result<(Initiated, SecurityContext), Refused> {
    run_at(Timestamp::now(), initiator, acceptor, bindings)
}

/// Every token of this mechanism is answered later: waits for it.
pub(crate) fn settled(step: Result<Step, Reject>) -> Result<Step, Reject> {
    match step {
        Ok(Step::Pending(pending)) => settled(pollster::block_on(pending)),
        step => step,
    }
}
