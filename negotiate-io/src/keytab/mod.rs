//! Keytab files: read with errors that name the file and the reason, merged into one keytab, and watched.
//!
//! A watched file is looked at once a second by `stat`, and at once after a ticket that no key opened. A new keytab takes the
//! place of the old one whole; a file that cannot be read or is not a keytab leaves what it held when it was last good in place,
//! and says so. A keytab that all entries were deleted from holds none. Of a watched file that others can read, write or replace,
//! a warning tells (on Linux).

mod error;
#[cfg(target_os = "linux")]
mod exposed;
mod file;
mod read;
mod retired;
mod watch;

pub use error::{KeytabFileError, KeytabFileFault};
pub use read::{load, load_all};
pub use watch::{WatchOptions, WatchedKeytab};
