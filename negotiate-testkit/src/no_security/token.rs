//! Its tokens: what is said, and a checksum without a key.
//!
//! ```text
//! leg: u8, nonce: 8 bytes, name: UTF-8, checksum: 8 bytes
//! ```
//!
//! The first one is framed as RFC 2743 section 3.1 says.

use super::{NO_SECURITY, NoSecurityError};
use negotiate_core::der::{Reader, Tag, Writer};

/// Which token of the exchange it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Leg {
    /// The initiator's first: I am alice.
    Claim,
    /// The acceptor's, if it wants to hear that again.
    More,
    /// The initiator's second.
    Insist,
    /// The acceptor's last.
    Welcome,
}

/// What every token of a login repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) name: String,
    pub(super) nonce: [u8; 8],
}

impl Token {
    pub(super) fn read(token: &[u8], leg: Leg) -> Result<Self, NoSecurityError> {
        let inner = match leg {
            Leg::Claim => unframed(token).ok_or(NoSecurityError::BadToken)?,
            _ => token,
        };
        let (said, sum) = inner.split_last_chunk::<8>().ok_or(NoSecurityError::BadToken)?;
        let (number, rest) = said.split_first().ok_or(NoSecurityError::BadToken)?;
        let (nonce, name) = rest.split_first_chunk::<8>().ok_or(NoSecurityError::BadToken)?;
        if *number != leg.number() || *sum != checksum(&[said]) {
            return Err(NoSecurityError::BadToken);
        }
        Ok(Self {
            name: String::from_utf8(name.to_vec()).map_err(|_| NoSecurityError::BadToken)?,
            nonce: *nonce,
        })
    }

    /// The token of this login for a leg.
    pub(super) fn answer(&self, leg: Leg) -> Vec<u8> {
        let said = [&[leg.number()][..], &self.nonce, self.name.as_bytes()].concat();
        let inner = [&said[..], &checksum(&[&said])].concat();
        match leg {
            Leg::Claim => framed(&inner),
            _ => inner,
        }
    }

    pub(super) fn is_answered_by(&self, answer: &Self) -> Result<(), NoSecurityError> {
        if self == answer {
            Ok(())
        } else {
            Err(NoSecurityError::AnotherLogin)
        }
    }
}

impl Leg {
    const fn number(self) -> u8 {
        match self {
            Self::Claim => 1,
            Self::More => 2,
            Self::Insist => 3,
            Self::Welcome => 4,
        }
    }
}

fn framed(inner: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.element(Tag::application(0), |token| {
        token.object_identifier(NO_SECURITY.contents());
        token.raw(inner);
    });
    writer.into_bytes()
}

fn unframed(token: &[u8]) -> Option<&[u8]> {
    let mut input = Reader::new(token);
    let mut framed = input.element(Tag::application(0)).ok()?;
    input.finish().ok()?;
    (framed.object_identifier().ok()? == NO_SECURITY.contents()).then_some(framed.rest())
}

/// FNV-1a: it has no key and notices accidents only.
pub(super) fn checksum(parts: &[&[u8]]) -> [u8; 8] {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let bytes = parts.iter().flat_map(|part| part.iter());
    bytes.fold(0xcbf2_9ce4_8422_2325, step).to_be_bytes()
}
