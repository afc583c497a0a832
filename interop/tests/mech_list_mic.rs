//! mechListMICs (RFC 4178 section 5) with the initiators of MIT krb5 and Heimdal, where the acceptor demands them: it has a
//! mechanism that it prefers to their favourite.

use interop::heimdal;
use interop::kdc::Tickets;
use interop::peers::keytab;
use interop::speak::{converse, initiator, krb5};
use mech_krb5::keytab::Keytab;
use negotiate_core::der::{Reader, Tag};
use negotiate_core::{Acceptor, MechType, Negotiation};
use negotiate_testkit::NoSecurity;
use std::path::Path;
use std::process::Command;

const MUTUAL: &[&str] = &["mutual", "sequence", "confidentiality", "integrity"];
const DCE_STYLE: &[&str] = &["dce_style", "mutual", "sequence", "confidentiality", "integrity"];
/// The first token was the only one.
const NO_OTHER: [bool; 0] = [];
const NOT_MUTUAL: &[&str] = &["sequence", "confidentiality", "integrity"];

/// Kerberos alone, or behind another mechanism.
fn acceptors(path: &Path) -> [Acceptor; 2] {
    let keytab = Keytab::parse(&std::fs::read(path).unwrap()).unwrap();
    let krb5 = || krb5(keytab.entries().to_vec(), |krb5| krb5);
    let (alone, behind) = (
        Acceptor::builder(),
        Acceptor::builder().mechanism(NoSecurity::new()),
    );
    [alone, behind].map(|builder| builder.mechanism(krb5()).build().unwrap())
}

/// Whether each token after the first has a mechListMIC.
fn mics_of_a_login(speak: &mut Command, acceptor: &Acceptor) -> Vec<bool> {
    let (context, spoken) = converse(speak, acceptor).unwrap();
    assert_eq!(
        (context.negotiation(), context.mech_type()),
        (Negotiation::Spnego, MechType::KRB5)
    );
    let has_mic = |token: &Vec<u8>| {
        let mut choice = Reader::new(token).element(Tag::context(1)).unwrap();
        let mut resp = choice.sequence().unwrap();
        resp.optional_field(0, Reader::enumerated).unwrap();
        resp.optional_field(2, Reader::octet_string).unwrap();
        resp.optional_field(3, Reader::octet_string).unwrap().is_some()
    };
    spoken.later.iter().map(has_mic).collect()
}

#[test]
fn mit_krb5_proves_its_list_where_it_is_asked_to() {
    let tickets = Tickets::of_alice();
    for flags in [MUTUAL, NOT_MUTUAL] {
        let speak = || initiator("mit-spnego", "HTTP@www.mit.test", flags);
        let [alone, behind] = acceptors(&keytab("www"));
        assert_eq!(
            mics_of_a_login(tickets.given_to(&mut speak()), &alone),
            NO_OTHER,
            "{flags:?}"
        );
        assert_eq!(
            mics_of_a_login(tickets.given_to(&mut speak()), &behind),
            [true],
            "{flags:?}"
        );
    }
}

/// Three tokens of the mechanism: the last one is the initiator's, and a MIC that is due comes with it. MIT krb5 does not look whether
/// one is, if the mechanism is its favourite.
#[test]
fn a_third_leg_without_the_mic_that_is_due_is_refused() {
    let tickets = Tickets::of_alice();
    let speak = || initiator("mit-spnego", "HTTP@www.mit.test", DCE_STYLE);
    let [alone, behind] = acceptors(&keytab("www"));
    assert_eq!(mics_of_a_login(tickets.given_to(&mut speak()), &alone), [false]);
    let refused = converse(tickets.given_to(&mut speak()), &behind).unwrap_err();
    assert_eq!(refused.reason().code(), "spnego.mic_missing");
}

/// With mutual authentication: without, Heimdal 7.8 does not go on after its first token.
#[test]
fn heimdal_proves_its_list_where_it_is_asked_to() {
    let tickets = heimdal::kinit();
    let mics = |acceptor| {
        let mut speak = initiator("heimdal-spnego", "HTTP@www.heim.test", MUTUAL);
        mics_of_a_login(heimdal::with_library(tickets.given_to(&mut speak)), acceptor)
    };
    let [alone, behind] = acceptors(&heimdal::keytab());
    assert_eq!(mics(&alone), NO_OTHER);
    assert_eq!(mics(&behind), [true]);
}
