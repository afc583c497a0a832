//! With the keys: the plaintexts of a ticket and of an authenticator are made of fields of any content, or taken from a
//! capture, changed, sealed again, and given to the acceptor. A model that reads the same plaintexts (`verdict`)
//! predicts acceptance, or the code of the refusal; what is accepted must mean what was sealed, and both ends must then be
//! able to speak (`initiator`). The same token again is a replay.

mod authorization_data;
mod captured;
mod edit;
mod fields;
mod initiator;
mod named;
mod pac;
mod pac_fields;
mod planted;
mod policy;
mod transited;
mod user_to_user;
mod verdict;

use crate::bounds::allocating_at_most;
use crate::forge::{self, Sealed};
use crate::support::{Counting, Etype, key};
use arbitrary::{Arbitrary, Unstructured};
use captured::Captured;
use edit::Edit;
use fields::{Fields, Ground, Shift};
use initiator::{Initiator, ThirdLeg};
use md5::{Digest, Md5};
use mech_krb5::Principal;
use mech_krb5::ccache::SealedBy as WhoseKey;
use mech_krb5::crypto::{Key, KeyUsage};
use mech_krb5::keytab::{Keytab, KeytabEntry, Match};
use mech_krb5::message::ApOptions;
use named::{KeyPlace, Naming};
use negotiate_core::{Ambient, Limits, MechType, Reject, Step, Timestamp};
use planted::Planted;
use policy::{PacChoice, Policy, kdc_key};
use std::sync::Arc;
use user_to_user::{OWN_NAMES, UserToUser};
use verdict::{Around, KeyChoice, Verdict, World};

/// # Panics
/// If any of this does not hold.
pub fn check(input: &[u8]) {
    if let Ok(scene) = Scene::arbitrary_take_rest(Unstructured::new(input)) {
        scene.play();
    }
}

/// With this authorization data in a login that is else in order.
pub(crate) fn authorization_data(choices: u8, data: &[u8]) {
    let bit = |number: u8| choices >> number & 1 != 0;
    let mut scene = Scene::usual();
    let Base::Fields(fields) = &mut scene.base else {
        return;
    };
    let planted = Planted {
        der: data.to_vec(),
        is_signed: bit(0),
    };
    if bit(1) {
        fields.plant_in_authenticator(planted);
    } else {
        fields.plant_in_ticket(planted);
    }
    fields.etype = [
        Etype::Aes256Sha1,
        Etype::Aes128Sha1,
        Etype::Aes256Sha384,
        Etype::Aes128Sha256,
    ][usize::from(choices >> 2 & 3)];
    scene.policy.pac = match choices >> 4 & 3 {
        1 => PacChoice::Require,
        2 => PacChoice::Ignore,
        _ => PacChoice::Use,
    };
    scene.policy.knows_kdc = bit(6);
    scene.policy.ignore_unknown = bit(7);
    scene.play();
}

/// What there is to begin with: that of captured tokens, and one of each kind.
pub(crate) fn authorization_data_seeds() -> Vec<Vec<u8>> {
    let (service_key, session_key) = (key(Etype::Aes256Sha1, 1), key(Etype::Aes128Sha1, 2));
    let ground = Ground {
        now: NOW,
        bindings: None,
        service_key: &service_key,
        session_key: &session_key,
        kdc_key: &kdc_key(),
        naming: Naming::NOTHING,
        without_pac: None,
    };
    let mut without_pac = None;
    if let Base::Fields(mut fields) = Scene::usual().base {
        fields.etype = Etype::Aes256Sha1;
        fields.plant_in_ticket(planted::place_of_pac());
        without_pac = Some(fields.ticket(&ground));
    }
    let forged = planted::forged(&Ground {
        without_pac: without_pac.as_deref(),
        ..ground
    });
    // In the ticket as it is, signed anew, seen by who knows the KDC's key; and in the authenticator.
    let placed = |data: Vec<u8>| [0, 1, 0x40, 2].map(|choices| [&[choices], &*data].concat());
    planted::captured()
        .into_iter()
        .chain(forged)
        .flat_map(placed)
        .collect()
}

#[derive(Arbitrary, Debug)]
struct Scene {
    policy: Policy,
    base: Base,
    now: Shift,
    clear: Clear,
    authenticator_key: AuthenticatorKey,
    ticket_edits: Vec<Edit>,
    authenticator_edits: Vec<Edit>,
    third_leg: ThirdLeg,
}

/// Where the plaintexts come from.
#[derive(Arbitrary, Debug)]
enum Base {
    Fields(Box<Fields>),
    Captured(u8),
}

/// What is not sealed.
#[derive(Arbitrary, Debug)]
struct Clear {
    outer: Outer,
    is_bare: bool,
    ap_options: u8,
    service: Service,
    kvno: Kvno,
    sealed_by: SealedBy,
}

#[derive(Arbitrary, Debug, PartialEq, Eq)]
enum Outer {
    None,
    Spnego,
}

/// The ticket's name: two with the service's key, one with another key, one that the keytab does not have.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Www,
    Alias,
    Other,
    Unknown,
    OtherRealm,
}

#[derive(Arbitrary, Debug)]
enum Kvno {
    Right,
    None,
    LowByte,
    Other,
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
enum SealedBy {
    Service,
    Other,
    Stranger,
}

#[derive(Arbitrary, Debug)]
enum AuthenticatorKey {
    Session,
    Other,
}

/// Version of the service's key, and of the other's.
const KVNO: u32 = 3;
const OTHER_KVNO: u32 = 7;

const NOW: Timestamp = Timestamp::from_unix(1_795_327_048);

impl Scene {
    /// The first variant of everything.
    fn usual() -> Self {
        Self::arbitrary_take_rest(Unstructured::new(&[])).expect("nothing is enough")
    }

    /// Says whether the replay cache was asked.
    fn play(&self) -> bool {
        let naming = self.clear.naming();
        let captured = match &self.base {
            Base::Captured(which) => Some(Captured::number(*which, naming.named)),
            Base::Fields(_) => None,
        };
        let bindings = self.policy.bindings.bindings(captured);
        let hash: Option<[u8; 16]> = bindings.as_ref().map(|ours| Md5::digest(ours.to_octets()).into());
        let base_now = captured.map_or(NOW, |captured| captured.now);
        let (service_key, session_key, ticket, authenticator) = match (&self.base, captured) {
            (Base::Fields(fields), _) => {
                let service_key = naming.key(KeyPlace::Service, fields.etype, 1);
                let session_key = naming.key(KeyPlace::Session, fields.session_etype, 2);
                let ground = Ground {
                    now: base_now,
                    bindings: hash,
                    service_key: &service_key,
                    session_key: &session_key,
                    kdc_key: &kdc_key(),
                    naming,
                    without_pac: None,
                };
                let (ticket, authenticator) = (fields.ticket(&ground), fields.authenticator(&ground));
                (service_key, session_key, ticket, authenticator)
            }
            (Base::Captured(_), Some(captured)) => captured.parts(),
            (Base::Captured(_), None) => return false,
        };
        let ticket = edit::apply(&ticket, &self.ticket_edits);
        let authenticator = edit::apply(&authenticator, &self.authenticator_edits);
        let realm = captured.map_or(fields::REALM, |captured| &captured.realm);
        let keys = Keys {
            realm,
            service: service_key,
        };
        let now = Timestamp::from_unix_micros(base_now.unix_micros() + self.now.micros());
        let world = World {
            now: now.unix_micros(),
            types: naming.types(),
            address: bindings
                .as_ref()
                .filter(|ours| ours.initiator.address_type == 2)
                .map(|ours| ours.initiator.octets.clone()),
            bindings: hash,
            bindings_policy: self.policy.demand.policy(),
            refuse_unknown: !self.policy.ignore_unknown,
            refuse_anonymous: !self.policy.accept_anonymous,
            trust_kdc: self.policy.trust_kdc,
            pac_policy: self.policy.pac.policy(),
            kdc_keys: self.policy.kdc_keys(),
            server_realm: realm.as_bytes().to_vec(),
            service_key: keys.sealing(self.clear.sealed_by),
        };
        let around = self.around(&ticket, &session_key, base_now);
        let token = self.token(&keys, &around, &ticket, &authenticator);
        let own_ticket = match around.key_choice {
            KeyChoice::OwnTicket { .. } => Some(keys.own_ticket(base_now)),
            KeyChoice::Keytab | KeyChoice::NoOwnTicket => None,
        };
        let acceptor = self.policy.acceptor(&keys, naming.types(), own_ticket, now);
        let limit = 48 * 1024 + 24 * token.len();
        let take = || {
            let mut ambient = Ambient {
                now,
                random: &mut Counting(11),
            };
            let exchange = acceptor.exchange(bindings.clone().map(Arc::new));
            allocating_at_most(limit, || exchange.step(&token, &mut ambient))
        };
        if token.len() > Limits::default().token_len {
            assert_eq!(code(&take()), Some("spnego.token_too_long"));
            return false;
        }
        let verdicts = verdict::judge(&world, &around, &ticket, &authenticator);
        let initiator = Initiator {
            is_spnego: self.clear.outer == Outer::Spnego,
            is_bare: self.clear.is_bare,
            mech_type: self.clear.framing(),
            now,
            third_leg: &self.third_leg,
        };
        let asked = self.agree(&keys, &world, &initiator, verdicts, take());
        // Whatever else is wrong with it.
        if asked {
            assert_eq!(code(&take()), Some("krb5.replay"));
        }
        asked
    }

    /// Compares, and says whether the replay cache was asked.
    fn agree(
        &self,
        keys: &Keys<'_>,
        world: &World,
        initiator: &Initiator<'_>,
        mut verdicts: Vec<Verdict>,
        step: Result<Step, Reject>,
    ) -> bool {
        let found = code(&step);
        let is_found = |verdict: &Verdict| match verdict {
            Verdict::Accepted(_) => found.is_none(),
            Verdict::Refused(refused) => found == Some(refused.code),
            Verdict::NoKey => found.is_some_and(|code| NO_KEY.contains(&code)),
        };
        let Some(index) = verdicts.iter().position(is_found) else {
            panic!("{step:?}, where the model says {verdicts:?}");
        };
        let expected = verdicts.swap_remove(index);
        match (expected, step) {
            (Verdict::Accepted(accepted), Ok(step)) => {
                let label = self.clear.label(keys);
                initiator.goes_on(&accepted, world, &label, step);
                true
            }
            (Verdict::Refused(refused), Err(reject)) => {
                initiator.is_told(&reject, &self.clear, keys);
                refused.asked
            }
            (_, Err(reject)) => {
                initiator.is_told(&reject, &self.clear, keys);
                false
            }
            (_, Ok(_)) => unreachable!("found by its code"),
        }
    }

    fn around(&self, ticket: &[u8], session_key: &Key, base_now: Timestamp) -> Around {
        let types = self.clear.naming().types();
        let in_ticket =
            crate::kerberos::enc_ticket_part(ticket).and_then(|part| verdict::usable(&part.key, types));
        let sealed_by = self.clear.sealed_by;
        let key_choice = match self.clear.user_to_user() {
            None => KeyChoice::Keytab,
            Some(UserToUser {
                has_ticket: false, ..
            }) => KeyChoice::NoOwnTicket,
            Some(UserToUser { has_ticket: true, .. }) => KeyChoice::OwnTicket {
                ends: base_now.unix_micros(),
                is_named: OWN_NAMES.contains(&self.clear.service),
            },
        };
        Around {
            is_bare: self.clear.is_bare,
            mutual_required: self.clear.ap_options & 1 != 0,
            ticket_sealed: match (sealed_by, &key_choice) {
                (SealedBy::Service, _) => true,
                (SealedBy::Other, KeyChoice::Keytab) => !self.policy.restrict,
                (SealedBy::Other | SealedBy::Stranger, _) => false,
            },
            key_choice,
            authenticator_key: match self.authenticator_key {
                AuthenticatorKey::Session => in_ticket.unwrap_or_else(|| session_key.clone()),
                AuthenticatorKey::Other => {
                    let etype = session_key.encryption_type();
                    Key::new(etype, &[0x77; 32][..etype.key_len()]).expect("as many bytes as its type says")
                }
            },
        }
    }

    fn token(&self, keys: &Keys<'_>, around: &Around, ticket: &[u8], authenticator: &[u8]) -> Vec<u8> {
        let random = &mut Counting(0);
        let mut sealer = forge::Ticket::new(
            "x@X",
            &self.clear.service.text(keys.realm),
            &keys.sealing(self.clear.sealed_by),
            &keys.service,
            NOW,
        );
        sealer.kvno = self.clear.kvno.number(self.clear.sealed_by);
        let mut ap_options = 0;
        if around.mutual_required {
            ap_options |= ApOptions::MUTUAL_REQUIRED.0;
        }
        if self.clear.user_to_user().is_some_and(|asked| asked.by_option) {
            ap_options |= ApOptions::USE_SESSION_KEY.0;
        }
        let usage = KeyUsage::AP_REQ_AUTHENTICATOR;
        let ap_req = forge::ApReq {
            pvno: 5,
            msg_type: 14,
            ap_options: ApOptions(ap_options),
            ticket: &sealer.seal_plaintext(ticket, random),
            authenticator: Sealed::new(&around.authenticator_key, usage, None, authenticator, random),
        };
        let ap_req = ap_req.encode();
        let mech_token = if around.is_bare {
            ap_req
        } else {
            forge::framed(self.clear.framing(), &ap_req)
        };
        match self.clear.outer {
            Outer::None => mech_token,
            Outer::Spnego => forge::neg_token_init(&[MechType::KRB5], &mech_token),
        }
    }
}

const NO_KEY: [&str; 8] = [
    "krb5.acceptor_names_absent",
    "krb5.service_not_allowed",
    "krb5.service_absent",
    "krb5.wrong_realm",
    "krb5.kvno_old",
    "krb5.kvno_new",
    "krb5.etype_missing",
    "krb5.wrong_key",
];

fn code(step: &Result<Step, Reject>) -> Option<&'static str> {
    step.as_ref().err().map(|reject| reject.reason().code())
}

/// The acceptor's keytab: the service under two names, and another service.
struct Keys<'a> {
    realm: &'a str,
    service: Key,
}

impl Keys<'_> {
    fn sealing(&self, by: SealedBy) -> Key {
        let etype = self.service.encryption_type();
        let filled =
            |byte| Key::new(etype, &[byte; 32][..etype.key_len()]).expect("as many bytes as its type says");
        match by {
            SealedBy::Service => self.service.clone(),
            SealedBy::Other => filled(0x33),
            SealedBy::Stranger => filled(0x55),
        }
    }

    fn keytab(&self) -> Keytab {
        let entry = |service: Service, kvno, by| {
            let principal = Principal::parse(&service.text(self.realm)).expect("a principal");
            let key = self.sealing(by);
            KeytabEntry::new(principal, NOW, kvno, key.encryption_type().number(), key.bytes())
                .expect("an entry")
        };
        Keytab::from_entries(vec![
            entry(Service::Www, KVNO, SealedBy::Service),
            entry(Service::Alias, KVNO, SealedBy::Service),
            entry(Service::Other, OTHER_KVNO, SealedBy::Other),
        ])
    }
}

impl Service {
    fn text(self, realm: &str) -> String {
        match self {
            Self::Www => format!("HTTP/www.example.test@{realm}"),
            Self::Alias => format!("HTTP/alias.example.test@{realm}"),
            Self::Other => format!("host/other.example.test@{realm}"),
            Self::Unknown => format!("HTTP/unknown.example.test@{realm}"),
            Self::OtherRealm => "HTTP/www.example.test@ELSEWHERE".into(),
        }
    }
}

impl Kvno {
    fn number(&self, sealed_by: SealedBy) -> Option<u32> {
        let right = if sealed_by == SealedBy::Other {
            OTHER_KVNO
        } else {
            KVNO
        };
        match self {
            Self::Right => Some(right),
            Self::None => None,
            Self::LowByte => Some(right + 0x200),
            Self::Other => Some(right + 1),
        }
    }
}

/// How the acceptor names itself, and why.
struct Label {
    service: String,
    matched: Match,
    kvno: u32,
    sealed_by: WhoseKey,
}

impl Clear {
    fn label(&self, keys: &Keys<'_>) -> Label {
        if self.user_to_user().is_some() {
            return Label {
                service: self.service.text(keys.realm),
                matched: Match::Exact,
                kvno: 0,
                sealed_by: WhoseKey::SessionKey,
            };
        }
        let (names, kvno) = match self.sealed_by {
            SealedBy::Other => (&[Service::Other][..], OTHER_KVNO),
            _ => (&[Service::Www, Service::Alias][..], KVNO),
        };
        let is_own = names.contains(&self.service);
        let service = if is_own { self.service } else { names[0] };
        let matched = match self.kvno {
            _ if !is_own => Match::Alias,
            Kvno::Right | Kvno::None => Match::Exact,
            Kvno::LowByte => Match::LowByte,
            Kvno::Other => Match::OtherVersion,
        };
        Label {
            service: service.text(keys.realm),
            matched,
            kvno,
            sealed_by: WhoseKey::ServiceKey,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A login that is in order, with what is named in these places, is accepted in each manner.
    #[test]
    fn named_types_are_accepted_wherever_they_stand() {
        for named in [0xd0, 0xe0] {
            for options in 0..16 {
                for (etype, is_bare) in [(Etype::Aes128Sha1, false), (Etype::Aes256Sha1, true)] {
                    let mut scene = Scene::usual();
                    scene.clear.ap_options = named | options;
                    if let Base::Fields(fields) = &mut scene.base {
                        (fields.etype, fields.session_etype) = (etype, etype);
                        fields.ask(etype, if is_bare { 0x1002 } else { 2 });
                    }
                    scene.clear.is_bare = is_bare;
                    assert!(scene.play(), "{options:x} of {named:x}");
                }
            }
            for which in 0..4 {
                let mut scene = Scene::usual();
                scene.clear.ap_options = named;
                scene.base = Base::Captured(which);
                assert!(scene.play(), "{which} of {named:x}");
            }
        }
    }
}
