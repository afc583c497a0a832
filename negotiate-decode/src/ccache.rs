//! Credential cache files (MIT krb5 doc/formats/ccache_file_format). Session keys are not shown, but open what they can.

use crate::binary::{Fields, Order, Read, inside};
use crate::decoder::Decoder;
use crate::kerberos::{self, TICKET, TICKET_FLAGS};
use crate::tree::{Node, Value};
use negotiate_core::Timestamp;

const SPEC: &str = "MIT krb5 doc/formats/ccache_file_format";

pub(crate) fn decode(decoder: &mut Decoder<'_>, space: &[u8]) -> Node {
    let mut node = Node::new("ccache", SPEC, 0, space.len());
    let version = space.get(1).copied().unwrap_or_default();
    let order = order(version, space.get(2..).unwrap_or_default());
    inside(decoder, space, &mut node, order, |fields| {
        fields.u8("magic")?;
        fields.u8("version")?;
        let written = match (version, order) {
            (1 | 2, Order::Big) => Some("big-endian".to_owned()),
            (1 | 2, Order::Little) => Some("little-endian".to_owned()),
            _ => None,
        };
        fields.meaning(written);
        if version == 4 {
            header(fields)?;
        }
        principal(fields, version, "default_principal")?;
        while !fields.is_empty() {
            credential(fields, version)?;
        }
        Ok(())
    });
    node
}

/// Versions 1 and 2 are in their writer's order; the count of components is small.
fn order(version: u8, rest: &[u8]) -> Order {
    let count = match version {
        1 => rest.first_chunk(),
        2 => rest.get(4..).and_then(<[u8]>::first_chunk),
        _ => None,
    };
    match count {
        Some(count) if u32::from_le_bytes(*count) < u32::from_be_bytes(*count) => Order::Little,
        _ => Order::Big,
    }
}

fn header(fields: &mut Fields<'_, '_, '_>) -> Read<()> {
    let len = usize::from(fields.u16("headerlen")?);
    let there = fields.rest().len();
    if len > there {
        let at = fields.at;
        fields.note(at, format!("a header of {len} bytes where {there} are left"));
    }
    fields.structure(len.min(there), "header", |header| {
        while !header.is_empty() {
            let from = header.at;
            let length = header.rest().get(2..4).and_then(<[u8]>::as_array);
            let Some(length) = length.map(|length| usize::from(u16::from_be_bytes(*length))) else {
                return header.stop("cut off within a field of the header");
            };
            let there = header.rest().len();
            if length + 4 > there {
                return header.stop("a field of the header that is longer than the header");
            }
            header.structure(length + 4, "field", |field| {
                let tag = field.u16("tag")?;
                field.u16("length")?;
                if tag == 1 {
                    field.node.meaning = Some("the KDC's clock against ours".into());
                    signed(field, "seconds")?;
                    signed(field, "microseconds")?;
                }
                match field.rest().len() {
                    0 => Ok(()),
                    rest if tag == 1 => {
                        field.note(from, "a time offset that is not eight bytes long");
                        field.bytes(rest, "data").map(drop)
                    }
                    rest => field.bytes(rest, "data").map(drop),
                }
            })?;
        }
        Ok(())
    })
}

fn signed(fields: &mut Fields<'_, '_, '_>, name: &'static str) -> Read<()> {
    let number = fields.u32(name)?.cast_signed();
    fields.value(Value::Integer(number.into()));
    Ok(())
}

/// A part that grows as its parts are read: its length is not told beforehand.
fn growing(
    fields: &mut Fields<'_, '_, '_>,
    name: &'static str,
    read: impl FnOnce(&mut Fields<'_, '_, '_>) -> Read<()>,
) -> Read<Node> {
    let (from, end) = (fields.at, fields.end);
    let mut node = Node::new(name, SPEC, from, end);
    let (order, space) = (fields.order(), fields.space);
    let mut stopped = true;
    let mut at = end;
    inside(fields.decoder, space, &mut node, order, |parts| {
        read(parts)?;
        stopped = false;
        at = parts.at;
        Ok(())
    });
    node.length = at - from;
    node.content = (from, at);
    fields.at = at;
    if stopped {
        // What is wrong is in the part, and nothing can follow it.
        fields.push(node)?;
        return Err(crate::binary::Stop);
    }
    Ok(node)
}

/// The principal as text, too, and its bytes: realm and components.
fn principal(fields: &mut Fields<'_, '_, '_>, version: u8, name: &'static str) -> Read<String> {
    let mut text = String::new();
    let mut node = growing(fields, name, |fields| {
        if version != 1 {
            let name_type = fields.u32("name_type")?.cast_signed();
            fields.value(Value::Integer(name_type.into()));
            fields.meaning(kerberos::name_type_meaning(name_type));
        }
        let at = fields.at;
        let count = fields.u32("count")?;
        // Version 1 counts the realm.
        let components = if version == 1 {
            count.saturating_sub(1)
        } else {
            count
        };
        if components == 0 || components > mech_krb5::MAX_COMPONENTS as u32 {
            fields.at = at;
            return fields.stop(format!("a principal of {components} components"));
        }
        let realm = data(fields, "realm", Value::text)?;
        let mut components = (0..components).map(|_| data(fields, "component", Value::text));
        let components: Vec<Value> = components.by_ref().collect::<Read<_>>()?;
        let shown = |value: &Value| match value {
            Value::Text(text) => text.clone(),
            _ => String::new(),
        };
        let components: Vec<String> = components.iter().map(shown).collect();
        text = format!("{}@{}", components.join("/"), shown(&realm));
        Ok(())
    })?;
    node.value = Value::text(text.as_bytes());
    fields.push(node)?;
    Ok(text)
}

/// Length and bytes, in one part.
fn data(fields: &mut Fields<'_, '_, '_>, name: &'static str, value: fn(&[u8]) -> Value) -> Read<Value> {
    let from = fields.at;
    let len = length(fields, name)?;
    fields.take(4, name)?;
    let bytes = fields.take(len, name)?;
    let value = value(bytes);
    let mut node = Node::new(name, SPEC, from, fields.at).with(value.clone());
    node.content = (from + 4, fields.at);
    fields.push(node)?;
    Ok(value)
}

fn length(fields: &mut Fields<'_, '_, '_>, name: &'static str) -> Read<usize> {
    let Some(len) = fields.rest().first_chunk() else {
        return fields.stop(format!("cut off within {name}"));
    };
    let len = match fields.order() {
        Order::Big => u32::from_be_bytes(*len),
        Order::Little => u32::from_le_bytes(*len),
    };
    Ok(usize::try_from(len).unwrap_or(usize::MAX))
}

fn credential(fields: &mut Fields<'_, '_, '_>, version: u8) -> Read<()> {
    let mut server = String::new();
    let mut node = growing(fields, "credential", |fields| {
        principal(fields, version, "client")?;
        server = principal(fields, version, "server")?;
        let etype = i32::from(fields.u16("enctype")?.cast_signed());
        fields.value(Value::Integer(etype.into()));
        fields.meaning(kerberos::etype_meaning(etype));
        if version == 3 {
            fields.u16("enctype")?;
        }
        data(fields, "key", |key| Value::Secret(key.len()))?;
        let key = fields.node.children.last().map(|key| key.content);
        let key = key
            .and_then(|(from, to)| fields.space.get(from..to))
            .unwrap_or_default();
        let of = format!("the session key of the cache's ticket for {server}");
        fields.decoder.keys.learn(etype, key, of);
        for name in ["authtime", "starttime", "endtime", "renew_till"] {
            let seconds = fields.u32(name)?;
            if seconds != 0 {
                fields.value(Value::Time(Timestamp::from_unix(seconds.into())));
            }
        }
        fields.u8("is_skey")?;
        fields.flags("ticket_flags", &TICKET_FLAGS)?;
        list(fields, "addresses", "address")?;
        list(fields, "authdata", "element")?;
        let is_setting = server.ends_with("@X-CACHECONF:") || server.ends_with("@X-RMED-CONF:");
        ticket(fields, "ticket", is_setting)?;
        ticket(fields, "second_ticket", is_setting)
    })?;
    node.meaning = match server.rsplit_once('@') {
        Some((name, "X-CACHECONF:")) => {
            let name = name.strip_prefix("krb5_ccache_conf_data/").unwrap_or(name);
            Some(format!("the setting {name}"))
        }
        Some((_, "X-RMED-CONF:")) => Some("a setting that was removed".into()),
        _ => None,
    };
    node.value = Value::text(server.as_bytes());
    fields.push(node)
}

fn list(fields: &mut Fields<'_, '_, '_>, name: &'static str, item: &'static str) -> Read<()> {
    let node = growing(fields, name, |fields| {
        let count = fields.u32("count")?;
        for _ in 0..count {
            let part = growing(fields, item, |part| {
                let kind = part.u16("type")?;
                data(part, "data", Value::bytes)?;
                if item == "address" {
                    let bytes = part.node.children.last().map(|data| data.content);
                    let bytes = bytes
                        .and_then(|(from, to)| part.space.get(from..to))
                        .unwrap_or_default();
                    let meaning = kerberos::ip_text(Some(i32::from(kind)), bytes);
                    part.meaning(meaning);
                }
                Ok(())
            })?;
            fields.push(part)?;
        }
        Ok(())
    })?;
    fields.push(node)
}

/// A ticket as DER, or the value of a setting.
fn ticket(fields: &mut Fields<'_, '_, '_>, name: &'static str, is_setting: bool) -> Read<()> {
    let from = fields.at;
    let len = length(fields, name)?;
    fields.take(4, name)?;
    let content = (fields.at, fields.at.saturating_add(len));
    let bytes = fields.take(len, name)?;
    let mut node = Node::new(name, SPEC, from, fields.at);
    node.content = content;
    if is_setting {
        node.value = Value::text(bytes);
    } else if !bytes.is_empty() {
        let space = fields.space;
        let ticket = fields
            .decoder
            .deeper(|decoder| decoder.whole(space, content, "Ticket", &TICKET));
        node.value = Value::bytes(bytes);
        if let Some(ticket) = ticket {
            fields.decoder.push(space, &mut node, ticket);
        }
    }
    fields.push(node)
}
