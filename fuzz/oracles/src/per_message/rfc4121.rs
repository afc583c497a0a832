//! RFC 4121 section 4.2 over the keys of the code under test: what stands where, what is covered, and in which order.

use super::{ForgedHeader, Kind, Oracle};
use crate::support::Counting;
use mech_krb5::Role;
use mech_krb5::crypto::{Key, KeyUsage};
use negotiate_core::{ContextFlags, MessageOrder, PerMessageError, Protection, Unwrapped};
use std::collections::HashSet;

/// One direction, as its receiver sees it.
pub(super) struct Model {
    pub(super) key: Key,
    /// Which end it is.
    pub(super) receiver: Role,
    pub(super) acceptor_subkey: bool,
    pub(super) next: u64,
    pub(super) seen: HashSet<u64>,
    pub(super) flags: ContextFlags,
}

const MIC: [u8; 2] = [4, 4];
const WRAP: [u8; 2] = [5, 4];
const SENT_BY_ACCEPTOR: u8 = 1;
const SEALED: u8 = 2;
const ACCEPTOR_SUBKEY: u8 = 4;

impl Model {
    /// The flags of the sender's tokens.
    fn flags(&self) -> u8 {
        let sender = if self.receiver == Role::Initiator {
            SENT_BY_ACCEPTOR
        } else {
            0
        };
        let subkey = if self.acceptor_subkey { ACCEPTOR_SUBKEY } else { 0 };
        sender | subkey
    }

    /// RFC 4121 section 4.2.5; and as Windows has it in DCE style.
    fn rotation(&self, is_sealed: bool, extra_count: u16, rotation: u16) -> usize {
        let also_extra = is_sealed && self.flags.contains(ContextFlags::DCE_STYLE);
        usize::from(rotation) + if also_extra { extra_count.into() } else { 0 }
    }

    fn usage(&self, kind: Kind) -> KeyUsage {
        match (self.receiver, kind) {
            (Role::Initiator, Kind::Mic) => KeyUsage(23),
            (Role::Initiator, _) => KeyUsage(22),
            (Role::Acceptor, Kind::Mic) => KeyUsage(25),
            (Role::Acceptor, _) => KeyUsage(24),
        }
    }

    fn checksum(&self, kind: Kind, covered: &[u8]) -> Vec<u8> {
        self.key
            .checksum_key(self.usage(kind))
            .checksum(&[covered])
            .as_bytes()
            .to_vec()
    }

    /// RFC 2743 section 1.2.3, with a memory that knows everything and forgets what lies 64 behind.
    fn order(&mut self, head: &[u8]) -> Result<MessageOrder, PerMessageError> {
        let number = u64::from_be_bytes(head[8..16].try_into().expect("eight bytes"));
        let in_sequence = self.flags.contains(ContextFlags::SEQUENCE);
        if !in_sequence && !self.flags.contains(ContextFlags::REPLAY) {
            return Ok(MessageOrder::Expected);
        }
        let distance = number.wrapping_sub(self.next) as i64;
        if distance < -64 {
            return Err(PerMessageError::OldToken);
        }
        if !self.seen.insert(number) {
            return Err(PerMessageError::DuplicateToken);
        }
        if distance >= 0 {
            self.next = number.wrapping_add(1);
        }
        Ok(match distance {
            _ if !in_sequence => MessageOrder::Expected,
            0 => MessageOrder::Expected,
            1.. => MessageOrder::Gap,
            ..0 => MessageOrder::Unsequenced,
        })
    }
}

impl Oracle for Model {
    fn forge(&self, kind: Kind, message: &[u8], header: &ForgedHeader, due: u64) -> Vec<u8> {
        let sealed = if kind == Kind::Confidentiality { SEALED } else { 0 };
        let flags = (self.flags() | sealed) ^ header.flip_flags;
        let far = if header.far_ahead { 1 << 40 } else { 0 };
        let sequence = due.wrapping_add_signed(header.ahead.into()).wrapping_add(far);
        let head = |token_id: [u8; 2], extra_count: u16, rotation: u16| {
            let filler = 0xff ^ header.flip_filler;
            let fixed = [token_id[0], token_id[1], flags, filler];
            let counts = [extra_count.to_be_bytes(), rotation.to_be_bytes()].concat();
            [&fixed[..], &counts, &sequence.to_be_bytes()].concat()
        };
        match kind {
            Kind::Mic => {
                let extra_count = header.extra_count.unwrap_or(0xffff);
                let head = head(MIC, extra_count, header.rotation ^ 0xffff);
                let checksum = self.checksum(kind, &[message, &head].concat());
                [head, checksum].concat()
            }
            Kind::Integrity => {
                let checksum = self.checksum(kind, &[message, &head(WRAP, 0, 0)].concat());
                let extra_count = header.extra_count.unwrap_or(checksum.len() as u16);
                let body = rotated([message, &checksum].concat(), header.rotation.into());
                [head(WRAP, extra_count, header.rotation), body].concat()
            }
            Kind::Confidentiality => {
                let filler = vec![0xaa; header.filler.into()];
                let extra_count = header.extra_count.unwrap_or(header.filler.into());
                let plain = [message, &filler, &head(WRAP, extra_count, 0)].concat();
                let sealed = self
                    .key
                    .for_usage(self.usage(kind))
                    .encrypt(&plain, &mut Counting(3));
                let count = self.rotation(true, extra_count, header.rotation);
                let body = rotated(sealed.expect("random bytes"), count);
                [head(WRAP, extra_count, header.rotation), body].concat()
            }
        }
    }

    fn verify_mic(&mut self, message: &[u8], token: &[u8]) -> Result<MessageOrder, PerMessageError> {
        let defective = Err(PerMessageError::DefectiveToken);
        let Some((head, checksum)) = token.split_at_checked(16) else {
            return defective;
        };
        if head[..2] != MIC || head[3..8] != [0xff; 5] || head[2] & SEALED != 0 {
            return defective;
        }
        // Of the other end, or under the other key.
        if head[2] & 7 != self.flags() {
            return Err(PerMessageError::BadMic);
        }
        if checksum != self.checksum(Kind::Mic, &[message, head].concat()) {
            return Err(PerMessageError::BadMic);
        }
        self.order(head)
    }

    fn unwrap(&mut self, token: &[u8]) -> Result<Unwrapped, PerMessageError> {
        let bad = PerMessageError::BadMic;
        let (head, body) = token
            .split_at_checked(16)
            .ok_or(PerMessageError::DefectiveToken)?;
        if head[..2] != WRAP || head[3] != 0xff {
            return Err(PerMessageError::DefectiveToken);
        }
        if (head[2] & 7) & !SEALED != self.flags() {
            return Err(bad);
        }
        let extra_count = u16::from_be_bytes([head[4], head[5]]);
        let mut body = body.to_vec();
        if !body.is_empty() {
            let rotation = u16::from_be_bytes([head[6], head[7]]);
            let count = self.rotation(head[2] & SEALED != 0, extra_count, rotation);
            let len = body.len();
            body.rotate_left(count % len);
        }
        let extra_count = usize::from(extra_count);
        let mut covered = head.to_vec();
        covered[6..8].fill(0);
        let (message, protection) = if head[2] & SEALED == 0 {
            if extra_count > body.len() {
                return Err(PerMessageError::DefectiveToken);
            }
            covered[4..6].fill(0);
            let (message, checksum) = body.split_at(body.len() - extra_count);
            if checksum != self.checksum(Kind::Integrity, &[message, &covered].concat()) {
                return Err(bad);
            }
            (message.to_vec(), Protection::Integrity)
        } else {
            let key = self.key.for_usage(self.usage(Kind::Confidentiality));
            key.decrypt_vec(&mut body).map_err(|_| bad)?;
            let rest = body.strip_suffix(&*covered).ok_or(bad)?;
            let len = rest.len().checked_sub(extra_count).ok_or(bad)?;
            (rest[..len].to_vec(), Protection::Confidentiality)
        };
        let order = self.order(head)?;
        Ok(Unwrapped {
            message,
            protection,
            order,
        })
    }
}

fn rotated(mut body: Vec<u8>, count: usize) -> Vec<u8> {
    let len = body.len();
    body.rotate_right(count % len);
    body
}
