//! The table of `auth_to_local` in testvectors, asked of MIT krb5: it answers as the table says, or as its `mit` says.

use interop::peers::{succeed, text, tool};
use serde_json::{Value, json};
use testvectors::{Case, load};

#[test]
fn mit_maps_principals_as_the_table_says() {
    let cases = load("krb5/auth-to-local.txt");
    let questions: Vec<Value> = cases
        .iter()
        .map(|case| json!({ "config": config(case), "principal": case.text("principal") }))
        .collect();
    let questions = serde_json::to_vec(&questions).expect("JSON");
    let answers = text(&succeed(&mut tool("local_names.py"), &questions));
    let answers: Vec<Value> = serde_json::from_str(&answers).expect("JSON");
    assert_eq!(answers.len(), cases.len());
    for (case, answer) in cases.iter().zip(answers) {
        let expected = match (case.has("mit"), case.expect()) {
            (true, _) => json!(case.text("mit")),
            (_, "mapped") => json!(bare(case.text("local-name"))),
            (_, "none") => json!({ "error": "No translation available for requested principal" }),
            (_, "malformed") => json!({ "error": "Improper format of Kerberos configuration file" }),
            (_, other) => panic!("{case}: expect {other}"),
        };
        let matches = match (&answer["error"], &expected["error"]) {
            (Value::String(said), Value::String(wanted)) => said.starts_with(wanted.as_str()),
            _ => answer == expected,
        };
        assert!(matches, "{case}: MIT says {answer}, not {expected}");
    }
}

/// The case as a krb5.conf. In a quoted value a backslash and a quotation mark are quoted.
fn config(case: &Case) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut realm = String::new();
    if case.has("names") {
        let lines = case.lines("names");
        let names = lines.iter().filter_map(|line| bare(line).split_once('|'));
        let names: String = names.map(|(from, to)| format!("{from} = {to}\n")).collect();
        realm += &format!("auth_to_local_names = {{\n{names}}}\n");
    }
    if case.has("values") {
        for value in case.lines("values") {
            realm += &format!("auth_to_local = {}\n", quoted(bare(value)));
        }
    }
    let default_realm = case.text("default-realm");
    format!("[libdefaults]\ndefault_realm = {default_realm}\n[realms]\n{default_realm} = {{\n{realm}}}\n")
}

fn bare(text: &str) -> &str {
    text.strip_prefix('|')
        .and_then(|text| text.strip_suffix('|'))
        .expect("between bars")
}
