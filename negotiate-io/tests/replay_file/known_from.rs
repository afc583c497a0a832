//! From when a file knows what was accepted: since it was made, found again, or written to by a clock that was ahead.

use super::{Directory, SKEW, ask, at, is_before_start, open, write};
use mech_krb5::replay::file2::{Record, Search};
use mech_krb5::replay::{OnStart, ReplayEntry};
use negotiate_core::Timestamp;
use negotiate_io::replay::{FileReplayCache, FileReplayOptions};
use std::fs::OpenOptions;

#[test]
fn what_is_accepted_without_an_older_file_is_policy() {
    let directory = Directory::new("policy");
    for (number, (on_start, before, soon)) in [
        (OnStart::RefuseForSkew, "BeforeStart", "BeforeStart"),
        (OnStart::RefuseCtimeBeforeStart, "BeforeStart", "Fresh"),
        (OnStart::Accept, "Fresh", "Fresh"),
    ]
    .into_iter()
    .enumerate()
    {
        let path = directory.file(&number.to_string());
        let options = FileReplayOptions {
            on_start,
            ..FileReplayOptions::default()
        };
        let cache = FileReplayCache::open(&path, options, at(0)).unwrap();
        let starts = |answer: String, with: &str| assert!(answer.starts_with(with), "{on_start:?}: {answer}");
        starts(ask(&cache, b"before", at(-1), at(1)), before);
        starts(ask(&cache, b"soon", at(299), at(1)), soon);
        starts(ask(&cache, b"later", at(300), at(1)), "Fresh");
        // There is a file now: the next process knows what this one knew, and no more.
        for (of_then, second) in [(b"of then", 10), (b"as old.", 1000)] {
            let next = FileReplayCache::open(&path, options, at(second)).unwrap();
            starts(ask(&next, b"later", at(300), at(second)), "Replayed");
            starts(ask(&next, of_then, at(-1), at(second)), before);
        }
        // Its records may be those of clients whose clocks are ahead; then it has remembered until the start, at least.
        let next = FileReplayCache::open(&path, options, at(20)).unwrap();
        starts(ask(&next, b"of now", at(20), at(20)), soon);
    }
}

/// Whoever made it anew, MIT's library for instance; and however often this process is started since.
#[test]
fn a_file_knows_nothing_of_the_time_before_its_first_record() {
    let directory = Directory::new("since");
    for (number, (on_start, known_from)) in [
        (OnStart::RefuseForSkew, at(320)),
        (OnStart::RefuseCtimeBeforeStart, at(20)),
    ]
    .into_iter()
    .enumerate()
    {
        let path = directory.file(&number.to_string());
        let options = |on_start| FileReplayOptions {
            on_start,
            ..FileReplayOptions::default()
        };
        let lost = FileReplayCache::open(&path, options(on_start), at(-1000)).unwrap();
        assert_eq!(ask(&lost, b"token", at(10), at(10)), "Fresh");
        drop(lost);
        std::fs::remove_file(&path).unwrap();
        let other = FileReplayCache::open(&path, options(OnStart::Accept), at(15)).unwrap();
        // Nothing is in it yet, and nobody tells since when.
        let first = FileReplayCache::open(&path, options(on_start), at(18)).unwrap();
        let refused = ask(&first, b"token", at(10), at(19));
        assert!(refused.starts_with("BeforeStart"), "{refused}");
        for (tag, second) in [(b"one", 20), (b"two", 30)] {
            assert_eq!(ask(&other, tag, at(second), at(second)), "Fresh");
        }
        for start in [31, 40, 300] {
            let next = FileReplayCache::open(&path, options(on_start), at(start)).unwrap();
            assert_eq!(
                ask(&next, b"token", at(10), at(start)),
                format!("BeforeStart({known_from:?})")
            );
        }
        // Later than that, nothing is missed any more.
        let next = FileReplayCache::open(&path, options(on_start), at(630)).unwrap();
        assert_eq!(ask(&next, b"later", at(330), at(630)), "Fresh");
    }
}

/// Deleted and made anew by somebody else, who may even get the same inode; or cut.
#[test]
fn a_file_that_lost_something_forgets_what_came_before() {
    let directory = Directory::new("lost");
    let path = directory.file("rcache");
    let cache = open(&path);
    let spoil: [&dyn Fn(); 3] = [
        &|| std::fs::remove_file(&path).unwrap(),
        &|| {
            std::fs::remove_file(&path).unwrap();
            let other = open(&path);
            for number in 0..200_u64 {
                assert_eq!(ask(&other, &number.to_be_bytes(), at(1), at(1)), "Fresh");
            }
        },
        &|| {
            OpenOptions::new()
                .write(true)
                .open(&path)
                .unwrap()
                .set_len(16)
                .unwrap();
        },
    ];
    for (number, spoil) in (0..).zip(spoil) {
        let now = number * 10 + 1;
        assert_eq!(ask(&cache, b"token", at(now), at(now)), "Fresh");
        spoil();
        assert!(is_before_start(&ask(&cache, b"token", at(now), at(now + 1))));
        assert_eq!(ask(&cache, b"new", at(now + 2), at(now + 2)), "Fresh");
        assert_eq!(ask(&cache, b"new", at(now + 2), at(now + 2)), "Replayed");
    }
}

/// Of what was there when it was opened last, everything is there; of what was written since, nothing.
#[test]
fn what_was_written_last_is_missed_too() {
    let directory = Directory::new("last");
    let path = directory.file("rcache");
    let cache = open(&path);
    assert_eq!(ask(&cache, b"token", at(1), at(1)), "Fresh");
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(16).unwrap();
    assert!(is_before_start(&ask(&cache, b"token", at(1), at(2))));
}

/// An initiator's clock is ahead, or this one's was, which looks the same: what is older than the skew by it may be forgotten.
#[test]
fn a_record_that_is_ahead_makes_little_older_than_a_start() {
    for (ahead, fresh_from) in [
        (0, 0),
        (200, 0),
        (299, 99),
        (300, 100),
        (301, 101),
        (302, 100),
        (5000, 100),
    ] {
        let directory = Directory::new(&format!("ahead-{ahead}"));
        let path = directory.file("rcache");
        let cache = open(&path);
        assert_eq!(ask(&cache, b"first", at(1), at(1)), "Fresh");
        assert_eq!(ask(&cache, b"ahead", at(100 + ahead), at(100)), "Fresh");
        let next = FileReplayCache::open(&path, FileReplayOptions::default(), at(100)).unwrap();
        if fresh_from > 0 {
            let before = at(fresh_from - 1);
            assert!(
                is_before_start(&ask(&next, b"before", before, at(100))),
                "{ahead}"
            );
        }
        assert_eq!(
            ask(&next, b"on its way", at(fresh_from.max(1)), at(100)),
            "Fresh",
            "{ahead}"
        );
    }
}

/// Who has a ticket may choose the time, as far ahead as the skew: that is not to keep everybody out after a start.
#[test]
fn an_initiator_that_is_ahead_does_not_put_off_the_start() {
    let directory = Directory::new("put-off");
    let path = directory.file("rcache");
    let options = FileReplayOptions {
        on_start: OnStart::RefuseForSkew,
        ..FileReplayOptions::default()
    };
    let [now, ahead] = [100, 400].map(|seconds| Timestamp::from_unix_micros(at(seconds).unix_micros() + 1));
    let cache = FileReplayCache::open(&path, options, at(-1000)).unwrap();
    assert_eq!(ask(&cache, b"first", at(-500), at(-500)), "Fresh");
    assert_eq!(ask(&cache, b"ahead", ahead, now), "Fresh");
    let next = FileReplayCache::open(&path, options, now).unwrap();
    assert_eq!(ask(&next, b"soon", at(101), at(101)), "Fresh");
}

/// While the clock is ahead by less than the skew, records are written over that are alive when it is set back.
#[test]
fn a_clock_that_is_set_back_a_little_before_a_start_makes_nothing_fresh_again() {
    let directory = Directory::new("little");
    let path = directory.file("rcache");
    let cache = open(&path);
    assert_eq!(ask(&cache, b"old", at(1), at(1)), "Fresh");
    for number in 0..600_u64 {
        assert_eq!(ask(&cache, &number.to_be_bytes(), at(1000), at(1000)), "Fresh");
    }
    for number in 1000..1600_u64 {
        assert_eq!(ask(&cache, &number.to_be_bytes(), at(1310), at(1310)), "Fresh");
    }
    let next = FileReplayCache::open(&path, FileReplayOptions::default(), at(1060)).unwrap();
    for number in 0..600_u64 {
        assert_ne!(ask(&next, &number.to_be_bytes(), at(1000), at(1060)), "Fresh");
    }
    assert_eq!(ask(&next, b"new", at(1010), at(1060)), "Fresh");
}

/// The same where the first table has nothing to show of it: those who come while the clock is ahead find its places taken, and
/// write over what stands in the second one.
#[test]
fn what_was_written_over_in_a_later_table_is_not_fresh_again_after_a_start() {
    const SEED: [u8; 16] = [7; 16];
    let directory = Directory::new("later-table");
    let path = directory.file("rcache");
    write(&path, &SEED);
    let cache = open(&path);
    let place = |tag: &[u8]| {
        let entry = ReplayEntry {
            tag,
            client_time: at(0),
            expires: at(300),
        };
        Search::new(SEED, Record::new(&entry, SKEW).unwrap(), at(0), SKEW).offset()
    };
    let mut same_place = (0..u64::MAX)
        .map(u64::to_be_bytes)
        .filter(|tag| place(tag) == 16 + 16 * 100);
    let mut accept = |many: usize, second: i64| -> Vec<[u8; 8]> {
        let tags: Vec<_> = same_place.by_ref().take(many).collect();
        for tag in &tags {
            assert_eq!(ask(&cache, tag, at(second), at(second)), "Fresh");
        }
        tags
    };
    assert_eq!(ask(&cache, b"oldest", at(1), at(1)), "Fresh");
    accept(2, 700);
    let victims = accept(100, 1000);
    accept(2, 1001);
    // Ahead by 250 s.
    accept(100, 1301);
    let contents = std::fs::read(&path).unwrap();
    let (records, _) = contents[16..].as_chunks::<16>();
    let lost = |tag: &&[u8; 8]| !records.iter().any(|record| record.starts_with(*tag));
    assert!(victims.iter().any(|tag| lost(&tag)));
    let next = FileReplayCache::open(&path, FileReplayOptions::default(), at(1051)).unwrap();
    for tag in &victims {
        assert_ne!(ask(&next, tag, at(1000), at(1051)), "Fresh");
    }
    assert_eq!(ask(&next, b"new", at(1001), at(1051)), "Fresh");
}

/// The clock is an hour ahead for a moment, in which a record is written over, and is set back.
#[test]
fn a_clock_that_is_set_back_makes_nothing_fresh_again() {
    let directory = Directory::new("clock");
    let path = directory.file("rcache");
    let cache = open(&path);
    for number in 0..600_u64 {
        assert_eq!(ask(&cache, &number.to_be_bytes(), at(100), at(100)), "Fresh");
    }
    for number in 1000..1600_u64 {
        assert_eq!(ask(&cache, &number.to_be_bytes(), at(3700), at(3700)), "Fresh");
    }
    for number in 0..600_u64 {
        assert_ne!(ask(&cache, &number.to_be_bytes(), at(100), at(101)), "Fresh");
    }
    assert_eq!(ask(&cache, b"new", at(102), at(102)), "Fresh");
    assert_eq!(ask(&cache, b"new", at(102), at(402)), "Replayed");
    // Nor does a start.
    let next = FileReplayCache::open(&path, FileReplayOptions::default(), at(103)).unwrap();
    for number in 0..600_u64 {
        assert_ne!(ask(&next, &number.to_be_bytes(), at(100), at(104)), "Fresh");
    }
    assert_eq!(ask(&next, b"newer", at(104), at(104)), "Fresh");
    assert_eq!(ask(&next, b"new", at(102), at(402)), "Replayed");
}
