use super::PacFault;
use super::ndr::{Pointer, Reader};
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
        let (count, services) = (r.u32()?, r.pointer()?);
        let proxy_target = r.string(proxy_target)?;
        let transited_services = match services {
            Pointer::Null if count == 0 => Vec::new(),
            Pointer::Null => return Err(PacFault::BadContent),
            Pointer::Deferred => {
                let count = r.conformance(count)?;
                let headers: Vec<_> = (0..count).map(|_| r.string_header()).collect::<Result<_, _>>()?;
                headers
                    .into_iter()
                    .map(|header| r.string(header))
                    .collect::<Result<_, _>>()?
            }
        };
        Ok(Self {
            proxy_target,
            transited_services,
        })
    }
}
