//! A keytab that follows its files.

use super::error::KeytabFileError;
use super::file::WatchedFile;
use super::retired::Retired;
use arc_swap::ArcSwap;
use mech_krb5::keytab::{Keytab, KeytabSource};
use std::fmt;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

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

/// The keytab of some files, each as it is now or was when it was last good. A thread follows them until the last clone
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
        let files: Vec<_> = paths
            .into_iter()
            .map(WatchedFile::open)
            .collect::<Result<_, _>>()?;
        let (look_now, wakeups) = mpsc::sync_channel(1);
        let watcher = Watcher {
            files,
            options,
            retired: Retired::default(),
        };
        let watched = Arc::new(Self {
            current: ArcSwap::from_pointee(watcher.keytab()),
            look_now,
        });
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

struct Watcher {
    files: Vec<WatchedFile>,
    options: WatchOptions,
    retired: Retired,
}

impl Watcher {
    fn run(mut self, target: &Weak<WatchedKeytab>, wakeups: &Receiver<()>) {
        // Not more often than this, however many tickets miss: whoever sends them must not choose how often files are read.
        let least = self.options.interval.min(Duration::from_millis(100));
        loop {
            let until_expiry = self.retired.until_expiry(Instant::now());
            let wait = until_expiry.map_or(self.options.interval, |wait| wait.min(self.options.interval));
            match wakeups.recv_timeout(wait) {
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
        let replaced: Vec<_> = self.files.iter_mut().filter_map(WatchedFile::look).collect();
        if replaced.is_empty() {
            return expired.then(|| self.keytab());
        }
        let new = self.files.iter().flat_map(WatchedFile::entries);
        self.retired
            .note(&replaced.concat(), new, self.options.retired_key_grace, now);
        Some(self.keytab())
    }

    fn keytab(&self) -> Keytab {
        let entries = self.files.iter().flat_map(WatchedFile::entries);
        Keytab::from_entries(entries.chain(self.retired.entries()).cloned().collect())
    }
}
