//! Reading keytab files: MIT's doc/formats/keytab_file_format, and what MIT 1.20 really writes.
//!
//! ```text
//! file   ::= 5 version(8) { length(32) record }
//! record ::= count(16) realm component... [name_type(32)] timestamp(32) kvno(8) etype(16) key [kvno(32)] rest
//! data   ::= length(16) bytes                                                  (realm, component, key)
//! ```
//!
//! Version 2 is big-endian. Version 1 is in the byte order of the machine that wrote it, counts the realm as a
//! component, and has no name type. A negative length is a hole, a length of 0 the end.

use super::{BadEntry, KeytabEntry};
use crate::principal::{MAX_COMPONENTS, NameType, Principal};
use alloc::vec::Vec;
use core::fmt;
use negotiate_core::Timestamp;

/// Longest file that is read: 64 MiB, well above [`MAX_ENTRIES`] of usual size. What is longer is no keytab, and would
/// be held in memory twice.
pub const MAX_FILE_LEN: usize = 64 << 20;

/// Most entries of a file: a million, ten times the largest keytab that this project is measured with.
pub const MAX_ENTRIES: usize = 1_000_000;

/// Why bytes are not a keytab, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeytabError {
    /// Offset of the offending byte in the file.
    pub offset: usize,
    /// What is wrong there.
    pub kind: KeytabErrorKind,
}

/// What is wrong with a keytab file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeytabErrorKind {
    /// The file has no bytes.
    Empty,
    /// The file is longer than [`MAX_FILE_LEN`].
    FileTooLong,
    /// The file does not begin with the byte 5: it is something else.
    NotAKeytab,
    /// The format version is neither 1 nor 2.
    UnknownVersion(u8),
    /// The file ends within the version or the length of a record.
    Truncated,
    /// A record or a hole reaches past the end of the file.
    RecordTooLong {
        /// How long it says it is.
        len: u32,
        /// How many bytes are left.
        left: usize,
    },
    /// A record ends before its fields do.
    RecordTooShort,
    /// A principal has no component, or more than [`MAX_COMPONENTS`].
    ComponentCount(u16),
    /// A record holds something that is no entry.
    BadEntry(BadEntry),
    /// There are more than [`MAX_ENTRIES`].
    TooManyEntries,
    /// The file is well formed and holds no entry.
    NoEntries,
}

impl fmt::Display for KeytabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            KeytabErrorKind::Empty => f.write_str("the keytab is empty"),
            KeytabErrorKind::FileTooLong => write!(f, "the keytab is longer than {MAX_FILE_LEN} bytes"),
            KeytabErrorKind::NotAKeytab => f.write_str("the file is not a keytab"),
            KeytabErrorKind::UnknownVersion(version) => {
                write!(f, "keytab format version {version} is not known")
            }
            KeytabErrorKind::NoEntries => f.write_str("the keytab holds no entry"),
            kind => {
                match kind {
                    KeytabErrorKind::RecordTooLong { len, left } => {
                        write!(f, "a record of {len} bytes where {left} are left")
                    }
                    KeytabErrorKind::RecordTooShort => f.write_str("a record ends within its fields"),
                    KeytabErrorKind::ComponentCount(count) => {
                        write!(f, "a principal of {count} components")
                    }
                    KeytabErrorKind::BadEntry(bad) => fmt::Display::fmt(&bad, f),
                    KeytabErrorKind::TooManyEntries => write!(f, "more than {MAX_ENTRIES} entries"),
                    _ => f.write_str("the keytab is truncated"),
                }?;
                write!(f, " at byte {}", self.offset)
            }
        }
    }
}

impl core::error::Error for KeytabError {}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    V1(ByteOrder),
    V2,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ByteOrder {
    Big,
    Little,
}

pub(super) fn parse(file: &[u8]) -> Result<Vec<KeytabEntry>, KeytabError> {
    if file.len() > MAX_FILE_LEN {
        return Err(error(MAX_FILE_LEN, KeytabErrorKind::FileTooLong));
    }
    let (version, records) = match file {
        [] => return Err(error(0, KeytabErrorKind::Empty)),
        [5] => return Err(error(1, KeytabErrorKind::Truncated)),
        [5, 1, records @ ..] => (Version::V1(written_in(records)), records),
        [5, 2, records @ ..] => (Version::V2, records),
        [5, version, ..] => return Err(error(1, KeytabErrorKind::UnknownVersion(*version))),
        _ => return Err(error(0, KeytabErrorKind::NotAKeytab)),
    };
    let mut entries = Vec::new();
    let mut records = Fields {
        rest: records,
        offset: 2,
        order: match version {
            Version::V1(order) => order,
            Version::V2 => ByteOrder::Big,
        },
    };
    while let Some(mut record) = next_record(&mut records, version)? {
        if entries.len() == MAX_ENTRIES {
            return Err(error(record.offset, KeytabErrorKind::TooManyEntries));
        }
        entries.push(entry(&mut record, version)?);
    }
    if entries.is_empty() {
        return Err(error(records.offset, KeytabErrorKind::NoEntries));
    }
    Ok(entries)
}

// A record is shorter than 2^16 bytes, but for one that fills a large hole, so that the order that was meant is the one
// in which the first length is the smaller number.
fn written_in(records: &[u8]) -> ByteOrder {
    match records.first_chunk() {
        Some(first)
            if i32::from_le_bytes(*first).unsigned_abs() < i32::from_be_bytes(*first).unsigned_abs() =>
        {
            ByteOrder::Little
        }
        _ => ByteOrder::Big,
    }
}

// The next record that is not a hole; `None` at the end of the file.
fn next_record<'a>(records: &mut Fields<'a>, version: Version) -> Result<Option<Fields<'a>>, KeytabError> {
    while !records.rest.is_empty() {
        let offset = records.offset;
        let length = records
            .u32()
            .ok_or(error(offset, KeytabErrorKind::Truncated))?
            .cast_signed();
        if length == 0 {
            break;
        }
        let (len, left) = (length.unsigned_abs(), records.rest.len());
        // MIT counts a name type into the records of version 1 and writes none, so that the last one seems to reach
        // four bytes past the end.
        let taken = match usize::try_from(len).unwrap_or(usize::MAX) {
            overlong if matches!(version, Version::V1(_)) && overlong.checked_sub(4) == Some(left) => left,
            taken => taken,
        };
        let record = records
            .take(taken)
            .ok_or(error(offset, KeytabErrorKind::RecordTooLong { len, left }))?;
        if length > 0 {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

fn entry(record: &mut Fields<'_>, version: Version) -> Result<KeytabEntry, KeytabError> {
    let start = record.offset;
    let count = record.u16().ok_or(record.too_short())?;
    let components = match version {
        Version::V1(_) => count.saturating_sub(1),
        Version::V2 => count,
    };
    if components == 0 || usize::from(components) > MAX_COMPONENTS {
        return Err(error(start, KeytabErrorKind::ComponentCount(count)));
    }
    fields(record, usize::from(components), version)
        .ok_or_else(|| record.too_short())?
        .map_err(|bad| error(start, KeytabErrorKind::BadEntry(bad)))
}

// `None` if the record ends early; the cursor then stands at the field that has no room.
fn fields(
    record: &mut Fields<'_>,
    components: usize,
    version: Version,
) -> Option<Result<KeytabEntry, BadEntry>> {
    let realm = record.data()?;
    let mut parts = [&[][..]; MAX_COMPONENTS];
    let parts = parts.get_mut(..components)?;
    for part in parts.iter_mut() {
        *part = record.data()?;
    }
    let name_type = match version {
        Version::V1(_) => NameType::UNKNOWN,
        Version::V2 => NameType(record.u32()?.cast_signed()),
    };
    let timestamp = Timestamp::from_unix(i64::from(record.u32()?));
    let [short_kvno] = record.array()?;
    let etype = i32::from(record.u16()?.cast_signed());
    let key = record.data()?;
    // Since MIT 1.14; 0 is what fills a hole that was larger than the entry.
    let kvno = match record.u32() {
        None | Some(0) => u32::from(short_kvno),
        Some(kvno) => kvno,
    };
    // The count was checked, so there is a name.
    let principal = Principal::new(name_type, parts.iter().copied(), realm).ok()?;
    Some(KeytabEntry::new(principal, timestamp, kvno, etype, key))
}

const fn error(offset: usize, kind: KeytabErrorKind) -> KeytabError {
    KeytabError { offset, kind }
}

struct Fields<'a> {
    rest: &'a [u8],
    offset: usize,
    order: ByteOrder,
}

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Option<Self> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        let taken = Self {
            rest: taken,
            offset: self.offset,
            order: self.order,
        };
        self.rest = rest;
        self.offset = self.offset.saturating_add(count);
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.rest.first_chunk().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        let order = self.order;
        self.array().map(match order {
            ByteOrder::Big => u16::from_be_bytes,
            ByteOrder::Little => u16::from_le_bytes,
        })
    }

    fn u32(&mut self) -> Option<u32> {
        let order = self.order;
        self.array().map(match order {
            ByteOrder::Big => u32::from_be_bytes,
            ByteOrder::Little => u32::from_le_bytes,
        })
    }

    fn data(&mut self) -> Option<&'a [u8]> {
        let len = self.u16()?;
        Some(self.take(usize::from(len))?.rest)
    }

    const fn too_short(&self) -> KeytabError {
        error(self.offset, KeytabErrorKind::RecordTooShort)
    }
}
