//! `KERB_VALIDATION_INFO` (MS-PAC section 2.5): the account and its groups.

use super::PacFault;
use super::ndr::{self, ArrayHeader, Reader};
use alloc::string::String;
use alloc::vec::Vec;
use negotiate_core::{Group, Sid, Timestamp};

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
    pub groups: Vec<Group>,
    /// Groups of other domains, and well-known identities.
    pub extra_sids: Vec<Group>,
    /// Domain-local groups of the service's domain; none unless `user_flags` (bit 0x200) says that there are some.
    pub resource_groups: Vec<Group>,
    /// Name of the domain controller.
    pub logon_server: String,
    /// NetBIOS name of the account's domain.
    pub logon_domain_name: String,
    /// SID of the account's domain.
    pub logon_domain: Sid,
    /// `UserFlags`.
    pub user_flags: u32,
    /// `UserAccountControl` (MS-SAMR section 2.2.1.12).
    pub user_account_control: u32,
}

/// Flag H of `UserFlags`: there are resource groups.
const RESOURCE_GROUPS: u32 = 0x200;

impl LogonInfo {
    pub(super) fn decode(buffer: &[u8]) -> Result<Self, PacFault> {
        let view = View::read(buffer)?;
        let resource_groups = match view.resource_domain {
            // MS-PAC section 2.5, and so does Samba: without flag H nobody filled them in.
            _ if view.user_flags & RESOURCE_GROUPS == 0 => Vec::new(),
            Some(domain) => in_domain(&domain, view.resource_groups)?,
            None if view.resource_groups.is_empty() => Vec::new(),
            None => return Err(PacFault::BadContent),
        };
        Ok(Self {
            logon_time: Timestamp::from_file_time(view.logon_time),
            effective_name: ndr::text(view.effective_name)?,
            full_name: ndr::text(view.full_name)?,
            user: view.user()?,
            primary_group: view.logon_domain.account(view.primary_group_id)?,
            groups: in_domain(&view.logon_domain, view.groups)?,
            extra_sids: view.extra_sids.iter().collect(),
            resource_groups,
            logon_server: ndr::text(view.logon_server)?,
            logon_domain_name: ndr::text(view.logon_domain_name)?,
            logon_domain: view.logon_domain,
            user_flags: view.user_flags,
            user_account_control: view.user_account_control,
        })
    }
}

/// The structure, read whole and nothing copied.
pub(super) struct View<'a> {
    logon_time: u64,
    effective_name: &'a [u8],
    full_name: &'a [u8],
    user_id: u32,
    primary_group_id: u32,
    groups: &'a [Membership],
    user_flags: u32,
    logon_server: &'a [u8],
    logon_domain_name: &'a [u8],
    logon_domain: Sid,
    user_account_control: u32,
    extra_sids: SidList<'a>,
    resource_domain: Option<Sid>,
    resource_groups: &'a [Membership],
}

impl<'a> View<'a> {
    pub(super) fn read(buffer: &'a [u8]) -> Result<Self, PacFault> {
        let mut r = Reader::serialized(buffer)?;
        let logon_time = r.file_time()?;
        // LogoffTime, KickOffTime, PasswordLastSet, PasswordCanChange, PasswordMustChange
        r.bytes(40)?;
        let effective_name = r.string_header()?;
        let full_name = r.string_header()?;
        // LogonScript, ProfilePath, HomeDirectory, HomeDirectoryDrive
        let [script, profile, home, drive] = [
            r.string_header()?,
            r.string_header()?,
            r.string_header()?,
            r.string_header()?,
        ];
        // LogonCount, BadPasswordCount
        r.bytes(4)?;
        let (user_id, primary_group_id) = (r.u32()?, r.u32()?);
        let groups = r.array_header()?;
        let user_flags = r.u32()?;
        // UserSessionKey
        r.bytes(16)?;
        let logon_server = r.string_header()?;
        let logon_domain_name = r.string_header()?;
        let logon_domain = r.pointer()?;
        // Reserved1
        r.bytes(8)?;
        let user_account_control = r.u32()?;
        // SubAuthStatus, LastSuccessfulILogon, LastFailedILogon, FailedILogonCount, Reserved3
        r.bytes(28)?;
        let extra_sids = r.array_header()?;
        let resource_domain = r.pointer()?;
        let resource_groups = r.array_header()?;

        // What the pointers point to, in the same order.
        let effective_name = r.string(effective_name)?;
        let full_name = r.string(full_name)?;
        for header in [script, profile, home, drive] {
            r.string(header)?;
        }
        Ok(Self {
            logon_time,
            effective_name,
            full_name,
            user_id,
            primary_group_id,
            groups: r.elements(groups, 4)?,
            user_flags,
            logon_server: r.string(logon_server)?,
            logon_domain_name: r.string(logon_domain_name)?,
            logon_domain: r.sid_behind(logon_domain)?.ok_or(PacFault::BadContent)?,
            user_account_control,
            extra_sids: SidList::read(&mut r, extra_sids)?,
            resource_domain: r.sid_behind(resource_domain)?,
            resource_groups: r.elements(resource_groups, 4)?,
        })
    }

    pub(super) fn user(&self) -> Result<Sid, PacFault> {
        account_of(&self.logon_domain, self.user_id, &self.extra_sids)
    }

    /// Whether this is among the extra SIDs.
    pub(super) fn has_extra_sid(&self, sid: &Sid) -> bool {
        self.extra_sids.iter().any(|extra| extra.sid == *sid)
    }
}

/// An account of another domain has the identifier 0, and its SID is the first of the extra ones (MS-PAC
/// sections 2.5 and 2.12: a device too).
pub(super) fn account_of(domain: &Sid, rid: u32, extra_sids: &SidList<'_>) -> Result<Sid, PacFault> {
    if rid != 0 {
        return Ok(domain.account(rid)?);
    }
    let first = extra_sids.iter().next();
    Ok(first.ok_or(PacFault::BadContent)?.sid)
}

/// `GROUP_MEMBERSHIP` (MS-PAC section 2.2.2): relative identifier and attributes, 32 bits each.
pub(super) type Membership = [u8; 8];

/// Groups of one domain.
pub(super) fn in_domain(domain: &Sid, memberships: &[Membership]) -> Result<Vec<Group>, PacFault> {
    let groups = memberships.iter().map(|membership| {
        let (rid, attributes) = halves(membership);
        Ok(Group {
            sid: domain.account(rid)?,
            attributes,
        })
    });
    groups.collect()
}

fn halves(membership: &Membership) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = *membership;
    (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))
}

/// An array of `KERB_SID_AND_ATTRIBUTES` (MS-PAC section 2.2.1): pointers and attributes, and then the SIDs.
#[derive(Clone, Copy)]
pub(super) struct SidList<'a> {
    heads: &'a [[u8; 8]],
    sids: Reader<'a>,
}

impl<'a> SidList<'a> {
    /// Reads it to its end: a SID that is malformed is an error now.
    pub(super) fn read(r: &mut Reader<'a>, header: ArrayHeader) -> Result<Self, PacFault> {
        let heads = r.elements(header, 4)?;
        let list = Self { heads, sids: *r };
        for head in heads {
            let (pointer, _) = halves(head);
            if pointer == 0 {
                return Err(PacFault::BadContent);
            }
            r.sid()?;
        }
        Ok(list)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Group> + use<'a> {
        let Self { heads, mut sids } = *self;
        // `read` has read them all, so there is no error but the end.
        heads.iter().map_while(move |head| {
            let (_, attributes) = halves(head);
            let sid = sids.sid().ok()?;
            Some(Group { sid, attributes })
        })
    }
}
