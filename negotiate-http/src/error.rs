//! Refusals of the HTTP tier, and how the layer tells outer layers of any refusal.

use negotiate_core::{Blame, Explain, GssMajor, Reject, Verdict};
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Why a request was refused before or beside the exchange of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// More than one `Authorization` field; which one counts would be anybody's guess.
    AuthorizationRepeated,
    /// The token has a comma in it: two fields that an intermediary joined, or a list where there is none.
    AuthorizationJoined,
    /// The token is longer than the acceptor's limit, encoded.
    TokenTooLong {
        /// Length in base64.
        len: usize,
        /// The limit in base64.
        limit: usize,
    },
    /// The token is not canonical base64 with padding (RFC 4648 section 4).
    TokenNotBase64,
    /// The exchange takes another leg, but requests of HTTP/2 and HTTP/3 run side by side on their connection
    /// (RFC 9113 section 5), so no connection says whose turn it is.
    LegNeedsHttp11,
    /// The exchange takes another leg, but the server attached no [`Connection`](crate::Connection) to the request.
    LegNeedsConnection,
    /// The exchange takes another leg, but the connection is that of a proxy
    /// ([`Connection::of_proxy`](crate::Connection::of_proxy)), which carries other clients' requests too.
    LegThroughProxy,
    /// The exchange takes another leg, and the request's body is too long to be read and thrown away.
    BodyTooLongForLeg {
        /// The most that is thrown away, in bytes.
        limit: u64,
    },
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AuthorizationRepeated => "the request has more than one Authorization field",
            Self::AuthorizationJoined => "the Authorization field holds more than one credential",
            Self::TokenTooLong { .. } => "the token is longer than the limit",
            Self::TokenNotBase64 => "the token is not base64",
            Self::LegNeedsHttp11 => "the exchange takes another leg, which only HTTP/1.1 can carry",
            Self::LegNeedsConnection => {
                "the exchange takes another leg, but the server keeps no connection state"
            }
            Self::LegThroughProxy => {
                "the exchange takes another leg, but the connection is shared by a proxy's clients"
            }
            Self::BodyTooLongForLeg { .. } => "a long body came with a token that is not the exchange's last",
        })
    }
}

impl Error for RequestError {}

impl RequestError {
    /// Code, whose fault, and the GSS-API's routine error.
    #[rustfmt::skip]
    const fn row(&self) -> (&'static str, Blame, GssMajor) {
        use Blame::{Caller, Incompatible, Malformed};
        use GssMajor as G;
        match self {
            Self::AuthorizationRepeated => ("http.authorization_repeated", Malformed, G::DefectiveToken),
            Self::AuthorizationJoined => ("http.authorization_joined", Malformed, G::DefectiveToken),
            Self::TokenTooLong { .. } => ("http.token_too_long", Malformed, G::DefectiveToken),
            Self::TokenNotBase64 => ("http.token_not_base64", Malformed, G::DefectiveToken),
            Self::LegNeedsHttp11 => ("http.leg_needs_http11", Incompatible, G::Unavailable),
            Self::LegNeedsConnection => ("http.leg_needs_connection", Caller, G::Unavailable),
            Self::LegThroughProxy => ("http.leg_through_proxy", Incompatible, G::Unavailable),
            Self::BodyTooLongForLeg { .. } => ("http.body_too_long_for_leg", Incompatible, G::Unavailable),
        }
    }
}

impl Explain for RequestError {
    fn code(&self) -> &'static str {
        self.row().0
    }

    fn blame(&self) -> Blame {
        self.row().1
    }

    fn verdict(&self) -> Verdict {
        Verdict::Unauthenticated
    }

    fn gss_major(&self) -> GssMajor {
        self.row().2
    }

    fn seen(&self) -> String {
        match self {
            Self::AuthorizationRepeated => "two or more Authorization fields".into(),
            Self::AuthorizationJoined => "a comma after the scheme Negotiate".into(),
            Self::TokenTooLong { len, .. } => format!("{len} characters of base64"),
            Self::TokenNotBase64 => "characters or padding that base64 does not allow".into(),
            Self::LegNeedsHttp11 => "a token that needs an answer and a reply, not over HTTP/1.1".into(),
            Self::LegNeedsConnection | Self::LegThroughProxy => {
                "a token that needs an answer and a reply".into()
            }
            Self::BodyTooLongForLeg { .. } => {
                "a token that needs an answer and a reply, with a long body".into()
            }
        }
    }

    fn expected(&self) -> String {
        match self {
            Self::AuthorizationRepeated | Self::AuthorizationJoined => {
                "one Authorization field with one credential".into()
            }
            Self::TokenTooLong { limit, .. } => format!("at most {limit} characters"),
            Self::TokenNotBase64 => "Negotiate, a space, and base64 with its padding".into(),
            Self::LegNeedsHttp11 => "a mechanism of one leg, such as Kerberos, or HTTP/1.1".into(),
            Self::LegNeedsConnection => {
                "a mechanism of one leg, such as Kerberos, or a server that keeps connection state".into()
            }
            Self::LegThroughProxy => "a mechanism of one leg, such as Kerberos".into(),
            Self::BodyTooLongForLeg { limit } => format!("at most {limit} bytes of body before the last leg"),
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::AuthorizationRepeated | Self::AuthorizationJoined => {
                "look for a proxy or a client that adds credentials of its own".into()
            }
            Self::TokenTooLong { .. } => {
                "the user may be in very many groups; raise the limit (limits.token in the gateway's configuration; in a program \
                 Limits::token_len, and the server's own for header fields), or leave the PAC out of tickets for this service"
                    .into()
            }
            Self::TokenNotBase64 => "look for a proxy that cuts or rewrites long header fields".into(),
            Self::LegNeedsHttp11 => {
                "the client likely fell back to NTLM, or lists another mechanism (NegoEx) before Kerberos: check that it has \
                 a ticket for this host name, or turn HTTP/2 off for it"
                    .into()
            }
            Self::LegNeedsConnection => {
                "use negotiate_http::serve, or put a negotiate_http::Connection into the extensions of every \
                 request of a connection"
                    .into()
            }
            Self::LegThroughProxy => {
                "the client likely fell back to NTLM, or lists another mechanism (NegoEx) before Kerberos: check that it has \
                 a ticket for the host name that it asked the proxy for, or let the gateway pass requests on itself ([reverse_proxy])"
                    .into()
            }
            Self::BodyTooLongForLeg { .. } => {
                "have the client send `Expect: 100-continue` or an empty first request, or raise the limit (limits.drained_body in \
                 the gateway's configuration; in a program NegotiateLayer::drain_limit)"
                    .into()
            }
        }
    }
}

/// Why the layer refused a request: in the extensions of the response, for outer layers that log, count or replace it.
///
/// A bare challenge to a request without a token is no refusal and has none.
#[derive(Clone, Debug)]
pub struct Refusal(Arc<Cause>);

#[derive(Debug)]
enum Cause {
    Request(RequestError),
    Exchange(Reject),
}

impl Refusal {
    /// Why, in every respect. For the operator: [`Explain::seen`] may quote the peer.
    #[must_use]
    pub fn reason(&self) -> &dyn Explain {
        match &*self.0 {
            Cause::Request(error) => error,
            Cause::Exchange(reject) => reject.reason(),
        }
    }

    /// The typed error behind the refusal, if it is an `E`: a [`RequestError`], or one of a mechanism.
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        let reason: &(dyn Error + 'static) = self.reason();
        reason.downcast_ref()
    }

    /// The token that tells the client, where the protocol has one.
    pub(crate) fn token(&self) -> Option<&[u8]> {
        match &*self.0 {
            Cause::Request(_) => None,
            Cause::Exchange(reject) => reject.token().map(negotiate_core::Token::as_bytes),
        }
    }

    /// Tells the operator: a warning where this server is at fault, for then the operator has to act.
    pub(crate) fn log(&self) {
        let reason = self.reason();
        macro_rules! event {
            ($level:ident) => {
                tracing::$level!(
                    target: "negotiate_http",
                    code = reason.code(),
                    blame = %reason.blame(),
                    seen = %reason.seen(),
                    expected = %reason.expected(),
                    advice = %reason.advice(),
                    "refused: {reason}"
                )
            };
        }
        match reason.blame() {
            Blame::Acceptor | Blame::Caller => event!(warn),
            _ => event!(info),
        }
    }
}

impl From<RequestError> for Refusal {
    fn from(error: RequestError) -> Self {
        Self(Arc::new(Cause::Request(error)))
    }
}

impl From<Reject> for Refusal {
    fn from(reject: Reject) -> Self {
        Self(Arc::new(Cause::Exchange(reject)))
    }
}
