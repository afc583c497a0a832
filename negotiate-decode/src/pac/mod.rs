//! The privilege attribute certificate (MS-PAC): its buffers, SIDs in text.
//!
//! What it says is shown whether it was verified or not; the node's meaning tells which.

mod logon_info;
mod ndr;

use crate::binary::{Fields, Order, Read, inside};
use crate::decoder::Decoder;
use crate::kerberos::PacVerdict;
use crate::tree::{Node, Value};
use mech_krb5::pac::{Claims, MAX_BUFFERS};
use negotiate_core::{ClaimValues, Sid};

const PACTYPE: &str = "MS-PAC section 2.3";
const INFO: &str = "MS-PAC section 2.4";

/// `PACTYPE`.
pub(crate) fn decode(decoder: &mut Decoder<'_>, space: &[u8], (from, to): (usize, usize)) -> Node {
    let mut node = Node::new("PAC", PACTYPE, from, to);
    inside(decoder, space, &mut node, Order::Little, |fields| {
        let at = fields.at;
        let count = fields.u32("cBuffers")?;
        if count as usize > MAX_BUFFERS {
            fields.note(at, "more than 64 buffers");
        }
        let at = fields.at;
        if fields.u32("Version")? != 0 {
            fields.note(at, "another version than 0");
        }
        let mut buffers = Vec::new();
        for _ in 0..count.min(MAX_BUFFERS as u32) {
            let mut buffer = Buffer::default();
            fields.structure(INFO_LEN, "PAC_INFO_BUFFER", |info| {
                info.node.spec = INFO;
                buffer = Buffer {
                    info: info.at,
                    buffer_type: info.u32("ulType")?,
                    size: info.u32("cbBufferSize")?,
                    offset: 0,
                };
                buffer.offset = info.u64("Offset")?;
                info.node.meaning = buffer.kind().map(|(name, ..)| name.to_owned());
                Ok(())
            })?;
            buffers.push(buffer);
        }
        buffers.iter().try_for_each(|buffer| buffer.show(fields))
    });
    node
}

const INFO_LEN: usize = 16;

#[derive(Clone, Copy, Default)]
struct Buffer {
    info: usize,
    buffer_type: u32,
    size: u32,
    offset: u64,
}

type Reader = fn(&mut Fields<'_, '_, '_>) -> Read<()>;

impl Buffer {
    /// Name, section and reader by type.
    fn kind(&self) -> Option<(&'static str, &'static str, Reader)> {
        Some(match self.buffer_type {
            1 => ("logon-info", "MS-PAC section 2.5", logon_info::read as Reader),
            2 => ("credentials-info", "MS-PAC section 2.6.1", credentials),
            6 => ("server-checksum", "MS-PAC section 2.8.4", signature),
            7 => ("privsvr-checksum", "MS-PAC section 2.8.5", signature),
            10 => ("client-info", "MS-PAC section 2.7", client_info),
            11 => ("delegation-info", "MS-PAC section 2.9", logon_info::delegation),
            12 => ("upn-dns-info", "MS-PAC section 2.10", upn_dns_info),
            13 => ("client-claims", "MS-PAC section 2.11", claims),
            14 => ("device-info", "MS-PAC section 2.12", logon_info::device),
            15 => ("device-claims", "MS-PAC section 2.13", claims),
            16 => ("ticket-checksum", "MS-PAC section 2.8.2", signature),
            17 => ("attributes-info", "MS-PAC section 2.14", attributes),
            18 => ("requestor", "MS-PAC section 2.15", requestor),
            19 => ("full-checksum", "MS-PAC section 2.8.3", signature),
            _ => return None,
        })
    }

    fn show(&self, fields: &mut Fields<'_, '_, '_>) -> Read<()> {
        let (start, end) = (fields.node.offset, fields.end);
        let from = usize::try_from(self.offset)
            .unwrap_or(usize::MAX)
            .saturating_add(start);
        let to = from.saturating_add(self.size as usize);
        if from > end || to > end {
            fields.note(self.info, "a buffer that lies outside the PAC");
            return Ok(());
        }
        if !self.offset.is_multiple_of(8) {
            fields.note(self.info, "a buffer that does not begin at a multiple of eight");
        }
        let space = fields.space;
        let Some((name, spec, read)) = self.kind() else {
            let node = Node::new("unknown", INFO, from, to);
            let value = Value::bytes(node.content_in(space));
            return fields.push(node.with(value));
        };
        let mut node = Node::new(name, spec, from, to);
        inside(fields.decoder, space, &mut node, Order::Little, read);
        fields.push(node)
    }
}

/// `PAC_SIGNATURE_DATA`.
fn signature(fields: &mut Fields<'_, '_, '_>) -> Read<()> {
    let checksum_type = fields.u32("SignatureType")?.cast_signed();
    fields.value(Value::Integer(checksum_type.into()));
    let name = mech_krb5::crypto::checksum_type_name(checksum_type);
    fields.meaning(name.map(str::to_owned));
    let rest = fields.rest().len();
    let known = crate::keys::checksum_len(checksum_type);
    fields.bytes(known.unwrap_or(rest).min(rest), "Signature")?;
    match fields.rest().len() {
        0 => Ok(()),
        2 => fields.u16("RODCIdentifier").map(drop),
        rest => fields.bytes(rest, "rest").map(drop),
    }
}

/// `PAC_CLIENT_INFO`.
fn client_info(fields: &mut Fields<'_, '_, '_>) -> Read<()> {
    fields.file_time("ClientId")?;
    let len = fields.u16("NameLength")?;
    utf16(fields, len.into(), "Name")
}

pub(super) fn utf16(fields: &mut Fields<'_, '_, '_>, len: usize, name: &'static str) -> Read<()> {
    let at = fields.at;
    let bytes = fields.bytes(len, name)?;
    match Value::utf16(bytes) {
        Some(text) => fields.value(text),
        None => fields.note(at, "not UTF-16"),
    }
    Ok(())
}

/// `PAC_CREDENTIAL_INFO`: sealed with the key of the AS reply.
fn credentials(fields: &mut Fields<'_, '_, '_>) -> Read<()> {
    fields.u32("Version")?;
    let etype = fields.u32("EncryptionType")?.cast_signed();
    fields.meaning(crate::kerberos::etype_meaning(etype));
    let rest = fields.rest().len();
    fields.secret(rest, "SerializedData").map(drop)
}

/// `UPN_DNS_INFO`: lengths and offsets, and what they point to.
fn upn_dns_info(fields: &mut Fields<'_, '_, '_>) -> Read<()> {
    const EXTENDED: u32 = 2;
    let start = fields.at;
    let mut parts = Vec::new();
    let mut part = |fields: &mut Fields<'_, '_, '_>, name, length, offset| {
        let at = fields.at;
        let length = usize::from(fields.u16(length)?);
        let offset = usize::from(fields.u16(offset)?);
        parts.push((at, name, length, offset));
        Ok(())
    };
    part(fields, "Upn", "UpnLength", "UpnOffset")?;
    part(
        fields,
        "DnsDomainName",
        "DnsDomainNameLength",
        "DnsDomainNameOffset",
    )?;
    let flags = fields.flags("Flags", &[(1, "upn-constructed"), (EXTENDED, "extended")])?;
    if flags & EXTENDED != 0 {
        part(fields, "SamName", "SamNameLength", "SamNameOffset")?;
        part(fields, "Sid", "SidLength", "SidOffset")?;
    }
    for (at, name, length, offset) in parts {
        let from = start + offset;
        if from + length > fields.end {
            fields.note(at, format!("{name} lies outside the buffer"));
            continue;
        }
        fields.at = from;
        match name {
            "Sid" => sid(fields, length, name)?,
            _ => utf16(fields, length, name)?,
        }
    }
    Ok(())
}

/// A SID as it stands (MS-DTYP section 2.4.2.2).
pub(super) fn sid(fields: &mut Fields<'_, '_, '_>, len: usize, name: &'static str) -> Read<()> {
    let at = fields.at;
    let bytes = fields.bytes(len, name)?;
    match Sid::from_bytes(bytes) {
        Ok(sid) => fields.value(Value::text(sid.to_string().as_bytes())),
        Err(_) => fields.note(at, "no SID"),
    }
    Ok(())
}

/// `PAC_ATTRIBUTES_INFO`.
fn attributes(fields: &mut Fields<'_, '_, '_>) -> Read<()> {
    fields.u32("FlagsLength")?;
    let flags = [(1, "pac-was-requested"), (2, "pac-was-given-implicitly")];
    fields.flags("Flags", &flags).map(drop)
}

/// `PAC_REQUESTOR`.
fn requestor(fields: &mut Fields<'_, '_, '_>) -> Read<()> {
    let len = fields.rest().len();
    sid(fields, len, "UserSid")
}

/// `CLAIMS_SET_METADATA` (MS-ADTS section 2.2.18.8). The claims themselves, often compressed, are shown of a PAC that was
/// verified, without offsets of their own.
fn claims(fields: &mut Fields<'_, '_, '_>) -> Read<()> {
    if fields.is_empty() {
        return Ok(());
    }
    ndr::headers(fields)?;
    fields.u32("ulClaimsSetSize")?;
    fields.u32("ClaimsSet")?;
    let format = fields.u16("usCompressionFormat")?;
    let name = ["none", "", "lznt1", "xpress", "xpress-huffman"].get(usize::from(format));
    fields.meaning(name.map(|name| (*name).to_owned()));
    fields.align(4)?;
    fields.u32("ulUncompressedClaimsSetSize")?;
    fields.u16("usReservedType")?;
    fields.align(4)?;
    fields.u32("ulReservedFieldSize")?;
    fields.u32("ReservedField")?;
    let rest = fields.rest().len();
    fields.bytes(rest, "claims").map(drop)
}

/// Says in the PAC below a node what its server checksum says, and shows its claims.
pub(crate) fn annotate(node: &mut Node, verdict: &PacVerdict) {
    // Trees are no deeper than MAX_DEPTH.
    if node.name == "PAC" && node.spec == PACTYPE {
        node.meaning = Some(match verdict {
            Ok(_) => "its server checksum is right, and it speaks of this client".into(),
            Err(fault) => format!("not verified: {fault}"),
        });
        if let Ok(verified) = verdict {
            show_claims(
                node,
                "client-claims",
                verified.client_claims().and_then(Result::ok),
            );
            show_claims(
                node,
                "device-claims",
                verified.device_claims().and_then(Result::ok),
            );
        }
        return;
    }
    for child in &mut node.children {
        annotate(child, verdict);
    }
}

fn show_claims(pac: &mut Node, buffer: &str, claims: Option<Claims>) {
    let (Some(buffer), Some(claims)) = (pac.child_mut(buffer), claims) else {
        return;
    };
    let (from, to) = (buffer.offset, buffer.offset + buffer.length);
    for claim in claims.claims {
        let values = match claim.values {
            ClaimValues::Int64(values) => joined(&values),
            ClaimValues::Uint64(values) => joined(&values),
            ClaimValues::Boolean(values) => joined(&values),
            ClaimValues::String(values) => values.join(", "),
            _ => "of an unknown type".into(),
        };
        let text = format!("{} = {values}", claim.id);
        let node = Node::new("claim", "MS-ADTS section 2.2.18.5", from, to);
        buffer.children.push(node.with(Value::text(text.as_bytes())));
    }
}

fn joined<T: ToString>(values: &[T]) -> String {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    values.join(", ")
}
