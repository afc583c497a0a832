//! Logins that have to succeed.

use super::{Subject, Through, acceptor, login_through};
use crate::login::{Login, log_in};
use negotiate_core::{
    Ambient, ContextFlags, InitiateContext, InitiateStep, Initiator, MechReject, MechType, Negotiation,
    SpnegoInitiator,
};

/// A mechanism has types, each once, and is not SPNEGO itself.
pub fn the_mechanism_names_itself(subject: &dyn Subject) {
    let mechanism = subject.mechanism();
    let types = mechanism.mech_types();
    assert!(!types.is_empty(), "no mechanism type");
    for (number, mech_type) in types.iter().enumerate() {
        assert!(!types[..number].contains(mech_type), "{mech_type:?} twice");
        assert_ne!(*mech_type, MechType::SPNEGO);
        assert!(!mech_type.name().is_empty());
    }
    let offered = subject.initiator();
    for mech_type in offered.mech_types() {
        assert!(types.contains(mech_type), "the initiator offers {mech_type:?}");
    }
}

/// A login with the mechanism's own tokens.
pub fn a_login_completes(subject: &dyn Subject) {
    completes(subject, Through::Nothing, Negotiation::Bare);
}

/// A login through SPNEGO, the mechanism being the favourite.
pub fn a_login_through_spnego_completes(subject: &dyn Subject) {
    completes(subject, Through::Spnego, Negotiation::Spnego);
}

fn completes(subject: &dyn Subject, through: Through, negotiation: Negotiation) {
    let acceptor = acceptor(subject.mechanism());
    // The second one finds the mechanism as the first has left it.
    for _ in 0..2 {
        let login =
            login_through(subject, &acceptor, through).unwrap_or_else(|error| panic!("{through:?}: {error}"));
        check(subject, &login, negotiation);
    }
}

fn check(subject: &dyn Subject, login: &Login, negotiation: Negotiation) {
    let (accepted, initiated) = (&login.accepted, &login.initiated);
    assert_eq!(accepted.initiator().display(), subject.initiator_name());
    assert_eq!(accepted.negotiation(), negotiation);
    assert!(subject.mechanism().mech_types().contains(&accepted.mech_type()));
    if let Some(expires) = accepted.expires() {
        assert!(
            expires > subject.clock().now(),
            "it was over when it began: {expires}"
        );
    }
    // What only one side can know apart: delegation and bound channels.
    let own = ContextFlags::DELEGATE.with(ContextFlags::CHANNEL_BOUND);
    assert_eq!(accepted.flags().without(own), initiated.flags.without(own));
}

/// A login through SPNEGO behind a favourite that the acceptor has not: the mechanism begins late, and the list is
/// protected by MICs if the mechanism can make some (RFC 4178 section 5).
pub fn a_second_choice_completes(subject: &dyn Subject) {
    let acceptor = acceptor(subject.mechanism());
    let initiator = SpnegoInitiator::new(Unknown).or(subject.initiator());
    let login = log_in(Box::new(initiator), &acceptor, None, &subject.clock())
        .unwrap_or_else(|error| panic!("as a second choice: {error}"));
    check(subject, &login, Negotiation::Spnego);
}

/// A mechanism that nobody has.
#[derive(Debug)]
struct Unknown;

impl Initiator for Unknown {
    fn mech_types(&self) -> &[MechType] {
        const UNKNOWN: [MechType; 1] = [MechType::new(b"\x88\x37\x7f", "unknown")];
        &UNKNOWN
    }

    fn begin(self: Box<Self>, _ambient: &mut Ambient<'_>) -> Result<InitiateStep, MechReject> {
        Ok(InitiateStep::Continue {
            output: b"\x60\x07\x06\x03\x88\x37\x7f\x00\x00".to_vec().into(),
            next: self,
        })
    }
}

impl InitiateContext for Unknown {
    fn step(self: Box<Self>, _input: &[u8], _ambient: &mut Ambient<'_>) -> Result<InitiateStep, MechReject> {
        unreachable!("the acceptor has no such mechanism")
    }
}
