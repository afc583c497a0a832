//! The realms between the client's and ours (RFC 4120 sections 3.2.3 and 3.3.3.2): who may have vouched.

use crate::login::{Login, SERVICE, Server, entry, fact, principal};
use mech_krb5::Krb5Builder;
use mech_krb5::krb5_conf::Profile;
use mech_krb5::message::TicketFlags;
use mech_krb5::{AnonymousPolicy, Fact, NameType, PathFault, Principal, TransitedPolicy};

/// A login of a client of this realm, whose ticket passed these.
fn login(realm: &str, transited: &[u8]) -> Login {
    let mut login = Login::default();
    login.set_client(&Principal::new(NameType::PRINCIPAL, [&b"alice"[..]], realm.as_bytes()).unwrap());
    login.ticket.transited = transited.to_vec();
    login
}

const REFUSED: &str = "krb5.transited_refused";

fn path_fault(login: &Login) -> PathFault {
    match Server::default().fact(login) {
        Fact::TransitedRefused { fault, .. } => fault,
        other => panic!("{other:?}"),
    }
}

/// RFC 6111 section 3.2 and RFC 8062 section 4.3: no realm of fixed meaning is on a path; before the anonymous one any other may
/// stand, unless a path is configured.
#[test]
fn realms_of_fixed_meaning_are_on_no_path() {
    let refused = |realm: &str| PathFault::Realm(format!("{realm:?}"));
    let of = |realm, transited: &[u8]| path_fault(&login(realm, transited));
    assert_eq!(
        of("OTHER.TEST", b"WELLKNOWN:ANONYMOUS"),
        refused("WELLKNOWN:ANONYMOUS")
    );
    assert_eq!(of("OTHER.TEST", b"TEST,WELLKNOWN:X"), refused("WELLKNOWN:X"));
    let mut anonymous = login("OTHER.TEST", b"");
    let nobody = principal("WELLKNOWN/ANONYMOUS@WELLKNOWN:ANONYMOUS");
    anonymous.set_client(&nobody);
    for (transited, expected) in [
        (&b""[..], "accepted"),
        (b"SOME.ORG,WHERE.NET", "accepted"),
        (b"SOME.ORG,EXAMPLE.TEST", REFUSED),
        (b"WELLKNOWN:ANONYMOUS", REFUSED),
    ] {
        anonymous.ticket.transited = transited.to_vec();
        let welcoming = Server::configured(|builder| builder.anonymous(AnonymousPolicy::Accept));
        assert_eq!(welcoming.verdict(&anonymous), expected);
    }
    anonymous.ticket.transited = b"SOME.ORG".to_vec();
    let configured = Server::configured(|builder| {
        let mut policy = TransitedPolicy::default();
        policy.set_path("WELLKNOWN:ANONYMOUS", "EXAMPLE.TEST", ["OTHER.ORG"]);
        builder.anonymous(AnonymousPolicy::Accept).transited(policy)
    });
    assert_eq!(configured.verdict(&anonymous), REFUSED);
}

/// Ours is EXAMPLE.TEST.
#[test]
fn realms_of_the_hierarchy_may_stand_between() {
    for (realm, transited, verdict) in [
        ("EXAMPLE.TEST", &b""[..], "accepted"),
        ("ELSEWHERE.ORG", b"", "accepted"),
        ("SUB.EXAMPLE.TEST", b"EXAMPLE.TEST", REFUSED),
        ("SUB.EXAMPLE.TEST", b"SUB.EXAMPLE.TEST", "accepted"),
        ("A.SUB.EXAMPLE.TEST", b"SUB.EXAMPLE.TEST", "accepted"),
        ("A.SUB.EXAMPLE.TEST", b"EXAMPLE.TEST,SUB.", REFUSED),
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

/// Active Directory does not set the flag (MS-KILE section 3.1.5.4).
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

/// The ticket's clear realm picks a label among the names that share the key, and whoever holds the ticket writes it: the path
/// has to be good to each of their realms.
#[test]
fn a_shared_key_is_of_no_realm_that_the_ticket_may_choose() {
    let names = [SERVICE, "HTTP/www.example.test@OTHER.TEST"].map(principal);
    let judge = |label: &Principal, client_realm: &str, transited: &[u8]| {
        let mut login = login(client_realm, transited);
        login.ticket.service = label.clone();
        let mut server = Server::with_key_of(&login);
        server.entries = names
            .iter()
            .map(|name| entry(name, 1, &login.ticket.service_key))
            .collect();
        server.configure = trusting;
        server.judge(&login).err().map(|reject| fact(&reject).clone())
    };
    for label in &names {
        let Some(Fact::TransitedRefused { server_realm, .. }) = judge(label, "THIRD.TEST", b"EVIL.ORG")
        else {
            panic!("{label}")
        };
        assert_eq!(server_realm, "\"OTHER.TEST\"");
        let within = judge(label, "OTHER.TEST", b"TEST");
        assert!(
            matches!(
                within,
                Some(Fact::TransitedRefused {
                    fault: PathFault::WithinOneRealm,
                    ..
                })
            ),
            "{label}: {within:?}"
        );
        // Good to both of them, or none.
        assert_eq!(judge(label, "THIRD.TEST", b"TEST"), None, "{label}");
        assert_eq!(judge(label, "THIRD.TEST", b""), None, "{label}");
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
        ("OTHER.TEST", b"OTHER.TEST,HUB.ORG", "accepted"),
        ("OTHER.TEST", b"HUB.ORG,EXAMPLE.TEST", REFUSED),
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
    let line = "[capaths], below OTHER.TEST: EXAMPLE.TEST = HUB.ORG";
    assert!(advice.contains(line), "{advice}");
    let unreadable = Server::default().refused(&login("OTHER.TEST", b"HUB.ORG\\"));
    assert!(
        !unreadable.reason().advice().contains("capaths"),
        "{unreadable:?}"
    );
}

/// RFC 4120 section 3.3.3.2: because neither end is listed, such a list is empty.
#[test]
fn within_one_realm_there_is_no_realm_between() {
    for transited in [&b"EXAMPLE.TEST"[..], b"TEST", b",", b" ", b"EVIL.TEST"] {
        let mut login = login("EXAMPLE.TEST", transited);
        let fault = path_fault(&login);
        assert_eq!(fault, PathFault::WithinOneRealm, "{transited:?}");
        login.ticket.flags = TicketFlags(login.ticket.flags.0 | TicketFlags::TRANSITED_POLICY_CHECKED.0);
        assert_eq!(Server::default().verdict(&login), "accepted", "{transited:?}");
    }
}

#[test]
fn the_end_of_a_path_is_not_between_its_ends() {
    let login = login("A.SUB.EXAMPLE.TEST", b"SUB.EXAMPLE.TEST,EXAMPLE.TEST");
    assert_eq!(path_fault(&login), PathFault::OwnRealm);
}

#[test]
fn a_space_marks_a_name_that_is_there() {
    for transited in [&b" "[..], b"TEST, ", b" ,TEST", b", ,", b"TEST, ,TEST"] {
        let fault = path_fault(&login("OTHER.TEST", transited));
        assert_eq!(fault, PathFault::Unreadable, "{transited:?}");
    }
    assert_eq!(
        Server::default().verdict(&login("OTHER.TEST", b" TEST")),
        "accepted"
    );
}

/// RFC 4120 section 5.3: tr-type must be registered, and one is. Windows has 0 for no list.
#[test]
fn only_one_way_of_writing_them_is_known() {
    for tr_type in [0, 2, -1, 255, 256, i32::MAX] {
        let mut login = login("OTHER.TEST", b"TEST");
        login.ticket.tr_type = tr_type;
        assert_eq!(path_fault(&login), PathFault::Encoding(tr_type));
        let trusted = Server::configured(trusting);
        assert_eq!(trusted.verdict(&login), REFUSED, "{tr_type}");
        login.ticket.transited.clear();
        let of_nothing = if tr_type == 0 { "accepted" } else { REFUSED };
        assert_eq!(Server::default().verdict(&login), of_nothing, "{tr_type}");
        login.ticket.flags = TicketFlags(login.ticket.flags.0 | TicketFlags::TRANSITED_POLICY_CHECKED.0);
        assert_eq!(Server::default().verdict(&login), of_nothing, "{tr_type}");
    }
}

/// By the table that MIT krb5 is asked for too (interop/tests/capaths.rs).
#[test]
fn capaths_of_krb5_conf_are_judged_as_the_table_says() {
    let bare = |text: &str| text.trim_start_matches('|').trim_end_matches('|').to_owned();
    let cases = testvectors::load("krb5/capaths.txt");
    assert!(cases.len() >= 25, "{}", cases.len());
    for case in cases {
        let lines: Vec<String> = case.lines("capaths").into_iter().map(bare).collect();
        let text = format!("[capaths]\n{}\n", lines.join("\n"));
        let policy = Profile::parse("krb5.conf", text).unwrap().transited_policy();
        let login = login(case.text("client"), bare(case.text("transited")).as_bytes());
        assert_eq!(case.text("server"), "EXAMPLE.TEST");
        let server = Server {
            transited: policy,
            ..Server::default()
        };
        let expected = match case.expect() {
            "refused" => REFUSED,
            other => other,
        };
        assert_eq!(server.verdict(&login), expected, "{case}");
    }
}
