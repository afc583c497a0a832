//! Per-message protection (RFC 2743 section 2.3) between both ends of a login.

use super::{Subject, login};
use negotiate_core::{ContextFlags, MessageOrder, PerMessage, PerMessageError, Protection, SystemRandom};

const TEXTS: [&[u8]; 4] = [b"", b"x", b"a message", &[0x5a; 70_000]];

/// Which protections the context offers.
fn offered(flags: ContextFlags) -> Vec<Protection> {
    let all = [
        (ContextFlags::INTEGRITY, Protection::Integrity),
        (ContextFlags::CONFIDENTIALITY, Protection::Confidentiality),
    ];
    all.into_iter()
        .filter(|(flag, _)| flags.contains(*flag))
        .map(|(_, protection)| protection)
        .collect()
}

/// Runs `test` from the initiator to the acceptor, and in a second login the other way.
fn both_ways(subject: &dyn Subject, test: impl Fn(&mut dyn PerMessage, &mut dyn PerMessage, ContextFlags)) {
    let mut forth = login(subject);
    let flags = forth.accepted.flags();
    test(
        &mut *forth.initiated.per_message,
        forth.accepted.per_message(),
        flags,
    );
    let mut back = login(subject);
    test(
        back.accepted.per_message(),
        &mut *back.initiated.per_message,
        flags,
    );
}

fn wrap(sender: &mut dyn PerMessage, text: &[u8], protection: Protection) -> Vec<u8> {
    let sealed = sender.wrap(text, protection, &mut SystemRandom);
    sealed.unwrap_or_else(|error| panic!("{protection:?}: {error}"))
}

/// What one end protects, the other takes: MICs and wrapped messages, of every length and protection offered.
pub fn messages_pass(subject: &dyn Subject) {
    both_ways(subject, |sender, receiver, flags| {
        for protection in offered(flags) {
            for text in TEXTS {
                if protection == Protection::Integrity {
                    let mic = sender
                        .get_mic(text)
                        .unwrap_or_else(|error| panic!("no MIC: {error}"));
                    assert_eq!(receiver.verify_mic(text, &mic), Ok(MessageOrder::Expected));
                }
                let sealed = wrap(sender, text, protection);
                let opened = receiver
                    .unwrap(&sealed)
                    .unwrap_or_else(|error| panic!("{protection:?}: {error}"));
                assert_eq!((&opened.message[..], opened.protection), (text, protection));
                assert_eq!(opened.order, MessageOrder::Expected);
                let hides = protection == Protection::Confidentiality && text.len() > 8;
                assert!(
                    !hides || !sealed.windows(text.len()).any(|window| window == text),
                    "not encrypted"
                );
            }
        }
    });
}

/// No message passes that was changed, cut or is the receiver's own.
pub fn changed_messages_do_not_pass(subject: &dyn Subject) {
    both_ways(subject, |sender, receiver, flags| {
        let text = b"pay bob 10";
        for protection in offered(flags) {
            if protection == Protection::Integrity {
                let mic = sender
                    .get_mic(text)
                    .unwrap_or_else(|error| panic!("no MIC: {error}"));
                receiver
                    .verify_mic(b"pay eve 10", &mic)
                    .expect_err("another message");
                for_each_change(&mic, |changed| {
                    receiver.verify_mic(text, changed).expect_err("a changed MIC");
                });
                let own = receiver
                    .get_mic(text)
                    .unwrap_or_else(|error| panic!("no MIC: {error}"));
                receiver.verify_mic(text, &own).expect_err("its own MIC");
            }
            let sealed = wrap(sender, text, protection);
            for_each_change(&sealed, |changed| {
                receiver.unwrap(changed).expect_err("a changed message");
            });
            let own = wrap(receiver, text, protection);
            receiver.unwrap(&own).expect_err("its own message");
        }
    });
}

fn for_each_change(token: &[u8], mut check: impl FnMut(&[u8])) {
    for byte in 0..token.len() {
        let mut changed = token.to_vec();
        changed[byte] ^= 1 << (byte % 8);
        check(&changed);
        check(&token[..byte]);
    }
    check(&[token, &[0]].concat());
}

/// Where the context promises it, a repeated message is refused, and a missing one is told of.
pub fn repeated_messages_are_noticed(subject: &dyn Subject) {
    both_ways(subject, |sender, receiver, flags| {
        if !flags.contains(ContextFlags::REPLAY) || !flags.contains(ContextFlags::INTEGRITY) {
            return;
        }
        let [first, second, third] = [b"1", b"2", b"3"].map(|text| wrap(sender, text, Protection::Integrity));
        receiver.unwrap(&first).expect("the first message");
        let again = receiver.unwrap(&first).expect_err("the first message again");
        assert!(
            matches!(again, PerMessageError::DuplicateToken | PerMessageError::OldToken),
            "{again}"
        );
        let later = receiver.unwrap(&third).expect("the third message");
        if flags.contains(ContextFlags::SEQUENCE) {
            assert_eq!(later.order, MessageOrder::Gap, "the second message is missing");
        }
        drop(receiver.unwrap(&second));
        receiver.unwrap(&third).expect_err("the third message again");
    });
}
