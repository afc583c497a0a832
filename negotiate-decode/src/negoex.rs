//! NegoEx (MS-NEGOEX section 2.2.6): the heads of its messages. They are not taken by this project's acceptor.

use crate::binary::{Order, inside};
use crate::decoder::Decoder;
use crate::tree::{Node, Value};

const SPEC: &str = "MS-NEGOEX section 2.2.6.2";

/// One message after the other.
pub(crate) fn messages(decoder: &mut Decoder<'_>, space: &[u8], (from, to): (usize, usize)) -> Node {
    let mut node = Node::new("NegoEx", SPEC, from, to);
    inside(decoder, space, &mut node, Order::Little, |fields| {
        while !fields.is_empty() {
            // cbMessageLength, after signature, type, sequence number and header's length.
            let length = fields.rest().get(20..24).and_then(<[u8]>::as_array);
            let length = length.map_or(usize::MAX, |length| u32::from_le_bytes(*length) as usize);
            let there = fields.rest().len();
            let at = fields.at;
            if length < HEADER_LEN || length > there {
                fields.note(
                    at,
                    "a message of NegoEx that is shorter than its head, or is cut off",
                );
            }
            let taken = if length < HEADER_LEN {
                there
            } else {
                length.min(there)
            };
            fields.structure(taken, "message", |message| {
                message.bytes(8, "Signature")?;
                message.value(Value::text(b"NEGOEXTS"));
                let message_type = message.u32("MessageType")?;
                message.meaning(message_name(message_type).map(str::to_owned));
                message.u32("SequenceNum")?;
                message.u32("cbHeaderLength")?;
                message.u32("cbMessageLength")?;
                message.bytes(16, "ConversationId")?;
                let rest = message.rest().len();
                message.bytes(rest, "Body").map(drop)
            })?;
        }
        Ok(())
    });
    node
}

const HEADER_LEN: usize = 40;

/// MS-NEGOEX section 2.2.6.1.
fn message_name(number: u32) -> Option<&'static str> {
    const NAMES: [&str; 8] = [
        "INITIATOR_NEGO",
        "ACCEPTOR_NEGO",
        "INITIATOR_META_DATA",
        "ACCEPTOR_META_DATA",
        "CHALLENGE",
        "AP_REQUEST",
        "VERIFY",
        "ALERT",
    ];
    NAMES.get(usize::try_from(number).ok()?).copied()
}
