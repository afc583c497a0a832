//! From the buffers of a PAC to what they say about the account, whatever brought it.

use super::{BufferType, PacFault, VerifiedPac};
use alloc::vec::Vec;
use negotiate_core::{Account, NameAttribute};

impl VerifiedPac {
    /// What the PAC says about the client's account; `None` if it has no logon information.
    #[must_use]
    pub fn account(&self) -> Option<Result<Account, PacFault>> {
        let info = match self.logon_info()? {
            Ok(info) => info,
            Err(fault) => return Some(Err(fault)),
        };
        let mut account = Account::new(info.user, info.primary_group);
        account.groups = info.groups;
        account.extra_sids = info.extra_sids;
        account.resource_groups = info.resource_groups;
        account.sam_name = info.effective_name;
        account.display_name = info.full_name;
        account.domain = info.logon_domain_name;
        account.logon_time = info.logon_time;
        Some(self.add_to(account))
    }

    /// A buffer that cannot be read spoils the account: what it would have said might matter.
    fn add_to(&self, mut account: Account) -> Result<Account, PacFault> {
        if let Some(upn) = self.upn_dns_info().transpose()? {
            account.upn = Some(upn.upn).filter(|upn| !upn.is_empty());
            account.dns_domain = Some(upn.dns_domain_name).filter(|domain| !domain.is_empty());
        }
        if let Some(delegation) = self.delegation_info().transpose()? {
            account.delegated_by = delegation.transited_services;
        }
        // MS-KILE section 3.4.5.3: no others than these.
        if let (Some(claims), true) = (self.client_claims().transpose()?, self.has_valid_claims()) {
            account.claims = claims.claims;
        }
        Ok(account)
    }

    /// The PAC and its buffers under the names that MIT krb5's acceptor gives them, in its order.
    #[must_use]
    pub fn name_attributes(&self) -> Vec<NameAttribute<'_>> {
        let whole = NameAttribute::new("urn:mspac:", self.as_bytes());
        let buffers = self.buffer_types().filter_map(|buffer_type: BufferType| {
            let content = self.buffer(buffer_type)?;
            Some(NameAttribute::new(buffer_type.attribute(), content))
        });
        core::iter::once(whole).chain(buffers).collect()
    }
}
