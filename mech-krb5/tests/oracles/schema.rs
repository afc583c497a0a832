//! The parts of messages as rasn-kerberos has them: how proptest makes them, and what ours are in its words.
//!
//! rasn derives its codec from RFC 4120's ASN.1, and shares nothing with ours. It refuses names beyond Latin-1, so names
//! here are ASCII.

use mech_krb5::PrincipalName;
use mech_krb5::message::{AuthorizationData, EncryptedData, EncryptionKey, HostAddresses, PaData, Ticket};
use negotiate_core::Timestamp;
use negotiate_core::der::Writer;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rasn::types::{BitString, GeneralString, Integer};
use rasn_kerberos as schema;

pub(crate) fn encoded<T: rasn::Encode>(value: &T) -> Vec<u8> {
    rasn::der::encode(value).unwrap()
}

pub(crate) fn integer(value: i64) -> Integer {
    Integer::from(value)
}

pub(crate) fn text(bytes: &[u8]) -> GeneralString {
    GeneralString::from_bytes(bytes).unwrap()
}

pub(crate) fn flags(bits: u32) -> BitString {
    BitString::from_slice(&bits.to_be_bytes())
}

/// By the one form that a time has.
pub(crate) fn time(time: Timestamp) -> schema::KerberosTime {
    let mut writer = Writer::new();
    writer.kerberos_time(time);
    rasn::der::decode(&writer.into_bytes()).unwrap()
}

pub(crate) fn name(name: PrincipalName<'_>) -> schema::PrincipalName {
    schema::PrincipalName {
        r#type: name.name_type().0,
        string: name.components().map(text).collect(),
    }
}

pub(crate) fn key(key: EncryptionKey<'_>) -> schema::EncryptionKey {
    schema::EncryptionKey {
        r#type: key.keytype,
        value: key.keyvalue.to_vec().into(),
    }
}

pub(crate) fn data(data: EncryptedData<'_>) -> schema::EncryptedData {
    schema::EncryptedData {
        etype: data.etype,
        kvno: data.kvno,
        cipher: data.cipher.to_vec().into(),
    }
}

pub(crate) fn ticket(ticket: &Ticket<'_>) -> schema::Ticket {
    schema::Ticket {
        tkt_vno: integer(5),
        realm: text(ticket.realm),
        sname: name(ticket.sname),
        enc_part: data(ticket.enc_part),
    }
}

pub(crate) fn addresses(list: HostAddresses<'_>) -> schema::HostAddresses {
    list.iter()
        .map(|host| schema::HostAddress {
            addr_type: host.addr_type,
            address: host.address.to_vec().into(),
        })
        .collect()
}

pub(crate) fn authorization_data(list: AuthorizationData<'_>) -> schema::AuthorizationData {
    list.iter()
        .map(|entry| schema::AuthorizationDataValue {
            r#type: entry.ad_type.0,
            data: entry.ad_data.to_vec().into(),
        })
        .collect()
}

/// An empty list is as absent as a missing one.
pub(crate) fn padata(list: &[PaData<'_>]) -> Option<Vec<schema::PaData>> {
    let list: Vec<_> = list
        .iter()
        .map(|element| schema::PaData {
            r#type: element.padata_type.0,
            value: element.padata_value.to_vec().into(),
        })
        .collect();
    (!list.is_empty()).then_some(list)
}

/// A time and its microseconds, which are two fields.
pub(crate) fn time_and_micros(at: Timestamp) -> (schema::KerberosTime, Integer) {
    (time(at), integer(at.subsec_micros().into()))
}

pub(crate) fn a_text() -> impl Strategy<Value = GeneralString> {
    "[ -~]{0,12}".prop_map(|text| self::text(text.as_bytes()))
}

pub(crate) fn octets() -> impl Strategy<Value = rasn::types::OctetString> {
    vec(any::<u8>(), 0..140).prop_map(Into::into)
}

pub(crate) fn a_name() -> impl Strategy<Value = schema::PrincipalName> {
    (any::<i32>(), vec(a_text(), 1..5)).prop_map(|(r#type, string)| schema::PrincipalName { r#type, string })
}

pub(crate) fn a_time() -> impl Strategy<Value = schema::KerberosTime> {
    (0..253_402_300_800_i64).prop_map(|seconds| time(Timestamp::from_unix(seconds)))
}

pub(crate) fn maybe_time() -> impl Strategy<Value = Option<schema::KerberosTime>> {
    option::of(a_time())
}

pub(crate) fn micros() -> impl Strategy<Value = Integer> {
    (0..1_000_000_i64).prop_map(integer)
}

pub(crate) fn some_flags() -> impl Strategy<Value = BitString> {
    any::<u32>().prop_map(flags)
}

pub(crate) fn a_key() -> impl Strategy<Value = schema::EncryptionKey> {
    (any::<i32>(), octets()).prop_map(|(r#type, value)| schema::EncryptionKey { r#type, value })
}

pub(crate) fn some_data() -> impl Strategy<Value = schema::EncryptedData> {
    let parts = (any::<i32>(), option::of(any::<u32>()), octets());
    parts.prop_map(|(etype, kvno, cipher)| schema::EncryptedData { etype, kvno, cipher })
}

pub(crate) fn a_ticket() -> impl Strategy<Value = schema::Ticket> {
    (a_text(), a_name(), some_data()).prop_map(|(realm, sname, enc_part)| schema::Ticket {
        tkt_vno: integer(5),
        realm,
        sname,
        enc_part,
    })
}

pub(crate) fn maybe_addresses() -> impl Strategy<Value = Option<schema::HostAddresses>> {
    let host = (any::<i32>(), octets());
    option::of(vec(
        host.prop_map(|(addr_type, address)| schema::HostAddress { addr_type, address }),
        0..4,
    ))
}

pub(crate) fn maybe_authorization_data() -> impl Strategy<Value = Option<schema::AuthorizationData>> {
    let element = (any::<i32>(), octets());
    option::of(vec(
        element.prop_map(|(r#type, data)| schema::AuthorizationDataValue { r#type, data }),
        0..4,
    ))
}

pub(crate) fn maybe_padata() -> impl Strategy<Value = Option<Vec<schema::PaData>>> {
    let element = (any::<i32>(), octets());
    option::of(vec(
        element.prop_map(|(r#type, value)| schema::PaData { r#type, value }),
        1..4,
    ))
}
