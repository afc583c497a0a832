//! `negotiate explain`: one token, accepted and described, or refused and explained.

mod acceptor;
mod arguments;
mod attributes;
mod kind;
mod report;

use crate::cli;
use crate::failure::Failure;
use crate::input::{self, Input, NoToken};
pub(crate) use arguments::{Bindings, Time};
use kind::Kind;
use negotiate_core::{Ambient, Reject, Step, SystemRandom, Timestamp};
use report::Report;
use std::process::ExitCode;

/// Explains one token.
///
/// # Errors
/// If a keytab, the configuration or the input cannot be used. That the token is refused is no error but the answer.
pub(crate) fn run(arguments: &cli::Explain) -> Result<ExitCode, Failure> {
    let acceptor = acceptor::Configured::new(arguments)?;
    let bytes = input::read(arguments.file.as_deref())?;
    let (report, status) = match Input::parse(&bytes) {
        Ok(input) => {
            let mut ambient = Ambient {
                now: arguments.now.map_or_else(Timestamp::now, |now| now.0),
                random: &mut SystemRandom,
            };
            let answer = wait(acceptor.exchange(arguments)?.step(&input.bytes, &mut ambient))?;
            let report = Report::new(&Kind::of(&input.bytes), input.form, &answer)
                .with_local_name(&acceptor.krb5_conf, &answer)
                .with_names_of_key(&acceptor.keytab, &answer);
            let status = match answer {
                Ok(Step::Complete { .. }) => 0,
                Ok(Step::Continue { .. } | Step::Pending(_)) => 3,
                Err(_) => 1,
            };
            (report, status)
        }
        Err(NoToken::NotBase64) => (Report::not_base64(), 1),
        Err(error) => {
            let (problem, advice) = error.explain();
            return Err(Failure::unusable(problem, advice));
        }
    };
    crate::print(&if arguments.json {
        report.json()
    } else {
        report.text()
    });
    Ok(ExitCode::from(status))
}

/// The step after the questions to the outside, of which there are none while nothing is remembered.
fn wait(mut step: Result<Step, Reject>) -> Result<Result<Step, Reject>, Failure> {
    while let Ok(Step::Pending(pending)) = step {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|error| Failure::unusable(format!("cannot wait: {error}"), "report it"))?;
        step = runtime.block_on(pending);
    }
    Ok(step)
}
