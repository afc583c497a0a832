use super::PacFault;
use super::logon_info::{SidList, account_of, in_domain};
use super::ndr::Reader;
use alloc::vec::Vec;
use negotiate_core::{Group, Sid};

/// `PAC_DEVICE_INFO` (MS-PAC section 2.12): the device that the client logged on from, by its own ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceInfo {
    /// SID of the device's account.
    pub device: Sid,
    /// SID of its primary group.
    pub primary_group: Sid,
    /// Groups of the account's own domain.
    pub groups: Vec<Group>,
    /// Well-known identities.
    pub extra_sids: Vec<Group>,
    /// Groups of other domains.
    pub domain_groups: Vec<DomainGroups>,
}

/// Groups of one domain (`DOMAIN_GROUP_MEMBERSHIP`, MS-PAC section 2.2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DomainGroups {
    /// SID of the domain.
    pub domain: Sid,
    /// The groups.
    pub groups: Vec<Group>,
}

impl DeviceInfo {
    pub(super) fn decode(buffer: &[u8]) -> Result<Self, PacFault> {
        let mut r = Reader::serialized(buffer)?;
        let (user_id, primary_group_id) = (r.u32()?, r.u32()?);
        let domain = r.pointer()?;
        let groups = r.array_header()?;
        let extra_sids = r.array_header()?;
        let domain_groups = r.array_header()?;

        let domain = r.sid_behind(domain)?.ok_or(PacFault::BadContent)?;
        let groups = in_domain(&domain, r.elements(groups, 4)?)?;
        let extra_sids = SidList::read(&mut r, extra_sids)?;
        let device = account_of(&domain, user_id, &extra_sids)?;
        let count = r.conformance(domain_groups)?;
        let heads: Vec<_> = (0..count)
            .map(|_| Ok((r.pointer()?, r.array_header()?)))
            .collect::<Result<_, PacFault>>()?;
        let domain_groups = heads.into_iter().map(|(domain, groups)| {
            let domain = r.sid_behind(domain)?.ok_or(PacFault::BadContent)?;
            let groups = in_domain(&domain, r.elements(groups, 4)?)?;
            Ok(DomainGroups { domain, groups })
        });
        Ok(Self {
            device,
            primary_group: domain.account(primary_group_id)?,
            groups,
            extra_sids: extra_sids.iter().collect(),
            domain_groups: domain_groups.collect::<Result<_, PacFault>>()?,
        })
    }
}
