//! POSIX extended regular expressions (IEEE Std 1003.1 section 9.4) rewritten into the syntax of the engine. What POSIX leaves
//! undefined is no expression here, but for GNU's `\w \W \s \S \b \B \< \>`, which MIT krb5 has on most systems: so that no
//! operator of the engine's own, such as `(?i)` or `\d`, gets in.

use alloc::string::String;
use core::fmt::Write as _;

/// `None` if it is no extended regular expression, or has a back-reference.
pub(super) fn rewritten(posix: &str) -> Option<String> {
    let mut rewriter = Rewriter {
        out: String::new(),
        depth: 0,
        last: Last::Beginning,
    };
    let mut rest = posix;
    while let Some(character) = rest.chars().next() {
        rest = rest.get(character.len_utf8()..)?;
        rest = rewriter.take(character, rest)?;
    }
    (rewriter.depth == 0 && rewriter.last != Last::Beginning).then_some(rewriter.out)
}

struct Rewriter {
    out: String,
    /// Open parentheses.
    depth: usize,
    last: Last,
}

/// What stands before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing yet, of an alternative: it may not be empty.
    Beginning,
    /// An anchor, or something repeated already: it cannot be repeated.
    Fixed,
    Repeatable,
}

/// `RE_DUP_MAX` of POSIX systems: most repetitions of an interval.
const MAX_REPETITIONS: u32 = 255;

impl Rewriter {
    /// Gives what is left of `rest`, which follows the character.
    fn take<'p>(&mut self, character: char, rest: &'p str) -> Option<&'p str> {
        match character {
            '*' | '+' | '?' => {
                self.repeat()?;
                self.out.push(character);
            }
            '{' => {
                self.repeat()?;
                let (interval, rest) = rest.split_once('}')?;
                self.interval(interval)?;
                return Some(rest);
            }
            '(' => {
                self.out.push_str("(?:");
                self.depth = self.depth.checked_add(1)?;
                self.last = Last::Beginning;
            }
            ')' => {
                self.depth = self.depth.checked_sub(1)?;
                self.out.push(')');
                self.filled(Last::Repeatable)?;
            }
            '|' => {
                self.out.push('|');
                self.filled(Last::Beginning)?;
            }
            '^' | '$' => {
                self.out.push(character);
                self.last = Last::Fixed;
            }
            '.' => {
                self.out.push('.');
                self.last = Last::Repeatable;
            }
            '[' => {
                self.last = Last::Repeatable;
                return push_bracket(&mut self.out, rest);
            }
            '\\' => {
                let character = rest.chars().next()?;
                self.quoted(character)?;
                return rest.get(character.len_utf8()..);
            }
            other => {
                push_literal(&mut self.out, other)?;
                self.last = Last::Repeatable;
            }
        }
        Some(rest)
    }

    fn repeat(&mut self) -> Option<()> {
        (self.last == Last::Repeatable).then(|| self.last = Last::Fixed)
    }

    /// After an alternative, which must not be empty.
    fn filled(&mut self, next: Last) -> Option<()> {
        (self.last != Last::Beginning).then(|| self.last = next)
    }

    /// `{m}`, `{m,}`, `{m,n}`
    fn interval(&mut self, interval: &str) -> Option<()> {
        let number = |digits: &str| {
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let number = is_number.then(|| digits.parse().ok()).flatten();
            number.filter(|number: &u32| *number <= MAX_REPETITIONS)
        };
        match interval.split_once(',') {
            None => write!(self.out, "{{{}}}", number(interval)?).ok(),
            Some((least, "")) => write!(self.out, "{{{},}}", number(least)?).ok(),
            Some((least, most)) => {
                let (least, most) = (number(least)?, number(most)?);
                (least <= most).then(|| write!(self.out, "{{{least},{most}}}").ok())?
            }
        }
    }

    fn quoted(&mut self, character: char) -> Option<()> {
        self.last = Last::Repeatable;
        match character {
            'w' | 'W' | 's' | 'S' => write!(self.out, "\\{character}").ok(),
            'b' | 'B' | '<' | '>' => {
                self.last = Last::Fixed;
                let operator = match character {
                    '<' => "b{start}",
                    '>' => "b{end}",
                    'b' => "b",
                    _ => "B",
                };
                write!(self.out, "\\{operator}").ok()
            }
            // GNU: the beginning and the end of the text.
            '`' | '\'' => None,
            other if other.is_ascii_punctuation() => push_literal(&mut self.out, other),
            _ => None,
        }
    }
}

/// Beyond ASCII the engine takes the character for its bytes only if it is written out.
fn push_literal(out: &mut String, character: char) -> Option<()> {
    if character.is_ascii() {
        write!(out, "\\x{{{:x}}}", u32::from(character)).ok()
    } else {
        out.push(character);
        Some(())
    }
}

/// IEEE Std 1003.1 section 9.3.5, item 6.
const CLASSES: [&str; 12] = [
    "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
    "xdigit",
];

/// In brackets a backslash is a backslash, and nothing is an operator but a leading `^`, a `-` between two characters and the
/// classes `[:name:]`. Only ASCII: what else they hold depends on the locale. Gives what follows the bracket.
fn push_bracket<'p>(out: &mut String, inner: &'p str) -> Option<&'p str> {
    let mut rest = inner;
    out.push('[');
    if let Some(after) = rest.strip_prefix('^') {
        out.push('^');
        rest = after;
    }
    let mut is_first = true;
    loop {
        if let Some(after) = rest.strip_prefix("[:") {
            let (class, after) = after
                .split_once(":]")
                .filter(|(class, _)| CLASSES.contains(class))?;
            write!(out, "[:{class}:]").ok()?;
            rest = after;
        } else if rest.starts_with("[.") || rest.starts_with("[=") {
            return None;
        } else {
            let character = rest.chars().next().filter(char::is_ascii)?;
            rest = rest.get(1..)?;
            if character == ']' && !is_first {
                out.push(']');
                return Some(rest);
            }
            push_literal(out, character)?;
            let range = rest.strip_prefix('-').filter(|after| !after.starts_with(']'));
            if let Some(after) = range {
                let last = after
                    .chars()
                    .next()
                    .filter(|last| last.is_ascii() && *last != '[')?;
                out.push('-');
                push_literal(out, last)?;
                rest = after.get(1..)?;
            }
        }
        is_first = false;
    }
}
