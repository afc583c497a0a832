//! Accepting with mech-krb5 beside MIT krb5, the same tokens in one process, taking turns.
//!
//! `cargo bench -p mech-system-gssapi --bench accept_beside_mit` prints a Markdown table. After `--`: `--quick` measures
//! shorter, `--callgrind` counts instructions instead (valgrind must be installed), `--case TEXT` takes only the cases
//! whose name has that text in it. No KDC is needed: tickets are forged.
//!
//! A time is that of one accept: from a fresh token to the end of the context. MIT's is that of
//! `gss_accept_sec_context` and `gss_delete_sec_context` with one credential for all, and without asking for names; ours
//! has names and ticket decoded, as it always has.

mod allocations;
mod callgrind;
mod case;
mod machine;
mod measure;
mod sides;

use case::{CASES, Case};

/// What is to be done.
struct Options {
    /// For each side of a case.
    seconds: f64,
    only: String,
}

fn main() {
    let mut options = Options {
        seconds: 3.0,
        only: String::new(),
    };
    let mut arguments = std::env::args().skip(1);
    let mut run: fn(&Options) = table;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => options.seconds = 0.3,
            "--case" => options.only = arguments.next().unwrap_or_default(),
            "--callgrind" => run = callgrind::table,
            "--one" => {
                let side = arguments.next().unwrap_or_default();
                let name = arguments.next().unwrap_or_default();
                return callgrind::accept_under_valgrind(&side, &name);
            }
            "--bench" => {} // cargo says so
            other => panic!("{other}: not an option; see the head of main.rs"),
        }
    }
    run(&options);
}

fn cases(options: &Options) -> impl Iterator<Item = &'static Case> {
    CASES.iter().filter(|case| case.name.contains(&options.only))
}

fn table(options: &Options) {
    println!("{}\n", machine::description());
    println!("| case | mech-krb5 | MIT krb5 | ratio | best: ours | MIT | ratio | allocations: ours | MIT |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
    for case in cases(options) {
        let measure::Measured { ours, mit } = measure::side_by_side(case, options.seconds);
        println!(
            "| {} | {} | {} | **{:.1}** | {} | {} | **{:.1}** | {:.0} | {:.0} |",
            case.name,
            micros(ours.median),
            micros(mit.median),
            mit.median / ours.median,
            micros(ours.best),
            micros(mit.best),
            mit.best / ours.best,
            ours.allocations,
            mit.allocations,
        );
    }
    println!("\nMicroseconds an accept: medians of turns that alternate, and each side's best turn.");
}

fn micros(seconds: f64) -> String {
    let micros = seconds * 1e6;
    if micros < 100.0 {
        format!("{micros:.2}")
    } else {
        format!("{micros:.0}")
    }
}
