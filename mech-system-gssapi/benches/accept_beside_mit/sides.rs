//! The two acceptors, each behind one function that takes a token from its arrival to the end of its context.

use crate::case::{Case, Replay};
use mech_krb5::Krb5;
use mech_krb5::keytab::Keytab;
use mech_krb5::replay::{
    MemoryReplayCache, MemoryReplayConfig, OnStart, ReplayAnswer, ReplayCache, ReplayEntry,
};
use mech_system_gssapi::ReplayCache as MitReplayCache;
use mech_system_gssapi::library::{Accepted, AcceptorCredential, Context, Mechanisms};
use negotiate_core::{Acceptor, Ambient, Step, SystemRandom, Timestamp};
use negotiate_io::replay::{FileReplayCache, FileReplayOptions};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) trait Side: Sync {
    fn accept(&self, token: &[u8]);
}

pub(crate) struct Ours(Acceptor);

impl Ours {
    /// With files in this directory.
    pub(crate) fn new(case: &Case, keytab: &[u8], directory: &Path) -> Self {
        let replay_cache: Arc<dyn ReplayCache> = match case.replay_cache {
            Replay::Off => Arc::new(Forgetful),
            Replay::On => {
                let config = MemoryReplayConfig {
                    on_start: OnStart::Accept,
                    ..MemoryReplayConfig::default()
                };
                Arc::new(MemoryReplayCache::new(config, &mut ambient(&mut SystemRandom)).unwrap())
            }
            Replay::BothInFiles => {
                let options = FileReplayOptions {
                    on_start: OnStart::Accept,
                    ..FileReplayOptions::default()
                };
                let path = directory.join("our-rcache");
                Arc::new(FileReplayCache::open(path, options, Timestamp::now()).unwrap())
            }
        };
        let keytab = Keytab::parse(keytab).unwrap();
        let krb5 = Krb5::builder(keytab).replay_cache(replay_cache).build().unwrap();
        Self(Acceptor::builder().mechanism(krb5).build().unwrap())
    }
}

impl Side for Ours {
    #[inline(never)]
    fn accept(&self, token: &[u8]) {
        let step = self.0.exchange(None).step(token, &mut ambient(&mut SystemRandom));
        let step = match step {
            Ok(Step::Pending(pending)) => pollster::block_on(pending),
            at_once => at_once,
        };
        match black_box(step) {
            Ok(Step::Complete { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn ambient(random: &mut SystemRandom) -> Ambient<'_> {
    Ambient {
        now: Timestamp::now(),
        random,
    }
}

/// Takes every authenticator for new.
#[derive(Debug)]
struct Forgetful;

impl ReplayCache for Forgetful {
    fn check(&self, _: ReplayEntry<'_>, _: Timestamp) -> ReplayAnswer {
        ReplayAnswer::Fresh
    }
}

pub(crate) struct Mit(AcceptorCredential);

impl Mit {
    /// With files in this directory.
    pub(crate) fn new(case: &Case, keytab: &[u8], directory: &Path) -> Self {
        let path = directory.join("keytab");
        std::fs::write(&path, keytab).unwrap();
        use_shortest_krb5_conf(directory);
        let replay_cache = match case.replay_cache {
            Replay::Off => MitReplayCache::None,
            Replay::On | Replay::BothInFiles => MitReplayCache::File(directory.join("rcache")),
        };
        Self(AcceptorCredential::acquire(Mechanisms::Krb5AndSpnego, Some(&path), &replay_cache).unwrap())
    }
}

/// The library goes through krb5.conf for each token; that of a Linux distribution, with the realms of some universities,
/// would cost it half as much time again.
#[allow(unsafe_code)]
fn use_shortest_krb5_conf(directory: &Path) {
    let path = directory.join("krb5.conf");
    std::fs::write(&path, "[libdefaults]\n    default_realm = EXAMPLE.TEST\n").unwrap();
    // SAFETY: no other thread runs when the sides are set up.
    unsafe { std::env::set_var("KRB5_CONFIG", path) };
}

impl Side for Mit {
    #[inline(never)]
    fn accept(&self, token: &[u8]) {
        match black_box(Context::new().accept(&self.0, token, None)) {
            Ok(Accepted::Complete { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// A directory that goes with the measurement.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("negotiate-beside-mit-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
