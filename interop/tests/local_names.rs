//! The table of `auth_to_local` in testvectors, asked of MIT krb5: it answers as the table says, or as its `mit` says.

use interop::client::{curl_negotiate, url};
use interop::kdc::{Tickets, kadmin};
use interop::peers::{Daemon, built, free_address, keytab, scratch, state, succeed, text, tool};
use interop::server::backend;
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

/// Users of several realms log in to the gateway, which tells the application the local name that MIT gives them by the same
/// krb5.conf: file, include and all.
#[test]
fn the_gateway_tells_the_local_names_that_mit_gives() {
    let (krb5_conf, rules, toml) = (scratch("krb5.conf"), scratch("rules.conf"), scratch("toml"));
    std::fs::write(
        &krb5_conf,
        format!(
            "include {}\ninclude {}\n",
            state("krb5.conf").display(),
            rules.display()
        ),
    )
    .expect("written");
    let text = "[realms]\n MIT.TEST = {\n  auth_to_local_names = {\n   bob = robert\n  }\n\
                auth_to_local = RULE:[2:$1;$2](.*;admin)s/;.*//\n\
                auth_to_local = \"RULE:[1:$1@$0](^c.*@OTHER\\\\.TEST$)s/@.*//s/^/other-/\"\n\
                auth_to_local = DEFAULT\n }\n";
    std::fs::write(&rules, text).expect("written");
    let (backend, address) = (backend(), free_address());
    std::fs::write(
        &toml,
        format!(
            "listen = \"{address}\"\nkeytab = {:?}\n[acceptor]\nkrb5_conf = {krb5_conf:?}\n\
             [identity_headers]\nlocal_name = \"X-Local-Name\"\n[reverse_proxy]\nupstream = \"http://{}\"\n",
            keytab("www"),
            backend.address
        ),
    )
    .expect("written");
    let gateway = Daemon::start(built("negotiate").args(["serve", "--config"]).arg(toml), address);

    kadmin("addprinc -pw Admin-pw1 ruth/admin\naddprinc -pw Admin-pw1 ruth/other");
    let users = [
        (Tickets::of_alice(), "alice@MIT.TEST"),
        (Tickets::kinit("Bob-pw1", &["bob@MIT.TEST"]), "bob@MIT.TEST"),
        (Tickets::of_carol(), "carol@OTHER.TEST"),
        (
            Tickets::kinit("Admin-pw1", &["ruth/admin@MIT.TEST"]),
            "ruth/admin@MIT.TEST",
        ),
        (
            Tickets::kinit("Admin-pw1", &["ruth/other@MIT.TEST"]),
            "ruth/other@MIT.TEST",
        ),
    ];
    let config = std::fs::read_to_string(&krb5_conf).expect("written");
    let questions: Vec<Value> = users
        .iter()
        .map(|(_, user)| json!({ "config": config, "principal": user }))
        .collect();
    let questions = serde_json::to_vec(&questions).expect("JSON");
    let answers: Vec<Value> =
        serde_json::from_slice(&succeed(&mut tool("local_names.py"), &questions)).expect("JSON");
    let names: Vec<Option<&str>> = answers.iter().map(Value::as_str).collect();
    let expected = [
        Some("alice"),
        Some("robert"),
        Some("other-carol"),
        Some("ruth"),
        None,
    ];
    assert_eq!(names, expected, "{answers:?}");
    for ((tickets, user), name) in users.iter().zip(names) {
        let got = curl_negotiate(
            tickets,
            &url("www.mit.test", gateway.address),
            &["--header", "X-Local-Name: root"],
        );
        assert_eq!(got.forwarded("x-remote-user").as_deref(), Some(*user), "{got:?}");
        assert_eq!(got.forwarded("x-local-name").as_deref(), name, "{got:?}");
    }
}
