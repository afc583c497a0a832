//! The browser against mech-krb5's acceptor, with tickets of the embedded KDC.

use mech_krb5::Details;
use negotiate_core::{
    Acceptor, BindingsPolicy, ChannelBindings, ContextFlags, Negotiation, PerMessage, Protection, Seconds,
    SystemRandom, Timestamp,
};
use negotiate_testkit::{Browser, BrowserError, Clock, Kdc, Login, LoginError};
use std::sync::Arc;

const SERVICE: &str = "HTTP/www.example.test";

fn kdc() -> Kdc {
    Kdc::new("EXAMPLE.TEST")
        .clock(Clock::simulated(Timestamp::from_unix(1_795_327_035)))
        .user("alice", "secret")
        .service(SERVICE)
}

fn browser(kdc: &Kdc) -> Browser {
    kdc.browser("alice", "secret").unwrap()
}

fn messages_pass(login: &mut Login) {
    let pass = |ours: &mut dyn PerMessage, theirs: &mut dyn PerMessage| {
        let mic = ours.get_mic(b"text").unwrap();
        theirs.verify_mic(b"text", &mic).unwrap();
        let sealed = ours
            .wrap(b"text", Protection::Confidentiality, &mut SystemRandom)
            .unwrap();
        assert_eq!(theirs.unwrap(&sealed).unwrap().message, b"text");
    };
    pass(&mut *login.initiated.per_message, login.accepted.per_message());
    pass(login.accepted.per_message(), &mut *login.initiated.per_message);
}

#[test]
fn a_browser_logs_in() {
    let kdc = kdc();
    let acceptor = kdc.acceptor(&[SERVICE]);
    let no_mutual = ContextFlags::INTEGRITY.with(ContextFlags::REPLAY);
    for (browser, negotiation, tokens) in [
        (browser(&kdc), Negotiation::Spnego, 2),
        (browser(&kdc).without_spnego(), Negotiation::Bare, 2),
        (browser(&kdc).flags(no_mutual), Negotiation::Spnego, 2),
        (
            browser(&kdc).flags(no_mutual).without_spnego(),
            Negotiation::Bare,
            1,
        ),
    ] {
        let mut login = browser.log_in(&acceptor, SERVICE).unwrap();
        assert_eq!(login.accepted.initiator().display(), "alice@EXAMPLE.TEST");
        assert_eq!(
            login.accepted.acceptor().unwrap().display(),
            "HTTP/www.example.test@EXAMPLE.TEST"
        );
        assert_eq!(login.accepted.flags(), login.initiated.flags);
        assert_eq!(login.accepted.negotiation(), negotiation);
        assert_eq!(login.accepted.expires(), login.initiated.expires);
        assert_eq!(login.tokens.len(), tokens);
        messages_pass(&mut login);
    }
}

#[test]
fn a_browser_visits_over_http() {
    let kdc = kdc();
    let acceptor = kdc.acceptor(&[SERVICE]);
    let visit = browser(&kdc).visit(SERVICE).unwrap();
    assert!(
        visit.authorization().starts_with("Negotiate YI"),
        "{}",
        visit.authorization()
    );
    let first = visit.token().unwrap().clone();
    let step = kdc
        .its_clock()
        .ambient(|ambient| acceptor.exchange(None).step(first.as_bytes(), ambient));
    let Ok(negotiate_core::Step::Complete {
        token: Some(token), ..
    }) = step
    else {
        panic!("{step:?}")
    };
    for bad in ["", "Negotiate", "Basic realm=\"x\"", "Negotiate !!"] {
        let visit = browser(&kdc).visit(SERVICE).unwrap();
        let error = visit.www_authenticate(bad).unwrap_err();
        assert!(matches!(error, BrowserError::NotNegotiate), "{bad}: {error}");
    }
    let unfinished = browser(&kdc).visit(SERVICE).unwrap().finish().unwrap_err();
    assert!(matches!(unfinished, BrowserError::Login(LoginError::Unfinished)));
    let visit = visit.answer(token.as_bytes()).unwrap();
    assert!(visit.token().is_none());
    assert!(visit.finish().unwrap().flags.contains(ContextFlags::MUTUAL));
}

#[test]
fn a_browser_hands_over_what_the_service_can_use() {
    let kdc = kdc().service("HTTP/back.example.test");
    let acceptor = kdc.acceptor(&[SERVICE]);
    let login = browser(&kdc).log_in(&acceptor, SERVICE).unwrap();
    assert!(login.accepted.details::<Details>().unwrap().delegated.is_none());
    let login = browser(&kdc).delegating().log_in(&acceptor, SERVICE).unwrap();
    let delegated = login
        .accepted
        .details::<Details>()
        .unwrap()
        .delegated
        .as_ref()
        .unwrap();
    let tgt = &delegated.credentials()[0];
    let exchange = mech_krb5::kdc::TgsExchange::service(tgt, kdc.principal("HTTP/back.example.test"));
    let ticket = kdc.run(|ambient| exchange.begin(ambient)).unwrap();
    assert_eq!(ticket.client, kdc.principal("alice"));
}

#[test]
fn bindings_are_compared() {
    let kdc = kdc();
    let acceptor = Acceptor::builder()
        .mechanism(kdc.krb5(&[SERVICE]))
        .bindings_policy(BindingsPolicy::Require)
        .build()
        .unwrap();
    let ours = Arc::new(ChannelBindings::from_application_data(
        "tls-server-end-point:ours",
    ));
    let over = |browser: Browser| browser.log_in_over(&acceptor, SERVICE, Some(Arc::clone(&ours)));
    let login = over(browser(&kdc).channel_bindings((*ours).clone())).unwrap();
    assert!(login.accepted.flags().contains(ContextFlags::CHANNEL_BOUND));
    let other = ChannelBindings::from_application_data("tls-server-end-point:other");
    assert_eq!(
        over(browser(&kdc).channel_bindings(other)).unwrap_err().code(),
        "krb5.bindings_mismatch"
    );
    assert_eq!(over(browser(&kdc)).unwrap_err().code(), "krb5.bindings_required");
    let lax = kdc.acceptor(&[SERVICE]);
    let advertised = browser(&kdc)
        .advertise_bindings()
        .log_in_over(&lax, SERVICE, Some(Arc::clone(&ours)));
    assert_eq!(advertised.unwrap_err().code(), "krb5.bindings_removed");
}

#[test]
fn what_can_go_wrong_goes_wrong_by_its_name() {
    let kdc = kdc();
    let acceptor = kdc.acceptor(&[SERVICE]);
    assert_eq!(
        negotiate_core::Explain::code(&kdc.browser("alice", "wrong").unwrap_err()),
        "krb5.wrong_password"
    );
    let unknown = browser(&kdc)
        .log_in(&acceptor, "HTTP/unknown.example.test")
        .unwrap_err();
    assert_eq!(unknown.code(), "krb5.service_unknown");

    let slow = Clock::simulated(kdc.its_clock().now().minus(Seconds(900)));
    // The acceptor has the browser's clock in log_in, so the two run apart.
    let visit = browser(&kdc).clock(slow).visit(SERVICE).unwrap();
    let token = visit.token().unwrap();
    let refused = kdc
        .its_clock()
        .ambient(|ambient| acceptor.exchange(None).step(token.as_bytes(), ambient));
    assert_eq!(refused.unwrap_err().reason().code(), "krb5.clock_skew");

    let before = browser(&kdc).visit(SERVICE).unwrap();
    kdc.rekey(SERVICE);
    let renewed = kdc.acceptor(&[SERVICE]);
    let token = before.token().unwrap();
    let refused = kdc
        .its_clock()
        .ambient(|ambient| renewed.exchange(None).step(token.as_bytes(), ambient));
    assert_eq!(refused.unwrap_err().reason().code(), "krb5.kvno_old");
    let stale = browser(&kdc).log_in(&acceptor, SERVICE).unwrap_err();
    assert_eq!(stale.code(), "krb5.kvno_new");
}

#[test]
fn a_token_is_taken_once() {
    let kdc = kdc();
    let acceptor = kdc.acceptor(&[SERVICE]);
    let login = browser(&kdc).log_in(&acceptor, SERVICE).unwrap();
    let again = kdc
        .its_clock()
        .ambient(|ambient| acceptor.exchange(None).step(login.tokens[0].as_bytes(), ambient));
    assert_eq!(again.unwrap_err().reason().code(), "krb5.replay");
}
