use super::fields::Fields;
use super::negotiate::header_end;
use super::{AvPairs, MessageError, MessageType, NegotiateFlags, Payload, Version};

/// `CHALLENGE_MESSAGE` (MS-NLMP section 2.2.1.2):
///
/// ```text
///  0  Signature, MessageType 2
/// 12  TargetNameFields
/// 20  NegotiateFlags
/// 24  ServerChallenge
/// 32  Reserved
/// 40  TargetInfoFields
/// 48  Version
/// 56  Payload
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Challenge<'a> {
    /// What the acceptor has chosen.
    pub flags: NegotiateFlags,
    /// The domain or server that the initiator authenticates to.
    pub target_name: Payload<'a>,
    /// The nonce.
    pub server_challenge: [u8; 8],
    /// What the acceptor says of itself, and the initiator repeats under its proof: read by [`Challenge::av_pairs`].
    pub target_info: Payload<'a>,
    /// Absent if the payload begins in its place.
    pub version: Option<Version>,
}

const HEADER_LEN: usize = 48;
const WITH_VERSION: usize = 56;

impl<'a> Challenge<'a> {
    /// Reads one.
    ///
    /// # Errors
    /// If it is another message, ends early, or a field lies outside it.
    pub fn decode(message: &'a [u8]) -> Result<Self, MessageError> {
        let mut fields = Fields::of_message(message, MessageType::Challenge)?;
        let target_name = fields.payload(HEADER_LEN)?;
        let flags = NegotiateFlags(fields.u32()?);
        let server_challenge = fields.array()?;
        let _reserved = fields.u64()?;
        let target_info = fields.payload(HEADER_LEN)?;
        let header_end = header_end(message, [target_name, target_info]);
        let version = (header_end >= WITH_VERSION).then(|| Version::read(&mut fields));
        Ok(Self {
            flags,
            target_name,
            server_challenge,
            target_info,
            version: version.transpose()?,
        })
    }

    /// The target information; `None` if there is none.
    ///
    /// # Errors
    /// As [`AvPairs::decode`].
    pub fn av_pairs(&self) -> Result<Option<AvPairs<'a>>, MessageError> {
        if self.target_info.is_empty() {
            return Ok(None);
        }
        AvPairs::decode(self.target_info.bytes()).map(Some)
    }
}
