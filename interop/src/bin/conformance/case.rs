//! The conversations that are shown to both acceptors: vectors, captures, and what mutation makes of valid ones.

use crate::draw::Draw;
use crate::judge::{Conversation, Judge};
use crate::mutate::{self, Edit};
use crate::read;
use crate::tree::{self, Node};

/// A valid conversation, one of whose tokens is changed.
pub(crate) struct Base {
    pub(crate) name: String,
    pub(crate) judge: Judge,
    /// As it came.
    pub(crate) conversation: Conversation,
    /// Which token is changed.
    pub(crate) leg: usize,
    /// That token; none if it is not DER.
    pub(crate) pieces: Option<Vec<Node>>,
    /// What the path of a piece that is changed has in it: where there are many conversations that differ here alone.
    pub(crate) within: &'static str,
}

/// How many of all changes are tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amount {
    pub(crate) seed: u64,
    /// Changes at random to each conversation.
    pub(crate) random: usize,
    /// One in so many of the changes of each kind at each place.
    pub(crate) one_in: usize,
}

/// One conversation, and how it was made.
pub(crate) struct Case {
    pub(crate) origin: Origin,
    /// `kind@place`, or `kind@place=value`, each.
    pub(crate) mutations: Vec<String>,
    pub(crate) conversation: Conversation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// A capture or vector as it is.
    Given,
    /// Changed outside every seal, or through it.
    Raw,
    /// Changed inside a seal that was made anew.
    Resealed,
}

impl Origin {
    pub(crate) const ALL: [(Self, &str); 3] = [
        (Self::Given, "as given"),
        (Self::Raw, "raw"),
        (Self::Resealed, "resealed"),
    ];
}

impl Base {
    pub(crate) fn new(name: &str, judge: &Judge, conversation: Conversation, leg: usize) -> Self {
        Self {
            name: name.to_owned(),
            pieces: read::token(&conversation[leg], &judge.keys(), judge.types.encryption_types()),
            judge: judge.clone(),
            conversation,
            leg,
            within: "",
        }
    }

    /// The conversation as it came, edits of every kind at every place, and changes at random.
    pub(crate) fn cases(&self, amount: Amount) -> Vec<Case> {
        let mut draw = Draw::named(amount.seed, &self.name);
        let mut cases = vec![self.case(Origin::Given, Vec::new(), self.conversation[self.leg].clone())];
        if let Some(pieces) = &self.pieces {
            let unchanged = vec!["nothing@token".to_owned()];
            cases.push(self.case(Origin::Resealed, unchanged, tree::write(pieces, &mut draw)));
            self.every_edit(pieces, amount.one_in, &mut draw, &mut cases);
        }
        cases.extend((0..amount.random).filter_map(|_| self.at_random(&mut draw)));
        cases
    }

    fn case(&self, origin: Origin, mutations: Vec<String>, token: Vec<u8>) -> Case {
        let mut conversation = self.conversation.clone();
        conversation[self.leg] = token;
        Case {
            origin,
            mutations,
            conversation,
        }
    }

    fn every_edit(&self, pieces: &[Node], one_in: usize, draw: &mut Draw, cases: &mut Vec<Case>) {
        let mut nodes = Vec::new();
        tree::walk(pieces, &mut |node| nodes.push(node));
        let nodes_within = nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.path.contains(self.within));
        for (number, node) in nodes_within {
            let twin = twin(&nodes, number);
            for (kind, edit) in mutate::edits(node, self.judge.now) {
                let mut at = |numbers: &[usize], kind: &str| {
                    if draw.below(one_in) != 0 {
                        return None;
                    }
                    let mut pieces = pieces.to_vec();
                    for number in numbers {
                        mutate::apply(&mut pieces, *number, &edit)?;
                    }
                    let mutation = format!("{kind}@{}{}", node.path, edit.detail());
                    cases.push(self.case(origin(&node.path), vec![mutation], tree::write(&pieces, draw)));
                    Some(())
                };
                // `None`: the edit has no meaning there, or is not drawn.
                _ = at(&[number], kind);
                if let Some(twin) = twin {
                    // The later one first: an edit moves what follows it.
                    _ = at(&[twin.max(number), twin.min(number)], &format!("{kind}-in-both"));
                }
            }
        }
    }

    fn at_random(&self, draw: &mut Draw) -> Option<Case> {
        let raw = |draw: &mut Draw| {
            let token = mutate::scramble(self.conversation[self.leg].clone(), draw);
            Some(self.case(Origin::Raw, vec!["bytes@token".to_owned()], token))
        };
        let Some(pieces) = self.pieces.as_ref().filter(|_| draw.below(8) > 0) else {
            return raw(draw);
        };
        let mut pieces = pieces.clone();
        let mut mutations = Vec::new();
        for _ in 0..=draw.below(3) {
            mutations.extend(mutate::at_random(&mut pieces, self.within, self.judge.now, draw));
        }
        let origins = mutations
            .iter()
            .map(|mutation| origin(mutation.split_once('@').map_or("", |(_, path)| path)));
        let origin = origins.max()?;
        Some(self.case(origin, mutations, tree::write(&pieces, draw)))
    }

    /// A conversation in which the piece of this path holds other bytes.
    pub(crate) fn planted(&self, path: &str, bytes: &[u8], mutation: &str) -> Option<Case> {
        let mut pieces = self.pieces.clone()?;
        let mut nodes = Vec::new();
        tree::walk(&pieces, &mut |node| nodes.push(node));
        let number = nodes.iter().position(|node| &*node.path == path)?;
        mutate::apply(&mut pieces, number, &Edit::Content(bytes.to_vec()))?;
        let token = tree::write(&pieces, &mut Draw::new(0));
        Some(self.case(Origin::Given, vec![format!("{mutation}@{path}")], token))
    }
}

/// The client's name stands in ticket and authenticator: a change of both reaches the checks after their comparison.
fn twin(nodes: &[&Node], number: usize) -> Option<usize> {
    let path = nodes[number].path.strip_prefix("EncTicketPart/")?;
    let field = path.trim_start_matches('[');
    if !field.starts_with("crealm") && !field.starts_with("cname") {
        return None;
    }
    let same = |nodes: &[&Node], path: &str| nodes.iter().filter(|node| &*node.path == path).count();
    let rank = same(&nodes[..number], &nodes[number].path);
    let path = format!("Authenticator/{path}");
    let mut there = nodes.iter().enumerate().filter(|(_, node)| *node.path == path);
    Some(there.nth(rank)?.0)
}

fn origin(path: &str) -> Origin {
    let sealed = [
        "EncTicketPart",
        "Authenticator",
        "checksum",
        "KRB-CRED",
        "EncKrbCredPart",
    ];
    let is_sealed = sealed
        .iter()
        .any(|name| path.trim_start_matches('[').starts_with(name));
    if is_sealed { Origin::Resealed } else { Origin::Raw }
}
