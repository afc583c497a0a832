//! `PACTYPE` and `PAC_INFO_BUFFER` (MS-PAC sections 2.3 and 2.4): which buffers a PAC has, and where.

use super::{Evidence, PacFault, VerifiedPac, ndr, verified};
use alloc::borrow::Cow;
use alloc::format;
use core::fmt;
use core::ops::Range;

/// `ulType` of a `PAC_INFO_BUFFER` (MS-PAC section 2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BufferType(pub u32);

impl BufferType {
    /// Logon information: SIDs, names, account facts (section 2.5).
    pub const LOGON_INFO: Self = Self(1);
    /// Credentials for smart card logons, sealed for the client (section 2.6): here only that they are there.
    pub const CREDENTIALS_INFO: Self = Self(2);
    /// Checksum with the service's key (section 2.8.4).
    pub const SERVER_CHECKSUM: Self = Self(6);
    /// Checksum with the KDC's key over the server checksum (section 2.8.5).
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
    /// Checksum with the KDC's key over the ticket (section 2.8.2).
    pub const TICKET_CHECKSUM: Self = Self(16);
    /// Whether the PAC was asked for (section 2.14).
    pub const ATTRIBUTES_INFO: Self = Self(17);
    /// SID of the client that asked for the ticket (section 2.15).
    pub const REQUESTER: Self = Self(18);
    /// Checksum with the KDC's key over the whole PAC (section 2.8.3).
    pub const FULL_CHECKSUM: Self = Self(19);

    /// With the names that MIT krb5 gives them behind `urn:mspac:`, and others of the same form for what it does not name.
    const NAMES: [(Self, &'static str); 14] = [
        (Self::LOGON_INFO, "logon-info"),
        (Self::CREDENTIALS_INFO, "credentials-info"),
        (Self::SERVER_CHECKSUM, "server-checksum"),
        (Self::KDC_CHECKSUM, "privsvr-checksum"),
        (Self::CLIENT_INFO, "client-info"),
        (Self::DELEGATION_INFO, "delegation-info"),
        (Self::UPN_DNS_INFO, "upn-dns-info"),
        (Self::CLIENT_CLAIMS, "client-claims"),
        (Self::DEVICE_INFO, "device-info"),
        (Self::DEVICE_CLAIMS, "device-claims"),
        (Self::TICKET_CHECKSUM, "ticket-checksum"),
        (Self::ATTRIBUTES_INFO, "attributes-info"),
        (Self::REQUESTER, "requestor"),
        (Self::FULL_CHECKSUM, "full-checksum"),
    ];

    /// The name attribute that MIT krb5's acceptor gives the buffer as: `urn:mspac:logon-info`, `urn:mspac:19`.
    #[must_use]
    pub fn attribute(self) -> Cow<'static, str> {
        match self {
            Self::LOGON_INFO => "urn:mspac:logon-info".into(),
            Self::CREDENTIALS_INFO => "urn:mspac:credentials-info".into(),
            Self::SERVER_CHECKSUM => "urn:mspac:server-checksum".into(),
            Self::KDC_CHECKSUM => "urn:mspac:privsvr-checksum".into(),
            Self::CLIENT_INFO => "urn:mspac:client-info".into(),
            Self::DELEGATION_INFO => "urn:mspac:delegation-info".into(),
            Self::UPN_DNS_INFO => "urn:mspac:upn-dns-info".into(),
            Self(number) => format!("urn:mspac:{number}").into(),
        }
    }

    /// The type that a name attribute of MIT krb5 stands for: `urn:mspac:logon-info`, `urn:mspac:12`.
    #[must_use]
    pub fn from_attribute(attribute: &str) -> Option<Self> {
        let name = attribute.strip_prefix("urn:mspac:")?;
        let named = Self::NAMES.iter().find(|(_, known)| *known == name);
        match named {
            Some((buffer_type, _)) => Some(*buffer_type),
            None => name.parse().ok().filter(|number| *number != 0).map(Self),
        }
    }
}

/// As it stands behind `urn:mspac:`: `logon-info`, or the number.
impl fmt::Display for BufferType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMES.iter().find(|(known, _)| known == self) {
            Some((_, name)) => f.write_str(name),
            None => self.0.fmt(f),
        }
    }
}

/// Most buffers: fifteen types are defined, and none may come twice.
pub const MAX_BUFFERS: usize = 64;

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
    infos: &'a [[u8; INFO_LEN]],
}

/// One buffer of a PAC.
#[derive(Clone)]
pub(super) struct Buffer {
    pub(super) buffer_type: BufferType,
    pub(super) range: Range<usize>,
}

const INFO_LEN: usize = 16;

impl<'a> Pac<'a> {
    /// Finds the buffers.
    ///
    /// # Errors
    /// If a buffer lies outside the bytes, is not aligned, comes twice or lies over another one, or there are more than
    /// [`MAX_BUFFERS`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, PacFault> {
        let mut header = ndr::Reader::new(bytes);
        let (count, version) = (header.u32()?, header.u32()?);
        if version != 0 {
            return Err(PacFault::Version);
        }
        let count = usize::try_from(count)
            .ok()
            .filter(|count| *count <= MAX_BUFFERS)
            .ok_or(PacFault::TooManyBuffers)?;
        let (infos, _) = header.rest().as_chunks();
        let infos = infos.get(..count).ok_or(PacFault::Truncated)?;
        let pac = Self { bytes, infos };
        let content_start = bytes
            .len()
            .saturating_sub(header.rest().len())
            .saturating_add(infos.as_flattened().len());
        for (index, info) in infos.iter().enumerate() {
            let buffer = read_info(info)?;
            if buffer.range.start < content_start || buffer.range.end > bytes.len() {
                return Err(PacFault::OutOfBounds(buffer.buffer_type));
            }
            for other in infos.iter().take(index) {
                let other = read_info(other)?;
                if other.buffer_type == buffer.buffer_type {
                    return Err(PacFault::DuplicateBuffer(buffer.buffer_type));
                }
                // So that a signature, which no checksum covers, is never a part of something else.
                if other.range.start < buffer.range.end && buffer.range.start < other.range.end {
                    return Err(PacFault::Overlapping(buffer.buffer_type));
                }
            }
        }
        Ok(pac)
    }

    /// All of it.
    pub(super) const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn find(&self, buffer_type: BufferType) -> Option<Buffer> {
        self.buffers().find(|buffer| buffer.buffer_type == buffer_type)
    }

    pub(super) fn content(&self, buffer_type: BufferType) -> Option<&'a [u8]> {
        self.bytes.get(self.find(buffer_type)?.range)
    }

    fn buffers(&self) -> impl Iterator<Item = Buffer> + use<'a> {
        self.infos.iter().filter_map(|info| read_info(info).ok())
    }

    /// The types of the buffers, in their order.
    pub fn buffer_types(&self) -> impl Iterator<Item = BufferType> + use<'a> {
        self.buffers().map(|buffer| buffer.buffer_type)
    }

    /// Checks that the PAC was made for this ticket of this client by somebody who has the service's key.
    ///
    /// # Errors
    /// [`PacFault`] says what does not fit.
    pub fn verify(self, against: &Evidence<'_>) -> Result<VerifiedPac, PacFault> {
        verified::verify(self, against)
    }
}

/// Little-endian, and the offset a multiple of eight (MS-PAC section 2.4).
fn read_info(info: &[u8; INFO_LEN]) -> Result<Buffer, PacFault> {
    let mut info = ndr::Reader::new(info);
    let (buffer_type, len, offset) = (BufferType(info.u32()?), info.u32()?, info.hyper()?);
    if offset % 8 != 0 {
        return Err(PacFault::Misaligned(buffer_type));
    }
    let range = usize::try_from(offset).ok().and_then(|start| {
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        Some(start..end)
    });
    Ok(Buffer {
        buffer_type,
        range: range.ok_or(PacFault::OutOfBounds(buffer_type))?,
    })
}

/// The types of the buffers.
impl fmt::Debug for Pac<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.buffer_types()).finish()
    }
}
