//! A replay cache file of any bytes in MIT krb5's format, asked about one authenticator after the other: each is found, put or
//! refused as a second implementation of `doc/formats/rcache_file_format` has it, and none is forgotten while it is alive.

use crate::bounds::allocating_at_most;
use arbitrary::{Arbitrary, Unstructured};
use mech_krb5::replay::ReplayEntry;
use mech_krb5::replay::file2::{Contents, FIRST_TABLE_LEN, File2Error, Next, Record, Search, Write, times};
use negotiate_core::{Seconds, Timestamp};
use std::collections::{BTreeMap, HashMap};

/// A file, and who asks of it.
#[derive(Arbitrary, Debug)]
struct Script {
    clock_skew: u16,
    start: u32,
    questions: Vec<Question>,
    // The rest of the input.
    file: Vec<u8>,
}

#[derive(Arbitrary, Debug)]
struct Question {
    tag: Tag,
    /// Since the last one, in 2^16 steps to a day and a half.
    later_micros: u16,
    later_seconds: u16,
    /// The initiator's clock, ahead of the acceptor's or behind it.
    ahead: i16,
    /// Others were here before: so many tables have no room for this one.
    crowded_tables: u8,
    /// How long ago they came.
    crowd_age: u16,
    /// So many bytes of a record that nobody wrote to its end.
    cut: u8,
}

#[derive(Arbitrary, Clone, Debug)]
enum Tag {
    /// One of a few, so that they come again.
    Known(u8),
    Bytes([u8; 24], u8),
}

impl Tag {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Known(number) => vec![number % 8; 12],
            Self::Bytes(bytes, len) => bytes[..usize::from(*len % 25)].to_vec(),
        }
    }
}

/// # Panics
/// If any of this does not hold.
pub fn check(input: &[u8]) {
    let Ok(script) = Script::arbitrary_take_rest(Unstructured::new(input)) else {
        return;
    };
    compare_lengths(script.file.len() as u64);
    let mut file = File::new(&script.file);
    let Some(seed) = file.seed else { return };
    let skew = i64::from(script.clock_skew);
    let mut now = i64::from(script.start) * 1_000_000;
    // Tags that were fresh, and the last microsecond of their lives.
    let mut alive: HashMap<[u8; 12], i64> = HashMap::new();
    for question in script.questions {
        now += i64::from(question.later_seconds) * 2_000_000 + i64::from(question.later_micros);
        let tag = question.tag.bytes();
        let client_time = now + i64::from(question.ahead) * 1_000_000;
        let expires = client_time.max(now) + skew * 1_000_000;
        let entry = ReplayEntry {
            tag: &tag,
            client_time: Timestamp::from_unix_micros(client_time),
            expires: Timestamp::from_unix_micros(expires),
        };
        let clock_skew = Seconds(script.clock_skew.into());
        let Some(stored) = Stored::of(&tag, expires - skew * 1_000_000) else {
            assert_eq!(Record::new(&entry, clock_skew), Err(File2Error::TimeOutOfRange));
            continue;
        };
        let record = Record::new(&entry, clock_skew).expect("a time that fits");
        assert_eq!(record.to_bytes(), stored.bytes());
        let others = Stored {
            tag: [0xee; 12],
            time: (now / 1_000_000 - i64::from(question.crowd_age)).clamp(1, u32::MAX.into()) as u32,
        };
        for place in places(seed, stored.tag).take(usize::from(question.crowded_tables % 20) * 2) {
            file.fill(place, others);
        }
        file.cut_within_a_record(question.cut);
        let asked = || ask(&file, seed, record, Timestamp::from_unix_micros(now), clock_skew);
        let answer = allocating_at_most(0, asked);
        let expected = file.judge(seed, stored, now.div_euclid(1_000_000), skew);
        assert_eq!(answer, expected);
        if let Answer::Write(write) = answer {
            let forgotten = alive.insert(stored.tag, expires);
            assert!(
                forgotten.is_none_or(|until| until < now),
                "{until} is forgotten at {now}",
                until = forgotten.unwrap_or(0)
            );
            file.write(&write);
            let again = ask(&file, seed, record, Timestamp::from_unix_micros(now), clock_skew);
            assert_eq!(again, Answer::Replayed);
        }
    }
    // Of the first table: a later one may be as long as a file can be.
    let times = times(&file.read(16, FIRST_TABLE_LEN));
    let times = times.map(|times| [times.start().unix(), times.end().unix()]);
    assert_eq!(times, file.oldest_and_newest());
}

fn compare_lengths(len: u64) {
    for len in [len, len << 20, 0x7fff_c000 + len] {
        let expected = match (len, len / 16 * 16) {
            (0, _) => Ok(Contents::Nothing),
            (_, 0) => Err(File2Error::SeedTruncated),
            // A record behind the last table belongs to a pair that begins in it.
            _ if len > LAST_TABLE_END + 16 => Err(File2Error::TooLong),
            (_, end) => Ok(Contents::SeedAndRecords { end }),
        };
        assert_eq!(Contents::of_len(len), expected);
    }
}

/// The way through the code under test.
fn ask(file: &File, seed: [u8; 16], record: Record, now: Timestamp, clock_skew: Seconds) -> Answer {
    let mut search = Search::new(seed, record, now, clock_skew);
    loop {
        let mut pair = [0; 32];
        let len = file.read_into(search.offset(), &mut pair);
        search = match search.look(&pair[..len]) {
            Next::Look(next) => next,
            Next::Replayed => return Answer::Replayed,
            Next::Full => return Answer::Full,
            Next::Write(write) => return Answer::Write(write),
        };
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Replayed,
    Full,
    Write(Write),
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Stored {
    tag: [u8; 12],
    time: u32,
}

impl Stored {
    fn of(tag: &[u8], micros: i64) -> Option<Self> {
        let seconds = (micros + 999_999).div_euclid(1_000_000);
        let time = u32::try_from(seconds).ok().filter(|time| *time != 0)?;
        let filled: Vec<u8> = tag.iter().copied().chain([0; 12]).take(12).collect();
        let tag = filled.try_into().expect("twelve bytes");
        Some(Self { tag, time })
    }

    fn bytes(self) -> [u8; 16] {
        let bytes = [&self.tag[..], &self.time.to_be_bytes()].concat();
        bytes.try_into().expect("sixteen bytes")
    }
}

/// A file with holes.
struct File {
    seed: Option<[u8; 16]>,
    // By their place; a time of zero is a hole.
    records: BTreeMap<u64, Stored>,
    len: u64,
}

impl File {
    fn new(bytes: &[u8]) -> Self {
        let (records, _) = bytes.as_chunks::<16>();
        let stored = |bytes: &[u8; 16]| Stored {
            tag: *bytes.first_chunk().expect("longer"),
            time: u32::from_be_bytes(*bytes.last_chunk().expect("longer")),
        };
        let places = (0..).step_by(16);
        Self {
            seed: bytes.first_chunk().copied(),
            records: places.zip(records.iter().map(stored)).skip(1).collect(),
            len: bytes.len() as u64,
        }
    }

    /// Somebody else's, where there is none.
    fn fill(&mut self, place: u64, stored: Stored) {
        if self.at(place).is_none() {
            self.put(place, stored);
        }
    }

    fn write(&mut self, write: &Write) {
        let time = u32::from_be_bytes(*write.bytes.last_chunk().expect("longer"));
        let tag = *write.bytes.first_chunk().expect("longer");
        self.put(write.offset, Stored { tag, time });
    }

    fn put(&mut self, place: u64, stored: Stored) {
        assert!(
            place >= 16 && place.is_multiple_of(16) && place <= LAST_TABLE_END,
            "{place}"
        );
        self.len = self.len.max(place + 16);
        self.records.insert(place, stored);
    }

    /// Ends behind its last whole record, and some bytes more.
    fn cut_within_a_record(&mut self, more: u8) {
        self.len = self.len / 16 * 16 + u64::from(more % 16);
    }

    /// What was written there.
    fn at(&self, place: u64) -> Option<Stored> {
        let held = self.records.get(&place).filter(|held| held.time != 0);
        held.copied().filter(|_| place + 16 <= self.len)
    }

    /// Times in the first table.
    fn oldest_and_newest(&self) -> Option<[i64; 2]> {
        let mut times: Vec<u32> = (1..1024)
            .filter_map(|place| Some(self.at(place * 16)?.time))
            .collect();
        times.sort_unstable();
        Some([*times.first()?, *times.last()?].map(i64::from))
    }

    fn read(&self, offset: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        let len = self.read_into(offset, &mut bytes);
        bytes.truncate(len);
        bytes
    }

    /// As from a file: fewer bytes where it ends, and zeros, or half a record, where nothing is.
    fn read_into(&self, offset: u64, bytes: &mut [u8]) -> usize {
        let len = self.len.saturating_sub(offset).min(bytes.len() as u64) as usize;
        for (number, chunk) in bytes[..len].chunks_mut(16).enumerate() {
            match self.records.get(&(offset + number as u64 * 16)) {
                Some(held) if chunk.len() == 16 => {
                    chunk[..12].copy_from_slice(&held.tag);
                    chunk[12..].copy_from_slice(&held.time.to_be_bytes());
                }
                _ if chunk.len() == 16 => chunk.fill(0),
                _ => chunk.fill(0xff),
            }
        }
        len
    }

    fn judge(&self, seed: [u8; 16], asked: Stored, now: i64, skew: i64) -> Answer {
        let all: Vec<(u64, Option<Stored>)> = places(seed, asked.tag)
            .map(|place| (place, self.at(place)))
            .collect();
        // Pairs up to the one where nothing was ever written.
        let pairs = all.chunks(2);
        let last = pairs
            .clone()
            .position(|pair| pair.iter().any(|(_, held)| held.is_none()));
        let seen: Vec<_> = pairs
            .take(last.map_or(usize::MAX, |last| last + 1))
            .flatten()
            .collect();
        if seen
            .iter()
            .any(|(_, held)| held.is_some_and(|held| held.tag == asked.tag))
        {
            return Answer::Replayed;
        }
        let has_expired = |held: Stored| now > i64::from(held.time) + skew;
        match seen.iter().find(|(_, held)| held.is_none_or(has_expired)) {
            Some((offset, held)) => Answer::Write(Write {
                offset: *offset,
                bytes: asked.bytes(),
                forgotten: held.map(|held| Timestamp::from_unix(held.time.into())),
            }),
            None => Answer::Full,
        }
    }
}

/// Tables double; the last one still ends below 2^31.
const LAST_TABLE_END: u64 = 0x7fff_c000;

/// All places where a tag may stand, two in each table.
fn places(seed: [u8; 16], tag: [u8; 12]) -> impl Iterator<Item = u64> {
    let mut start = 16;
    let mut tables = Vec::new();
    for number in 0_u8.. {
        let records = if number == 0 { 1023 } else { 1024 << number };
        if start + records * 16 >= 1 << 31 {
            break;
        }
        let mut seed = seed;
        seed[0] = seed[0].wrapping_add(number);
        tables.push(start + siphash(seed, tag) % records * 16);
        start += records * 16;
    }
    tables.into_iter().flat_map(|first| [first, first + 16])
}

/// SipHash-2-4 of twelve bytes (Aumasson and Bernstein, 2012).
fn siphash(key: [u8; 16], tag: [u8; 12]) -> u64 {
    let word = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u64::from(*byte))
    };
    let (low, high) = (word(&key[..8]), word(&key[8..]));
    let mut state = [
        low ^ 0x736f_6d65_7073_6575,
        high ^ 0x646f_7261_6e64_6f6d,
        low ^ 0x6c79_6765_6e65_7261,
        high ^ 0x7465_6462_7974_6573,
    ];
    for block in [word(&tag[..8]), word(&tag[8..]) | 12 << 56] {
        state[3] ^= block;
        sip_rounds(&mut state, 2);
        state[0] ^= block;
    }
    state[2] ^= 0xff;
    sip_rounds(&mut state, 4);
    state.into_iter().fold(0, |hash, word| hash ^ word)
}

fn sip_rounds([a, b, c, d]: &mut [u64; 4], count: u8) {
    for _ in 0..count {
        *a = a.wrapping_add(*b);
        *b = b.rotate_left(13) ^ *a;
        *a = a.rotate_left(32);
        *c = c.wrapping_add(*d);
        *d = d.rotate_left(16) ^ *c;
        *a = a.wrapping_add(*d);
        *d = d.rotate_left(21) ^ *a;
        *c = c.wrapping_add(*b);
        *b = b.rotate_left(17) ^ *c;
        *c = c.rotate_left(32);
    }
}
