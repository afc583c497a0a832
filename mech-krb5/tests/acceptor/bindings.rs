//! Channel bindings (RFC 4121 section 4.1.1.2) under each policy, and the initiator's word that it knows them
//! (KERB_AP_OPTIONS_CBT, MS-KILE section 3.2.5.8).

use crate::forge::{GssChecksum, NO_BINDINGS, authorization_data};
use crate::login::{Login, Server};
use md5::{Digest as _, Md5};
use mech_krb5::crypto::KeyUsage;
use negotiate_core::BindingsPolicy::{self, Off, Prefer, Require, RequireIfAdvertised};
use negotiate_core::{Address, ChannelBindings, ContextFlags};
use testvectors::Case;

/// What the initiator put into its authenticator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sent {
    Ours,
    Others,
    Zeros,
    /// An ordinary checksum, which has no room for bindings.
    Ordinary,
    NoChecksum,
}

fn vectors() -> Vec<(ChannelBindings, [u8; 16], Case)> {
    let address = |case: &Case, who: &str| Address {
        address_type: case.number(&format!("{who}-addrtype")),
        octets: case.bytes(&format!("{who}-address")),
    };
    testvectors::load("krb5/channel-bindings.txt")
        .into_iter()
        .map(|case| {
            let bindings = ChannelBindings {
                initiator: address(&case, "initiator"),
                acceptor: address(&case, "acceptor"),
                application_data: case.bytes("application-data"),
                ..ChannelBindings::default()
            };
            assert_eq!(bindings.to_octets(), case.bytes("encoding"), "{case}");
            (bindings, case.bytes("bnd").try_into().unwrap(), case)
        })
        .collect()
}

/// The verdict; an accepted context is marked as bound or not.
fn verdict(bindings: Option<ChannelBindings>, policy: BindingsPolicy, sent: &Login) -> &'static str {
    let server = Server {
        bindings,
        bindings_policy: policy,
        ..Server::default()
    };
    match server.verdict(sent) {
        "accepted" => {
            let flags = server.accepted(sent).context.flags();
            if flags.contains(ContextFlags::CHANNEL_BOUND) {
                "bound"
            } else {
                "unbound"
            }
        }
        code => code,
    }
}

fn login(sent: Sent, ours: [u8; 16], advertises: bool) -> Login {
    let mut login = Login::default();
    let mut checksum = GssChecksum::new(ContextFlags::MUTUAL);
    checksum.bindings = match sent {
        Sent::Ours => ours,
        Sent::Others => *b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01",
        _ => NO_BINDINGS,
    };
    login.set_checksum(&checksum);
    if sent == Sent::NoChecksum {
        login.authenticator.cksum = None;
    }
    if sent == Sent::Ordinary {
        let key = login
            .session_key
            .checksum_key(KeyUsage::AP_REQ_AUTHENTICATOR_CHECKSUM);
        let checksum = key.checksum(&[]).as_bytes().to_vec();
        login.authenticator.cksum = Some((key.checksum_type().number(), checksum));
    }
    if advertises {
        let cbt = authorization_data(&[(143, &0x4000_u32.to_le_bytes())]);
        login.authenticator.authorization_data = Some(authorization_data(&[(1, &cbt)]));
    }
    login
}

const MISMATCH: &str = "krb5.bindings_mismatch";
const REQUIRED: &str = "krb5.bindings_required";
const REMOVED: &str = "krb5.bindings_removed";

/// Decision 22 of the design as a table: policy, what was sent, the verdict if the initiator is silent about bindings, and
/// if it says that it knows them.
#[rustfmt::skip]
const WITH_BINDINGS: [(BindingsPolicy, Sent, &str, &str); 20] = [
    (Off, Sent::Ours, "unbound", "unbound"),
    (Off, Sent::Others, "unbound", "unbound"),
    (Off, Sent::Zeros, "unbound", "unbound"),
    (Off, Sent::Ordinary, "unbound", "unbound"),
    (Off, Sent::NoChecksum, "unbound", "unbound"),
    (Prefer, Sent::Ours, "bound", "bound"),
    (Prefer, Sent::Others, MISMATCH, MISMATCH),
    (Prefer, Sent::Zeros, "unbound", "unbound"),
    (Prefer, Sent::Ordinary, "unbound", "unbound"),
    (Prefer, Sent::NoChecksum, "unbound", "unbound"),
    (RequireIfAdvertised, Sent::Ours, "bound", "bound"),
    (RequireIfAdvertised, Sent::Others, MISMATCH, MISMATCH),
    (RequireIfAdvertised, Sent::Zeros, "unbound", REMOVED),
    (RequireIfAdvertised, Sent::Ordinary, "unbound", REMOVED),
    (RequireIfAdvertised, Sent::NoChecksum, "unbound", REMOVED),
    (Require, Sent::Ours, "bound", "bound"),
    (Require, Sent::Others, MISMATCH, MISMATCH),
    (Require, Sent::Zeros, REQUIRED, REQUIRED),
    (Require, Sent::Ordinary, REQUIRED, REQUIRED),
    (Require, Sent::NoChecksum, REQUIRED, REQUIRED),
];

#[test]
fn bindings_are_judged_by_the_policy_where_there_are_any() {
    for (ours, bnd, case) in vectors() {
        // The address list of these tickets is empty, so addresses in the bindings do not matter.
        for (policy, sent, silent, advertised) in WITH_BINDINGS {
            for (advertises, expected) in [(false, silent), (true, advertised)] {
                let verdict = verdict(Some(ours.clone()), policy, &login(sent, bnd, advertises));
                assert_eq!(
                    verdict, expected,
                    "{case}: {policy:?} {sent:?}, advertises: {advertises}"
                );
            }
        }
    }
}

/// A channel has bindings of several types (RFC 5929, RFC 9266), and an initiator uses one of them.
#[test]
fn an_initiator_may_bind_to_any_of_the_channels_types() {
    let hash = |data: &str| Md5::digest(ChannelBindings::from_application_data(data).to_octets()).into();
    let ours = || {
        ChannelBindings::from_application_data("one")
            .or("two")
            .or("three")
    };
    for (data, expected) in [
        ("one", "bound"),
        ("two", "bound"),
        ("three", "bound"),
        ("four", MISMATCH),
        ("", MISMATCH),
    ] {
        let login = login(Sent::Ours, hash(data), false);
        assert_eq!(verdict(Some(ours()), Require, &login), expected, "{data}");
        let expected = if expected == MISMATCH { MISMATCH } else { "bound" };
        assert_eq!(verdict(Some(ours()), Prefer, &login), expected, "{data}");
    }
    assert_eq!(
        verdict(Some(ours()), Require, &login(Sent::Zeros, NO_BINDINGS, false)),
        REQUIRED
    );
}

/// Plain HTTP has no channel to bind to.
#[test]
fn without_own_bindings_an_acceptor_asks_for_none() {
    let (_, bnd, _) = vectors().remove(0);
    for (policy, sent, ..) in WITH_BINDINGS {
        for advertises in [false, true] {
            let verdict = verdict(None, policy, &login(sent, bnd, advertises));
            assert_eq!(verdict, "unbound", "{policy:?} {sent:?}");
        }
    }
}

#[test]
fn every_bit_of_the_hash_counts() {
    let (ours, bnd, _) = vectors().remove(0);
    for bit in 0..128 {
        let mut flipped = bnd;
        flipped[bit / 8] ^= 1 << (bit % 8);
        let verdict = verdict(Some(ours.clone()), Prefer, &login(Sent::Ours, flipped, false));
        assert_eq!(verdict, MISMATCH, "{bit}");
    }
}

/// KERB_AP_OPTIONS_CBT is one bit of 32 (MS-KILE section 3.2.5.8), in the authenticator, wherever the client put it.
#[test]
fn knowing_bindings_is_one_bit_in_the_authenticator() {
    let (ours, bnd, _) = vectors().remove(0);
    let with = |authorization_data: Vec<u8>| {
        let mut login = login(Sent::Zeros, bnd, false);
        login.authenticator.authorization_data = Some(authorization_data);
        verdict(Some(ours.clone()), RequireIfAdvertised, &login)
    };
    let options = |bits: u32| bits.to_le_bytes();
    assert_eq!(with(authorization_data(&[(143, &options(0x4000))])), REMOVED);
    assert_eq!(with(authorization_data(&[(143, &options(0xffff_ffff))])), REMOVED);
    assert_eq!(
        with(authorization_data(&[(143, &options(0xffff_bfff))])),
        "unbound"
    );
    assert_eq!(
        with(authorization_data(&[(143, &0x4000_u32.to_be_bytes())])),
        "unbound"
    );
    // Two could say two things, wherever they stand.
    let one: (i32, &[u8]) = (143, &options(0x4000));
    let inner = authorization_data(&[one]);
    for other in [one, (143, &options(0)), (1, &inner)] {
        assert_eq!(with(authorization_data(&[one, other])), "krb5.malformed");
        assert_eq!(with(authorization_data(&[other, one])), "krb5.malformed");
    }
    // What cannot be read is not taken for silence.
    for bad in [&b""[..], b"\0\x40", b"\0\x40\0\0\0"] {
        assert_eq!(with(authorization_data(&[(143, bad)])), "krb5.malformed");
    }
}
