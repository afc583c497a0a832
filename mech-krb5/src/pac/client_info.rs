//! `PAC_CLIENT_INFO` (MS-PAC section 2.7), which ties the PAC to the ticket:
//!
//! ```text
//! ClientId: FILETIME, NameLength: u16 in bytes, Name: UTF-16
//! ```

use super::{BufferType, Evidence, Pac, PacFault, ndr};
use alloc::string::String;
use alloc::vec::Vec;
use negotiate_core::Timestamp;

pub(super) fn verify(pac: &Pac<'_>, against: &Evidence<'_>) -> Result<(), PacFault> {
    let buffer = pac
        .find(BufferType::CLIENT_INFO)
        .ok_or(PacFault::ClientInfoMissing)?;
    let mut reader = ndr::Reader::new(buffer.content);
    let client_id = reader.u64()?;
    let len = usize::from(reader.u16()?);
    let name = ndr::utf16(reader.bytes(len)?)?;
    // The ticket counts seconds.
    if file_time(client_id).map(Timestamp::unix) != Some(against.authtime.unix()) {
        return Err(PacFault::AuthtimeMismatch);
    }
    if name == display(against, Realm::Without) || name == display(against, Realm::With) {
        Ok(())
    } else {
        Err(PacFault::ClientMismatch)
    }
}

/// 100-nanosecond steps from 1601 (MS-DTYP section 2.3.3) to 1970.
const EPOCH_DIFFERENCE: u64 = 116_444_736_000_000_000;

/// A FILETIME as a time; `None` for times before 1970 and for "never".
pub(super) fn file_time(steps: u64) -> Option<Timestamp> {
    let micros = i64::try_from(steps.checked_sub(EPOCH_DIFFERENCE)? / 10).ok()?;
    Some(Timestamp::from_unix_micros(micros))
}

#[derive(Clone, Copy, PartialEq)]
enum Realm {
    Without,
    /// S4U2self across realms (MS-SFU section 3.2.5.1.2).
    With,
}

/// The name as KDCs write it here: components with slashes, nothing escaped.
fn display(against: &Evidence<'_>, realm: Realm) -> String {
    let components: Vec<&[u8]> = against.client.components().collect();
    let mut text = components.join(&b'/');
    if realm == Realm::With {
        text.push(b'@');
        text.extend_from_slice(against.client.realm());
    }
    String::from_utf8_lossy(&text).into_owned()
}
