//! Kerberos tokens of any bytes. What is around the seals is read as `kerberos` reads it; and since a fuzzer has no
//! key, what is accepted must be a captured token's ticket and authenticator, and name that capture's initiator. A request for
//! the acceptor's own ticket is read twice, too; it gets that ticket, once.

use crate::bounds::allocating_at_most;
use crate::decode::is_tgt_req;
use crate::kerberos;
use crate::refusal;
use crate::support::{Counting, Forgetful};
use mech_krb5::ccache::Ccache;
use mech_krb5::crypto::EncryptionTypes;
use mech_krb5::keytab::{Keytab, KeytabEntry};
use mech_krb5::{Krb5, OwnTicket, Principal, message};
use negotiate_core::{Acceptor, Ambient, MechType, Seconds, Step, Timestamp};
use std::sync::{Arc, LazyLock};
use testvectors::{captures, user_to_user_captures};

/// # Panics
/// If any of this does not hold.
pub fn check(input: &[u8]) {
    let expected = decode(input);
    decode_tgt_req(input);
    let world = &*WORLD;
    let mut ambient = Ambient {
        now: world.now,
        random: &mut Counting(0),
    };
    let exchange = world.acceptor.exchange(None);
    // A ticket is decrypted in a copy for each trial's sake, its parts are small, and names are shown in errors.
    let limit = 16 * 1024 + 8 * input.len();
    match allocating_at_most(limit, || exchange.step(input, &mut ambient)) {
        Ok(Step::Complete { context, .. }) => {
            let ciphers = inner_ciphers(input);
            let captured = world.captured.iter().find(|captured| captured.ciphers == ciphers);
            let captured = captured.expect("a token that nobody sealed");
            assert_eq!(context.initiator().display(), captured.initiator);
        }
        Ok(Step::Continue { token, exchange }) => {
            let ticket = world.own_ticket.ticket();
            let is_given = token
                .as_bytes()
                .windows(ticket.len())
                .any(|window| window == ticket);
            if is_given {
                let message = inner_tgt_req(input).expect("given to whom did not ask for it");
                assert!(decode_tgt_req(message));
                // Once. SPNEGO takes no initial token here, and so refuses it by itself.
                let again = exchange.step(input, &mut ambient).expect_err("given twice");
                let code = again.reason().code();
                assert!(code == "krb5.not_ap_req" || code.starts_with("spnego."), "{code}");
            }
        }
        Ok(Step::Pending(_)) => panic!("nobody has to wait"),
        Err(reject) => {
            refusal::check(reject.reason());
            assert!(!is_tgt_req(input), "asked for, and not given: {reject:?}");
            if let (Err(code), [0x6e, ..]) = (expected, input) {
                let refused = reject.reason().code();
                assert!(
                    refused == code || refused.starts_with("spnego."),
                    "{refused}, not {code}"
                );
            }
        }
    }
}

/// An AP-REQ, read twice.
fn decode(input: &[u8]) -> Result<kerberos::ApReq, kerberos::Code> {
    let expected = kerberos::ap_req(input);
    let read = allocating_at_most(0, || message::ApReq::decode(input));
    match (&read, &expected) {
        (Ok(read), Ok(expected)) => {
            assert_eq!(read.ap_options.0, expected.ap_options);
            assert_eq!(read.ticket.realm, expected.ticket.realm);
            assert_eq!(
                read.ticket.sname.components().collect::<Vec<_>>(),
                expected.ticket.sname
            );
            assert_same(&read.ticket.enc_part, &expected.ticket.enc_part);
            assert_same(&read.authenticator, &expected.authenticator);
            let raw = read.ticket.raw;
            assert!(input.windows(raw.len()).any(|window| window == raw) && raw[0] == 0x61);
        }
        (Err(error), Err(code)) => assert_eq!(error_code(error, input), *code),
        _ => panic!("{read:?}, and {expected:?}"),
    }
    expected
}

/// A request for our ticket, read twice; whether it is one.
fn decode_tgt_req(input: &[u8]) -> bool {
    let expected = kerberos::tgt_req(input);
    let read = allocating_at_most(0, || message::TgtReq::decode(input));
    match (&read, &expected) {
        (Ok(read), Ok((server_name, realm))) => {
            let components = read
                .server_name
                .map(|name| name.components().map(<[u8]>::to_vec).collect());
            assert_eq!((&components, read.realm), (server_name, realm.as_deref()));
        }
        (Err(error), Err(code)) => assert_eq!(error_code(error, input), *code),
        _ => panic!("{read:?}, and {expected:?}"),
    }
    expected.is_ok()
}

/// What is behind the framing and TOK_ID of such a request, somewhere in a token.
fn inner_tgt_req(token: &[u8]) -> Option<&[u8]> {
    let mark = [MechType::KRB5_USER_TO_USER.contents(), &[4, 0]].concat();
    let at = token.windows(mark.len()).position(|window| window == mark)? + mark.len();
    let (header, content) = crate::tlv::header(&token[at..])?;
    token.get(at..at + header + content)
}

fn assert_same(read: &message::EncryptedData<'_>, expected: &kerberos::EncryptedData) {
    assert_eq!(
        (read.etype, read.kvno, read.cipher),
        (expected.etype, expected.kvno, &*expected.cipher)
    );
}

fn error_code(error: &message::MessageError, input: &[u8]) -> kerberos::Code {
    match error {
        message::MessageError::Malformed(error) => {
            assert!(error.offset() <= input.len(), "{error}");
            kerberos::MALFORMED
        }
        message::MessageError::BadVersion(_) => "krb5.bad_version",
        message::MessageError::BadMessageType(_) => "krb5.bad_message_type",
    }
}

/// What is sealed in a token: the ciphers of ticket and authenticator.
type Ciphers = (Vec<u8>, Vec<u8>);

/// Those of the AP-REQ somewhere in a token.
fn inner_ciphers(token: &[u8]) -> Ciphers {
    let found = (0..token.len()).filter(|at| token[*at] == 0x6e).find_map(|at| {
        let (header, content) = crate::tlv::header(&token[at..])?;
        kerberos::ap_req(token.get(at..at + header + content)?).ok()
    });
    let ap_req = found.expect("an AP-REQ in what was accepted");
    (ap_req.ticket.enc_part.cipher, ap_req.authenticator.cipher)
}

/// An acceptor for all captures: their keytabs in one, and a skew that makes their times one time.
struct World {
    acceptor: Acceptor,
    own_ticket: Arc<OwnTicket>,
    now: Timestamp,
    captured: Vec<Captured>,
}

struct Captured {
    ciphers: Ciphers,
    initiator: String,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let of_kerberos: Vec<_> = captures()
        .into_iter()
        .filter(|capture| capture.case().has("keytab"))
        .collect();
    let mut entries: Vec<KeytabEntry> = Vec::new();
    for capture in &of_kerberos {
        let keytab = Keytab::parse(&capture.keytab()).expect("a captured keytab");
        for entry in keytab.entries() {
            if !entries.iter().any(|other| parts(other) == parts(entry)) {
                entries.push(entry.clone());
            }
        }
    }
    let with_own_ticket = user_to_user_captures().swap_remove(0);
    let cache = Ccache::parse(&with_own_ticket.own_ccache()).expect("a captured cache");
    let own_ticket =
        Arc::new(OwnTicket::from_ccache(&cache, EncryptionTypes::new()).expect("a ticket-granting ticket"));
    let krb5 = Krb5::builder(Keytab::from_entries(entries))
        .user_to_user(Arc::clone(&own_ticket))
        .replay_cache(Arc::new(Forgetful))
        .clock_skew(Seconds(u32::MAX))
        .build()
        .expect("keys and a cache");
    let captured = of_kerberos.iter().map(|capture| Captured {
        ciphers: inner_ciphers(&capture.initiator_token()),
        initiator: capture.initiator().to_owned(),
    });
    let captured = captured.chain([Captured {
        ciphers: inner_ciphers(&with_own_ticket.initiator_token()),
        initiator: with_own_ticket.initiator().to_owned(),
    }]);
    World {
        own_ticket,
        acceptor: Acceptor::builder().mechanism(krb5).build().expect("a mechanism"),
        now: Timestamp::from_unix(1_795_327_035),
        captured: captured.collect(),
    }
});

fn parts(entry: &KeytabEntry) -> (&Principal, u32, i32, &[u8]) {
    (
        entry.principal(),
        entry.kvno(),
        entry.etype(),
        entry.key().expose(),
    )
}
