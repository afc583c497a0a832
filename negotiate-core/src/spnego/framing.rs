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
        AP_REQ => match whole(token, AP_REQ) {
            // No ticket is so short. What looks like a cut one is text: a password, say, of somebody called nick.
            Err(SpnegoError::Truncated { declared, .. }) if declared < 128 => {
                Err(SpnegoError::NotNegotiate {
                    first_byte,
                    len: token.len(),
                })
            }
            Err(error) => Err(error),
            Ok(_) => Ok(FirstToken::Bare(MechType::KRB5.contents())),
        },
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

/// Whether a token cannot be any but a conversation's first: what comes later is a NegTokenResp, the AP-REP of DCE style
/// (RFC 4120 section 5.5.2) or NTLM's AUTHENTICATE, none of which has RFC 2743's framing.
pub(crate) fn is_only_first(token: &[u8]) -> bool {
    let first_tag = token.first().map(|byte| Tag::from_byte(*byte));
    matches!(first_tag, Some(INITIAL_CONTEXT_TOKEN | AP_REQ)) || token.starts_with(b"NTLMSSP\0\x01\0\0\0")
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
    let content = reader
        .element(tag)
        .map_err(|error| match Reader::new(token).declared_len() {
            Ok(declared) if declared > token.len() => SpnegoError::Truncated {
                declared,
                actual: token.len(),
            },
            _ => error.into(),
        })?;
    reader.finish()?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use testvectors::load;

    #[test]
    fn first_tokens_are_told_by_their_first_bytes() {
        for case in load("spnego/framing.txt") {
            let token = case.bytes("token");
            let kind = match classify(&token) {
                Ok(FirstToken::Empty) => "empty",
                Ok(FirstToken::Spnego(_)) => "spnego",
                Ok(FirstToken::Bare(_)) if token[0] == AP_REQ.byte() => "ap-req",
                Ok(FirstToken::Bare(oid)) => {
                    MechType::registered(oid).map_or("unknown", |mech_type| mech_type.name())
                }
                Err(_) => "malformed",
            };
            assert_eq!(kind, case.text("expect"), "{case}");
        }
        assert!(matches!(classify(b""), Ok(FirstToken::Empty)));
    }

    #[test]
    fn later_tokens_are_not_taken_for_first_ones() {
        for case in load("spnego/framing.txt") {
            let token = case.bytes("token");
            let is_first = match case.text("expect") {
                "malformed" | "negoex" | "empty" => continue,
                // MS-NLMP section 2.2.1: the message type is after the signature.
                "ntlmssp" => token.get(8) != Some(&3),
                _ => true,
            };
            assert_eq!(is_only_first(&token), is_first, "{case}");
        }
        for later in [
            &b"\xa1\x03\x30\x01\x00"[..],
            b"\x6f\x00",
            b"NTLMSSP\0\x03\0\0\0",
            b"NTLMSSP",
            b"",
        ] {
            assert!(!is_only_first(later), "{later:02x?}");
        }
    }

    #[test]
    fn what_was_cut_is_told_from_what_was_never_a_token() {
        // A header field cut at 8 KiB, which is 6,144 bytes without base64.
        let mut cut = std::vec![0; 6144];
        cut[..13].copy_from_slice(b"\x60\x82\x20\x00\x06\x06\x2b\x06\x01\x05\x05\x02\xa0");
        assert!(matches!(
            classify(&cut),
            Err(SpnegoError::Truncated {
                declared: 8196,
                actual: 6144
            })
        ));
        cut[0] = 0x6e;
        assert!(matches!(classify(&cut), Err(SpnegoError::Truncated { .. })));
        cut[0] = 0xa1;
        assert!(matches!(response(&cut), Err(SpnegoError::Truncated { .. })));
        for text in [&b"nick:secret"[..], b"{\"alg\":\"ES256\"}", b"alice:secret"] {
            assert!(
                matches!(classify(text), Err(SpnegoError::NotNegotiate { first_byte, len })
                    if first_byte == text[0] && len == text.len())
            );
        }
    }
}
