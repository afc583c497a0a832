//! The command `negotiate`.

mod acceptor_settings;
mod ccache_file;
mod cli;
mod config;
mod decode;
mod demo;
mod encryption_types;
mod explain;
mod failure;
mod header_name;
mod input;
mod keytab_file;
mod keytab_list;
mod krb5_conf;
mod serve;

use clap::Parser;
use cli::{Cli, Command, Keytab};
use serde::Serialize;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(arguments) => serve::run(arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Keytab(Keytab::List(arguments)) => keytab_list::run(&arguments),
    };
    result.unwrap_or_else(|failure| {
        eprintln!("{failure}");
        failure.exit_code()
    })
}

/// For programs, and for terminals where people look at it.
fn json(value: &impl Serialize) -> String {
    let json = serde_json::to_string_pretty(value);
    // Strings, numbers, booleans, arrays and objects with texts as keys: nothing that JSON cannot say.
    let json = json.unwrap_or_else(|error| unreachable!("{error}"));
    negotiate_decode::printable_json(&json) + "\n"
}

/// Says what to know, and what to do, on standard error: for commands that have no log.
fn warn(warning: &str, advice: &str) {
    eprintln!("negotiate: {warning}\n  help: {advice}");
}

/// Writes to standard output. That nobody reads it is no error: `negotiate keytab list FILE | head -1`.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
