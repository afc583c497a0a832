//! Authorization data once more (RFC 4120 section 5.2.6, RFC 7751): recursive, and with no thought of cost.

use crate::kerberos::{self, Code, MALFORMED, Signed, Typed, typed_list};
use crate::tlv::{self, value};
use mech_krb5::crypto::{EncryptionType, EncryptionTypes, Key, KeyUsage};

/// What stands around an element.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The ticket, and nothing else.
    Top,
    IfRelevant,
    Cammac,
    Elsewhere,
    /// The authenticator.
    Client,
}

/// How many of a list's elements must be understood.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Demand {
    All,
    None,
    /// They are counted.
    Count,
}

pub(super) struct Walk<'a> {
    pub(super) service_key: &'a Key,
    pub(super) session_key: &'a Key,
    pub(super) refuse_unknown: bool,
    pub(super) wishes: Wishes,
    pub(super) indicators: Vec<String>,
    /// Those that stand where PACs may stand.
    pub(super) pacs: Vec<Vec<u8>>,
    /// Whether a CAMMAC is not what the KDC signed for this service.
    pub(super) is_cammac_discarded: bool,
    /// The ticket's, and the client's own.
    pub(super) restrictions: [Option<Restrictions>; 2],
}

/// KERB-AD-RESTRICTION-ENTRY (MS-KILE section 2.2.6): limited or not, integrity level, machine.
pub(super) type Restrictions = (bool, u32, Vec<u8>);

enum Meaning {
    Leaf(bool),
    List(Vec<Typed>, Place, Demand, i32),
}

impl Walk<'_> {
    /// Reads a list, and says how many of its elements are understood.
    pub(super) fn list(
        &mut self,
        list: &[Typed],
        depth: usize,
        place: Place,
        demand: Demand,
    ) -> Result<i32, Code> {
        let mut met = 0;
        for (ad_type, data) in list {
            let understood = match self.element(*ad_type, data, place, demand)? {
                Meaning::Leaf(understood) => understood,
                Meaning::List(..) if depth == 3 => return Err("krb5.nested_authorization_data"),
                Meaning::List(inner, place, demand, count) => {
                    let met = self.list(&inner, depth + 1, place, demand)?;
                    demand != Demand::Count || met >= count
                }
            };
            if demand == Demand::All && self.refuse_unknown && !understood {
                return Err("krb5.unknown_authorization_data");
            }
            met += i32::from(understood);
        }
        Ok(met)
    }

    fn element(&mut self, ad_type: i32, data: &[u8], place: Place, demand: Demand) -> Result<Meaning, Code> {
        let inherited = if demand == Demand::Count {
            Demand::None
        } else {
            demand
        };
        Ok(match (ad_type, place) {
            (1, _) => {
                let inner = typed_list(data).ok_or(MALFORMED)?;
                let place = match place {
                    Place::Top => Place::IfRelevant,
                    Place::IfRelevant | Place::Elsewhere => Place::Elsewhere,
                    same => same,
                };
                Meaning::List(inner, place, Demand::None, 0)
            }
            (8, _) => Meaning::Leaf(true),
            (5, _) => match kerberos::and_or(data) {
                Some((count, inner)) => {
                    let place = if place == Place::Client {
                        place
                    } else {
                        Place::Elsewhere
                    };
                    Meaning::List(inner, place, Demand::Count, count)
                }
                None => Meaning::Leaf(false),
            },
            (143, Place::Client) => {
                let options: [u8; 4] = data.try_into().map_err(|_| MALFORMED)?;
                if self
                    .wishes
                    .ap_options
                    .replace(u32::from_le_bytes(options))
                    .is_some()
                {
                    return Err(MALFORMED);
                }
                Meaning::Leaf(true)
            }
            (129, Place::Client) => {
                let best = best_of(data, &self.wishes.subkey_types).ok_or(MALFORMED)?;
                self.wishes.subkey_type = self.wishes.subkey_type.or(best);
                Meaning::Leaf(true)
            }
            (128, Place::Top | Place::IfRelevant) => {
                self.pacs.push(data.to_vec());
                Meaning::Leaf(true)
            }
            (141, Place::Top | Place::IfRelevant | Place::Client) => {
                let first = &mut self.restrictions[usize::from(place == Place::Client)];
                *first = first.take().or_else(|| restrictions(data));
                Meaning::Leaf(true)
            }
            (142 | 144, Place::Client) => Meaning::Leaf(true),
            (96, Place::Top | Place::IfRelevant) => match kerberos::cammac(data) {
                Some(signed) if fits(&signed, self.service_key, KeyUsage(64)) => {
                    Meaning::List(signed.elements, Place::Cammac, inherited, 0)
                }
                _ => {
                    self.is_cammac_discarded = true;
                    Meaning::Leaf(false)
                }
            },
            (4, Place::Top | Place::IfRelevant) => match kerberos::kdc_issued(data) {
                Some(signed) if fits(&signed, self.session_key, KeyUsage(19)) => {
                    Meaning::List(signed.elements, Place::Elsewhere, inherited, 0)
                }
                _ => Meaning::Leaf(false),
            },
            (97, Place::Cammac) => match kerberos::indicators(data) {
                Some(indicators) => {
                    self.indicators.extend(indicators);
                    Meaning::Leaf(true)
                }
                None => Meaning::Leaf(false),
            },
            _ => Meaning::Leaf(false),
        })
    }
}

/// The first entry of type 0, whatever follows.
fn restrictions(data: &[u8]) -> Option<Restrictions> {
    let ((tag, mut entries), _) = tlv::split(data)?;
    if tag != 0x30 {
        return None;
    }
    while !entries.is_empty() {
        let ((tag, content), rest) = tlv::split(entries)?;
        let (number, value) = kerberos::typed(&tlv::write(tag, content))?;
        if number == 0 {
            let word = |at: usize| Some(u32::from_le_bytes(*value.get(at..)?.first_chunk()?));
            return Some((word(0)? & 1 != 0, word(4)?, value.get(8..40)?.to_vec()));
        }
        entries = rest;
    }
    None
}

fn fits(signed: &Signed, key: &Key, usage: KeyUsage) -> bool {
    let key = key.checksum_key(usage);
    let (number, checksum) = &signed.checksum;
    *number == key.checksum_type().number() && key.checksum(&[&signed.der]).as_bytes() == checksum
}

/// What the client says in its authorization data.
pub(super) struct Wishes {
    ap_options: Option<u32>,
    subkey_type: Option<EncryptionType>,
    /// The acceptor's, by preference.
    subkey_types: Vec<EncryptionType>,
}

/// By preference, those last that have to be named. RC4 is not preferred to anything.
const SUBKEY_TYPES: [EncryptionType; 6] = [
    EncryptionType::Aes256CtsHmacSha1_96,
    EncryptionType::Aes128CtsHmacSha1_96,
    EncryptionType::Aes256CtsHmacSha384_192,
    EncryptionType::Aes128CtsHmacSha256_128,
    EncryptionType::Camellia256CtsCmac,
    EncryptionType::Camellia128CtsCmac,
];

impl Wishes {
    pub(super) fn knows_bindings(&self) -> bool {
        self.ap_options.is_some_and(|options| options & 0x4000 != 0)
    }

    pub(super) fn with(types: EncryptionTypes) -> Self {
        let known = SUBKEY_TYPES.into_iter().filter(|etype| types.contains(*etype));
        Self {
            ap_options: None,
            subkey_type: None,
            subkey_types: known.collect(),
        }
    }

    /// RFC 4537; without a subkey where it would be one of RC4, but in DCE style.
    pub(super) fn subkey_type(&self, replaced: EncryptionType, is_dce_style: bool) -> Option<EncryptionType> {
        let candidates = [self.subkey_type, Some(replaced)];
        let first = self
            .subkey_types
            .iter()
            .copied()
            .find(|ours| candidates.contains(&Some(*ours)));
        let etype = first.unwrap_or(replaced);
        (etype != EncryptionType::Rc4Hmac || is_dce_style).then_some(etype)
    }
}

/// The best of a list of encryption types by our preference; `None` if it is no list.
fn best_of(data: &[u8], subkey_types: &[EncryptionType]) -> Option<Option<EncryptionType>> {
    let offered = tlv::series(tlv::only(0x30, data)?)?;
    let offered: Vec<i32> = offered
        .into_iter()
        .map(|(tag, content)| value::int32(&tlv::write(tag, content)))
        .collect::<Option<_>>()?;
    let mut ours = subkey_types.iter().copied();
    Some(ours.find(|ours| offered.contains(&ours.number())))
}
