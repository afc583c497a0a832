//! A replay cache in a file that MIT's acceptors and ours share: who accepts a token first, keeps all others from it.

#[path = "../../negotiate-io/tests/lock/mod.rs"]
mod lock;

use interop::acceptor::{acceptor_with, judge};
use interop::client::{authorization, curl, url};
use interop::kdc::Tickets;
use interop::peers::{Daemon, at_clock, keytab, scratch, state, succeed, tool};
use interop::server::{backend, serve};
use interop::token::{MitAcceptor, initiate, initiate_many, initiate_with};
use lock::locked;
use mech_krb5::crypto::EncryptionTypes;
use mech_krb5::replay::file2::{Next, Record, Search};
use mech_krb5::replay::{OnStart, ReplayEntry};
use mech_system_gssapi::{ReplayCache, SystemGssapi};
use negotiate_core::{Acceptor, Seconds, Timestamp};
use negotiate_io::replay::{FileReplayCache, FileReplayOptions};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

/// Ours, as another process would open the file.
fn ours(replay_cache: &Path) -> Acceptor {
    let cache = file(replay_cache);
    acceptor_with(&keytab("www"), |builder| builder.replay_cache(Arc::new(cache)))
}

fn file(replay_cache: &Path) -> FileReplayCache {
    let options = FileReplayOptions {
        // The tokens are older than the file.
        on_start: OnStart::Accept,
        ..FileReplayOptions::default()
    };
    FileReplayCache::open(replay_cache, options, Timestamp::now()).unwrap()
}

/// MIT's library in this process.
fn mits_library(replay_cache: &Path) -> Acceptor {
    let mechanism = SystemGssapi::builder()
        .keytab(keytab("www"))
        .replay_cache(ReplayCache::File(replay_cache.to_owned()))
        .build()
        .unwrap();
    Acceptor::builder().mechanism(mechanism).build().unwrap()
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Accepted,
    Replayed,
    RefusedFor(String),
}

fn verdict(acceptor: &Acceptor, token: &[u8]) -> Verdict {
    match judge(acceptor, token) {
        Ok(_) => Verdict::Accepted,
        Err(reject) => match reject.reason().code() {
            "krb5.replay" | "gssapi.replay" => Verdict::Replayed,
            code => Verdict::RefusedFor(format!("{code}: {reject}")),
        },
    }
}

fn verdict_of_mit(acceptor: &mut MitAcceptor, token: &[u8]) -> Verdict {
    match acceptor.judge(token).as_str() {
        "accepted" => Verdict::Accepted,
        refused if refused.contains("Request is a replay") => Verdict::Replayed,
        refused => Verdict::RefusedFor(refused.into()),
    }
}

#[test]
fn mit_refuses_what_we_accepted_and_the_reverse() {
    let replay_cache = scratch("rcache");
    let mut mit = MitAcceptor::start(&keytab("www"), &replay_cache);
    // MIT makes the file, and makes it well enough for us.
    let tickets = Tickets::of_alice();
    assert_eq!(
        verdict_of_mit(&mut mit, &initiate(&tickets, &[])),
        Verdict::Accepted
    );
    let ours = ours(&replay_cache);
    // Tags of 12, 16 and 24 bytes.
    for host in ["www", "e17", "e18", "e19", "e20"] {
        let target = format!("HTTP@{host}.mit.test");
        let tokens = initiate_many(&tickets, 2, &["--target", &target]);
        for (number, token) in tokens.iter().enumerate() {
            // Whoever comes first.
            let (first, second) = match number {
                0 => (verdict(&ours, token), verdict_of_mit(&mut mit, token)),
                _ => (verdict_of_mit(&mut mit, token), verdict(&ours, token)),
            };
            assert_eq!(
                (first, second),
                (Verdict::Accepted, Verdict::Replayed),
                "{host} {number}"
            );
        }
    }
}

/// RC4's checksum is not at the end of its ciphertext, but in front.
#[test]
fn tokens_of_rc4_and_camellia_have_the_same_tags() {
    let rc4 = EncryptionTypes::new().danger_with_rc4();
    let camellia = EncryptionTypes::new().with_camellia();
    let of_camellia = Tickets::none();
    let mut kinit = Command::new("kinit");
    kinit.arg("alice@CAMELLIA.TEST");
    kinit.env("KRB5_CONFIG", state("krb5-camellia.conf"));
    succeed(of_camellia.given_to(&mut kinit), b"Alice-pw1\n");
    for (name, types, tickets, hosts) in [
        ("rc4", rc4, Tickets::of_alice(), &["e23.mit.test"][..]),
        (
            "camellia",
            camellia,
            of_camellia,
            &["e25.camellia.test", "e26.camellia.test"],
        ),
    ] {
        let replay_cache = scratch("rcache");
        let krb5_conf = state(&format!("krb5-{name}.conf"));
        let mut mit = MitAcceptor::start_with(&krb5_conf, &keytab(name), &replay_cache);
        let ours = acceptor_with(&keytab(name), |builder| {
            builder
                .encryption_types(types)
                .replay_cache(Arc::new(file(&replay_cache)))
        });
        for host in hosts {
            let token = || initiate_with(&krb5_conf, &tickets, &["--target", &format!("HTTP@{host}")]);
            let (token, other) = (token(), token());
            let both = [
                (verdict(&ours, &token), verdict_of_mit(&mut mit, &token)),
                (verdict_of_mit(&mut mit, &other), verdict(&ours, &other)),
            ];
            for (first, second) in both {
                assert_eq!((first, second), (Verdict::Accepted, Verdict::Replayed), "{host}");
            }
        }
    }
}

/// All take the same lock: while somebody holds it, none of them answers.
#[test]
fn everybody_waits_for_the_same_lock() {
    let replay_cache = scratch("rcache");
    let mut mit = MitAcceptor::start(&keytab("www"), &replay_cache);
    let (ours, library) = (ours(&replay_cache), mits_library(&replay_cache));
    let tokens = initiate_many(&Tickets::of_alice(), 2, &[]);
    // All are up and running.
    assert_eq!(verdict_of_mit(&mut mit, &tokens[0]), Verdict::Accepted);
    let lock = locked(&replay_cache);
    let token = &tokens[1];
    let (answer, answers) = channel();
    thread::scope(|scope| {
        let racers: [Box<dyn FnOnce() -> Verdict + Send>; 3] = [
            Box::new(|| verdict_of_mit(&mut mit, token)),
            Box::new(|| verdict(&library, token)),
            Box::new(|| verdict(&ours, token)),
        ];
        for judge in racers {
            let answer = answer.clone();
            scope.spawn(move || answer.send(judge()));
        }
        assert_eq!(
            answers.recv_timeout(Duration::from_millis(500)),
            Err(RecvTimeoutError::Timeout)
        );
        drop(lock);
        let verdicts: Vec<_> = answers.iter().take(3).collect();
        let accepted = verdicts.iter().filter(|verdict| **verdict == Verdict::Accepted);
        let replayed = verdicts.iter().filter(|verdict| **verdict == Verdict::Replayed);
        assert_eq!((accepted.count(), replayed.count()), (1, 2), "{verdicts:?}");
    });
}

/// Each token is offered to all at the same moment, several tokens at a time on one file.
#[test]
fn under_load_each_token_is_accepted_once() {
    const LANES: usize = 3;
    const TOKENS: usize = 200;
    let replay_cache = scratch("rcache");
    let tickets = Tickets::of_alice();
    let lanes: Vec<_> = (0..LANES).map(|_| initiate_many(&tickets, TOKENS, &[])).collect();
    let lanes: Vec<_> = thread::scope(|scope| {
        let lane = |tokens| {
            let replay_cache = &replay_cache;
            scope.spawn(move || race(replay_cache, tokens))
        };
        let lanes: Vec<_> = lanes.iter().map(Vec::as_slice).map(lane).collect();
        lanes.into_iter().map(|lane| lane.join().unwrap()).collect()
    });
    let mut wins: BTreeMap<&str, usize> = BTreeMap::new();
    for verdicts in lanes.iter().flatten() {
        let with = |wanted: Verdict| verdicts.iter().filter(move |(_, verdict)| *verdict == wanted);
        let winners: Vec<&str> = with(Verdict::Accepted).map(|(name, _)| *name).collect();
        assert_eq!(
            (winners.len(), with(Verdict::Replayed).count()),
            (1, verdicts.len() - 1),
            "{verdicts:?}"
        );
        *wins.entry(winners[0]).or_default() += 1;
    }
    println!("{wins:?}");
    // Nobody is always too late, or the others prove nothing.
    assert!(
        wins.len() == 3 && wins.values().all(|wins| *wins >= 5),
        "{wins:?}"
    );
}

/// What one of those who share the file makes of a token.
type Judge = Box<dyn FnMut(&[u8]) -> Verdict + Send>;

/// For each token, the verdict of each.
fn race(replay_cache: &Path, tokens: &[Vec<u8>]) -> Vec<Vec<(&'static str, Verdict)>> {
    let mut mit = MitAcceptor::start(&keytab("www"), replay_cache);
    let (ours, library) = (ours(replay_cache), mits_library(replay_cache));
    let racers: [(_, Judge); 3] = [
        (
            "MIT's process",
            Box::new(move |token| verdict_of_mit(&mut mit, token)),
        ),
        ("MIT's library", Box::new(move |token| verdict(&library, token))),
        ("ours", Box::new(move |token| verdict(&ours, token))),
    ];
    let start = Barrier::new(racers.len());
    let run = |mut judge: Judge| {
        let one = |token: &Vec<u8>| {
            start.wait();
            judge(token)
        };
        tokens.iter().map(one).collect::<Vec<Verdict>>()
    };
    let verdicts = thread::scope(|scope| {
        let running = racers.map(|(name, judge)| (name, scope.spawn(|| run(judge))));
        running.map(|(name, thread)| (name, thread.join().unwrap()))
    });
    let of_token = |number: usize| {
        let all = verdicts.iter();
        all.map(|(name, verdicts)| (*name, verdicts[number].clone()))
            .collect()
    };
    (0..tokens.len()).map(of_token).collect()
}

#[test]
fn the_gateway_shares_its_file_with_mit() {
    let replay_cache = scratch("rcache");
    let backend = backend();
    let (mut command, address) = serve(&keytab("www"), backend.address);
    command.arg("--replay-cache");
    command.arg(format!("file:{}", replay_cache.display()));
    let gateway = Daemon::start(&mut command, address);
    let status = |token: &[u8]| {
        let page = url("www.mit.test", gateway.address);
        curl(&Tickets::none(), &page, &["--header", &authorization(token)]).status()
    };
    let mut mit = MitAcceptor::start(&keytab("www"), &replay_cache);
    let tokens = initiate_many(&Tickets::of_alice(), 2, &[]);
    assert_eq!(status(&tokens[0]), 200);
    assert_eq!(verdict_of_mit(&mut mit, &tokens[0]), Verdict::Replayed);
    assert_eq!(verdict_of_mit(&mut mit, &tokens[1]), Verdict::Accepted);
    assert_eq!(status(&tokens[1]), 401);
    assert!(gateway.log().contains("krb5.replay"), "{}", gateway.log());
    // A store that cannot be asked is this side's trouble, not the client's.
    std::fs::write(&replay_cache, b"broken").unwrap();
    assert_eq!(status(&initiate(&Tickets::of_alice(), &[])), 503);
    let log = gateway.log();
    assert!(
        log.contains("krb5.replay_cache_unavailable") && log.contains("hash seed"),
        "{log}"
    );
}

/// MIT writes record after record, over expired ones in the end; we would have put each where MIT did.
#[test]
fn mit_puts_its_records_where_we_would() {
    let replay_cache = scratch("rcache");
    let tickets = Tickets::of_alice();
    let written = |offset: &str, count: &str| -> Value {
        let mut command = tool("write_rcache.py");
        command
            .arg(keytab("www"))
            .arg(&replay_cache)
            .args([count, "www.mit.test", "e20.mit.test"]);
        tickets.given_to(&mut command);
        serde_json::from_slice(&succeed(&mut at_clock(offset, &command), b"")).expect("JSON")
    };
    let mut file = Vec::new();
    let mut forgotten = 0;
    for log in [written("+0", "200"), written("+400s", "40")] {
        let seed = hex(&log["seed"]);
        file.resize(file.len().max(seed.len()), 0);
        file[..seed.len()].copy_from_slice(&seed);
        for write in log["written"].as_array().unwrap() {
            let theirs = hex(&write["record"]);
            let now = Timestamp::from_unix(u32::from_be_bytes(*theirs.last_chunk().unwrap()).into());
            let entry = ReplayEntry {
                tag: &theirs[..12],
                client_time: now,
                expires: now.plus(Seconds(300)),
            };
            let record = Record::new(&entry, Seconds(300)).unwrap();
            let mut search = Search::new(seed[..].try_into().unwrap(), record, now, Seconds(300));
            let ours = loop {
                let start = usize::try_from(search.offset()).unwrap().min(file.len());
                let end = (start + 32).min(file.len());
                search = match search.look(&file[start..end]) {
                    Next::Look(next) => next,
                    Next::Write(write) => break write,
                    other => panic!("{other:?}"),
                }
            };
            assert_eq!(
                (Some(ours.offset), &ours.bytes[..]),
                (write["offset"].as_u64(), &theirs[..])
            );
            forgotten += usize::from(ours.forgotten.is_some());
            let end = usize::try_from(ours.offset).unwrap() + 16;
            file.resize(file.len().max(end), 0);
            file[end - 16..end].copy_from_slice(&ours.bytes);
        }
    }
    assert!(forgotten > 0);
    assert_eq!(std::fs::read(&replay_cache).unwrap(), file);
}

fn hex(value: &Value) -> Vec<u8> {
    let digits = value.as_str().expect("hex digits").as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}
