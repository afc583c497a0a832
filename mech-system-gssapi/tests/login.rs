//! Logins that the platform's library accepts: mech-krb5's initiator against it, each proving the other.

mod common;

use common::{AES256, ALICE, HTTP, Scratch, acceptor, credential, run, ticket};
use mech_krb5::Krb5Initiator;
use mech_krb5::crypto::EncryptionType;
use mech_system_gssapi::Details;
use negotiate_core::{
    BindingsPolicy, ChannelBindings, ContextFlags, MechType, MessageOrder, Negotiation, PerMessage,
    PerMessageError, PrfKey, Protection, ServiceName, SpnegoInitiator, SystemRandom, Timestamp,
};
use std::os::unix::fs::PermissionsExt;

const ALL_FLAGS: ContextFlags = ContextFlags::MUTUAL
    .with(ContextFlags::REPLAY)
    .with(ContextFlags::SEQUENCE)
    .with(ContextFlags::CONFIDENTIALITY)
    .with(ContextFlags::INTEGRITY);

fn messages_pass(ours: &mut dyn PerMessage, theirs: &mut dyn PerMessage) {
    for text in [&b""[..], b"one", &[b'x'; 1000]] {
        let mic = ours.get_mic(text).unwrap();
        assert_eq!(theirs.verify_mic(text, &mic), Ok(MessageOrder::Expected));
        for protection in [Protection::Integrity, Protection::Confidentiality] {
            let sealed = ours.wrap(text, protection, &mut SystemRandom).unwrap();
            let opened = theirs.unwrap(&sealed).unwrap();
            assert_eq!((&opened.message[..], opened.protection), (text, protection));
        }
    }
}

#[test]
fn every_encryption_type_with_and_without_mutual_authentication() {
    let scratch = Scratch::new();
    let acceptor = acceptor(&scratch, |builder| builder);
    for etype in EncryptionType::ALL {
        for flags in [ALL_FLAGS, ContextFlags::SEQUENCE.with(ContextFlags::INTEGRITY)] {
            let initiator = Krb5Initiator::new(credential(&ticket(etype))).flags(flags);
            let (mut initiated, mut accepted) = run(initiator, &acceptor, None).unwrap();
            assert_eq!(accepted.negotiation(), Negotiation::Bare);
            assert_eq!(accepted.initiator().display(), ALICE);
            assert_eq!(
                (accepted.initiator().name(), accepted.initiator().realm()),
                ("alice", "EXAMPLE.TEST")
            );
            assert_eq!(accepted.acceptor().unwrap().display(), HTTP);
            assert_eq!(accepted.mech_type(), MechType::KRB5);
            assert_eq!(accepted.flags(), flags, "{etype}");
            let hours = accepted.expires().unwrap().seconds_since(Timestamp::now()) / 3600;
            assert!((9..=10).contains(&hours), "{hours}");
            assert!(accepted.details::<Details>().unwrap().delegated.is_none());
            messages_pass(&mut *initiated.per_message, accepted.per_message());
            messages_pass(accepted.per_message(), &mut *initiated.per_message);
            derived_alike(&mut *initiated.per_message, accepted.per_message(), flags);
        }
    }
}

/// RFC 7802: what our end derives is what MIT krb5 derives.
fn derived_alike(ours: &mut dyn PerMessage, theirs: &mut dyn PerMessage, flags: ContextFlags) {
    for input in [&b""[..], b"input", &[b'x'; 1000]] {
        for len in [1, 16, 17, 33, 48, 49, 500] {
            let [full, partial] = [PrfKey::Full, PrfKey::Partial].map(|key| {
                let ours = ours.pseudo_random(key, input, len).unwrap();
                let theirs = theirs.pseudo_random(key, input, len).unwrap();
                assert_eq!(ours.expose(), theirs.expose(), "{key:?} {len}");
                assert_eq!(ours.expose().len(), len);
                ours
            });
            // Without an AP-REP the initiator's key is all there is.
            let is_mutual = flags.contains(ContextFlags::MUTUAL);
            assert_eq!(len > 1 && is_mutual, len > 1 && full.expose() != partial.expose());
        }
    }
}

#[test]
fn through_spnego() {
    let scratch = Scratch::new();
    let acceptor = acceptor(&scratch, |builder| builder);
    for flags in [ALL_FLAGS, ContextFlags::INTEGRITY] {
        let initiator = Krb5Initiator::new(credential(&ticket(AES256))).flags(flags);
        let (_, accepted) = run(SpnegoInitiator::new(initiator), &acceptor, None).unwrap();
        assert_eq!(
            (accepted.negotiation(), accepted.flags()),
            (Negotiation::Spnego, flags)
        );
    }
}

// MS-KILE section 3.4.5.1: the library waits for a third leg.
#[test]
fn in_dce_style() {
    let scratch = Scratch::new();
    let flags = ContextFlags::DCE_STYLE
        .with(ContextFlags::MUTUAL)
        .with(ContextFlags::INTEGRITY);
    let initiator = Krb5Initiator::new(credential(&ticket(AES256))).flags(flags);
    let (mut initiated, mut accepted) = run(initiator, &acceptor(&scratch, |builder| builder), None).unwrap();
    assert_eq!(accepted.flags(), flags);
    let mic = initiated.per_message.get_mic(b"message").unwrap();
    assert_eq!(
        accepted.per_message().verify_mic(b"message", &mic),
        Ok(MessageOrder::Expected)
    );
}

#[test]
fn the_order_of_messages_is_told() {
    let scratch = Scratch::new();
    let initiator = Krb5Initiator::new(credential(&ticket(AES256)));
    let (mut initiated, mut accepted) = run(initiator, &acceptor(&scratch, |builder| builder), None).unwrap();
    let mut mic = || initiated.per_message.get_mic(b"message").unwrap();
    let (first, second, third) = (mic(), mic(), mic());
    let theirs = accepted.per_message();
    assert_eq!(theirs.verify_mic(b"message", &first), Ok(MessageOrder::Expected));
    assert_eq!(theirs.verify_mic(b"message", &third), Ok(MessageOrder::Gap));
    assert_eq!(
        theirs.verify_mic(b"message", &second),
        Ok(MessageOrder::Unsequenced)
    );
    assert_eq!(
        theirs.verify_mic(b"message", &second),
        Err(PerMessageError::DuplicateToken)
    );
    assert_eq!(
        theirs.verify_mic(b"another", &mic()),
        Err(PerMessageError::BadMic)
    );
    assert_eq!(
        theirs.verify_mic(b"message", b"no MIC"),
        Err(PerMessageError::DefectiveToken)
    );
    assert_eq!(
        theirs.unwrap(b"no token").unwrap_err(),
        PerMessageError::DefectiveToken
    );
}

#[test]
fn bindings_bind() {
    let scratch = Scratch::new();
    let bindings = || ChannelBindings::from_application_data("ours");
    let initiator = || Krb5Initiator::new(credential(&ticket(AES256)));
    for (policy, sent, is_bound) in [
        (BindingsPolicy::Require, true, true),
        (BindingsPolicy::RequireIfAdvertised, true, true),
        (BindingsPolicy::RequireIfAdvertised, false, false),
        (BindingsPolicy::Prefer, false, false),
        (BindingsPolicy::Off, true, false),
    ] {
        let initiator = match sent {
            true => initiator().channel_bindings(bindings()),
            false => initiator(),
        };
        let acceptor = acceptor(&scratch, |builder| builder.bindings_policy(policy));
        let (_, accepted) = run(initiator, &acceptor, Some(bindings())).unwrap();
        assert_eq!(
            accepted.flags().contains(ContextFlags::CHANNEL_BOUND),
            is_bound,
            "{policy:?} {sent}"
        );
    }
}

#[test]
fn a_delegated_credential_is_stored() {
    let scratch = Scratch::new();
    let mut tgt = ticket(AES256);
    tgt.service = mech_krb5::Principal::parse("krbtgt/EXAMPLE.TEST@EXAMPLE.TEST").unwrap();
    let tgt = credential(&tgt);
    let initiator = Krb5Initiator::new(credential(&ticket(AES256))).delegate(tgt.clone());
    let (_, accepted) = run(initiator, &acceptor(&scratch, |builder| builder), None).unwrap();
    assert!(accepted.flags().contains(ContextFlags::DELEGATE));
    let delegated = accepted.details::<Details>().unwrap().delegated.as_ref().unwrap();
    let ccache = scratch.file("ccache");
    delegated.store_to(&ccache).unwrap();
    let stored = std::fs::read(&ccache).unwrap();
    assert!(
        stored
            .windows(tgt.ticket.len())
            .any(|window| window == tgt.ticket)
    );
    assert_eq!(
        std::fs::metadata(&ccache).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(delegated.store_to(&scratch.file("no/such/directory")).is_err());
}

#[test]
fn an_allowed_name_is_accepted() {
    let scratch = Scratch::new();
    let name = ServiceName::parse("HTTP@www.example.test").unwrap();
    let acceptor = acceptor(&scratch, |builder| builder.name(name));
    run(Krb5Initiator::new(credential(&ticket(AES256))), &acceptor, None).unwrap();
}

#[test]
fn logins_from_many_threads_at_once() {
    let scratch = Scratch::new();
    let acceptor = acceptor(&scratch, |builder| builder);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let initiator = Krb5Initiator::new(credential(&ticket(AES256)));
                    let (mut initiated, mut accepted) = run(initiator, &acceptor, None).unwrap();
                    let mic = accepted.per_message().get_mic(b"message").unwrap();
                    let verified = initiated.per_message.verify_mic(b"message", &mic);
                    assert_eq!(verified, Ok(MessageOrder::Expected));
                }
            });
        }
    });
}
