//! One token of any bytes, as the first of an exchange and as a later one, against the model of RFC 4178.

use crate::conversation::Conversation;
use crate::loopback::{Act, DEMANDS_MIC, INTEGRITY};
use crate::tokens::init;
use negotiate_core::{Limits, MechType};

/// # Panics
/// If negotiate-core and the model differ.
pub fn check(input: &[u8]) {
    let limits = Limits {
        mech_types: 8,
        ..Limits::default()
    };
    let completes = [Act::Complete(Some(b"out"), INTEGRITY)];
    Conversation::new(&completes, limits).step(input);
    // As the answer to what a server says first.
    Conversation::new(&completes, limits)
        .step(b"")
        .and_then(|hinted| hinted.step(input));
    // With a MIC due on both sides.
    let demands = [Act::Ask, Act::Complete(None, DEMANDS_MIC)];
    Conversation::new(&demands, limits).step(input);
    let optimistic = init(&[MechType::KRB5], Some(b"one"), None);
    Conversation::new(&demands, limits)
        .step(&optimistic)
        .and_then(|owed| owed.step(input));
    let reselected = init(&[MechType::NTLMSSP, MechType::MS_KRB5], Some(b"one"), None);
    Conversation::new(&completes, limits)
        .step(&reselected)
        .and_then(|selected| selected.step(input));
}
