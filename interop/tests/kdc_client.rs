//! mech-krb5's own exchanges against a real MIT KDC, and its initiator against MIT's acceptor.

use interop::kdc::kadmin;
use interop::peers::keytab;
use interop::token::{by_mit, explain};
use mech_krb5::crypto::EncryptionType;
use mech_krb5::kdc::{AsExchange, ClientSecret, KdcError, KdcStep, TgsExchange};
use mech_krb5::keytab::Keytab;
use mech_krb5::message::TicketFlags;
use mech_krb5::{Credential, Krb5Initiator, Principal};
use negotiate_core::{
    Ambient, ContextFlags, Explain, InitiateStep, Initiator, Seconds, SpnegoInitiator, SystemRandom,
    Timestamp,
};
use std::io::{Read, Write};
use std::net::TcpStream;

/// The KDC of `interop/run`, as its krb5.conf has it.
fn kdc_address() -> String {
    let conf = std::env::var("KRB5_CONFIG").expect("set by interop/run");
    let conf = std::fs::read_to_string(conf).unwrap();
    let line = conf.lines().find_map(|line| line.trim().strip_prefix("kdc = "));
    line.expect("a KDC").to_owned()
}

/// RFC 4120 section 7.2.2: a length before each message.
fn ask(request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(kdc_address()).unwrap();
    let length = u32::try_from(request.len()).unwrap().to_be_bytes();
    stream.write_all(&[&length[..], request].concat()).unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut reply = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
    stream.read_exact(&mut reply).unwrap();
    reply
}

fn ambient<T>(step: impl FnOnce(&mut Ambient<'_>) -> T) -> T {
    step(&mut Ambient {
        now: Timestamp::now(),
        random: &mut SystemRandom,
    })
}

fn run(
    begin: impl FnOnce(&mut Ambient<'_>) -> Result<KdcStep<Credential>, KdcError>,
) -> Result<Credential, KdcError> {
    let mut step = ambient(begin)?;
    loop {
        match step {
            KdcStep::Done(credential) => return Ok(credential),
            KdcStep::Ask(question) => {
                let reply = ask(question.request());
                step = ambient(|ambient| question.answer(&reply, ambient))?;
            }
        }
    }
}

fn principal(text: &str) -> Principal {
    Principal::parse(text).unwrap()
}

fn alice() -> AsExchange {
    AsExchange::new(principal("alice@MIT.TEST"), ClientSecret::password("Alice-pw1")).forwardable()
}

fn tgt() -> Credential {
    run(|ambient| alice().begin(ambient)).unwrap()
}

fn ticket(tgt: &Credential, service: &str) -> Result<Credential, KdcError> {
    run(|ambient| TgsExchange::service(tgt, principal(service)).begin(ambient))
}

#[test]
fn a_password_gets_a_ticket() {
    let tgt = tgt();
    assert_eq!(tgt.server, principal("krbtgt/MIT.TEST@MIT.TEST"));
    assert!(
        tgt.flags
            .contains(TicketFlags::FORWARDABLE.with(TicketFlags::PRE_AUTHENT))
    );
    // RFC 6806 section 11: the KDC proved which request it saw.
    assert!(tgt.flags.contains(TicketFlags::ENC_PA_REP));
    for etype in EncryptionType::ALL {
        let tgt = run(|ambient| alice().encryption_types([etype]).begin(ambient)).unwrap();
        assert_eq!(tgt.session_etype, etype.number());
    }
    let short = run(|ambient| {
        alice()
            .lifetime(Seconds(600))
            .renewable(Seconds(3600))
            .begin(ambient)
    })
    .unwrap();
    assert!(short.endtime <= Timestamp::now().plus(Seconds(600)));
}

#[test]
fn a_keytab_gets_a_ticket() {
    let file = std::fs::read(keytab("www")).unwrap();
    let www = principal("HTTP/www.mit.test@MIT.TEST");
    let secret = ClientSecret::from_keytab(&Keytab::parse(&file).unwrap(), www.borrow());
    let tgt = run(|ambient| AsExchange::new(www.clone(), secret).begin(ambient)).unwrap();
    assert_eq!(tgt.client, www);
}

#[test]
fn the_kdcs_reasons_arrive() {
    let refused = |client: &str, password: &str| {
        let exchange = AsExchange::new(principal(client), ClientSecret::password(password));
        run(|ambient| exchange.begin(ambient)).unwrap_err().code()
    };
    assert_eq!(refused("alice@MIT.TEST", "wrong"), "krb5.wrong_password");
    assert_eq!(refused("nobody@MIT.TEST", "x"), "krb5.client_unknown");
    kadmin("addprinc -pw Gone-pw1 -allow_tix gone");
    assert_eq!(refused("gone@MIT.TEST", "Gone-pw1"), "krb5.client_revoked");
    kadmin("addprinc -pw Late-pw1 -pwexpire yesterday late");
    assert_eq!(refused("late@MIT.TEST", "Late-pw1"), "krb5.password_expired");
    assert_eq!(
        ticket(&tgt(), "HTTP/nowhere.mit.test@MIT.TEST")
            .unwrap_err()
            .code(),
        "krb5.service_unknown"
    );
}

#[test]
fn services_of_each_encryption_type() {
    let tgt = tgt();
    for etype in EncryptionType::ALL {
        let service = format!("HTTP/e{}.mit.test@MIT.TEST", etype.number());
        let ticket = ticket(&tgt, &service).unwrap();
        assert_eq!(ticket.server, principal(&service));
        assert_eq!(ticket.session_etype, etype.number());
        assert_eq!(ticket.read_ticket().unwrap().enc_part.etype, etype.number());
        taken_by_mit_and_us(Krb5Initiator::new(ticket), "alice@MIT.TEST");
    }
}

/// The first token of both framings, judged by MIT's acceptor and by ours.
fn taken_by_mit_and_us(initiator: Krb5Initiator, user: &str) {
    let begin = |initiator: Box<dyn Initiator>| match ambient(|ambient| initiator.begin(ambient)).unwrap() {
        InitiateStep::Continue { output, .. } => output,
        InitiateStep::Complete { output, .. } => output.unwrap(),
    };
    for token in [
        begin(Box::new(SpnegoInitiator::new(initiator.clone()))),
        begin(Box::new(initiator)),
    ] {
        let said = by_mit(&keytab("www"), token.as_bytes());
        assert_eq!(said["src_name"], user, "{said}");
        let said = explain(&keytab("www"), &[], token.as_bytes());
        assert_eq!(
            (said.exit, said.json["src_name"].as_str()),
            (Some(0), Some(user)),
            "{}",
            said.json
        );
    }
}

#[test]
fn every_kind_of_initiator_is_taken() {
    let tgt = tgt();
    let ticket = || ticket(&tgt, "HTTP/www.mit.test@MIT.TEST").unwrap();
    let forwarded = run(|ambient| TgsExchange::forwarded(&tgt).begin(ambient)).unwrap();
    assert!(forwarded.flags.contains(TicketFlags::FORWARDED));
    for initiator in [
        Krb5Initiator::new(ticket()),
        Krb5Initiator::new(ticket()).flags(ContextFlags::INTEGRITY),
        Krb5Initiator::new(ticket()).flags(ContextFlags::default()),
        Krb5Initiator::new(ticket()).advertise_bindings(),
        Krb5Initiator::new(ticket()).delegate(forwarded),
    ] {
        taken_by_mit_and_us(initiator, "alice@MIT.TEST");
    }
}

// The service's own ticket-granting ticket: what Basic logins verify a password with opens with the service's key.
#[test]
fn a_ticket_of_the_service_itself_by_password() {
    let www = principal("HTTP/www.mit.test@MIT.TEST");
    let ticket = run(|ambient| alice().server(www.clone()).begin(ambient)).unwrap();
    assert_eq!(ticket.server, www);
    taken_by_mit_and_us(Krb5Initiator::new(ticket), "alice@MIT.TEST");
}
