//! MIT's replay cache file: records are where MIT puts them, none that is alive is lost, and any contents are bounded work.

use mech_krb5::replay::ReplayEntry;
use mech_krb5::replay::file2::{
    Contents, FIRST_TABLE_LEN, File2Error, MAX_FILE_LEN, Next, RECORD_LEN, Record, SEED_LEN, Search, Write,
    times,
};
use negotiate_core::{Seconds, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::HashMap;

const SKEW: Seconds = Seconds(300);

/// A file in memory.
struct File(Vec<u8>);

impl File {
    fn new(seed: [u8; SEED_LEN]) -> Self {
        Self(seed.to_vec())
    }

    fn find(&self, record: Record, now: Timestamp, skew: Seconds) -> Next {
        let seed = self.0[..SEED_LEN].try_into().unwrap();
        let mut search = Search::new(seed, record, now, skew);
        loop {
            let start = usize::try_from(search.offset()).unwrap().min(self.0.len());
            let end = (start + 2 * RECORD_LEN).min(self.0.len());
            search = match search.look(&self.0[start..end]) {
                Next::Look(next) => next,
                end => return end,
            };
        }
    }

    fn write(&mut self, write: &Write) {
        let end = usize::try_from(write.offset).unwrap() + RECORD_LEN;
        self.0.resize(self.0.len().max(end), 0);
        self.0[end - RECORD_LEN..end].copy_from_slice(&write.bytes);
    }

    fn store(&mut self, record: Record, now: Timestamp, skew: Seconds) -> &'static str {
        match self.find(record, now, skew) {
            Next::Write(write) => {
                self.write(&write);
                "fresh"
            }
            Next::Replayed => "replayed",
            Next::Full => "full",
            Next::Look(_) => unreachable!(),
        }
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_795_000_000 + seconds)
}

/// Of an authenticator that is good until `expires`.
fn record(tag: &[u8], expires: Timestamp) -> Record {
    let entry = ReplayEntry {
        tag,
        client_time: expires.minus(SKEW),
        expires,
    };
    Record::new(&entry, SKEW).unwrap()
}

fn seen(tag: &[u8], now: Timestamp) -> Record {
    record(tag, now.plus(SKEW))
}

#[test]
fn records_are_where_mit_wrote_them() {
    let case = &testvectors::load("krb5/replay-file.txt")[0];
    let seed = case.bytes("seed").try_into().unwrap();
    let skew = Seconds(case.number("skew"));
    let mut file = File::new(seed);
    let (mut second_table, mut written_over) = (0, 0);
    for line in case.lines("written") {
        let (offset, theirs) = line.split_once(' ').unwrap();
        let theirs = u128::from_str_radix(theirs, 16).unwrap().to_be_bytes();
        // MIT writes the time at which it saw the authenticator.
        let now = Timestamp::from_unix(u32::from_be_bytes(*theirs.last_chunk().unwrap()).into());
        let record = seen(&theirs[..12], now);
        let Next::Write(write) = file.find(record, now, skew) else {
            panic!("{line}: not new")
        };
        assert_eq!(
            (write.offset.to_string().as_str(), write.bytes),
            (offset, theirs),
            "{case}"
        );
        second_table += usize::from(write.offset >= 16_384);
        written_over += usize::from(write.forgotten.is_some());
        file.write(&write);
        assert_eq!(file.store(record, now, skew), "replayed", "{line}");
    }
    // The vector shows what it is there for.
    assert!(
        second_table >= 5 && written_over >= 10,
        "{second_table} {written_over}"
    );
}

/// Facts of MIT's `t_rcfile2.c expiry`: where everything has expired, one table is enough.
#[test]
fn expired_records_are_written_over() {
    let mut file = File::new([7; SEED_LEN]);
    let skew = Seconds(5);
    for number in 0..10_000_u64 {
        let now = at(i64::try_from(number).unwrap() * 10);
        let tag = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
        assert_eq!(file.store(seen(&tag, now), now, skew), "fresh");
        assert!(file.0.len() <= 1024 * RECORD_LEN);
    }
}

/// Facts of MIT's `t_rcfile2.c concurrent`: nothing is lost, whatever came after it; and the file is no longer than tables
/// that are half full.
#[test]
fn what_was_stored_is_a_replay() {
    let mut file = File::new([9; SEED_LEN]);
    for result in ["fresh", "replayed"] {
        for number in 0..20_000_u64 {
            let record = seen(&number.to_be_bytes(), at(0));
            assert_eq!(file.store(record, at(0), SKEW), result, "{number}");
        }
    }
    assert!(file.0.len() <= 2 * 20_000 * 2 * RECORD_LEN, "{}", file.0.len());
}

#[test]
fn tags_are_cut_or_filled_up_and_times_rounded_up() {
    let entry = |tag, micros| ReplayEntry {
        tag,
        client_time: at(0),
        expires: Timestamp::from_unix_micros(at(300).unix_micros() + micros),
    };
    let bytes = |entry: ReplayEntry<'_>| Record::new(&entry, SKEW).unwrap().to_bytes();
    let time = 1_795_000_000_u32;
    let expected = |tag: &[u8; 12], time: u32| [tag, &time.to_be_bytes()[..]].concat();
    assert_eq!(
        bytes(entry(b"0123456789ab", 0)).to_vec(),
        expected(b"0123456789ab", time)
    );
    assert_eq!(
        bytes(entry(b"0123456789abcdef", 1)).to_vec(),
        expected(b"0123456789ab", time + 1)
    );
    assert_eq!(
        bytes(entry(b"0123", 999_999)).to_vec(),
        expected(b"0123\0\0\0\0\0\0\0\0", time + 1)
    );
    for expires in [0, 300, 300 + (1 << 32)] {
        let entry = ReplayEntry {
            expires: Timestamp::from_unix(expires),
            ..entry(b"0123", 0)
        };
        assert_eq!(
            Record::new(&entry, SKEW),
            Err(File2Error::TimeOutOfRange),
            "{expires}"
        );
    }
}

/// The last moment of an authenticator's life is inside it: until then, whoever comes to its place goes to the next one.
#[test]
fn an_entry_lives_as_long_as_it_is_told_to() {
    const SEED: [u8; SEED_LEN] = [3; SEED_LEN];
    for micros in [0, 1, 999_999] {
        let expires = Timestamp::from_unix_micros(at(900).unix_micros() + micros);
        let mut file = File::new(SEED);
        assert_eq!(file.store(record(b"tag", expires), at(300), SKEW), "fresh");
        let place = u64::try_from(file.0.len() - RECORD_LEN).unwrap();
        let other = (0..u64::MAX)
            .map(|number| seen(&number.to_be_bytes(), expires))
            .find(|other| Search::new(SEED, *other, expires, SKEW).offset() == place)
            .unwrap();
        for (now, offset) in [(expires, place + 16), (expires.plus(Seconds(2)), place)] {
            let Next::Write(write) = file.find(other, now, SKEW) else {
                panic!("not new")
            };
            assert_eq!(
                (write.offset, write.forgotten.is_some()),
                (offset, offset == place),
                "{now:?}"
            );
        }
        // The same tag is a replay, however late.
        assert_eq!(file.store(seen(b"tag", at(5000)), at(5000), SKEW), "replayed");
    }
}

/// Nobody who came this way went further than to a place where nothing was ever written.
#[test]
fn a_search_ends_where_nothing_was_written() {
    let live = seen(b"another", at(0)).to_bytes();
    for (found, place) in [
        ([[0; 16], [0; 16]].concat(), 0),
        ([[0; 16], live].concat(), 0),
        ([live, [0; 16]].concat(), 16),
        (live.to_vec(), 16),
        (Vec::new(), 0),
    ] {
        let search = Search::new([1; SEED_LEN], seen(b"tag", at(0)), at(0), SKEW);
        let offset = search.offset() + place;
        let next = search.look(&found);
        assert!(
            matches!(next, Next::Write(write) if write.offset == offset),
            "{found:?} {next:?}"
        );
    }
}

#[test]
fn the_times_of_a_file_are_those_of_its_oldest_and_its_newest_record() {
    assert_eq!(times(&[0; FIRST_TABLE_LEN]), None);
    let mut file = File::new([5; SEED_LEN]);
    for number in (100..200).chain(40..100).chain(200..500_i64) {
        assert_eq!(
            file.store(seen(&number.to_be_bytes(), at(number)), at(number), SKEW),
            "fresh"
        );
    }
    let table = &file.0[SEED_LEN..file.0.len().min(SEED_LEN + FIRST_TABLE_LEN)];
    assert_eq!(times(table), Some(at(40)..=at(499)));
    // What ends within a record has none there.
    let early = seen(b"early", at(0)).to_bytes();
    for end in 0..RECORD_LEN {
        let table = [table, &early[..end]].concat();
        assert_eq!(times(&table), Some(at(40)..=at(499)));
    }
    assert_eq!(times(&[table, &early].concat()), Some(at(0)..=at(499)));
}

#[test]
fn lengths_that_no_file_has() {
    for (len, contents) in [
        (0, Ok(Contents::Nothing)),
        (1, Err(File2Error::SeedTruncated)),
        (15, Err(File2Error::SeedTruncated)),
        (16, Ok(Contents::SeedAndRecords { end: 16 })),
        (17, Ok(Contents::SeedAndRecords { end: 16 })),
        (31, Ok(Contents::SeedAndRecords { end: 16 })),
        (16 * 1024 - 1, Ok(Contents::SeedAndRecords { end: 16 * 1023 })),
        (MAX_FILE_LEN, Ok(Contents::SeedAndRecords { end: MAX_FILE_LEN })),
        (
            MAX_FILE_LEN + 16,
            Ok(Contents::SeedAndRecords {
                end: MAX_FILE_LEN + 16,
            }),
        ),
        (MAX_FILE_LEN + 17, Err(File2Error::TooLong)),
        (MAX_FILE_LEN + 32, Err(File2Error::TooLong)),
        (!15, Err(File2Error::TooLong)),
    ] {
        assert_eq!(Contents::of_len(len), contents, "{len}");
    }
}

/// Where every record is another's and alive, the search ends with the last table that MIT's library has, below 2^31; a
/// record that has expired anywhere on its way makes room.
#[test]
fn a_full_file_is_full() {
    let live = seen(b"another", at(0)).to_bytes();
    let expired = seen(b"another", at(-301)).to_bytes();
    let start = Search::new([1; SEED_LEN], seen(b"tag", at(0)), at(0), SKEW);
    for expired_at in [None, Some(0), Some(16)] {
        let (mut search, mut tables) = (start.clone(), 0);
        let end = loop {
            let offset = search.offset();
            let (first, last) = match tables {
                0 => (16, 16_384),
                _ => (16_384 * ((1 << tables) - 1), 16_384 * ((2 << tables) - 1)),
            };
            assert!(
                (first..last).contains(&offset) && offset % 16 == 0,
                "table {tables}: {offset}"
            );
            assert!(last <= MAX_FILE_LEN);
            let second = if expired_at == Some(tables) { expired } else { live };
            let found = [live, second].concat();
            tables += 1;
            search = match search.look(&found) {
                Next::Look(next) => next,
                end => break end,
            };
        };
        assert_eq!(tables, 17);
        match expired_at {
            None => assert!(matches!(end, Next::Full)),
            Some(_) => {
                let Next::Write(write) = end else {
                    panic!("{end:?}")
                };
                assert_eq!(write.forgotten, Some(at(-301)));
            }
        }
    }
}

proptest! {
    /// Against a map, with so few different seeds and tags that places are contested, over a clock that goes on.
    #[test]
    fn no_live_authenticator_is_accepted_twice(
        seed in any::<[u8; SEED_LEN]>(),
        asked in vec((0..1500_u16, 0..600_u16, 0..3_u8), 1..1500),
    ) {
        let mut file = File::new(seed);
        let mut known: HashMap<u16, Timestamp> = HashMap::new();
        let mut time = at(0);
        for (tag, ahead, step) in asked {
            time = time.plus(Seconds(step.into()));
            let expires = time.plus(Seconds(ahead.into())).plus(SKEW);
            let answer = file.store(record(&tag.to_be_bytes(), expires), time, SKEW);
            match known.get(&tag) {
                Some(until) if time <= *until => prop_assert_eq!(answer, "replayed"),
                Some(_) if answer == "replayed" => {}
                _ => {
                    prop_assert_eq!(answer, "fresh");
                    known.insert(tag, expires);
                }
            }
        }
    }

    /// Any contents are gone through in 17 steps at most.
    #[test]
    fn any_contents_end(
        seed in any::<[u8; SEED_LEN]>(),
        found in vec(vec(any::<u8>(), 0..33), 17),
    ) {
        let mut search = Search::new(seed, seen(b"tag", at(0)), at(0), SKEW);
        for (step, found) in found.iter().enumerate() {
            search = match search.look(found) {
                Next::Look(next) => next,
                _ => break,
            };
            prop_assert!(step < 16);
        }
    }
}
