//! NTLM's messages (MS-NLMP section 2.2.1): the header, and each payload where the header points.

use crate::binary::{Fields, Order, Read, inside};
use crate::decoder::Decoder;
use crate::tree::{Node, Value};
use mech_ntlm::message::{AvId, NegotiateFlags};
use std::borrow::Cow;

const NEGOTIATE: &str = "MS-NLMP section 2.2.1.1";
const CHALLENGE: &str = "MS-NLMP section 2.2.1.2";
const AUTHENTICATE: &str = "MS-NLMP section 2.2.1.3";

/// One of the three.
pub(crate) fn message(decoder: &mut Decoder<'_>, space: &[u8], (from, to): (usize, usize)) -> Node {
    let (name, spec, read): (_, _, fn(&mut Fields<'_, '_, '_>) -> Read<()>) = match space.get(from + 8) {
        Some(1) => ("NEGOTIATE_MESSAGE", NEGOTIATE, negotiate),
        Some(2) => ("CHALLENGE_MESSAGE", CHALLENGE, challenge),
        Some(3) => ("AUTHENTICATE_MESSAGE", AUTHENTICATE, authenticate),
        _ => ("NTLM message", "MS-NLMP section 2.2.1", unknown),
    };
    let mut node = Node::new(name, spec, from, to);
    inside(decoder, space, &mut node, Order::Little, |fields| {
        fields.bytes(8, "Signature")?;
        fields.value(Value::text(b"NTLMSSP"));
        let at = fields.at;
        if !matches!(fields.u32("MessageType")?, 1..=3) {
            fields.note(at, "an unknown message type");
        }
        read(fields)
    });
    node
}

/// `NTLMSSP_MESSAGE_SIGNATURE` (MS-NLMP section 2.2.2.9).
pub(crate) fn signature(decoder: &mut Decoder<'_>, space: &[u8], (from, to): (usize, usize)) -> Node {
    let mut node = Node::new("NTLMSSP_MESSAGE_SIGNATURE", "MS-NLMP section 2.2.2.9", from, to);
    inside(decoder, space, &mut node, Order::Little, |fields| {
        fields.u32("Version")?;
        fields.bytes(8, "Checksum")?;
        fields.u32("SeqNum").map(drop)
    });
    node
}

fn unknown(_: &mut Fields<'_, '_, '_>) -> Read<()> {
    Ok(())
}

fn negotiate(fields: &mut Fields<'_, '_, '_>) -> Read<()> {
    flags(fields)?;
    let domain = Payload::read(fields, "DomainNameFields")?;
    let workstation = Payload::read(fields, "WorkstationFields")?;
    version(fields, &[domain, workstation])?;
    // Always in the OEM character set.
    domain.show(fields, 32, "DomainName", Content::Text(NegotiateFlags::OEM))?;
    workstation.show(fields, 32, "WorkstationName", Content::Text(NegotiateFlags::OEM))
}

fn challenge(fields: &mut Fields<'_, '_, '_>) -> Read<()> {
    let target_name = Payload::read(fields, "TargetNameFields")?;
    let flags = flags(fields)?;
    fields.bytes(8, "ServerChallenge")?;
    fields.bytes(8, "Reserved")?;
    let target_info = Payload::read(fields, "TargetInfoFields")?;
    version(fields, &[target_name, target_info])?;
    target_name.show(fields, 48, "TargetName", Content::Text(flags))?;
    target_info.show(fields, 48, "TargetInfo", Content::AvPairs)
}

fn authenticate(fields: &mut Fields<'_, '_, '_>) -> Read<()> {
    let lm = Payload::read(fields, "LmChallengeResponseFields")?;
    let nt = Payload::read(fields, "NtChallengeResponseFields")?;
    let domain = Payload::read(fields, "DomainNameFields")?;
    let user = Payload::read(fields, "UserNameFields")?;
    let workstation = Payload::read(fields, "WorkstationFields")?;
    let session_key = Payload::read(fields, "EncryptedRandomSessionKeyFields")?;
    let flags = flags(fields)?;
    let payloads = [lm, nt, domain, user, workstation, session_key];
    version(fields, &payloads)?;
    if header_end(fields, &payloads) >= 88 && fields.rest().len() >= 16 {
        fields.bytes(16, "MIC")?;
    }
    domain.show(fields, 64, "DomainName", Content::Text(flags))?;
    user.show(fields, 64, "UserName", Content::Text(flags))?;
    workstation.show(fields, 64, "Workstation", Content::Text(flags))?;
    lm.show(fields, 64, "LmChallengeResponse", Content::LmResponse)?;
    nt.show(fields, 64, "NtChallengeResponse", Content::NtResponse)?;
    session_key.show(fields, 64, "EncryptedRandomSessionKey", Content::Secret)
}

fn flags(fields: &mut Fields<'_, '_, '_>) -> Read<NegotiateFlags> {
    let flags = NegotiateFlags(fields.u32("NegotiateFlags")?);
    let mut names: Vec<Cow<'static, str>> = flags.names().map(Cow::from).collect();
    let unnamed = (0..32)
        .map(|bit| 1_u32 << bit)
        .filter(|bit| flags.unnamed() & bit != 0);
    names.extend(unnamed.map(|bit| Cow::from(format!("{bit:#010x}"))));
    fields.value(Value::Flags(names));
    Ok(flags)
}

/// The header may end before its last fields, where the first payload begins.
fn header_end(fields: &Fields<'_, '_, '_>, payloads: &[Payload]) -> usize {
    let start = fields.node.offset;
    let used = payloads.iter().filter(|payload| payload.len > 0);
    let first = used.map(|payload| payload.offset as usize).min();
    first.unwrap_or(fields.end - start)
}

/// `VERSION` (MS-NLMP section 2.2.2.10).
fn version(fields: &mut Fields<'_, '_, '_>, payloads: &[Payload]) -> Read<()> {
    let at = fields.at - fields.node.offset;
    if header_end(fields, payloads) < at + 8 || fields.rest().len() < 8 {
        return Ok(());
    }
    fields.structure(8, "Version", |version| {
        let major = version.u8("ProductMajorVersion")?;
        let minor = version.u8("ProductMinorVersion")?;
        let build = version.u16("ProductBuild")?;
        version.bytes(3, "Reserved")?;
        version.u8("NTLMRevisionCurrent")?;
        version.node.spec = "MS-NLMP section 2.2.2.10";
        version.node.meaning = Some(format!("{major}.{minor}.{build}"));
        Ok(())
    })
}

/// Where a payload is.
#[derive(Clone, Copy)]
struct Payload {
    /// Of the field in the space.
    field: usize,
    len: u16,
    /// In the message.
    offset: u32,
}

/// What a payload holds.
#[derive(Clone, Copy)]
enum Content {
    Text(NegotiateFlags),
    AvPairs,
    LmResponse,
    NtResponse,
    Secret,
}

impl Payload {
    fn read(fields: &mut Fields<'_, '_, '_>, name: &'static str) -> Read<Self> {
        let field = fields.at;
        let mut payload = Self {
            field,
            len: 0,
            offset: 0,
        };
        let there = fields.rest().len().min(8);
        fields.structure(there, name, |parts| {
            payload.len = parts.u16("Len")?;
            parts.u16("MaxLen")?;
            payload.offset = parts.u32("BufferOffset")?;
            Ok(())
        })?;
        match there {
            8 => Ok(payload),
            _ => fields.stop("cut off"),
        }
    }

    /// A part for the payload, where it lies inside the message and behind its header.
    fn show(
        self,
        fields: &mut Fields<'_, '_, '_>,
        header_len: usize,
        name: &'static str,
        content: Content,
    ) -> Read<()> {
        if self.len == 0 {
            return Ok(());
        }
        let (start, end) = (fields.node.offset, fields.end);
        let from = start.saturating_add(self.offset as usize);
        let to = from.saturating_add(self.len.into());
        if (self.offset as usize) < header_len || to > end {
            let (len, offset, message) = (self.len, self.offset, end - start);
            fields.note(
                self.field,
                format!(
                    "{name} of {len} bytes at {offset} does not lie in the payload of a message of {message}"
                ),
            );
            return Ok(());
        }
        let mut node = Node::new(name, fields.node.spec, from, to);
        let space = fields.space;
        content.fill(fields.decoder, space, &mut node);
        fields.push(node)
    }
}

impl Content {
    fn fill(self, decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
        let bytes = node.content_in(space);
        match self {
            Self::Text(flags) if flags.contains(NegotiateFlags::UNICODE) => utf16(space, node),
            Self::Text(_) => node.value = Value::text(bytes),
            Self::AvPairs => {
                node.spec = "MS-NLMP section 2.2.2.1";
                inside(decoder, space, node, Order::Little, |fields| {
                    av_pairs(fields, After::Nothing)
                });
            }
            Self::Secret => node.value = Value::Secret(bytes.len()),
            Self::LmResponse => {
                node.spec = "MS-NLMP sections 2.2.2.3 and 2.2.2.4";
                node.value = Value::Secret(bytes.len());
                if bytes.iter().all(|byte| *byte == 0) {
                    node.meaning = Some("zeros".into());
                }
            }
            Self::NtResponse => nt_response(decoder, space, node),
        }
    }
}

fn utf16(space: &[u8], node: &mut Node) {
    let (from, to) = node.content;
    match Value::utf16(node.content_in(space)) {
        Some(text) => node.value = text,
        None => {
            node.value = Value::bytes(node.content_in(space));
            node.fault(space, from, to, "not UTF-16");
        }
    }
}

/// MS-NLMP sections 2.2.2.6 to 2.2.2.8. From the response itself the password can be guessed: it is not shown.
fn nt_response(decoder: &mut Decoder<'_>, space: &[u8], node: &mut Node) {
    if node.length == 24 {
        node.spec = "MS-NLMP section 2.2.2.6";
        node.value = Value::Secret(24);
        node.meaning = Some("version 1".into());
        return;
    }
    node.spec = "MS-NLMP section 2.2.2.8";
    node.meaning = Some("version 2".into());
    inside(decoder, space, node, Order::Little, |fields| {
        fields.secret(16, "NTProofStr")?;
        let rest = fields.rest().len();
        fields.structure(rest, "NTLMv2_CLIENT_CHALLENGE", |challenge| {
            challenge.node.spec = "MS-NLMP section 2.2.2.7";
            let at = challenge.at;
            let versions = (challenge.u8("RespType")?, challenge.u8("HiRespType")?);
            if versions != (1, 1) {
                challenge.note(at, "another version of the response than 1");
            }
            challenge.u16("Reserved1")?;
            challenge.u32("Reserved2")?;
            challenge.file_time("TimeStamp")?;
            challenge.bytes(8, "ChallengeFromClient")?;
            challenge.u32("Reserved3")?;
            let rest = challenge.rest().len();
            challenge.structure(rest, "AvPairs", |pairs| {
                pairs.node.spec = "MS-NLMP section 2.2.2.1";
                av_pairs(pairs, After::Padding)
            })
        })
    });
}

/// What may follow the end of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    Nothing,
    /// Windows has four zeros.
    Padding,
}

fn av_pairs(fields: &mut Fields<'_, '_, '_>, after: After) -> Read<()> {
    loop {
        if fields.is_empty() {
            return fields.stop("the list of AV pairs does not end with MsvAvEOL");
        }
        let head = fields.rest().first_chunk::<4>().copied();
        let Some([a, b, c, d]) = head else {
            return fields.stop("cut off within an AV pair");
        };
        let (id, len) = (
            AvId(u16::from_le_bytes([a, b])),
            usize::from(u16::from_le_bytes([c, d])),
        );
        let there = fields.rest().len() - 4;
        if len > there {
            return fields.stop(format!("an AV pair of {len} bytes where {there} are left"));
        }
        fields.structure(4 + len, id.name().unwrap_or("AV pair"), |pair| {
            av_pair(pair, id, len)
        })?;
        if id == AvId::EOL {
            break;
        }
    }
    match (fields.rest().len(), after) {
        (0, _) => Ok(()),
        (rest, _) => fields.bytes(rest, "after the list").map(drop),
    }
}

fn av_pair(fields: &mut Fields<'_, '_, '_>, id: AvId, len: usize) -> Read<()> {
    fields.u16("AvId")?;
    fields.u16("AvLen")?;
    fields.node.spec = "MS-NLMP section 2.2.2.1";
    let at = fields.at;
    match (id, len) {
        (AvId::EOL, 0) => Ok(()),
        (AvId::FLAGS, 4) => {
            const NAMES: [(u32, &str); 3] =
                [(1, "constrained"), (2, "mic-provided"), (4, "untrusted-target")];
            fields.flags("Value", &NAMES).map(drop)
        }
        (AvId::TIMESTAMP, 8) => fields.file_time("Value"),
        (AvId::CHANNEL_BINDINGS, 16) => {
            let value = fields.bytes(16, "Value")?;
            let absent = value.iter().all(|byte| *byte == 0);
            fields.meaning(absent.then(|| "no channel bindings".into()));
            Ok(())
        }
        (AvId::SINGLE_HOST, 48) => fields.structure(48, "Value", |host| {
            host.node.spec = "MS-NLMP section 2.2.2.2";
            host.u32("Size")?;
            host.u32("Z4")?;
            host.bytes(8, "CustomData")?;
            host.bytes(32, "MachineID").map(drop)
        }),
        (AvId::EOL | AvId::FLAGS | AvId::TIMESTAMP | AvId::CHANNEL_BINDINGS | AvId::SINGLE_HOST, _) => {
            fields.stop(format!("a value of {len} bytes, which its type does not have"))
        }
        _ => {
            let value = fields.bytes(len, "Value")?;
            match (id.name(), Value::utf16(value)) {
                (Some(_), Some(text)) => {
                    fields.value(text.clone());
                    fields.node.value = text;
                }
                (Some(_), None) => fields.note(at, "not UTF-16"),
                (None, _) => {}
            }
            Ok(())
        }
    }
}
