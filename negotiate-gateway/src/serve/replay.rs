//! The replay cache that a configuration describes.

use crate::config::{Replay, ReplayStore};
use crate::failure::Failure;
use mech_krb5::replay::{MemoryReplayCache, MemoryReplayConfig, ReplayCache};
use negotiate_core::{Ambient, Seconds, SystemRandom, Timestamp};
use std::path::Path;
use std::sync::Arc;

/// Makes it, or opens its file.
///
/// # Errors
/// If the file cannot be used.
pub(super) fn open(replay: &Replay, clock_skew: Seconds) -> Result<Arc<dyn ReplayCache>, Failure> {
    match &replay.cache {
        ReplayStore::Memory => in_memory(replay, clock_skew),
        ReplayStore::File(path) => in_file(path, replay, clock_skew),
    }
}

fn in_memory(replay: &Replay, clock_skew: Seconds) -> Result<Arc<dyn ReplayCache>, Failure> {
    let config = MemoryReplayConfig {
        capacity: replay.capacity.0,
        on_start: replay.on_start,
        clock_skew,
    };
    let mut ambient = Ambient {
        now: Timestamp::now(),
        random: &mut SystemRandom,
    };
    match MemoryReplayCache::new(config, &mut ambient) {
        Ok(cache) => Ok(Arc::new(cache)),
        Err(error) => Err(Failure::stopped(
            error.to_string(),
            "check the system's source of random bytes, getrandom(2)",
        )),
    }
}

#[cfg(target_os = "linux")]
fn in_file(path: &Path, replay: &Replay, clock_skew: Seconds) -> Result<Arc<dyn ReplayCache>, Failure> {
    use negotiate_io::replay::{FileReplayCache, FileReplayOptions, ReplayFileFault as Fault};
    let options = FileReplayOptions {
        on_start: replay.on_start,
        clock_skew,
        ..FileReplayOptions::default()
    };
    let error = match FileReplayCache::open(path, options, Timestamp::now()) {
        Ok(cache) => return Ok(Arc::new(cache)),
        Err(error) => error,
    };
    let advice = match &error.fault {
        Fault::Owner { .. } => "name another file, or run as its owner",
        Fault::OpenToOthers { .. } => "see who has written it, then delete it or set its mode to 0600",
        Fault::SymbolicLink => "name the file that it leads to, in a directory that others may not write",
        Fault::HardLinks { .. } => {
            "find the other names (find / -samefile), see who made them, and delete them; or name another file"
        }
        Fault::NotAFile => "name a file, or a path where there is none yet",
        Fault::DirectoryOwner { .. } | Fault::DirectoryOpenToOthers { .. } => {
            "make a directory for it that only this user may write (mode 0700)"
        }
        Fault::Damaged(_) => {
            "check that it is a replay cache; it can be deleted, and what is in it is then forgotten"
        }
        Fault::Locked => "see who holds it (lslocks), and end or continue that process",
        _ => "name a file that this user may make and write, in a directory that others may not write",
    };
    Err(Failure::unusable(error.to_string(), advice))
}

#[cfg(not(target_os = "linux"))]
fn in_file(path: &Path, _: &Replay, _: Seconds) -> Result<Arc<dyn ReplayCache>, Failure> {
    Err(Failure::unusable(
        format!("replay cache {}: files are for Linux only", path.display()),
        "use memory",
    ))
}
