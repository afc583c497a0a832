//! The acceptor's proof and its part of the session (RFC 4120 section 3.2.4, RFC 4121 sections 2 and 4.1, RFC 4537).

use super::frame::{AP_REP, Framing};
use crate::crypto::{EncryptionType, Key, KeyUsage};
use crate::error::Fact;
use crate::message::{EncApRepPart, EncryptionKey};
use negotiate_core::{Random, Secret, Timestamp, Token};

/// What an AP-REP establishes.
pub(super) struct Reply {
    pub(super) token: Token,
    pub(super) subkey: Key,
    pub(super) seq_number: u32,
}

/// A fresh subkey always: without it the initiator alone would choose the key of the session, and a replayed AP-REQ would
/// bring back an old one.
pub(super) fn make(
    session_key: &Key,
    client_time: Timestamp,
    subkey_type: EncryptionType,
    framing: Framing,
    random: &mut dyn Random,
) -> Result<Reply, Fact> {
    let subkey = Key::random(subkey_type, random).map_err(|_| Fact::NoRandom)?;
    let seq_number = first_sequence_number(random)?;
    let part = EncApRepPart {
        ctime: client_time,
        subkey: Some(EncryptionKey {
            keytype: subkey_type.number(),
            keyvalue: subkey.bytes(),
        }),
        seq_number: Some(seq_number),
    };
    let part = Secret::new(part.encode());
    let cipher = session_key
        .for_usage(KeyUsage::AP_REP)
        .encrypt(part.expose(), random)
        .map_err(|_| Fact::NoRandom)?;
    let token = Token::from(framing.wrap(AP_REP, &EncApRepPart::encode_sealed(session_key, &cipher)));
    Ok(Reply {
        token,
        subkey,
        seq_number,
    })
}

/// Below 2³⁰: older peers read sequence numbers as signed, and count up from here (RFC 4120 section 5.3.2's advice on
/// initial numbers; MIT krb5 does the same).
fn first_sequence_number(random: &mut dyn Random) -> Result<u32, Fact> {
    let mut bytes = [0; 4];
    random.fill(&mut bytes).map_err(|_| Fact::NoRandom)?;
    Ok(u32::from_be_bytes(bytes) >> 2)
}
