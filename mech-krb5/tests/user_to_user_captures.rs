//! Captured logins of user-to-user authentication: libkrb5's AP-REQs with tickets of MIT krb5's and Samba's KDC, judged at the
//! time of their capture, as libkrb5's own acceptor judged them.

mod common;

use common::{Counting, Forgetful};
use mech_krb5::ccache::{Ccache, SealedBy};
use mech_krb5::crypto::EncryptionTypes;
use mech_krb5::keytab::Keytab;
use mech_krb5::{Details, Error, Fact, Krb5, OwnTicket, PacPolicy, Principal};
use negotiate_core::{Acceptor, Ambient, Reject, Step, Timestamp};
use std::sync::Arc;
use testvectors::{UserToUserCapture, user_to_user_captures};

fn own_ticket(capture: &UserToUserCapture) -> OwnTicket {
    let ccache = Ccache::parse(&capture.own_ccache()).unwrap();
    OwnTicket::from_ccache(&ccache, EncryptionTypes::new()).unwrap()
}

fn acceptor(own: OwnTicket) -> Acceptor {
    let krb5 = Krb5::builder(Keytab::from_entries(Vec::new()))
        .user_to_user(Arc::new(own))
        .pac(PacPolicy::Require)
        .replay_cache(Arc::new(Forgetful));
    let acceptor = Acceptor::builder().mechanism(krb5.build().unwrap());
    acceptor.build().unwrap()
}

/// Whom the ticket's name means, too: the KDC of a domain takes a service name of the account.
fn told(capture: &UserToUserCapture) -> Acceptor {
    let target = Principal::parse(capture.target()).unwrap();
    acceptor(own_ticket(capture).also_named(target).unwrap())
}

fn judge(acceptor: &Acceptor, capture: &UserToUserCapture, token: &[u8]) -> Result<Step, Reject> {
    let random = &mut Counting(0);
    let now = Timestamp::from_unix_micros(capture.captured_micros());
    acceptor.exchange(None).step(token, &mut Ambient { now, random })
}

#[test]
fn accepted_as_libkrb5_accepted_them() {
    let captures = user_to_user_captures();
    for capture in &captures {
        let name = capture.name();
        let step = judge(&told(capture), capture, &capture.initiator_token());
        let Ok(Step::Complete { token, context }) = step else {
            panic!("{name}: {step:?}")
        };
        assert!(token.is_some(), "{name}: mutual authentication was asked for");
        assert_eq!(context.initiator().display(), capture.initiator(), "{name}");
        assert_eq!(context.acceptor().unwrap().display(), capture.target(), "{name}");
        let details: &Details = context.details().unwrap();
        assert_eq!(details.sealed_by, SealedBy::SessionKey, "{name}");
        let (etype, key) = capture.session_key();
        assert_eq!(details.ticket_session_key.encryption_type().number(), etype);
        assert_eq!(details.ticket_session_key.bytes(), key, "{name}");
        // Both KDCs sign the PAC with the key that seals the ticket.
        assert!(details.pac.is_some() && details.warnings.is_empty(), "{name}");
    }
    assert_eq!(captures.len(), 2);
}

/// MIT's KDC makes such a ticket for the account's principal alone, Samba's for a service name of it.
#[test]
fn a_service_name_of_the_account_is_taken_from_those_who_were_told() {
    for capture in user_to_user_captures() {
        let step = judge(
            &acceptor(own_ticket(&capture)),
            &capture,
            &capture.initiator_token(),
        );
        match step {
            Ok(Step::Complete { .. }) => assert_eq!(capture.name(), "mit/u2u-krb5-mutual"),
            Err(reject) => {
                assert_eq!(capture.name(), "samba/u2u-krb5-mutual");
                let error: &Error = reject.downcast_ref().unwrap();
                let own = vec![Principal::parse("web@AD.TEST").unwrap()];
                assert_eq!(error.fact, Fact::UserToUserOtherName { own });
            }
            other => panic!("{other:?}"),
        }
    }
}

/// What lies outside every seal may change: options that mean nothing, and the type of the ticket's name.
#[test]
fn a_changed_byte_changes_nobody() {
    for capture in user_to_user_captures() {
        let (acceptor, token) = (told(&capture), capture.initiator_token());
        let mut accepted = Vec::new();
        for at in 0..token.len() {
            let mut changed = token.clone();
            changed[at] ^= 0x01;
            if let Ok(Step::Complete { context, .. }) = judge(&acceptor, &capture, &changed) {
                assert_eq!(context.initiator().display(), capture.initiator());
                accepted.push(at);
            }
        }
        let behind = |mark: &[u8]| mark.len() + token.windows(mark.len()).position(|at| at == mark).unwrap();
        let (options, name_type) = (
            behind(b"\xa2\x07\x03\x05"),
            behind(b"\xa0\x03\x02\x01\x01\xa1") - 2,
        );
        let unsealed: Vec<_> = (options..options + 5).chain([name_type]).collect();
        assert_eq!(accepted, unsealed, "{}", capture.name());
    }
}
