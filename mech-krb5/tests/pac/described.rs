//! What is read from a PAC, in the words of the vector files.

use mech_krb5::pac::{PacAttributes, UpnSource, VerifiedPac};
use negotiate_core::Group;
use testvectors::Case;

/// Compares every field that the case has with what is in the PAC.
pub(crate) fn check(case: &Case, pac: &VerifiedPac) {
    let mut lines = Vec::new();
    let mut line = |key: &'static str, value: String| lines.push((key, vec![value]));
    let types: Vec<_> = pac
        .buffer_types()
        .map(|buffer_type| buffer_type.0.to_string())
        .collect();
    line("buffers", types.join(" "));
    if let Some(upn) = pac.upn_dns_info().map(Result::unwrap) {
        line("upn", upn.upn);
        let source = match upn.upn_source {
            UpnSource::Account => "account",
            UpnSource::Constructed => "constructed",
        };
        line("upn-source", source.into());
        line("dns-domain-name", upn.dns_domain_name);
        if let Some(name) = upn.sam_name {
            line("sam-name", name);
        }
        if let Some(sid) = upn.sid {
            line("sam-sid", sid.to_string());
        }
    }
    if let Some(requester) = pac.requester().map(Result::unwrap) {
        line("requester", requester.to_string());
    }
    if let Some(attributes) = pac.attributes().map(Result::unwrap) {
        let attributes = match attributes {
            PacAttributes::Requested => "requested",
            PacAttributes::GivenImplicitly => "given-implicitly",
            PacAttributes::Unsaid => "unsaid",
        };
        line("attributes", attributes.into());
    }
    if let Some(delegation) = pac.delegation_info().map(Result::unwrap) {
        line("proxy-target", delegation.proxy_target);
        lines.push(("transited-services", delegation.transited_services));
    }
    lines.extend(logon_info(pac));
    for (key, ours) in &lines {
        let theirs: Vec<&str> = case
            .lines(key)
            .into_iter()
            .filter(|line| !line.is_empty())
            .collect();
        let ours: Vec<&str> = ours
            .iter()
            .map(String::as_str)
            .filter(|line| !line.is_empty())
            .collect();
        assert_eq!(ours, theirs, "{case}: {key}");
    }
    let described = |key: &&str| FIELDS.contains(key);
    let of_case = case.keys().filter(described).count();
    assert_eq!(
        lines.iter().filter(|(key, _)| described(key)).count(),
        of_case,
        "{case}: {lines:?}"
    );
}

/// All fields that describe a PAC's content.
const FIELDS: [&str; 23] = [
    "buffers",
    "upn",
    "upn-source",
    "dns-domain-name",
    "sam-name",
    "sam-sid",
    "requester",
    "attributes",
    "proxy-target",
    "transited-services",
    "logon-time-micros",
    "effective-name",
    "full-name",
    "user",
    "primary-group",
    "groups",
    "extra-sids",
    "resource-groups",
    "logon-server",
    "logon-domain-name",
    "logon-domain",
    "user-flags",
    "user-account-control",
];

pub(crate) fn logon_info(pac: &VerifiedPac) -> Vec<(&'static str, Vec<String>)> {
    let Some(info) = pac.logon_info().map(Result::unwrap) else {
        assert_eq!(pac.user(), None);
        return Vec::new();
    };
    assert_eq!(pac.user(), Some(info.user));
    let time = info
        .logon_time
        .map_or("none".into(), |time| time.unix_micros().to_string());
    [
        ("logon-time-micros", vec![time]),
        ("effective-name", vec![info.effective_name]),
        ("full-name", vec![info.full_name]),
        ("user", vec![info.user.to_string()]),
        ("primary-group", vec![info.primary_group.to_string()]),
        ("groups", groups(&info.groups)),
        ("extra-sids", groups(&info.extra_sids)),
        ("resource-groups", groups(&info.resource_groups)),
        ("logon-server", vec![info.logon_server]),
        ("logon-domain-name", vec![info.logon_domain_name]),
        ("logon-domain", vec![info.logon_domain.to_string()]),
        ("user-flags", vec![format!("{:#x}", info.user_flags)]),
        (
            "user-account-control",
            vec![format!("{:#x}", info.user_account_control)],
        ),
    ]
    .into()
}

pub(crate) fn groups(groups: &[Group]) -> Vec<String> {
    groups
        .iter()
        .map(|group| format!("{} {:#x}", group.sid, group.attributes))
        .collect()
}
