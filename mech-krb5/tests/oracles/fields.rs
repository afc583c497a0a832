//! Fields of vectors as the values of messages.

use crate::forge::CarriedKey;
use mech_krb5::message::{AuthorizationData, HostAddresses};
use mech_krb5::{NameType, Principal, PrincipalName};
use negotiate_core::Timestamp;
use negotiate_core::der::Reader;
use testvectors::Case;

/// A name of slash-separated components, as `FIELD` and `FIELD-type` have it, in the realm of `realm`.
pub(crate) fn principal(case: &Case, field: &str, realm: &str) -> Principal {
    let components = case.text(field).split('/').map(str::as_bytes);
    let name_type = NameType(case.number(&format!("{field}-type")));
    Principal::new(name_type, components, case.text(realm).as_bytes()).unwrap()
}

/// The same name, type included.
pub(crate) fn assert_name(name: PrincipalName<'_>, expected: &Principal, case: &Case) {
    assert_eq!(name, expected.name(), "{case}");
    assert_eq!(name.name_type(), expected.name().name_type(), "{case}");
}

/// `YYYYMMDDHHMMSSZ`, by the vectors' own reading of it.
pub(crate) fn time(case: &Case, field: &str) -> Timestamp {
    let text = case.text(field);
    let part = |from: usize, to: usize| text[from..to].parse::<u32>().unwrap();
    assert_eq!(&text[14..], "Z");
    Timestamp::from_civil(
        part(0, 4).into(),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14),
    )
    .unwrap()
}

pub(crate) fn optional_time(case: &Case, field: &str) -> Option<Timestamp> {
    case.has(field).then(|| time(case, field))
}

/// Seconds and microseconds of a message, which are two fields.
pub(crate) fn time_and_micros(case: &Case, seconds: &str, micros: &str) -> Timestamp {
    let micros: i64 = case.number(micros);
    Timestamp::from_unix_micros(time(case, seconds).unix_micros() + micros)
}

pub(crate) fn key(case: &Case, keytype: &str, keyvalue: &str) -> CarriedKey {
    CarriedKey {
        keytype: case.number(keytype),
        keyvalue: case.bytes(keyvalue),
    }
}

/// A list with a type and hex digits a line; `None` if the field is absent.
pub(crate) fn typed_list(case: &Case, field: &str) -> Option<Vec<(i32, Vec<u8>)>> {
    case.has(field)
        .then(|| case.lines(field).into_iter().map(typed).collect())
}

fn typed(line: &str) -> (i32, Vec<u8>) {
    let (number, hex) = line.split_once(' ').unwrap();
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (
        number.parse().unwrap(),
        (0..hex.len()).step_by(2).map(byte).collect(),
    )
}

pub(crate) fn elements(data: AuthorizationData<'_>) -> Vec<(i32, Vec<u8>)> {
    data.iter()
        .map(|entry| (entry.ad_type.0, entry.ad_data.to_vec()))
        .collect()
}

pub(crate) fn addresses(list: HostAddresses<'_>) -> Vec<(i32, Vec<u8>)> {
    list.iter()
        .map(|host| (host.addr_type, host.address.to_vec()))
        .collect()
}

/// What `read` makes of all of `input`.
pub(crate) fn all<'i, T, E: From<negotiate_core::der::Error>>(
    input: &'i [u8],
    read: impl FnOnce(&mut Reader<'i>) -> Result<T, E>,
) -> Result<T, E> {
    let mut reader = Reader::new(input);
    let value = read(&mut reader)?;
    reader.finish()?;
    Ok(value)
}
