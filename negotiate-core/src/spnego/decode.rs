//! Negotiation tokens from DER (RFC 4178 section 4.2, MS-SPNG section 2.2.1), strictly.
//!
//! Fields that later editions may add are skipped, as RFC 4178 section 6 demands; anything else that does not belong is
//! refused, trailing bytes included.

use super::reject::SpnegoError;
use super::token::{MechTypeList, NegState, NegTokenInit, NegTokenResp};
use crate::der::{Error, ErrorKind, Reader, Tag};

/// What follows the object identifier in the initial token.
pub(crate) fn neg_token_init<'a>(
    mut token: Reader<'a>,
    most_mech_types: usize,
) -> Result<NegTokenInit<'a>, SpnegoError> {
    let mut choice = token.element(Tag::context(0))?;
    token.finish()?;
    let mut sequence = choice.sequence()?;
    choice.finish()?;

    let (mech_types, count) = sequence.field(0, mech_type_list)?;
    if count > most_mech_types {
        return Err(SpnegoError::TooManyMechTypes {
            limit: most_mech_types,
        });
    }
    sequence.optional_field(1, Reader::bit_string_32)?;
    let mech_token = sequence.optional_field(2, Reader::octet_string)?;
    let mech_list_mic = match sequence.optional_field(3, third_field)? {
        Some(Third::MechListMic(mic)) => {
            sequence.skip_extensions(3)?;
            Some(mic)
        }
        Some(Third::NegHints) | None => {
            let mic = sequence.optional_field(4, Reader::octet_string)?;
            sequence.skip_extensions(4)?;
            mic
        }
    };
    Ok(NegTokenInit {
        mech_types,
        mech_token: mech_token.filter(|token| !token.is_empty()),
        mech_list_mic,
    })
}

/// A whole negotiation token after the first.
pub(crate) fn neg_token_resp(mut choice: Reader<'_>) -> Result<NegTokenResp<'_>, SpnegoError> {
    let mut sequence = choice.sequence()?;
    choice.finish()?;

    let neg_state = sequence.optional_field(0, neg_state)?;
    sequence.optional_field(1, Reader::object_identifier)?;
    let response_token = sequence.optional_field(2, Reader::octet_string)?;
    let mech_list_mic = sequence.optional_field(3, Reader::octet_string)?;
    sequence.skip_extensions(3)?;
    Ok(NegTokenResp {
        neg_state,
        response_token: response_token.filter(|token| !token.is_empty()),
        // Windows 2000 puts a copy of the token where a MIC belongs; MIT krb5 knows the habit too.
        mech_list_mic: mech_list_mic.filter(|mic| response_token != Some(mic)),
    })
}

// RFC 4178 section 4.2.1: one or more mechanisms.
fn mech_type_list<'a>(field: &mut Reader<'a>) -> Result<(MechTypeList<'a>, usize), Error> {
    let mut list = *field;
    let der = field.raw(Tag::SEQUENCE)?;
    let mut list = list.sequence()?;
    let none = list.error(ErrorKind::BadValue);
    let mut count = 0_usize;
    while !list.is_empty() {
        list.object_identifier()?;
        count = count.saturating_add(1);
    }
    match count {
        0 => Err(none),
        _ => Ok((MechTypeList::from_checked(der), count)),
    }
}

enum Third<'a> {
    MechListMic(&'a [u8]),
    NegHints,
}

// NegHints ::= SEQUENCE { hintName [0] GeneralString OPTIONAL, hintAddress [1] OCTET STRING OPTIONAL }
fn third_field<'a>(field: &mut Reader<'a>) -> Result<Third<'a>, Error> {
    if field.peek() != Some(Tag::SEQUENCE) {
        return field.octet_string().map(Third::MechListMic);
    }
    let mut hints = field.sequence()?;
    hints.optional_field(0, Reader::general_string)?;
    hints.optional_field(1, Reader::octet_string)?;
    hints.finish()?;
    Ok(Third::NegHints)
}

fn neg_state(field: &mut Reader<'_>) -> Result<NegState, Error> {
    let unknown = field.error(ErrorKind::BadValue);
    NegState::from_number(field.enumerated()?).ok_or(unknown)
}
