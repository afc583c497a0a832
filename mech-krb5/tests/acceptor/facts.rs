//! What each refusal is to programs and to people: the table of codes, and texts that tell and do not leak.

use crate::dce_style;
use crate::faults::stages;
use crate::login::{CLIENT, Login, SERVICE, Server, entry, error, fact};
use crate::user_to_user;
use mech_krb5::keytab::KeytabMiss;
use mech_krb5::{
    BindingsDemand, Container, DelegationFault, Details, Fact, GssChecksumFault, KeyOf, NameType, Part,
    PathFault, Principal,
};
use negotiate_core::{Blame, GssMajor, Reject, ServiceName, Verdict};
use std::collections::BTreeSet;

/// Code, whose fault, what the caller can do, GSS-API, KRB-ERROR (RFC 4120 section 7.5.9).
type Row = (&'static str, Blame, Verdict, GssMajor, i32);

#[rustfmt::skip]
const TABLE: [Row; 52] = {
    use Blame::{Acceptor, Caller, Incompatible, Initiator, Malformed, Policy};
    use GssMajor as G;
    use Verdict::{Forbidden, Unauthenticated as No, Unavailable};
    [
        ("krb5.other_mechanism", Malformed, No, G::BadMech, 40),
        ("krb5.not_ap_req", Malformed, No, G::DefectiveToken, 40),
        ("krb5.malformed", Malformed, No, G::DefectiveToken, 60),
        ("krb5.bad_version", Malformed, No, G::DefectiveToken, 39),
        ("krb5.bad_message_type", Malformed, No, G::DefectiveToken, 40),
        ("krb5.user_to_user", Incompatible, No, G::Failure, 67),
        ("krb5.own_ticket_expired", Acceptor, No, G::CredentialsExpired, 67),
        ("krb5.user_to_user_name", Incompatible, No, G::NoCred, 35),
        ("krb5.user_to_user_key", Initiator, No, G::NoCred, 45),
        ("krb5.unframed", Malformed, No, G::DefectiveToken, 60),
        ("krb5.framed_dce_style", Malformed, No, G::DefectiveToken, 60),
        ("krb5.etype_refused", Incompatible, No, G::NoCred, 14),
        ("krb5.acceptor_names_absent", Acceptor, No, G::NoCred, 45),
        ("krb5.service_not_allowed", Policy, No, G::NoCred, 35),
        ("krb5.service_absent", Incompatible, No, G::NoCred, 35),
        ("krb5.wrong_realm", Incompatible, No, G::NoCred, 45),
        ("krb5.kvno_old", Initiator, No, G::NoCred, 44),
        ("krb5.kvno_new", Acceptor, No, G::NoCred, 44),
        ("krb5.etype_missing", Acceptor, No, G::NoCred, 45),
        ("krb5.wrong_key", Acceptor, No, G::NoCred, 31),
        ("krb5.unusable_session_key", Incompatible, No, G::Failure, 14),
        ("krb5.ticket_invalid", Initiator, No, G::Failure, 33),
        ("krb5.ticket_not_yet_valid", Incompatible, No, G::Failure, 33),
        ("krb5.ticket_expired", Initiator, No, G::CredentialsExpired, 32),
        ("krb5.authenticator_tampered", Initiator, No, G::BadMic, 31),
        ("krb5.client_mismatch", Initiator, No, G::Failure, 36),
        ("krb5.clock_skew", Incompatible, No, G::Failure, 37),
        ("krb5.address_mismatch", Initiator, No, G::Failure, 38),
        ("krb5.addresses_required", Policy, No, G::Failure, 38),
        ("krb5.address_not_told", Caller, No, G::Failure, 38),
        ("krb5.replay", Initiator, No, G::DuplicateToken, 34),
        ("krb5.replay_cache_full", Acceptor, Unavailable, G::Failure, 60),
        ("krb5.replay_cache_unavailable", Acceptor, Unavailable, G::Failure, 60),
        ("krb5.before_start", Policy, No, G::DuplicateToken, 34),
        ("krb5.bad_gss_checksum", Malformed, No, G::DefectiveToken, 50),
        ("krb5.checksum_unverified", Initiator, No, G::BadMic, 41),
        ("krb5.bindings_mismatch", Initiator, No, G::BadBindings, 60),
        ("krb5.bindings_required", Policy, No, G::BadBindings, 60),
        ("krb5.bindings_removed", Initiator, No, G::BadBindings, 60),
        ("krb5.bad_delegation", Malformed, No, G::DefectiveCredential, 60),
        ("krb5.transited_refused", Policy, No, G::Failure, 51),
        ("krb5.unknown_authorization_data", Incompatible, No, G::Failure, 60),
        ("krb5.nested_authorization_data", Malformed, No, G::DefectiveToken, 60),
        ("krb5.anonymous_refused", Policy, Forbidden, G::Unauthorized, 60),
        ("krb5.well_known_principal", Incompatible, No, G::BadName, 82),
        ("krb5.well_known_realm", Incompatible, No, G::BadName, 83),
        ("krb5.reserved_principal", Incompatible, No, G::BadName, 84),
        ("krb5.pac_signature_wrong", Initiator, No, G::BadMic, 41),
        ("krb5.pac_missing", Policy, Forbidden, G::Unauthorized, 60),
        ("krb5.pac_unusable", Policy, Forbidden, G::Unauthorized, 60),
        ("krb5.name_not_utf8", Incompatible, No, G::BadName, 60),
        ("krb5.no_random", Acceptor, Unavailable, G::Failure, 60),
    ]
};
/// That of the third leg, where no KRB-ERROR is sent.
const THIRD_LEG: Row = (
    "krb5.third_leg_unproved",
    Blame::Initiator,
    Verdict::Unauthenticated,
    GssMajor::DefectiveToken,
    41,
);

/// Ordinary names, and names that would do harm in a log, a terminal or a browser.
fn names() -> [(Principal, Principal); 2] {
    let hostile = |label: &str| {
        let text = format!("{label}\n\x1b[2J\"';<script>\\%s\u{202e}\u{fc}");
        Principal::new(NameType::PRINCIPAL, [text.as_bytes(), b"\r\n."], text.as_bytes()).unwrap()
    };
    [
        (
            Principal::parse(CLIENT).unwrap(),
            Principal::parse(SERVICE).unwrap(),
        ),
        (hostile("client"), hostile("service")),
    ]
}

/// Every way to be refused: the code that is due, in which way, and the refusal.
fn refusals() -> Vec<(&'static str, &'static str, Reject)> {
    let mut refusals = Vec::new();
    for (client, service) in names() {
        for fault in stages().iter().flatten() {
            let mut login = Login::default();
            login.set_client(&client);
            login.ticket.service = service.clone();
            let mut server = Server::with_key_of(&login);
            (fault.spoil)(&mut server, &mut login);
            refusals.push((fault.code, fault.how, server.refused(&login)));
        }
        refusals.extend(dce_style::third_legs_refused());
        refusals.extend(user_to_user::refusals(&client, &service));
    }
    refusals
}

#[test]
fn each_refusal_has_its_row() {
    for (code, how, reject) in refusals() {
        let row = TABLE.iter().chain([&THIRD_LEG]).find(|row| row.0 == code);
        let (code, blame, verdict, gss_major, krb_error) =
            *row.unwrap_or_else(|| panic!("no row for {code}"));
        let reason = reject.reason();
        assert_eq!(
            (
                reason.code(),
                reason.blame(),
                reason.verdict(),
                reason.gss_major()
            ),
            (code, blame, verdict, gss_major),
            "{how}"
        );
        assert_eq!(error(&reject).krb_error().0, krb_error, "{code} {how}");
    }
}

/// The rows of the crate's own table, from its source: what stands there and nobody can produce has to go.
#[test]
fn every_row_is_produced_and_no_code_stands_for_two_facts() {
    let source = include_str!("../../src/error/codes.rs");
    let rows: Vec<&str> = source
        .split("row(\"")
        .skip(1)
        .map(|rest| rest.split_once('"').unwrap().0)
        .collect();
    let codes: BTreeSet<&str> = rows.iter().copied().collect();
    assert_eq!(rows.len(), codes.len(), "a code stands in two rows");
    let produced: BTreeSet<&str> = refusals()
        .iter()
        .map(|(_, _, reject)| reject.reason().code())
        .collect();
    assert_eq!(codes, produced);
    assert_eq!(rows.len(), TABLE.len() + 1);
}

/// The variants within facts. A new one does not compile here until it is named, and then must be produced.
fn within(fact: &Fact) -> Option<&'static str> {
    Some(match fact {
        Fact::Malformed { part, .. } | Fact::BadVersion { part, .. } => match part {
            Part::Framing => "framing",
            Part::ApReq => "AP-REQ",
            Part::TgtReq => "TGT-REQ",
            Part::EncTicketPart => "EncTicketPart",
            Part::Authenticator => "authenticator",
            Part::AuthorizationData => "authorization data",
            Part::ApRep => "AP-REP",
        },
        Fact::UnusableKey { key, .. } => match key {
            KeyOf::Session => "session key",
            KeyOf::InitiatorSubkey => "initiator subkey",
        },
        Fact::UnknownAuthorizationData { container, .. } | Fact::NestedAuthorizationData(container) => {
            match container {
                Container::Ticket => "in the ticket",
                Container::Authenticator => "in the authenticator",
            }
        }
        Fact::BadGssChecksum(fault) => match fault {
            GssChecksumFault::Truncated => "truncated",
            GssChecksumFault::BindingsLength => "bindings length",
            GssChecksumFault::DelegationOption => "delegation option",
        },
        Fact::BindingsMissing(demand) => match demand {
            BindingsDemand::Policy => "by policy",
            BindingsDemand::Advertised => "advertised",
        },
        Fact::BadDelegation(fault) => match fault {
            DelegationFault::Malformed(_) => "KRB-CRED malformed",
            DelegationFault::NotKrbCred => "not a KRB-CRED",
            DelegationFault::NotSealed => "not sealed",
            DelegationFault::CountMismatch => "count mismatch",
            DelegationFault::Incomplete => "incomplete",
        },
        Fact::TransitedRefused { fault, .. } => match fault {
            PathFault::Encoding(_) => "path of another type",
            PathFault::Unreadable => "unreadable path",
            PathFault::WithinOneRealm => "path within one realm",
            PathFault::OwnRealm => "path through ours",
            PathFault::Realm(_) => "path through a realm",
        },
        _ => return None,
    })
}

#[test]
fn every_variant_within_a_fact_is_produced() {
    let produced: BTreeSet<&str> = refusals()
        .iter()
        .filter_map(|(_, _, reject)| within(&fact(reject)))
        .collect();
    let all = [
        "framing",
        "AP-REQ",
        "TGT-REQ",
        "EncTicketPart",
        "authenticator",
        "authorization data",
        "AP-REP",
        "session key",
        "initiator subkey",
        "in the ticket",
        "in the authenticator",
        "truncated",
        "bindings length",
        "delegation option",
        "by policy",
        "advertised",
        "KRB-CRED malformed",
        "not a KRB-CRED",
        "not sealed",
        "count mismatch",
        "incomplete",
        "path of another type",
        "unreadable path",
        "path within one realm",
        "path through ours",
        "path through a realm",
    ];
    assert_eq!(produced, BTreeSet::from(all));
}

#[test]
fn texts_tell_something_and_leak_nothing() {
    // Every key of these tests begins so; see `login::key`.
    let secrets = ["SECRET", "534543524554", "5345 4352", "[83, 69, 67"];
    for (code, how, reject) in refusals() {
        let reason = reject.reason();
        let display = reason.to_string();
        let texts = [
            ("display", display.clone()),
            ("seen", reason.seen()),
            ("expected", reason.expected()),
            ("advice", reason.advice()),
            ("debug", format!("{reject:?} {:?}", error(&reject))),
        ];
        for (what, text) in texts {
            let at = format!("{what} of {code} {how}: {text}");
            assert!(!text.trim().is_empty(), "{at}");
            assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{at}");
            assert!(secrets.iter().all(|secret| !text.contains(secret)), "{at}");
            // The style of the house's errors: a fact, not a sentence.
            assert!(!text.ends_with('.'), "{at}");
        }
        // Display goes to places where nothing of the peer's may stand.
        assert!(
            !display.contains("script") && !display.contains("www"),
            "{display}"
        );
        assert!(display.starts_with(char::is_lowercase), "{display}");
    }
}

#[test]
fn a_refusal_says_whose_ticket_it_was_as_far_as_that_was_known() {
    let (client, service) = (format!("\"{CLIENT}\""), format!("\"{SERVICE}\""));
    for (stage, faults) in stages().iter().enumerate() {
        for fault in faults {
            let (mut server, mut login) = (Server::default(), Login::default());
            (fault.spoil)(&mut server, &mut login);
            let reject = server.refused(&login);
            let (about, seen) = (&error(&reject).about, reject.reason().seen());
            let is_read = stage >= 2;
            let is_opened = stage >= 6;
            assert_eq!(about.ticket.is_some(), is_read, "{} {}", fault.code, fault.how);
            assert_eq!(about.client.is_some(), is_opened, "{} {}", fault.code, fault.how);
            assert_eq!(seen.contains(&service), is_read, "{seen}");
            let spoils_client = login.ticket.client != Login::default().ticket.client;
            assert_eq!(seen.contains(&client), is_opened && !spoils_client, "{seen}");
        }
    }
}

/// What only the keytab's failures know: versions, types and realms, so that an administrator sees which to export.
#[test]
fn keytab_failures_name_what_is_there() {
    let miss = |code: &str| {
        let stages = stages();
        let fault = stages.iter().flatten().find(|fault| fault.code == code).unwrap();
        let (mut server, mut login) = (Server::default(), Login::default());
        (fault.spoil)(&mut server, &mut login);
        match server.fact(&login) {
            Fact::NoKey(miss) => (miss, server.refused(&login).reason().seen()),
            other => panic!("{other:?}"),
        }
    };
    let held = vec![7];
    assert_eq!(
        miss("krb5.kvno_old").0,
        KeytabMiss::KeytabNewer { ticket: 1, held }
    );
    let held = vec![1];
    assert_eq!(
        miss("krb5.kvno_new").0,
        KeytabMiss::KeytabOlder { ticket: 7, held }
    );
    let held = vec![17];
    assert_eq!(miss("krb5.etype_missing").0, KeytabMiss::EtypeMissing { held });
    assert_eq!(miss("krb5.wrong_key").0, KeytabMiss::WrongKey { tried: 1 });
    assert_eq!(
        miss("krb5.service_absent").0,
        KeytabMiss::ServiceAbsent {
            aliases_tried: 1,
            held: vec![Principal::parse("HTTP/other.example.test@EXAMPLE.TEST").unwrap()],
        }
    );
    let (miss, seen) = miss("krb5.wrong_realm");
    let held = vec![Box::from(*b"OTHER.TEST\n\x1b")];
    assert_eq!(miss, KeytabMiss::OtherRealm { held });
    assert!(seen.contains(r#""OTHER.TEST\x0a\x1b""#), "{seen}");
}

/// A key that is there and may not be used is not said to be missing.
#[test]
fn keys_of_names_that_may_not_be_addressed_are_not_counted() {
    let login = Login::default();
    let elsewhere = Principal::parse("HTTP/elsewhere.example.test@EXAMPLE.TEST").unwrap();
    let server = Server {
        entries: vec![entry(&elsewhere, 1, &login.ticket.service_key)],
        ..Server::default()
    };
    let absent = ServiceName::parse("HTTP@absent.example.test").unwrap();
    let exchange = server.exchange().restricted_to([absent]);
    let reject = server.step(exchange, &login.token()).unwrap_err();
    let (aliases_tried, held) = (0, Vec::new());
    assert_eq!(
        fact(&reject),
        Fact::NoKey(KeytabMiss::ServiceAbsent { aliases_tried, held })
    );
    let seen = reject.reason().seen();
    assert!(
        seen.contains("no name that may be addressed here has a key"),
        "{seen}"
    );
}

/// A keytab's names are bytes, as a ticket's are. Who is addressed by one that is no text has no name to show.
#[test]
fn an_acceptor_name_that_is_not_text_is_not_shown() {
    let mut login = Login::default();
    login.ticket.service =
        Principal::new(NameType::SRV_INST, [&b"HTTP"[..], b"\xff"], b"EXAMPLE.TEST").unwrap();
    let server = Server {
        entries: vec![entry(&login.ticket.service, 1, &login.ticket.service_key)],
        ..Server::default()
    };
    let context = server.accepted(&login).context;
    assert_eq!(context.acceptor(), None);
    assert_eq!(
        context.details::<Details>().unwrap().service,
        login.ticket.service
    );
}
