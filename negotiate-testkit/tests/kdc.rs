//! The embedded KDC and mech-krb5's exchanges, each held against the other.

use mech_krb5::Credential;
use mech_krb5::crypto::{EncryptionType, Key, KeyUsage};
use mech_krb5::kdc::{AsExchange, ClientSecret, KdcError, KdcStep, TgsExchange};
use mech_krb5::message::{
    AdType, AuthorizationData, AuthorizationDataEntry, EncTicketPart, KdcReq, KrbError, TicketFlags,
};
use mech_krb5::pac::{BufferType, Evidence, KdcEvidence, Pac};
use negotiate_core::der::Reader;
use negotiate_core::{Explain, Seconds, Timestamp};
use negotiate_testkit::{Account, Clock, Kdc};

const SERVICE: &str = "HTTP/www.example.test";

fn clock() -> Clock {
    Clock::simulated(Timestamp::from_unix_micros(1_795_327_035_500_000))
}

fn kdc() -> Kdc {
    Kdc::new("EXAMPLE.TEST")
        .clock(clock())
        .user("alice", "secret")
        .service(SERVICE)
}

fn as_exchange(kdc: &Kdc, password: &str) -> AsExchange {
    AsExchange::new(kdc.principal("alice"), ClientSecret::password(password)).forwardable()
}

fn log_in(kdc: &Kdc) -> Credential {
    kdc.run(|ambient| as_exchange(kdc, "secret").begin(ambient))
        .unwrap()
}

fn service_ticket(kdc: &Kdc, tgt: &Credential, service: &str) -> Result<Credential, KdcError> {
    kdc.run(|ambient| TgsExchange::service(tgt, kdc.principal(service)).begin(ambient))
}

/// The ticket's sealed part, opened with a key of `keys`.
fn opened(kdc: &Kdc, ticket: &Credential, name: &str) -> (Key, Vec<u8>) {
    let keytab = kdc.keytab(&[name]);
    let enc_part = ticket.read_ticket().unwrap().enc_part;
    let entry = keytab
        .entries()
        .iter()
        .find(|entry| entry.etype() == enc_part.etype)
        .unwrap();
    let key = Key::new(
        EncryptionType::from_number(entry.etype()).unwrap(),
        entry.key().expose(),
    )
    .unwrap();
    let mut buffer = enc_part.cipher.to_vec();
    key.for_usage(KeyUsage::TICKET).decrypt_vec(&mut buffer).unwrap();
    (key, buffer)
}

#[test]
fn a_ticket_is_what_its_owner_was_told() {
    let kdc = kdc();
    for session_type in EncryptionType::ALL {
        let exchange = as_exchange(&kdc, "secret").encryption_types([session_type]);
        let tgt = kdc.run(|ambient| exchange.begin(ambient)).unwrap();
        assert_eq!(tgt.session_etype, session_type.number());
        for ticket_type in EncryptionType::ALL {
            let name = format!("HTTP/{}-{}", ticket_type.number(), session_type.number());
            let service = Account::with_random_keys(&name).encryption_types([ticket_type, session_type]);
            let kdc = kdc.clone().account(service);
            let exchange = TgsExchange::service(&tgt, kdc.principal(&name)).encryption_types([session_type]);
            let ticket = kdc.run(|ambient| exchange.begin(ambient)).unwrap();

            let (key, part) = opened(&kdc, &ticket, &name);
            assert_eq!(key.encryption_type(), ticket_type);
            let part = EncTicketPart::decode(&part).unwrap();
            assert_eq!(part.cname.in_realm(part.crealm), kdc.principal("alice"));
            assert!(ticket.session_key.ct_eq(part.key.keyvalue));
            assert_eq!(part.key.keytype, session_type.number());
            assert_eq!(part.flags, ticket.flags);
            assert_eq!(
                (Some(part.authtime), part.starttime),
                (ticket.authtime, ticket.starttime)
            );
            assert_eq!(
                (part.endtime, part.renew_till),
                (ticket.endtime, ticket.renew_till)
            );
        }
    }
}

// MS-PAC section 2.8; MIT krb5 1.20 writes 144 bytes for alice under AES with SHA-1.
#[test]
fn the_pac_carries_every_signature_of_mit_1_20() {
    let kdc = kdc();
    let tgt = log_in(&kdc);
    let ticket = service_ticket(&kdc, &tgt, SERVICE).unwrap();
    let (krbtgt, tgt_part) = opened(&kdc, &tgt, "krbtgt/EXAMPLE.TEST");
    let (service_key, ticket_part) = opened(&kdc, &ticket, SERVICE);
    let own = [
        BufferType::CLIENT_INFO,
        BufferType::SERVER_CHECKSUM,
        BufferType::KDC_CHECKSUM,
    ];
    let for_service = [&[BufferType::TICKET_CHECKSUM][..], &own].concat();
    for (key, part, types) in [
        (&krbtgt, &tgt_part, own.to_vec()),
        (&service_key, &ticket_part, for_service),
    ] {
        let part = EncTicketPart::decode(part).unwrap();
        let pac = pac_of(&part);
        let without_pac = with_pac(&part, &[0]);
        let verified = Pac::parse(&pac)
            .unwrap()
            .verify(&Evidence {
                service_key: &key.checksum_key(KeyUsage::PAC_CHECKSUM),
                kdc: Some(KdcEvidence {
                    keys: std::slice::from_ref(&krbtgt),
                    ticket: &without_pac,
                }),
                client: part.cname.in_realm(part.crealm),
                authtime: part.authtime,
            })
            .unwrap();
        assert_eq!(verified.buffer_types().collect::<Vec<_>>(), types);
        assert_eq!(with_pac(&part, &pac), part.encode());
    }
    assert_eq!(pac_of(&EncTicketPart::decode(&ticket_part).unwrap()).len(), 144);
}

fn pac_of(part: &EncTicketPart<'_>) -> Vec<u8> {
    let outer: Vec<_> = part.authorization_data.unwrap().iter().collect();
    let [container] = outer[..] else {
        panic!("{outer:?}")
    };
    assert_eq!(container.ad_type, AdType::IF_RELEVANT);
    let inner = AuthorizationData::decode(&mut Reader::new(container.ad_data)).unwrap();
    let inner: Vec<_> = inner.iter().collect();
    let [pac] = inner[..] else { panic!("{inner:?}") };
    assert_eq!(pac.ad_type, AdType::WIN2K_PAC);
    pac.ad_data.to_vec()
}

/// The same ticket with another PAC.
fn with_pac(part: &EncTicketPart<'_>, pac: &[u8]) -> Vec<u8> {
    let entry = |ad_type, ad_data| {
        AuthorizationDataEntry::encode_list(&[AuthorizationDataEntry { ad_type, ad_data }])
    };
    let data = entry(AdType::IF_RELEVANT, &entry(AdType::WIN2K_PAC, pac));
    EncTicketPart {
        authorization_data: Some(AuthorizationData::decode(&mut Reader::new(&data)).unwrap()),
        ..*part
    }
    .encode()
}

#[test]
fn keys_of_a_keytab_log_in_too() {
    let kdc = kdc();
    let keytab = kdc.keytab(&["krbtgt/EXAMPLE.TEST", SERVICE]);
    let service = kdc.principal(SERVICE);
    let secret = ClientSecret::from_keytab(&keytab, service.borrow());
    let tgt = kdc
        .run(|ambient| AsExchange::new(service.clone(), secret).begin(ambient))
        .unwrap();
    assert_eq!(tgt.client, service);
    let nobody = ClientSecret::from_keytab(&keytab, kdc.principal("alice").borrow());
    let error = kdc.run(|ambient| AsExchange::new(kdc.principal("alice"), nobody).begin(ambient));
    assert_eq!(error.unwrap_err(), KdcError::NoCommonEncryptionType);
}

#[test]
fn without_preauthentication_the_reply_proves_the_password() {
    let kdc = kdc().account(Account::with_password("bob", "builder").without_preauthentication());
    let log_in = |password: &str| {
        let exchange = AsExchange::new(kdc.principal("bob"), ClientSecret::password(password));
        kdc.run(|ambient| exchange.begin(ambient))
    };
    assert!(
        !log_in("builder")
            .unwrap()
            .flags
            .contains(TicketFlags::PRE_AUTHENT)
    );
    assert_eq!(log_in("burglar").unwrap_err().code(), "krb5.wrong_password");
}

#[test]
fn refusals_have_the_kdcs_names() {
    let kdc = kdc();
    let refused = |exchange: AsExchange| kdc.run(|ambient| exchange.begin(ambient)).unwrap_err().code();
    assert_eq!(refused(as_exchange(&kdc, "wrong")), "krb5.wrong_password");
    let mallory = AsExchange::new(kdc.principal("mallory"), ClientSecret::password("x"));
    assert_eq!(refused(mallory), "krb5.client_unknown");
    let nothing = as_exchange(&kdc, "secret").server(kdc.principal("HTTP/nowhere.example.test"));
    assert_eq!(refused(nothing), "krb5.service_unknown");
    let elsewhere = AsExchange::new(
        mech_krb5::Principal::parse("alice@OTHER.TEST").unwrap(),
        ClientSecret::password("x"),
    );
    assert_eq!(refused(elsewhere), "krb5.kdc_wrong_realm");
    let over_at_once = as_exchange(&kdc, "secret").lifetime(Seconds(0));
    assert_eq!(refused(over_at_once), "krb5.kdc_refused");
    let tgt = log_in(&kdc);
    let unknown = service_ticket(&kdc, &tgt, "HTTP/nowhere.example.test").unwrap_err();
    assert_eq!(unknown.code(), "krb5.service_unknown");
    kdc.its_clock().advance(Seconds(11 * 3600));
    assert_eq!(
        service_ticket(&kdc, &tgt, SERVICE).unwrap_err().code(),
        "krb5.tgt_expired"
    );
}

#[test]
fn types_that_only_one_side_has() {
    let service = Account::with_random_keys("HTTP/new.example.test")
        .encryption_types([EncryptionType::Aes256CtsHmacSha384_192]);
    let kdc = kdc().account(service);
    let tgt = log_in(&kdc);
    let exchange = TgsExchange::service(&tgt, kdc.principal("HTTP/new.example.test"))
        .encryption_types([EncryptionType::Aes128CtsHmacSha1_96]);
    assert_eq!(
        kdc.run(|ambient| exchange.begin(ambient)).unwrap_err().code(),
        "krb5.kdc_etype"
    );
}

#[test]
fn clocks_have_to_agree() {
    let kdc = kdc();
    let slow = Clock::simulated(kdc.its_clock().now().minus(Seconds(600)));
    let KdcStep::Ask(ask) = slow
        .ambient(|ambient| as_exchange(&kdc, "secret").begin(ambient))
        .unwrap()
    else {
        panic!()
    };
    let demand = kdc.handle(ask.request());
    let KdcStep::Ask(ask) = slow.ambient(|ambient| ask.answer(&demand, ambient)).unwrap() else {
        panic!()
    };
    let refusal = kdc.handle(ask.request());
    let error = slow.ambient(|ambient| ask.answer(&refusal, ambient)).unwrap_err();
    assert_eq!(error.code(), "krb5.kdc_clock_skew");
    // The KDC's time comes along, so that a client can tell whose clock is wrong by how much.
    let KdcError::Refused(refusal) = error else {
        panic!()
    };
    assert_eq!(refusal.kdc_time, kdc.its_clock().now());
}

#[test]
fn forwarding_is_for_those_who_may() {
    let kdc = kdc()
        .account(Account::with_random_keys("HTTP/trusted.example.test").trusted_for_delegation())
        .account(Account::with_random_keys("HTTP/guarded.example.test").not_delegated())
        .account(Account::with_password("admin", "secret").not_delegated());
    let tgt = log_in(&kdc);
    assert!(tgt.flags.contains(TicketFlags::FORWARDABLE));
    let forwarded = kdc
        .run(|ambient| TgsExchange::forwarded(&tgt).begin(ambient))
        .unwrap();
    assert!(
        forwarded
            .flags
            .contains(TicketFlags::FORWARDED.with(TicketFlags::FORWARDABLE))
    );
    let has = |credential: &Credential, flag| credential.flags.contains(flag);
    let ticket = service_ticket(&kdc, &forwarded, "HTTP/trusted.example.test").unwrap();
    assert!(has(&ticket, TicketFlags::FORWARDED) && has(&ticket, TicketFlags::OK_AS_DELEGATE));
    let ticket = service_ticket(&kdc, &tgt, "HTTP/guarded.example.test").unwrap();
    assert!(!has(&ticket, TicketFlags::FORWARDABLE) && !has(&ticket, TicketFlags::OK_AS_DELEGATE));

    let exchange = AsExchange::new(kdc.principal("admin"), ClientSecret::password("secret")).forwardable();
    let tgt = kdc.run(|ambient| exchange.begin(ambient)).unwrap();
    assert!(!has(&tgt, TicketFlags::FORWARDABLE));
    let error = kdc
        .run(|ambient| TgsExchange::forwarded(&tgt).begin(ambient))
        .unwrap_err();
    assert_eq!(error.code(), "krb5.kdc_policy");
}

#[test]
fn lifetimes_are_the_shorter_of_asked_and_allowed() {
    let kdc = kdc().ticket_lifetime(Seconds(3600));
    let now = kdc.its_clock().now().unix();
    let end = |lifetime| {
        let exchange = as_exchange(&kdc, "secret").lifetime(lifetime);
        kdc.run(|ambient| exchange.begin(ambient)).unwrap().endtime.unix()
    };
    assert_eq!(end(Seconds(600)), now + 600);
    assert_eq!(end(Seconds(7200)), now + 3600);
    let exchange = as_exchange(&kdc, "secret").renewable(Seconds(86_400));
    let tgt = kdc.run(|ambient| exchange.begin(ambient)).unwrap();
    assert!(tgt.flags.contains(TicketFlags::RENEWABLE));
    assert_eq!(tgt.renew_till.unwrap().unix(), now + 86_400);
}

#[test]
fn changed_keys_have_the_next_version() {
    let kdc = kdc();
    let tgt = log_in(&kdc);
    let kvno = |ticket: &Credential| ticket.read_ticket().unwrap().enc_part.kvno;
    assert_eq!(kvno(&service_ticket(&kdc, &tgt, SERVICE).unwrap()), Some(1));
    kdc.rekey(SERVICE);
    assert_eq!(kvno(&service_ticket(&kdc, &tgt, SERVICE).unwrap()), Some(2));
    assert!(
        kdc.keytab(&[SERVICE])
            .entries()
            .iter()
            .all(|entry| entry.kvno() == 2)
    );
    kdc.set_password("alice", "new");
    let error = kdc
        .run(|ambient| as_exchange(&kdc, "secret").begin(ambient))
        .unwrap_err();
    assert_eq!(error.code(), "krb5.wrong_password");
    kdc.run(|ambient| as_exchange(&kdc, "new").begin(ambient))
        .unwrap();
    // The old ticket-granting ticket is not worth anything under a new key.
    kdc.rekey("krbtgt/EXAMPLE.TEST");
    assert!(service_ticket(&kdc, &tgt, SERVICE).is_err());
}

// RFC 4120 sections 5.5.1 and 3.3.2: nothing of a request can be changed under way.
#[test]
fn no_changed_request_gets_a_ticket_that_its_client_takes() {
    let kdc = kdc();
    let tgt = log_in(&kdc);
    let begin = || {
        let step = kdc
            .its_clock()
            .ambient(|ambient| TgsExchange::service(&tgt, kdc.principal(SERVICE)).begin(ambient));
        let Ok(KdcStep::Ask(ask)) = step else { panic!() };
        ask
    };
    let len = begin().request().len();
    let mut issued = 0;
    for at in 0..len {
        let ask = begin();
        let mut request = ask.request().to_vec();
        request[at] ^= 1 << (at % 8);
        let reply = kdc.handle(&request);
        let answered = kdc.its_clock().ambient(|ambient| ask.answer(&reply, ambient));
        if let Ok(KdcStep::Done(ticket)) = answered {
            // Outside every seal are ap-options and the type of the ticket's sname; the body is under the checksum.
            assert_eq!(ticket.server, kdc.principal(SERVICE), "byte {at}");
            let body_len = KdcReq::decode(&request).unwrap().body_der.len();
            assert!(at < len - body_len, "byte {at} of the body");
            issued += 1;
        }
    }
    assert!(issued < 16, "{issued} changed requests got a ticket");
}

#[test]
fn garbage_gets_an_error() {
    let kdc = kdc();
    let request = {
        let step = kdc
            .its_clock()
            .ambient(|ambient| as_exchange(&kdc, "secret").begin(ambient));
        let Ok(KdcStep::Ask(ask)) = step else { panic!() };
        ask.request().to_vec()
    };
    for len in 0..request.len() {
        KrbError::decode(&kdc.handle(&request[..len])).unwrap();
    }
    KrbError::decode(&kdc.handle(&[0xff; 100])).unwrap();
}
