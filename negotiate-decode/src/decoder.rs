//! What is kept while a tree is made: the keys, and how much work is left.

use crate::keys::Keys;
use crate::tree::{Fault, MAX_DEPTH, MAX_NODES, Node};

/// Makes one tree.
pub(crate) struct Decoder<'k> {
    pub(crate) keys: &'k mut Keys,
    nodes_left: usize,
    depth: usize,
    // Where this space was found to be cut off: what is cut off inside needs no saying again.
    cut_at: Option<usize>,
}

impl<'k> Decoder<'k> {
    pub(crate) fn new(keys: &'k mut Keys) -> Self {
        Self {
            keys,
            nodes_left: MAX_NODES,
            depth: 0,
            cut_at: None,
        }
    }

    /// Notes that something is cut off here; whether that is news.
    pub(crate) fn is_news(&mut self, at: usize) -> bool {
        let is_news = self.cut_at != Some(at);
        self.cut_at = Some(at);
        is_news
    }

    pub(crate) const fn is_cut_at(&self, at: usize) -> bool {
        matches!(self.cut_at, Some(cut_at) if cut_at == at)
    }

    /// Reads another space.
    pub(crate) fn in_new_space<T>(&mut self, then: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let outside = self.cut_at.take();
        let result = self.deeper(then);
        self.cut_at = outside;
        result
    }

    /// Adds a part to a node, if there is room; says so once in the node if there is none.
    pub(crate) fn push(&mut self, space: &[u8], parent: &mut Node, child: Node) -> More {
        match self.nodes_left.checked_sub(1) {
            Some(left) => {
                self.nodes_left = left;
                parent.children.push(child);
                More::Yes
            }
            None => {
                let (_, end) = parent.content;
                parent
                    .faults
                    .push(Fault::new(space, child.offset, end, "too much to show"));
                More::No
            }
        }
    }

    /// Makes of something below this level a part of this level.
    pub(crate) fn same_level<T>(&mut self, then: impl FnOnce(&mut Self) -> T) -> T {
        self.depth = self.depth.saturating_sub(1);
        let result = then(self);
        self.depth += 1;
        result
    }

    /// Goes one level down, unless that is too deep.
    pub(crate) fn deeper<T>(&mut self, then: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let result = then(self);
        self.depth -= 1;
        Some(result)
    }
}

/// Whether there is room for more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum More {
    Yes,
    No,
}
