//! The tables of krb5.conf files and of permitted_enctypes in testvectors, asked of MIT krb5's own readers. Of files it reads what the
//! table says, or says what stands there as `mit-error`; what we refuse and it does not, it reads as `mit-tree`.

use interop::peers::{scratch, succeed, text, tool};
use serde_json::{Value, json};
use testvectors::{Case, load};

#[test]
fn mit_reads_files_as_the_table_says() {
    let cases = load("krb5/profile.txt");
    let questions: Vec<Value> = cases.iter().map(question).collect();
    for (case, answer) in cases.iter().zip(mit(&questions)) {
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

/// Names of files, of which MIT takes some; what it reads of them is what we read.
#[test]
fn mit_includes_the_files_of_a_directory_that_we_include() {
    let directory = scratch("include");
    let file = |name: &str, text: &str| {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    for name in [
        "A",
        "a",
        "a-b_1",
        "Z",
        "b.conf",
        "\u{fc}.conf",
        ".conf",
        ".hidden",
        "a~",
        "a.rpmsave",
        "b.conf.bak",
        "#a#",
        "\u{fc}",
        "a b",
        "a b.conf",
        "directory/x",
    ] {
        file(&format!("d/{name}"), &format!("[a]\nx = {name}\n"));
    }
    let main = format!(
        "[a]\nx = 1\nincludedir {0}/d\nx = 2\ninclude {0}/one\nx = 4\n",
        directory.display()
    );
    file("main", &main);
    file("one", "[a]\nx = 3\n");
    let main = directory.join("main");
    let profile = negotiate_io::krb5_conf::load(std::slice::from_ref(&main)).expect("read");
    let ours = profile
        .values(&["a", "x"])
        .map(|value| format!("a > x = {}", value.text()));
    let ours: Vec<String> = std::iter::once("a:".to_owned()).chain(ours).collect();
    assert!(ours.len() > 10, "{ours:?}");
    assert_eq!(mit(&[json!({ "paths": [main] })]), [json!(ours)]);
}

#[test]
fn mit_permits_encryption_types_as_the_table_says() {
    let cases = load("krb5/permitted-enctypes.txt");
    let config = |case: &Case| {
        let value = case.text("value").replace('\u{2409}', "\t");
        json!(format!("[libdefaults]\npermitted_enctypes = {value}\n"))
    };
    let configs: Vec<Value> = cases.iter().map(config).collect();
    for (case, answer) in cases.iter().zip(ask("permitted_enctypes.py", &configs)) {
        let Some(numbers) = answer.as_array() else {
            assert_eq!(case.expect(), "none", "{case}");
            let said = "No supported encryption types (config file error?)";
            assert_eq!(answer["error"], said, "{case}");
            continue;
        };
        let numbers: Vec<String> = numbers.iter().map(Value::to_string).collect();
        assert_eq!(numbers.join(" "), case.expect(), "{case}");
    }
}

fn mit(questions: &[Value]) -> Vec<Value> {
    ask("profile.py", questions)
}

fn ask(name: &str, questions: &[Value]) -> Vec<Value> {
    let input = serde_json::to_vec(&questions).expect("JSON");
    let answers = text(&succeed(&mut tool(name), &input));
    let answers: Vec<Value> = serde_json::from_str(&answers).expect("JSON");
    assert_eq!(answers.len(), questions.len());
    answers
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
