//! Messages between client and service, encoded by the schema and read by us, and back.

use crate::schema::{
    a_key, a_name, a_text, a_ticket, a_time, addresses, authorization_data, data, encoded, flags, integer,
    key, maybe_addresses, maybe_authorization_data, maybe_time, micros, name, octets, some_data, some_flags,
    text, ticket, time, time_and_micros,
};
use mech_krb5::message::{
    ApReq, Authenticator, EncApRepPart, EncKrbCredPart, EncTicketPart, KrbCred, KrbCredInfo, KrbError, Ticket,
};
use negotiate_core::der::Reader;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rasn_kerberos as schema;

proptest! {
    #[test]
    fn tickets(value in a_ticket()) {
        let bytes = encoded(&value);
        let read = Ticket::decode(&mut Reader::new(&bytes)).unwrap();
        prop_assert_eq!(read.raw, &bytes[..]);
        prop_assert_eq!(ticket(&read), value);
        prop_assert_eq!(Ticket::encode(read.sname.in_realm(read.realm), &read.enc_part), bytes);
    }

    #[test]
    fn ap_reqs(options in some_flags(), ticket_value in a_ticket(), authenticator in some_data()) {
        let value = schema::ApReq {
            pvno: integer(5),
            msg_type: integer(14),
            ap_options: schema::ApOptions(options),
            ticket: ticket_value,
            authenticator,
        };
        let bytes = encoded(&value);
        let read = ApReq::decode(&bytes).unwrap();
        prop_assert_eq!(flags(read.ap_options.0), value.ap_options.0);
        prop_assert_eq!(ticket(&read.ticket), value.ticket);
        prop_assert_eq!(data(read.authenticator), value.authenticator);
        prop_assert_eq!(read.encode(), bytes);
    }

    #[test]
    fn enc_ticket_parts(
        (ticket_flags, session_key, crealm, cname) in (some_flags(), a_key(), a_text(), a_name()),
        (tr_type, transited) in (any::<i32>(), octets()),
        (auth_time, start_time, end_time, renew_till) in (a_time(), maybe_time(), a_time(), maybe_time()),
        (caddr, authdata) in (maybe_addresses(), maybe_authorization_data()),
    ) {
        let value = schema::EncTicketPart {
            flags: schema::TicketFlags(ticket_flags),
            key: session_key,
            crealm,
            cname,
            transited: schema::TransitedEncoding { r#type: tr_type, contents: transited },
            auth_time,
            start_time,
            end_time,
            renew_till,
            caddr,
            authorization_data: authdata,
        };
        let bytes = encoded(&value);
        let read = EncTicketPart::decode(&bytes).unwrap();
        let back = schema::EncTicketPart {
            flags: schema::TicketFlags(flags(read.flags.0)),
            key: key(read.key),
            crealm: text(read.crealm),
            cname: name(read.cname),
            transited: schema::TransitedEncoding {
                r#type: read.transited.tr_type,
                contents: read.transited.contents.to_vec().into(),
            },
            auth_time: time(read.authtime),
            start_time: read.starttime.map(time),
            end_time: time(read.endtime),
            renew_till: read.renew_till.map(time),
            caddr: read.caddr.map(addresses),
            authorization_data: read.authorization_data.map(authorization_data),
        };
        prop_assert_eq!(back, value);
        prop_assert_eq!(read.encode(), bytes);
    }

    #[test]
    fn authenticators(
        (crealm, cname, cksum) in (a_text(), a_name(), option::of((any::<i32>(), octets()))),
        (cusec, ctime) in (micros(), a_time()),
        (subkey, seq_number, authdata) in (option::of(a_key()), option::of(any::<u32>()), maybe_authorization_data()),
    ) {
        let value = schema::Authenticator {
            authenticator_vno: integer(5),
            crealm,
            cname,
            cksum: cksum.map(|(r#type, checksum)| schema::Checksum { r#type, checksum }),
            cusec,
            ctime,
            subkey,
            seq_number,
            authorization_data: authdata,
        };
        let bytes = encoded(&value);
        let read = Authenticator::decode(&bytes).unwrap();
        let (ctime, cusec) = time_and_micros(read.ctime);
        let back = schema::Authenticator {
            authenticator_vno: integer(5),
            crealm: text(read.crealm),
            cname: name(read.cname),
            cksum: read.cksum.map(|cksum| schema::Checksum {
                r#type: cksum.cksumtype,
                checksum: cksum.checksum.to_vec().into(),
            }),
            cusec,
            ctime,
            subkey: read.subkey.map(key),
            seq_number: read.seq_number,
            authorization_data: read.authorization_data.map(authorization_data),
        };
        prop_assert_eq!(back, value);
        prop_assert_eq!(read.encode(), bytes);
    }

    #[test]
    fn ap_reps(enc_part in some_data(), ctime in a_time(), cusec in micros(), subkey in option::of(a_key()), seq_number in option::of(any::<u32>())) {
        let value = schema::ApRep { pvno: integer(5), msg_type: integer(15), enc_part };
        prop_assert_eq!(data(EncApRepPart::decode_sealed(&encoded(&value)).unwrap()), value.enc_part);
        let value = schema::EncApRepPart { ctime, cusec, subkey, seq_number };
        let bytes = encoded(&value);
        let read = EncApRepPart::decode(&bytes).unwrap();
        let (ctime, cusec) = time_and_micros(read.ctime);
        let back = schema::EncApRepPart { ctime, cusec, subkey: read.subkey.map(key), seq_number: read.seq_number };
        prop_assert_eq!(back, value);
        prop_assert_eq!(read.encode(), bytes);
    }

    #[test]
    fn krb_creds(tickets in vec(a_ticket(), 1..4), enc_part in some_data()) {
        let value = schema::KrbCred { pvno: integer(5), msg_type: integer(22), tickets, enc_part };
        let bytes = encoded(&value);
        let read = KrbCred::decode(&bytes).unwrap();
        prop_assert_eq!(read.tickets.iter().map(ticket).collect::<Vec<_>>(), value.tickets);
        prop_assert_eq!(data(read.enc_part), value.enc_part);
        prop_assert_eq!(read.encode(), bytes);
    }

    #[test]
    fn enc_krb_cred_parts(ticket_info in vec(krb_cred_info(), 0..4), rest in (option::of(any::<u32>()), maybe_time(), option::of(micros()))) {
        let (nonce, timestamp, usec) = rest;
        let mut value = schema::EncKrbCredPart {
            ticket_info,
            nonce,
            timestamp,
            usec,
            sender_address: Some(schema::HostAddress { addr_type: 2, address: vec![192, 0, 2, 1].into() }),
            recipient_address: None,
        };
        let read_infos = |bytes: &[u8]| {
            let read = EncKrbCredPart::decode(bytes).unwrap();
            read.ticket_info.iter().map(info_back).collect::<Vec<_>>()
        };
        prop_assert_eq!(&read_infos(&encoded(&value)), &value.ticket_info);
        // Who sends it where is for others to write.
        value = schema::EncKrbCredPart { nonce: None, timestamp: None, usec: None, sender_address: None, ..value };
        let bytes = encoded(&value);
        prop_assert_eq!(EncKrbCredPart::decode(&bytes).unwrap().encode(), bytes);
    }

    #[test]
    fn krb_errors(
        (ctime, cusec, stime, susec) in (maybe_time(), option::of(micros()), a_time(), micros()),
        (error_code, client) in (any::<i32>(), option::of((a_text(), a_name()))),
        (realm, sname, e_text, e_data) in (a_text(), a_name(), option::of(a_text()), option::of(octets())),
    ) {
        let (crealm, cname) = client.unzip();
        let mut value = schema::KrbError {
            pvno: integer(5),
            msg_type: integer(30),
            ctime,
            cusec,
            stime,
            susec,
            error_code,
            crealm,
            cname,
            realm,
            sname,
            e_text,
            e_data,
        };
        let bytes = encoded(&value);
        let read = KrbError::decode(&bytes).unwrap();
        // The client's own time is nothing that it has to be told.
        value.ctime = None;
        value.cusec = None;
        let (stime, susec) = time_and_micros(read.stime);
        let back = schema::KrbError {
            pvno: integer(5),
            msg_type: integer(30),
            ctime: None,
            cusec: None,
            stime,
            susec,
            error_code: read.error_code.0,
            crealm: read.client.map(|client| text(client.realm())),
            cname: read.client.map(|client| name(client.name())),
            realm: text(read.realm),
            sname: name(read.sname),
            e_text: read.e_text.map(text),
            e_data: read.e_data.map(|data| data.to_vec().into()),
        };
        prop_assert_eq!(&back, &value);
        prop_assert_eq!(read.encode(), encoded(&value));
    }
}

prop_compose! {
    fn krb_cred_info()(
        (key, prealm, pname, flags) in (a_key(), option::of(a_text()), option::of(a_name()), option::of(some_flags())),
        (auth_time, start_time, end_time, renew_till) in (maybe_time(), maybe_time(), maybe_time(), maybe_time()),
        (srealm, sname, caddr) in (option::of(a_text()), option::of(a_name()), maybe_addresses()),
    ) -> schema::KrbCredInfo {
        let flags = flags.map(schema::TicketFlags);
        schema::KrbCredInfo { key, prealm, pname, flags, auth_time, start_time, end_time, renew_till, srealm, sname, caddr }
    }
}

fn info_back(info: &KrbCredInfo<'_>) -> schema::KrbCredInfo {
    schema::KrbCredInfo {
        key: key(info.key),
        prealm: info.prealm.map(text),
        pname: info.pname.map(name),
        flags: info.flags.map(|bits| schema::TicketFlags(flags(bits.0))),
        auth_time: info.authtime.map(time),
        start_time: info.starttime.map(time),
        end_time: info.endtime.map(time),
        renew_till: info.renew_till.map(time),
        srealm: info.srealm.map(text),
        sname: info.sname.map(name),
        caddr: info.caddr.map(addresses),
    }
}
