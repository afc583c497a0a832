//! A keytab that follows its files.

use super::error::KeytabFileError;
use super::read::entries;
use super::retired::{Retired, is_same};
use arc_swap::ArcSwap;
use mech_krb5::keytab::{Keytab, KeytabEntry, KeytabSource};
use negotiate_core::Explain as _;
use std::fmt;
use std::fs::Metadata;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// How files are watched.
#[derive(Clone, Copy, Debug)]
pub struct WatchOptions {
    /// How often the files are looked at. Default: one second; a `stat` costs about a microsecond.
    pub interval: Duration,
    /// How long a key that is gone from the files is still tried. Default: not at all, for a key is often taken out because
    /// it got into wrong hands.
    pub retired_key_grace: Duration,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(1),
            retired_key_grace: Duration::ZERO,
        }
    }
}

/// The keytab of some files, as they are now or were when they were last good. A thread follows them until the last clone
/// of the `Arc` is dropped.
pub struct WatchedKeytab {
    current: ArcSwap<Keytab>,
    look_now: SyncSender<()>,
}

impl WatchedKeytab {
    /// Reads the files, which must be good this first time, and watches them from then on.
    ///
    /// # Errors
    /// If one of them is missing, unreadable, or no keytab.
    pub fn open(paths: Vec<PathBuf>, options: WatchOptions) -> Result<Arc<Self>, KeytabFileError> {
        // Before reading: what changes between the two is then read once more than needed, and never missed.
        let stamps = stamps(&paths);
        let settled = is_settled(&stamps, SystemTime::now());
        let entries = entries(&paths)?;
        let (look_now, wakeups) = mpsc::sync_channel(1);
        let keytab = Keytab::from_entries(entries.clone());
        let watched = Arc::new(Self {
            current: ArcSwap::from_pointee(keytab),
            look_now,
        });
        let watcher = Watcher {
            paths,
            options,
            stamps,
            settled,
            entries,
            retired: Retired::default(),
            failed: None,
        };
        let target = Arc::downgrade(&watched);
        // Without the thread the keytab is as good as a fixed one; the next start has a chance again.
        if let Err(error) = thread::Builder::new()
            .name("keytab-watch".into())
            .spawn(move || watcher.run(&target, &wakeups))
        {
            tracing::warn!(target: "negotiate_io", %error, "keytab files are not watched: no thread");
        }
        Ok(watched)
    }

    /// The keytab of this moment, to keep.
    #[must_use]
    pub fn current(&self) -> Arc<Keytab> {
        self.current.load_full()
    }
}

impl KeytabSource for WatchedKeytab {
    fn with_current(&self, judge: &mut dyn FnMut(&Keytab)) {
        judge(&self.current.load());
    }

    fn missed(&self) {
        // A wish that is already waiting serves for this one too.
        let _ = self.look_now.try_send(());
    }
}

impl fmt::Debug for WatchedKeytab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WatchedKeytab({:?})", self.current.load())
    }
}

/// What tells that a file is another one than before: a file that is renamed into its place has another inode, and one that
/// is written in place another time or length.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    len: u64,
    inode: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Self {
            modified: metadata.modified().ok(),
            len: metadata.len(),
            inode,
        }
    }
}

/// File systems tell times by the tick or worse: a file that was read so shortly after its last change may have been changed
/// once more, with the same time and length. ktadd does so: it writes an entry's length last.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

fn is_settled(stamps: &[Option<Stamp>], now: SystemTime) -> bool {
    let distance = |changed: SystemTime| match now.duration_since(changed) {
        Ok(past) => past,
        // By a clock that is ahead, or was.
        Err(future) => future.duration(),
    };
    let mut changed = stamps.iter().flatten().filter_map(|stamp| stamp.modified);
    changed.all(|changed| distance(changed) > SETTLED_AFTER)
}

/// `None` for a file that is not there.
fn stamps(paths: &[PathBuf]) -> Vec<Option<Stamp>> {
    let stamp = |path: &PathBuf| -> io::Result<Stamp> { Ok(Stamp::of(&std::fs::metadata(path)?)) };
    paths.iter().map(|path| stamp(path).ok()).collect()
}

struct Watcher {
    paths: Vec<PathBuf>,
    options: WatchOptions,
    stamps: Vec<Option<Stamp>>,
    /// Whether the files were read long enough after their last change.
    settled: bool,
    /// Of the files when they were last good, without retired ones.
    entries: Vec<KeytabEntry>,
    retired: Retired,
    /// What was said last about files that are not good, so that it is said once.
    failed: Option<String>,
}

impl Watcher {
    fn run(mut self, target: &Weak<WatchedKeytab>, wakeups: &Receiver<()>) {
        // Not more often than this, however many tickets miss: whoever sends them must not choose how often files are read.
        let least = self.options.interval.min(Duration::from_millis(100));
        loop {
            match wakeups.recv_timeout(self.options.interval) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let Some(watched) = target.upgrade() else { return };
            if let Some(keytab) = self.look(Instant::now()) {
                watched.current.store(Arc::new(keytab));
            }
            drop(watched);
            thread::sleep(least);
        }
    }

    /// The keytab that is to take the current one's place, if there is a reason.
    fn look(&mut self, now: Instant) -> Option<Keytab> {
        let expired = self.retired.expire(now);
        let stamps = stamps(&self.paths);
        // A file that was not good is tried again although it looks the same: it may have been caught half written.
        let changed = stamps != self.stamps || self.failed.is_some() || !self.settled;
        if !changed {
            return expired.then(|| self.keytab());
        }
        let settled = is_settled(&stamps, SystemTime::now());
        match entries(&self.paths) {
            Ok(new) if is_same(&self.entries, &new) => {
                (self.stamps, self.settled, self.failed) = (stamps, settled, None);
                expired.then(|| self.keytab())
            }
            Ok(new) => {
                self.retired
                    .note(&self.entries, &new, self.options.retired_key_grace, now);
                tracing::info!(target: "negotiate_io", entries = new.len(), "keytab reloaded");
                (self.entries, self.stamps, self.settled, self.failed) = (new, stamps, settled, None);
                Some(self.keytab())
            }
            Err(error) => {
                let said = error.to_string();
                if self.failed.as_ref() != Some(&said) {
                    tracing::warn!(
                        target: "negotiate_io",
                        code = error.code(),
                        error = said,
                        advice = error.advice(),
                        "keytab not reloaded, the last good one stays"
                    );
                }
                self.failed = Some(said);
                expired.then(|| self.keytab())
            }
        }
    }

    fn keytab(&self) -> Keytab {
        Keytab::from_entries(
            self.entries
                .iter()
                .chain(self.retired.entries())
                .cloned()
                .collect(),
        )
    }
}
