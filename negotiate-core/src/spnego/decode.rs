//! Negotiation tokens from DER (RFC 4178 section 4.2, MS-SPNG section 2.2.1), strictly.
//!
//! Fields that later editions may add are skipped, as RFC 4178 section 6 demands; anything else that does not belong is
//! refused, trailing bytes included.

use super::reject::SpnegoError;
use super::token::{MechTypeList, NegState, NegTokenInit, NegTokenResp};
use crate::der::{Error, ErrorKind, Reader, Tag};

/// What follows the object identifier in the initial token.
pub(crate) fn neg_token_init<'a>(
    mut token: Reader<'a>,
    most_mech_types: usize,
) -> Result<NegTokenInit<'a>, SpnegoError> {
    let mut choice = token.element(Tag::context(0))?;
    token.finish()?;
    let mut sequence = choice.sequence()?;
    choice.finish()?;

    let (mech_types, count) = sequence.field(0, mech_type_list)?;
    if count > most_mech_types {
        return Err(SpnegoError::TooManyMechTypes {
            limit: most_mech_types,
        });
    }
    sequence.optional_field(1, req_flags)?;
    let mech_token = sequence.optional_field(2, Reader::octet_string)?;
    let mech_list_mic = match sequence.optional_field(3, third_field)? {
        Some(Third::MechListMic(mic)) => {
            sequence.skip_extensions(3)?;
            Some(mic)
        }
        Some(Third::NegHints) | None => {
            let mic = sequence.optional_field(4, Reader::octet_string)?;
            sequence.skip_extensions(4)?;
            mic
        }
    };
    Ok(NegTokenInit {
        mech_types,
        mech_token: mech_token.filter(|token| !token.is_empty()),
        mech_list_mic,
    })
}

/// A whole negotiation token after the first.
pub(crate) fn neg_token_resp(mut choice: Reader<'_>) -> Result<NegTokenResp<'_>, SpnegoError> {
    let mut sequence = choice.sequence()?;
    choice.finish()?;

    let neg_state = sequence.optional_field(0, neg_state)?;
    let supported_mech = sequence.optional_field(1, Reader::object_identifier)?;
    let response_token = sequence.optional_field(2, Reader::octet_string)?;
    let mech_list_mic = sequence.optional_field(3, Reader::octet_string)?;
    sequence.skip_extensions(3)?;
    Ok(NegTokenResp {
        neg_state,
        supported_mech,
        response_token: response_token.filter(|token| !token.is_empty()),
        // Windows 2000 puts a copy of the token where a MIC belongs; MIT krb5 knows the habit too.
        mech_list_mic: mech_list_mic.filter(|mic| response_token != Some(mic)),
    })
}

// RFC 4178 section 4.2.1: one or more mechanisms.
fn mech_type_list<'a>(field: &mut Reader<'a>) -> Result<(MechTypeList<'a>, usize), Error> {
    let mut list = *field;
    let der = field.raw(Tag::SEQUENCE)?;
    let mut list = list.sequence()?;
    let first = list;
    let mut count = 0_usize;
    while !list.is_empty() {
        list.object_identifier()?;
        count = count.saturating_add(1);
    }
    match count {
        0 => Err(first.error(ErrorKind::BadValue)),
        _ => Ok((MechTypeList::from_checked(der), count)),
    }
}

enum Third<'a> {
    MechListMic(&'a [u8]),
    NegHints,
}

// An initiator's hints are ignored (MS-SPNG section 3.2.5).
// NegHints ::= SEQUENCE { hintName [0] GeneralString OPTIONAL, hintAddress [1] OCTET STRING OPTIONAL }
fn third_field<'a>(field: &mut Reader<'a>) -> Result<Third<'a>, Error> {
    if field.peek() != Some(Tag::SEQUENCE) {
        return field.octet_string().map(Third::MechListMic);
    }
    let mut hints = field.sequence()?;
    hints.optional_field(0, Reader::general_string)?;
    hints.optional_field(1, Reader::octet_string)?;
    hints.finish()?;
    Ok(Third::NegHints)
}

fn neg_state(field: &mut Reader<'_>) -> Result<NegState, Error> {
    let before = *field;
    NegState::from_number(field.enumerated()?).ok_or_else(|| before.error(ErrorKind::BadValue))
}

/// `ContextFlags ::= BIT STRING { ... } (SIZE (32))`, of any size: DER leaves the zero bits at the end of named bits out, and 32 are not
/// to be expected (RFC 4178 section 4.2.1). Java writes the seven that have names. What they say is ignored (there, and MS-SPNG
/// section 3.1.5.3).
fn req_flags(field: &mut Reader<'_>) -> Result<(), Error> {
    field.bit_string_32().map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::super::framing::{FirstToken, classify, response};
    use super::*;
    use crate::Dotted;
    use std::string::{String, ToString};
    use std::vec::Vec;
    use testvectors::{Case, load};

    const LIMIT: usize = 32;

    fn init(token: &[u8]) -> Result<NegTokenInit<'_>, SpnegoError> {
        match classify(token)? {
            FirstToken::Spnego(inner) => neg_token_init(inner, LIMIT),
            other => panic!("{other:?}"),
        }
    }

    fn resp(token: &[u8]) -> Result<NegTokenResp<'_>, SpnegoError> {
        neg_token_resp(response(token)?)
    }

    // An empty token counts as none.
    fn token_of(case: &Case, key: &str) -> Option<Vec<u8>> {
        case.has(key)
            .then(|| case.bytes(key))
            .filter(|token| !token.is_empty())
    }

    #[test]
    fn initial_tokens_are_read() {
        let cases = ["spnego/neg-token-init.txt", "spnego/neg-token-init2.txt"];
        for case in cases.into_iter().flat_map(load) {
            let token = case.bytes("token");
            let init = init(&token).unwrap_or_else(|error| panic!("{case}: {error:?}"));
            let listed: Vec<String> = init
                .mech_types
                .iter()
                .map(|oid| Dotted(oid).to_string())
                .collect();
            assert_eq!(listed, case.lines("mech-types"), "{case}");
            assert_eq!(init.mech_types.der(), case.bytes("mech-types-encoding"), "{case}");
            assert_eq!(
                init.mech_token.map(<[u8]>::to_vec),
                token_of(&case, "mech-token"),
                "{case}"
            );
            assert_eq!(
                init.mech_list_mic.map(<[u8]>::to_vec),
                token_of(&case, "mech-list-mic"),
                "{case}"
            );
        }
    }

    #[test]
    fn later_tokens_are_read() {
        for case in load("spnego/neg-token-resp.txt") {
            let token = case.bytes("token");
            let resp = resp(&token).unwrap_or_else(|error| panic!("{case}: {error:?}"));
            let neg_state = case.has("neg-state").then(|| match case.text("neg-state") {
                "accept-completed" => NegState::AcceptCompleted,
                "accept-incomplete" => NegState::AcceptIncomplete,
                "reject" => NegState::Reject,
                "request-mic" => NegState::RequestMic,
                other => panic!("{case}: {other}"),
            });
            assert_eq!(resp.neg_state, neg_state, "{case}");
            assert_eq!(
                resp.supported_mech.map(|oid| Dotted(oid).to_string()),
                case.has("supported-mech")
                    .then(|| case.text("supported-mech").into()),
                "{case}"
            );
            assert_eq!(
                resp.response_token.map(<[u8]>::to_vec),
                token_of(&case, "response-token"),
                "{case}"
            );
            assert_eq!(
                resp.mech_list_mic.map(<[u8]>::to_vec),
                token_of(&case, "mech-list-mic"),
                "{case}"
            );
        }
    }

    #[test]
    fn malformed_tokens_are_refused() {
        for case in load("spnego/malformed.txt") {
            let token = case.bytes("token");
            let refused = match case.text("as") {
                "NegTokenInit" => init(&token).is_err(),
                "NegTokenResp" => resp(&token).is_err(),
                other => panic!("{case}: {other}"),
            };
            assert!(refused, "{case}");
        }
    }

    // 60 len SPNEGO a0 len 30 len, mechTypes of krb5, and the fields given.
    fn init_with(fields: &[u8]) -> Vec<u8> {
        let mut out = crate::der::Writer::new();
        out.element(Tag::application(0), |out| {
            out.object_identifier(b"\x2b\x06\x01\x05\x05\x02");
            out.field(0, |out| {
                out.sequence(|out| {
                    out.raw(b"\xa0\x0d\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02");
                    out.raw(fields);
                });
            });
        });
        out.into_bytes()
    }

    #[test]
    fn fields_of_later_editions_are_skipped_and_no_others() {
        for (fields, mic) in [
            (&b"\xa3\x03\x04\x01m\xa4\x00\xa9\x00"[..], Some(&b"m"[..])),
            // NegTokenInit2 has its MIC in [4].
            (b"\xa3\x02\x30\x00\xa4\x03\x04\x01m\xa5\x00", Some(b"m")),
            (b"\xa4\x03\x04\x01m", Some(b"m")),
            (b"\xa3\x07\x30\x05\xa0\x03\x1b\x01h", None),
            (b"\xa5\x00", None),
        ] {
            let token = init_with(fields);
            assert_eq!(init(&token).unwrap().mech_list_mic, mic, "{fields:02x?}");
        }
        for fields in [
            &b"\xa3\x03\x04\x01m\xa2\x03\x04\x01t"[..],
            b"\xa3\x03\x04\x01m\x04\x00",
            b"\xa3\x02\x30\x00\xa4\x02\x30\x00",
            b"\xa5\x00\xa5\x00",
            // NegHints has no room for more.
            b"\xa3\x07\x30\x05\xa2\x03\x1b\x01h",
            b"\xa3\x05\x30\x03\x04\x01h",
        ] {
            assert!(init(&init_with(fields)).is_err(), "{fields:02x?}");
        }
        let extended = resp(b"\xa1\x0b\x30\x09\xa0\x03\x0a\x01\x01\xa4\x00\xa7\x00").unwrap();
        assert_eq!(extended.neg_state, Some(NegState::AcceptIncomplete));
        assert!(resp(b"\xa1\x09\x30\x05\xa0\x03\x0a\x01\x01\xa4\x00").is_err());
    }

    #[test]
    fn a_mic_that_copies_the_token_is_none() {
        let copied = resp(b"\xa1\x0e\x30\x0c\xa2\x04\x04\x02ab\xa3\x04\x04\x02ab").unwrap();
        assert_eq!(
            (copied.response_token, copied.mech_list_mic),
            (Some(&b"ab"[..]), None)
        );
        let other = resp(b"\xa1\x0e\x30\x0c\xa2\x04\x04\x02ab\xa3\x04\x04\x02ac").unwrap();
        assert_eq!(other.mech_list_mic, Some(&b"ac"[..]));
        // An empty MIC beside a token is a MIC, and a wrong one.
        let empty = resp(b"\xa1\x0c\x30\x0a\xa2\x04\x04\x02ab\xa3\x02\x04\x00").unwrap();
        assert_eq!(empty.mech_list_mic, Some(&b""[..]));
    }
}
