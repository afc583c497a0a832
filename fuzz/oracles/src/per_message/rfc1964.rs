//! RFC 1964 section 1.2 with the algorithms of RFC 4757 section 7, from the primitives up: HMAC and RC4 are written out here.

use super::{ForgedHeader, Kind, Oracle};
use crate::tlv;
use md5::{Digest, Md5};
use mech_krb5::Role;
use negotiate_core::{ContextFlags, MessageOrder, PerMessageError, Protection, Unwrapped};

/// One direction, as its receiver sees it.
pub(super) struct Model {
    pub(super) key: [u8; 16],
    /// Which end it is.
    pub(super) receiver: Role,
    /// The number after the highest that was seen.
    pub(super) next: u32,
    /// What was seen of the 64 numbers before.
    pub(super) seen: Vec<u32>,
    pub(super) flags: ContextFlags,
}

/// The identifier of Kerberos, as DER.
const KERBEROS: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";
const MIC: [u8; 2] = [1, 1];
const WRAP: [u8; 2] = [2, 1];
const HMAC_MD5: [u8; 2] = [0x11, 0];
const SEALED: [u8; 2] = [0x10, 0];
const NOT_SEALED: [u8; 2] = [0xff, 0xff];
/// What the random bytes of these tests are (`Counting(3)`).
const CONFOUNDER: [u8; 8] = [4, 5, 6, 7, 8, 9, 10, 11];

/// RFC 2104, with MD5 and a key of at most a block.
fn hmac(key: &[u8], data: &[u8]) -> [u8; 16] {
    let padded = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(pad, byte)| *pad ^= byte);
        block
    };
    let inner = Md5::new()
        .chain_update(padded(0x36))
        .chain_update(data)
        .finalize();
    let outer = Md5::new().chain_update(padded(0x5c)).chain_update(inner);
    outer.finalize().into()
}

/// RC4, both ways.
fn rc4(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut state: Vec<u8> = (0..=255).collect();
    let mut j = 0_u8;
    for i in 0..256 {
        j = j.wrapping_add(state[i]).wrapping_add(key[i % key.len()]);
        state.swap(i, j.into());
    }
    let (mut i, mut j) = (0_u8, 0_u8);
    let mut next = || {
        i = i.wrapping_add(1);
        j = j.wrapping_add(state[usize::from(i)]);
        state.swap(i.into(), j.into());
        state[usize::from(state[usize::from(i)].wrapping_add(state[usize::from(j)]))]
    };
    data.iter().map(|byte| byte ^ next()).collect()
}

/// A token's parts behind its framing and TOK_ID.
struct Parts<'t> {
    head: [u8; 8],
    sequence: &'t [u8],
    checksum: &'t [u8],
    text: Vec<u8>,
}

impl Model {
    /// The byte that fills the place of the direction.
    fn direction(&self) -> u8 {
        match self.receiver {
            Role::Acceptor => 0,
            Role::Initiator => 0xff,
        }
    }

    /// RFC 4757 section 7.3: number 15 for a MIC; 13 for a Wrap, as everybody has it.
    fn checksum(&self, usage: u32, head: &[u8], text: &[u8]) -> Vec<u8> {
        let signature_key = hmac(&self.key, b"signaturekey\0");
        let digest = Md5::new()
            .chain_update(usage.to_le_bytes())
            .chain_update(head)
            .chain_update(text)
            .finalize();
        hmac(&signature_key, &digest)[..8].to_vec()
    }

    fn crypt_number(&self, checksum: &[u8], number: &[u8]) -> Vec<u8> {
        rc4(&hmac(&hmac(&self.key, &[0; 4]), checksum), number)
    }

    fn crypt_text(&self, number: u32, text: &[u8]) -> Vec<u8> {
        let local = self.key.map(|byte| byte ^ 0xf0);
        rc4(&hmac(&hmac(&local, &[0; 4]), &number.to_be_bytes()), text)
    }

    fn is_dce_style(&self) -> bool {
        self.flags.contains(ContextFlags::DCE_STYLE)
    }

    /// In DCE style the framing of a Wrap ends with the confounder, and the message comes behind it; else it ends with the token.
    fn parts<'t>(&self, token: &'t [u8], token_id: [u8; 2]) -> Option<Parts<'t>> {
        let ((0x60, inner), behind) = tlv::split(token)? else {
            return None;
        };
        let inner = inner.strip_prefix(KERBEROS)?;
        let ends_where_it_must = if token_id == WRAP && self.is_dce_style() {
            inner.len() == 24 + CONFOUNDER.len()
        } else {
            behind.is_empty()
        };
        if !ends_where_it_must {
            return None;
        }
        let head: [u8; 8] = inner.get(..8)?.try_into().ok()?;
        let is_known = head[..2] == token_id && head[2..4] == HMAC_MD5 && head[6..] == [0xff; 2];
        is_known.then_some(Parts {
            head,
            sequence: inner.get(8..16)?,
            checksum: inner.get(16..24)?,
            text: [inner.get(24..)?, behind].concat(),
        })
    }

    /// The number, if the token is from the other end.
    fn number(&self, parts: &Parts<'_>) -> Result<u32, PerMessageError> {
        let plain = self.crypt_number(parts.checksum, parts.sequence);
        if plain[4..] != [self.direction(); 4] {
            return Err(PerMessageError::BadMic);
        }
        Ok(u32::from_be_bytes(plain[..4].try_into().expect("four bytes")))
    }

    fn order(&mut self, number: u32) -> Result<MessageOrder, PerMessageError> {
        let in_sequence = self.flags.contains(ContextFlags::SEQUENCE);
        if !in_sequence && !self.flags.contains(ContextFlags::REPLAY) {
            return Ok(MessageOrder::Expected);
        }
        let ahead = number.wrapping_sub(self.next);
        let order = if ahead < u32::MAX / 2 {
            self.next = number.wrapping_add(1);
            if ahead == 0 {
                MessageOrder::Expected
            } else {
                MessageOrder::Gap
            }
        } else if self.next.wrapping_sub(number) > 64 {
            return Err(PerMessageError::OldToken);
        } else if self.seen.contains(&number) {
            return Err(PerMessageError::DuplicateToken);
        } else {
            MessageOrder::Unsequenced
        };
        let next = self.next;
        self.seen
            .retain(|seen| (1..=64).contains(&next.wrapping_sub(*seen)));
        self.seen.push(number);
        Ok(if in_sequence {
            order
        } else {
            MessageOrder::Expected
        })
    }
}

impl Oracle for Model {
    fn forge(&self, kind: Kind, message: &[u8], header: &ForgedHeader, due: u64) -> Vec<u8> {
        let (token_id, usage, sealed) = match kind {
            Kind::Mic => (MIC, 15, NOT_SEALED),
            Kind::Integrity => (WRAP, 13, NOT_SEALED),
            Kind::Confidentiality => (WRAP, 13, SEALED),
        };
        let far = if header.far_ahead { 1 << 20 } else { 0 };
        // The lower half of what counts as 64 bits elsewhere.
        let number = (due as u32)
            .wrapping_add_signed(header.ahead.into())
            .wrapping_add(far);
        let [algorithm, _] = header.extra_count.unwrap_or(0).to_be_bytes();
        let filler = 0xff ^ header.flip_filler;
        let sealed_byte = sealed[0] ^ header.flip_flags;
        let rest = [
            HMAC_MD5[0] ^ algorithm,
            HMAC_MD5[1],
            sealed_byte,
            sealed[1],
            filler,
            0xff,
        ];
        let head = [&token_id[..], &rest].concat();
        let padding = 1_u8.wrapping_add(header.filler);
        let (covered, text) = match kind {
            Kind::Mic => (message.to_vec(), Vec::new()),
            _ => {
                let padding = if self.is_dce_style() {
                    vec![]
                } else {
                    vec![padding]
                };
                let plain = [&CONFOUNDER[..], message, &padding].concat();
                (plain.clone(), plain)
            }
        };
        let checksum = self.checksum(usage, &head, &covered);
        let text = match kind {
            Kind::Confidentiality => self.crypt_text(number, &text),
            _ => text,
        };
        let [a, b, c, d] = number.to_be_bytes();
        let direction = self.direction();
        let sequence = self.crypt_number(
            &checksum,
            &[a, b, c, d, direction, direction, direction, direction],
        );
        let (framed, behind) = match kind {
            // Or with framing that is too long.
            Kind::Integrity | Kind::Confidentiality if self.is_dce_style() => {
                text.split_at((8 + usize::from(header.filler)).min(text.len()))
            }
            _ => (&text[..], &[][..]),
        };
        let framed = [KERBEROS, &head, &sequence, &checksum, framed].concat();
        [&tlv::write(0x60, &framed)[..], behind].concat()
    }

    fn verify_mic(&mut self, message: &[u8], token: &[u8]) -> Result<MessageOrder, PerMessageError> {
        let parts = self.parts(token, MIC).filter(|parts| parts.text.is_empty());
        let parts = parts.filter(|parts| parts.head[4..6] == NOT_SEALED);
        let parts = parts.ok_or(PerMessageError::DefectiveToken)?;
        let number = self.number(&parts)?;
        if parts.checksum != self.checksum(15, &parts.head, message) {
            return Err(PerMessageError::BadMic);
        }
        self.order(number)
    }

    fn unwrap(&mut self, token: &[u8]) -> Result<Unwrapped, PerMessageError> {
        let parts = self.parts(token, WRAP).ok_or(PerMessageError::DefectiveToken)?;
        let protection = match [parts.head[4], parts.head[5]] {
            NOT_SEALED => Protection::Integrity,
            SEALED => Protection::Confidentiality,
            _ => return Err(PerMessageError::DefectiveToken),
        };
        let number = self.number(&parts)?;
        let text = match protection {
            Protection::Integrity => parts.text.clone(),
            Protection::Confidentiality => self.crypt_text(number, &parts.text),
        };
        if parts.checksum != self.checksum(13, &parts.head, &text) {
            return Err(PerMessageError::BadMic);
        }
        // RFC 1964 section 1.2.2.3 ends each text with a byte of padding.
        let padded = if self.is_dce_style() {
            Some(&text[..])
        } else {
            text.strip_suffix(&[1])
        };
        let message = padded.and_then(|text| text.get(CONFOUNDER.len()..));
        let message = message.ok_or(PerMessageError::DefectiveToken)?.to_vec();
        Ok(Unwrapped {
            message,
            protection,
            order: self.order(number)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2202 section 2, case 2; and a vector of RC4 that has been about since 1994.
    #[test]
    fn the_primitives_are_those_that_they_are_called() {
        let expected = [
            0x75, 0x0c, 0x78, 0x3e, 0x6a, 0xb0, 0xb5, 0x03, 0xea, 0xa8, 0x6e, 0x31, 0x0a, 0x5d, 0xb7, 0x38,
        ];
        assert_eq!(hmac(b"Jefe", b"what do ya want for nothing?"), expected);
        let expected = [0xbb, 0xf3, 0x16, 0xe8, 0xd9, 0x40, 0xaf, 0x0a, 0xd3];
        assert_eq!(rc4(b"Key", b"Plaintext"), expected);
    }
}
