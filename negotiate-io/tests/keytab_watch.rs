//! A watched keytab follows its file through everything that administrators and their tools do to it.

use mech_krb5::Principal;
use mech_krb5::keytab::{Keytab, KeytabEntry, KeytabSource as _};
use negotiate_core::Timestamp;
use negotiate_io::keytab::{KeytabFileFault, WatchOptions, WatchedKeytab, load, load_all};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A directory of its own for each test, removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("negotiate-io-{}-{name}", std::process::id()));
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

fn keytab(kvnos: &[u32]) -> Vec<u8> {
    let principal = Principal::parse("HTTP/www.example.com@EXAMPLE.COM").unwrap();
    let entry = |kvno: &u32| {
        let key = [u8::try_from(*kvno).unwrap(); 32];
        KeytabEntry::new(principal.clone(), Timestamp::from_unix(0), *kvno, 18, &key).unwrap()
    };
    Keytab::from_entries(kvnos.iter().map(entry).collect())
        .to_file()
        .expose()
        .clone()
}

fn kvnos(watched: &WatchedKeytab) -> Vec<u32> {
    watched
        .current()
        .entries()
        .iter()
        .map(KeytabEntry::kvno)
        .collect()
}

/// Waits for a state; giving up after a time that is far beyond any interval is a failure, not a measurement.
fn until(watched: &WatchedKeytab, wanted: &[u32]) {
    let give_up = Instant::now() + Duration::from_secs(30);
    while kvnos(watched) != wanted {
        assert!(
            Instant::now() < give_up,
            "{:?} instead of {wanted:?}",
            kvnos(watched)
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

const OFTEN: WatchOptions = WatchOptions {
    interval: Duration::from_millis(20),
    retired_key_grace: Duration::ZERO,
};

fn watch(path: &Path, options: WatchOptions) -> Arc<WatchedKeytab> {
    WatchedKeytab::open(vec![path.to_owned()], options).unwrap()
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_its_reason() {
    let directory = Directory::new("errors");
    let missing = load(&directory.file("missing")).unwrap_err();
    assert!(
        matches!(&missing.fault, KeytabFileFault::Unreadable(error) if error.kind() == std::io::ErrorKind::NotFound)
    );
    assert!(missing.to_string().contains("missing: "), "{missing}");
    let (empty, cut) = (directory.file("empty"), directory.file("cut"));
    std::fs::write(&empty, b"").unwrap();
    std::fs::write(&cut, &keytab(&[1])[..30]).unwrap();
    for path in [&empty, &cut] {
        let error = load(path).unwrap_err();
        assert!(matches!(error.fault, KeytabFileFault::NotAKeytab(_)), "{error}");
        assert!(
            error
                .to_string()
                .starts_with(&format!("keytab {}: ", path.display())),
            "{error}"
        );
    }
    let error = WatchedKeytab::open(vec![cut], OFTEN).unwrap_err();
    assert!(error.to_string().contains("cut"), "{error}");
}

#[test]
fn several_files_are_one_keytab() {
    let directory = Directory::new("merge");
    let (one, other) = (directory.file("one"), directory.file("other"));
    std::fs::write(&one, keytab(&[1])).unwrap();
    std::fs::write(&other, keytab(&[2, 3])).unwrap();
    let merged = load_all(&[one, other]).unwrap();
    assert_eq!(
        merged.entries().iter().map(KeytabEntry::kvno).collect::<Vec<_>>(),
        [1, 2, 3]
    );
}

#[test]
fn a_new_file_takes_the_old_ones_place() {
    let directory = Directory::new("replace");
    let (path, new) = (directory.file("keytab"), directory.file("new"));
    std::fs::write(&path, keytab(&[1])).unwrap();
    let watched = watch(&path, OFTEN);
    assert_eq!(kvnos(&watched), [1]);
    std::fs::write(&new, keytab(&[2])).unwrap();
    std::fs::rename(&new, &path).unwrap();
    until(&watched, &[2]);
    // In place, as ktadd appends.
    std::fs::write(&path, keytab(&[2, 3])).unwrap();
    until(&watched, &[2, 3]);
}

/// Two changes within a tick of the file system's clock, and the file was read between them.
#[test]
fn a_change_that_leaves_time_and_length_as_they_were_is_seen() {
    let directory = Directory::new("tick");
    let path = directory.file("keytab");
    std::fs::write(&path, keytab(&[1])).unwrap();
    let time = path.metadata().unwrap().modified().unwrap();
    let watched = watch(&path, OFTEN);
    std::fs::write(&path, keytab(&[2])).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_modified(time).unwrap();
    until(&watched, &[2]);
}

#[test]
fn a_bad_file_leaves_the_last_good_keytab() {
    let directory = Directory::new("bad");
    let path = directory.file("keytab");
    std::fs::write(&path, keytab(&[1])).unwrap();
    let watched = watch(&path, OFTEN);
    std::fs::write(&path, &keytab(&[1, 2])[..40]).unwrap();
    // Whatever the watcher has seen by now: it must not have taken it.
    std::thread::sleep(OFTEN.interval * 5);
    assert_eq!(kvnos(&watched), [1]);
    std::fs::remove_file(&path).unwrap();
    std::thread::sleep(OFTEN.interval * 5);
    assert_eq!(kvnos(&watched), [1]);
    std::fs::write(&path, keytab(&[4])).unwrap();
    until(&watched, &[4]);
}

#[test]
fn a_miss_looks_at_once() {
    let directory = Directory::new("miss");
    let path = directory.file("keytab");
    std::fs::write(&path, keytab(&[1])).unwrap();
    let options = WatchOptions {
        interval: Duration::from_secs(3600),
        ..OFTEN
    };
    let watched = watch(&path, options);
    std::fs::write(&path, keytab(&[1, 2])).unwrap();
    watched.missed();
    until(&watched, &[1, 2]);
}

#[test]
fn a_retired_key_goes_at_once_or_after_its_grace() {
    let directory = Directory::new("retired");
    let path = directory.file("keytab");
    std::fs::write(&path, keytab(&[1])).unwrap();
    let at_once = watch(&path, OFTEN);
    let later = watch(
        &path,
        WatchOptions {
            retired_key_grace: Duration::from_secs(1),
            ..OFTEN
        },
    );
    let never = watch(
        &path,
        WatchOptions {
            retired_key_grace: Duration::from_secs(3600),
            ..OFTEN
        },
    );
    std::fs::write(&path, keytab(&[2])).unwrap();
    until(&at_once, &[2]);
    until(&never, &[2, 1]);
    // By way of both or not, as the threads run; what counts is where it ends.
    until(&later, &[2]);
    // A key that comes back is not retired any more.
    std::fs::write(&path, keytab(&[2, 1])).unwrap();
    until(&never, &[2, 1]);
    until(&at_once, &[2, 1]);
}

#[test]
fn the_thread_ends_with_its_keytab() {
    let directory = Directory::new("end");
    let path = directory.file("keytab");
    std::fs::write(&path, keytab(&[1])).unwrap();
    let watched = watch(&path, OFTEN);
    let weak = Arc::downgrade(&watched);
    drop(watched);
    let give_up = Instant::now() + Duration::from_secs(30);
    while weak.strong_count() > 0 {
        assert!(
            Instant::now() < give_up,
            "the watcher holds on to what it watches for"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}
