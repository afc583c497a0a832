//! Logins without a KDC: a service with a key of its own, and tickets made with it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest as _, Md5};
use mech_krb5::Principal;
use mech_krb5::crypto::{EncryptionType, Key, KeyUsage};
use mech_krb5::keytab::{Keytab, KeytabEntry};
use mech_krb5::message::{EncryptedData, EncryptionKey};
use negotiate_core::der::{Tag, Writer};
use negotiate_core::{ChannelBindings, MechType, Seconds, SystemRandom, Timestamp};
use std::path::PathBuf;

const ETYPE: EncryptionType = EncryptionType::Aes256CtsHmacSha1_96;
const REALM: &str = "EXAMPLE.COM";

/// A service, and the KDC that trusts it.
#[derive(Debug)]
pub(crate) struct Service {
    principal: Principal,
    key: Key,
    kvno: u32,
    /// The realms that tickets say they came through.
    pub(crate) transited: &'static str,
    /// The authorization data of tickets: types and contents.
    pub(crate) authorization_data: Vec<(i32, Vec<u8>)>,
    /// Its keytab.
    pub(crate) keytab: PathBuf,
}

impl Service {
    /// `HTTP/www.example.com@EXAMPLE.COM`, with a new key.
    pub(crate) fn new() -> Self {
        let keytab = super::scratch("http.keytab");
        let principal = Principal::parse("HTTP/www.example.com@EXAMPLE.COM").expect("a principal");
        let mut service = Self {
            principal,
            key: random_key(),
            kvno: 0,
            transited: "",
            authorization_data: Vec::new(),
            keytab,
        };
        service.change_key();
        service
    }

    /// Gives it a new key of the next version, and a keytab with only that.
    pub(crate) fn change_key(&mut self) {
        self.key = random_key();
        self.kvno += 1;
        self.write_keytab(self.kvno);
    }

    /// Puts a keytab into the place of the old one, as `kadmin` does, with this version for the key.
    pub(crate) fn write_keytab(&self, kvno: u32) {
        let (principal, now) = (self.principal.clone(), Timestamp::now());
        let entry = KeytabEntry::new(principal, now, kvno, ETYPE.number(), self.key.bytes());
        let keytab = Keytab::from_entries(vec![entry.expect("an entry")]);
        let new = self.keytab.with_extension("new");
        std::fs::write(&new, keytab.to_file().expose()).expect("written");
        std::fs::rename(&new, &self.keytab).expect("renamed");
    }

    /// `Authorization` for this user, of this realm unless it names another: a new token, good now.
    pub(crate) fn authorization(&self, user: &str) -> String {
        format!(
            "Authorization: Negotiate {}",
            BASE64_STANDARD.encode(self.token(user))
        )
    }

    /// The same, with these channel bindings.
    pub(crate) fn bound_authorization(&self, user: &str, bindings: &ChannelBindings) -> String {
        let hash = Md5::digest(bindings.to_octets()).into();
        let token = BASE64_STANDARD.encode(self.bound_token(user, hash));
        format!("Authorization: Negotiate {token}")
    }

    /// A Kerberos token (RFC 4121 section 4.1) that asks for mutual authentication and has no channel bindings.
    pub(crate) fn token(&self, user: &str) -> Vec<u8> {
        self.bound_token(user, [0; 16])
    }

    fn bound_token(&self, user: &str, bindings: [u8; 16]) -> Vec<u8> {
        let user = match user.contains('@') {
            true => Principal::parse(user),
            false => Principal::parse(&format!("{user}@{REALM}")),
        };
        let user = user.expect("a principal");
        let session_key = random_key();
        let now = Timestamp::now();
        // RFC 4121 section 4.1.1: the length of the bindings' hash, the hash, and GSS_C_MUTUAL_FLAG.
        let mut checksum = vec![16, 0, 0, 0];
        checksum.extend(bindings);
        checksum.extend(2_u32.to_le_bytes());
        let authenticator = der(Tag::application(2), |fields| {
            fields.field(0, |field| field.integer(5));
            fields.field(1, |field| field.general_string(user.realm()));
            fields.field(2, |field| user.name().encode(field));
            fields.field(3, |field| {
                field.sequence(|checksum_fields| {
                    checksum_fields.field(0, |field| field.integer(0x8003));
                    checksum_fields.field(1, |field| field.octet_string(&checksum));
                });
            });
            fields.field(4, |field| field.integer(now.subsec_micros().into()));
            fields.field(5, |field| field.kerberos_time(now));
            fields.field(7, |field| field.integer(1));
        });
        let ap_req = der(Tag::application(14), |fields| {
            fields.field(0, |field| field.integer(5));
            fields.field(1, |field| field.integer(14));
            fields.field(2, |field| field.bit_string_32(0x2000_0000)); // mutual-required
            fields.field(3, |field| field.raw(&self.ticket(&user, &session_key, now)));
            fields.field(4, |field| {
                sealed(
                    field,
                    &session_key,
                    KeyUsage::AP_REQ_AUTHENTICATOR,
                    None,
                    &authenticator,
                );
            });
        });
        let mut token = Writer::new();
        token.element(Tag::application(0), |framed| {
            framed.object_identifier(MechType::KRB5.contents());
            framed.raw(&[1, 0]);
            framed.raw(&ap_req);
        });
        token.into_bytes()
    }

    fn ticket(&self, user: &Principal, session_key: &Key, now: Timestamp) -> Vec<u8> {
        let part = der(Tag::application(3), |fields| {
            fields.field(0, |field| field.bit_string_32(0x0040_0000)); // initial
            fields.field(1, |field| {
                let (keytype, keyvalue) = (ETYPE.number(), session_key.bytes());
                EncryptionKey { keytype, keyvalue }.encode(field);
            });
            fields.field(2, |field| field.general_string(user.realm()));
            fields.field(3, |field| user.name().encode(field));
            fields.field(4, |field| {
                field.sequence(|transited| {
                    transited.field(0, |field| field.integer(1));
                    transited.field(1, |field| field.octet_string(self.transited.as_bytes()));
                });
            });
            fields.field(5, |field| field.kerberos_time(now));
            fields.field(7, |field| field.kerberos_time(now.plus(Seconds(3600))));
            if !self.authorization_data.is_empty() {
                fields.field(10, |field| encode(&self.authorization_data, field));
            }
        });
        der(Tag::application(1), |fields| {
            fields.field(0, |field| field.integer(5));
            fields.field(1, |field| field.general_string(REALM.as_bytes()));
            fields.field(2, |field| self.principal.name().encode(field));
            fields.field(3, |field| {
                sealed(field, &self.key, KeyUsage::TICKET, Some(self.kvno), &part);
            });
        })
    }
}

/// AD-IF-RELEVANT (RFC 4120 section 5.2.6.1) around an element of this type.
pub(crate) fn if_relevant(ad_type: i32, data: &[u8]) -> (i32, Vec<u8>) {
    let mut writer = Writer::new();
    encode(&[(ad_type, data.to_vec())], &mut writer);
    (1, writer.into_bytes())
}

/// AuthorizationData (RFC 4120 section 5.2.6).
fn encode(elements: &[(i32, Vec<u8>)], writer: &mut Writer) {
    writer.sequence(|list| {
        for (ad_type, data) in elements {
            list.sequence(|element| {
                element.field(0, |field| field.integer((*ad_type).into()));
                element.field(1, |field| field.octet_string(data));
            });
        }
    });
}

fn random_key() -> Key {
    Key::random(ETYPE, &mut SystemRandom).expect("random bytes")
}

/// A tagged SEQUENCE.
fn der(tag: Tag, write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.element(tag, |tagged| tagged.sequence(write));
    writer.into_bytes()
}

fn sealed(writer: &mut Writer, key: &Key, usage: KeyUsage, kvno: Option<u32>, plaintext: &[u8]) {
    let cipher = key
        .for_usage(usage)
        .encrypt(plaintext, &mut SystemRandom)
        .expect("random bytes");
    let (etype, cipher) = (ETYPE.number(), cipher.as_slice());
    EncryptedData { etype, kvno, cipher }.encode(writer);
}
