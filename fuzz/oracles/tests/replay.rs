//! Every committed input and every seed once more through the oracles: what a fuzzer found once stays found.

use fuzz_oracles::{TARGETS, Target, corpus};

fn replay(target: &Target, part: &str, inputs: Vec<Vec<u8>>) {
    for (number, input) in inputs.into_iter().enumerate() {
        let _names = OnPanic(format!("{} {part} {number}: {} bytes", target.name, input.len()));
        (target.check)(&input);
    }
}

/// Says which input it was.
struct OnPanic(String);

impl Drop for OnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.0);
        }
    }
}

#[test]
fn seeds() {
    for target in &TARGETS {
        replay(target, "seed", (target.seeds)());
    }
}

#[test]
fn crashes() {
    for target in &TARGETS {
        replay(target, "crash", corpus::crashes(target.name));
    }
}

#[test]
fn corpora() {
    for target in &TARGETS {
        let inputs = corpus::corpus(target.name);
        assert!(inputs.len() >= 50, "{}: {} inputs", target.name, inputs.len());
        replay(target, "input", inputs);
    }
}

/// A target without an oracle here, or an oracle that nothing fuzzes.
#[test]
fn every_oracle_has_a_target() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz_targets");
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    names.sort();
    let mut known = TARGETS.map(|target| target.name);
    known.sort_unstable();
    assert_eq!(names, known);
}
