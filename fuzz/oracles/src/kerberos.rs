//! RFC 4120's messages once more, as far as an acceptor reads them: owned values by `tlv`, or the code by which a
//! message is refused.

use crate::tlv::{self, Fields, value};

/// `krb5.malformed` and others.
pub(crate) type Code = &'static str;

pub(crate) const MALFORMED: Code = "krb5.malformed";

/// A number and octets: EncryptionKey, Checksum, HostAddress, TransitedEncoding, an element of AuthorizationData.
pub(crate) type Typed = (i32, Vec<u8>);

/// A PrincipalName without its type, which is never compared.
pub(crate) type Components = Vec<Vec<u8>>;

/// Microseconds since 1970.
pub(crate) type Micros = i64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EncryptedData {
    pub(crate) etype: i32,
    pub(crate) kvno: Option<u32>,
    pub(crate) cipher: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApReq {
    pub(crate) ap_options: u32,
    pub(crate) ticket: Ticket,
    pub(crate) authenticator: EncryptedData,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) realm: Vec<u8>,
    pub(crate) sname: Components,
    pub(crate) enc_part: EncryptedData,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EncTicketPart {
    pub(crate) flags: u32,
    pub(crate) key: Typed,
    pub(crate) crealm: Vec<u8>,
    pub(crate) cname: Components,
    pub(crate) transited: Typed,
    pub(crate) authtime: Micros,
    pub(crate) starttime: Option<Micros>,
    pub(crate) endtime: Micros,
    pub(crate) renew_till: Option<Micros>,
    pub(crate) caddr: Option<Vec<Typed>>,
    pub(crate) authorization_data: Option<Vec<Typed>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authenticator {
    pub(crate) crealm: Vec<u8>,
    pub(crate) cname: Components,
    pub(crate) cksum: Option<Typed>,
    pub(crate) ctime: Micros,
    pub(crate) subkey: Option<Typed>,
    pub(crate) seq_number: Option<u32>,
    pub(crate) authorization_data: Option<Vec<Typed>>,
}

/// An AP-REQ, or the code. What stands before a wrong number must be right for the number to be what is wrong.
pub(crate) fn ap_req(input: &[u8]) -> Result<ApReq, Code> {
    let sequence = application(14, input).ok_or(MALFORMED)?;
    let rest = head(
        sequence,
        &[(0, 5, "krb5.bad_version"), (1, 14, "krb5.bad_message_type")],
    )?;
    let ((tag, options), rest) = tlv::split(rest).ok_or(MALFORMED)?;
    let ap_options = value::bit_string_32(options)
        .filter(|_| tag == 0xa2)
        .ok_or(MALFORMED)?;
    let ((tag, ticket_field), rest) = tlv::split(rest).ok_or(MALFORMED)?;
    if tag != 0xa3 {
        return Err(MALFORMED);
    }
    let ticket = ticket(ticket_field)?;
    let authenticator = tlv::only(0xa4, rest).and_then(encrypted_data).ok_or(MALFORMED)?;
    Ok(ApReq {
        ap_options,
        ticket,
        authenticator,
    })
}

/// Whether it is a KERB-TGT-REQUEST, or the code; the components and the realm that it names.
pub(crate) fn tgt_req(input: &[u8]) -> Result<(Option<Components>, Option<Vec<u8>>), Code> {
    let sequence = tlv::only(0x30, input).ok_or(MALFORMED)?;
    head(
        sequence,
        &[(0, 5, "krb5.bad_version"), (1, 16, "krb5.bad_message_type")],
    )?;
    let read = || {
        let fields = Fields::read(sequence)?;
        fields.end_at(3)?;
        let realm = fields.optional(3, value::general_string)?;
        Some((fields.optional(2, principal_name)?, realm.map(<[u8]>::to_vec)))
    };
    read().ok_or(MALFORMED)
}

/// A ticket that is all of `field`, or the code.
fn ticket(field: &[u8]) -> Result<Ticket, Code> {
    // The version is judged as soon as it is read: whatever follows it, but within a whole ticket.
    let ((tag, content), after) = tlv::split(field).ok_or(MALFORMED)?;
    let sequence = tlv::only(0x30, content)
        .filter(|_| tag == 0x61)
        .ok_or(MALFORMED)?;
    head(sequence, &[(0, 5, "krb5.bad_version")])?;
    let read = || {
        let fields = Fields::read(sequence)?;
        fields.end_at(3)?;
        Some(Ticket {
            realm: fields.required(1, value::general_string)?.to_vec(),
            sname: fields.required(2, principal_name)?,
            enc_part: fields.required(3, encrypted_data)?,
        })
    };
    read().filter(|_| after.is_empty()).ok_or(MALFORMED)
}

/// The opened part of a ticket.
pub(crate) fn enc_ticket_part(input: &[u8]) -> Option<EncTicketPart> {
    let fields = Fields::read(application(3, input)?)?;
    fields.end_at(10)?;
    Some(EncTicketPart {
        flags: fields.required(0, value::bit_string_32)?,
        key: fields.required(1, typed)?,
        crealm: fields.required(2, value::general_string)?.to_vec(),
        cname: fields.required(3, principal_name)?,
        transited: fields.required(4, typed)?,
        authtime: fields.required(5, time)?,
        starttime: fields.optional(6, time)?,
        endtime: fields.required(7, time)?,
        renew_till: fields.optional(8, time)?,
        caddr: fields.optional(9, typed_list)?,
        authorization_data: fields.optional(10, typed_list)?,
    })
}

/// An opened authenticator, or the code.
pub(crate) fn authenticator(input: &[u8]) -> Result<Authenticator, Code> {
    let sequence = application(2, input).ok_or(MALFORMED)?;
    head(sequence, &[(0, 5, "krb5.bad_version")])?;
    let read = || {
        let fields = Fields::read(sequence)?;
        fields.end_at(8)?;
        let cusec: Micros = fields.required(4, value::microseconds)?.into();
        Some(Authenticator {
            crealm: fields.required(1, value::general_string)?.to_vec(),
            cname: fields.required(2, principal_name)?,
            cksum: fields.optional(3, typed)?,
            ctime: fields.required(5, time)? + cusec,
            subkey: fields.optional(6, typed)?,
            seq_number: fields.optional(7, value::uint32)?,
            authorization_data: fields.optional(8, typed_list)?,
        })
    };
    read().ok_or(MALFORMED)
}

/// A KRB-CRED: how many tickets it has, and its sealed part.
pub(crate) fn krb_cred(input: &[u8]) -> Option<(usize, EncryptedData)> {
    let sequence = application(22, input)?;
    head(sequence, &[(0, 5, MALFORMED), (1, 22, MALFORMED)]).ok()?;
    let fields = Fields::read(sequence)?;
    fields.end_at(3)?;
    let tickets = tlv::series(tlv::only(0x30, fields.get(2)?)?)?;
    let are_tickets = tickets
        .iter()
        .all(|(tag, content)| ticket(&tlv::write(*tag, content)).is_ok());
    let enc_part = fields.required(3, encrypted_data)?;
    (are_tickets && (1..=16).contains(&tickets.len())).then_some((tickets.len(), enc_part))
}

/// An EncKrbCredPart: for each ticket, whether its description has all that a credential needs.
pub(crate) fn enc_krb_cred_part(input: &[u8]) -> Option<Vec<bool>> {
    let fields = Fields::read(application(29, input)?)?;
    fields.end_at(5)?;
    let infos = tlv::series(tlv::only(0x30, fields.get(0)?)?)?;
    fields.optional(1, value::uint32)?;
    fields.optional(2, time)?;
    fields.optional(3, value::microseconds)?;
    fields.optional(4, typed)?;
    fields.optional(5, typed)?;
    let complete = |(tag, content): (u8, &[u8])| krb_cred_info(&tlv::write(tag, content));
    let complete: Vec<bool> = infos.into_iter().map(complete).collect::<Option<_>>()?;
    (complete.len() <= 16).then_some(complete)
}

fn krb_cred_info(element: &[u8]) -> Option<bool> {
    let fields = Fields::read(tlv::only(0x30, element)?)?;
    fields.end_at(10)?;
    fields.required(0, typed)?;
    fields.optional(1, value::general_string)?;
    fields.optional(2, principal_name)?;
    fields.optional(3, value::bit_string_32)?;
    for number in 4..=7 {
        fields.optional(number, time)?;
    }
    fields.optional(8, value::general_string)?;
    fields.optional(9, principal_name)?;
    fields.optional(10, typed_list)?;
    Some(
        [1, 2, 6, 8, 9]
            .into_iter()
            .all(|number| fields.get(number).is_some()),
    )
}

/// `[APPLICATION number] SEQUENCE`, all of `input`.
pub(crate) fn application(number: u8, input: &[u8]) -> Option<&[u8]> {
    tlv::only(0x30, tlv::only(0x60 | number, input)?)
}

/// Reads the integers that a sequence begins with, each with the number it must have and the code if it has another, and
/// returns the rest.
pub(crate) fn head<'a>(mut sequence: &'a [u8], numbers: &[(u8, i64, Code)]) -> Result<&'a [u8], Code> {
    for (field, expected, code) in numbers {
        let ((tag, content), rest) = tlv::split(sequence).ok_or(MALFORMED)?;
        let found = value::integer(content)
            .filter(|_| tag == 0xa0 | field)
            .ok_or(MALFORMED)?;
        if found != *expected {
            return Err(code);
        }
        sequence = rest;
    }
    Ok(sequence)
}

pub(crate) fn encrypted_data(element: &[u8]) -> Option<EncryptedData> {
    let fields = Fields::read(tlv::only(0x30, element)?)?;
    fields.end_at(2)?;
    Some(EncryptedData {
        etype: fields.required(0, value::int32)?,
        kvno: fields.optional(1, value::uint32)?,
        cipher: fields.required(2, value::octet_string)?.to_vec(),
    })
}

pub(crate) fn principal_name(element: &[u8]) -> Option<Components> {
    let fields = Fields::read(tlv::only(0x30, element)?)?;
    fields.end_at(1)?;
    fields.required(0, value::int32)?;
    let strings = tlv::series(tlv::only(0x30, fields.get(1)?)?)?;
    let is_text = |(tag, text): &(u8, &[u8])| *tag == 0x1b && !text.contains(&0);
    let is_name = (1..=32).contains(&strings.len()) && strings.iter().all(is_text);
    is_name.then(|| strings.into_iter().map(|(_, text)| text.to_vec()).collect())
}

pub(crate) fn typed(element: &[u8]) -> Option<Typed> {
    let fields = Fields::read(tlv::only(0x30, element)?)?;
    fields.end_at(1)?;
    let octets = fields.required(1, value::octet_string)?;
    Some((fields.required(0, value::int32)?, octets.to_vec()))
}

/// AuthorizationData and HostAddresses, 64 elements at most.
pub(crate) fn typed_list(element: &[u8]) -> Option<Vec<Typed>> {
    let elements = tlv::series(tlv::only(0x30, element)?)?;
    let read = |(tag, content): (u8, &[u8])| typed(&tlv::write(tag, content));
    let elements: Vec<Typed> = elements.into_iter().map(read).collect::<Option<_>>()?;
    (elements.len() <= 64).then_some(elements)
}

/// AD-AND-OR: how many of the elements are to be satisfied.
pub(crate) fn and_or(data: &[u8]) -> Option<(i32, Vec<Typed>)> {
    let fields = Fields::read(tlv::only(0x30, data)?)?;
    fields.end_at(1)?;
    Some((fields.required(0, value::int32)?, fields.required(1, typed_list)?))
}

/// Elements with their DER, and the checksum over it.
pub(crate) struct Signed {
    pub(crate) elements: Vec<Typed>,
    pub(crate) der: Vec<u8>,
    pub(crate) checksum: Typed,
}

/// AD-KDCIssued.
pub(crate) fn kdc_issued(data: &[u8]) -> Option<Signed> {
    let fields = Fields::read(tlv::only(0x30, data)?)?;
    fields.end_at(3)?;
    fields.optional(1, value::general_string)?;
    fields.optional(2, principal_name)?;
    Some(Signed {
        elements: fields.required(3, typed_list)?,
        der: fields.get(3)?.to_vec(),
        checksum: fields.required(0, typed)?,
    })
}

/// AD-CAMMAC with a service verifier (RFC 7751 section 4).
pub(crate) fn cammac(data: &[u8]) -> Option<Signed> {
    let verifier = |element| {
        let fields = Fields::read(tlv::only(0x30, element)?)?;
        fields.end_at(3)?;
        fields.optional(0, principal_name)?;
        fields.optional(1, value::uint32)?;
        fields.optional(2, value::int32)?;
        fields.required(3, typed)
    };
    let fields = Fields::read(tlv::only(0x30, data)?)?;
    fields.end_at(3)?;
    fields.optional(1, verifier)?;
    fields.optional(3, |element| {
        tlv::only(0x30, element).filter(|list| !list.is_empty())
    })?;
    Some(Signed {
        elements: fields.required(0, typed_list)?,
        der: fields.get(0)?.to_vec(),
        checksum: fields.required(2, verifier)?,
    })
}

/// AD-AUTHENTICATION-INDICATOR (RFC 8129 section 3).
pub(crate) fn indicators(data: &[u8]) -> Option<Vec<String>> {
    let texts = tlv::series(tlv::only(0x30, data)?)?;
    let read = |(tag, content): (u8, &[u8])| {
        let element = tlv::write(tag, content);
        String::from_utf8(value::utf8_string(&element)?.to_vec()).ok()
    };
    let texts: Vec<String> = texts.into_iter().map(read).collect::<Option<_>>()?;
    (texts.len() <= 64).then_some(texts)
}

fn time(element: &[u8]) -> Option<Micros> {
    Some(value::kerberos_time(element)? * 1_000_000)
}
