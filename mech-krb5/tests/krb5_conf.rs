//! Configuration files by the table that MIT krb5 is asked for too, and the limits.

use mech_krb5::crypto::{EncryptionType, EncryptionTypes};
use mech_krb5::krb5_conf::{BadValue, PermittedEnctypes, ProfileError, Value};
use mech_krb5::krb5_conf::{MAX_DEPTH, MAX_ENTRIES, MAX_LEN, MAX_LINE_LEN, Profile, ProfileErrorKind};
use testvectors::{Case, load};

#[test]
fn files_are_read_as_the_table_says() {
    let cases = load("krb5/profile.txt");
    assert!(cases.len() >= 60, "{}", cases.len());
    for case in cases {
        let parsed = read(&case);
        match (case.expect(), parsed) {
            ("read", Ok(profile)) => {
                let expected: Vec<String> = case.lines("tree").into_iter().map(bare).map(shown).collect();
                assert_eq!(tree(&profile), expected, "{case}");
            }
            (code, Err(error)) => {
                let line = case.number("line");
                assert_eq!(
                    (kebab(error.kind).as_str(), error.place.line),
                    (code, line),
                    "{case}"
                );
                assert_eq!(error.to_string(), format!("first:{line}: {}", error.kind));
                assert_ne!(error.kind.expected(), "");
            }
            (code, parsed) => panic!("{case}: expect {code}: {parsed:?}"),
        }
    }
}

fn read(case: &Case) -> Result<Profile, ProfileError> {
    let mut profile = Profile::default();
    for name in ["file", "second"].into_iter().filter(|name| case.has(name)) {
        let lines = case
            .lines(name)
            .into_iter()
            .map(|line| unshown(bare(line)) + "\n");
        let label = if name == "file" { "first" } else { name };
        let mut text = profile.add_file(label, lines.collect::<String>())?;
        assert_eq!(text.read_into(&mut profile)?, None, "{case}");
    }
    Ok(profile)
}

/// A line for each section and each value, below the sections that hold it.
fn tree(profile: &Profile) -> Vec<String> {
    let mut lines = Vec::new();
    let mut path = Vec::new();
    push_section(profile, &mut path, &mut lines);
    lines
}

fn push_section<'p>(profile: &'p Profile, path: &mut Vec<&'p str>, lines: &mut Vec<String>) {
    let mut names: Vec<&str> = profile.relations(path).map(|(name, _)| name).collect();
    names.dedup();
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        path.push(name);
        let values = profile.values(path).map(Value::text);
        lines.extend(values.map(|value| shown(&format!("{} = {value}", path.join(" > ")))));
        path.pop();
    }
    let mut sections: Vec<&str> = profile.subsections(path).collect();
    sections.sort_unstable();
    sections.dedup();
    for name in sections {
        path.push(name);
        lines.push(shown(&format!("{}:", path.join(" > "))));
        push_section(profile, path, lines);
        path.pop();
    }
}

/// The text between its bars.
fn bare(text: &str) -> &str {
    text.strip_prefix('|')
        .and_then(|text| text.strip_suffix('|'))
        .unwrap()
}

/// Control characters as their pictures, and back.
fn shown(text: &str) -> String {
    let picture = |c: char| match u32::from(c) {
        code @ 0..0x20 => char::from_u32(0x2400 + code).unwrap(),
        _ => c,
    };
    text.chars().map(picture).collect()
}

fn unshown(text: &str) -> String {
    let control = |c: char| match u32::from(c) {
        code @ 0x2400..0x2420 => char::from_u32(code - 0x2400).unwrap(),
        _ => c,
    };
    text.chars().map(control).collect()
}

/// `BraceMissing` as `brace-missing`.
fn kebab(kind: ProfileErrorKind) -> String {
    let mut name = String::new();
    for character in format!("{kind:?}").chars() {
        if character.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(character.to_lowercase());
    }
    name
}

fn refused(text: impl Into<Vec<u8>>) -> (ProfileErrorKind, u32) {
    let error = Profile::parse("krb5.conf", text).unwrap_err();
    (error.kind, error.place.line)
}

#[test]
fn limits_are_where_they_are_said_to_be() {
    let line = |len: usize| format!("[a]\nx = {}", "y".repeat(len - 4));
    assert!(Profile::parse("", line(MAX_LINE_LEN)).is_ok());
    assert_eq!(
        refused(line(MAX_LINE_LEN + 1)),
        (ProfileErrorKind::LineTooLong, 2)
    );
    let comment = format!("{}\n", "#".repeat(MAX_LINE_LEN + 1));
    assert_eq!(refused(comment), (ProfileErrorKind::LineTooLong, 1));

    let nested = |depth: usize| format!("[a]\n{}{}", "x = {\n".repeat(depth), "}\n".repeat(depth));
    assert!(Profile::parse("", nested(MAX_DEPTH)).is_ok());
    let line = u32::try_from(MAX_DEPTH).unwrap() + 2;
    assert_eq!(refused(nested(MAX_DEPTH + 1)), (ProfileErrorKind::TooDeep, line));

    let entries = |count: usize| "[a]\n".to_owned() + &"x = 1\n".repeat(count - 1);
    assert!(Profile::parse("", entries(MAX_ENTRIES)).is_ok());
    assert_eq!(
        refused(entries(MAX_ENTRIES + 1)).0,
        ProfileErrorKind::TooManyEntries
    );
    assert_eq!(
        refused("[a]\n".repeat(MAX_ENTRIES + 1)).0,
        ProfileErrorKind::TooManyEntries
    );

    let blank = "\n".repeat(MAX_LEN);
    assert!(Profile::parse("", blank.clone()).is_ok());
    assert_eq!(refused(blank.clone() + "\n").0, ProfileErrorKind::TooLong);
    let mut profile = Profile::parse("", blank).unwrap();
    assert_eq!(
        profile.add_included("", "\n").unwrap_err().kind,
        ProfileErrorKind::TooLong
    );
}

#[test]
fn only_comments_may_be_of_another_character_set() {
    assert!(Profile::parse("", *b"# Gru\xdf\n[a]\n ;\xfc\n").is_ok());
    assert_eq!(refused(*b"[a]\nx = \xdf\n"), (ProfileErrorKind::NotUtf8, 2));
}

#[test]
fn a_text_alone_includes_nothing() {
    assert_eq!(
        refused("[a]\ninclude /etc/krb5.conf\n"),
        (ProfileErrorKind::IncludeNotRead, 2)
    );
}

#[test]
fn what_is_included_begins_anew_and_what_includes_it_goes_on() {
    let mut profile = Profile::default();
    let mut outer = profile
        .add_file(
            "outer",
            "[a]\ns = {\nx = 1\ninclude  /b \ny = 3\n}\nincludedir\t/c\nz =\nincludedir /d\n{\n}\n",
        )
        .unwrap();
    let include = outer.read_into(&mut profile).unwrap();
    assert_eq!(include, Some(mech_krb5::krb5_conf::Include::File("/b ".into())));
    let mut inner = profile
        .add_included("inner", "# c\n[a]\ns = {\nx = 2\n}\n")
        .unwrap();
    assert_eq!(inner.read_into(&mut profile), Ok(None));
    let directory = |path: &str| Some(mech_krb5::krb5_conf::Include::Directory(path.into()));
    assert_eq!(outer.read_into(&mut profile), Ok(directory("/c")));
    assert_eq!(outer.read_into(&mut profile), Ok(directory("/d")));
    assert_eq!(outer.read_into(&mut profile), Ok(None));
    assert_eq!(
        tree(&profile),
        [
            "a:",
            "a > s:",
            "a > s > x = 1",
            "a > s > x = 2",
            "a > s > y = 3",
            "a > z:"
        ]
    );
    let second = profile.values(&["a", "s", "x"]).nth(1).unwrap();
    assert_eq!(second.place().to_string(), "inner:4");
}

#[test]
fn settings_have_mits_meaning() {
    let profile = Profile::parse(
        "krb5.conf",
        "[libdefaults]\ndefault_realm = EXAMPLE.COM\nclockskew = 120\n\
         [realms]\nEXAMPLE.COM = {\nauth_to_local = RULE:[2:$1](root)s/root/toor/\nauth_to_local = DEFAULT\n\
         auth_to_local_names = {\nbob = first\nbob = robert\n}\n}\n\
         OTHER.COM = {\nauth_to_local_names = {\ncarol = caroline\n}\n}\n",
    )
    .unwrap();
    assert_eq!(profile.default_realm(), Some("EXAMPLE.COM"));
    assert_eq!(profile.clock_skew(), Ok(Some(negotiate_core::Seconds(120))));
    let local_names = profile.local_names().unwrap().unwrap();
    for (principal, local_name) in [
        ("alice@EXAMPLE.COM", Some("alice")),
        ("bob@EXAMPLE.COM", Some("robert")),
        ("carol@EXAMPLE.COM", Some("carol")),
        ("root/admin@EXAMPLE.COM", Some("toor")),
        ("alice/admin@EXAMPLE.COM", None),
        ("carol@OTHER.COM", None),
    ] {
        let principal = mech_krb5::Principal::parse(principal).unwrap();
        assert_eq!(
            local_names.map(principal.borrow()).ok().as_deref(),
            local_name,
            "{principal}"
        );
    }
}

#[test]
fn settings_that_are_absent_have_no_value() {
    let profile = Profile::default();
    assert_eq!(profile.default_realm(), None);
    assert_eq!(profile.clock_skew(), Ok(None));
    assert!(profile.local_names().unwrap().is_none());
    assert_eq!(profile.permitted_enctypes(), Ok(None));
    assert_eq!(profile.realm_of_host("www.example.com"), None);
}

#[test]
fn a_value_that_cannot_be_used_is_named_with_its_line() {
    for skew in ["", "-1", "5m", "4294967296", "2147483648"] {
        let text = format!("[libdefaults]\n\nclockskew = \"{skew}\"\n");
        let error = Profile::parse("krb5.conf", text)
            .unwrap()
            .clock_skew()
            .unwrap_err();
        let said = format!("krb5.conf:3: clockskew: \"{skew}\" cannot be used");
        assert_eq!(error.to_string(), said);
    }
    for value in [
        "default",
        "RULE",
        "RULE:[1:$1",
        "RULE:[x:$1]",
        "RULE:[1:$2]",
        "RULE:[1:$1](a",
        "RULE:[1:$1](*)",
        "RULE:[1:$1](a)x",
        "RULE:s/a/b",
        "RULE:s/*/b/",
    ] {
        let text = format!(
            "[libdefaults]\ndefault_realm = A\n[realms]\nA = {{\nauth_to_local = DEFAULT\nauth_to_local = {value}\n}}\n"
        );
        let error = Profile::parse("krb5.conf", text)
            .unwrap()
            .local_names()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("krb5.conf:6: auth_to_local: {value:?} cannot be used")
        );
    }
}

fn permitted_enctypes(value: &str) -> Result<PermittedEnctypes, BadValue> {
    let value = unshown(value);
    let profile = Profile::parse(
        "krb5.conf",
        format!("[libdefaults]\npermitted_enctypes = {value}\n"),
    );
    Ok(profile.unwrap().permitted_enctypes()?.expect("a value"))
}

#[test]
fn types_are_permitted_as_the_table_says() {
    let taken = EncryptionTypes::new();
    let cases = load("krb5/permitted-enctypes.txt");
    assert!(cases.len() >= 30, "{}", cases.len());
    for case in cases {
        let value = case.text("value");
        let permitted = match permitted_enctypes(value) {
            Ok(permitted) => permitted,
            Err(error) => {
                assert_eq!(case.expect(), "none", "{case}: {error}");
                assert!(
                    error.to_string().starts_with("krb5.conf:2: permitted_enctypes: "),
                    "{error}"
                );
                continue;
            }
        };
        let texts = |numbers: Vec<i32>| numbers.iter().map(i32::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(texts(permitted.numbers().collect()), case.expect(), "{case}");
        let told = |key| if case.has(key) { case.text(key) } else { "" };
        let named = permitted.named_beyond(taken).collect();
        assert_eq!(texts(named), told("named"), "{case}");
        assert_eq!(
            permitted.unknown().collect::<Vec<_>>().join(" "),
            told("unknown"),
            "{case}"
        );
        // Nothing comes in by it, and the order stays.
        let ours: Vec<i32> = permitted
            .numbers()
            .filter(|number| (17..=20).contains(number))
            .collect();
        let preferred: Vec<i32> = permitted
            .preferred_among(taken)
            .map(EncryptionType::number)
            .collect();
        assert_eq!(preferred, ours, "{case}");
        let mut among: Vec<i32> = permitted
            .among(taken)
            .iter()
            .map(EncryptionType::number)
            .collect();
        among.sort_by_key(|number| ours.iter().position(|ours| ours == number));
        assert_eq!(among, ours, "{case}");
    }
}

/// RC4 is taken where it is named and permitted, and preferred nowhere.
#[test]
fn permitted_rc4_is_nobodys_preference() {
    let types = EncryptionTypes::new().danger_with_rc4();
    let permitted = permitted_enctypes("rc4 aes256-cts").unwrap();
    let among = permitted.among(types);
    assert!(among.contains(EncryptionType::Rc4Hmac) && among.iter().count() == 2);
    assert!(permitted.named_beyond(types).next().is_none());
    assert!(
        permitted
            .preferred_among(types)
            .eq([EncryptionType::Aes256CtsHmacSha1_96])
    );
    assert!(
        !permitted_enctypes("DEFAULT -rc4")
            .unwrap()
            .among(types)
            .contains(EncryptionType::Rc4Hmac)
    );
}

/// The work is counted in allocations. Were each value looked at once for each of its relation, it would be a million of them.
#[test]
fn a_path_of_many_realms_is_read_once() {
    const REALMS: u64 = 1000;
    let realms: String = (0..REALMS).map(|realm| format!("B.TEST = R{realm}\n")).collect();
    let file = format!("[capaths]\nA.TEST = {{\n{realms}}}\n");
    let profile = Profile::parse("krb5.conf", file).unwrap();
    let done = allocation_counter::measure(|| drop(profile.transited_policy()));
    assert!(
        (REALMS..3 * REALMS).contains(&done.count_total),
        "{}",
        done.count_total
    );
}
