//! Tickets of a Samba AD DC: what we read from their PACs is what the directory, winbind, MIT krb5 and Samba say.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use interop::client::url;
use interop::domain::Domain;
use interop::kdc::Tickets;
use interop::peers::succeed;
use interop::server::{Gateway, axum_example, backend, configured};
use interop::token::{Explained, attributes_by_mit, explain};
use mech_krb5::crypto::{EncryptionType, Key};
use mech_krb5::keytab::Keytab;
use mech_krb5::pac::{BufferType, Claims, PacFault, UpnSource, VerifiedPac};
use mech_krb5::replay::{ReplayAnswer, ReplayCache, ReplayEntry};
use mech_krb5::{Details, Error, Fact, Krb5, PacPolicy};
use negotiate_core::{
    Acceptor, Ambient, ClaimValues, ClaimsSource, Group, Reject, SecurityContext, Step, SystemRandom,
    Timestamp,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

const WEB: &str = "HTTP/web.ad.test";
const BOB: &str = "CN=bob,CN=Users,DC=ad,DC=test";

// Well-known SIDs (MS-DTYP section 2.4.2.4): a group of each machine, and so in no PAC; the KDC saw the user's own key; a
// service vouched for the user; the KDC makes claims.
const BUILTIN_USERS: &str = "S-1-5-32-545";
const ASSERTED_BY_AUTHORITY: &str = "S-1-18-1";
const ASSERTED_BY_SERVICE: &str = "S-1-18-2";
const CLAIMS_VALID: &str = "S-1-5-21-0-0-0-497";

/// The acceptor by itself, with the KDC's keys where the test has them.
fn accept(keytab: &Path, kdc_keys: Vec<Key>, token: &[u8]) -> Result<SecurityContext, Reject> {
    #[derive(Debug)]
    struct NothingSeen;
    impl ReplayCache for NothingSeen {
        fn check(&self, _: ReplayEntry<'_>, _: Timestamp) -> ReplayAnswer {
            ReplayAnswer::Fresh
        }
    }
    let krb5 = Krb5::builder(read(keytab))
        .replay_cache(Arc::new(NothingSeen))
        .pac(PacPolicy::Require)
        .kdc_keys(kdc_keys);
    let acceptor = Acceptor::builder().mechanism(krb5.build().unwrap());
    let mut ambient = Ambient {
        now: Timestamp::now(),
        random: &mut SystemRandom,
    };
    match acceptor
        .build()
        .unwrap()
        .exchange(None)
        .step(token, &mut ambient)?
    {
        Step::Complete { context, .. } => Ok(context),
        other => panic!("{other:?}"),
    }
}

fn read(keytab: &Path) -> Keytab {
    Keytab::parse(&std::fs::read(keytab).unwrap()).unwrap()
}

fn pac(context: &SecurityContext) -> &VerifiedPac {
    context.details::<Details>().unwrap().pac.as_ref().unwrap()
}

/// As Samba's reading has them.
fn memberships(groups: &[Group]) -> Value {
    let pairs = groups
        .iter()
        .map(|group| json!([group.sid.to_string(), group.attributes]));
    pairs.collect()
}

/// As Samba's reading has them.
fn claims_by_name(claims: &Claims) -> Value {
    let texts = |values: &ClaimValues| match values {
        ClaimValues::Int64(values) => values.iter().map(i64::to_string).collect(),
        ClaimValues::Uint64(values) => values.iter().map(u64::to_string).collect(),
        ClaimValues::String(values) => values.clone(),
        ClaimValues::Boolean(values) => values.iter().map(|value| u8::from(*value).to_string()).collect(),
        other => panic!("{other:?}"),
    };
    let claims = claims.claims.iter();
    json!(
        claims
            .map(|claim| (claim.id.clone(), texts(&claim.values)))
            .collect::<BTreeMap<String, Vec<String>>>()
    )
}

fn sids(groups: &[Group]) -> BTreeSet<String> {
    groups.iter().map(|group| group.sid.to_string()).collect()
}

/// Real curl, a ticket of the DC, and the keytab that the DC exported.
#[test]
fn a_user_in_forty_groups_logs_in() {
    let domain = Domain::up();
    let gateway = Gateway::start(&domain.keytab("web"));
    let bob = domain.login("bob", &[WEB]);
    let page = url("web.ad.test", gateway.daemon.address);
    let got = domain.curl(&bob, &page);
    assert_eq!(got.status(), 200, "{got:?}\n{}", gateway.daemon.log());
    assert_eq!(got.forwarded("x-remote-user").as_deref(), Some("bob@AD.TEST"));
    assert!(got.last().has_reply_token(), "{got:?}");
}

/// The typed API in an application of axum.
#[test]
fn a_handler_of_axum_sees_account_and_groups() {
    let domain = Domain::up();
    let example = axum_example(&domain.keytab("web"));
    let bob = domain.login("bob", &[WEB]);
    let got = domain.curl(&bob, &url("web.ad.test", example.address));
    assert_eq!(got.status(), 200, "{got:?}");
    let sid = domain.sids(BOB, "objectSid").pop_first().unwrap();
    assert!(got.body.contains(&format!("account: {sid} of ADT\n")), "{got:?}");
    let seen = got.body.lines().filter_map(|line| line.strip_prefix("group: "));
    let mut seen: BTreeSet<String> = seen.map(str::to_owned).collect();
    assert!(
        seen.remove(ASSERTED_BY_AUTHORITY)
            && seen.remove(CLAIMS_VALID)
            && seen.insert(BUILTIN_USERS.to_owned())
    );
    assert_eq!(seen, domain.sids(BOB, "tokenGroups"));
}

/// Raw buffers against MIT's acceptor, which has verified them too; what is in them against Samba's own decoder.
fn is_read_as_others_do(keytab: &Path, token: &[u8]) -> SecurityContext {
    let context = accept(keytab, Vec::new(), token).unwrap();
    let pac = pac(&context);
    let by_mit = attributes_by_mit(keytab, token);
    assert_eq!(by_mit["urn:mspac:"], [pac.as_bytes()]);
    let buffers: BTreeSet<_> = pac.buffer_types().collect();
    let mut of_mit = BTreeSet::new();
    for (name, values) in by_mit.iter().filter(|(name, _)| *name != "urn:mspac:") {
        let buffer_type = BufferType::from_attribute(name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(values[..], [pac.buffer(buffer_type).unwrap()], "{name}");
        of_mit.insert(buffer_type);
    }
    assert_eq!(buffers, of_mit);

    let info = pac.logon_info().unwrap().unwrap();
    let upn = pac.upn_dns_info().unwrap().unwrap();
    let (sam_name, sid) = (upn.sam_name.unwrap(), upn.sid.unwrap());
    let mut ours = json!({
        "buffers": pac.buffer_types().map(|buffer_type| buffer_type.0).collect::<Vec<_>>(),
        "sid": info.user.to_string(),
        "primary_group": info.primary_group.to_string(),
        "groups": memberships(&info.groups),
        "extra_sids": memberships(&info.extra_sids),
        "resource_groups": memberships(&info.resource_groups),
        "sam_name": info.effective_name,
        "display_name": info.full_name,
        "logon_server": info.logon_server,
        "domain": info.logon_domain_name,
        "user_flags": info.user_flags,
        "user_account_control": info.user_account_control,
        "upn": upn.upn,
        "dns_domain": upn.dns_domain_name,
        "upn_is_constructed": upn.upn_source == UpnSource::Constructed,
        "upn_sam_name": sam_name,
        "upn_sid": sid.to_string(),
        "client_name": context.initiator().name(),
    });
    if let Some(delegation) = pac.delegation_info() {
        let delegation = delegation.unwrap();
        ours["proxy_target"] = delegation.proxy_target.into();
        ours["delegated_by"] = delegation.transited_services.into();
    }
    if let Some(claims) = pac.client_claims() {
        let buffer = pac.buffer(BufferType::CLIENT_CLAIMS).unwrap();
        ours["claims_are_compressed"] = (buffer[28..30] == [4, 0]).into();
        ours["client_claims"] = claims_by_name(&claims.unwrap());
    }
    assert_eq!(ours, Domain::up().read_pac(&by_mit["urn:mspac:"][0]));

    let said = explain(keytab, &[], token);
    assert_eq!(said.exit, Some(0), "{}", said.json);
    for key in [
        "sid",
        "primary_group",
        "sam_name",
        "logon_server",
        "domain",
        "user_flags",
        "upn",
        "dns_domain",
    ] {
        assert_eq!(said.json["attributes"][key], ours[key], "{key}");
    }
    let groups = said.json["attributes"]["groups"].as_array().unwrap().iter();
    let groups: BTreeSet<_> = groups
        .map(|group| group["sid"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(groups, sids(&info.groups));
    let raw = by_mit.into_iter().map(|(name, values)| {
        let values = values.iter().map(|value| STANDARD.encode(value));
        (name, values.collect::<Vec<_>>())
    });
    let raw: BTreeMap<_, _> = raw.collect();
    assert_eq!(said.json["name_attributes"], json!(raw));
    context
}

/// Direct and nested memberships, global, universal and domain-local.
#[test]
fn sids_are_those_of_the_directory_and_of_winbind() {
    let domain = Domain::up();
    let token = domain.initiate(&domain.login("bob", &[WEB]), "HTTP@web.ad.test");
    let context = is_read_as_others_do(&domain.keytab("web"), &token);
    let info = pac(&context).logon_info().unwrap().unwrap();
    let user = info.user.to_string();
    assert_eq!(context.initiator().sid(), Some(info.user));

    assert_eq!(domain.sids(BOB, "objectSid"), BTreeSet::from([user.clone()]));
    let token_groups = domain.sids(BOB, "tokenGroups");
    let domain_users = info.primary_group.to_string();
    let rid = &domain.ldapsearch(BOB, "primaryGroupID")[0];
    assert_eq!(domain_users.rsplit('-').next().unwrap().as_bytes(), rid);

    let mut groups = sids(&info.groups);
    let local = sids(&info.resource_groups);
    assert_eq!(local, domain.domain_local_groups(&token_groups));
    assert!(groups.is_disjoint(&local) && local.len() == 10, "{local:?}");
    groups.extend(local);
    assert!(groups.len() > 40 && groups.contains(&domain_users), "{groups:?}");
    assert!(groups.insert(BUILTIN_USERS.to_owned()));
    assert_eq!(groups, token_groups);

    // winbind knows nested groups after a logon.
    let said = domain.wbinfo(&["--authenticate", "ADT\\bob%Bob-pw1"]);
    assert!(said[0].contains("succeeded"), "{said:?}");
    let by_winbind: BTreeSet<_> = domain.wbinfo(&["--user-sids", &user]).into_iter().collect();
    groups.insert(user.clone());
    assert_eq!(groups, by_winbind);
    let by_name = &domain.wbinfo(&["--name-to-sid", "bob"])[0];
    assert_eq!(*by_name, format!("{user} SID_USER (1)"));
    let user_info = &domain.wbinfo(&["--user-info", "bob"])[0];
    let qualified = format!("{}\\{}", info.logon_domain_name, info.effective_name);
    assert_eq!(user_info.split(':').next(), Some(qualified.as_str()));

    assert_eq!(
        sids(&info.extra_sids),
        BTreeSet::from([ASSERTED_BY_AUTHORITY, CLAIMS_VALID].map(str::to_owned))
    );
}

/// Text, several texts, a number, a truth; compressed.
#[test]
fn claims_are_those_of_the_directory() {
    let domain = Domain::up();
    let token = domain.initiate(&domain.login("bob", &[WEB]), "HTTP@web.ad.test");
    let context = is_read_as_others_do(&domain.keytab("web"), &token);
    let claims = pac(&context).client_claims().unwrap().unwrap();
    assert!(
        claims
            .claims
            .iter()
            .all(|claim| claim.source == ClaimsSource::ActiveDirectory)
    );
    let claims = claims_by_name(&claims);
    let claims = claims.as_object().unwrap();
    assert_eq!(claims.len(), 5);
    for (id, values) in claims {
        // ad://ext/NAME:NUMBER
        let attribute = id.split(['/', ':']).nth_back(1).unwrap();
        let in_directory = domain.ldapsearch(BOB, attribute).into_iter();
        let in_directory = in_directory.map(|value| match value.as_slice() {
            b"TRUE" => "1".to_owned(),
            text => String::from_utf8(text.to_vec()).unwrap(),
        });
        let mut in_directory: Vec<_> = in_directory.collect();
        in_directory.sort();
        assert_eq!(*values, json!(in_directory), "{attribute}");
    }
    let said = explain(&domain.keytab("web"), &[], &token);
    let claims = said.json["attributes"]["claims"].as_object().unwrap();
    let (_, department) = claims.iter().find(|(id, _)| id.contains("department")).unwrap();
    assert_eq!(*department, json!(["Zimmerei & Söhne"]));
}

/// A name of the company's own, the domain's default, and none.
#[test]
fn user_principal_names_are_those_of_the_directory() {
    let domain = Domain::up();
    for (user, expected) in [
        ("alice", Some("alice@ad.test")),
        ("bob", Some("robert@corp.example")),
        ("carol", None),
    ] {
        let token = domain.initiate(&domain.login(user, &[WEB]), "HTTP@web.ad.test");
        let context = is_read_as_others_do(&domain.keytab("web"), &token);
        let upn = pac(&context).upn_dns_info().unwrap().unwrap();
        let dn = format!("CN={user},CN=Users,DC=ad,DC=test");
        let in_directory = domain.ldapsearch(&dn, "userPrincipalName");
        let in_directory = in_directory.first().map(|name| String::from_utf8_lossy(name));
        assert_eq!(in_directory.as_deref(), expected);
        let (name, source) = match expected {
            Some(name) => (name, UpnSource::Account),
            None => ("carol@ad.test", UpnSource::Constructed),
        };
        assert_eq!((upn.upn.as_str(), upn.upn_source), (name, source));
    }
}

/// Server, KDC, ticket (16) and full (19) checksums, with the key of krbtgt that the DC exported, and with another.
#[test]
fn all_four_checksums_fit_the_keys_of_the_domain() {
    let domain = Domain::up();
    let web = domain.keytab("web");
    let token = domain.initiate(&domain.login("bob", &[WEB]), "HTTP@web.ad.test");
    let keytab = read(&domain.keytab("krbtgt"));
    let keys = keytab.entries().iter().filter_map(|entry| {
        let etype = EncryptionType::from_number(entry.etype())?;
        Some(Key::new(etype, entry.key().expose()).unwrap())
    });
    let keys: Vec<Key> = keys.collect();
    let context = accept(&web, keys.clone(), &token).unwrap();
    let types: Vec<_> = pac(&context).buffer_types().collect();
    for checksum in [
        BufferType::SERVER_CHECKSUM,
        BufferType::KDC_CHECKSUM,
        BufferType::TICKET_CHECKSUM,
        BufferType::FULL_CHECKSUM,
    ] {
        assert!(types.contains(&checksum), "{checksum}: {types:?}");
    }
    let others = keys.iter().map(|key| {
        let bytes: Vec<u8> = key.bytes().iter().map(|byte| byte ^ 1).collect();
        Key::new(key.encryption_type(), &bytes).unwrap()
    });
    let refused = accept(&web, others.collect(), &token).unwrap_err();
    let fault = PacFault::ChecksumWrong(BufferType::KDC_CHECKSUM);
    let error: &Error = refused.downcast_ref().unwrap();
    assert_eq!(error.fact, Fact::PacSignatureWrong(fault));
}

/// S4U2Self and S4U2Proxy by MIT's kvno: the PAC names the service that speaks for alice, who never logged in.
#[test]
fn a_ticket_of_constrained_delegation_says_so() {
    let domain = Domain::up();
    let (web, alice) = (domain.login("web", &["krbtgt/AD.TEST"]), Tickets::none());
    let mut kvno = domain.beside("kvno");
    kvno.arg("-k").arg(domain.keytab("web-account"));
    kvno.args(["-U", "alice", "-P", "--out-cache"]).arg(alice.path());
    kvno.arg("HTTP/back.ad.test");
    succeed(web.given_to(&mut kvno), b"");
    let token = domain.initiate(&alice, "HTTP@back.ad.test");
    let context = is_read_as_others_do(&domain.keytab("back"), &token);
    assert_eq!(context.initiator().display(), "alice@AD.TEST");
    let delegation = pac(&context).delegation_info().unwrap().unwrap();
    assert_eq!(delegation.proxy_target, "HTTP/back.ad.test");
    assert_eq!(delegation.transited_services, ["web@AD.TEST"]);
    let info = pac(&context).logon_info().unwrap().unwrap();
    assert_eq!(
        sids(&info.extra_sids),
        BTreeSet::from([ASSERTED_BY_SERVICE, CLAIMS_VALID].map(str::to_owned))
    );
}

/// An account of Active Directory has many names and one key: the ticket's name is the label if it is in the keytab,
/// else the key's first.
#[test]
fn services_under_one_key_are_one_service() {
    let domain = Domain::up();
    let (one, both) = (domain.keytab("web"), domain.keytab("web-and-intranet"));
    let bob = domain.login("bob", &[WEB, "HTTP/intranet.ad.test"]);
    let token = |host: &str| domain.initiate(&bob, &format!("HTTP@{host}"));
    let acceptor = |said: Explained| {
        assert_eq!(said.exit, Some(0), "{}", said.json);
        said.json["acceptor_name"].as_str().unwrap().to_owned()
    };
    let (web, intranet) = (token("web.ad.test"), token("intranet.ad.test"));
    assert_eq!(acceptor(explain(&one, &[], &web)), "HTTP/web.ad.test@AD.TEST");
    assert_eq!(
        acceptor(explain(&one, &[], &intranet)),
        "HTTP/web.ad.test@AD.TEST"
    );
    assert_eq!(acceptor(explain(&both, &[], &web)), "HTTP/web.ad.test@AD.TEST");
    assert_eq!(
        acceptor(explain(&both, &[], &intranet)),
        "HTTP/intranet.ad.test@AD.TEST"
    );

    // A restriction by name cannot tell them apart, and the gateway says so when it starts.
    let backend = backend();
    let gateway = configured(&format!(
        "keytab = {both:?}\n[acceptor]\nnames = [\"HTTP@intranet.ad.test\"]\n\
         [reverse_proxy]\nupstream = \"http://{}\"\n",
        backend.address
    ));
    let got = domain.curl(&bob, &url("web.ad.test", gateway.address));
    assert_eq!(got.status(), 200, "{got:?}\n{}", gateway.log());
    assert!(gateway.log().contains("has the same key"), "{}", gateway.log());
}
