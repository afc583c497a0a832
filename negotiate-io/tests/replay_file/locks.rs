//! Waiting for the lock, and what becomes of the file meanwhile.

use super::lock::locked;
use super::{Directory, answer, ask, at, begin, is_before_start, open};
use mech_krb5::replay::ReplayAnswer;
use negotiate_core::Timestamp;
use negotiate_io::replay::{FileReplayCache, FileReplayOptions, ReplayFileFault};
use std::fs::File;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

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
