//! A token as a tree that can be changed anywhere and written again, what is sealed included.
//!
//! A change inside a seal is written before the seal is made anew with the same key, and the lengths around it follow:
//! so it reaches the check that it is about.

use crate::derived::{self, Derived, Scope};
use crate::draw::Draw;
use mech_krb5::crypto::SpecificKey;
use std::sync::Arc;

/// One piece of a token.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The fields that lead here; in brackets where the piece is a field's explicit tag.
    pub(crate) path: Arc<str>,
    pub(crate) part: Part,
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// Bytes without tag and length.
    Raw(Vec<u8>),
    /// The length of the next piece in two bytes, little-endian (`Dlgth` of RFC 4121 section 4.1.1).
    LengthOfNext,
    /// Tag, length and content.
    Element {
        tag: Vec<u8>,
        length: Length,
        content: Content,
    },
    /// Bytes that follow from the others inside the same [`Content::Signed`].
    Derived(Derived),
    /// Pieces in a row that belong together, without a tag.
    Group {
        pieces: Vec<Node>,
        /// Its number, if it is a buffer of a PAC; it is then filled to a multiple of eight bytes.
        buffer: Option<usize>,
    },
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Bytes(Vec<u8>),
    /// Pieces in a row: of a constructed type, or inside an OCTET STRING.
    Pieces(Vec<Node>),
    /// Pieces in a row, encrypted.
    Sealed {
        key: Arc<SpecificKey>,
        pieces: Vec<Node>,
    },
    /// Pieces in a row, some of which are checksums over others.
    Signed {
        scope: Scope,
        pieces: Vec<Node>,
    },
}

/// How the length is written.
#[derive(Clone, Debug)]
pub(crate) enum Length {
    /// In the fewest bytes.
    Minimal,
    /// In this many bytes after the first.
    Padded(usize),
    /// Not told: the content ends with two zeros (X.690 section 8.1.3.6).
    Indefinite,
    /// Longer or shorter than the content is.
    Off(isize),
    /// These bytes.
    Bytes(Vec<u8>),
}

impl Node {
    pub(crate) fn raw(path: &str, bytes: &[u8]) -> Self {
        Self {
            path: path.into(),
            part: Part::Raw(bytes.to_vec()),
        }
    }

    pub(crate) fn derived(path: &str, derived: Derived) -> Self {
        Self {
            path: path.into(),
            part: Part::Derived(derived),
        }
    }

    /// The pieces inside.
    pub(crate) fn pieces(&self) -> &[Self] {
        match &self.part {
            Part::Element {
                content:
                    Content::Pieces(pieces) | Content::Sealed { pieces, .. } | Content::Signed { pieces, .. },
                ..
            }
            | Part::Group { pieces, .. } => pieces,
            _ => &[],
        }
    }

    pub(crate) fn pieces_mut(&mut self) -> Option<&mut Vec<Self>> {
        match &mut self.part {
            Part::Element {
                content:
                    Content::Pieces(pieces) | Content::Sealed { pieces, .. } | Content::Signed { pieces, .. },
                ..
            }
            | Part::Group { pieces, .. } => Some(pieces),
            _ => None,
        }
    }
}

/// How many pieces there are on all levels.
pub(crate) fn count(pieces: &[Node]) -> usize {
    pieces.iter().map(|piece| 1 + count(piece.pieces())).sum()
}

/// Visits all pieces, each before those inside it.
pub(crate) fn walk<'n>(pieces: &'n [Node], visit: &mut impl FnMut(&'n Node)) {
    for piece in pieces {
        visit(piece);
        walk(piece.pieces(), visit);
    }
}

/// The bytes of the pieces.
pub(crate) fn write(pieces: &[Node], draw: &mut Draw) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        match &piece.part {
            Part::Raw(bytes) => out.extend(bytes),
            Part::Derived(derived) => out.extend(vec![0; derived.len()]),
            Part::Group { pieces, buffer } => {
                out.extend(write(pieces, draw));
                if buffer.is_some() {
                    out.resize(out.len().next_multiple_of(8), 0);
                }
            }
            Part::LengthOfNext => {
                let next = pieces.get(index + 1).map_or(&[][..], std::slice::from_ref);
                let len = write(next, &mut draw.clone()).len();
                out.extend((len as u16).to_le_bytes());
            }
            Part::Element { tag, length, content } => {
                let content = match content {
                    Content::Bytes(bytes) => bytes.clone(),
                    Content::Pieces(pieces) => write(pieces, draw),
                    Content::Sealed { key, pieces } => {
                        let plaintext = write(pieces, draw);
                        key.encrypt(&plaintext, draw).expect("randomness that never ends")
                    }
                    Content::Signed { scope, pieces } => write(&derived::resolve(*scope, pieces), draw),
                };
                out.extend(tag);
                out.extend(length.of(content.len()));
                out.extend(&content);
                if matches!(length, Length::Indefinite) {
                    out.extend([0, 0]);
                }
            }
        }
    }
    out
}

impl Length {
    fn of(&self, len: usize) -> Vec<u8> {
        let digits = |len: usize| -> Vec<u8> {
            let all = len.to_be_bytes();
            let zeros = all.iter().take_while(|byte| **byte == 0).count();
            all[zeros..].to_vec()
        };
        match self {
            Self::Minimal if len < 0x80 => vec![len as u8],
            Self::Minimal => {
                let digits = digits(len);
                [&[0x80 | digits.len() as u8], &digits[..]].concat()
            }
            Self::Padded(count) => {
                let digits = digits(len);
                let zeros = vec![0; count.saturating_sub(digits.len())];
                [&[0x80 | (zeros.len() + digits.len()) as u8], &zeros[..], &digits].concat()
            }
            Self::Indefinite => vec![0x80],
            Self::Off(by) => Self::Minimal.of(len.saturating_add_signed(*by)),
            Self::Bytes(bytes) => bytes.clone(),
        }
    }
}
