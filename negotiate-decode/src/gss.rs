//! What GSS-API puts around Kerberos: the framing (RFC 2743 section 3.1), token identifiers, the checksum with flags and
//! bindings, and per-message tokens (RFC 4121 sections 4.1 and 4.2, RFC 1964 section 1.2).

use crate::asn1::{self, OID, Tlv};
use crate::binary::{Fields, Order, Read, inside};
use crate::decoder::Decoder;
use crate::kerberos;
use crate::tree::{Node, Value};
use negotiate_core::MechType;

const FRAMING: &str = "RFC 2743 section 3.1";

/// `[APPLICATION 0] { thisMech OBJECT IDENTIFIER, innerContextToken ANY }`.
pub(crate) fn initial_context_token(
    decoder: &mut Decoder<'_>,
    space: &[u8],
    (from, to): (usize, usize),
) -> Node {
    let mut node = Node::new("InitialContextToken", FRAMING, from, to);
    let tlv = match Tlv::read(space, from, to) {
        Ok(tlv) => tlv,
        Err(fault) => {
            node.faults.push(fault);
            return node;
        }
    };
    node.content = (tlv.content, tlv.end);
    node.faults.extend(tlv.fault);
    node.faults.extend(tlv.cut.filter(|_| decoder.is_news(tlv.end)));
    if tlv.end < to {
        node.fault(
            space,
            tlv.end,
            to,
            format!("{} bytes after the end", to - tlv.end),
        );
    }
    decoder.deeper(|decoder| inner(decoder, space, &mut node, tlv.content, tlv.end));
    node
}

fn inner(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node, at: usize, end: usize) {
    let (mut mech, at) = decoder.element(space, at, end, "thisMech", &OID);
    mech.spec = FRAMING;
    let is_broken = !mech.faults.is_empty();
    let oid = mech.content_in(space).to_vec();
    decoder.push(space, node, mech);
    if is_broken || at >= end {
        if !is_broken {
            node.fault(space, at, at, "nothing follows the mechanism's identifier");
        }
        return;
    }
    let krb5 = [
        MechType::KRB5,
        MechType::MS_KRB5,
        MechType::KRB5_USER_TO_USER,
        MechType::IAKERB,
    ];
    let is_krb5 = krb5.iter().any(|known| known.contents() == oid);
    let content = if oid == MechType::SPNEGO.contents() {
        crate::spnego::token(decoder, space, (at, end))
    } else if is_krb5 {
        let mut token = Node::new("innerContextToken", "RFC 4121 section 4.1", at, end);
        inside(decoder, space, &mut token, Order::Big, krb5_token);
        token
    } else {
        crate::kind::mechanism_token(decoder, space, (at, end), "innerContextToken")
    };
    decoder.push(space, node, content);
}

/// TOK_ID and the message.
fn krb5_token(fields: &mut Fields<'_, '_, '_>) -> Read<()> {
    let tok_id = fields.bytes(2, "TOK_ID")?;
    let (name, expected) = match tok_id {
        [1, 0] => ("AP-REQ", Some(0x6e)),
        [2, 0] => ("AP-REP", Some(0x6f)),
        [3, 0] => ("KRB-ERROR", Some(0x7e)),
        [1, 1] => ("MIC of RFC 1964", None),
        [1, 2] => ("context deletion of RFC 1964", None),
        [2, 1] => ("Wrap of RFC 1964", None),
        [4, 0] => ("TGT-REQ (user to user)", None),
        [4, 1] => ("TGT-REP (user to user)", None),
        [5, 1] => ("IAKERB_PROXY", None),
        _ => ("unknown", None),
    };
    fields.meaning(Some(name.into()));
    match (tok_id, expected) {
        (_, Some(tag)) => message(fields, tag),
        ([1, 1] | [1, 2], _) => v1(fields, V1::Mic),
        ([2, 1], _) => v1(fields, V1::Wrap),
        ([5, 1], _) => iakerb(fields),
        ([4, 0], _) => whole(fields, "TGT-REQ", &kerberos::TGT_REQ),
        ([4, 1], _) => whole(fields, "TGT-REP", &kerberos::TGT_REP),
        _ => {
            fields.at -= 2;
            fields.stop("an unknown token identifier")
        }
    }
}

fn message(fields: &mut Fields<'_, '_, '_>, tag: u8) -> Read<()> {
    let Some(message) = kerberos::by_tag(tag) else {
        return fields.stop("an unknown message");
    };
    whole(fields, message.name, message.of)
}

/// All that is left is of this type.
fn whole(fields: &mut Fields<'_, '_, '_>, name: &'static str, of: &'static asn1::Type) -> Read<()> {
    let rest = (fields.at, fields.end);
    let content = fields.decoder.whole(fields.space, rest, name, of);
    fields.at = fields.end;
    fields.push(content)
}

/// draft-ietf-kitten-iakerb section 3: a header, and the KDC's or client's message.
fn iakerb(fields: &mut Fields<'_, '_, '_>) -> Read<()> {
    let (from, end) = (fields.at, fields.end);
    let any = asn1::Type::new("draft-ietf-kitten-iakerb section 3", asn1::Shape::Any);
    let (header, at) = fields
        .decoder
        .element(fields.space, from, end, "IAKERB-HEADER", &any);
    fields.at = at;
    fields.push(header)?;
    match fields.rest().first().copied() {
        Some(tag) if kerberos::by_tag(tag).is_some() => message(fields, tag),
        Some(_) => fields.stop("no Kerberos message"),
        None => Ok(()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum V1 {
    Mic,
    Wrap,
}

/// RFC 1964 sections 1.2.1 and 1.2.2, as RC4 keys still use it (RFC 4757 sections 7.2 and 7.3).
fn v1(fields: &mut Fields<'_, '_, '_>, kind: V1) -> Read<()> {
    fields.bytes(2, "SGN_ALG")?;
    match kind {
        V1::Mic => fields.bytes(4, "Filler")?,
        V1::Wrap => {
            fields.bytes(2, "SEAL_ALG")?;
            fields.bytes(2, "Filler")?
        }
    };
    fields.bytes(8, "SND_SEQ")?;
    fields.bytes(8, "SGN_CKSUM")?;
    match fields.rest().len() {
        0 => Ok(()),
        rest => fields.bytes(rest, "Data").map(drop),
    }
}

/// A MIC or Wrap token of RFC 4121 section 4.2.6, by its first bytes.
pub(crate) fn per_message(space: &[u8], (from, to): (usize, usize)) -> Option<&'static str> {
    match space.get(from..to)? {
        [4, 4, _, 0xff, 0xff, ..] => Some("MIC"),
        [5, 4, _, 0xff, ..] => Some("Wrap"),
        _ => None,
    }
}

/// MIC: TOK_ID, flags, filler, sequence number, checksum. Wrap: TOK_ID, flags, filler, EC, RRC, sequence number, data.
pub(crate) fn per_message_token(decoder: &mut Decoder<'_>, space: &[u8], (from, to): (usize, usize)) -> Node {
    let is_mic = per_message(space, (from, to)) == Some("MIC");
    let (name, spec) = match is_mic {
        true => ("MIC", "RFC 4121 section 4.2.6.1"),
        false => ("Wrap", "RFC 4121 section 4.2.6.2"),
    };
    let mut node = Node::new(name, spec, from, to);
    inside(decoder, space, &mut node, Order::Big, |fields| {
        fields.bytes(2, "TOK_ID")?;
        let flags = fields.u8("Flags")?;
        let names = [(1, "sent-by-acceptor"), (2, "sealed"), (4, "acceptor-subkey")];
        fields.value(Value::flags(flags.into(), &names));
        if is_mic {
            fields.bytes(5, "Filler")?;
            fields.u64("SND_SEQ")?;
            let rest = fields.rest().len();
            fields.bytes(rest, "SGN_CKSUM")?;
        } else {
            fields.bytes(1, "Filler")?;
            fields.u16("EC")?;
            fields.u16("RRC")?;
            fields.u64("SND_SEQ")?;
            let rest = fields.rest().len();
            fields.bytes(rest, "Data")?;
        }
        Ok(())
    });
    node
}

/// The names of `ContextFlags`, and those of RFC 2744 and RFC 5896 that an acceptor does not look at.
const CONTEXT_FLAGS: [(u32, &str); 14] = [
    (0x1, "delegate"),
    (0x2, "mutual"),
    (0x4, "replay"),
    (0x8, "sequence"),
    (0x10, "confidentiality"),
    (0x20, "integrity"),
    (0x40, "anonymous"),
    (0x80, "prot_ready"),
    (0x100, "trans"),
    (0x800, "channel_bound"),
    (0x1000, "dce_style"),
    (0x2000, "identify"),
    (0x4000, "extended_error"),
    (0x8000, "deleg_policy"),
];

/// The authenticator's checksum of type 0x8003 (RFC 4121 section 4.1.1).
pub(crate) fn checksum(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    let is_gss = node.integer_of("cksumtype") == Some(0x8003);
    let Some(checksum) = node.child_mut("checksum").filter(|_| is_gss) else {
        return;
    };
    checksum.spec = "RFC 4121 section 4.1.1";
    inside(decoder, space, checksum, Order::Little, |fields| {
        let at = fields.at;
        if fields.u32("Lgth")? != 16 {
            fields.note(at, "another length of the bindings than 16");
        }
        let bindings = fields.bytes(16, "Bnd")?;
        let given = bindings.iter().any(|byte| *byte != 0);
        fields.meaning(Some(
            if given {
                "channel bindings"
            } else {
                "no channel bindings"
            }
            .into(),
        ));
        let flags = fields.flags("Flags", &CONTEXT_FLAGS)?;
        if flags & 1 != 0 {
            let at = fields.at;
            if fields.u16("DlgOpt")? != 1 {
                fields.note(at, "another delegation option than 1");
            }
            let length = usize::from(fields.u16("Dlgth")?);
            let from = fields.at;
            fields.take(length, "Deleg")?;
            let range = (from, fields.at);
            let deleg = kerberos::by_tag(0x76);
            if let Some(cred) = deleg {
                let content = fields.decoder.whole(fields.space, range, "Deleg", cred.of);
                fields.push(content)?;
            }
        }
        match fields.rest().len() {
            0 => Ok(()),
            rest => fields.bytes(rest, "Exts").map(drop),
        }
    });
}
