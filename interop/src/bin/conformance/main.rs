//! The same tokens for mech-krb5 and for MIT krb5's acceptor, and whether they agree. Started by `conformance/run`.
//!
//! Both have the same keytab, clock, channel bindings and encryption types, and no replay cache. Every capture and vector is shown to both,
//! and what mutation makes of valid tokens, inside the seals too: each kind of change at each place, then several at
//! random. What only one of them accepts must stand in `conformance/explained.txt`.

mod case;
mod derived;
mod draw;
mod explained;
#[path = "../../../../mech-krb5/tests/forge/mod.rs"]
mod forge;
mod forged;
mod given;
mod judge;
mod mutate;
mod pac;
mod read;
mod report;
mod shape;
mod tree;
mod values;
mod verdict;

use case::{Amount, Base, Case};
use judge::{Judge, Mit};
use report::{Extent, Report};
use std::path::PathBuf;
use std::process::ExitCode;

struct Options {
    amount: Amount,
    /// The file of all disagreements.
    list: PathBuf,
    /// Only bases whose name has this in it.
    only: Option<String>,
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(problem) => {
            eprintln!(
                "{problem}\nusage: conformance [--seed N] [--random N] [--one-in N] [--list FILE] [--only NAME]"
            );
            return ExitCode::from(2);
        }
    };
    let Amount { seed, random, one_in } = options.amount;
    println!(
        "seed {seed}, one in {one_in} changes of each kind at each place, {random} at random to each valid conversation"
    );
    let mut report = Report::new(explained::load(), &options.list);
    let mut mit: Option<(Judge, Mit)> = None;
    let mut bases = given::bases();
    bases.extend(given::named());
    bases.extend(given::windows(&interop::peers::state("")));
    bases.extend(forged::bases(&interop::peers::state("")));
    for base in bases
        .iter()
        .filter(|base| options.only.as_ref().is_none_or(|only| base.name.contains(only)))
    {
        if mit.as_ref().is_none_or(|(judge, _)| *judge != base.judge) {
            mit = Some((base.judge.clone(), Mit::start(&base.judge)));
        }
        let Some((_, mit)) = &mut mit else { continue };
        show(base, &base.cases(options.amount), mit, &mut report);
        if base.name == PLANTED {
            show(base, &given::vectors(base, options.amount), mit, &mut report);
        }
        if base.name == PAC_PLANTED {
            show(base, &given::pac_vectors(base), mit, &mut report);
        }
    }
    let extent = if options.only.is_some() || one_in > 1 {
        Extent::Partial
    } else {
        Extent::Complete
    };
    let (text, is_good) = report.finish(extent);
    println!("{text}\nevery disagreement: {}", options.list.display());
    if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Into whose token the vectors are put.
const PLANTED: &str = "mit/etype18-spnego-mutual";

/// Into whose ticket those are put that are PACs or parts of one.
const PAC_PLANTED: &str = "forged/pac-aes256-cts-hmac-sha1-96";

/// So many at a time, that neither acceptor waits for the other for long.
const BATCH: usize = 4096;

fn show(base: &Base, cases: &[Case], mit: &mut Mit, report: &mut Report) {
    let ours = base.judge.ours();
    for batch in cases.chunks(BATCH) {
        let (ours, mit) = std::thread::scope(|scope| {
            let ours = scope.spawn(|| {
                batch
                    .iter()
                    .map(|case| ours.verdict(&case.conversation))
                    .collect::<Vec<_>>()
            });
            let mit = mit.verdicts(batch.iter().map(|case| &case.conversation));
            (ours.join().expect("panics are caught"), mit)
        });
        for (case, (ours, mit)) in batch.iter().zip(ours.iter().zip(&mit)) {
            report.add(&base.name, case, ours, mit);
        }
    }
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        amount: Amount {
            seed: 1,
            random: 200,
            one_in: 1,
        },
        list: "conformance-disagreements.txt".into(),
        only: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(format!("{name} has no value"))?;
        let number = || {
            value
                .parse::<usize>()
                .map_err(|error| format!("{name} {value}: {error}"))
        };
        match name.as_str() {
            "--seed" => options.amount.seed = number()? as u64,
            "--random" => options.amount.random = number()?,
            "--one-in" => options.amount.one_in = number()?.max(1),
            "--list" => options.list = value.into(),
            "--only" => options.only = Some(value),
            _ => return Err(format!("no option {name}")),
        }
    }
    Ok(options)
}
