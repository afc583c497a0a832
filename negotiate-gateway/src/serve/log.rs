//! The log on standard error: lines for people, or one JSON object a line.
//!
//! What may stand in it is decided where the events are made: a peer's bytes only escaped and capped
//! (`negotiate_core::Untrusted`), tokens and keys never.

use crate::failure::Failure;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// How to log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// A line for people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// Starts logging, for the rest of the process.
///
/// # Errors
/// If `filter` is not a level or a list of directives.
pub(super) fn start(filter: &str, format: LogFormat) -> Result<(), Failure> {
    let filter: EnvFilter = filter.parse().map_err(|error| {
        let advice =
            "write error, warn, info, debug or trace, or directives such as info,negotiate_http=debug";
        Failure::unusable(format!("--log {filter}: {error}"), advice)
    })?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}
