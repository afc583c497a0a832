//! The older tokens (RFC 1964 sections 1.2, 1.2.1 and 1.2.2, with the algorithms of RFC 4757 sections 7.1, 7.2 and 7.3) that
//! contexts under an RC4 key use:
//!
//! ```text
//! 0..2    TOK_ID     01 01 MIC, 02 01 Wrap
//! 2..4    SGN_ALG    11 00 HMAC-MD5
//! 4..6    SEAL_ALG   10 00 RC4; FF FF in a MIC and where the message is not sealed
//! 6..8    Filler     FF FF
//! 8..16   SND_SEQ    sequence number, big-endian, and four times 00 (by the initiator) or FF; under RC4
//! 16..24  SGN_CKSUM  the first half of HMAC-MD5 over the first 8 bytes and the text
//! 24..    Text       in a Wrap: confounder of 8 bytes, message, the byte 01; sealed as a whole or not at all
//! ```
//!
//! in the framing of RFC 2743 section 3.1. In a context of DCE style the framing of a Wrap ends with the confounder (MS-KILE section
//! 3.4.5.1): the message comes behind it, and no padding. Heimdal and the `gss_wrap_iov` of MIT krb5 do the same, its `gss_wrap`
//! does not.
//!
//! Where the RFCs contradict each other, this is what all implementations do: the direction is that of RFC 1964 section 1.2.1.2
//! (RFC 4757 section 7.2 has it the other way round), and the checksum of a Wrap has number 13, by RFC 4757 section 3 (its section
//! 7.3 says 15).
//!
//! The checksum covers neither the sequence number nor the direction, and the key of what is sealed has the number alone. So
//! somebody who knows that can change them on the way: a message can come once more, if it is not sealed, and can come back to
//! who made it. A mechListMIC of ours (RFC 4178 section 5) is told from the peer's by its number, and by nothing where there was no
//! AP-REP, so that both ends count from one number.

use super::{MessageProtection, Role, Style};
use crate::accept::frame::Framing;
use crate::crypto::danger::rfc4757::gss_crypt;
use crate::crypto::{Key, KeyUsage};
use alloc::vec::Vec;
use negotiate_core::der::{Reader, Tag};
use negotiate_core::{MechType, MessageOrder, PerMessageError, Protection, Random, Unwrapped};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const MIC: [u8; 2] = [0x01, 0x01];
const WRAP: [u8; 2] = [0x02, 0x01];
const HMAC_MD5: [u8; 2] = [0x11, 0x00];
const RC4: [u8; 2] = [0x10, 0x00];
const NONE: [u8; 2] = [0xff; 2];

const CONFOUNDER_LEN: usize = 8;
/// RC4 needs no padding, and RFC 1964 section 1.2.2.3 no less than one byte of it.
const fn padding(style: Style) -> &'static [u8] {
    match style {
        Style::Plain => &[1],
        Style::Dce => &[],
    }
}

/// The key usages of MIC and Wrap (RFC 4757 section 3): one for both directions, which SND_SEQ tells apart.
const SIGN: KeyUsage = KeyUsage(15);
const SEAL: KeyUsage = KeyUsage(13);

pub(super) fn get_mic(context: &mut MessageProtection, message: &[u8]) -> Vec<u8> {
    let head = Head::new(MIC, NONE);
    let checksum = head.checksum(context.key(), SIGN, message);
    token(context, head, checksum, &[], &[])
}

pub(super) fn verify_mic(
    context: &mut MessageProtection,
    message: &[u8],
    mic: &[u8],
) -> Result<MessageOrder, PerMessageError> {
    let number = number_of_mic(context, message, mic)?;
    context.received.take(number)
}

/// Without its first number it may be ours, turned round.
pub(super) fn verify_mech_list_mic(
    context: &mut MessageProtection,
    mech_types: &[u8],
    mic: &[u8],
) -> Result<MessageOrder, PerMessageError> {
    let number = number_of_mic(context, mech_types, mic)?;
    if context.received.is_next(number) {
        context.received.take(number)
    } else {
        Ok(MessageOrder::Unsequenced)
    }
}

fn number_of_mic(context: &MessageProtection, message: &[u8], mic: &[u8]) -> Result<u64, PerMessageError> {
    let parsed = Parsed::read(MIC, mic, Style::Plain)?;
    if parsed.head.seal != NONE || !parsed.text.is_empty() {
        return Err(PerMessageError::DefectiveToken);
    }
    let number = parsed.number(context)?;
    parsed.verify(context.key(), SIGN, message)?;
    Ok(number.into())
}

pub(super) fn wrap(
    context: &mut MessageProtection,
    message: &[u8],
    protection: Protection,
    random: &mut dyn Random,
) -> Result<Vec<u8>, PerMessageError> {
    let head = Head::new(
        WRAP,
        match protection {
            Protection::Integrity => NONE,
            Protection::Confidentiality => RC4,
        },
    );
    let mut confounder = Zeroizing::new([0; CONFOUNDER_LEN]);
    random
        .fill(&mut *confounder)
        .map_err(|_| PerMessageError::NoRandom)?;
    let mut text = Zeroizing::new([&confounder[..], message, padding(context.style)].concat());
    let checksum = head.checksum(context.key(), SEAL, &text);
    if protection == Protection::Confidentiality {
        seal(context.key(), context.send_number(), &mut text);
    }
    let framed_len = match context.style {
        Style::Plain => text.len(),
        Style::Dce => CONFOUNDER_LEN,
    };
    let (framed, behind) = text.split_at_checked(framed_len).unwrap_or((&text, &[]));
    Ok(token(context, head, checksum, framed, behind))
}

pub(super) fn unwrap(context: &mut MessageProtection, token: &[u8]) -> Result<Unwrapped, PerMessageError> {
    let parsed = Parsed::read(WRAP, token, context.style)?;
    let protection = match parsed.head.seal {
        NONE => Protection::Integrity,
        RC4 => Protection::Confidentiality,
        _ => return Err(PerMessageError::DefectiveToken),
    };
    let number = parsed.number(context)?;
    let mut text = Zeroizing::new([parsed.text, parsed.behind].concat());
    if protection == Protection::Confidentiality {
        seal(context.key(), number, &mut text);
    }
    parsed.verify(context.key(), SEAL, &text)?;
    // The checksum covers all of it, so what is wrong with its form tells nobody anything.
    let message = text.get(CONFOUNDER_LEN..);
    let message = message.and_then(|message| message.strip_suffix(padding(context.style)));
    let message = message.ok_or(PerMessageError::DefectiveToken)?.to_vec();
    let order = context.received.take(number.into())?;
    Ok(Unwrapped {
        message,
        protection,
        order,
    })
}

/// What the checksum covers before the text.
#[derive(Clone, Copy)]
struct Head {
    token_id: [u8; 2],
    seal: [u8; 2],
}

type Checksum = [u8; 8];

impl Head {
    const fn new(token_id: [u8; 2], seal: [u8; 2]) -> Self {
        Self { token_id, seal }
    }

    fn to_bytes(self) -> [u8; 8] {
        let ([t0, t1], [g0, g1], [s0, s1], [f0, f1]) = (self.token_id, HMAC_MD5, self.seal, NONE);
        [t0, t1, g0, g1, s0, s1, f0, f1]
    }

    fn checksum(self, key: &Key, usage: KeyUsage, text: &[u8]) -> Checksum {
        let whole = key.checksum_key(usage).checksum(&[&self.to_bytes(), text]);
        let mut checksum = Checksum::default();
        for (to, from) in checksum.iter_mut().zip(whole.as_bytes()) {
            *to = *from;
        }
        checksum
    }
}

/// A token with the number that is due, and what comes behind its framing.
fn token(
    context: &mut MessageProtection,
    head: Head,
    checksum: Checksum,
    text: &[u8],
    behind: &[u8],
) -> Vec<u8> {
    let [a, b, c, d] = context.send_number().to_be_bytes();
    let direction = direction_of(context.role);
    let mut number = [a, b, c, d, direction, direction, direction, direction];
    gss_crypt(context.key().bytes(), &checksum, &mut number);
    context.send_next = context.send_next.wrapping_add(1);
    let framed = Framing::Gss.wrap(head.token_id, |writer| {
        let [_, _, rest @ ..] = head.to_bytes();
        writer.raw(&rest);
        writer.raw(&number);
        writer.raw(&checksum);
        writer.raw(text);
    });
    let mut token = framed.into_bytes();
    token.extend_from_slice(behind);
    token
}

const fn direction_of(sender: Role) -> u8 {
    match sender {
        Role::Initiator => 0,
        Role::Acceptor => 0xff,
    }
}

/// Seals or opens a text: its key is the context's with every byte changed by F0 (RFC 4757 section 7.3).
fn seal(key: &Key, number: u32, text: &mut [u8]) {
    let mut local = Zeroizing::new(key.bytes().to_vec());
    for byte in local.iter_mut() {
        *byte ^= 0xf0;
    }
    gss_crypt(&local, &number.to_be_bytes(), text);
}

/// A token's parts.
struct Parsed<'t> {
    head: Head,
    sequence: [u8; 8],
    checksum: Checksum,
    text: &'t [u8],
    /// Empty unless of DCE style.
    behind: &'t [u8],
}

impl<'t> Parsed<'t> {
    fn read(token_id: [u8; 2], token: &'t [u8], style: Style) -> Result<Self, PerMessageError> {
        let (inner, behind) = unframed(token).ok_or(PerMessageError::DefectiveToken)?;
        let ([t0, t1, g0, g1, s0, s1, f0, f1], rest) = inner
            .split_first_chunk::<8>()
            .ok_or(PerMessageError::DefectiveToken)?;
        if [*t0, *t1] != token_id || [*g0, *g1] != HMAC_MD5 || [*f0, *f1] != NONE {
            return Err(PerMessageError::DefectiveToken);
        }
        let (sequence, rest) = rest.split_first_chunk().ok_or(PerMessageError::DefectiveToken)?;
        let (checksum, text) = rest.split_first_chunk().ok_or(PerMessageError::DefectiveToken)?;
        // The checksum does not say where the framing ends, which decides what is padding.
        let is_whole = match style {
            Style::Plain => behind.is_empty(),
            Style::Dce => text.len() == CONFOUNDER_LEN,
        };
        if !is_whole {
            return Err(PerMessageError::DefectiveToken);
        }
        Ok(Self {
            head: Head::new(token_id, [*s0, *s1]),
            sequence: *sequence,
            checksum: *checksum,
            text,
            behind,
        })
    }

    /// The sequence number, of a token from the other end. It is believed once [`Parsed::verify`] has passed: its key
    /// depends on the checksum.
    fn number(&self, context: &MessageProtection) -> Result<u32, PerMessageError> {
        let mut plain = self.sequence;
        gss_crypt(context.key().bytes(), &self.checksum, &mut plain);
        let ([a, b, c, d], direction) = plain.split_first_chunk().ok_or(PerMessageError::BadMic)?;
        let sender = match context.role {
            Role::Initiator => Role::Acceptor,
            Role::Acceptor => Role::Initiator,
        };
        if !bool::from(direction.ct_eq(&[direction_of(sender); 4])) {
            return Err(PerMessageError::BadMic);
        }
        Ok(u32::from_be_bytes([*a, *b, *c, *d]))
    }

    fn verify(&self, key: &Key, usage: KeyUsage, text: &[u8]) -> Result<(), PerMessageError> {
        let expected = self.head.checksum(key, usage, text);
        if bool::from(expected.ct_eq(&self.checksum)) {
            Ok(())
        } else {
            Err(PerMessageError::BadMic)
        }
    }
}

/// What is in the framing, and what comes behind it.
fn unframed(token: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut input = Reader::new(token);
    let mut inner = input.element(Tag::application(0)).ok()?;
    let mech_type = inner.object_identifier().ok()?;
    (mech_type == MechType::KRB5.contents()).then(|| (inner.rest(), input.rest()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::ContextKeys;
    use crate::crypto::EncryptionType;
    use negotiate_core::{ContextFlags, PerMessage as _};

    fn end(role: Role) -> MessageProtection {
        let keys = ContextKeys {
            initiator: Key::new(EncryptionType::Rc4Hmac, &[7; 16]).unwrap(),
            acceptor_subkey: None,
        };
        MessageProtection::new(role, keys, 0, 0, ContextFlags::SEQUENCE)
    }

    /// The checksum says nothing of what comes behind it, and its owner may put any algorithm into the header.
    #[test]
    fn a_mic_seals_nothing_and_ends_with_its_checksum() {
        for (seal, text, expected) in [
            (NONE, &b""[..], Ok(MessageOrder::Expected)),
            (NONE, b"\0", Err(PerMessageError::DefectiveToken)),
            (RC4, b"", Err(PerMessageError::DefectiveToken)),
        ] {
            let mut sender = end(Role::Initiator);
            let head = Head::new(MIC, seal);
            let checksum = head.checksum(sender.key(), SIGN, b"message");
            let mic = token(&mut sender, head, checksum, text, &[]);
            let verified = end(Role::Acceptor).verify_mic(b"message", &mic);
            assert_eq!(verified, expected, "{seal:?} {text:?}");
        }
    }

    /// What only an owner of the key can send: a text under the right checksum and without its form.
    #[test]
    fn a_text_without_confounder_or_padding_is_refused() {
        for (text, expected) in [
            (&b"confound\x01"[..], Ok(Vec::new())),
            (b"confoundmessage\x01", Ok(b"message".to_vec())),
            (b"confoundmessage\x02", Err(PerMessageError::DefectiveToken)),
            (b"confoundmessage\x00", Err(PerMessageError::DefectiveToken)),
            (b"confound", Err(PerMessageError::DefectiveToken)),
            (b"\x01", Err(PerMessageError::DefectiveToken)),
            (b"", Err(PerMessageError::DefectiveToken)),
        ] {
            let mut sender = end(Role::Initiator);
            let head = Head::new(WRAP, NONE);
            let checksum = head.checksum(sender.key(), SEAL, text);
            let token = token(&mut sender, head, checksum, text, &[]);
            let opened = end(Role::Acceptor).unwrap(&token);
            assert_eq!(opened.map(|opened| opened.message), expected, "{text:?}");
        }
    }
}
