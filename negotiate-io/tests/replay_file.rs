//! A replay cache in a file: shared, locked, and never taken for good when it is not.
#![cfg(target_os = "linux")]

mod lock;

use lock::locked;
use mech_krb5::replay::{OnStart, ReplayAnswer, ReplayCache, ReplayEntry};
use negotiate_core::{Seconds, Timestamp};
use negotiate_io::replay::{FileReplayCache, FileReplayOptions, ReplayFileFault};
use std::fs::{File, OpenOptions, Permissions, hard_link};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Barrier;
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

const SKEW: Seconds = Seconds(300);

/// A directory of its own for each test, removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("negotiate-io-{}-replay-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
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

#[test]
fn what_one_accepted_the_others_refuse() {
    let directory = Directory::new("shared");
    let path = directory.file("rcache");
    let (one, other) = (open(&path), open(&path));
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    for number in 0..200_u64 {
        let (first, second) = if number % 2 == 0 {
            (&one, &other)
        } else {
            (&other, &one)
        };
        let tag = number.to_be_bytes();
        assert_eq!(ask(first, &tag, at(1), at(1)), "Fresh");
        assert_eq!(ask(second, &tag, at(1), at(1)), "Replayed");
    }
    // Who comes later, too, and about what is older than he.
    let later = FileReplayCache::open(&path, FileReplayOptions::default(), at(100)).unwrap();
    assert_eq!(ask(&later, &7_u64.to_be_bytes(), at(1), at(100)), "Replayed");
    assert_eq!(ask(&later, b"new", at(1), at(100)), "Fresh");
}

/// As MIT's `t_rcfile2.c race`, by threads with files of their own.
#[test]
fn of_many_who_offer_the_same_one_is_first() {
    const OFFERING: usize = 6;
    let directory = Directory::new("race");
    let path = directory.file("rcache");
    let start = Barrier::new(OFFERING);
    let fresh: usize = thread::scope(|scope| {
        let run = || {
            let cache = open(&path);
            let mut fresh = 0;
            for number in 0..300_u64 {
                start.wait();
                fresh += usize::from(ask(&cache, &number.to_be_bytes(), at(1), at(1)) == "Fresh");
            }
            fresh
        };
        let threads: Vec<_> = (0..OFFERING).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(fresh, 300);
}

#[test]
fn what_is_no_private_file_is_refused() {
    let directory = Directory::new("private");
    let fault = |path: &Path| {
        let error = FileReplayCache::open(path, FileReplayOptions::default(), at(0)).unwrap_err();
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        error.fault
    };
    let good = directory.file("good");
    drop(open(&good));

    let link = directory.file("link");
    symlink(&good, &link).unwrap();
    assert!(matches!(fault(&link), ReplayFileFault::SymbolicLink));

    let other_name = directory.file("other name");
    hard_link(&good, &other_name).unwrap();
    for name in [&good, &other_name] {
        assert!(matches!(fault(name), ReplayFileFault::HardLinks { names: 2 }));
    }
    std::fs::remove_file(&other_name).unwrap();
    drop(open(&good));

    for open in [0o620, 0o602, 0o640, 0o604, 0o644] {
        std::fs::set_permissions(&good, Permissions::from_mode(open)).unwrap();
        assert!(matches!(
            fault(&good),
            ReplayFileFault::OpenToOthers { mode } if mode == open
        ));
    }

    let fifo = directory.file("fifo");
    nix::unistd::mkfifo(
        &fifo,
        nix::sys::stat::Mode::S_IRUSR | nix::sys::stat::Mode::S_IWUSR,
    )
    .unwrap();
    let socket = directory.file("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    for no_file in [&*fifo, &socket, &directory.0, Path::new("/dev/null")] {
        assert!(matches!(fault(no_file), ReplayFileFault::NotAFile));
    }
    assert!(matches!(
        fault(&directory.file("no/such")),
        ReplayFileFault::Io(_)
    ));
}

#[test]
fn what_is_damaged_accepts_nothing() {
    let directory = Directory::new("damaged");
    let path = directory.file("rcache");
    for len in [1, 5, 15] {
        write(&path, &vec![1; len]);
        let error = FileReplayCache::open(&path, FileReplayOptions::default(), at(0)).unwrap_err();
        assert!(
            matches!(error.fault, ReplayFileFault::Damaged(_)),
            "{len}: {error}"
        );
        std::fs::remove_file(&path).unwrap();

        let cache = open(&path);
        assert_eq!(ask(&cache, b"before", at(1), at(1)), "Fresh");
        write(&path, &vec![1; len]);
        assert_eq!(ask(&cache, b"after", at(2), at(2)), "Unavailable");
        std::fs::remove_file(&path).unwrap();
        // A good one again, but what was in the old one is unknown.
        assert!(is_before_start(&ask(&cache, b"again", at(3), at(4))));
        assert_eq!(ask(&cache, b"again", at(5), at(4)), "Fresh");
        std::fs::remove_file(&path).unwrap();
    }
}

/// A write was cut, as MIT's library leaves it: nobody accepted that authenticator, and all others are still known.
#[test]
fn a_record_that_was_cut_was_never_written() {
    let directory = Directory::new("cut");
    let path = directory.file("rcache");
    let in_use = open(&path);
    for part in 1..16 {
        let tag = [part; 12];
        assert_eq!(ask(&in_use, &tag, at(1), at(1)), "Fresh");
        let whole = std::fs::read(&path).unwrap();
        write(&path, &[&whole[..], &[0xff; 16][..part.into()]].concat());
        assert_eq!(ask(&in_use, &tag, at(1), at(1)), "Replayed");
        assert_eq!(std::fs::read(&path).unwrap(), whole);

        write(&path, &[&whole[..], &[0xff; 16][..part.into()]].concat());
        let later = open(&path);
        assert_eq!(std::fs::read(&path).unwrap(), whole);
        assert_eq!(ask(&later, &tag, at(1), at(1)), "Replayed");
        assert_eq!(ask(&later, &[part; 13], at(1), at(1)), "Replayed");
    }
}

#[test]
fn what_is_accepted_without_an_older_file_is_policy() {
    let directory = Directory::new("policy");
    for (number, (on_start, before, soon)) in [
        (OnStart::RefuseForSkew, "BeforeStart", "BeforeStart"),
        (OnStart::RefuseCtimeBeforeStart, "BeforeStart", "Fresh"),
        (OnStart::Accept, "Fresh", "Fresh"),
    ]
    .into_iter()
    .enumerate()
    {
        let path = directory.file(&number.to_string());
        let options = FileReplayOptions {
            on_start,
            ..FileReplayOptions::default()
        };
        let cache = FileReplayCache::open(&path, options, at(0)).unwrap();
        let starts = |answer: String, with: &str| assert!(answer.starts_with(with), "{on_start:?}: {answer}");
        starts(ask(&cache, b"before", at(-1), at(1)), before);
        starts(ask(&cache, b"soon", at(299), at(1)), soon);
        starts(ask(&cache, b"later", at(300), at(1)), "Fresh");
        // There is a file now: the next process knows what this one knew, and no more.
        for (of_then, second) in [(b"of then", 10), (b"as old.", 1000)] {
            let next = FileReplayCache::open(&path, options, at(second)).unwrap();
            starts(ask(&next, b"later", at(300), at(second)), "Replayed");
            starts(ask(&next, of_then, at(-1), at(second)), before);
        }
        // Its records may be those of clients whose clocks are ahead; then it has remembered until the start, at least.
        let next = FileReplayCache::open(&path, options, at(20)).unwrap();
        starts(ask(&next, b"of now", at(20), at(20)), soon);
    }
}

/// Whoever made it anew, MIT's library for instance; and however often this process is started since.
#[test]
fn a_file_knows_nothing_of_the_time_before_its_first_record() {
    let directory = Directory::new("since");
    for (number, (on_start, known_from)) in [
        (OnStart::RefuseForSkew, at(320)),
        (OnStart::RefuseCtimeBeforeStart, at(20)),
    ]
    .into_iter()
    .enumerate()
    {
        let path = directory.file(&number.to_string());
        let options = |on_start| FileReplayOptions {
            on_start,
            ..FileReplayOptions::default()
        };
        let lost = FileReplayCache::open(&path, options(on_start), at(-1000)).unwrap();
        assert_eq!(ask(&lost, b"token", at(10), at(10)), "Fresh");
        drop(lost);
        std::fs::remove_file(&path).unwrap();
        let other = FileReplayCache::open(&path, options(OnStart::Accept), at(15)).unwrap();
        // Nothing is in it yet, and nobody tells since when.
        let first = FileReplayCache::open(&path, options(on_start), at(18)).unwrap();
        let refused = ask(&first, b"token", at(10), at(19));
        assert!(refused.starts_with("BeforeStart"), "{refused}");
        for (tag, second) in [(b"one", 20), (b"two", 30)] {
            assert_eq!(ask(&other, tag, at(second), at(second)), "Fresh");
        }
        for start in [31, 40, 300] {
            let next = FileReplayCache::open(&path, options(on_start), at(start)).unwrap();
            assert_eq!(
                ask(&next, b"token", at(10), at(start)),
                format!("BeforeStart({known_from:?})")
            );
        }
        // Later than that, nothing is missed any more.
        let next = FileReplayCache::open(&path, options(on_start), at(630)).unwrap();
        assert_eq!(ask(&next, b"later", at(330), at(630)), "Fresh");
    }
}

/// Deleted and made anew by somebody else, who may even get the same inode; or cut.
#[test]
fn a_file_that_lost_something_forgets_what_came_before() {
    let directory = Directory::new("lost");
    let path = directory.file("rcache");
    let cache = open(&path);
    let spoil: [&dyn Fn(); 3] = [
        &|| std::fs::remove_file(&path).unwrap(),
        &|| {
            std::fs::remove_file(&path).unwrap();
            let other = open(&path);
            for number in 0..200_u64 {
                assert_eq!(ask(&other, &number.to_be_bytes(), at(1), at(1)), "Fresh");
            }
        },
        &|| {
            OpenOptions::new()
                .write(true)
                .open(&path)
                .unwrap()
                .set_len(16)
                .unwrap();
        },
    ];
    for (number, spoil) in (0..).zip(spoil) {
        let now = number * 10 + 1;
        assert_eq!(ask(&cache, b"token", at(now), at(now)), "Fresh");
        spoil();
        assert!(is_before_start(&ask(&cache, b"token", at(now), at(now + 1))));
        assert_eq!(ask(&cache, b"new", at(now + 2), at(now + 2)), "Fresh");
        assert_eq!(ask(&cache, b"new", at(now + 2), at(now + 2)), "Replayed");
    }
}

/// Of what was there when it was opened last, everything is there; of what was written since, nothing.
#[test]
fn what_was_written_last_is_missed_too() {
    let directory = Directory::new("last");
    let path = directory.file("rcache");
    let cache = open(&path);
    assert_eq!(ask(&cache, b"token", at(1), at(1)), "Fresh");
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(16).unwrap();
    assert!(is_before_start(&ask(&cache, b"token", at(1), at(2))));
}

/// An initiator's clock is ahead, or this one's was, which looks the same: what is older than the skew by it may be forgotten.
#[test]
fn a_record_that_is_ahead_makes_little_older_than_a_start() {
    for (ahead, fresh_from) in [(0, 0), (200, 0), (299, 99), (300, 100), (301, 100), (5000, 100)] {
        let directory = Directory::new(&format!("ahead-{ahead}"));
        let path = directory.file("rcache");
        let cache = open(&path);
        assert_eq!(ask(&cache, b"first", at(1), at(1)), "Fresh");
        assert_eq!(ask(&cache, b"ahead", at(100 + ahead), at(100)), "Fresh");
        let next = FileReplayCache::open(&path, FileReplayOptions::default(), at(100)).unwrap();
        if fresh_from > 0 {
            let before = at(fresh_from - 1);
            assert!(
                is_before_start(&ask(&next, b"before", before, at(100))),
                "{ahead}"
            );
        }
        assert_eq!(
            ask(&next, b"on its way", at(fresh_from.max(1)), at(100)),
            "Fresh",
            "{ahead}"
        );
    }
}

/// While the clock is ahead by less than the skew, records are written over that are alive when it is set back.
#[test]
fn a_clock_that_is_set_back_a_little_before_a_start_makes_nothing_fresh_again() {
    let directory = Directory::new("little");
    let path = directory.file("rcache");
    let cache = open(&path);
    assert_eq!(ask(&cache, b"old", at(1), at(1)), "Fresh");
    for number in 0..600_u64 {
        assert_eq!(ask(&cache, &number.to_be_bytes(), at(1000), at(1000)), "Fresh");
    }
    for number in 1000..1600_u64 {
        assert_eq!(ask(&cache, &number.to_be_bytes(), at(1310), at(1310)), "Fresh");
    }
    let next = FileReplayCache::open(&path, FileReplayOptions::default(), at(1060)).unwrap();
    for number in 0..600_u64 {
        assert_ne!(ask(&next, &number.to_be_bytes(), at(1000), at(1060)), "Fresh");
    }
    assert_eq!(ask(&next, b"new", at(1010), at(1060)), "Fresh");
}

/// The clock is an hour ahead for a moment, in which a record is written over, and is set back.
#[test]
fn a_clock_that_is_set_back_makes_nothing_fresh_again() {
    let directory = Directory::new("clock");
    let path = directory.file("rcache");
    let cache = open(&path);
    for number in 0..600_u64 {
        assert_eq!(ask(&cache, &number.to_be_bytes(), at(100), at(100)), "Fresh");
    }
    for number in 1000..1600_u64 {
        assert_eq!(ask(&cache, &number.to_be_bytes(), at(3700), at(3700)), "Fresh");
    }
    for number in 0..600_u64 {
        assert_ne!(ask(&cache, &number.to_be_bytes(), at(100), at(101)), "Fresh");
    }
    assert_eq!(ask(&cache, b"new", at(102), at(102)), "Fresh");
    assert_eq!(ask(&cache, b"new", at(102), at(402)), "Replayed");
    // Nor does a start.
    let next = FileReplayCache::open(&path, FileReplayOptions::default(), at(103)).unwrap();
    for number in 0..600_u64 {
        assert_ne!(ask(&next, &number.to_be_bytes(), at(100), at(104)), "Fresh");
    }
    assert_eq!(ask(&next, b"newer", at(104), at(104)), "Fresh");
    assert_eq!(ask(&next, b"new", at(102), at(402)), "Replayed");
}

#[test]
fn nobody_is_kept_waiting_but_for_the_answer() {
    let directory = Directory::new("waiting");
    let path = directory.file("rcache");
    let cache = open(&path);
    let lock = locked(&path);
    let ReplayAnswer::Pending(mut later) = begin(&cache, b"tag", at(1), at(1)) else {
        panic!("answered while the file is locked")
    };
    thread::sleep(Duration::from_millis(50));
    let mut context = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut later).poll(&mut context).is_pending());
    // So many may wait, and no more.
    let (waiting, refused): (Vec<_>, Vec<_>) = (0..2000_u64)
        .map(|number| begin(&cache, &number.to_be_bytes(), at(1), at(1)))
        .partition(|answer| matches!(answer, ReplayAnswer::Pending(_)));
    assert!((900..1100).contains(&waiting.len()), "{}", waiting.len());
    assert!(
        refused
            .iter()
            .all(|answer| matches!(answer, ReplayAnswer::Unavailable))
    );
    drop(lock);
    assert!(matches!(pollster::block_on(later), ReplayAnswer::Fresh));
    assert!(waiting.into_iter().map(answer).all(|answer| answer == "Fresh"));
}

#[test]
fn a_lock_that_does_not_end_refuses() {
    let directory = Directory::new("locked");
    let path = directory.file("rcache");
    let options = FileReplayOptions {
        lock_wait: Duration::from_millis(50),
        ..FileReplayOptions::default()
    };
    let cache = FileReplayCache::open(&path, options, at(0)).unwrap();
    let lock = locked(&path);
    assert_eq!(ask(&cache, b"tag", at(1), at(1)), "Unavailable");
    let error = FileReplayCache::open(&path, options, at(0)).unwrap_err();
    assert!(matches!(error.fault, ReplayFileFault::Locked), "{error}");
    drop(lock);
    assert_eq!(ask(&cache, b"tag", at(1), at(1)), "Fresh");
}

/// Who waits for the lock of a file that is deleted meanwhile does not write into what nobody else will see.
#[test]
fn a_file_that_is_replaced_under_the_lock_is_opened_again() {
    let directory = Directory::new("replaced");
    let (path, new) = (directory.file("rcache"), directory.file("new"));
    let cache = open(&path);
    assert_eq!(ask(&open(&new), b"tag", at(1), at(1)), "Fresh");
    let lock = locked(&path);
    let later = begin(&cache, b"tag", at(1), at(1));
    // Time to open the old one. If it is not enough, the test shows nothing this time, and does not fail.
    thread::sleep(Duration::from_millis(50));
    std::fs::rename(&new, &path).unwrap();
    drop(lock);
    assert_eq!(answer(later), "Replayed");
}

/// What was accepted in the meantime is in the file that is lost, too.
#[test]
fn a_file_that_is_lost_under_the_lock_is_lost_at_the_end_of_waiting() {
    let directory = Directory::new("taken");
    let (path, elsewhere) = (directory.file("rcache"), directory.file("elsewhere"));
    let cache = open(&path);
    let take: [&dyn Fn(); 2] = [&|| std::fs::remove_file(&path).unwrap(), &|| {
        std::fs::rename(&path, &elsewhere).unwrap();
    }];
    for (number, take) in (1..).zip(take) {
        let (now, soon) = (at(number), at(number).unix_micros() + 20_000);
        let lock = locked(&path);
        let later = begin(&cache, b"token", Timestamp::from_unix_micros(soon), now);
        thread::sleep(Duration::from_millis(50));
        take();
        drop(lock);
        let answer = answer(later);
        assert!(is_before_start(&answer), "{answer}");
    }
}

#[test]
fn a_wait_may_be_as_long_as_one_likes() {
    let directory = Directory::new("long");
    let options = FileReplayOptions {
        lock_wait: Duration::MAX,
        ..FileReplayOptions::default()
    };
    let cache = FileReplayCache::open(directory.file("rcache"), options, at(0)).unwrap();
    assert_eq!(ask(&cache, b"tag", at(1), at(1)), "Fresh");
}

/// MIT's library in this process closes the same file; a lock of the process would end by that.
#[test]
fn the_lock_outlives_other_openings_of_the_file() {
    let directory = Directory::new("closing");
    let path = directory.file("rcache");
    let cache = open(&path);
    thread::scope(|scope| {
        let offering = |first: u64| {
            let cache = open(&path);
            move || {
                (first..first + 2000)
                    .all(|number| ask(&cache, &number.to_be_bytes(), at(1), at(1)) == "Fresh")
            }
        };
        let threads = [scope.spawn(offering(0)), scope.spawn(offering(10_000))];
        for _ in 0..2000 {
            drop(File::open(&path).unwrap());
        }
        assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
    });
    for number in (0..2000_u64).chain(10_000..12_000) {
        assert_eq!(
            ask(&cache, &number.to_be_bytes(), at(1), at(1)),
            "Replayed",
            "{number}"
        );
    }
}
