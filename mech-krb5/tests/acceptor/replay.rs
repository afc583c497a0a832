//! The replay question: what a cache is told, when it is asked, and what its answers do (RFC 4120 section 3.2.3).

use crate::common::Counting;
use crate::faults::{Answering, stages};
use crate::forge::GssChecksum;
use crate::initiator::unframed;
use crate::login::{Login, NOW, Server, after, fact};
use mech_krb5::crypto::EncryptionType;
use mech_krb5::keytab::Keytab;
use mech_krb5::message::{ApOptions, ApReq, KrbError};
use mech_krb5::replay::{
    MemoryReplayCache, MemoryReplayConfig, OnStart, ReplayAnswer, ReplayCache, ReplayEntry,
};
use mech_krb5::{Fact, Krb5, Krb5ConfigError};
use negotiate_core::{Ambient, ChannelBindings, ContextFlags, Pending, Seconds, Step, Timestamp};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

/// Tag, the authenticator's time, end of the entry's life, and the acceptor's time.
type Question = (Vec<u8>, Timestamp, Timestamp, Timestamp);

/// Writes down what it is asked.
#[derive(Debug, Default)]
struct Recording(Mutex<Vec<Question>>);

impl ReplayCache for Recording {
    fn check(&self, entry: ReplayEntry<'_>, now: Timestamp) -> ReplayAnswer {
        let question = (entry.tag.to_vec(), entry.client_time, entry.expires, now);
        self.0.lock().unwrap().push(question);
        ReplayAnswer::Fresh
    }
}

#[test]
fn a_cache_gets_the_authenticators_checksum_and_how_long_it_matters() {
    for etype in EncryptionType::ALL {
        let mut login = Login::of(etype, crate::login::CLIENT, crate::login::SERVICE);
        for seconds in [0, 200, -200] {
            login.authenticator.ctime = after(seconds);
            let cache = Arc::new(Recording::default());
            let server = Server {
                replay_cache: cache.clone(),
                ..Server::with_key_of(&login)
            };
            server.accepted(&login);
            let token = login.token();
            let (_, ap_req) = unframed(&token);
            let cipher = ApReq::decode(ap_req).unwrap().authenticator.cipher;
            let tag = cipher[cipher.len() - etype.mac_len()..].to_vec();
            // Whichever clock is ahead: so long could the token come again.
            let expires = after(seconds.max(0) + 300);
            let questions = cache.0.lock().unwrap().clone();
            assert_eq!(
                questions,
                [(tag, after(seconds), expires, NOW)],
                "{etype} {seconds}"
            );
        }
    }
}

/// Before it, nobody knows that the authenticator's owner made it; after it, nothing may be refused silently.
#[test]
fn a_cache_is_asked_once_and_after_the_checks_that_cost_nobody_a_place_in_it() {
    let stages = stages();
    let replay = stages
        .iter()
        .position(|stage| stage[0].code == "krb5.replay")
        .unwrap();
    for (number, stage) in stages.iter().enumerate().filter(|(number, _)| *number != replay) {
        for fault in stage {
            let cache = Arc::new(Recording::default());
            let mut login = Login::default();
            let mut server = Server {
                replay_cache: cache.clone(),
                ..Server::default()
            };
            (fault.spoil)(&mut server, &mut login);
            server.refused(&login);
            let asked = cache.0.lock().unwrap().len();
            assert_eq!(
                asked,
                usize::from(number > replay),
                "{} {}",
                fault.code,
                fault.how
            );
        }
    }
}

/// A cache that was started a hundred seconds ago.
fn memory(on_start: OnStart) -> Arc<MemoryReplayCache> {
    let config = MemoryReplayConfig {
        on_start,
        ..MemoryReplayConfig::default()
    };
    let ambient = &mut Ambient {
        now: after(-100),
        random: &mut Counting(3),
    };
    Arc::new(MemoryReplayCache::new(config, ambient).unwrap())
}

#[test]
fn nothing_is_accepted_without_a_replay_cache() {
    let krb5 = Krb5::builder(Keytab::from_entries(Server::default().entries));
    assert_eq!(krb5.build().unwrap_err(), Krb5ConfigError::NoReplayCache);
}

#[test]
fn the_same_token_is_accepted_once_by_all_acceptors_of_a_cache() {
    let server = Server::remembering(memory(OnStart::RefuseCtimeBeforeStart));
    let mut login = Login::default();
    server.accepted(&login);
    let other = server.clone();
    assert_eq!(other.fact(&login), Fact::Replayed);
    assert_eq!(server.fact(&login), Fact::Replayed);
    // At the same microsecond, and sealed anew: two requests of one client may be made so.
    login.throw = 1;
    other.accepted(&login);
    login.authenticator.ctime = after(-101);
    assert!(matches!(server.fact(&login), Fact::BeforeStart { .. }));
    let seen = server.refused(&login).reason().seen();
    assert!(seen.contains(" on, which is 1000 ms later"), "{seen}");
}

#[test]
fn a_token_cannot_come_back_at_the_last_moment_of_its_life() {
    for ctime in [after(300), NOW, after(-300)] {
        let mut server = Server::remembering(memory(OnStart::Accept));
        let mut login = Login::default();
        login.authenticator.ctime = ctime;
        server.accepted(&login);
        server.now = ctime.plus(Seconds(300));
        assert_eq!(server.fact(&login), Fact::Replayed);
        server.now = Timestamp::from_unix_micros(server.now.unix_micros() + 1);
        assert!(matches!(server.fact(&login), Fact::ClockSkew { .. }));
    }
}

/// A refusal after the question has used the authenticator up: it may not be tried under other bindings, say.
#[test]
fn a_token_that_was_refused_later_on_is_a_replay_the_second_time() {
    let mut server = Server {
        replay_cache: memory(OnStart::default()),
        bindings: Some(ChannelBindings::from_application_data(*b"ours")),
        ..Server::default()
    };
    let mut login = Login::default();
    let mut checksum = GssChecksum::new(ContextFlags::MUTUAL);
    checksum.bindings = [7; 16];
    login.set_checksum(&checksum);
    assert_eq!(server.fact(&login), Fact::BindingsMismatch);
    server.bindings = None;
    assert_eq!(server.fact(&login), Fact::Replayed);
}

/// Answers when it is asked a second time.
struct Later(Option<ReplayAnswer>, bool);

impl Future for Later {
    type Output = ReplayAnswer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<ReplayAnswer> {
        if std::mem::replace(&mut self.1, true) {
            return Poll::Ready(self.0.take().unwrap());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

fn later(answer: ReplayAnswer) -> ReplayAnswer {
    ReplayAnswer::Pending(Box::pin(Later(Some(answer), false)))
}

fn pending(server: &Server, login: &Login) -> Pending {
    match server.judge(login) {
        Ok(Step::Pending(pending)) => pending,
        other => panic!("not pending: {other:?}"),
    }
}

#[test]
fn an_answer_that_comes_later_counts_as_if_it_had_come_at_once() {
    type Answer = fn() -> ReplayAnswer;
    let answers: [(Answer, Answer); 6] = [
        (|| ReplayAnswer::Fresh, || later(ReplayAnswer::Fresh)),
        (|| ReplayAnswer::Replayed, || later(ReplayAnswer::Replayed)),
        (|| ReplayAnswer::Full, || later(ReplayAnswer::Full)),
        (|| ReplayAnswer::Unavailable, || later(ReplayAnswer::Unavailable)),
        (
            || ReplayAnswer::BeforeStart { from: after(1) },
            || later(ReplayAnswer::BeforeStart { from: after(1) }),
        ),
        // Who answers "later" to what was asked later does not answer.
        (|| ReplayAnswer::Unavailable, || later(later(ReplayAnswer::Fresh))),
    ];
    let login = Login::default();
    for (at_once, later) in answers {
        let now = Server::remembering(Arc::new(Answering(at_once))).judge(&login);
        let waiting = Server::remembering(Arc::new(Answering(later)));
        match (now, pollster::block_on(pending(&waiting, &login))) {
            (
                Ok(Step::Complete { token, context }),
                Ok(Step::Complete {
                    token: token_later,
                    context: context_later,
                }),
            ) => {
                assert_eq!(token, token_later);
                assert_eq!(context.initiator(), context_later.initiator());
                assert_eq!(context.flags(), context_later.flags());
            }
            (Err(now), Err(later)) => {
                assert_eq!(fact(&now), fact(&later));
                assert_eq!(now.token(), later.token());
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_refusal_that_waited_still_tells_the_initiator() {
    let login = Login::default();
    let server = Server::remembering(Arc::new(Answering(|| later(ReplayAnswer::Replayed))));
    let reject = pollster::block_on(pending(&server, &login)).unwrap_err();
    let token = reject.token().expect("no KRB-ERROR").as_bytes();
    let (token_id, message) = unframed(token);
    assert_eq!(
        (token_id, KrbError::decode(message).unwrap().error_code.0),
        ([3, 0], 34)
    );
}

#[test]
fn a_replay_is_told_before_what_else_is_wrong_and_the_rest_once_it_is_none() {
    let mut login = Login::default();
    login.ticket.transited = b"EVIL.TEST".to_vec();
    for (answer, code) in [
        ((|| later(ReplayAnswer::Replayed)) as fn() -> _, "krb5.replay"),
        (|| later(ReplayAnswer::Fresh), "krb5.transited_refused"),
    ] {
        let server = Server::remembering(Arc::new(Answering(answer)));
        let reject = pollster::block_on(pending(&server, &login)).unwrap_err();
        assert_eq!(reject.reason().code(), code);
        assert!(reject.token().is_some(), "{code}");
    }
}

#[test]
fn dce_style_waits_too() {
    let mut login = Login {
        framing: crate::login::Framing::Bare,
        ap_options: ApOptions(0),
        ..Login::default()
    };
    login.set_flags(ContextFlags::DCE_STYLE);
    let server = Server::remembering(Arc::new(Answering(|| later(ReplayAnswer::Fresh))));
    let step = pollster::block_on(pending(&server, &login));
    assert!(matches!(step, Ok(Step::Continue { .. })), "{step:?}");
}
