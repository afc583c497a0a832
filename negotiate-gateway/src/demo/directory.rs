//! A directory that nobody else can look into, and that goes with its owner.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

pub(super) struct PrivateDirectory(PathBuf);

impl PrivateDirectory {
    /// A new one below the directory for temporary files. That of another is never taken: the name must be free.
    pub(super) fn new() -> io::Result<Self> {
        let below = std::env::temp_dir();
        let mut last = io::ErrorKind::AlreadyExists.into();
        for number in 0..100 {
            let path = below.join(format!("negotiate-demo.{}.{number}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// A new file; `name` may have a new directory before it.
    pub(super) fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let path = self.0.join(name);
        if let Some(above) = path.parent() {
            fs::create_dir_all(above)?;
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(content)
    }
}

impl Drop for PrivateDirectory {
    fn drop(&mut self) {
        // What is left then is for the system to clear away.
        drop(fs::remove_dir_all(&self.0));
    }
}
