//! Keytab files: those that MIT, Heimdal and Samba wrote, the format's corners, damage, and our own writer.

use mech_krb5::keytab::{BadEntry, Keytab, KeytabEntry, KeytabError, KeytabErrorKind, MAX_FILE_LEN};
use mech_krb5::{MAX_COMPONENTS, NameType, Principal};
use negotiate_core::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use testvectors::keytab_captures;

/// How a record is put together; the defaults are what MIT writes in version 2.
struct Record {
    little_endian: bool,
    /// The count as it is written.
    count: u16,
    parts: Vec<Vec<u8>>,
    name_type: Option<i32>,
    short_kvno: u8,
    etype: u16,
    key: Vec<u8>,
    rest: Vec<u8>,
}

impl Record {
    fn new() -> Self {
        Self {
            little_endian: false,
            count: 2,
            parts: vec![b"R".to_vec(), b"HTTP".to_vec(), b"www".to_vec()],
            name_type: Some(1),
            short_kvno: 7,
            etype: 17,
            key: vec![0x41; 16],
            rest: Vec::new(),
        }
    }

    fn u16(&self, value: u16) -> [u8; 2] {
        if self.little_endian {
            value.to_le_bytes()
        } else {
            value.to_be_bytes()
        }
    }

    fn u32(&self, value: u32) -> [u8; 4] {
        if self.little_endian {
            value.to_le_bytes()
        } else {
            value.to_be_bytes()
        }
    }

    fn data(&self, data: &[u8]) -> Vec<u8> {
        [&self.u16(data.len() as u16)[..], data].concat()
    }

    /// The record without its length.
    fn body(&self) -> Vec<u8> {
        let mut out = self.u16(self.count).to_vec();
        for part in &self.parts {
            out.extend(self.data(part));
        }
        if let Some(name_type) = self.name_type {
            out.extend(self.u32(name_type.cast_unsigned()));
        }
        out.extend(self.u32(1_795_327_048));
        out.push(self.short_kvno);
        out.extend(self.u16(self.etype));
        out.extend(self.data(&self.key));
        out.extend(&self.rest);
        out
    }

    fn with_length(&self) -> Vec<u8> {
        let body = self.body();
        [&self.u32(body.len() as u32)[..], &body].concat()
    }
}

fn file(version: u8, records: &[&[u8]]) -> Vec<u8> {
    [&[5, version][..], &records.concat()].concat()
}

fn kvnos(file: &[u8]) -> Vec<u32> {
    let keytab = Keytab::parse(file).unwrap();
    keytab.entries().iter().map(KeytabEntry::kvno).collect()
}

fn error(file: &[u8]) -> KeytabError {
    Keytab::parse(file).expect_err("a bad keytab")
}

/// An entry as vectors write it: `kvno etype key time name-type principal`.
fn line(entry: &KeytabEntry, version: u8) -> String {
    let key: String = entry
        .key()
        .expose()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let name_type = match version {
        1 => "-".to_owned(),
        _ => entry.principal().name().name_type().0.to_string(),
    };
    let (time, principal) = (entry.timestamp().unix(), entry.principal().to_text().unwrap());
    format!(
        "{} {} {key} {time} {name_type} {principal}",
        entry.kvno(),
        entry.etype()
    )
}

// MIT: doc/formats/keytab_file_format.
#[test]
fn hand_made_files_are_read_or_refused_as_the_vectors_say() {
    for case in testvectors::load("krb5/keytab.txt") {
        let bytes = case.bytes("file");
        match Keytab::parse(&bytes) {
            Ok(keytab) => {
                assert_eq!(case.text("expect"), "accepted", "{case}");
                let lines: Vec<_> = keytab
                    .entries()
                    .iter()
                    .map(|entry| line(entry, bytes[1]))
                    .collect();
                assert_eq!(lines, case.lines("entries"), "{case}");
            }
            Err(error) => {
                let kind = format!("{:?}", error.kind);
                let kind = kind.split(|c: char| !c.is_alphanumeric()).next();
                assert_eq!(kind, Some(case.text("expect")), "{case}: {error}");
            }
        }
    }
}

#[test]
fn captured_keytabs_have_the_entries_that_their_writers_list() {
    for capture in keytab_captures() {
        let keytab = Keytab::parse(&capture.keytab()).unwrap();
        let expected = capture.entries();
        assert_eq!(keytab.entries().len(), expected.len(), "{}", capture.name());
        for (entry, expected) in keytab.entries().iter().zip(expected) {
            assert_eq!(
                entry.principal().to_text().as_deref(),
                Ok(&*expected.principal),
                "{}",
                capture.name()
            );
            assert_eq!(entry.timestamp().unix(), i64::from(expected.timestamp));
            assert_eq!((entry.kvno(), entry.etype()), (expected.kvno, expected.etype));
            assert_eq!(
                entry.principal().name().name_type().0,
                expected.name_type.unwrap_or(0)
            );
            assert_eq!(entry.key().expose(), &expected.key);
        }
    }
}

#[test]
fn version_2_is_written_as_mit_writes_it() {
    let mut compared = 0;
    for capture in keytab_captures() {
        if capture.version() == 2 && capture.name().starts_with("mit/") {
            let bytes = capture.keytab();
            let written = Keytab::parse(&bytes).unwrap().to_file();
            assert!(written.ct_eq(&bytes), "{}", capture.name());
            compared += 1;
        }
    }
    assert!(compared >= 2);
}

#[test]
fn a_cut_file_is_refused_unless_the_cut_is_between_records() {
    for capture in keytab_captures() {
        let bytes = capture.keytab();
        let whole = Keytab::parse(&bytes).unwrap().entries().len();
        // In version 1 a record is whole with and without the four bytes that MIT counts too many.
        let cuts_per_record = if capture.version() == 1 { 2 } else { 1 };
        let mut readable = 0;
        for len in 0..bytes.len() {
            match Keytab::parse(&bytes[..len]) {
                Ok(keytab) => {
                    let entries = readable / cuts_per_record + 1;
                    assert_eq!(keytab.entries().len(), entries, "{} {len}", capture.name());
                    readable += 1;
                }
                Err(error) => assert!(error.offset <= len, "{} {len}: {error}", capture.name()),
            }
        }
        assert_eq!(readable, (whole - 1) * cuts_per_record, "{}", capture.name());
    }
}

#[test]
fn no_altered_byte_makes_it_panic() {
    for capture in keytab_captures() {
        let bytes = capture.keytab();
        for at in 0..bytes.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut altered = bytes.clone();
                altered[at] ^= flip;
                if let Err(error) = Keytab::parse(&altered) {
                    assert!(error.offset <= altered.len());
                }
            }
        }
    }
}

#[test]
fn version_1_is_read_in_both_byte_orders() {
    for little_endian in [true, false] {
        let v1 = |kvno: u32| {
            let mut record = Record {
                little_endian,
                count: 3,
                name_type: None,
                ..Record::new()
            };
            record.rest = record.u32(kvno).to_vec();
            record
        };
        // As a writer that counts rightly, and as MIT, whose records count four bytes too many: the first is padded
        // with them, the last lacks them.
        let exact = [v1(300).with_length(), v1(301).with_length()];
        let overlong = |record: &Record| {
            let len = record.body().len() as u32 + 4;
            [&record.u32(len)[..], &record.body()].concat()
        };
        let as_mit = [overlong(&v1(300)), vec![0; 4], overlong(&v1(301))];
        for bytes in [
            file(1, &exact.each_ref().map(Vec::as_slice)),
            file(1, &as_mit.each_ref().map(Vec::as_slice)),
        ] {
            let keytab = Keytab::parse(&bytes).unwrap();
            assert_eq!(
                keytab.entries()[0].principal().to_text().as_deref(),
                Ok("HTTP/www@R")
            );
            assert_eq!(kvnos(&bytes), [300, 301]);
        }
    }
    // Version 2 has no such excuse.
    let record = Record::new();
    let overlong = [
        &(record.body().len() as u32 + 4).to_be_bytes()[..],
        &record.body(),
    ]
    .concat();
    assert!(matches!(
        error(&file(2, &[&overlong])).kind,
        KeytabErrorKind::RecordTooLong { .. }
    ));
}

// MIT: doc/formats/keytab_file_format, "A negative record length is a zero-filled hole", "a length of 0 is the end".
#[test]
fn holes_are_skipped_and_a_length_of_zero_ends_the_file() {
    let record = Record::new().with_length();
    let hole = [&(-20_i32).to_be_bytes()[..], &[0; 20]].concat();
    let end = [0; 4];
    let garbage = b"whatever stands there";
    assert_eq!(
        kvnos(&file(2, &[&hole, &record, &hole, &hole, &record, &hole])),
        [7, 7]
    );
    assert_eq!(kvnos(&file(2, &[&record, &end, garbage])), [7]);
    assert_eq!(
        error(&file(2, &[&hole])),
        KeytabError {
            offset: 26,
            kind: KeytabErrorKind::NoEntries
        }
    );
}

// The same page: the 32-bit version overrides if four bytes are left and it is not 0; a record in a larger hole has
// more bytes than fields.
#[test]
fn the_long_key_version_overrides_the_short_one() {
    for (rest, kvno) in [
        (&b""[..], 7),
        (&[0, 0, 1][..], 7),
        (&[0, 0, 0, 0], 7),
        (&[0, 0, 0, 0, 0, 0, 0, 0], 7),
        (&[0, 0, 1, 7], 263),
        (&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], u32::MAX),
    ] {
        let record = Record {
            rest: rest.to_vec(),
            ..Record::new()
        };
        assert_eq!(kvnos(&file(2, &[&record.with_length()])), [kvno]);
    }
}

#[test]
fn entries_of_other_encryption_types_are_kept() {
    let des = Record {
        etype: 3,
        key: vec![1; 8],
        ..Record::new()
    };
    let private = Record {
        etype: 0xff7b,
        key: vec![1],
        ..Record::new()
    };
    let keytab = Keytab::parse(&file(2, &[&des.with_length(), &private.with_length()])).unwrap();
    assert!(keytab.entries().iter().map(KeytabEntry::etype).eq([3, -133]));
    assert_eq!(format!("{keytab:?}"), "Keytab(2 entries, 0 usable keys)");
}

#[test]
fn what_is_no_keytab_is_refused_with_the_place() {
    let record = |change: &dyn Fn(&mut Record)| {
        let mut record = Record::new();
        change(&mut record);
        file(2, &[&Record::new().with_length(), &record.with_length()])
    };
    let second = 2 + Record::new().with_length().len();
    let body = Record::new().body();
    let cut = &body[..body.len() - 1];
    let cut_in_key = file(2, &[&(cut.len() as u32).to_be_bytes(), cut]);
    let cases: [(Vec<u8>, usize, KeytabErrorKind); 15] = [
        (vec![], 0, KeytabErrorKind::Empty),
        (vec![5], 1, KeytabErrorKind::Truncated),
        (b"\x7fELF".to_vec(), 0, KeytabErrorKind::NotAKeytab),
        (vec![5, 4, 0, 0], 1, KeytabErrorKind::UnknownVersion(4)),
        (vec![5, 2], 2, KeytabErrorKind::NoEntries),
        (vec![5, 2, 0, 0], 2, KeytabErrorKind::Truncated),
        (
            vec![5, 2, 0, 0, 0, 9, 1],
            2,
            KeytabErrorKind::RecordTooLong { len: 9, left: 1 },
        ),
        (
            vec![5, 2, 0x80, 0, 0, 0, 1],
            2,
            KeytabErrorKind::RecordTooLong {
                len: 1 << 31,
                left: 1,
            },
        ),
        (vec![5, 2, 0, 0, 0, 1, 1], 6, KeytabErrorKind::RecordTooShort),
        (
            record(&|record| record.count = 0),
            second + 4,
            KeytabErrorKind::ComponentCount(0),
        ),
        (
            record(&|record| record.count = 33),
            second + 4,
            KeytabErrorKind::ComponentCount(33),
        ),
        (
            record(&|record| record.count = 0xffff),
            second + 4,
            KeytabErrorKind::ComponentCount(0xffff),
        ),
        (
            cut_in_key.clone(),
            cut_in_key.len() - 15,
            KeytabErrorKind::RecordTooShort,
        ),
        (
            record(&|record| record.key = vec![1; 15]),
            second + 4,
            KeytabErrorKind::BadEntry(BadEntry::KeyLength { etype: 17, len: 15 }),
        ),
        (
            vec![0; MAX_FILE_LEN + 1],
            MAX_FILE_LEN,
            KeytabErrorKind::FileTooLong,
        ),
    ];
    for (bytes, offset, kind) in cases {
        assert_eq!(error(&bytes), KeytabError { offset, kind });
    }
}

#[test]
fn an_entry_that_the_format_cannot_hold_is_refused() {
    let entry = |principal: &Principal, etype, key: &[u8]| {
        KeytabEntry::new(principal.clone(), Timestamp::default(), 1, etype, key)
    };
    let name = Principal::parse("HTTP/www@R").unwrap();
    let long = [b'a'; 65_536];
    let long_realm = Principal::new(NameType::PRINCIPAL, [&b"a"[..]], &long).unwrap();
    let long_part = Principal::new(NameType::PRINCIPAL, [&b"a"[..], &long], b"R").unwrap();
    assert_eq!(
        entry(&long_realm, 17, &[0; 16]).err(),
        Some(BadEntry::NameTooLong)
    );
    assert_eq!(entry(&long_part, 17, &[0; 16]).err(), Some(BadEntry::NameTooLong));
    assert_eq!(
        entry(&name, 40_000, &[0; 16]).err(),
        Some(BadEntry::EtypeOutOfRange)
    );
    for (etype, len) in [
        (17, 32),
        (18, 16),
        (19, 0),
        (20, 31),
        (23, 20),
        (25, 32),
        (26, 16),
        (3, 0),
        (3, 65_536),
    ] {
        assert_eq!(
            entry(&name, etype, &vec![0; len]).err(),
            Some(BadEntry::KeyLength { etype, len })
        );
    }
}

fn any_entry() -> impl Strategy<Value = KeytabEntry> {
    let parts = vec(vec(any::<u8>(), 1..300), 1..=MAX_COMPONENTS);
    let name = (any::<i32>(), parts, vec(any::<u8>(), 1..20)).prop_map(|(name_type, parts, realm)| {
        Principal::new(NameType(name_type), parts.iter().map(Vec::as_slice), &realm).unwrap()
    });
    let key = prop_oneof![
        (Just(18), vec(any::<u8>(), 32)),
        (Just(19), vec(any::<u8>(), 16)),
        (27..=32_767_i32, vec(any::<u8>(), 1..40)),
        (-32_768..0_i32, vec(any::<u8>(), 1..40)),
    ];
    (name, any::<u32>(), 1_u32.., key).prop_map(|(name, time, kvno, (etype, key))| {
        let time = Timestamp::from_unix(i64::from(time));
        KeytabEntry::new(name, time, kvno, etype, &key).unwrap()
    })
}

fn parts_of(entry: &KeytabEntry) -> (Principal, i32, Timestamp, u32, i32, Vec<u8>) {
    (
        entry.principal().clone(),
        entry.principal().name().name_type().0,
        entry.timestamp(),
        entry.kvno(),
        entry.etype(),
        entry.key().expose().clone(),
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read(entries in vec(any_entry(), 1..8)) {
        let written = Keytab::from_entries(entries.clone()).to_file();
        let read = Keytab::parse(written.expose()).unwrap();
        prop_assert!(read.entries().iter().map(parts_of).eq(entries.iter().map(parts_of)));
    }

    #[test]
    fn parsing_anything_ends_without_panic(version in 1..=2_u8, bytes: Vec<u8>) {
        let _ = Keytab::parse(&file(version, &[&bytes]));
    }
}
