//! `KERB_VALIDATION_INFO` (MS-PAC section 2.5): the account and its groups.

use super::client_info::file_time;
use super::ndr::{Pointer, Reader};
use super::{PacFault, Sid};
use alloc::string::String;
use alloc::vec::Vec;
use negotiate_core::Timestamp;

/// The account that logged on, and the groups it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogonInfo {
    /// When the client logged on.
    pub logon_time: Option<Timestamp>,
    /// SAM account name.
    pub effective_name: String,
    /// Display name.
    pub full_name: String,
    /// SID of the account.
    pub user: Sid,
    /// SID of its primary group.
    pub primary_group: Sid,
    /// Groups of the account's own domain.
    pub groups: Vec<GroupMembership>,
    /// Groups of other domains, and well-known identities.
    pub extra_sids: Vec<SidAndAttributes>,
    /// Domain-local groups of the service's domain.
    pub resource_groups: Vec<GroupMembership>,
    /// Name of the domain controller.
    pub logon_server: String,
    /// NetBIOS name of the account's domain.
    pub logon_domain_name: String,
    /// SID of the account's domain.
    pub logon_domain: Sid,
    /// `UserFlags` (section 2.5).
    pub user_flags: u32,
    /// `UserAccountControl` (MS-SAMR section 2.2.1.12).
    pub user_account_control: u32,
}

/// A group by its SID, with the attributes of the membership (`SE_GROUP_*`, MS-PAC section 2.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMembership {
    /// SID of the group.
    pub sid: Sid,
    /// Attributes.
    pub attributes: u32,
}

/// A SID with attributes (`KERB_SID_AND_ATTRIBUTES`, MS-PAC section 2.2.1).
pub type SidAndAttributes = GroupMembership;

impl LogonInfo {
    /// Reads the buffer.
    pub(super) fn decode(buffer: &[u8]) -> Result<Self, PacFault> {
        let mut r = Reader::serialized(buffer)?;
        let logon_time = file_time(r.u64()?);
        // LogoffTime, KickOffTime, PasswordLastSet, PasswordCanChange, PasswordMustChange
        r.skip(40)?;
        let effective_name = r.string_header()?;
        let full_name = r.string_header()?;
        let unused = [
            r.string_header()?,
            r.string_header()?,
            r.string_header()?,
            r.string_header()?,
        ];
        // LogonCount, BadPasswordCount
        r.skip(4)?;
        let (user_id, primary_group_id) = (r.u32()?, r.u32()?);
        let (group_count, group_ids) = (r.u32()?, r.pointer()?);
        let user_flags = r.u32()?;
        // UserSessionKey
        r.skip(16)?;
        let logon_server = r.string_header()?;
        let logon_domain_name = r.string_header()?;
        let logon_domain_id = r.pointer()?;
        // Reserved1
        r.skip(8)?;
        let user_account_control = r.u32()?;
        // SubAuthStatus, LastSuccessfulILogon, LastFailedILogon, FailedILogonCount, Reserved3
        r.skip(28)?;
        let (sid_count, extra_sids) = (r.u32()?, r.pointer()?);
        let resource_domain_sid = r.pointer()?;
        let (resource_count, resource_ids) = (r.u32()?, r.pointer()?);

        // What the pointers point to, in the same order.
        let effective_name = r.string(effective_name)?;
        let full_name = r.string(full_name)?;
        for header in unused {
            r.string(header)?;
        }
        let group_rids = memberships(&mut r, group_count, group_ids)?;
        let logon_server = r.string(logon_server)?;
        let logon_domain_name = r.string(logon_domain_name)?;
        let logon_domain = deferred_sid(&mut r, logon_domain_id)?.ok_or(PacFault::BadContent)?;
        let extra_sids = sids(&mut r, sid_count, extra_sids)?;
        let resource_domain = deferred_sid(&mut r, resource_domain_sid)?;
        let resource_rids = memberships(&mut r, resource_count, resource_ids)?;
        let resource_groups = match resource_domain {
            Some(domain) => in_domain(&domain, resource_rids)?,
            None if resource_rids.is_empty() => Vec::new(),
            None => return Err(PacFault::BadContent),
        };
        Ok(Self {
            logon_time,
            effective_name,
            full_name,
            user: logon_domain.account(user_id)?,
            primary_group: logon_domain.account(primary_group_id)?,
            groups: in_domain(&logon_domain, group_rids)?,
            extra_sids,
            resource_groups,
            logon_server,
            logon_domain_name,
            logon_domain,
            user_flags,
            user_account_control,
        })
    }
}

/// A relative identifier with attributes (`GROUP_MEMBERSHIP`, MS-PAC section 2.2.2).
struct Rid {
    rid: u32,
    attributes: u32,
}

fn memberships(r: &mut Reader<'_>, count: u32, pointer: Pointer) -> Result<Vec<Rid>, PacFault> {
    if pointer == Pointer::Null {
        return if count == 0 {
            Ok(Vec::new())
        } else {
            Err(PacFault::BadContent)
        };
    }
    let count = r.conformance(count)?;
    (0..count)
        .map(|_| {
            Ok(Rid {
                rid: r.u32()?,
                attributes: r.u32()?,
            })
        })
        .collect()
}

fn sids(r: &mut Reader<'_>, count: u32, pointer: Pointer) -> Result<Vec<SidAndAttributes>, PacFault> {
    if pointer == Pointer::Null {
        return if count == 0 {
            Ok(Vec::new())
        } else {
            Err(PacFault::BadContent)
        };
    }
    let count = r.conformance(count)?;
    let heads: Vec<_> = (0..count)
        .map(|_| Ok((r.pointer()?, r.u32()?)))
        .collect::<Result<_, _>>()?;
    heads
        .into_iter()
        .map(|(pointer, attributes)| {
            let sid = deferred_sid(r, pointer)?.ok_or(PacFault::BadContent)?;
            Ok(SidAndAttributes { sid, attributes })
        })
        .collect()
}

fn deferred_sid(r: &mut Reader<'_>, pointer: Pointer) -> Result<Option<Sid>, PacFault> {
    match pointer {
        Pointer::Null => Ok(None),
        Pointer::Deferred => r.sid().map(Some),
    }
}

fn in_domain(domain: &Sid, rids: Vec<Rid>) -> Result<Vec<GroupMembership>, PacFault> {
    rids.into_iter()
        .map(|Rid { rid, attributes }| {
            Ok(GroupMembership {
                sid: domain.account(rid)?,
                attributes,
            })
        })
        .collect()
}
