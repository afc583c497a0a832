//! NegTokenResp to DER (RFC 4178 section 4.2.2): each length is known before the first byte, so that the mechanism's token
//! need not leave its buffer, and without one a single allocation of the right size holds the answer.

use super::token::NegState;
use crate::der::{Tag, Writer};
use crate::{MechType, Token};
use alloc::vec::Vec;

/// What an answer says. `supported_mech` belongs in the first answer only.
#[derive(Debug)]
pub(crate) struct Response<'a> {
    pub(crate) neg_state: NegState,
    pub(crate) supported_mech: Option<MechType>,
    pub(crate) response_token: Option<Token>,
    pub(crate) mech_list_mic: Option<&'a [u8]>,
}

pub(crate) fn neg_token_resp(response: Response<'_>) -> Token {
    let neg_state = [response.neg_state.number()];
    let supported_mech = response.supported_mech.as_ref().map(MechType::contents);
    let token = response.response_token.map_or(Vec::new(), Token::into_bytes);
    let token_len = token.len();
    let mech_list_mic = response.mech_list_mic.filter(|mic| !mic.is_empty());

    let field_len = |content: &[u8]| Writer::field_len(content.len());
    let token_field_len = if token_len == 0 {
        0
    } else {
        Writer::field_len(token_len)
    };
    let fields_len = field_len(&neg_state)
        .saturating_add(supported_mech.map_or(0, field_len))
        .saturating_add(token_field_len)
        .saturating_add(mech_list_mic.map_or(0, field_len));
    let sequence_len = Writer::element_len(fields_len);

    let mut out = Writer::onto(token);
    let more = Writer::element_len(sequence_len).saturating_sub(token_len);
    out.buffer().reserve_exact(more);
    out.header(Tag::context(1), sequence_len);
    out.header(Tag::SEQUENCE, fields_len);
    field(&mut out, 0, Tag::ENUMERATED, &neg_state);
    if let Some(supported_mech) = supported_mech {
        field(&mut out, 1, Tag::OBJECT_IDENTIFIER, supported_mech);
    }
    if token_len != 0 {
        field_header(&mut out, 2, Tag::OCTET_STRING, token_len);
    }
    // What was written behind the token goes before it.
    out.buffer().rotate_left(token_len);
    if let Some(mech_list_mic) = mech_list_mic {
        field(&mut out, 3, Tag::OCTET_STRING, mech_list_mic);
    }
    Token::from(out.into_bytes())
}

/// The initial token: the list as it is, and the favourite mechanism's token (RFC 4178 section 4.2.1, RFC 2743 section
/// 3.1).
pub(crate) fn neg_token_init(mech_types: &[u8], mech_token: Option<&Token>) -> Token {
    let token_len = mech_token.map_or(0, |token| token.as_bytes().len());
    let mut out = Writer::with_capacity(mech_types.len().saturating_add(token_len).saturating_add(64));
    out.element(Tag::application(0), |framed| {
        framed.object_identifier(MechType::SPNEGO.contents());
        framed.element(Tag::context(0), |choice| {
            choice.sequence(|sequence| {
                sequence.field(0, |field| field.raw(mech_types));
                if let Some(token) = mech_token {
                    sequence.field(2, |field| field.octet_string(token.as_bytes()));
                }
            });
        });
    });
    Token::from(out.into_bytes())
}

/// The answer that ends a negotiation, with the mechanism's last word where it has one.
pub(crate) fn reject(response_token: Option<Token>) -> Token {
    neg_token_resp(Response {
        neg_state: NegState::Reject,
        supported_mech: None,
        response_token,
        mech_list_mic: None,
    })
}

fn field(out: &mut Writer, number: u8, tag: Tag, content: &[u8]) {
    field_header(out, number, tag, content.len());
    out.raw(content);
}

fn field_header(out: &mut Writer, number: u8, tag: Tag, content_len: usize) {
    out.header(Tag::context(number), Writer::element_len(content_len));
    out.header(tag, content_len);
}

#[cfg(test)]
mod tests {
    use super::*;
    use testvectors::load;

    #[test]
    fn answers_are_written_in_one_allocation_of_their_size() {
        let mut written = 0;
        for case in load("spnego/neg-token-resp.txt") {
            let neg_state = match case.has("neg-state").then(|| case.text("neg-state")) {
                Some("accept-completed") => NegState::AcceptCompleted,
                Some("accept-incomplete") => NegState::AcceptIncomplete,
                Some("reject") => NegState::Reject,
                Some("request-mic") => NegState::RequestMic,
                _ => continue, // an initiator's: ours always have one
            };
            if case.name().starts_with("a field with a number") || case.name() == "an empty responseToken" {
                continue; // only to be read
            }
            let supported_mech = case
                .has("supported-mech")
                .then(|| match case.text("supported-mech") {
                    "1.2.840.113554.1.2.2" => MechType::KRB5,
                    "1.2.840.48018.1.2.2" => MechType::MS_KRB5,
                    "1.3.6.1.4.1.311.2.2.10" => MechType::NTLMSSP,
                    other => panic!("{case}: {other}"),
                });
            let response_token = case
                .has("response-token")
                .then(|| case.bytes("response-token").into());
            let mech_list_mic = case.has("mech-list-mic").then(|| case.bytes("mech-list-mic"));
            let had_no_token = response_token.is_none();
            let token = neg_token_resp(Response {
                neg_state,
                supported_mech,
                response_token,
                mech_list_mic: mech_list_mic.as_deref(),
            });
            assert_eq!(token.as_bytes(), case.bytes("token"), "{case}");
            let bytes = token.into_bytes();
            if had_no_token {
                assert_eq!(bytes.capacity(), bytes.len(), "{case}");
            }
            written += 1;
        }
        assert!(written >= 7, "{written}");
    }

    #[test]
    fn a_token_with_room_around_it_stays_where_it_is() {
        let mut roomy = Vec::with_capacity(256);
        roomy.extend_from_slice(&[0x6f; 180]);
        let at = roomy.as_ptr();
        let wrapped = reject(Some(Token::from(roomy))).into_bytes();
        assert_eq!(
            wrapped,
            reject(Some(Token::from(std::vec![0x6f; 180]))).into_bytes()
        );
        assert_eq!(wrapped.as_ptr(), at);
    }

    #[test]
    fn an_empty_mechanism_token_is_left_out() {
        assert_eq!(
            reject(Some(Token::from(std::vec![]))).as_bytes(),
            b"\xa1\x07\x30\x05\xa0\x03\x0a\x01\x02"
        );
    }
}
