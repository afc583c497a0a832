//! One of the files that a keytab follows.

use super::error::{KeytabFileError, KeytabFileFault};
use super::read::load;
use super::retired::is_same;
use mech_krb5::keytab::{KeytabEntry, KeytabErrorKind};
use negotiate_core::Explain as _;
use std::fs::Metadata;
use std::mem;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A file, what was last seen of it, and its entries when it was last good. Each file has its own, so that one that went bad
/// does not hide what changes in another.
pub(super) struct WatchedFile {
    path: PathBuf,
    /// `None`: it was not there.
    stamp: Option<Stamp>,
    /// Whether it was read long enough after its last change.
    settled: bool,
    entries: Vec<KeytabEntry>,
    /// What was said last about the file if it is not good, so that it is said once.
    failed: Option<String>,
    /// The same of one that others can get at.
    #[cfg(target_os = "linux")]
    exposed: Option<super::exposed::Exposed>,
}

impl WatchedFile {
    /// Reads it for the first time.
    ///
    /// # Errors
    /// If it is missing, unreadable, or no keytab.
    pub(super) fn open(path: PathBuf) -> Result<Self, KeytabFileError> {
        // Before reading: what changes between the two is then read once more than needed, and never missed.
        let stamp = Stamp::of(&path);
        let settled = is_settled(stamp, SystemTime::now());
        let entries = entries(&path)?;
        let mut file = Self {
            path,
            stamp,
            settled,
            entries,
            failed: None,
            #[cfg(target_os = "linux")]
            exposed: None,
        };
        file.tell_who_can_get_at_it();
        Ok(file)
    }

    /// Of the file when it was last good.
    pub(super) fn entries(&self) -> &[KeytabEntry] {
        &self.entries
    }

    /// Looks whether it has other entries now; gives those that it had before.
    pub(super) fn look(&mut self) -> Option<Vec<KeytabEntry>> {
        let stamp = Stamp::of(&self.path);
        // A file that was not good is tried again although it looks the same: it may have been caught half written.
        if stamp == self.stamp && self.failed.is_none() && self.settled {
            return None;
        }
        let settled = is_settled(stamp, SystemTime::now());
        let new = match entries(&self.path) {
            // All keys were taken out, and it is not that somebody is about to write it anew: ktadd begins so.
            Err(error) if has_no_entries(&error) && settled && Stamp::of(&self.path) == stamp => {
                self.say(&error, "keytab reloaded: none of its keys is accepted any more");
                Vec::new()
            }
            Err(error) => {
                self.say(&error, "keytab not reloaded, the last good one stays");
                return None;
            }
            Ok(new) => {
                self.failed = None;
                new
            }
        };
        (self.stamp, self.settled) = (stamp, settled);
        self.tell_who_can_get_at_it();
        if is_same(&self.entries, &new) {
            return None;
        }
        tracing::info!(
            target: "negotiate_io",
            path = %self.path.display(),
            entries = new.len(),
            "keytab reloaded"
        );
        Some(mem::replace(&mut self.entries, new))
    }

    #[cfg(target_os = "linux")]
    fn tell_who_can_get_at_it(&mut self) {
        // Whether it is there at all was told before.
        let Ok(exposed) = super::exposed::Exposed::of(&self.path) else {
            return;
        };
        if let Some(exposed) = exposed.as_ref().filter(|_| exposed != self.exposed) {
            tracing::warn!(
                target: "negotiate_io",
                path = %self.path.display(),
                advice = exposed.advice(),
                "who has a key of this keytab can be any user, and others can get at it: {exposed}"
            );
        }
        self.exposed = exposed;
    }

    #[cfg(not(target_os = "linux"))]
    fn tell_who_can_get_at_it(&mut self) {}

    fn say(&mut self, error: &KeytabFileError, message: &str) {
        let said = format!("{message}: {error}");
        if self.failed.as_ref() != Some(&said) {
            tracing::warn!(
                target: "negotiate_io",
                code = error.code(),
                error = error.to_string(),
                advice = error.advice(),
                "{message}"
            );
        }
        self.failed = Some(said);
    }
}

fn entries(path: &Path) -> Result<Vec<KeytabEntry>, KeytabFileError> {
    Ok(load(path)?.entries().to_vec())
}

fn has_no_entries(error: &KeytabFileError) -> bool {
    matches!(&error.fault, KeytabFileFault::NotAKeytab(error) if error.kind == KeytabErrorKind::NoEntries)
}

/// What tells that a file is another one than before: a file that is renamed into its place has another inode, and one that
/// is written in place another time or length. Whoever writes may set the time of modification back, as `cp -p` does, and
/// not that of change.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    changed: Option<SystemTime>,
    len: u64,
    inode: u64,
}

impl Stamp {
    /// `None` for a file that is not there.
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Some(Self {
            modified: metadata.modified().ok(),
            changed: changed(&metadata),
            len: metadata.len(),
            inode,
        })
    }
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt as _;
    let seconds = Duration::from_secs(metadata.ctime().try_into().ok()?);
    let nanoseconds = Duration::from_nanos(metadata.ctime_nsec().try_into().ok()?);
    SystemTime::UNIX_EPOCH.checked_add(seconds.checked_add(nanoseconds)?)
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> Option<SystemTime> {
    None
}

/// File systems tell times by the tick or worse: a file that was read so shortly after its last change may have been changed
/// once more, with the same time and length. ktadd does so: it writes an entry's length last.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

fn is_settled(stamp: Option<Stamp>, now: SystemTime) -> bool {
    let distance = |time: SystemTime| match now.duration_since(time) {
        Ok(past) => past,
        // By a clock that is ahead, or was.
        Err(future) => future.duration(),
    };
    let times = stamp.map(|stamp| [stamp.modified, stamp.changed]);
    let mut times = times.into_iter().flatten().flatten();
    times.all(|time| distance(time) > SETTLED_AFTER)
}
