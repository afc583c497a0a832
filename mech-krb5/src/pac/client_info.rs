//! `PAC_CLIENT_INFO` (MS-PAC section 2.7), which ties the PAC to the ticket:
//!
//! ```text
//! ClientId: FILETIME, NameLength: u16 in bytes, Name: UTF-16
//! ```

use super::{BufferType, Evidence, Pac, PacFault, ndr};
use crate::principal::PrincipalRef;
use negotiate_core::Timestamp;

pub(super) fn verify(pac: &Pac<'_>, against: &Evidence<'_>) -> Result<(), PacFault> {
    let content = pac
        .content(BufferType::CLIENT_INFO)
        .ok_or(PacFault::ClientInfoMissing)?;
    let mut reader = ndr::Reader::new(content);
    let client_id = reader.file_time()?;
    let len = reader.u16()?;
    let name = reader.bytes(len.into())?;
    // The ticket counts seconds.
    if Timestamp::from_file_time(client_id).map(Timestamp::unix) != Some(against.authtime.unix()) {
        return Err(PacFault::AuthtimeMismatch);
    }
    if names(name, against.client)? {
        Ok(())
    } else {
        Err(PacFault::ClientMismatch)
    }
}

/// Whether this is the client as KDCs write it here: components with slashes, nothing escaped, no realm. (Only in a
/// cross-realm S4U2self, which no acceptor sees, is the realm added.)
fn names(utf16: &[u8], client: PrincipalRef<'_>) -> Result<bool, PacFault> {
    let mut chars = ndr::chars(utf16)?;
    let mut next_is = |expected: char| chars.next() == Some(Some(expected));
    for (index, component) in client.components().enumerate() {
        let Ok(component) = str::from_utf8(component) else {
            return Ok(false);
        };
        if (index > 0 && !next_is('/')) || !component.chars().all(&mut next_is) {
            return Ok(false);
        }
    }
    Ok(chars.next().is_none())
}
