use super::{PacFault, ndr};
use alloc::string::String;
use negotiate_core::Sid;

/// `UPN_DNS_INFO` (MS-PAC section 2.10):
///
/// ```text
/// UpnLength, UpnOffset, DnsDomainNameLength, DnsDomainNameOffset: u16 each
/// Flags: u32; 1: the account has no UPN, and this one was made from its name; 2: the next line is there
/// SamNameLength, SamNameOffset, SidLength, SidOffset: u16 each
/// ```
///
/// Offsets count from the start of the buffer; names are UTF-16.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UpnDnsInfo {
    /// User principal name.
    pub upn: String,
    /// Whether the account has that name, or it was made up.
    pub upn_source: UpnSource,
    /// DNS name of the account's domain.
    pub dns_domain_name: String,
    /// SAM account name, from KDCs that send it.
    pub sam_name: Option<String>,
    /// SID of the account, from KDCs that send it. Heimdal's send a name without it.
    pub sid: Option<Sid>,
}

/// Where a user principal name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpnSource {
    /// It is set on the account.
    Account,
    /// It was made of account name and domain.
    Constructed,
}

const CONSTRUCTED: u32 = 1;
const EXTENDED: u32 = 2;

impl UpnDnsInfo {
    pub(super) fn decode(buffer: &[u8]) -> Result<Self, PacFault> {
        let mut r = ndr::Reader::new(buffer);
        let upn = part(buffer, &mut r)?;
        let dns_domain_name = part(buffer, &mut r)?;
        let flags = r.u32()?;
        let [sam_name, sid] = if flags & EXTENDED == 0 {
            [&[][..]; 2]
        } else {
            [part(buffer, &mut r)?, part(buffer, &mut r)?]
        };
        Ok(Self {
            upn: ndr::text(upn)?,
            upn_source: if flags & CONSTRUCTED == 0 {
                UpnSource::Account
            } else {
                UpnSource::Constructed
            },
            dns_domain_name: ndr::text(dns_domain_name)?,
            sam_name: Some(ndr::text(sam_name)?).filter(|name| !name.is_empty()),
            sid: (!sid.is_empty()).then(|| Sid::from_bytes(sid)).transpose()?,
        })
    }
}

/// Length and offset, and what stands there.
fn part<'a>(buffer: &'a [u8], r: &mut ndr::Reader<'a>) -> Result<&'a [u8], PacFault> {
    let (len, offset) = (usize::from(r.u16()?), usize::from(r.u16()?));
    buffer
        .get(offset..offset.saturating_add(len))
        .ok_or(PacFault::Truncated)
}
