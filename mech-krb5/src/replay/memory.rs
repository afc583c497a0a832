//! The replay cache of one process: bounded, sharded, in memory.

use super::shard::{Fingerprint, Seen, Shard};
use super::{OnStart, ReplayAnswer, ReplayCache, ReplayEntry};
use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use alloc::boxed::Box;
use core::fmt;
use negotiate_core::{Ambient, RandomUnavailable, Seconds, Secret, Timestamp};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most shards. Threads that look up different authenticators meet in a lock once in 64 times, and what a shard has to
/// do at once, growing a table or dropping it, stays far below a millisecond with a million entries.
const MAX_SHARDS: usize = 64;

/// Entries for which it takes a shard more: so many that chance makes shards uneven by 3 per cent at most.
const ENTRIES_PER_SHARD: usize = 16_384;

/// The part of its share by which a shard is larger, so that all together hold what they shall although they are uneven.
const SHARD_SLACK: usize = 32;

/// How a [`MemoryReplayCache`] is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryReplayConfig {
    /// How many entries there is room for. Default 1,000,000: some 3,000 logins a second, each remembered for the default
    /// clock skew of five minutes, in at most 48 MB.
    pub capacity: usize,
    /// What is accepted after a start. Default: [`OnStart::RefuseCtimeBeforeStart`].
    pub on_start: OnStart,
    /// The clock skew that acceptors allow. Default 300 s. Used for [`OnStart::RefuseForSkew`] only.
    pub clock_skew: Seconds,
}

impl Default for MemoryReplayConfig {
    fn default() -> Self {
        Self {
            capacity: 1_000_000,
            on_start: OnStart::default(),
            clock_skew: Seconds(300),
        }
    }
}

/// A replay cache in memory, for a service that is one process.
///
/// An entry is 16 bytes: the tag's first 16, encrypted with AES under a key that is drawn at the start. Encrypting makes
/// every two tags that differ there two entries that differ, so a login is never refused for another's sake as long as
/// HMACs of 96 bits and more do not collide; and it places entries where nobody can foresee it, so that no choice of
/// tags makes the tables slow.
pub struct MemoryReplayCache {
    placement: Aes128,
    shards: Box<[Alone<Mutex<Shard>>]>,
}

/// In cache lines of its own, so that threads at neighbouring shards do not slow each other; and the lock in those of what it
/// guards, so that who comes from another processor waits for as few as can be.
#[repr(align(128))]
struct Alone<T>(T);

impl MemoryReplayCache {
    /// An empty cache (MS-KILE section 3.4.3), started at the ambient time.
    ///
    /// # Errors
    /// [`RandomUnavailable`] if its key cannot be drawn.
    pub fn new(config: MemoryReplayConfig, ambient: &mut Ambient<'_>) -> Result<Self, RandomUnavailable> {
        let mut key = Secret::new([0; 16]);
        ambient.random.fill(key.expose_mut())?;
        let shards = config
            .capacity
            .checked_div(ENTRIES_PER_SHARD)
            .and_then(usize::checked_next_power_of_two)
            .map_or(1, |shards| shards.clamp(1, MAX_SHARDS));
        let share = config.capacity.div_ceil(shards);
        let capacity = match shards {
            1 => share,
            _ => share.saturating_add(share.div_ceil(SHARD_SLACK)),
        };
        let known_from = config.on_start.known_from(ambient.now, config.clock_skew);
        Ok(Self {
            placement: Aes128::new(&Array::from(*key.expose())),
            shards: (0..shards)
                .map(|_| Alone(Mutex::new(Shard::new(capacity, known_from))))
                .collect(),
        })
    }

    /// How many entries there are, those among them that are about to be dropped.
    #[must_use]
    pub fn len(&self) -> usize {
        self.locked()
            .map(|shard| shard.len())
            .fold(0, usize::saturating_add)
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes that the entries take up.
    #[must_use]
    pub fn allocated(&self) -> usize {
        self.locked()
            .map(|shard| shard.allocated())
            .fold(0, usize::saturating_add)
    }

    fn locked(&self) -> impl Iterator<Item = MutexGuard<'_, Shard>> {
        self.shards.iter().map(|Alone(shard)| lock(shard))
    }

    fn fingerprint(&self, tag: &[u8]) -> [u8; 16] {
        let mut block = Array::from([0; 16]);
        for (to, from) in block.iter_mut().zip(tag) {
            *to = *from;
        }
        self.placement.encrypt_block(&mut block);
        block.into()
    }
}

// A shard is never left half changed: nothing in it can panic.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ReplayCache for MemoryReplayCache {
    fn check(&self, entry: ReplayEntry<'_>, now: Timestamp) -> ReplayAnswer {
        let block = self.fingerprint(entry.tag);
        // The tables use the other end of the block.
        let [.., last] = block;
        let mask = self.shards.len().saturating_sub(1);
        let Some(Alone(shard)) = self.shards.get(usize::from(last) & mask) else {
            return ReplayAnswer::Unavailable;
        };
        let seen = Seen {
            fingerprint: Fingerprint::new(block),
            client_time: entry.client_time,
            expires: entry.expires,
        };
        lock(shard).check(seen, now)
    }
}

/// How many shards; nothing of the entries.
impl fmt::Debug for MemoryReplayCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryReplayCache({} shards)", self.shards.len())
    }
}
