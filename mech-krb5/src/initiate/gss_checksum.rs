//! The authenticator's checksum field (RFC 4121 section 4.1.1), made. Its layout is told where it is read, in
//! `accept/gss_checksum`.

use super::{Krb5InitiatorError, Sent};
use crate::credential::Credential;
use crate::delegation;
use alloc::vec::Vec;
use md5::{Digest, Md5};
use negotiate_core::{ChannelBindings, Random, Secret};

/// `cksumtype` of GSS-API's structure.
pub(super) const GSS_CHECKSUM: i32 = 0x8003;

pub(super) fn make(
    sent: &Sent,
    bindings: Option<&ChannelBindings>,
    delegated: Option<&Credential>,
    random: &mut dyn Random,
) -> Result<Secret<Vec<u8>>, Krb5InitiatorError> {
    let krb_cred = delegated
        .map(|credential| delegation::seal(credential, &sent.session_key, random))
        .transpose()?;
    let delegation_len = krb_cred.as_ref().map_or(0, Vec::len);
    let mut field = Vec::with_capacity(delegation_len.saturating_add(28));
    field.extend_from_slice(&16_u32.to_le_bytes());
    // Section 4.1.1.2: sixteen zeros say that there are no bindings.
    match bindings {
        Some(bindings) => field.extend_from_slice(&Md5::digest(bindings.to_octets())),
        None => field.extend_from_slice(&[0; 16]),
    }
    field.extend_from_slice(&sent.flags.bits().to_le_bytes());
    if let Some(krb_cred) = krb_cred {
        let len = u16::try_from(delegation_len)
            .map_err(|_| Krb5InitiatorError::DelegationTooLong(delegation_len))?;
        field.extend_from_slice(&1_u16.to_le_bytes());
        field.extend_from_slice(&len.to_le_bytes());
        field.extend_from_slice(&krb_cred);
    }
    Ok(Secret::new(field))
}
