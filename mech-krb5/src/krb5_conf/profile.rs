//! The tree of sections and relations, and how it is asked: by names from the outside in, file after file.

use super::text::ProfileText;
use super::{Include, MAX_ENTRIES, MAX_LEN, ProfileError, ProfileErrorKind};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// One or more configuration files. Of relations with the same names all values count, in order; those of an earlier file
/// come first, and a section that ends with `*` there hides those of later files.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    earlier: Vec<Section>,
    /// The file that is being read, or was read last.
    present: Section,
    len: usize,
    entries: usize,
}

#[derive(Clone, Debug, Default)]
struct Section {
    relations: BTreeMap<String, Vec<Value>>,
    sections: BTreeMap<String, Section>,
    continued: Continued,
}

/// Whether later files add to a section: not after an asterisk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Continued {
    #[default]
    InLaterFiles,
    Nowhere,
}

/// The value of a relation, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    text: String,
    place: Place,
}

impl Value {
    /// What the relation says, without quotes.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where it says so.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }
}

/// A line of a file. Shown as `FILE:LINE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as the caller named it.
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl Profile {
    /// Reads one text that includes no others. Errors call it `name`.
    ///
    /// # Errors
    /// If it is not as it should be, or has an `include` or `includedir`.
    pub fn parse(name: &str, text: impl Into<Vec<u8>>) -> Result<Self, ProfileError> {
        let mut profile = Self::default();
        let mut text = profile.add_file(name, text)?;
        match text.read_into(&mut profile)? {
            None => Ok(profile),
            Some(Include::File(_) | Include::Directory(_)) => {
                Err(text.error(ProfileErrorKind::IncludeNotRead))
            }
        }
    }

    /// Begins a further file. Errors call it `name`.
    ///
    /// # Errors
    /// If there is more text than [`MAX_LEN`](super::MAX_LEN).
    pub fn add_file(&mut self, name: &str, text: impl Into<Vec<u8>>) -> Result<ProfileText, ProfileError> {
        self.earlier.push(core::mem::take(&mut self.present));
        self.add_included(name, text)
    }

    /// Begins a text that the present file includes, directly or through others: it is read to its end before they go on.
    ///
    /// # Errors
    /// If there is more text than [`MAX_LEN`](super::MAX_LEN).
    pub fn add_included(
        &mut self,
        name: &str,
        text: impl Into<Vec<u8>>,
    ) -> Result<ProfileText, ProfileError> {
        let text = ProfileText::new(name, text.into());
        self.len = self.len.saturating_add(text.len());
        if self.len > MAX_LEN {
            return Err(text.error(ProfileErrorKind::TooLong));
        }
        Ok(text)
    }

    /// All values of a relation: the names of its sections from the outside in, and its own.
    pub fn values<'p, 'n>(&'p self, names: &'n [&'n str]) -> impl Iterator<Item = &'p Value> + use<'p, 'n> {
        let (name, sections) = names.split_last().unwrap_or((&"", &[]));
        self.sections(sections)
            .filter_map(|section| section.relations.get(*name))
            .flatten()
    }

    /// The first value of a relation, which is the one that counts where only one can.
    #[must_use]
    pub fn value<'p>(&'p self, names: &[&str]) -> Option<&'p Value> {
        self.values(names).next()
    }

    /// The relations of a section, by name in the order of its bytes, file after file.
    pub fn relations<'p, 'n>(
        &'p self,
        names: &'n [&'n str],
    ) -> impl Iterator<Item = (&'p str, &'p Value)> + use<'p, 'n> {
        let relations = self.sections(names).flat_map(|section| &section.relations);
        relations.flat_map(|(name, values)| values.iter().map(|value| (name.as_str(), value)))
    }

    /// The names of a section's subsections in the order of their bytes, file after file.
    pub fn subsections<'p, 'n>(
        &'p self,
        names: &'n [&'n str],
    ) -> impl Iterator<Item = &'p str> + use<'p, 'n> {
        let sections = self.sections(names).flat_map(|section| section.sections.keys());
        sections.map(String::as_str)
    }

    /// The section of this path in each file, up to one where an asterisk on the way there ends the search, found or not.
    fn sections<'p, 'n>(&'p self, names: &'n [&'n str]) -> impl Iterator<Item = &'p Section> + use<'p, 'n> {
        let mut is_over = false;
        let found = self.earlier.iter().chain([&self.present]).map_while(move |file| {
            if is_over {
                return None;
            }
            let mut section = Some(file);
            for name in names {
                section = section.and_then(|outer| outer.sections.get(*name));
                is_over |= section.is_some_and(|section| section.continued == Continued::Nowhere);
            }
            Some(section)
        });
        found.flatten()
    }

    /// Adds to the present file; a section that is there already is continued.
    pub(super) fn section(&mut self, path: &[String]) -> Result<(), ProfileErrorKind> {
        self.count()?;
        self.at(path);
        Ok(())
    }

    pub(super) fn relation(
        &mut self,
        path: &[String],
        name: &str,
        text: String,
        place: Place,
    ) -> Result<(), ProfileErrorKind> {
        self.count()?;
        let relations = &mut self.at(path).relations;
        let value = Value { text, place };
        match relations.get_mut(name) {
            Some(values) => values.push(value),
            None => drop(relations.insert(name.into(), Vec::from([value]))),
        }
        Ok(())
    }

    /// Marks a section by its asterisk.
    pub(super) fn end_section(&mut self, path: &[String]) {
        self.at(path).continued = Continued::Nowhere;
    }

    fn count(&mut self) -> Result<(), ProfileErrorKind> {
        self.entries = self.entries.saturating_add(1);
        if self.entries > MAX_ENTRIES {
            return Err(ProfileErrorKind::TooManyEntries);
        }
        Ok(())
    }

    fn at(&mut self, path: &[String]) -> &mut Section {
        let mut section = &mut self.present;
        for name in path {
            section = section.sections.entry(name.clone()).or_default();
        }
        section
    }
}
