use super::{CarriedKey, GssChecksum, Sealed, Ticket, principal_name};
use mech_krb5::Principal;
use mech_krb5::crypto::{Key, KeyUsage};
use mech_krb5::message::ApOptions;
use negotiate_core::der::{Tag, Writer};
use negotiate_core::{ContextFlags, Random, Timestamp};

/// What an initiator seals in an authenticator.
#[derive(Clone)]
pub(crate) struct Authenticator {
    pub(crate) authenticator_vno: i64,
    pub(crate) client: Principal,
    /// Type and value of the checksum field.
    pub(crate) cksum: Option<(i32, Vec<u8>)>,
    pub(crate) ctime: Timestamp,
    pub(crate) subkey: Option<CarriedKey>,
    pub(crate) seq_number: Option<u32>,
    /// The DER of `AuthorizationData`.
    pub(crate) authorization_data: Option<Vec<u8>>,
}

impl Authenticator {
    /// As GSS-API initiators make them: flags in the checksum field, a subkey, a sequence number.
    pub(crate) fn new(ticket: &Ticket, flags: ContextFlags, subkey: &Key, ctime: Timestamp) -> Self {
        Self {
            authenticator_vno: 5,
            client: ticket.client.clone(),
            cksum: Some(GssChecksum::new(flags).field()),
            ctime,
            subkey: Some(subkey.into()),
            seq_number: Some(0x1234_5678),
            authorization_data: None,
        }
    }

    /// The DER of it.
    pub(crate) fn part(&self) -> Vec<u8> {
        let mut part = Writer::new();
        part.element(Tag::application(2), |part| {
            part.sequence(|part| {
                part.field(0, |field| field.integer(self.authenticator_vno));
                part.field(1, |field| field.general_string(self.client.realm()));
                part.field(2, |field| principal_name(field, &self.client));
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
                    part.field(6, |field| subkey.encode(field));
                }
                if let Some(number) = self.seq_number {
                    part.field(7, |field| field.integer(number.into()));
                }
                if let Some(data) = &self.authorization_data {
                    part.field(8, |field| field.raw(data));
                }
            });
        });
        part.into_bytes()
    }

    /// The AP-REQ with this authenticator and a sealed ticket of this session key.
    pub(crate) fn ap_req(
        &self,
        ap_options: ApOptions,
        ticket: &[u8],
        session_key: &Key,
        random: &mut dyn Random,
    ) -> Vec<u8> {
        let part = self.part();
        ApReq {
            pvno: 5,
            msg_type: 14,
            ap_options,
            ticket,
            authenticator: Sealed::new(session_key, KeyUsage::AP_REQ_AUTHENTICATOR, None, &part, random),
        }
        .encode()
    }
}

/// The message around both.
pub(crate) struct ApReq<'a> {
    pub(crate) pvno: i64,
    pub(crate) msg_type: i64,
    pub(crate) ap_options: ApOptions,
    /// The DER of the ticket.
    pub(crate) ticket: &'a [u8],
    pub(crate) authenticator: Sealed,
}

impl ApReq<'_> {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut ap_req = Writer::with_capacity(self.ticket.len() + self.authenticator.cipher.len() + 64);
        ap_req.element(Tag::application(14), |ap_req| {
            ap_req.sequence(|ap_req| {
                ap_req.field(0, |field| field.integer(self.pvno));
                ap_req.field(1, |field| field.integer(self.msg_type));
                ap_req.field(2, |field| field.bit_string_32(self.ap_options.0));
                ap_req.field(3, |field| field.raw(self.ticket));
                ap_req.field(4, |field| self.authenticator.encode(field));
            });
        });
        ap_req.into_bytes()
    }
}
