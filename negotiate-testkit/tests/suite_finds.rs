//! Mechanisms with one fault each: the suite finds it.

use negotiate_core::{
    AcceptRequest, Ambient, Established, Initiator, MechReject, MechStep, MechType, Mechanism, MessageOrder,
    Name, NameKind, PerMessage, PerMessageError, Protection, Random, Timestamp, Unwrapped,
};
use negotiate_testkit::suite::{self, Subject};
use negotiate_testkit::{Clock, NO_SECURITY, NoSecurity, NoSecurityInitiator};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It takes whatever it is given for a good token.
    BelievesAnything,
    /// It keeps no record of what it saw.
    ForgetsTokens,
    /// It names another user.
    Misnames,
    /// Its contexts were over before they began.
    GivesExpiredContexts,
    /// It takes every message for genuine.
    BelievesMessages,
    /// It keeps no record of messages.
    ForgetsMessages,
    /// It has a type twice.
    RepeatsItself,
}

#[derive(Debug)]
struct Faulty {
    fault: Fault,
    sound: NoSecurity,
}

impl Mechanism for Faulty {
    fn mech_types(&self) -> &[MechType] {
        match self.fault {
            Fault::RepeatsItself => &[NO_SECURITY, NO_SECURITY],
            _ => &[NO_SECURITY],
        }
    }

    fn begin(
        &self,
        request: AcceptRequest<'_>,
        first_token: &[u8],
        ambient: &mut Ambient<'_>,
    ) -> Result<MechStep, MechReject> {
        let mut token = first_token.to_vec();
        let believes = self.fault == Fault::BelievesAnything;
        if believes && NoSecurity::new().begin(request, &token, ambient).is_err() {
            token = good_token();
        }
        let step = if believes || self.fault == Fault::ForgetsTokens {
            NoSecurity::new().begin(request, &token, ambient)
        } else {
            self.sound.begin(request, &token, ambient)
        };
        match step? {
            MechStep::Complete { output, established } => Ok(MechStep::Complete {
                output,
                established: Box::new(self.spoiled(*established)),
            }),
            step => Ok(step),
        }
    }
}

impl Faulty {
    fn spoiled(&self, established: Established) -> Established {
        match self.fault {
            Fault::Misnames => Established {
                initiator: Name::new("root@NO.SECURITY".into(), 0..4, 5..16, NameKind::Named),
                ..established
            },
            Fault::GivesExpiredContexts => Established {
                expires: Some(Timestamp::from_unix(1)),
                ..established
            },
            Fault::BelievesMessages | Fault::ForgetsMessages => Established {
                per_message: Box::new(Sloppy {
                    fault: self.fault,
                    sound: established.per_message,
                    last: None,
                }),
                ..established
            },
            _ => established,
        }
    }
}

fn good_token() -> Vec<u8> {
    let mut ambient = Ambient {
        now: Timestamp::from_unix(0),
        random: &mut Sevens,
    };
    match Box::new(NoSecurityInitiator::new("alice")).begin(&mut ambient) {
        Ok(negotiate_core::InitiateStep::Continue { output, .. }) => output.into_bytes(),
        step => panic!("{step:?}"),
    }
}

struct Sevens;

impl Random for Sevens {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), negotiate_core::RandomUnavailable> {
        out.fill(7);
        Ok(())
    }
}

#[derive(Debug)]
struct Sloppy {
    fault: Fault,
    sound: Box<dyn PerMessage>,
    last: Option<Vec<u8>>,
}

impl PerMessage for Sloppy {
    fn get_mic(&mut self, message: &[u8]) -> Result<Vec<u8>, PerMessageError> {
        self.sound.get_mic(message)
    }

    fn verify_mic(&mut self, message: &[u8], mic: &[u8]) -> Result<MessageOrder, PerMessageError> {
        match (self.fault, self.sound.verify_mic(message, mic)) {
            (Fault::BelievesMessages, Err(_)) => Ok(MessageOrder::Expected),
            (_, verdict) => verdict,
        }
    }

    fn wrap(
        &mut self,
        message: &[u8],
        protection: Protection,
        random: &mut dyn Random,
    ) -> Result<Vec<u8>, PerMessageError> {
        self.sound.wrap(message, protection, random)
    }

    fn unwrap(&mut self, token: &[u8]) -> Result<Unwrapped, PerMessageError> {
        match (self.fault, self.sound.unwrap(token)) {
            (Fault::ForgetsMessages, Err(PerMessageError::DuplicateToken)) => Ok(Unwrapped {
                message: self.last.clone().unwrap_or_default(),
                protection: Protection::Integrity,
                order: MessageOrder::Unsequenced,
            }),
            (_, verdict) => {
                self.last = verdict.as_ref().ok().map(|unwrapped| unwrapped.message.clone());
                verdict
            }
        }
    }
}

impl Subject for Fault {
    fn mechanism(&self) -> Arc<dyn Mechanism> {
        Arc::new(Faulty {
            fault: *self,
            sound: NoSecurity::new(),
        })
    }

    fn initiator(&self) -> Box<dyn Initiator> {
        Box::new(NoSecurityInitiator::new("alice"))
    }

    fn initiator_name(&self) -> String {
        "alice@NO.SECURITY".into()
    }

    fn clock(&self) -> Clock {
        Clock::simulated(Timestamp::from_unix(1_795_327_035))
    }
}

type Test = fn(&dyn Subject);

const TESTS: [(&str, Test); 11] = [
    ("the_mechanism_names_itself", suite::the_mechanism_names_itself),
    ("a_login_completes", suite::a_login_completes),
    (
        "a_login_through_spnego_completes",
        suite::a_login_through_spnego_completes,
    ),
    ("garbage_is_refused", suite::garbage_is_refused),
    (
        "no_part_of_a_token_is_accepted",
        suite::no_part_of_a_token_is_accepted,
    ),
    ("no_flipped_bit_is_accepted", suite::no_flipped_bit_is_accepted),
    ("tokens_are_taken_once", suite::tokens_are_taken_once),
    ("tokens_are_taken_in_order", suite::tokens_are_taken_in_order),
    ("messages_pass", suite::messages_pass),
    (
        "changed_messages_do_not_pass",
        suite::changed_messages_do_not_pass,
    ),
    (
        "repeated_messages_are_noticed",
        suite::repeated_messages_are_noticed,
    ),
];

fn found_by(fault: Fault) -> Vec<&'static str> {
    let fails = |test: Test| catch_unwind(AssertUnwindSafe(|| test(&fault))).is_err();
    TESTS
        .iter()
        .filter(|(_, test)| fails(*test))
        .map(|(name, _)| *name)
        .collect()
}

#[test]
fn each_fault_is_found_by_the_test_that_is_for_it() {
    for (fault, finders) in [
        (
            Fault::BelievesAnything,
            &["no_flipped_bit_is_accepted", "tokens_are_taken_once"][..],
        ),
        (Fault::ForgetsTokens, &["tokens_are_taken_once"]),
        (
            Fault::Misnames,
            &["a_login_completes", "a_login_through_spnego_completes"],
        ),
        (
            Fault::GivesExpiredContexts,
            &["a_login_completes", "a_login_through_spnego_completes"],
        ),
        (Fault::BelievesMessages, &["changed_messages_do_not_pass"]),
        (Fault::ForgetsMessages, &["repeated_messages_are_noticed"]),
        (Fault::RepeatsItself, &["the_mechanism_names_itself"]),
    ] {
        let found = found_by(fault);
        for finder in finders {
            assert!(
                found.contains(finder),
                "{fault:?} is not found by {finder}, but by {found:?}"
            );
        }
    }
}
