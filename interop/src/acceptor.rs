//! Our acceptor in this process, for what no program of ours shows.

use mech_krb5::keytab::Keytab;
use mech_krb5::replay::{MemoryReplayCache, MemoryReplayConfig, OnStart};
use mech_krb5::{Krb5, Krb5Builder};
use negotiate_core::{Acceptor, Ambient, Exchange, Reject, Step, SystemRandom, Timestamp};
use std::path::Path;
use std::sync::Arc;

/// An acceptor of Kerberos with the keys of a file.
#[must_use]
pub fn acceptor(keytab: &Path) -> Acceptor {
    acceptor_with(keytab, |builder| builder)
}

/// The same with what `configure` sets.
///
/// # Panics
///
/// If the keytab has no usable key.
pub fn acceptor_with(keytab: &Path, configure: impl FnOnce(Krb5Builder) -> Krb5Builder) -> Acceptor {
    let config = MemoryReplayConfig {
        // A test may have made its tokens before.
        on_start: OnStart::Accept,
        ..MemoryReplayConfig::default()
    };
    let cache = ambient(|ambient| MemoryReplayCache::new(config, ambient)).expect("random bytes");
    let file = std::fs::read(keytab).expect("the keytab can be read");
    let builder = Krb5::builder(Keytab::parse(&file).expect("a keytab")).replay_cache(Arc::new(cache));
    let krb5 = configure(builder).build().expect("a usable key");
    Acceptor::builder()
        .mechanism(krb5)
        .build()
        .expect("one mechanism is enough")
}

/// Gives a token to an exchange.
///
/// # Errors
///
/// If it is refused.
pub fn step(exchange: Exchange<'_>, token: &[u8]) -> Result<Step, Reject> {
    ambient(|ambient| exchange.step(token, ambient))
}

/// The first step with a token; waits for what comes later.
///
/// # Errors
///
/// If it is refused.
pub fn judge(acceptor: &Acceptor, token: &[u8]) -> Result<Step, Reject> {
    match step(acceptor.exchange(None), token) {
        Ok(Step::Pending(pending)) => pollster::block_on(pending),
        step => step,
    }
}

/// Calls with the time and randomness of this machine.
pub fn ambient<T>(call: impl FnOnce(&mut Ambient<'_>) -> T) -> T {
    call(&mut Ambient {
        now: Timestamp::now(),
        random: &mut SystemRandom,
    })
}
