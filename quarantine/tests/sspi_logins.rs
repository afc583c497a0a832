//! sspi's initiator logs in to our acceptor: alone and through SPNEGO, and is refused as everybody is.

use mech_krb5::ccache::SealedBy;
use mech_krb5::crypto::EncryptionTypes;
use mech_krb5::kdc::{AsExchange, ClientSecret};
use mech_krb5::keytab::Keytab;
use mech_krb5::replay::{MemoryReplayCache, MemoryReplayConfig, OnStart};
use mech_krb5::{Details, Krb5, OwnTicket};
use negotiate_core::{
    Acceptor, BindingsPolicy, ChannelBindings, ContextFlags, Exchange, Seconds, SecurityContext, Step,
};
use negotiate_quarantine::{Initiator, Package};
use negotiate_testkit::{Clock, Kdc};
use sspi::{ClientRequestFlags, Kerberos, Negotiate, SecurityStatus};
use std::sync::Arc;

const SERVICE: &str = "HTTP/www.example.test";
const ALICE: &str = "alice@EXAMPLE.TEST";
const MUTUAL: ClientRequestFlags = ClientRequestFlags::MUTUAL_AUTH
    .union(ClientRequestFlags::REPLAY_DETECT)
    .union(ClientRequestFlags::SEQUENCE_DETECT)
    .union(ClientRequestFlags::CONFIDENTIALITY)
    .union(ClientRequestFlags::INTEGRITY);
const NOT_MUTUAL: ClientRequestFlags = ClientRequestFlags::INTEGRITY;

fn kdc() -> Kdc {
    Kdc::new("EXAMPLE.TEST")
        .user("alice", "secret")
        .service(SERVICE)
        .service("HTTP/other.example.test")
}

fn alice<P: Package>(kdc: &Kdc, flags: ClientRequestFlags) -> Initiator<P> {
    Initiator::new(kdc, "alice", "secret", SERVICE, flags).expect("a client")
}

/// One step of the acceptor by this clock.
fn accept(exchange: Exchange<'_>, token: &[u8], clock: &Clock) -> Result<Step, &'static str> {
    clock
        .ambient(|ambient| exchange.step(token, ambient))
        .map_err(|reject| reject.reason().code())
}

/// A login in which the initiator hears of its end.
fn log_in<P: Package>(initiator: &mut Initiator<P>, acceptor: &Acceptor) -> SecurityContext {
    let mut output = initiator.step(&[]).expect("a first token");
    let mut exchange = acceptor.exchange(None);
    loop {
        match accept(exchange, &output.token, &Clock::system()) {
            Ok(Step::Continue {
                token,
                exchange: waiting,
            }) => {
                exchange = waiting;
                output = initiator.step(token.as_bytes()).expect("our token");
            }
            Ok(Step::Complete { token, context }) => {
                if let Some(token) = token {
                    output = initiator.step(token.as_bytes()).expect("our last token");
                }
                assert_eq!(output.status, SecurityStatus::Ok);
                return context;
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn bare_kerberos_with_mutual_authentication() {
    let kdc = kdc();
    let context = log_in(&mut alice::<Kerberos>(&kdc, MUTUAL), &kdc.acceptor(&[SERVICE]));
    assert_eq!(context.initiator().display(), ALICE);
    assert_eq!(
        context.acceptor().unwrap().display(),
        format!("{SERVICE}@EXAMPLE.TEST")
    );
    let asked = ContextFlags::MUTUAL
        .with(ContextFlags::REPLAY)
        .with(ContextFlags::SEQUENCE)
        .with(ContextFlags::CONFIDENTIALITY)
        .with(ContextFlags::INTEGRITY);
    assert_eq!(context.flags(), asked);
    assert!(context.details::<Details>().is_some());
}

#[test]
fn spnego_with_mutual_authentication() {
    let kdc = kdc();
    let context = log_in(&mut alice::<Negotiate>(&kdc, MUTUAL), &kdc.acceptor(&[SERVICE]));
    assert_eq!(context.initiator().display(), ALICE);
    assert!(context.flags().contains(ContextFlags::MUTUAL));
}

/// sspi waits for an AP-REP that it did not ask for; the acceptor is done all the same, and sends none (RFC 4121
/// section 4.1.1.1).
#[test]
fn without_mutual_authentication() {
    let kdc = kdc();
    let acceptor = kdc.acceptor(&[SERVICE]);
    let mut initiator = alice::<Kerberos>(&kdc, NOT_MUTUAL);
    let first = initiator.step(&[]).unwrap();
    let Ok(Step::Complete { token: None, context }) =
        accept(acceptor.exchange(None), &first.token, &Clock::system())
    else {
        panic!("one token is enough, and none comes back");
    };
    assert_eq!(
        (context.initiator().display(), context.flags()),
        (ALICE, ContextFlags::INTEGRITY)
    );

    let mut initiator = alice::<Negotiate>(&kdc, NOT_MUTUAL);
    let first = initiator.step(&[]).unwrap();
    let Ok(Step::Complete {
        token: Some(_),
        context,
    }) = accept(acceptor.exchange(None), &first.token, &Clock::system())
    else {
        panic!("SPNEGO answers accept-completed");
    };
    assert_eq!(
        (context.initiator().display(), context.flags()),
        (ALICE, ContextFlags::INTEGRITY)
    );
}

/// The mechListMICs of RFC 4178 section 5: sspi wants them in DCE style, makes its own and verifies ours.
#[test]
fn three_legs_with_mech_list_mics() {
    let kdc = kdc();
    let flags = MUTUAL | ClientRequestFlags::USE_DCE_STYLE;
    let mut initiator = alice::<Negotiate>(&kdc, flags);
    let context = log_in(&mut initiator, &kdc.acceptor(&[SERVICE]));
    assert_eq!(context.initiator().display(), ALICE);
    assert!(
        context
            .flags()
            .contains(ContextFlags::DCE_STYLE.with(ContextFlags::MUTUAL))
    );
}

/// The acceptor's account as a client: it has a ticket-granting ticket, and no keytab.
fn user_to_user(kdc: &Kdc) -> (Acceptor, Arc<OwnTicket>) {
    let exchange = AsExchange::new(kdc.principal(SERVICE), ClientSecret::password("its own"));
    let tgt = kdc.run(|ambient| exchange.begin(ambient)).unwrap();
    let own = Arc::new(OwnTicket::new(&tgt, EncryptionTypes::new()).unwrap());
    let config = MemoryReplayConfig {
        on_start: OnStart::Accept,
        ..MemoryReplayConfig::default()
    };
    let cache = Clock::system().ambient(|ambient| MemoryReplayCache::new(config, ambient));
    let krb5 = Krb5::builder(Keytab::from_entries(Vec::new()))
        .user_to_user(Arc::clone(&own))
        .replay_cache(Arc::new(cache.unwrap()));
    let acceptor = Acceptor::builder().mechanism(krb5.build().unwrap());
    (acceptor.build().unwrap(), own)
}

/// As CredSSP asks Windows for it: sspi wants our ticket first, alone and inside SPNEGO, and then has the KDC make one for that.
#[test]
fn a_session_key_of_its_own() {
    let kdc = Kdc::new("EXAMPLE.TEST")
        .user("alice", "secret")
        .user(SERVICE, "its own");
    let flags = MUTUAL | ClientRequestFlags::USE_SESSION_KEY;
    let check = |context: SecurityContext| {
        let details: &Details = context.details().unwrap();
        assert_eq!(details.sealed_by, SealedBy::SessionKey);
        assert!(details.pac.is_some());
        assert_eq!(context.initiator().display(), ALICE);
    };
    let (acceptor, _) = user_to_user(&kdc);
    check(log_in(&mut alice::<Kerberos>(&kdc, flags), &acceptor));
    check(log_in(&mut alice::<Negotiate>(&kdc, flags), &acceptor));
    // Who has no ticket to give refuses by name.
    let token = alice::<Negotiate>(&kdc, flags).step(&[]).unwrap().token;
    let refused = accept(kdc.acceptor(&[SERVICE]).exchange(None), &token, &Clock::system());
    assert_eq!(refused.unwrap_err(), "krb5.user_to_user");
}

/// sspi says with two bytes that it knows channel bindings, where KERB_AP_OPTIONS has four (MS-KILE section 3.2.5.8). We
/// refuse that, as MIT krb5 does, whether there is a channel to be bound to or not.
#[test]
fn bound_to_a_channel() {
    let kdc = kdc();
    let acceptor = kdc.acceptor(&[SERVICE]);
    let ours = ChannelBindings::from_application_data(*b"tls-server-end-point:0123");
    for bindings in [None, Some(Arc::new(ours))] {
        let mut initiator = alice::<Kerberos>(&kdc, MUTUAL).channel_bindings(b"tls-server-end-point:0123");
        let token = initiator.step(&[]).unwrap().token;
        let refused = accept(acceptor.exchange(bindings), &token, &Clock::system()).unwrap_err();
        assert_eq!(refused, "krb5.malformed");
    }
}

#[test]
fn a_channel_that_sspi_does_not_bind_to() {
    let kdc = kdc();
    let acceptor = Acceptor::builder()
        .mechanism(kdc.krb5(&[SERVICE]))
        .bindings_policy(BindingsPolicy::Require)
        .build()
        .unwrap();
    let token = alice::<Kerberos>(&kdc, MUTUAL).step(&[]).unwrap().token;
    let ours = ChannelBindings::from_application_data(*b"tls-server-end-point:0123");
    let refused = accept(acceptor.exchange(Some(Arc::new(ours))), &token, &Clock::system());
    assert_eq!(refused.unwrap_err(), "krb5.bindings_required");
}

#[test]
fn a_wrong_password_gets_no_ticket() {
    let kdc = kdc();
    for (user, password, says) in [
        ("alice", "wrong", "pre-authentication information was invalid"),
        ("nobody", "secret", "client not found"),
    ] {
        let initiator = Initiator::<Kerberos>::new(&kdc, user, password, SERVICE, MUTUAL);
        let error = initiator.unwrap().step(&[]).unwrap_err();
        assert!(error.description.contains(says), "{error:?}");
    }
}

#[test]
fn a_service_that_the_kdc_does_not_know_gets_no_token() {
    let initiator = Initiator::<Kerberos>::new(&kdc(), "alice", "secret", "HTTP/none.example.test", MUTUAL);
    let error = initiator.unwrap().step(&[]).unwrap_err();
    assert!(error.description.contains("server not found"), "{error:?}");
}

#[test]
fn a_ticket_of_another_service_is_refused() {
    let kdc = kdc();
    let acceptor = kdc.acceptor(&["HTTP/other.example.test"]);
    let token = alice::<Kerberos>(&kdc, MUTUAL).step(&[]).unwrap().token;
    let refused = accept(acceptor.exchange(None), &token, &Clock::system());
    assert_eq!(refused.unwrap_err(), "krb5.service_absent");
}

#[test]
fn the_second_time_it_is_a_replay() {
    let kdc = kdc();
    let acceptor = kdc.acceptor(&[SERVICE]);
    let token = alice::<Negotiate>(&kdc, MUTUAL).step(&[]).unwrap().token;
    assert!(accept(acceptor.exchange(None), &token, &Clock::system()).is_ok());
    let again = accept(acceptor.exchange(None), &token, &Clock::system());
    assert_eq!(again.unwrap_err(), "krb5.replay");
}

/// An acceptor whose clock is ten minutes ahead, then behind: sspi and the KDC have the system's.
#[test]
fn a_skewed_clock() {
    let kdc = kdc();
    let (now, ten_minutes) = (Clock::system().now(), Seconds(600));
    for (its_time, code) in [
        (now.plus(ten_minutes), "krb5.clock_skew"),
        (now.minus(ten_minutes), "krb5.ticket_not_yet_valid"),
    ] {
        let token = alice::<Kerberos>(&kdc, MUTUAL).step(&[]).unwrap().token;
        let clock = Clock::simulated(its_time);
        let config = MemoryReplayConfig {
            on_start: OnStart::Accept,
            ..MemoryReplayConfig::default()
        };
        let cache = clock
            .ambient(|ambient| MemoryReplayCache::new(config, ambient))
            .unwrap();
        let krb5 = Krb5::builder(kdc.keytab(&[SERVICE]))
            .replay_cache(Arc::new(cache))
            .build()
            .unwrap();
        let acceptor = Acceptor::builder().mechanism(krb5).build().unwrap();
        assert_eq!(accept(acceptor.exchange(None), &token, &clock).unwrap_err(), code);
    }
}

/// A KDC that is ten minutes ahead refuses sspi's proof, with its time; sspi takes that, and then agrees with an acceptor
/// of that time.
#[test]
fn a_kdc_with_another_clock() {
    let clock = Clock::simulated(Clock::system().now().plus(Seconds(600)));
    let kdc = kdc().clock(clock.clone());
    let token = alice::<Kerberos>(&kdc, MUTUAL).step(&[]).unwrap().token;
    let accepted = accept(kdc.acceptor(&[SERVICE]).exchange(None), &token, &clock);
    assert!(matches!(accepted, Ok(Step::Complete { .. })), "{accepted:?}");
}
