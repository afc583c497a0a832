//! Which files are taken, and what is in them.

use super::{Directory, ask, at, is_before_start, open, write};
use negotiate_io::replay::{FileReplayCache, FileReplayOptions, ReplayFileFault};
use std::fs::{Permissions, hard_link};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

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

/// Who may rename in the directory takes the file away, and brings it back before the next start: without what was accepted
/// meanwhile, and without a trace of that.
#[test]
fn a_directory_where_others_replace_files_is_refused() {
    let directory = Directory::new("replaceable");
    let path = directory.file("rcache");
    let set_mode = |mode| std::fs::set_permissions(&directory.0, Permissions::from_mode(mode)).unwrap();
    for mode in [0o720, 0o702, 0o777, 0o2770] {
        set_mode(mode);
        let error = FileReplayCache::open(&path, FileReplayOptions::default(), at(0)).unwrap_err();
        assert!(
            matches!(error.fault, ReplayFileFault::DirectoryOpenToOthers { mode: found } if found == mode),
            "{error}"
        );
        assert!(!path.exists());
    }
    for mode in [0o755, 0o700, 0o1777] {
        set_mode(mode);
        drop(open(&path));
    }
    let cache = open(&path);
    assert_eq!(ask(&cache, b"tag", at(1), at(1)), "Fresh");
    set_mode(0o777);
    assert_eq!(ask(&cache, b"other", at(2), at(2)), "Unavailable");
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
