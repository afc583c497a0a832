//! RC4 with tickets of MIT's KDC and of Heimdal's, by the initiators of both: refused unless it is named.

use interop::client::{curl_with, url};
use interop::heimdal;
use interop::kdc::Tickets;
use interop::peers::{Daemon, state, succeed};
use interop::server::{backend, configured};
use interop::speak::{Spoken, converse, initiator, krb5};
use mech_krb5::crypto::{EncryptionType, EncryptionTypes};
use mech_krb5::keytab::{Keytab, KeytabEntry};
use mech_krb5::{Details, Krb5Builder, Principal, Warning};
use negotiate_core::{Acceptor, Negotiation, Timestamp};
use negotiate_testkit::NoSecurity;
use std::path::{Path, PathBuf};
use std::process::Command;

const RC4: EncryptionType = EncryptionType::Rc4Hmac;
const AES256: EncryptionType = EncryptionType::Aes256CtsHmacSha1_96;

fn keytab() -> PathBuf {
    state("keytab/rc4")
}

/// With another key besides, so that the default has one that it can use.
fn acceptor(keytab: &Path, types: EncryptionTypes) -> Acceptor {
    acceptor_with(keytab, |krb5| krb5.encryption_types(types))
}

fn acceptor_with(keytab: &Path, configure: impl FnOnce(Krb5Builder) -> Krb5Builder) -> Acceptor {
    interop::speak::acceptor(entries(keytab), configure)
}

fn entries(keytab: &Path) -> Vec<KeytabEntry> {
    let keytab = Keytab::parse(&std::fs::read(keytab).unwrap()).unwrap();
    let other = Principal::parse("other/service@NO.TEST").unwrap();
    let other = KeytabEntry::new(other, Timestamp::now(), 1, 18, &[7; 32]).unwrap();
    keytab.entries().iter().cloned().chain([other]).collect()
}

fn named() -> EncryptionTypes {
    EncryptionTypes::new().danger_with_rc4()
}

/// alice's tickets, of RC4 for this service.
fn tickets() -> Tickets {
    let tickets = Tickets::of_alice();
    let mut kvno = Command::new("kvno");
    kvno.arg("HTTP/e23.mit.test");
    succeed(with_rc4(tickets.given_to(&mut kvno)), b"");
    tickets
}

/// A client that still knows RC4.
fn with_rc4(command: &mut Command) -> &mut Command {
    command.env("KRB5_CONFIG", state("krb5-rc4.conf"))
}

/// A client that knows nothing else, and so offers nothing else (RFC 4537).
fn with_rc4_only(command: &mut Command) -> &mut Command {
    command.env("KRB5_CONFIG", state("krb5-rc4-only.conf"))
}

fn is_of_rfc_1964(spoken: &Spoken) -> bool {
    spoken.mic.starts_with(&[0x60]) && spoken.mic[13..17] == [1, 1, 0x11, 0]
}

const FLAGS: [&[&str]; 2] = [
    &["mutual", "sequence", "confidentiality", "integrity"],
    &["sequence", "confidentiality", "integrity"],
];

const DCE_STYLE: &[&str] = &["dce_style", "mutual", "sequence", "confidentiality", "integrity"];

#[test]
fn mit_krb5_logs_in_and_speaks() {
    let (tickets, acceptor) = (tickets(), acceptor(&keytab(), named()));
    for flags in FLAGS {
        let is_mutual = flags.contains(&"mutual");
        let speak = || initiator("mit", "HTTP@e23.mit.test", flags);
        let (context, spoken) = converse(with_rc4_only(tickets.given_to(&mut speak())), &acceptor).unwrap();
        let details = context.details::<Details>().unwrap();
        assert_eq!((details.etype, details.session_key.encryption_type()), (RC4, RC4));
        assert_eq!(details.warnings, [Warning::Rc4]);
        assert!(details.pac.is_some(), "its server checksum is HMAC-MD5");
        assert!(is_of_rfc_1964(&spoken));
        // With more than RC4 in its list, the acceptor's subkey is of AES, if it has one.
        let (context, spoken) = converse(with_rc4(tickets.given_to(&mut speak())), &acceptor).unwrap();
        let details = context.details::<Details>().unwrap();
        let expected = if is_mutual { AES256 } else { RC4 };
        assert_eq!(
            (details.etype, details.session_key.encryption_type()),
            (RC4, expected)
        );
        assert_eq!(is_of_rfc_1964(&spoken), !is_mutual);
    }
    let mut speak = initiator("mit_iov", "HTTP@e23.mit.test", DCE_STYLE);
    let (context, spoken) = converse(with_rc4_only(tickets.given_to(&mut speak)), &acceptor).unwrap();
    let details = context.details::<Details>().unwrap();
    assert_eq!(details.session_key.encryption_type(), RC4);
    assert!(is_of_rfc_1964(&spoken));
}

#[test]
fn heimdal_logs_in_and_speaks() {
    // It offers AES for the subkey (RFC 4537), which this acceptor does not take up.
    let acceptor = acceptor_with(&state("heimdal/keytab-rc4"), |krb5| {
        krb5.encryption_types(named()).subkey_types([])
    });
    let tickets = heimdal::kinit();
    heimdal::fetch(&tickets, "arcfour-hmac-md5", "HTTP/e23.heim.test");
    for flags in FLAGS.into_iter().chain([DCE_STYLE]) {
        let mut speak = initiator("heimdal", "HTTP@e23.heim.test", flags);
        let speak = heimdal::with_library(tickets.given_to(&mut speak));
        let (context, spoken) = converse(speak, &acceptor).unwrap();
        let details = context.details::<Details>().unwrap();
        assert_eq!((details.etype, details.session_key.encryption_type()), (RC4, RC4));
        assert!(is_of_rfc_1964(&spoken));
    }
}

/// Their mechListMICs have their first numbers, also in contexts that detect no sequence.
#[test]
fn lists_of_mechanisms_are_proved() {
    let behind_another = |keytab: &Path| {
        let krb5 = krb5(entries(keytab), |krb5| {
            krb5.encryption_types(named()).subkey_types([])
        });
        let builder = Acceptor::builder().mechanism(NoSecurity::new());
        builder.mechanism(krb5).build().unwrap()
    };
    let of_mit = tickets();
    let of_heimdal = heimdal::kinit();
    heimdal::fetch(&of_heimdal, "arcfour-hmac-md5", "HTTP/e23.heim.test");
    for flags in [&["mutual", "confidentiality", "integrity"][..], FLAGS[0]] {
        let mut speak = initiator("mit-spnego", "HTTP@e23.mit.test", flags);
        let by_mit = converse(
            with_rc4_only(of_mit.given_to(&mut speak)),
            &behind_another(&keytab()),
        );
        let mut speak = initiator("heimdal-spnego", "HTTP@e23.heim.test", flags);
        let by_heimdal = converse(
            heimdal::with_library(of_heimdal.given_to(&mut speak)),
            &behind_another(&state("heimdal/keytab-rc4")),
        );
        for login in [by_mit, by_heimdal] {
            let (context, spoken) = login.unwrap();
            assert_eq!(context.negotiation(), Negotiation::Spnego);
            assert_eq!(spoken.later.len(), 1, "the MIC that is due");
            assert!(is_of_rfc_1964(&spoken));
        }
    }
}

#[test]
fn it_is_refused_where_it_is_not_named() {
    let tickets = tickets();
    let acceptor = acceptor(&keytab(), EncryptionTypes::new());
    let mut speak = initiator("mit", "HTTP@e23.mit.test", FLAGS[0]);
    let refused = converse(with_rc4(tickets.given_to(&mut speak)), &acceptor).unwrap_err();
    assert_eq!(refused.reason().code(), "krb5.etype_refused");
    assert!(refused.reason().advice().contains("enable AES on the account"));
}

/// `danger_accept_rc4` in the gateway's file, and what its operator is told.
#[test]
fn the_gateway_takes_it_with_a_warning() {
    let backend = backend();
    let gateway = |option: &str| -> Daemon {
        configured(&format!(
            "keytab = [{:?}, {:?}]\n[acceptor]\n{option}\n[reverse_proxy]\nupstream = \"http://{}\"\n",
            keytab(),
            state("keytab/www"),
            backend.address
        ))
    };
    let tickets = tickets();
    let get = |gateway: &Daemon| {
        let prepare = |command: &mut Command| {
            with_rc4(tickets.given_to(command));
        };
        let page = url("e23.mit.test", gateway.address);
        curl_with(prepare, &page, &["--negotiate", "--user", ":"])
    };
    let closed = gateway("");
    assert_eq!(get(&closed).status(), 401);
    assert!(closed.log().contains("krb5.etype_refused"), "{}", closed.log());
    assert!(!closed.log().contains("RC4 is accepted"));
    let open = gateway("danger_accept_rc4 = true");
    let got = get(&open);
    assert_eq!(got.status(), 200, "{got:?} {}", open.log());
    assert_eq!(got.forwarded("x-remote-user").as_deref(), Some("alice@MIT.TEST"));
    assert!(open.log().contains("RC4 is accepted"), "{}", open.log());
    assert!(open.log().contains("RC4 was used"), "{}", open.log());
}
