//! Wrap tokens (RFC 4121 sections 4.2.1, 4.2.4 and 4.2.6.2), with confidentiality and without.

use super::{Header, MessageProtection, TokenId};
use crate::crypto::KeyUsage;
use alloc::boxed::Box;
use alloc::vec::Vec;
use negotiate_core::{PerMessageError, Protection, Random, Unwrapped};

/// Message, then a checksum over message and header; EC, here the checksum's length, and RRC are zero in what the
/// checksum covers (RFC 4121 section 4.2.4).
pub(super) fn checksummed(
    context: &mut MessageProtection,
    message: &[u8],
) -> Result<Vec<u8>, PerMessageError> {
    let covered = context.next_header(TokenId::Wrap, 0, [0; 2], [0; 2]);
    let (usage, _) = context.usages(KeyUsage::ACCEPTOR_SEAL, KeyUsage::INITIATOR_SEAL);
    let key = context
        .seal_checksum
        .ours
        .get_or_insert_with(|| Box::new(context.keys.base().checksum_key(usage)));
    let checksum = key.checksum(&[message, &covered.to_bytes()]);
    let len = u16::try_from(checksum.as_bytes().len()).map_err(|_| PerMessageError::TooLong)?;
    context.send_next = context.send_next.wrapping_add(1);
    let header = Header {
        extra_count: len.to_be_bytes(),
        ..covered
    };
    Ok([&header.to_bytes(), message, checksum.as_bytes()].concat())
}

/// Message and header encrypted together; no extra bytes, no rotation (RFC 4121 section 4.2.4).
pub(super) fn sealed(
    context: &mut MessageProtection,
    message: &[u8],
    random: &mut dyn Random,
) -> Result<Vec<u8>, PerMessageError> {
    let header = context
        .next_header(TokenId::Wrap, Header::SEALED, [0; 2], [0; 2])
        .to_bytes();
    let (usage, _) = context.usages(KeyUsage::ACCEPTOR_SEAL, KeyUsage::INITIATOR_SEAL);
    let key = context
        .seal
        .ours
        .get_or_insert_with(|| Box::new(context.keys.base().for_usage(usage)));
    let mut token = header.to_vec();
    key.encrypt_onto(&mut token, &[message, &header], random)
        .map_err(|_| PerMessageError::NoRandom)?;
    context.send_next = context.send_next.wrapping_add(1);
    Ok(token)
}

/// By the flag Sealed (RFC 4121 section 4.2.2), which what is opened then covers.
pub(super) fn open(context: &mut MessageProtection, token: &[u8]) -> Result<Unwrapped, PerMessageError> {
    let (header, body) = Header::parse(TokenId::Wrap, token)?;
    context.check_header(&header)?;
    let extra_count = usize::from(u16::from_be_bytes(header.extra_count));
    let mut message = unrotated(body, context.rotation(&header));
    let protection = if header.flags & Header::SEALED == 0 {
        verify_checksum(context, &header, &mut message, extra_count)?;
        Protection::Integrity
    } else {
        decrypt(context, &header, &mut message, extra_count)?;
        Protection::Confidentiality
    };
    let order = context.received.take(header.sequence)?;
    Ok(Unwrapped {
        message,
        protection,
        order,
    })
}

/// Undoes the right rotation of what follows the header (RFC 4121 section 4.2.5).
fn unrotated(body: &[u8], count: usize) -> Vec<u8> {
    let mut body = body.to_vec();
    if let Some(count) = count.checked_rem(body.len()) {
        body.rotate_left(count);
    }
    body
}

/// Verifies and takes away the checksum at the end of `body`, so that the message remains.
fn verify_checksum(
    context: &mut MessageProtection,
    header: &Header,
    body: &mut Vec<u8>,
    checksum_len: usize,
) -> Result<(), PerMessageError> {
    let end = body
        .len()
        .checked_sub(checksum_len)
        .ok_or(PerMessageError::DefectiveToken)?;
    let (message, checksum) = body
        .split_at_checked(end)
        .ok_or(PerMessageError::DefectiveToken)?;
    let covered = Header {
        extra_count: [0; 2],
        rotation: [0; 2],
        ..*header
    };
    let (_, usage) = context.usages(KeyUsage::ACCEPTOR_SEAL, KeyUsage::INITIATOR_SEAL);
    let key = context
        .seal_checksum
        .theirs
        .get_or_insert_with(|| Box::new(context.keys.base().checksum_key(usage)));
    key.verify(&[message, &covered.to_bytes()], checksum)
        .map_err(|_| PerMessageError::BadMic)?;
    body.truncate(end);
    Ok(())
}

/// Decrypts `body` and takes away what follows the message. What was sealed must end with the header that stands in
/// clear, so that nobody changes flags, EC or sequence number there; RRC is zero in it.
fn decrypt(
    context: &mut MessageProtection,
    header: &Header,
    body: &mut Vec<u8>,
    extra_count: usize,
) -> Result<(), PerMessageError> {
    let (_, usage) = context.usages(KeyUsage::ACCEPTOR_SEAL, KeyUsage::INITIATOR_SEAL);
    let key = context
        .seal
        .theirs
        .get_or_insert_with(|| Box::new(context.keys.base().for_usage(usage)));
    key.decrypt_vec(body).map_err(|_| PerMessageError::BadMic)?;
    let sealed_header = Header {
        rotation: [0; 2],
        ..*header
    }
    .to_bytes();
    let end = body
        .strip_suffix(&sealed_header)
        .and_then(|rest| rest.len().checked_sub(extra_count))
        .ok_or(PerMessageError::BadMic)?;
    body.truncate(end);
    Ok(())
}
