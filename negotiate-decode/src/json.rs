//! For programs. The names of the members are stable; `negotiate decode --help` lists them.

use crate::Decoded;
use crate::tree::{Fault, Node, Opened, Value, rfc3339};
use serde::ser::{Serialize, SerializeMap, Serializer};

impl Serialize for Decoded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.kind.id)?;
        map.serialize_entry("length", &self.length)?;
        map.serialize_entry("faults", &self.faults().count())?;
        map.serialize_entry("tree", &self.root)?;
        map.end()
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", self.name)?;
        match &self.value {
            Value::None => {}
            value => {
                map.serialize_entry("type", type_of(value))?;
                map.serialize_entry("value", value)?;
            }
        }
        if let Value::Bytes(_, length) | Value::Secret(length) = self.value {
            map.serialize_entry("bytes", &length)?;
        }
        if let Some(meaning) = &self.meaning {
            map.serialize_entry("meaning", meaning)?;
        }
        map.serialize_entry("offset", &self.offset)?;
        map.serialize_entry("length", &self.length)?;
        map.serialize_entry("spec", self.spec)?;
        if !self.faults.is_empty() {
            map.serialize_entry("faults", &self.faults)?;
        }
        if !self.children.is_empty() {
            map.serialize_entry("children", &self.children)?;
        }
        if let Some(opened) = &self.opened {
            map.serialize_entry("opened", opened)?;
        }
        map.end()
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::None => "none",
        Value::Integer(_) => "integer",
        Value::Boolean(_) => "boolean",
        Value::Text(_) => "text",
        Value::Time(_) => "time",
        Value::Flags(_) => "flags",
        Value::Bytes(..) => "bytes",
        Value::Secret(_) => "secret",
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None | Self::Secret(_) => serializer.serialize_none(),
            Self::Integer(number) => match (i64::try_from(*number), u64::try_from(*number)) {
                (Ok(number), _) => serializer.serialize_i64(number),
                (_, Ok(number)) => serializer.serialize_u64(number),
                _ => serializer.serialize_str(&number.to_string()),
            },
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Time(time) => serializer.serialize_str(&rfc3339(*time)),
            Self::Flags(flags) => serializer.collect_seq(flags),
            Self::Bytes(shown, _) => serializer.serialize_str(&hex(shown)),
        }
    }
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("offset", &self.offset)?;
        map.serialize_entry("what", &self.what)?;
        map.serialize_entry("rest", &hex(&self.rest))?;
        map.serialize_entry("rest_length", &self.rest_length)?;
        map.end()
    }
}

impl Serialize for Opened {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("with", &self.with)?;
        map.serialize_entry("length", &self.length)?;
        map.serialize_entry("children", &self.children)?;
        map.end()
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
            // Writing to a String cannot fail.
            _ = write!(hex, "{byte:02x}");
            hex
        })
}
