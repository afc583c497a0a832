//! Fixed structures, field by field: GSS-API's checksum, NTLM, PACs, files.

use crate::decoder::{Decoder, More};
use crate::tree::{Node, Value};

/// The order of a number's bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Big,
    Little,
}

/// Reads one field after the other into the parts of a node. A field that is not there whole is a fault of the node, and
/// ends the reading: what reads on gets nothing.
pub(crate) struct Fields<'d, 'k, 's> {
    pub(crate) decoder: &'d mut Decoder<'k>,
    pub(crate) space: &'s [u8],
    pub(crate) node: &'d mut Node,
    pub(crate) at: usize,
    pub(crate) end: usize,
    order: Order,
    // NDR aligns from here.
    origin: usize,
}

/// The reading is over: a fault says why.
#[derive(Debug)]
pub(crate) struct Stop;

pub(crate) type Read<T> = Result<T, Stop>;

impl<'d, 'k, 's> Fields<'d, 'k, 's> {
    /// Of the content of a node.
    pub(crate) fn new(
        decoder: &'d mut Decoder<'k>,
        space: &'s [u8],
        node: &'d mut Node,
        order: Order,
    ) -> Self {
        let (at, end) = node.content;
        Self {
            decoder,
            space,
            node,
            at,
            end,
            order,
            origin: at,
        }
    }

    pub(crate) const fn order(&self) -> Order {
        self.order
    }

    /// Skips to the next multiple of `to`, from where the reading began.
    pub(crate) fn align(&mut self, to: usize) -> Read<()> {
        let over = (self.at - self.origin) % to;
        match over {
            0 => Ok(()),
            over => self.take(to - over, "alignment").map(drop),
        }
    }

    pub(crate) const fn origin(&self) -> usize {
        self.origin
    }

    /// Counts the alignment from another place.
    pub(crate) fn aligned_from(&mut self, origin: usize) {
        self.origin = origin;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at >= self.end
    }

    pub(crate) fn rest(&self) -> &'s [u8] {
        self.space.get(self.at..self.end).unwrap_or_default()
    }

    /// Ends the reading here.
    pub(crate) fn stop<T>(&mut self, what: impl Into<std::borrow::Cow<'static, str>>) -> Read<T> {
        let (at, end) = (self.at, self.end);
        self.node.fault(self.space, at, end, what);
        self.at = end;
        Err(Stop)
    }

    /// Notes what is wrong at an earlier place, and goes on.
    pub(crate) fn note(&mut self, at: usize, what: impl Into<std::borrow::Cow<'static, str>>) {
        self.node.fault(self.space, at, at, what);
    }

    /// Adds a part.
    pub(crate) fn push(&mut self, child: Node) -> Read<()> {
        match self.decoder.push(self.space, self.node, child) {
            More::Yes => Ok(()),
            More::No => {
                self.at = self.end;
                Err(Stop)
            }
        }
    }

    /// The next bytes, without a part for them.
    pub(crate) fn take(&mut self, count: usize, name: &'static str) -> Read<&'s [u8]> {
        match self.rest().get(..count) {
            Some(taken) => {
                self.at += count;
                Ok(taken)
            }
            None => {
                let there = self.end.saturating_sub(self.at);
                self.stop(format!(
                    "cut off within {name}: {count} bytes expected, {there} are there"
                ))
            }
        }
    }

    /// A part of the next bytes.
    fn field(
        &mut self,
        count: usize,
        name: &'static str,
        value: impl FnOnce(&[u8]) -> Value,
    ) -> Read<&'s [u8]> {
        let from = self.at;
        let taken = self.take(count, name)?;
        let node = Node::new(name, self.node.spec, from, self.at).with(value(taken));
        self.push(node)?;
        Ok(taken)
    }

    /// What the last part means.
    pub(crate) fn meaning(&mut self, meaning: Option<String>) {
        if let Some(last) = self.node.children.last_mut() {
            last.meaning = meaning;
        }
    }

    /// Another value for the last part.
    pub(crate) fn value(&mut self, value: Value) {
        if let Some(last) = self.node.children.last_mut() {
            last.value = value;
        }
    }

    fn number(&mut self, count: usize, name: &'static str) -> Read<u64> {
        let order = self.order;
        let number = |bytes: &[u8]| {
            let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
            match order {
                Order::Big => bytes.iter().fold(0, add),
                Order::Little => bytes.iter().rev().fold(0, add),
            }
        };
        let bytes = self.field(count, name, |bytes| Value::Integer(number(bytes).into()))?;
        Ok(number(bytes))
    }

    pub(crate) fn u8(&mut self, name: &'static str) -> Read<u8> {
        self.number(1, name).map(|number| number as u8)
    }

    pub(crate) fn u16(&mut self, name: &'static str) -> Read<u16> {
        self.number(2, name).map(|number| number as u16)
    }

    pub(crate) fn u32(&mut self, name: &'static str) -> Read<u32> {
        self.number(4, name).map(|number| number as u32)
    }

    pub(crate) fn u64(&mut self, name: &'static str) -> Read<u64> {
        self.number(8, name)
    }

    pub(crate) fn flags(&mut self, name: &'static str, names: &[(u32, &'static str)]) -> Read<u32> {
        let bits = self.u32(name)?;
        self.value(Value::flags(bits, names));
        Ok(bits)
    }

    pub(crate) fn bytes(&mut self, count: usize, name: &'static str) -> Read<&'s [u8]> {
        self.field(count, name, Value::bytes)
    }

    pub(crate) fn secret(&mut self, count: usize, name: &'static str) -> Read<&'s [u8]> {
        self.field(count, name, |bytes| Value::Secret(bytes.len()))
    }

    pub(crate) fn file_time(&mut self, name: &'static str) -> Read<()> {
        const NEVER: u64 = i64::MAX as u64;
        let steps = self.u64(name)?;
        self.value(Value::file_time(steps));
        self.meaning(match steps {
            0 => Some("none".into()),
            NEVER => Some("never".into()),
            _ => None,
        });
        Ok(())
    }

    /// A structure inside: a part whose own parts `read` reads, of the next `length` bytes.
    pub(crate) fn structure(
        &mut self,
        length: usize,
        name: &'static str,
        read: impl FnOnce(&mut Fields<'_, '_, 's>) -> Read<()>,
    ) -> Read<()> {
        let from = self.at;
        self.take(length, name)?;
        let mut node = Node::new(name, self.node.spec, from, self.at);
        inside(self.decoder, self.space, &mut node, self.order, read);
        self.push(node)
    }
}

/// Reads the content of a node, one level down.
pub(crate) fn inside<'s>(
    decoder: &mut Decoder<'_>,
    space: &'s [u8],
    node: &mut Node,
    order: Order,
    read: impl FnOnce(&mut Fields<'_, '_, 's>) -> Read<()>,
) {
    let (from, to) = node.content;
    let read = decoder.deeper(|decoder| {
        // A fault is in the node already.
        _ = read(&mut Fields::new(decoder, space, node, order));
    });
    if read.is_none() {
        node.fault(space, from, to, "nested too deep to show");
    }
}
