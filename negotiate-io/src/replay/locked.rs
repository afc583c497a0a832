//! The file, open and locked as MIT krb5 does it (`rc_dfl.c`, `lock_file.c`): owner only, no symbolic link, the whole file
//! under an exclusive lock of the open file description. Such locks exclude those of processes too (POSIX), and unlike
//! them do not vanish when somebody else in this process, MIT's library for instance, closes the same file.

use super::error::ReplayFileFault;
use crate::access::{Access, directory_of};
use mech_krb5::replay::file2::{
    Contents, FIRST_TABLE_LEN, Next, RECORD_LEN, Record, SEED_LEN, Search, Write, times,
};
use negotiate_core::{Random as _, Seconds, SystemRandom, Timestamp};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::unistd::geteuid;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::ops::RangeInclusive;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How often a file may turn out to be deleted or replaced between opening and locking it.
const OPEN_TRIES: usize = 8;

/// Reading and writing, by the group and by all. Who may only read a file can still lock it against those who write
/// (`F_RDLCK`). MIT's library makes it with 0600, too.
const FOR_OTHERS: u32 = 0o066;

/// The open file. The lock ends when it is dropped.
pub(super) struct Locked {
    file: File,
    pub(super) state: State,
}

/// What tells that this is the file it was, and only grew. Not its inode: a new file may get that of a deleted one.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    seed: [u8; SEED_LEN],
    len: u64,
}

impl State {
    /// Whether a file in this state has all that it had in the `earlier` one.
    pub(super) fn continues(self, earlier: Self) -> bool {
        self.seed == earlier.seed && self.len >= earlier.len
    }
}

impl Locked {
    pub(super) fn open(path: &Path, give_up: Instant) -> Result<Self, ReplayFileFault> {
        let user = geteuid().as_raw();
        check_directory(&directory_of(path).metadata()?, user)?;
        for _ in 0..OPEN_TRIES {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .mode(0o600)
                // Non-blocking for what turns out to be no file.
                .custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits())
                .open(path)
                .map_err(not_opened)?;
            check(&file.metadata()?, user)?;
            lock(&file, give_up)?;
            let metadata = file.metadata()?;
            // Else whoever comes now opens another one, and would not see what is written into this.
            if is_at(&metadata, path)? {
                return match metadata.nlink() {
                    1 => Self::read(file, metadata.len()),
                    names => Err(ReplayFileFault::HardLinks { names }),
                };
            }
        }
        Err(ReplayFileFault::Replaced)
    }

    fn read(file: File, len: u64) -> Result<Self, ReplayFileFault> {
        let mut seed = [0; SEED_LEN];
        let end = match Contents::of_len(len)? {
            Contents::Nothing => {
                SystemRandom
                    .fill(&mut seed)
                    .map_err(|_| ReplayFileFault::NoRandomBytes)?;
                write(&file, &seed, 0, 0)?;
                SEED_LEN as u64
            }
            Contents::SeedAndRecords { end } => {
                if end < len {
                    file.set_len(end)?;
                }
                file.read_exact_at(&mut seed, 0)?;
                end
            }
        };
        let state = State { seed, len: end };
        Ok(Self { file, state })
    }

    /// The times of its oldest and its newest record, in whichever table.
    pub(super) fn times(&self) -> io::Result<Option<RangeInclusive<Timestamp>>> {
        let mut part = [0; FIRST_TABLE_LEN];
        let mut found: Option<RangeInclusive<Timestamp>> = None;
        for offset in (SEED_LEN as u64..self.state.len).step_by(part.len()) {
            let len = self.read_at_most(&mut part, offset)?;
            let more = times(&part[..len]);
            found = match (found, more) {
                (Some(one), Some(other)) => {
                    Some(*one.start().min(other.start())..=*one.end().max(other.end()))
                }
                (found, more) => found.or(more),
            };
        }
        Ok(found)
    }

    /// Looks for an authenticator: `None` if it is there, what is to be written if it is not.
    pub(super) fn find(&self, record: Record, now: Timestamp, clock_skew: Seconds) -> io::Result<Found> {
        let mut search = Search::new(self.state.seed, record, now, clock_skew);
        loop {
            let mut found = [0; RECORD_LEN * 2];
            let len = self.read_at_most(&mut found, search.offset())?;
            search = match search.look(&found[..len]) {
                Next::Look(next) => next,
                Next::Replayed => return Ok(Found::Replayed),
                Next::Full => return Ok(Found::Full),
                Next::Write(write) => return Ok(Found::New(write)),
            };
        }
    }

    /// Adds the record that [`Locked::find`] has found missing.
    pub(super) fn write(&mut self, record: &Write) -> io::Result<()> {
        write(&self.file, &record.bytes, record.offset, self.state.len)?;
        let end = record.offset + RECORD_LEN as u64;
        self.state.len = self.state.len.max(end);
        Ok(())
    }

    fn read_at_most(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut len = 0;
        while len < buffer.len() {
            match self.file.read_at(&mut buffer[len..], offset + len as u64) {
                Ok(0) => break,
                Ok(more) => len += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(len)
    }
}

/// Writes all of it, or lets the file end where it did: a disk may be full within a record.
fn write(file: &File, bytes: &[u8], offset: u64, len: u64) -> io::Result<()> {
    file.write_all_at(bytes, offset).inspect_err(|_| {
        if offset >= len {
            // If not even this can be done, whoever opens the file next cuts it.
            let _ = file.set_len(len);
        }
    })
}

/// What the file says of an authenticator.
pub(super) enum Found {
    Replayed,
    New(Write),
    Full,
}

fn not_opened(error: io::Error) -> ReplayFileFault {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ELOOP) => ReplayFileFault::SymbolicLink,
        // A directory; a socket.
        Some(Errno::EISDIR | Errno::ENXIO) => ReplayFileFault::NotAFile,
        _ => ReplayFileFault::Io(error),
    }
}

/// Whether the open file is still the one of this name: it may have been deleted or renamed while its lock was waited for.
fn is_at(open: &Metadata, path: &Path) -> io::Result<bool> {
    match path.symlink_metadata() {
        Ok(there) => Ok((there.dev(), there.ino()) == (open.dev(), open.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Who may rename what is in it can have a cache begin anew, and put the file of before into its place again before a start: what
/// came into the other one is then accepted once more.
fn check_directory(metadata: &Metadata, user: u32) -> Result<(), ReplayFileFault> {
    let access = Access::of(metadata);
    let Access { owner, mode } = access;
    if access.is_of_another(user) {
        Err(ReplayFileFault::DirectoryOwner { owner, user })
    } else if access.lets_others_replace() {
        Err(ReplayFileFault::DirectoryOpenToOthers { mode })
    } else {
        Ok(())
    }
}

fn check(metadata: &Metadata, user: u32) -> Result<(), ReplayFileFault> {
    let Access { owner, mode } = Access::of(metadata);
    if !metadata.is_file() {
        Err(ReplayFileFault::NotAFile)
    } else if owner != user {
        Err(ReplayFileFault::Owner { owner, user })
    } else if mode & FOR_OTHERS != 0 {
        Err(ReplayFileFault::OpenToOthers { mode })
    } else {
        Ok(())
    }
}

/// Asks for the lock until it is given, once at least: the call that waits cannot be told for how long.
fn lock(file: &File, give_up: Instant) -> Result<(), ReplayFileFault> {
    let whole = libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    let mut pause = Duration::from_micros(5);
    loop {
        match fcntl(file, FcntlArg::F_OFD_SETLK(&whole)) {
            Ok(_) => return Ok(()),
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN | Errno::EACCES) if Instant::now() < give_up => {
                thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(1));
            }
            Err(Errno::EAGAIN | Errno::EACCES) => return Err(ReplayFileFault::Locked),
            Err(error) => return Err(ReplayFileFault::Io(error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::DirBuilderExt as _;

    #[test]
    fn a_file_of_somebody_else_is_refused() {
        let path = std::env::temp_dir().join(format!("negotiate-io-{}-owner", std::process::id()));
        drop(Locked::open(&path, Instant::now()).unwrap());
        let own = path.metadata().unwrap();
        std::fs::remove_file(&path).unwrap();
        let other = own.uid() + 1;
        assert!(check(&own, own.uid()).is_ok());
        let fault = check(&own, other).unwrap_err();
        let ReplayFileFault::Owner { owner, user } = fault else {
            panic!("{fault}")
        };
        assert_eq!((owner, user), (own.uid(), other));
    }

    #[test]
    fn a_directory_of_somebody_else_is_refused() {
        let path = std::env::temp_dir().join(format!("negotiate-io-{}-directory-owner", std::process::id()));
        std::fs::DirBuilder::new().mode(0o700).create(&path).unwrap();
        // Root's own is nobody else's.
        nix::unistd::chown(&path, geteuid().is_root().then(|| 1.into()), None).unwrap();
        let own = path.metadata().unwrap();
        std::fs::remove_dir(&path).unwrap();
        let other = own.uid() + 1;
        assert!(check_directory(&own, own.uid()).is_ok());
        let fault = check_directory(&own, other).unwrap_err();
        let ReplayFileFault::DirectoryOwner { owner, user } = fault else {
            panic!("{fault}")
        };
        assert_eq!((owner, user), (own.uid(), other));
        // Root's is good for everybody, if root alone may write it.
        let roots = Path::new("/").metadata().unwrap();
        assert!(check_directory(&roots, other).is_ok());
    }
}
