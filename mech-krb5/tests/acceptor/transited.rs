//! The realms between the client's and ours (RFC 4120 sections 3.2.3 and 3.3.3.2): who may have vouched.

use crate::login::{Login, SERVICE, Server, principal};
use mech_krb5::Krb5Builder;
use mech_krb5::message::TicketFlags;
use mech_krb5::{Fact, NameType, Principal, TransitedPolicy};

/// A login of a client of this realm, whose ticket passed these.
fn login(realm: &str, transited: &[u8]) -> Login {
    let mut login = Login::default();
    login.set_client(&Principal::new(NameType::PRINCIPAL, [&b"alice"[..]], realm.as_bytes()).unwrap());
    login.ticket.transited = transited.to_vec();
    login
}

const REFUSED: &str = "krb5.transited_refused";

/// Ours is EXAMPLE.TEST.
#[test]
fn realms_of_the_hierarchy_may_stand_between() {
    for (realm, transited, verdict) in [
        ("EXAMPLE.TEST", &b""[..], "accepted"),
        ("ELSEWHERE.ORG", b"", "accepted"),
        ("EXAMPLE.TEST", b"EXAMPLE.TEST", "accepted"),
        ("SUB.EXAMPLE.TEST", b"SUB.EXAMPLE.TEST", "accepted"),
        ("A.SUB.EXAMPLE.TEST", b"SUB.EXAMPLE.TEST", "accepted"),
        ("A.SUB.EXAMPLE.TEST", b"EXAMPLE.TEST,SUB.", "accepted"),
        ("A.SUB.EXAMPLE.TEST", b",", "accepted"),
        ("OTHER.TEST", b"TEST", "accepted"),
        ("OTHER.TEST", b"TEST,EVIL.", REFUSED),
        ("OTHER.TEST", b"EVIL.TEST", REFUSED),
        ("OTHER.TEST", b"test", REFUSED),
        ("SUB.EXAMPLE.TEST", b"TEST", REFUSED),
        ("SUB.EXAMPLE.TEST", b"OTHER.SUB.EXAMPLE.TEST", REFUSED),
        ("ELSEWHERE.ORG", b"ORG", REFUSED),
        ("ELSEWHERE.ORG", b"TEST", REFUSED),
        ("/COM/HP", b"/COM", REFUSED),
    ] {
        let server = Server::default();
        assert_eq!(
            server.verdict(&login(realm, transited)),
            verdict,
            "{realm} through {transited:?}"
        );
    }
}

#[test]
fn a_kdc_that_checked_is_believed() {
    let mut login = login("OTHER.TEST", b"EVIL.ORG");
    login.ticket.flags = TicketFlags(login.ticket.flags.0 | TicketFlags::TRANSITED_POLICY_CHECKED.0);
    assert_eq!(Server::default().verdict(&login), "accepted");
    login.ticket.transited = b"cannot be read\\".to_vec();
    assert_eq!(Server::default().verdict(&login), "accepted");
}

fn trusting(builder: Krb5Builder) -> Krb5Builder {
    let mut policy = TransitedPolicy::default();
    policy.trust_kdc("EXAMPLE.TEST");
    builder.transited(policy)
}

/// Active Directory does not set the flag (MS-KILE section 3.3.5.7.7).
#[test]
fn a_kdc_that_is_trusted_to_check_is_believed_for_its_own_realm() {
    for transited in [&b"EVIL.ORG"[..], b"EVIL.ORG\\"] {
        let mut login = login("OTHER.TEST", transited);
        assert_eq!(Server::configured(trusting).verdict(&login), "accepted");
        // A service of another realm, by its key, whatever realm the ticket names.
        login.ticket.service = principal("HTTP/www.example.test@OTHER.TEST");
        let mut server = Server::with_key_of(&login);
        server.configure = trusting;
        login.ticket.service = principal(SERVICE);
        assert_eq!(server.verdict(&login), REFUSED);
    }
}

/// From OTHER.TEST by HUB.ORG alone, and from /COM/HP by /COM.
fn with_paths(builder: Krb5Builder) -> Krb5Builder {
    let mut policy = TransitedPolicy::default();
    policy.set_path("OTHER.TEST", "EXAMPLE.TEST", ["HUB.ORG"]);
    policy.set_path("DIRECT.TEST", "EXAMPLE.TEST", []);
    policy.set_path("/COM/HP/APOLLO", "EXAMPLE.TEST", ["/COM", "EDU"]);
    builder.transited(policy)
}

#[test]
fn a_configured_path_takes_the_place_of_the_hierarchy() {
    for (realm, transited, verdict) in [
        ("OTHER.TEST", &b"HUB.ORG"[..], "accepted"),
        ("OTHER.TEST", b"", "accepted"),
        ("OTHER.TEST", b"TEST", REFUSED),
        ("OTHER.TEST", b"HUB.ORG,TEST", REFUSED),
        ("DIRECT.TEST", b"", "accepted"),
        ("DIRECT.TEST", b"TEST", REFUSED),
        ("THIRD.TEST", b"TEST", "accepted"),
        ("THIRD.TEST", b"HUB.ORG", REFUSED),
        ("/COM/HP/APOLLO", b"/COM,EDU", "accepted"),
        // A null field says that /COM/HP was passed too.
        ("/COM/HP/APOLLO", b",/COM", REFUSED),
        ("/COM/HP/APOLLO", b", /COM", REFUSED),
    ] {
        let server = Server::configured(with_paths);
        assert_eq!(
            server.verdict(&login(realm, transited)),
            verdict,
            "{realm} through {transited:?}"
        );
    }
}

#[test]
fn the_refusal_says_what_to_configure() {
    let reject = Server::default().refused(&login("OTHER.TEST", b"TEST,HUB.ORG"));
    let advice = reject.reason().advice();
    let line = r#""OTHER.TEST" = { "EXAMPLE.TEST" = "HUB.ORG" }"#;
    assert!(advice.contains(line), "{advice}");
    let unreadable = Server::default().refused(&login("OTHER.TEST", b"HUB.ORG\\"));
    assert!(
        !unreadable.reason().advice().contains("capaths"),
        "{unreadable:?}"
    );
}

#[test]
fn only_one_way_of_writing_them_is_known() {
    for tr_type in [0, 2, -1] {
        let mut login = login("OTHER.TEST", b"TEST");
        login.ticket.tr_type = tr_type;
        let fact = Server::default().fact(&login);
        assert!(
            matches!(fact, Fact::TransitedRefused { via: None, .. }),
            "{tr_type}: {fact:?}"
        );
        // An empty list is an empty list.
        login.ticket.transited.clear();
        assert_eq!(Server::default().verdict(&login), "accepted", "{tr_type}");
    }
}
