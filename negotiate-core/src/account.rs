//! What a domain says about an account: the same whether Kerberos' PAC (MS-PAC) or a logon over NETLOGON brought it.

use crate::{Sid, Timestamp};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// An account, its groups and names, in the words of its domain controller.
///
/// Authority over what an account may do belongs to SIDs: names are given up and given away again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// SID of the account.
    pub sid: Sid,
    /// SID of its primary group.
    pub primary_group: Sid,
    /// Groups of the account's own domain.
    pub groups: Vec<Group>,
    /// Groups of other domains, and well-known identities: how the account was authenticated, for example.
    pub extra_sids: Vec<Group>,
    /// Domain-local groups of the service's domain.
    pub resource_groups: Vec<Group>,
    /// SAM account name: `alice`.
    pub sam_name: String,
    /// The name for people; empty if there is none.
    pub display_name: String,
    /// NetBIOS name of the account's domain: `EXAMPLE`.
    pub domain: String,
    /// DNS name of the account's domain, if it was told.
    pub dns_domain: Option<String>,
    /// User principal name, if it was told: `alice@example.com`.
    pub upn: Option<String>,
    /// When the account logged on to its domain, if it was told.
    pub logon_time: Option<Timestamp>,
    /// The services that act for the user, who did not come itself; the latest last.
    pub delegated_by: Vec<String>,
    /// Attributes of the account as its administrator defined them; none that the domain does not vouch for.
    pub claims: Vec<Claim>,
}

impl Account {
    /// An account of which no more is known.
    #[must_use]
    pub const fn new(sid: Sid, primary_group: Sid) -> Self {
        Self {
            sid,
            primary_group,
            groups: Vec::new(),
            extra_sids: Vec::new(),
            resource_groups: Vec::new(),
            sam_name: String::new(),
            display_name: String::new(),
            domain: String::new(),
            dns_domain: None,
            upn: None,
            logon_time: None,
            delegated_by: Vec::new(),
            claims: Vec::new(),
        }
    }

    /// All groups, of whatever domain. The primary group is among them as a rule, and need not be.
    pub fn all_groups(&self) -> impl Iterator<Item = &Group> {
        let lists = [&self.groups, &self.extra_sids, &self.resource_groups];
        lists.into_iter().flatten()
    }

    /// Whether it is in the group with this SID, so that access may be granted for it ([`Group::grants`]). It is in its primary
    /// group, listed or not (MS-KILE section 3.4.5.3); if that is listed, the list says whether it grants.
    #[must_use]
    pub fn is_in(&self, group: &Sid) -> bool {
        let mut listed = self.all_groups().filter(|one| one.sid == *group).peekable();
        match listed.peek() {
            Some(_) => listed.any(Group::grants),
            None => self.primary_group == *group,
        }
    }
}

/// A group by its SID, with the attributes of the membership (`SE_GROUP_*`, MS-PAC sections 2.2.1 and 2.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// SID of the group.
    pub sid: Sid,
    /// Attributes.
    pub attributes: u32,
}

const ENABLED: u32 = 4;
const USE_FOR_DENY_ONLY: u32 = 0x10;

impl Group {
    const NAMES: [(u32, &'static str); 6] = [
        (1, "mandatory"),
        (2, "enabled_by_default"),
        (ENABLED, "enabled"),
        (8, "owner"),
        (USE_FOR_DENY_ONLY, "use_for_deny_only"),
        (0x2000_0000, "resource"),
    ];

    /// Whether access may be granted for the membership: it is enabled, and not for denying only.
    #[must_use]
    pub const fn grants(&self) -> bool {
        self.attributes & (ENABLED | USE_FOR_DENY_ONLY) == ENABLED
    }

    /// The names of the attributes that are set, in order of their bits.
    pub fn attribute_names(&self) -> impl Iterator<Item = &'static str> {
        let attributes = self.attributes;
        Self::NAMES
            .into_iter()
            .filter(move |(bit, _)| attributes & bit != 0)
            .map(|(_, name)| name)
    }
}

/// One claim (`CLAIM_ENTRY`, MS-ADTS section 2.2.18.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who says it.
    pub source: ClaimsSource,
    /// Its name: `ad://ext/department:88d5d9085ea5c0c0`.
    pub id: String,
    /// Its values.
    pub values: ClaimValues,
}

/// Who says a claim (`CLAIMS_SOURCE_TYPE`, MS-ADTS section 2.2.18.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimsSource {
    /// The directory.
    ActiveDirectory,
    /// The certificate that the client authenticated with.
    Certificate,
    /// Another one.
    Other(u16),
}

/// The values of a claim, by its type (`CLAIM_TYPE`, MS-ADTS section 2.2.18.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimValues {
    /// Signed numbers.
    Int64(Vec<i64>),
    /// Unsigned numbers.
    Uint64(Vec<u64>),
    /// Texts.
    String(Vec<String>),
    /// Truth values.
    Boolean(Vec<bool>),
    /// Of an unknown type, which has no values.
    Unknown(u16),
}

/// What the domain says is signed and cannot be read, so nobody can say what the account may do.
#[derive(Debug)]
pub struct AccountUnreadable(Box<dyn core::error::Error + Send + Sync>);

impl AccountUnreadable {
    /// For this reason.
    #[must_use]
    pub fn new(reason: impl Into<Box<dyn core::error::Error + Send + Sync>>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for AccountUnreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what the domain says about the account cannot be read")
    }
}

impl core::error::Error for AccountUnreadable {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    fn group(rid: u32, attributes: u32) -> Group {
        let domain = Sid::from_bytes(b"\x01\x01\0\0\0\0\0\x05\x15\0\0\0").unwrap();
        let sid = domain.account(rid).unwrap();
        Group { sid, attributes }
    }

    #[test]
    fn a_membership_counts_in_whichever_list_it_stands_if_it_grants() {
        let mut account = Account::new(group(1000, 0).sid, group(513, 0).sid);
        account.groups = vec![group(513, 7), group(1, 0)];
        account.extra_sids = vec![group(2, 7), group(3, 0x14)];
        account.resource_groups = vec![group(4, 0x2000_0007)];
        for (rid, is_in) in [
            (513, true),
            (1, false),
            (2, true),
            (3, false),
            (4, true),
            (5, false),
        ] {
            assert_eq!(account.is_in(&group(rid, 0).sid), is_in, "{rid}");
        }
        // Not a group of its own.
        assert!(!account.is_in(&account.sid));
        // The primary group counts although no list has it; if one has it, the list counts.
        account.groups.remove(0);
        assert!(account.is_in(&group(513, 0).sid));
        account.groups.push(group(513, 0x14));
        assert!(!account.is_in(&group(513, 0).sid));
    }

    // MS-PAC section 2.2.1.
    #[test]
    fn attributes_have_names() {
        let names = |attributes| group(1, attributes).attribute_names().collect::<Vec<_>>();
        assert_eq!(names(7), ["mandatory", "enabled_by_default", "enabled"]);
        assert_eq!(names(0x2000_0018), ["owner", "use_for_deny_only", "resource"]);
        assert_eq!(names(0x4000_0020), [""; 0]);
    }
}
