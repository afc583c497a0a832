//! Reads DER by a table, into a node.

use super::schema::{Field, Open, Presence, Shape, Type};
use super::tlv::{Tlv, tag_name};
use crate::decoder::{Decoder, More};
use crate::tree::{Node, Value};

impl Decoder<'_> {
    /// The element at `at` of what ends at `end`, which should be of this type, and where it ends.
    pub(crate) fn element(
        &mut self,
        space: &[u8],
        at: usize,
        end: usize,
        name: &'static str,
        of: &Type,
    ) -> (Node, usize) {
        let tlv = match Tlv::read(space, at, end) {
            Ok(tlv) => tlv,
            Err(fault) => {
                let mut node = Node::new(name, of.spec, at, end);
                node.faults.push(fault);
                return (node, end);
            }
        };
        let mut node = Node::new(name, of.spec, at, tlv.end);
        node.content = (tlv.content, tlv.end);
        let (tag, end) = (tlv.tag, tlv.end);
        node.faults.extend(tlv.fault);
        node.faults.extend(tlv.cut.filter(|_| self.is_news(end)));
        let filled = self.deeper(|decoder| match of.for_tag(tag) {
            Some(of) => decoder.fill(space, &mut node, of),
            None if matches!(of.shape, Shape::Any) => decoder.untyped(space, &mut node, tag),
            None if matches!(of.shape, Shape::Opaque) => {
                node.meaning = Some(tag_name(tag));
                node.value = Value::bytes(node.content_in(space));
            }
            None => {
                let (found, expected) = (tag_name(tag), of.expected());
                node.fault(space, at, at, format!("{found} where {expected} was expected"));
                decoder.untyped(space, &mut node, tag);
            }
        });
        if filled.is_none() {
            node.fault(space, at, end, "nested too deep to show");
        }
        (node, end)
    }

    /// All of `from..to` as one element of this type; what follows it is a fault.
    pub(crate) fn whole(
        &mut self,
        space: &[u8],
        (from, to): (usize, usize),
        name: &'static str,
        of: &Type,
    ) -> Node {
        let (mut node, end) = self.element(space, from, to, name, of);
        if end < to {
            node.length = to - from;
            node.fault(space, end, to, format!("{} bytes after the end", to - end));
        }
        node
    }

    fn fill(&mut self, space: &[u8], node: &mut Node, of: &Type) {
        match &of.shape {
            Shape::Tagged(_, inner) => self.fill_tagged(space, node, inner),
            Shape::Sequence(fields, open) => self.fields(space, node, fields, *open),
            Shape::SequenceOf(name, inner) => self.list(space, node, name, inner),
            Shape::Leaf(_, read) => {
                let (from, to) = node.content;
                if let Err(what) = read(node.content_in(space), node) {
                    node.fault(space, from, to, what);
                }
            }
            Shape::Choice(_) | Shape::Any | Shape::Opaque => {}
        }
        if let Some(then) = of.then {
            then(self, space, node);
        }
    }

    /// An explicit tag is no level of the tree: the node takes what is inside.
    fn fill_tagged(&mut self, space: &[u8], node: &mut Node, of: &Type) {
        let range = node.content;
        let inner = self.same_level(|decoder| decoder.whole(space, range, node.name, of));
        node.value = inner.value;
        node.meaning = inner.meaning;
        node.content = inner.content;
        node.children = inner.children;
        node.opened = inner.opened;
        node.faults.extend(inner.faults);
        if !matches!(of.shape, Shape::Leaf(..)) {
            node.spec = inner.spec;
        }
    }

    fn fields(&mut self, space: &[u8], node: &mut Node, fields: &[Field], open: Open) {
        let (mut at, end) = node.content;
        let mut last = None;
        for field in fields {
            match space.get(at..end).and_then(<[u8]>::first) {
                Some(tag) if *tag == 0xa0 | field.number => {
                    last = Some(field.number);
                    let spec = node.spec;
                    let tagged = Type::context(spec, field.number, field.of);
                    let (child, next) = self.element(space, at, end, field.name, &tagged);
                    if self.push(space, node, child) == More::No {
                        return;
                    }
                    at = next;
                }
                // What was cut off is missing for a reason that was told.
                None if self.is_cut_at(at) => {}
                _ if field.presence == Presence::Required => {
                    node.fault(
                        space,
                        at,
                        at,
                        format!("{} [{}] is missing", field.name, field.number),
                    );
                }
                _ => {}
            }
        }
        // Fields that come after the known ones, or in their midst.
        while at < end {
            let first = space.get(at).copied().unwrap_or_default();
            let number = Some(first & 0x1f).filter(|_| first & 0xe0 == 0xa0);
            let is_extension =
                open == Open::Extensible && number > last.max(fields.last().map(|field| field.number));
            // What is in a field of a later edition, nobody here knows.
            let (what, shape) = match is_extension {
                true => ("extension", Shape::Opaque),
                false => ("unknown", Shape::Any),
            };
            let (mut child, next) = self.element(space, at, end, what, &Type::new(node.spec, shape));
            if !is_extension && child.faults.is_empty() {
                child.fault(
                    space,
                    at,
                    at,
                    format!("{} is no field of this place", tag_name(first)),
                );
            }
            last = number.or(last);
            if self.push(space, node, child) == More::No {
                return;
            }
            at = next;
        }
    }

    fn list(&mut self, space: &[u8], node: &mut Node, name: &'static str, of: &Type) {
        let (mut at, end) = node.content;
        while at < end {
            let (mut child, next) = self.element(space, at, end, name, of);
            if matches!(of.shape, Shape::Leaf(..)) {
                child.spec = node.spec;
            }
            if self.push(space, node, child) == More::No {
                return;
            }
            at = next;
        }
    }

    /// Without a table: the tag's name, and the parts of what is constructed.
    fn untyped(&mut self, space: &[u8], node: &mut Node, tag: u8) {
        node.meaning = Some(tag_name(tag));
        if tag & 0x20 == 0 {
            node.value = Value::bytes(node.content_in(space));
            return;
        }
        self.list(space, node, "element", &Type::new(node.spec, Shape::Any));
    }

    /// The same for a whole input that no table knows.
    pub(crate) fn any(&mut self, space: &[u8], range: (usize, usize), name: &'static str) -> Node {
        self.whole(space, range, name, &Type::new("X.690 section 8", Shape::Any))
    }
}

impl Type {
    /// The type that a value with this tag is read as; `None` if it is not of this type.
    fn for_tag(&self, tag: u8) -> Option<&Self> {
        match &self.shape {
            Shape::Choice(types) => types.iter().copied().find_map(|of| of.for_tag(tag)),
            Shape::Any | Shape::Opaque => None,
            Shape::Tagged(expected, _) | Shape::Leaf(expected, _) => (tag == *expected).then_some(self),
            Shape::Sequence(..) | Shape::SequenceOf(..) => (tag == 0x30).then_some(self),
        }
    }

    fn expected(&self) -> String {
        match &self.shape {
            Shape::Choice(types) => {
                let types: Vec<String> = types.iter().map(|of| of.expected()).collect();
                types.join(" or ")
            }
            Shape::Tagged(tag, _) | Shape::Leaf(tag, _) => tag_name(*tag),
            Shape::Sequence(..) | Shape::SequenceOf(..) => tag_name(0x30),
            Shape::Any | Shape::Opaque => "anything".into(),
        }
    }
}
