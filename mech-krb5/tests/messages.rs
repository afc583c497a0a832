//! The messages of RFC 4120 against MIT's encodings: what is read is what the file says, and writing it gives the same
//! bytes.

use mech_krb5::PrincipalName;
use mech_krb5::message::{
    ApReq, Authenticator, EncKdcRepPart, EncKrbCredPart, EncTicketPart, EtypeInfo2Entry, HostAddresses,
    KdcExchange, KdcRep, KdcReq, KrbCred, KrbError, PaData, PaEncTsEnc, Ticket,
};
use negotiate_core::Timestamp;
use negotiate_core::der::{Reader, Writer};
use testvectors::Case;

/// What a message says, in the words of the vector file.
#[derive(Default)]
struct Said(Vec<(&'static str, Vec<String>)>);

impl Said {
    fn line(&mut self, key: &'static str, value: &(impl std::fmt::Display + ?Sized)) {
        self.0.push((key, vec![value.to_string()]));
    }

    fn text(&mut self, key: &'static str, value: &[u8]) {
        self.line(key, &std::str::from_utf8(value).unwrap());
    }

    fn list(&mut self, key: &'static str, lines: impl IntoIterator<Item = String>) {
        self.0.push((key, lines.into_iter().collect()));
    }

    fn name(&mut self, key: &'static str, name: &PrincipalName<'_>) {
        let components: Vec<_> = name
            .components()
            .map(|part| String::from_utf8_lossy(part).into_owned())
            .collect();
        self.line(key, &components.join("/"));
    }

    fn time(&mut self, key: &'static str, time: Option<Timestamp>) {
        if let Some(time) = time {
            let text = time.to_string().replace(['-', ':', 'T'], "");
            self.line(key, &text);
        }
    }

    fn flags(&mut self, key: &'static str, bits: u32) {
        self.line(key, &format!("{bits:#x}"));
    }

    fn padata(&mut self, padata: &[PaData<'_>]) {
        let line = |element: &PaData<'_>| format!("{} {}", element.padata_type.0, hex(element.padata_value));
        self.list("padata", padata.iter().map(line));
    }

    fn addresses(&mut self, addresses: Option<HostAddresses<'_>>) {
        if let Some(addresses) = addresses {
            self.list(
                "addresses",
                addresses
                    .iter()
                    .map(|host| format!("{} {}", host.addr_type, hex(host.address))),
            );
        }
    }

    #[track_caller]
    fn is_all_of(&self, case: &Case) {
        for (key, lines) in &self.0 {
            let expected: Vec<String> = case.lines(key).iter().map(|line| unquoted(line)).collect();
            assert_eq!(lines, &expected, "{case}: {key}");
        }
        let own = case
            .keys()
            .filter(|key| !["name", "source", "spec", "type", "encoding"].contains(key));
        for key in own {
            assert!(
                self.0.iter().any(|(said, _)| *said == key),
                "{case}: {key} was not read"
            );
        }
    }
}

fn unquoted(line: &str) -> String {
    line.trim_matches('"').to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn pa_data_list(encoding: &[u8], said: &mut Said) -> Vec<u8> {
    let mut input = Reader::new(encoding);
    let list = PaData::decode_list(&mut input).unwrap();
    input.finish().unwrap();
    said.padata(&list);
    let mut writer = Writer::new();
    PaData::encode_list(&list, &mut writer);
    writer.into_bytes()
}

fn etype_info2(encoding: &[u8], said: &mut Said) -> Vec<u8> {
    let entries = EtypeInfo2Entry::decode_list(encoding).unwrap();
    let line = |entry: &EtypeInfo2Entry<'_>| {
        let part = |bytes: Option<&[u8]>| bytes.map_or("-".to_owned(), hex);
        format!("{} {} {}", entry.etype, part(entry.salt), part(entry.s2kparams))
    };
    said.list("entries", entries.iter().map(line));
    EtypeInfo2Entry::encode_list(&entries)
}

fn kdc_req(encoding: &[u8], said: &mut Said) -> Vec<u8> {
    let request = KdcReq::decode(encoding).unwrap();
    said.padata(&request.padata);
    let body = &request.body;
    said.flags("kdc-options", body.kdc_options.0);
    if let Some(cname) = &body.cname {
        said.name("cname", cname);
    }
    said.text("realm", body.realm);
    if let Some(sname) = &body.sname {
        said.name("sname", sname);
    }
    said.time("from", body.from);
    said.time("till", Some(body.till));
    said.time("rtime", body.rtime);
    said.line("nonce", &body.nonce);
    said.list("etype", body.etype.iter().map(ToString::to_string));
    said.addresses(body.addresses);
    if let Some(data) = &body.enc_authorization_data {
        said.text("enc-authorization-data", data.cipher);
    }
    said.line("additional-tickets", &body.additional_tickets.len());
    assert_eq!(body.encode(), request.body_der);
    KdcReq::encode(request.exchange, &request.padata, &body.encode())
}

fn kdc_rep(exchange: KdcExchange, encoding: &[u8], said: &mut Said) -> Vec<u8> {
    let reply = KdcRep::decode(exchange, encoding).unwrap();
    said.padata(&reply.padata);
    said.text("crealm", reply.crealm);
    said.name("cname", &reply.cname);
    said.name("ticket-sname", &reply.ticket.sname);
    said.text("cipher", reply.enc_part.cipher);
    reply.encode()
}

fn enc_kdc_rep_part(encoding: &[u8], said: &mut Said) -> Vec<u8> {
    let part = EncKdcRepPart::decode(encoding).unwrap();
    said.line("key-type", &part.key.keytype);
    said.text("key", part.key.keyvalue);
    said.line("nonce", &part.nonce);
    said.time("key-expiration", part.key_expiration);
    said.flags("flags", part.flags.0);
    said.time("authtime", Some(part.authtime));
    said.time("starttime", part.starttime);
    said.time("endtime", Some(part.endtime));
    said.time("renew-till", part.renew_till);
    said.text("srealm", part.srealm);
    said.name("sname", &part.sname);
    said.addresses(part.caddr);
    part.encode(KdcExchange::Tgs)
}

#[test]
fn messages_between_client_and_kdc() {
    for case in testvectors::load("krb5/kdc-messages.txt") {
        let encoding = case.bytes("encoding");
        let mut said = Said::default();
        let written = match case.text("type") {
            "METHOD-DATA" => pa_data_list(&encoding, &mut said),
            "ETYPE-INFO2" => etype_info2(&encoding, &mut said),
            "PA-ENC-TS-ENC" => {
                let part = PaEncTsEnc::decode(&encoding).unwrap();
                said.time("patimestamp", Some(part.patimestamp));
                if case.has("pausec") {
                    said.line("pausec", &part.patimestamp.subsec_micros());
                } else {
                    assert_eq!(part.patimestamp.subsec_micros(), 0, "{case}");
                    said.is_all_of(&case);
                    continue; // ours always has them
                }
                part.encode()
            }
            "AS-REQ" | "TGS-REQ" => kdc_req(&encoding, &mut said),
            "AS-REP" => kdc_rep(KdcExchange::As, &encoding, &mut said),
            "TGS-REP" => kdc_rep(KdcExchange::Tgs, &encoding, &mut said),
            "EncKDCRepPart" => with_our_last_req(&enc_kdc_rep_part(&encoding, &mut said), &encoding),
            other => panic!("{case}: {other}"),
        };
        said.is_all_of(&case);
        assert_eq!(hex(&written), hex(&encoding), "{case}");
    }
}

/// Ours has one element of last-req that says nothing, MIT's test has two: `written` with those of `encoding`.
fn with_our_last_req(written: &[u8], encoding: &[u8]) -> Vec<u8> {
    let fields = |bytes| {
        let (tag, mut content) = Reader::new(bytes).any().unwrap();
        let mut sequence = content.sequence().unwrap();
        let mut fields = Vec::new();
        while !sequence.is_empty() {
            let before = sequence.rest();
            sequence.any().unwrap();
            fields.push(before[..before.len() - sequence.rest().len()].to_vec());
        }
        (tag, fields)
    };
    let ((tag, mut ours), (_, theirs)) = (fields(written), fields(encoding));
    let nothing = b"\xa1\x1c\x30\x1a\x30\x18\xa0\x03\x02\x01\x00\xa1\x11\x18\x0f19700101000000Z";
    assert_eq!(ours[1], nothing);
    ours[1].clone_from(&theirs[1]);
    let mut writer = Writer::new();
    writer.element(tag, |message| {
        message.sequence(|sequence| ours.iter().for_each(|field| sequence.raw(field)));
    });
    writer.into_bytes()
}

#[test]
fn messages_between_client_and_service() {
    let mut count = 0;
    for case in testvectors::load("krb5/messages.txt") {
        let encoding = case.bytes("encoding");
        let written = match case.text("type") {
            "Ticket" => {
                let ticket = Ticket::decode(&mut Reader::new(&encoding)).unwrap();
                Ticket::encode(ticket.sname.in_realm(ticket.realm), &ticket.enc_part)
            }
            "EncTicketPart" => EncTicketPart::decode(&encoding).unwrap().encode(),
            "AP-REQ" => ApReq::decode(&encoding).unwrap().encode(),
            "Authenticator" => Authenticator::decode(&encoding).unwrap().encode(),
            "KRB-CRED" => KrbCred::decode(&encoding).unwrap().encode(),
            // The outermost fields that ours leaves out are about who sends it where.
            "EncKrbCredPart" if !case.has("nonce") => EncKrbCredPart::decode(&encoding).unwrap().encode(),
            // MIT's test has the client's time, which ours leaves out.
            "KRB-ERROR" => {
                let error = KrbError::decode(&encoding).unwrap();
                assert_eq!(error.error_code.0, case.number::<i32>("error-code"), "{case}");
                assert_eq!(error.client.is_some(), case.has("cname"), "{case}");
                assert_eq!(error.e_text.is_some(), case.has("e-text"), "{case}");
                let again = error.encode();
                assert_eq!(KrbError::decode(&again).unwrap().encode(), again, "{case}");
                assert_eq!(
                    encoding.len() - again.len(),
                    if case.has("ctime") { 26 } else { 7 },
                    "{case}"
                );
                continue;
            }
            _ => continue,
        };
        assert_eq!(hex(&written), hex(&encoding), "{case}");
        count += 1;
    }
    assert_eq!(count, 8);
}

#[test]
fn errors_of_real_kdcs_are_read() {
    for case in testvectors::load("krb5/krb-error.txt") {
        let encoding = case.bytes("encoding");
        let error = KrbError::decode(&encoding).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(error.error_code.0, case.number::<i32>("error-code"), "{case}");
        assert_eq!(error.realm, case.text("realm").as_bytes(), "{case}");
        let sname: Vec<_> = error.sname.components().map(String::from_utf8_lossy).collect();
        assert_eq!(sname.join("/"), case.text("sname"), "{case}");
    }
}
