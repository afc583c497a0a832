use super::{CarriedKey, Sealed, host_addresses, principal_name};
use mech_krb5::Principal;
use mech_krb5::crypto::{Key, KeyUsage};
use mech_krb5::message::TicketFlags;
use negotiate_core::der::{Tag, Writer};
use negotiate_core::{Random, Timestamp};

/// A KRB-CRED (RFC 4120 section 5.8.1).
#[derive(Clone)]
pub(crate) struct KrbCred {
    pub(crate) pvno: i64,
    pub(crate) msg_type: i64,
    /// The DER of each ticket.
    pub(crate) tickets: Vec<Vec<u8>>,
    pub(crate) infos: Vec<CredInfo>,
}

/// A `KrbCredInfo`, absent fields included.
#[derive(Clone)]
pub(crate) struct CredInfo {
    pub(crate) key: CarriedKey,
    /// Realm and name, which are two fields.
    pub(crate) client: Option<Principal>,
    pub(crate) flags: Option<TicketFlags>,
    pub(crate) authtime: Option<Timestamp>,
    pub(crate) starttime: Option<Timestamp>,
    pub(crate) endtime: Option<Timestamp>,
    pub(crate) renew_till: Option<Timestamp>,
    pub(crate) server: Option<Principal>,
    pub(crate) caddr: Option<Vec<(i32, Vec<u8>)>>,
}

impl KrbCred {
    pub(crate) fn new(tickets: Vec<Vec<u8>>, infos: Vec<CredInfo>) -> Self {
        Self {
            pvno: 5,
            msg_type: 22,
            tickets,
            infos,
        }
    }

    /// The DER of `EncKrbCredPart`.
    pub(crate) fn part(&self) -> Vec<u8> {
        let mut part = Writer::new();
        part.element(Tag::application(29), |part| {
            part.sequence(|part| {
                part.field(0, |field| {
                    field.sequence(|list| {
                        for info in &self.infos {
                            info.encode(list);
                        }
                    });
                });
            });
        });
        part.into_bytes()
    }

    /// Under a key.
    pub(crate) fn seal(&self, key: &Key, random: &mut dyn Random) -> Vec<u8> {
        self.around(&Sealed::new(key, KeyUsage::KRB_CRED, None, &self.part(), random))
    }

    /// In clear, with encryption type 0.
    pub(crate) fn in_clear(&self) -> Vec<u8> {
        self.around(&Sealed {
            etype: 0,
            kvno: None,
            cipher: self.part(),
        })
    }

    /// The message around a part that is sealed already.
    pub(crate) fn around(&self, enc_part: &Sealed) -> Vec<u8> {
        let mut message = Writer::new();
        message.element(Tag::application(22), |message| {
            message.sequence(|sequence| {
                sequence.field(0, |field| field.integer(self.pvno));
                sequence.field(1, |field| field.integer(self.msg_type));
                sequence.field(2, |field| {
                    field.sequence(|list| self.tickets.iter().for_each(|ticket| list.raw(ticket)));
                });
                sequence.field(3, |field| enc_part.encode(field));
            });
        });
        message.into_bytes()
    }
}

impl CredInfo {
    fn encode(&self, writer: &mut Writer) {
        let time = |info: &mut Writer, number, time: Option<Timestamp>| {
            if let Some(time) = time {
                info.field(number, |field| field.kerberos_time(time));
            }
        };
        writer.sequence(|info| {
            info.field(0, |field| self.key.encode(field));
            if let Some(client) = &self.client {
                info.field(1, |field| field.general_string(client.realm()));
                info.field(2, |field| principal_name(field, client));
            }
            if let Some(flags) = self.flags {
                info.field(3, |field| field.bit_string_32(flags.0));
            }
            time(info, 4, self.authtime);
            time(info, 5, self.starttime);
            time(info, 6, self.endtime);
            time(info, 7, self.renew_till);
            if let Some(server) = &self.server {
                info.field(8, |field| field.general_string(server.realm()));
                info.field(9, |field| principal_name(field, server));
            }
            if let Some(caddr) = &self.caddr {
                info.field(10, |field| host_addresses(field, caddr));
            }
        });
    }
}
