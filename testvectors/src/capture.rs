//! Tokens captured from real initiators, and what is known about them.

use std::path::PathBuf;

use crate::Case;
use crate::capture_file::{described, file, of_kind, optional_file, path};

/// A token of a real initiator, the keytab that opens it, and what the real acceptor made of it.
#[derive(Clone, Debug)]
pub struct Capture(Case);

/// The outermost layer of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// NegTokenInit (RFC 4178 section 4.2).
    Spnego,
    /// The Kerberos mechanism's initial context token (RFC 4121 section 4.1).
    Krb5,
    /// An NTLMSSP message without any framing.
    Ntlmssp,
}

/// The channel bindings of the connection that a token came over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedBindings {
    /// The application data; both address types and addresses are empty.
    pub application_data: Vec<u8>,
    /// Whether the initiator put them into its token.
    pub sent: bool,
}

/// The credential that the real acceptor took out of the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedDelegation {
    /// The delegated principal.
    pub client: String,
    /// The ticket's service.
    pub server: String,
    /// Encryption type of the session key.
    pub key_etype: i32,
    /// The session key.
    pub key: Vec<u8>,
    /// TicketFlags, the first bit of RFC 4120 section 5.3 being the highest.
    pub ticket_flags: u32,
    /// Seconds since 1970.
    pub auth_time: i64,
    /// Seconds since 1970.
    pub start_time: i64,
    /// Seconds since 1970.
    pub end_time: i64,
    /// Seconds since 1970, 0 if the ticket is not renewable.
    pub renew_till: i64,
    /// The credential cache that the acceptor stored; the ticket's bytes stand in it as they are.
    pub ccache: Vec<u8>,
}

/// A per-message token over [`Capture::message`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerMessage {
    /// Which side made it.
    pub sender: Sender,
    /// What it is.
    pub kind: PerMessageKind,
    /// The token.
    pub token: Vec<u8>,
}

/// One of the two sides of a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The side that sent the first token.
    Initiator,
    /// The side that answered.
    Acceptor,
}

/// The three per-message tokens that each side made, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerMessageKind {
    /// GSS_GetMIC.
    Mic,
    /// GSS_Wrap without confidentiality.
    Wrap,
    /// GSS_Wrap with confidentiality.
    WrapConfidential,
}

/// All captured tokens, sorted by peer and name.
///
/// # Panics
///
/// If a capture is not as it should be.
#[must_use]
pub fn captures() -> Vec<Capture> {
    of_kind("token").into_iter().map(Capture).collect()
}

/// The captured token of this name, such as `mit/etype18-krb5-mutual`.
///
/// # Panics
///
/// If there is none, or it is not as it should be.
#[must_use]
#[track_caller]
pub fn capture(name: &str) -> Capture {
    Capture(described(name))
}

impl Capture {
    /// Peer and case: `mit/etype18-krb5-mutual`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The peer's part of the name.
    #[must_use]
    pub fn peer(&self) -> &str {
        self.name().split('/').next().unwrap_or_default()
    }

    /// The description as it stands in `case.txt`, for fields without an accessor.
    #[must_use]
    pub fn case(&self) -> &Case {
        &self.0
    }

    /// `accepted`, or the code of the refusal that this project's acceptor owes with its default policy, given
    /// [`Capture::channel_bindings`].
    #[must_use]
    pub fn expect(&self) -> &str {
        self.0.text("expect")
    }

    /// The same of an acceptor that was told by name to take the ticket's encryption type, where that makes a difference.
    #[must_use]
    pub fn expect_if_named(&self) -> Option<&str> {
        self.0
            .has("expect-if-named")
            .then(|| self.0.text("expect-if-named"))
    }

    /// When the token was made, RFC 3339 in UTC. Replay it with the clock at this time.
    #[must_use]
    pub fn captured_at(&self) -> &str {
        self.0.text("captured-at")
    }

    /// When the token was made, in microseconds since 1970.
    #[must_use]
    pub fn captured_micros(&self) -> i64 {
        self.0.number("captured-micros")
    }

    /// The outermost layer of the initiator's token.
    #[must_use]
    pub fn framing(&self) -> Framing {
        match self.0.text("framing") {
            "spnego" => Framing::Spnego,
            "krb5" => Framing::Krb5,
            "ntlmssp" => Framing::Ntlmssp,
            other => panic!("{}: framing {other}", self.0),
        }
    }

    /// The initiator's first token.
    #[must_use]
    pub fn initiator_token(&self) -> Vec<u8> {
        file(&self.0, "initiator-token")
    }

    /// The real acceptor's answer, if it gave one.
    #[must_use]
    pub fn acceptor_token(&self) -> Option<Vec<u8>> {
        optional_file(&self.0, "acceptor-token")
    }

    /// The keytab with the service's keys.
    ///
    /// # Panics
    ///
    /// For a token that has nothing to do with Kerberos.
    #[must_use]
    pub fn keytab(&self) -> Vec<u8> {
        file(&self.0, "keytab")
    }

    /// Where a file of the capture lies, for a program that takes a path.
    #[must_use]
    pub fn path(&self, key: &str) -> PathBuf {
        path(&self.0, self.0.text(key))
    }

    /// The principal that the real acceptor named, `name@REALM`.
    #[must_use]
    pub fn initiator(&self) -> &str {
        self.0.text("initiator")
    }

    /// The service and realm in the ticket's clear part, `service/host@REALM`.
    #[must_use]
    pub fn target(&self) -> &str {
        self.0.text("target")
    }

    /// The name under which the keytab holds the key that opens the ticket: [`Capture::target`], or the key's
    /// first name if the ticket's is not in the keytab.
    #[must_use]
    pub fn acceptor_name(&self) -> &str {
        self.0.text("acceptor-name")
    }

    /// The encryption type of the ticket.
    #[must_use]
    pub fn ticket_etype(&self) -> i32 {
        self.0.number("ticket-etype")
    }

    /// The key version of the ticket.
    #[must_use]
    pub fn ticket_kvno(&self) -> u32 {
        self.0.number("ticket-kvno")
    }

    /// Encryption type and value of the ticket's session key, where the client's credential cache had it.
    #[must_use]
    pub fn session_key(&self) -> Option<(i32, Vec<u8>)> {
        self.0
            .has("session-key")
            .then(|| (self.0.number("session-key-etype"), self.0.bytes("session-key")))
    }

    /// The established context's key: the acceptor's subkey if there is one, else the initiator's, else the
    /// session key. Where the real acceptor could be asked for it.
    #[must_use]
    pub fn context_key(&self) -> Option<Vec<u8>> {
        self.0.has("context-key").then(|| self.0.bytes("context-key"))
    }

    /// `ret_flags` of the real acceptor (RFC 2744 section 5.1), among them 0x80 for PROT_READY, 0x100 for TRANS
    /// and MIT's 0x800 for bindings that matched.
    #[must_use]
    pub fn acceptor_flags(&self) -> Option<u32> {
        self.0
            .has("acceptor-flags")
            .then(|| self.0.number("acceptor-flags"))
    }

    /// The channel bindings that the acceptor has; to be passed where there are some.
    #[must_use]
    pub fn channel_bindings(&self) -> Option<CapturedBindings> {
        self.0.has("channel-bindings").then(|| CapturedBindings {
            application_data: self.0.bytes("channel-bindings"),
            sent: match self.0.text("bindings-sent") {
                "yes" => true,
                "no" => false,
                other => panic!("{}: bindings-sent {other}", self.0),
            },
        })
    }

    /// The credential delegated in the token.
    #[must_use]
    pub fn delegated(&self) -> Option<CapturedDelegation> {
        let case = &self.0;
        case.has("delegated-ccache").then(|| CapturedDelegation {
            client: case.text("delegated-client").to_owned(),
            server: case.text("delegated-server").to_owned(),
            key_etype: case.number("delegated-key-etype"),
            key: case.bytes("delegated-key"),
            ticket_flags: case.number("delegated-ticket-flags"),
            auth_time: case.number("delegated-auth-time"),
            start_time: case.number("delegated-start-time"),
            end_time: case.number("delegated-end-time"),
            renew_till: case.number("delegated-renew-till"),
            ccache: file(case, "delegated-ccache"),
        })
    }

    /// What the per-message tokens protect.
    #[must_use]
    pub fn message(&self) -> Option<Vec<u8>> {
        self.0.has("message").then(|| self.0.bytes("message"))
    }

    /// The per-message tokens, in the order in which each side made them: within a side, sequence numbers count
    /// up from the initial one.
    #[must_use]
    pub fn per_message(&self) -> Vec<PerMessage> {
        use PerMessageKind::{Mic, Wrap, WrapConfidential};
        use Sender::{Acceptor, Initiator};
        [
            (Initiator, Mic, "initiator-mic"),
            (Initiator, Wrap, "initiator-wrap"),
            (Initiator, WrapConfidential, "initiator-wrap-confidential"),
            (Acceptor, Mic, "acceptor-mic"),
            (Acceptor, Wrap, "acceptor-wrap"),
            (Acceptor, WrapConfidential, "acceptor-wrap-confidential"),
        ]
        .into_iter()
        .filter_map(|(sender, kind, key)| {
            let token = optional_file(&self.0, key)?;
            Some(PerMessage { sender, kind, token })
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads every field that an accessor knows, so that a capture with a bad one fails here.
    #[test]
    fn every_capture_can_be_read() {
        let all = captures();
        for capture in &all {
            assert!(!capture.initiator_token().is_empty());
            _ = (
                capture.captured_at(),
                capture.captured_micros(),
                capture.framing(),
            );
            if !capture.case().has("keytab") {
                assert_eq!(capture.expect(), "spnego.ntlm_offered", "{}", capture.case());
                continue;
            }
            assert!(!capture.keytab().is_empty() && capture.path("keytab").is_file());
            assert!(capture.initiator().contains('@') && capture.target().contains('@'));
            assert!(capture.acceptor_name().contains('@'));
            _ = (
                capture.ticket_etype(),
                capture.ticket_kvno(),
                capture.session_key(),
            );
            _ = (
                capture.context_key(),
                capture.acceptor_flags(),
                capture.acceptor_token(),
            );
            _ = (capture.channel_bindings(), capture.delegated());
            let messages = if capture.message().is_some() { 6 } else { 0 };
            assert_eq!(capture.per_message().len(), messages, "{}", capture.case());
        }
    }

    #[test]
    fn a_capture_is_found_by_its_name() {
        let capture = capture("mit/etype18-krb5-mutual");
        assert_eq!((capture.peer(), capture.ticket_etype()), ("mit", 18));
        assert_eq!(capture.framing(), Framing::Krb5);
        let senders: Vec<_> = capture
            .per_message()
            .iter()
            .map(|message| message.sender)
            .collect();
        assert_eq!(senders, [[Sender::Initiator; 3], [Sender::Acceptor; 3]].concat());
    }

    /// The time in two forms is one time.
    #[test]
    fn times_agree() {
        for capture in captures() {
            let time = capture.captured_at();
            let micros = capture.captured_micros();
            let of_day = |range| -> i64 { str::parse(&time[range]).expect("digits") };
            let millis =
                ((of_day(11..13) * 60 + of_day(14..16)) * 60 + of_day(17..19)) * 1000 + of_day(20..23);
            assert_eq!(
                micros.rem_euclid(86_400_000_000),
                millis * 1000,
                "{}",
                capture.case()
            );
        }
    }

    /// The ticket of a delegated credential stands in the stored cache; here only that there is room for it.
    #[test]
    fn delegated_credentials_are_ticket_granting_tickets() {
        let delegated: Vec<_> = captures().iter().filter_map(Capture::delegated).collect();
        assert!(!delegated.is_empty());
        for credential in delegated {
            assert!(credential.server.starts_with("krbtgt/"));
            assert!(credential.end_time > credential.start_time);
            assert!(
                credential
                    .ccache
                    .windows(credential.key.len())
                    .any(|window| window == credential.key)
            );
        }
    }
}
