//! One file, line by line: it stops at each `include`, for the caller to read what is included.

use super::line::{Brace, Line};
use super::profile::{Continued, Place, Profile};
use super::{MAX_DEPTH, ProfileError, ProfileErrorKind};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A file that is being read into a [`Profile`]. Braces and sections end with it: what it includes begins anew.
#[derive(Debug)]
pub struct ProfileText {
    text: Vec<u8>,
    offset: usize,
    place: Place,
    state: State,
    /// The section, and the subsections that are open in it.
    path: Vec<String>,
    /// The lines of their braces.
    opened: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    BeforeSections,
    InSection,
    /// After `name =`.
    BraceDue,
}

/// What a file wants included at the place that was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Include {
    /// `include FILE`
    File(String),
    /// `includedir DIRECTORY`: the files in it, in the order of their names' bytes, whose names do not begin with a dot, and
    /// end in `.conf` or have only ASCII letters and digits, `-` and `_`.
    Directory(String),
}

impl ProfileText {
    pub(super) fn new(name: &str, text: Vec<u8>) -> Self {
        Self {
            text,
            offset: 0,
            place: Place {
                file: Arc::from(name),
                line: 0,
            },
            state: State::BeforeSections,
            path: Vec::new(),
            opened: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// The line that was read last.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Reads on, up to the next `include` or the end.
    ///
    /// # Errors
    /// If a line is not as it should be.
    pub fn read_into(&mut self, profile: &mut Profile) -> Result<Option<Include>, ProfileError> {
        while let Some(line) = self.next_line() {
            self.place.line = self.place.line.saturating_add(1);
            let include = self.parse(&line).and_then(|line| self.apply(line, profile));
            if let Some(include) = include.map_err(|kind| self.error(kind))? {
                return Ok(Some(include));
            }
        }
        if let Some(line) = self.opened.last() {
            self.place.line = *line;
            return Err(self.error(ProfileErrorKind::BraceNotClosed));
        }
        Ok(None)
    }

    pub(super) fn error(&self, kind: ProfileErrorKind) -> ProfileError {
        ProfileError {
            place: self.place.clone(),
            kind,
        }
    }

    /// Without its line feed.
    fn next_line(&mut self) -> Option<Vec<u8>> {
        let rest = self.text.get(self.offset..).filter(|rest| !rest.is_empty())?;
        let len = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let line = rest.get(..len)?.to_vec();
        self.offset = self.offset.saturating_add(len).saturating_add(1);
        Some(line)
    }

    /// Before the first section, MIT krb5 sees only what stands at the beginning of a line; what it does not see is refused.
    fn parse(&self, line: &[u8]) -> Result<Line, ProfileErrorKind> {
        let parsed = Line::parse(line);
        if self.state != State::BeforeSections {
            return parsed;
        }
        match parsed {
            Ok(Line::Nothing | Line::Include(_)) => parsed,
            _ if line.starts_with(b"[") => parsed,
            _ if line.starts_with(b"module ") || line.starts_with(b"module\t") => {
                Err(ProfileErrorKind::Module)
            }
            Err(ProfileErrorKind::LineTooLong | ProfileErrorKind::IncludeWithoutPath) => parsed,
            _ => Err(ProfileErrorKind::BeforeSections),
        }
    }

    fn apply(&mut self, line: Line, profile: &mut Profile) -> Result<Option<Include>, ProfileErrorKind> {
        match (line, self.state) {
            (Line::Include(include), _) => return Ok(Some(include)),
            (Line::OpeningBrace, State::BraceDue) => self.state = State::InSection,
            (_, State::BraceDue) => return Err(ProfileErrorKind::BraceMissing),
            (Line::Nothing, _) => {}
            (Line::Section { .. }, _) if !self.opened.is_empty() => {
                return Err(ProfileErrorKind::SectionInBraces);
            }
            (Line::Section { name, continued }, _) => {
                self.path = Vec::from([name]);
                self.begin(continued, profile)?;
            }
            (_, State::BeforeSections) => return Err(ProfileErrorKind::BeforeSections),
            (Line::OpeningBrace, State::InSection) => return Err(ProfileErrorKind::NotARelation),
            (
                Line::Subsection {
                    name,
                    continued,
                    brace,
                },
                State::InSection,
            ) => {
                if self.opened.len() >= MAX_DEPTH {
                    return Err(ProfileErrorKind::TooDeep);
                }
                self.opened.push(self.place.line);
                self.path.push(name);
                self.begin(continued, profile)?;
                if brace == Brace::OnTheNextLine {
                    self.state = State::BraceDue;
                }
            }
            (Line::Relation { name, value }, State::InSection) => {
                profile.relation(&self.path, &name, value, self.place.clone())?;
            }
            (Line::ClosingBrace(continued), State::InSection) => {
                self.opened.pop().ok_or(ProfileErrorKind::ExtraBrace)?;
                if continued == Continued::Nowhere {
                    profile.end_section(&self.path);
                }
                self.path.pop();
            }
        }
        Ok(None)
    }

    fn begin(&mut self, continued: Continued, profile: &mut Profile) -> Result<(), ProfileErrorKind> {
        self.state = State::InSection;
        profile.section(&self.path)?;
        if continued == Continued::Nowhere {
            profile.end_section(&self.path);
        }
        Ok(())
    }
}
