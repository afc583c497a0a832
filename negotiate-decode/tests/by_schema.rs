//! The KDC messages of real peers, field by field as RFC 4120's ASN.1 in the crate rasn-kerberos reads them.

mod common;

use common::{at, find, flags, number, seconds, text};
use negotiate_decode::{Keys, Node, Value, decode};
use rasn_kerberos::{
    AsRep, AsReq, KdcRep, KdcReq, KerberosTime, KrbError, PaData, PrincipalName, TgsRep, TgsReq, Ticket,
};
use testvectors::exchange_captures;

#[test]
fn kdc_messages() {
    let mut compared = [0; 3];
    for capture in exchange_captures() {
        for (file, message) in capture.messages() {
            let place = format!("{} {file}", capture.name());
            let tree = decode(&message, &mut Keys::none()).root;
            let is_negative = find(&tree, "nonce").is_some_and(|nonce| nonce.meaning.is_some());
            match tree.name {
                // Half of Heimdal's nonces are written as negative numbers, which the crate does not read as UInt32.
                "AS-REQ" | "TGS-REQ" if is_negative => {
                    assert!(rasn::der::decode::<TgsReq>(&message).is_err(), "{place}");
                    continue;
                }
                "AS-REQ" => request(&tree, &read::<AsReq>(&message).0, &place),
                "TGS-REQ" => request(&tree, &read::<TgsReq>(&message).0, &place),
                "AS-REP" => reply(&tree, &read::<AsRep>(&message).0, &place),
                "TGS-REP" => reply(&tree, &read::<TgsRep>(&message).0, &place),
                "KRB-ERROR" => error(&tree, &read(&message), &place),
                other => panic!("{place}: {other}"),
            }
            compared[match tree.name {
                "AS-REQ" | "TGS-REQ" => 0,
                "KRB-ERROR" => 2,
                _ => 1,
            }] += 1;
        }
    }
    assert!(compared.iter().all(|count| *count > 15), "{compared:?}");
}

#[track_caller]
fn read<T: rasn::Decode>(message: &[u8]) -> T {
    rasn::der::decode(message).unwrap()
}

fn request(tree: &Node, schema: &KdcReq, place: &str) {
    padata(tree, schema.padata.as_deref(), place);
    let (body, schema) = (at(tree, "req-body"), &schema.req_body);
    name(body.child("cname"), schema.cname.as_ref(), place);
    assert_eq!(text(body, "realm").as_bytes(), &**schema.realm, "{place}");
    name(body.child("sname"), schema.sname.as_ref(), place);
    time(body, "from", schema.from.as_ref(), place);
    time(body, "till", Some(&schema.till), place);
    time(body, "rtime", schema.rtime.as_ref(), place);
    assert_eq!(number(body, "nonce"), schema.nonce.into(), "{place}");
    let etypes = body.child("etype").unwrap().children.iter();
    let etypes: Vec<i128> = etypes.map(|etype| number(etype, "etype")).collect();
    assert!(
        etypes.iter().eq(schema
            .etype
            .iter()
            .map(|etype| i128::from(*etype))
            .collect::<Vec<_>>()
            .iter()),
        "{place}"
    );
    let bits = schema.kdc_options.0.iter().filter(|bit| **bit).count();
    assert_eq!(flags(body, "kdc-options").len(), bits, "{place}");
    let tickets = body
        .child("additional-tickets")
        .map(|list| &list.children[..])
        .unwrap_or_default();
    let schema = schema.additional_tickets.as_deref().unwrap_or_default();
    assert_eq!(tickets.len(), schema.len(), "{place}");
    tickets
        .iter()
        .zip(schema)
        .for_each(|(node, schema)| ticket(node, schema, place));
}

fn reply(tree: &Node, schema: &KdcRep, place: &str) {
    padata(tree, schema.padata.as_deref(), place);
    assert_eq!(text(tree, "crealm").as_bytes(), &**schema.crealm, "{place}");
    name(tree.child("cname"), Some(&schema.cname), place);
    ticket(tree.child("ticket").unwrap(), &schema.ticket, place);
    sealed(tree.child("enc-part").unwrap(), &schema.enc_part, place);
}

fn error(tree: &Node, schema: &KrbError, place: &str) {
    assert_eq!(number(tree, "error-code"), schema.error_code.into(), "{place}");
    time(tree, "ctime", schema.ctime.as_ref(), place);
    time(tree, "stime", Some(&schema.stime), place);
    assert_eq!(
        Value::Integer(number(tree, "susec")),
        integer(&schema.susec),
        "{place}"
    );
    let realm = tree.child("crealm").map(|_| text(tree, "crealm").as_bytes());
    assert_eq!(realm, schema.crealm.as_ref().map(|realm| &***realm), "{place}");
    name(tree.child("cname"), schema.cname.as_ref(), place);
    assert_eq!(text(tree, "realm").as_bytes(), &**schema.realm, "{place}");
    name(tree.child("sname"), Some(&schema.sname), place);
    let words = tree.child("e-text").map(|_| text(tree, "e-text").as_bytes());
    assert_eq!(words, schema.e_text.as_ref().map(|text| &***text), "{place}");
    octets(tree.child("e-data"), schema.e_data.as_deref(), place);
}

fn padata(tree: &Node, schema: Option<&[PaData]>, place: &str) {
    let elements = tree
        .child("padata")
        .map(|list| &list.children[..])
        .unwrap_or_default();
    let schema = schema.unwrap_or_default();
    assert_eq!(elements.len(), schema.len(), "{place}");
    for (element, schema) in elements.iter().zip(schema) {
        assert_eq!(number(element, "padata-type"), schema.r#type.into(), "{place}");
        octets(element.child("padata-value"), Some(&schema.value), place);
    }
}

fn ticket(node: &Node, schema: &Ticket, place: &str) {
    assert_eq!(text(node, "realm").as_bytes(), &**schema.realm, "{place}");
    name(node.child("sname"), Some(&schema.sname), place);
    sealed(node.child("enc-part").unwrap(), &schema.enc_part, place);
}

fn sealed(node: &Node, schema: &rasn_kerberos::EncryptedData, place: &str) {
    assert_eq!(number(node, "etype"), schema.etype.into(), "{place}");
    let kvno = find(node, "kvno").map(|_| number(node, "kvno"));
    assert_eq!(kvno, schema.kvno.map(Into::into), "{place}");
    octets(node.child("cipher"), Some(&schema.cipher), place);
}

fn name(node: Option<&Node>, schema: Option<&PrincipalName>, place: &str) {
    let Some((node, schema)) = node.zip(schema) else {
        assert!(node.is_none() && schema.is_none(), "{place}");
        return;
    };
    assert_eq!(number(node, "name-type"), schema.r#type.into(), "{place}");
    let components = node.child("name-string").unwrap().children.iter();
    let components: Vec<&[u8]> = components
        .map(|component| text(component, "component").as_bytes())
        .collect();
    let schema: Vec<&[u8]> = schema.string.iter().map(|component| &***component).collect();
    assert_eq!(components, schema, "{place}");
}

fn time(node: &Node, field: &str, schema: Option<&KerberosTime>, place: &str) {
    assert_eq!(node.child(field).is_some(), schema.is_some(), "{place} {field}");
    let schema = schema.map_or(0, |time| time.0.timestamp());
    assert_eq!(seconds(node, field), schema, "{place} {field}");
}

fn octets(node: Option<&Node>, schema: Option<&[u8]>, place: &str) {
    match (node.map(|node| &node.value), schema) {
        (Some(Value::Bytes(shown, length)), Some(schema)) => {
            assert_eq!(
                (&schema[..shown.len()], schema.len()),
                (&shown[..], *length),
                "{place}"
            );
        }
        (Some(Value::Secret(length)), Some(schema)) => assert_eq!(schema.len(), *length, "{place}"),
        // Flags that stand in an OCTET STRING.
        (Some(Value::Flags(_)), Some(_)) | (None, None) => {}
        (ours, theirs) => panic!("{place}: {ours:?}, and {theirs:?}"),
    }
}

fn integer(schema: &rasn::types::Integer) -> Value {
    Value::Integer(schema.to_string().parse().unwrap())
}
