//! The PAC of a ticket once more (MS-PAC sections 2.3, 2.7 and 2.8): whether it is verified, discarded, or a reason to refuse.

use crate::kerberos::{Code, Components, EncTicketPart, Typed, typed_list};
use crate::ndr::utf16;
use crate::pac::{Buffer, buffers, user_sid};
use crate::tlv;
use mech_krb5::PacPolicy;
use mech_krb5::crypto::{Key, KeyUsage};
use mech_krb5::pac::BufferType;

/// What the application is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// The PAC and the user's SID in it.
    pub(super) pac: Option<(Vec<u8>, Option<String>)>,
    pub(super) is_discarded: bool,
}

/// Whom and what a PAC is held against.
pub(super) struct Against<'a> {
    pub(super) service_key: &'a Key,
    pub(super) kdc_keys: &'a [Key],
    pub(super) ticket: &'a EncTicketPart,
    /// The DER of the ticket's part.
    pub(super) der: &'a [u8],
}

enum Bad {
    Signature,
    /// Anything else.
    Unusable,
}

/// The verdict on the PACs that stand where PACs may stand.
pub(super) fn judge(pacs: &[Vec<u8>], policy: PacPolicy, against: &Against<'_>) -> Result<Told, Code> {
    let verdict = match pacs {
        _ if policy == PacPolicy::Ignore => return Ok(Told::default()),
        [] if policy == PacPolicy::Require => return Err("krb5.pac_missing"),
        [] => return Ok(Told::default()),
        [pac] => verify(pac, against).map(|user| (pac.clone(), user)),
        _ => Err(Bad::Unusable),
    };
    match verdict {
        Ok(pac) => Ok(Told {
            pac: Some(pac),
            is_discarded: false,
        }),
        Err(Bad::Signature) => Err("krb5.pac_signature_wrong"),
        Err(Bad::Unusable) if policy == PacPolicy::Require => Err("krb5.pac_unusable"),
        Err(Bad::Unusable) => Ok(Told {
            pac: None,
            is_discarded: true,
        }),
    }
}

fn verify(pac: &[u8], against: &Against<'_>) -> Result<Option<String>, Bad> {
    let buffers = buffers(pac).ok_or(Bad::Unusable)?;
    let find = |which| buffers.iter().find(|buffer| buffer.buffer_type == which);
    let required = |which| find(which).ok_or(Bad::Unusable);
    let server = Signature::read(pac, required(BufferType::SERVER_CHECKSUM.0)?)?;
    let kdc = Signature::read(pac, required(BufferType::KDC_CHECKSUM.0)?)?;
    let over = zeroed(pac, &[&server, &kdc])?;
    server.check(std::slice::from_ref(against.service_key), &over)?;
    if !against.kdc_keys.is_empty() {
        kdc.check(against.kdc_keys, server.bytes)?;
        if let Some(buffer) = find(BufferType::TICKET_CHECKSUM.0) {
            let over = without_pac(against.der).ok_or(Bad::Unusable)?;
            Signature::read(pac, buffer)?.check(against.kdc_keys, &over)?;
        }
        if let Some(buffer) = find(BufferType::FULL_CHECKSUM.0) {
            let full = Signature::read(pac, buffer)?;
            full.check(against.kdc_keys, &zeroed(pac, &[&server, &kdc, &full])?)?;
        }
    }
    let info = required(BufferType::CLIENT_INFO.0)?.content(pac);
    if !is_of(info, &against.ticket.cname, against.ticket.authtime) {
        return Err(Bad::Unusable);
    }
    match find(BufferType::LOGON_INFO.0) {
        Some(buffer) => match user_sid(buffer.content(pac)) {
            Some(sid) => Ok(Some(sid)),
            None => Err(Bad::Unusable),
        },
        None => Ok(None),
    }
}

struct Signature<'a> {
    number: i32,
    at: usize,
    /// The identifier of a read-only domain controller is among them.
    bytes: &'a [u8],
}

impl<'a> Signature<'a> {
    fn read(pac: &'a [u8], buffer: &Buffer) -> Result<Self, Bad> {
        let (number, bytes) = buffer.content(pac).split_first_chunk().ok_or(Bad::Unusable)?;
        Ok(Self {
            number: i32::from_le_bytes(*number),
            at: buffer.start + 4,
            bytes,
        })
    }

    /// By the key whose type the signature is of.
    fn check(&self, keys: &[Key], over: &[u8]) -> Result<(), Bad> {
        let mut keys = keys.iter().map(|key| key.checksum_key(KeyUsage::PAC_CHECKSUM));
        let key = keys.find(|key| key.checksum_type().number() == self.number);
        let tag = key.ok_or(Bad::Signature)?.checksum(&[over]);
        let signature = self.bytes.get(..tag.as_bytes().len()).ok_or(Bad::Unusable)?;
        if signature == tag.as_bytes() {
            Ok(())
        } else {
            Err(Bad::Signature)
        }
    }
}

/// No signature with its identifier is longer than 32 bytes.
fn zeroed(pac: &[u8], signatures: &[&Signature<'_>]) -> Result<Vec<u8>, Bad> {
    let mut pac = pac.to_vec();
    for signature in signatures {
        let len = signature.bytes.len();
        if len > 32 {
            return Err(Bad::Unusable);
        }
        pac[signature.at..signature.at + len].fill(0);
    }
    Ok(pac)
}

/// Whether PAC_CLIENT_INFO names this client at this time of authentication, to the second.
fn is_of(info: &[u8], cname: &Components, authtime: i64) -> bool {
    let read = || {
        let (steps, rest) = info.split_first_chunk()?;
        let (len, rest) = rest.split_first_chunk()?;
        let name = utf16(rest.get(..usize::from(u16::from_le_bytes(*len)))?)?;
        let since_1970 = u64::from_le_bytes(*steps).checked_sub(116_444_736_000_000_000)?;
        let is_then = since_1970 / 10_000_000 == u64::try_from(authtime / 1_000_000).ok()?;
        Some(is_then && name.as_bytes() == cname.join(&b'/'))
    };
    read().unwrap_or(false)
}

/// The EncTicketPart with one zero byte for each PAC, as deep as one AD-IF-RELEVANT (MS-PAC section 2.8.2).
pub(super) fn without_pac(der: &[u8]) -> Option<Vec<u8>> {
    let fields = tlv::series(crate::kerberos::application(3, der)?)?;
    let mut out = Vec::new();
    for (tag, content) in fields {
        let content = match tag {
            0xaa => list(&zero_in(typed_list(content)?, true)),
            _ => content.to_vec(),
        };
        out.extend(tlv::write(tag, &content));
    }
    Some(tlv::write(0x63, &tlv::write(0x30, &out)))
}

fn zero_in(elements: Vec<Typed>, is_outermost: bool) -> Vec<Typed> {
    let zero = |(ad_type, data): Typed| match (ad_type, typed_list(&data)) {
        (128, _) => (128, vec![0]),
        (1, Some(inner)) if is_outermost => (1, list(&zero_in(inner, false))),
        _ => (ad_type, data),
    };
    elements.into_iter().map(zero).collect()
}

fn list(elements: &[Typed]) -> Vec<u8> {
    let borrowed: Vec<(i32, &[u8])> = elements.iter().map(|(number, data)| (*number, &**data)).collect();
    crate::forge::authorization_data(&borrowed)
}

/// The PAC with a server signature that fits what is in it, where it has one of the right length.
pub(super) fn signed_again(pac: &[u8], service_key: &Key) -> Vec<u8> {
    let signed = || {
        let buffers = buffers(pac)?;
        let find = |which: BufferType| buffers.iter().find(|buffer| buffer.buffer_type == which.0);
        let server = Signature::read(pac, find(BufferType::SERVER_CHECKSUM)?).ok()?;
        let kdc = Signature::read(pac, find(BufferType::KDC_CHECKSUM)?).ok()?;
        let key = service_key.checksum_key(KeyUsage::PAC_CHECKSUM);
        let tag = key.checksum(&[&zeroed(pac, &[&server, &kdc]).ok()?]);
        let mut signed = pac.to_vec();
        signed
            .get_mut(server.at..server.at + tag.as_bytes().len().min(server.bytes.len()))?
            .copy_from_slice(
                tag.as_bytes()
                    .get(..server.bytes.len().min(tag.as_bytes().len()))?,
            );
        Some(signed)
    };
    signed().unwrap_or_else(|| pac.to_vec())
}
