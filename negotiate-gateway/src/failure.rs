//! How a command ends that cannot do its work: what is wrong, what to do, and the exit status.

use crate::config::ConfigError;
use std::fmt;
use std::path::Path;
use std::process::ExitCode;

/// Shown as `negotiate: what is wrong`, on the next line what to do, and then the code by which the manual knows it.
#[derive(Debug)]
pub(crate) struct Failure {
    status: Status,
    problem: String,
    advice: Option<String>,
    code: Option<&'static str>,
}

/// The exit statuses of failure; `cli` documents them.
#[derive(Clone, Copy, Debug)]
enum Status {
    Stopped = 1,
    Unusable = 2,
}

impl Failure {
    /// The command line, the configuration or a file cannot be used.
    pub(crate) fn unusable(problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            status: Status::Unusable,
            problem: problem.into(),
            advice: Some(advice.into()),
            code: None,
        }
    }

    /// With a code of the manual's.
    pub(crate) fn with_code(self, code: &'static str) -> Self {
        Self {
            code: Some(code),
            ..self
        }
    }

    /// A file cannot be read.
    pub(crate) fn unreadable(what: &str, path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind::{IsADirectory, NotFound, PermissionDenied};
        let advice = match error.kind() {
            NotFound | IsADirectory => "check the path",
            PermissionDenied => "run as a user that may read it, or change its owner or mode",
            _ => "check the file and its disk",
        };
        Self::unusable(
            format!("{what} {} cannot be read: {error}", path.display()),
            advice,
        )
    }

    /// What was running had to stop.
    pub(crate) fn stopped(problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            status: Status::Stopped,
            problem: problem.into(),
            advice: Some(advice.into()),
            code: None,
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.status as u8)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self {
            status: Status::Unusable,
            advice: error.advice().map(str::to_owned),
            problem: error.to_string(),
            code: None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "negotiate: {}", self.problem)?;
        if let Some(advice) = &self.advice {
            write!(f, "\n  help: {advice}")?;
        }
        match self.code {
            Some(code) => write!(f, "\n  code: {code}"),
            None => Ok(()),
        }
    }
}
