//! `krb5.conf` and what it includes, read into one [`Profile`]; no file that is not named by the caller or by another file.
//!
//! `includedir` takes the files that MIT krb5 takes, in its order. A file that includes itself, directly or through others, is
//! refused, as are relative paths, which would mean another file in another working directory.

mod error;

pub use error::{Krb5ConfError, Krb5ConfFault};
use mech_krb5::krb5_conf::{Include, MAX_LEN, Place, Profile, ProfileText};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Most files of a configuration. Distributions ship some three; a directory with a file for each service has dozens.
pub const MAX_FILES: usize = 1024;

/// Most files that include one another. Nothing needs more than two; hard links can make a loop that is not seen as one.
pub const MAX_NESTING: usize = 8;

/// Reads configuration files, as MIT krb5 reads those of `KRB5_CONFIG`: values of earlier ones come first.
///
/// # Errors
/// If one of them, or one that is included, cannot be read or is not as it should be.
pub fn load(paths: &[PathBuf]) -> Result<Profile, Krb5ConfError> {
    let mut profile = Profile::default();
    let mut files = 0;
    for path in paths {
        // Innermost last: texts that are being read, and above each the files that it includes at present.
        let mut work = vec![Work::Open(path.clone(), None)];
        while let Some(next) = work.pop() {
            match next {
                Work::Open(path, from) => {
                    files += 1;
                    let text = open(&path, from.as_ref(), &work, files, &mut profile)
                        .map_err(|fault| Krb5ConfError::new(path.clone(), from, fault))?;
                    work.push(Work::Read(path, text));
                }
                Work::Read(path, mut text) => {
                    let include = text
                        .read_into(&mut profile)
                        .map_err(|error| Krb5ConfError::new(path.clone(), None, error.into()))?;
                    let Some(include) = include else { continue };
                    let from = text.place().clone();
                    work.push(Work::Read(path, text));
                    work.extend(included(&include, &from)?);
                }
            }
        }
    }
    Ok(profile)
}

enum Work {
    /// A file, and the line that includes it.
    Open(PathBuf, Option<Place>),
    Read(PathBuf, ProfileText),
}

fn open(
    path: &Path,
    from: Option<&Place>,
    work: &[Work],
    files: usize,
    profile: &mut Profile,
) -> Result<ProfileText, Krb5ConfFault> {
    if files > MAX_FILES {
        return Err(Krb5ConfFault::TooManyFiles);
    }
    let mut nesting = 0;
    for open in work {
        if let Work::Read(outer, _) = open {
            nesting += 1;
            if outer.canonicalize()? == path.canonicalize()? {
                return Err(Krb5ConfFault::IncludesItself);
            }
        }
    }
    if nesting > MAX_NESTING {
        return Err(Krb5ConfFault::TooDeep);
    }
    let name = path.display().to_string();
    let text = match from {
        None => profile.add_file(&name, read(path)?),
        Some(_) => profile.add_included(&name, read(path)?),
    };
    Ok(text?)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(MAX_LEN).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut text)?;
    Ok(text)
}

/// The files that are included, the last one first.
fn included(include: &Include, from: &Place) -> Result<Vec<Work>, Krb5ConfError> {
    let (Include::File(path) | Include::Directory(path)) = include;
    let path = PathBuf::from(path);
    let error = |fault| Krb5ConfError::new(path.clone(), Some(from.clone()), fault);
    if path.is_relative() {
        return Err(error(Krb5ConfFault::RelativePath));
    }
    let mut files = match include {
        Include::File(_) => vec![path],
        Include::Directory(_) => files(&path).map_err(|failed| error(failed.into()))?,
    };
    files.sort();
    files.reverse();
    let open = |file| Work::Open(file, Some(from.clone()));
    Ok(files.into_iter().map(open).collect())
}

/// What a directory has to include: names of configuration files, not of what editors and package managers leave behind. MIT
/// krb5 takes a directory for an empty file.
fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in directory.read_dir()? {
        let entry = entry?;
        if is_included(entry.file_name().as_encoded_bytes()) && !entry.path().is_dir() {
            files.push(entry.path());
        }
    }
    Ok(files)
}

fn is_included(name: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !name.starts_with(b".") && (name.ends_with(b".conf") || name.iter().all(is_plain))
}
