//! krb5.conf files of any bytes: read as a second reader of MIT krb5's profile format reads them, with what it leaves out, and
//! asked for their settings.
//!
//! The input is up to three texts, divided by the byte 0x1e: two files, and what stands in the place of each `include`.

use crate::bounds::allocating_at_most;
use mech_krb5::Principal;
use mech_krb5::crypto::{EncryptionType, EncryptionTypes};
use mech_krb5::krb5_conf::{Profile, ProfileError, Value};
use std::collections::BTreeMap;

/// # Panics
/// If any of this does not hold.
pub fn check(input: &[u8]) {
    let texts: Vec<&[u8]> = input.splitn(3, |byte| *byte == 0x1e).collect();
    let files = &texts[..texts.len().min(2)];
    let included = texts.get(2).copied();
    // A section or relation takes at least four bytes, a node of a tree some hundreds; an included text counts each time.
    let limit = (1 << 16) + 512 * input.len() * (1 + included.map_or(0, |_| input.len() / 10));
    let read = allocating_at_most(limit, || read(files, included));
    let second: Option<Vec<Section>> = Second::files(files, included);
    match read {
        Ok(profile) => {
            let roots = second.unwrap_or_else(|| panic!("only we read {:?}", String::from_utf8_lossy(input)));
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            tell(&profile, &mut Vec::new(), &mut ours);
            second_tells(&roots, &mut Vec::new(), &mut theirs);
            assert_eq!(ours, theirs);
            ask(&profile);
        }
        Err(error) => {
            assert!(
                second.is_none(),
                "{error}: only we refuse {:?}",
                String::from_utf8_lossy(input)
            );
            let lines = input.iter().filter(|byte| **byte == b'\n').count() + 1;
            assert!(
                usize::try_from(error.place.line).is_ok_and(|line| (1..=lines).contains(&line)),
                "{error}"
            );
            assert!(!error.to_string().contains(char::is_control) && !error.kind.expected().is_empty());
        }
    }
}

fn read(files: &[&[u8]], included: Option<&[u8]>) -> Result<Profile, ProfileError> {
    let mut profile = Profile::default();
    for file in files {
        let mut text = profile.add_file("file", *file)?;
        while text.read_into(&mut profile)?.is_some() {
            let Some(included) = included else { continue };
            let mut inner = profile.add_included("included", included)?;
            // What this includes in turn is nothing.
            while inner.read_into(&mut profile)?.is_some() {}
        }
    }
    Ok(profile)
}

/// Whatever stands there, each setting has a value or an error that can be shown.
fn ask(profile: &Profile) {
    if let Err(error) = profile.clock_skew() {
        assert!(!error.to_string().contains(char::is_control));
    }
    match profile.local_names() {
        Ok(local_names) => {
            assert_eq!(local_names.is_some(), profile.default_realm().is_some());
            let alice = Principal::parse("alice/admin@EXAMPLE.COM").expect("a principal");
            drop(local_names.map(|local_names| local_names.map(alice.borrow())));
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control)),
    }
    ask_for_types(profile);
    drop(profile.transited_policy());
    for (name, _) in profile.relations(&["domain_realm"]) {
        // Names are found as they are written if they could be hosts at all.
        let plain = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'-');
        let host = name.strip_prefix('.').unwrap_or(name);
        if name.bytes().all(plain) && !name.ends_with('.') && !host.is_empty() {
            assert!(profile.realm_of_host(&format!("www.{host}")).is_some(), "{name}");
        }
    }
}

/// Nothing is taken that was not, whatever is permitted.
fn ask_for_types(profile: &Profile) {
    let every = EncryptionTypes::new().danger_with_rc4().with_camellia();
    match profile.permitted_enctypes() {
        Ok(Some(permitted)) => {
            let numbers: Vec<i32> = permitted.numbers().collect();
            assert!(!numbers.is_empty() && numbers.len() <= 8, "{numbers:?}");
            let taken = permitted.among(every);
            for etype in every.iter() {
                assert_eq!(
                    taken.contains(etype),
                    numbers.contains(&etype.number()),
                    "{etype}"
                );
            }
            assert!(
                permitted
                    .among(EncryptionTypes::new())
                    .iter()
                    .all(|etype| EncryptionType::ALL.contains(&etype))
            );
            assert!(
                permitted
                    .named_beyond(every)
                    .all(|number| every.find(number).is_none())
            );
            assert!(permitted.unknown().all(|word| !word.is_empty()));
        }
        Ok(None) => assert_eq!(profile.value(&["libdefaults", "permitted_enctypes"]), None),
        Err(error) => assert!(!error.to_string().contains(char::is_control)),
    }
}

fn tell<'p>(profile: &'p Profile, path: &mut Vec<&'p str>, told: &mut Vec<String>) {
    let names: BTreeMap<&str, ()> = profile.relations(path).map(|(name, _)| (name, ())).collect();
    for name in names.keys() {
        path.push(name);
        told.extend(
            profile
                .values(path)
                .map(Value::text)
                .map(|value| format!("{path:?} {value:?}")),
        );
        assert_eq!(profile.value(path), profile.values(path).next());
        path.pop();
    }
    let names: BTreeMap<&str, ()> = profile.subsections(path).map(|name| (name, ())).collect();
    for name in names.keys() {
        path.push(name);
        told.push(format!("{path:?}"));
        tell(profile, path, told);
        path.pop();
    }
}

/// The second reader's tree: lists, in the order of the file.
#[derive(Default)]
struct Section {
    name: String,
    is_final: bool,
    relations: Vec<(String, String)>,
    sections: Vec<Section>,
}

impl Section {
    fn child(&mut self, name: &str) -> &mut Section {
        let at = self.sections.iter().position(|section| section.name == name);
        let at = at.unwrap_or_else(|| {
            let name = name.to_owned();
            self.sections.push(Section {
                name,
                ..Section::default()
            });
            self.sections.len() - 1
        });
        &mut self.sections[at]
    }

    fn at(&mut self, path: &[String]) -> &mut Section {
        path.iter().fold(self, |section, name| section.child(name))
    }
}

/// In each file the section of this path, up to the first where something final stands on the way.
fn visible<'r>(roots: &'r [Section], path: &[String]) -> Vec<&'r Section> {
    let mut found = Vec::new();
    for root in roots {
        let (mut section, mut is_final) = (Some(root), false);
        for name in path {
            section =
                section.and_then(|section| section.sections.iter().find(|section| section.name == *name));
            is_final |= section.is_some_and(|section| section.is_final);
        }
        found.extend(section);
        if is_final {
            break;
        }
    }
    found
}

fn second_tells(roots: &[Section], path: &mut Vec<String>, told: &mut Vec<String>) {
    let sections = visible(roots, path);
    let mut relations: Vec<&(String, String)> =
        sections.iter().flat_map(|section| &section.relations).collect();
    relations.sort_by_key(|(name, _)| name); // stable
    for (name, value) in relations {
        path.push(name.clone());
        told.push(format!("{path:?} {value:?}"));
        path.pop();
    }
    let mut names: Vec<&String> = sections
        .iter()
        .flat_map(|section| &section.sections)
        .map(|section| &section.name)
        .collect();
    names.sort();
    names.dedup();
    for name in names {
        path.push(name.clone());
        told.push(format!("{path:?}"));
        second_tells(roots, path, told);
        path.pop();
    }
}

/// Reads one text; `None` as soon as anything is not as it should be.
struct Second<'r> {
    root: &'r mut Section,
    count: &'r mut usize,
    /// Section, then the subsections whose braces are open.
    path: Vec<String>,
    is_brace_due: bool,
}

impl Second<'_> {
    fn files(files: &[&[u8]], included: Option<&[u8]>) -> Option<Vec<Section>> {
        let mut count = 0;
        let mut roots = Vec::new();
        for file in files {
            let mut root = Section::default();
            Self::text(file, included, &mut root, &mut count)?;
            roots.push(root);
        }
        Some(roots)
    }

    fn text(text: &[u8], included: Option<&[u8]>, root: &mut Section, count: &mut usize) -> Option<()> {
        let mut reader = Second {
            root,
            count,
            path: Vec::new(),
            is_brace_due: false,
        };
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        for line in text.split(|byte| *byte == b'\n') {
            if line.len() > 2046 {
                return None;
            }
            if reader.line(line)? {
                let Some(included) = included else { continue };
                Self::text(included, None, reader.root, reader.count)?;
            }
        }
        (reader.path.len() <= 1 && !reader.is_brace_due).then_some(())
    }

    /// Whether something is to be included.
    fn line(&mut self, line: &[u8]) -> Option<bool> {
        let is_blank = |byte: &u8| *byte == b' ' || *byte == b'\t';
        let is_comment = |text: &[u8]| {
            let first = text.iter().find(|byte| !is_blank(byte));
            first.is_none_or(|byte| *byte == b'#' || *byte == b';')
        };
        let stripped = line
            .iter()
            .rposition(|byte| *byte != b'\r')
            .map_or(&line[..0], |last| &line[..=last]);
        let is_control = |c: char| c.is_control() && c != '\t';
        if is_comment(stripped) && !self.is_brace_due {
            return Some(false);
        }
        let text = std::str::from_utf8(stripped)
            .ok()
            .filter(|text| !text.contains(is_control))?;
        for word in ["include", "includedir"] {
            if let Some(path) = text
                .strip_prefix(word)
                .filter(|rest| rest.starts_with([' ', '\t']))
            {
                return (!path.trim_matches([' ', '\t']).is_empty()).then_some(true);
            }
        }
        if text == "include" || text == "includedir" || (self.path.is_empty() && !text.starts_with('[')) {
            return None;
        }
        let text = text.trim_matches([' ', '\t']);
        if std::mem::take(&mut self.is_brace_due) {
            let rest = text.strip_prefix('{')?;
            return is_comment(rest.as_bytes()).then_some(false);
        }
        if let Some(rest) = text.strip_prefix('[') {
            let (name, rest) = rest.split_once(']')?;
            (self.path.len() <= 1 && matches!(rest, "" | "*")).then_some(())?;
            self.path.clear();
            self.enter(name, rest == "*")?;
        } else if let Some(rest) = text.strip_prefix('}') {
            let (is_final, rest) = rest.strip_prefix('*').map_or((false, rest), |rest| (true, rest));
            (self.path.len() > 1 && is_comment(rest.as_bytes())).then_some(())?;
            self.root.at(&self.path).is_final |= is_final;
            self.path.pop();
        } else if text.starts_with('{') {
            return None;
        } else {
            self.relation(text)?;
        }
        Some(false)
    }

    fn relation(&mut self, text: &str) -> Option<()> {
        let (name, value) = text.split_once('=')?;
        let name = name.trim_end_matches([' ', '\t']);
        let value = value.trim_start_matches([' ', '\t']);
        let (name, is_final) = name.strip_suffix('*').map_or((name, false), |name| (name, true));
        if value.is_empty() || value == "{" {
            // Eight braces at most.
            (self.path.len() <= 8).then_some(())?;
            self.is_brace_due = value.is_empty();
            return self.enter(name, is_final);
        }
        let value = match value.as_bytes()[0] {
            b'{' => return None,
            b'"' => self::quoted(&value[1..])?,
            _ => value.to_owned(),
        };
        self.named(name)?;
        self.root.at(&self.path).relations.push((name.to_owned(), value));
        Some(())
    }

    fn enter(&mut self, name: &str, is_final: bool) -> Option<()> {
        self.named(name)?;
        self.path.push(name.to_owned());
        self.root.at(&self.path).is_final |= is_final;
        Some(())
    }

    fn named(&mut self, name: &str) -> Option<()> {
        *self.count += 1;
        (*self.count <= 65_536 && !name.is_empty() && !name.contains([' ', '\t', '*'])).then_some(())
    }
}

fn quoted(text: &str) -> Option<String> {
    let mut value = String::new();
    let mut rest = text.chars();
    loop {
        match rest.next()? {
            '"' => break,
            '\\' => value.push(match rest.next()? {
                'n' => '\n',
                't' => '\t',
                'b' => '\u{8}',
                other => other,
            }),
            other => value.push(other),
        }
    }
    let rest = rest.as_str().trim_start_matches([' ', '\t']);
    (rest.is_empty() || rest.starts_with(['#', ';'])).then_some(value)
}
