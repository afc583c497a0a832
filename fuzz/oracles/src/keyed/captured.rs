//! The plaintexts of captured tokens, opened with their keytabs.

use super::named::{EVERY_TYPE, Named};
use super::verdict::usable;
use crate::kerberos;
use crate::seeds;
use mech_krb5::crypto::{Key, KeyUsage};
use mech_krb5::keytab::Keytab;
use negotiate_core::Timestamp;
use std::sync::LazyLock;
use testvectors::{Capture, captures};

pub(super) struct Captured {
    pub(super) now: Timestamp,
    pub(super) realm: String,
    pub(super) application_data: Option<Vec<u8>>,
    service_key: Key,
    session_key: Key,
    ticket: Vec<u8>,
    authenticator: Vec<u8>,
}

impl Captured {
    /// One of them.
    pub(super) fn number(which: u8, named: Named) -> &'static Self {
        let all = match named {
            Named::Nothing => &ALL,
            Named::Rc4 => &OF_RC4,
            Named::Camellia => &OF_CAMELLIA,
        };
        &all[usize::from(which) % all.len()]
    }

    /// Service key, session key, and both plaintexts.
    pub(super) fn parts(&self) -> (Key, Key, Vec<u8>, Vec<u8>) {
        let Self {
            service_key,
            session_key,
            ticket,
            authenticator,
            ..
        } = self;
        (
            service_key.clone(),
            session_key.clone(),
            ticket.clone(),
            authenticator.clone(),
        )
    }

    fn open(capture: &Capture) -> Self {
        let bare = seeds::inner_ap_req(&capture.initiator_token()).expect("an AP-REQ");
        let ap_req = kerberos::ap_req(&bare).expect("an AP-REQ");
        let keytab = Keytab::parse(&capture.keytab()).expect("a keytab");
        let keys = keytab
            .entries()
            .iter()
            .filter_map(|entry| Key::new(EVERY_TYPE.find(entry.etype())?, entry.key().expose()).ok());
        let open = |key: Key| {
            let ticket = opened(&key, KeyUsage::TICKET, &ap_req.ticket.enc_part)?;
            Some((key, ticket))
        };
        let (service_key, ticket) = keys.into_iter().find_map(open).expect("the ticket's key");
        let part = kerberos::enc_ticket_part(&ticket).expect("EncTicketPart");
        let session_key = usable(&part.key, EVERY_TYPE).expect("a session key");
        let usage = KeyUsage::AP_REQ_AUTHENTICATOR;
        let authenticator = opened(&session_key, usage, &ap_req.authenticator).expect("an authenticator");
        Self {
            now: Timestamp::from_unix_micros(capture.captured_micros()),
            realm: String::from_utf8(ap_req.ticket.realm).expect("a realm"),
            application_data: capture
                .channel_bindings()
                .map(|bindings| bindings.application_data),
            service_key,
            session_key,
            ticket,
            authenticator,
        }
    }
}

pub(super) fn all() -> &'static [Captured] {
    &ALL
}

static OF_RC4: LazyLock<Vec<Captured>> = LazyLock::new(|| of_named_type(23));
static OF_CAMELLIA: LazyLock<Vec<Captured>> = LazyLock::new(|| of_named_type(26));

fn of_named_type(etype: i32) -> Vec<Captured> {
    let accepted = captures()
        .into_iter()
        .filter(|capture| capture.expect_if_named() == Some("accepted") && capture.ticket_etype() == etype);
    accepted.map(|capture| Captured::open(&capture)).collect()
}

static ALL: LazyLock<Vec<Captured>> = LazyLock::new(|| {
    let accepted = captures()
        .into_iter()
        .filter(|capture| capture.expect() == "accepted");
    accepted.map(|capture| Captured::open(&capture)).collect()
});

fn opened(key: &Key, usage: KeyUsage, sealed: &kerberos::EncryptedData) -> Option<Vec<u8>> {
    let mut buffer = sealed.cipher.clone();
    key.for_usage(usage).decrypt_vec(&mut buffer).ok()?;
    Some(buffer)
}
