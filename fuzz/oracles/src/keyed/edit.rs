//! Changes to DER that keep it well-formed, and some that do not.

use crate::tlv;
use arbitrary::Arbitrary;

/// One change, at the element of this number (counted from the outermost, each before its content).
#[derive(Arbitrary, Debug)]
pub(super) struct Edit {
    node: u8,
    how: How,
}

#[derive(Arbitrary, Debug)]
enum How {
    Content(Vec<u8>),
    Xor(u8, u8),
    Tag(u8),
    Remove,
    Duplicate,
    InsertBefore(u8, Vec<u8>),
    SwapWithNext,
    /// In the bytes, whatever they are.
    RawXor(u16, u8),
    RawTruncate(u8),
    RawAppend(Vec<u8>),
}

/// The bytes after these changes.
pub(super) fn apply(der: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut der = der.to_vec();
    for edit in edits.iter().take(4) {
        der = match &edit.how {
            How::RawXor(at, by) => {
                let at = usize::from(*at) % der.len().max(1);
                if let Some(byte) = der.get_mut(at) {
                    *byte ^= by;
                }
                der
            }
            How::RawTruncate(by) => der[..der.len().saturating_sub(usize::from(*by))].to_vec(),
            How::RawAppend(bytes) => [&der[..], bytes].concat(),
            how => match Tree::read(&der) {
                Some(mut trees) => {
                    let count = count(&trees);
                    change(&mut trees, usize::from(edit.node) % count.max(1), how);
                    Tree::write(&trees)
                }
                None => der,
            },
        };
    }
    der
}

#[derive(Clone)]
enum Tree {
    Leaf(u8, Vec<u8>),
    Node(u8, Vec<Tree>),
}

impl Tree {
    fn read(input: &[u8]) -> Option<Vec<Self>> {
        let read = |(tag, content): (u8, &[u8])| match Self::read(content) {
            Some(inner) if tag & 0x20 != 0 => Self::Node(tag, inner),
            _ => Self::Leaf(tag, content.to_vec()),
        };
        Some(tlv::series(input)?.into_iter().map(read).collect())
    }

    fn write(trees: &[Self]) -> Vec<u8> {
        let write = |tree: &Self| match tree {
            Self::Leaf(tag, content) => tlv::write(*tag, content),
            Self::Node(tag, inner) => tlv::write(*tag, &Self::write(inner)),
        };
        trees.iter().flat_map(write).collect()
    }
}

fn count(trees: &[Tree]) -> usize {
    let of_one = |tree: &Tree| match tree {
        Tree::Leaf(..) => 1,
        Tree::Node(_, inner) => 1 + count(inner),
    };
    trees.iter().map(of_one).sum()
}

/// Changes the element number `node` of a series; returns how many more to go if it lies beyond.
fn change(trees: &mut Vec<Tree>, mut node: usize, how: &How) -> Option<usize> {
    for at in 0..trees.len() {
        if node == 0 {
            change_at(trees, at, how);
            return None;
        }
        node -= 1;
        if let Tree::Node(_, inner) = &mut trees[at] {
            node = change(inner, node, how)?;
        }
    }
    Some(node)
}

fn change_at(trees: &mut Vec<Tree>, at: usize, how: &How) {
    let (Tree::Leaf(tag, _) | Tree::Node(tag, _)) = &mut trees[at];
    match how {
        How::Tag(new) => *tag = (new & !0x1f) | ((new & 0x1f) % 0x1f),
        How::Content(content) => trees[at] = Tree::Leaf(*tag, content.clone()),
        How::Xor(place, by) => {
            if let Tree::Leaf(_, content) = &mut trees[at] {
                let len = content.len().max(1);
                if let Some(byte) = content.get_mut(usize::from(*place) % len) {
                    *byte ^= by;
                }
            }
        }
        How::Remove => drop(trees.remove(at)),
        How::Duplicate => trees.insert(at, trees[at].clone()),
        How::InsertBefore(tag, content) => trees.insert(at, Tree::Leaf(tag % 0x1f, content.clone())),
        How::SwapWithNext if at + 1 < trees.len() => trees.swap(at, at + 1),
        How::SwapWithNext | How::RawXor(..) | How::RawTruncate(_) | How::RawAppend(_) => {}
    }
}
