//! The DER of messages, from MIT krb5's reference encodings: what we read of it, and what we and the forge write.

use crate::fields::{
    addresses, all, assert_name, elements, key, optional_time, principal, time, time_and_micros, typed_list,
};
use crate::forge::{self, CredInfo, KrbCred, authorization_data};
use mech_krb5::Principal;
use mech_krb5::crypto::{EncryptionType, Key};
use mech_krb5::message::{
    self, ApReq, Authenticator, AuthorizationData, EncApRepPart, EncKrbCredPart, EncTicketPart,
    EncryptedData, EncryptionKey, KrbCredInfo, KrbError, MessageError, Ticket, TicketFlags,
};
use negotiate_core::Timestamp;
use negotiate_core::der::{ErrorKind, Writer};
use testvectors::{Case, load};

#[test]
fn messages_are_read_as_mit_wrote_them() {
    let mut types: Vec<String> = Vec::new();
    for case in load("krb5/messages.txt") {
        let encoding = case.bytes("encoding");
        match case.text("type") {
            "EncryptionKey" => encryption_key(&case, &encoding),
            "EncryptedData" => encrypted_data(&case, &encoding),
            "AuthorizationData" => {
                let data = all(&encoding, AuthorizationData::decode).unwrap();
                assert_eq!(
                    Some(elements(data)),
                    typed_list(&case, "authorization-data"),
                    "{case}"
                );
            }
            "Ticket" => ticket(&case, &encoding),
            "EncTicketPart" => enc_ticket_part(&case, &encoding),
            "AP-REQ" => ap_req(&case, &encoding),
            "Authenticator" => authenticator(&case, &encoding),
            "AP-REP" => {
                let sealed = EncApRepPart::decode_sealed(&encoding).unwrap();
                assert_eq!(
                    sealed,
                    sealed_of(&case, &case.bytes("cipher"), ["etype", "kvno"]),
                    "{case}"
                );
            }
            "EncAPRepPart" => enc_ap_rep_part(&case, &encoding),
            "KRB-CRED" => {
                let cred = message::KrbCred::decode(&encoding).unwrap();
                assert_eq!(cred.tickets.len(), case.number::<usize>("tickets"), "{case}");
                assert_eq!(
                    cred.enc_part,
                    sealed_of(&case, &case.bytes("cipher"), ["etype", "kvno"]),
                    "{case}"
                );
            }
            "EncKrbCredPart" => enc_krb_cred_part(&case, &encoding),
            "KRB-ERROR" => krb_error(&case, &encoding),
            other => panic!("{case}: nobody reads a {other}"),
        }
        types.push(case.text("type").to_owned());
    }
    types.dedup();
    assert_eq!(types.len(), 12, "{types:?}");
}

fn encryption_key(case: &Case, encoding: &[u8]) {
    let read = all(encoding, EncryptionKey::decode).unwrap();
    let expected = key(case, "key-type", "key");
    assert_eq!(
        (read.keytype, read.keyvalue),
        (expected.keytype, &expected.keyvalue[..]),
        "{case}"
    );
    let mut writer = Writer::new();
    read.encode(&mut writer);
    assert_eq!(writer.into_bytes(), encoding, "{case}");
}

fn sealed_of<'c>(case: &Case, cipher: &'c [u8], [etype, kvno]: [&str; 2]) -> EncryptedData<'c> {
    EncryptedData {
        etype: case.number(etype),
        kvno: case.has(kvno).then(|| case.number(kvno)),
        cipher,
    }
}

fn encrypted_data(case: &Case, encoding: &[u8]) {
    let read = all(encoding, EncryptedData::decode).unwrap();
    assert_eq!(
        read,
        sealed_of(case, &case.bytes("cipher"), ["etype", "kvno"]),
        "{case}"
    );
    let mut writer = Writer::new();
    read.encode(&mut writer);
    let written = writer.into_bytes();
    // MIT writes the upper half of UInt32 as negative numbers, which is not what the RFC says.
    if read.kvno.is_some_and(|kvno| kvno <= 0x7fff_ffff) {
        assert_eq!(written, encoding, "{case}");
    } else {
        assert_eq!(all(&written, EncryptedData::decode), Ok(read), "{case}");
    }
}

fn ticket(case: &Case, encoding: &[u8]) {
    let ticket = all(encoding, Ticket::decode).unwrap();
    assert_eq!(ticket.raw, encoding, "{case}");
    let service = principal(case, "sname", "realm");
    assert_name(ticket.sname, &service, case);
    assert_eq!(ticket.realm, service.realm(), "{case}");
    assert_eq!(
        ticket.enc_part,
        sealed_of(case, &case.bytes("cipher"), ["etype", "kvno"]),
        "{case}"
    );
}

fn enc_ticket_part(case: &Case, encoding: &[u8]) {
    let part = EncTicketPart::decode(encoding).unwrap();
    let client = principal(case, "cname", "crealm");
    assert_name(part.cname, &client, case);
    // Each value goes to the forge, which must write the same bytes.
    let forged = forge::Ticket {
        flags: part.flags,
        session_key: key(case, "key-type", "key"),
        tr_type: part.transited.tr_type,
        transited: part.transited.contents.to_vec(),
        authtime: part.authtime,
        starttime: part.starttime,
        endtime: part.endtime,
        renew_till: part.renew_till,
        caddr: part.caddr.map(addresses),
        authorization_data: typed_list(case, "authorization-data").map(|list| written(&list)),
        client: client.clone(),
        ..forged_ticket()
    };
    assert_eq!(forged.part(), encoding, "{case}");
    assert_eq!(part.crealm, client.realm(), "{case}");
    assert_eq!(part.flags.0, case.number::<u32>("flags"), "{case}");
    assert_eq!(part.key.keyvalue, case.bytes("key"), "{case}");
    assert_eq!(
        part.transited.tr_type,
        case.number::<i32>("transited-type"),
        "{case}"
    );
    assert_eq!(part.transited.contents, case.bytes("transited"), "{case}");
    assert_eq!(part.authtime, time(case, "authtime"), "{case}");
    assert_eq!(part.starttime, optional_time(case, "starttime"), "{case}");
    assert_eq!(part.endtime, time(case, "endtime"), "{case}");
    assert_eq!(part.renew_till, optional_time(case, "renew-till"), "{case}");
    assert_eq!(part.caddr.map(addresses), typed_list(case, "addresses"), "{case}");
    let data = part.authorization_data.map(elements);
    assert_eq!(data, typed_list(case, "authorization-data"), "{case}");
}

/// Of which every sealed field is replaced.
fn forged_ticket() -> forge::Ticket {
    let key = Key::new(EncryptionType::Aes128CtsHmacSha1_96, &[0; 16]).unwrap();
    forge::Ticket::new("a@A", "b@B", &key, &key, Timestamp::from_unix(0))
}

fn written(list: &[(i32, Vec<u8>)]) -> Vec<u8> {
    let list: Vec<(i32, &[u8])> = list.iter().map(|(ad_type, data)| (*ad_type, &data[..])).collect();
    authorization_data(&list)
}

fn ap_req(case: &Case, encoding: &[u8]) {
    let ap_req = ApReq::decode(encoding).unwrap();
    let cipher = case.bytes("authenticator-cipher");
    let sealed = sealed_of(case, &cipher, ["authenticator-etype", "authenticator-kvno"]);
    assert_eq!(ap_req.ap_options.0, case.number::<u32>("ap-options"), "{case}");
    assert_eq!(ap_req.ticket.raw, case.bytes("ticket"), "{case}");
    assert_eq!(ap_req.authenticator, sealed, "{case}");
    let forged = forge::ApReq {
        pvno: case.number("pvno"),
        msg_type: case.number("msg-type"),
        ap_options: ap_req.ap_options,
        ticket: ap_req.ticket.raw,
        authenticator: forge::Sealed {
            etype: sealed.etype,
            kvno: sealed.kvno,
            cipher: cipher.clone(),
        },
    };
    assert_eq!(forged.encode(), encoding, "{case}");
}

fn authenticator(case: &Case, encoding: &[u8]) {
    let read = Authenticator::decode(encoding).unwrap();
    let client = principal(case, "cname", "crealm");
    let forged = forge::Authenticator {
        authenticator_vno: case.number("authenticator-vno"),
        client: client.clone(),
        cksum: case
            .has("checksum")
            .then(|| (case.number("cksumtype"), case.bytes("checksum"))),
        ctime: time_and_micros(case, "ctime", "cusec"),
        subkey: case.has("subkey").then(|| key(case, "subkey-type", "subkey")),
        seq_number: case.has("seq-number").then(|| case.number("seq-number")),
        authorization_data: typed_list(case, "authorization-data").map(|list| written(&list)),
    };
    assert_eq!(forged.part(), encoding, "{case}");
    assert_name(read.cname, &client, case);
    assert_eq!(read.crealm, client.realm(), "{case}");
    let cksum = read.cksum.map(|cksum| (cksum.cksumtype, cksum.checksum.to_vec()));
    assert_eq!(cksum, forged.cksum, "{case}");
    assert_eq!(read.ctime, forged.ctime, "{case}");
    let subkey = read.subkey.map(|key| (key.keytype, key.keyvalue.to_vec()));
    assert_eq!(
        subkey,
        forged.subkey.map(|key| (key.keytype, key.keyvalue)),
        "{case}"
    );
    assert_eq!(read.seq_number, forged.seq_number, "{case}");
    let data = read.authorization_data.map(elements);
    assert_eq!(data, typed_list(case, "authorization-data"), "{case}");
}

fn enc_ap_rep_part(case: &Case, encoding: &[u8]) {
    let part = EncApRepPart::decode(encoding).unwrap();
    assert_eq!(part.ctime, time_and_micros(case, "ctime", "cusec"), "{case}");
    let subkey = part.subkey.map(|key| (key.keytype, key.keyvalue.to_vec()));
    let expected = case
        .has("subkey")
        .then(|| (case.number("subkey-type"), case.bytes("subkey")));
    assert_eq!(subkey, expected, "{case}");
    let seq_number = case.has("seq-number").then(|| case.number("seq-number"));
    assert_eq!(part.seq_number, seq_number, "{case}");
    assert_eq!(part.encode(), encoding, "{case}");
}

fn enc_krb_cred_part(case: &Case, encoding: &[u8]) {
    let part = EncKrbCredPart::decode(encoding).unwrap();
    assert_eq!(
        part.ticket_info.len(),
        case.number::<usize>("ticket-info"),
        "{case}"
    );
    let info = part.ticket_info.last().unwrap();
    let (client, server) = (
        principal(case, "pname", "prealm"),
        principal(case, "sname", "srealm"),
    );
    assert_name(info.pname.unwrap(), &client, case);
    assert_name(info.sname.unwrap(), &server, case);
    assert_eq!(
        (info.prealm, info.srealm),
        (Some(client.realm()), Some(server.realm())),
        "{case}"
    );
    let times = [info.authtime, info.starttime, info.endtime, info.renew_till];
    let expected = ["authtime", "starttime", "endtime", "renew-till"].map(|field| optional_time(case, field));
    assert_eq!(times, expected, "{case}");
    assert_eq!(
        info.flags,
        Some(TicketFlags(case.number("ticket-flags"))),
        "{case}"
    );
    assert_eq!(info.caddr.map(addresses), typed_list(case, "addresses"), "{case}");
    // The first of the shorter one has its key alone.
    let is_short = !case.has("nonce");
    assert_eq!(part.ticket_info[0].pname.is_none(), is_short, "{case}");
    if is_short {
        let infos = part
            .ticket_info
            .iter()
            .map(|info| forged_info(case, info))
            .collect();
        assert_eq!(KrbCred::new(Vec::new(), infos).part(), encoding, "{case}");
    }
}

fn forged_info(case: &Case, info: &KrbCredInfo<'_>) -> CredInfo {
    let owned = |name: Option<mech_krb5::PrincipalName<'_>>, realm: Option<&[u8]>| -> Option<Principal> {
        Some(name?.in_realm(realm?).to_owned())
    };
    CredInfo {
        key: key(case, "key-type", "key"),
        client: owned(info.pname, info.prealm),
        flags: info.flags,
        authtime: info.authtime,
        starttime: info.starttime,
        endtime: info.endtime,
        renew_till: info.renew_till,
        server: owned(info.sname, info.srealm),
        caddr: info.caddr.map(addresses),
    }
}

fn krb_error(case: &Case, encoding: &[u8]) {
    let error = KrbError::decode(encoding).unwrap();
    let server = principal(case, "sname", "realm");
    assert_name(error.sname, &server, case);
    assert_eq!(error.realm, server.realm(), "{case}");
    assert_eq!(error.stime, time_and_micros(case, "stime", "susec"), "{case}");
    assert_eq!(error.error_code.0, case.number::<i32>("error-code"), "{case}");
    let client = case.has("cname").then(|| principal(case, "cname", "crealm"));
    assert_eq!(error.client.map(|client| client.to_owned()), client, "{case}");
    let text = |field| case.has(field).then(|| case.bytes(field));
    assert_eq!(error.e_text.map(<[u8]>::to_vec), text("e-text"), "{case}");
    assert_eq!(error.e_data.map(<[u8]>::to_vec), text("e-data"), "{case}");
    // All but the client's own time, which nobody has to tell it.
    let written = error.encode();
    assert!(written.len() < encoding.len(), "{case}");
    let again = KrbError::decode(&written).unwrap();
    assert_eq!(
        (again.stime, again.error_code),
        (error.stime, error.error_code),
        "{case}"
    );
    assert_eq!((again.realm, again.sname), (error.realm, error.sname), "{case}");
}

fn name(kind: ErrorKind) -> String {
    format!("{kind:?}")
}

#[test]
fn sequence_numbers_are_read_signed_or_not() {
    for case in load("krb5/authenticator-seq-number.txt") {
        let encoding = case.bytes("encoding");
        match Authenticator::decode(&encoding) {
            Ok(read) => assert_eq!(read.seq_number, Some(case.number("seq-number")), "{case}"),
            Err(MessageError::Malformed(error)) => assert_eq!(name(error.kind()), case.expect(), "{case}"),
            Err(other) => panic!("{case}: {other}"),
        }
    }
}

#[test]
fn flags_may_be_longer_or_shorter_than_32_bits() {
    for case in load("krb5/kerberos-flags.txt") {
        let encoding = case.bytes("encoding");
        let flags = EncTicketPart::decode(&encoding).unwrap().flags;
        assert_eq!(flags, TicketFlags(case.number("flags")), "{case}");
    }
}

#[test]
fn key_types_are_32_bits_with_a_sign() {
    for case in load("krb5/encryption-key-type.txt") {
        encryption_key(&case, &case.bytes("encoding"));
    }
}

/// Stricter than MIT krb5, which skips unknown fields: RFC 4120's types are closed.
#[test]
fn what_is_not_der_of_the_rfcs_types_is_refused() {
    for case in load("krb5/not-der.txt") {
        let encoding = case.bytes("encoding");
        let kind = match case.text("type") {
            "Ticket" => match all(&encoding, Ticket::decode).unwrap_err() {
                MessageError::Malformed(error) => error.kind(),
                other => panic!("{case}: {other}"),
            },
            "EncryptionKey" => all(&encoding, EncryptionKey::decode).unwrap_err().kind(),
            other => panic!("{case}: nobody reads a {other}"),
        };
        assert_eq!(name(kind), case.expect(), "{case}");
    }
}
