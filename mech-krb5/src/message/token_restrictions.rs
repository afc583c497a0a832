use core::fmt;
use negotiate_core::der::{Error, Reader};

/// `KERB-AD-RESTRICTION-ENTRY` (MS-KILE section 2.2.6): a Windows client's word that less than all of its rights is meant.
///
/// ```text
/// SEQUENCE OF SEQUENCE {
///     restriction-type  [0] Int32,        -- 0
///     restriction       [1] OCTET STRING  -- LSAP_TOKEN_INFO_INTEGRITY
/// }
/// LSAP_TOKEN_INFO_INTEGRITY: Flags: u32, TokenIL: u32, MachineID: 32 bytes, and more in newer versions
/// ```
///
/// The client writes it, into its authenticator and through the KDC into its tickets: it may restrict, and nothing else.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenRestrictions {
    /// Whether the process that asked had less than all of the user's rights (`Flags` 1, a token that UAC filtered).
    pub limited: bool,
    /// Integrity level of that process: 0x1000 low, 0x2000 medium, 0x3000 high, 0x4000 system.
    pub integrity_level: u32,
    /// The machine that it ran on, in this start of it.
    pub machine_id: [u8; 32],
}

const TOKEN_INFO_INTEGRITY: i32 = 0;
const LIMITED: u32 = 1;

impl TokenRestrictions {
    /// The first entry of the kind that is known; what cannot be read restricts nothing that we could name.
    pub(crate) fn decode(ad_data: &[u8]) -> Option<Self> {
        let mut input = Reader::new(ad_data);
        let mut list = input.sequence().ok()?;
        while !list.is_empty() {
            let (restriction_type, restriction) = entry(&mut list).ok()?;
            if restriction_type == TOKEN_INFO_INTEGRITY {
                return Self::of_integrity(restriction);
            }
        }
        None
    }

    fn of_integrity(restriction: &[u8]) -> Option<Self> {
        let (flags, rest) = restriction.split_first_chunk()?;
        let (level, rest) = rest.split_first_chunk()?;
        Some(Self {
            limited: u32::from_le_bytes(*flags) & LIMITED != 0,
            integrity_level: u32::from_le_bytes(*level),
            machine_id: *rest.first_chunk()?,
        })
    }
}

fn entry<'a>(list: &mut Reader<'a>) -> Result<(i32, &'a [u8]), Error> {
    let mut entry = list.sequence()?;
    let restriction_type = entry.int32_field(0)?;
    let restriction = entry.octet_string_field(1)?;
    entry.finish()?;
    Ok((restriction_type, restriction))
}

/// Without the machine: it is known to that machine only.
impl fmt::Debug for TokenRestrictions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRestrictions")
            .field("limited", &self.limited)
            .field("integrity_level", &format_args!("{:#x}", self.integrity_level))
            .finish_non_exhaustive()
    }
}
