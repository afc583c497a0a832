//! What a token is, before anything is checked: for the reader, who may have sent something else than they think.
//!
//! The acceptor makes its own choice; what is said here is a description of the outermost layers and decides nothing.

use negotiate_core::der::{ErrorKind, Reader, Tag};
use negotiate_core::{Dotted, MechType};
use std::fmt;

/// A token's outermost layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A NegTokenInit (RFC 4178 section 4.2.1) with these mechanisms, the favourite first.
    NegTokenInit(Vec<Mechanism>),
    /// A NegTokenResp (RFC 4178 section 4.2.2).
    NegTokenResp,
    /// A mechanism's own initial token (RFC 2743 section 3.1).
    Bare(Mechanism),
    /// An AP-REQ without that framing (RFC 4120 section 5.5.1).
    ApReq,
    /// An NTLM message (MS-NLMP section 2.2.1) of this type.
    Ntlm(Option<u8>),
    /// A NegoEx message by itself (MS-NEGOEX section 2.2.6).
    NegoEx,
    /// What a KDC or an acceptor sends, and no initiator.
    NotForAcceptors(&'static str),
    /// The beginning of an initial token (RFC 2743 section 3.1), shorter than it says.
    Cut,
    /// Nothing that belongs to Negotiate.
    Unknown,
}

/// A mechanism by the contents of its object identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mechanism(Vec<u8>);

const NAMED: [MechType; 7] = [
    MechType::SPNEGO,
    MechType::KRB5,
    MechType::MS_KRB5,
    MechType::KRB5_USER_TO_USER,
    MechType::NTLMSSP,
    MechType::NEGOEX,
    MechType::IAKERB,
];

impl Mechanism {
    fn name(&self) -> Option<&'static str> {
        NAMED
            .into_iter()
            .find(|known| known.contents() == self.0)
            .map(|known| known.name())
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            // Windows' number for Kerberos is a fact worth seeing.
            Some(name) if self.0 == MechType::MS_KRB5.contents() => {
                write!(f, "{name} (Microsoft's identifier)")
            }
            Some(name) => f.write_str(name),
            None => Dotted(&self.0).fmt(f),
        }
    }
}

impl Kind {
    pub(super) fn of(token: &[u8]) -> Self {
        match token {
            [0x60, ..] if is_cut(token) => Self::Cut,
            [0x60, ..] => initial_token(token).unwrap_or(Self::Unknown),
            [0x6e, ..] => Self::ApReq,
            [0xa0, ..] => Self::NotForAcceptors("a NegTokenInit without the framing of RFC 2743"),
            [0xa1, ..] => Self::NegTokenResp,
            [0x6f, ..] => Self::NotForAcceptors("an AP-REP: the answer of a Kerberos acceptor"),
            [0x7e, ..] => Self::NotForAcceptors("a KRB-ERROR: the answer of a KDC or a Kerberos acceptor"),
            [b'N', b'T', b'L', b'M', b'S', b'S', b'P', 0, rest @ ..] => Self::Ntlm(rest.first().copied()),
            [b'N', b'E', b'G', b'O', b'E', b'X', b'T', b'S', ..] => Self::NegoEx,
            _ => Self::Unknown,
        }
    }

    /// The mechanism that the token is for, as `explain` reports it: the favourite of a list.
    pub(super) fn mechanism(&self) -> Option<&'static str> {
        match self {
            Self::NegTokenInit(offered) => offered.first()?.name(),
            Self::Bare(mechanism) => mechanism.name(),
            Self::ApReq => Some(MechType::KRB5.name()),
            Self::Ntlm(_) => Some(MechType::NTLMSSP.name()),
            Self::NegoEx => Some(MechType::NEGOEX.name()),
            Self::NegTokenResp | Self::NotForAcceptors(_) | Self::Cut | Self::Unknown => None,
        }
    }
}

fn is_cut(token: &[u8]) -> bool {
    let cut = Reader::new(token).element(Tag::application(0)).err();
    cut.is_some_and(|error| error.kind() == ErrorKind::Truncated)
}

fn initial_token(token: &[u8]) -> Option<Kind> {
    let mut framed = Reader::new(token).element(Tag::application(0)).ok()?;
    let oid = framed.object_identifier().ok()?;
    if oid != MechType::SPNEGO.contents() {
        return Some(match framed.rest() {
            // RFC 4121 section 4.1: the token identifiers of what an acceptor sends.
            [2, 0, ..] => Kind::NotForAcceptors("an AP-REP: the answer of a Kerberos acceptor"),
            [3, 0, ..] => Kind::NotForAcceptors("a KRB-ERROR: the answer of a Kerberos acceptor"),
            _ => Kind::Bare(Mechanism(oid.into())),
        });
    }
    let mut fields = framed.element(Tag::context(0)).ok()?.sequence().ok()?;
    let mut list = fields.element(Tag::context(0)).ok()?.sequence().ok()?;
    let offered = std::iter::from_fn(|| list.object_identifier().ok());
    Some(Kind::NegTokenInit(
        offered.map(|oid| Mechanism(oid.into())).collect(),
    ))
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NegTokenInit(offered) => {
                f.write_str("a SPNEGO token (NegTokenInit) that offers ")?;
                let mut separator = "";
                for mechanism in offered {
                    write!(f, "{separator}{mechanism}")?;
                    separator = ", ";
                }
                if offered.is_empty() {
                    f.write_str("nothing")
                } else {
                    Ok(())
                }
            }
            Self::NegTokenResp => {
                f.write_str("a later SPNEGO token (NegTokenResp), which needs the exchange before it")
            }
            Self::Bare(mechanism) => write!(f, "a token of {mechanism}, without SPNEGO"),
            Self::ApReq => f.write_str("a Kerberos AP-REQ, without the framing of GSS-API"),
            Self::Ntlm(Some(1)) => f.write_str("an NTLM NEGOTIATE message, without SPNEGO"),
            Self::Ntlm(Some(2)) => f.write_str("an NTLM CHALLENGE message: the answer of an acceptor"),
            Self::Ntlm(Some(3)) => f.write_str("an NTLM AUTHENTICATE message, without SPNEGO"),
            Self::Ntlm(_) => f.write_str("an NTLM message, without SPNEGO"),
            Self::NegoEx => f.write_str("a NegoEx message, without SPNEGO"),
            Self::NotForAcceptors(what) => f.write_str(what),
            Self::Cut => f.write_str("the beginning of an initial token, which is cut off"),
            Self::Unknown => f.write_str("nothing that belongs to Negotiate"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_described() {
        for (token, text) in [
            // RFC 4178 section 4.2.1, mechTypes krb5 and ntlmssp.
            (
                &b"\x60\x27\x06\x06\x2b\x06\x01\x05\x05\x02\xa0\x1d\x30\x1b\xa0\x19\x30\x17\
                   \x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"[..],
                "a SPNEGO token (NegTokenInit) that offers krb5, ntlmssp",
            ),
            (
                b"\x60\x0d\x06\x09\x2a\x86\x48\x82\xf7\x12\x01\x02\x02\x01\x00",
                "a token of krb5 (Microsoft's identifier), without SPNEGO",
            ),
            (
                b"\x60\x0e\x06\x0a\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x03\x04\x00",
                "a token of krb5-user-to-user, without SPNEGO",
            ),
            (
                b"\x60\x0d\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x02\x00",
                "an AP-REP: the answer of a Kerberos acceptor",
            ),
            (b"\x60\x05\x06\x03\x2a\x03\x04", "a token of 1.2.3.4, without SPNEGO"),
            (b"\x6e\x00", "a Kerberos AP-REQ, without the framing of GSS-API"),
            (b"NTLMSSP\0\x01\0\0\0", "an NTLM NEGOTIATE message, without SPNEGO"),
            (b"NTLMSSP\0", "an NTLM message, without SPNEGO"),
            (b"\x60\x82", "the beginning of an initial token, which is cut off"),
            (
                b"\x60\x27\x06\x06\x2b\x06\x01\x05\x05\x02\xa0\x1d\x30",
                "the beginning of an initial token, which is cut off",
            ),
            (b"\x60\x80\x06\x06", "nothing that belongs to Negotiate"),
            (b"hello", "nothing that belongs to Negotiate"),
        ] {
            assert_eq!(Kind::of(token).to_string(), text, "{}", token.escape_ascii());
        }
    }
}
