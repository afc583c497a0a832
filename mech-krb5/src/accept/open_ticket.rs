//! The ticket (RFC 4120 section 3.2.3): which key of the keytab opens it, or whether that of our own ticket does, and what the
//! KDC sealed in it.

use super::Policy;
use crate::ccache::SealedBy;
use crate::crypto::{EncryptionType, EncryptionTypes, Key};
use crate::error::{Fact, KeyOf, Part};
use crate::keytab::{Candidate, KeyQuery, Keytab, KeytabMiss};
use crate::message::{EncTicketPart, EncryptionKey, Ticket};
use crate::own_ticket::OwnTicket;
use crate::principal::PrincipalRef;
use negotiate_core::AcceptRequest;

/// Witness that a key of ours opened the ticket. Minted by [`open`] and [`open_user_to_user`] alone.
pub(super) struct TicketOpened<'a> {
    plaintext: &'a [u8],
    part: EncTicketPart<'a>,
    key: Candidate<'a>,
    etype: EncryptionType,
    sealed_by: SealedBy,
}

impl<'a> TicketOpened<'a> {
    /// What the KDC sealed.
    pub(super) const fn part(&self) -> &EncTicketPart<'a> {
        &self.part
    }

    /// The same, as the KDC wrote it.
    pub(super) const fn plaintext(&self) -> &'a [u8] {
        self.plaintext
    }

    /// The key that opened it: by it, and not by the ticket's clear name, it is ours.
    pub(super) const fn key(&self) -> &Candidate<'a> {
        &self.key
    }

    pub(super) const fn etype(&self) -> EncryptionType {
        self.etype
    }

    pub(super) const fn sealed_by(&self) -> SealedBy {
        self.sealed_by
    }

    pub(super) fn client(&self) -> PrincipalRef<'a> {
        self.part.cname.in_realm(self.part.crealm)
    }

    pub(super) fn session_key(&self, types: EncryptionTypes) -> Result<Key, Fact> {
        usable(self.part.key, KeyOf::Session, types)
    }
}

/// A key of a message, if it is of a type that is allowed.
pub(super) fn usable(key: EncryptionKey<'_>, of: KeyOf, types: EncryptionTypes) -> Result<Key, Fact> {
    match key.to_key_of(types) {
        Some(Ok(key)) => Ok(key),
        Some(Err(_)) | None => Err(Fact::UnusableKey {
            key: of,
            etype: key.keytype,
        }),
    }
}

pub(super) fn open<'a>(
    ticket: &Ticket<'a>,
    keytab: &'a Keytab,
    types: EncryptionTypes,
    request: &AcceptRequest<'_>,
    room: &'a mut [u8],
) -> Result<TicketOpened<'a>, Fact> {
    let Some(etype) = types.find(ticket.enc_part.etype) else {
        return Err(Fact::EncryptionTypeRefused(ticket.enc_part.etype));
    };
    let service = ticket.sname.in_realm(ticket.realm);
    let query = KeyQuery {
        service,
        // 0 is no version, as MIT krb5 and Java have it.
        kvno: ticket.enc_part.kvno.filter(|kvno| *kvno != 0),
        etype,
        names: request.names,
    };
    let key = keytab
        .candidates(query)
        .find(|candidate| {
            room.copy_from_slice(ticket.enc_part.cipher);
            candidate.decrypt_ticket(room).is_ok()
        })
        .ok_or_else(|| Fact::NoKey(keytab.diagnose(query)))?;
    opened(key, etype, SealedBy::ServiceKey, room)
}

/// With the session key of our own ticket-granting ticket, which is good (RFC 4120 sections 3.2.3 and 3.7).
pub(super) fn open_user_to_user<'a>(
    ticket: &Ticket<'a>,
    own: &'a OwnTicket,
    policy: &Policy,
    request: &AcceptRequest<'_>,
    room: &'a mut [u8],
) -> Result<TicketOpened<'a>, Fact> {
    let Some(etype) = policy.encryption_types.find(ticket.enc_part.etype) else {
        return Err(Fact::EncryptionTypeRefused(ticket.enc_part.etype));
    };
    let service = ticket.sname.in_realm(ticket.realm);
    // RFC 4120 section 3.3.3: the KDC takes no other name for our ticket's client; whoever wrote another one here changed it, or its KDC has
    // aliases that we were not told of.
    if !own.is_named(service) {
        return Err(Fact::UserToUserOtherName {
            own: own.principals().cloned().collect(),
        });
    }
    if !own.is_of_type(etype) {
        return Err(Fact::OtherSessionKey);
    }
    let query = KeyQuery {
        service,
        kvno: None,
        etype,
        names: request.names,
    };
    let key = own.keys().candidates(query).next();
    let key = key.ok_or_else(|| Fact::NoKey(KeytabMiss::not_allowed(request.names)))?;
    room.copy_from_slice(ticket.enc_part.cipher);
    key.decrypt_ticket(room).map_err(|_| Fact::OtherSessionKey)?;
    opened(key, etype, SealedBy::SessionKey, room)
}

fn opened<'a>(
    key: Candidate<'a>,
    etype: EncryptionType,
    sealed_by: SealedBy,
    room: &'a [u8],
) -> Result<TicketOpened<'a>, Fact> {
    let plaintext = etype.plaintext_of(room);
    match EncTicketPart::decode(plaintext) {
        Ok(part) => Ok(TicketOpened {
            plaintext,
            part,
            key,
            etype,
            sealed_by,
        }),
        Err(error) => Err(Fact::Malformed {
            part: Part::EncTicketPart,
            error,
        }),
    }
}
