//! Reading cache files: MIT's doc/formats/ccache_file_format, and what MIT 1.20 and Heimdal 7.8 really write.
//!
//! ```text
//! file       ::= 5 version(8) [header] principal credential...
//! header     ::= length(16) { tag(16) data16 }                                   (version 4)
//! principal  ::= [name_type(32)] count(32) data32 (realm) data32...              (version 1 has no name type,
//! credential ::= principal principal keyblock                                     and counts the realm)
//!                authtime(32) starttime(32) endtime(32) renew_till(32)
//!                is_skey(8) ticket_flags(32) list (addresses) list (authdata)
//!                data32 (ticket) data32 (second ticket)
//! keyblock   ::= enctype(16) [enctype(16)] data32                                (version 3 has it twice)
//! list       ::= count(32) { type(16) data32 }
//! data16, data32 ::= length bytes
//! ```
//!
//! Versions 3 and 4 are big-endian, 1 and 2 in the byte order of the machine that wrote them.

use super::{Ccache, CcacheConfig, CcacheCredential, CcacheEntry, KdcTimeOffset, SealedBy};
use super::{CcacheError, CcacheErrorKind};
use crate::credential::Credential;
use crate::message::TicketFlags;
use crate::principal::{MAX_COMPONENTS, NameType, Principal};
use alloc::vec::Vec;
use negotiate_core::{Secret, Timestamp};

/// Longest file that is read: 16 MiB, a thousand tickets of the largest size that a header can carry.
pub const MAX_FILE_LEN: usize = 16 << 20;

/// Most entries of a file: 10,000. A cache holds a ticket for each service that the client has spoken to.
pub const MAX_ENTRIES: usize = 10_000;

pub(super) fn parse(file: &[u8]) -> Result<Ccache, CcacheError> {
    if file.len() > MAX_FILE_LEN {
        return Err(error(MAX_FILE_LEN, CcacheErrorKind::FileTooLong));
    }
    let (version, rest) = match file {
        [] => return Err(error(0, CcacheErrorKind::Empty)),
        [5] => return Err(error(1, CcacheErrorKind::Truncated)),
        [5, version @ 1..=4, rest @ ..] => (*version, rest),
        [5, version, ..] => return Err(error(1, CcacheErrorKind::UnknownVersion(*version))),
        _ => return Err(error(0, CcacheErrorKind::NotACcache)),
    };
    let mut fields = Fields {
        rest,
        offset: 2,
        version,
        order: written_in(version, rest),
    };
    let kdc_time_offset = if version == 4 { fields.header()? } else { None };
    let default_principal = fields.principal()?;
    let mut entries = Vec::new();
    while !fields.rest.is_empty() {
        if entries.len() == MAX_ENTRIES {
            return Err(fields.error(CcacheErrorKind::TooManyEntries));
        }
        entries.push(fields.entry()?);
    }
    Ok(Ccache {
        version,
        kdc_time_offset,
        default_principal,
        entries,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ByteOrder {
    Big,
    Little,
}

// The count of the default principal's components is small, so that the order that was meant is the one in which it is
// the smaller number.
fn written_in(version: u8, rest: &[u8]) -> ByteOrder {
    let count = match version {
        1 => rest.first_chunk(),
        2 => rest.get(4..).and_then(<[u8]>::first_chunk),
        _ => None,
    };
    match count {
        Some(count) if u32::from_le_bytes(*count) < u32::from_be_bytes(*count) => ByteOrder::Little,
        _ => ByteOrder::Big,
    }
}

const fn error(offset: usize, kind: CcacheErrorKind) -> CcacheError {
    CcacheError { offset, kind }
}

struct Fields<'a> {
    rest: &'a [u8],
    offset: usize,
    version: u8,
    order: ByteOrder,
}

impl<'a> Fields<'a> {
    const fn error(&self, kind: CcacheErrorKind) -> CcacheError {
        error(self.offset, kind)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], CcacheError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(self.error(CcacheErrorKind::Truncated))?;
        self.rest = rest;
        self.offset = self.offset.saturating_add(count);
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CcacheError> {
        let truncated = self.error(CcacheErrorKind::Truncated);
        self.take(N)?.try_into().map_err(|_| truncated)
    }

    fn u16(&mut self) -> Result<u16, CcacheError> {
        let order = self.order;
        self.array().map(match order {
            ByteOrder::Big => u16::from_be_bytes,
            ByteOrder::Little => u16::from_le_bytes,
        })
    }

    fn u32(&mut self) -> Result<u32, CcacheError> {
        let order = self.order;
        self.array().map(match order {
            ByteOrder::Big => u32::from_be_bytes,
            ByteOrder::Little => u32::from_le_bytes,
        })
    }

    fn data(&mut self) -> Result<&'a [u8], CcacheError> {
        let at = self.offset;
        let len = usize::try_from(self.u32()?).unwrap_or(usize::MAX);
        self.take(len).map_err(|_| error(at, CcacheErrorKind::Truncated))
    }

    /// Tag 1 is the time offset; others are skipped, as MIT does.
    fn header(&mut self) -> Result<Option<KdcTimeOffset>, CcacheError> {
        let len = usize::from(self.u16()?);
        let mut header = Fields {
            offset: self.offset,
            rest: self.take(len)?,
            version: self.version,
            order: self.order,
        };
        let mut offset = None;
        while !header.rest.is_empty() {
            let bad = header.error(CcacheErrorKind::BadHeader);
            let mut field = || {
                let (tag, len) = (header.u16()?, header.u16()?);
                Ok((tag, header.take(len.into())?))
            };
            let (tag, data) = field().map_err(|_: CcacheError| bad)?;
            if tag == DELTATIME {
                let [a, b, c, d, e, f, g, h] = *data.as_array().ok_or(bad)?;
                offset = Some(KdcTimeOffset {
                    seconds: i32::from_be_bytes([a, b, c, d]),
                    micros: i32::from_be_bytes([e, f, g, h]),
                });
            }
        }
        Ok(offset)
    }

    fn principal(&mut self) -> Result<Principal, CcacheError> {
        let name_type = match self.version {
            1 => NameType::UNKNOWN,
            _ => NameType(self.u32()?.cast_signed()),
        };
        let at = self.offset;
        let count = self.u32()?;
        let components = match self.version {
            1 => count.saturating_sub(1),
            _ => count,
        };
        let bad = error(at, CcacheErrorKind::ComponentCount(count));
        let components = usize::try_from(components).map_err(|_| bad)?;
        if components == 0 || components > MAX_COMPONENTS {
            return Err(bad);
        }
        let realm = self.data()?;
        let parts: Vec<&[u8]> = (0..components).map(|_| self.data()).collect::<Result<_, _>>()?;
        // The count was checked.
        Principal::new(name_type, parts, realm).map_err(|_| bad)
    }

    fn list(&mut self) -> Result<Vec<(u16, Vec<u8>)>, CcacheError> {
        // Nothing is allocated by the count: each element has six bytes at least.
        (0..self.u32()?)
            .map(|_| Ok((self.u16()?, self.data()?.to_vec())))
            .collect()
    }

    fn entry(&mut self) -> Result<CcacheEntry, CcacheError> {
        let client = self.principal()?;
        let server = self.principal()?;
        let session_etype = i32::from(self.u16()?.cast_signed());
        if self.version == 3 {
            self.u16()?;
        }
        let session_key = Secret::new(self.data()?.to_vec());
        let [authtime, starttime, endtime, renew_till] = [self.u32()?, self.u32()?, self.u32()?, self.u32()?];
        let [is_skey] = self.array()?;
        let flags = TicketFlags(self.u32()?);
        let (addresses, authorization_data) = (self.list()?, self.list()?);
        let ticket = self.data()?;
        let second_ticket = self.data()?.to_vec();
        if let Some(config) = config(&server, ticket) {
            return Ok(CcacheEntry::Config(config));
        }
        if server.realm() == REMOVED_CONFIG_REALM || (authtime, endtime) == (u32::MAX, 0) {
            return Ok(CcacheEntry::Removed);
        }
        Ok(CcacheEntry::Credential(CcacheCredential {
            credential: Credential {
                client,
                server,
                session_etype,
                session_key,
                flags,
                authtime: time(authtime),
                starttime: time(starttime),
                endtime: Timestamp::from_unix(endtime.into()),
                renew_till: time(renew_till),
                ticket: ticket.to_vec(),
            },
            // Not only 1: MIT writes the bit of the KDC option, 8.
            sealed_by: match is_skey {
                0 => SealedBy::ServiceKey,
                _ => SealedBy::SessionKey,
            },
            addresses,
            authorization_data,
            second_ticket,
        }))
    }
}

/// The header's tag of the time offset.
const DELTATIME: u16 = 1;

const CONFIG_REALM: &[u8] = b"X-CACHECONF:";
const REMOVED_CONFIG_REALM: &[u8] = b"X-RMED-CONF:";

/// A setting stands in the place of the ticket.
fn config(server: &Principal, ticket: &[u8]) -> Option<CcacheConfig> {
    if server.realm() != CONFIG_REALM {
        return None;
    }
    let mut components = server.name().components();
    components
        .next()
        .filter(|first| *first == b"krb5_ccache_conf_data")?;
    Some(CcacheConfig {
        name: components.next()?.to_vec(),
        about: components.next().map(<[u8]>::to_vec),
        value: ticket.to_vec(),
    })
}

/// Unsigned, so that times until 2106 are told (MIT since 1.16); 0 is absent.
fn time(seconds: u32) -> Option<Timestamp> {
    (seconds != 0).then(|| Timestamp::from_unix(seconds.into()))
}
