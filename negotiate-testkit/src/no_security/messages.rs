//! Its per-message tokens, which protect against accidents only.
//!
//! ```text
//! kind: u8, side: u8, number: u64, checksum: 8 bytes, message (not in a MIC)
//! ```

use super::token::checksum;
use negotiate_core::{MessageOrder, PerMessage, PerMessageError, Protection, Random, Unwrapped};

#[derive(Debug)]
pub(super) struct Messages {
    nonce: [u8; 8],
    ours: u8,
    theirs: u8,
    sent: u64,
    received: u64,
}

const INITIATOR: u8 = b'i';
const ACCEPTOR: u8 = b'a';

const MIC: u8 = b'm';
const CLEAR: u8 = b'c';
const SEALED: u8 = b's';

/// Bytes before the message.
const HEADER_LEN: usize = 18;

impl Messages {
    pub(super) const fn initiator(nonce: [u8; 8]) -> Self {
        Self::new(nonce, INITIATOR, ACCEPTOR)
    }

    pub(super) const fn acceptor(nonce: [u8; 8]) -> Self {
        Self::new(nonce, ACCEPTOR, INITIATOR)
    }

    const fn new(nonce: [u8; 8], ours: u8, theirs: u8) -> Self {
        Self {
            nonce,
            ours,
            theirs,
            sent: 0,
            received: 0,
        }
    }

    fn header(&mut self, kind: u8, message: &[u8]) -> Vec<u8> {
        self.sent += 1;
        let head = [&[kind, self.ours][..], &self.sent.to_be_bytes()].concat();
        let sum = checksum(&[&self.nonce, &head, message]);
        [&head[..], &sum].concat()
    }

    /// Whether the peer's header fits the message, and stands where in the sequence.
    fn check(&mut self, header: &[u8], message: &[u8]) -> Result<MessageOrder, PerMessageError> {
        let (head, sum) = header
            .split_last_chunk::<8>()
            .ok_or(PerMessageError::DefectiveToken)?;
        let (_, number) = head
            .split_last_chunk::<8>()
            .ok_or(PerMessageError::DefectiveToken)?;
        if head.get(1) != Some(&self.theirs) || *sum != checksum(&[&self.nonce, head, message]) {
            return Err(PerMessageError::BadMic);
        }
        let number = u64::from_be_bytes(*number);
        let next = self.received + 1;
        if number < next {
            return Err(PerMessageError::DuplicateToken);
        }
        self.received = number;
        Ok(if number == next {
            MessageOrder::Expected
        } else {
            MessageOrder::Gap
        })
    }
}

impl PerMessage for Messages {
    fn get_mic(&mut self, message: &[u8]) -> Result<Vec<u8>, PerMessageError> {
        Ok(self.header(MIC, message))
    }

    fn verify_mic(&mut self, message: &[u8], mic: &[u8]) -> Result<MessageOrder, PerMessageError> {
        if mic.len() != HEADER_LEN || mic.first() != Some(&MIC) {
            return Err(PerMessageError::DefectiveToken);
        }
        self.check(mic, message)
    }

    fn wrap(
        &mut self,
        message: &[u8],
        protection: Protection,
        _random: &mut dyn Random,
    ) -> Result<Vec<u8>, PerMessageError> {
        let kind = match protection {
            Protection::Integrity => CLEAR,
            Protection::Confidentiality => SEALED,
        };
        let header = self.header(kind, message);
        Ok([&header[..], &veiled(message, protection)].concat())
    }

    fn unwrap(&mut self, token: &[u8]) -> Result<Unwrapped, PerMessageError> {
        let (header, body) = token
            .split_at_checked(HEADER_LEN)
            .ok_or(PerMessageError::DefectiveToken)?;
        let protection = match header.first() {
            Some(&CLEAR) => Protection::Integrity,
            Some(&SEALED) => Protection::Confidentiality,
            _ => return Err(PerMessageError::DefectiveToken),
        };
        let message = veiled(body, protection);
        let order = self.check(header, &message)?;
        Ok(Unwrapped {
            message,
            protection,
            order,
        })
    }
}

/// So that nobody takes a sealed message for a clear one; it hides nothing.
fn veiled(message: &[u8], protection: Protection) -> Vec<u8> {
    let veil = match protection {
        Protection::Integrity => 0,
        Protection::Confidentiality => 0x5a,
    };
    message.iter().map(|byte| byte ^ veil).collect()
}
