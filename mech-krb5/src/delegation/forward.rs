//! Handing a credential over: the KRB-CRED that goes into the authenticator's checksum (RFC 4121 section 4.1.1, RFC 4120
//! section 5.8).

use crate::credential::Credential;
use crate::crypto::{Key, KeyUsage};
use crate::message::{EncKrbCredPart, EncryptedData, EncryptionKey, KrbCred, KrbCredInfo, MessageError};
use alloc::vec;
use alloc::vec::Vec;
use negotiate_core::{Random, RandomUnavailable, Secret};

/// Why a credential cannot be handed over.
pub(crate) enum NotSealed {
    BadTicket(MessageError),
    NoRandom(RandomUnavailable),
}

/// Seals a credential with the session key of the ticket beside it, as RFC 4121 section 4.1.1 says.
pub(crate) fn seal(
    credential: &Credential,
    session_key: &Key,
    random: &mut dyn Random,
) -> Result<Vec<u8>, NotSealed> {
    let ticket = credential.read_ticket().map_err(NotSealed::BadTicket)?;
    let info = KrbCredInfo {
        key: EncryptionKey {
            keytype: credential.session_etype,
            keyvalue: credential.session_key.expose(),
        },
        prealm: Some(credential.client.realm()),
        pname: Some(credential.client.name()),
        flags: Some(credential.flags),
        authtime: credential.authtime,
        starttime: credential.starttime,
        endtime: Some(credential.endtime),
        renew_till: credential.renew_till,
        srealm: Some(credential.server.realm()),
        sname: Some(credential.server.name()),
        caddr: None,
    };
    let part = Secret::new(
        EncKrbCredPart {
            ticket_info: vec![info],
        }
        .encode(),
    );
    let cipher = session_key
        .for_usage(KeyUsage::KRB_CRED)
        .encrypt(part.expose(), random)
        .map_err(NotSealed::NoRandom)?;
    let krb_cred = KrbCred {
        tickets: vec![ticket],
        enc_part: EncryptedData {
            etype: session_key.encryption_type().number(),
            kvno: None,
            cipher: &cipher,
        },
    };
    Ok(krb_cred.encode())
}
