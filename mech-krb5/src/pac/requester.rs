//! `PAC_REQUESTOR` (MS-PAC section 2.15) and `PAC_ATTRIBUTES_INFO` (section 2.14).

use super::{PacFault, ndr};
use negotiate_core::Sid;

pub(super) fn decode(buffer: &[u8]) -> Result<Sid, PacFault> {
    Ok(Sid::from_bytes(buffer)?)
}

/// How the PAC came into the ticket: `FlagsLength: u32` in bits, then the flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacAttributes {
    /// The client asked for it.
    Requested,
    /// The client did not say, and the KDC gave it.
    GivenImplicitly,
    /// Neither bit is set.
    Unsaid,
}

const WAS_REQUESTED: u32 = 1;
const WAS_GIVEN_IMPLICITLY: u32 = 2;

impl PacAttributes {
    pub(super) fn decode(buffer: &[u8]) -> Result<Self, PacFault> {
        let mut r = ndr::Reader::new(buffer);
        let _len = r.u32()?;
        Ok(match r.u32()? {
            flags if flags & WAS_REQUESTED != 0 => Self::Requested,
            flags if flags & WAS_GIVEN_IMPLICITLY != 0 => Self::GivenImplicitly,
            _ => Self::Unsaid,
        })
    }
}
