//! The keys and numbers that a login leaves (RFC 4121 sections 2 and 4.2.4): the acceptor's subkey and its type (RFC
//! 4537), or without an AP-REP the initiator's.

use crate::forge::{CarriedKey, authorization_data};
use crate::initiator::{open_ap_rep, protection, unframed};
use crate::login::{CLIENT, ETYPE, Login, Randomness, SERVICE, Server, key};
use mech_krb5::crypto::EncryptionType::{
    self, Aes128CtsHmacSha1_96 as E17, Aes128CtsHmacSha256_128 as E19, Aes256CtsHmacSha1_96 as E18,
    Aes256CtsHmacSha384_192 as E20,
};
use mech_krb5::{Fact, KeyOf};
use negotiate_core::der::Writer;
use negotiate_core::{ContextFlags, MessageOrder, PerMessage as _, PrfKey, Protection, SecurityContext};

const ALL_FLAGS: ContextFlags = ContextFlags::MUTUAL
    .with(ContextFlags::REPLAY)
    .with(ContextFlags::SEQUENCE)
    .with(ContextFlags::CONFIDENTIALITY)
    .with(ContextFlags::INTEGRITY);

/// Messages both ways, protected in each manner.
pub(crate) fn talk(context: &mut SecurityContext, initiator: &mut mech_krb5::MessageProtection) {
    let acceptor = context.per_message();
    let random = &mut crate::common::Counting(1);
    let mic = acceptor.get_mic(b"one").unwrap();
    assert_eq!(initiator.verify_mic(b"one", &mic), Ok(MessageOrder::Expected));
    let mic = initiator.get_mic(b"two").unwrap();
    assert_eq!(acceptor.verify_mic(b"two", &mic), Ok(MessageOrder::Expected));
    for protection in [Protection::Integrity, Protection::Confidentiality] {
        let token = acceptor.wrap(b"three", protection, random).unwrap();
        let opened = initiator.unwrap(&token).unwrap();
        assert_eq!(
            (opened.message, opened.order),
            (b"three".to_vec(), MessageOrder::Expected)
        );
        let token = initiator.wrap(b"four", protection, random).unwrap();
        let opened = acceptor.unwrap(&token).unwrap();
        assert_eq!(
            (opened.message, opened.order),
            (b"four".to_vec(), MessageOrder::Expected)
        );
    }
    for (key, len) in [(PrfKey::Full, 100), (PrfKey::Partial, 7)] {
        let derived = initiator.pseudo_random(key, b"five", len).unwrap();
        assert_eq!(derived.expose().len(), len);
        let same = context.pseudo_random(key, b"five", len).unwrap();
        assert_eq!(derived.expose(), same.expose());
    }
}

#[test]
fn every_encryption_type_logs_in_and_talks() {
    for etype in EncryptionType::ALL {
        for flags in [ALL_FLAGS, ALL_FLAGS.without(ContextFlags::MUTUAL)] {
            for has_subkey in [true, false] {
                let mut login = Login::of(etype, CLIENT, SERVICE);
                login.set_flags(flags);
                if !has_subkey {
                    login.authenticator.subkey = None;
                }
                let mut accepted = Server::with_key_of(&login).accepted(&login);
                assert_eq!(accepted.context.flags(), flags);
                assert_eq!(accepted.details().etype, etype);
                let answer = accepted.token.as_ref().map(|token| {
                    let (token_id, ap_rep) = unframed(token.as_bytes());
                    assert_eq!(token_id, [2, 0]);
                    open_ap_rep(ap_rep, &login)
                });
                assert_eq!(answer.is_some(), flags.contains(ContextFlags::MUTUAL));
                let key = answer
                    .as_ref()
                    .map_or(login.base_key(), |(subkey, _)| subkey.clone());
                assert_eq!(key.encryption_type(), etype);
                let details = accepted.details();
                assert!(details.session_key.ct_eq(&key));
                assert_eq!(
                    details.ticket_session_key.bytes(),
                    login.ticket.session_key.keyvalue
                );
                assert_eq!(details.initiator_subkey.is_some(), has_subkey);
                let initiators = details.initiator_subkey.as_ref();
                assert!(
                    login
                        .base_key()
                        .ct_eq(initiators.unwrap_or(&details.ticket_session_key))
                );
                talk(&mut accepted.context, &mut protection(&login, answer, flags));
            }
        }
    }
}

/// MIT krb5 and Heimdal number so: without an AP-REP there is no other number.
#[test]
fn without_an_answer_both_sides_number_from_the_initiators_number() {
    for seq_number in [Some(0), Some(77), Some(u32::MAX), None] {
        let mut login = Login::default();
        login.set_flags(ContextFlags::SEQUENCE);
        login.authenticator.seq_number = seq_number;
        let mut accepted = Server::default().accepted(&login);
        let mic = accepted.context.per_message().get_mic(b"").unwrap();
        assert_eq!(mic[8..16], u64::from(seq_number.unwrap_or(0)).to_be_bytes());
        // Sent by the acceptor; not by an acceptor's subkey.
        assert_eq!(mic[2], 1);
    }
}

#[test]
fn an_answer_has_a_fresh_key_and_number() {
    let login = Login::default();
    let mut seen = Vec::new();
    for seed in [1, 2, 3] {
        let server = Server {
            randomness: Randomness::Counting(seed),
            ..Server::default()
        };
        let token = server.accepted(&login).token.unwrap();
        let (subkey, seq_number) = open_ap_rep(unframed(token.as_bytes()).1, &login);
        // RFC 4120 section 5.5.1's room for numbers that others read as signed.
        assert!(seq_number < 1 << 30);
        assert!(!seen.contains(&(subkey.bytes().to_vec(), seq_number)));
        seen.push((subkey.bytes().to_vec(), seq_number));
    }
}

/// RFC 7802 section 3: the whole key is the acceptor's subkey, or else the initiator's, or else the ticket's; the partial one is
/// what it was before the acceptor answered.
#[test]
fn applications_derive_keys_from_the_best_key_or_from_the_initiators() {
    for flags in [ALL_FLAGS, ALL_FLAGS.without(ContextFlags::MUTUAL)] {
        for has_subkey in [true, false] {
            let mut login = Login::default();
            login.set_flags(flags);
            if !has_subkey {
                login.authenticator.subkey = None;
            }
            let mut accepted = Server::default().accepted(&login);
            let acceptors = accepted.token.take().map(|token| {
                let (subkey, _) = open_ap_rep(unframed(token.as_bytes()).1, &login);
                subkey
            });
            assert_eq!(acceptors.is_some(), flags.contains(ContextFlags::MUTUAL));
            let full = acceptors.unwrap_or(login.base_key());
            for (prf_key, key) in [(PrfKey::Full, full), (PrfKey::Partial, login.base_key())] {
                let derived = accepted.context.pseudo_random(prf_key, b"five", 16).unwrap();
                assert_eq!(derived.expose(), key.prf(b"\0\0\0\0five").expose());
            }
        }
    }
}

pub(crate) fn etype_list(types: &[i32]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.sequence(|list| types.iter().for_each(|etype| list.integer((*etype).into())));
    writer.into_bytes()
}

/// RFC 4537 section 3: the acceptor picks by its own order among the client's list and the key that it has anyway.
#[test]
fn the_type_of_the_subkey_is_negotiated() {
    let default: fn(mech_krb5::Krb5Builder) -> mech_krb5::Krb5Builder = |builder| builder;
    let sha2_first: fn(mech_krb5::Krb5Builder) -> _ = |builder| builder.subkey_types([E20, E19, E18, E17]);
    let only_20: fn(mech_krb5::Krb5Builder) -> _ = |builder| builder.subkey_types([E20]);
    let none: fn(mech_krb5::Krb5Builder) -> _ = |builder| builder.subkey_types([]);
    for (configure, base, lists, expected) in [
        (default, E18, &[][..], E18),
        (default, E17, &[], E17),
        (default, E17, &[&[18, 17][..]][..], E18),
        (default, E17, &[&[17, 18]], E18),
        (default, E19, &[&[20, 19]], E20),
        // Nothing better in it, nothing of ours in it, nothing at all in it.
        (default, E18, &[&[17]], E18),
        (default, E18, &[&[20, 19]], E18),
        (default, E18, &[&[23, 26, -1, i32::MAX]], E18),
        (default, E18, &[&[]], E18),
        // What we would not offer by ourselves gives way to what we would.
        (only_20, E18, &[&[20]], E20),
        (only_20, E18, &[&[17, 18]], E18),
        (none, E18, &[&[20, 19, 18, 17]], E18),
        (sha2_first, E18, &[&[17, 18, 20]], E20),
        (sha2_first, E18, &[&[18, 19]], E19),
        (sha2_first, E20, &[&[19]], E20),
        // The first list that has one of ours counts.
        (sha2_first, E18, &[&[19], &[20]], E19),
        (sha2_first, E18, &[&[23], &[20]], E20),
        (sha2_first, E18, &[&[20], &[]], E20),
    ] {
        for wrapped in [true, false] {
            let mut login = Login::of(base, CLIENT, SERVICE);
            let lists: Vec<_> = lists.iter().map(|list| etype_list(list)).collect();
            let elements: Vec<(i32, &[u8])> = lists.iter().map(|list| (129, &list[..])).collect();
            let data = authorization_data(&elements);
            login.authenticator.authorization_data = Some(if wrapped {
                authorization_data(&[(1, &data)])
            } else {
                data
            });
            let mut server = Server::with_key_of(&login);
            server.configure = configure;
            let mut accepted = server.accepted(&login);
            let token = accepted.token.take().unwrap();
            let answer = open_ap_rep(unframed(token.as_bytes()).1, &login);
            assert_eq!(answer.0.encryption_type(), expected, "{base}: {lists:02x?}");
            let flags = accepted.context.flags();
            talk(
                &mut accepted.context,
                &mut protection(&login, Some(answer), flags),
            );
        }
    }
}

/// The authenticator's subkey is the key that would be used; its type need not be the session key's.
#[test]
fn the_initiators_subkey_counts_before_the_session_key() {
    for (subkey_type, list, expected) in [
        (E20, None, E20),
        (E17, Some(&[18][..]), E18),
        (E18, Some(&[17]), E18),
        // The session key is of type 18, which we prefer, but nobody has offered it.
        (E17, Some(&[20, 19]), E17),
    ] {
        let mut login = Login::default();
        login.authenticator.subkey = Some((&key(subkey_type, "subkey")).into());
        login.authenticator.authorization_data =
            list.map(|list| authorization_data(&[(129, &etype_list(list))]));
        let token = Server::default().accepted(&login).token.unwrap();
        let (subkey, _) = open_ap_rep(unframed(token.as_bytes()).1, &login);
        assert_eq!(subkey.encryption_type(), expected);
        login.set_flags(ContextFlags::INTEGRITY);
        let accepted = Server::default().accepted(&login);
        let own = key(subkey_type, "subkey");
        assert!(accepted.details().session_key.ct_eq(&own));
    }
}

#[test]
fn keys_of_other_types_or_lengths_are_refused_by_name() {
    let carried = |keytype, len| CarriedKey {
        keytype,
        keyvalue: vec![7; len],
    };
    for (keytype, len) in [
        (23, 16),
        (16, 24),
        (1, 8),
        (26, 32),
        (0, 0),
        (-1, 16),
        (18, 31),
        (18, 33),
        (17, 0),
    ] {
        let unusable = |key| Fact::UnusableKey { key, etype: keytype };
        let mut login = Login::default();
        login.authenticator.subkey = Some(carried(keytype, len));
        assert_eq!(
            Server::default().fact(&login),
            unusable(KeyOf::InitiatorSubkey),
            "{keytype}"
        );
        login.ticket.session_key = carried(keytype, len);
        assert_eq!(
            Server::default().fact(&login),
            unusable(KeyOf::Session),
            "{keytype}"
        );
    }
}

#[test]
fn the_session_keys_type_need_not_be_the_tickets() {
    let mut login = Login::default();
    login.set_session_key(&key(E19, "session"));
    let accepted = Server::default().accepted(&login);
    assert_eq!(accepted.details().etype, ETYPE);
    // What the AP-REQ says of the authenticator's key is not proved, but must not be wrong.
    login.authenticator_etype = Some(17);
    assert_eq!(Server::default().fact(&login), Fact::AuthenticatorNotSealed);
}
