//! Keys that a new keytab no longer has, kept for as long as the operator allows.

use mech_krb5::Principal;
use mech_krb5::keytab::KeytabEntry;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// Entries that are gone from the files, and when each is not to be tried any more.
#[derive(Default)]
pub(super) struct Retired {
    /// `None`: later than any time that there is.
    entries: Vec<(KeytabEntry, Option<Instant>)>,
}

impl Retired {
    /// Takes note of a change: files that had `old` have other entries now, and all files together have `new`.
    pub(super) fn note<'k>(
        &mut self,
        old: &[KeytabEntry],
        new: impl Iterator<Item = &'k KeytabEntry>,
        grace: Duration,
        now: Instant,
    ) {
        let held: HashSet<_> = new.map(identity).collect();
        self.entries.retain(|(entry, _)| !held.contains(&identity(entry)));
        if grace > Duration::ZERO {
            let gone = old.iter().filter(|entry| !held.contains(&identity(entry)));
            self.entries
                .extend(gone.map(|entry| (entry.clone(), now.checked_add(grace))));
        }
    }

    /// Lets those go whose time is over; whether there were any.
    pub(super) fn expire(&mut self, now: Instant) -> bool {
        let before = self.entries.len();
        self.entries
            .retain(|(_, until)| until.is_none_or(|until| until > now));
        self.entries.len() != before
    }

    /// How long it is until the next of them is to go.
    pub(super) fn until_expiry(&self, now: Instant) -> Option<Duration> {
        let next = self.entries.iter().filter_map(|(_, until)| *until).min()?;
        Some(next.saturating_duration_since(now))
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &KeytabEntry> {
        self.entries.iter().map(|(entry, _)| entry)
    }
}

/// Whether two files have the same entries in the same order.
pub(super) fn is_same(one: &[KeytabEntry], other: &[KeytabEntry]) -> bool {
    one.iter().map(identity).eq(other.iter().map(identity))
}

/// What makes two entries the same.
fn identity(entry: &KeytabEntry) -> (&Principal, u32, i32, &[u8]) {
    (
        entry.principal(),
        entry.kvno(),
        entry.etype(),
        entry.key().expose(),
    )
}
