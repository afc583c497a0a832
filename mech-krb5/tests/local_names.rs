//! `auth_to_local` by the table that MIT krb5 is asked for too.

use mech_krb5::{LocalNames, MAX_NAME_LEN, NoLocalName, Principal};
use testvectors::load;

#[test]
fn principals_are_mapped_as_the_table_says() {
    let cases = load("krb5/auth-to-local.txt");
    assert!(cases.len() >= 60, "{}", cases.len());
    for case in cases {
        let mut local_names = LocalNames::new(case.text("default-realm"));
        if case.has("names") {
            for line in case.lines("names") {
                let (principal, name) = bare(line).split_once('|').unwrap();
                local_names.add_name(principal, name);
            }
        }
        if case.has("values") {
            case.lines("values")
                .into_iter()
                .for_each(|value| local_names.add_value(bare(value)));
        }
        let principal = Principal::parse(case.text("principal")).unwrap();
        let mapped = local_names.map(principal.borrow());
        let expected = match case.expect() {
            "mapped" => Ok(bare(case.text("local-name")).to_owned()),
            "none" => Err(NoLocalName::NoRule),
            "malformed" => Err(NoLocalName::MalformedValue),
            other => panic!("{case}: expect {other}"),
        };
        assert_eq!(mapped, expected, "{case}");
    }
}

/// The text between its bars.
fn bare(text: &str) -> &str {
    text.strip_prefix('|')
        .and_then(|text| text.strip_suffix('|'))
        .unwrap()
}

#[test]
fn the_anonymous_principal_has_no_local_name() {
    let mut local_names = LocalNames::new("WELLKNOWN:ANONYMOUS");
    local_names.add_value("RULE:[2:nobody-$0]");
    let anonymous = Principal::parse("WELLKNOWN/ANONYMOUS@WELLKNOWN:ANONYMOUS").unwrap();
    assert_eq!(local_names.map(anonymous.borrow()), Err(NoLocalName::Anonymous));
}

#[test]
fn nothing_grows_without_end() {
    let principal = |len: usize| Principal::parse(&format!("{}@A", "x".repeat(len))).unwrap();
    let mut local_names = LocalNames::new("A");
    assert_eq!(
        local_names
            .map(principal(MAX_NAME_LEN - 2).borrow())
            .unwrap()
            .len(),
        MAX_NAME_LEN - 2
    );
    assert_eq!(
        local_names.map(principal(MAX_NAME_LEN - 1).borrow()),
        Err(NoLocalName::TooLong)
    );
    // Each doubles it.
    local_names.add_value(&format!("RULE:[1:$1]{}", "s/x/xx/g".repeat(100)));
    assert_eq!(local_names.map(principal(1).borrow()), Err(NoLocalName::NoRule));
    local_names.add_value(&format!("RULE:[1:{}]", "$1".repeat(1024)));
    assert_eq!(local_names.map(principal(1).borrow()).unwrap().len(), 1024);
    assert_eq!(local_names.map(principal(2).borrow()), Err(NoLocalName::NoRule));
}
