//! What `explain` prints: a JSON object whose keys are fixed, or the same for people.

use super::attributes::{self, Attributes};
use super::kind::Kind;
use crate::input::Form;
use crate::keytab_file;
use crate::krb5_conf::Krb5Conf;
use mech_krb5::Details;
use mech_krb5::ccache::SealedBy;
use mech_krb5::keytab::{Candidate, KeyQuery, Keytab, Match};
use negotiate_core::{AllowedNames, Explain, Reject, SecurityContext, Step};
use negotiate_decode::printable;
use negotiate_http::RequestError;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

/// The code of a token that is neither accepted nor refused.
const ANOTHER_LEG: &str = "another_leg_needed";

/// Everything that is known of the token. What is not known is null in JSON and left out for people.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    accepted: bool,
    mechanism: Option<&'static str>,
    src_name: Option<String>,
    local_name: Option<String>,
    acceptor_name: Option<String>,
    /// Other principals of the keytab that have the key.
    same_key: Option<Vec<String>>,
    etype: Option<i32>,
    kvno: Option<u32>,
    /// `service_key` or `session_key`.
    sealed_by: Option<&'static str>,
    flags: Option<Vec<&'static str>>,
    start_time: Option<String>,
    end_time: Option<String>,
    delegated: Option<bool>,
    attributes: Option<Attributes>,
    name_attributes: Option<BTreeMap<String, Vec<String>>>,
    code: Option<&'static str>,
    message: Option<String>,
    blame: Option<String>,
    seen: Option<String>,
    expected: Option<String>,
    advice: Option<String>,
    #[serde(skip)]
    kind: String,
    #[serde(skip)]
    note: Option<&'static str>,
}

impl Report {
    /// Of a token and what the acceptor made of it.
    pub(super) fn new(kind: &Kind, form: Form, answer: &Result<Step, Reject>) -> Self {
        let report = Self {
            mechanism: kind.mechanism(),
            kind: format!("{kind}{}", form.as_shown()),
            ..Self::default()
        };
        match answer {
            Ok(Step::Complete { context, .. }) => report.accepted(context),
            Ok(Step::Continue { .. } | Step::Pending(_)) => Self {
                code: Some(ANOTHER_LEG),
                message: Some("good so far, and the client has to send another token".into()),
                ..report
            },
            Err(reject) => report.refused(reject.reason()),
        }
    }

    /// With the user's name on this system, if krb5.conf says it.
    pub(super) fn with_local_name(mut self, krb5_conf: &Krb5Conf, answer: &Result<Step, Reject>) -> Self {
        if let Ok(Step::Complete { context, .. }) = answer
            && let (Some(details), Some(names)) = (context.details::<Details>(), krb5_conf.local_names())
        {
            self.local_name = names.map(details.client.borrow()).ok();
        }
        self
    }

    /// With the principals that the ticket may as well be for, as far as its key tells: they are not kept apart.
    pub(super) fn with_names_of_key(mut self, keytab: &Keytab, answer: &Result<Step, Reject>) -> Self {
        if let Ok(Step::Complete { context, .. }) = answer
            && let Some(details) = context.details::<Details>()
            && details.sealed_by == SealedBy::ServiceKey
        {
            let query = KeyQuery {
                service: details.service.borrow(),
                kvno: Some(details.kvno),
                etype: details.etype,
                names: AllowedNames::Any,
            };
            // Several keys may have that name and version: of an account that was made anew, for instance. Which of them it was is
            // not told, and to name one too many does less harm than to leave one out.
            let mut keys = keytab.candidates(query).peekable();
            let likeliest = keys.peek().map(Candidate::matched);
            let keys: Vec<_> = keys.take_while(|key| Some(key.matched()) == likeliest).collect();
            let mut seen = HashSet::from([&details.service]);
            let others = keys.iter().flat_map(Candidate::principals);
            let others = others.filter(|principal| seen.insert(principal));
            self.same_key = Some(others.map(keytab_file::name).collect());
        }
        self
    }

    /// Of text that should have been base64.
    pub(super) fn not_base64() -> Self {
        let report = Self {
            kind: "text that is not base64".into(),
            ..Self::default()
        };
        report.refused(&RequestError::TokenNotBase64)
    }

    fn accepted(self, context: &SecurityContext) -> Self {
        let krb5 = context.details::<mech_krb5::Details>();
        Self {
            accepted: true,
            mechanism: Some(context.mech_type().name()),
            src_name: Some(context.initiator().to_string()),
            acceptor_name: context.acceptor().map(|name| name.to_string()),
            etype: krb5.map(|details| details.etype.number()),
            kvno: krb5.map(|details| details.kvno),
            sealed_by: krb5.map(|details| match details.sealed_by {
                SealedBy::ServiceKey => "service_key",
                SealedBy::SessionKey => "session_key",
            }),
            flags: Some(context.flags().names().collect()),
            start_time: krb5.map(|details| details.starttime.to_string()),
            note: krb5.and_then(note),
            delegated: Some(krb5.is_some_and(|details| details.delegated.is_some())),
            attributes: krb5.map(Attributes::of),
            name_attributes: krb5.map(attributes::name_attributes),
            end_time: context.expires().map(|time| time.to_string()),
            ..self
        }
    }

    fn refused(self, reason: &dyn Explain) -> Self {
        Self {
            code: Some(reason.code()),
            message: Some(reason.to_string()),
            blame: Some(reason.blame().to_string()),
            seen: Some(reason.seen()),
            expected: Some(reason.expected()),
            advice: Some(reason.advice()),
            ..self
        }
    }

    /// One JSON object.
    pub(super) fn json(&self) -> String {
        crate::json(self)
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let verdict = match (self.code, &self.message) {
            (Some(ANOTHER_LEG), Some(message)) => message.clone(),
            (Some(code), Some(message)) => format!("refused: {message} [{code}]"),
            _ => "accepted".to_owned(),
        };
        let etype = self.etype.map(|number| {
            let name = mech_krb5::crypto::etype_name(number).unwrap_or("unknown");
            format!("{name} ({number})")
        });
        let delegated = self.delegated.map(|delegated| {
            let text = if delegated {
                "the client sent a credential along"
            } else {
                "no"
            };
            text.to_owned()
        });
        let mut text = format!("{verdict}\n");
        let lines = [
            ("token", Some(self.kind.clone())),
            (
                "mechanism",
                self.mechanism.map(str::to_owned).filter(|_| self.accepted),
            ),
            ("user", self.src_name.clone()),
            ("local name", self.local_name.clone()),
            ("service", self.acceptor_name.clone()),
            (
                "same key",
                self.same_key
                    .as_ref()
                    .filter(|names| !names.is_empty())
                    .map(|names| names.join(", ")),
            ),
            ("encryption type", etype),
            (
                "key version",
                self.kvno
                    .filter(|_| self.sealed_by != Some("session_key"))
                    .map(|kvno| kvno.to_string()),
            ),
            ("flags", self.flags.as_ref().map(|flags| flags.join(", "))),
            ("valid from", self.start_time.clone()),
            ("valid until", self.end_time.clone()),
            ("delegated", delegated),
        ];
        let attributes = self.attributes.iter().flat_map(Attributes::lines);
        let attributes = attributes.map(|(name, value)| (name, Some(value)));
        let advice = [
            ("note", self.note.map(str::to_owned)),
            ("seen", self.seen.clone()),
            ("expected", self.expected.clone()),
            ("fault", self.blame.clone()),
            ("what to do", self.advice.clone()),
        ];
        for (name, value) in lines.into_iter().chain(attributes).chain(advice) {
            if let Some(value) = value {
                // The KDC signed the names, and yet users choose some of them. Writing to a String cannot fail.
                _ = writeln!(text, "  {name:<16}{}", printable(&value));
            }
        }
        text
    }
}

/// What is worth knowing of how the key was found.
fn note(details: &Details) -> Option<&'static str> {
    if details.sealed_by == SealedBy::SessionKey {
        return Some("user-to-user: the ticket is sealed with the session key of this server's own ticket");
    }
    match details.key_match {
        Match::OtherVersion => Some("the keytab has this key under another version than the ticket names"),
        Match::Alias => Some("the ticket names another service than those of the keytab with this key"),
        _ => None,
    }
}
