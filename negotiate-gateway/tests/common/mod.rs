//! What the tests share: the built program, run to its end, and files for it.
#![allow(dead_code)] // each test file uses a part

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) mod backend;
pub(crate) mod daemon;
pub(crate) mod http;
pub(crate) mod login;

/// `negotiate` with these arguments, and nothing from the environment that changes what it does.
pub(crate) fn negotiate<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_negotiate"));
    command
        .args(arguments)
        .env_remove("NEGOTIATE_LOG")
        .env("COLUMNS", "100");
    command
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Ended {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    // A program that ends early does not read its input.
    _ = stdin.write_all(input);
    drop(stdin);
    Ended::new(&child.wait_with_output().expect("it ends"))
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Self {
            status: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }
}

/// A path that nothing else uses.
pub(crate) fn scratch(name: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{number}", std::process::id()));
    // Some files are refused where others may write.
    let mut new = DirBuilder::new();
    new.recursive(true).mode(0o700);
    new.create(&directory).expect("a new directory");
    directory.join(name)
}

/// A file with this content, for its owner alone.
pub(crate) fn file(name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = scratch(name);
    let mut new = OpenOptions::new();
    let mut new = new
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .expect("a new file");
    new.write_all(content.as_ref()).expect("written");
    path
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
