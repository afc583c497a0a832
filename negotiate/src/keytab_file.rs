//! An acceptor as most servers want it.

use mech_krb5::Krb5;
use mech_krb5::keytab::Keytab;
use mech_krb5::replay::{MemoryReplayCache, MemoryReplayConfig};
use negotiate_core::{Acceptor, Ambient, SystemRandom, Timestamp};
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Accepts Kerberos with the keys of this file, as they are now; with a replay cache in memory, which starts now; and every
/// other choice at its default.
///
/// Make one for a service and clone it: two replay caches do not know what the other saw. What can be chosen is in
/// [`Acceptor::builder`] and [`Krb5::builder`].
///
/// # Errors
/// [`KeytabFileError`] names the file and what is wrong with it.
pub fn acceptor_with_keytab(path: impl AsRef<Path>) -> Result<Acceptor, KeytabFileError> {
    let path = path.as_ref();
    read(path).map_err(|reason| KeytabFileError {
        path: path.to_owned(),
        reason,
    })
}

fn read(path: &Path) -> Result<Acceptor, Box<dyn Error + Send + Sync>> {
    let keytab = Keytab::parse(&std::fs::read(path)?)?;
    let mut ambient = Ambient {
        now: Timestamp::now(),
        random: &mut SystemRandom,
    };
    let replay_cache = MemoryReplayCache::new(MemoryReplayConfig::default(), &mut ambient)?;
    let krb5 = Krb5::builder(keytab)
        .replay_cache(Arc::new(replay_cache))
        .build()?;
    Ok(Acceptor::builder().mechanism(krb5).build()?)
}

/// A keytab file is of no use. Its source is the reason: an [`io::Error`](std::io::Error), a
/// [`KeytabError`](mech_krb5::keytab::KeytabError) or a [`Krb5ConfigError`](mech_krb5::Krb5ConfigError).
#[derive(Debug)]
pub struct KeytabFileError {
    path: PathBuf,
    reason: Box<dyn Error + Send + Sync>,
}

/// Path and reason.
impl fmt::Display for KeytabFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.reason)
    }
}

impl Error for KeytabFileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.reason)
    }
}
