//! What real KDCs say about clients in captured tickets: the same as real acceptors read there, and the KDCs' own keys fit.

mod common;

use common::{Forgetful, captured_at, is_accepted_by_name, judge, types_named_for};
use mech_krb5::crypto::{EncryptionType, Key};
use mech_krb5::keytab::Keytab;
use mech_krb5::pac::BufferType;
use mech_krb5::{Details, Fact, Krb5, Krb5Builder, PacPolicy, Warning};
use negotiate_core::{Acceptor, Reject, SecurityContext, Step};
use std::sync::Arc;
use testvectors::{Capture, captures};

/// How many captures have the types of that feature.
const CAMELLIA: usize = if cfg!(feature = "camellia") { 4 } else { 0 };

fn accepted() -> impl Iterator<Item = Capture> {
    captures().into_iter().filter(is_accepted_by_name)
}

fn verdict(
    capture: &Capture,
    configure: impl FnOnce(Krb5Builder) -> Krb5Builder,
) -> Result<SecurityContext, Reject> {
    let keytab = Keytab::parse(&capture.keytab()).unwrap();
    let krb5 = configure(
        Krb5::builder(keytab)
            .replay_cache(Arc::new(Forgetful))
            .encryption_types(types_named_for(capture)),
    );
    let acceptor = Acceptor::builder()
        .mechanism(krb5.build().unwrap())
        .build()
        .unwrap();
    match judge(
        &acceptor,
        capture,
        &capture.initiator_token(),
        captured_at(capture),
    )? {
        Step::Complete { context, .. } => Ok(context),
        other => panic!("{}: {other:?}", capture.name()),
    }
}

fn details(context: &SecurityContext) -> &Details {
    context.details().unwrap()
}

/// The KDC's keys, where captures of the same realm hold them.
fn kdc_keys(capture: &Capture) -> Vec<Key> {
    let case = capture.case();
    if !case.has("kdc-keys") {
        return Vec::new();
    }
    let key = |line: &str| {
        let (etype, key) = line.split_once(' ').unwrap();
        let bytes: Vec<u8> = (0..key.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&key[at..at + 2], 16).unwrap())
            .collect();
        Key::new(
            EncryptionType::from_number(etype.parse().unwrap()).unwrap(),
            &bytes,
        )
        .unwrap()
    };
    case.lines("kdc-keys").into_iter().map(key).collect()
}

/// MIT's acceptor gives every buffer of a PAC that it has verified as a name attribute, and indicators of verified CAMMACs.
#[test]
fn buffers_and_indicators_are_those_that_mit_krb5_gives() {
    let mut counts = [0; 2];
    for capture in accepted().filter(|capture| capture.case().has("name-attributes")) {
        let name = capture.name();
        let context = verdict(&capture, |builder| builder.pac(PacPolicy::Require)).unwrap();
        let details = details(&context);
        let pac = details.pac.as_ref().unwrap();
        let mut types = Vec::new();
        let mut indicators = Vec::new();
        for line in capture.case().lines("name-attributes") {
            let (attribute, value) = line.split_once(' ').unwrap();
            if attribute == "auth-indicators" {
                indicators.push(value);
                continue;
            }
            let buffer_type = BufferType::from_attribute(attribute).unwrap();
            let ours: String = pac
                .buffer(buffer_type)
                .unwrap()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            assert_eq!(ours, value, "{name}: {attribute}");
            types.push(buffer_type);
        }
        assert_eq!(pac.buffer_types().collect::<Vec<_>>(), types, "{name}");
        assert_eq!(details.authentication_indicators, indicators, "{name}");
        let warned = (details.etype == EncryptionType::Rc4Hmac).then_some(Warning::Rc4);
        assert_eq!(details.warnings, Vec::from_iter(warned), "{name}");
        counts[0] += 1;
        counts[1] += indicators.len();
    }
    assert_eq!(counts, [37 + CAMELLIA, 29 + CAMELLIA]);
}

/// KDC, ticket and full checksums of MIT krb5 and Samba, with the keys of their KDCs, and with others.
#[test]
fn the_kdcs_own_checksums_fit_their_keys() {
    let mut count = 0;
    for capture in accepted() {
        let keys = kdc_keys(&capture);
        if keys.is_empty() || capture.peer() == "heimdal" {
            continue;
        }
        let others: Vec<Key> = keys
            .iter()
            .map(|key| {
                Key::new(
                    key.encryption_type(),
                    &key.bytes().iter().map(|byte| byte ^ 1).collect::<Vec<_>>(),
                )
                .unwrap()
            })
            .collect();
        let context = verdict(&capture, |builder| builder.kdc_keys(keys).pac(PacPolicy::Require)).unwrap();
        let pac = details(&context).pac.as_ref().unwrap();
        assert!(
            pac.buffer(BufferType::TICKET_CHECKSUM).is_some(),
            "{}",
            capture.name()
        );
        let refused = verdict(&capture, |builder| builder.kdc_keys(others)).unwrap_err();
        let error: &mech_krb5::Error = refused.downcast_ref().unwrap();
        assert!(
            matches!(error.fact, Fact::PacSignatureWrong(_)),
            "{}: {error}",
            capture.name()
        );
        count += 1;
    }
    assert_eq!(count, 43 + CAMELLIA);
}

#[test]
fn a_kdc_without_pacs_gives_none() {
    let mut count = 0;
    for capture in accepted().filter(|capture| capture.peer() == "heimdal") {
        let context = verdict(&capture, |builder| builder).unwrap();
        assert!(details(&context).pac.is_none() && details(&context).warnings.is_empty());
        let refused = verdict(&capture, |builder| builder.pac(PacPolicy::Require)).unwrap_err();
        assert_eq!(refused.reason().code(), "krb5.pac_missing", "{}", capture.name());
        count += 1;
    }
    assert!(count > 0);
}

/// What the domain controller's database says of the account, as far as the capture tells it.
#[test]
fn accounts_of_samba_are_those_of_its_database() {
    const DOMAIN: &str = "S-1-5-21-2020533880-445741037-1269285368";
    let mut count = 0;
    for capture in accepted().filter(|capture| capture.peer() == "samba") {
        let (name, case) = (capture.name(), capture.case());
        let context = verdict(&capture, |builder| builder).unwrap();
        let pac = details(&context).pac.as_ref().unwrap();
        let info = pac.logon_info().unwrap().unwrap();
        let upn = pac.upn_dns_info().unwrap().unwrap();
        let (sam_name, sid) = (upn.sam_name.unwrap(), upn.sid.unwrap());
        assert_eq!(context.initiator().sid(), Some(info.user), "{name}");
        assert_eq!(
            (sid, sam_name.as_str()),
            (info.user, info.effective_name.as_str()),
            "{name}"
        );
        assert_eq!(
            info.effective_name,
            capture.initiator().split('@').next().unwrap(),
            "{name}"
        );
        assert_eq!(upn.dns_domain_name, "AD.TEST", "{name}");
        assert_eq!(
            (
                info.logon_domain.to_string().as_str(),
                info.logon_domain_name.as_str()
            ),
            (DOMAIN, "ADT")
        );
        if case.has("client-sid") {
            assert_eq!(info.user.to_string(), case.text("client-sid"), "{name}");
        }
        if case.has("client-groups") {
            assert_eq!(info.groups.len(), case.lines("client-groups").len(), "{name}");
        }
        assert!(
            info.groups.iter().any(|group| group.sid == info.primary_group),
            "{name}"
        );
        count += 1;
    }
    assert_eq!(count, 10);
}

/// The user `bob` was put into forty groups, and is in Domain Users as everybody is.
#[test]
fn a_user_in_forty_groups_has_them_all() {
    let capture = testvectors::capture("samba/curl-http-pac-bob");
    let context = verdict(&capture, |builder| builder).unwrap();
    let info = details(&context)
        .pac
        .as_ref()
        .unwrap()
        .logon_info()
        .unwrap()
        .unwrap();
    let mut rids: Vec<u32> = info
        .groups
        .iter()
        .map(|group| *group.sid.sub_authorities().last().unwrap())
        .collect();
    rids.sort_unstable();
    rids.dedup();
    assert_eq!(rids.len(), 41);
    assert_eq!(rids[0], 513);
    // Mandatory, enabled by default, enabled.
    assert!(info.groups.iter().all(|group| group.attributes == 7));
}

/// Which services acted: MS-SFU's constrained delegation.
#[test]
fn a_ticket_of_constrained_delegation_names_the_services_that_acted() {
    let context = verdict(&testvectors::capture("mitldap/s4u2proxy-backend"), |builder| {
        builder
    })
    .unwrap();
    let info = details(&context)
        .pac
        .as_ref()
        .unwrap()
        .delegation_info()
        .unwrap()
        .unwrap();
    assert_eq!(info.proxy_target, "HTTP/back.ldap.test");
    assert_eq!(info.transited_services, ["HTTP/www.ldap.test@LDAP.TEST"]);
}
