//! A replay cache in a file: shared, locked, and never taken for good when it is not.
#![cfg(target_os = "linux")]

mod files;
mod known_from;
#[path = "../lock/mod.rs"]
mod lock;
mod locks;

use mech_krb5::replay::{ReplayAnswer, ReplayCache, ReplayEntry};
use negotiate_core::{Seconds, Timestamp};
use negotiate_io::replay::{FileReplayCache, FileReplayOptions};
use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

const SKEW: Seconds = Seconds(300);

/// A directory of its own for each test, removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("negotiate-io-{}-replay-{name}", std::process::id()));
        DirBuilder::new()
            .mode(0o700)
            .recursive(true)
            .create(&path)
            .unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_795_000_000 + seconds)
}

fn open(path: &Path) -> FileReplayCache {
    FileReplayCache::open(path, FileReplayOptions::default(), at(0)).unwrap()
}

fn begin(cache: &FileReplayCache, tag: &[u8], client_time: Timestamp, now: Timestamp) -> ReplayAnswer {
    let expires = client_time.max(now).plus(SKEW);
    let entry = ReplayEntry {
        tag,
        client_time,
        expires,
    };
    cache.check(entry, now)
}

/// Waits for an answer that comes later.
fn answer(answer: ReplayAnswer) -> String {
    let answer = match answer {
        ReplayAnswer::Pending(later) => pollster::block_on(later),
        at_once => at_once,
    };
    format!("{answer:?}")
}

fn ask(cache: &FileReplayCache, tag: &[u8], client_time: Timestamp, now: Timestamp) -> String {
    answer(begin(cache, tag, client_time, now))
}

fn is_before_start(answer: &str) -> bool {
    answer.starts_with("BeforeStart")
}

/// A file with this in it, for its owner alone.
fn write(path: &Path, contents: &[u8]) {
    std::fs::write(path, contents).unwrap();
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}
