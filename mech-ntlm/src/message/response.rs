//! Responses (MS-NLMP sections 2.2.2.3 to 2.2.2.8): what the initiator makes of the challenge and the password.

use super::fields::{Fields, error};
use super::{AvPairs, MessageError, MessageErrorKind};
use core::fmt;

/// `NtChallengeResponse`. `Debug` shows nothing that the password can be guessed from.
#[derive(Clone, Copy)]
pub enum NtResponse<'a> {
    /// None: an anonymous initiator.
    Empty,
    /// `NTLM_RESPONSE` (section 2.2.2.6).
    V1([u8; 24]),
    /// `NTLMv2_RESPONSE` (section 2.2.2.8).
    V2 {
        /// `Response`: NTProofStr, an HMAC over the server's challenge and the rest.
        nt_proof_str: [u8; 16],
        /// `NTLMv2_CLIENT_CHALLENGE`.
        client_challenge: Ntlmv2ClientChallenge<'a>,
    },
}

impl<'a> NtResponse<'a> {
    /// Reads one. Its length tells the version: version 1 has 24 bytes, version 2 at least 48.
    ///
    /// # Errors
    /// If it is of another length or version, or its AV pairs are malformed.
    pub fn decode(response: &'a [u8]) -> Result<Self, MessageError> {
        match *response {
            [] => Ok(Self::Empty),
            _ if let Ok(v1) = response.try_into() => Ok(Self::V1(v1)),
            _ => {
                let mut fields = Fields::new(response);
                let nt_proof_str = fields.array()?;
                let client_challenge = Ntlmv2ClientChallenge::read(&mut fields)?;
                Ok(Self::V2 {
                    nt_proof_str,
                    client_challenge,
                })
            }
        }
    }
}

/// `NTLMv2_CLIENT_CHALLENGE` (MS-NLMP section 2.2.2.7):
///
/// ```text
///  0  RespType 1, HiRespType 1, Reserved1: u16, Reserved2: u32
///  8  TimeStamp: FILETIME
/// 16  ChallengeFromClient: 8 bytes
/// 24  Reserved3: u32
/// 28  AvPairs
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Ntlmv2ClientChallenge<'a> {
    /// FILETIME (MS-DTYP section 2.3.3), which [`Timestamp::from_file_time`](negotiate_core::Timestamp::from_file_time)
    /// reads.
    pub timestamp: u64,
    /// The initiator's nonce.
    pub challenge_from_client: [u8; 8],
    /// The acceptor's AV pairs, and what the initiator adds to them.
    pub av_pairs: AvPairs<'a>,
    /// Bytes after the end of the list: Windows writes four zeros, and the proof covers them.
    pub after_av_pairs: &'a [u8],
}

impl<'a> Ntlmv2ClientChallenge<'a> {
    fn read(fields: &mut Fields<'a>) -> Result<Self, MessageError> {
        let at = fields.offset();
        if fields.array()? != [1, 1] {
            return Err(error(at, MessageErrorKind::BadResponse));
        }
        let _reserved = (fields.u16()?, fields.u32()?);
        let timestamp = fields.u64()?;
        let challenge_from_client = fields.array()?;
        let _reserved = fields.u32()?;
        let av_pairs = AvPairs::read(fields)?;
        Ok(Self {
            timestamp,
            challenge_from_client,
            av_pairs,
            after_av_pairs: fields.rest(),
        })
    }
}

/// `LmChallengeResponse` (MS-NLMP sections 2.2.2.3 and 2.2.2.4). The bytes do not tell which version they are, and `Debug` shows
/// none of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LmResponse {
    /// None: smbclient and anonymous initiators.
    Empty,
    /// One zero: an anonymous initiator (section 3.2.5.1.2).
    Anonymous,
    /// LM_RESPONSE, or LMv2_RESPONSE, whose last eight bytes are the initiator's nonce.
    Response([u8; 24]),
}

impl LmResponse {
    /// Reads one.
    ///
    /// # Errors
    /// If it is of another length.
    pub fn decode(response: &[u8]) -> Result<Self, MessageError> {
        match response {
            [] => Ok(Self::Empty),
            [0] => Ok(Self::Anonymous),
            _ => match response.try_into() {
                Ok(response) => Ok(Self::Response(response)),
                Err(_) => Err(error(0, MessageErrorKind::BadResponse)),
            },
        }
    }
}

impl fmt::Debug for NtResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::V1(_) => f.write_str("V1(..)"),
            Self::V2 { client_challenge, .. } => f
                .debug_struct("V2")
                .field("client_challenge", client_challenge)
                .finish_non_exhaustive(),
        }
    }
}

impl fmt::Debug for LmResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Anonymous => "Anonymous",
            Self::Response(_) => "Response(..)",
        })
    }
}
