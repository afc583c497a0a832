//! SPNEGO's tokens (RFC 4178 section 4.2, MS-SPNG section 2.2.1).

use crate::asn1::{self, GENERAL_STRING, OCTETS, OID, Shape, Type, optional};
use crate::decoder::Decoder;
use crate::tree::{Node, Value};

const INIT: &str = "RFC 4178 section 4.2.1";
const RESP: &str = "RFC 4178 section 4.2.2";

/// `NegotiationToken`, without the framing.
pub(crate) fn token(decoder: &mut Decoder<'_>, space: &[u8], range: (usize, usize)) -> Node {
    let name = match space.get(range.0) {
        Some(0xa1) => "NegTokenResp",
        _ => "NegTokenInit",
    };
    decoder.whole(space, range, name, &NEGOTIATION_TOKEN)
}

static NEGOTIATION_TOKEN: Type = Type::new(
    "RFC 4178 section 4.2",
    Shape::Choice(&[&NEG_TOKEN_INIT, &NEG_TOKEN_RESP]),
);

static NEG_TOKEN_INIT: Type = Type::context(INIT, 0, &NEG_TOKEN_INIT_FIELDS);
static NEG_TOKEN_RESP: Type = Type::context(RESP, 1, &NEG_TOKEN_RESP_FIELDS);

static NEG_TOKEN_INIT_FIELDS: Type = Type::extensible(
    INIT,
    &[
        optional(0, "mechTypes", &MECH_TYPES),
        optional(1, "reqFlags", &CONTEXT_FLAGS),
        optional(2, "mechToken", &OCTETS),
        optional(3, "mechListMIC", &MIC_OR_HINTS),
        optional(4, "mechListMIC", &OCTETS),
    ],
)
.then(init);

static MECH_TYPES: Type = Type::list("RFC 4178 section 4.1", "mechType", &OID);

/// ContextFlags as RFC 4178 section 4.2.1 numbers its bits.
static CONTEXT_FLAGS: Type = Type::leaf(INIT, 0x03, |content, node| {
    const NAMES: [(u32, &str); 7] = [
        (0x8000_0000, "delegFlag"),
        (0x4000_0000, "mutualFlag"),
        (0x2000_0000, "replayFlag"),
        (0x1000_0000, "sequenceFlag"),
        (0x0800_0000, "anonFlag"),
        (0x0400_0000, "confFlag"),
        (0x0200_0000, "integFlag"),
    ];
    asn1::flags(content, node, &NAMES)
});

/// In NegTokenInit the MIC, in NegTokenInit2 (MS-SPNG section 2.2.1) the hints.
static MIC_OR_HINTS: Type = Type::new(INIT, Shape::Choice(&[&OCTETS, &NEG_HINTS]));

static NEG_HINTS: Type = Type::extensible(
    "MS-SPNG section 2.2.1",
    &[
        optional(0, "hintName", &GENERAL_STRING),
        optional(1, "hintAddress", &OCTETS),
    ],
);

static NEG_TOKEN_RESP_FIELDS: Type = Type::extensible(
    RESP,
    &[
        optional(0, "negState", &NEG_STATE),
        optional(1, "supportedMech", &OID),
        optional(2, "responseToken", &OCTETS),
        optional(3, "mechListMIC", &OCTETS),
    ],
)
.then(tokens);

static NEG_STATE: Type = Type::leaf(RESP, 0x0a, |content, node| {
    asn1::integer(content, node)?;
    let name = match node.value {
        Value::Integer(0) => "accept-completed",
        Value::Integer(1) => "accept-incomplete",
        Value::Integer(2) => "reject",
        Value::Integer(3) => "request-mic",
        _ => return Err("no negState"),
    };
    node.meaning = Some(name.into());
    Ok(())
});

fn init(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    const HINTS: u8 = 0xa3;
    if let Some(hints) = node
        .children
        .iter_mut()
        .find(|child| !child.children.is_empty() && space.get(child.offset) == Some(&HINTS))
    {
        hints.name = "negHints";
    }
    tokens(decoder, space, node);
}

/// The mechanism's token, and the MIC, inside their OCTET STRINGs.
fn tokens(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    for child in &mut node.children {
        let range = child.content;
        if range.0 == range.1 {
            continue;
        }
        let content = match child.name {
            "mechToken" | "responseToken" => crate::kind::mechanism_token(decoder, space, range, "token"),
            "mechListMIC" => match crate::kind::signature(decoder, space, range) {
                Some(signature) => signature,
                None => continue,
            },
            _ => continue,
        };
        decoder.push(space, child, content);
    }
}
