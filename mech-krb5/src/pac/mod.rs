//! The privilege attribute certificate (MS-PAC): what an Active Directory, Samba, FreeIPA or MIT KDC says about a client.
//!
//! [`Pac`] finds the buffers and believes nothing. [`Pac::verify`] gives a [`VerifiedPac`], the only type from which
//! attributes can be read: its server signature fits the service's key, and it speaks of this client and this ticket.
//!
//! Not here: which containers a PAC may stand in and what a bad one means for the login (see `accept`).

mod account;
mod buffers;
mod claims;
mod client_info;
mod delegation_info;
mod device_info;
mod fault;
mod logon_info;
mod lzxpress_huffman;
mod ndr;
mod requester;
mod signature;
mod upn_dns_info;
mod verified;

pub use buffers::{BufferType, MAX_BUFFERS, Pac};
pub use claims::Claims;
pub use delegation_info::DelegationInfo;
pub use device_info::{DeviceInfo, DomainGroups};
pub use fault::PacFault;
pub use logon_info::LogonInfo;
pub use requester::PacAttributes;
pub use signature::{Evidence, KdcEvidence};
pub use upn_dns_info::{UpnDnsInfo, UpnSource};
pub use verified::VerifiedPac;
