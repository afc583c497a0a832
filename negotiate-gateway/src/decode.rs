//! `negotiate decode`: tokens and files as trees.

use crate::ccache_file;
use crate::cli;
use crate::failure::Failure;
use crate::input::{self, Form, Input};
use crate::keytab_file;
use negotiate_decode::{Decoded, Keys};
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Decodes each input.
///
/// # Errors
/// If a keytab or an input cannot be used. That an input is malformed is no error but part of the answer.
pub(crate) fn run(arguments: &cli::Decode) -> Result<ExitCode, Failure> {
    let mut keys = match arguments.keytab.as_slice() {
        [] => Keys::none(),
        paths => Keys::of(keytab_file::load_all(paths)?),
    };
    let mut shown = Vec::new();
    for source in sources(&arguments.files)? {
        let bytes = input::read(source)?;
        let inputs = Input::parse_all(&bytes).map_err(|error| {
            let (problem, advice) = error.explain();
            Failure::unusable(format!("{}: {problem}", name(source)), advice)
        })?;
        for input in inputs {
            shown.push(Shown::new(name(source), &input, &mut keys));
        }
    }
    crate::print(&if arguments.json {
        json(&shown)
    } else {
        text(&shown)
    });
    let is_sound = shown.iter().all(Shown::is_sound);
    Ok(if is_sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// Standard input where no file is named.
fn sources(files: &[PathBuf]) -> Result<Vec<Option<&Path>>, Failure> {
    match files {
        [] => Ok(vec![None]),
        files => files
            .iter()
            .map(|file| ccache_file::path(file).map(Some))
            .collect(),
    }
}

fn name(source: Option<&Path>) -> String {
    match source.filter(|path| *path != Path::new("-")) {
        Some(path) => path.display().to_string(),
        None => "standard input".into(),
    }
}

/// An input with its tree.
#[derive(Serialize)]
struct Shown {
    source: String,
    form: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    broken_at: Option<usize>,
    #[serde(flatten)]
    decoded: Decoded,
    #[serde(skip)]
    as_shown: &'static str,
}

impl Shown {
    fn new(source: String, input: &Input, keys: &mut Keys) -> Self {
        let form: Form = input.form;
        Self {
            source,
            form: form.id(),
            broken_at: input.broken_at,
            decoded: negotiate_decode::decode(&input.bytes, keys),
            as_shown: form.as_shown(),
        }
    }

    fn is_sound(&self) -> bool {
        self.broken_at.is_none() && self.decoded.faults().next().is_none()
    }
}

fn json(shown: &[Shown]) -> String {
    #[derive(Serialize)]
    struct Inputs<'s> {
        inputs: &'s [Shown],
    }
    crate::json(&Inputs { inputs: shown })
}

fn text(shown: &[Shown]) -> String {
    let mut text = String::new();
    for (
        number,
        Shown {
            source,
            decoded,
            as_shown,
            broken_at,
            ..
        },
    ) in shown.iter().enumerate()
    {
        if number > 0 {
            text.push('\n');
        }
        // Writing to a String cannot fail.
        _ = writeln!(text, "{source}{as_shown}: ");
        if let Some(at) = broken_at {
            _ = writeln!(
                text,
                "! base64 is broken at character {at}: what stands before it is shown"
            );
        }
        text.push_str(&decoded.text());
    }
    text
}
