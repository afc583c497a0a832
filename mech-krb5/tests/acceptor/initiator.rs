//! What an initiator does with the acceptor's answer.

use crate::common::every_type;
use crate::login::Login;
use mech_krb5::crypto::{Key, KeyUsage};
use mech_krb5::message::EncApRepPart;
use mech_krb5::{ContextKeys, MessageProtection, Role};
use negotiate_core::der::{Reader, Tag};
use negotiate_core::{ContextFlags, MechType};

/// TOK_ID and message of a token in the framing of RFC 4121 section 4.1.
pub(crate) fn unframed(token: &[u8]) -> ([u8; 2], &[u8]) {
    unframed_of(MechType::KRB5, token)
}

/// The same in the framing of another mechanism.
pub(crate) fn unframed_of(mech_type: MechType, token: &[u8]) -> ([u8; 2], &[u8]) {
    let mut reader = Reader::new(token);
    let mut inner = reader.element(Tag::application(0)).unwrap();
    reader.finish().unwrap();
    assert_eq!(inner.object_identifier().unwrap(), mech_type.contents());
    let (token_id, message) = inner.rest().split_first_chunk().unwrap();
    (*token_id, message)
}

/// Opens an AP-REP: by the session key, and only if it repeats the authenticator's time. Gives the acceptor's subkey and
/// first sequence number.
pub(crate) fn open_ap_rep(ap_rep: &[u8], login: &Login) -> (Key, u32) {
    let sealed = EncApRepPart::decode_sealed(ap_rep).unwrap();
    let mut plain = sealed.cipher.to_vec();
    let key = login.session_key.for_usage(KeyUsage::AP_REP);
    key.decrypt_vec(&mut plain).unwrap();
    let part = EncApRepPart::decode(&plain).unwrap();
    assert_eq!(part.ctime, login.authenticator.ctime);
    let subkey = part.subkey.unwrap().to_key_of(every_type()).unwrap().unwrap();
    (subkey, part.seq_number.unwrap())
}

/// The initiator's end of a context: with the acceptor's subkey and number if there was an AP-REP.
pub(crate) fn protection(
    login: &Login,
    answer: Option<(Key, u32)>,
    flags: ContextFlags,
) -> MessageProtection {
    let first = login.authenticator.seq_number.unwrap_or(0);
    let (acceptor_subkey, acceptor_first) = answer.unzip();
    let keys = ContextKeys {
        initiator: login.base_key(),
        acceptor_subkey,
    };
    MessageProtection::new(
        Role::Initiator,
        keys,
        first,
        acceptor_first.unwrap_or(first),
        flags,
    )
}
