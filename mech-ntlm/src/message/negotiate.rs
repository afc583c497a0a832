use super::fields::Fields;
use super::{MessageError, MessageType, NegotiateFlags, Payload, Version};

/// `NEGOTIATE_MESSAGE` (MS-NLMP section 2.2.1.1):
///
/// ```text
///  0  Signature, MessageType 1
/// 12  NegotiateFlags
/// 16  DomainNameFields
/// 24  WorkstationFields
/// 32  Version              curl, wget and Chromium end here
/// 40  Payload
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Negotiate<'a> {
    /// What the initiator can do.
    pub flags: NegotiateFlags,
    /// The domain, always in the OEM character set.
    pub domain_name: Payload<'a>,
    /// The machine, always in the OEM character set.
    pub workstation: Payload<'a>,
    /// Absent from messages that end before it, or whose payload begins there.
    pub version: Option<Version>,
}

const HEADER_LEN: usize = 32;
const WITH_VERSION: usize = 40;

impl<'a> Negotiate<'a> {
    /// Reads one.
    ///
    /// # Errors
    /// If it is another message, ends early, or a field lies outside it.
    pub fn decode(message: &'a [u8]) -> Result<Self, MessageError> {
        let mut fields = Fields::of_message(message, MessageType::Negotiate)?;
        let flags = NegotiateFlags(fields.u32()?);
        let domain_name = fields.payload(HEADER_LEN)?;
        let workstation = fields.payload(HEADER_LEN)?;
        let header_end = header_end(message, [domain_name, workstation]);
        let version = (header_end >= WITH_VERSION).then(|| Version::read(&mut fields));
        Ok(Self {
            flags,
            domain_name,
            workstation,
            version: version.transpose()?,
        })
    }
}

/// Where the first payload begins: what the header may have more than it must, ends there.
pub(super) fn header_end<const N: usize>(message: &[u8], payloads: [Payload<'_>; N]) -> usize {
    let first = payloads.into_iter().filter_map(Payload::offset).min();
    first.unwrap_or(message.len())
}
