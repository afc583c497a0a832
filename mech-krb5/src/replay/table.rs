//! A set of fingerprints: open addressing with linear probing, 16 bytes a slot, nothing is ever taken out.
//!
//! At most three quarters of the slots are used, and when they are, the table doubles: 21 to 43 bytes for an entry.

use alloc::vec;
use alloc::vec::Vec;

/// What stands for a tag: a block that looks random, never zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint(u128);

impl Fingerprint {
    pub(super) const fn new(block: [u8; 16]) -> Self {
        // Zero marks an empty slot. That one block is taken for another matters as little as 2^-127.
        match u128::from_le_bytes(block) {
            EMPTY => Self(1),
            block => Self(block),
        }
    }
}

const EMPTY: u128 = 0;
const FIRST_SLOTS: usize = 8;

/// Where tables get their slots and leave them. Slots of dropped tables serve the next ones, so that a cache in use
/// neither allocates nor frees: freeing many megabytes at once takes an allocator milliseconds.
pub(super) struct SlotPool {
    spare: Vec<Vec<u128>>,
    // Of the tables and the spare ones together.
    slots: usize,
    // As many as full tables need at worst; above, spare slots are given back.
    most: usize,
}

impl SlotPool {
    pub(super) const fn new(capacity: usize) -> Self {
        Self {
            spare: Vec::new(),
            slots: 0,
            most: capacity.saturating_mul(8).div_ceil(3),
        }
    }

    pub(super) const fn allocated(&self) -> usize {
        self.slots.saturating_mul(size_of::<u128>())
    }

    fn take(&mut self, len: usize) -> Vec<u128> {
        if let Some(at) = self.spare.iter().position(|slots| slots.len() == len) {
            let mut slots = self.spare.swap_remove(at);
            slots.fill(EMPTY);
            return slots;
        }
        self.slots = self.slots.saturating_add(len);
        while self.slots > self.most
            && let Some(freed) = self.spare.pop()
        {
            self.slots = self.slots.saturating_sub(freed.len());
        }
        vec![EMPTY; len]
    }

    fn leave(&mut self, slots: Vec<u128>) {
        if self.slots > self.most {
            self.slots = self.slots.saturating_sub(slots.len());
        } else if !slots.is_empty() {
            self.spare.push(slots);
        }
    }
}

#[derive(Default)]
pub(super) struct Table {
    // A power of two of them, or none.
    slots: Vec<u128>,
    len: usize,
}

impl Table {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn contains(&self, fingerprint: Fingerprint) -> bool {
        self.slots
            .get(self.slot(fingerprint))
            .is_some_and(|found| *found == fingerprint.0)
    }

    /// Inserts a fingerprint that is not there.
    pub(super) fn insert(&mut self, fingerprint: Fingerprint, pool: &mut SlotPool) {
        let used = self.len.saturating_add(1);
        if used.saturating_mul(4) > self.slots.len().saturating_mul(3) {
            self.grow(pool);
        }
        let slot = self.slot(fingerprint);
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = fingerprint.0;
            self.len = used;
        }
    }

    fn grow(&mut self, pool: &mut SlotPool) {
        let doubled = pool.take(self.slots.len().saturating_mul(2).max(FIRST_SLOTS));
        let old = core::mem::replace(&mut self.slots, doubled);
        for fingerprint in old.iter().filter(|slot| **slot != EMPTY) {
            let slot = self.slot(Fingerprint(*fingerprint));
            if let Some(slot) = self.slots.get_mut(slot) {
                *slot = *fingerprint;
            }
        }
        pool.leave(old);
    }

    /// Ends the table.
    pub(super) fn leave_slots(self, pool: &mut SlotPool) {
        pool.leave(self.slots);
    }

    // Where the fingerprint is, or the empty slot where it would be.
    fn slot(&self, fingerprint: Fingerprint) -> usize {
        let mask = self.slots.len().wrapping_sub(1);
        let bytes = fingerprint.0.to_le_bytes();
        let mut slot = bytes
            .first_chunk()
            .map_or(0, |first| usize::from_le_bytes(*first))
            & mask;
        // A quarter of the slots is empty, so this ends.
        while let Some(found) = self.slots.get(slot) {
            if *found == EMPTY || *found == fingerprint.0 {
                break;
            }
            slot = slot.wrapping_add(1) & mask;
        }
        slot
    }
}
