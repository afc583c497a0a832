//! Which keys of a keytab are tried on a ticket, in which order, and what is said when none fits.

use mech_krb5::Principal;
use mech_krb5::crypto::{EncryptionType, Key, KeyUsage};
use mech_krb5::keytab::{KeyQuery, Keytab, KeytabEntry, KeytabMiss, MAX_TRIALS, Match};
use negotiate_core::{AllowedNames, ServiceName, SystemRandom, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

const AES128: EncryptionType = EncryptionType::Aes128CtsHmacSha1_96;
const AES256: EncryptionType = EncryptionType::Aes256CtsHmacSha1_96;
const RC4: i32 = 23;

fn name(text: &str) -> Principal {
    Principal::parse(text).unwrap()
}

/// An entry whose key consists of one byte's copies.
fn entry(principal: &str, kvno: u32, etype: i32, key: u8) -> KeytabEntry {
    let len = EncryptionType::from_number(etype).map_or(16, EncryptionType::key_len);
    KeytabEntry::new(
        name(principal),
        Timestamp::default(),
        kvno,
        etype,
        &vec![key; len],
    )
    .unwrap()
}

fn keytab(entries: &[(&str, u32, EncryptionType, u8)]) -> Keytab {
    let entries = entries
        .iter()
        .map(|(principal, kvno, etype, key)| entry(principal, *kvno, etype.number(), *key));
    Keytab::from_entries(entries.collect())
}

fn services(names: &[&str]) -> Vec<ServiceName> {
    names
        .iter()
        .map(|name| ServiceName::parse(name).unwrap())
        .collect()
}

/// As an acceptor has them: without any, every name is allowed.
fn allowed(names: &[ServiceName]) -> AllowedNames<'_> {
    if names.is_empty() {
        AllowedNames::Any
    } else {
        AllowedNames::OfAcceptor(names)
    }
}

/// The first byte of each candidate's key, and how it was found.
fn tried(keytab: &Keytab, service: &str, kvno: Option<u32>, names: &[&str]) -> Vec<(u8, Match)> {
    let (service, names) = (name(service), services(names));
    let query = KeyQuery {
        service: service.borrow(),
        kvno,
        etype: AES128,
        names: allowed(&names),
    };
    keytab
        .candidates(query)
        .map(|candidate| (candidate.key().bytes()[0], candidate.matched()))
        .collect()
}

fn miss(keytab: &Keytab, service: &str, kvno: Option<u32>, names: &[&str]) -> KeytabMiss {
    let (service, names) = (name(service), services(names));
    keytab.diagnose(KeyQuery {
        service: service.borrow(),
        kvno,
        etype: AES128,
        names: allowed(&names),
    })
}

#[test]
fn the_order_is_exact_low_byte_other_versions_aliases() {
    let keytab = keytab(&[
        ("HTTP/b@R", 1, AES128, 1),
        ("HTTP/b@R", 300, AES128, 2),
        ("HTTP/a@R", 1, AES128, 3),
        ("HTTP/a@R", 44, AES128, 4),
        ("HTTP/a@R", 300, AES128, 5),
        ("HTTP/a@R", 301, AES128, 6),
        ("HTTP/a@R", 300, AES256, 7),
        ("HTTP/a@S", 300, AES128, 8),
    ]);
    assert_eq!(
        tried(&keytab, "HTTP/a@R", Some(300), &[]),
        [
            (5, Match::Exact),
            (4, Match::LowByte),
            (6, Match::OtherVersion),
            (3, Match::OtherVersion),
            (2, Match::Alias),
            (8, Match::Alias),
            (1, Match::Alias),
        ]
    );
    // No version in the ticket: every version is as good, the newest first.
    assert_eq!(
        tried(&keytab, "HTTP/a@R", None, &[])[..4],
        [
            (6, Match::Exact),
            (5, Match::Exact),
            (4, Match::Exact),
            (3, Match::Exact)
        ]
    );
    // An unknown name: those of the version first.
    assert_eq!(
        tried(&keytab, "HTTP/c@R", Some(1), &[]),
        [1, 3, 6, 2, 5, 8, 4].map(|key| (key, Match::Alias))
    );
}

// MIT: krb5_ktfile_get_entry, where IGNORE_VNO is 0; Java's EncryptionKey.findKey.
#[test]
fn a_version_of_0_in_the_keytab_is_any() {
    let keytab = keytab(&[
        ("HTTP/a@R", 3, AES128, 1),
        ("HTTP/a@R", 0, AES128, 2),
        ("HTTP/a@R", 5, AES128, 3),
    ]);
    assert_eq!(
        tried(&keytab, "HTTP/a@R", Some(5), &[]),
        [(3, Match::Exact), (2, Match::LowByte), (1, Match::OtherVersion)]
    );
    assert_eq!(
        miss(&keytab, "HTTP/a@R", Some(4), &[]),
        KeytabMiss::WrongKey { tried: 3 }
    );
}

#[test]
fn of_two_entries_alike_the_later_is_tried_first() {
    let keytab = keytab(&[("HTTP/a@R", 2, AES128, 1), ("HTTP/a@R", 2, AES128, 2)]);
    assert_eq!(
        tried(&keytab, "HTTP/a@R", Some(2), &[]),
        [(2, Match::Exact), (1, Match::Exact)]
    );
}

#[test]
fn a_key_is_tried_once_whatever_names_and_versions_it_has() {
    let keytab = keytab(&[
        ("HTTP/a@R", 1, AES128, 1),
        ("HTTP/b@R", 1, AES128, 1),
        ("HTTP/a@R", 2, AES128, 1),
        ("host/a@R", 2, AES128, 1),
        ("host/c@R", 2, AES128, 2),
    ]);
    assert_eq!(
        tried(&keytab, "HTTP/a@R", Some(1), &[]),
        [(1, Match::Exact), (2, Match::Alias)]
    );
}

#[test]
fn trials_are_capped() {
    let entries: Vec<_> = (0..50).map(|key| entry("HTTP/a@R", 1, 17, key)).collect();
    let keytab = Keytab::from_entries(entries);
    for service in ["HTTP/a@R", "HTTP/b@R"] {
        assert_eq!(tried(&keytab, service, Some(1), &[]).len(), MAX_TRIALS);
    }
}

// Active Directory: all names of an account have its key, and the ticket's name may be in none of them.
#[test]
fn the_name_shown_is_the_tickets_if_it_has_the_key_else_the_first() {
    let keytab = keytab(&[
        ("HOST/web@R", 1, AES128, 9),
        ("HTTP/web@R", 1, AES128, 1),
        ("HTTP/www@R", 1, AES128, 1),
        ("HTTP/web@R", 1, AES256, 2),
    ]);
    for (service, shown) in [
        ("HTTP/www@R", "HTTP/www@R"),
        ("HTTP/web@R", "HTTP/web@R"),
        ("http/WWW@R", "HTTP/web@R"),
    ] {
        let service = name(service);
        let query = KeyQuery {
            service: service.borrow(),
            kvno: Some(1),
            etype: AES128,
            names: AllowedNames::Any,
        };
        let found = keytab
            .candidates(query)
            .find(|candidate| candidate.key().bytes()[0] == 1)
            .unwrap();
        assert_eq!(*found.principal(), name(shown));
        assert!(found.principals().eq(&[name("HTTP/web@R"), name("HTTP/www@R")]));
        assert_eq!(found.kvno(), 1);
    }
}

// Decision: a restriction by name passes if a name that shares the key is allowed.
#[test]
fn a_restriction_looks_at_all_names_of_a_key() {
    let keytab = keytab(&[
        ("HTTP/web@R", 1, AES128, 1),
        ("HTTP/www@R", 1, AES128, 1),
        ("HTTP/other@R", 1, AES128, 2),
        ("HTTP/web@S", 2, AES128, 3),
        ("HTTP/web@R", 1, AES256, 4),
    ]);
    let names = ["HTTP@web"];
    assert_eq!(
        tried(&keytab, "HTTP/web@R", Some(1), &names),
        [(1, Match::Exact), (3, Match::Alias)]
    );
    assert_eq!(
        tried(&keytab, "HTTP/www@R", Some(1), &names)[0],
        (1, Match::Exact)
    );
    // The clear name is not what allows: these are found as keys of the allowed name.
    assert_eq!(
        tried(&keytab, "HTTP/other@R", Some(2), &names),
        [(3, Match::Alias), (1, Match::Alias)]
    );
    assert_eq!(
        tried(&keytab, "HTTP/other@R", Some(1), &["HTTP@other"]),
        [(2, Match::Exact)]
    );
    assert_eq!(tried(&keytab, "HTTP/web@R", Some(1), &["HTTP@absent"]), []);
    // More components, or a service in another case, are another name.
    assert_eq!(tried(&keytab, "HTTP/web@R", Some(1), &["http@web"]), []);
}

#[test]
fn a_candidate_opens_what_its_key_sealed() {
    let keytab = keytab(&[("HTTP/a@R", 1, AES128, 1), ("HTTP/a@R", 2, AES128, 2)]);
    let sealed = Key::new(AES128, &[2; 16])
        .unwrap()
        .for_usage(KeyUsage::TICKET)
        .encrypt(b"a ticket", &mut SystemRandom)
        .unwrap();
    let service = name("HTTP/a@R");
    let query = KeyQuery {
        service: service.borrow(),
        kvno: Some(1),
        etype: AES128,
        names: AllowedNames::Any,
    };
    let opened: Vec<bool> = keytab
        .candidates(query)
        .map(|candidate| {
            let mut buffer = sealed.clone();
            candidate
                .decrypt_ticket(&mut buffer)
                .is_ok_and(|plaintext| plaintext == b"a ticket")
        })
        .collect();
    assert_eq!(opened, [false, true]);
}

#[test]
fn the_reasons_for_a_miss_are_told_apart() {
    let keytab = Keytab::from_entries(vec![
        entry("HTTP/a@R", 3, 17, 1),
        entry("HTTP/a@R", 5, 17, 2),
        entry("HTTP/a@R", 5, 18, 3),
        entry("HTTP/a@R", 6, RC4, 4),
        entry("HTTP/a@R", 6, 18, 5),
        entry("host/a@R", 5, 17, 6),
        entry("HTTP/shared@R", 5, 17, 6),
        entry("HTTP/a@S", 1, 17, 7),
        entry("HTTP/a@Q", 1, 17, 7),
    ]);
    let realm = |realm: &[u8]| Box::<[u8]>::from(realm);
    let held = vec![3, 5, 6];
    for (service, kvno, names, expected) in [
        ("HTTP/a@R", Some(5), &[][..], KeytabMiss::WrongKey { tried: 4 }),
        ("HTTP/a@R", Some(256 + 5), &[], KeytabMiss::WrongKey { tried: 4 }),
        ("HTTP/a@R", None, &[], KeytabMiss::WrongKey { tried: 4 }),
        (
            "HTTP/a@R",
            Some(6),
            &[],
            KeytabMiss::EtypeMissing { held: vec![18, RC4] },
        ),
        (
            "HTTP/a@R",
            Some(2),
            &[],
            KeytabMiss::KeytabNewer {
                ticket: 2,
                held: held.clone(),
            },
        ),
        (
            "HTTP/a@R",
            Some(4),
            &[],
            KeytabMiss::KeytabNewer {
                ticket: 4,
                held: held.clone(),
            },
        ),
        (
            "HTTP/a@R",
            Some(7),
            &[],
            KeytabMiss::KeytabOlder { ticket: 7, held },
        ),
        (
            "HTTP/a@T",
            Some(5),
            &[],
            KeytabMiss::OtherRealm {
                held: vec![realm(b"Q"), realm(b"R"), realm(b"S")],
            },
        ),
        (
            "HTTP/x@R",
            Some(5),
            &[],
            KeytabMiss::ServiceAbsent {
                aliases_tried: 4,
                held: ["HTTP/a@R", "host/a@R", "HTTP/shared@R", "HTTP/a@S", "HTTP/a@Q"]
                    .map(name)
                    .into(),
            },
        ),
        (
            "HTTP/x@R",
            Some(5),
            &["host@a"],
            KeytabMiss::ServiceAbsent {
                aliases_tried: 1,
                held: vec![name("host/a@R")],
            },
        ),
        (
            "HTTP/a@R",
            Some(5),
            &["host@a"],
            KeytabMiss::NotAllowedHere {
                allowed: services(&["host@a"]),
            },
        ),
        (
            "HTTP/shared@R",
            Some(5),
            &["host@a"],
            KeytabMiss::WrongKey { tried: 1 },
        ),
        (
            "HTTP/a@R",
            Some(5),
            &["HTTP@a", "HTTP@x"],
            KeytabMiss::WrongKey { tried: 3 },
        ),
        ("HTTP/a@R", Some(5), &["HTTP@x"], KeytabMiss::AcceptorNamesAbsent),
    ] {
        assert_eq!(
            miss(&keytab, service, kvno, names),
            expected,
            "{service} {kvno:?} {names:?}"
        );
    }
}

/// The initiator chose the host, so a host without a key is no fault of the acceptor's set-up; and no name is not any name.
#[test]
fn names_of_an_exchange_that_have_no_key_allow_nothing() {
    let keytab = keytab(&[("HTTP/a@R", 5, AES128, 1), ("HTTP/b@R", 5, AES128, 2)]);
    let service = name("HTTP/a@R");
    for (names, first) in [
        (services(&[]), None),
        (services(&["HTTP@x"]), None),
        (services(&["HTTP@b"]), None),
        (services(&["HTTP@x", "HTTP@a"]), Some(1)),
    ] {
        let query = KeyQuery {
            service: service.borrow(),
            kvno: Some(5),
            etype: AES128,
            names: AllowedNames::OfExchange(&names),
        };
        // Of a name that is allowed and not the ticket's, the key is tried, in case the ticket's name is an alias of it.
        let found = keytab
            .candidates(query)
            .find(|candidate| candidate.matched() != Match::Alias);
        assert_eq!(
            found.map(|candidate| candidate.key().bytes()[0]),
            first,
            "{names:?}"
        );
        if first.is_none() {
            let allowed = names.clone();
            assert_eq!(
                keytab.diagnose(query),
                KeytabMiss::NotAllowedHere { allowed },
                "{names:?}"
            );
        }
    }
}

/// The host alone: of the service, of other principals and of realms every byte counts.
#[test]
fn the_host_of_an_allowed_name_is_compared_as_dns_does() {
    let keytab = keytab(&[
        ("HTTP/MEMBER1@R", 5, AES128, 1),
        ("HTTP/www.example.com.@R", 5, AES128, 2),
        ("http/other@R", 5, AES128, 3),
    ]);
    for (asked, allowed, key) in [
        ("HTTP/member1@R", "HTTP@member1", Some(1)),
        ("HTTP/MEMBER1@R", "HTTP@member1", Some(1)),
        ("HTTP/MEMBER1@R", "HTTP@Member1.", Some(1)),
        ("HTTP/www.example.com@R", "HTTP@www.example.com", Some(2)),
        ("HTTP/WWW.Example.com@R", "HTTP@www.example.com", Some(2)),
        ("HTTP/other@R", "HTTP@other", None),
        ("HTTP/member@R", "HTTP@member", None),
    ] {
        let (service, names) = (name(asked), services(&[allowed]));
        for names in [AllowedNames::OfExchange(&names), AllowedNames::OfAcceptor(&names)] {
            let query = KeyQuery {
                service: service.borrow(),
                kvno: Some(5),
                etype: AES128,
                names,
            };
            let keys: Vec<u8> = keytab
                .candidates(query)
                .map(|candidate| candidate.key().bytes()[0])
                .collect();
            assert_eq!(keys, key.into_iter().collect::<Vec<_>>(), "{asked} {allowed}");
        }
    }
    // The ticket's own name is not a host's.
    let service = name("HTTP/member1@R");
    let query = KeyQuery {
        service: service.borrow(),
        kvno: Some(5),
        etype: AES128,
        names: AllowedNames::Any,
    };
    let found = keytab.candidates(query).map(|candidate| candidate.matched());
    assert!(found.eq([Match::Alias; 3]));
}

#[test]
fn a_list_in_a_miss_is_short() {
    let keytab = Keytab::from_entries((1..100).map(|kvno| entry("HTTP/a@R", kvno, 17, 1)).collect());
    let expected = KeytabMiss::KeytabOlder {
        ticket: 200,
        held: (84..100).collect(),
    };
    assert_eq!(miss(&keytab, "HTTP/a@R", Some(200), &[]), expected);
    let names: Vec<String> = (0..9).map(|number| format!("HTTP@b{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let held = Keytab::from_entries(vec![entry("HTTP/a@R", 1, 17, 1), entry("HTTP/b8@R", 1, 17, 2)]);
    let expected = KeytabMiss::NotAllowedHere {
        allowed: services(&names[..8]),
    };
    assert_eq!(miss(&held, "HTTP/a@R", Some(1), &names), expected);
}

/// The order of the candidates by brute force.
fn expected(entries: &[KeytabEntry], query: KeyQuery<'_>) -> Vec<(Vec<u8>, Match)> {
    let allowed = |key: &[u8], etype: i32| {
        query.names == AllowedNames::Any
            || entries.iter().any(|entry| {
                entry.etype() == etype
                    && entry.key().expose() == key
                    && query.names.listed().unwrap_or_default().iter().any(|name| {
                        // As DNS compares hosts.
                        let parts: Vec<_> = entry.principal().name().components().collect();
                        let host = parts.get(1).map(|host| host.to_ascii_lowercase());
                        let host = host.map(|host| host.strip_suffix(b".").unwrap_or(&host).to_vec());
                        parts.len() == 2
                            && parts[0] == name.service().as_bytes()
                            && host.as_deref() == Some(name.host().to_ascii_lowercase().as_bytes())
                    })
            })
    };
    let mut ranked: Vec<_> = entries
        .iter()
        .filter(|entry| entry.etype() == query.etype.number() && allowed(entry.key().expose(), entry.etype()))
        .map(|entry| {
            let own = *entry.principal() == query.service;
            let matched = match query.kvno {
                _ if !own => Match::Alias,
                None => Match::Exact,
                Some(kvno) if kvno == entry.kvno() => Match::Exact,
                Some(kvno) if [kvno & 0xff, 0].contains(&entry.kvno()) => Match::LowByte,
                Some(_) => Match::OtherVersion,
            };
            let other_version = query.kvno != Some(entry.kvno());
            (matched, own || other_version, entry)
        })
        .collect();
    // Which of two aliases of one version comes first is not promised: only the classes are compared.
    ranked.sort_by_key(|(matched, later, _)| (*matched, *later));
    let mut seen: Vec<(Vec<u8>, Match)> = Vec::new();
    for (matched, _, entry) in ranked {
        if !seen.iter().any(|(key, _)| key == entry.key().expose()) {
            seen.push((entry.key().expose().clone(), matched));
        }
    }
    seen
}

proptest! {
    #[test]
    fn candidates_agree_with_a_search_through_the_list(
        rows in vec((0..4_usize, 0..4_u32, 0..2_usize, 0..6_u8), 0..14),
        service in 0..5_usize,
        kvno in proptest::option::of(0..5_u32),
        names in proptest::sample::subsequence(vec!["HTTP@a", "host@a", "HTTP@z"], 0..=2),
    ) {
        let principals = ["HTTP/a@R", "host/a@R", "HTTP/a@S", "HTTP/b@R", "HTTP/c@R"];
        let entries: Vec<_> = rows
            .iter()
            .map(|(principal, kvno, etype, key)| entry(principals[*principal], *kvno, [17, 18][*etype], *key))
            .collect();
        let keytab = Keytab::from_entries(entries.clone());
        let (service, names) = (name(principals[service]), services(&names));
        let query = KeyQuery { service: service.borrow(), kvno, etype: AES128, names: allowed(&names) };
        let found: Vec<_> = keytab
            .candidates(query)
            .map(|candidate| (candidate.key().bytes().to_vec(), candidate.matched()))
            .collect();
        let mut expected = expected(&entries, query);
        prop_assert!(found.len() <= MAX_TRIALS && expected.len() <= MAX_TRIALS);
        prop_assert!(found.iter().map(|(_, matched)| matched).eq(expected.iter().map(|(_, matched)| matched)));
        let mut found = found;
        found.sort();
        expected.sort();
        prop_assert_eq!(found, expected);
        let _ = keytab.diagnose(query);
    }
}

/// Anybody can send a ticket for a service that is not there.
#[test]
fn a_miss_names_some_of_a_long_keytab() {
    let entries = (0..100_u8).map(|number| entry(&format!("HTTP/a{number}@R"), 1, 17, number));
    let keytab = Keytab::from_entries(entries.collect());
    let service = name("HTTP/x@R");
    let names = services(&["HTTP@a5", "HTTP@a63", "HTTP@a64"]);
    for (names, named) in [
        (AllowedNames::Any, (0..8).collect::<Vec<_>>()),
        (AllowedNames::OfAcceptor(&names), vec![5, 63]),
    ] {
        let query = KeyQuery {
            service: service.borrow(),
            kvno: Some(1),
            etype: AES128,
            names,
        };
        let KeytabMiss::ServiceAbsent { held, .. } = keytab.diagnose(query) else {
            panic!("it is there")
        };
        let named = named.iter().map(|number| name(&format!("HTTP/a{number}@R")));
        assert_eq!(held, named.collect::<Vec<_>>());
    }
}
