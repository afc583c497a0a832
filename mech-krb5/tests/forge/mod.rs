//! Tokens as a KDC and an initiator would make them, from keys that the test chose: tickets (RFC 4120 section 5.3),
//! authenticators (section 5.5.1), the AP-REQ around them, and the framings of RFC 4121 section 4.1 and RFC 4178.
//!
//! Shared by tests and benchmarks. Every part is a plain field, so that a test spoils just the one that it is about.
#![allow(dead_code)] // each user needs a part

use mech_krb5::Principal;
use mech_krb5::crypto::{Key, KeyUsage};
use mech_krb5::message::{ApOptions, ApReq, EncryptedData, EncryptionKey, TicketFlags, Transited};
use negotiate_core::der::{Tag, Writer};
use negotiate_core::{ContextFlags, MechType, Random, Seconds, Timestamp};

/// What a KDC seals in a ticket, and the clear part around it.
#[derive(Clone)]
pub(crate) struct Ticket {
    pub(crate) service: Principal,
    pub(crate) service_key: Key,
    pub(crate) kvno: Option<u32>,
    pub(crate) flags: TicketFlags,
    pub(crate) session_key: Key,
    pub(crate) client: Principal,
    pub(crate) transited: Vec<u8>,
    pub(crate) authtime: Timestamp,
    pub(crate) starttime: Option<Timestamp>,
    pub(crate) endtime: Timestamp,
    /// The DER of `AuthorizationData`.
    pub(crate) authorization_data: Option<Vec<u8>>,
}

/// What an initiator seals in an authenticator.
#[derive(Clone)]
pub(crate) struct Authenticator {
    pub(crate) client: Principal,
    /// Type and value of the checksum field.
    pub(crate) cksum: Option<(i32, Vec<u8>)>,
    pub(crate) ctime: Timestamp,
    pub(crate) subkey: Option<Key>,
    pub(crate) seq_number: Option<u32>,
    /// The DER of `AuthorizationData`.
    pub(crate) authorization_data: Option<Vec<u8>>,
}

impl Ticket {
    /// For ten hours from `now` on.
    pub(crate) fn new(
        client: &str,
        service: &str,
        service_key: &Key,
        session_key: &Key,
        now: Timestamp,
    ) -> Self {
        Self {
            service: Principal::parse(service).unwrap(),
            service_key: service_key.clone(),
            kvno: Some(1),
            flags: TicketFlags(TicketFlags::FORWARDABLE.0 | TicketFlags::PRE_AUTHENT.0),
            session_key: session_key.clone(),
            client: Principal::parse(client).unwrap(),
            transited: Vec::new(),
            authtime: now,
            starttime: Some(now),
            endtime: now.plus(Seconds(36_000)),
            authorization_data: None,
        }
    }

    /// The DER of the ticket.
    pub(crate) fn seal(&self, random: &mut dyn Random) -> Vec<u8> {
        let mut part = Writer::new();
        part.element(Tag::application(3), |part| {
            part.sequence(|part| {
                part.field(0, |field| field.bit_string_32(self.flags.0));
                part.field(1, |field| encryption_key(&self.session_key).encode(field));
                part.field(2, |field| field.general_string(self.client.realm()));
                part.field(3, |field| self.client.name().encode(field));
                part.field(4, |field| {
                    field.sequence(|transited| {
                        let tr_type = Transited::DOMAIN_X500_COMPRESS;
                        transited.field(0, |field| field.integer(tr_type.into()));
                        transited.field(1, |field| field.octet_string(&self.transited));
                    });
                });
                part.field(5, |field| field.kerberos_time(self.authtime));
                if let Some(starttime) = self.starttime {
                    part.field(6, |field| field.kerberos_time(starttime));
                }
                part.field(7, |field| field.kerberos_time(self.endtime));
                if let Some(data) = &self.authorization_data {
                    part.field(10, |field| field.raw(data));
                }
            });
        });
        let enc_part = Sealed::new(&self.service_key, KeyUsage::TICKET, self.kvno, part, random);
        let mut ticket = Writer::new();
        ticket.element(Tag::application(1), |ticket| {
            ticket.sequence(|ticket| {
                ticket.field(0, |field| field.integer(5));
                ticket.field(1, |field| field.general_string(self.service.realm()));
                ticket.field(2, |field| self.service.name().encode(field));
                ticket.field(3, |field| enc_part.encode(field));
            });
        });
        ticket.into_bytes()
    }
}

impl Authenticator {
    /// As GSS-API initiators make them: flags in the checksum field, a subkey, a sequence number.
    pub(crate) fn new(ticket: &Ticket, flags: ContextFlags, subkey: &Key, ctime: Timestamp) -> Self {
        Self {
            client: ticket.client.clone(),
            cksum: Some((0x8003, gss_checksum([0; 16], flags))),
            ctime,
            subkey: Some(subkey.clone()),
            seq_number: Some(0x1234_5678),
            authorization_data: None,
        }
    }

    fn seal(&self, session_key: &Key, random: &mut dyn Random) -> Sealed {
        let mut part = Writer::new();
        part.element(Tag::application(2), |part| {
            part.sequence(|part| {
                part.field(0, |field| field.integer(5));
                part.field(1, |field| field.general_string(self.client.realm()));
                part.field(2, |field| self.client.name().encode(field));
                if let Some((cksumtype, checksum)) = &self.cksum {
                    part.field(3, |field| {
                        field.sequence(|cksum| {
                            cksum.field(0, |field| field.integer((*cksumtype).into()));
                            cksum.field(1, |field| field.octet_string(checksum));
                        });
                    });
                }
                part.field(4, |field| field.integer(self.ctime.subsec_micros().into()));
                part.field(5, |field| field.kerberos_time(self.ctime));
                if let Some(subkey) = &self.subkey {
                    part.field(6, |field| encryption_key(subkey).encode(field));
                }
                if let Some(number) = self.seq_number {
                    part.field(7, |field| field.integer(number.into()));
                }
                if let Some(data) = &self.authorization_data {
                    part.field(8, |field| field.raw(data));
                }
            });
        });
        Sealed::new(session_key, KeyUsage::AP_REQ_AUTHENTICATOR, None, part, random)
    }

    /// The AP-REQ with this authenticator and a sealed ticket of this session key.
    pub(crate) fn ap_req(
        &self,
        ap_options: ApOptions,
        ticket: &[u8],
        session_key: &Key,
        random: &mut dyn Random,
    ) -> Vec<u8> {
        let authenticator = self.seal(session_key, random);
        let mut ap_req = Writer::with_capacity(ticket.len() + 512);
        ap_req.element(Tag::application(14), |ap_req| {
            ap_req.sequence(|ap_req| {
                ap_req.field(0, |field| field.integer(5));
                ap_req.field(1, |field| field.integer(ApReq::MESSAGE_TYPE));
                ap_req.field(2, |field| field.bit_string_32(ap_options.0));
                ap_req.field(3, |field| field.raw(ticket));
                ap_req.field(4, |field| authenticator.encode(field));
            });
        });
        ap_req.into_bytes()
    }
}

/// The checksum field of RFC 4121 section 4.1.1, without delegation.
pub(crate) fn gss_checksum(bindings: [u8; 16], flags: ContextFlags) -> Vec<u8> {
    [&16_u32.to_le_bytes()[..], &bindings, &flags.bits().to_le_bytes()].concat()
}

/// `AuthorizationData` of one element.
pub(crate) fn authorization_data(ad_type: i32, ad_data: &[u8]) -> Vec<u8> {
    let mut data = Writer::new();
    data.sequence(|list| {
        list.sequence(|element| {
            element.field(0, |field| field.integer(ad_type.into()));
            element.field(1, |field| field.octet_string(ad_data));
        });
    });
    data.into_bytes()
}

/// An AP-REQ in the framing of RFC 4121 section 4.1.
pub(crate) fn framed(mech_type: MechType, ap_req: &[u8]) -> Vec<u8> {
    let mut token = Writer::with_capacity(ap_req.len() + 32);
    token.element(Tag::application(0), |token| {
        token.object_identifier(mech_type.contents());
        token.raw(&[1, 0]);
        token.raw(ap_req);
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

/// Owned `EncryptedData`.
struct Sealed {
    etype: i32,
    kvno: Option<u32>,
    cipher: Vec<u8>,
}

impl Sealed {
    fn new(key: &Key, usage: KeyUsage, kvno: Option<u32>, part: Writer, random: &mut dyn Random) -> Self {
        Self {
            etype: key.encryption_type().number(),
            kvno,
            cipher: key.for_usage(usage).encrypt(&part.into_bytes(), random).unwrap(),
        }
    }

    fn encode(&self, writer: &mut Writer) {
        let Self { etype, kvno, cipher } = self;
        let (etype, kvno) = (*etype, *kvno);
        EncryptedData { etype, kvno, cipher }.encode(writer);
    }
}

fn encryption_key(key: &Key) -> EncryptionKey<'_> {
    EncryptionKey {
        keytype: key.encryption_type().number(),
        keyvalue: key.bytes(),
    }
}
