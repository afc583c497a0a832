//! For people: a line for each field, with offset and length, indented by depth. The section is told where it is another
//! than that of the field around.

use crate::Decoded;
use crate::json::hex;
use crate::printable::printable;
use crate::tree::{Fault, Node, Value, rfc3339};
use std::fmt::Write;

pub(crate) fn render(decoded: &Decoded) -> String {
    let mut text = format!("{}, {} bytes\n", decoded.kind.name, decoded.length);
    text.push_str("offset length  field\n");
    node(&mut text, &decoded.root, 0, "");
    let faults = decoded.faults().count();
    if faults > 0 {
        // Writing to a String cannot fail.
        _ = writeln!(
            text,
            "{faults} {} (!)",
            if faults == 1 { "fault" } else { "faults" }
        );
    }
    text
}

// No deeper than MAX_DEPTH.
fn node(text: &mut String, node: &Node, depth: usize, section: &str) {
    let indent = depth * 2;
    _ = write!(
        text,
        "{:>6} {:>6}  {:indent$}{}",
        node.offset, node.length, "", node.name
    );
    let value = shown(&node.value);
    if !value.is_empty() {
        _ = write!(text, ": {value}");
    }
    if let Some(meaning) = &node.meaning {
        _ = write!(text, " ({})", printable(meaning));
    }
    if node.spec != section {
        _ = write!(text, "  [{}]", node.spec);
    }
    text.push('\n');
    for fault in &node.faults {
        self::fault(text, fault, indent + 2);
    }
    for child in &node.children {
        self::node(text, child, depth + 1, node.spec);
    }
    if let Some(opened) = &node.opened {
        let length = opened.length;
        let with = printable(&opened.with);
        _ = writeln!(
            text,
            "               {:indent$}opened with {with}: {length} bytes, offsets count from their first",
            ""
        );
        for child in &opened.children {
            self::node(text, child, depth + 2, node.spec);
        }
        _ = writeln!(text, "               {:indent$}end of what was opened", "");
    }
}

fn fault(text: &mut String, fault: &Fault, indent: usize) {
    _ = write!(
        text,
        "{:>6}      !  {:indent$}{}",
        fault.offset,
        "",
        printable(&fault.what)
    );
    if fault.rest_length > 0 {
        let more = if fault.rest_length > fault.rest.len() {
            "..."
        } else {
            ""
        };
        _ = write!(
            text,
            "; {} bytes could not be read: {}{more}",
            fault.rest_length,
            hex(&fault.rest)
        );
    }
    text.push('\n');
}

fn shown(value: &Value) -> String {
    match value {
        Value::None => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(value) => value.to_string(),
        Value::Text(text) => format!("\"{}\"", printable(text).replace('"', "\\\"")),
        Value::Time(time) => rfc3339(*time),
        Value::Flags(flags) if flags.is_empty() => "none".into(),
        Value::Flags(flags) => flags.join(", "),
        Value::Bytes(_, 0) => "empty".into(),
        Value::Bytes(shown, length) => {
            // Half a line: what is longer is told by its length.
            const LINE: usize = 16;
            let line = shown.get(..LINE).unwrap_or(shown);
            let more = if *length > line.len() {
                format!("... ({length} bytes)")
            } else {
                String::new()
            };
            format!("{}{more}", hex(line))
        }
        Value::Secret(length) => format!("{length} bytes, not shown"),
    }
}
