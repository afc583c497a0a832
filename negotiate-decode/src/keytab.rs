//! Keytab files (MIT krb5 doc/formats/keytab_file_format), holes too. Keys are not shown.

use crate::binary::{Fields, Order, Read, inside};
use crate::decoder::Decoder;
use crate::kerberos;
use crate::tree::{Node, Value};
use negotiate_core::Timestamp;

const SPEC: &str = "MIT krb5 doc/formats/keytab_file_format";

pub(crate) fn decode(decoder: &mut Decoder<'_>, space: &[u8]) -> Node {
    let mut node = Node::new("keytab", SPEC, 0, space.len());
    let version = space.get(1).copied().unwrap_or_default();
    let order = order(version, space.get(2..).unwrap_or_default());
    inside(decoder, space, &mut node, order, |fields| {
        fields.u8("magic")?;
        fields.u8("version")?;
        let written = match (version, order) {
            (1, Order::Big) => Some("big-endian".to_owned()),
            (1, Order::Little) => Some("little-endian".to_owned()),
            _ => None,
        };
        fields.meaning(written);
        records(fields, version)
    });
    node
}

/// Version 1 is in its writer's order; the first record's length is small.
fn order(version: u8, records: &[u8]) -> Order {
    let little = version == 1
        && records.first_chunk().is_some_and(|first| {
            i32::from_le_bytes(*first).unsigned_abs() < i32::from_be_bytes(*first).unsigned_abs()
        });
    if little { Order::Little } else { Order::Big }
}

fn records(fields: &mut Fields<'_, '_, '_>, version: u8) -> Read<()> {
    let mut entries = 0;
    while !fields.is_empty() {
        let at = fields.at;
        let length = fields.u32("length")?.cast_signed();
        fields.value(Value::Integer(length.into()));
        let left = fields.rest().len();
        let announced = usize::try_from(length.unsigned_abs()).unwrap_or(usize::MAX);
        // MIT counts a name type into the records of version 1 and writes none: the last one seems to reach four bytes
        // past the end.
        let taken = match announced {
            overlong if version == 1 && overlong == left.saturating_add(4) => left,
            announced => announced,
        };
        if length == 0 {
            fields.meaning(Some("the end".into()));
            return match left {
                0 => Ok(()),
                left => fields.bytes(left, "after the end").map(drop),
            };
        }
        if taken > left {
            fields.note(at, format!("a record of {announced} bytes where {left} are left"));
        }
        let taken = taken.min(left);
        if length < 0 {
            fields.meaning(Some("a hole".into()));
            // A deleted entry may lie in it, key and all.
            fields.secret(taken, "hole")?;
            continue;
        }
        fields.structure(taken, "entry", |entry| self::entry(entry, version))?;
        entries += 1;
    }
    if entries == 0 {
        let end = fields.end;
        fields.note(end, "no entries");
    }
    Ok(())
}

fn entry(fields: &mut Fields<'_, '_, '_>, version: u8) -> Read<()> {
    let at = fields.at;
    let count = fields.u16("num_components")?;
    // Version 1 counts the realm.
    let components = if version == 1 {
        count.saturating_sub(1)
    } else {
        count
    };
    if components == 0 || usize::from(components) > mech_krb5::MAX_COMPONENTS {
        fields.note(at, format!("a principal of {components} components"));
    }
    let realm = text(fields, "realm")?;
    let mut name = String::new();
    for number in 0..components {
        if number > 0 {
            name.push('/');
        }
        name.push_str(&text(fields, "component")?);
    }
    name.push('@');
    name.push_str(&realm);
    fields.node.value = Value::text(name.as_bytes());
    if version != 1 {
        let name_type = fields.u32("name_type")?.cast_signed();
        fields.value(Value::Integer(name_type.into()));
        fields.meaning(kerberos::name_type_meaning(name_type));
    }
    let timestamp = fields.u32("timestamp")?;
    fields.value(Value::Time(Timestamp::from_unix(timestamp.into())));
    fields.u8("vno8")?;
    let etype = i32::from(fields.u16("enctype")?.cast_signed());
    fields.value(Value::Integer(etype.into()));
    fields.meaning(kerberos::etype_meaning(etype));
    let at = fields.at;
    let len = fields.u16("key_length")?;
    fields.secret(len.into(), "key")?;
    key_length(fields, at, etype, len);
    if fields.rest().len() >= 4 {
        let vno = fields.u32("vno")?;
        fields.meaning((vno == 0).then(|| "absent: vno8 holds".into()));
    }
    match fields.rest().len() {
        0 => Ok(()),
        // What is left of a hole that was larger; key bytes may be among it.
        rest => fields.secret(rest, "rest").map(drop),
    }
}

fn key_length(fields: &mut Fields<'_, '_, '_>, at: usize, etype: i32, len: u16) {
    let prescribed = crate::keys::encryption_type(etype).map(mech_krb5::crypto::EncryptionType::key_len);
    if len == 0 || prescribed.is_some_and(|prescribed| prescribed != usize::from(len)) {
        fields.note(
            at,
            format!("a key of {len} bytes, which keys of its type do not have"),
        );
    }
}

/// Length and bytes, in one part.
fn text(fields: &mut Fields<'_, '_, '_>, name: &'static str) -> Read<String> {
    let from = fields.at;
    let len = fields.rest().first_chunk();
    let little = matches!(fields.order(), Order::Little);
    let len = match len {
        Some(len) if little => u16::from_le_bytes(*len),
        Some(len) => u16::from_be_bytes(*len),
        None => return fields.stop(format!("cut off within {name}")),
    };
    fields.take(2, name)?;
    let bytes = fields.take(len.into(), name)?;
    let value = Value::text(bytes);
    let text = match &value {
        Value::Text(text) => text.clone(),
        _ => String::new(),
    };
    let node = Node::new(name, SPEC, from, fields.at).with(value);
    fields.push(node)?;
    if bytes.is_empty() {
        fields.note(
            from,
            format!("an empty {name}, which MIT takes for the end of the file"),
        );
    }
    Ok(text)
}
