//! Bytes of a token that follow from others: the checksums of a PAC, a CAMMAC and an AD-KDCIssued, and a PAC's list of
//! buffers. So a change to what is signed is signed anew, and reaches the check that it is about.

use crate::draw::Draw;
use crate::mutate::{Edit, Named};
use crate::tree::{self, Content, Node, Part};
use crate::values;
use mech_krb5::crypto::{ChecksumKey, EncryptionType, Key, KeyUsage};
use mech_krb5::pac::BufferType;
use negotiate_core::der::{Reader, Tag};
use std::ops::Range;
use std::sync::Arc;

/// Within what a checksum is over something.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scope {
    /// MS-PAC section 2.8.4.
    Pac,
    /// RFC 7751 section 4.
    Cammac,
    /// RFC 4120 section 5.2.6.2.
    KdcIssued,
}

#[derive(Clone, Debug)]
pub(crate) enum Derived {
    /// `cBuffers`.
    Count,
    /// `cbBufferSize` of the buffer of this number.
    Size(usize),
    /// `Offset` of the buffer of this number.
    Offset(usize),
    Checksum {
        /// The right key, another one of its type, and one of another type.
        keys: Arc<[ChecksumKey; 3]>,
        /// Which of them signs.
        by: usize,
    },
}

impl Derived {
    pub(crate) fn checksum(key: &Key, usage: KeyUsage) -> Self {
        let filled = |etype: EncryptionType| {
            Key::new(etype, &[0x77; 32][..etype.key_len()])
                .expect("as many bytes as its type says")
                .checksum_key(usage)
        };
        let etype = key.encryption_type();
        let other = match etype {
            EncryptionType::Aes256CtsHmacSha1_96 => EncryptionType::Aes128CtsHmacSha1_96,
            _ => EncryptionType::Aes256CtsHmacSha1_96,
        };
        Self::Checksum {
            keys: Arc::new([key.checksum_key(usage), filled(etype), filled(other)]),
            by: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Count | Self::Size(_) => 4,
            Self::Offset(_) => 8,
            Self::Checksum { keys, by } => keys[*by].checksum_type().mac_len(),
        }
    }

    /// `None` for what nobody signs.
    pub(crate) fn sign_with(&mut self, number: usize) -> Option<()> {
        match self {
            Self::Checksum { by, .. } => *by = number,
            _ => return None,
        }
        Some(())
    }

    /// What may stand here instead.
    pub(crate) fn edits(&self) -> Vec<Named> {
        let numbers = |kind, numbers: &[u64]| {
            let bytes = numbers
                .iter()
                .map(|number| number.to_le_bytes()[..self.len()].to_vec());
            values::named(kind, bytes.collect())
        };
        match self {
            Self::Count => numbers(
                "pac-count",
                &[0, 1, 2, 3, 4, 5, 8, 63, 64, 65, 4096, 4097, 0xffff_ffff],
            ),
            Self::Size(_) => numbers(
                "pac-size",
                &[
                    0,
                    1,
                    3,
                    4,
                    5,
                    8,
                    10,
                    12,
                    16,
                    17,
                    20,
                    28,
                    0x7fff_ffff,
                    0x8000_0000,
                    0xffff_ffff,
                ],
            ),
            Self::Offset(_) => {
                let near = (0..40).map(|step| 8 * step);
                let odd = [1, 57, 90, 92, 1 << 32, 1 << 63, u64::MAX - 7, u64::MAX];
                numbers("pac-offset", &near.chain(odd).collect::<Vec<_>>())
            }
            Self::Checksum { .. } => {
                let len = self.len();
                let mut edits =
                    values::named("checksum", vec![vec![0; len], vec![0xff; len], vec![], vec![0]]);
                edits.extend([1, 2].map(|other| ("signed-otherwise", Edit::Sign(other))));
                edits
            }
        }
    }
}

/// The pieces with what follows from the others written out.
pub(crate) fn resolve(scope: Scope, pieces: &[Node]) -> Vec<Node> {
    let mut pieces = pieces.to_vec();
    let layout = Layout::of(&pieces);
    fill(&mut pieces, &|derived| layout.bytes(derived));
    let bytes = tree::write(&pieces, &mut Draw::new(0));
    let Some(signed) = signed(scope, &bytes) else {
        return pieces;
    };
    fill(&mut pieces, &|derived| match derived {
        Derived::Checksum { keys, by } => Some(keys[*by].checksum(&[&signed]).as_bytes().to_vec()),
        _ => None,
    });
    pieces
}

/// Writes into each derived piece what `bytes` says, but not into those of another scope inside.
fn fill(pieces: &mut [Node], bytes: &impl Fn(&Derived) -> Option<Vec<u8>>) {
    for piece in pieces {
        match &mut piece.part {
            Part::Derived(derived) => {
                if let Some(bytes) = bytes(derived) {
                    piece.part = Part::Raw(bytes);
                }
            }
            Part::Group { pieces, .. }
            | Part::Element {
                content: Content::Pieces(pieces),
                ..
            } => fill(pieces, bytes),
            _ => {}
        }
    }
}

/// What the verifier sums; nothing if it does not find it.
fn signed(scope: Scope, bytes: &[u8]) -> Option<Vec<u8>> {
    match scope {
        Scope::Pac => {
            let mut zeroed = bytes.to_vec();
            for which in [BufferType::SERVER_CHECKSUM, BufferType::KDC_CHECKSUM] {
                zeroed.get_mut(signature(bytes, which)?)?.fill(0);
            }
            Some(zeroed)
        }
        Scope::Cammac => field(bytes, 0),
        Scope::KdcIssued => field(bytes, 3),
    }
}

/// Where the first signature of this type stands, by the list of buffers.
fn signature(pac: &[u8], which: BufferType) -> Option<Range<usize>> {
    let (count, infos) = pac.split_first_chunk()?;
    let (infos, _) = infos.get(4..)?.as_chunks::<16>();
    let mut infos = infos.iter().take(u32::from_le_bytes(*count) as usize);
    let info = infos.find(|info| info.starts_with(&which.0.to_le_bytes()))?;
    let len = u32::from_le_bytes(*info.get(4..)?.first_chunk()?) as usize;
    let start = usize::try_from(u64::from_le_bytes(*info.last_chunk()?)).ok()?;
    Some(start.checked_add(4)?..start.checked_add(len)?)
}

/// The content of this field of a sequence.
fn field(bytes: &[u8], number: u8) -> Option<Vec<u8>> {
    let mut fields = Reader::new(bytes).sequence().ok()?;
    while let Ok((tag, content)) = fields.any() {
        if tag == Tag::context(number) {
            return Some(content.rest().to_vec());
        }
    }
    None
}

/// Where the buffers of a PAC come to stand.
struct Layout {
    count: usize,
    /// Number, offset, size.
    buffers: Vec<(usize, usize, usize)>,
}

impl Layout {
    fn of(pieces: &[Node]) -> Self {
        let mut layout = Self {
            count: 0,
            buffers: Vec::new(),
        };
        let mut offset = 0;
        for piece in pieces {
            match &piece.part {
                Part::Group { buffer: None, .. } => layout.count += 1,
                Part::Group {
                    buffer: Some(number),
                    pieces,
                } => {
                    let size = tree::write(pieces, &mut Draw::new(0)).len();
                    layout.buffers.push((*number, offset, size));
                }
                _ => {}
            }
            offset += tree::write(std::slice::from_ref(piece), &mut Draw::new(0)).len();
        }
        layout
    }

    fn bytes(&self, derived: &Derived) -> Option<Vec<u8>> {
        let buffer = |number: &usize| self.buffers.iter().find(|(found, ..)| found == number);
        let value = match derived {
            Derived::Count => self.count,
            Derived::Size(number) => buffer(number).map_or(0, |(_, _, size)| *size),
            Derived::Offset(number) => buffer(number).map_or(0, |(_, offset, _)| *offset),
            Derived::Checksum { .. } => return None,
        };
        Some((value as u64).to_le_bytes()[..derived.len()].to_vec())
    }
}
