//! MIT krb5's replay cache file, format "file2" (release 1.18 and later, `doc/formats/rcache_file_format`), which the
//! acceptors of one machine share, whatever library they use. Here is what stands in it and where; opening, locking, reading
//! and writing it are the caller's.
//!
//! ```text
//! 16 bytes      seed of SipHash-2-4, random
//! 1023 records  first table
//! 2048 records  second table, then 4096, 8192, ...
//!
//! record: 12 bytes  the tag, cut or filled up with zeros
//!          4 bytes  its time, big-endian seconds since 1970; zero where nothing was ever written
//! ```
//!
//! A file may be sparse, and ends with the last record that was written. Nobody ever takes a record out: one that is older
//! than the clock skew is written over. All accesses must be under an exclusive lock of the whole file.

mod search;

pub use search::{Next, Search, Write};

use super::ReplayEntry;
use core::fmt;
use core::ops::RangeInclusive;
use negotiate_core::{Seconds, Timestamp};

/// Length of the seed at the start of the file.
pub const SEED_LEN: usize = 16;
/// Length of a record.
pub const RECORD_LEN: usize = 16;
/// Length of the first table, which comes behind the seed.
pub const FIRST_TABLE_LEN: usize = 1023 * RECORD_LEN;
/// Length of the tag in it. An etype's checksum is 12 bytes or more.
const TAG_LEN: usize = 12;

/// No file is longer: MIT's library goes no further than the tables that end below 2^31.
pub const MAX_FILE_LEN: u64 = 0x7fff_c000;

/// An authenticator as the file has it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Record {
    tag: [u8; TAG_LEN],
    // Never zero.
    time: u32,
}

impl Record {
    /// The record for an authenticator: under its time it lives as long as the entry is to, by the same clock skew.
    ///
    /// MIT writes the time at which it saw the authenticator. That is too early where the initiator's clock is ahead, so
    /// that such an entry of MIT's may be written over while the authenticator is still good.
    ///
    /// # Errors
    /// [`File2Error::TimeOutOfRange`] if that time is not between 1970 and 2106.
    pub fn new(entry: &ReplayEntry<'_>, clock_skew: Seconds) -> Result<Self, File2Error> {
        let alive = entry.expires.minus(clock_skew);
        let seconds = match alive.subsec_micros() {
            0 => alive.unix(),
            _ => alive.unix().saturating_add(1),
        };
        let time = u32::try_from(seconds).map_err(|_| File2Error::TimeOutOfRange)?;
        let mut tag = [0; TAG_LEN];
        for (to, from) in tag.iter_mut().zip(entry.tag) {
            *to = *from;
        }
        match time {
            0 => Err(File2Error::TimeOutOfRange),
            time => Ok(Self { tag, time }),
        }
    }

    /// As it stands in the file.
    #[must_use]
    pub fn to_bytes(self) -> [u8; RECORD_LEN] {
        let mut bytes = [0; RECORD_LEN];
        let parts = self.tag.into_iter().chain(self.time.to_be_bytes());
        for (to, from) in bytes.iter_mut().zip(parts) {
            *to = from;
        }
        bytes
    }

    /// `None` where nothing was written.
    fn from_bytes(bytes: [u8; RECORD_LEN]) -> Option<Self> {
        let (tag, time) = bytes.split_first_chunk()?;
        let time = u32::from_be_bytes(*time.first_chunk()?);
        (time != 0).then_some(Self { tag: *tag, time })
    }

    fn is_expired(self, now: Timestamp, clock_skew: Seconds) -> bool {
        now.unix() > i64::from(self.time).saturating_add(clock_skew.0.into())
    }
}

/// Its time only.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({})", Timestamp::from_unix(self.time.into()))
    }
}

/// The times of the oldest and the newest record in these bytes of a file, from one record to another; `None` if nothing was ever
/// written there.
///
/// A record's time is never before that of its writing. So the file has remembered what was accepted since its oldest record was
/// written, but for what was written over: when the newest one was written, at the latest, that was older than the skew.
///
/// That is the newest one of all tables: who finds both places of the first one taken writes over what has expired in a later one,
/// and the first may then have nothing that is as new.
#[must_use]
pub fn times(records: &[u8]) -> Option<RangeInclusive<Timestamp>> {
    let (records, _) = records.as_chunks::<RECORD_LEN>();
    let held = records.iter().filter_map(|bytes| Record::from_bytes(*bytes));
    let times = held.map(|record| Timestamp::from_unix(record.time.into()));
    Some(times.clone().min()?..=times.max()?)
}

/// What the length of a file says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// Nothing: the seed is still to be drawn and written.
    Nothing,
    /// A seed, and records behind it.
    SeedAndRecords {
        /// Where the last whole record ends. What comes behind it is a record whose writing was cut: nobody accepted that
        /// authenticator. As MIT's library takes it, nothing was written there; it is to be cut off, lest its beginning is
        /// found filled up with zeros when the file grows.
        end: u64,
    },
}

impl Contents {
    /// Of a file of this length.
    ///
    /// # Errors
    /// [`File2Error`] if no such file has it. MIT's library goes on with a part of a seed, and loses records by that.
    pub const fn of_len(len: u64) -> Result<Self, File2Error> {
        match len {
            0 => Ok(Self::Nothing),
            1..16 => Err(File2Error::SeedTruncated),
            // The second of two records may stand one behind the last table.
            _ if len > MAX_FILE_LEN + 16 => Err(File2Error::TooLong),
            _ => Ok(Self::SeedAndRecords { end: len & !15 }),
        }
    }
}

/// Why a file is not a replay cache, or cannot hold an authenticator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum File2Error {
    /// It ends within the seed.
    SeedTruncated,
    /// It is longer than [`MAX_FILE_LEN`] allows.
    TooLong,
    /// A record's time is seconds since 1970 in 32 bits.
    TimeOutOfRange,
}

impl fmt::Display for File2Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SeedTruncated => "it ends within the hash seed",
            Self::TooLong => "it is longer than 2 GiB, which no replay cache is",
            Self::TimeOutOfRange => "the time is not between 1970 and 2106",
        })
    }
}

impl core::error::Error for File2Error {}
