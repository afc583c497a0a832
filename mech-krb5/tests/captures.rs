//! Every captured token, judged at the time of its capture as its real acceptor judged it.

mod common;
mod session;

use common::{acceptor, acceptor_that_names, captured_at, is_accepted_by_name, judge};
use mech_krb5::{Details, Krb5, Krb5ConfigError, keytab::Keytab};
use negotiate_core::{
    ContextFlags, MessageOrder, PerMessage as _, Protection, Random, RandomUnavailable, Step,
};
use std::sync::Arc;
use testvectors::{Capture, PerMessage, PerMessageKind, Sender, captures};

/// How many captures have the types of that feature.
const CAMELLIA: usize = if cfg!(feature = "camellia") { 4 } else { 0 };

fn with_keytab() -> impl Iterator<Item = Capture> {
    captures()
        .into_iter()
        .filter(|capture| capture.case().has("keytab"))
}

/// Those that an acceptor takes which is told to take their encryption types.
fn accepted_by_name() -> impl Iterator<Item = Capture> {
    with_keytab().filter(is_accepted_by_name)
}

#[test]
fn accepted_where_the_real_acceptor_accepted() {
    let mut count = 0;
    for capture in accepted_by_name() {
        let name = capture.name();
        let step = judge(
            &acceptor_that_names(&capture),
            &capture,
            &capture.initiator_token(),
            captured_at(&capture),
        );
        let Ok(Step::Complete { token, context }) = step else {
            panic!("{name}: {step:?}")
        };
        let details = context.details::<Details>().unwrap();
        assert_eq!(context.initiator().display(), capture.initiator(), "{name}");
        assert_eq!(
            context.acceptor().unwrap().display(),
            capture.acceptor_name(),
            "{name}"
        );
        assert_eq!(details.etype.number(), capture.ticket_etype(), "{name}");
        assert_eq!(details.kvno, capture.ticket_kvno(), "{name}");
        check_flags(&capture, context.flags());
        // Not every capture holds the answer, but who answered had a reason.
        assert!(
            token.is_some() || capture.acceptor_token().is_none(),
            "{name}: no token for the initiator"
        );
        check_delegation(&capture, details);
        count += 1;
    }
    assert_eq!(count, 62 + CAMELLIA);
}

/// Against the flags that the real acceptor returned: 0x80 and 0x100 say nothing of the peer; `GSS_C_CHANNEL_BOUND_FLAG`
/// is MIT's alone.
fn check_flags(capture: &Capture, ours: ContextFlags) {
    let Some(theirs) = capture.acceptor_flags() else {
        return;
    };
    let theirs = ContextFlags::from_bits_truncate(theirs);
    let is_bound = capture.channel_bindings().is_some_and(|bindings| bindings.sent);
    assert_eq!(
        ours.contains(ContextFlags::CHANNEL_BOUND),
        is_bound,
        "{}",
        capture.name()
    );
    let bound = ContextFlags::CHANNEL_BOUND;
    // MIT's S4U2proxy hands out the evidence ticket as a delegated credential; ours comes with S4U.
    let theirs = if capture.delegated().is_none() {
        theirs.without(ContextFlags::DELEGATE)
    } else {
        theirs
    };
    assert_eq!(ours.without(bound), theirs.without(bound), "{}", capture.name());
}

fn check_delegation(capture: &Capture, details: &Details) {
    let name = capture.name();
    let Some(theirs) = capture.delegated() else {
        assert!(details.delegated.is_none(), "{name}");
        return;
    };
    let ours = details
        .delegated
        .as_ref()
        .unwrap_or_else(|| panic!("{name}: no credential"))
        .credentials();
    let [ours] = ours else {
        panic!("{name}: {} tickets", ours.len())
    };
    assert_eq!(ours.client.to_text().unwrap(), theirs.client, "{name}");
    assert_eq!(ours.server.to_text().unwrap(), theirs.server, "{name}");
    assert_eq!(ours.session_etype, theirs.key_etype, "{name}");
    assert!(ours.session_key.ct_eq(&theirs.key), "{name}");
    assert_eq!(ours.flags.0, theirs.ticket_flags, "{name}");
    let unix = |time: Option<negotiate_core::Timestamp>| time.map_or(0, negotiate_core::Timestamp::unix);
    assert_eq!(unix(ours.authtime), theirs.auth_time, "{name}");
    assert_eq!(unix(ours.starttime), theirs.start_time, "{name}");
    assert_eq!(ours.endtime.unix(), theirs.end_time, "{name}");
    assert_eq!(unix(ours.renew_till), theirs.renew_till, "{name}");
    let holds_ticket = theirs
        .ccache
        .windows(ours.ticket.len())
        .any(|window| window == ours.ticket);
    assert!(
        holds_ticket,
        "{name}: another ticket than in the cache that the real acceptor stored"
    );
}

#[test]
fn refused_by_name_where_a_capture_is_to_be_refused() {
    let mut count = 0;
    for capture in with_keytab().filter(|capture| capture.expect() != "accepted") {
        let keytab = Keytab::parse(&capture.keytab()).unwrap();
        let cache = Arc::new(common::Forgetful);
        if let Err(error) = Krb5::builder(keytab).replay_cache(cache).build() {
            // Nothing to accept with: the operator hears of it at the start.
            assert_eq!(error, Krb5ConfigError::NoUsableKey, "{}", capture.name());
            assert_eq!(capture.expect(), "krb5.etype_refused");
            count += 1;
            continue;
        }
        let step = judge(
            &acceptor(&capture),
            &capture,
            &capture.initiator_token(),
            captured_at(&capture),
        );
        assert_eq!(
            step.unwrap_err().reason().code(),
            capture.expect(),
            "{}",
            capture.name()
        );
        count += 1;
    }
    assert_eq!(count, 20);
}

/// What an initiator does with the real acceptor's answer, and both with the messages that follow: from the captured
/// AP-REP and keys come the captured per-message tokens, byte for byte where no confounder is in them.
#[test]
fn answers_and_messages_agree_with_the_real_ones() {
    let mut count = 0;
    for capture in accepted_by_name() {
        let Some(message) = capture.message() else {
            continue;
        };
        let (mut acceptor, mut initiator) = session::both_ends(&capture);
        for PerMessage { sender, kind, token } in capture.per_message() {
            let name = format!("{} {sender:?} {kind:?}", capture.name());
            let (ours, theirs) = match sender {
                Sender::Initiator => (&mut initiator, &mut acceptor),
                Sender::Acceptor => (&mut acceptor, &mut initiator),
            };
            let random = &mut common::Counting(7);
            match kind {
                PerMessageKind::Mic => {
                    assert_eq!(ours.get_mic(&message).unwrap(), token, "{name}");
                    assert_eq!(
                        theirs.verify_mic(&message, &token),
                        Ok(MessageOrder::Expected),
                        "{name}"
                    );
                }
                PerMessageKind::Wrap => {
                    let mut random = Confounder::of(&token);
                    assert_eq!(
                        ours.wrap(&message, Protection::Integrity, &mut random).unwrap(),
                        unrotated(&token),
                        "{name}"
                    );
                    let opened = theirs.unwrap(&token).unwrap();
                    assert_eq!(
                        (&opened.message, opened.protection),
                        (&message, Protection::Integrity),
                        "{name}"
                    );
                }
                PerMessageKind::WrapConfidential => {
                    let made = ours.wrap(&message, Protection::Confidentiality, random).unwrap();
                    assert_eq!(
                        (made.len(), &made[..16]),
                        (token.len(), &unrotated(&token)[..16]),
                        "{name}"
                    );
                    let opened = theirs.unwrap(&token).unwrap();
                    assert_eq!(
                        (&opened.message, opened.protection),
                        (&message, Protection::Confidentiality),
                        "{name}"
                    );
                }
            }
            count += 1;
        }
    }
    assert_eq!(count, 246 + 6 * CAMELLIA);
}

/// RFC 1964's tokens are framed as first tokens are, RFC 4121's are not.
fn is_framed(token: &[u8]) -> bool {
    token.starts_with(&[0x60])
}

/// The confounder that RFC 1964's Wrap tokens have where nothing is sealed, too: behind the framing and 24 bytes.
struct Confounder([u8; 8]);

impl Confounder {
    fn of(token: &[u8]) -> Self {
        Self(token[13 + 24..][..8].try_into().unwrap())
    }
}

impl Random for Confounder {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        out.copy_from_slice(&self.0);
        Ok(())
    }
}

/// Heimdal rotates what follows the header (RFC 4121 section 4.2.5), MIT and we do not.
fn unrotated(token: &[u8]) -> Vec<u8> {
    let mut token = token.to_vec();
    if is_framed(&token) {
        return token;
    }
    let count = usize::from(u16::from_be_bytes([token[6], token[7]]));
    token[6..8].fill(0);
    token[16..].rotate_left(count);
    token
}
