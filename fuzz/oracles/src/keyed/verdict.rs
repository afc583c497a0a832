//! RFC 4120 section 3.2.3 and RFC 4121 section 4.1.1 once more: what an acceptor must make of a ticket and an authenticator
//! whose plaintexts are known. The order of checks, and so which code wins, is the documented one of mech-krb5.

use super::authorization_data::{Demand, Place, Restrictions, Walk, Wishes};
use super::pac::{self, Against, Told};
use super::transited;
use crate::kerberos::{
    Authenticator, Code, Components, EncTicketPart, MALFORMED, Micros, Typed, authenticator,
    enc_krb_cred_part, enc_ticket_part, krb_cred,
};
use mech_krb5::PacPolicy;
use mech_krb5::crypto::{EncryptionType, EncryptionTypes, Key, KeyUsage};
use negotiate_core::BindingsPolicy;

/// What the acceptor knows and wants.
pub(super) struct World {
    pub(super) now: Micros,
    pub(super) types: EncryptionTypes,
    /// MD5 of the acceptor's channel bindings.
    pub(super) bindings: Option<[u8; 16]>,
    /// The initiator's address in them, if it is an Internet address.
    pub(super) address: Option<Vec<u8>>,
    pub(super) bindings_policy: BindingsPolicy,
    pub(super) refuse_unknown: bool,
    pub(super) refuse_anonymous: bool,
    pub(super) trust_kdc: bool,
    pub(super) pac_policy: PacPolicy,
    pub(super) kdc_keys: Vec<Key>,
    pub(super) server_realm: Vec<u8>,
    /// The key that seals the ticket.
    pub(super) service_key: Key,
}

/// What is around the seals, and whether they are the right ones.
pub(super) struct Around {
    pub(super) is_bare: bool,
    pub(super) mutual_required: bool,
    pub(super) key_choice: KeyChoice,
    /// Whether the ticket is sealed with a key of those.
    pub(super) ticket_sealed: bool,
    /// What the authenticator is sealed with.
    pub(super) authenticator_key: Key,
}

/// Whose keys may open the ticket.
pub(super) enum KeyChoice {
    Keytab,
    /// User-to-user authentication without a ticket for it.
    NoOwnTicket,
    /// The session key of the acceptor's own ticket.
    OwnTicket {
        ends: Micros,
        /// Whether the client's ticket has a name of it.
        is_named: bool,
    },
}

#[derive(Debug)]
pub(super) enum Verdict {
    Accepted(Box<Accepted>),
    Refused(Refused),
    /// By one of the codes for a key that is not there.
    NoKey,
}

#[derive(Debug)]
pub(super) struct Refused {
    pub(super) code: Code,
    /// Whether the replay cache was asked before.
    pub(super) asked: bool,
}

#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) ticket: EncTicketPart,
    pub(super) authenticator: Authenticator,
    pub(super) display: String,
    /// Bits of RFC 4121 section 4.1.1.1.
    pub(super) flags: u32,
    pub(super) session_key: Key,
    /// The key of messages without an AP-REP.
    pub(super) base_key: Key,
    /// The type of the subkey in the AP-REP, if there is one, and if there is one in it.
    pub(super) reply: Option<Option<EncryptionType>>,
    /// Whether any of the keys that came is of RC4.
    pub(super) is_rc4: bool,
    pub(super) is_dce_style: bool,
    pub(super) credentials: usize,
    pub(super) indicators: Vec<String>,
    pub(super) is_cammac_discarded: bool,
    pub(super) restrictions: Option<Restrictions>,
    pub(super) pac: Told,
}

const DELEGATE: u32 = 0x1;
const MUTUAL: u32 = 0x2;
const REPLAY: u32 = 0x4;
const SEQUENCE: u32 = 0x8;
const ANONYMOUS: u32 = 0x40;
const CHANNEL_BOUND: u32 = 0x800;
const DCE_STYLE: u32 = 0x1000;
/// Mutual, replay, sequence, confidentiality, integrity, DCE style, identify, extended error.
const OF_INITIATOR: u32 = 0x2 | 0x4 | 0x8 | 0x10 | 0x20 | 0x1000 | 0x2000 | 0x4000;

const SKEW: Micros = 300_000_000;
const INVALID: u32 = 1 << 24;
const TRANSITED_POLICY_CHECKED: u32 = 1 << 19;

/// The session key of a ticket, if it can be used: of the types that are taken without being named, or of those that were named.
pub(super) fn usable((keytype, keyvalue): &Typed, types: EncryptionTypes) -> Option<Key> {
    if !matches!(keytype, 17..=20 | 23 | 25 | 26) {
        return None;
    }
    Key::new(types.find(*keytype)?, keyvalue).ok()
}

/// Several verdicts are possible where this model does not know whether a path of realms is acceptable.
pub(super) fn judge(
    world: &World,
    around: &Around,
    ticket: &[u8],
    sealed_authenticator: &[u8],
) -> Vec<Verdict> {
    let no_key = match around.key_choice {
        KeyChoice::NoOwnTicket => Some(refused("krb5.user_to_user", false)),
        KeyChoice::OwnTicket { ends, .. } if world.now > ends + SKEW => {
            Some(refused("krb5.own_ticket_expired", false))
        }
        KeyChoice::OwnTicket { is_named: false, .. } => Some(refused("krb5.user_to_user_name", false)),
        _ if around.ticket_sealed => None,
        KeyChoice::OwnTicket { .. } => Some(refused("krb5.user_to_user_key", false)),
        KeyChoice::Keytab => Some(Verdict::NoKey),
    };
    if let Some(verdict) = no_key {
        return vec![verdict];
    }
    let der = ticket;
    let opened = match open(world, around, der, sealed_authenticator) {
        Ok(opened) => opened,
        Err(code) => return vec![refused(code, false)],
    };
    let path = opened.path(world);
    let with = |path_is_good| match opened.establish(world, around, der, path_is_good) {
        Ok(accepted) => Verdict::Accepted(Box::new(accepted)),
        Err(code) => refused(code, true),
    };
    match path {
        Some(path_is_good) => vec![with(path_is_good)],
        None => vec![with(true), with(false)],
    }
}

const fn refused(code: Code, asked: bool) -> Verdict {
    Verdict::Refused(Refused { code, asked })
}

/// Everything up to the replay cache.
struct Opened {
    ticket: EncTicketPart,
    authenticator: Authenticator,
    session_key: Key,
}

fn open(world: &World, around: &Around, ticket: &[u8], sealed_authenticator: &[u8]) -> Result<Opened, Code> {
    let ticket = enc_ticket_part(ticket).ok_or(MALFORMED)?;
    let session_key = usable(&ticket.key, world.types).ok_or("krb5.unusable_session_key")?;
    if ticket.flags & INVALID != 0 {
        return Err("krb5.ticket_invalid");
    }
    if world.now + SKEW < ticket.starttime.unwrap_or(ticket.authtime) {
        return Err("krb5.ticket_not_yet_valid");
    }
    if world.now - SKEW > ticket.endtime {
        return Err("krb5.ticket_expired");
    }
    if !around.authenticator_key.ct_eq(&session_key) {
        return Err("krb5.authenticator_tampered");
    }
    let authenticator = authenticator(sealed_authenticator)?;
    if (&authenticator.cname, &authenticator.crealm) != (&ticket.cname, &ticket.crealm) {
        return Err("krb5.client_mismatch");
    }
    if (authenticator.ctime - world.now).abs() > SKEW {
        return Err("krb5.clock_skew");
    }
    if let (Some(list), Some(address)) = (&ticket.caddr, &world.address) {
        let is_netbios_alone = matches!(&list[..], [(20, _)]);
        if !is_netbios_alone && !list.contains(&(2, address.clone())) {
            return Err("krb5.address_mismatch");
        }
    }
    Ok(Opened {
        ticket,
        authenticator,
        session_key,
    })
}

impl Opened {
    fn path(&self, world: &World) -> Option<bool> {
        let (tr_type, contents) = &self.ticket.transited;
        let is_no_list = contents.is_empty();
        if *tr_type != 1 && !(*tr_type == 0 && is_no_list) {
            return Some(false);
        }
        if is_no_list || self.ticket.flags & TRANSITED_POLICY_CHECKED != 0 || world.trust_kdc {
            return Some(true);
        }
        if self.ticket.crealm == world.server_realm {
            return Some(false);
        }
        transited::is_on_the_way(contents, &self.ticket.crealm, &world.server_realm)
    }

    fn establish(
        &self,
        world: &World,
        around: &Around,
        der: &[u8],
        path_is_good: bool,
    ) -> Result<Accepted, Code> {
        let Self {
            ticket,
            authenticator,
            session_key,
        } = self;
        let subkey = match &authenticator.subkey {
            Some(carried) => Some(usable(carried, world.types).ok_or("krb5.unusable_session_key")?),
            None => None,
        };
        let mut walk = Walk {
            service_key: &world.service_key,
            session_key,
            refuse_unknown: world.refuse_unknown,
            wishes: Wishes::with(world.types),
            indicators: Vec::new(),
            pacs: Vec::new(),
            is_cammac_discarded: false,
            restrictions: [None, None],
        };
        if let Some(data) = &ticket.authorization_data {
            walk.list(data, 0, Place::Top, Demand::All)?;
        }
        if let Some(data) = &authenticator.authorization_data {
            walk.list(data, 0, Place::Client, Demand::All)?;
        }
        let Walk {
            wishes,
            indicators,
            pacs,
            is_cammac_discarded,
            restrictions: [of_kdc, of_client],
            ..
        } = walk;
        let checksum = self.checksum(world, around, wishes.knows_bindings())?;
        let is_dce_style = checksum.flags & DCE_STYLE != 0;
        match (around.is_bare, is_dce_style) {
            (true, false) => return Err("krb5.unframed"),
            (false, true) => return Err("krb5.framed_dce_style"),
            _ => {}
        }
        let credentials = match &checksum.krb_cred {
            Some(krb_cred) => {
                credentials(krb_cred, [subkey.as_ref(), Some(session_key)]).ok_or("krb5.bad_delegation")?
            }
            None => 0,
        };
        if !path_is_good {
            return Err("krb5.transited_refused");
        }
        let is_anonymous = ticket.cname == [&b"WELLKNOWN"[..], b"ANONYMOUS"];
        // RFC 6111 section 3: of fixed names and realms, only those of RFC 8062 have a meaning here.
        let in_anonymous_realm = ticket.crealm == b"WELLKNOWN:ANONYMOUS"[..];
        if ticket.crealm.starts_with(b"WELLKNOWN:") && !in_anonymous_realm {
            return Err("krb5.well_known_realm");
        }
        if is_anonymous && world.refuse_anonymous {
            return Err("krb5.anonymous_refused");
        }
        if in_anonymous_realm && !is_anonymous {
            return Err("krb5.reserved_principal");
        }
        let is_fixed = ticket.cname.len() > 1 && ticket.cname[0] == b"WELLKNOWN"[..];
        if is_fixed && !is_anonymous {
            return Err("krb5.well_known_principal");
        }
        let against = Against {
            service_key: &world.service_key,
            kdc_keys: &world.kdc_keys,
            ticket,
            der,
        };
        let pac = pac::judge(&pacs, world.pac_policy, &against)?;
        let display = display(&ticket.cname, &ticket.crealm).ok_or("krb5.name_not_utf8")?;
        let is_mutual = is_dce_style || checksum.flags & MUTUAL != 0;
        let base_key = subkey.unwrap_or_else(|| session_key.clone());
        let mut flags = checksum.flags;
        for (flag, is_set) in [
            (MUTUAL, is_mutual),
            (DELEGATE, credentials > 0),
            (ANONYMOUS, is_anonymous),
        ] {
            if is_set {
                flags |= flag;
            }
        }
        Ok(Accepted {
            display,
            flags,
            reply: is_mutual.then(|| wishes.subkey_type(base_key.encryption_type(), is_dce_style)),
            is_rc4: [&world.service_key, session_key, &base_key]
                .iter()
                .any(|key| key.encryption_type() == EncryptionType::Rc4Hmac),
            base_key,
            session_key: session_key.clone(),
            is_dce_style,
            credentials,
            indicators,
            is_cammac_discarded,
            restrictions: of_kdc.or(of_client),
            pac,
            ticket: ticket.clone(),
            authenticator: authenticator.clone(),
        })
    }

    fn checksum(&self, world: &World, around: &Around, knows_bindings: bool) -> Result<Checksum, Code> {
        let mut checksum = match &self.authenticator.cksum {
            None => Checksum::default(),
            Some((0x8003, field)) => gss_checksum(field, world)?,
            Some((number, field)) => {
                let key = self
                    .session_key
                    .checksum_key(KeyUsage::AP_REQ_AUTHENTICATOR_CHECKSUM);
                let is_its_type = *number == key.checksum_type().number();
                if !is_its_type || key.checksum(&[]).as_bytes() != field {
                    return Err("krb5.checksum_unverified");
                }
                let mutual = if around.mutual_required { MUTUAL } else { 0 };
                Checksum {
                    flags: REPLAY | SEQUENCE | mutual,
                    ..Checksum::default()
                }
            }
        };
        match world.bindings_policy {
            _ if world.bindings.is_none() => {}
            _ if checksum.is_bound => checksum.flags |= CHANNEL_BOUND,
            BindingsPolicy::Require => return Err("krb5.bindings_required"),
            BindingsPolicy::RequireIfAdvertised if knows_bindings => return Err("krb5.bindings_removed"),
            _ => {}
        }
        Ok(checksum)
    }
}

#[derive(Default)]
struct Checksum {
    flags: u32,
    is_bound: bool,
    krb_cred: Option<Vec<u8>>,
}

fn gss_checksum(field: &[u8], world: &World) -> Result<Checksum, Code> {
    const BAD: Code = "krb5.bad_gss_checksum";
    if !field.starts_with(&16_u32.to_le_bytes()) || field.len() < 24 {
        return Err(BAD);
    }
    let flags = u32::from_le_bytes(field[20..24].try_into().map_err(|_| BAD)?);
    let is_bound = match world.bindings {
        Some(ours) if world.bindings_policy != BindingsPolicy::Off => {
            let is_bound = field[4..20] == ours;
            if !is_bound && field[4..20] != [0; 16] {
                return Err("krb5.bindings_mismatch");
            }
            is_bound
        }
        _ => false,
    };
    let mut rest = &field[24..];
    let mut krb_cred = None;
    if flags & DELEGATE != 0 && !rest.is_empty() {
        let (head, after) = rest.split_at_checked(4).ok_or(BAD)?;
        if head[..2] != [1, 0] {
            return Err(BAD);
        }
        let (cred, after) = after
            .split_at_checked(usize::from(head[2]) + 256 * usize::from(head[3]))
            .ok_or(BAD)?;
        (krb_cred, rest) = (Some(cred.to_vec()), after);
    }
    while !rest.is_empty() {
        let head = rest.get(..8).ok_or(BAD)?;
        let len = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
        rest = rest.get(8 + len..).ok_or(BAD)?;
    }
    Ok(Checksum {
        flags: flags & OF_INITIATOR,
        is_bound,
        krb_cred,
    })
}

/// How many credentials there are, or that there is something wrong.
fn credentials(message: &[u8], keys: [Option<&Key>; 2]) -> Option<usize> {
    let (tickets, enc_part) = krb_cred(message)?;
    let plain = if enc_part.etype == 0 {
        enc_part.cipher
    } else {
        keys.into_iter().flatten().find_map(|key| {
            let mut buffer = enc_part.cipher.clone();
            let is_its_type = key.encryption_type().number() == enc_part.etype;
            let opened = key.for_usage(KeyUsage::KRB_CRED).decrypt_vec(&mut buffer);
            (is_its_type && opened.is_ok()).then_some(buffer)
        })?
    };
    let complete = enc_krb_cred_part(&plain)?;
    (complete.len() == tickets && complete.into_iter().all(|complete| complete)).then_some(tickets)
}

/// RFC 1964 section 2.1.1; `None` if it is not UTF-8.
pub(super) fn display(components: &Components, realm: &[u8]) -> Option<String> {
    let escaped = |part: &[u8]| {
        part.iter()
            .flat_map(|byte| match byte {
                b'/' | b'@' | b'\\' => vec![b'\\', *byte],
                b'\n' => b"\\n".to_vec(),
                b'\t' => b"\\t".to_vec(),
                8 => b"\\b".to_vec(),
                _ => vec![*byte],
            })
            .collect::<Vec<u8>>()
    };
    let name: Vec<Vec<u8>> = components.iter().map(|component| escaped(component)).collect();
    String::from_utf8([name.join(&b'/'), escaped(realm)].join(&b'@')).ok()
}
