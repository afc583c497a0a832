//! A second reader of POSIX extended regular expressions (IEEE Std 1003.1 section 9.4): a tree, and all the places where a match
//! of each part can end. What POSIX does not define is no expression, but for `\w \W \s \S \b \B \< \>`.

use std::collections::BTreeSet;

/// A whole expression: alternatives of sequences.
pub(crate) struct Expression(Vec<Vec<Node>>);

enum Node {
    Bytes(Vec<u8>),
    Set { bytes: Box<[bool; 256]> },
    Group(Vec<Vec<Node>>),
    Repeat(Box<Node>, usize, Option<usize>),
    At(Place),
}

#[derive(Clone, Copy)]
enum Place {
    Begin,
    End,
    WordBegin,
    WordEnd,
    WordEdge,
    NoWordEdge,
}

impl Expression {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut rest: Vec<char> = text.chars().rev().collect();
        let alternatives = alternatives(&mut rest)?;
        rest.is_empty().then_some(Self(alternatives))
    }

    /// The parts when all repetitions are written out, roughly.
    pub(crate) fn size(&self) -> usize {
        size_of_all(&self.0)
    }

    /// The longest of the first matches.
    pub(crate) fn find(&self, text: &str) -> Option<(usize, usize)> {
        let starts = (0..=text.len()).filter(|start| text.is_char_boundary(*start));
        let longest = |start| {
            Some((
                start,
                *any(&self.0, text.as_bytes(), &BTreeSet::from([start])).last()?,
            ))
        };
        starts.into_iter().find_map(longest)
    }
}

fn size_of_all(alternatives: &[Vec<Node>]) -> usize {
    let of = |node: &Node| match node {
        Node::Bytes(bytes) => bytes.len(),
        Node::Set { .. } | Node::At(_) => 1,
        Node::Group(inner) => 1 + size_of_all(inner),
        Node::Repeat(inner, least, most) => {
            let inner = match &**inner {
                Node::Group(inner) => 1 + size_of_all(inner),
                Node::Bytes(bytes) => bytes.len(),
                _ => 1,
            };
            inner.saturating_mul(1 + most.unwrap_or(*least))
        }
    };
    alternatives
        .iter()
        .flatten()
        .map(of)
        .fold(0, usize::saturating_add)
}

fn any(alternatives: &[Vec<Node>], text: &[u8], from: &BTreeSet<usize>) -> BTreeSet<usize> {
    let sequence = |nodes: &Vec<Node>| {
        nodes
            .iter()
            .fold(from.clone(), |from, node| ends(node, text, &from))
    };
    alternatives.iter().flat_map(sequence).collect()
}

fn ends(node: &Node, text: &[u8], from: &BTreeSet<usize>) -> BTreeSet<usize> {
    match node {
        Node::Bytes(bytes) => {
            let fits = from.iter().filter(|at| text[**at..].starts_with(bytes));
            fits.map(|at| at + bytes.len()).collect()
        }
        Node::Set { bytes } => {
            let fits = from
                .iter()
                .filter(|at| text.get(**at).is_some_and(|byte| bytes[usize::from(*byte)]));
            fits.map(|at| at + 1).collect()
        }
        Node::Group(alternatives) => any(alternatives, text, from),
        Node::At(place) => from.iter().copied().filter(|at| place.is_at(text, *at)).collect(),
        Node::Repeat(inner, least, most) => {
            let mut present = from.clone();
            for _ in 0..*least {
                present = ends(inner, text, &present);
            }
            let mut all = present.clone();
            for _ in *least..most.unwrap_or(usize::MAX) {
                present = ends(inner, text, &present).difference(&all).copied().collect();
                if present.is_empty() {
                    break;
                }
                all.extend(&present);
            }
            all
        }
    }
}

impl Place {
    fn is_at(self, text: &[u8], at: usize) -> bool {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let before = at.checked_sub(1).is_some_and(|before| is_word(&text[before]));
        let after = text.get(at).is_some_and(is_word);
        match self {
            Self::Begin => at == 0,
            Self::End => at == text.len(),
            Self::WordBegin => !before && after,
            Self::WordEnd => before && !after,
            Self::WordEdge => before != after,
            Self::NoWordEdge => before == after,
        }
    }
}

/// Up to the end or a closing parenthesis.
fn alternatives(rest: &mut Vec<char>) -> Option<Vec<Vec<Node>>> {
    let mut all = vec![Vec::new()];
    loop {
        let sequence: &mut Vec<Node> = all.last_mut()?;
        let node = match rest.last() {
            None | Some(')') => return (!sequence.is_empty()).then_some(all),
            Some('|') => {
                rest.pop();
                if sequence.is_empty() {
                    return None;
                }
                all.push(Vec::new());
                continue;
            }
            Some(_) => node(rest)?,
        };
        sequence.push(node);
    }
}

fn node(rest: &mut Vec<char>) -> Option<Node> {
    let atom = match rest.pop()? {
        '^' => return Some(Node::At(Place::Begin)).filter(|_| !repeats(rest)),
        '$' => return Some(Node::At(Place::End)).filter(|_| !repeats(rest)),
        '(' => {
            let inner = alternatives(rest)?;
            (rest.pop()? == ')').then_some(Node::Group(inner))?
        }
        '[' => bracket(rest)?,
        '.' => set(|_| true),
        '*' | '+' | '?' | '{' => return None,
        '\\' => match rest.pop()? {
            'w' => set(is_word),
            'W' => set(|byte| !is_word(byte)),
            's' => set(is_space),
            'S' => set(|byte| !is_space(byte)),
            'b' => return Some(Node::At(Place::WordEdge)).filter(|_| !repeats(rest)),
            'B' => return Some(Node::At(Place::NoWordEdge)).filter(|_| !repeats(rest)),
            '<' => return Some(Node::At(Place::WordBegin)).filter(|_| !repeats(rest)),
            '>' => return Some(Node::At(Place::WordEnd)).filter(|_| !repeats(rest)),
            '`' | '\'' => return None,
            quoted if quoted.is_ascii_punctuation() => Node::Bytes(vec![quoted as u8]),
            _ => return None,
        },
        other => Node::Bytes(other.to_string().into_bytes()),
    };
    if !repeats(rest) {
        return Some(atom);
    }
    let (least, most) = match rest.pop()? {
        '*' => (0, None),
        '+' => (1, None),
        '?' => (0, Some(1)),
        _ => interval(rest)?,
    };
    (!repeats(rest)).then(|| Node::Repeat(Box::new(atom), least, most))
}

fn repeats(rest: &[char]) -> bool {
    matches!(rest.last(), Some('*' | '+' | '?' | '{'))
}

fn interval(rest: &mut Vec<char>) -> Option<(usize, Option<usize>)> {
    let mut inside = String::new();
    loop {
        match rest.pop()? {
            '}' => break,
            other => inside.push(other),
        }
    }
    let number = |text: &str| {
        let digits = !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit());
        digits
            .then(|| text.parse().ok())
            .flatten()
            .filter(|number: &usize| *number < 256)
    };
    match inside.split_once(',') {
        None => number(&inside).map(|both| (both, Some(both))),
        Some((least, "")) => number(least).map(|least| (least, None)),
        Some((least, most)) => {
            let (least, most) = (number(least)?, number(most)?);
            (least <= most).then_some((least, Some(most)))
        }
    }
}

fn set(contains: impl Fn(u8) -> bool) -> Node {
    let mut bytes = Box::new([false; 256]);
    for byte in 0..=255 {
        bytes[usize::from(byte)] = contains(byte);
    }
    Node::Set { bytes }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | 9..=13)
}

fn class(name: &str) -> Option<fn(u8) -> bool> {
    Some(match name {
        "alnum" => |byte| byte.is_ascii_alphanumeric(),
        "alpha" => |byte| byte.is_ascii_alphabetic(),
        "blank" => |byte| byte == b' ' || byte == b'\t',
        "cntrl" => |byte| byte.is_ascii_control(),
        "digit" => |byte| byte.is_ascii_digit(),
        "graph" => |byte| byte.is_ascii_graphic(),
        "lower" => |byte| byte.is_ascii_lowercase(),
        "print" => |byte| (b' '..=b'~').contains(&byte),
        "punct" => |byte| byte.is_ascii_punctuation(),
        "space" => is_space,
        "upper" => |byte| byte.is_ascii_uppercase(),
        "xdigit" => |byte| byte.is_ascii_hexdigit(),
        _ => return None,
    })
}

/// After the `[`. Only ASCII.
fn bracket(rest: &mut Vec<char>) -> Option<Node> {
    let is_negated = rest.last() == Some(&'^');
    if is_negated {
        rest.pop();
    }
    let mut holds = [false; 256];
    for position in 0.. {
        let first = rest.pop()?;
        if first == ']' && position > 0 {
            break;
        }
        if first == '[' && matches!(rest.last(), Some(':' | '.' | '=')) {
            rest.pop().filter(|kind| *kind == ':')?;
            let mut name = String::new();
            while rest.last() != Some(&':') {
                name.push(rest.pop()?);
            }
            rest.pop();
            (rest.pop()? == ']').then_some(())?;
            let class = class(&name)?;
            (0..=255)
                .filter(|byte| class(*byte))
                .for_each(|byte| holds[usize::from(byte)] = true);
            continue;
        }
        let mut last = first;
        if rest.last() == Some(&'-') && rest.iter().rev().nth(1).is_some_and(|after| *after != ']') {
            rest.pop();
            last = rest.pop()?;
            (last != '[').then_some(())?;
        } else if rest.last() == Some(&'-') && rest.len() == 1 {
            return None;
        }
        (first.is_ascii() && last.is_ascii() && first <= last).then_some(())?;
        for byte in first as u8..=last as u8 {
            holds[usize::from(byte)] = true;
        }
    }
    Some(set(|byte| holds[usize::from(byte)] != is_negated))
}
