//! PACs of any bytes: the buffers are where a second reader of MS-PAC finds them, and nothing unsigned is ever verified. Signed
//! with the right keys, logon information of any bytes is read as a second reader reads it, or the PAC is refused.

use crate::bounds::allocating_at_most;
use crate::forge::pac as forged;
use crate::ndr::{Array, Ndr, Sid, utf16};
use crate::support::{Etype, key};
use mech_krb5::Principal;
use mech_krb5::crypto::KeyUsage;
use mech_krb5::pac::{BufferType, Evidence, KdcEvidence, LogonInfo, Pac, PacFault, VerifiedPac};
use negotiate_core::{Group, Timestamp};

const AUTHTIME: Timestamp = Timestamp::from_unix(1_795_327_048);

/// # Panics
/// If any of this does not hold.
pub fn check(input: &[u8]) {
    layout(input);
    logon_info(input);
    others(input);
}

/// A PAC with this buffer, signed and held against its keys.
pub(crate) fn signed(buffer_type: BufferType, content: &[u8]) -> Result<VerifiedPac, PacFault> {
    let (service_key, kdc_key) = (key(Etype::Aes256Sha1, 7), key(Etype::Aes128Sha256, 8));
    let mut pac = forged::Pac::new("alice", AUTHTIME).with(buffer_type, content);
    pac.full = true;
    verify(&pac.sign(&service_key, &kdc_key))
}

fn verify(pac: &[u8]) -> Result<VerifiedPac, PacFault> {
    let (service_key, kdc_key) = (key(Etype::Aes256Sha1, 7), key(Etype::Aes128Sha256, 8));
    let client = Principal::parse("alice@EXAMPLE.TEST").expect("a principal");
    Pac::parse(pac)?.verify(&Evidence {
        service_key: &service_key.checksum_key(KeyUsage::PAC_CHECKSUM),
        kdc: Some(KdcEvidence {
            keys: &[kdc_key],
            ticket: b"",
        }),
        client: client.borrow(),
        authtime: AUTHTIME,
    })
}

fn layout(input: &[u8]) {
    let found = allocating_at_most(0, || Pac::parse(input));
    let types = found.map(|pac| {
        pac.buffer_types()
            .map(|buffer_type| buffer_type.0)
            .collect::<Vec<_>>()
    });
    let expected = buffers(input).map(|list| list.iter().map(|buffer| buffer.buffer_type).collect());
    assert_eq!(types.ok(), expected);
    // Nobody signed it.
    assert!(verify(input).is_err());
}

/// A buffer of a PAC, by its second reader.
pub(crate) struct Buffer {
    pub(crate) buffer_type: u32,
    pub(crate) start: usize,
    end: usize,
}

impl Buffer {
    pub(crate) fn content<'p>(&self, pac: &'p [u8]) -> &'p [u8] {
        &pac[self.start..self.end]
    }
}

/// The buffers, if they lie as MS-PAC section 2.4 says, none twice, none over another.
pub(crate) fn buffers(input: &[u8]) -> Option<Vec<Buffer>> {
    let mut ndr = Ndr::new(input);
    let count = ndr.number(4)?;
    if ndr.number(4)? != 0 || count > 64 {
        return None;
    }
    let mut buffers: Vec<Buffer> = Vec::new();
    for _ in 0..count {
        let (buffer_type, len, offset) = (ndr.number(4)? as u32, ndr.number(4)?, ndr.number(8)?);
        let end = u128::from(offset) + u128::from(len);
        if offset % 8 != 0 || offset < 8 + 16 * count || end > input.len() as u128 {
            return None;
        }
        let (start, end) = (offset as usize, end as usize);
        let excludes =
            |other: &Buffer| other.buffer_type == buffer_type || (other.start < end && start < other.end);
        if buffers.iter().any(excludes) {
            return None;
        }
        buffers.push(Buffer {
            buffer_type,
            start,
            end,
        });
    }
    Some(buffers)
}

/// The user's SID in logon information, if it can be read so far.
pub(crate) fn user_sid(logon_info: &[u8]) -> Option<String> {
    Some(Info::read(logon_info)?.user()?.text())
}

fn logon_info(input: &[u8]) {
    let limit = 64 * 1024 + 64 * input.len();
    let verdict = signed(BufferType::LOGON_INFO, input);
    let structure = Info::read(input);
    let user = structure.as_ref().and_then(Info::user);
    let Ok(pac) = verdict else {
        assert_eq!(user, None, "{verdict:?}");
        return;
    };
    let user = user.expect("a structure that was verified").text();
    assert_eq!(pac.user().map(|sid| sid.to_string()), Some(user));
    let read = allocating_at_most(limit, || pac.logon_info().expect("the buffer"));
    assert_eq!(
        read.ok().map(described),
        structure.and_then(|info| info.described())
    );
}

/// KERB_VALIDATION_INFO (MS-PAC section 2.5) in the order of its fields.
struct Info<'a> {
    names: Vec<&'a [u8]>,
    user_id: u32,
    primary_group_id: u32,
    groups: Vec<(u32, u32)>,
    numbers: [u32; 2],
    domain: Sid,
    extra: Vec<(Sid, u32)>,
    resource_domain: Option<Sid>,
    resources: Vec<(u32, u32)>,
}

impl<'a> Info<'a> {
    fn read(input: &'a [u8]) -> Option<Self> {
        let mut ndr = Ndr::serialized(input)?;
        ndr.take(48)?;
        let mut strings: Vec<Array> = (0..6).map(|_| ndr.string()).collect::<Option<_>>()?;
        ndr.take(4)?;
        let (user_id, primary_group_id) = (ndr.number(4)? as u32, ndr.number(4)? as u32);
        let groups = ndr.array()?;
        let user_flags = ndr.number(4)? as u32;
        ndr.take(16)?;
        strings.extend([ndr.string()?, ndr.string()?]);
        let domain = ndr.pointer()?;
        ndr.take(8)?;
        let account_control = ndr.number(4)? as u32;
        ndr.take(28)?;
        let (extra, resource_domain, resources) = (ndr.array()?, ndr.pointer()?, ndr.array()?);
        let mut names = Vec::new();
        for string in &strings[..6] {
            names.push(ndr.units(*string)?);
        }
        let groups = ndr.memberships(groups)?;
        for string in &strings[6..] {
            names.push(ndr.units(*string)?);
        }
        let domain = ndr.sid_if(domain)??;
        let extra_heads = ndr.memberships(extra)?;
        let extra = extra_heads
            .into_iter()
            .map(|(pointer, attributes)| {
                let sid = if pointer == 0 { None } else { ndr.sid() };
                Some((sid?, attributes))
            })
            .collect::<Option<_>>()?;
        Some(Self {
            names,
            user_id,
            primary_group_id,
            groups,
            numbers: [user_flags, account_control],
            domain,
            extra,
            resource_domain: ndr.sid_if(resource_domain)?,
            resources: ndr.memberships(resources)?,
        })
    }

    fn user(&self) -> Option<Sid> {
        match self.user_id {
            0 => self.extra.first().map(|(sid, _)| sid.clone()),
            rid => self.domain.account(rid),
        }
    }

    fn described(&self) -> Option<Vec<String>> {
        let in_domain = |domain: &Sid, members: &[(u32, u32)]| {
            let group = |(rid, attributes): &(u32, u32)| Some((domain.account(*rid)?.text(), *attributes));
            members.iter().map(group).collect::<Option<Vec<_>>>()
        };
        let resources = match &self.resource_domain {
            _ if self.numbers[0] & 0x200 == 0 => Vec::new(),
            Some(domain) => in_domain(domain, &self.resources)?,
            None if self.resources.is_empty() => Vec::new(),
            None => return None,
        };
        let extra: Vec<_> = self
            .extra
            .iter()
            .map(|(sid, attributes)| (sid.text(), *attributes))
            .collect();
        let mut lines: Vec<String> = [0, 1, 6, 7]
            .iter()
            .map(|at| utf16(self.names[*at]))
            .collect::<Option<_>>()?;
        lines.push(self.domain.account(self.primary_group_id)?.text());
        lines.push(self.domain.text());
        lines.push(format!(
            "{:?} {extra:?} {resources:?}",
            in_domain(&self.domain, &self.groups)?
        ));
        lines.push(format!("{:?}", self.numbers));
        Some(lines)
    }
}

fn described(info: LogonInfo) -> Vec<String> {
    let groups = |groups: &[Group]| -> Vec<_> {
        groups
            .iter()
            .map(|group| (group.sid.to_string(), group.attributes))
            .collect()
    };
    let lists = [&info.groups, &info.extra_sids, &info.resource_groups].map(|list| groups(list));
    let [own, extra, resources] = lists;
    vec![
        info.effective_name,
        info.full_name,
        info.logon_server,
        info.logon_domain_name,
        info.primary_group.to_string(),
        info.logon_domain.to_string(),
        format!("{own:?} {extra:?} {resources:?}"),
        format!("{:?}", [info.user_flags, info.user_account_control]),
    ]
}

/// Smaller buffers: whatever is in them, a signed PAC is verified and reading ends, within what the bytes are worth.
fn others(input: &[u8]) {
    let limit = 64 * 1024 + 64 * input.len();
    let pac = |buffer_type| signed(buffer_type, input).expect("a signed PAC");
    let upn = pac(BufferType::UPN_DNS_INFO);
    allocating_at_most(limit, || drop(upn.upn_dns_info()));
    let delegation = pac(BufferType::DELEGATION_INFO);
    allocating_at_most(limit, || drop(delegation.delegation_info()));
    let device = pac(BufferType::DEVICE_INFO);
    allocating_at_most(limit, || drop(device.device_info()));
    let requester = pac(BufferType::REQUESTER).requester().expect("the buffer");
    assert_eq!(
        requester.ok().map(|sid| sid.to_string()),
        lone_sid(input).map(|sid| sid.text())
    );
}

/// A SID without the count before it, and nothing behind it.
fn lone_sid(input: &[u8]) -> Option<Sid> {
    let count = u32::from(*input.get(1)?);
    let framed = [&count.to_le_bytes()[..], input].concat();
    let sid = Ndr::new(&framed).sid()?;
    (input.len() == 8 + sid.1.len() * 4).then_some(sid)
}
