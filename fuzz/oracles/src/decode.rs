//! Anything as a tree: it keeps its limits, every node lies where it says, nothing reaches a terminal that it would act on,
//! and what the strict readers take is shown without a fault.

use crate::negotiation;
use mech_krb5::ccache::Ccache;
use mech_krb5::keytab::Keytab;
use mech_krb5::message::{
    ApReq, Authenticator, EncApRepPart, EncKdcRepPart, EncKrbCredPart, EncTicketPart, KdcExchange, KdcRep,
    KdcReq, KrbCred, KrbError, TgtReq, Ticket,
};
use mech_ntlm::message::{Authenticate, AvPairs, Challenge, Negotiate, NegotiateFlags, NtResponse};
use negotiate_core::MechType;
use negotiate_core::der::{Reader, Tag};
use negotiate_decode::{Decoded, Keys, MAX_DEPTH, MAX_NODES, MAX_SHOWN, Node, Value, decode};
use std::cell::OnceCell;
use testvectors::capture;

thread_local! {
    /// A captured keytab, read once.
    static KEYTAB: OnceCell<Vec<u8>> = const { OnceCell::new() };
}

/// # Panics
/// If any of this does not hold.
pub fn check(input: &[u8]) {
    sound(input, &decode(input, &mut Keys::none()));
    // Once more with keys, and then with those that came out: something else is in the tree, and the same holds.
    let mut keys = Keys::of(keytab());
    sound(input, &decode(input, &mut keys));
    sound(input, &decode(input, &mut keys));
}

fn keytab() -> Keytab {
    KEYTAB.with(|file| {
        let file = file.get_or_init(|| capture("mit/etype18-spnego-mutual").keytab());
        Keytab::parse(file).expect("a captured keytab")
    })
}

fn sound(input: &[u8], decoded: &Decoded) {
    assert_eq!(decoded.length, input.len());
    let mut nodes = 0;
    let shown = match decoded.kind.holds_keys() {
        true => 0,
        false => MAX_SHOWN,
    };
    lies_in(&decoded.root, input.len(), (0, input.len()), 1, shown, &mut nodes);
    // Claims have no bytes of their own, and a tree its root.
    assert!(nodes <= MAX_NODES + 4096, "{nodes} nodes");
    let text = decoded.text();
    assert!(
        text.len() <= 4096 + 8192 * nodes,
        "{} bytes of text, {nodes} nodes",
        text.len()
    );
    assert!(!text.contains(|character: char| character.is_control() && character != '\n'));
    let json = serde_json::to_string(decoded).expect("JSON");
    assert!(
        serde_json::from_str::<serde_json::Value>(&json).is_ok(),
        "JSON that is too deep for its readers"
    );
    if let Some(what) = strictly_read(input) {
        let faults = own_faults(&decoded.root);
        assert!(faults.is_empty(), "{what} with faults: {faults:?}\n{text}");
    }
}

/// Inside its space, and inside the node around it; of what could not be read at most `shown` bytes are shown, and none where
/// keys stand in the clear.
fn lies_in(
    node: &Node,
    space: usize,
    (from, to): (usize, usize),
    depth: usize,
    shown: usize,
    nodes: &mut usize,
) {
    *nodes += 1;
    let end = node.offset + node.length;
    assert!(
        from <= node.offset && end <= to,
        "{} at {}..{end} in {from}..{to}",
        node.name,
        node.offset
    );
    // A level for the root, and one for an explicit tag that stands where a level would.
    assert!(depth <= MAX_DEPTH + 2, "{} at depth {depth}", node.name);
    for fault in &node.faults {
        assert!(
            fault.offset + fault.rest_length <= space,
            "{}: {fault:?}",
            node.name
        );
        assert!(fault.rest.len() == fault.rest_length.min(shown), "{fault:?}");
    }
    if let Value::Bytes(bytes, length) = &node.value {
        assert!(bytes.len() == (*length).min(MAX_SHOWN));
    }
    for child in &node.children {
        lies_in(child, space, (node.offset, end), depth + 1, shown, nodes);
    }
    if let Some(opened) = &node.opened {
        for child in &opened.children {
            lies_in(child, opened.length, (0, opened.length), depth + 1, 0, nodes);
        }
    }
}

/// Those that a strict reader would look at: what lies in an OCTET STRING or is opened is somebody else's.
fn own_faults(node: &Node) -> Vec<String> {
    let mut faults: Vec<String> = node
        .faults
        .iter()
        .map(|fault| format!("{}: {} at {}", node.name, fault.what, fault.offset))
        .collect();
    if !matches!(node.value, Value::Bytes(..) | Value::Secret(_)) {
        faults.extend(node.children.iter().flat_map(own_faults));
    }
    faults
}

/// What the input is to the reader that takes it.
fn strictly_read(input: &[u8]) -> Option<&'static str> {
    let ticket = || {
        let mut reader = Reader::new(input);
        Ticket::decode(&mut reader).is_ok() && reader.is_empty()
    };
    let kdc = [KdcExchange::As, KdcExchange::Tgs];
    Some(match input {
        _ if Keytab::parse(input).is_ok() => "a keytab",
        // The two are told by their first bytes, and those of a keytab say nothing about a cache.
        [5, 3 | 4, ..] if Ccache::parse(input).is_ok() => "a credential cache",
        [0x61, ..] if ticket() => "a ticket",
        [0x62, ..] if Authenticator::decode(input).is_ok() => "an authenticator",
        [0x63, ..] if EncTicketPart::decode(input).is_ok() => "an EncTicketPart",
        [0x6e, ..] if ApReq::decode(input).is_ok() => "an AP-REQ",
        [0x6f, ..] if EncApRepPart::decode_sealed(input).is_ok() => "an AP-REP",
        [0x7b, ..] if EncApRepPart::decode(input).is_ok() => "an EncAPRepPart",
        [0x79 | 0x7a, ..] if EncKdcRepPart::decode(input).is_ok() => "an EncKDCRepPart",
        [0x76, ..] if KrbCred::decode(input).is_ok() => "a KRB-CRED",
        [0x7d, ..] if EncKrbCredPart::decode(input).is_ok() => "an EncKrbCredPart",
        [0x7e, ..] if KrbError::decode(input).is_ok() => "a KRB-ERROR",
        [0x6a | 0x6c, ..] if KdcReq::decode(input).is_ok() => "a KDC-REQ",
        [0x6b | 0x6d, ..] if kdc.iter().any(|kdc| KdcRep::decode(*kdc, input).is_ok()) => "a KDC-REP",
        [0x60, ..] if is_tgt_req(input) => "a request for the acceptor's ticket",
        [0x60 | 0xa1, ..] if negotiation::is_well_formed(input) => "a token of SPNEGO",
        _ if is_ntlm(input) => "a message of NTLM",
        _ => return None,
    })
}

/// A request for the acceptor's own ticket, in its framing.
pub(crate) fn is_tgt_req(input: &[u8]) -> bool {
    let mut reader = Reader::new(input);
    let framed = reader.element(Tag::application(0));
    let Ok(mut framed) = framed.and_then(|framed| reader.finish().map(|()| framed)) else {
        return false;
    };
    framed.object_identifier() == Ok(MechType::KRB5_USER_TO_USER.contents())
        && framed
            .rest()
            .strip_prefix(&[4, 0])
            .is_some_and(|message| TgtReq::decode(message).is_ok())
}

/// A message, and all that its payloads hold.
fn is_ntlm(input: &[u8]) -> bool {
    if Negotiate::decode(input).is_ok() {
        return true;
    }
    if let Ok(challenge) = Challenge::decode(input) {
        let pairs = challenge.av_pairs();
        return challenge.target_name.text(challenge.flags).is_ok()
            && pairs.is_ok_and(|pairs| pairs.is_none_or(texts));
    }
    let Ok(message) = Authenticate::decode(input) else {
        return false;
    };
    let names = [message.domain_name, message.user_name, message.workstation];
    let unicode = |flags: NegotiateFlags| names.iter().all(|name| name.text(flags).is_ok());
    unicode(message.flags)
        && match message.nt_response() {
            Ok(NtResponse::V2 { client_challenge, .. }) => texts(client_challenge.av_pairs),
            response => response.is_ok(),
        }
}

/// Whether every name in a list is text.
fn texts(pairs: AvPairs<'_>) -> bool {
    const NAMES: [u16; 6] = [1, 2, 3, 4, 5, 9];
    pairs
        .iter()
        .all(|pair| !NAMES.contains(&pair.id.0) || pair.text().is_ok())
}
