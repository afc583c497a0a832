//! RFC 4121 section 4.1 and RFC 2743 section 3.1: what is around the AP-REQ.

use crate::error::{Fact, Part};
use negotiate_core::der::{ErrorKind, Reader, Tag, Writer};
use negotiate_core::{MechType, Token};

/// What a first token holds.
pub(super) struct Frame<'a> {
    pub(super) framing: Framing,
    pub(super) ap_req: &'a [u8],
}

/// How the AP-REQ came, and so how the AP-REP has to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// In an InitialContextToken.
    Gss,
    /// As it is.
    Bare,
}

/// TOK_ID of each inner token (RFC 4121 section 4.1).
pub(crate) const AP_REQ: [u8; 2] = [1, 0];
pub(crate) const AP_REP: [u8; 2] = [2, 0];
pub(crate) const KRB_ERROR: [u8; 2] = [3, 0];

pub(super) fn open(token: &[u8]) -> Result<Frame<'_>, Fact> {
    let mut input = Reader::new(token);
    if input.peek() == Some(Tag::application(14)) {
        return Ok(Frame {
            framing: Framing::Bare,
            ap_req: token,
        });
    }
    let malformed = |error| Fact::Malformed {
        part: Part::Framing,
        error,
    };
    let mut inner = input.element(Tag::application(0)).map_err(malformed)?;
    input.finish().map_err(malformed)?;
    // Windows' own identifier for Kerberos stands in SPNEGO's lists only, never here (RFC 4178 appendix C).
    if inner.object_identifier().map_err(malformed)? != MechType::KRB5.contents() {
        return Err(Fact::OtherMechanism);
    }
    let (token_id, ap_req) = match inner.rest() {
        [a, b, ap_req @ ..] => ([*a, *b], ap_req),
        _ => return Err(malformed(inner.error(ErrorKind::Truncated))),
    };
    if token_id != AP_REQ {
        return Err(Fact::NotApReq(token_id));
    }
    Ok(Frame {
        framing: Framing::Gss,
        ap_req,
    })
}

impl Framing {
    /// A token in the framing that the initiator used, around the message that `write` writes.
    pub(crate) fn wrap(self, token_id: [u8; 2], write: impl FnOnce(&mut Writer)) -> Token {
        // Room for an AP-REP and for most errors.
        let mut writer = Writer::with_capacity(256);
        match self {
            Self::Bare => write(&mut writer),
            Self::Gss => writer.element(Tag::application(0), |inner| {
                inner.object_identifier(MechType::KRB5.contents());
                inner.raw(&token_id);
                write(inner);
            }),
        }
        Token::from(writer.into_bytes())
    }
}
