//! Which key opens a ticket, and which name the acceptor then has: decided by the key and never by what stands in clear.

use crate::common::Forgetful;
use crate::login::{ETYPE, Login, NOW, SERVICE, Server, entry, fact, key, principal};
use mech_krb5::crypto::EncryptionType;
use mech_krb5::keytab::{Keytab, KeytabMiss, KeytabSource, Match};
use mech_krb5::{Fact, Krb5, NameType, Principal};
use negotiate_core::{Acceptor, Ambient, SystemRandom, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Whose key it is, its version in the keytab, and its label.
type Held<'k> = (&'k str, u32, &'k str);

fn server(entries: &[Held<'_>]) -> Server {
    Server {
        entries: entries
            .iter()
            .map(|(name, kvno, label)| entry(&principal(name), *kvno, &key(ETYPE, label)))
            .collect(),
        ..Server::default()
    }
}

const ALIAS: &str = "HTTP/alias.example.test@EXAMPLE.TEST";
const HOST: &str = "host/www.example.test@EXAMPLE.TEST";

#[test]
fn a_key_is_found_by_version_if_possible_and_by_trial_otherwise() {
    for (ticket_kvno, held, kvno, matched) in [
        (Some(1), &[(SERVICE, 1, "service")][..], 1, Match::Exact),
        (
            Some(2),
            &[(SERVICE, 1, "old"), (SERVICE, 2, "service"), (SERVICE, 3, "new")],
            2,
            Match::Exact,
        ),
        // A ticket without a version, in both ways to say so, and keytabs that keep eight bits of it.
        (
            None,
            &[(SERVICE, 4, "old"), (SERVICE, 5, "service")],
            5,
            Match::Exact,
        ),
        (
            Some(0),
            &[(SERVICE, 4, "old"), (SERVICE, 5, "service")],
            5,
            Match::Exact,
        ),
        (Some(0x105), &[(SERVICE, 5, "service")], 5, Match::LowByte),
        // The version is wrong, and the key is right: a read-only domain controller, or a key set again.
        (Some(1), &[(SERVICE, 2, "service")], 2, Match::OtherVersion),
        (
            Some(9),
            &[(SERVICE, 9, "reset"), (SERVICE, 8, "service")],
            8,
            Match::OtherVersion,
        ),
        // The name is wrong, and the key is right: the KDC knows an alias that the keytab does not.
        (Some(1), &[(ALIAS, 1, "service")], 1, Match::Alias),
        (
            Some(1),
            &[(SERVICE, 1, "reset"), (HOST, 4, "service")],
            4,
            Match::Alias,
        ),
    ] {
        let mut login = Login::default();
        login.ticket.kvno = ticket_kvno;
        let accepted = server(held).accepted(&login);
        let details = accepted.details();
        assert_eq!(
            (details.kvno, details.key_match),
            (kvno, matched),
            "{ticket_kvno:?} {held:?}"
        );
        assert_eq!(details.etype, ETYPE);
    }
}

/// Active Directory: an account's names share its key. The ticket's own name is the label if it is one of them.
#[test]
fn of_names_that_share_the_key_the_tickets_is_shown_and_else_the_first() {
    for (ticket_service, shown) in [
        (SERVICE, SERVICE),
        (HOST, HOST),
        ("HTTP/unknown@EXAMPLE.TEST", HOST),
    ] {
        let server = server(&[(ALIAS, 1, "other"), (HOST, 1, "service"), (SERVICE, 1, "service")]);
        let mut login = Login::default();
        login.ticket.service = principal(ticket_service);
        let accepted = server.accepted(&login);
        assert_eq!(
            accepted.context.acceptor().unwrap().display(),
            shown,
            "{ticket_service}"
        );
        assert_eq!(accepted.details().service, principal(shown));
    }
}

#[test]
fn the_clear_part_of_a_ticket_proves_nothing() {
    let server = server(&[(SERVICE, 1, "service"), (ALIAS, 1, "other")]);
    // Relabelled for another service of the keytab: the key says whose it is.
    let mut login = Login::default();
    login.ticket.service = principal(ALIAS);
    let shown = server
        .accepted(&login)
        .context
        .acceptor()
        .unwrap()
        .display()
        .to_owned();
    assert_eq!(shown, SERVICE);
    // Name type and realm are not looked at either.
    login.ticket.service = Principal::new(
        NameType(77),
        principal(SERVICE).name().components(),
        b"ELSEWHERE.TEST",
    )
    .unwrap();
    let accepted = server.accepted(&login);
    assert_eq!(accepted.details().service, principal(SERVICE));
    assert_eq!(accepted.details().key_match, Match::Alias);
}

#[test]
fn a_restriction_to_names_is_met_by_a_key_that_an_allowed_name_has() {
    for (names, verdict) in [
        (&["HTTP@www.example.test"][..], "accepted"),
        (&["HTTP@other.example.test", "HTTP@www.example.test"], "accepted"),
        // The alias shares the key: a restriction by name cannot separate them.
        (&["HTTP@alias.example.test"], "accepted"),
        (&["host@www.example.test"], "krb5.service_not_allowed"),
        (&["HTTP@other.example.test"], "krb5.acceptor_names_absent"),
    ] {
        let mut server = server(&[(SERVICE, 1, "service"), (ALIAS, 1, "service"), (HOST, 1, "host")]);
        server.names = names.to_vec();
        assert_eq!(server.verdict(&Login::default()), verdict, "{names:?}");
    }
}

#[test]
fn an_allowed_name_is_good_in_every_realm_of_the_keytab() {
    let elsewhere = "HTTP/www.example.test@OTHER.TEST";
    let mut server = server(&[(elsewhere, 1, "service")]);
    server.names = vec!["HTTP@www.example.test"];
    let mut login = Login::default();
    login.ticket.service = principal(elsewhere);
    assert_eq!(server.accepted(&login).details().service, principal(elsewhere));
}

#[test]
fn keys_of_another_type_are_not_tried() {
    let mut server = server(&[(SERVICE, 1, "service")]);
    let other = EncryptionType::Aes256CtsHmacSha384_192;
    server.entries = vec![entry(&principal(SERVICE), 1, &key(other, "service"))];
    let held = vec![other.number()];
    assert_eq!(
        server.fact(&Login::default()),
        Fact::NoKey(KeytabMiss::EtypeMissing { held })
    );
}

/// A source that shows its keytab as often as it is told: once when the acceptor is built, and then for each token.
#[derive(Debug)]
struct Shown {
    keytab: Keytab,
    times: [usize; 2],
    asked: AtomicUsize,
}

impl KeytabSource for Shown {
    fn with_current(&self, judge: &mut dyn FnMut(&Keytab)) {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        (0..self.times[asked.min(1)]).for_each(|_| judge(&self.keytab));
    }
}

#[test]
fn a_source_is_asked_once_for_a_token_and_may_show_no_keytab() {
    for times in [0, 1, 2] {
        let source = Arc::new(Shown {
            keytab: Keytab::from_entries(vec![entry(&principal(SERVICE), 1, &key(ETYPE, "service"))]),
            times: [1, times],
            asked: AtomicUsize::new(0),
        });
        let krb5 = Krb5::builder_with(source.clone()).replay_cache(Arc::new(Forgetful));
        let acceptor = Acceptor::builder()
            .mechanism(krb5.build().unwrap())
            .build()
            .unwrap();
        let mut ambient = Ambient {
            now: NOW,
            random: &mut SystemRandom,
        };
        let step = acceptor
            .exchange(None)
            .step(&Login::default().token(), &mut ambient);
        assert_eq!(source.asked.load(Ordering::Relaxed), 2);
        match (times, step) {
            (0, Err(reject)) => assert_eq!(fact(&reject), Fact::NoKey(KeytabMiss::AcceptorNamesAbsent)),
            // Shown twice, it is looked at once.
            (1 | 2, Ok(_)) => {}
            (_, step) => panic!("{times}: {step:?}"),
        }
    }
}

/// A source that counts how often it hears that no key opened a ticket.
#[derive(Debug)]
struct Counting {
    keytab: Keytab,
    missed: AtomicUsize,
}

impl KeytabSource for Counting {
    fn with_current(&self, judge: &mut dyn FnMut(&Keytab)) {
        judge(&self.keytab);
    }

    fn missed(&self) {
        self.missed.fetch_add(1, Ordering::Relaxed);
    }
}

/// Perhaps there is a newer file then. What is wrong with a ticket that was opened is not the keytab's fault.
#[test]
fn a_source_hears_of_a_ticket_that_no_key_opened() {
    for (label, now, missed) in [
        ("service", NOW, 0),
        ("service", Timestamp::from_unix(0), 0),
        ("another", NOW, 1),
    ] {
        let source = Arc::new(Counting {
            keytab: Keytab::from_entries(vec![entry(&principal(SERVICE), 1, &key(ETYPE, label))]),
            missed: AtomicUsize::new(0),
        });
        let krb5 = Krb5::builder_with(source.clone()).replay_cache(Arc::new(Forgetful));
        let acceptor = Acceptor::builder().mechanism(krb5.build().unwrap());
        let mut ambient = Ambient {
            now,
            random: &mut SystemRandom,
        };
        let step = acceptor
            .build()
            .unwrap()
            .exchange(None)
            .step(&Login::default().token(), &mut ambient);
        assert_eq!(step.is_ok(), label == "service" && now == NOW);
        assert_eq!(source.missed.load(Ordering::Relaxed), missed, "{label}");
    }
}
