//! The authenticator's checksum field (RFC 4121 section 4.1.1): GSS-API's flags, channel bindings and delegation.
//!
//! ```text
//! 0..4    Lgth    16, little-endian like all numbers here
//! 4..20   Bnd     MD5 over the channel bindings, or zeros
//! 20..24  Flags
//! 24..26  DlgOpt  1, if the delegation flag is set
//! 26..28  Dlgth   length of Deleg
//! 28..    Deleg   KRB-CRED
//! last    Exts    extensions (RFC 6542: type and length, both big-endian, and data); none is needed here
//! ```
//!
//! Initiators that do not know GSS-API leave the field out (MS-KILE section 3.4.5) or put an ordinary checksum over nothing
//! there.

use crate::crypto::{Key, KeyUsage};
use crate::error::{BindingsDemand, Fact, GssChecksumFault};
use crate::message::{ApOptions, Authenticator};
use md5::{Digest, Md5};
use negotiate_core::{AcceptRequest, BindingsPolicy, ContextFlags};
use subtle::ConstantTimeEq;

/// Witness that bindings were judged by the policy, with what else the field says. Minted by [`check`] alone.
pub(super) struct BindingsChecked<'a> {
    pub(super) flags: ContextFlags,
    /// A KRB-CRED, still sealed.
    pub(super) delegation: Option<&'a [u8]>,
    _minted_by_check: (),
}

/// `cksumtype` of GSS-API's structure.
const GSS_CHECKSUM: i32 = 0x8003;

/// Flags that an initiator may set in a context; others are ignored (RFC 4121 section 4.1.1.1). Delegation and bound channels are for the acceptor to say.
const INITIATOR_FLAGS: ContextFlags = ContextFlags::MUTUAL
    .with(ContextFlags::REPLAY)
    .with(ContextFlags::SEQUENCE)
    .with(ContextFlags::CONFIDENTIALITY)
    .with(ContextFlags::INTEGRITY)
    .with(ContextFlags::DCE_STYLE)
    .with(ContextFlags::IDENTIFY)
    .with(ContextFlags::EXTENDED_ERROR);

/// What the initiator said about channel bindings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bindings {
    /// The same as ours.
    Match,
    /// None.
    Absent,
}

pub(super) fn check<'a>(
    authenticator: &Authenticator<'a>,
    session_key: &Key,
    ap_options: ApOptions,
    advertises_bindings: bool,
    request: &AcceptRequest<'_>,
) -> Result<BindingsChecked<'a>, Fact> {
    let (flags, delegation, bindings) = match authenticator.cksum {
        None => (ContextFlags::default(), None, Bindings::Absent),
        Some(cksum) if cksum.cksumtype != GSS_CHECKSUM => {
            verify_over_nothing(cksum.cksumtype, cksum.checksum, session_key)?;
            // Outside GSS-API the AP-REQ's own option asks for mutual authentication (RFC 4120 section 3.2.2).
            let mutual = if ap_options.contains(ApOptions::MUTUAL_REQUIRED) {
                ContextFlags::MUTUAL
            } else {
                ContextFlags::default()
            };
            (
                mutual.with(ContextFlags::REPLAY).with(ContextFlags::SEQUENCE),
                None,
                Bindings::Absent,
            )
        }
        Some(cksum) => parse(cksum.checksum, request)?,
    };
    // Whether they are enforced is the application's to say (RFC 6542 section 4).
    let flags = match (request.bindings, bindings) {
        (None, _) => flags,
        (Some(_), Bindings::Match) => flags.with(ContextFlags::CHANNEL_BOUND),
        (Some(_), Bindings::Absent) => match request.bindings_policy {
            BindingsPolicy::Require => return Err(Fact::BindingsMissing(BindingsDemand::Policy)),
            BindingsPolicy::RequireIfAdvertised if advertises_bindings => {
                return Err(Fact::BindingsMissing(BindingsDemand::Advertised));
            }
            _ => flags,
        },
    };
    Ok(BindingsChecked {
        flags,
        delegation,
        _minted_by_check: (),
    })
}

/// An ordinary checksum must verify, over no data: else an authenticator made for other data could be passed off as ours.
/// By the type that goes with the key, and by no other of those in MS-KILE section 3.1.5.3: some have no key.
fn verify_over_nothing(cksumtype: i32, checksum: &[u8], session_key: &Key) -> Result<(), Fact> {
    let key = session_key.checksum_key(KeyUsage::AP_REQ_AUTHENTICATOR_CHECKSUM);
    if cksumtype != key.checksum_type().number() {
        return Err(Fact::ChecksumUnverified);
    }
    key.verify(&[], checksum).map_err(|_| Fact::ChecksumUnverified)
}

fn parse<'a>(
    field: &'a [u8],
    request: &AcceptRequest<'_>,
) -> Result<(ContextFlags, Option<&'a [u8]>, Bindings), Fact> {
    let truncated = || Fact::BadGssChecksum(GssChecksumFault::Truncated);
    let (length, rest) = field.split_first_chunk::<4>().ok_or_else(truncated)?;
    if u32::from_le_bytes(*length) != 16 {
        return Err(Fact::BadGssChecksum(GssChecksumFault::BindingsLength));
    }
    let (hash, rest) = rest.split_first_chunk::<16>().ok_or_else(truncated)?;
    let (flags, rest) = rest.split_first_chunk::<4>().ok_or_else(truncated)?;
    let token_flags = ContextFlags::from_bits_truncate(u32::from_le_bytes(*flags));
    let bindings = compare(hash, request)?;
    let (delegation, extensions) = if token_flags.contains(ContextFlags::DELEGATE) && !rest.is_empty() {
        let (option, rest) = rest.split_first_chunk::<2>().ok_or_else(truncated)?;
        if u16::from_le_bytes(*option) != 1 {
            return Err(Fact::BadGssChecksum(GssChecksumFault::DelegationOption));
        }
        let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(truncated)?;
        let (krb_cred, rest) = rest
            .split_at_checked(u16::from_le_bytes(*length).into())
            .ok_or_else(truncated)?;
        (Some(krb_cred), rest)
    } else {
        (None, rest)
    };
    skip_extensions(extensions).ok_or_else(truncated)?;
    let flags = ContextFlags::from_bits_truncate(token_flags.bits() & INITIATOR_FLAGS.bits());
    Ok((flags, delegation, bindings))
}

/// Nobody has to understand an extension (RFC 6542 section 3.1), but the list must fill the rest of the field, as with MIT krb5.
fn skip_extensions(mut rest: &[u8]) -> Option<()> {
    while !rest.is_empty() {
        let (_extension_type, after) = rest.split_first_chunk::<4>()?;
        let (length, after) = after.split_first_chunk::<4>()?;
        rest = after.get(usize::try_from(u32::from_be_bytes(*length)).ok()?..)?;
    }
    Some(())
}

/// Sixteen zeros are "no bindings" (RFC 4121 section 4.1.1.2), anything else must be ours, of whichever type, if we have any: also
/// the sixteen FF of who binds by an extension alone (RFC 6542 section 3.2).
fn compare(hash: &[u8; 16], request: &AcceptRequest<'_>) -> Result<Bindings, Fact> {
    match request.bindings {
        Some(ours) if request.bindings_policy != BindingsPolicy::Off => {
            let is_bound = ours
                .each_to_octets()
                .any(|ours| bool::from(Md5::digest(ours).as_slice().ct_eq(hash)));
            if is_bound {
                Ok(Bindings::Match)
            } else if *hash == [0; 16] {
                Ok(Bindings::Absent)
            } else {
                Err(Fact::BindingsMismatch)
            }
        }
        _ => Ok(Bindings::Absent),
    }
}
