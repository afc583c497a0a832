//! Corpora between text and the directories that libFuzzer works in.
//!
//! ```text
//! corpus targets                  the names of the targets
//! corpus unpack TARGET DIRECTORY  seeds, committed corpus and crashes as files
//! corpus pack TARGET DIRECTORY    the directory's files as the committed corpus
//! ```

use fuzz_oracles::{TARGETS, Target, corpus};
use std::fs;
use std::io::Result;
use std::path::Path;
use std::process::ExitCode;

/// Bytes of a committed corpus: what a repository can bear, and an ordinary test can replay.
const LIMIT: usize = 400_000;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["targets"] => {
            TARGETS.iter().for_each(|target| println!("{}", target.name));
            Ok(())
        }
        ["unpack", name, directory] => with(name, |target| unpack(target, directory.as_ref())),
        ["pack", name, directory] => with(name, |target| pack(target, directory.as_ref())),
        _ => {
            eprintln!("usage: corpus targets | corpus (unpack|pack) TARGET DIRECTORY");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("corpus: {error}");
            ExitCode::FAILURE
        }
    }
}

fn with(name: &str, work: impl FnOnce(&Target) -> Result<()>) -> Result<()> {
    match TARGETS.iter().find(|target| target.name == name) {
        Some(target) => work(target),
        None => Err(std::io::Error::other(format!("no target {name}"))),
    }
}

fn unpack(target: &Target, directory: &Path) -> Result<()> {
    fs::create_dir_all(directory)?;
    let parts = [
        ("seed", (target.seeds)()),
        ("corpus", corpus::corpus(target.name)),
        ("crash", corpus::crashes(target.name)),
    ];
    for (part, inputs) in parts {
        for (number, input) in inputs.iter().enumerate() {
            fs::write(directory.join(format!("{part}-{number}")), input)?;
        }
    }
    Ok(())
}

fn pack(target: &Target, directory: &Path) -> Result<()> {
    let inputs = fs::read_dir(directory)?
        .map(|entry| fs::read(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    let file = corpus::file("corpora", target.name);
    fs::create_dir_all(file.with_file_name(""))?;
    fs::write(file, corpus::write(inputs, LIMIT))
}
