//! What the tests over captures share: an acceptor as the capture's server was.
#![allow(dead_code)] // each test file uses a part

use mech_krb5::Krb5;
use mech_krb5::crypto::EncryptionTypes;
use mech_krb5::keytab::Keytab;
use mech_krb5::replay::{ReplayAnswer, ReplayCache, ReplayEntry};
use negotiate_core::{
    Acceptor, Ambient, ChannelBindings, Random, RandomUnavailable, Reject, Step, Timestamp,
};
use std::sync::Arc;
use testvectors::Capture;

/// Takes every authenticator for new: each token is judged by itself.
#[derive(Debug)]
pub(crate) struct Forgetful;

impl ReplayCache for Forgetful {
    fn check(&self, _: ReplayEntry<'_>, _: Timestamp) -> ReplayAnswer {
        ReplayAnswer::Fresh
    }
}

/// Counts instead of drawing, so that a failure can be repeated.
pub(crate) struct Counting(pub(crate) u8);

impl Random for Counting {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        for byte in out {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
}

/// The types that nobody has to name, and the others that this build has.
pub(crate) const fn every_type() -> EncryptionTypes {
    let types = EncryptionTypes::new().danger_with_rc4();
    #[cfg(feature = "camellia")]
    let types = types.with_camellia();
    types
}

/// An acceptor with the capture's keytab.
pub(crate) fn acceptor(capture: &Capture) -> Acceptor {
    acceptor_of(capture, EncryptionTypes::new())
}

/// The same, told by name to take the capture's encryption type.
pub(crate) fn acceptor_that_names(capture: &Capture) -> Acceptor {
    acceptor_of(capture, types_named_for(capture))
}

pub(crate) fn types_named_for(capture: &Capture) -> EncryptionTypes {
    let types = EncryptionTypes::new();
    match capture.expect_if_named().map(|_| capture.ticket_etype()) {
        None => types,
        Some(23) => types.danger_with_rc4(),
        #[cfg(feature = "camellia")]
        Some(25 | 26) => types.with_camellia(),
        // There is no name for it in this build.
        Some(_) => types,
    }
}

/// Whether an acceptor takes it that was told by name to take its encryption type, if this build has that.
pub(crate) fn is_accepted_by_name(capture: &Capture) -> bool {
    let is_named = || types_named_for(capture).find(capture.ticket_etype()).is_some();
    let expect_if_named = capture.expect_if_named().filter(|_| is_named());
    expect_if_named.unwrap_or(capture.expect()) == "accepted"
}

fn acceptor_of(capture: &Capture, types: EncryptionTypes) -> Acceptor {
    let keytab = Keytab::parse(&capture.keytab()).unwrap();
    let builder = Krb5::builder(keytab)
        .replay_cache(Arc::new(Forgetful))
        .encryption_types(types);
    Acceptor::builder()
        .mechanism(builder.build().unwrap())
        .build()
        .unwrap()
}

pub(crate) fn captured_at(capture: &Capture) -> Timestamp {
    Timestamp::from_unix_micros(capture.captured_micros())
}

pub(crate) fn bindings(capture: &Capture) -> Option<Arc<ChannelBindings>> {
    let data = capture.channel_bindings()?.application_data;
    Some(Arc::new(ChannelBindings::from_application_data(data)))
}

/// The verdict on one token.
pub(crate) fn judge(
    acceptor: &Acceptor,
    capture: &Capture,
    token: &[u8],
    now: Timestamp,
) -> Result<Step, Reject> {
    let mut random = Counting(0);
    let mut ambient = Ambient {
        now,
        random: &mut random,
    };
    acceptor.exchange(bindings(capture)).step(token, &mut ambient)
}
