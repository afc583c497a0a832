//! Every message that we write, read by kerberos_asn1 field by field, and written again by it: the same bytes.
//!
//! Never the other way: it panics on times that are none, so that nobody's tokens are given to it.

use kerberos_asn1 as theirs;
use mech_krb5::Krb5Initiator;
use mech_krb5::crypto::{EncryptionType, Key, KeyUsage};
use mech_krb5::kdc::{AsExchange, ClientSecret, KdcError, KdcStep, TgsExchange};
use mech_krb5::message::{
    ApReq, Authenticator, EncApRepPart, EncryptedData, KdcExchange, KdcRep, KrbCred, KrbError,
};
use negotiate_core::{Ambient, ContextFlags, InitiateStep, Initiator, Step, Timestamp};
use negotiate_testkit::{Clock, Kdc};
use red_asn1::Asn1Object;

const SERVICE: &str = "HTTP/www.example.test";
const REALM: &str = "EXAMPLE.TEST";
const PASSWORD: &str = "secret";

/// All of `bytes` as a `T`, which writes them again.
fn read<T: Asn1Object>(bytes: &[u8]) -> T {
    let (rest, value) = T::parse(bytes).unwrap_or_else(|error| panic!("{error}: {bytes:02x?}"));
    assert!(rest.is_empty(), "{} bytes behind", rest.len());
    assert_eq!(value.build(), bytes);
    value
}

fn name(name: &theirs::PrincipalName) -> String {
    name.name_string.join("/")
}

fn unix(time: &theirs::KerberosTime) -> i64 {
    time.timestamp()
}

fn open(sealed: &EncryptedData<'_>, key: &Key, usage: KeyUsage) -> Vec<u8> {
    let mut buffer = sealed.cipher.to_vec();
    key.for_usage(usage)
        .decrypt_vec(&mut buffer)
        .expect("our own seal");
    buffer
}

struct Realm {
    kdc: Kdc,
    now: Timestamp,
    /// Requests and replies.
    sent: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Realm {
    fn new() -> Self {
        let now = Timestamp::from_unix_micros(1_795_327_035_123_456);
        let kdc = Kdc::new(REALM)
            .clock(Clock::simulated(now))
            .user("alice", PASSWORD)
            .service(SERVICE);
        Self {
            kdc,
            now,
            sent: Vec::new(),
        }
    }

    fn run<T>(&mut self, begin: impl FnOnce(&mut Ambient<'_>) -> Result<KdcStep<T>, KdcError>) -> T {
        let clock = self.kdc.its_clock();
        let mut step = clock.ambient(begin).unwrap();
        loop {
            match step {
                KdcStep::Done(value) => return value,
                KdcStep::Ask(ask) => {
                    let reply = self.kdc.handle(ask.request());
                    self.sent.push((ask.request().to_vec(), reply.clone()));
                    step = clock.ambient(|ambient| ask.answer(&reply, ambient)).unwrap();
                }
            }
        }
    }

    fn service_key(&self) -> Key {
        let keytab = self.kdc.keytab(&[SERVICE]);
        let entry = &keytab.entries()[0];
        let etype = EncryptionType::from_number(entry.etype()).expect("a known type");
        Key::new(etype, entry.key().expose()).expect("a key of its length")
    }
}

#[test]
fn exchanges_with_the_kdc() {
    let mut realm = Realm::new();
    let client = realm.kdc.principal("alice");
    let exchange = AsExchange::new(client, ClientSecret::password(PASSWORD)).forwardable();
    let tgt = realm.run(|ambient| exchange.begin(ambient));
    let exchange = TgsExchange::service(&tgt, realm.kdc.principal(SERVICE));
    let ticket = realm.run(|ambient| exchange.begin(ambient));
    let [(first, preauthentication), (second, as_rep), (tgs_req, tgs_rep)] = &realm.sent[..] else {
        panic!("three questions");
    };

    for request in [first, second] {
        let request: theirs::AsReq = read(request);
        let body = &request.req_body;
        assert_eq!(name(body.cname.as_ref().unwrap()), "alice");
        assert_eq!(
            (body.realm.as_str(), name(body.sname.as_ref().unwrap())),
            (REALM, format!("krbtgt/{REALM}"))
        );
        assert_eq!(body.kdc_options.flags, 0x4000_0000);
        assert_eq!(body.etypes, [18, 17, 20, 19]);
    }
    let error: theirs::KrbError = read(preauthentication);
    assert_eq!(
        (error.error_code, error.realm.as_str(), unix(&error.stime)),
        (25, REALM, realm.now.unix())
    );
    assert_eq!(
        KrbError::decode(preauthentication).unwrap().e_data,
        error.e_data.as_deref()
    );

    let reply: theirs::AsRep = read(as_rep);
    assert_eq!(
        (name(&reply.cname), reply.ticket.enc_part.etype),
        ("alice".into(), 18)
    );
    assert_eq!(reply.ticket.build(), tgt.ticket);
    let ours = KdcRep::decode(KdcExchange::As, as_rep).unwrap();
    let salt = b"EXAMPLE.TESTalice";
    let key = Key::string_to_key(
        tgt.key().unwrap().encryption_type(),
        PASSWORD.as_bytes(),
        salt,
        None,
    )
    .unwrap();
    let part: theirs::EncAsRepPart = read(&open(&ours.enc_part, &key, KeyUsage::AS_REP));
    assert_eq!(part.key.keyvalue, *tgt.session_key.expose());
    assert_eq!(
        (unix(&part.endtime), part.flags.flags),
        (tgt.endtime.unix(), tgt.flags.0)
    );
    let request: theirs::AsReq = read(second);
    assert_eq!(part.nonce, request.req_body.nonce);

    let request: theirs::TgsReq = read(tgs_req);
    assert_eq!(name(request.req_body.sname.as_ref().unwrap()), SERVICE);
    let padata = request.padata.unwrap();
    let ap_req = padata.iter().find(|padata| padata.padata_type == 1).unwrap();
    let ap_req: theirs::ApReq = read(&ap_req.padata_value);
    assert_eq!(ap_req.ticket.build(), tgt.ticket);
    let reply: theirs::TgsRep = read(tgs_rep);
    assert_eq!(reply.ticket.build(), ticket.ticket);
}

#[test]
fn a_ticket() {
    let mut realm = Realm::new();
    let browser = realm.kdc.browser("alice", PASSWORD).unwrap();
    let exchange = TgsExchange::service(browser.tgt(), realm.kdc.principal(SERVICE));
    let credential = realm.run(|ambient| exchange.begin(ambient));
    let ours = credential.read_ticket().unwrap();
    let ticket: theirs::Ticket = read(&credential.ticket);
    assert_eq!(
        (ticket.realm.as_str(), name(&ticket.sname)),
        (REALM, SERVICE.into())
    );
    assert_eq!(ticket.enc_part.kvno, ours.enc_part.kvno);
    assert_eq!(ticket.enc_part.cipher, ours.enc_part.cipher);
    let part: theirs::EncTicketPart = read(&open(&ours.enc_part, &realm.service_key(), KeyUsage::TICKET));
    assert_eq!((part.crealm.as_str(), name(&part.cname)), (REALM, "alice".into()));
    assert_eq!(
        (part.flags.flags, unix(&part.endtime)),
        (credential.flags.0, credential.endtime.unix())
    );
    assert_eq!(part.key.keyvalue, *credential.session_key.expose());
    let data = part.authorization_data.expect("a PAC");
    let inside: theirs::AuthorizationData = read(&data[0].ad_data);
    assert_eq!((data[0].ad_type, inside[0].ad_type), (1, 128));
}

/// AP-REQ with a delegated credential, and AP-REP.
#[test]
fn a_login() {
    let mut realm = Realm::new();
    let clock = realm.kdc.its_clock().clone();
    let browser = realm.kdc.browser("alice", PASSWORD).unwrap();
    let ticket = browser.ticket(SERVICE).unwrap();
    let forwarded = realm.run(|ambient| TgsExchange::forwarded(browser.tgt()).begin(ambient));
    let session_key = ticket.key().unwrap();
    let initiator = Krb5Initiator::new(ticket.clone())
        .flags(ContextFlags::MUTUAL)
        .delegate(forwarded.clone());
    let step = clock
        .ambient(|ambient| Box::new(initiator).begin(ambient))
        .unwrap();
    let InitiateStep::Continue { output, .. } = step else {
        panic!("it waits for an answer");
    };

    let ap_req = after_token_id(output.as_bytes(), [1, 0]);
    let request: theirs::ApReq = read(ap_req);
    assert_eq!(
        (request.ap_options.flags, request.ticket.build()),
        (0x2000_0000, ticket.ticket.clone())
    );
    let sealed = ApReq::decode(ap_req).unwrap().authenticator;
    let plain = open(&sealed, &session_key, KeyUsage::AP_REQ_AUTHENTICATOR);
    let authenticator: theirs::Authenticator = read(&plain);
    let ours = Authenticator::decode(&plain).unwrap();
    assert_eq!(
        (name(&authenticator.cname), authenticator.crealm.as_str()),
        ("alice".into(), REALM)
    );
    assert_eq!(
        (unix(&authenticator.ctime), authenticator.cusec),
        (realm.now.unix(), 123_456)
    );
    assert_eq!(authenticator.seq_number, ours.seq_number);
    let subkey = authenticator.subkey.expect("a subkey").keyvalue;
    let checksum = authenticator.cksum.expect("GSS-API's checksum");
    assert_eq!(checksum.cksumtype, 0x8003);

    // RFC 4121 section 4.1.1: behind 24 fixed bytes, option and length.
    let deleg = &checksum.checksum[28..];
    let cred: theirs::KrbCred = read(deleg);
    assert_eq!(cred.tickets[0].build(), forwarded.ticket);
    let subkey = Key::new(session_key.encryption_type(), &subkey).unwrap();
    let enc_part = KrbCred::decode(deleg).unwrap().enc_part;
    let part: theirs::EncKrbCredPart = [&subkey, &session_key]
        .into_iter()
        .find_map(|key| {
            let mut buffer = enc_part.cipher.to_vec();
            key.for_usage(KeyUsage::KRB_CRED).decrypt_vec(&mut buffer).ok()?;
            Some(read(&buffer))
        })
        .expect("under one of the two keys");
    let info = &part.ticket_info[0];
    assert_eq!(info.key.keyvalue, *forwarded.session_key.expose());
    assert_eq!(name(info.pname.as_ref().unwrap()), "alice");
    assert_eq!(name(info.sname.as_ref().unwrap()), format!("krbtgt/{REALM}"));
    assert_eq!(unix(info.endtime.as_ref().unwrap()), forwarded.endtime.unix());

    let acceptor = realm.kdc.acceptor(&[SERVICE]);
    let step = clock.ambient(|ambient| acceptor.exchange(None).step(output.as_bytes(), ambient));
    let Ok(Step::Complete {
        token: Some(token), ..
    }) = step
    else {
        panic!("{step:?}");
    };
    let ap_rep = after_token_id(token.as_bytes(), [2, 0]);
    let reply: theirs::ApRep = read(ap_rep);
    assert_eq!((reply.pvno, reply.msg_type, reply.enc_part.etype), (5, 15, 18));
    let sealed = EncApRepPart::decode_sealed(ap_rep).unwrap();
    let part: theirs::EncApRepPart = read(&open(&sealed, &session_key, KeyUsage::AP_REP));
    assert_eq!((unix(&part.ctime), part.cusec), (realm.now.unix(), 123_456));
    assert_eq!(part.subkey.keyvalue.len(), 32);
}

/// What RFC 2743 section 3.1 puts around a message: `60`, a length, the mechanism, and RFC 4121's TOK_ID.
fn after_token_id(token: &[u8], token_id: [u8; 2]) -> &[u8] {
    const KRB5: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";
    let frame = [KRB5, &token_id].concat();
    let at = token.windows(frame.len()).position(|window| window == frame);
    &token[at.expect("framed") + frame.len()..]
}
