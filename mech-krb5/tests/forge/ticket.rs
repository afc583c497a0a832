use super::{CarriedKey, Sealed, host_addresses, principal_name};
use mech_krb5::Principal;
use mech_krb5::crypto::{Key, KeyUsage};
use mech_krb5::message::{TicketFlags, Transited};
use negotiate_core::der::{Tag, Writer};
use negotiate_core::{Random, Seconds, Timestamp};

/// What a KDC seals in a ticket, and the clear part around it.
#[derive(Clone)]
pub(crate) struct Ticket {
    pub(crate) tkt_vno: i64,
    pub(crate) service: Principal,
    /// The key that seals.
    pub(crate) service_key: Key,
    /// What the clear part says of the key, if not the truth.
    pub(crate) etype: Option<i32>,
    pub(crate) kvno: Option<u32>,
    pub(crate) flags: TicketFlags,
    pub(crate) session_key: CarriedKey,
    pub(crate) client: Principal,
    pub(crate) tr_type: i32,
    pub(crate) transited: Vec<u8>,
    pub(crate) authtime: Timestamp,
    pub(crate) starttime: Option<Timestamp>,
    pub(crate) endtime: Timestamp,
    pub(crate) renew_till: Option<Timestamp>,
    pub(crate) caddr: Option<Vec<(i32, Vec<u8>)>>,
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
            tkt_vno: 5,
            service: Principal::parse(service).unwrap(),
            service_key: service_key.clone(),
            etype: None,
            kvno: Some(1),
            flags: TicketFlags(TicketFlags::FORWARDABLE.0 | TicketFlags::PRE_AUTHENT.0),
            session_key: session_key.into(),
            client: Principal::parse(client).unwrap(),
            tr_type: Transited::DOMAIN_X500_COMPRESS,
            transited: Vec::new(),
            authtime: now,
            starttime: Some(now),
            endtime: now.plus(Seconds(36_000)),
            renew_till: None,
            caddr: None,
            authorization_data: None,
        }
    }

    /// The DER of `EncTicketPart`.
    pub(crate) fn part(&self) -> Vec<u8> {
        let mut part = Writer::new();
        part.element(Tag::application(3), |part| {
            part.sequence(|part| {
                part.field(0, |field| field.bit_string_32(self.flags.0));
                part.field(1, |field| self.session_key.encode(field));
                part.field(2, |field| field.general_string(self.client.realm()));
                part.field(3, |field| principal_name(field, &self.client));
                part.field(4, |field| {
                    field.sequence(|transited| {
                        transited.field(0, |field| field.integer(self.tr_type.into()));
                        transited.field(1, |field| field.octet_string(&self.transited));
                    });
                });
                part.field(5, |field| field.kerberos_time(self.authtime));
                if let Some(starttime) = self.starttime {
                    part.field(6, |field| field.kerberos_time(starttime));
                }
                part.field(7, |field| field.kerberos_time(self.endtime));
                if let Some(renew_till) = self.renew_till {
                    part.field(8, |field| field.kerberos_time(renew_till));
                }
                if let Some(caddr) = &self.caddr {
                    part.field(9, |field| host_addresses(field, caddr));
                }
                if let Some(data) = &self.authorization_data {
                    part.field(10, |field| field.raw(data));
                }
            });
        });
        part.into_bytes()
    }

    /// The DER of the ticket.
    pub(crate) fn seal(&self, random: &mut dyn Random) -> Vec<u8> {
        self.seal_plaintext(&self.part(), random)
    }

    /// The DER of a ticket whose sealed part are these bytes.
    pub(crate) fn seal_plaintext(&self, plaintext: &[u8], random: &mut dyn Random) -> Vec<u8> {
        let mut enc_part = Sealed::new(&self.service_key, KeyUsage::TICKET, self.kvno, plaintext, random);
        enc_part.etype = self.etype.unwrap_or(enc_part.etype);
        let mut ticket = Writer::new();
        ticket.element(Tag::application(1), |ticket| {
            ticket.sequence(|ticket| {
                ticket.field(0, |field| field.integer(self.tkt_vno));
                ticket.field(1, |field| field.general_string(self.service.realm()));
                ticket.field(2, |field| principal_name(field, &self.service));
                ticket.field(3, |field| enc_part.encode(field));
            });
        });
        ticket.into_bytes()
    }
}
