//! Camellia (RFC 6803): refused unless it was named, wherever it stands, and then used like AES.

use crate::common::Counting;
use crate::forge::{GssChecksum, authorization_data};
use crate::initiator::{open_ap_rep, protection, unframed};
use crate::login::{CLIENT, Login, SERVICE, Server, entry, key, principal};
use crate::subkey::{etype_list, talk};
use mech_krb5::Krb5Builder;
use mech_krb5::crypto::{
    EncryptionType::{
        self, Aes256CtsHmacSha1_96 as E18, Camellia128CtsCmac as E25, Camellia256CtsCmac as E26,
    },
    EncryptionTypes, KeyUsage,
};
use negotiate_core::ContextFlags;

fn named(builder: Krb5Builder) -> Krb5Builder {
    builder.encryption_types(EncryptionTypes::new().with_camellia())
}

fn that_names_camellia(login: &Login) -> Server {
    let mut server = Server::with_key_of(login);
    server.configure = named;
    server
}

/// A login with Camellia in one of the places where a type stands.
fn in_each_place(etype: EncryptionType) -> [(&'static str, Login); 3] {
    let ticket = Login::of(etype, CLIENT, SERVICE);
    let mut session = Login::of(E18, CLIENT, SERVICE);
    session.set_session_key(&key(etype, "session"));
    let mut subkey = Login::of(E18, CLIENT, SERVICE);
    subkey.authenticator.subkey = Some((&key(etype, "subkey")).into());
    [
        ("krb5.etype_refused", ticket),
        ("krb5.unusable_session_key", session),
        ("krb5.unusable_session_key", subkey),
    ]
}

#[test]
fn refused_wherever_it_stands_and_accepted_where_it_was_named() {
    for (code, login) in [E25, E26].into_iter().flat_map(in_each_place) {
        let mut server = Server::with_key_of(&login);
        // A key that can be used, so that there is an acceptor.
        server
            .entries
            .push(entry(&principal("HTTP/other@R"), 1, &key(E18, "another")));
        // RC4's name does not let it in.
        for configure in [
            |builder: Krb5Builder| builder,
            |builder: Krb5Builder| builder.encryption_types(EncryptionTypes::new().danger_with_rc4()),
        ] {
            server.configure = configure;
            let refused = server.judge(&login).unwrap_err();
            assert_eq!(refused.reason().code(), code);
            for name in [
                "accept_camellia",
                "EncryptionTypes::with_camellia",
                "feature camellia",
            ] {
                assert!(refused.reason().advice().contains(name), "{code}");
            }
        }
        let accepted = that_names_camellia(&login).accepted(&login);
        assert_eq!(accepted.details().warnings, []);
    }
}

#[test]
fn it_logs_in_and_talks() {
    let mutual = ContextFlags::MUTUAL.with(ContextFlags::SEQUENCE);
    for etype in [E25, E26] {
        for flags in [mutual, ContextFlags::SEQUENCE] {
            let mut login = Login::of(etype, CLIENT, SERVICE);
            let cred = login.forwarded_tgt();
            let sealed = cred.seal(&key(etype, "subkey"), &mut Counting(20));
            let flags = flags.with(ContextFlags::DELEGATE);
            login.set_checksum(&GssChecksum::delegating(flags, sealed));
            let mut accepted = that_names_camellia(&login).accepted(&login);
            assert_eq!(accepted.context.flags(), flags);
            assert_eq!(accepted.details().etype, etype);
            assert_eq!(
                accepted.details().delegated.as_ref().unwrap().credentials().len(),
                1
            );
            let answer = accepted
                .token
                .as_ref()
                .map(|token| open_ap_rep(unframed(token.as_bytes()).1, &login));
            assert_eq!(answer.is_some(), flags.contains(ContextFlags::MUTUAL));
            let base = answer
                .as_ref()
                .map_or(login.base_key(), |(subkey, _)| subkey.clone());
            assert_eq!(base.encryption_type(), etype);
            assert!(accepted.details().session_key.ct_eq(&base));
            talk(&mut accepted.context, &mut protection(&login, answer, flags));
        }
    }
}

/// RFC 4537 section 3, in MIT krb5's order: AES first.
#[test]
fn it_is_negotiated_for_the_subkey_where_it_was_named() {
    let unnamed: fn(Krb5Builder) -> Krb5Builder = |builder| builder;
    let own_order: fn(Krb5Builder) -> Krb5Builder = |builder| named(builder).subkey_types([E26, E18]);
    for (configure, base, list, expected) in [
        (named as fn(Krb5Builder) -> Krb5Builder, E25, &[][..], E25),
        (named, E25, &[26], E26),
        (named, E26, &[25], E26),
        (named, E25, &[26, 18], E18),
        (named, E18, &[26, 25], E18),
        (own_order, E18, &[26], E26),
        (unnamed, E18, &[26, 25], E18),
    ] {
        let mut login = Login::of(base, CLIENT, SERVICE);
        let list_der = etype_list(list);
        login.authenticator.authorization_data = Some(authorization_data(&[(129, &list_der)]));
        let mut server = Server::with_key_of(&login);
        server.configure = configure;
        let accepted = server.accepted(&login);
        let token = accepted.token.as_ref().unwrap();
        let (subkey, _) = open_ap_rep(unframed(token.as_bytes()).1, &login);
        assert_eq!(subkey.encryption_type(), expected, "{base}: {list:?}");
    }
}

/// RFC 6803 section 7: checksum types 17 and 18 go with the keys of 25 and 26.
#[test]
fn an_ordinary_checksum_is_of_its_keys_type() {
    for (etype, number, expected) in [
        (E25, 17, "accepted"),
        (E26, 18, "accepted"),
        (E25, 18, "krb5.checksum_unverified"),
        (E26, 17, "krb5.checksum_unverified"),
        (E26, 16, "krb5.checksum_unverified"),
        (E18, 18, "krb5.checksum_unverified"),
    ] {
        let mut login = Login::of(etype, CLIENT, SERVICE);
        let usage = KeyUsage::AP_REQ_AUTHENTICATOR_CHECKSUM;
        let checksum = key(etype, "session").checksum_key(usage).checksum(&[]);
        login.authenticator.cksum = Some((number, checksum.as_bytes().to_vec()));
        assert_eq!(
            that_names_camellia(&login).verdict(&login),
            expected,
            "{etype} {number}"
        );
    }
}
