//! Instructions an accept, which noise does not move. valgrind knows neither VAES nor SHA extensions, so that ours run
//! without the help that they have on the machine; MIT's has AES-NI in both.

use crate::case::CASES;
use crate::sides::{Mit, Ours, Scratch, Side};
use crate::{Options, cases, machine};
use std::process::Command;

/// Accepts that are counted; one before them fills caches.
const COUNTED: usize = 20;

pub(crate) fn table(options: &Options) {
    println!("{}\n", machine::description());
    println!("| case | mech-krb5 | MIT krb5 | ratio |");
    println!("|---|--:|--:|--:|");
    // With a large keytab MIT's takes minutes under valgrind.
    for case in cases(options).filter(|case| case.threads == 1 && case.keytab <= 100) {
        let [ours, mit] = ["ours", "mit"].map(|side| instructions(side, case.name));
        println!("| {} | {ours:.0} | {mit:.0} | **{:.1}** |", case.name, mit / ours);
    }
    println!("\nInstructions an accept, by callgrind.");
}

fn instructions(side: &str, case: &str) -> f64 {
    let output = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            "--toggle-collect=*counted_accept*",
        ])
        .arg(std::env::current_exe().unwrap())
        .args(["--one", side, case])
        .output()
        .expect("valgrind is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let collected = said.lines().find_map(|line| line.split_once("Collected : "));
    let (_, count) = collected.unwrap_or_else(|| panic!("{said}"));
    count.trim().parse::<f64>().unwrap() / COUNTED as f64
}

/// What runs under valgrind.
pub(crate) fn accept_under_valgrind(side: &str, name: &str) {
    let case = CASES
        .iter()
        .find(|case| case.name == name)
        .expect("a case of that name");
    let (scratch, file, credential) = (Scratch::new(), case.keytab_file(), case.credential());
    let side: Box<dyn Side> = match side {
        "ours" => Box::new(Ours::new(case, file.expose(), scratch.path())),
        _ => Box::new(Mit::new(case, file.expose(), scratch.path())),
    };
    side.accept(&case.token(&credential));
    for _ in 0..COUNTED {
        counted_accept(&*side, &case.token(&credential));
    }
}

#[inline(never)]
fn counted_accept(side: &dyn Side, token: &[u8]) {
    side.accept(token);
}
