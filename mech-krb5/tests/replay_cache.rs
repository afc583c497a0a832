//! The replay cache in memory: what it must never forget, what it may, and what it costs.

use mech_krb5::replay::{
    MemoryReplayCache, MemoryReplayConfig, OnStart, ReplayAnswer, ReplayCache, ReplayEntry,
};
use negotiate_core::{Ambient, Seconds, SystemRandom, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::Barrier;

// Where a bucket begins, so that neighbours in the tests are neighbours in a bucket.
const START: i64 = 112_207_940 * 16;
const SKEW: Seconds = Seconds(300);

fn cache(capacity: usize, on_start: OnStart) -> MemoryReplayCache {
    let config = MemoryReplayConfig {
        capacity,
        on_start,
        clock_skew: SKEW,
    };
    let mut ambient = Ambient {
        now: at(0),
        random: &mut SystemRandom,
    };
    MemoryReplayCache::new(config, &mut ambient).unwrap()
}

/// Seconds after the start.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(START + seconds)
}

fn ask(cache: &MemoryReplayCache, tag: &[u8], client_time: Timestamp, now: Timestamp) -> &'static str {
    let expires = client_time.max(now).plus(SKEW);
    match cache.check(
        ReplayEntry {
            tag,
            client_time,
            expires,
        },
        now,
    ) {
        ReplayAnswer::Fresh => "fresh",
        ReplayAnswer::Replayed => "replayed",
        ReplayAnswer::BeforeStart { .. } => "before start",
        ReplayAnswer::Full => "full",
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_second_time_is_a_replay() {
    let cache = cache(100, OnStart::default());
    for len in [12, 16, 24] {
        let tag = vec![len; usize::from(len)];
        assert_eq!(ask(&cache, &tag, at(1), at(2)), "fresh");
        assert_eq!(ask(&cache, &tag, at(1), at(2)), "replayed");
        assert_eq!(ask(&cache, &tag, at(1), at(301)), "replayed");
    }
    assert_eq!(cache.len(), 3);
}

#[test]
fn tags_that_differ_are_different_authenticators() {
    let cache = cache(1000, OnStart::default());
    for bit in 0..96 {
        let mut tag = [0_u8; 12];
        tag[bit / 8] = 1 << (bit % 8);
        assert_eq!(ask(&cache, &tag, at(1), at(1)), "fresh", "bit {bit}");
    }
}

// An authenticator of a clock that is ahead lives to its own time and the skew, one of a clock that is behind is kept
// for the skew after it was seen.
#[test]
fn an_entry_lives_to_the_later_of_both_times_and_the_skew() {
    for client_time in [at(900), at(1200)] {
        let cache = cache(100, OnStart::default());
        // This one is dropped at the end of the other, and takes nothing with it.
        assert_eq!(ask(&cache, b"older", at(800), at(999)), "fresh");
        assert_eq!(ask(&cache, b"tag", client_time, at(1000)), "fresh");
        let end = client_time.max(at(1000)).plus(SKEW);
        assert_eq!(ask(&cache, b"another", at(1000), end), "fresh");
        assert_eq!(ask(&cache, b"tag", client_time, end), "replayed");
        assert_eq!(cache.len(), 2);
        // Later it may be forgotten, and makes room.
        let later = end.plus(SKEW).plus(SKEW);
        assert_eq!(ask(&cache, b"yet another", later, later), "fresh");
        assert_ne!(ask(&cache, b"tag", client_time, later), "fresh");
    }
}

// Of two entries of about the same time, the later one comes first, from clocks that are ahead.
#[test]
fn an_entry_does_not_end_with_its_neighbour() {
    let cache = cache(100, OnStart::default());
    assert_eq!(ask(&cache, b"later", at(105), at(50)), "fresh");
    assert_eq!(ask(&cache, b"earlier", at(100), at(50)), "fresh");
    assert_eq!(ask(&cache, b"later", at(105), at(405)), "replayed");
    assert_eq!(ask(&cache, b"c", at(1000), at(1000)), "fresh");
    assert_eq!(ask(&cache, b"later", at(105), at(405)), "before start");
}

#[test]
fn a_live_entry_is_never_evicted() {
    let cache = cache(3, OnStart::default());
    for tag in [b"a", b"b", b"c"] {
        assert_eq!(ask(&cache, tag, at(10), at(10)), "fresh");
    }
    assert_eq!(ask(&cache, b"d", at(11), at(11)), "full");
    assert_eq!(ask(&cache, b"a", at(10), at(12)), "replayed");
    assert_eq!(ask(&cache, b"d", at(310), at(310)), "full");
    assert_eq!(ask(&cache, b"d", at(311), at(311)), "fresh");
    assert_eq!(cache.len(), 1);
}

#[test]
fn a_cache_without_room_accepts_nothing() {
    assert_eq!(ask(&cache(0, OnStart::Accept), b"a", at(1), at(1)), "full");
}

#[test]
fn what_is_accepted_after_a_start_is_policy() {
    for (on_start, before, soon, later) in [
        (OnStart::RefuseForSkew, "before start", "before start", "fresh"),
        (OnStart::RefuseCtimeBeforeStart, "before start", "fresh", "fresh"),
        (OnStart::Accept, "fresh", "fresh", "fresh"),
    ] {
        let cache = cache(10, on_start);
        assert_eq!(ask(&cache, b"before", at(-1), at(1)), before);
        assert_eq!(ask(&cache, b"soon", at(299), at(1)), soon);
        assert_eq!(ask(&cache, b"later", at(300), at(1)), later);
    }
    let entry = ReplayEntry {
        tag: b"t",
        client_time: at(-1),
        expires: at(299),
    };
    let answer = cache(10, OnStart::default()).check(entry, at(0));
    assert!(matches!(answer, ReplayAnswer::BeforeStart { from } if from == at(0)));
}

// The clock is an hour ahead for a moment, in which entries expire, and is set back.
#[test]
fn a_clock_that_is_set_back_makes_nothing_fresh_again() {
    let cache = cache(10, OnStart::default());
    assert_eq!(ask(&cache, b"a", at(100), at(100)), "fresh");
    assert_eq!(ask(&cache, b"b", at(3700), at(3700)), "fresh");
    assert_eq!(cache.len(), 1);
    assert_eq!(ask(&cache, b"a", at(100), at(101)), "before start");
    // New authenticators are accepted all the same, and remembered for their time.
    assert_eq!(ask(&cache, b"c", at(102), at(102)), "fresh");
    assert_eq!(ask(&cache, b"d", at(3701), at(3701)), "fresh");
    assert_eq!(ask(&cache, b"c", at(102), at(402)), "replayed");
}

#[test]
fn of_many_threads_one_is_first() {
    const THREADS: usize = 8;
    let cache = cache(100_000, OnStart::default());
    let start = Barrier::new(THREADS);
    let fresh: usize = std::thread::scope(|scope| {
        let run = || {
            start.wait();
            (0..5000_u128)
                .filter(|tag| ask(&cache, &tag.to_be_bytes(), at(1), at(1)) == "fresh")
                .count()
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(fresh, 5000);
    assert_eq!(cache.len(), 5000);
}

// The goal is 48 MB for a million live entries: crowded into a second of client time, and then, in the memory that those
// left, spread over all that the skew allows.
#[test]
fn a_million_entries_fit_into_48_megabytes() {
    let cache = cache(MemoryReplayConfig::default().capacity, OnStart::Accept);
    for (start, seconds) in [(0, 1), (2000, 600)] {
        let now = at(start + 300);
        for number in 0..1_000_000_i64 {
            let entry = ReplayEntry {
                tag: &number.to_be_bytes(),
                client_time: at(start + number % seconds),
                expires: at(start + 900),
            };
            assert!(matches!(cache.check(entry, now), ReplayAnswer::Fresh));
        }
        assert_eq!(cache.len(), 1_000_000);
        let allocated = cache.allocated();
        assert!(allocated <= 48_000_000, "{allocated} bytes over {seconds} s");
    }
}

proptest! {
    // Against a map that forgets nothing. Times are in quarter seconds, so that many meet in a bucket.
    #[test]
    fn agrees_with_a_cache_that_never_forgets(
        capacity in 1..40_usize,
        asked in vec((0..30_u8, -1400..1400_i64, -40..400_i64), 1..120),
    ) {
        let cache = cache(capacity, OnStart::default());
        let mut expiries: HashMap<(u8, Timestamp), Timestamp> = HashMap::new();
        let (mut time, mut latest) = (at(0), at(0));
        for (tag, ahead, step) in asked {
            let quarters = |from: Timestamp, quarters: i64| {
                Timestamp::from_unix_micros(from.unix_micros() + quarters * 250_000)
            };
            time = quarters(time, step);
            latest = latest.max(time);
            // Within the skew of 1,200 quarters mostly; each tag again with a time that it had.
            let client_time = expiries
                .keys()
                .filter(|(known, _)| *known == tag && ahead % 2 == 0)
                .map(|(_, client_time)| *client_time)
                .max()
                .unwrap_or(quarters(time, ahead));
            if (time.unix_micros() - client_time.unix_micros()).abs() > 300_000_000 {
                continue; // the acceptor refuses these before it asks
            }
            let known = expiries.get(&(tag, client_time)).copied();
            let may_be_kept = expiries
                .iter()
                .filter(|((_, client_time), _)| client_time.plus(SKEW).plus(SKEW).plus(Seconds(16)) >= latest)
                .count();
            let live = expiries.values().filter(|expires| **expires >= latest).count();
            // The time is sealed under the checksum, so another time means another tag.
            let mut sealed = [tag; 12];
            sealed[..8].copy_from_slice(&client_time.unix_micros().to_be_bytes());
            let answer = ask(&cache, &sealed, client_time, time);
            let is_new_and_in_time = client_time >= at(0) && client_time.plus(SKEW) >= latest;
            match (answer, known) {
                ("replayed", Some(_)) => {}
                ("before start", Some(expires)) => prop_assert!(expires < latest),
                ("before start", None) => prop_assert!(!is_new_and_in_time),
                ("full", None) => prop_assert!(may_be_kept >= capacity),
                ("fresh", None) => {
                    prop_assert!(live < capacity && client_time >= at(0));
                    expiries.insert((tag, client_time), client_time.max(time).plus(SKEW));
                }
                (answer, known) => prop_assert!(false, "{answer} where {known:?} is known"),
            }
            prop_assert!(cache.len() <= capacity);
        }
    }
}
