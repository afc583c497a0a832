//! The serialised buffers: `KERB_VALIDATION_INFO` (MS-PAC section 2.5), `S4U_DELEGATION_INFO` (2.9), `PAC_DEVICE_INFO`
//! (2.12).

use super::ndr::{self, array, sid, text};
use crate::binary::{Fields, Read};
use crate::tree::{Node, Value};

pub(super) fn read(fields: &mut Fields<'_, '_, '_>) -> Read<()> {
    let read = structures(fields);
    // What was read is told in words whether the rest could be read or not.
    name_accounts(fields.node);
    read
}

fn structures(fields: &mut Fields<'_, '_, '_>) -> Read<()> {
    ndr::headers(fields)?;
    for name in [
        "LogonTime",
        "LogoffTime",
        "KickOffTime",
        "PasswordLastSet",
        "PasswordCanChange",
        "PasswordMustChange",
    ] {
        fields.file_time(name)?;
    }
    let texts = [
        text(fields, "EffectiveName")?,
        text(fields, "FullName")?,
        text(fields, "LogonScript")?,
        text(fields, "ProfilePath")?,
        text(fields, "HomeDirectory")?,
        text(fields, "HomeDirectoryDrive")?,
    ];
    fields.u16("LogonCount")?;
    fields.u16("BadPasswordCount")?;
    fields.u32("UserId")?;
    fields.u32("PrimaryGroupId")?;
    let groups = array(fields, "GroupCount", "GroupIds")?;
    fields.flags("UserFlags", &USER_FLAGS)?;
    fields.secret(16, "UserSessionKey")?;
    let logon_server = text(fields, "LogonServer")?;
    let logon_domain_name = text(fields, "LogonDomainName")?;
    let logon_domain = fields.u32("LogonDomainId")?;
    fields.bytes(8, "Reserved1")?;
    fields.u32("UserAccountControl")?;
    fields.u32("SubAuthStatus")?;
    fields.file_time("LastSuccessfulILogon")?;
    fields.file_time("LastFailedILogon")?;
    fields.u32("FailedILogonCount")?;
    fields.u32("Reserved3")?;
    let extra_sids = array(fields, "SidCount", "ExtraSids")?;
    let resource_domain = fields.u32("ResourceGroupDomainSid")?;
    let resource_groups = array(fields, "ResourceGroupCount", "ResourceGroupIds")?;

    deferred(fields, |fields| {
        texts.into_iter().try_for_each(|text| text.show(fields))?;
        groups.memberships(fields)?;
        logon_server.show(fields)?;
        logon_domain_name.show(fields)?;
        if logon_domain != 0 {
            sid(fields, "LogonDomainId")?;
        }
        extra_sids.sids(fields)?;
        if resource_domain != 0 {
            sid(fields, "ResourceGroupDomainSid")?;
        }
        resource_groups.memberships(fields)
    })
}

/// What the structure's pointers point to, in a part of its own.
fn deferred(
    fields: &mut Fields<'_, '_, '_>,
    read: impl FnOnce(&mut Fields<'_, '_, '_>) -> Read<()>,
) -> Read<()> {
    let origin = fields.origin();
    let rest = fields.rest().len();
    fields.structure(rest, "deferred", |part| {
        part.aligned_from(origin);
        read(part)
    })
}

/// MS-PAC section 2.5.
const USER_FLAGS: [(u32, &str); 2] = [(0x20, "extra-sids"), (0x200, "resource-groups")];

/// SIDs of the account and its groups from their relative identifiers.
fn name_accounts(node: &mut Node) {
    let relative = |node: &Node, name| node.integer_of(name).map(i32::cast_unsigned);
    let user = relative(node, "UserId");
    let primary_group = relative(node, "PrimaryGroupId");
    let Some(deferred) = node.child_mut("deferred") else {
        return;
    };
    let domain = deferred.text_of("LogonDomainId").map(str::to_owned);
    let resource_domain = deferred.text_of("ResourceGroupDomainSid").map(str::to_owned);
    for group in &mut deferred.children {
        let domain = match group.name {
            "GroupIds" => &domain,
            "ResourceGroupIds" => &resource_domain,
            _ => continue,
        };
        if let (Some(domain), Some(Value::Integer(rid))) =
            (domain, group.child("RelativeId").map(|rid| rid.value.clone()))
        {
            group.value = Value::Text(format!("{domain}-{rid}"));
        }
    }
    let Some(domain) = domain else {
        return;
    };
    for (name, rid) in [("UserId", user), ("PrimaryGroupId", primary_group)] {
        if let (Some(field), Some(rid)) = (node.child_mut(name), rid) {
            field.meaning = Some(format!("{domain}-{rid}"));
        }
    }
}

pub(super) fn delegation(fields: &mut Fields<'_, '_, '_>) -> Read<()> {
    ndr::headers(fields)?;
    let target = text(fields, "S4U2proxyTarget")?;
    let services = array(fields, "TransitedListSize", "S4UTransitedServices")?;
    deferred(fields, |fields| {
        target.show(fields)?;
        let count = services.begin(fields)?;
        let mut heads = Vec::new();
        for _ in 0..count {
            heads.push(text(fields, "S4UTransitedServices")?);
        }
        heads.into_iter().try_for_each(|head| head.show(fields))
    })
}

pub(super) fn device(fields: &mut Fields<'_, '_, '_>) -> Read<()> {
    ndr::headers(fields)?;
    fields.u32("UserId")?;
    fields.u32("PrimaryGroupId")?;
    let domain = fields.u32("AccountDomainId")?;
    let groups = array(fields, "AccountGroupCount", "AccountGroupIds")?;
    let extra_sids = array(fields, "SidCount", "ExtraSids")?;
    let domain_groups = array(fields, "DomainGroupCount", "DomainGroup")?;
    deferred(fields, |fields| {
        if domain != 0 {
            sid(fields, "AccountDomainId")?;
        }
        groups.memberships(fields)?;
        extra_sids.sids(fields)?;
        let count = domain_groups.begin(fields)?;
        let mut heads = Vec::new();
        for _ in 0..count {
            let domain = fields.u32("DomainId")?;
            heads.push((domain, array(fields, "GroupCount", "GroupIds")?));
        }
        heads.into_iter().try_for_each(|(domain, groups)| {
            if domain != 0 {
                sid(fields, "DomainId")?;
            }
            groups.memberships(fields)
        })
    })
}
