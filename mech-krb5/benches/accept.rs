//! What accepting costs, and refusing: tokens as `curl --negotiate` sends them (SPNEGO, mutual authentication), freshly
//! forged, through negotiate-core's acceptor, with the replay cache in memory.
//! `cargo bench -p mech-krb5 --bench accept`; compare figures of one run.
//!
//! The time runs from the token to the end of the context, which wipes its keys. Allocations are not counted here, for
//! counting takes time: `tests/allocations.rs` does it.

#[path = "../tests/forge/mod.rs"]
mod forge;

use divan::{Bencher, black_box};
use mech_krb5::crypto::{EncryptionType, Key, KeyUsage};
use mech_krb5::keytab::{Keytab, KeytabEntry};
use mech_krb5::message::{ApOptions, ApReq};
use mech_krb5::pac::BufferType;
use mech_krb5::replay::{
    MemoryReplayCache, MemoryReplayConfig, OnStart, ReplayAnswer, ReplayCache, ReplayEntry,
};
use mech_krb5::{Krb5, Principal};
use negotiate_core::{
    Acceptor, Ambient, ContextFlags, MechType, Random, RandomUnavailable, Reject, Step, SystemRandom,
    Timestamp,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const NOW: Timestamp = Timestamp::from_unix(1_795_327_048);
/// What fills a ticket up: authorization data that an acceptor knows and does not look at (MS-KILE section 2.2.4).
const KERB_LOCAL: i32 = 142;
const ETYPE: EncryptionType = EncryptionType::Aes256CtsHmacSha1_96;

fn main() {
    divan::Divan::default()
        .sample_size(50)
        .sample_count(100)
        .config_with_args()
        .main();
}

/// Takes every authenticator for new: shows what a replay cache costs.
#[derive(Debug)]
struct Forgetful;

impl ReplayCache for Forgetful {
    fn check(&self, _: ReplayEntry<'_>, _: Timestamp) -> ReplayAnswer {
        ReplayAnswer::Fresh
    }
}

/// A service, and an initiator that has a ticket for it.
struct Login {
    acceptor: Acceptor,
    ticket: forge::Ticket,
    session_key: Key,
    sealed_ticket: Vec<u8>,
    flags: ContextFlags,
    /// Microseconds since 1970.
    now: AtomicI64,
}

fn key(etype: EncryptionType, number: usize) -> Key {
    let mut bytes = [0x42; 32];
    bytes[..8].copy_from_slice(&(number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    Key::new(etype, &bytes[..etype.key_len()]).unwrap()
}

fn service(number: usize) -> String {
    format!("HTTP/host{number}.www.example.com@EXAMPLE.COM")
}

/// In AD-IF-RELEVANT.
fn set_authorization_data(ticket: &mut forge::Ticket, ad_type: i32, ad_data: &[u8]) {
    let element = forge::authorization_data(&[(ad_type, ad_data)]);
    ticket.authorization_data = Some(forge::authorization_data(&[(1, &element)]));
}

impl Login {
    fn new(etype: EncryptionType, entries: usize) -> Self {
        let config = MemoryReplayConfig {
            on_start: OnStart::Accept,
            ..MemoryReplayConfig::default()
        };
        let mut ambient = Ambient {
            now: NOW,
            random: &mut SystemRandom,
        };
        let replay_cache = MemoryReplayCache::new(config, &mut ambient).unwrap();
        Self::with_replay_cache(etype, entries, Arc::new(replay_cache))
    }

    /// The ticket is for the entry in the middle of the keytab.
    fn with_replay_cache(etype: EncryptionType, entries: usize, replay_cache: Arc<dyn ReplayCache>) -> Self {
        let entry = |number: usize| {
            let principal = Principal::parse(&service(number)).unwrap();
            KeytabEntry::new(principal, NOW, 1, etype.number(), key(etype, number).bytes()).unwrap()
        };
        let keytab = Keytab::from_entries((0..entries).map(entry).collect());
        let krb5 = Krb5::builder(keytab).replay_cache(replay_cache).build().unwrap();
        let service_key = key(etype, entries / 2);
        let session_key = key(etype, 1_000_001);
        let mut ticket = forge::Ticket::new(
            "alice@EXAMPLE.COM",
            &service(entries / 2),
            &service_key,
            &session_key,
            NOW,
        );
        // As much as MIT krb5's KDC writes; what is in it is not looked at.
        set_authorization_data(&mut ticket, KERB_LOCAL, &[0x5a; 280]);
        Self {
            acceptor: Acceptor::builder().mechanism(krb5).build().unwrap(),
            sealed_ticket: ticket.seal(&mut SystemRandom),
            ticket,
            session_key,
            flags: ContextFlags::MUTUAL.with(ContextFlags::INTEGRITY),
            now: AtomicI64::new(NOW.unix_micros()),
        }
    }

    /// With a PAC of about this length, as Active Directory writes it for a user of many groups.
    fn with_pac(len: usize) -> Self {
        let mut login = Self::new(ETYPE, 1);
        let claims = vec![0x5a; len.saturating_sub(900)];
        let logon_info = testvectors::load("pac/logon-info.txt")[1].bytes("logon-info");
        let pac = forge::pac::Pac::new("alice", NOW)
            .with(BufferType::LOGON_INFO, logon_info)
            .with(BufferType::CLIENT_CLAIMS, claims);
        let pac = pac.sign(&login.ticket.service_key, &key(ETYPE, 1_000_004));
        set_authorization_data(&mut login.ticket, 128, &pac);
        login.sealed_ticket = login.ticket.seal(&mut SystemRandom);
        login
    }

    /// A token with an authenticator that was not seen before.
    fn token(&self) -> Vec<u8> {
        let now = Timestamp::from_unix_micros(self.now.fetch_add(1, Ordering::Relaxed));
        let session_key = &self.session_key;
        let etype = session_key.encryption_type();
        let authenticator = forge::Authenticator::new(&self.ticket, self.flags, &key(etype, 1_000_002), now);
        let ap_options = if self.flags.contains(ContextFlags::MUTUAL) {
            ApOptions::MUTUAL_REQUIRED
        } else {
            ApOptions(0)
        };
        let ap_req = authenticator.ap_req(ap_options, &self.sealed_ticket, session_key, &mut SystemRandom);
        let mech_token = forge::framed(MechType::KRB5, &ap_req);
        forge::neg_token_init(&[MechType::KRB5, MechType::NTLMSSP], &mech_token)
    }

    fn step(&self, token: &[u8], now: Timestamp) -> Result<Step, Reject> {
        let mut ambient = Ambient {
            now,
            random: &mut SystemRandom,
        };
        self.acceptor.exchange(None).step(token, &mut ambient)
    }

    fn bench_accept(&self, bencher: Bencher<'_, '_>) {
        bencher.with_inputs(|| self.token()).bench_local_refs(|token| {
            let step = self.step(black_box(token), NOW);
            assert!(matches!(step, Ok(Step::Complete { .. })), "{step:?}");
        });
    }

    fn bench_accept_on_threads(&self, bencher: Bencher<'_, '_>) {
        bencher.with_inputs(|| self.token()).bench_refs(|token| {
            let step = self.step(black_box(token), NOW);
            assert!(matches!(step, Ok(Step::Complete { .. })), "{step:?}");
        });
    }

    fn bench_refuse(&self, bencher: Bencher<'_, '_>, code: &str, token: &[u8], now: Timestamp) {
        let refused = self.step(token, now).unwrap_err();
        assert_eq!(refused.reason().code(), code);
        bencher.bench_local(|| {
            drop(black_box(self.step(black_box(token), now)));
        });
    }
}

/// What accepting cannot be faster than: the same ciphertexts opened, the same keys derived, an answer of the same length
/// sealed, as many random bytes drawn. Compare with `accepted::encryption_type`.
#[divan::bench(args = EncryptionType::ALL)]
fn cryptography_alone(bencher: Bencher<'_, '_>, etype: EncryptionType) {
    // The sealed part of an AP-REP with subkey and sequence number.
    const AP_REP_PART: [u8; 92] = [0x5a; 92];
    let login = Login::new(etype, 1);
    let service_key = login.ticket.service_key.for_usage(KeyUsage::TICKET);
    let session_key = login.session_key.bytes().to_vec();
    bencher
        .with_inputs(|| {
            let token = login.token();
            let at = token
                .windows(2)
                .position(|tag| tag == [0x6e, 0x82])
                .expect("an AP-REQ");
            let ap_req = ApReq::decode(&token[at..]).expect("the one that was framed");
            (
                ap_req.ticket.enc_part.cipher.to_vec(),
                ap_req.authenticator.cipher.to_vec(),
            )
        })
        .bench_local_refs(|(ticket, authenticator)| {
            service_key.decrypt_in_place(ticket).expect("its own key");
            let session_key = Key::new(etype, black_box(&session_key)).expect("a key");
            session_key
                .for_usage(KeyUsage::AP_REQ_AUTHENTICATOR)
                .decrypt_in_place(authenticator)
                .expect("its own key");
            // Subkey, sequence number and confounder, in one draw.
            let mut random = [0; 32 + 4 + 16];
            SystemRandom.fill(&mut random).expect("random bytes");
            let sealed = session_key
                .for_usage(KeyUsage::AP_REP)
                .encrypt(&AP_REP_PART, &mut Drawn);
            (black_box(random), sealed)
        });
}

/// Random bytes that were drawn before.
struct Drawn;

impl Random for Drawn {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        out.fill(0x5a);
        Ok(())
    }
}

mod accepted {
    use super::*;

    #[divan::bench(args = [1, 100, 10_000, 100_000])]
    fn keytab_entries(bencher: Bencher<'_, '_>, entries: usize) {
        Login::new(ETYPE, entries).bench_accept(bencher);
    }

    #[divan::bench(args = EncryptionType::ALL)]
    fn encryption_type(bencher: Bencher<'_, '_>, etype: EncryptionType) {
        Login::new(etype, 1).bench_accept(bencher);
    }

    #[divan::bench]
    fn without_replay_cache(bencher: Bencher<'_, '_>) {
        Login::with_replay_cache(ETYPE, 1, Arc::new(Forgetful)).bench_accept(bencher);
    }

    /// Threads that share everything, the replay cache too. As many as there are processors should take as long as one.
    #[divan::bench(threads = [1, 2])]
    fn on_threads(bencher: Bencher<'_, '_>) {
        Login::new(ETYPE, 1).bench_accept_on_threads(bencher);
    }

    /// The same, and no replay cache.
    #[divan::bench(threads = [1, 2])]
    fn on_threads_without_replay_cache(bencher: Bencher<'_, '_>) {
        Login::with_replay_cache(ETYPE, 1, Arc::new(Forgetful)).bench_accept_on_threads(bencher);
    }

    /// Verified, the user's SID read, no other attribute asked for.
    #[divan::bench(args = [1_000, 4_096, 12_288])]
    fn pac_of_bytes(bencher: Bencher<'_, '_>, len: usize) {
        Login::with_pac(len).bench_accept(bencher);
    }

    /// The same bytes in the ticket, and nobody looks at them.
    #[divan::bench(args = [1_000, 4_096, 12_288])]
    fn other_data_of_bytes(bencher: Bencher<'_, '_>, len: usize) {
        let mut login = Login::new(ETYPE, 1);
        set_authorization_data(&mut login.ticket, KERB_LOCAL, &vec![0x5a; len]);
        login.sealed_ticket = login.ticket.seal(&mut SystemRandom);
        login.bench_accept(bencher);
    }

    #[divan::bench]
    fn not_mutual(bencher: Bencher<'_, '_>) {
        let mut login = Login::new(ETYPE, 1);
        login.flags = ContextFlags::INTEGRITY;
        login.bench_accept(bencher);
    }
}

mod refused {
    use super::*;

    #[divan::bench]
    fn truncated(bencher: Bencher<'_, '_>) {
        let login = Login::new(ETYPE, 1);
        let token = login.token();
        login.bench_refuse(bencher, "spnego.truncated", &token[..token.len() / 2], NOW);
    }

    /// SPNEGO around what is no AP-REQ.
    #[divan::bench]
    fn malformed(bencher: Bencher<'_, '_>) {
        let login = Login::new(ETYPE, 1);
        let mech_token = forge::framed(MechType::KRB5, &[0x6e, 0x00]);
        let token = forge::neg_token_init(&[MechType::KRB5], &mech_token);
        login.bench_refuse(bencher, "krb5.malformed", &token, NOW);
    }

    #[divan::bench(args = [1, 10_000])]
    fn no_key(bencher: Bencher<'_, '_>, entries: usize) {
        let login = Login::new(ETYPE, entries);
        let mut stranger = Login::new(ETYPE, 1);
        stranger.ticket.service_key = key(ETYPE, 1_000_003);
        stranger.sealed_ticket = stranger.ticket.seal(&mut SystemRandom);
        login.bench_refuse(bencher, "krb5.wrong_key", &stranger.token(), NOW);
    }

    #[divan::bench]
    fn expired(bencher: Bencher<'_, '_>) {
        let login = Login::new(ETYPE, 1);
        let later = Timestamp::from_unix(NOW.unix() + 100_000);
        login.bench_refuse(bencher, "krb5.ticket_expired", &login.token(), later);
    }
}
