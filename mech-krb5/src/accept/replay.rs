//! The replay question (RFC 4120 section 3.2.3), one atomic call for each AP-REQ.

use super::Policy;
use super::open_authenticator::AuthenticatorMatched;
use crate::crypto::Key;
use crate::error::Fact;
use crate::message::ApReq;
use crate::replay::{ReplayAnswer, ReplayCache, ReplayEntry};
use alloc::boxed::Box;
use core::pin::Pin;
use negotiate_core::Timestamp;

/// Witness that the authenticator was not seen before. Minted by [`judge`] alone.
pub(super) struct NotReplayed(());

/// The answer, or a future that gives it.
pub(super) enum Answer {
    Fresh(NotReplayed),
    Later(Pin<Box<dyn Future<Output = Result<NotReplayed, Fact>> + Send>>),
}

pub(super) fn ask(
    cache: &dyn ReplayCache,
    ap_req: &ApReq<'_>,
    matched: &AuthenticatorMatched<'_>,
    session_key: &Key,
    now: Timestamp,
    policy: &Policy,
) -> Result<Answer, Fact> {
    let client_time = matched.authenticator().ctime;
    // It can come again as long as it is not too old, by whichever clock is ahead.
    let expires = client_time.max(now).plus(policy.clock_skew);
    match cache.check(
        ReplayEntry {
            tag: tag(ap_req, session_key),
            client_time,
            expires,
        },
        now,
    ) {
        ReplayAnswer::Pending(answer) => Ok(Answer::Later(Box::pin(async move {
            judge(&answer.await, client_time)
        }))),
        answer => judge(&answer, client_time).map(Answer::Fresh),
    }
}

fn judge(answer: &ReplayAnswer, client_time: Timestamp) -> Result<NotReplayed, Fact> {
    match answer {
        ReplayAnswer::Fresh => Ok(NotReplayed(())),
        ReplayAnswer::Replayed => Err(Fact::Replayed),
        ReplayAnswer::BeforeStart { from } => Err(Fact::BeforeStart {
            client_time,
            from: *from,
        }),
        ReplayAnswer::Full => Err(Fact::ReplayCacheFull),
        // A store that answers "later" to a question that was already asked later does not answer.
        ReplayAnswer::Unavailable | ReplayAnswer::Pending(_) => Err(Fact::ReplayCacheUnavailable),
    }
}

/// The checksum at the end of the authenticator's ciphertext: it covers the client's name, time and a random confounder,
/// and cannot be made anew without the session key. RC4's checksum is in front, and then this is the end of a key stream that
/// depends on it, as MIT krb5 has it.
fn tag<'a>(ap_req: &ApReq<'a>, session_key: &Key) -> &'a [u8] {
    let cipher = ap_req.authenticator.cipher;
    let len = session_key.encryption_type().mac_len();
    cipher.get(cipher.len().saturating_sub(len)..).unwrap_or(cipher)
}
