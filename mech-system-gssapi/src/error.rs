//! Why a token was refused: the library's status, told in this project's terms, or what is checked beside it.

use crate::library::Status;
use negotiate_core::{Blame, Explain, GssMajor, Untrusted, Verdict};
use std::fmt;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Why.
    pub fact: Fact,
}

/// Why a token was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fact {
    /// The library refused it.
    Library(Status),
    /// The caller asked for channel bindings, and the initiator sent none.
    BindingsMissing,
    /// The ticket is for a service of the keytab that is not allowed here.
    ServiceNotAllowed,
    /// The initiator stays unnamed.
    AnonymousRefused,
    /// A name is not UTF-8.
    NameNotUtf8,
    /// Too many tokens wait for the library already.
    Busy,
    /// The thread that asked the library panicked.
    Panicked,
}

impl Error {
    pub(crate) const fn new(fact: Fact) -> Self {
        Self { fact }
    }

    fn row(&self) -> &'static Row {
        match &self.fact {
            Fact::Library(status) => row_of_status(status),
            Fact::BindingsMissing => &BINDINGS_MISSING,
            Fact::ServiceNotAllowed => &SERVICE_NOT_ALLOWED,
            Fact::AnonymousRefused => &ANONYMOUS_REFUSED,
            Fact::NameNotUtf8 => &NAME_NOT_UTF8,
            Fact::Busy => &BUSY,
            Fact::Panicked => &PANICKED,
        }
    }
}

/// A kind of refusal, in everybody's words.
struct Row {
    code: &'static str,
    blame: Blame,
    verdict: Verdict,
    /// The fact.
    says: &'static str,
    expected: &'static str,
    advice: &'static str,
}

/// By the protocol's error code if the mechanism has one (RFC 4120 section 7.5.9), else by the routine error (RFC 2744
/// section 3.9.1).
fn row_of_status(status: &Status) -> &'static Row {
    match status.krb5_error_code() {
        Some(14) => &ETYPE_REFUSED,
        Some(31 | 41) => &WRONG_KEY,
        Some(32) => &TICKET_EXPIRED,
        Some(33) => &TICKET_NOT_YET_VALID,
        Some(34) => &REPLAY,
        Some(35) => &SERVICE_ABSENT,
        Some(36) => &CLIENT_MISMATCH,
        Some(37) => &CLOCK_SKEW,
        Some(38) => &ADDRESS_MISMATCH,
        Some(39 | 40) => &DEFECTIVE_TOKEN,
        Some(44) => &KVNO,
        Some(45) => &NO_KEY,
        Some(51) => &TRANSITED_REFUSED,
        _ if status.is_not_der() => &DEFECTIVE_TOKEN,
        _ => match status.routine_error() {
            4 => &BINDINGS_MISMATCH,
            7 => &NO_CREDENTIAL,
            9 | 10 => &DEFECTIVE_TOKEN,
            _ => &FAILURE,
        },
    }
}

macro_rules! rows {
    ($($name:ident = $code:literal $blame:ident $verdict:ident $says:literal $expected:literal $advice:literal)*) => {
        $(static $name: Row = Row {
            code: $code,
            blame: Blame::$blame,
            verdict: Verdict::$verdict,
            says: $says,
            expected: $expected,
            advice: $advice,
        };)*
    };
}

rows! {
    ETYPE_REFUSED = "gssapi.etype_refused" Incompatible Unauthenticated
        "the library does not do the ticket's encryption type"
        "a ticket of an encryption type that krb5.conf permits"
        "Give the service keys of AES types, and take a new keytab."
    WRONG_KEY = "gssapi.wrong_key" Acceptor Unauthenticated
        "the ticket or its authenticator does not open"
        "a ticket sealed with a key of the keytab"
        "Export a new keytab: the service's password or salt is another at the KDC. If other clients log in, this one's \
         ticket is old (klist purge, kdestroy)."
    TICKET_EXPIRED = "gssapi.ticket_expired" Initiator Unauthenticated
        "the ticket has expired" "a ticket that is still good"
        "Let the client take a new ticket; if it has one, compare the clocks."
    TICKET_NOT_YET_VALID = "gssapi.ticket_not_yet_valid" Initiator Unauthenticated
        "the ticket is not yet valid" "a ticket that is good already" "Compare the clocks of client, KDC and server."
    REPLAY = "gssapi.replay" Initiator Unauthenticated
        "the authenticator was seen before" "an authenticator that is new"
        "Somebody sends a token again: a proxy that repeats requests, or an attacker."
    SERVICE_ABSENT = "gssapi.service_absent" Incompatible Unauthenticated
        "the ticket is for another service" "a ticket for a service of the keytab"
        "Compare the name that the client uses with the keytab (klist -k): likely an alias or a duplicate SPN."
    CLIENT_MISMATCH = "gssapi.client_mismatch" Initiator Unauthenticated
        "the authenticator names another client than the ticket" "the ticket's client"
        "Find out what program the client is."
    CLOCK_SKEW = "gssapi.clock_skew" Incompatible Unauthenticated
        "the clocks are too far apart" "clocks that are no further apart than the clock skew"
        "Set the clocks of client and server by the same source."
    ADDRESS_MISMATCH = "gssapi.address_mismatch" Initiator Unauthenticated
        "the ticket may not be used from this address" "a ticket without addresses, or with this one"
        "Let the client take a ticket without addresses (noaddresses = true)."
    KVNO = "gssapi.kvno" Acceptor Unauthenticated
        "the keytab has no key of the ticket's version" "a ticket with a key version of the keytab"
        "If the keytab is older, export a new one; if it is newer, let the client take a new ticket (klist purge, \
         kdestroy)."
    NO_KEY = "gssapi.no_key" Acceptor Unauthenticated
        "the keytab has no key for the ticket" "a ticket with a key of the keytab"
        "Compare the service's name, realm and encryption types with the keytab (klist -ke)."
    TRANSITED_REFUSED = "gssapi.transited_refused" Policy Unauthenticated
        "a realm on the way is not trusted" "a path that krb5.conf allows"
        "Allow the path in the section [capaths] of krb5.conf, if it is to be trusted."
    BINDINGS_MISMATCH = "gssapi.bindings_mismatch" Initiator Unauthenticated
        "the channel bindings are others, or the client says that it has some and sent none"
        "the bindings of the channel that the token came over"
        "Something between client and server ends TLS, or sits in the middle."
    NO_CREDENTIAL = "gssapi.no_credential" Acceptor Unauthenticated
        "the keytab has no key for the ticket, or cannot be read" "a keytab with a key for the ticket"
        "Read the text: it says whether the file is missing, unreadable, or has another name, version or type of key."
    DEFECTIVE_TOKEN = "gssapi.defective_token" Malformed Unauthenticated
        "the token is malformed" "a token of Kerberos"
        "Find out what program the client is, and whether something on the way changes its tokens."
    FAILURE = "gssapi.failure" Acceptor Unauthenticated
        "the library refuses the token" "a token that the library accepts"
        "Read the text; KRB5_TRACE=/dev/stderr in the server's environment lets the library tell more."
    BINDINGS_MISSING = "gssapi.bindings_required" Policy Unauthenticated
        "channel bindings are required, and the client sent none" "the bindings of the channel that the token came over"
        "Use a client that sends channel bindings, or relax the policy."
    SERVICE_NOT_ALLOWED = "gssapi.service_not_allowed" Policy Unauthenticated
        "the ticket is for a service that is not allowed here" "a ticket for one of the allowed names"
        "Let the client use the allowed name, or allow this one."
    ANONYMOUS_REFUSED = "gssapi.anonymous_refused" Policy Forbidden
        "anonymous clients are refused" "a client with a name" "Let the client log in as somebody."
    NAME_NOT_UTF8 = "gssapi.name_not_utf8" Incompatible Unauthenticated
        "a name is not UTF-8" "names in UTF-8" "Rename the principal."
    BUSY = "gssapi.busy" Acceptor Unavailable
        "too many tokens wait for the library" "fewer logins at once"
        "Give it more threads, or use mech-krb5, which waits for nothing."
    PANICKED = "gssapi.panicked" Acceptor Unavailable
        "the thread that asked the library panicked" "an answer" "Report it with the text on standard error."
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().says)
    }
}

impl std::error::Error for Error {}

impl Explain for Error {
    fn code(&self) -> &'static str {
        self.row().code
    }

    fn blame(&self) -> Blame {
        self.row().blame
    }

    fn verdict(&self) -> Verdict {
        self.row().verdict
    }

    fn gss_major(&self) -> GssMajor {
        match &self.fact {
            Fact::Library(status) => gss_major(status),
            Fact::BindingsMissing => GssMajor::BadBindings,
            Fact::ServiceNotAllowed => GssMajor::NoCred,
            Fact::AnonymousRefused => GssMajor::Unauthorized,
            Fact::NameNotUtf8 => GssMajor::BadName,
            Fact::Busy | Fact::Panicked => GssMajor::Failure,
        }
    }

    fn seen(&self) -> String {
        match &self.fact {
            // The library quotes names that nobody has authenticated.
            Fact::Library(Status { major, minor, text }) => {
                let minor = minor.cast_signed();
                format!(
                    "{}, major {major:#010x}, minor {minor}",
                    Untrusted(text.as_bytes())
                )
            }
            _ => self.row().says.into(),
        }
    }

    fn expected(&self) -> String {
        self.row().expected.into()
    }

    fn advice(&self) -> String {
        self.row().advice.into()
    }
}

fn gss_major(status: &Status) -> GssMajor {
    match status.routine_error() {
        1 => GssMajor::BadMech,
        2 => GssMajor::BadName,
        4 => GssMajor::BadBindings,
        6 => GssMajor::BadMic,
        7 => GssMajor::NoCred,
        8 => GssMajor::NoContext,
        9 => GssMajor::DefectiveToken,
        10 => GssMajor::DefectiveCredential,
        11 => GssMajor::CredentialsExpired,
        12 => GssMajor::ContextExpired,
        15 => GssMajor::Unauthorized,
        16 => GssMajor::Unavailable,
        _ => GssMajor::Failure,
    }
}
