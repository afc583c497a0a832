//! Primitive types: what reads their content.

use super::schema::Type;
use crate::tree::{Node, Value};
use negotiate_core::der::{Reader, Tag, Writer};
use negotiate_core::{Dotted, MechType};

type Result = std::result::Result<(), &'static str>;

/// X.690 section 8.3, at most 64 bits.
fn number(content: &[u8]) -> std::result::Result<i64, &'static str> {
    match content {
        [] => return Err("an INTEGER without content"),
        [0, next, ..] if next & 0x80 == 0 => return Err("an INTEGER in more bytes than it needs"),
        [0xff, next, ..] if next & 0x80 != 0 => return Err("an INTEGER in more bytes than it needs"),
        _ if content.len() > 8 => return Err("an INTEGER of more than 64 bits"),
        _ => {}
    }
    let negative = content.first().is_some_and(|first| first & 0x80 != 0);
    let start = if negative { -1 } else { 0 };
    Ok(content
        .iter()
        .fold(start, |value, byte| value << 8 | i64::from(*byte)))
}

pub(crate) fn integer(content: &[u8], node: &mut Node) -> Result {
    node.value = Value::Integer(number(content)?.into());
    Ok(())
}

/// `Int32` (RFC 4120 section 5.2.4).
pub(crate) fn int32(content: &[u8], node: &mut Node) -> Result {
    let value = number(content)?;
    node.value = Value::Integer(value.into());
    i32::try_from(value)
        .map(drop)
        .map_err(|_| "not a number of 32 bits")
}

/// `UInt32` (RFC 4120 section 5.2.4). Some peers write its upper half as negative numbers, which mean the same bits.
pub(crate) fn uint32(content: &[u8], node: &mut Node) -> Result {
    let value = number(content)?;
    if let Ok(negative) = i32::try_from(value) {
        node.value = Value::Integer(negative.cast_unsigned().into());
        if negative < 0 {
            node.meaning = Some(format!("written as {value}"));
        }
        return Ok(());
    }
    node.value = Value::Integer(value.into());
    u32::try_from(value)
        .map(drop)
        .map_err(|_| "not a number of 32 bits")
}

/// `Microseconds` (RFC 4120 section 5.2.4). Some initiators write all four bytes of it, which acceptors take.
pub(crate) fn microseconds(content: &[u8], node: &mut Node) -> Result {
    let value = match content {
        [0, ..] if content.len() <= 4 => {
            let value = content
                .iter()
                .fold(0, |value, byte| value << 8 | i64::from(*byte));
            if number(content).is_err() {
                node.meaning = Some("written with leading zeros".into());
            }
            value
        }
        _ => number(content)?,
    };
    node.value = Value::Integer(value.into());
    match value {
        0..=999_999 => Ok(()),
        _ => Err("not between 0 and 999,999"),
    }
}

pub(crate) fn boolean(content: &[u8], node: &mut Node) -> Result {
    match content {
        [0] => node.value = Value::Boolean(false),
        [0xff] => node.value = Value::Boolean(true),
        _ => return Err("a BOOLEAN that is neither 00 nor FF"),
    }
    Ok(())
}

pub(crate) fn octets(content: &[u8], node: &mut Node) -> Result {
    node.value = Value::bytes(content);
    Ok(())
}

pub(crate) fn secret(content: &[u8], node: &mut Node) -> Result {
    node.value = Value::Secret(content.len());
    Ok(())
}

/// A string of whatever encoding.
pub(crate) fn string(content: &[u8], node: &mut Node) -> Result {
    node.value = Value::text(content);
    match content.contains(&0) {
        true => Err("a NUL byte in a string, which C peers would take for its end"),
        false => Ok(()),
    }
}

/// `KerberosTime` (RFC 4120 section 5.2.3).
pub(crate) fn time(content: &[u8], node: &mut Node) -> Result {
    // The strict reader knows the calendar.
    let content = content.get(..16).unwrap_or(content);
    let mut writer = Writer::new();
    writer.element(Tag::GENERALIZED_TIME, |time| time.raw(content));
    match Reader::new(&writer.into_bytes()).kerberos_time() {
        Ok(time) => node.value = Value::Time(time),
        Err(_) => {
            node.value = Value::text(content);
            return Err("not a time of the form YYYYMMDDHHMMSSZ, 1970 to 9999");
        }
    }
    Ok(())
}

/// An object identifier; that of a mechanism has a name.
pub(crate) fn oid(content: &[u8], node: &mut Node) -> Result {
    node.value = Value::Text(Dotted(content.get(..64).unwrap_or(content)).to_string());
    node.meaning = mechanism_name(content).map(str::to_owned);
    let mut arc_starts = true;
    for byte in content {
        if arc_starts && *byte == 0x80 {
            return Err("an OBJECT IDENTIFIER with an arc in more bytes than it needs");
        }
        arc_starts = byte & 0x80 == 0;
    }
    match content.is_empty() || !arc_starts {
        true => Err("an OBJECT IDENTIFIER that ends within an arc"),
        false => Ok(()),
    }
}

/// The mechanisms that are offered in the field.
pub(crate) fn mechanism_name(oid: &[u8]) -> Option<&'static str> {
    let named = [
        MechType::SPNEGO,
        MechType::KRB5,
        MechType::NTLMSSP,
        MechType::NEGOEX,
        MechType::IAKERB,
    ];
    match oid {
        _ if oid == MechType::KRB5_USER_TO_USER.contents() => Some("krb5 user to user"),
        _ if oid == MechType::MS_KRB5.contents() => Some("krb5 (Microsoft's identifier)"),
        _ => named
            .iter()
            .find(|known| known.contents() == oid)
            .map(MechType::name),
    }
}

/// The first 32 bits of a BIT STRING (X.690 section 8.6), bit 0 the highest, as flags.
pub(crate) fn flags(content: &[u8], node: &mut Node, names: &[(u32, &'static str)]) -> Result {
    let Some((&unused, bits)) = content.split_first() else {
        return Err("a BIT STRING without content");
    };
    let mut first = [0; 4];
    for (to, from) in first.iter_mut().zip(bits) {
        *to = *from;
    }
    node.value = Value::flags(u32::from_be_bytes(first), names);
    let unset = match unused {
        0 => 0,
        1..=7 => (1_u8 << unused) - 1,
        _ => return Err("a BIT STRING with more than seven unused bits"),
    };
    match bits.last() {
        None if unused != 0 => Err("an empty BIT STRING with unused bits"),
        Some(last) if last & unset != 0 => Err("a BIT STRING whose unused bits are not zero"),
        _ => Ok(()),
    }
}

macro_rules! leaves {
    ($($constant:ident = $tag:literal $read:expr;)*) => {
        $(pub(crate) static $constant: Type = Type::leaf("X.690 section 8", $tag, $read);)*
    };
}

// Their sections are those of the types that they are fields of.
leaves! {
    INTEGER = 0x02 integer;
    INT32 = 0x02 int32;
    UINT32 = 0x02 uint32;
    MICROSECONDS = 0x02 microseconds;
    BOOLEAN = 0x01 boolean;
    OCTETS = 0x04 octets;
    SECRET = 0x04 secret;
    GENERAL_STRING = 0x1b string;
    UTF8_STRING = 0x0c string;
    TIME = 0x18 time;
    OID = 0x06 oid;
}
