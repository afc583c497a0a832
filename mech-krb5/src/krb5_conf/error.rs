//! What is wrong with a configuration file, where, and what was expected there.

use super::profile::Place;
use super::{MAX_DEPTH, MAX_ENTRIES, MAX_LEN, MAX_LINE_LEN};
use core::fmt;

/// Why a text is no configuration. Shown as `FILE:LINE: what is wrong`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileError {
    /// Where it was found out.
    pub place: Place,
    /// What is wrong there.
    pub kind: ProfileErrorKind,
}

/// What is wrong with a configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProfileErrorKind {
    /// The files together are longer than [`MAX_LEN`].
    TooLong,
    /// The line is longer than [`MAX_LINE_LEN`].
    LineTooLong,
    /// There are more sections and relations than [`MAX_ENTRIES`].
    TooManyEntries,
    /// There are more braces open than [`MAX_DEPTH`].
    TooDeep,
    /// The line is not UTF-8.
    NotUtf8,
    /// The line has a control character.
    ControlCharacter,
    /// Something stands before the first section, where MIT krb5 takes everything for a comment.
    BeforeSections,
    /// `module`: the configuration is in a shared library.
    Module,
    /// `include` or `includedir` without a path.
    IncludeWithoutPath,
    /// `include` or `includedir`, and the caller reads no other files.
    IncludeNotRead,
    /// `[name` without `]`.
    SectionNotClosed,
    /// A section begins within braces.
    SectionInBraces,
    /// A name is empty.
    EmptyName,
    /// A name has a blank in it.
    BlankInName,
    /// A name has an asterisk that does not end it.
    AsteriskInName,
    /// There is neither a section nor a relation.
    NotARelation,
    /// `{` is not on the line after `name =`.
    BraceMissing,
    /// Something follows `{` on its line.
    AfterOpeningBrace,
    /// There is no brace that `}` closes.
    ExtraBrace,
    /// Something follows `}` or `]` on its line.
    AfterClosing,
    /// The brace of this line is never closed.
    BraceNotClosed,
    /// A quoted value does not end on its line.
    QuoteNotClosed,
    /// Something follows a quoted value.
    AfterQuote,
}

impl ProfileErrorKind {
    /// What was expected, for whoever corrects the file.
    #[must_use]
    pub fn expected(self) -> &'static str {
        match self {
            Self::TooLong => "name a smaller configuration, or include fewer files",
            Self::LineTooLong => "write it shorter: MIT krb5 would read the rest as another line",
            Self::TooManyEntries => "name a smaller configuration",
            Self::TooDeep => "close braces with a } on a line of its own",
            Self::NotUtf8 => "save the file as UTF-8",
            Self::ControlCharacter => "write blanks and tabs only, and end lines with a line feed",
            Self::BeforeSections => "begin with a section such as [libdefaults], at the start of a line",
            Self::Module => "name a file of sections and relations",
            Self::IncludeWithoutPath => "write the absolute path of a file or directory after it",
            Self::IncludeNotRead => "put its content in the place of the line",
            Self::SectionNotClosed => "write the section as [name]",
            Self::SectionInBraces => "close the braces before it with }",
            Self::EmptyName => "write a name there",
            Self::BlankInName => "write the name without blanks; a relation is name = value",
            Self::AsteriskInName => "take the asterisk out; domains in domain_realm begin with a dot",
            Self::NotARelation => "write name = value, name = {, [section], or a comment that begins with #",
            Self::BraceMissing => {
                "write { after the =, or alone on the next line, or a value; \"\" is the empty one"
            }
            Self::AfterOpeningBrace => "write each relation on a line of its own, below the {",
            Self::ExtraBrace => "take the } out",
            Self::AfterClosing => "write what follows on a line of its own",
            Self::BraceNotClosed => "close it with a } on a line of its own",
            Self::QuoteNotClosed => "end the value with a quotation mark on the same line",
            Self::AfterQuote => "quote the whole value, with \\\" for a quotation mark in it",
        }
    }
}

impl fmt::Display for ProfileErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "the configuration is longer than {MAX_LEN} bytes"),
            Self::LineTooLong => write!(f, "the line is longer than {MAX_LINE_LEN} bytes"),
            Self::TooManyEntries => write!(f, "there are more than {MAX_ENTRIES} sections and relations"),
            Self::TooDeep => write!(f, "more than {MAX_DEPTH} braces are open"),
            Self::NotUtf8 => f.write_str("the line is not UTF-8"),
            Self::ControlCharacter => f.write_str("the line has a control character"),
            Self::BeforeSections => f.write_str("this stands before the first section and would be ignored"),
            Self::Module => f.write_str("configuration modules are not loaded"),
            Self::IncludeWithoutPath => f.write_str("nothing is named that is to be included"),
            Self::IncludeNotRead => f.write_str("other files are not included here"),
            Self::SectionNotClosed => f.write_str("the section's name has no ]"),
            Self::SectionInBraces => f.write_str("a section begins before a brace is closed"),
            Self::EmptyName => f.write_str("a name is empty"),
            Self::BlankInName => f.write_str("a name has a blank in it"),
            Self::AsteriskInName => f.write_str("a name has an asterisk before its end"),
            Self::NotARelation => f.write_str("this is no relation"),
            Self::BraceMissing => f.write_str("there is neither a value nor a {"),
            Self::AfterOpeningBrace => f.write_str("something follows { on its line"),
            Self::ExtraBrace => f.write_str("there is no { that this } closes"),
            Self::AfterClosing => f.write_str("something follows the closing } or ] and would be ignored"),
            Self::BraceNotClosed => f.write_str("the { of this line is never closed"),
            Self::QuoteNotClosed => f.write_str("a quoted value does not end"),
            Self::AfterQuote => f.write_str("something follows a quoted value and would be ignored"),
        }
    }
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.kind)
    }
}

impl core::error::Error for ProfileError {}
