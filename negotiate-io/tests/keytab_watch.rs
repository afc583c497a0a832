//! A watched keytab follows its file through everything that administrators and their tools do to it.

use mech_krb5::Principal;
use mech_krb5::keytab::{Keytab, KeytabEntry, KeytabSource as _};
use negotiate_core::Timestamp;
use negotiate_io::keytab::{KeytabFileFault, WatchOptions, WatchedKeytab, load, load_all};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

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

/// As `cp -p` and rsync write: the time of modification is that of long ago, before and after.
#[test]
fn a_change_is_seen_whose_time_is_set_back() {
    let directory = Directory::new("set-back");
    let path = directory.file("keytab");
    let write = |kvno| {
        std::fs::write(&path, keytab(&[kvno])).unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    };
    write(1);
    let watched = watch(&path, OFTEN);
    // Until it is not read again for nothing but that its last change was just now.
    std::thread::sleep(Duration::from_secs(3));
    write(2);
    until(&watched, &[2]);
    // Once more within a tick of the clock, perhaps.
    write(3);
    until(&watched, &[3]);
}

/// The volumes of Kubernetes: the file is a link through a link to a directory, and that one is replaced.
#[test]
fn a_directory_that_a_link_leads_to_is_replaced() {
    use std::os::unix::fs::symlink;
    let directory = Directory::new("links");
    let (path, data) = (directory.file("keytab"), directory.file("..data"));
    let version = |kvno: u32| {
        let version = directory.file(&format!("..version-{kvno}"));
        std::fs::create_dir(&version).unwrap();
        std::fs::write(version.join("keytab"), keytab(&[kvno])).unwrap();
        let new = directory.file("..data_tmp");
        symlink(&version, &new).unwrap();
        std::fs::rename(new, &data).unwrap();
    };
    version(1);
    symlink("..data/keytab", &path).unwrap();
    let watched = watch(&path, OFTEN);
    for kvno in 2..5 {
        version(kvno);
        until(&watched, &[kvno]);
        std::fs::remove_dir_all(directory.file(&format!("..version-{}", kvno - 1))).unwrap();
    }
}

#[test]
fn a_file_that_went_bad_does_not_hide_what_changes_in_another() {
    let directory = Directory::new("one-bad");
    let (one, other) = (directory.file("one"), directory.file("other"));
    std::fs::write(&one, keytab(&[1])).unwrap();
    std::fs::write(&other, keytab(&[5])).unwrap();
    let watched = WatchedKeytab::open(vec![one.clone(), other.clone()], OFTEN).unwrap();
    std::fs::remove_file(&one).unwrap();
    std::fs::write(&other, keytab(&[6])).unwrap();
    until(&watched, &[1, 6]);
    std::fs::write(&one, keytab(&[2])).unwrap();
    until(&watched, &[2, 6]);
}

/// As ktrem leaves it: its keys were taken out, so they open nothing any more. ktadd begins with such a file: it does not count
/// as long as somebody may be writing it.
#[test]
fn a_keytab_that_all_entries_were_deleted_from_has_none() {
    let directory = Directory::new("deleted");
    let path = directory.file("keytab");
    let hole = [&[5, 2][..], &(-60_i32).to_be_bytes(), &[0; 60]].concat();
    std::fs::write(&path, keytab(&[1])).unwrap();
    let watched = watch(&path, OFTEN);
    let before = Instant::now();
    std::fs::write(&path, &hole).unwrap();
    std::thread::sleep(OFTEN.interval * 5);
    let soon = kvnos(&watched);
    // Unless this thread slept for too long.
    assert!(
        soon == [1] || before.elapsed() > Duration::from_secs(1),
        "{soon:?}"
    );
    until(&watched, &[]);
    std::fs::write(&path, keytab(&[2])).unwrap();
    until(&watched, &[2]);
}

#[test]
fn a_bad_file_leaves_the_last_good_keytab() {
    let directory = Directory::new("bad");
    let path = directory.file("keytab");
    std::fs::write(&path, keytab(&[1])).unwrap();
    let watched = watch(&path, OFTEN);
    for bad in [&keytab(&[1, 2])[..40], b""] {
        std::fs::write(&path, bad).unwrap();
        // Whatever the watcher has seen by now: it must not have taken it.
        std::thread::sleep(OFTEN.interval * 5);
        assert_eq!(kvnos(&watched), [1]);
    }
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
            retired_key_grace: Duration::MAX,
            ..OFTEN
        },
    );
    std::fs::write(&path, keytab(&[2])).unwrap();
    until(&at_once, &[2]);
    until(&never, &[2, 1]);
    // By way of both or not, as the threads run; what counts is where it ends.
    until(&later, &[2]);
    // A key that comes back is not retired any more.
    std::fs::write(&path, keytab(&[1, 2])).unwrap();
    until(&never, &[1, 2]);
    until(&at_once, &[1, 2]);
}

#[test]
fn a_retired_key_goes_after_its_grace_however_seldom_the_file_is_looked_at() {
    let directory = Directory::new("seldom");
    let path = directory.file("keytab");
    std::fs::write(&path, keytab(&[1])).unwrap();
    let options = WatchOptions {
        interval: Duration::from_secs(3600),
        retired_key_grace: Duration::from_millis(500),
    };
    let watched = watch(&path, options);
    std::fs::write(&path, keytab(&[2])).unwrap();
    watched.missed();
    until(&watched, &[2]);
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
