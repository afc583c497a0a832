//! The suite that every mechanism can be put through: what any [`Mechanism`] owes to the acceptor around it.
//!
//! Implement [`Subject`], and [`mechanism_suite!`](crate::mechanism_suite) makes a test of each function here. They know
//! nothing of the mechanism but its contract: real logins complete, bare and through SPNEGO; nothing else does: no
//! garbage, no part of a token, no token with a bit flipped, none twice, none out of its order; messages pass, and
//! changed or repeated ones do not.

mod hostile;
mod login;
mod messages;

pub use hostile::{
    abandoned_exchanges_are_harmless, garbage_is_refused, no_flipped_bit_is_accepted,
    no_part_of_a_token_is_accepted, tokens_are_taken_in_order, tokens_are_taken_once,
};
pub use login::{
    a_login_completes, a_login_through_spnego_completes, a_second_choice_completes,
    the_mechanism_names_itself,
};
pub use messages::{changed_messages_do_not_pass, messages_pass, repeated_messages_are_noticed};

use crate::Clock;
use crate::login::{Login, LoginError, log_in};
use negotiate_core::{Acceptor, Explain, Initiator, Mechanism, SpnegoInitiator};
use std::sync::Arc;

/// A mechanism under test, with an initiator that it accepts.
pub trait Subject {
    /// The acceptor's side. A new one each time, with the same keys.
    fn mechanism(&self) -> Arc<dyn Mechanism>;

    /// An initiator whom each such mechanism accepts. A new one each time.
    fn initiator(&self) -> Box<dyn Initiator>;

    /// Who that initiator is, as the acceptor displays it.
    fn initiator_name(&self) -> String;

    /// What time it is for both.
    fn clock(&self) -> Clock {
        Clock::system()
    }

    /// Whether a byte of the initiator's token number `leg` (from 0) lies where the mechanism protects nothing, so that
    /// changing it may pass. Default: nowhere.
    fn is_unprotected(&self, leg: usize, token: &[u8], byte: usize) -> bool {
        _ = (leg, token, byte);
        false
    }

    /// How many changed tokens each test tries at most. Default 2,000; a mechanism that asks somebody has reason for less.
    fn trials(&self) -> usize {
        2000
    }
}

/// Makes a test of each function of [`suite`](crate::suite), in a module of this name.
///
/// ```
/// use negotiate_core::{Initiator, Mechanism};
/// use negotiate_testkit::{NoSecurity, NoSecurityInitiator, mechanism_suite, suite::Subject};
/// use std::sync::Arc;
///
/// struct OneLeg;
///
/// impl Subject for OneLeg {
///     fn mechanism(&self) -> Arc<dyn Mechanism> {
///         Arc::new(NoSecurity::new())
///     }
///     fn initiator(&self) -> Box<dyn Initiator> {
///         Box::new(NoSecurityInitiator::new("alice"))
///     }
///     fn initiator_name(&self) -> String {
///         "alice@NO.SECURITY".into()
///     }
/// }
///
/// mechanism_suite!(one_leg, OneLeg);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! mechanism_suite {
    ($name:ident, $subject:expr) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            $crate::mechanism_suite! {
                @ $subject;
                the_mechanism_names_itself
                a_login_completes
                a_login_through_spnego_completes
                a_second_choice_completes
                garbage_is_refused
                no_part_of_a_token_is_accepted
                no_flipped_bit_is_accepted
                tokens_are_taken_once
                tokens_are_taken_in_order
                abandoned_exchanges_are_harmless
                messages_pass
                changed_messages_do_not_pass
                repeated_messages_are_noticed
            }
        }
    };
    (@ $subject:expr; $($test:ident)*) => {
        $(
            #[test]
            fn $test() {
                $crate::suite::$test(&$subject);
            }
        )*
    };
}

/// An acceptor with this mechanism alone.
fn acceptor(mechanism: Arc<dyn Mechanism>) -> Acceptor {
    let built = Acceptor::builder().shared_mechanism(mechanism).build();
    built.expect("a mechanism names each of its types once")
}

/// How the initiator speaks to the acceptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Through {
    Nothing,
    Spnego,
}

fn login_through(subject: &dyn Subject, acceptor: &Acceptor, through: Through) -> Result<Login, LoginError> {
    let initiator = match through {
        Through::Nothing => subject.initiator(),
        Through::Spnego => Box::new(SpnegoInitiator::new(subject.initiator())),
    };
    log_in(initiator, acceptor, None, &subject.clock())
}

/// A login that must succeed.
fn login(subject: &dyn Subject) -> Login {
    let login = login_through(subject, &acceptor(subject.mechanism()), Through::Nothing);
    login.unwrap_or_else(|error| panic!("the suite's initiator was not accepted: {error}"))
}

/// RFC 2743's four questions and what this project's manual asks of a refusal.
fn explains_itself(reason: &dyn Explain) {
    let (code, text) = (reason.code(), reason.to_string());
    assert!(
        code.split_once('.')
            .is_some_and(|(family, fact)| !family.is_empty() && !fact.is_empty())
            && code
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.')),
        "{code:?} is no code such as krb5.replay"
    );
    assert!(
        !text.is_empty() && !text.ends_with('.'),
        "{code}: {text:?} is no fact in a few words"
    );
    for (what, said) in [
        ("seen", reason.seen()),
        ("expected", reason.expected()),
        ("advice", reason.advice()),
    ] {
        assert!(!said.is_empty(), "{code} says nothing of what was {what}");
    }
    assert_ne!(reason.gss_major().code(), 0, "{code}: a refusal is no success");
}
