//! The privilege attribute certificate (MS-PAC): what an Active Directory, Samba, FreeIPA or MIT KDC says about a client.
//!
//! [`Pac`] finds the buffers and believes nothing. [`Pac::verify`] gives a [`VerifiedPac`], the only type from which
//! attributes can be read: its server signature fits the service's key, and it speaks of this client and this ticket.
//!
//! Not here: which containers a PAC may stand in and what a bad one means for the login (see `accept`).

mod client_info;
mod delegation_info;
mod logon_info;
mod ndr;
mod requester;
mod sid;
mod signature;
mod upn_dns;

pub use delegation_info::DelegationInfo;
pub use logon_info::{GroupMembership, LogonInfo, SidAndAttributes};
pub use requester::PacAttributes;
pub use sid::Sid;
pub use upn_dns::{UpnDnsInfo, UpnSource};

use crate::crypto::Key;
use crate::principal::PrincipalRef;
use core::fmt;
use negotiate_core::Timestamp;

/// `ulType` of a `PAC_INFO_BUFFER` (MS-PAC section 2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BufferType(pub u32);

impl BufferType {
    /// Logon information: SIDs, names, account facts (section 2.5).
    pub const LOGON_INFO: Self = Self(1);
    /// Credentials for smart card logons, encrypted (section 2.6).
    pub const CREDENTIALS_INFO: Self = Self(2);
    /// Checksum with the service's key (section 2.8.1).
    pub const SERVER_CHECKSUM: Self = Self(6);
    /// Checksum with the KDC's key over the server checksum (section 2.8.2).
    pub const KDC_CHECKSUM: Self = Self(7);
    /// Client name and authentication time (section 2.7).
    pub const CLIENT_INFO: Self = Self(10);
    /// Constrained delegation: which services acted (section 2.9).
    pub const DELEGATION_INFO: Self = Self(11);
    /// User principal name, DNS domain, and with newer KDCs SAM name and SID (section 2.10).
    pub const UPN_DNS_INFO: Self = Self(12);
    /// Claims of the client (section 2.11).
    pub const CLIENT_CLAIMS: Self = Self(13);
    /// The device that the client logged on from (section 2.12).
    pub const DEVICE_INFO: Self = Self(14);
    /// Claims of the device (section 2.13).
    pub const DEVICE_CLAIMS: Self = Self(15);
    /// Checksum with the KDC's key over the ticket (section 2.8.3).
    pub const TICKET_CHECKSUM: Self = Self(16);
    /// Whether the PAC was asked for (section 2.14).
    pub const ATTRIBUTES_INFO: Self = Self(17);
    /// SID of the client that asked for the ticket (section 2.15).
    pub const REQUESTER: Self = Self(18);
    /// Checksum with the KDC's key over the whole PAC (section 2.8.4).
    pub const FULL_CHECKSUM: Self = Self(19);
}

/// More buffers than this no PAC has: nineteen types are defined, and none may come twice.
const MAX_BUFFERS: usize = 64;

/// `PACTYPE` (MS-PAC section 2.3), its buffers found and nothing verified:
///
/// ```text
/// 0..4    cBuffers
/// 4..8    Version, 0
/// 8..     cBuffers times { ulType: u32, cbBufferSize: u32, Offset: u64 }, all little-endian
/// ```
#[derive(Clone, Copy)]
pub struct Pac<'a> {
    bytes: &'a [u8],
    count: usize,
}

/// One buffer of a PAC.
#[derive(Clone, Copy)]
pub(crate) struct Buffer<'a> {
    pub(crate) buffer_type: BufferType,
    pub(crate) offset: usize,
    pub(crate) content: &'a [u8],
}

const HEADER_LEN: usize = 8;
const INFO_LEN: usize = 16;

impl<'a> Pac<'a> {
    /// Finds the buffers.
    ///
    /// # Errors
    /// If a buffer lies outside the bytes or is not aligned, comes twice, or there are more than 64.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, PacFault> {
        let mut header = ndr::Reader::new(bytes);
        let count = usize::try_from(header.u32()?).map_err(|_| PacFault::TooManyBuffers)?;
        if header.u32()? != 0 {
            return Err(PacFault::Version);
        }
        if count > MAX_BUFFERS {
            return Err(PacFault::TooManyBuffers);
        }
        let pac = Self { bytes, count };
        for index in 0..count {
            let buffer = pac.buffer(index)?;
            let is_repeated = |other: usize| {
                pac.buffer(other)
                    .is_ok_and(|other| other.buffer_type == buffer.buffer_type)
            };
            if (0..index).any(is_repeated) {
                return Err(PacFault::DuplicateBuffer(buffer.buffer_type));
            }
        }
        Ok(pac)
    }

    fn buffer(&self, index: usize) -> Result<Buffer<'a>, PacFault> {
        let at = index.saturating_mul(INFO_LEN).saturating_add(HEADER_LEN);
        let info = self
            .bytes
            .get(at..at.saturating_add(INFO_LEN))
            .ok_or(PacFault::Truncated)?;
        let mut info = ndr::Reader::new(info);
        let (buffer_type, len, offset) = (BufferType(info.u32()?), info.u32()?, info.u64()?);
        // MS-PAC section 2.4: the offset is a multiple of eight.
        if offset % 8 != 0 {
            return Err(PacFault::Misaligned(buffer_type));
        }
        let outside = PacFault::OutOfBounds(buffer_type);
        let offset = usize::try_from(offset).map_err(|_| outside)?;
        let len = usize::try_from(len).map_err(|_| outside)?;
        let end = offset.checked_add(len).ok_or(outside)?;
        Ok(Buffer {
            buffer_type,
            offset,
            content: self.bytes.get(offset..end).ok_or(outside)?,
        })
    }

    pub(crate) fn find(&self, buffer_type: BufferType) -> Option<Buffer<'a>> {
        self.buffers().find(|buffer| buffer.buffer_type == buffer_type)
    }

    fn buffers(&self) -> impl Iterator<Item = Buffer<'a>> + use<'a> {
        let pac = *self;
        (0..pac.count).filter_map(move |index| pac.buffer(index).ok())
    }

    /// The types of the buffers, in their order.
    pub fn buffer_types(&self) -> impl Iterator<Item = BufferType> + use<'a> {
        self.buffers().map(|buffer| buffer.buffer_type)
    }

    /// Checks that the PAC was made for this ticket of this client by somebody who has the service's key.
    ///
    /// # Errors
    /// [`PacFault`] says what does not fit.
    pub fn verify(self, against: &Evidence<'_>) -> Result<VerifiedPac<'a>, PacFault> {
        signature::verify(&self, against)?;
        client_info::verify(&self, against)?;
        Ok(VerifiedPac { pac: self })
    }
}

impl fmt::Debug for Pac<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.buffer_types().map(|buffer_type| buffer_type.0))
            .finish()
    }
}

/// What a PAC is held against.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'e> {
    /// The key that opened the ticket.
    pub service_key: &'e Key,
    /// The KDC's key (krbtgt), where it is known; then its checksums are verified too.
    pub kdc: Option<KdcEvidence<'e>>,
    /// The ticket's client.
    pub client: PrincipalRef<'e>,
    /// The ticket's authentication time.
    pub authtime: Timestamp,
}

/// What the KDC's own checksums are held against.
#[derive(Clone, Copy, Debug)]
pub struct KdcEvidence<'e> {
    /// The KDC's key.
    pub key: &'e Key,
    /// The EncTicketPart that the PAC came in, with the PAC's ad-data replaced by a single zero byte, as the ticket
    /// checksum covers it (MS-PAC section 2.8.3).
    pub ticket: Option<&'e [u8]>,
}

/// A PAC whose server checksum, and KDC checksums where the key is known, were verified, and that speaks of the
/// ticket's client. Minted by [`Pac::verify`] alone.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedPac<'a> {
    pac: Pac<'a>,
}

impl<'a> VerifiedPac<'a> {
    /// The raw content of a buffer.
    #[must_use]
    pub fn buffer(&self, buffer_type: BufferType) -> Option<&'a [u8]> {
        self.pac.find(buffer_type).map(|buffer| buffer.content)
    }

    /// The types of the buffers, in their order.
    pub fn buffer_types(&self) -> impl Iterator<Item = BufferType> + use<'a> {
        self.pac.buffer_types()
    }

    /// SIDs and account facts; `None` if the KDC sent none (MIT KDCs without an identity back end do not).
    #[must_use]
    pub fn logon_info(&self) -> Option<Result<LogonInfo, PacFault>> {
        self.buffer(BufferType::LOGON_INFO).map(LogonInfo::decode)
    }

    /// User principal name and DNS domain.
    #[must_use]
    pub fn upn_dns_info(&self) -> Option<Result<UpnDnsInfo, PacFault>> {
        self.buffer(BufferType::UPN_DNS_INFO).map(UpnDnsInfo::decode)
    }

    /// Which services acted for the client.
    #[must_use]
    pub fn delegation_info(&self) -> Option<Result<DelegationInfo, PacFault>> {
        self.buffer(BufferType::DELEGATION_INFO)
            .map(DelegationInfo::decode)
    }

    /// SID of the client that asked for the ticket.
    #[must_use]
    pub fn requester(&self) -> Option<Result<Sid, PacFault>> {
        self.buffer(BufferType::REQUESTER).map(requester::decode)
    }

    /// Whether the PAC was asked for.
    #[must_use]
    pub fn attributes(&self) -> Option<Result<PacAttributes, PacFault>> {
        self.buffer(BufferType::ATTRIBUTES_INFO)
            .map(PacAttributes::decode)
    }
}

/// What is wrong with a PAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PacFault {
    /// It ends too early.
    Truncated,
    /// Its version is not 0.
    Version,
    /// It has more than 64 buffers.
    TooManyBuffers,
    /// A buffer comes twice.
    DuplicateBuffer(BufferType),
    /// A buffer does not begin at a multiple of eight.
    Misaligned(BufferType),
    /// A buffer reaches beyond the end.
    OutOfBounds(BufferType),
    /// A checksum is missing.
    ChecksumMissing(BufferType),
    /// A checksum is of a type that does not go with the key.
    ChecksumType(BufferType),
    /// A checksum does not fit.
    ChecksumWrong(BufferType),
    /// The client information is missing.
    ClientInfoMissing,
    /// The client information speaks of another client.
    ClientMismatch,
    /// The client information speaks of another authentication.
    AuthtimeMismatch,
    /// The content of a buffer is not what its type says.
    BadContent,
    /// A count in a buffer is larger than any KDC's.
    TooMany,
}

impl fmt::Display for PacFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the PAC ends too early",
            Self::Version => "the PAC is of an unknown version",
            Self::TooManyBuffers => "the PAC has more than 64 buffers",
            Self::DuplicateBuffer(which) => return write!(f, "the PAC has buffer {} twice", which.0),
            Self::Misaligned(which) => return write!(f, "buffer {} of the PAC is not aligned", which.0),
            Self::OutOfBounds(which) => {
                return write!(f, "buffer {} reaches beyond the end of the PAC", which.0);
            }
            Self::ChecksumMissing(which) => return write!(f, "the PAC lacks checksum {}", which.0),
            Self::ChecksumType(which) => {
                return write!(
                    f,
                    "checksum {} of the PAC is of a type that does not go with its key",
                    which.0
                );
            }
            Self::ChecksumWrong(which) => return write!(f, "checksum {} of the PAC does not fit", which.0),
            Self::ClientInfoMissing => "the PAC lacks the client's name and time",
            Self::ClientMismatch => "the PAC is another client's",
            Self::AuthtimeMismatch => "the PAC is of another authentication",
            Self::BadContent => "a buffer of the PAC is malformed",
            Self::TooMany => "a buffer of the PAC has too many elements",
        })
    }
}

impl core::error::Error for PacFault {}
