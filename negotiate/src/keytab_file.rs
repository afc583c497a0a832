//! An acceptor as most servers want it.

use mech_krb5::Krb5;
use mech_krb5::replay::{MemoryReplayCache, MemoryReplayConfig};
use negotiate_core::{Acceptor, Ambient, SystemRandom, Timestamp};
use negotiate_io::keytab::{WatchOptions, WatchedKeytab};
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Accepts Kerberos with the keys of this file, whose changes a thread follows; with a replay cache in memory, which starts
/// now; and every other choice at its default.
///
/// Make one for a service and clone it: two replay caches do not know what the other saw. What can be chosen is in
/// [`Acceptor::builder`], [`Krb5::builder`] and [`WatchedKeytab::open`]. A service of several processes keeps its replay
/// cache in a file that they share, and MIT's library with them:
///
/// ```no_run
/// # #[cfg(target_os = "linux")]
/// # fn acceptor() -> Result<negotiate::Acceptor, Box<dyn std::error::Error>> {
/// use negotiate_io::keytab::{WatchOptions, WatchedKeytab};
/// use negotiate_io::replay::{FileReplayCache, FileReplayOptions};
/// use std::sync::Arc;
///
/// let keys = WatchedKeytab::open(vec!["/etc/http.keytab".into()], WatchOptions::default())?;
/// let cache = FileReplayCache::open(
///     "/var/lib/http/rcache2",
///     FileReplayOptions::default(),
///     negotiate::Timestamp::now(),
/// )?;
/// let krb5 = negotiate::krb5::Krb5::builder_with(keys)
///     .replay_cache(Arc::new(cache))
///     .build()?;
/// let acceptor = negotiate::Acceptor::builder().mechanism(krb5).build()?;
/// # Ok(acceptor)
/// # }
/// ```
///
/// # Errors
/// [`NoAcceptor`] names the file and what is wrong with it.
pub fn acceptor_with_keytab(path: impl Into<PathBuf>) -> Result<Acceptor, NoAcceptor> {
    let path = path.into();
    make(&path).map_err(|reason| NoAcceptor { path, reason })
}

fn make(path: &Path) -> Result<Acceptor, Box<dyn Error + Send + Sync>> {
    let keys = WatchedKeytab::open(vec![path.to_owned()], WatchOptions::default())?;
    let mut ambient = Ambient {
        now: Timestamp::now(),
        random: &mut SystemRandom,
    };
    let replay_cache = MemoryReplayCache::new(MemoryReplayConfig::default(), &mut ambient)?;
    let krb5 = Krb5::builder_with(keys)
        .replay_cache(Arc::new(replay_cache))
        .build()?;
    Ok(Acceptor::builder().mechanism(krb5).build()?)
}

/// A keytab file makes no acceptor. The source is the reason: a
/// [`KeytabFileError`](negotiate_io::keytab::KeytabFileError) or a [`Krb5ConfigError`](mech_krb5::Krb5ConfigError).
#[derive(Debug)]
pub struct NoAcceptor {
    path: PathBuf,
    reason: Box<dyn Error + Send + Sync>,
}

impl NoAcceptor {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Path and reason.
impl fmt::Display for NoAcceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no acceptor from {}: {}", self.path.display(), self.reason)
    }
}

impl Error for NoAcceptor {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.reason)
    }
}
