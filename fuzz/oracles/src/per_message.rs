//! MIC and Wrap tokens between the two ends of a context: sent, changed, sent again, forged with the right key, or any
//! bytes. A second implementation of RFC 4121 section 4.2 over the same keys (`rfc4121`), or of RFC 1964's tokens under an
//! RC4 key (`rfc1964`), predicts each verdict, each message and the order of messages.

mod rfc1964;
mod rfc4121;

use crate::support::{Counting, Etype, key};
use arbitrary::{Arbitrary, Unstructured};
use mech_krb5::crypto::{EncryptionType, Key};
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
            _ => Box::new(rfc4121::Model {
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
