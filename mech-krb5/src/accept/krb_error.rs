//! What a refused initiator is told: a KRB-ERROR (RFC 4120 section 5.9.1) in a token of its own (RFC 4121 section 4.1).

use super::frame::{Framing, KRB_ERROR};
use crate::error::{About, Error, Fact};
use crate::message::{ApOptions, ErrorCode, KrbError};
use crate::principal::PrincipalRef;
use alloc::boxed::Box;
use negotiate_core::{MechReject, Timestamp, Token};

/// What a refusal needs to know of the AP-REQ.
pub(super) struct ErrorReply {
    framing: Framing,
    ap_options: ApOptions,
    now: Timestamp,
    about: About,
}

impl ErrorReply {
    pub(super) fn new(framing: Framing, ap_options: ApOptions, now: Timestamp, about: About) -> Self {
        Self {
            framing,
            ap_options,
            now,
            about,
        }
    }

    pub(super) fn refuse(mut self, fact: Fact) -> MechReject {
        let error = Error {
            fact,
            about: core::mem::take(&mut self.about),
        };
        let token = self.token(&error);
        MechReject {
            reason: Box::new(error),
            token,
        }
    }

    /// The flags may lie sealed where nobody read them, so the AP-REQ's own option says whether an answer is expected.
    fn token(&self, error: &Error) -> Option<Token> {
        let is_awaited = self.ap_options.contains(ApOptions::MUTUAL_REQUIRED);
        let ticket = error.about.ticket.as_ref().filter(|_| is_awaited)?;
        Some(token(self.framing, self.now, error, ticket.service.borrow()))
    }
}

/// KERB-ERROR-DATA (MS-KILE section 2.2.2) of type KERB_AP_ERR_TYPE_SKEW_RECOVERY, without a value: a Windows client tries
/// again by our clock (MS-KILE section 3.4.5).
///
/// ```text
/// KERB-ERROR-DATA ::= SEQUENCE {
///     data-type   [1] INTEGER (2),
///     data-value  [2] OCTET STRING OPTIONAL
/// }
/// ```
const SKEW_RECOVERY: &[u8] = b"\x30\x05\xa1\x03\x02\x01\x02";

/// A KRB-ERROR of `server`. Nothing in it is of the client: what a ticket seals does not go out in clear.
pub(super) fn token(framing: Framing, now: Timestamp, error: &Error, server: PrincipalRef<'_>) -> Token {
    let error_code = error.krb_error();
    let message = KrbError {
        stime: now,
        error_code,
        client: None,
        realm: server.realm(),
        sname: server.name(),
        e_text: None,
        e_data: (error_code == ErrorCode::SKEW).then_some(SKEW_RECOVERY),
    };
    framing.wrap(KRB_ERROR, |writer| message.write(writer))
}
