//! How often the acceptor allocates. Whoever can reach it decides how often it refuses, so that a refusal costs two
//! allocations at most, the error and the token that tells it, and what it lists for the operator; a login costs five, and
//! ten at most where its replay cache grows.

mod forge;

use mech_krb5::crypto::{EncryptionType, Key};
use mech_krb5::keytab::{Keytab, KeytabEntry};
use mech_krb5::message::ApOptions;
use mech_krb5::replay::{MemoryReplayCache, MemoryReplayConfig, OnStart};
use mech_krb5::{Krb5, Principal};
use negotiate_core::{Acceptor, Ambient, ContextFlags, MechType, Reject, Step, SystemRandom, Timestamp};
use std::sync::Arc;

const NOW: Timestamp = Timestamp::from_unix(1_795_327_048);
const ETYPE: EncryptionType = EncryptionType::Aes256CtsHmacSha1_96;
const SERVICE: &str = "HTTP/a-host-with-a-name.department.example.com@DEPARTMENT.EXAMPLE.COM";

fn key(byte: u8) -> Key {
    Key::new(ETYPE, &[byte; 32]).unwrap()
}

fn acceptor() -> Acceptor {
    let entry = KeytabEntry::new(Principal::parse(SERVICE).unwrap(), NOW, 1, 18, key(1).bytes()).unwrap();
    let config = MemoryReplayConfig {
        on_start: OnStart::Accept,
        ..MemoryReplayConfig::default()
    };
    let mut ambient = Ambient {
        now: NOW,
        random: &mut SystemRandom,
    };
    let replay_cache = MemoryReplayCache::new(config, &mut ambient).unwrap();
    let krb5 = Krb5::builder(Keytab::from_entries(vec![entry]))
        .replay_cache(Arc::new(replay_cache))
        .build()
        .unwrap();
    Acceptor::builder().mechanism(krb5).build().unwrap()
}

fn ticket() -> forge::Ticket {
    let mut ticket = forge::Ticket::new("alice@DEPARTMENT.EXAMPLE.COM", SERVICE, &key(1), &key(2), NOW);
    let element = forge::authorization_data(&[(142, &[0x5a; 280])]);
    ticket.authorization_data = Some(forge::authorization_data(&[(1, &element)]));
    ticket
}

/// A token that asks for mutual authentication, its authenticator sealed with `session_key`.
fn token(ticket: &forge::Ticket, session_key: &Key, client_time: Timestamp) -> Vec<u8> {
    let flags = ContextFlags::MUTUAL.with(ContextFlags::INTEGRITY);
    let authenticator = forge::Authenticator::new(ticket, flags, &key(3), client_time);
    let sealed = ticket.seal(&mut SystemRandom);
    let ap_req = authenticator.ap_req(
        ApOptions::MUTUAL_REQUIRED,
        &sealed,
        session_key,
        &mut SystemRandom,
    );
    forge::neg_token_init(&[MechType::KRB5], &forge::framed(MechType::KRB5, &ap_req))
}

/// What comes of the token, and how many allocations it took.
fn step(acceptor: &Acceptor, token: &[u8]) -> (Result<Step, Reject>, u64) {
    let mut ambient = Ambient {
        now: NOW,
        random: &mut SystemRandom,
    };
    let mut step = None;
    let counted = allocation_counter::measure(|| {
        step = Some(acceptor.exchange(None).step(token, &mut ambient));
    });
    (step.unwrap(), counted.count_total)
}

#[test]
fn a_login_costs_five_allocations_and_ten_where_the_cache_grows() {
    let (acceptor, ticket) = (acceptor(), ticket());
    // The key of the keytab is prepared once.
    assert!(step(&acceptor, &token(&ticket, &key(2), NOW)).0.is_ok());
    let mut counts = Vec::new();
    for micros in 1..200 {
        let client_time = Timestamp::from_unix_micros(NOW.unix_micros() + micros);
        let (step, count) = step(&acceptor, &token(&ticket, &key(2), client_time));
        assert!(matches!(step, Ok(Step::Complete { .. })), "{step:?}");
        counts.push(count);
    }
    // Of 199 some 60 are the first ones of their part of the cache, or one too many for it.
    counts.sort_unstable();
    assert!(
        counts[counts.len() / 2] <= 5 && counts[counts.len() - 1] <= 10,
        "{counts:?}"
    );
}

#[test]
fn a_refusal_costs_two_allocations_and_what_it_lists() {
    let (acceptor, good) = (acceptor(), ticket());
    let first = token(&good, &key(2), NOW);
    assert!(step(&acceptor, &first).0.is_ok());

    let with = |change: &dyn Fn(&mut forge::Ticket)| {
        let mut ticket = ticket();
        change(&mut ticket);
        token(&ticket, &key(2), NOW)
    };
    let stranger = with(&|ticket| ticket.service_key = key(9));
    let expired = with(&|ticket| ticket.endtime = Timestamp::from_unix(NOW.unix() - 10_000));
    let absent = with(&|ticket| {
        ticket.service = Principal::parse("HTTP/elsewhere@DEPARTMENT.EXAMPLE.COM").unwrap();
        ticket.service_key = key(9);
    });
    let newer = with(&|ticket| {
        ticket.kvno = Some(2);
        ticket.service_key = key(9);
    });
    let late = token(&good, &key(2), Timestamp::from_unix(NOW.unix() - 1000));
    let forged = token(&good, &key(9), NOW);
    for (code, token, most) in [
        ("krb5.replay", first, 2),
        ("krb5.wrong_key", stranger, 2),
        ("krb5.ticket_expired", expired, 2),
        ("krb5.clock_skew", late, 2),
        ("krb5.authenticator_tampered", forged, 2),
        // What there is instead is listed for the operator: names, at most eight; versions, at most sixteen.
        ("krb5.service_absent", absent, 3),
        ("krb5.kvno_new", newer, 4),
        // Nobody is told.
        ("spnego.not_negotiate", b"Hello".to_vec(), 1),
    ] {
        let (step, count) = step(&acceptor, &token);
        let reject = step.unwrap_err();
        assert_eq!(reject.reason().code(), code);
        assert!(count <= most, "{code}: {count}");
    }
}
