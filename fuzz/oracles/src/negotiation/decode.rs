//! Tokens of RFC 4178 section 4.2 and what stands around them, or the code by which they are refused.

use crate::tlv::{self, Fields, value};
use crate::tokens::NegState;
use negotiate_core::MechType;

const MALFORMED: &str = "spnego.malformed";

pub(super) enum First<'a> {
    Empty,
    /// What follows SPNEGO's identifier.
    Spnego(&'a [u8]),
    /// The identifier of the mechanism whose own token it is.
    Bare(&'a [u8]),
}

pub(super) struct Init<'a> {
    pub(super) list: &'a [u8],
    pub(super) mech_types: Vec<&'a [u8]>,
    pub(super) mech_token: Option<&'a [u8]>,
    pub(super) mech_list_mic: Option<&'a [u8]>,
}

pub(super) struct Resp<'a> {
    pub(super) neg_state: Option<NegState>,
    pub(super) has_supported_mech: bool,
    pub(super) response_token: Option<&'a [u8]>,
    pub(super) mech_list_mic: Option<&'a [u8]>,
}

pub(super) fn first(token: &[u8]) -> Result<First<'_>, &'static str> {
    match token {
        [] => Ok(First::Empty),
        [0x60, ..] => {
            let inner = whole(token)?;
            let ((tag, oid), rest) = tlv::split(inner).ok_or(MALFORMED)?;
            value::object_identifier(&tlv::write(tag, oid)).ok_or(MALFORMED)?;
            if oid == MechType::SPNEGO.contents() {
                Ok(First::Spnego(rest))
            } else {
                Ok(First::Bare(oid))
            }
        }
        [0x6e, ..] => match whole(token) {
            Err("spnego.truncated")
                if tlv::header(token).is_some_and(|(header, content)| header + content < 128) =>
            {
                Err("spnego.not_negotiate")
            }
            Err(code) => Err(code),
            Ok(_) => Ok(First::Bare(MechType::KRB5.contents())),
        },
        [0xa1, ..] => whole(token).and(Err("spnego.response_without_exchange")),
        _ if token.starts_with(b"NTLMSSP\0") => Ok(First::Bare(MechType::NTLMSSP.contents())),
        _ if token.starts_with(b"NEGOEXTS") => Ok(First::Bare(MechType::NEGOEX.contents())),
        _ => Err("spnego.not_negotiate"),
    }
}

/// Whether a token can only be the first of a conversation.
pub(crate) fn is_only_first(token: &[u8]) -> bool {
    matches!(token, [0x60 | 0x6e, ..]) || token.starts_with(b"NTLMSSP\0\x01\0\0\0")
}

/// The content of a token that is one element.
fn whole(token: &[u8]) -> Result<&[u8], &'static str> {
    let (header, content) = tlv::header(token).ok_or(MALFORMED)?;
    match token.len().cmp(&(header + content)) {
        std::cmp::Ordering::Less => Err("spnego.truncated"),
        std::cmp::Ordering::Equal => Ok(&token[header..]),
        std::cmp::Ordering::Greater => Err(MALFORMED),
    }
}

pub(super) fn init(after_oid: &[u8], most_mech_types: usize) -> Result<Init<'_>, &'static str> {
    let sequence = tlv::only(0xa0, after_oid)
        .and_then(|choice| tlv::only(0x30, choice))
        .ok_or(MALFORMED)?;
    // The list is judged before what follows it is looked at.
    let ((_, list), _) = tlv::split(sequence)
        .filter(|((tag, _), _)| *tag == 0xa0)
        .ok_or(MALFORMED)?;
    let mech_types = mech_types(list).ok_or(MALFORMED)?;
    if mech_types.len() > most_mech_types {
        return Err("spnego.too_many_mech_types");
    }
    let read = || {
        let fields = Fields::read(sequence)?;
        fields.optional(1, req_flags)?;
        let mech_token = fields.optional(2, value::octet_string)?;
        let is_hints = fields.get(3).is_some_and(|third| third.first() == Some(&0x30));
        let mech_list_mic = if is_hints {
            hints(fields.get(3)?)?;
            fields.optional(4, value::octet_string)?
        } else if fields.get(3).is_some() {
            fields.optional(3, value::octet_string)?
        } else {
            fields.optional(4, value::octet_string)?
        };
        Some(Init {
            list,
            mech_types,
            mech_token: mech_token.filter(|token| !token.is_empty()),
            mech_list_mic,
        })
    };
    read().ok_or(MALFORMED)
}

fn mech_types(list: &[u8]) -> Option<Vec<&[u8]>> {
    let oids = tlv::series(tlv::only(0x30, list)?)?;
    let read =
        |(tag, contents): &(u8, &'_ [u8])| value::object_identifier(&tlv::write(*tag, contents)).map(|_| ());
    oids.iter().try_for_each(read)?;
    (!oids.is_empty()).then(|| oids.into_iter().map(|(_, contents)| contents).collect())
}

/// Of whatever size.
fn req_flags(field: &[u8]) -> Option<()> {
    value::bit_string_32(field).map(|_| ())
}

fn hints(field: &[u8]) -> Option<()> {
    let hints = Fields::read(tlv::only(0x30, field)?)?;
    hints.optional(0, value::general_string)?;
    hints.optional(1, value::octet_string)?;
    hints.end_at(1)
}

pub(super) fn resp(token: &[u8]) -> Result<Resp<'_>, &'static str> {
    let choice = match token {
        [] => return Err("spnego.empty_token"),
        [0xa1, ..] => whole(token)?,
        _ => return Err("spnego.not_a_response"),
    };
    let read = || {
        let fields = Fields::read(tlv::only(0x30, choice)?)?;
        let neg_state = fields.optional(0, |field| {
            value::enumerated(field)
                .filter(|state| (0..4).contains(state))
                .map(|state| state as NegState)
        })?;
        let supported_mech = fields.optional(1, value::object_identifier)?;
        let response_token = fields.optional(2, value::octet_string)?;
        let mech_list_mic = fields.optional(3, value::octet_string)?;
        Some(Resp {
            neg_state,
            has_supported_mech: supported_mech.is_some(),
            response_token: response_token.filter(|token| !token.is_empty()),
            // Windows 2000 puts a copy of the token there.
            mech_list_mic: mech_list_mic.filter(|_| mech_list_mic != response_token),
        })
    };
    read().ok_or(MALFORMED)
}
