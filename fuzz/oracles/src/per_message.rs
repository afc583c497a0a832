//! MIC and Wrap tokens between the two ends of a context: sent, changed, sent again, forged with the right key, or any
//! bytes. A second implementation of RFC 4121 section 4.2 over the same keys, or of RFC 1964's tokens under an RC4 key
//! (`rfc1964`), predicts each verdict, each message and the order of messages.

mod rfc1964;

use crate::support::{Counting, Etype, key};
use arbitrary::{Arbitrary, Unstructured};
use mech_krb5::crypto::{EncryptionType, Key, KeyUsage};
use mech_krb5::{ContextKeys, MessageProtection, Role};
use negotiate_core::der::{Tag, Writer};
use negotiate_core::{
    ContextFlags, MechType, MessageOrder, PerMessage, PerMessageError, Protection, Unwrapped,
};
use std::collections::HashSet;

/// # Panics
/// If the two differ.
pub fn check(input: &[u8]) {
    nothing_passes_without_the_key(input);
    let Ok(session) = Session::arbitrary_take_rest(Unstructured::new(input)) else {
        return;
    };
    run(&session);
}

fn run(session: &Session) {
    let key = session.key();
    let keys = ContextKeys {
        initiator: key.clone(),
        acceptor_subkey: session.acceptor_subkey.then(|| key.clone()),
    };
    let flags = session.flags();
    let model = |receiver, next: u32| -> Box<dyn Oracle> {
        match key.encryption_type() {
            EncryptionType::Rc4Hmac => Box::new(rfc1964::Model {
                key: key.bytes().try_into().expect("sixteen bytes"),
                receiver,
                next,
                seen: Vec::new(),
                flags,
            }),
            _ => Box::new(Model {
                key: key.clone(),
                receiver,
                acceptor_subkey: session.acceptor_subkey,
                next: next.into(),
                seen: HashSet::new(),
                flags,
            }),
        }
    };
    let end = |role, send, receive| End {
        protection: MessageProtection::new(role, keys.clone(), send, receive, flags),
        model: model(role, receive),
        sends: u64::from(send),
    };
    let (of_initiator, of_acceptor) = session.first;
    let mut initiator = end(Role::Initiator, of_initiator, of_acceptor);
    let mut acceptor = end(Role::Acceptor, of_acceptor, of_initiator);
    let mut sent = Vec::new();
    for step in session.steps.iter().take(24) {
        let (from, to) = if step.by_acceptor() {
            (&mut acceptor, &mut initiator)
        } else {
            (&mut initiator, &mut acceptor)
        };
        step.run(from, to, &mut sent);
    }
}

/// The older tokens, of contexts under an RC4 key: whoever has not the key makes none, in whichever framing.
fn nothing_passes_without_the_key(input: &[u8]) {
    let keys = ContextKeys {
        initiator: Key::new(EncryptionType::Rc4Hmac, &[7; 16]).expect("sixteen bytes"),
        acceptor_subkey: None,
    };
    let mut acceptor = MessageProtection::new(Role::Acceptor, keys, 0, 0, ContextFlags::SEQUENCE);
    let framed = |token_id: u8| {
        let mut writer = Writer::new();
        writer.element(Tag::application(0), |inner| {
            inner.object_identifier(MechType::KRB5.contents());
            inner.raw(&[token_id, 1]);
            inner.raw(input);
        });
        writer.into_bytes()
    };
    for token in [input.to_vec(), framed(1), framed(2)] {
        let refused = |error| matches!(error, PerMessageError::DefectiveToken | PerMessageError::BadMic);
        assert!(acceptor.verify_mic(input, &token).is_err_and(refused));
        assert!(acceptor.unwrap(&token).is_err_and(refused));
    }
}

#[derive(Arbitrary, Debug)]
struct Session {
    etype: Etype,
    acceptor_subkey: bool,
    flags: u8,
    first: (u32, u32),
    steps: Vec<Step>,
}

impl Session {
    /// Two of those that make no difference to messages tell the style.
    fn flags(&self) -> ContextFlags {
        let flags = ContextFlags::from_bits_truncate(self.flags.into());
        match self.flags & 0xf0 {
            0xb0 | 0xc0 => flags.with(ContextFlags::DCE_STYLE),
            _ => flags,
        }
    }

    /// Of RC4 or Camellia by flags that make no difference to messages: seldom, that is.
    fn key(&self) -> Key {
        let camellia = match self.etype.encryption_type().key_len() {
            16 => EncryptionType::Camellia128CtsCmac,
            _ => EncryptionType::Camellia256CtsCmac,
        };
        match self.flags & 0xf0 {
            0xc0 | 0xd0 => Key::new(EncryptionType::Rc4Hmac, &[7; 16]).expect("sixteen bytes"),
            0xe0 => Key::new(camellia, &[7; 32][..camellia.key_len()]).expect("as many bytes"),
            _ => key(self.etype, 7),
        }
    }
}

#[derive(Arbitrary, Debug)]
enum Step {
    /// A message as it should be, with bytes of its token changed on the way, or lost.
    Send {
        by_acceptor: bool,
        kind: Kind,
        message: Vec<u8>,
        changes: Vec<(u8, u8)>,
        lost: bool,
    },
    /// A token that was sent before, perhaps to the wrong end.
    Again { by_acceptor: bool, which: u8 },
    /// A token under the right key with a header of any content.
    Forge {
        by_acceptor: bool,
        kind: Kind,
        message: Vec<u8>,
        header: ForgedHeader,
    },
    /// Any bytes.
    Raw {
        by_acceptor: bool,
        token: Vec<u8>,
        message: Vec<u8>,
    },
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Mic,
    Integrity,
    Confidentiality,
}

#[derive(Arbitrary, Debug)]
struct ForgedHeader {
    flip_flags: u8,
    flip_filler: u8,
    /// Instead of the right one.
    extra_count: Option<u16>,
    /// Bytes of filler that are really there, in what is sealed.
    filler: u8,
    rotation: u16,
    /// From the number that is due.
    ahead: i16,
    far_ahead: bool,
}

/// A second implementation of one direction's tokens.
trait Oracle {
    /// A token as the sender makes it, but for what `header` changes.
    fn forge(&self, kind: Kind, message: &[u8], header: &ForgedHeader, due: u64) -> Vec<u8>;
    fn verify_mic(&mut self, message: &[u8], token: &[u8]) -> Result<MessageOrder, PerMessageError>;
    fn unwrap(&mut self, token: &[u8]) -> Result<Unwrapped, PerMessageError>;
}

/// One end, and what its model expects from the other.
struct End {
    protection: MessageProtection,
    model: Box<dyn Oracle>,
    sends: u64,
}

impl Step {
    const fn by_acceptor(&self) -> bool {
        match self {
            Self::Send { by_acceptor, .. }
            | Self::Again { by_acceptor, .. }
            | Self::Forge { by_acceptor, .. }
            | Self::Raw { by_acceptor, .. } => *by_acceptor,
        }
    }

    fn run(&self, from: &mut End, to: &mut End, sent: &mut Vec<(Vec<u8>, Vec<u8>)>) {
        match self {
            Self::Send {
                kind,
                message,
                changes,
                lost,
                ..
            } => {
                let mut token = from.send(*kind, message, to);
                sent.push((token.clone(), message.clone()));
                for (at, by) in changes {
                    let at = usize::from(*at) % token.len();
                    token[at] ^= by;
                }
                if !lost {
                    to.receive(&token, message);
                }
            }
            Self::Again { which, .. } => {
                if let Some((token, message)) = sent.get(usize::from(*which) % sent.len().max(1)) {
                    to.receive(token, message);
                }
            }
            Self::Forge {
                kind,
                message,
                header,
                ..
            } => {
                let token = to.model.forge(*kind, message, header, from.sends);
                sent.push((token.clone(), message.clone()));
                to.receive(&token, message);
            }
            Self::Raw { token, message, .. } => to.receive(token, message),
        }
    }
}

impl End {
    /// Protects a message; what needs no random bytes is as the model makes it.
    fn send(&mut self, kind: Kind, message: &[u8], to: &End) -> Vec<u8> {
        let random = &mut Counting(3);
        let token = match kind {
            Kind::Mic => self.protection.get_mic(message),
            Kind::Integrity => self.protection.wrap(message, Protection::Integrity, random),
            Kind::Confidentiality => self.protection.wrap(message, Protection::Confidentiality, random),
        };
        let token = token.expect("a short message and random bytes");
        let plain = ForgedHeader {
            flip_flags: 0,
            flip_filler: 0,
            extra_count: None,
            filler: 0,
            rotation: 0,
            ahead: 0,
            far_ahead: false,
        };
        let expected = to.model.forge(kind, message, &plain, self.sends);
        assert_eq!(token, expected);
        self.sends += 1;
        token
    }

    /// Takes a token as either kind.
    fn receive(&mut self, token: &[u8], message: &[u8]) {
        let expected = self.model.verify_mic(message, token);
        assert_eq!(self.protection.verify_mic(message, token), expected);
        let expected = self.model.unwrap(token);
        assert_eq!(self.protection.unwrap(token), expected);
    }
}

/// RFC 4121 section 4.2 for one direction, as its receiver sees it.
struct Model {
    key: Key,
    /// Which end it is.
    receiver: Role,
    acceptor_subkey: bool,
    next: u64,
    seen: HashSet<u64>,
    flags: ContextFlags,
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
        let extra_count = usize::from(u16::from_be_bytes([head[4], head[5]]));
        let mut body = body.to_vec();
        if !body.is_empty() {
            let rotation = u16::from_be_bytes([head[6], head[7]]);
            let count = self.rotation(head[2] & SEALED != 0, extra_count as u16, rotation);
            let len = body.len();
            body.rotate_left(count % len);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages of every kind both ways, one sent again, under an RC4 key, one of Camellia and one of AES; in DCE style, too.
    #[test]
    fn what_is_sent_is_as_the_second_implementation_makes_it() {
        for flags in [0xd8, 0xc8, 0xe8, 0x08, 0xb8] {
            let send = |by_acceptor, kind, lost| Step::Send {
                by_acceptor,
                kind,
                message: b"a message".to_vec(),
                changes: Vec::new(),
                lost,
            };
            let kinds = [Kind::Mic, Kind::Integrity, Kind::Confidentiality];
            let both = kinds.into_iter().flat_map(|kind| [(false, kind), (true, kind)]);
            let mut steps: Vec<_> = both
                .map(|(by_acceptor, kind)| send(by_acceptor, kind, false))
                .collect();
            steps.push(Step::Again {
                by_acceptor: false,
                which: 0,
            });
            steps.push(send(true, Kind::Mic, true));
            steps.push(send(true, Kind::Mic, false));
            run(&Session {
                etype: Etype::Aes256Sha1,
                acceptor_subkey: false,
                flags,
                first: (u32::MAX, 5),
                steps,
            });
        }
    }
}
