//! The three legs of DCE style (MS-KILE section 3.4.5.1) by the initiators of MIT krb5 and Heimdal, and messages under the
//! acceptor's subkey afterwards.

use interop::heimdal;
use interop::kdc::Tickets;
use interop::peers::keytab;
use interop::speak::{acceptor, converse, initiator};
use mech_krb5::Details;
use mech_krb5::keytab::Keytab;
use negotiate_core::{Acceptor, ContextFlags};
use std::path::Path;

const FLAGS: [&str; 5] = ["dce_style", "mutual", "sequence", "confidentiality", "integrity"];

fn with_keytab(path: &Path) -> Acceptor {
    let keytab = Keytab::parse(&std::fs::read(path).unwrap()).unwrap();
    acceptor(keytab.entries().to_vec(), |krb5| krb5)
}

#[test]
fn mit_krb5_proves_that_it_has_our_answer() {
    let (tickets, acceptor) = (Tickets::of_alice(), with_keytab(&keytab("www")));
    let libraries = ["mit", "mit_iov"].into_iter();
    for (library, etype) in libraries.flat_map(|library| [17, 18, 19, 20].map(|etype| (library, etype))) {
        let mut speak = initiator(library, &format!("HTTP@e{etype}.mit.test"), &FLAGS);
        let (context, spoken) = converse(tickets.given_to(&mut speak), &acceptor).unwrap();
        // The AP-REQ as it is, without framing.
        assert_eq!(spoken.first[0], 0x6e);
        assert!(context.flags().contains(ContextFlags::DCE_STYLE));
        assert_eq!(context.details::<Details>().unwrap().etype.number(), etype);
    }
}

#[test]
fn heimdal_proves_that_it_has_our_answer() {
    let (tickets, acceptor) = (heimdal::kinit(), with_keytab(&heimdal::keytab()));
    let mut speak = initiator("heimdal", "HTTP@www.heim.test", &FLAGS);
    let speak = heimdal::with_library(tickets.given_to(&mut speak));
    let (context, spoken) = converse(speak, &acceptor).unwrap();
    assert_eq!(spoken.first[0], 0x6e);
    assert!(context.flags().contains(ContextFlags::DCE_STYLE));
}
