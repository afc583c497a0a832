//! Per-message tokens (MIC and Wrap), of any length that memory holds (RFC 4121 section 5.2): those of RFC 4121 section 4.2 for
//! the encryption types of RFC 3961 onwards, and the older ones where the context's key is one of RC4.

mod mic;
mod rfc4757;
mod rfc7802;
mod sequence;
mod wrap;

use crate::crypto::{ChecksumKey, EncryptionType, Key, KeyUsage, SpecificKey};
use alloc::boxed::Box;
use alloc::vec::Vec;
use negotiate_core::{
    ContextFlags, MessageOrder, PerMessage, PerMessageError, PrfKey, Protection, Random, Secret, Unwrapped,
};
use sequence::{Numbers, SequenceWindow};

/// Which end of the context this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It sent the AP-REQ.
    Initiator,
    /// It received the AP-REQ.
    Acceptor,
}

/// The keys that the two ends agreed on (RFC 4121 section 2, MS-KILE section 3.1.1.2).
#[derive(Clone, Debug)]
pub struct ContextKeys {
    /// The subkey of the authenticator or, without one, the ticket's session key.
    pub initiator: Key,
    /// The subkey of the AP-REP. Where there is one, it protects the messages.
    pub acceptor_subkey: Option<Key>,
}

impl ContextKeys {
    /// The key that protects the messages.
    #[must_use]
    pub fn base(&self) -> &Key {
        self.acceptor_subkey.as_ref().unwrap_or(&self.initiator)
    }
}

/// The per-message half of a Kerberos security context. Keys for a purpose are derived when the purpose first comes up.
#[derive(Debug)]
pub struct MessageProtection {
    role: Role,
    keys: ContextKeys,
    style: Style,
    send_next: u64,
    received: SequenceWindow,
    sign: Directions<ChecksumKey>,
    seal_checksum: Directions<ChecksumKey>,
    seal: Directions<SpecificKey>,
}

/// Whether the context is of DCE style (MS-KILE section 3.4.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Plain,
    Dce,
}

/// A derived key for each direction, once it was needed. Boxed: most contexts of HTTP protect no message, and with the
/// keys in place each would be of four kilobytes.
#[derive(Debug)]
struct Directions<K> {
    ours: Option<Box<K>>,
    theirs: Option<Box<K>>,
}

impl<K> Default for Directions<K> {
    fn default() -> Self {
        Self {
            ours: None,
            theirs: None,
        }
    }
}

impl MessageProtection {
    /// Protection by these keys. `send_first` and `receive_first` are the sequence numbers that AP-REP and authenticator set
    /// (RFC 4120 section 5.5.1); `flags` say which disorder is detected.
    #[must_use]
    pub fn new(
        role: Role,
        keys: ContextKeys,
        send_first: u32,
        receive_first: u32,
        flags: ContextFlags,
    ) -> Self {
        let numbers = match tokens_of(keys.base()) {
            Tokens::Rfc4121 => Numbers::Of64Bits,
            Tokens::Rfc4757 => Numbers::Of32Bits,
        };
        Self {
            role,
            keys,
            style: if flags.contains(ContextFlags::DCE_STYLE) {
                Style::Dce
            } else {
                Style::Plain
            },
            send_next: send_first.into(),
            received: SequenceWindow::new(receive_first.into(), numbers, flags),
            sign: Directions::default(),
            seal_checksum: Directions::default(),
            seal: Directions::default(),
        }
    }

    /// The key that protects the messages: what GSS_C_INQ_SSPI_SESSION_KEY shows.
    #[must_use]
    pub fn key(&self) -> &Key {
        self.keys.base()
    }

    /// The next number of tokens that have 32 bits for it.
    fn send_number(&self) -> u32 {
        let [.., a, b, c, d] = self.send_next.to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    fn next_header(&self, token_id: TokenId, flags: u8, extra_count: [u8; 2], rotation: [u8; 2]) -> Header {
        let mut flags = flags;
        if self.role == Role::Acceptor {
            flags |= Header::SENT_BY_ACCEPTOR;
        }
        if self.keys.acceptor_subkey.is_some() {
            flags |= Header::ACCEPTOR_SUBKEY;
        }
        Header {
            token_id,
            flags,
            extra_count,
            rotation,
            sequence: self.send_next,
        }
    }

    /// The peer's header: from the other end, under the key that this context uses (RFC 4121 section 4.2.2). Who made
    /// another did not make it for us: to the caller it is what MIT krb5 says too, a signature that does not verify.
    fn check_header(&self, header: &Header) -> Result<(), PerMessageError> {
        let from_acceptor = header.flags & Header::SENT_BY_ACCEPTOR != 0;
        let by_acceptor_subkey = header.flags & Header::ACCEPTOR_SUBKEY != 0;
        if from_acceptor == (self.role == Role::Acceptor)
            || by_acceptor_subkey != self.keys.acceptor_subkey.is_some()
        {
            return Err(PerMessageError::BadMic);
        }
        Ok(())
    }

    /// By how much the peer's Wrap token is rotated: RRC (RFC 4121 section 4.2.5) and, if it is sealed in a context of DCE style,
    /// EC besides. Windows does so, and Heimdal like it; MIT krb5 has no EC there and rotates nothing.
    fn rotation(&self, header: &Header) -> usize {
        let count = |bytes| usize::from(u16::from_be_bytes(bytes));
        let by_ec = match self.style {
            Style::Dce if header.flags & Header::SEALED != 0 => count(header.extra_count),
            Style::Dce | Style::Plain => 0,
        };
        count(header.rotation).saturating_add(by_ec)
    }

    /// RFC 4121 section 2: KG-USAGE-*-SIGN and KG-USAGE-*-SEAL, ours and the peer's.
    fn usages(&self, acceptor: KeyUsage, initiator: KeyUsage) -> (KeyUsage, KeyUsage) {
        match self.role {
            Role::Acceptor => (acceptor, initiator),
            Role::Initiator => (initiator, acceptor),
        }
    }
}

impl PerMessage for MessageProtection {
    fn get_mic(&mut self, message: &[u8]) -> Result<Vec<u8>, PerMessageError> {
        match tokens_of(self.key()) {
            Tokens::Rfc4121 => mic::get(self, message),
            Tokens::Rfc4757 => Ok(rfc4757::get_mic(self, message)),
        }
    }

    fn verify_mic(&mut self, message: &[u8], mic: &[u8]) -> Result<MessageOrder, PerMessageError> {
        match tokens_of(self.key()) {
            Tokens::Rfc4121 => mic::verify(self, message, mic),
            Tokens::Rfc4757 => rfc4757::verify_mic(self, message, mic),
        }
    }

    fn verify_mech_list_mic(
        &mut self,
        mech_types: &[u8],
        mic: &[u8],
    ) -> Result<MessageOrder, PerMessageError> {
        match tokens_of(self.key()) {
            Tokens::Rfc4121 => mic::verify(self, mech_types, mic),
            Tokens::Rfc4757 => rfc4757::verify_mech_list_mic(self, mech_types, mic),
        }
    }

    fn wrap(
        &mut self,
        message: &[u8],
        protection: Protection,
        random: &mut dyn Random,
    ) -> Result<Vec<u8>, PerMessageError> {
        match (tokens_of(self.key()), protection) {
            (Tokens::Rfc4121, Protection::Integrity) => wrap::checksummed(self, message),
            (Tokens::Rfc4121, Protection::Confidentiality) => wrap::sealed(self, message, random),
            (Tokens::Rfc4757, protection) => rfc4757::wrap(self, message, protection, random),
        }
    }

    fn unwrap(&mut self, token: &[u8]) -> Result<Unwrapped, PerMessageError> {
        match tokens_of(self.key()) {
            Tokens::Rfc4121 => wrap::open(self, token),
            Tokens::Rfc4757 => rfc4757::unwrap(self, token),
        }
    }

    fn pseudo_random(
        &mut self,
        key: PrfKey,
        input: &[u8],
        len: usize,
    ) -> Result<Secret<Vec<u8>>, PerMessageError> {
        // RFC 7802 section 3.
        let key = match key {
            PrfKey::Full => self.keys.base(),
            PrfKey::Partial => &self.keys.initiator,
        };
        rfc7802::pseudo_random(key, input, len).ok_or(PerMessageError::TooLong)
    }
}

/// Which tokens a context speaks, and takes: the other kind is refused.
enum Tokens {
    Rfc4121,
    Rfc4757,
}

/// RFC 4121 section 1 has its tokens for every type but the older ones, of which RC4 alone is implemented.
const fn tokens_of(key: &Key) -> Tokens {
    match key.encryption_type() {
        EncryptionType::Rc4Hmac => Tokens::Rfc4757,
        _ => Tokens::Rfc4121,
    }
}

/// What the first two bytes say a token is (RFC 4121 section 4.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TokenId {
    Mic,
    Wrap,
}

impl TokenId {
    const fn bytes(self) -> [u8; 2] {
        match self {
            Self::Mic => [0x04, 0x04],
            Self::Wrap => [0x05, 0x04],
        }
    }
}

/// The 16 bytes with which every token begins (RFC 4121 section 4.2.6):
///
/// ```text
/// 0..2   TOK_ID   04 04 or 05 04
/// 2      Flags    1 sent by acceptor, 2 sealed, 4 acceptor subkey
/// 3      Filler   FF
/// 4..6   EC       bytes after the message; FF FF in a MIC
/// 6..8   RRC      right rotation count; FF FF in a MIC
/// 8..16  SND_SEQ  sequence number, big-endian
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    token_id: TokenId,
    flags: u8,
    extra_count: [u8; 2],
    rotation: [u8; 2],
    sequence: u64,
}

impl Header {
    const LEN: usize = 16;
    const SENT_BY_ACCEPTOR: u8 = 1;
    const SEALED: u8 = 2;
    const ACCEPTOR_SUBKEY: u8 = 4;

    fn to_bytes(self) -> [u8; Self::LEN] {
        let [t0, t1] = self.token_id.bytes();
        let [e0, e1] = self.extra_count;
        let [r0, r1] = self.rotation;
        let [s0, s1, s2, s3, s4, s5, s6, s7] = self.sequence.to_be_bytes();
        [
            t0, t1, self.flags, 0xff, e0, e1, r0, r1, s0, s1, s2, s3, s4, s5, s6, s7,
        ]
    }

    /// Header and the rest of a token of this kind. Flag bits that RFC 4121 section 4.2.2 leaves free are ignored, as it
    /// says.
    fn parse(token_id: TokenId, token: &[u8]) -> Result<(Self, &[u8]), PerMessageError> {
        let (header, rest) = token
            .split_first_chunk::<{ Self::LEN }>()
            .ok_or(PerMessageError::DefectiveToken)?;
        let [
            t0,
            t1,
            flags,
            filler,
            e0,
            e1,
            r0,
            r1,
            s0,
            s1,
            s2,
            s3,
            s4,
            s5,
            s6,
            s7,
        ] = *header;
        if [t0, t1] != token_id.bytes() || filler != 0xff {
            return Err(PerMessageError::DefectiveToken);
        }
        let sequence = u64::from_be_bytes([s0, s1, s2, s3, s4, s5, s6, s7]);
        Ok((
            Self {
                token_id,
                flags,
                extra_count: [e0, e1],
                rotation: [r0, r1],
                sequence,
            },
            rest,
        ))
    }
}
