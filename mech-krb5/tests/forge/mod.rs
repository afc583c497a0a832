//! Tokens as a KDC and an initiator would make them, from keys that the test chose: tickets (RFC 4120 section 5.3),
//! authenticators (section 5.5.1) with GSS-API's checksum and KRB-CRED in it, the AP-REQ around them, and the framings of
//! RFC 4121 section 4.1 and RFC 4178.
//!
//! Shared by tests and benchmarks. Every part is a plain field, so that a test spoils just the one that it is about, and
//! what is sealed may be any bytes. Written with the DER writer alone: an encoder that is tested here is not used here.
#![allow(dead_code, unused_imports)] // each user needs a part

mod authenticator;
mod containers;
mod gss_checksum;
mod krb_cred;
pub(crate) mod pac;
mod ticket;

pub(crate) use authenticator::{ApReq, Authenticator};
pub(crate) use containers::{Cammac, and_or, indicators, kdc_issued};
pub(crate) use gss_checksum::{GssChecksum, NO_BINDINGS, extension};
pub(crate) use krb_cred::{CredInfo, KrbCred};
pub(crate) use ticket::Ticket;

use mech_krb5::Principal;
use mech_krb5::crypto::{Key, KeyUsage};
use negotiate_core::der::{Tag, Writer};
use negotiate_core::{MechType, Random};

/// A key as a message carries it: of any type and any length.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CarriedKey {
    pub(crate) keytype: i32,
    pub(crate) keyvalue: Vec<u8>,
}

impl From<&Key> for CarriedKey {
    fn from(key: &Key) -> Self {
        Self {
            keytype: key.encryption_type().number(),
            keyvalue: key.bytes().to_vec(),
        }
    }
}

impl CarriedKey {
    fn encode(&self, writer: &mut Writer) {
        writer.sequence(|key| {
            key.field(0, |field| field.integer(self.keytype.into()));
            key.field(1, |field| field.octet_string(&self.keyvalue));
        });
    }
}

/// `EncryptedData`, of bytes that are sealed or claim to be.
#[derive(Clone)]
pub(crate) struct Sealed {
    pub(crate) etype: i32,
    pub(crate) kvno: Option<u32>,
    pub(crate) cipher: Vec<u8>,
}

impl Sealed {
    pub(crate) fn new(
        key: &Key,
        usage: KeyUsage,
        kvno: Option<u32>,
        plaintext: &[u8],
        random: &mut dyn Random,
    ) -> Self {
        Self {
            etype: key.encryption_type().number(),
            kvno,
            cipher: key.for_usage(usage).encrypt(plaintext, random).unwrap(),
        }
    }

    fn encode(&self, writer: &mut Writer) {
        writer.sequence(|data| {
            data.field(0, |field| field.integer(self.etype.into()));
            if let Some(kvno) = self.kvno {
                data.field(1, |field| field.integer(kvno.into()));
            }
            data.field(2, |field| field.octet_string(&self.cipher));
        });
    }
}

/// `PrincipalName`.
fn principal_name(writer: &mut Writer, principal: &Principal) {
    writer.sequence(|name| {
        name.field(0, |field| {
            field.integer(principal.name().name_type().0.into());
        });
        name.field(1, |field| {
            field.sequence(|strings| {
                for component in principal.name().components() {
                    strings.general_string(component);
                }
            });
        });
    });
}

/// `HostAddresses`: types and octets.
fn host_addresses(writer: &mut Writer, addresses: &[(i32, Vec<u8>)]) {
    writer.sequence(|list| {
        for (addr_type, octets) in addresses {
            list.sequence(|address| {
                address.field(0, |field| field.integer((*addr_type).into()));
                address.field(1, |field| field.octet_string(octets));
            });
        }
    });
}

/// `AuthorizationData` of these elements.
pub(crate) fn authorization_data(elements: &[(i32, &[u8])]) -> Vec<u8> {
    let mut data = Writer::new();
    data.sequence(|list| {
        for (ad_type, ad_data) in elements {
            list.sequence(|element| {
                element.field(0, |field| field.integer((*ad_type).into()));
                element.field(1, |field| field.octet_string(ad_data));
            });
        }
    });
    data.into_bytes()
}

/// An AP-REQ in the framing of RFC 4121 section 4.1.
pub(crate) fn framed(mech_type: MechType, ap_req: &[u8]) -> Vec<u8> {
    framed_as(mech_type, [1, 0], ap_req)
}

/// A message in the framing of RFC 4121 section 4.1, with this TOK_ID.
pub(crate) fn framed_as(mech_type: MechType, token_id: [u8; 2], message: &[u8]) -> Vec<u8> {
    let mut token = Writer::with_capacity(message.len() + 32);
    token.element(Tag::application(0), |token| {
        token.object_identifier(mech_type.contents());
        token.raw(&token_id);
        token.raw(message);
    });
    token.into_bytes()
}

/// A NegTokenInit (RFC 4178 section 4.2.1) with an optimistic token of the first of `mech_types`.
pub(crate) fn neg_token_init(mech_types: &[MechType], mech_token: &[u8]) -> Vec<u8> {
    let mut token = Writer::with_capacity(mech_token.len() + 64);
    token.element(Tag::application(0), |token| {
        token.object_identifier(MechType::SPNEGO.contents());
        token.field(0, |choice| {
            choice.sequence(|init| {
                init.field(0, |field| {
                    field.sequence(|list| {
                        for mech_type in mech_types {
                            list.object_identifier(mech_type.contents());
                        }
                    });
                });
                init.field(2, |field| field.octet_string(mech_token));
            });
        });
    });
    token.into_bytes()
}
