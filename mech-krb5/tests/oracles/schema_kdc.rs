//! Messages between client and KDC, encoded by the schema and read by us, and back.

use crate::schema::{
    a_key, a_name, a_text, a_ticket, a_time, addresses, data, encoded, flags, integer, key, maybe_addresses,
    maybe_padata, maybe_time, micros, name, octets, padata, some_data, some_flags, text, ticket, time,
    time_and_micros,
};
use mech_krb5::message::{
    EncKdcRepPart, EtypeInfo2Entry, KdcExchange, KdcRep, KdcReq, KdcReqBody, PaEncTsEnc,
};
use negotiate_core::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rasn_kerberos as schema;

fn exchange() -> impl Strategy<Value = KdcExchange> {
    prop_oneof![Just(KdcExchange::As), Just(KdcExchange::Tgs)]
}

prop_compose! {
    fn body()(
        (options, cname, realm, sname) in (some_flags(), option::of(a_name()), a_text(), option::of(a_name())),
        (from, till, rtime, nonce) in (maybe_time(), a_time(), maybe_time(), any::<u32>()),
        (etype, addresses) in (vec(any::<i32>(), 0..5), maybe_addresses()),
        (enc_authorization_data, additional_tickets) in (option::of(some_data()), option::of(vec(a_ticket(), 1..3))),
    ) -> schema::KdcReqBody {
        let kdc_options = schema::KdcOptions(options);
        schema::KdcReqBody {
            kdc_options, cname, realm, sname, from, till, rtime, nonce, etype, addresses, enc_authorization_data,
            additional_tickets,
        }
    }
}

fn body_back(body: &KdcReqBody<'_>) -> schema::KdcReqBody {
    let tickets: Vec<_> = body.additional_tickets.iter().map(ticket).collect();
    schema::KdcReqBody {
        kdc_options: schema::KdcOptions(flags(body.kdc_options.0)),
        cname: body.cname.map(name),
        realm: text(body.realm),
        sname: body.sname.map(name),
        from: body.from.map(time),
        till: time(body.till),
        rtime: body.rtime.map(time),
        nonce: body.nonce,
        etype: body.etype.clone(),
        addresses: body.addresses.map(addresses),
        enc_authorization_data: body.enc_authorization_data.map(data),
        additional_tickets: (!tickets.is_empty()).then_some(tickets),
    }
}

proptest! {
    #[test]
    fn requests(exchange in exchange(), padata_value in maybe_padata(), req_body in body()) {
        let value = schema::KdcReq {
            pvno: integer(5),
            msg_type: integer(exchange.request_number().into()),
            padata: padata_value,
            req_body,
        };
        let bytes = match exchange {
            KdcExchange::As => encoded(&schema::AsReq(value.clone())),
            KdcExchange::Tgs => encoded(&schema::TgsReq(value.clone())),
        };
        let read = KdcReq::decode(&bytes).unwrap();
        prop_assert_eq!(read.exchange, exchange);
        prop_assert_eq!(padata(&read.padata), value.padata);
        prop_assert_eq!(body_back(&read.body), value.req_body);
        prop_assert_eq!(&read.body.encode()[..], read.body_der);
        prop_assert_eq!(KdcReq::encode(exchange, &read.padata, read.body_der), bytes);
    }

    #[test]
    fn replies(
        exchange in exchange(),
        (padata_value, crealm, cname) in (maybe_padata(), a_text(), a_name()),
        (ticket_value, enc_part) in (a_ticket(), some_data()),
    ) {
        let value = schema::KdcRep {
            pvno: integer(5),
            msg_type: integer(exchange.reply_number().into()),
            padata: padata_value,
            crealm,
            cname,
            ticket: ticket_value,
            enc_part,
        };
        let bytes = match exchange {
            KdcExchange::As => encoded(&schema::AsRep(value.clone())),
            KdcExchange::Tgs => encoded(&schema::TgsRep(value.clone())),
        };
        let read = KdcRep::decode(exchange, &bytes).unwrap();
        prop_assert_eq!(padata(&read.padata), value.padata);
        prop_assert_eq!((text(read.crealm), name(read.cname)), (value.crealm, value.cname));
        prop_assert_eq!((ticket(&read.ticket), data(read.enc_part)), (value.ticket, value.enc_part));
        prop_assert_eq!(read.encode(), bytes);
    }

    #[test]
    fn sealed_parts_of_replies(
        exchange in exchange(),
        (session_key, nonce, key_expiration, ticket_flags) in (a_key(), any::<u32>(), maybe_time(), some_flags()),
        (auth_time, start_time, end_time, renew_till) in (a_time(), maybe_time(), a_time(), maybe_time()),
        (srealm, sname, caddr, encrypted_pa_data) in (a_text(), a_name(), maybe_addresses(), maybe_padata()),
    ) {
        // What we write there, and never read.
        let last_req = vec![schema::LastReqValue { r#type: 0, value: time(Timestamp::from_unix(0)) }];
        let value = schema::EncKdcRepPart {
            key: session_key,
            last_req: last_req.clone(),
            nonce,
            key_expiration,
            flags: schema::TicketFlags(ticket_flags),
            auth_time,
            start_time,
            end_time,
            renew_till,
            srealm,
            sname,
            caddr,
            encrypted_pa_data,
        };
        let bytes = match exchange {
            KdcExchange::As => encoded(&schema::EncAsRepPart(value.clone())),
            KdcExchange::Tgs => encoded(&schema::EncTgsRepPart(value.clone())),
        };
        let read = EncKdcRepPart::decode(&bytes).unwrap();
        let back = schema::EncKdcRepPart {
            key: key(read.key),
            last_req,
            nonce: read.nonce,
            key_expiration: read.key_expiration.map(time),
            flags: schema::TicketFlags(flags(read.flags.0)),
            auth_time: time(read.authtime),
            start_time: read.starttime.map(time),
            end_time: time(read.endtime),
            renew_till: read.renew_till.map(time),
            srealm: text(read.srealm),
            sname: name(read.sname),
            caddr: read.caddr.map(addresses),
            encrypted_pa_data: padata(&read.encrypted_pa_data),
        };
        prop_assert_eq!(back, value);
        prop_assert_eq!(read.encode(exchange), bytes);
    }

    #[test]
    fn hints_about_keys(entries in vec((any::<i32>(), option::of(a_text()), option::of(octets())), 0..4)) {
        let value: schema::EtypeInfo2 = entries
            .into_iter()
            .map(|(etype, salt, s2kparams)| schema::EtypeInfo2Entry { etype, salt, s2kparams })
            .collect();
        let bytes = encoded(&value);
        let read = EtypeInfo2Entry::decode_list(&bytes).unwrap();
        let back: schema::EtypeInfo2 = read
            .iter()
            .map(|entry| schema::EtypeInfo2Entry {
                etype: entry.etype,
                salt: entry.salt.map(text),
                s2kparams: entry.s2kparams.map(|params| params.to_vec().into()),
            })
            .collect();
        prop_assert_eq!(back, value);
        prop_assert_eq!(EtypeInfo2Entry::encode_list(&read), bytes);
    }

    #[test]
    fn timestamps_under_a_key(patimestamp in a_time(), pausec in micros()) {
        let value = schema::PaEncTsEnc { patimestamp, pausec: Some(pausec) };
        let bytes = encoded(&value);
        let read = PaEncTsEnc::decode(&bytes).unwrap();
        let (patimestamp, pausec) = time_and_micros(read.patimestamp);
        prop_assert_eq!(schema::PaEncTsEnc { patimestamp, pausec: Some(pausec) }, value);
        prop_assert_eq!(read.encode(), bytes);
    }
}
