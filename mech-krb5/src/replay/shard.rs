//! One shard of the replay cache: entries in buckets of 16 seconds by the authenticators' times.
//!
//! An authenticator that comes again has the same time, so one bucket is looked into, and a bucket is dropped whole when
//! its last entry has expired. What was dropped is not known any more: from then on, authenticators with times up to the
//! latest in it are refused. While clocks go forward the skew check has refused these already; if a clock was wrong for
//! a while and is set back, this keeps what was dropped in the meantime from being replayed.

use super::ReplayAnswer;
pub(super) use super::table::Fingerprint;
use super::table::{SlotPool, Table};
use alloc::vec::Vec;
use negotiate_core::Timestamp;

/// Seconds of authenticator time in a bucket. An entry is kept for up to so much longer than it must be.
const BUCKET_SECONDS: i64 = 16;

/// An authenticator as the shard remembers it.
pub(super) struct Seen {
    pub(super) fingerprint: Fingerprint,
    pub(super) client_time: Timestamp,
    pub(super) expires: Timestamp,
}

pub(super) struct Shard {
    buckets: Vec<Bucket>,
    pool: SlotPool,
    len: usize,
    capacity: usize,
    // The latest time that anybody told.
    clock: Timestamp,
    // Authenticators with earlier times may have been seen and dropped.
    known_from: Timestamp,
    // No bucket expires before.
    next_expiry: Timestamp,
}

struct Bucket {
    number: i64,
    table: Table,
    // The latest of all entries.
    client_time: Timestamp,
    expires: Timestamp,
}

impl Shard {
    pub(super) const fn new(capacity: usize, known_from: Timestamp) -> Self {
        Self {
            buckets: Vec::new(),
            pool: SlotPool::new(capacity),
            len: 0,
            capacity,
            clock: Timestamp::from_unix_micros(i64::MIN),
            known_from,
            next_expiry: Timestamp::from_unix_micros(i64::MAX),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn allocated(&self) -> usize {
        let buckets = self.buckets.capacity().saturating_mul(size_of::<Bucket>());
        buckets.saturating_add(self.pool.allocated())
    }

    pub(super) fn check(&mut self, mut seen: Seen, now: Timestamp) -> ReplayAnswer {
        // Whoever asks with a clock that was set back gets the time that his entry is entitled to.
        let ahead = self.clock.unix_micros().saturating_sub(now.unix_micros()).max(0);
        seen.expires = Timestamp::from_unix_micros(seen.expires.unix_micros().saturating_add(ahead));
        self.clock = self.clock.max(now);
        if self.next_expiry < self.clock {
            self.drop_expired();
        }
        let number = seen.client_time.unix().div_euclid(BUCKET_SECONDS);
        // Buckets come and go in the order of time, so that the one that is due is near the end.
        let bucket = self
            .buckets
            .iter_mut()
            .rev()
            .find(|bucket| bucket.number == number);
        if bucket
            .as_ref()
            .is_some_and(|bucket| bucket.table.contains(seen.fingerprint))
        {
            return ReplayAnswer::Replayed;
        }
        if seen.client_time < self.known_from {
            return ReplayAnswer::BeforeStart {
                from: self.known_from,
            };
        }
        if self.len >= self.capacity {
            return ReplayAnswer::Full;
        }
        match bucket {
            Some(bucket) => bucket.insert(&seen, &mut self.pool),
            None => {
                let mut bucket = Bucket::new(number);
                bucket.insert(&seen, &mut self.pool);
                self.buckets.push(bucket);
            }
        }
        self.next_expiry = self.next_expiry.min(seen.expires);
        self.len = self.len.saturating_add(1);
        ReplayAnswer::Fresh
    }

    fn drop_expired(&mut self) {
        let clock = self.clock;
        for dropped in self.buckets.extract_if(.., |bucket| bucket.expires < clock) {
            self.len = self.len.saturating_sub(dropped.table.len());
            let after = Timestamp::from_unix_micros(dropped.client_time.unix_micros().saturating_add(1));
            self.known_from = self.known_from.max(after);
            dropped.table.leave_slots(&mut self.pool);
        }
        self.next_expiry = self
            .buckets
            .iter()
            .map(|bucket| bucket.expires)
            .min()
            .unwrap_or(Timestamp::from_unix_micros(i64::MAX));
    }
}

impl Bucket {
    fn new(number: i64) -> Self {
        Self {
            number,
            table: Table::default(),
            client_time: Timestamp::from_unix_micros(i64::MIN),
            expires: Timestamp::from_unix_micros(i64::MIN),
        }
    }

    fn insert(&mut self, seen: &Seen, pool: &mut SlotPool) {
        self.table.insert(seen.fingerprint, pool);
        self.client_time = self.client_time.max(seen.client_time);
        self.expires = self.expires.max(seen.expires);
    }
}
