//! mech-krb5's own exchanges against real KDCs, MIT's and Heimdal's, and its initiator against MIT's acceptor.

use interop::acceptor::{acceptor, ambient, step};
use interop::heimdal::{self, Initiator as HeimdalInitiator};
use interop::kdc::{Tickets, address_in, kadmin};
use interop::peers::{keytab, state};
use interop::token::{by_mit, explain, initiate};
use mech_krb5::crypto::{EncryptionType, EncryptionTypes};
use mech_krb5::kdc::{AsExchange, ClientSecret, KdcError, KdcStep, TgsExchange};
use mech_krb5::keytab::Keytab;
use mech_krb5::message::TicketFlags;
use mech_krb5::{Credential, Details, Krb5Initiator, Principal};
use negotiate_core::{
    Ambient, ContextFlags, Explain, InitiateStep, Initiator, Seconds, SpnegoInitiator, Step, Timestamp,
};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;

/// One of the realms of `interop/run`, with an account for alice and keytabs of its services.
#[derive(Clone, Copy)]
enum Realm {
    Mit,
    Heimdal,
    /// MIT's, with keys of Camellia alone; no service `e17`.
    Camellia,
}

impl Realm {
    /// Those that no type has to be named for.
    const ALL: [Self; 2] = [Self::Mit, Self::Heimdal];

    fn name(self) -> &'static str {
        match self {
            Self::Mit => "MIT.TEST",
            Self::Heimdal => "HEIM.TEST",
            Self::Camellia => "CAMELLIA.TEST",
        }
    }

    /// Its services, on the hosts `www` and `e17` to `e20`.
    fn service(self, host: &str) -> Principal {
        let domain = self.name().to_lowercase();
        principal(&format!("HTTP/{host}.{domain}@{}", self.name()))
    }

    fn keytab(self) -> PathBuf {
        match self {
            Self::Mit => keytab("www"),
            Self::Heimdal => heimdal::keytab(),
            Self::Camellia => keytab("camellia"),
        }
    }

    /// RFC 4120 section 7.2.2: a length before each message.
    fn ask(self, request: &[u8]) -> Vec<u8> {
        let address = match self {
            Self::Mit | Self::Camellia => address_in(&state("krb5.conf")),
            Self::Heimdal => heimdal::kdc_address(),
        };
        let mut stream = TcpStream::connect(address).unwrap();
        let length = u32::try_from(request.len()).unwrap().to_be_bytes();
        stream.write_all(&[&length[..], request].concat()).unwrap();
        let mut length = [0; 4];
        stream.read_exact(&mut length).unwrap();
        let mut reply = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
        stream.read_exact(&mut reply).unwrap();
        reply
    }

    fn run(
        self,
        begin: impl FnOnce(&mut Ambient<'_>) -> Result<KdcStep<Credential>, KdcError>,
    ) -> Result<Credential, KdcError> {
        let mut step = ambient(begin)?;
        loop {
            match step {
                KdcStep::Done(credential) => return Ok(credential),
                KdcStep::Ask(question) => {
                    let reply = self.ask(question.request());
                    step = ambient(|ambient| question.answer(&reply, ambient))?;
                }
            }
        }
    }

    fn user(self) -> String {
        format!("alice@{}", self.name())
    }

    fn alice(self) -> AsExchange {
        AsExchange::new(principal(&self.user()), ClientSecret::password("Alice-pw1")).forwardable()
    }

    fn tgt(self) -> Credential {
        self.run(|ambient| self.alice().begin(ambient)).unwrap()
    }

    fn ticket(self, tgt: &Credential, service: Principal) -> Result<Credential, KdcError> {
        self.run(|ambient| TgsExchange::service(tgt, service).begin(ambient))
    }
}

fn principal(text: &str) -> Principal {
    Principal::parse(text).unwrap()
}

#[test]
fn a_password_gets_a_ticket() {
    for realm in Realm::ALL {
        let tgt = realm.tgt();
        let name = realm.name();
        assert_eq!(tgt.server, principal(&format!("krbtgt/{name}@{name}")));
        assert!(
            tgt.flags
                .contains(TicketFlags::FORWARDABLE.with(TicketFlags::PRE_AUTHENT))
        );
        // RFC 6806 section 11: the KDC proved which request it saw.
        assert!(tgt.flags.contains(TicketFlags::ENC_PA_REP), "{name}");
        for etype in EncryptionType::ALL {
            let exchange = realm.alice().encryption_types([etype]);
            let tgt = realm.run(|ambient| exchange.begin(ambient)).unwrap();
            assert_eq!(tgt.session_etype, etype.number());
        }
        let exchange = realm.alice().lifetime(Seconds(600)).renewable(Seconds(3600));
        let short = realm.run(|ambient| exchange.begin(ambient)).unwrap();
        assert!(short.endtime <= Timestamp::now().plus(Seconds(600)));
    }
}

#[test]
fn a_keytab_gets_a_ticket() {
    for realm in Realm::ALL {
        let file = std::fs::read(realm.keytab()).unwrap();
        let www = realm.service("www");
        let secret = ClientSecret::from_keytab(&Keytab::parse(&file).unwrap(), www.borrow());
        let exchange = AsExchange::new(www.clone(), secret);
        let tgt = realm.run(|ambient| exchange.begin(ambient)).unwrap();
        assert_eq!(tgt.client, www);
    }
}

fn refused(realm: Realm, client: &str, password: &str) -> &'static str {
    let client = principal(&format!("{client}@{}", realm.name()));
    let exchange = AsExchange::new(client, ClientSecret::password(password));
    realm.run(|ambient| exchange.begin(ambient)).unwrap_err().code()
}

#[test]
fn the_kdcs_reasons_arrive() {
    for realm in Realm::ALL {
        assert_eq!(refused(realm, "alice", "wrong"), "krb5.wrong_password");
        assert_eq!(refused(realm, "nobody", "x"), "krb5.client_unknown");
        let unknown = realm.ticket(&realm.tgt(), realm.service("nowhere")).unwrap_err();
        assert_eq!(unknown.code(), "krb5.service_unknown");
    }
    kadmin("addprinc -pw Gone-pw1 -allow_tix gone");
    assert_eq!(refused(Realm::Mit, "gone", "Gone-pw1"), "krb5.client_revoked");
    kadmin("addprinc -pw Late-pw1 -pwexpire yesterday late");
    assert_eq!(refused(Realm::Mit, "late", "Late-pw1"), "krb5.password_expired");
}

#[test]
fn services_of_each_encryption_type() {
    for realm in Realm::ALL {
        let tgt = realm.tgt();
        for etype in EncryptionType::ALL {
            let service = realm.service(&format!("e{}", etype.number()));
            let ticket = realm.ticket(&tgt, service.clone()).unwrap();
            assert_eq!(ticket.server, service);
            assert_eq!(ticket.session_etype, etype.number());
            assert_eq!(ticket.read_ticket().unwrap().enc_part.etype, etype.number());
            taken_by_mit_and_us(realm, Krb5Initiator::new(ticket));
        }
    }
}

/// A password, a ticket-granting ticket, services of both types and a forwarded ticket, all of Camellia.
#[test]
fn a_realm_of_camellia_is_asked_where_it_is_named() {
    const CAMELLIA: [EncryptionType; 2] = [
        EncryptionType::Camellia256CtsCmac,
        EncryptionType::Camellia128CtsCmac,
    ];
    let realm = Realm::Camellia;
    let refused = realm.run(|ambient| realm.alice().begin(ambient)).unwrap_err();
    // The KDC has no key of a type that was asked with, and so no way to be convinced.
    assert_eq!(refused.code(), "krb5.kdc_preauthentication");
    for etype in CAMELLIA {
        let exchange = realm.alice().encryption_types([etype]);
        let tgt = realm.run(|ambient| exchange.begin(ambient)).unwrap();
        assert_eq!(tgt.session_etype, etype.number());
        let forwarded = TgsExchange::forwarded(&tgt).encryption_types(CAMELLIA);
        let forwarded = realm.run(|ambient| forwarded.begin(ambient)).unwrap();
        for host in ["e25", "e26"] {
            let exchange = TgsExchange::service(&tgt, realm.service(host)).encryption_types(CAMELLIA);
            let ticket = realm.run(|ambient| exchange.begin(ambient)).unwrap();
            assert_eq!(host, format!("e{}", ticket.session_etype));
            let types = EncryptionTypes::new().with_camellia();
            let initiator = Krb5Initiator::new(ticket).encryption_types(types);
            taken_by_mit_and_us(realm, initiator.delegate(forwarded.clone()));
        }
    }
}

/// The first token of both framings, judged by MIT's acceptor and by ours.
fn taken_by_mit_and_us(realm: Realm, initiator: Krb5Initiator) {
    let begin = |initiator: Box<dyn Initiator>| match ambient(|ambient| initiator.begin(ambient)).unwrap() {
        InitiateStep::Continue { output, .. } => output,
        InitiateStep::Complete { output, .. } => output.unwrap(),
    };
    for token in [
        begin(Box::new(SpnegoInitiator::new(initiator.clone()))),
        begin(Box::new(initiator)),
    ] {
        let said = by_mit(&realm.keytab(), token.as_bytes());
        assert_eq!(said["src_name"], realm.user(), "{said}");
        let said = explain(&realm.keytab(), &["--accept-camellia"], token.as_bytes());
        assert_eq!(
            (said.exit, said.json["src_name"].as_str()),
            (Some(0), Some(&*realm.user())),
            "{}",
            said.json
        );
    }
}

#[test]
fn every_kind_of_initiator_is_taken() {
    for realm in Realm::ALL {
        let tgt = realm.tgt();
        let ticket = || realm.ticket(&tgt, realm.service("www")).unwrap();
        let forwarded = realm
            .run(|ambient| TgsExchange::forwarded(&tgt).begin(ambient))
            .unwrap();
        assert!(forwarded.flags.contains(TicketFlags::FORWARDED));
        for initiator in [
            Krb5Initiator::new(ticket()),
            Krb5Initiator::new(ticket()).flags(ContextFlags::INTEGRITY),
            Krb5Initiator::new(ticket()).flags(ContextFlags::default()),
            Krb5Initiator::new(ticket()).advertise_bindings(),
            Krb5Initiator::new(ticket()).delegate(forwarded),
        ] {
            taken_by_mit_and_us(realm, initiator);
        }
    }
}

// The service's own ticket-granting ticket: what Basic logins verify a password with opens with the service's key.
#[test]
fn a_ticket_of_the_service_itself_by_password() {
    for realm in Realm::ALL {
        let www = realm.service("www");
        let exchange = realm.alice().server(www.clone());
        let ticket = realm.run(|ambient| exchange.begin(ambient)).unwrap();
        assert_eq!(ticket.server, www);
        taken_by_mit_and_us(realm, Krb5Initiator::new(ticket));
    }
}

// What the KRB-CRED of other people's initiators holds is good for tickets.
#[test]
fn delegated_credentials_get_tickets() {
    for realm in Realm::ALL {
        let token = match realm {
            Realm::Mit | Realm::Camellia => initiate(&Tickets::of_alice(), &["--delegate"]),
            Realm::Heimdal => {
                HeimdalInitiator::begin(&heimdal::kinit(), "HTTP@www.heim.test", "krb5", &["--delegate"])
                    .hear()
            }
        };
        let step = step(acceptor(&realm.keytab()).exchange(None), &token);
        let Ok(Step::Complete { context, .. }) = step else {
            panic!("{}: {step:?}", realm.name());
        };
        let details: &Details = context.details().unwrap();
        let [tgt] = details.delegated.as_ref().unwrap().credentials() else {
            panic!("{}: {:?}", realm.name(), details.delegated);
        };
        assert_eq!(tgt.client, principal(&realm.user()));
        assert!(tgt.flags.contains(TicketFlags::FORWARDED));
        let ticket = realm.ticket(tgt, realm.service("e18")).unwrap();
        taken_by_mit_and_us(realm, Krb5Initiator::new(ticket));
    }
}
