//! What is measured, and the tokens for it.

#[path = "../../../mech-krb5/tests/forge/mod.rs"]
mod forge;

use mech_krb5::crypto::{EncryptionType, Key};
use mech_krb5::keytab::{Keytab, KeytabEntry};
use mech_krb5::{Credential, Krb5Initiator, Principal};
use negotiate_core::{
    Ambient, ContextFlags, InitiateStep, Initiator, Secret, SpnegoInitiator, SystemRandom, Timestamp,
};

/// One row of the table.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) etype: EncryptionType,
    pub(crate) flags: ContextFlags,
    pub(crate) framing: Framing,
    /// Services in the keytab, each with its own key; the ticket is for the one in the middle.
    pub(crate) keytab: usize,
    /// Bytes of authorization data in the ticket, which nobody has to understand.
    pub(crate) padding: usize,
    pub(crate) threads: usize,
    pub(crate) replay_cache: Replay,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    Spnego,
    Krb5,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replay {
    Off,
    /// Ours in memory, MIT's in a file of its own.
    On,
    /// Each in a file of its own, of MIT's format.
    BothInFiles,
}

/// As `curl --negotiate` asks, with a ticket as small as that of MIT's KDC.
const LOGIN: Case = Case {
    name: "login: SPNEGO, mutual, AES256-SHA1, token of 750 bytes, keytab of 1",
    etype: EncryptionType::Aes256CtsHmacSha1_96,
    flags: ContextFlags::MUTUAL
        .with(ContextFlags::REPLAY)
        .with(ContextFlags::SEQUENCE)
        .with(ContextFlags::INTEGRITY),
    framing: Framing::Spnego,
    keytab: 1,
    padding: 240,
    threads: 1,
    replay_cache: Replay::Off,
};

pub(crate) const CASES: &[Case] = &[
    LOGIN,
    Case {
        name: "the same, replay cache on",
        replay_cache: Replay::On,
        ..LOGIN
    },
    Case {
        name: "the same, both replay caches in files",
        replay_cache: Replay::BothInFiles,
        ..LOGIN
    },
    Case {
        name: "the same, 2 threads",
        threads: 2,
        ..LOGIN
    },
    Case {
        name: "the same, 2 threads, replay cache on",
        threads: 2,
        replay_cache: Replay::On,
        ..LOGIN
    },
    Case {
        name: "keytab of 100",
        keytab: 100,
        ..LOGIN
    },
    Case {
        name: "keytab of 10,000",
        keytab: 10_000,
        ..LOGIN
    },
    Case {
        name: "keytab of 100,000",
        keytab: 100_000,
        ..LOGIN
    },
    Case {
        name: "ticket of 1 KiB",
        padding: 1024 - 290,
        ..LOGIN
    },
    Case {
        name: "ticket of 4 KiB",
        padding: 4096 - 290,
        ..LOGIN
    },
    Case {
        name: "ticket of 12 KiB",
        padding: 12_288 - 290,
        ..LOGIN
    },
    Case {
        name: "not mutual",
        flags: ContextFlags::INTEGRITY,
        ..LOGIN
    },
    Case {
        name: "without SPNEGO",
        framing: Framing::Krb5,
        ..LOGIN
    },
    Case {
        name: "AES128-SHA1",
        etype: EncryptionType::Aes128CtsHmacSha1_96,
        ..LOGIN
    },
    Case {
        name: "AES128-SHA256",
        etype: EncryptionType::Aes128CtsHmacSha256_128,
        ..LOGIN
    },
    Case {
        name: "AES256-SHA384",
        etype: EncryptionType::Aes256CtsHmacSha384_192,
        ..LOGIN
    },
];

/// What fills a ticket up: authorization data that an acceptor knows and does not look at (MS-KILE section 2.2.4).
const KERB_LOCAL: i32 = 142;
const REALM: &str = "EXAMPLE.TEST";

impl Case {
    fn key(&self, number: usize) -> Key {
        let mut bytes = [0x42; 32];
        bytes[..8].copy_from_slice(&(number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        Key::new(self.etype, &bytes[..self.etype.key_len()]).unwrap()
    }

    fn service(number: usize) -> String {
        format!("HTTP/host{number}.www.example.test@{REALM}")
    }

    /// The file's bytes, as kadmin would have written them.
    pub(crate) fn keytab_file(&self) -> Secret<Vec<u8>> {
        let entry = |number: usize| {
            let principal = Principal::parse(&Self::service(number)).unwrap();
            let (key, etype) = (self.key(number), self.etype.number());
            KeytabEntry::new(principal, Timestamp::now(), 1, etype, key.bytes()).unwrap()
        };
        Keytab::from_entries((0..self.keytab).map(entry).collect()).to_file()
    }

    /// What the initiator has, once for all of its tokens.
    pub(crate) fn credential(&self) -> Credential {
        let (number, session_key) = (self.keytab / 2, self.key(1_000_001));
        let client = format!("alice@{REALM}");
        let now = Timestamp::from_unix(Timestamp::now().unix());
        let mut ticket = forge::Ticket::new(
            &client,
            &Self::service(number),
            &self.key(number),
            &session_key,
            now,
        );
        let padding = vec![0x5a; self.padding];
        let inner = forge::authorization_data(&[(KERB_LOCAL, &padding)]);
        ticket.authorization_data = Some(forge::authorization_data(&[(1, &inner)]));
        Credential {
            client: ticket.client.clone(),
            server: ticket.service.clone(),
            session_etype: self.etype.number(),
            session_key: Secret::new(session_key.bytes().to_vec()),
            flags: ticket.flags,
            authtime: Some(ticket.authtime),
            starttime: ticket.starttime,
            endtime: ticket.endtime,
            renew_till: None,
            ticket: ticket.seal(&mut SystemRandom),
        }
    }

    /// A token that nobody has seen.
    pub(crate) fn token(&self, credential: &Credential) -> Vec<u8> {
        let krb5 = Krb5Initiator::new(credential.clone()).flags(self.flags);
        let initiator: Box<dyn Initiator> = match self.framing {
            Framing::Spnego => Box::new(SpnegoInitiator::new(krb5)),
            Framing::Krb5 => Box::new(krb5),
        };
        let mut ambient = Ambient {
            now: Timestamp::now(),
            random: &mut SystemRandom,
        };
        match initiator.begin(&mut ambient).unwrap() {
            InitiateStep::Continue { output, .. } => output.into_bytes(),
            InitiateStep::Complete { output, .. } => output.expect("a first token").into_bytes(),
        }
    }
}
