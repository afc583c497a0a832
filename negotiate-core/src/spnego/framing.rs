//! What a token is, told once by its first bytes and never by trying parsers.
//!
//! ```text
//! 60 len 06 len OID ...       initial context token (RFC 2743 section 3.1): of SPNEGO, or of a mechanism by itself
//! 6e len ...                  AP-REQ without that framing (RFC 4120 section 5.5.1)
//! a1 len ...                  NegTokenResp (RFC 4178 section 4.2.2)
//! "NTLMSSP" 00 ...            NTLM (MS-NLMP section 2.2.1)
//! "NEGOEXTS" ...              NegoEx (MS-NEGOEX section 2.2.6.2)
//! ```

use super::reject::SpnegoError;
use crate::MechType;
use crate::der::{Reader, Tag};

const INITIAL_CONTEXT_TOKEN: Tag = Tag::application(0);
const AP_REQ: Tag = Tag::application(14);
const NEG_TOKEN_RESP: Tag = Tag::context(1);

/// The first token of a conversation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FirstToken<'a> {
    /// None yet: the initiator asks what there is.
    Empty,
    /// SPNEGO's, without the framing.
    Spnego(Reader<'a>),
    /// That of the mechanism with these identifier's contents, which takes it as it came.
    Bare(&'a [u8]),
}

pub(crate) fn classify(token: &[u8]) -> Result<FirstToken<'_>, SpnegoError> {
    let Some(&first_byte) = token.first() else {
        return Ok(FirstToken::Empty);
    };
    match Tag::from_byte(first_byte) {
        INITIAL_CONTEXT_TOKEN => {
            let mut framed = whole(token, INITIAL_CONTEXT_TOKEN)?;
            let oid = framed.object_identifier()?;
            if oid == MechType::SPNEGO.contents() {
                Ok(FirstToken::Spnego(framed))
            } else {
                Ok(FirstToken::Bare(oid))
            }
        }
        AP_REQ => {
            whole(token, AP_REQ)?;
            Ok(FirstToken::Bare(MechType::KRB5.contents()))
        }
        NEG_TOKEN_RESP => {
            whole(token, NEG_TOKEN_RESP)?;
            Err(SpnegoError::ResponseWithoutExchange)
        }
        _ if token.starts_with(b"NTLMSSP\0") => Ok(FirstToken::Bare(MechType::NTLMSSP.contents())),
        _ if token.starts_with(b"NEGOEXTS") => Ok(FirstToken::Bare(MechType::NEGOEX.contents())),
        _ => Err(SpnegoError::NotNegotiate {
            first_byte,
            len: token.len(),
        }),
    }
}

/// The content of a token after the first, which can only be a NegTokenResp (RFC 4178 section 4.2).
pub(crate) fn response(token: &[u8]) -> Result<Reader<'_>, SpnegoError> {
    match token.first() {
        None => Err(SpnegoError::EmptyToken),
        Some(byte) if Tag::from_byte(*byte) == NEG_TOKEN_RESP => whole(token, NEG_TOKEN_RESP),
        Some(byte) => Err(SpnegoError::NotAResponse { first_byte: *byte }),
    }
}

// The content of a token that is this one element. A token that was cut is told from one that is wrong.
fn whole(token: &[u8], tag: Tag) -> Result<Reader<'_>, SpnegoError> {
    let mut reader = Reader::new(token);
    let declared = reader.declared_len()?;
    if declared > token.len() {
        return Err(SpnegoError::Truncated {
            declared,
            actual: token.len(),
        });
    }
    let content = reader.element(tag)?;
    reader.finish()?;
    Ok(content)
}
