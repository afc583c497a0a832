//! Credential cache files as the commands take them: by the names of KRB5CCNAME, too.

use crate::failure::Failure;
use mech_krb5::ccache::Ccache;
use std::path::Path;

/// The path in a name as KRB5CCNAME and KRB5_KTNAME have it, TYPE:RESIDUAL, if that type is a file's.
///
/// # Errors
/// If it is the name of a cache that is no file.
pub(crate) fn path(name: &Path) -> Result<&Path, Failure> {
    let Some((cache_type, residual)) = name.to_str().and_then(|name| name.split_once(':')) else {
        return Ok(name);
    };
    let advice = match (cache_type, residual.strip_prefix(':')) {
        ("FILE" | "WRFILE", _) => return Ok(Path::new(residual)),
        // MIT krb5's name for one file of a directory.
        ("DIR", Some(file)) => return Ok(Path::new(file)),
        ("DIR", None) => "name one of the files in that directory",
        ("API" | "KCM" | "KEYRING" | "MEMORY" | "MSLSA", _) => {
            "get the ticket into a file: KRB5CCNAME=FILE:/tmp/ticket kinit"
        }
        _ => return Ok(name),
    };
    let problem = format!("{} is a credential cache, but no file", name.display());
    Err(Failure::unusable(problem, advice))
}

/// Reads a credential cache.
///
/// # Errors
/// If the file is missing, unreadable, or no credential cache.
pub(crate) fn load(name: &Path) -> Result<Ccache, Failure> {
    let path = path(name)?;
    let file = std::fs::read(path).map_err(|error| Failure::unreadable("credential cache", path, &error))?;
    Ccache::parse(&file).map_err(|error| {
        Failure::unusable(
            format!("credential cache {} cannot be used: {error}", path.display()),
            "`negotiate decode` shows how far it can be read; kinit writes a new one",
        )
    })
}
