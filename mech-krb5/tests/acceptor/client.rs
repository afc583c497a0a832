//! Who the client is: the same in ticket and authenticator (RFC 4120 section 3.2.3), with a name or without (RFC 8062).

use crate::forge::GssChecksum;
use crate::login::{CLIENT, Login, Server, principal};
use mech_krb5::{AnonymousPolicy, Fact, NameType, Principal, WellKnownName};
use negotiate_core::{ContextFlags, NameKind};

fn named(name_type: NameType, components: &[&str], realm: &str) -> Principal {
    let components = components.iter().map(|component| component.as_bytes());
    Principal::new(name_type, components, realm.as_bytes()).unwrap()
}

#[test]
fn ticket_and_authenticator_name_the_same_client() {
    let alice = |name_type| named(name_type, &["alice"], "EXAMPLE.TEST");
    for (authenticator, is_same) in [
        (alice(NameType::PRINCIPAL), true),
        // RFC 4120 section 6.2: the type is a hint.
        (alice(NameType::ENTERPRISE), true),
        (alice(NameType(-4711)), true),
        (named(NameType::PRINCIPAL, &["alice"], "OTHER.TEST"), false),
        (named(NameType::PRINCIPAL, &["alice"], "example.test"), false),
        (named(NameType::PRINCIPAL, &["alice"], ""), false),
        (named(NameType::PRINCIPAL, &["mallory"], "EXAMPLE.TEST"), false),
        (named(NameType::PRINCIPAL, &["Alice"], "EXAMPLE.TEST"), false),
        (named(NameType::PRINCIPAL, &["alice", ""], "EXAMPLE.TEST"), false),
        (named(NameType::PRINCIPAL, &["ali", "ce"], "EXAMPLE.TEST"), false),
    ] {
        let mut login = Login::default();
        login.authenticator.client = authenticator.clone();
        let server = Server::default();
        if is_same {
            assert_eq!(server.accepted(&login).context.initiator().display(), CLIENT);
        } else {
            assert_eq!(server.fact(&login), Fact::ClientMismatch, "{authenticator}");
        }
    }
}

#[test]
fn names_that_look_alike_are_shown_apart() {
    for (client, shown) in [
        (named(NameType::PRINCIPAL, &["a", "b"], "R"), "a/b@R"),
        (named(NameType::PRINCIPAL, &["a/b"], "R"), r"a\/b@R"),
        (named(NameType::PRINCIPAL, &["a@R"], "S"), r"a\@R@S"),
        (named(NameType::PRINCIPAL, &["\u{fc}n\n"], "R"), "\u{fc}n\\n@R"),
    ] {
        let mut login = Login::default();
        login.set_client(&client);
        let accepted = Server::default().accepted(&login);
        assert_eq!(accepted.context.initiator().display(), shown);
        assert_eq!(accepted.details().client, client);
    }
}

/// RFC 8062 section 3: the name says it, in the realm of the KDC or in the one without a name.
#[test]
fn anonymous_clients_enter_only_where_they_are_welcome() {
    for realm in ["EXAMPLE.TEST", "WELLKNOWN:ANONYMOUS"] {
        for name_type in [NameType::WELLKNOWN, NameType::PRINCIPAL] {
            let mut login = Login::default();
            login.set_client(&named(name_type, &["WELLKNOWN", "ANONYMOUS"], realm));
            assert_eq!(Server::default().fact(&login), Fact::AnonymousRefused, "{realm}");
            let welcoming = Server::configured(|builder| builder.anonymous(AnonymousPolicy::Accept));
            let accepted = welcoming.accepted(&login);
            assert!(accepted.context.flags().contains(ContextFlags::ANONYMOUS));
            assert_eq!(accepted.context.initiator().kind(), NameKind::Anonymous);
        }
    }
}

/// RFC 6111 sections 3.1 and 3.2: names and realms of fixed meaning are refused where that is not known.
#[test]
fn names_of_unknown_meaning_are_refused() {
    let welcoming = Server::configured(|builder| builder.anonymous(AnonymousPolicy::Accept));
    for (components, realm, expected) in [
        (
            &["WELLKNOWN", "ANONYMOUS", "x"][..],
            "EXAMPLE.TEST",
            WellKnownName::Principal,
        ),
        (
            &["WELLKNOWN", "FEDERATED"],
            "EXAMPLE.TEST",
            WellKnownName::Principal,
        ),
        (&["WELLKNOWN", ""], "EXAMPLE.TEST", WellKnownName::Principal),
        (&["alice"], "WELLKNOWN:ANONYMOUS", WellKnownName::Reserved),
        (
            &["WELLKNOWN", "FEDERATED"],
            "WELLKNOWN:ANONYMOUS",
            WellKnownName::Reserved,
        ),
        (&["alice"], "WELLKNOWN:", WellKnownName::Realm),
        (
            &["WELLKNOWN", "ANONYMOUS"],
            "WELLKNOWN:ELSEWHERE",
            WellKnownName::Realm,
        ),
        (&["alice"], "WELLKNOWN:ANONYMOUS.TEST", WellKnownName::Realm),
    ] {
        for name_type in [NameType::WELLKNOWN, NameType::PRINCIPAL] {
            let mut login = Login::default();
            login.set_client(&named(name_type, components, realm));
            for server in [&Server::default(), &welcoming] {
                assert_eq!(
                    server.fact(&login),
                    Fact::WellKnownName(expected),
                    "{components:?}@{realm}"
                );
            }
        }
    }
}

#[test]
fn who_has_a_name_is_not_anonymous() {
    let server = Server::configured(|builder| builder.anonymous(AnonymousPolicy::Accept));
    for name in [
        "ANONYMOUS@EXAMPLE.TEST",
        "WELLKNOWN@EXAMPLE.TEST",
        "WellKnown/ANONYMOUS@EXAMPLE.TEST",
        "alice@WELLKNOWN",
        CLIENT,
    ] {
        let mut login = Login::default();
        login.set_client(&principal(name));
        // The initiator's own flag says nothing.
        login.set_checksum(&GssChecksum::new(ContextFlags::ANONYMOUS));
        let accepted = server.accepted(&login);
        assert!(
            !accepted.context.flags().contains(ContextFlags::ANONYMOUS),
            "{name}"
        );
        assert_eq!(accepted.context.initiator().kind(), NameKind::Named);
    }
}
