//! Changes to a token: each kind at each place, and any number of them at random.

use crate::draw::Draw;
use crate::tree::{self, Content, Length, Node, Part};
use crate::values;
use negotiate_core::Timestamp;

/// A change to one piece.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Delete,
    Duplicate,
    SwapWithNext,
    /// The same inside another tag.
    Tag(Vec<u8>),
    Length(Length),
    /// Another content.
    Content(Vec<u8>),
    /// More content, at its end.
    Append(Vec<u8>),
    /// More content, at its beginning.
    Prepend(Vec<u8>),
    /// The piece inside an element of this tag.
    Wrap(u8),
    /// What is inside, without its tag.
    Unwrap,
    /// Signed with another key, the one of this number.
    Sign(usize),
}

impl Edit {
    /// What is written, where that is short.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::Tag(bytes) | Self::Content(bytes) | Self::Append(bytes) | Self::Prepend(bytes) => {
                short(bytes)
            }
            Self::Length(length) => format!("={length:?}"),
            Self::Wrap(tag) => format!("={tag:02x}"),
            Self::Sign(number) => format!("={number}"),
            Self::Delete | Self::Duplicate | Self::SwapWithNext | Self::Unwrap => String::new(),
        }
    }
}

fn short(bytes: &[u8]) -> String {
    let is_text = !bytes.is_empty() && bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
    match bytes.len() {
        41.. => String::new(),
        _ if is_text => format!("={:?}", String::from_utf8_lossy(bytes)),
        _ => format!(
            "={}",
            bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        ),
    }
}

/// An edit with the name of its kind.
pub(crate) type Named = (&'static str, Edit);

/// All edits that are tried at every place of their kind.
pub(crate) fn edits(node: &Node, now: Timestamp) -> Vec<Named> {
    let mut edits: Vec<Named> = vec![
        ("delete", Edit::Delete),
        ("duplicate", Edit::Duplicate),
        ("swap", Edit::SwapWithNext),
    ];
    match &node.part {
        Part::LengthOfNext => {}
        Part::Raw(bytes) => edits.extend(values::raw(bytes, &node.path)),
        Part::Derived(derived) => edits.extend(derived.edits()),
        Part::Group { .. } => edits.extend([
            ("empty", Edit::Content(vec![])),
            ("trailing-byte", Edit::Append(vec![0])),
            ("trailing-bytes", Edit::Append(vec![0; 8])),
            ("leading-bytes", Edit::Prepend(vec![0; 8])),
        ]),
        Part::Element { tag, content, .. } => {
            edits.extend(forms(tag[0]));
            if let Content::Bytes(bytes) = content {
                edits.extend(values::of_type(tag[0], bytes, &node.path, now));
            }
        }
    }
    edits
}

/// Tags, lengths and ends that X.690 allows elsewhere or nowhere.
fn forms(tag: u8) -> impl Iterator<Item = Named> {
    let lengths = [
        ("length-padded", Length::Padded(1)),
        ("length-padded", Length::Padded(2)),
        ("length-padded", Length::Padded(4)),
        ("length-padded", Length::Padded(5)),
        ("length-padded", Length::Padded(8)),
        ("length-padded", Length::Padded(9)),
        ("length-indefinite", Length::Indefinite),
        ("length-off", Length::Off(1)),
        ("length-off", Length::Off(-1)),
        ("length-off", Length::Off(2)),
        ("length-off", Length::Off(-2)),
        ("length-wrong", Length::Bytes(vec![0])),
        ("length-wrong", Length::Bytes(vec![0x7f])),
        ("length-wrong", Length::Bytes(vec![0x84, 0x7f, 0xff, 0xff, 0xff])),
        ("length-wrong", Length::Bytes(vec![0x84, 0xff, 0xff, 0xff, 0xff])),
        ("length-wrong", Length::Bytes([&[0x88][..], &[0xff; 8]].concat())),
        ("length-wrong", Length::Bytes(vec![0xff])),
        ("length-wrong", Length::Bytes(vec![])),
    ];
    let (class, number) = (tag & 0xe0, tag & 0x1f);
    let tags = [
        ("tag-construction", vec![tag ^ 0x20]),
        ("tag-class", vec![tag ^ 0x40]),
        ("tag-class", vec![tag ^ 0x80]),
        ("tag-number", vec![class | (number.wrapping_add(1) & 0x1f)]),
        ("tag-number", vec![class | (number.wrapping_sub(1) & 0x1f)]),
        ("tag-high", vec![class | 0x1f, number]),
        ("tag-high", vec![class | 0x1f, 0x80, number]),
        ("tag-other", vec![0x04]),
        ("tag-other", vec![0x30]),
        ("tag-other", vec![0x00]),
    ];
    let ends = [
        ("trailing-byte", Edit::Append(vec![0])),
        ("trailing-bytes", Edit::Append(vec![0, 0])),
        ("trailing-null", Edit::Append(vec![5, 0])),
        ("trailing-field", Edit::Append(vec![0xbe, 0])),
        ("trailing-field", Edit::Append(vec![0xbe, 3, 2, 1, 0])),
        ("leading-byte", Edit::Prepend(vec![0])),
        ("leading-null", Edit::Prepend(vec![5, 0])),
        ("leading-field", Edit::Prepend(vec![0xbe, 0])),
        ("empty", Edit::Content(vec![])),
        ("wrap", Edit::Wrap(tag)),
        ("wrap", Edit::Wrap(0x30)),
        ("wrap", Edit::Wrap(0x04)),
        ("unwrap", Edit::Unwrap),
    ];
    lengths
        .into_iter()
        .map(|(kind, length)| (kind, Edit::Length(length)))
        .chain(tags.into_iter().map(|(kind, tag)| (kind, Edit::Tag(tag))))
        .chain(ends)
}

/// Changes the piece of this number, counted as [`tree::walk`] visits; `None` if the edit does not fit there.
pub(crate) fn apply(pieces: &mut Vec<Node>, mut number: usize, edit: &Edit) -> Option<()> {
    for index in 0..pieces.len() {
        if number == 0 {
            return apply_here(pieces, index, edit);
        }
        number -= 1;
        let inside = tree::count(pieces[index].pieces());
        if number < inside {
            return apply(pieces[index].pieces_mut()?, number, edit);
        }
        number -= inside;
    }
    None
}

fn apply_here(pieces: &mut Vec<Node>, index: usize, edit: &Edit) -> Option<()> {
    match edit {
        Edit::Delete => drop(pieces.remove(index)),
        Edit::Duplicate => pieces.insert(index, pieces[index].clone()),
        Edit::SwapWithNext if index + 1 < pieces.len() => pieces.swap(index, index + 1),
        Edit::SwapWithNext => return None,
        Edit::Wrap(tag) => {
            let inner = pieces[index].clone();
            pieces[index].part = Part::Element {
                tag: vec![*tag],
                length: Length::Minimal,
                content: Content::Pieces(vec![inner]),
            };
        }
        Edit::Unwrap => {
            let Part::Element { content, .. } = &pieces[index].part else {
                return None;
            };
            match content.clone() {
                Content::Bytes(bytes) => pieces[index].part = Part::Raw(bytes),
                Content::Pieces(inner)
                | Content::Sealed { pieces: inner, .. }
                | Content::Signed { pieces: inner, .. } => {
                    drop(pieces.splice(index..=index, inner));
                }
            }
        }
        _ => change(&mut pieces[index], edit)?,
    }
    Some(())
}

fn change(node: &mut Node, edit: &Edit) -> Option<()> {
    let path = node.path.clone();
    if let (Part::Derived(_), Edit::Content(other)) = (&node.part, edit) {
        node.part = Part::Raw(other.clone());
        return Some(());
    }
    match (&mut node.part, edit) {
        (Part::Derived(derived), Edit::Sign(number)) => derived.sign_with(*number)?,
        (Part::Element { tag, .. }, Edit::Tag(other)) => tag.clone_from(other),
        (Part::Element { length, .. }, Edit::Length(other)) => *length = other.clone(),
        (Part::Raw(bytes), Edit::Content(other)) => bytes.clone_from(other),
        (Part::Element { content, .. }, _) => match (content, edit) {
            (Content::Bytes(bytes), Edit::Content(other)) => bytes.clone_from(other),
            (Content::Bytes(bytes), Edit::Append(more)) => bytes.extend(more),
            (Content::Bytes(bytes), Edit::Prepend(more)) => drop(bytes.splice(0..0, more.iter().copied())),
            (
                Content::Pieces(pieces) | Content::Sealed { pieces, .. } | Content::Signed { pieces, .. },
                edit,
            ) => change_row(pieces, &path, edit)?,
            _ => return None,
        },
        (Part::Group { pieces, .. }, edit) => change_row(pieces, &path, edit)?,
        _ => return None,
    }
    Some(())
}

/// Changes pieces in a row as one.
fn change_row(pieces: &mut Vec<Node>, path: &str, edit: &Edit) -> Option<()> {
    match edit {
        Edit::Content(other) => *pieces = vec![Node::raw(path, other)],
        Edit::Append(more) => pieces.push(Node::raw(path, more)),
        Edit::Prepend(more) => pieces.insert(0, Node::raw(path, more)),
        _ => return None,
    }
    Some(())
}

/// A change at random to a random piece that has `within` in its path, and its name.
pub(crate) fn at_random(
    pieces: &mut Vec<Node>,
    within: &str,
    now: Timestamp,
    draw: &mut Draw,
) -> Option<String> {
    let mut nodes = Vec::new();
    tree::walk(pieces, &mut |node| nodes.push(node));
    let numbered = nodes.into_iter().enumerate();
    let nodes: Vec<(usize, &Node)> = numbered.filter(|(_, node)| node.path.contains(within)).collect();
    let (number, node) = *nodes.get(draw.below(nodes.len().max(1)))?;
    let (kind, edit) = if draw.below(4) == 0 {
        ("bytes", Edit::Content(scramble(content(node, draw), draw)))
    } else {
        draw.pick(&edits(node, now)).clone()
    };
    let name = format!("{kind}@{}{}", node.path, edit.detail());
    apply(pieces, number, &edit)?;
    Some(name)
}

fn content(node: &Node, draw: &mut Draw) -> Vec<u8> {
    match &node.part {
        Part::Raw(bytes)
        | Part::Element {
            content: Content::Bytes(bytes),
            ..
        } => bytes.clone(),
        _ => tree::write(node.pieces(), draw),
    }
}

/// Bytes with some bits flipped, some bytes changed, lost, doubled, moved or put in.
pub(crate) fn scramble(mut bytes: Vec<u8>, draw: &mut Draw) -> Vec<u8> {
    for _ in 0..=draw.below(3) {
        let at = draw.below(bytes.len() + 1);
        let some = (draw.below(bytes.len() + 1 - at)).min(1 + draw.below(8));
        match draw.below(8) {
            0..=2 if at < bytes.len() => bytes[at] ^= 1 << draw.below(8),
            3 if at < bytes.len() => bytes[at] = *draw.pick(&[0, 1, 0x30, 0x7f, 0x80, 0x81, 0x82, 0xff]),
            4 => drop(bytes.drain(at..at + some)),
            5 => {
                let more: Vec<u8> = (0..=draw.below(4)).map(|_| draw.next() as u8).collect();
                drop(bytes.splice(at..at, more));
            }
            6 => {
                let copy = bytes[at..at + some].to_vec();
                let to = draw.below(bytes.len() + 1);
                drop(bytes.splice(to..to, copy));
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}
