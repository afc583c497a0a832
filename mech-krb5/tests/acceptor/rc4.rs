//! RC4 (RFC 4757): refused unless it was named, wherever it stands, and then with the older message tokens.

use crate::forge::authorization_data;
use crate::initiator::unframed;
use crate::login::{CLIENT, Framing, Login, SERVICE, Server, entry, key, principal};
use mech_krb5::crypto::{EncryptionType, EncryptionTypes, KeyUsage};
use mech_krb5::message::EncApRepPart;
use mech_krb5::{ContextKeys, MessageProtection, Role, Warning};
use negotiate_core::der::Writer;
use negotiate_core::{ContextFlags, MessageOrder, PerMessage as _, Step};

const RC4: EncryptionType = EncryptionType::Rc4Hmac;
const AES: EncryptionType = EncryptionType::Aes256CtsHmacSha1_96;

fn that_names_rc4(login: &Login) -> Server {
    let mut server = Server::with_key_of(login);
    server.configure = |builder| builder.encryption_types(EncryptionTypes::new().danger_with_rc4());
    server
}

/// A login with RC4 in one of the places where a type stands.
fn in_each_place() -> [(&'static str, Login); 3] {
    let ticket = Login::of(RC4, CLIENT, SERVICE);
    let mut session = Login::of(AES, CLIENT, SERVICE);
    session.set_session_key(&key(RC4, "session"));
    let mut subkey = Login::of(AES, CLIENT, SERVICE);
    subkey.authenticator.subkey = Some((&key(RC4, "subkey")).into());
    [
        ("krb5.etype_refused", ticket),
        ("krb5.unusable_session_key", session),
        ("krb5.unusable_session_key", subkey),
    ]
}

#[test]
fn refused_wherever_it_stands_and_accepted_where_it_was_named() {
    for (code, login) in in_each_place() {
        let mut server = Server::with_key_of(&login);
        // A key that can be used, so that there is an acceptor.
        server
            .entries
            .push(entry(&principal("HTTP/other@R"), 1, &key(AES, "another")));
        assert_eq!(server.verdict(&login), code);
        let accepted = that_names_rc4(&login).accepted(&login);
        assert_eq!(accepted.details().warnings, [Warning::Rc4]);
    }
    let login = Login::of(AES, CLIENT, SERVICE);
    assert_eq!(that_names_rc4(&login).accepted(&login).details().warnings, []);
}

/// MIT krb5 does the same: tokens of RC4 do not tell whose key they are under, so the initiator's stays.
#[test]
fn messages_are_under_the_initiators_key() {
    for flags in [ContextFlags::MUTUAL, ContextFlags::default()] {
        let mut login = Login::of(RC4, CLIENT, SERVICE);
        login.set_flags(flags.with(ContextFlags::SEQUENCE));
        let mut accepted = that_names_rc4(&login).accepted(&login);
        let answer = accepted
            .token
            .as_ref()
            .map(|token| ap_rep_part(token.as_bytes(), &login));
        if let Some((subkey, _)) = &answer {
            assert_eq!(*subkey, None);
        }
        assert!(accepted.details().session_key.ct_eq(&login.base_key()));
        let first = login.authenticator.seq_number.unwrap_or(0);
        let keys = ContextKeys {
            initiator: login.base_key(),
            acceptor_subkey: None,
        };
        let theirs = answer.map_or(first, |(_, number)| number);
        let mut initiator = MessageProtection::new(Role::Initiator, keys, first, theirs, flags);
        let mic = accepted.context.per_message().get_mic(b"message").unwrap();
        assert_eq!(
            mic[..15],
            *b"\x60\x23\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01\x01"
        );
        assert_eq!(initiator.verify_mic(b"message", &mic), Ok(MessageOrder::Expected));
        let mic = initiator.get_mic(b"message").unwrap();
        let verified = accepted.context.per_message().verify_mic(b"message", &mic);
        assert_eq!(verified, Ok(MessageOrder::Expected));
    }
}

/// RFC 4537 leads from RC4 to AES and to the tokens of RFC 4121; and in DCE style there is always a subkey.
#[test]
fn a_better_type_is_taken_where_the_client_offers_one() {
    let mut login = Login::of(RC4, CLIENT, SERVICE);
    let mut list = Writer::new();
    list.sequence(|list| [23, 18].into_iter().for_each(|etype| list.integer(etype)));
    login.authenticator.authorization_data = Some(authorization_data(&[(129, &list.into_bytes())]));
    let accepted = that_names_rc4(&login).accepted(&login);
    let (subkey, _) = ap_rep_part(accepted.token.as_ref().unwrap().as_bytes(), &login);
    assert_eq!(subkey, Some(18));
    assert_eq!(accepted.details().session_key.encryption_type(), AES);

    let mut login = Login::of(RC4, CLIENT, SERVICE);
    login.set_flags(ContextFlags::DCE_STYLE);
    login.framing = Framing::Bare;
    match that_names_rc4(&login).judge(&login) {
        Ok(Step::Continue { token, .. }) => {
            assert_eq!(ap_rep_part(token.as_bytes(), &login).0, Some(23));
        }
        other => panic!("{other:?}"),
    }
}

/// Type of the subkey, if there is one, and sequence number.
fn ap_rep_part(token: &[u8], login: &Login) -> (Option<i32>, u32) {
    let ap_rep = if token[0] == 0x60 {
        unframed(token).1
    } else {
        token
    };
    let mut plain = EncApRepPart::decode_sealed(ap_rep).unwrap().cipher.to_vec();
    let key = login.session_key.for_usage(KeyUsage::AP_REP);
    key.decrypt_vec(&mut plain).unwrap();
    let part = EncApRepPart::decode(&plain).unwrap();
    (part.subkey.map(|subkey| subkey.keytype), part.seq_number.unwrap())
}

/// RFC 4757 section 4: the ordinary checksum of an RC4 key is HMAC-MD5, which no other key may have.
#[test]
fn hmac_md5_is_for_rc4_alone() {
    for (etype, expected) in [(RC4, "accepted"), (AES, "krb5.checksum_unverified")] {
        let mut login = Login::of(etype, CLIENT, SERVICE);
        let signer = key(RC4, "session");
        let usage = KeyUsage::AP_REQ_AUTHENTICATOR_CHECKSUM;
        login.authenticator.cksum =
            Some((-138, signer.checksum_key(usage).checksum(&[]).as_bytes().to_vec()));
        assert_eq!(that_names_rc4(&login).verdict(&login), expected);
    }
}
