//! Every demand of the specifications on an acceptor, tied to code and to tests: `requirements/` lists them, and here it is
//! seen that nothing hangs loose. `requirements/README.md` says how a demand is written down.

mod clause;
mod tree;

use clause::{Clause, clauses};
use std::collections::BTreeSet;
use testvectors::Case;
use tree::{Tree, defines, tests};

/// A demand, and what became of it.
struct Requirement {
    /// File, line and name, for messages.
    at: String,
    clauses: Vec<Clause>,
    /// `FILE ITEM`: where it is met.
    code: Vec<String>,
    /// `FILE TEST`: what fails if it is not.
    test: Vec<String>,
    /// Why it is not met, although it is an acceptor's.
    refused: bool,
    /// Why it is nobody's here.
    not_ours: bool,
}

impl Requirement {
    fn new(case: &Case) -> Self {
        let lines = |key| {
            let lines = case.has(key).then(|| case.lines(key));
            lines.into_iter().flatten().map(str::to_owned).collect()
        };
        Self {
            at: case.to_string(),
            clauses: clauses(case.spec()),
            code: lines("code"),
            test: lines("test"),
            refused: case.has("refused") && !case.lines("refused").is_empty(),
            not_ours: case.has("not-ours") && !case.lines("not-ours").is_empty(),
        }
    }
}

/// Everything that hangs loose, in words.
fn loose_ends(requirements: &[Requirement], tree: &Tree) -> Vec<String> {
    let mut loose = Vec::new();
    for requirement in requirements {
        let ends = standing(requirement)
            .map(str::to_owned)
            .into_iter()
            .chain(dangling(requirement, tree));
        loose.extend(ends.map(|end| format!("{}: {end}", requirement.at)));
    }
    loose.extend(unlisted(requirements, tree));
    loose
}

/// Exactly one of: code and test, refused, not ours.
fn standing(requirement: &Requirement) -> Option<&'static str> {
    let (code, test) = (!requirement.code.is_empty(), !requirement.test.is_empty());
    match (code, test, requirement.refused, requirement.not_ours) {
        _ if requirement.clauses.is_empty() => Some("spec names no clause"),
        (true, true, false, false) | (false, false, true, false) | (false, false, false, true) => None,
        (true, false, false, false) => Some("has code and no test"),
        (false, true, false, false) => Some("has a test and no code"),
        (false, false, false, false) => Some("has neither code and test nor a reason"),
        _ => Some("has more than one of: code and test, refused, not-ours"),
    }
}

/// What the requirement names and is not there.
fn dangling(requirement: &Requirement, tree: &Tree) -> Vec<String> {
    let mut loose = Vec::new();
    for place in &requirement.code {
        let (path, item) = place.split_once(' ').unwrap_or((place, ""));
        match tree.file(path) {
            None => loose.push(format!("there is no {path}")),
            Some(text) if !defines(text, item) => loose.push(format!("{path} has no {item}")),
            Some(text) => {
                let cited = clauses(text);
                if !requirement.clauses.iter().any(|clause| cited.contains(clause)) {
                    loose.push(format!("{path} does not name the clause"));
                }
            }
        }
    }
    for place in &requirement.test {
        let (path, name) = place.split_once(' ').unwrap_or((place, ""));
        match tree.file(path) {
            None => loose.push(format!("there is no {path}")),
            Some(text) if !tests(text, name) => loose.push(format!("{path} has no test {name}")),
            Some(_) => {}
        }
    }
    loose
}

/// Clauses that the acceptor's code names and no list does, of specifications that have a list.
fn unlisted(requirements: &[Requirement], tree: &Tree) -> Vec<String> {
    let listed: BTreeSet<&Clause> = requirements
        .iter()
        .flat_map(|requirement| &requirement.clauses)
        .collect();
    let specs: BTreeSet<&str> = listed.iter().map(|clause| clause.spec.as_str()).collect();
    let mut loose = BTreeSet::new();
    for (path, text) in tree.of_the_acceptor() {
        for clause in clauses(text) {
            if specs.contains(clause.spec.as_str()) && !listed.contains(&clause) {
                loose.insert(format!("{path} names {clause}, which no list has"));
            }
        }
    }
    loose.into_iter().collect()
}

#[test]
fn nothing_hangs_loose() {
    let cases = testvectors::load_directory("requirements");
    let requirements: Vec<Requirement> = cases.iter().map(Requirement::new).collect();
    let loose = loose_ends(&requirements, &Tree::of_the_workspace());
    assert!(
        loose.is_empty(),
        "{} loose ends:\n{}",
        loose.len(),
        loose.join("\n")
    );
    let count = |has: fn(&Requirement) -> bool| requirements.iter().filter(|one| has(one)).count();
    println!(
        "{} requirements: {} met by code and test, {} refused, {} not an acceptor's",
        requirements.len(),
        count(|one| !one.code.is_empty()),
        count(|one| one.refused),
        count(|one| one.not_ours),
    );
}

/// The gate shows that it can be shut: each kind of loose end is found where there was none.
#[test]
fn every_loose_end_is_found() {
    let mut tree = Tree::default();
    tree.0.insert(
        "mech-krb5/src/met.rs".into(),
        "/// RFC 1 section 2.\nfn meets() {}\n".into(),
    );
    tree.0
        .insert("mech-krb5/tests/met.rs".into(), "#[test]\nfn shown() {}\n".into());
    let met = || Requirement {
        at: "it".into(),
        clauses: clauses("RFC 1 section 2"),
        code: vec!["mech-krb5/src/met.rs meets".into()],
        test: vec!["mech-krb5/tests/met.rs shown".into()],
        refused: false,
        not_ours: false,
    };
    assert_eq!(loose_ends(&[met()], &tree), [""; 0]);

    let with = |change: fn(&mut Requirement)| {
        let mut changed = met();
        change(&mut changed);
        loose_ends(&[changed], &tree).join("; ")
    };
    for (found, end) in [
        (with(|it| it.test.clear()), "it: has code and no test"),
        (with(|it| it.code.clear()), "it: has a test and no code"),
        (
            with(|it| it.refused = true),
            "it: has more than one of: code and test, refused, not-ours",
        ),
        (
            with(|it| it.code = vec!["mech-krb5/src/met.rs meet".into()]),
            "it: mech-krb5/src/met.rs has no meet",
        ),
        (
            with(|it| it.code = vec!["mech-krb5/src/gone.rs meets".into()]),
            "it: there is no mech-krb5/src/gone.rs",
        ),
        (
            with(|it| it.test = vec!["mech-krb5/src/met.rs meets".into()]),
            "it: mech-krb5/src/met.rs has no test meets",
        ),
        (
            with(|it| it.test = vec!["mech-krb5/tests/met.rs".into()]),
            "it: mech-krb5/tests/met.rs has no test ",
        ),
        (
            with(|it| it.clauses = clauses("RFC 1 section 3")),
            "it: mech-krb5/src/met.rs does not name the clause; \
             mech-krb5/src/met.rs names RFC 1 section 2, which no list has",
        ),
        (
            with(|it| it.clauses.clear()),
            "it: spec names no clause; it: mech-krb5/src/met.rs does not name the clause",
        ),
    ] {
        assert_eq!(found, end);
    }
    let nothing = |it: &mut Requirement| {
        it.code.clear();
        it.test.clear();
    };
    assert_eq!(with(nothing), "it: has neither code and test nor a reason");
}
