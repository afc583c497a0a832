//! Containers of authorization data: CAMMAC and the indicators in it, KDC-issued data, AD-AND-OR, token restrictions.

use crate::forge::{Cammac, and_or, authorization_data, indicators, kdc_issued};
use crate::login::{ETYPE, Login, Server, key, principal};
use mech_krb5::AuthorizationDataOrigin as Origin;
use mech_krb5::Warning;
use mech_krb5::crypto::{EncryptionType, KeyUsage};
use negotiate_core::der::Writer;

const IF_RELEVANT: i32 = 1;
const KDC_ISSUED: i32 = 4;
const AND_OR: i32 = 5;
const MANDATORY_FOR_KDC: i32 = 8;
const CAMMAC: i32 = 96;
const INDICATOR: i32 = 97;
const TOKEN_RESTRICTIONS: i32 = 141;
/// Nobody knows it.
const UNKNOWN: i32 = -77;

const PASSES: &str = "accepted";
const UNKNOWN_REFUSED: &str = "krb5.unknown_authorization_data";

fn if_relevant(ad_type: i32, ad_data: &[u8]) -> Vec<u8> {
    authorization_data(&[(IF_RELEVANT, &authorization_data(&[(ad_type, ad_data)]))])
}

fn cammac(login: &Login, elements: &[(i32, &[u8])]) -> Cammac {
    Cammac::new(
        authorization_data(elements),
        &login.ticket.service_key,
        &key(ETYPE, "krbtgt"),
    )
}

/// With this in the ticket.
fn login(data: Vec<u8>) -> Login {
    let mut login = Login::default();
    login.ticket.authorization_data = Some(data);
    login
}

/// Indicators and warnings of a login with this in the ticket.
fn told(data: Vec<u8>) -> (Vec<String>, Vec<Warning>) {
    let accepted = Server::default().accepted(&login(data));
    let details = accepted.details();
    (
        details.authentication_indicators.clone(),
        details.warnings.clone(),
    )
}

fn verdict(data: Vec<u8>) -> &'static str {
    Server::default().verdict(&login(data))
}

#[test]
fn indicators_come_from_a_cammac_whose_service_verifier_fits() {
    let words = indicators(&["otp", "hardened", "\u{fc}"]);
    let mut cammac = cammac(&Login::default(), &[(INDICATOR, &words)]);
    let expected = (vec!["otp".into(), "hardened".into(), "\u{fc}".into()], vec![]);
    assert_eq!(told(if_relevant(CAMMAC, &cammac.encode())), expected);
    // It may have to be understood, and it may have every field that there is.
    assert_eq!(told(authorization_data(&[(CAMMAC, &cammac.encode())])), expected);
    cammac.verbose = true;
    assert_eq!(told(if_relevant(CAMMAC, &cammac.encode())), expected);
    cammac.kdc_verifier = None;
    assert_eq!(told(if_relevant(CAMMAC, &cammac.encode())), expected);
}

#[test]
fn a_cammac_without_a_verifier_that_fits_tells_nothing() {
    let login = Login::default();
    let words = indicators(&["otp"]);
    let genuine = cammac(&login, &[(INDICATOR, &words)]);
    let with = |svc_verifier: Option<(i32, Vec<u8>)>| Cammac {
        svc_verifier,
        ..genuine.clone()
    };
    let (cksumtype, checksum) = genuine.svc_verifier.clone().unwrap();
    let by = |key: &mech_krb5::crypto::Key, usage| {
        let key = key.checksum_key(usage);
        let checksum = key.checksum(&[&genuine.elements]);
        Some((key.checksum_type().number(), checksum.as_bytes().to_vec()))
    };
    let mut flipped = checksum.clone();
    flipped[0] ^= 1;
    let mut other_elements = genuine.clone();
    other_elements.elements = authorization_data(&[(INDICATOR, &indicators(&["pkinit"]))]);
    let aes128 = key(EncryptionType::Aes128CtsHmacSha1_96, "service");
    let swapped = Cammac {
        kdc_verifier: genuine.svc_verifier.clone(),
        svc_verifier: None,
        ..genuine.clone()
    };
    for (how, cammac) in [
        ("no verifier", with(None)),
        ("flipped", with(Some((cksumtype, flipped)))),
        ("cut", with(Some((cksumtype, checksum[..11].to_vec())))),
        ("empty", with(Some((cksumtype, vec![])))),
        ("another type", with(Some((15, checksum.clone())))),
        ("an unkeyed type", with(Some((14, vec![0; 20])))),
        ("another type of key", with(by(&aes128, KeyUsage::CAMMAC))),
        // The session key is the client's too.
        ("the session key", with(by(&login.session_key, KeyUsage::CAMMAC))),
        (
            "another usage",
            with(by(&login.ticket.service_key, KeyUsage::PAC_CHECKSUM)),
        ),
        ("other elements", other_elements),
        ("only the KDC's verifier", swapped),
    ] {
        let encoded = cammac.encode();
        assert_eq!(
            told(if_relevant(CAMMAC, &encoded)),
            (vec![], vec![Warning::CammacDiscarded]),
            "{how}"
        );
        // Who says that it must be understood is told that it is not.
        assert_eq!(
            verdict(authorization_data(&[(CAMMAC, &encoded)])),
            UNKNOWN_REFUSED,
            "{how}"
        );
    }
    // RFC 7751 section 4: other verifiers are one at least, or left out.
    let mut none_other = genuine.encode();
    none_other.extend(b"\xa3\x02\x30\x00");
    none_other[1] += 4;
    for cut in [
        &b""[..],
        b"\x30\x00",
        &none_other,
        &genuine.encode()[1..],
        &[&genuine.encode()[..], b"\0"].concat(),
    ] {
        assert_eq!(
            told(if_relevant(CAMMAC, cut)),
            (vec![], vec![Warning::CammacDiscarded])
        );
    }
}

#[test]
fn every_bit_of_the_elements_is_covered() {
    let encoded = cammac(&Login::default(), &[(INDICATOR, &indicators(&["otp"]))]).encode();
    for bit in 0..encoded.len() * 8 {
        let mut flipped = encoded.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let (indicators, warnings) = told(if_relevant(CAMMAC, &flipped));
        match warnings[..] {
            // The KDC's verifier is for the KDC.
            [] => assert_eq!(indicators, ["otp"], "{bit}"),
            _ => assert_eq!(
                (indicators, warnings),
                (vec![], vec![Warning::CammacDiscarded]),
                "{bit}"
            ),
        }
    }
}

/// Decision about authorization data by container: planted elsewhere, indicators are nobody's word.
#[test]
fn indicators_elsewhere_do_not_count() {
    let words = indicators(&["otp"]);
    let element = authorization_data(&[(INDICATOR, &words)]);
    let ordinary = Login::default();
    let inside = cammac(
        &ordinary,
        &[(CAMMAC, &cammac(&ordinary, &[(INDICATOR, &words)]).encode())],
    );
    let in_and_or = cammac(&ordinary, &[(AND_OR, &and_or(0, &element))]);
    let genuine = cammac(&ordinary, &[(INDICATOR, &words)]).encode();
    let container = authorization_data(&[(CAMMAC, &genuine)]);
    for data in [
        // The container itself, where nobody looks for one.
        if_relevant(IF_RELEVANT, &container),
        if_relevant(AND_OR, &and_or(0, &container)),
        if_relevant(KDC_ISSUED, &kdc_issued(&container, &ordinary.session_key)),
        if_relevant(INDICATOR, &words),
        if_relevant(KDC_ISSUED, &kdc_issued(&element, &ordinary.session_key)),
        if_relevant(AND_OR, &and_or(0, &element)),
        if_relevant(MANDATORY_FOR_KDC, &element),
        if_relevant(CAMMAC, &inside.encode()),
        if_relevant(CAMMAC, &in_and_or.encode()),
    ] {
        assert_eq!(told(data), (vec![], vec![]));
    }
    let mut planted = Login::default();
    planted.authenticator.authorization_data = Some(if_relevant(CAMMAC, &genuine));
    let accepted = Server::default().accepted(&planted);
    assert_eq!(accepted.details().authentication_indicators, [""; 0]);
    planted.authenticator.authorization_data = Some(authorization_data(&[(CAMMAC, &genuine)]));
    assert_eq!(Server::default().verdict(&planted), UNKNOWN_REFUSED);
}

/// RFC 4120 section 8.1: what nobody here knows, the application may. Whose word it is goes with it.
#[test]
fn elements_of_other_types_are_handed_on_with_their_origin() {
    let ordinary = Login::default();
    let others = |data: Vec<u8>| {
        let mut login = login(data);
        // The client's own are none of the ticket's.
        login.authenticator.authorization_data = Some(if_relevant(UNKNOWN, b"the client's"));
        let accepted = Server::default().accepted(&login);
        let others = accepted.details().other_authorization_data.iter();
        let others = others.map(|other| (other.ad_type.0, other.ad_data.clone(), other.origin));
        others.collect::<Vec<_>>()
    };
    let of = |text: &[u8], origin| (UNKNOWN, text.to_vec(), origin);
    assert_eq!(others(if_relevant(UNKNOWN, b"one")), [of(b"one", Origin::Ticket)]);
    let optional = authorization_data(&[(UNKNOWN, b"signed")]);
    let signed = cammac(&ordinary, &[(IF_RELEVANT, &optional)]);
    assert_eq!(
        others(if_relevant(CAMMAC, &signed.encode())),
        [of(b"signed", Origin::Cammac)]
    );
    // A verifier that does not fit vouches for nobody.
    let mut forged = signed.clone();
    forged.svc_verifier = forged.kdc_verifier.clone();
    assert_eq!(others(if_relevant(CAMMAC, &forged.encode())), []);
    let issued = kdc_issued(
        &authorization_data(&[(UNKNOWN, b"issued")]),
        &ordinary.session_key,
    );
    assert_eq!(
        others(if_relevant(KDC_ISSUED, &issued)),
        [of(b"issued", Origin::Ticket)]
    );
    // Known types are told as what they are, or in a wrong place not at all.
    for known in [INDICATOR, 128, 129, 141, 142, 143, 144] {
        assert_eq!(others(if_relevant(known, b"\0\0\0\0")), [], "{known}");
    }
    let list = |count: usize| authorization_data(&vec![(UNKNOWN, &b"x"[..]); count]);
    let (first, second) = (list(60), list(10));
    let many = authorization_data(&[(IF_RELEVANT, &first), (IF_RELEVANT, &second)]);
    assert_eq!(others(many).len(), 64);
}

#[test]
fn indicators_of_a_cammac_may_be_inside_if_relevant_and_in_several() {
    let ordinary = Login::default();
    let inner = authorization_data(&[(INDICATOR, &indicators(&["inner"]))]);
    let first = cammac(
        &ordinary,
        &[(IF_RELEVANT, &inner), (INDICATOR, &indicators(&["outer"]))],
    )
    .encode();
    let second = cammac(&ordinary, &[(INDICATOR, &indicators(&[]))]).encode();
    let both = authorization_data(&[(CAMMAC, &first), (CAMMAC, &second)]);
    let (found, warnings) = told(authorization_data(&[(IF_RELEVANT, &both)]));
    assert_eq!((found, warnings), (vec!["inner".into(), "outer".into()], vec![]));
}

/// RFC 8129 section 5: another realm's administrator may mean something else by the same word.
#[test]
fn indicators_come_with_the_realm_of_the_client() {
    let words = indicators(&["otp"]);
    let mut login = Login::default();
    login.set_client(&principal("alice@OTHER.TEST"));
    login.ticket.authorization_data = Some(if_relevant(
        CAMMAC,
        &cammac(&login, &[(INDICATOR, &words)]).encode(),
    ));
    let accepted = Server::default().accepted(&login);
    let details = accepted.details();
    assert_eq!(details.authentication_indicators, ["otp"]);
    assert_eq!(details.client, principal("alice@OTHER.TEST"));
    assert_eq!(accepted.context.initiator().realm(), "OTHER.TEST");
}

#[test]
fn indicators_are_a_list_of_at_most_64_texts() {
    let ordinary = Login::default();
    let of = |ad_data: &[u8]| {
        let cammac = cammac(&ordinary, &[(INDICATOR, ad_data)]).encode();
        let found = told(if_relevant(CAMMAC, &cammac));
        // Inside a container that must be understood, so must they.
        let verdict = verdict(authorization_data(&[(CAMMAC, &cammac)]));
        assert_eq!(found.1, []);
        (found.0.len(), verdict)
    };
    assert_eq!(of(&indicators(&["x"; 64])), (64, PASSES));
    for bad in [
        &indicators(&["x"; 65])[..],
        b"",
        b"\x30\x02\x04\x00",
        b"\x30\x03\x0c\x01\xff",
        b"\x30\x00\x00",
    ] {
        assert_eq!(of(bad), (0, UNKNOWN_REFUSED));
    }
}

#[test]
fn what_must_be_understood_in_a_signed_container_must_be_understood() {
    let ordinary = Login::default();
    let unknown = authorization_data(&[(UNKNOWN, b"")]);
    let harmless = if_relevant(UNKNOWN, b"");
    for (ad_type, container) in [
        (CAMMAC, cammac(&ordinary, &[(UNKNOWN, b"")]).encode()),
        (KDC_ISSUED, kdc_issued(&unknown, &ordinary.session_key)),
    ] {
        assert_eq!(
            verdict(authorization_data(&[(ad_type, &container)])),
            UNKNOWN_REFUSED
        );
        assert_eq!(verdict(if_relevant(ad_type, &container)), PASSES);
    }
    for (ad_type, container) in [
        (CAMMAC, cammac(&ordinary, &[(IF_RELEVANT, &unknown)]).encode()),
        (KDC_ISSUED, kdc_issued(&harmless, &ordinary.session_key)),
    ] {
        assert_eq!(verdict(authorization_data(&[(ad_type, &container)])), PASSES);
    }
    // One of them in another is nothing that is known there; nor are restrictions.
    let issued = kdc_issued(&authorization_data(&[]), &ordinary.session_key);
    let empty = cammac(&ordinary, &[]).encode();
    for (ad_type, ad_data) in [
        (KDC_ISSUED, &issued),
        (CAMMAC, &empty),
        (TOKEN_RESTRICTIONS, &restriction_to(0x1000)),
    ] {
        let inside = cammac(&ordinary, &[(ad_type, ad_data)]).encode();
        assert_eq!(
            verdict(authorization_data(&[(CAMMAC, &inside)])),
            UNKNOWN_REFUSED,
            "{ad_type}"
        );
    }
}

#[test]
fn kdc_issued_data_is_signed_with_the_session_key() {
    let elements = authorization_data(&[]);
    let ordinary = Login::default();
    let of = |ad_data: &[u8]| verdict(authorization_data(&[(KDC_ISSUED, ad_data)]));
    let genuine = kdc_issued(&elements, &ordinary.session_key);
    assert_eq!(of(&genuine), PASSES);
    assert_eq!(
        of(&kdc_issued(&elements, &ordinary.ticket.service_key)),
        UNKNOWN_REFUSED
    );
    assert_eq!(of(&[&genuine[..], b"\0"].concat()), UNKNOWN_REFUSED);
    // The client can sign it as well, and no KDC has written anything into an authenticator.
    let mut planted = Login::default();
    planted.authenticator.authorization_data = Some(authorization_data(&[(KDC_ISSUED, &genuine)]));
    assert_eq!(Server::default().verdict(&planted), UNKNOWN_REFUSED);
    let mut flipped = genuine;
    // The last byte of the checksum; then come i-realm and elements.
    let at = flipped.len() - elements.len() - 2 - 16 - 1;
    flipped[at] ^= 1;
    assert_eq!(of(&flipped), UNKNOWN_REFUSED);
}

/// RFC 4120 section 5.2.6.3.
#[test]
fn and_or_counts_what_is_satisfied() {
    let restrictions = (TOKEN_RESTRICTIONS, &b""[..]);
    let known = (MANDATORY_FOR_KDC, &b""[..]);
    let unknown = (UNKNOWN, &b""[..]);
    let relevant_data = authorization_data(&[unknown]);
    let relevant = (IF_RELEVANT, &relevant_data[..]);
    for (condition_count, elements, expected) in [
        (0, &[unknown][..], PASSES),
        (-1, &[unknown], PASSES),
        (1, &[unknown], UNKNOWN_REFUSED),
        (1, &[known], PASSES),
        (1, &[unknown, known, unknown], PASSES),
        (2, &[unknown, known, unknown], UNKNOWN_REFUSED),
        (2, &[known, relevant], PASSES),
        (2, &[known], UNKNOWN_REFUSED),
        (i32::MAX, &[known], UNKNOWN_REFUSED),
        // What is in a container of no demand is not looked for there, and so is not satisfied.
        (1, &[restrictions], UNKNOWN_REFUSED),
    ] {
        let data = and_or(condition_count, &authorization_data(elements));
        assert_eq!(
            verdict(authorization_data(&[(AND_OR, &data)])),
            expected,
            "{condition_count} {elements:?}"
        );
        assert_eq!(verdict(if_relevant(AND_OR, &data)), PASSES);
        // As a condition of another one.
        for (outer, expected) in [(0, PASSES), (1, expected)] {
            let nested = and_or(outer, &authorization_data(&[(AND_OR, &data)]));
            assert_eq!(verdict(authorization_data(&[(AND_OR, &nested)])), expected);
        }
        // Others behind it count for themselves.
        let data = and_or(0, &authorization_data(elements));
        assert_eq!(
            verdict(authorization_data(&[(AND_OR, &data), unknown])),
            UNKNOWN_REFUSED
        );
    }
    for bad in [
        &b""[..],
        b"\x30\x00",
        &[&and_or(0, &authorization_data(&[]))[..], b"\0"].concat(),
    ] {
        assert_eq!(verdict(authorization_data(&[(AND_OR, bad)])), UNKNOWN_REFUSED);
    }
}

/// Five lists around each other are too many, whatever they are.
#[test]
fn containers_may_be_four_deep_together() {
    let ordinary = Login::default();
    let within = |inner: &[u8]| {
        let and_or = and_or(1, inner);
        let issued = kdc_issued(&authorization_data(&[(AND_OR, &and_or)]), &ordinary.session_key);
        authorization_data(&[(KDC_ISSUED, &issued)])
    };
    assert_eq!(verdict(within(&if_relevant(UNKNOWN, b""))), PASSES);
    assert_eq!(
        verdict(within(&authorization_data(&[(
            IF_RELEVANT,
            &if_relevant(UNKNOWN, b"")
        )]))),
        "krb5.nested_authorization_data"
    );
}

/// `KERB-AD-RESTRICTION-ENTRY` of the known type.
fn restriction(restriction_type: i32, restriction: &[u8]) -> Vec<u8> {
    let mut list = Writer::new();
    list.sequence(|list| {
        list.sequence(|entry| {
            entry.field(0, |field| field.integer(restriction_type.into()));
            entry.field(1, |field| field.octet_string(restriction));
        });
    });
    list.into_bytes()
}

/// The same, of a process of this integrity level.
fn restriction_to(level: u16) -> Vec<u8> {
    let mut info = vec![1, 0, 0, 0];
    info.extend(u32::from(level).to_le_bytes());
    info.extend([7; 32]);
    restriction(0, &info)
}

/// The client writes it in both places; what the KDC has sealed cannot be taken back.
#[test]
fn token_restrictions_are_read_from_both_containers() {
    let read = |ticket: Option<Vec<u8>>, authenticator: Option<Vec<u8>>| {
        let mut login = Login::default();
        let place = |data: Vec<u8>| if_relevant(TOKEN_RESTRICTIONS, &data);
        login.ticket.authorization_data = ticket.map(place);
        login.authenticator.authorization_data = authenticator.map(place);
        let accepted = Server::default().accepted(&login);
        accepted.details().token_restrictions
    };
    let level = |ticket, authenticator| read(ticket, authenticator).map(|found| found.integrity_level);
    assert_eq!(level(None, None), None);
    assert_eq!(level(Some(restriction_to(0x1000)), None), Some(0x1000));
    assert_eq!(level(None, Some(restriction_to(0x2000))), Some(0x2000));
    assert_eq!(
        level(Some(restriction_to(0x1000)), Some(restriction_to(0x4000))),
        Some(0x1000)
    );
    // Of two the first one.
    let two = [restriction_to(0x2000), restriction_to(0x3000)];
    let two = authorization_data(&[(TOKEN_RESTRICTIONS, &two[0]), (TOKEN_RESTRICTIONS, &two[1])]);
    let accepted = Server::default().accepted(&login(authorization_data(&[(IF_RELEVANT, &two)])));
    assert_eq!(
        accepted.details().token_restrictions.unwrap().integrity_level,
        0x2000
    );
    let found = read(None, Some(restriction_to(0x3000))).unwrap();
    assert!(found.limited && found.machine_id == [7; 32]);
    assert_eq!(
        format!("{found:?}"),
        "TokenRestrictions { limited: true, integrity_level: 0x3000, .. }"
    );
}

#[test]
fn token_restrictions_that_cannot_be_read_restrict_nothing() {
    for bad in [
        b"".to_vec(),
        b"\x30\x00".to_vec(),
        restriction(1, &[0; 40]),
        restriction(0, &[0; 39]),
        restriction(0, b""),
    ] {
        let accepted = Server::default().accepted(&login(authorization_data(&[(TOKEN_RESTRICTIONS, &bad)])));
        assert_eq!(accepted.details().token_restrictions, None, "{bad:02x?}");
    }
}
