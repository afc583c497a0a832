//! The table of capaths in testvectors, asked of MIT krb5's acceptor-side check: its verdict is the table's, or what stands there
//! as `mit`.

use interop::peers::{succeed, text, tool};
use serde_json::{Value, json};
use testvectors::{Case, load};

#[test]
fn mit_accepts_and_refuses_paths_as_the_table_says() {
    let cases = load("krb5/capaths.txt");
    let questions: Vec<Value> = cases.iter().map(question).collect();
    let questions = serde_json::to_vec(&questions).expect("JSON");
    let answers = text(&succeed(&mut tool("transited.py"), &questions));
    let answers: Vec<Value> = serde_json::from_str(&answers).expect("JSON");
    assert_eq!(answers.len(), cases.len());
    for (case, answer) in cases.iter().zip(answers) {
        let expected = if case.has("mit") {
            case.text("mit")
        } else {
            case.expect()
        };
        assert_eq!(answer, expected, "{case}");
    }
}

fn question(case: &Case) -> Value {
    let lines = case.lines("capaths").into_iter().map(bare);
    let capaths: String = lines.map(|line| format!("{line}\n")).collect();
    json!({
        "config": format!("[libdefaults]\ndefault_realm = EXAMPLE.TEST\n[capaths]\n{capaths}"),
        "client": case.text("client"),
        "server": case.text("server"),
        "transited": bare(case.text("transited")),
    })
}

fn bare(text: &str) -> &str {
    text.strip_prefix('|')
        .and_then(|text| text.strip_suffix('|'))
        .expect("between bars")
}
