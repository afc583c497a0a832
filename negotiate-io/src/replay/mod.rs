//! A replay cache in a file, in MIT krb5's format ([`file2`](mech_krb5::replay::file2)), shared with every other process
//! that keeps its authenticators there, MIT's library among them: what one of them accepted, the others refuse.
//!
//! MIT's library uses `/var/tmp/krb5_UID.rcache2`, where UID is the number of the effective user, unless `KRB5RCACHENAME`,
//! `KRB5RCACHEDIR`, `TMPDIR` or `default_rcache_name` in krb5.conf say otherwise. Processes that share a file run as the
//! same user and allow the same clock skew.
//!
//! The file is used where nobody but this user and root may write it, read it or put another one in its place: who takes it away and
//! brings it back before a start has what was accepted meanwhile accepted again. Its directory is looked at for that, not those
//! above it.
//!
//! What a shared file cannot do: records are not forced to the disk, so the last of them may be lost when the machine (not
//! a process) stops without notice; a record that MIT wrote lives for the clock skew from when MIT saw it, also where the
//! initiator's clock was ahead and the authenticator is good for longer; and what another process writes over while this machine's
//! clock is ahead is forgotten when it is set back, by all but those that start after that.

mod error;
mod locked;
mod store;

pub use error::{ReplayFileError, ReplayFileFault};

use futures_channel::oneshot;
use mech_krb5::replay::file2::Record;
use mech_krb5::replay::{OnStart, ReplayAnswer, ReplayCache, ReplayEntry};
use negotiate_core::{Seconds, Timestamp};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};
use store::Store;

/// Questions that may wait. At some 10 µs each, the last of them waits 10 ms; more would only make everybody's answer late
/// while another process keeps the file locked.
const MAX_WAITING: usize = 1000;

/// No login waits for longer. A time that ends, for [`Instant`]s to be counted with.
const LONGEST_LOCK_WAIT: Duration = Duration::from_secs(86_400);

/// Questions that are answered under one lock. The others who share the file get their turn after some 100 µs.
const MAX_TOGETHER: usize = 16;

/// How a [`FileReplayCache`] is set up.
#[derive(Clone, Copy, Debug)]
pub struct FileReplayOptions {
    /// What is accepted of the time before the file remembered anything. A file that is there outlives restarts: it has
    /// remembered since its oldest record was written, which the start is then taken for. It is the real one where there is no
    /// record, or one of the future, from before the clock was set back; and when the file is found to have been deleted,
    /// replaced or cut while it was in use, the time of that. A record that is ahead by the skew or less may be of an initiator
    /// whose clock is ahead, or of before the clock was set back: nothing is accepted that is older than it by more than the skew.
    pub on_start: OnStart,
    /// The clock skew that the acceptors allow who share the file. Default 300 s, MIT's default too.
    pub clock_skew: Seconds,
    /// How long a login waits for the file's lock, which others hold for microseconds. Default 5 s: who holds it for longer is
    /// stopped or stuck, and logins are better refused than left waiting.
    pub lock_wait: Duration,
}

impl Default for FileReplayOptions {
    fn default() -> Self {
        Self {
            on_start: OnStart::default(),
            clock_skew: Seconds(300),
            lock_wait: Duration::from_secs(5),
        }
    }
}

/// A replay cache in a file. A thread of its own waits for the file's lock and for the disk, so that nobody else does: answers
/// are [`ReplayAnswer::Pending`].
pub struct FileReplayCache {
    path: PathBuf,
    clock_skew: Seconds,
    questions: SyncSender<Question>,
}

/// An authenticator, and who asks.
struct Question {
    record: Record,
    client_time: Timestamp,
    now: Timestamp,
    // The same by a clock that nobody sets.
    asked: Instant,
    answer: oneshot::Sender<ReplayAnswer>,
}

impl Question {
    /// The time after the question has waited.
    fn now_at_last(&self) -> Timestamp {
        let waited = i64::try_from(self.asked.elapsed().as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_unix_micros(self.now.unix_micros().saturating_add(waited))
    }
}

impl FileReplayCache {
    /// Uses this file; makes it, for its owner alone, if it is not there.
    ///
    /// # Errors
    /// If it cannot be made or opened, is a symbolic link or no file, has a second name, belongs to another user, can be read or
    /// written by others or replaced by them, is no replay cache, or stays locked.
    pub fn open(
        path: impl Into<PathBuf>,
        options: FileReplayOptions,
        now: Timestamp,
    ) -> Result<Self, ReplayFileError> {
        let path = path.into();
        let options = FileReplayOptions {
            lock_wait: options.lock_wait.min(LONGEST_LOCK_WAIT),
            ..options
        };
        let because = |fault| ReplayFileError {
            path: path.clone(),
            fault,
        };
        let store = Store::open(&path, options, now).map_err(because)?;
        let (questions, waiting) = sync_channel(MAX_WAITING);
        thread::Builder::new()
            .name("replay-file".into())
            .spawn(move || work(store, &waiting, options.lock_wait))
            .map_err(|error| because(ReplayFileFault::Io(error)))?;
        Ok(Self {
            path,
            clock_skew: options.clock_skew,
            questions,
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl ReplayCache for FileReplayCache {
    fn check(&self, entry: ReplayEntry<'_>, now: Timestamp) -> ReplayAnswer {
        let Ok(record) = Record::new(&entry, self.clock_skew) else {
            return ReplayAnswer::Unavailable;
        };
        let (answer, given) = oneshot::channel();
        let question = Question {
            record,
            client_time: entry.client_time,
            now,
            asked: Instant::now(),
            answer,
        };
        match self.questions.try_send(question) {
            Ok(()) => ReplayAnswer::Pending(Box::pin(async {
                given.await.unwrap_or(ReplayAnswer::Unavailable)
            })),
            Err(_) => ReplayAnswer::Unavailable,
        }
    }
}

impl fmt::Debug for FileReplayCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileReplayCache({})", self.path.display())
    }
}

/// Answers until nobody can ask any more. Each may wait for the lock for so long, in the queue or at its head.
fn work(mut store: Store, waiting: &Receiver<Question>, lock_wait: Duration) {
    while let Ok(first) = waiting.recv() {
        let give_up = first.asked + lock_wait;
        let together: Vec<Question> = std::iter::once(first)
            .chain(waiting.try_iter().take(MAX_TOGETHER - 1))
            .collect();
        store.answer(together, give_up);
    }
}
