use super::{
    EncryptedData, EncryptionKey, HostAddresses, MessageError, Ticket, TicketFlags, application, head,
    write_head, written,
};
use crate::principal::PrincipalName;
use alloc::vec::Vec;
use negotiate_core::Timestamp;
use negotiate_core::der::{Error, ErrorKind, Reader, Tag, Writer};

/// `KRB-CRED` (RFC 4120 section 5.8.1), credentials on their way to somebody else:
///
/// ```text
/// KRB-CRED ::= [APPLICATION 22] SEQUENCE {
///     pvno      [0] INTEGER (5),
///     msg-type  [1] INTEGER (22),
///     tickets   [2] SEQUENCE OF Ticket,
///     enc-part  [3] EncryptedData -- EncKrbCredPart
/// }
/// ```
#[derive(Clone, Debug)]
pub struct KrbCred<'a> {
    /// The tickets.
    pub tickets: Vec<Ticket<'a>>,
    /// What belongs to them, sealed.
    pub enc_part: EncryptedData<'a>,
}

/// A forwarded credential is one TGT; anything near this number is an attempt to fill memory.
const MAX_TICKETS: usize = 16;

impl<'a> KrbCred<'a> {
    /// The message type number.
    pub const MESSAGE_TYPE: i64 = 22;

    /// Reads one, which must be all of `input`.
    ///
    /// # Errors
    /// If it is not a KRB-CRED of version 5, not its DER, or has no ticket or more than 16.
    pub fn decode(input: &'a [u8]) -> Result<Self, MessageError> {
        let mut input = Reader::new(input);
        let mut sequence = application(&mut input, 22)?;
        input.finish()?;
        head(&mut sequence, 0, Self::MESSAGE_TYPE)?;
        let mut field = sequence.element(Tag::context(2))?;
        let mut list = field.sequence()?;
        field.finish()?;
        let mut tickets = Vec::new();
        while !list.is_empty() {
            if tickets.len() == MAX_TICKETS {
                return Err(list.error(ErrorKind::TooMany).into());
            }
            tickets.push(Ticket::decode(&mut list)?);
        }
        if tickets.is_empty() {
            return Err(list.error(ErrorKind::BadValue).into());
        }
        let enc_part = sequence.field(3, EncryptedData::decode)?;
        sequence.finish()?;
        Ok(Self { tickets, enc_part })
    }

    /// Writes it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let tickets_len = self.tickets.iter().map(|ticket| ticket.raw.len());
        let len = tickets_len.fold(self.enc_part.cipher.len(), usize::saturating_add);
        written(22, len.saturating_add(64), |sequence| {
            write_head(sequence, 0, Self::MESSAGE_TYPE);
            sequence.field(2, |field| {
                field.sequence(|list| self.tickets.iter().for_each(|ticket| list.raw(ticket.raw)));
            });
            sequence.field(3, |field| self.enc_part.encode(field));
        })
    }
}

/// `EncKrbCredPart` (RFC 4120 section 5.8.1):
///
/// ```text
/// EncKrbCredPart ::= [APPLICATION 29] SEQUENCE {
///     ticket-info  [0] SEQUENCE OF KrbCredInfo,
///     nonce        [1] UInt32 OPTIONAL,
///     timestamp    [2] KerberosTime OPTIONAL,
///     usec         [3] Microseconds OPTIONAL,
///     s-address    [4] HostAddress OPTIONAL,
///     r-address    [5] HostAddress OPTIONAL
/// }
/// ```
#[derive(Clone, Debug)]
pub struct EncKrbCredPart<'a> {
    /// One for each ticket, in the same order.
    pub ticket_info: Vec<KrbCredInfo<'a>>,
}

/// `KrbCredInfo` (RFC 4120 section 5.8.1): the sealed part of one ticket's reply.
///
/// ```text
/// KrbCredInfo ::= SEQUENCE {
///     key         [0] EncryptionKey,
///     prealm      [1] Realm OPTIONAL,
///     pname       [2] PrincipalName OPTIONAL,
///     flags       [3] TicketFlags OPTIONAL,
///     authtime    [4] KerberosTime OPTIONAL,
///     starttime   [5] KerberosTime OPTIONAL,
///     endtime     [6] KerberosTime OPTIONAL,
///     renew-till  [7] KerberosTime OPTIONAL,
///     srealm      [8] Realm OPTIONAL,
///     sname       [9] PrincipalName OPTIONAL,
///     caddr       [10] HostAddresses OPTIONAL
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct KrbCredInfo<'a> {
    /// Session key of the ticket.
    pub key: EncryptionKey<'a>,
    /// Realm of the client.
    pub prealm: Option<&'a [u8]>,
    /// Name of the client.
    pub pname: Option<PrincipalName<'a>>,
    /// Flags of the ticket.
    pub flags: Option<TicketFlags>,
    /// When the client authenticated.
    pub authtime: Option<Timestamp>,
    /// From when the ticket is good.
    pub starttime: Option<Timestamp>,
    /// Until when the ticket is good.
    pub endtime: Option<Timestamp>,
    /// Until when it may be renewed.
    pub renew_till: Option<Timestamp>,
    /// Realm of the service.
    pub srealm: Option<&'a [u8]>,
    /// Name of the service.
    pub sname: Option<PrincipalName<'a>>,
    /// From where the ticket may be used.
    pub caddr: Option<HostAddresses<'a>>,
}

impl<'a> EncKrbCredPart<'a> {
    /// Reads one, which must be all of `input`.
    ///
    /// # Errors
    /// If it is not its DER, or has more than 16 elements.
    pub fn decode(input: &'a [u8]) -> Result<Self, Error> {
        let mut input = Reader::new(input);
        let mut sequence = application(&mut input, 29)?;
        input.finish()?;
        let ticket_info = sequence.field(0, |field| {
            let mut list = field.sequence()?;
            let mut ticket_info = Vec::new();
            while !list.is_empty() {
                if ticket_info.len() == MAX_TICKETS {
                    return Err(list.error(ErrorKind::TooMany));
                }
                ticket_info.push(KrbCredInfo::decode(&mut list)?);
            }
            Ok(ticket_info)
        })?;
        sequence.optional_field(1, Reader::uint32)?;
        sequence.optional(2, Reader::kerberos_time_field)?;
        sequence.optional_field(3, Reader::microseconds)?;
        sequence.optional_field(4, super::ticket::HostAddress::decode)?;
        sequence.optional_field(5, super::ticket::HostAddress::decode)?;
        sequence.finish()?;
        Ok(Self { ticket_info })
    }

    /// Writes the part that is to be sealed, without the optional fields: they are for applications that send KRB-CRED by
    /// itself (RFC 4120 section 3.6.1).
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        written(29, self.ticket_info.len().saturating_mul(512), |sequence| {
            sequence.field(0, |field| {
                field.sequence(|list| self.ticket_info.iter().for_each(|info| info.encode(list)));
            });
        })
    }
}

impl<'a> KrbCredInfo<'a> {
    fn decode(input: &mut Reader<'a>) -> Result<Self, Error> {
        let mut sequence = input.sequence()?;
        let info = Self {
            key: sequence.field(0, EncryptionKey::decode)?,
            prealm: sequence.optional(1, Reader::general_string_field)?,
            pname: sequence.optional_field(2, PrincipalName::decode)?,
            flags: sequence.optional_field(3, |field| Ok(TicketFlags(field.bit_string_32()?)))?,
            authtime: sequence.optional(4, Reader::kerberos_time_field)?,
            starttime: sequence.optional(5, Reader::kerberos_time_field)?,
            endtime: sequence.optional(6, Reader::kerberos_time_field)?,
            renew_till: sequence.optional(7, Reader::kerberos_time_field)?,
            srealm: sequence.optional(8, Reader::general_string_field)?,
            sname: sequence.optional_field(9, PrincipalName::decode)?,
            caddr: sequence.optional_field(10, HostAddresses::decode)?,
        };
        sequence.finish()?;
        Ok(info)
    }

    fn encode(&self, writer: &mut Writer) {
        writer.sequence(|sequence| {
            sequence.field(0, |field| self.key.encode(field));
            if let Some(prealm) = self.prealm {
                sequence.field(1, |field| field.general_string(prealm));
            }
            if let Some(pname) = &self.pname {
                sequence.field(2, |field| pname.encode(field));
            }
            if let Some(flags) = self.flags {
                sequence.field(3, |field| field.bit_string_32(flags.0));
            }
            let times = [self.authtime, self.starttime, self.endtime, self.renew_till];
            for (number, time) in (4..).zip(times) {
                if let Some(time) = time {
                    sequence.field(number, |field| field.kerberos_time(time));
                }
            }
            if let Some(srealm) = self.srealm {
                sequence.field(8, |field| field.general_string(srealm));
            }
            if let Some(sname) = &self.sname {
                sequence.field(9, |field| sname.encode(field));
            }
            if let Some(caddr) = &self.caddr {
                sequence.field(10, |field| caddr.encode(field));
            }
        });
    }
}
