//! Why a negotiation fails, in every respect that [`Explain`] asks for.

use super::listed::{AcceptedMechTypes, OfferedMechTypes};
use crate::{Blame, Explain, GssMajor, PerMessageError, Verdict, der};
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

/// A refusal by the negotiation itself. What a mechanism refuses is the mechanism's own error type.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SpnegoError {
    /// The token is longer than this acceptor reads.
    TokenTooLong {
        /// Its bytes.
        len: usize,
        /// [`Limits::token_len`](crate::Limits::token_len).
        limit: usize,
    },
    /// The initiator has sent more tokens than any exchange needs.
    TooManyTokens {
        /// [`Limits::legs`](crate::Limits::legs).
        limit: usize,
    },
    /// An empty token where there was something to answer.
    EmptyToken,
    /// The first token is of no kind that belongs to Negotiate.
    NotNegotiate {
        /// How it begins.
        first_byte: u8,
        /// Its bytes.
        len: usize,
    },
    /// A later token is not a NegTokenResp.
    NotAResponse {
        /// How it begins.
        first_byte: u8,
    },
    /// The token ends before its own length says.
    Truncated {
        /// How many bytes it says it has.
        declared: usize,
        /// How many there are.
        actual: usize,
    },
    /// The token is not the DER that RFC 4178 describes.
    Malformed(der::Error),
    /// The initiator lists more mechanisms than any peer has.
    TooManyMechTypes {
        /// [`Limits::mech_types`](crate::Limits::mech_types).
        limit: usize,
    },
    /// The first token is an answer.
    ResponseWithoutExchange,
    /// The initiator has NTLM to offer, and we do not.
    NtlmOffered,
    /// The initiator offers NegoEx alone.
    NegoExOffered,
    /// The initiator offers IAKERB alone.
    IakerbOffered,
    /// Both sides have mechanisms, but not the same.
    NoCommonMechanism {
        /// The initiator's.
        offered: OfferedMechTypes,
        /// Ours.
        accepted: AcceptedMechTypes,
    },
    /// The initiator's answer names a mechanism, which is the acceptor's to name.
    SupportedMechByInitiator,
    /// The mechanism waits for a token, and none came.
    MechTokenMissing,
    /// The mechanism is done, and another token came for it.
    MechTokenAfterEnd,
    /// A mechListMIC came before the mechanism was done.
    MicTooEarly,
    /// The mechListMIC that is due did not come.
    MicMissing,
    /// The initiator's mechListMIC does not verify.
    MicWrong(PerMessageError),
    /// The initiator's mechListMIC is genuine, and not the first message of its context.
    MicOutOfSequence,
    /// The mechanism could not make our mechListMIC.
    MicNotMade(PerMessageError),
    /// The initiator has ended the negotiation.
    InitiatorRejected,
}

impl fmt::Display for SpnegoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TokenTooLong { .. } => "the token is too long",
            Self::TooManyTokens { .. } => "the exchange takes too many tokens",
            Self::EmptyToken => "the token is empty",
            Self::NotNegotiate { .. } => "not a negotiate token",
            Self::NotAResponse { .. } => "not an answer within this exchange",
            Self::Truncated { .. } => "the token is truncated",
            Self::Malformed(_) => "the token is not well-formed spnego",
            Self::TooManyMechTypes { .. } => "the list of mechanisms is too long",
            Self::ResponseWithoutExchange => "an answer without an exchange",
            Self::NtlmOffered => "the initiator offered ntlm",
            Self::NegoExOffered => "the initiator offered negoex only",
            Self::IakerbOffered => "the initiator offered iakerb only",
            Self::NoCommonMechanism { .. } => "no mechanism in common",
            Self::SupportedMechByInitiator => "the initiator named the mechanism in its answer",
            Self::MechTokenMissing => "the mechanism's token is missing",
            Self::MechTokenAfterEnd => "a mechanism token after the mechanism's end",
            Self::MicTooEarly => "the mechListMIC came before the mechanism's end",
            Self::MicMissing => "the mechListMIC is missing",
            Self::MicWrong(_) => "the mechListMIC does not verify",
            Self::MicOutOfSequence => "the mechListMIC is out of sequence",
            Self::MicNotMade(_) => "the mechListMIC could not be made",
            Self::InitiatorRejected => "the initiator ended the negotiation",
        })
    }
}

impl core::error::Error for SpnegoError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Malformed(error) => Some(error),
            Self::MicWrong(error) | Self::MicNotMade(error) => Some(error),
            _ => None,
        }
    }
}

impl From<der::Error> for SpnegoError {
    fn from(error: der::Error) -> Self {
        Self::Malformed(error)
    }
}

impl SpnegoError {
    /// Code, whose fault, and the GSS-API's routine error: RFC 4178 section 3.2 asks for BAD_MECH where there is nothing in
    /// common, RFC 4178 section 5 for DEFECTIVE_TOKEN where a MIC is missing or wrong.
    #[rustfmt::skip]
    const fn row(&self) -> (&'static str, Blame, GssMajor) {
        use Blame::{Acceptor, Incompatible, Initiator, Malformed};
        use GssMajor as G;
        match self {
            Self::TokenTooLong { .. } => ("spnego.token_too_long", Malformed, G::DefectiveToken),
            Self::TooManyTokens { .. } => ("spnego.too_many_tokens", Malformed, G::DefectiveToken),
            Self::EmptyToken => ("spnego.empty_token", Malformed, G::DefectiveToken),
            Self::NotNegotiate { .. } => ("spnego.not_negotiate", Malformed, G::DefectiveToken),
            Self::NotAResponse { .. } => ("spnego.not_a_response", Malformed, G::DefectiveToken),
            Self::Truncated { .. } => ("spnego.truncated", Malformed, G::DefectiveToken),
            Self::Malformed(_) => ("spnego.malformed", Malformed, G::DefectiveToken),
            Self::TooManyMechTypes { .. } => ("spnego.too_many_mech_types", Malformed, G::DefectiveToken),
            Self::ResponseWithoutExchange => ("spnego.response_without_exchange", Initiator, G::NoContext),
            Self::NtlmOffered => ("spnego.ntlm_offered", Incompatible, G::BadMech),
            Self::NegoExOffered => ("spnego.negoex_offered", Incompatible, G::BadMech),
            Self::IakerbOffered => ("spnego.iakerb_offered", Incompatible, G::BadMech),
            Self::NoCommonMechanism { .. } => ("spnego.no_common_mechanism", Incompatible, G::BadMech),
            Self::SupportedMechByInitiator => ("spnego.supported_mech_by_initiator", Malformed, G::DefectiveToken),
            Self::MechTokenMissing => ("spnego.mech_token_missing", Malformed, G::DefectiveToken),
            Self::MechTokenAfterEnd => ("spnego.mech_token_after_end", Malformed, G::DefectiveToken),
            Self::MicTooEarly => ("spnego.mic_too_early", Malformed, G::DefectiveToken),
            Self::MicMissing => ("spnego.mic_missing", Malformed, G::DefectiveToken),
            Self::MicWrong(_) => ("spnego.mic_wrong", Malformed, G::DefectiveToken),
            Self::MicOutOfSequence => ("spnego.mic_out_of_sequence", Malformed, G::DefectiveToken),
            Self::MicNotMade(_) => ("spnego.mic_not_made", Acceptor, G::Failure),
            Self::InitiatorRejected => ("spnego.initiator_rejected", Initiator, G::Failure),
        }
    }
}

impl Explain for SpnegoError {
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
            Self::TokenTooLong { len, .. } => format!("a token of {len} bytes"),
            Self::TooManyTokens { limit } => {
                format!("token number {} of one exchange", limit.saturating_add(1))
            }
            Self::EmptyToken => "no bytes".into(),
            Self::NotNegotiate { first_byte, len } => {
                format!("{len} bytes that begin with {first_byte:#04x}")
            }
            Self::NotAResponse { first_byte } => format!("a token that begins with {first_byte:#04x}"),
            Self::Truncated { declared, actual } => {
                format!("{actual} bytes of a token that says it has {declared}")
            }
            Self::Malformed(error) => error.to_string(),
            Self::TooManyMechTypes { limit } => format!("more than {limit} mechanisms"),
            Self::ResponseWithoutExchange => "a NegTokenResp as the first token".into(),
            Self::NtlmOffered => "NTLM, and no mechanism of ours".into(),
            Self::NegoExOffered => "NegoEx, and no mechanism of ours".into(),
            Self::IakerbOffered => "IAKERB, and no mechanism of ours".into(),
            Self::NoCommonMechanism { offered, .. } => offered.to_string(),
            Self::SupportedMechByInitiator => "a NegTokenResp with supportedMech".into(),
            Self::MechTokenMissing => "a NegTokenResp without a responseToken".into(),
            Self::MechTokenAfterEnd => "a responseToken beside the mechListMIC, or instead of it".into(),
            Self::MicTooEarly => "a mechListMIC with a token that is not the mechanism's last".into(),
            Self::MicMissing => "the mechanism's last token without a mechListMIC".into(),
            Self::MicWrong(error) | Self::MicNotMade(error) => error.to_string(),
            Self::MicOutOfSequence => "a genuine mechListMIC with another message's number".into(),
            Self::InitiatorRejected => "negState reject".into(),
        }
    }

    fn expected(&self) -> String {
        match self {
            Self::TokenTooLong { limit, .. } => format!("at most {limit} bytes"),
            Self::TooManyTokens { limit } => format!("an end after at most {limit} tokens"),
            Self::EmptyToken => "a token".into(),
            Self::NotNegotiate { .. } => "a SPNEGO, Kerberos or NTLM token".into(),
            Self::NotAResponse { .. } => "a NegTokenResp, which begins with 0xa1".into(),
            Self::Truncated { declared, .. } => format!("{declared} bytes"),
            Self::Malformed(_) => "DER as RFC 4178 section 4.2 describes it".into(),
            Self::TooManyMechTypes { limit } => format!("at most {limit} mechanisms"),
            Self::ResponseWithoutExchange => "an initial token".into(),
            Self::NtlmOffered | Self::NegoExOffered | Self::IakerbOffered => {
                "Kerberos, or another mechanism of this server".into()
            }
            Self::NoCommonMechanism { accepted, .. } => format!("one of {accepted}"),
            Self::SupportedMechByInitiator => "supportedMech in the acceptor's first answer only".into(),
            Self::MechTokenMissing => "the mechanism's next token".into(),
            Self::MechTokenAfterEnd => "the mechListMIC alone".into(),
            Self::MicTooEarly => "the mechListMIC with the mechanism's last token, or after it".into(),
            Self::MicMissing => {
                "a mechListMIC, for the mechanism is not the initiator's favourite or demands one".into()
            }
            Self::MicWrong(_) => "the MIC of the list of mechanisms in the initiator's first token".into(),
            Self::MicOutOfSequence => "the number of the context's first message".into(),
            Self::MicNotMade(_) => "a MIC by the established context".into(),
            Self::InitiatorRejected => "the negotiation's next message".into(),
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::TokenTooLong { .. } => {
                "A user in very many groups, or somebody who tries what happens. If the user is honest, raise the limit."
            }
            Self::TooManyTokens { .. } => "Find out what program the initiator is: it does not come to an end.",
            Self::EmptyToken => "Find out what program the initiator is: it asks and does not answer.",
            Self::NotNegotiate { .. } => {
                "Another kind of token was sent under the scheme Negotiate (a bearer token, a password). Correct the \
                 client's settings."
            }
            Self::NotAResponse { .. } => {
                "The initiator began again within an exchange, or two initiators share a connection. Behind a proxy, \
                 give each client a connection of its own."
            }
            Self::Truncated { .. } => {
                "Something between the initiator and here cuts long headers; 8 KiB is a usual limit. Raise it in the \
                 proxy (nginx: large_client_header_buffers) and in the server."
            }
            Self::Malformed(_) | Self::TooManyMechTypes { .. } => {
                "Find out what program the initiator is, and whether something on the way changes its tokens."
            }
            Self::ResponseWithoutExchange => {
                "The exchange's first token went elsewhere: the client changed its connection, or a balancer spreads \
                 one connection over several servers. Keep a client's connection on one server."
            }
            Self::NtlmOffered => {
                "The client had no Kerberos ticket for this name: likely the service has no SPN for it, or two accounts \
                 have it, the URL has an IP address, or the host is not in the browser's trusted sites. Look for the SPN \
                 (setspn -Q HTTP/host), use the host's name, add the site to the trusted ones, and check that the client \
                 has a ticket (klist)."
            }
            Self::NegoExOffered => {
                "NegoEx is not spoken here. Let the client get a Kerberos ticket for this service: join it to the \
                 domain, or let it reach a KDC."
            }
            Self::IakerbOffered => {
                "IAKERB is not spoken here. Let the client reach a KDC by itself, so that it can use Kerberos."
            }
            Self::NoCommonMechanism { .. } => {
                "Enable one of the offered mechanisms here, or one of ours at the client. With Kerberos: check that \
                 the client has a ticket (klist)."
            }
            Self::SupportedMechByInitiator
            | Self::MechTokenMissing
            | Self::MechTokenAfterEnd
            | Self::MicTooEarly
            | Self::MicOutOfSequence => {
                "Find out what program the initiator is: it does not follow RFC 4178."
            }
            Self::MicMissing => {
                "The initiator does not protect the negotiation, or somebody took the protection away. Let it list the \
                 mechanism that this server has first, or update it; RFC 4178 section 5 leaves no other choice."
            }
            Self::MicWrong(_) => {
                "Somebody changed the list of mechanisms on the way, or the initiator computes the MIC over something \
                 else. Use TLS, and look at what stands between."
            }
            Self::MicNotMade(_) => "Look at the mechanism's settings: its context has integrity and makes no MIC.",
            Self::InitiatorRejected => {
                "The initiator did not like our last answer; its own log says why. Often it knows the service by \
                 another key: compare the keytab with the KDC."
            }
        }
        .into()
    }
}
