//! What the ticket says about the user beyond the name, as `explain` shows it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mech_krb5::Details;
use mech_krb5::pac::{Claims, PacAttributes, PacFault, UpnSource, VerifiedPac};
use negotiate_core::{ClaimValues, MechDetails};
use serde::Serialize;
use std::collections::BTreeMap;

/// The attributes of a login. What the ticket does not say is left out.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Attributes {
    /// `verified`, `none` or `discarded`.
    pac: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_group: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Group>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extra_sids: Vec<Group>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource_groups: Vec<Group>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sam_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upn: Option<String>,
    /// `account` or `constructed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    upn_source: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dns_domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logon_server: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logon_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_flags: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_account_control: Option<u32>,
    /// `requested`, `given_implicitly` or `unsaid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pac_requested: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requester_sid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_target: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    delegated_by: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    claims: BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<Device>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    auth_indicators: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// A group, and what its membership is good for.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Group {
    sid: String,
    attributes: Vec<&'static str>,
}

/// The device that the client logged on from.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Device {
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Group>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    claims: BTreeMap<String, Vec<String>>,
}

/// The name attributes as MIT krb5's acceptor gives them, each with its values in base64.
pub(super) fn name_attributes(details: &Details) -> BTreeMap<String, Vec<String>> {
    let attributes = details.name_attributes().into_iter();
    let attributes = attributes.map(|attribute| {
        let values = attribute.values.iter().map(|value| BASE64_STANDARD.encode(value));
        (attribute.name.into_owned(), values.collect())
    });
    attributes.collect()
}

impl Attributes {
    pub(super) fn of(details: &Details) -> Self {
        let discarded = |warning: &mech_krb5::Warning| matches!(warning, mech_krb5::Warning::PacDiscarded(_));
        let mut attributes = Self {
            pac: match &details.pac {
                Some(_) => "verified",
                None if details.warnings.iter().any(discarded) => "discarded",
                None => "none",
            },
            auth_indicators: details.authentication_indicators.clone(),
            warnings: details.warnings.iter().map(ToString::to_string).collect(),
            ..Self::default()
        };
        if let Some(pac) = &details.pac {
            attributes.add(pac);
        }
        attributes
    }

    fn add(&mut self, pac: &VerifiedPac) {
        if let Some(info) = self.readable(pac.logon_info()) {
            self.sid = Some(info.user.to_string());
            self.primary_group = Some(info.primary_group.to_string());
            self.groups = groups(&info.groups);
            self.extra_sids = groups(&info.extra_sids);
            self.resource_groups = groups(&info.resource_groups);
            self.sam_name = not_empty(info.effective_name);
            self.display_name = not_empty(info.full_name);
            self.domain = not_empty(info.logon_domain_name);
            self.logon_server = not_empty(info.logon_server);
            self.logon_time = info.logon_time.map(|time| time.to_string());
            self.user_flags = Some(info.user_flags);
            self.user_account_control = Some(info.user_account_control);
        }
        if let Some(upn) = self.readable(pac.upn_dns_info()) {
            self.upn = not_empty(upn.upn);
            self.upn_source = Some(match upn.upn_source {
                UpnSource::Account => "account",
                UpnSource::Constructed => "constructed",
            });
            self.dns_domain = not_empty(upn.dns_domain_name);
        }
        if let Some(delegation) = self.readable(pac.delegation_info()) {
            self.proxy_target = not_empty(delegation.proxy_target);
            self.delegated_by = delegation.transited_services;
        }
        if let Some(claims) = self.readable(pac.client_claims().filter(|_| pac.has_valid_claims())) {
            self.claims = values(claims);
        }
        self.requester_sid = self.readable(pac.requester()).map(|sid| sid.to_string());
        self.pac_requested = self
            .readable(pac.attributes())
            .map(|attributes| match attributes {
                PacAttributes::Requested => "requested",
                PacAttributes::GivenImplicitly => "given_implicitly",
                PacAttributes::Unsaid => "unsaid",
            });
        self.device = self.device(pac);
    }

    fn device(&mut self, pac: &VerifiedPac) -> Option<Device> {
        let info = self.readable(pac.device_info().filter(|_| pac.has_authenticated_device()));
        let claims = self.readable(pac.device_claims().filter(|_| pac.has_valid_device_claims()));
        if info.is_none() && claims.is_none() {
            return None;
        }
        let mut device = Device {
            claims: claims.map(values).unwrap_or_default(),
            ..Device::default()
        };
        if let Some(info) = info {
            device.sid = Some(info.device.to_string());
            device.groups = groups(&info.groups);
            device.groups.extend(groups(&info.extra_sids));
            let others = info.domain_groups.iter();
            device
                .groups
                .extend(others.flat_map(|domain| groups(&domain.groups)));
        }
        Some(device)
    }

    /// A buffer that is signed and cannot be read is worth a warning.
    fn readable<T>(&mut self, buffer: Option<Result<T, PacFault>>) -> Option<T> {
        buffer?
            .map_err(|fault| self.warnings.push(fault.to_string()))
            .ok()
    }

    /// For people.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&'static str, String)> {
        let claims = self.claims.iter();
        let claims = claims.map(|(id, values)| ("claim", format!("{id} = {}", values.join(", "))));
        let lists = [&self.groups, &self.extra_sids, &self.resource_groups].map(|sids| shortened(sids));
        let groups: Vec<String> = lists.into_iter().filter(|list| !list.is_empty()).collect();
        let lines = [
            ("SID", self.sid.clone()),
            ("groups", not_empty(groups.join("; "))),
            ("UPN", self.upn.clone()),
            ("DNS domain", self.dns_domain.clone()),
            (
                "requested by",
                self.requester_sid
                    .clone()
                    .filter(|_| self.requester_sid != self.sid),
            ),
            ("delegated by", not_empty(self.delegated_by.join(", "))),
            ("auth indicators", not_empty(self.auth_indicators.join(", "))),
        ];
        let warnings = self.warnings.iter().map(|warning| ("warning", warning.clone()));
        let lines = lines.into_iter().filter_map(|(name, value)| Some((name, value?)));
        lines.chain(claims).chain(warnings)
    }
}

fn not_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn groups(groups: &[negotiate_core::Group]) -> Vec<Group> {
    let groups = groups.iter().map(|group| Group {
        sid: group.sid.to_string(),
        attributes: group.attribute_names().collect(),
    });
    groups.collect()
}

/// Of groups of one domain all but the first by the relative identifier alone.
fn shortened(groups: &[Group]) -> String {
    let mut domain = None;
    let mut text: Vec<&str> = Vec::new();
    for Group { sid, .. } in groups {
        let at = sid.rfind('-').unwrap_or(0);
        let (this, rid) = sid.split_at(at);
        text.push(if domain == Some(this) { rid } else { sid });
        domain = Some(this);
    }
    text.join(", ")
}

fn values(claims: Claims) -> BTreeMap<String, Vec<String>> {
    fn texts<T: ToString>(values: &[T]) -> Vec<String> {
        values.iter().map(ToString::to_string).collect()
    }
    let claims = claims.claims.into_iter().map(|claim| {
        let values = match claim.values {
            ClaimValues::Int64(values) => texts(&values),
            ClaimValues::Uint64(values) => texts(&values),
            ClaimValues::String(values) => values,
            ClaimValues::Boolean(values) => texts(&values),
            _ => Vec::new(),
        };
        (claim.id, values)
    });
    claims.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_one_domain_are_told_shortly() {
        let group = |sid: &&str| Group {
            sid: (*sid).to_owned(),
            attributes: Vec::new(),
        };
        let of = |sids: &[&str]| shortened(&sids.iter().map(group).collect::<Vec<_>>());
        assert_eq!(of(&[]), "");
        assert_eq!(
            of(&["S-1-5-21-1-2-3-4", "S-1-5-21-1-2-3-5"]),
            "S-1-5-21-1-2-3-4, -5"
        );
        assert_eq!(
            of(&["S-1-18-1", "S-1-5-21-1-4", "S-1-18-2"]),
            "S-1-18-1, S-1-5-21-1-4, S-1-18-2"
        );
    }
}
