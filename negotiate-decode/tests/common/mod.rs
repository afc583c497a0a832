//! What the tests share: finding fields in a tree.
#![allow(dead_code)] // each test file uses a part

use mech_krb5::keytab::Keytab;
use negotiate_decode::{Decoded, Keys, Node, Value};

/// Panics if there is a fault.
#[track_caller]
pub(crate) fn sound(name: &str, decoded: &Decoded) {
    assert!(decoded.faults().next().is_none(), "{name}\n{}", decoded.text());
}

/// The first node of this name at or below a node, in the order of the tree.
pub(crate) fn find<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    if node.name == name {
        return Some(node);
    }
    let opened = node.opened.iter().flat_map(|opened| &opened.children);
    let mut parts = node.children.iter().chain(opened);
    parts.find_map(|part| find(part, name))
}

/// The node at the end of a path, each step the first of that name below the last.
#[track_caller]
pub(crate) fn at<'n>(node: &'n Node, path: &str) -> &'n Node {
    path.split('/').fold(node, |node, name| match find(node, name) {
        Some(found) => found,
        None => panic!("no {name} of {path} in {}", node.name),
    })
}

#[track_caller]
pub(crate) fn text<'n>(node: &'n Node, path: &str) -> &'n str {
    match &at(node, path).value {
        Value::Text(text) => text,
        other => panic!("{path}: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn number(node: &Node, path: &str) -> i128 {
    match at(node, path).value {
        Value::Integer(number) => number,
        ref other => panic!("{path}: {other:?}"),
    }
}

/// Seconds since 1970; 0 if the field is absent.
#[track_caller]
pub(crate) fn seconds(node: &Node, name: &str) -> i64 {
    match node.child(name).map(|time| &time.value) {
        None | Some(Value::Integer(0)) => 0,
        Some(Value::Time(time)) => time.unix(),
        Some(other) => panic!("{name}: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn flags(node: &Node, path: &str) -> Vec<String> {
    match &at(node, path).value {
        Value::Flags(flags) => flags.iter().map(ToString::to_string).collect(),
        other => panic!("{path}: {other:?}"),
    }
}

/// `name@REALM` of two fields.
#[track_caller]
pub(crate) fn principal(node: &Node, name: &str, realm: &str) -> String {
    format!("{}@{}", text(node, name), text(node, realm))
}

/// Keytabs of a capture, in one.
pub(crate) fn keys(files: impl IntoIterator<Item = Vec<u8>>) -> Keys {
    let entries = files
        .into_iter()
        .flat_map(|file| Keytab::parse(&file).unwrap().entries().to_vec());
    Keys::of(Keytab::from_entries(entries.collect()))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// No key is shown, in whatever form.
#[track_caller]
pub(crate) fn hides(decoded: &Decoded, keys: &[Vec<u8>]) {
    let shown = [decoded.text(), serde_json::to_string(decoded).unwrap()];
    for key in keys.iter().filter(|key| !key.is_empty()) {
        // Half of a key would be bad enough.
        let half = hex(&key[..key.len() / 2]);
        assert!(shown.iter().all(|shown| !shown.contains(&half)), "{half}");
    }
}
