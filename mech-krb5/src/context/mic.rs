//! MIC tokens (RFC 4121 sections 4.2.1, 4.2.4 and 4.2.6.1): header, then a checksum over message and header.

use super::{Header, MessageProtection, TokenId};
use crate::crypto::KeyUsage;
use alloc::boxed::Box;
use alloc::vec::Vec;
use negotiate_core::{MessageOrder, PerMessageError};

/// EC and RRC of a MIC token are filler.
const FILLER: [u8; 2] = [0xff; 2];

pub(super) fn get(context: &mut MessageProtection, message: &[u8]) -> Result<Vec<u8>, PerMessageError> {
    let header = context.next_header(TokenId::Mic, 0, FILLER, FILLER).to_bytes();
    let (usage, _) = context.usages(KeyUsage::ACCEPTOR_SIGN, KeyUsage::INITIATOR_SIGN);
    let key = context
        .sign
        .ours
        .get_or_insert_with(|| Box::new(context.keys.base().checksum_key(usage)));
    let checksum = key.checksum(&[message, &header]);
    context.send_next = context.send_next.wrapping_add(1);
    Ok([&header, checksum.as_bytes()].concat())
}

pub(super) fn verify(
    context: &mut MessageProtection,
    message: &[u8],
    mic: &[u8],
) -> Result<MessageOrder, PerMessageError> {
    let (header, checksum) = Header::parse(TokenId::Mic, mic)?;
    // RFC 4121 section 4.2.2: never sealed.
    if header.flags & Header::SEALED != 0 || header.extra_count != FILLER || header.rotation != FILLER {
        return Err(PerMessageError::DefectiveToken);
    }
    context.check_header(&header)?;
    let (_, usage) = context.usages(KeyUsage::ACCEPTOR_SIGN, KeyUsage::INITIATOR_SIGN);
    let key = context
        .sign
        .theirs
        .get_or_insert_with(|| Box::new(context.keys.base().checksum_key(usage)));
    key.verify(&[message, &header.to_bytes()], checksum)
        .map_err(|_| PerMessageError::BadMic)?;
    context.received.take(header.sequence)
}
