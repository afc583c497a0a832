//! The suite on mechanisms that pass it. That it finds faults is shown in `suite_finds.rs`.

use mech_krb5::message::ApReq;
use negotiate_core::der::Reader;
use negotiate_core::{ContextFlags, Initiator, Mechanism, Timestamp};
use negotiate_testkit::suite::Subject;
use negotiate_testkit::{Browser, Clock, Kdc, NoSecurity, NoSecurityInitiator, mechanism_suite};
use std::sync::{Arc, LazyLock};

const SERVICE: &str = "HTTP/www.example.test";

/// Kerberos, with what its initiator asks for.
struct Krb5 {
    flags: ContextFlags,
}

static BROWSER: LazyLock<(Kdc, Browser)> = LazyLock::new(|| {
    let kdc = Kdc::new("EXAMPLE.TEST")
        .clock(Clock::simulated(Timestamp::from_unix(1_795_327_035)))
        .user("alice", "secret")
        .service(SERVICE);
    let browser = kdc.browser("alice", "secret").unwrap();
    (kdc, browser)
});

impl Subject for Krb5 {
    fn mechanism(&self) -> Arc<dyn Mechanism> {
        Arc::new(BROWSER.0.krb5(&[SERVICE]))
    }

    fn initiator(&self) -> Box<dyn Initiator> {
        let browser = BROWSER.1.clone().flags(self.flags).without_spnego();
        browser.initiator(SERVICE).unwrap()
    }

    fn initiator_name(&self) -> String {
        "alice@EXAMPLE.TEST".into()
    }

    fn clock(&self) -> Clock {
        BROWSER.0.its_clock().clone()
    }

    // Sealed are the ciphertexts of ticket and authenticator; of what stands around them the AP-REQ's options and the
    // ticket's names and kvno are hints only.
    fn is_unprotected(&self, _leg: usize, token: &[u8], byte: usize) -> bool {
        // MechType and TOK_ID, then the AP-REQ to the end.
        let mut framed = Reader::new(token).any().unwrap().1;
        framed.object_identifier().unwrap();
        let ap_req = ApReq::decode(&framed.rest()[2..]).unwrap();
        let place = |part: &[u8]| {
            let start = token
                .windows(part.len())
                .position(|window| window == part)
                .unwrap();
            start..start + part.len()
        };
        let (ticket, authenticator) = (
            place(ap_req.ticket.enc_part.cipher),
            place(ap_req.authenticator.cipher),
        );
        byte > token.len() - framed.rest().len() && !ticket.contains(&byte) && !authenticator.contains(&byte)
    }

    fn trials(&self) -> usize {
        800
    }
}

const MUTUAL: ContextFlags = ContextFlags::MUTUAL
    .with(ContextFlags::REPLAY)
    .with(ContextFlags::SEQUENCE)
    .with(ContextFlags::CONFIDENTIALITY)
    .with(ContextFlags::INTEGRITY);

mechanism_suite!(krb5_mutual, Krb5 { flags: MUTUAL });
mechanism_suite!(
    krb5_one_way,
    Krb5 {
        flags: MUTUAL.without(ContextFlags::MUTUAL)
    }
);

/// The mechanism without security, in each of its forms.
struct Loopback(fn() -> NoSecurity);

impl Subject for Loopback {
    fn mechanism(&self) -> Arc<dyn Mechanism> {
        Arc::new((self.0)())
    }

    fn initiator(&self) -> Box<dyn Initiator> {
        Box::new(NoSecurityInitiator::new("alice"))
    }

    fn initiator_name(&self) -> String {
        "alice@NO.SECURITY".into()
    }
}

mechanism_suite!(no_security, Loopback(NoSecurity::new));
mechanism_suite!(no_security_in_two_legs, Loopback(|| NoSecurity::new().two_legs()));
mechanism_suite!(
    no_security_later,
    Loopback(|| NoSecurity::new().two_legs().answers_later())
);
