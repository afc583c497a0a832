//! The authenticator (RFC 4120 section 3.2.3): sealed by whoever knows the session key, and for the same client.

use super::open_ticket::TicketOpened;
use crate::crypto::{Key, KeyUsage};
use crate::error::{Fact, Part};
use crate::message::{ApReq, Authenticator, EncryptedData};
use negotiate_core::Timestamp;

/// Witness that the authenticator's owner has the ticket's session key and is the ticket's client. Minted by [`open`]
/// alone.
pub(super) struct AuthenticatorMatched<'a> {
    authenticator: Authenticator<'a>,
}

impl<'a> AuthenticatorMatched<'a> {
    pub(super) const fn authenticator(&self) -> &Authenticator<'a> {
        &self.authenticator
    }
}

pub(super) fn open<'a>(
    ap_req: &ApReq<'_>,
    ticket: &TicketOpened<'_>,
    session_key: &Key,
    room: &'a mut [u8],
) -> Result<AuthenticatorMatched<'a>, Fact> {
    let Some(plaintext) = decrypt(&ap_req.authenticator, session_key, room) else {
        return Err(Fact::AuthenticatorNotSealed);
    };
    let authenticator =
        Authenticator::decode(plaintext).map_err(|error| Fact::in_part(Part::Authenticator, error))?;
    // RFC 4120 section 3.2.3: name and realm, or KRB_AP_ERR_BADMATCH.
    if authenticator.cname != ticket.part().cname || authenticator.crealm != ticket.part().crealm {
        return Err(Fact::ClientMismatch);
    }
    Ok(AuthenticatorMatched { authenticator })
}

/// The client's time by an authenticator that is not judged: evidence in an error about the ticket's times.
pub(super) fn client_time(ap_req: &ApReq<'_>, session_key: &Key, room: &mut [u8]) -> Option<Timestamp> {
    let plaintext = decrypt(&ap_req.authenticator, session_key, room)?;
    Some(Authenticator::decode(plaintext).ok()?.ctime)
}

fn decrypt<'a>(sealed: &EncryptedData<'_>, session_key: &Key, room: &'a mut [u8]) -> Option<&'a [u8]> {
    if sealed.etype != session_key.encryption_type().number() {
        return None;
    }
    room.copy_from_slice(sealed.cipher);
    let plaintext = session_key
        .for_usage(KeyUsage::AP_REQ_AUTHENTICATOR)
        .decrypt_in_place(room);
    Some(plaintext.ok()?)
}
