//! What a refused initiator is told: a KRB-ERROR (RFC 4120 section 5.9.1) in a token of its own (RFC 4121 section 4.1).

use super::frame::{Framing, KRB_ERROR};
use crate::error::{About, Error, Fact};
use crate::message::{ApOptions, KrbError};
use crate::principal::{Principal, PrincipalRef};
use alloc::boxed::Box;
use negotiate_core::{MechReject, Timestamp, Token};

/// What a refusal needs to know of the AP-REQ.
pub(super) struct ErrorReply {
    /// The server that was asked, if the initiator waits for an answer.
    answer_as: Option<Principal>,
    framing: Framing,
    now: Timestamp,
    about: About,
}

impl ErrorReply {
    /// The flags may lie sealed where nobody read them, so the AP-REQ's own option says whether an answer is expected.
    pub(super) fn new(
        framing: Framing,
        ap_options: ApOptions,
        server: PrincipalRef<'_>,
        now: Timestamp,
        about: About,
    ) -> Self {
        let is_awaited = ap_options.contains(ApOptions::MUTUAL_REQUIRED);
        Self {
            answer_as: is_awaited.then(|| server.to_owned()),
            framing,
            now,
            about,
        }
    }

    pub(super) fn refuse(self, fact: Fact) -> MechReject {
        let error = Error {
            fact,
            about: self.about,
        };
        let token = self.answer_as.map(|server| {
            let message = KrbError {
                stime: self.now,
                error_code: error.krb_error(),
                client: None,
                realm: server.realm(),
                sname: server.name(),
                e_text: None,
                e_data: None,
            };
            Token::from(self.framing.wrap(KRB_ERROR, &message.encode()))
        });
        MechReject {
            reason: Box::new(error),
            token,
        }
    }
}
