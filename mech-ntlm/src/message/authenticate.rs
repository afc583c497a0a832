use super::fields::Fields;
use super::negotiate::header_end;
use super::{LmResponse, MessageError, MessageType, NegotiateFlags, NtResponse, Payload, Version};

/// `AUTHENTICATE_MESSAGE` (MS-NLMP section 2.2.1.3):
///
/// ```text
///  0  Signature, MessageType 3
/// 12  LmChallengeResponseFields
/// 20  NtChallengeResponseFields
/// 28  DomainNameFields
/// 36  UserNameFields
/// 44  WorkstationFields
/// 52  EncryptedRandomSessionKeyFields
/// 60  NegotiateFlags
/// 64  Version              old initiators have their payload here,
/// 72  MIC                  or here
/// 88  Payload
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Authenticate<'a> {
    /// Response by the LM hash: see [`Authenticate::lm_response`].
    pub lm_challenge_response: Payload<'a>,
    /// Response by the NT hash: see [`Authenticate::nt_response`].
    pub nt_challenge_response: Payload<'a>,
    /// The user's domain.
    pub domain_name: Payload<'a>,
    /// The user.
    pub user_name: Payload<'a>,
    /// The machine.
    pub workstation: Payload<'a>,
    /// The session key that the initiator chose, encrypted.
    pub encrypted_random_session_key: Payload<'a>,
    /// What was agreed on.
    pub flags: NegotiateFlags,
    /// Absent if the payload begins in its place.
    pub version: Option<Version>,
    /// The place of the MIC, absent if the payload begins there. Whether it is one is said by the AV pair MsvAvFlags:
    /// initiators without one leave zeros.
    pub mic: Option<[u8; 16]>,
}

const HEADER_LEN: usize = 64;
const WITH_VERSION: usize = 72;
const WITH_MIC: usize = 88;

impl<'a> Authenticate<'a> {
    /// Where the MIC stands, which is zeros while it is computed (MS-NLMP section 3.1.5.1.2).
    pub const MIC_OFFSET: usize = WITH_VERSION;

    /// Reads one.
    ///
    /// # Errors
    /// If it is another message, ends early, or a field lies outside it.
    pub fn decode(message: &'a [u8]) -> Result<Self, MessageError> {
        let mut fields = Fields::of_message(message, MessageType::Authenticate)?;
        let mut payload = || fields.payload(HEADER_LEN);
        let [lm, nt, domain_name, user_name, workstation, session_key] = [
            payload()?,
            payload()?,
            payload()?,
            payload()?,
            payload()?,
            payload()?,
        ];
        let flags = NegotiateFlags(fields.u32()?);
        let header_end = header_end(
            message,
            [lm, nt, domain_name, user_name, workstation, session_key],
        );
        let version = (header_end >= WITH_VERSION).then(|| Version::read(&mut fields));
        let mic = (header_end >= WITH_MIC).then(|| fields.array());
        Ok(Self {
            lm_challenge_response: lm,
            nt_challenge_response: nt,
            domain_name,
            user_name,
            workstation,
            encrypted_random_session_key: session_key,
            flags,
            version: version.transpose()?,
            mic: mic.transpose()?,
        })
    }

    /// The response by the NT hash, by its version.
    ///
    /// # Errors
    /// As [`NtResponse::decode`].
    pub fn nt_response(&self) -> Result<NtResponse<'a>, MessageError> {
        NtResponse::decode(self.nt_challenge_response.bytes())
    }

    /// The response by the LM hash.
    ///
    /// # Errors
    /// As [`LmResponse::decode`].
    pub fn lm_response(&self) -> Result<LmResponse, MessageError> {
        LmResponse::decode(self.lm_challenge_response.bytes())
    }
}
