//! The authenticator's checksum field (RFC 4121 section 4.1.1): GSS-API's structure, an ordinary checksum, or none.

use crate::forge::{GssChecksum, extension};
use crate::initiator::{open_ap_rep, unframed};
use crate::login::{ETYPE, Login, Server, key};
use mech_krb5::Fact;
use mech_krb5::crypto::{EncryptionType, Key, KeyUsage};
use mech_krb5::message::ApOptions;
use mech_krb5::{DelegationFault, GssChecksumFault};
use negotiate_core::ContextFlags;

const REPLAY_AND_SEQUENCE: ContextFlags = ContextFlags::REPLAY.with(ContextFlags::SEQUENCE);

/// MS-KILE section 3.4.5: old SMB clients send none.
#[test]
fn without_a_checksum_there_are_no_flags() {
    let mut login = Login::default();
    login.authenticator.cksum = None;
    for ap_options in [ApOptions(0), ApOptions::MUTUAL_REQUIRED] {
        login.ap_options = ap_options;
        let accepted = Server::default().accepted(&login);
        assert_eq!(accepted.context.flags(), ContextFlags::default());
        assert!(accepted.token.is_none());
    }
}

fn ordinary(key: &Key, usage: KeyUsage, data: &[u8]) -> (i32, Vec<u8>) {
    let key = key.checksum_key(usage);
    (
        key.checksum_type().number(),
        key.checksum(&[data]).as_bytes().to_vec(),
    )
}

/// RFC 4120 section 5.5.1, without application data; Samba does so.
#[test]
fn an_ordinary_checksum_over_nothing_stands_for_replay_and_sequence_detection() {
    for etype in EncryptionType::ALL {
        let mut login = Login::of(etype, crate::login::CLIENT, crate::login::SERVICE);
        let server = Server::with_key_of(&login);
        login.authenticator.cksum = Some(ordinary(
            &login.session_key,
            KeyUsage::AP_REQ_AUTHENTICATOR_CHECKSUM,
            b"",
        ));
        login.ap_options = ApOptions(0);
        let accepted = server.accepted(&login);
        assert_eq!(accepted.context.flags(), REPLAY_AND_SEQUENCE);
        assert!(accepted.token.is_none());
        // Outside GSS-API the AP-REQ's own option asks for an answer (RFC 4120 section 3.2.2).
        login.ap_options = ApOptions::MUTUAL_REQUIRED;
        let accepted = server.accepted(&login);
        assert_eq!(
            accepted.context.flags(),
            REPLAY_AND_SEQUENCE.with(ContextFlags::MUTUAL)
        );
        let token = accepted.token.unwrap();
        let (token_id, ap_rep) = unframed(token.as_bytes());
        assert_eq!(token_id, [2, 0]);
        open_ap_rep(ap_rep, &login);
    }
}

/// Such an authenticator was made for something else.
#[test]
fn an_ordinary_checksum_over_something_is_refused() {
    let usage = KeyUsage::AP_REQ_AUTHENTICATOR_CHECKSUM;
    let session = key(ETYPE, "session");
    let subkey = key(ETYPE, "subkey");
    let (good_type, good) = ordinary(&session, usage, b"");
    let other_etype = key(EncryptionType::Aes128CtsHmacSha1_96, "session");
    for (how, cksum) in [
        ("over data", ordinary(&session, usage, b"data")),
        (
            "usage of a TGS-REQ",
            ordinary(&session, KeyUsage::TGS_REQ_AUTHENTICATOR_CHECKSUM, b""),
        ),
        ("under the subkey", ordinary(&subkey, usage, b"")),
        ("of another type", ordinary(&other_etype, usage, b"")),
        ("a byte short", (good_type, good[..good.len() - 1].to_vec())),
        ("a byte long", (good_type, [&good[..], &[0]].concat())),
        ("empty", (good_type, Vec::new())),
        (
            "unkeyed MD5",
            (
                7,
                vec![
                    0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0, 0xb2, 4, 0xe9, 0x80, 9, 0x98, 0xec, 0xf8, 0x42, 0x7e,
                ],
            ),
        ),
        ("unknown", (-1, good.clone())),
        (
            "GSS-API's number as 16 signed bits",
            (0x8003 - 0x1_0000, GssChecksum::new(ContextFlags::MUTUAL).encode()),
        ),
    ] {
        let mut login = Login::default();
        login.authenticator.cksum = Some(cksum);
        assert_eq!(Server::default().fact(&login), Fact::ChecksumUnverified, "{how}");
    }
}

/// The AP-REQ's options lie outside every seal, and a checksum of GSS-API's says what is meant.
#[test]
fn mutual_authentication_is_asked_for_by_the_sealed_flag_alone() {
    for (ap_options, flags, is_answered) in [
        (ApOptions::MUTUAL_REQUIRED, ContextFlags::MUTUAL, true),
        (ApOptions(0), ContextFlags::MUTUAL, true),
        (ApOptions::MUTUAL_REQUIRED, ContextFlags::INTEGRITY, false),
        (ApOptions(0), ContextFlags::INTEGRITY, false),
    ] {
        let mut login = Login {
            ap_options,
            ..Login::default()
        };
        login.set_flags(flags);
        let accepted = Server::default().accepted(&login);
        assert_eq!(accepted.token.is_some(), is_answered, "{ap_options:?} {flags:?}");
        assert_eq!(accepted.context.flags(), flags);
    }
}

#[test]
fn an_initiator_sets_its_own_flags_and_no_others() {
    let mut checksum = GssChecksum::new(ContextFlags::default());
    checksum.flags = !0;
    checksum.flags &= !(ContextFlags::DCE_STYLE.bits());
    let mut login = Login::default();
    login.set_checksum(&checksum);
    let flags = Server::default().accepted(&login).context.flags();
    // Neither delegated, for there is no credential, nor anonymous, nor bound to a channel.
    let names: Vec<_> = flags.names().collect();
    assert_eq!(
        names,
        [
            "mutual",
            "replay",
            "sequence",
            "confidentiality",
            "integrity",
            "identify",
            "extended_error"
        ]
    );
}

#[test]
fn the_fixed_part_is_there_in_full() {
    let whole = GssChecksum::new(ContextFlags::MUTUAL).encode();
    for len in 0..whole.len() {
        let mut login = Login::default();
        login.authenticator.cksum = Some((0x8003, whole[..len].to_vec()));
        let fault = GssChecksumFault::Truncated;
        assert_eq!(
            Server::default().fact(&login),
            Fact::BadGssChecksum(fault),
            "{len}"
        );
    }
    for bindings_len in [0, 15, 17, 16 << 24, u32::MAX] {
        let mut checksum = GssChecksum::new(ContextFlags::MUTUAL);
        checksum.bindings_len = bindings_len;
        let mut login = Login::default();
        login.set_checksum(&checksum);
        let fault = GssChecksumFault::BindingsLength;
        assert_eq!(
            Server::default().fact(&login),
            Fact::BadGssChecksum(fault),
            "{bindings_len}"
        );
    }
}

/// RFC 6542: type, length, data, as often as wanted.
#[test]
fn extensions_are_skipped_if_they_are_whole() {
    let one = extension(1, b"data");
    let (whole, cut) = (Ok(()), Err(GssChecksumFault::Truncated));
    for (extensions, expected) in [
        (one.clone(), whole),
        ([&one[..], &extension(u32::MAX, b""), &one].concat(), whole),
        (extension(0, &[0x5a; 1000]), whole),
        (one[..1].to_vec(), cut),
        (one[..7].to_vec(), cut),
        (one[..one.len() - 1].to_vec(), cut),
        ([&one[..], &[0]].concat(), cut),
        ([&1_u32.to_be_bytes()[..], &u32::MAX.to_be_bytes()].concat(), cut),
    ] {
        let mut plain = GssChecksum::new(ContextFlags::MUTUAL);
        plain.extensions.clone_from(&extensions);
        let mut delegating =
            GssChecksum::delegating(ContextFlags::MUTUAL, Login::default().forwarded_tgt().in_clear());
        delegating.extensions.clone_from(&extensions);
        for checksum in [plain, delegating] {
            let mut login = Login::default();
            login.set_checksum(&checksum);
            match expected {
                Ok(()) => assert_eq!(Server::default().verdict(&login), "accepted", "{extensions:02x?}"),
                Err(fault) => assert_eq!(
                    Server::default().fact(&login),
                    Fact::BadGssChecksum(fault),
                    "{extensions:02x?}"
                ),
            }
        }
    }
}

#[test]
fn the_delegation_flag_needs_an_option_or_the_end_of_the_field() {
    let faults = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut field = GssChecksum::delegating(ContextFlags::MUTUAL, b"krb-cred".to_vec()).encode();
        change(&mut field);
        let mut login = Login::default();
        login.authenticator.cksum = Some((0x8003, field));
        Server::default().fact(&login)
    };
    let truncated = Fact::BadGssChecksum(GssChecksumFault::Truncated);
    for len in 25..36 {
        assert_eq!(faults(&|field| field.truncate(len)), truncated, "{len}");
    }
    assert_eq!(faults(&|field| field[26] = 9), truncated);
    let option = Fact::BadGssChecksum(GssChecksumFault::DelegationOption);
    assert_eq!(faults(&|field| field[24] = 0), option);
    assert_eq!(faults(&|field| field[25] = 1), option);
    let is_malformed = |fact| matches!(fact, Fact::BadDelegation(DelegationFault::Malformed(_)));
    assert!(is_malformed(faults(&|_| ())));
    // With the flag and nothing else, as MIT krb5 does: no credential, and no flag in the context.
    let mut login = Login::default();
    login.set_checksum(&GssChecksum::new(
        ContextFlags::MUTUAL.with(ContextFlags::DELEGATE),
    ));
    let accepted = Server::default().accepted(&login);
    assert!(accepted.details().delegated.is_none());
    assert_eq!(accepted.context.flags(), ContextFlags::MUTUAL);
}
