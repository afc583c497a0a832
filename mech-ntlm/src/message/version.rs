use super::MessageError;
use super::fields::Fields;
use core::fmt;

/// `VERSION` (MS-NLMP section 2.2.2.10), for debugging only:
///
/// ```text
/// ProductMajorVersion: u8, ProductMinorVersion: u8, ProductBuild: u16, Reserved: 3 bytes, NTLMRevisionCurrent: u8
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// ProductMajorVersion.
    pub major: u8,
    /// ProductMinorVersion.
    pub minor: u8,
    /// ProductBuild.
    pub build: u16,
    /// NTLMRevisionCurrent: 15.
    pub ntlm_revision: u8,
}

impl Version {
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, MessageError> {
        let [major, minor] = fields.array()?;
        let build = fields.u16()?;
        let [_, _, _, ntlm_revision] = fields.array()?;
        Ok(Self {
            major,
            minor,
            build,
            ntlm_revision,
        })
    }
}

/// `10.0.17763, NTLM revision 15`.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            major, minor, build, ..
        } = self;
        write!(f, "{major}.{minor}.{build}, NTLM revision {}", self.ntlm_revision)
    }
}
