use super::logon_info::View;
use super::{
    BufferType, Claims, DelegationInfo, DeviceInfo, Evidence, LogonInfo, Pac, PacAttributes, PacFault,
    UpnDnsInfo, client_info, requester, signature,
};
use alloc::boxed::Box;
use core::fmt;
use negotiate_core::Sid;

/// A PAC whose server checksum, and KDC checksums where the key is known, were verified, and that speaks of the
/// ticket's client. Minted by [`Pac::verify`] alone.
///
/// It keeps the PAC's bytes, and decodes each buffer when it is asked for.
#[derive(Clone)]
pub struct VerifiedPac {
    bytes: Box<[u8]>,
    user: Option<Sid>,
}

pub(super) fn verify(pac: Pac<'_>, against: &Evidence<'_>) -> Result<VerifiedPac, PacFault> {
    signature::verify(&pac, against)?;
    client_info::verify(&pac, against)?;
    let user = match pac.content(BufferType::LOGON_INFO) {
        Some(buffer) => Some(View::read(buffer)?.user()?),
        None => None,
    };
    Ok(VerifiedPac {
        bytes: pac.bytes().into(),
        user,
    })
}

impl VerifiedPac {
    /// SID of the client's account, from the logon information; `None` if the KDC sent none (MIT KDCs without an
    /// identity back end do not).
    #[must_use]
    pub const fn user(&self) -> Option<Sid> {
        self.user
    }

    /// The whole PAC (MIT krb5's attribute `urn:mspac:`).
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The raw content of a buffer.
    #[must_use]
    pub fn buffer(&self, buffer_type: BufferType) -> Option<&[u8]> {
        self.pac()?.content(buffer_type)
    }

    /// The types of the buffers, in their order.
    pub fn buffer_types(&self) -> impl Iterator<Item = BufferType> {
        self.pac().into_iter().flat_map(|pac| pac.buffer_types())
    }

    /// SIDs and account facts.
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

    /// Claims about the client, as the buffer says them. They count if [`VerifiedPac::has_valid_claims`];
    /// [`VerifiedPac::account`] has those that do.
    #[must_use]
    pub fn client_claims(&self) -> Option<Result<Claims, PacFault>> {
        self.buffer(BufferType::CLIENT_CLAIMS).map(Claims::decode)
    }

    /// The device that the client logged on from, as the buffer says it. It counts if
    /// [`VerifiedPac::has_authenticated_device`].
    #[must_use]
    pub fn device_info(&self) -> Option<Result<DeviceInfo, PacFault>> {
        self.buffer(BufferType::DEVICE_INFO).map(DeviceInfo::decode)
    }

    /// Claims about that device, as the buffer says them. They count if [`VerifiedPac::has_valid_device_claims`].
    #[must_use]
    pub fn device_claims(&self) -> Option<Result<Claims, PacFault>> {
        self.buffer(BufferType::DEVICE_CLAIMS).map(Claims::decode)
    }

    /// Whether the claims about the client were asked for in its own domain, and translated wherever they came from one forest
    /// to another: the SID CLAIMS_VALID says so (MS-KILE section 3.4.5.3). Without it they are somebody else's words.
    #[must_use]
    pub fn has_valid_claims(&self) -> bool {
        self.has_extra_sid(&Sid::CLAIMS_VALID)
    }

    /// Whether the KDC authenticated the device: the SID COMPOUNDED_AUTHENTICATION says so (MS-KILE section 3.4.5.3).
    #[must_use]
    pub fn has_authenticated_device(&self) -> bool {
        self.has_extra_sid(&Sid::COMPOUNDED_AUTHENTICATION)
    }

    /// Whether the KDC authenticated the device, and its claims are as good as [`VerifiedPac::has_valid_claims`] says of the
    /// client's.
    #[must_use]
    pub fn has_valid_device_claims(&self) -> bool {
        let valid = |device: DeviceInfo| {
            device
                .extra_sids
                .iter()
                .any(|extra| extra.sid == Sid::CLAIMS_VALID)
        };
        self.has_authenticated_device() && self.device_info().and_then(Result::ok).is_some_and(valid)
    }

    fn has_extra_sid(&self, sid: &Sid) -> bool {
        let view = self.buffer(BufferType::LOGON_INFO).map(View::read);
        view.and_then(Result::ok)
            .is_some_and(|view| view.has_extra_sid(sid))
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

    /// The bytes were a PAC when they were verified.
    fn pac(&self) -> Option<Pac<'_>> {
        Pac::parse(&self.bytes).ok()
    }
}

/// The types of the buffers: what is in them is for those who ask.
impl fmt::Debug for VerifiedPac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifiedPac")?;
        f.debug_list().entries(self.buffer_types()).finish()
    }
}
