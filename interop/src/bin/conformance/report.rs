//! What the run found, counted and listed.

use crate::case::{Case, Origin};
use crate::explained::Explanation;
use crate::verdict::{Agreement, Verdict};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufWriter, Write as _};
use std::path::Path;

pub(crate) struct Report {
    explanations: Vec<Explanation>,
    counts: BTreeMap<(Agreement, Origin), usize>,
    /// By what both say: how many, and the first.
    unexplained: BTreeMap<(Agreement, String, String), Unexplained>,
    /// Every disagreement, one a line.
    list: BufWriter<std::fs::File>,
}

/// How much of the run was done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    Complete,
    Partial,
}

struct Unexplained {
    count: usize,
    example: String,
    kinds: BTreeMap<String, usize>,
}

impl Report {
    pub(crate) fn new(explanations: Vec<Explanation>, list: &Path) -> Self {
        let file = std::fs::File::create(list).unwrap_or_else(|error| panic!("{}: {error}", list.display()));
        Self {
            explanations,
            counts: BTreeMap::new(),
            unexplained: BTreeMap::new(),
            list: BufWriter::new(file),
        }
    }

    pub(crate) fn add(&mut self, base: &str, case: &Case, ours: &Verdict, mit: &Verdict) {
        let agreement = Agreement::of(ours, mit);
        *self.counts.entry((agreement, case.origin)).or_default() += 1;
        if agreement.is_agreement() {
            return;
        }
        let (ours, mit) = (ours.against(mit), mit.against(ours));
        let label = format!("{base}: {}", case.mutations.join(" + "));
        let mut fitting = self.explanations.iter_mut();
        let explanation = fitting.find(|explanation| explanation.fits(&ours, &mit, base, &case.mutations));
        let class = match explanation {
            Some(explanation) => {
                explanation.used += 1;
                explanation.name.clone()
            }
            None => {
                let found = self.unexplained.entry((agreement, ours.clone(), mit.clone()));
                let found = found.or_insert_with(|| Unexplained {
                    count: 0,
                    example: format!("{label}\n      {}", hex(&case.conversation)),
                    kinds: BTreeMap::new(),
                });
                found.count += 1;
                for mutation in &case.mutations {
                    *found.kinds.entry(mutation.clone()).or_default() += 1;
                }
                format!("UNEXPLAINED {}", hex(&case.conversation))
            }
        };
        writeln!(self.list, "{label} | {ours} | {mit} | {class}").expect("the list can be written");
    }

    /// The tables, and whether all is agreed or explained. In a partial run some explanations are not needed.
    pub(crate) fn finish(mut self, extent: Extent) -> (String, bool) {
        self.list.flush().expect("the list can be written");
        let mut text = String::new();
        let mut line = |cells: String| writeln!(text, "{cells}").expect("a string");
        let origins = Origin::ALL.map(|(_, name)| name).join(" | ");
        line(format!("| verdicts | {origins} | all |"));
        line("|---|---:|---:|---:|---:|".to_owned());
        let count = |agreement, origin| self.counts.get(&(agreement, origin)).copied().unwrap_or(0);
        for (agreement, name) in Agreement::ALL {
            let row = Origin::ALL.map(|(origin, _)| count(agreement, origin));
            let cells = row.map(|cell| cell.to_string()).join(" | ");
            line(format!("| {name} | {cells} | {} |", row.iter().sum::<usize>()));
        }
        let all = Origin::ALL.map(|(origin, _)| {
            Agreement::ALL
                .map(|(agreement, _)| count(agreement, origin))
                .iter()
                .sum()
        });
        let cells = all.map(|cell: usize| cell.to_string()).join(" | ");
        line(format!("| all | {cells} | {} |", all.iter().sum::<usize>()));
        line("\n| explained disagreement | tokens |\n|---|---:|".to_owned());
        for explanation in &self.explanations {
            line(format!("| {} | {} |", explanation.name, explanation.used));
        }
        let mut is_good = true;
        let is_complete = extent == Extent::Complete;
        for explanation in self
            .explanations
            .iter()
            .filter(|explanation| is_complete && explanation.used == 0)
        {
            is_good = false;
            line(format!(
                "\nno token needs the explanation \"{}\": delete it",
                explanation.name
            ));
        }
        for ((agreement, ours, mit), found) in &self.unexplained {
            is_good = false;
            let kinds = found.kinds.iter().take(8);
            let kinds: Vec<String> = kinds.map(|(kind, count)| format!("{kind} ({count})")).collect();
            line(format!(
                "\nUNEXPLAINED {agreement:?}: {} tokens\n  ours: {ours}\n  MIT:  {mit}\n  {}, {} kinds\n  such as {}",
                found.count,
                kinds.join("\n  "),
                found.kinds.len(),
                found.example
            ));
        }
        (text, is_good)
    }
}

fn hex(conversation: &[Vec<u8>]) -> String {
    let hex = |token: &Vec<u8>| token.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    conversation.iter().map(hex).collect::<Vec<_>>().join(" ")
}
