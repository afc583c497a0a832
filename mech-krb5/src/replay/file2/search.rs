//! The way of one authenticator through the tables: in each it may stand in two neighbouring places, which its hash tells.
//!
//! As in MIT's `rc_file2.c` the hash is taken modulo the number of records. The page that describes the format says one
//! less; files that MIT wrote decide.

use super::{RECORD_LEN, Record, SEED_LEN};
use core::hash::Hasher;
use negotiate_core::{Seconds, Timestamp};
use siphasher::sip::SipHasher24;

/// Tables that end below 2^31, each twice as long as the one before.
const TABLES: u32 = 17;
/// Records of the first table and the seed before it, together.
const FIRST_TABLE: u64 = 1024;
const RECORD: u64 = 16;

/// A question about one authenticator, under way.
#[derive(Clone, Debug)]
pub struct Search {
    record: Record,
    seed: [u8; SEED_LEN],
    now: Timestamp,
    clock_skew: Seconds,
    table: u32,
    available: Option<Available>,
}

/// The first place that the record may be written to.
#[derive(Clone, Copy, Debug)]
struct Available {
    offset: u64,
    forgotten: Option<Timestamp>,
}

/// What comes next.
#[derive(Clone, Debug)]
#[must_use]
pub enum Next {
    /// The next table.
    Look(Search),
    /// The authenticator is in the file.
    Replayed,
    /// It is not, and has to be written now.
    Write(Write),
    /// It is not, and there is no room: of all its places in all tables each has a live record.
    Full,
}

/// What has to be written, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// Bytes from the start of the file; at the end or behind it, too.
    pub offset: u64,
    /// The record.
    pub bytes: [u8; RECORD_LEN],
    /// The time of the expired record in whose place this one comes, which is not known any more from now on.
    pub forgotten: Option<Timestamp>,
}

impl Search {
    /// Begins, in a file with this seed. Records with times before `now` less the skew count as expired, so all who share
    /// a file must have the same skew.
    #[must_use]
    pub const fn new(seed: [u8; SEED_LEN], record: Record, now: Timestamp, clock_skew: Seconds) -> Self {
        Self {
            record,
            seed,
            now,
            clock_skew,
            table: 0,
            available: None,
        }
    }

    /// Where two records are to be read now.
    #[must_use]
    pub fn offset(&self) -> u64 {
        let (start, records) = table(self.table);
        let mut hasher = SipHasher24::new_with_key(&self.seed);
        hasher.write(&self.record.tag);
        // A table has its records: the remainder exists.
        let place = hasher.finish().checked_rem(records).unwrap_or(0);
        start.saturating_add(place.saturating_mul(RECORD))
    }

    /// Takes what the file has at [`Search::offset`]: 32 bytes, or fewer if it ends there.
    pub fn look(mut self, found: &[u8]) -> Next {
        let offset = self.offset();
        let (records, _) = found.as_chunks::<RECORD_LEN>();
        let mut places = records.iter().map(|bytes| Record::from_bytes(*bytes));
        // Behind the end nothing was written either.
        let pair = [places.next().flatten(), places.next().flatten()];
        if pair.iter().flatten().any(|held| held.tag == self.record.tag) {
            return Next::Replayed;
        }
        for (held, offset) in pair.into_iter().zip([offset, offset.saturating_add(RECORD)]) {
            let is_free = held.is_none_or(|held| held.is_expired(self.now, self.clock_skew));
            if is_free && self.available.is_none() {
                let forgotten = held.map(|held| Timestamp::from_unix(held.time.into()));
                self.available = Some(Available { offset, forgotten });
            }
        }
        // Whoever came this way found a place here at the latest, and so did not go on to the next table.
        let is_end = pair.iter().any(Option::is_none);
        self.table = self.table.saturating_add(1);
        if !is_end && self.table < TABLES {
            self.seed = next_seed(self.seed);
            return Next::Look(self);
        }
        match self.available {
            Some(Available { offset, forgotten }) => Next::Write(Write {
                offset,
                bytes: self.record.to_bytes(),
                forgotten,
            }),
            None => Next::Full,
        }
    }
}

// Where a table begins, and how many records it has.
fn table(number: u32) -> (u64, u64) {
    let size = |number: u32| FIRST_TABLE.saturating_mul(1_u64.checked_shl(number).unwrap_or(u64::MAX));
    match number {
        0 => (RECORD, FIRST_TABLE.saturating_sub(1)),
        _ => (
            size(number).saturating_sub(FIRST_TABLE).saturating_mul(RECORD),
            size(number),
        ),
    }
}

// Each table has a seed of its own, so that those who meet in one do not meet again.
fn next_seed([first, rest @ ..]: [u8; SEED_LEN]) -> [u8; SEED_LEN] {
    let mut seed = [first.wrapping_add(1); SEED_LEN];
    for (to, from) in seed.iter_mut().skip(1).zip(rest) {
        *to = from;
    }
    seed
}
