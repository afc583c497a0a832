//! A forwarded credential: the KRB-CRED inside the authenticator's checksum (RFC 4121 section 4.1.1, RFC 4120 section
//! 5.8), opened and typed. Names, flags and times come from its sealed part only.

use crate::credential::Credential;
use crate::crypto::{Key, KeyUsage};
use crate::error::{DelegationFault, Fact};
use crate::message::{
    EncKrbCredPart, EncryptedData, KrbCred, KrbCredInfo, MessageError, Ticket, TicketFlags,
};
use alloc::vec::Vec;
use negotiate_core::Secret;

/// Tickets that the initiator handed over, so that the acceptor can act for it: as a rule one forwarded TGT.
///
/// Whose they are, and for what, is the initiator's word, which only a KDC can hold against the sealed tickets: they are good for
/// acting, and who somebody is comes from the login alone ([`Details::client`](crate::Details::client)).
#[derive(Clone, Debug)]
pub struct DelegatedCredential {
    credentials: Vec<Credential>,
}

impl DelegatedCredential {
    /// The tickets, at least one.
    #[must_use]
    pub fn credentials(&self) -> &[Credential] {
        &self.credentials
    }
}

/// Opens a KRB-CRED. RFC 4121 section 4.1.1 seals it with the ticket's session key; MIT and Windows use the subkey if
/// there is one. Etype 0 is no seal at all: such a KRB-CRED lies inside the authenticator's own seal (Java sends it so).
pub(crate) fn open(krb_cred: &[u8], keys: [Option<&Key>; 2]) -> Result<DelegatedCredential, Fact> {
    let cred = KrbCred::decode(krb_cred).map_err(|error| match error {
        MessageError::Malformed(error) => Fact::BadDelegation(DelegationFault::Malformed(error)),
        _ => Fact::BadDelegation(DelegationFault::NotKrbCred),
    })?;
    let plaintext = unseal(&cred.enc_part, keys).ok_or(Fact::BadDelegation(DelegationFault::NotSealed))?;
    let part = EncKrbCredPart::decode(plaintext.expose())
        .map_err(|error| Fact::BadDelegation(DelegationFault::Malformed(error)))?;
    if part.ticket_info.len() != cred.tickets.len() {
        return Err(Fact::BadDelegation(DelegationFault::CountMismatch));
    }
    let credentials = cred.tickets.iter().zip(&part.ticket_info).map(|(ticket, info)| {
        credential(ticket, info).ok_or(Fact::BadDelegation(DelegationFault::Incomplete))
    });
    Ok(DelegatedCredential {
        credentials: credentials.collect::<Result<_, _>>()?,
    })
}

/// `etype` of data that is not encrypted.
const ETYPE_NULL: i32 = 0;

fn unseal(data: &EncryptedData<'_>, keys: [Option<&Key>; 2]) -> Option<Secret<Vec<u8>>> {
    if data.etype == ETYPE_NULL {
        return Some(Secret::new(data.cipher.to_vec()));
    }
    keys.into_iter()
        .flatten()
        .filter(|key| key.encryption_type().number() == data.etype)
        .find_map(|key| {
            let mut buffer = Secret::new(data.cipher.to_vec());
            key.for_usage(KeyUsage::KRB_CRED)
                .decrypt_vec(buffer.expose_mut())
                .ok()?;
            Some(buffer)
        })
}

fn credential(ticket: &Ticket<'_>, info: &KrbCredInfo<'_>) -> Option<Credential> {
    Some(Credential {
        client: info.pname?.in_realm(info.prealm?).to_owned(),
        server: info.sname?.in_realm(info.srealm?).to_owned(),
        session_etype: info.key.keytype,
        session_key: Secret::new(info.key.keyvalue.to_vec()),
        flags: info.flags.unwrap_or(TicketFlags(0)),
        authtime: info.authtime,
        starttime: info.starttime,
        endtime: info.endtime?,
        renew_till: info.renew_till,
        ticket: ticket.raw.to_vec(),
    })
}
