use super::PacFault;
use super::ndr::{self, Reader};
use alloc::string::String;
use alloc::vec::Vec;

/// `S4U_DELEGATION_INFO` (MS-PAC section 2.9): the client did not come itself, services acted for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DelegationInfo {
    /// The service that the ticket is for.
    pub proxy_target: String,
    /// The services that acted, the latest last.
    pub transited_services: Vec<String>,
}

impl DelegationInfo {
    pub(super) fn decode(buffer: &[u8]) -> Result<Self, PacFault> {
        let mut r = Reader::serialized(buffer)?;
        let proxy_target = r.string_header()?;
        let services = r.array_header()?;
        let proxy_target = r.string(proxy_target)?;
        let count = r.conformance(services)?;
        let headers: Vec<_> = (0..count).map(|_| r.string_header()).collect::<Result<_, _>>()?;
        let services = headers.into_iter().map(|header| ndr::text(r.string(header)?));
        Ok(Self {
            proxy_target: ndr::text(proxy_target)?,
            transited_services: services.collect::<Result<_, _>>()?,
        })
    }
}
