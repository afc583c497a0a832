//! The acceptor's answer: an AP-REP that proves that it could open the ticket (RFC 4120 section 3.2.5), or why not.

use super::{Krb5InitiatorError as Error, Sent};
use crate::accept::frame::{AP_REP, Framing, KRB_ERROR};
use crate::crypto::{Key, KeyUsage};
use crate::message::{EncApRepPart, EncryptionKey, KrbError};
use alloc::boxed::Box;
use alloc::vec::Vec;
use negotiate_core::der::{ErrorKind, Reader, Tag};
use negotiate_core::{Ambient, InitiateContext, InitiateStep, MechReject, MechType, Secret, Token};

/// The AP-REQ is out.
pub(super) struct Awaiting {
    pub(super) sent: Sent,
    pub(super) framing: Framing,
}

/// The acceptor's proof, checked. Minted by [`Awaiting::prove`] alone.
struct AcceptorProved {
    subkey: Option<Key>,
    /// Number of the acceptor's first message.
    seq_number: u32,
}

impl InitiateContext for Awaiting {
    fn step(self: Box<Self>, input: &[u8], ambient: &mut Ambient<'_>) -> Result<InitiateStep, MechReject> {
        let proved = self.prove(input)?;
        let output = match self.framing {
            Framing::Gss | Framing::UserToUser => None,
            Framing::Bare => Some(self.third_leg(&proved, ambient)?),
        };
        let AcceptorProved { subkey, seq_number } = proved;
        Ok(InitiateStep::Complete {
            output,
            initiated: self.sent.initiated(subkey, seq_number),
        })
    }
}

impl Awaiting {
    fn prove(&self, input: &[u8]) -> Result<AcceptorProved, Error> {
        let ap_rep = self.ap_rep(input)?;
        let sealed = EncApRepPart::decode_sealed(ap_rep).map_err(Error::BadApRep)?;
        if sealed.etype != self.sent.session_key.encryption_type().number() {
            return Err(Error::AcceptorNotProved);
        }
        let mut buffer = Secret::new(Vec::from(sealed.cipher));
        self.sent
            .session_key
            .for_usage(KeyUsage::AP_REP)
            .decrypt_vec(buffer.expose_mut())
            .map_err(|_| Error::AcceptorNotProved)?;
        let part = EncApRepPart::decode(buffer.expose()).map_err(|error| Error::BadApRep(error.into()))?;
        // RFC 4120 section 3.2.5: the time is the authenticator's, down to the microsecond, or the AP-REP is to another.
        if part.ctime != self.sent.time {
            return Err(Error::AnswerToAnother);
        }
        let usable = |subkey: EncryptionKey<'_>| {
            let key = subkey.to_key_of(self.sent.encryption_types).and_then(Result::ok);
            key.ok_or(Error::UnusableSubkey(subkey.keytype))
        };
        Ok(AcceptorProved {
            subkey: part.subkey.map(usable).transpose()?,
            // RFC 4120 section 5.5.1: a number that was left out is 0.
            seq_number: part.seq_number.unwrap_or(0),
        })
    }

    /// The message in the framing that the AP-REQ had, or the error that came in its place.
    fn ap_rep<'a>(&self, input: &'a [u8]) -> Result<&'a [u8], Error> {
        if self.framing == Framing::Bare {
            return match input.first() {
                Some(byte) if *byte == Tag::application(30).byte() => Err(refused(input)),
                _ => Ok(input),
            };
        }
        let mut token = Reader::new(input);
        let mut inner = token.element(Tag::application(0)).map_err(Error::BadFraming)?;
        token.finish().map_err(Error::BadFraming)?;
        if inner.object_identifier().map_err(Error::BadFraming)? != MechType::KRB5.contents() {
            return Err(Error::OtherMechanism);
        }
        match inner.rest() {
            [a, b, message @ ..] if [*a, *b] == AP_REP => Ok(message),
            [a, b, message @ ..] if [*a, *b] == KRB_ERROR => Err(refused(message)),
            [a, b, ..] => Err(Error::NotApRep([*a, *b])),
            _ => Err(Error::BadFraming(inner.error(ErrorKind::Truncated))),
        }
    }

    /// MS-KILE section 3.4.5.1: the acceptor's number comes back to it.
    fn third_leg(&self, proved: &AcceptorProved, ambient: &mut Ambient<'_>) -> Result<Token, Error> {
        let part = EncApRepPart {
            ctime: self.sent.time,
            subkey: None,
            seq_number: Some(proved.seq_number),
        };
        let cipher = self
            .sent
            .session_key
            .for_usage(KeyUsage::AP_REP)
            .encrypt(&part.encode(), ambient.random)?;
        Ok(EncApRepPart::encode_sealed(&self.sent.session_key, &cipher).into())
    }
}

fn refused(message: &[u8]) -> Error {
    match KrbError::decode(message) {
        Ok(error) => Error::Refused {
            code: error.error_code,
            acceptor_time: error.stime,
        },
        Err(error) => Error::BadKrbError(error),
    }
}
