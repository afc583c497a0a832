//! How a type of ASN.1 is written down here: the specification's modules as tables.

use crate::decoder::Decoder;
use crate::tree::Node;

/// A type.
pub(crate) struct Type {
    /// The section that defines it.
    pub(crate) spec: &'static str,
    pub(crate) shape: Shape,
    /// What a complete value is looked at for: a field whose meaning another one tells, a sealed part, a key.
    pub(crate) then: Option<Then>,
}

/// Gets the space and the node, whose parts are there.
pub(crate) type Then = fn(&mut Decoder<'_>, &[u8], &mut Node);

pub(crate) enum Shape {
    /// An explicit tag, by its byte, around another type.
    Tagged(u8, &'static Type),
    Sequence(&'static [Field], Open),
    SequenceOf(&'static str, &'static Type),
    /// A primitive type: its tag, and what reads its content into the node or says what is wrong with it.
    Leaf(u8, Read),
    /// One of several, told by the tag.
    Choice(&'static [&'static Type]),
    /// Whatever is there, shown as far as it is DER.
    Any,
    /// Whatever is there, as bytes.
    Opaque,
}

pub(crate) type Read = fn(&[u8], &mut Node) -> Result<(), &'static str>;

/// `name [number] of`, explicitly tagged.
pub(crate) struct Field {
    pub(crate) number: u8,
    pub(crate) name: &'static str,
    pub(crate) of: &'static Type,
    pub(crate) presence: Presence,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Required,
    Optional,
}

/// Whether the ASN.1 has `...`: later editions may add fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Open {
    Closed,
    Extensible,
}

pub(crate) const fn required(number: u8, name: &'static str, of: &'static Type) -> Field {
    Field {
        number,
        name,
        of,
        presence: Presence::Required,
    }
}

pub(crate) const fn optional(number: u8, name: &'static str, of: &'static Type) -> Field {
    Field {
        number,
        name,
        of,
        presence: Presence::Optional,
    }
}

impl Type {
    pub(crate) const fn new(spec: &'static str, shape: Shape) -> Self {
        Self {
            spec,
            shape,
            then: None,
        }
    }

    pub(crate) const fn closed(spec: &'static str, fields: &'static [Field]) -> Self {
        Self::new(spec, Shape::Sequence(fields, Open::Closed))
    }

    pub(crate) const fn extensible(spec: &'static str, fields: &'static [Field]) -> Self {
        Self::new(spec, Shape::Sequence(fields, Open::Extensible))
    }

    pub(crate) const fn list(spec: &'static str, name: &'static str, of: &'static Type) -> Self {
        Self::new(spec, Shape::SequenceOf(name, of))
    }

    pub(crate) const fn application(spec: &'static str, number: u8, of: &'static Type) -> Self {
        Self::new(spec, Shape::Tagged(0x60 | number, of))
    }

    pub(crate) const fn context(spec: &'static str, number: u8, of: &'static Type) -> Self {
        Self::new(spec, Shape::Tagged(0xa0 | number, of))
    }

    pub(crate) const fn leaf(spec: &'static str, tag: u8, read: Read) -> Self {
        Self::new(spec, Shape::Leaf(tag, read))
    }

    pub(crate) const fn then(self, then: Then) -> Self {
        Self {
            then: Some(then),
            ..self
        }
    }
}
