//! The replay cache in memory: a check, with few and with a million entries, and the pause when all of them expire.

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};
use mech_krb5::replay::{
    MemoryReplayCache, MemoryReplayConfig, OnStart, ReplayAnswer, ReplayCache, ReplayEntry,
};
use negotiate_core::{Ambient, SystemRandom, Timestamp};
use std::sync::atomic::{AtomicU64, Ordering};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const START: i64 = 1_795_327_048;
const SIZES: [u64; 3] = [0, 10_000, 1_000_000];

fn main() {
    divan::main();
}

fn check(cache: &MemoryReplayCache, number: u64, now: Timestamp) -> ReplayAnswer {
    let mut tag = [0; 12];
    tag[..8].copy_from_slice(&number.to_be_bytes());
    // Over the five minutes before now.
    let client_time = Timestamp::from_unix(now.unix() - (number % 300) as i64);
    let expires = Timestamp::from_unix(now.unix() + 300);
    cache.check(
        ReplayEntry {
            tag: black_box(&tag),
            client_time,
            expires,
        },
        now,
    )
}

fn filled(entries: u64, capacity: usize) -> MemoryReplayCache {
    let config = MemoryReplayConfig {
        capacity,
        on_start: OnStart::Accept,
        ..MemoryReplayConfig::default()
    };
    let mut ambient = Ambient {
        now: Timestamp::from_unix(START),
        random: &mut SystemRandom,
    };
    let cache = MemoryReplayCache::new(config, &mut ambient).expect("random bytes");
    for number in 0..entries {
        check(&cache, number, ambient.now);
    }
    cache
}

#[divan::bench(args = SIZES, threads = [1, 2])]
fn fresh(bencher: Bencher<'_, '_>, entries: u64) {
    let cache = filled(entries, 1_300_000);
    let next = AtomicU64::new(entries);
    // A thousand at a time, so that the counter and the clock of the benchmark do not show.
    bencher.counter(ItemsCount::new(1000_u32)).bench(|| {
        let first = next.fetch_add(1000, Ordering::Relaxed);
        for number in first..first + 1000 {
            black_box(check(&cache, number, Timestamp::from_unix(START)));
        }
    });
}

#[divan::bench(args = SIZES)]
fn replayed(bencher: Bencher<'_, '_>, entries: u64) {
    let cache = filled(entries.max(1), 1_000_000);
    let mut number = 0_u64;
    bencher.counter(ItemsCount::new(1000_u32)).bench_local(|| {
        for _ in 0..1000 {
            number = (number + 7919) % entries.max(1);
            black_box(check(&cache, number, Timestamp::from_unix(START)));
        }
    });
}

/// What a busy service does: a million logins in five minutes, and so on for ever. Each has the time at which it comes; the
/// oldest expire meanwhile. Above, times are spread over all five minutes at once, which no cache of the processor holds.
#[divan::bench]
fn as_logins_come(bencher: Bencher<'_, '_>) {
    let cache = filled(0, 1_300_000);
    let mut number = 0_u64;
    let mut login = || {
        number += 1;
        let now = Timestamp::from_unix_micros(START * 1_000_000 + number as i64 * 300);
        let tag = u128::from(number).to_be_bytes();
        let entry = ReplayEntry {
            tag: black_box(&tag),
            client_time: now,
            expires: Timestamp::from_unix_micros(now.unix_micros() + 300_000_000),
        };
        assert!(matches!(cache.check(entry, now), ReplayAnswer::Fresh));
    };
    (0..1_100_000).for_each(|_| login());
    bencher
        .counter(ItemsCount::new(1000_u32))
        .bench_local(|| (0..1000).for_each(|_| login()));
    eprintln!("{} entries were live at the end", cache.len());
}

/// A million entries are inserted; the allocations are what they take up.
#[divan::bench(sample_count = 5)]
fn fill_a_million(bencher: Bencher<'_, '_>) {
    bencher.bench(|| filled(1_000_000, 1_000_000));
}

/// The slowest single check when a million entries have expired at once.
#[divan::bench(sample_count = 10)]
fn slowest_check_after_expiry(bencher: Bencher<'_, '_>) {
    bencher
        .with_inputs(|| filled(1_000_000, 1_000_000))
        .bench_values(|cache| {
            let later = Timestamp::from_unix(START + 10_000);
            let timed = |number| {
                let start = std::time::Instant::now();
                black_box(check(&cache, number, later));
                start.elapsed()
            };
            let slowest = (0..1000).map(timed).max().unwrap_or_default();
            eprintln!("slowest of 1,000 checks after 1,000,000 entries expired: {slowest:?}");
            cache
        });
}
