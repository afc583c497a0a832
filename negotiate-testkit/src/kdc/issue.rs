//! Making a ticket (RFC 4120 section 5.3) and the reply around it (section 5.4.2).

use super::account::Account;
use super::pac::PacParts;
use super::refusal::Refusal;
use super::{AccountKey, Kdc};
use mech_krb5::crypto::{Key, KeyUsage, SpecificKey};
use mech_krb5::message::{
    AdType, AuthorizationData, AuthorizationDataEntry, EncKdcRepPart, EncTicketPart, EncryptedData,
    EncryptionKey, ErrorCode, HostAddresses, KdcExchange, KdcRep, PaData, Ticket, TicketFlags, Transited,
};
use mech_krb5::{Principal, PrincipalRef};
use negotiate_core::der::Reader;
use negotiate_core::{SystemRandom, Timestamp};

/// What a ticket is to say.
pub(super) struct Grant<'a> {
    pub(super) exchange: KdcExchange,
    pub(super) client: PrincipalRef<'a>,
    pub(super) server: &'a Account,
    pub(super) sealed_with: SealedWith,
    pub(super) session_key: Key,
    pub(super) flags: TicketFlags,
    pub(super) authtime: Timestamp,
    pub(super) starttime: Timestamp,
    pub(super) endtime: Timestamp,
    pub(super) renew_till: Option<Timestamp>,
    pub(super) caddr: Option<HostAddresses<'a>>,
    pub(super) nonce: u32,
}

/// Whose key seals the ticket.
pub(super) enum SealedWith {
    /// The server's own.
    ServiceKey,
    /// That of the server's ticket-granting ticket (user to user).
    SessionKey(Key),
}

/// How the reply is sealed.
pub(super) struct Seal<'a> {
    pub(super) key: SpecificKey,
    /// Version of the key, if it is the client's own.
    pub(super) kvno: Option<u32>,
    pub(super) padata: Vec<PaData<'a>>,
    pub(super) encrypted_pa_data: Vec<PaData<'a>>,
}

impl Grant<'_> {
    pub(super) fn reply(&self, kdc: &Kdc, seal: Seal<'_>) -> Result<Vec<u8>, Refusal> {
        let server = self.server.principal(kdc.realm());
        let ticket = self.ticket(kdc, &server)?;
        let part = EncKdcRepPart {
            key: EncryptionKey {
                keytype: self.session_key.encryption_type().number(),
                keyvalue: self.session_key.bytes(),
            },
            nonce: self.nonce,
            key_expiration: None,
            flags: self.flags,
            authtime: self.authtime,
            starttime: Some(self.starttime),
            endtime: self.endtime,
            renew_till: self.renew_till,
            srealm: server.realm(),
            sname: server.name(),
            caddr: self.caddr,
            encrypted_pa_data: seal.encrypted_pa_data,
        };
        let cipher = sealed(&seal.key, &part.encode(self.exchange))?;
        let reply = KdcRep {
            exchange: self.exchange,
            padata: seal.padata,
            crealm: self.client.realm(),
            cname: self.client.name(),
            ticket: Ticket::decode(&mut Reader::new(&ticket)).map_err(|_| internal())?,
            enc_part: EncryptedData {
                etype: seal.key.encryption_type().number(),
                kvno: seal.kvno,
                cipher: &cipher,
            },
        };
        Ok(reply.encode())
    }

    fn ticket(&self, kdc: &Kdc, server: &Principal) -> Result<Vec<u8>, Refusal> {
        let (key, kvno) = match &self.sealed_with {
            SealedWith::ServiceKey => {
                let AccountKey { key, kvno } = self.server.favourite_key(kdc.realm()).ok_or(NO_KEY)?;
                (key, Some(kvno))
            }
            SealedWith::SessionKey(key) => (key.clone(), None),
        };
        let kdc_key = kdc.krbtgt().favourite_key(kdc.realm()).ok_or(NO_KEY)?.key;
        // MS-PAC section 2.8.2: the KDC signs the ticket with the PAC left out. Its own tickets have no such signature.
        let is_own = self.server.name.starts_with("krbtgt/");
        let without_pac = self.enc_ticket_part(&pac_data(&[0]))?;
        let pac = PacParts {
            client: self.client,
            authtime: self.authtime,
            server_key: &key,
            kdc_key: &kdc_key,
            ticket: (!is_own).then_some(&without_pac),
        };
        let part = self.enc_ticket_part(&pac_data(&pac.encode()))?;
        let cipher = sealed(&key.for_usage(KeyUsage::TICKET), &part)?;
        Ok(Ticket::encode(
            server.borrow(),
            &EncryptedData {
                etype: key.encryption_type().number(),
                kvno,
                cipher: &cipher,
            },
        ))
    }

    fn enc_ticket_part(&self, authorization_data: &[u8]) -> Result<Vec<u8>, Refusal> {
        let authorization_data =
            AuthorizationData::decode(&mut Reader::new(authorization_data)).map_err(|_| internal())?;
        let part = EncTicketPart {
            flags: self.flags,
            key: EncryptionKey {
                keytype: self.session_key.encryption_type().number(),
                keyvalue: self.session_key.bytes(),
            },
            crealm: self.client.realm(),
            cname: self.client.name(),
            transited: Transited::NONE,
            authtime: self.authtime,
            starttime: Some(self.starttime),
            endtime: self.endtime,
            renew_till: self.renew_till,
            caddr: self.caddr,
            authorization_data: Some(authorization_data),
        };
        Ok(part.encode())
    }
}

/// AD-IF-RELEVANT around AD-WIN2K-PAC (MS-KILE section 3.3.5.6.4.3).
fn pac_data(pac: &[u8]) -> Vec<u8> {
    let inner = AuthorizationDataEntry::encode_list(&[AuthorizationDataEntry {
        ad_type: AdType::WIN2K_PAC,
        ad_data: pac,
    }]);
    AuthorizationDataEntry::encode_list(&[AuthorizationDataEntry {
        ad_type: AdType::IF_RELEVANT,
        ad_data: &inner,
    }])
}

pub(super) fn sealed(key: &SpecificKey, plaintext: &[u8]) -> Result<Vec<u8>, Refusal> {
    key.encrypt(plaintext, &mut SystemRandom).map_err(|_| internal())
}

/// The service or the realm was set up without keys.
pub(super) const NO_KEY: Refusal = Refusal::new(ErrorCode::ETYPE_NOSUPP, "the service has no key");

pub(super) const fn internal() -> Refusal {
    Refusal::new(ErrorCode::GENERIC, "the embedded KDC failed")
}
