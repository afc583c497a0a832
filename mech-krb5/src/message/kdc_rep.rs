use super::{
    EncryptedData, EncryptionKey, HostAddresses, KdcExchange, MessageError, PaData, Ticket, TicketFlags,
    application, head, write_head, written,
};
use crate::principal::PrincipalName;
use alloc::vec::Vec;
use negotiate_core::Timestamp;
use negotiate_core::der::{Error, Reader, Tag, Writer};

/// `AS-REP` or `TGS-REP` (RFC 4120 section 5.4.2):
///
/// ```text
/// AS-REP  ::= [APPLICATION 11] KDC-REP
/// TGS-REP ::= [APPLICATION 13] KDC-REP
/// KDC-REP ::= SEQUENCE {
///     pvno      [0] INTEGER (5),
///     msg-type  [1] INTEGER (11 | 13),
///     padata    [2] SEQUENCE OF PA-DATA OPTIONAL,
///     crealm    [3] Realm,
///     cname     [4] PrincipalName,
///     ticket    [5] Ticket,
///     enc-part  [6] EncryptedData -- EncASRepPart or EncTGSRepPart
/// }
/// ```
#[derive(Clone, Debug)]
pub struct KdcRep<'a> {
    /// Which of the two.
    pub exchange: KdcExchange,
    /// Hints about the key.
    pub padata: Vec<PaData<'a>>,
    /// Realm of the client.
    pub crealm: &'a [u8],
    /// Name of the client.
    pub cname: PrincipalName<'a>,
    /// The ticket.
    pub ticket: Ticket<'a>,
    /// What belongs to it, sealed for the client.
    pub enc_part: EncryptedData<'a>,
}

impl<'a> KdcRep<'a> {
    /// Reads the reply to a request of `exchange`, which must be all of `input`.
    ///
    /// # Errors
    /// If it is not that reply of version 5, or not its DER.
    pub fn decode(exchange: KdcExchange, input: &'a [u8]) -> Result<Self, MessageError> {
        let mut input = Reader::new(input);
        let mut sequence = application(&mut input, exchange.reply_number())?;
        input.finish()?;
        head(&mut sequence, 0, exchange.reply_number().into())?;
        let padata = sequence.optional_field(2, PaData::decode_list)?;
        let crealm = sequence.general_string_field(3)?;
        let cname = sequence.field(4, PrincipalName::decode)?;
        let mut field = sequence.element(Tag::context(5))?;
        let ticket = Ticket::decode(&mut field)?;
        field.finish()?;
        let enc_part = sequence.field(6, EncryptedData::decode)?;
        sequence.finish()?;
        Ok(Self {
            exchange,
            padata: padata.unwrap_or_default(),
            crealm,
            cname,
            ticket,
            enc_part,
        })
    }

    /// Writes it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let parts = self.ticket.raw.len().saturating_add(self.enc_part.cipher.len());
        written(
            self.exchange.reply_number(),
            parts.saturating_add(512),
            |sequence| {
                write_head(sequence, 0, self.exchange.reply_number().into());
                if !self.padata.is_empty() {
                    sequence.field(2, |field| PaData::encode_list(&self.padata, field));
                }
                sequence.field(3, |field| field.general_string(self.crealm));
                sequence.field(4, |field| self.cname.encode(field));
                sequence.field(5, |field| field.raw(self.ticket.raw));
                sequence.field(6, |field| self.enc_part.encode(field));
            },
        )
    }
}

/// `EncKDCRepPart` (RFC 4120 section 5.4.2, RFC 6806 section 11), sealed with the client's key or the session key:
///
/// ```text
/// EncASRepPart  ::= [APPLICATION 25] EncKDCRepPart
/// EncTGSRepPart ::= [APPLICATION 26] EncKDCRepPart
/// EncKDCRepPart ::= SEQUENCE {
///     key                [0] EncryptionKey,
///     last-req           [1] LastReq,
///     nonce              [2] UInt32,
///     key-expiration     [3] KerberosTime OPTIONAL,
///     flags              [4] TicketFlags,
///     authtime           [5] KerberosTime,
///     starttime          [6] KerberosTime OPTIONAL,
///     endtime            [7] KerberosTime,
///     renew-till         [8] KerberosTime OPTIONAL,
///     srealm             [9] Realm,
///     sname              [10] PrincipalName,
///     caddr              [11] HostAddresses OPTIONAL,
///     encrypted-pa-data  [12] SEQUENCE OF PA-DATA OPTIONAL
/// }
/// LastReq ::= SEQUENCE OF SEQUENCE {
///     lr-type   [0] Int32,
///     lr-value  [1] KerberosTime
/// }
/// ```
#[derive(Clone, Debug)]
pub struct EncKdcRepPart<'a> {
    /// The ticket's session key.
    pub key: EncryptionKey<'a>,
    /// The request's.
    pub nonce: u32,
    /// When the client's key expires.
    pub key_expiration: Option<Timestamp>,
    /// Flags of the ticket.
    pub flags: TicketFlags,
    /// When the client authenticated.
    pub authtime: Timestamp,
    /// From when the ticket is good; absent means from `authtime`.
    pub starttime: Option<Timestamp>,
    /// Until when the ticket is good.
    pub endtime: Timestamp,
    /// Until when it may be renewed.
    pub renew_till: Option<Timestamp>,
    /// Realm of the server.
    pub srealm: &'a [u8],
    /// Name of the server.
    pub sname: PrincipalName<'a>,
    /// From where the ticket may be used.
    pub caddr: Option<HostAddresses<'a>>,
    /// Hints that are protected.
    pub encrypted_pa_data: Vec<PaData<'a>>,
}

/// Application tags of the sealed part of an AS-REP and a TGS-REP.
const ENC_AS_REP_PART: u8 = 25;
const ENC_TGS_REP_PART: u8 = 26;

impl<'a> EncKdcRepPart<'a> {
    /// Reads one, which must be all of `input`. Whether it says to be of an AS-REP or a TGS-REP is not asked: KDCs write
    /// the latter into both (RFC 4120 section 5.4.2), and the key usage has told already.
    ///
    /// # Errors
    /// If it is not its DER.
    pub fn decode(input: &'a [u8]) -> Result<Self, Error> {
        let mut input = Reader::new(input);
        let number = if input.peek() == Some(Tag::application(ENC_AS_REP_PART)) {
            ENC_AS_REP_PART
        } else {
            ENC_TGS_REP_PART
        };
        let mut sequence = application(&mut input, number)?;
        input.finish()?;
        let key = sequence.field(0, EncryptionKey::decode)?;
        sequence.field(1, skip_last_req)?;
        let part = Self {
            key,
            nonce: sequence.field(2, Reader::uint32)?,
            key_expiration: sequence.optional(3, Reader::kerberos_time_field)?,
            flags: TicketFlags(sequence.bit_string_32_field(4)?),
            authtime: sequence.kerberos_time_field(5)?,
            starttime: sequence.optional(6, Reader::kerberos_time_field)?,
            endtime: sequence.kerberos_time_field(7)?,
            renew_till: sequence.optional(8, Reader::kerberos_time_field)?,
            srealm: sequence.general_string_field(9)?,
            sname: sequence.field(10, PrincipalName::decode)?,
            caddr: sequence.optional_field(11, HostAddresses::decode)?,
            encrypted_pa_data: sequence
                .optional_field(12, PaData::decode_list)?
                .unwrap_or_default(),
        };
        sequence.finish()?;
        Ok(part)
    }

    /// Writes the part that is to be sealed. Its last-req says nothing, in one element of type 0.
    #[must_use]
    pub fn encode(&self, exchange: KdcExchange) -> Vec<u8> {
        let number = match exchange {
            KdcExchange::As => ENC_AS_REP_PART,
            KdcExchange::Tgs => ENC_TGS_REP_PART,
        };
        written(number, 1024, |sequence| {
            sequence.field(0, |field| self.key.encode(field));
            sequence.field(1, no_last_req);
            sequence.field(2, |field| field.integer(self.nonce.into()));
            if let Some(key_expiration) = self.key_expiration {
                sequence.field(3, |field| field.kerberos_time(key_expiration));
            }
            sequence.field(4, |field| field.bit_string_32(self.flags.0));
            sequence.field(5, |field| field.kerberos_time(self.authtime));
            for (number, time) in [(6, self.starttime), (7, Some(self.endtime)), (8, self.renew_till)] {
                if let Some(time) = time {
                    sequence.field(number, |field| field.kerberos_time(time));
                }
            }
            sequence.field(9, |field| field.general_string(self.srealm));
            sequence.field(10, |field| self.sname.encode(field));
            if let Some(caddr) = &self.caddr {
                sequence.field(11, |field| caddr.encode(field));
            }
            if !self.encrypted_pa_data.is_empty() {
                sequence.field(12, |field| PaData::encode_list(&self.encrypted_pa_data, field));
            }
        })
    }
}

// What the KDC remembers of earlier requests, for people only.
fn skip_last_req(field: &mut Reader<'_>) -> Result<(), Error> {
    let mut elements = field.sequence()?;
    while !elements.is_empty() {
        let mut element = elements.sequence()?;
        element.int32_field(0)?;
        element.kerberos_time_field(1)?;
        element.finish()?;
    }
    Ok(())
}

fn no_last_req(field: &mut Writer) {
    field.sequence(|elements| {
        elements.sequence(|element| {
            element.field(0, |field| field.integer(0));
            element.field(1, |field| field.kerberos_time(Timestamp::from_unix(0)));
        });
    });
}
