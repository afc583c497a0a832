//! The table of krb5.conf files in testvectors, asked of MIT krb5's own reader: it reads what the table says, or says what stands
//! there as `mit-error`; what we refuse and it does not, it reads as `mit-tree`.

use interop::peers::{succeed, text, tool};
use serde_json::{Value, json};
use testvectors::{Case, load};

#[test]
fn mit_reads_files_as_the_table_says() {
    let cases = load("krb5/profile.txt");
    let questions: Vec<Value> = cases.iter().map(question).collect();
    let questions = serde_json::to_vec(&questions).expect("JSON");
    let answers = text(&succeed(&mut tool("profile.py"), &questions));
    let answers: Vec<Value> = serde_json::from_str(&answers).expect("JSON");
    assert_eq!(answers.len(), cases.len());
    for (case, answer) in cases.iter().zip(answers) {
        let tree = match case.expect() {
            "read" => "tree",
            _ if case.has("mit-tree") => "mit-tree",
            _ => {
                assert_eq!(answer["error"], case.text("mit-error"), "{case}: {answer}");
                continue;
            }
        };
        let lines: Vec<String> = case.lines(tree).into_iter().map(plain).collect();
        assert_eq!(answer, json!(lines), "{case}");
    }
}

fn question(case: &Case) -> Value {
    let parts = ["file", "second"].into_iter().filter(|part| case.has(part));
    let file = |part| {
        let lines = case.lines(part).into_iter().map(plain);
        lines.map(|line| line + "\n").collect::<String>()
    };
    json!({ "files": parts.map(file).collect::<Vec<_>>() })
}

/// The text between bars, with control characters in the place of their pictures.
fn plain(line: &str) -> String {
    let text = line.strip_prefix('|').and_then(|line| line.strip_suffix('|'));
    let control = |c: char| match u32::from(c) {
        code @ 0x2400..0x2420 => char::from_u32(code - 0x2400).expect("ASCII"),
        _ => c,
    };
    text.expect("between bars").chars().map(control).collect()
}
