//! The platform's libgssapi behind negotiate-core's trait, with tickets of a real KDC and tokens of MIT's initiator.

use interop::acceptor::judge;
use interop::kdc::{Tickets, kadmin};
use interop::peers::{keytab, scratch, succeed, text};
use interop::token::initiate;
use mech_system_gssapi::{Details, ReplayCache, SystemGssapi};
use negotiate_core::{Acceptor, ContextFlags, Negotiation, Step};
use std::process::Command;

/// The acceptor with the keytab `www`.
fn acceptor() -> Acceptor {
    let mechanism = SystemGssapi::builder()
        .keytab(keytab("www"))
        .replay_cache(ReplayCache::File(scratch("rcache")))
        .build()
        .unwrap();
    Acceptor::builder().mechanism(mechanism).build().unwrap()
}

#[test]
fn accepted_with_and_without_spnego() {
    let (acceptor, tickets) = (acceptor(), Tickets::of_alice());
    for (mech, negotiation) in [("spnego", Negotiation::Spnego), ("krb5", Negotiation::Bare)] {
        let token = initiate(&tickets, &["--mech", mech, "--mutual"]);
        let Ok(Step::Complete {
            token: Some(_),
            context,
        }) = judge(&acceptor, &token)
        else {
            panic!("{mech}: not accepted")
        };
        assert_eq!(context.negotiation(), negotiation);
        assert_eq!(context.initiator().display(), "alice@MIT.TEST");
        assert_eq!(
            context.acceptor().unwrap().display(),
            "HTTP/www.mit.test@MIT.TEST"
        );
        assert!(context.flags().contains(ContextFlags::MUTUAL));
        let replayed = judge(&acceptor, &token).unwrap_err();
        assert_eq!(replayed.reason().code(), "gssapi.replay");
    }
}

#[test]
fn a_delegated_credential_is_one_that_mit_can_use() {
    let token = initiate(&Tickets::of_alice(), &["--delegate"]);
    let Ok(Step::Complete { context, .. }) = judge(&acceptor(), &token) else {
        panic!("not accepted")
    };
    let ccache = scratch("delegated");
    let details: &Details = context.details().unwrap();
    details.delegated.as_ref().unwrap().store_to(&ccache).unwrap();
    let kvno = Command::new("kvno")
        .env("KRB5CCNAME", format!("FILE:{}", ccache.display()))
        .arg("HTTP/www.mit.test")
        .output()
        .unwrap();
    assert!(kvno.status.success(), "{}", text(&kvno.stderr));
    let listed = succeed(Command::new("klist").arg("-c").arg(&ccache), b"");
    assert!(text(&listed).contains("Default principal: alice@MIT.TEST"));
}

#[test]
fn a_service_that_the_keytab_does_not_have_is_refused() {
    kadmin("addprinc -randkey HTTP/elsewhere.mit.test");
    let token = initiate(&Tickets::of_alice(), &["--target", "HTTP@elsewhere.mit.test"]);
    let reject = judge(&acceptor(), &token).unwrap_err();
    assert_eq!(reject.reason().code(), "gssapi.service_absent");
}
