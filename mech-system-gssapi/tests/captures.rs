//! Every captured login through the platform's library: it reads its own clock, so each is accepted in a process of its
//! own, with the clock set back by `faketime`.

mod common;

use common::{Scratch, settled, with_ambient};
use mech_system_gssapi::{Details, ReplayCache, SystemGssapi};
use negotiate_core::{Acceptor, ChannelBindings, ContextFlags, Step, Timestamp};
use std::process::Command;
use std::sync::Arc;
use testvectors::{Capture, capture, captures};

/// Names the capture to the process that is to accept it.
const NAME: &str = "GSSAPI_CAPTURE";

/// Without Rust's harness, since this program runs itself, once for each capture.
fn main() {
    match std::env::var(NAME) {
        Ok(name) => accept(&capture(&name)),
        Err(_) => accepted_at_the_time_of_capture(),
    }
}

fn accepted_at_the_time_of_capture() {
    let mut count = 0;
    for capture in captures()
        .iter()
        .filter(|capture| capture.case().has("keytab") && capture.expect() == "accepted")
    {
        let output = Command::new("faketime")
            .arg(capture.captured_at().replace('T', " ").replace('Z', " UTC"))
            .arg(std::env::current_exe().unwrap())
            .env(NAME, capture.name())
            .output()
            .expect("faketime is installed");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}:\n{said}", capture.name());
        count += 1;
    }
    assert_eq!(count, 56);
    println!("{count} captures accepted");
}

fn accept(capture: &Capture) {
    let scratch = Scratch::new();
    let keytab = scratch.file("keytab");
    std::fs::write(&keytab, capture.keytab()).unwrap();
    let mechanism = SystemGssapi::builder()
        .keytab(&keytab)
        .replay_cache(ReplayCache::None)
        .build()
        .unwrap();
    let acceptor = Acceptor::builder().mechanism(mechanism).build().unwrap();
    let bindings = capture
        .channel_bindings()
        .map(|bindings| Arc::new(ChannelBindings::from_application_data(bindings.application_data)));
    let token = capture.initiator_token();
    let judged = with_ambient(Timestamp::now(), |ambient| {
        acceptor.exchange(bindings).step(&token, ambient)
    });
    let (answer, context) = match settled(judged) {
        Ok(Step::Complete { token, context }) => (token, context),
        Ok(step) => panic!("{step:?}"),
        Err(reject) => panic!("{reject:?} {}", reject.reason().seen()),
    };
    assert_eq!(context.initiator().display(), capture.initiator());
    assert_eq!(context.acceptor().unwrap().display(), capture.acceptor_name());
    assert!(answer.is_some() || capture.acceptor_token().is_none());
    check_flags(capture, context.flags());
    check_delegation(capture, context.details().unwrap(), &scratch);
}

/// As the acceptor of the capture returned them; whether the channel is bound, MIT krb5 alone says.
fn check_flags(capture: &Capture, ours: ContextFlags) {
    let is_bound = capture.channel_bindings().is_some_and(|bindings| bindings.sent);
    assert_eq!(ours.contains(ContextFlags::CHANNEL_BOUND), is_bound);
    let Some(theirs) = capture.acceptor_flags() else {
        return;
    };
    let unasked = match capture.delegated() {
        // Somebody who accepts with an initiator's credential too gets the evidence ticket as a delegated one.
        None => ContextFlags::CHANNEL_BOUND.with(ContextFlags::DELEGATE),
        Some(_) => ContextFlags::CHANNEL_BOUND,
    };
    let theirs = ContextFlags::from_bits_truncate(theirs);
    assert_eq!(ours.without(unasked), theirs.without(unasked));
}

fn check_delegation(capture: &Capture, ours: &Details, scratch: &Scratch) {
    let theirs = capture.delegated();
    assert_eq!(ours.delegated.is_some(), theirs.is_some());
    if let (Some(ours), Some(theirs)) = (&ours.delegated, theirs) {
        let ccache = scratch.file("ccache");
        ours.store_to(&ccache).unwrap();
        let stored = std::fs::read(ccache).unwrap();
        assert!(
            stored
                .windows(theirs.key.len())
                .any(|window| window == theirs.key)
        );
    }
}
