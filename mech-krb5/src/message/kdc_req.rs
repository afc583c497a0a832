use super::pa_data::list;
use super::{
    EncryptedData, HostAddresses, MessageError, PaData, Ticket, application, head, write_head, written,
};
use crate::principal::PrincipalName;
use alloc::vec::Vec;
use negotiate_core::Timestamp;
use negotiate_core::der::{ErrorKind, Reader, Tag, Writer};

/// `AS-REQ` or `TGS-REQ` (RFC 4120 section 5.4.1):
///
/// ```text
/// AS-REQ  ::= [APPLICATION 10] KDC-REQ
/// TGS-REQ ::= [APPLICATION 12] KDC-REQ
/// KDC-REQ ::= SEQUENCE {
///     pvno      [1] INTEGER (5),
///     msg-type  [2] INTEGER (10 | 12),
///     padata    [3] SEQUENCE OF PA-DATA OPTIONAL,
///     req-body  [4] KDC-REQ-BODY
/// }
/// ```
#[derive(Clone, Debug)]
pub struct KdcReq<'a> {
    /// Which of the two.
    pub exchange: KdcExchange,
    /// What authenticates the client, or hints.
    pub padata: Vec<PaData<'a>>,
    /// What is asked for.
    pub body: KdcReqBody<'a>,
    /// The encoding of the body: a TGS-REQ's authenticator has a checksum over it (section 5.5.1).
    pub body_der: &'a [u8],
}

/// Which of a KDC's two services is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KdcExchange {
    /// The authentication service: a ticket for a key (RFC 4120 section 3.1).
    As,
    /// The ticket-granting service: a ticket for a ticket (section 3.3).
    Tgs,
}

impl KdcExchange {
    /// Application tag and message type of the request.
    #[must_use]
    pub const fn request_number(self) -> u8 {
        match self {
            Self::As => 10,
            Self::Tgs => 12,
        }
    }

    /// Application tag and message type of the reply.
    #[must_use]
    pub const fn reply_number(self) -> u8 {
        match self {
            Self::As => 11,
            Self::Tgs => 13,
        }
    }
}

impl<'a> KdcReq<'a> {
    /// Reads one, which must be all of `input`.
    ///
    /// # Errors
    /// If it is not an AS-REQ or TGS-REQ of version 5, or not its DER.
    pub fn decode(input: &'a [u8]) -> Result<Self, MessageError> {
        let mut input = Reader::new(input);
        let exchange = if input.peek() == Some(Tag::application(KdcExchange::Tgs.request_number())) {
            KdcExchange::Tgs
        } else {
            KdcExchange::As
        };
        let mut sequence = application(&mut input, exchange.request_number())?;
        input.finish()?;
        head(&mut sequence, 1, exchange.request_number().into())?;
        let padata = sequence.optional_field(3, PaData::decode_list)?;
        let mut field = sequence.element(Tag::context(4))?;
        let body_der = field.rest();
        let body = KdcReqBody::decode(&mut field)?;
        field.finish()?;
        sequence.finish()?;
        Ok(Self {
            exchange,
            padata: padata.unwrap_or_default(),
            body,
            body_der,
        })
    }

    /// Writes a request around the encoding of a body.
    #[must_use]
    pub fn encode(exchange: KdcExchange, padata: &[PaData<'_>], body_der: &[u8]) -> Vec<u8> {
        let values = padata.iter().map(|element| element.padata_value.len());
        let len = values.fold(body_der.len(), usize::saturating_add);
        written(exchange.request_number(), len.saturating_add(128), |sequence| {
            write_head(sequence, 1, exchange.request_number().into());
            if !padata.is_empty() {
                sequence.field(3, |field| PaData::encode_list(padata, field));
            }
            sequence.field(4, |field| field.raw(body_der));
        })
    }
}

/// `KDC-REQ-BODY` (RFC 4120 section 5.4.1):
///
/// ```text
/// KDC-REQ-BODY ::= SEQUENCE {
///     kdc-options             [0] KDCOptions,
///     cname                   [1] PrincipalName OPTIONAL, -- in AS-REQ only
///     realm                   [2] Realm, -- of the server, and in AS-REQ of the client
///     sname                   [3] PrincipalName OPTIONAL,
///     from                    [4] KerberosTime OPTIONAL,
///     till                    [5] KerberosTime,
///     rtime                   [6] KerberosTime OPTIONAL,
///     nonce                   [7] UInt32,
///     etype                   [8] SEQUENCE OF Int32,
///     addresses               [9] HostAddresses OPTIONAL,
///     enc-authorization-data  [10] EncryptedData OPTIONAL,
///     additional-tickets      [11] SEQUENCE OF Ticket OPTIONAL
/// }
/// ```
#[derive(Clone, Debug)]
pub struct KdcReqBody<'a> {
    /// Options.
    pub kdc_options: KdcOptions,
    /// Name of the client.
    pub cname: Option<PrincipalName<'a>>,
    /// Realm of the server.
    pub realm: &'a [u8],
    /// Name of the server.
    pub sname: Option<PrincipalName<'a>>,
    /// From when the ticket is to be good.
    pub from: Option<Timestamp>,
    /// Until when; 1970 asks for as long as possible.
    pub till: Timestamp,
    /// Until when it is to be renewable.
    pub rtime: Option<Timestamp>,
    /// Comes back in the reply.
    pub nonce: u32,
    /// Numbers of the encryption types that the client can read, its favourite first.
    pub etype: Vec<i32>,
    /// From where the ticket is to be usable.
    pub addresses: Option<HostAddresses<'a>>,
    /// For the ticket, sealed with the authenticator's subkey or the session key.
    pub enc_authorization_data: Option<EncryptedData<'a>>,
    /// For user-to-user and constrained delegation.
    pub additional_tickets: Vec<Ticket<'a>>,
}

/// There are fewer numbers than this in the whole registry.
const MAX_ETYPES: usize = 64;

/// Constrained delegation needs one; more than this is an attempt to make us work.
const MAX_ADDITIONAL_TICKETS: usize = 16;

impl<'a> KdcReqBody<'a> {
    /// Reads one.
    ///
    /// # Errors
    /// If it is not its DER, or a list is longer than any client's.
    pub fn decode(input: &mut Reader<'a>) -> Result<Self, MessageError> {
        let mut sequence = input.sequence()?;
        let kdc_options = KdcOptions(sequence.bit_string_32_field(0)?);
        let cname = sequence.optional_field(1, PrincipalName::decode)?;
        let realm = sequence.general_string_field(2)?;
        let sname = sequence.optional_field(3, PrincipalName::decode)?;
        let from = sequence.optional(4, Reader::kerberos_time_field)?;
        let till = sequence.kerberos_time_field(5)?;
        let rtime = sequence.optional(6, Reader::kerberos_time_field)?;
        let nonce = sequence.field(7, Reader::uint32)?;
        let etype = sequence.field(8, |field| list(field, MAX_ETYPES, Reader::int32))?;
        let addresses = sequence.optional_field(9, HostAddresses::decode)?;
        let enc_authorization_data = sequence.optional_field(10, EncryptedData::decode)?;
        let additional_tickets = additional_tickets(&mut sequence)?;
        sequence.finish()?;
        Ok(Self {
            kdc_options,
            cname,
            realm,
            sname,
            from,
            till,
            rtime,
            nonce,
            etype,
            addresses,
            enc_authorization_data,
            additional_tickets,
        })
    }

    /// Writes it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(512);
        writer.sequence(|sequence| {
            sequence.field(0, |field| field.bit_string_32(self.kdc_options.0));
            if let Some(cname) = &self.cname {
                sequence.field(1, |field| cname.encode(field));
            }
            sequence.field(2, |field| field.general_string(self.realm));
            if let Some(sname) = &self.sname {
                sequence.field(3, |field| sname.encode(field));
            }
            for (number, time) in [(4, self.from), (5, Some(self.till)), (6, self.rtime)] {
                if let Some(time) = time {
                    sequence.field(number, |field| field.kerberos_time(time));
                }
            }
            sequence.field(7, |field| field.integer(self.nonce.into()));
            sequence.field(8, |field| {
                field.sequence(|list| self.etype.iter().for_each(|etype| list.integer((*etype).into())));
            });
            if let Some(addresses) = &self.addresses {
                sequence.field(9, |field| addresses.encode(field));
            }
            if let Some(data) = &self.enc_authorization_data {
                sequence.field(10, |field| data.encode(field));
            }
            if !self.additional_tickets.is_empty() {
                sequence.field(11, |field| {
                    field.sequence(|list| {
                        self.additional_tickets
                            .iter()
                            .for_each(|ticket| list.raw(ticket.raw));
                    });
                });
            }
        });
        writer.into_bytes()
    }
}

fn additional_tickets<'a>(sequence: &mut Reader<'a>) -> Result<Vec<Ticket<'a>>, MessageError> {
    let mut tickets = Vec::new();
    if sequence.peek() != Some(Tag::context(11)) {
        return Ok(tickets);
    }
    let mut field = sequence.element(Tag::context(11))?;
    let mut elements = field.sequence()?;
    field.finish()?;
    while !elements.is_empty() {
        if tickets.len() == MAX_ADDITIONAL_TICKETS {
            return Err(elements.error(ErrorKind::TooMany).into());
        }
        tickets.push(Ticket::decode(&mut elements)?);
    }
    Ok(tickets)
}

/// `KDCOptions` (RFC 4120 section 5.4.1, RFC 6806, MS-SFU). Those that ask for a property of the ticket have its bit in
/// [`TicketFlags`](super::TicketFlags).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KdcOptions(pub u32);

impl KdcOptions {
    /// forwardable(1)
    pub const FORWARDABLE: Self = Self(1 << 30);
    /// forwarded(2)
    pub const FORWARDED: Self = Self(1 << 29);
    /// proxiable(3)
    pub const PROXIABLE: Self = Self(1 << 28);
    /// proxy(4)
    pub const PROXY: Self = Self(1 << 27);
    /// allow-postdate(5)
    pub const ALLOW_POSTDATE: Self = Self(1 << 26);
    /// postdated(6)
    pub const POSTDATED: Self = Self(1 << 25);
    /// renewable(8)
    pub const RENEWABLE: Self = Self(1 << 23);
    /// constrained-delegation(14), MS-SFU section 2.2.3
    pub const CNAME_IN_ADDL_TKT: Self = Self(1 << 17);
    /// canonicalize(15), RFC 6806 section 3
    pub const CANONICALIZE: Self = Self(1 << 16);
    /// request-anonymous(16), RFC 8062 section 4
    pub const REQUEST_ANONYMOUS: Self = Self(1 << 15);
    /// disable-transited-check(26)
    pub const DISABLE_TRANSITED_CHECK: Self = Self(1 << 5);
    /// renewable-ok(27)
    pub const RENEWABLE_OK: Self = Self(1 << 4);
    /// enc-tkt-in-skey(28)
    pub const ENC_TKT_IN_SKEY: Self = Self(1 << 3);
    /// renew(30)
    pub const RENEW: Self = Self(1 << 1);
    /// validate(31)
    pub const VALIDATE: Self = Self(1);

    /// Whether all of `options` are set.
    #[must_use]
    pub const fn contains(self, options: Self) -> bool {
        self.0 & options.0 == options.0
    }

    /// These and those.
    #[must_use]
    pub const fn with(self, options: Self) -> Self {
        Self(self.0 | options.0)
    }
}
