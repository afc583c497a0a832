//! RFC 4121 section 4.1 and RFC 2743 section 3.1: what is around the AP-REQ, or around the request for our ticket-granting
//! ticket (draft-swift-win2k-krb-user2user-03).

use crate::error::{Fact, Part};
use negotiate_core::der::{ErrorKind, Reader, Tag, Writer};
use negotiate_core::{MechType, Token};

/// What an initiator's token holds.
pub(super) enum Frame<'a> {
    ApReq {
        framing: Framing,
        ap_req: &'a [u8],
    },
    /// A KERB-TGT-REQUEST, which there is in one framing only.
    TgtReq(&'a [u8]),
}

/// How the AP-REQ came, and so how the AP-REP has to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// In an InitialContextToken of Kerberos.
    Gss,
    /// In one of user-to-user authentication.
    UserToUser,
    /// As it is.
    Bare,
}

/// For an AP-REP or most errors, and for what SPNEGO puts around them.
const ROOM: usize = 256;

/// TOK_ID of each inner token (RFC 4121 section 4.1).
pub(crate) const AP_REQ: [u8; 2] = [1, 0];
pub(crate) const AP_REP: [u8; 2] = [2, 0];
pub(crate) const KRB_ERROR: [u8; 2] = [3, 0];
/// And of draft-swift-win2k-krb-user2user-03.
pub(super) const TGT_REQ: [u8; 2] = [4, 0];
pub(super) const TGT_REP: [u8; 2] = [4, 1];

pub(super) fn open(token: &[u8]) -> Result<Frame<'_>, Fact> {
    let mut input = Reader::new(token);
    if input.peek() == Some(Tag::application(14)) {
        return Ok(Frame::ApReq {
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
    let mech_type = inner.object_identifier().map_err(malformed)?;
    let mut framings = [Framing::Gss, Framing::UserToUser].into_iter();
    let Some(framing) = framings.find(|framing| framing.mech_type().contents() == mech_type) else {
        return Err(Fact::OtherMechanism);
    };
    let (token_id, message) = match inner.rest() {
        [a, b, message @ ..] => ([*a, *b], message),
        _ => return Err(malformed(inner.error(ErrorKind::Truncated))),
    };
    match (token_id, framing) {
        (AP_REQ, _) => Ok(Frame::ApReq {
            framing,
            ap_req: message,
        }),
        (TGT_REQ, Framing::UserToUser) => Ok(Frame::TgtReq(message)),
        _ => Err(Fact::NotApReq(token_id)),
    }
}

impl Framing {
    /// The mechanism that the framing names.
    const fn mech_type(self) -> MechType {
        match self {
            Self::Gss | Self::Bare => MechType::KRB5,
            Self::UserToUser => MechType::KRB5_USER_TO_USER,
        }
    }

    /// A token in the framing that the initiator used, around the message that `write` writes.
    pub(crate) fn wrap(self, token_id: [u8; 2], write: impl FnOnce(&mut Writer)) -> Token {
        let mut writer = Writer::with_capacity(ROOM);
        match self {
            Self::Bare => write(&mut writer),
            Self::Gss | Self::UserToUser => writer.element(Tag::application(0), |inner| {
                self.head(inner, token_id);
                write(inner);
            }),
        }
        Token::from(writer.into_bytes())
    }

    /// The same around a message of known length, which need not move.
    pub(super) fn wrap_of_len(
        self,
        token_id: [u8; 2],
        message_len: usize,
        write: impl FnOnce(&mut Writer),
    ) -> Token {
        let mut writer = Writer::with_capacity(ROOM);
        if self != Self::Bare {
            let mech_type_len = Writer::element_len(self.mech_type().contents().len());
            let content_len = [mech_type_len, token_id.len(), message_len]
                .into_iter()
                .fold(0, usize::saturating_add);
            writer.header(Tag::application(0), content_len);
            self.head(&mut writer, token_id);
        }
        write(&mut writer);
        Token::from(writer.into_bytes())
    }

    fn head(self, writer: &mut Writer, token_id: [u8; 2]) {
        writer.object_identifier(self.mech_type().contents());
        writer.raw(&token_id);
    }
}
