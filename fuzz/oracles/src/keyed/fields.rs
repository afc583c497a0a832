//! Tickets and authenticators of fields that may hold anything: what a KDC or an initiator gone mad would seal. The first
//! variant of everything is the usual one.

use super::named::{KeyPlace, Naming};
use super::pac;
use super::pac_fields::PacFields;
use super::planted::Planted;
use crate::forge::{self, CarriedKey, CredInfo, GssChecksum, KrbCred};
use crate::support::{Counting, Etype};
use arbitrary::Arbitrary;
use mech_krb5::crypto::{Key, KeyUsage};
use mech_krb5::message::TicketFlags;
use mech_krb5::{NameType, Principal};
use negotiate_core::{ContextFlags, Timestamp};

/// A whole AP-REQ's sealed parts.
#[derive(Arbitrary, Debug)]
pub(super) struct Fields {
    pub(super) etype: Etype,
    pub(super) session_etype: Etype,
    ticket: TicketFields,
    authenticator: AuthenticatorFields,
}

#[derive(Arbitrary, Debug)]
struct TicketFields {
    flags: u32,
    session_key: CarriedKeyChoice,
    client: Client,
    tr_type: i8,
    transited: Transited,
    authtime: TimeChoice,
    starttime: Option<TimeChoice>,
    endtime: EndChoice,
    renew_till: Option<TimeChoice>,
    caddr: Option<Vec<HostAddress>>,
    authorization_data: Option<Vec<Element>>,
    #[arbitrary(default)]
    planted: Option<Planted>,
}

#[derive(Arbitrary, Debug)]
struct AuthenticatorFields {
    version: i8,
    client: AuthenticatorClient,
    cksum: Cksum,
    ctime: ClientTime,
    subkey: Option<(Etype, CarriedKeyChoice)>,
    seq_number: Option<u32>,
    authorization_data: Option<Vec<Element>>,
    #[arbitrary(default)]
    planted: Option<Planted>,
}

/// A key as it should be, or not.
#[derive(Arbitrary, Debug)]
enum CarriedKeyChoice {
    Right,
    Cut(u8),
    Type(i8),
}

#[derive(Arbitrary, Debug)]
enum AuthenticatorClient {
    Same,
    Other(Client),
}

#[derive(Arbitrary, Debug)]
enum Client {
    Alice(Realm),
    /// Characters that the display form escapes.
    Escaped(Realm),
    Anonymous(Realm),
    Any {
        components: Vec<Vec<u8>>,
        realm: Vec<u8>,
    },
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Realm {
    Ours,
    Sibling,
    Parent,
    Child,
    Foreign,
    Anonymous,
    NotUtf8,
    Empty,
    /// In a list of realms, the mark of a whole name.
    Space,
}

/// The server's realm when its ticket is forged.
pub(super) const REALM: &str = "SRV.EXAMPLE.TEST";

impl Realm {
    const fn text(self) -> &'static [u8] {
        match self {
            Self::Ours => REALM.as_bytes(),
            Self::Sibling => b"USERS.EXAMPLE.TEST",
            Self::Parent => b"EXAMPLE.TEST",
            Self::Child => b"SUB.SRV.EXAMPLE.TEST",
            Self::Foreign => b"OTHER.ORG",
            Self::Anonymous => b"WELLKNOWN:ANONYMOUS",
            Self::NotUtf8 => b"R\xff",
            Self::Empty => b"",
            Self::Space => b" ",
        }
    }
}

#[derive(Arbitrary, Debug)]
enum Transited {
    Empty,
    Realms(Vec<Realm>),
    Raw(Vec<u8>),
}

/// A time, from the base's own time in whole seconds.
#[derive(Arbitrary, Debug)]
enum TimeChoice {
    Near(Shift),
    Far(i32),
    Last,
}

#[derive(Arbitrary, Debug)]
enum EndChoice {
    InTenHours,
    At(TimeChoice),
}

/// Around the points where a clock skew of 300 s decides.
#[derive(Arbitrary, Debug)]
pub(super) struct Shift {
    skews: i8,
    seconds: i8,
    micros: i8,
}

impl Shift {
    pub(super) fn micros(&self) -> i64 {
        let seconds = i64::from(self.skews % 3) * 300 + i64::from(self.seconds);
        seconds * 1_000_000 + i64::from(self.micros)
    }
}

impl TimeChoice {
    fn time(&self, base: Timestamp) -> Timestamp {
        let seconds = match self {
            Self::Near(shift) => base.unix() + shift.micros() / 1_000_000,
            Self::Far(seconds) => base.unix() + i64::from(*seconds),
            Self::Last => 253_402_300_799,
        };
        Timestamp::from_unix(seconds.clamp(0, 253_402_300_799))
    }
}

#[derive(Arbitrary, Debug)]
enum ClientTime {
    Now,
    Near(Shift),
    Far(i32),
}

#[derive(Arbitrary, Debug)]
enum HostAddress {
    Inet([u8; 4]),
    Ours,
    NetBios,
    Any(i8, Vec<u8>),
}

/// The initiator's address when bindings tell it.
pub(super) const ADDRESS: [u8; 4] = [192, 0, 2, 7];

/// An element of authorization data.
#[derive(Arbitrary, Debug)]
enum Element {
    IfRelevant(Vec<Element>),
    ApOptions {
        cbt: bool,
        extra: u8,
    },
    EtypeList(Vec<i8>),
    AndOr(i8, Vec<Element>),
    KdcIssued(Vec<Element>),
    Cammac(Vec<Element>),
    Indicators(u8),
    MandatoryForKdc(Vec<u8>),
    Pac(Box<PacFields>),
    /// Types between 0 and 255: known ones are among them.
    Numbered(u8, Vec<u8>),
    Any(i32, Vec<u8>),
}

impl Element {
    fn of(planted: Option<&Planted>, elements: Option<&[Self]>, ground: &Ground<'_>) -> Option<Vec<u8>> {
        match planted {
            Some(planted) => Some(planted.bytes(ground)),
            None => elements.map(|list| Self::list(list, ground)),
        }
    }

    fn list(elements: &[Self], ground: &Ground<'_>) -> Vec<u8> {
        let elements: Vec<(i32, Vec<u8>)> = elements
            .iter()
            .take(66)
            .map(|element| element.typed(ground))
            .collect();
        let borrowed: Vec<(i32, &[u8])> = elements.iter().map(|(number, data)| (*number, &**data)).collect();
        forge::authorization_data(&borrowed)
    }

    fn typed(&self, ground: &Ground<'_>) -> (i32, Vec<u8>) {
        match self {
            Self::IfRelevant(inner) => (1, Self::list(inner, ground)),
            Self::AndOr(count, inner) => (5, forge::and_or((*count).into(), &Self::list(inner, ground))),
            Self::KdcIssued(inner) => (
                4,
                forge::kdc_issued(&Self::list(inner, ground), ground.session_key),
            ),
            Self::Cammac(inner) => {
                let list = Self::list(inner, ground);
                (
                    96,
                    forge::Cammac::new(list, ground.service_key, ground.session_key).encode(),
                )
            }
            Self::Indicators(count) => (97, forge::indicators(&vec!["otp"; usize::from(*count % 67)])),
            Self::ApOptions { cbt, extra } => {
                let options = if *cbt { 0x4000 } else { 0 } | u32::from(*extra);
                (143, options.to_le_bytes().to_vec())
            }
            Self::EtypeList(etypes) => {
                let integers = etypes.iter().flat_map(|etype| [2, 1, *etype as u8]);
                (129, crate::tlv::write(0x30, &integers.collect::<Vec<_>>()))
            }
            Self::Pac(fields) => (128, fields.bytes(ground)),
            Self::MandatoryForKdc(data) => (8, data.clone()),
            Self::Numbered(number, data) => ((*number).into(), data.clone()),
            Self::Any(number, data) => (*number, data.clone()),
        }
    }
}

#[derive(Arbitrary, Debug)]
enum Cksum {
    Gss {
        flags: u16,
        bindings: BindingsField,
        delegation: Delegation,
        extensions: Vec<u8>,
    },
    Absent,
    /// Over nothing, as RFC 4120 section 3.2.3 would have it, or over something else.
    Ordinary {
        over: Vec<u8>,
        change_type: i8,
    },
    GssRaw(Vec<u8>),
    Raw(i32, Vec<u8>),
}

#[derive(Arbitrary, Debug)]
enum BindingsField {
    Absent,
    Ours,
    Other([u8; 16]),
}

#[derive(Arbitrary, Debug)]
enum Delegation {
    None,
    KrbCred {
        option: u8,
        tickets: u8,
        infos: Vec<Info>,
        seal: CredSeal,
    },
    Raw(u16, Vec<u8>),
}

#[derive(Arbitrary, Debug)]
struct Info {
    without_client: bool,
    without_server: bool,
    without_end: bool,
    flags: u32,
}

#[derive(Arbitrary, Debug)]
enum CredSeal {
    SessionKey,
    Subkey,
    InClear,
    OtherKey,
}

/// What stands fast before the fields are looked at.
pub(super) struct Ground<'a> {
    pub(super) now: Timestamp,
    /// MD5 of the acceptor's channel bindings.
    pub(super) bindings: Option<[u8; 16]>,
    pub(super) service_key: &'a Key,
    pub(super) session_key: &'a Key,
    pub(super) kdc_key: &'a Key,
    pub(super) naming: Naming,
    /// The ticket with a zero byte for its PAC, once it is made.
    pub(super) without_pac: Option<&'a [u8]>,
}

impl Fields {
    /// Asks for what these flags of RFC 4121 section 4.1.1.1 say, with a subkey.
    #[cfg(test)]
    pub(super) fn ask(&mut self, etype: Etype, flags: u16) {
        self.authenticator.subkey = Some((etype, CarriedKeyChoice::Right));
        self.authenticator.cksum = Cksum::Gss {
            flags,
            bindings: BindingsField::Absent,
            delegation: Delegation::None,
            extensions: Vec::new(),
        };
    }

    /// Plants authorization data in the ticket.
    pub(super) fn plant_in_ticket(&mut self, planted: Planted) {
        self.ticket.planted = Some(planted);
    }

    /// Plants authorization data in the authenticator.
    pub(super) fn plant_in_authenticator(&mut self, planted: Planted) {
        self.authenticator.planted = Some(planted);
    }

    /// The plaintext of EncTicketPart.
    pub(super) fn ticket(&self, ground: &Ground<'_>) -> Vec<u8> {
        let fields = &self.ticket;
        let now = ground.now;
        let (session_key, service_key) = (ground.session_key, ground.service_key);
        let mut ticket = forge::Ticket::new(
            "alice@SRV.EXAMPLE.TEST",
            "HTTP/x@SRV.EXAMPLE.TEST",
            service_key,
            session_key,
            now,
        );
        ticket.flags = TicketFlags(fields.flags);
        ticket.session_key = fields.session_key.of(session_key);
        ticket.client = fields.client.principal();
        ticket.tr_type = i32::from(fields.tr_type) + 1;
        ticket.transited = fields.transited.contents();
        ticket.authtime = fields.authtime.time(now);
        ticket.starttime = fields.starttime.as_ref().map(|time| time.time(now));
        if let EndChoice::At(time) = &fields.endtime {
            ticket.endtime = time.time(now);
        }
        ticket.renew_till = fields.renew_till.as_ref().map(|time| time.time(now));
        ticket.caddr = fields
            .caddr
            .as_ref()
            .map(|list| list.iter().take(66).map(HostAddress::typed).collect());
        ticket.authorization_data = Element::of(
            fields.planted.as_ref(),
            fields.authorization_data.as_deref(),
            ground,
        );
        let part = ticket.part();
        match (pac::without_pac(&part), ground.without_pac) {
            // Now that the rest stands, the PAC's ticket checksum can be made.
            (Some(without_pac), None) => self.ticket(&Ground {
                without_pac: Some(&without_pac),
                ..*ground
            }),
            _ => part,
        }
    }

    /// The plaintext of the authenticator.
    pub(super) fn authenticator(&self, ground: &Ground<'_>) -> Vec<u8> {
        let fields = &self.authenticator;
        let client = match &fields.client {
            AuthenticatorClient::Same => self.ticket.client.principal(),
            AuthenticatorClient::Other(client) => client.principal(),
        };
        let subkey = fields
            .subkey
            .as_ref()
            .map(|(etype, choice)| (ground.naming.key(KeyPlace::Subkey, *etype, 9), choice));
        let micros = match &fields.ctime {
            ClientTime::Now => 0,
            ClientTime::Near(shift) => shift.micros(),
            ClientTime::Far(seconds) => i64::from(*seconds) * 1_000_000,
        };
        let authenticator = forge::Authenticator {
            authenticator_vno: 5 + i64::from(fields.version),
            client,
            cksum: fields.cksum.field(ground, subkey.as_ref().map(|(key, _)| key)),
            ctime: Timestamp::from_unix_micros((ground.now.unix_micros() + micros).max(0)),
            subkey: subkey.as_ref().map(|(key, choice)| choice.of(key)),
            seq_number: fields.seq_number,
            authorization_data: Element::of(
                fields.planted.as_ref(),
                fields.authorization_data.as_deref(),
                ground,
            ),
        };
        authenticator.part()
    }
}

impl CarriedKeyChoice {
    fn of(&self, key: &Key) -> CarriedKey {
        let mut carried = CarriedKey::from(key);
        match self {
            Self::Right => {}
            Self::Cut(by) => carried.keyvalue.truncate(usize::from(*by)),
            Self::Type(keytype) => carried.keytype = (*keytype).into(),
        }
        carried
    }
}

impl Client {
    fn principal(&self) -> Principal {
        let new = |components: &[&[u8]], realm: &[u8]| {
            Principal::new(NameType::PRINCIPAL, components.iter().copied(), realm)
        };
        let made = match self {
            Self::Alice(realm) => new(&[b"alice"], realm.text()),
            Self::Escaped(realm) => new(&[b"a/b@c\\d\n\t\x08", "\u{e9}".as_bytes(), b""], realm.text()),
            Self::Anonymous(realm) => new(&[b"WELLKNOWN", b"ANONYMOUS"], realm.text()),
            Self::Any { components, realm } => {
                let components: Vec<&[u8]> = components.iter().map(Vec::as_slice).take(32).collect();
                new(&components, realm)
            }
        };
        // A name without components cannot be made here; edits make it.
        made.or_else(|_| new(&[b"nobody"], b"")).expect("one component")
    }
}

impl Transited {
    fn contents(&self) -> Vec<u8> {
        match self {
            Self::Empty => Vec::new(),
            Self::Realms(realms) => {
                let texts: Vec<&[u8]> = realms.iter().take(34).map(|realm| realm.text()).collect();
                texts.join(&b',')
            }
            Self::Raw(bytes) => bytes.clone(),
        }
    }
}

impl HostAddress {
    fn typed(&self) -> (i32, Vec<u8>) {
        match self {
            Self::Inet(address) => (2, address.to_vec()),
            Self::Ours => (2, ADDRESS.to_vec()),
            Self::NetBios => (20, b"HOST            ".to_vec()),
            Self::Any(addr_type, octets) => ((*addr_type).into(), octets.clone()),
        }
    }
}

impl Cksum {
    fn field(&self, ground: &Ground<'_>, subkey: Option<&Key>) -> Option<(i32, Vec<u8>)> {
        match self {
            Self::Absent => None,
            Self::GssRaw(bytes) => Some((0x8003, bytes.clone())),
            Self::Raw(number, bytes) => Some((*number, bytes.clone())),
            Self::Ordinary { over, change_type } => {
                let key = ground
                    .session_key
                    .checksum_key(KeyUsage::AP_REQ_AUTHENTICATOR_CHECKSUM);
                let number = key.checksum_type().number() + i32::from(*change_type);
                Some((number, key.checksum(&[over]).as_bytes().to_vec()))
            }
            Self::Gss {
                flags,
                bindings,
                delegation,
                extensions,
            } => {
                let mut field = GssChecksum::new(ContextFlags::default());
                field.flags = (*flags).into();
                field.extensions.clone_from(extensions);
                field.bindings = match bindings {
                    BindingsField::Absent => [0; 16],
                    BindingsField::Ours => ground.bindings.unwrap_or_default(),
                    BindingsField::Other(hash) => *hash,
                };
                field.delegation = delegation.field(ground, subkey);
                if field.delegation.is_some() {
                    field.flags |= ContextFlags::DELEGATE.bits();
                }
                Some(field.field())
            }
        }
    }
}

impl Delegation {
    fn field(&self, ground: &Ground<'_>, subkey: Option<&Key>) -> Option<(u16, Vec<u8>)> {
        match self {
            Self::None => None,
            Self::Raw(option, bytes) => Some((*option, bytes.iter().copied().take(600).collect())),
            Self::KrbCred {
                option,
                tickets,
                infos,
                seal,
            } => {
                let ticket = forge::Ticket::new(
                    "alice@SRV.EXAMPLE.TEST",
                    "krbtgt/SRV.EXAMPLE.TEST@SRV.EXAMPLE.TEST",
                    ground.service_key,
                    ground.session_key,
                    ground.now,
                );
                let ticket = ticket.seal_plaintext(b"a ticket that only its KDC can read", &mut Counting(1));
                let tickets = vec![ticket; usize::from(*tickets % 18)];
                let infos = infos.iter().take(18).map(|info| info.cred_info(ground)).collect();
                let cred = KrbCred::new(tickets, infos);
                let random = &mut Counting(5);
                let sealed = match (seal, subkey) {
                    (CredSeal::Subkey, Some(subkey)) => cred.seal(subkey, random),
                    (CredSeal::SessionKey | CredSeal::Subkey, _) => cred.seal(ground.session_key, random),
                    (CredSeal::InClear, _) => cred.in_clear(),
                    (CredSeal::OtherKey, _) => cred.seal(ground.service_key, random),
                };
                Some((u16::from(*option) + 1, sealed))
            }
        }
    }
}

impl Info {
    fn cred_info(&self, ground: &Ground<'_>) -> CredInfo {
        let parse = |text| Principal::parse(text).expect("a principal");
        CredInfo {
            key: ground.session_key.into(),
            client: (!self.without_client).then(|| parse("alice@SRV.EXAMPLE.TEST")),
            flags: Some(TicketFlags(self.flags)),
            authtime: Some(ground.now),
            starttime: None,
            endtime: (!self.without_end).then_some(ground.now),
            renew_till: None,
            server: (!self.without_server).then(|| parse("krbtgt/SRV.EXAMPLE.TEST@SRV.EXAMPLE.TEST")),
            caddr: None,
        }
    }
}
