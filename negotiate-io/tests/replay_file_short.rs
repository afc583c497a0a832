//! A file that may not grow: what does not fit into it whole leaves nothing in it. The limit is that of this process, so that
//! no other test stands beside this one.
#![cfg(target_os = "linux")]

mod lock;

use lock::locked;
use mech_krb5::replay::file2::{Record, Search};
use mech_krb5::replay::{ReplayAnswer, ReplayCache, ReplayEntry};
use negotiate_core::{Seconds, Timestamp};
use negotiate_io::replay::{FileReplayCache, FileReplayOptions, ReplayFileFault};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_unix(1_795_000_000);
const SKEW: Seconds = Seconds(300);

/// Does something while no file may be longer.
fn while_no_file_is_longer<T>(than: u64, act: impl FnOnce() -> T) -> T {
    let (soft, hard) = getrlimit(Resource::RLIMIT_FSIZE).unwrap();
    setrlimit(Resource::RLIMIT_FSIZE, than, hard).unwrap();
    let done = act();
    setrlimit(Resource::RLIMIT_FSIZE, soft, hard).unwrap();
    done
}

fn open(path: &Path) -> Result<FileReplayCache, ReplayFileFault> {
    FileReplayCache::open(path, FileReplayOptions::default(), NOW).map_err(|error| error.fault)
}

fn entry(tag: &[u8]) -> ReplayEntry<'_> {
    ReplayEntry {
        tag,
        client_time: NOW,
        expires: NOW.plus(SKEW),
    }
}

type Later = Pin<Box<dyn Future<Output = ReplayAnswer> + Send>>;

fn begin(cache: &FileReplayCache, tag: &[u8]) -> Later {
    match cache.check(entry(tag), NOW) {
        ReplayAnswer::Pending(later) => later,
        at_once => panic!("answered at once: {at_once:?}"),
    }
}

fn ask(cache: &FileReplayCache, tag: &[u8]) -> String {
    answer(begin(cache, tag))
}

fn answer(later: Later) -> String {
    let mut later = pin!(later);
    loop {
        match later.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => return format!("{answer:?}"),
            Poll::Pending => thread::yield_now(),
        }
    }
}

/// Where a record for this tag is looked for first.
fn place(file: &[u8], tag: &[u8]) -> u64 {
    let record = Record::new(&entry(tag), SKEW).unwrap();
    Search::new(*file.first_chunk().unwrap(), record, NOW, SKEW).offset()
}

#[test]
fn what_cannot_be_written_whole_is_not_written() {
    // Which ends a process that does not know of it. The cache's thread has this one's mask.
    let mut too_long = SigSet::empty();
    too_long.add(Signal::SIGXFSZ);
    too_long.thread_block().unwrap();
    let path = std::env::temp_dir().join(format!("negotiate-io-{}-short", std::process::id()));

    let fault = while_no_file_is_longer(7, || open(&path)).unwrap_err();
    assert!(matches!(fault, ReplayFileFault::Io(_)), "{fault}");
    assert_eq!(path.metadata().unwrap().len(), 0);

    let cache = open(&path).unwrap();
    let mut cut = 0;
    for number in 0..200_u64 {
        let tag = number.to_be_bytes();
        let file = std::fs::read(&path).unwrap();
        let place = place(&file, &tag);
        if place >= file.len() as u64 {
            cut += 1;
            let refused = while_no_file_is_longer(place + 7, || ask(&cache, &tag));
            assert_eq!(refused, "Unavailable");
            assert_eq!(std::fs::read(&path).unwrap(), file);
        }
        assert_eq!(ask(&cache, &tag), "Fresh");
        assert_eq!(ask(&cache, &tag), "Replayed");
    }
    assert!(cut > 0);
    std::fs::remove_file(&path).unwrap();
    the_one_before_is_kept(&path);
}

/// Of two that are written under one lock.
fn the_one_before_is_kept(path: &Path) {
    // By this seed there are places behind.
    std::fs::write(path, [7; 16]).unwrap();
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    let cache = open(path).unwrap();
    assert_eq!(ask(&cache, b"some"), "Fresh");
    let file = std::fs::read(path).unwrap();
    let tags = (0..1000_u64).map(u64::to_be_bytes);
    let mut behind: Vec<_> = tags
        .map(|tag| (place(&file, &tag), tag))
        .filter(|(place, _)| *place >= file.len() as u64)
        .collect();
    behind.sort_unstable();
    let ((near, first), (far, second)) = (behind[0], behind[behind.len() - 1]);
    assert!(near + 16 < far);
    while_no_file_is_longer(far + 7, || {
        let lock = locked(path);
        // The thread waits with this one while the others come.
        let waiting = begin(&cache, b"some");
        thread::sleep(Duration::from_millis(50));
        let together = [begin(&cache, &first), begin(&cache, &second)];
        drop(lock);
        assert_eq!(answer(waiting), "Replayed");
        assert_eq!(together.map(answer), ["Fresh", "Unavailable"]);
    });
    assert_eq!(std::fs::read(path).unwrap().len() as u64, near + 16);
    assert_eq!(ask(&cache, &first), "Replayed");
    assert_eq!(ask(&cache, &second), "Fresh");
    std::fs::remove_file(path).unwrap();
}
