//! `negotiate decode` says of captured tokens what pyspnego's parser says, and of captured files what MIT's klist lists.

use interop::kdc::Tickets;
use interop::peers::{built, keytab, output, python_module, succeed, text};
use serde_json::Value;
use std::process::Command;
use testvectors::{captures, ccache_captures, keytab_captures, ntlm_captures};

/// The tree of a token or file.
fn decoded(arguments: &[&str], input: &[u8]) -> Value {
    let printed = succeed(
        built("negotiate").args(["decode", "--json"]).args(arguments),
        input,
    );
    let json: Value = serde_json::from_slice(&printed).expect("JSON");
    assert_eq!(json["inputs"][0]["faults"], 0, "{json}");
    json["inputs"][0]["tree"].clone()
}

/// What pyspnego makes of a token.
fn parsed(token: &[u8]) -> Value {
    let hex: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
    let printed = succeed(python_module("spnego").args(["--token", &hex]), b"");
    serde_json::from_slice(&printed).expect("JSON")
}

/// The node of this name at or below a node, the nearest first.
fn named<'v>(node: &'v Value, name: &str) -> Option<&'v Value> {
    let children = |node: &'v Value| node["children"].as_array().into_iter().flatten();
    let mut level: Vec<&Value> = vec![node];
    while !level.is_empty() {
        if let Some(found) = level.iter().find(|node| node["name"] == name) {
            return Some(found);
        }
        level = level.into_iter().flat_map(children).collect();
    }
    None
}

/// Compares what pyspnego says with the parts of a node, and counts the values that were compared.
fn compare(theirs: &Value, ours: &Value, place: &str) -> usize {
    let members = theirs.as_object().expect("an object").iter();
    let compared = members.map(|(name, theirs)| match (name.as_str(), theirs) {
        // Bytes and types of what is compared field by field, and what it computes.
        ("RawData" | "MessageType" | "ResponseType" | "SessionKey" | "Reserved4", _) => 0,
        // What is not shown, and reserved numbers that we show as bytes.
        ("LMProofStr" | "NTProofStr" | "EncryptedRandomSessionKey" | "LmChallengeResponse", _) => 0,
        ("cipher" | "Reserved", _) => 0,
        // Of these it takes the bits from the other end than RFC 4178 section 4.2.1 numbers them from.
        ("reqFlags", Value::Object(_)) => 0,
        // Layers that are none here.
        ("Data" | "Payload" | "ClientChallenge" | "innerContextToken", Value::Object(_)) => {
            compare(theirs, ours, place)
        }
        (_, Value::Null) => {
            let ours = named(ours, name).filter(|node| node["offset"] != node["length"]);
            assert!(ours.is_none(), "{place}/{name}: null, and {ours:?}");
            0
        }
        ("AvPairs" | "TargetInfo", Value::Array(pairs)) => av_pairs(pairs, ours, place),
        (_, theirs) => {
            let place = format!("{place}/{name}");
            let ours = named(ours, translated(name)).unwrap_or_else(|| panic!("{place} is not in {ours}"));
            value(theirs, ours, &place)
        }
    });
    compared.sum()
}

/// pyspnego's names of a few fields.
fn translated(name: &str) -> &str {
    match name {
        "Major" => "ProductMajorVersion",
        "Minor" => "ProductMinorVersion",
        "Build" => "ProductBuild",
        "NTLMRevision" => "NTLMRevisionCurrent",
        "MachineId" => "MachineID",
        name => name,
    }
}

fn value(theirs: &Value, ours: &Value, place: &str) -> usize {
    match theirs {
        Value::Object(flags) if flags.contains_key("raw") => {
            let names = flags["flags"].as_array().expect("flags").iter().map(flag_name);
            let mut theirs: Vec<String> = names.collect();
            let listed = ours["value"]
                .as_array()
                .unwrap_or_else(|| panic!("{place}: {ours}"));
            let mut ours: Vec<String> = listed
                .iter()
                .map(|flag| flag.as_str().expect("a name").to_owned())
                .collect();
            theirs.sort();
            ours.sort();
            assert_eq!(theirs, ours, "{place}");
            1
        }
        Value::Object(_) => compare(theirs, ours, place),
        Value::Array(items) => {
            let ours = ours["children"]
                .as_array()
                .unwrap_or_else(|| panic!("{place}: {ours}"));
            assert_eq!(items.len(), ours.len(), "{place}");
            items
                .iter()
                .zip(ours)
                .map(|(theirs, ours)| value(theirs, ours, place))
                .sum()
        }
        Value::Number(_) => {
            assert_eq!(theirs, &ours["value"], "{place}");
            1
        }
        Value::String(theirs) => {
            assert!(is_same_text(theirs, ours), "{place}: {theirs}, and {ours}");
            1
        }
        other => panic!("{place}: {other}"),
    }
}

/// `NAME (7)` is a number, bytes are in capitals, and an identifier stands behind its name.
fn is_same_text(theirs: &str, ours: &Value) -> bool {
    let in_brackets = theirs
        .rsplit_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'));
    match (ours["type"].as_str(), in_brackets) {
        (Some("integer"), Some(number)) => ours["value"].as_i64() == number.parse().ok(),
        (Some("text"), Some(oid)) if ours["value"] == oid => true,
        (Some("bytes"), _) => ours["value"].as_str() == Some(&theirs.to_lowercase()),
        _ => ours["value"] == theirs,
    }
}

/// `NTLMSSP_NEGOTIATE_KEY_EXCH (1073741824)` is our `key-exch`.
fn flag_name(flag: &Value) -> String {
    let name = flag
        .as_str()
        .and_then(|flag| flag.split(' ').next())
        .expect("a name");
    let name = name.strip_prefix("NTLMSSP_").unwrap_or(name);
    let name = name.strip_prefix("NEGOTIATE_").unwrap_or(name);
    match name.to_lowercase().replace('_', "-") {
        misspelt if misspelt == "anoynmous" => "anonymous".into(),
        name => name,
    }
}

fn av_pairs(theirs: &[Value], ours: &Value, place: &str) -> usize {
    let list = ["AvPairs", "TargetInfo"]
        .into_iter()
        .find_map(|name| named(ours, name));
    let list = list.unwrap_or_else(|| panic!("{place}: no AV pairs in {ours}"));
    let pairs = list["children"].as_array().expect("pairs").iter();
    let pairs: Vec<&Value> = pairs.filter(|pair| named(pair, "AvId").is_some()).collect();
    assert_eq!(theirs.len(), pairs.len(), "{place}");
    let compared = theirs.iter().zip(pairs).map(|(theirs, ours)| {
        let place = format!("{place}/{}", theirs["AvId"]);
        let ours_value = named(ours, "Value");
        value(&theirs["AvId"], named(ours, "AvId").expect("checked"), &place);
        match (&theirs["Value"], ours_value) {
            (Value::Null, None) => 0,
            (theirs, Some(ours)) => value(theirs, ours, &place),
            (theirs, None) => panic!("{place}: {theirs}"),
        }
    });
    compared.sum()
}

#[test]
fn ntlm_messages_read_as_pyspnego_reads_them() {
    let mut compared = 0;
    for capture in ntlm_captures() {
        for token in capture.tokens() {
            compared += compare(&parsed(&token), &decoded(&[], &token), capture.name());
        }
    }
    assert!(compared > 700, "{compared}");
}

#[test]
fn spnego_and_kerberos_tokens_read_as_pyspnego_reads_them() {
    let mut compared = 0;
    for name in [
        "clients/chromium-https",
        "clients/curl-http",
        "clients/java-jgss-krb5-deleg",
        "clients/java-jgss-spnego-mutual",
        "heimdal/etype18-spnego-mutual",
        "mit/etype17-krb5-mutual",
        "mit/etype20-spnego-mutual",
        "samba/ldapsearch-gss-spnego",
        "samba/pac-administrator",
    ] {
        let capture = captures()
            .into_iter()
            .find(|capture| capture.name() == name)
            .expect(name);
        for token in [Some(capture.initiator_token()), capture.acceptor_token()]
            .into_iter()
            .flatten()
        {
            compared += compare(&parsed(&token), &decoded(&[], &token), name);
        }
    }
    assert!(compared > 100, "{compared}");
}

/// `11/22/26 05:57:27`, as klist shows times without a locale.
fn klist_time(node: &Value) -> String {
    let rfc3339 = node["value"].as_str().unwrap_or_else(|| panic!("{node}"));
    let (date, time) = rfc3339.split_at(10);
    let [year, month, day] = *date.split('-').collect::<Vec<_>>().as_array().expect("a date");
    format!("{month}/{day}/{} {}", &year[2..], &time[1..9])
}

fn in_utc(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("TZ", "UTC").env("LC_ALL", "C");
    command
}

#[test]
fn keytabs_read_as_klist_lists_them() {
    let captured = keytab_captures().into_iter().map(|capture| capture.path());
    for path in captured.chain([keytab("www"), keytab("big")]) {
        let path = path.to_str().expect("UTF-8");
        let listed = text(&succeed(in_utc("klist").args(["-k", "-t", path]), b""));
        let lines = listed.lines().skip_while(|line| !line.starts_with("---")).skip(1);
        let theirs: Vec<String> = lines
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        let tree = decoded(&[path], b"");
        let entries = tree["children"]
            .as_array()
            .expect("parts")
            .iter()
            .filter(|node| node["name"] == "entry");
        let ours: Vec<String> = entries
            .map(|entry| {
                let field = |name| {
                    entry["children"]
                        .as_array()?
                        .iter()
                        .find(|field| field["name"] == name)
                };
                let kvno = field("vno").or(field("vno8")).expect("a version");
                let time = klist_time(field("timestamp").expect("a time"));
                format!(
                    "{} {time} {}",
                    kvno["value"],
                    entry["value"].as_str().expect("a name")
                )
            })
            .collect();
        assert_eq!(ours, theirs, "{path}");
    }
}

#[test]
fn credential_caches_read_as_klist_lists_them() {
    let captured = ccache_captures()
        .into_iter()
        .map(|capture| capture.path().display().to_string());
    let alice = Tickets::of_alice();
    for path in captured.chain([alice.path().display().to_string()]) {
        let listed = output(in_utc("klist").args(["-c", "-C", &format!("FILE:{path}")]), b"");
        let listed = text(&listed.stdout);
        let tree = decoded(&[&path], b"");
        let principal = named(&tree, "default_principal").expect("a principal");
        let owner = listed
            .lines()
            .find_map(|line| line.strip_prefix("Default principal: "));
        assert_eq!(principal["value"].as_str(), owner, "{path}");
        let theirs: Vec<&str> = listed
            .lines()
            .skip_while(|line| !line.starts_with("Valid starting"))
            .skip(1)
            .filter(|line| !line.is_empty() && !line.starts_with(['\t', ' ']))
            .collect();
        let credentials = tree["children"].as_array().expect("parts").iter();
        let ours: Vec<String> = credentials
            .filter(|node| node["name"] == "credential")
            .map(klist_line)
            .collect();
        assert_eq!(ours, theirs, "{path}");
    }
}

fn klist_line(credential: &Value) -> String {
    let field = |name| named(credential, name).expect(name);
    let server = credential["value"].as_str().expect("a name");
    if let Some(setting) = server.strip_suffix("@X-CACHECONF:") {
        let setting = setting.strip_prefix("krb5_ccache_conf_data/").expect("a setting");
        let (name, about) = setting
            .split_once('/')
            .map_or((setting, String::new()), |(name, about)| {
                (name, format!("({about})"))
            });
        return format!(
            "config: {name}{about} = {}",
            field("ticket")["value"].as_str().expect("a text")
        );
    }
    let start = match &field("starttime")["type"] {
        time if time == "time" => field("starttime"),
        _ => field("authtime"),
    };
    format!(
        "{}  {}  {server}",
        klist_time(start),
        klist_time(field("endtime"))
    )
}

/// A request and its answer as a real client and acceptor make them today, opened with the keytab.
#[test]
fn a_fresh_login_is_opened() {
    let token = interop::token::initiate(&Tickets::of_alice(), &["--mech", "spnego", "--mutual"]);
    let www = keytab("www");
    let tree = decoded(&["--keytab", www.to_str().expect("UTF-8")], &token);
    let shown = tree.to_string();
    assert!(
        shown.contains("\"EncTicketPart\"") && shown.contains("\"Authenticator\""),
        "{shown}"
    );
}
