//! Authorization data (RFC 4120 section 5.2.6), by container: what the KDC wrote and what the client wrote are not the
//! same thing, and each type counts in its own container only.
//!
//! Whoever does not understand an element must refuse, unless it stands in AD-IF-RELEVANT, or is for the KDC. This file
//! walks through the lists; what the elements mean is in `from_client` and `from_kdc`.

use super::from_client::{self, ClientWishes};
use super::from_kdc::{self, FromKdc};
use super::open_ticket::TicketOpened;
use super::{Policy, UnknownAuthorizationData};
use crate::crypto::Key;
use crate::error::{Container, Fact, Part};
use crate::message::{AdAndOr, AdType, AuthorizationData, AuthorizationDataEntry};
use negotiate_core::der::{Error, Reader};

/// Witness that nothing is there that must be understood and is not. Minted by [`check`] alone.
pub(super) struct AuthorizationDataChecked<'a> {
    pub(super) client: ClientWishes,
    pub(super) kdc: FromKdc<'a>,
    _minted_by_check: (),
}

/// Deeper than any KDC nests; a bound because the input sets the depth.
const MAX_DEPTH: usize = 4;

pub(super) fn check<'a>(
    ticket: &TicketOpened<'a>,
    session_key: &Key,
    authenticator: Option<AuthorizationData<'_>>,
    policy: &Policy,
) -> Result<AuthorizationDataChecked<'a>, Fact> {
    let mut kdc = FromKdc::default();
    if let Some(data) = ticket.part().authorization_data {
        let mut reader = from_kdc::Reading::new(ticket.key().key(), session_key, policy.pac, &mut kdc);
        walk(data, Container::Ticket, policy, |place, entry| {
            Ok(reader.read(place, entry))
        })?;
    }
    let mut client = ClientWishes::default();
    if let Some(data) = authenticator {
        walk(data, Container::Authenticator, policy, |_, entry| {
            from_client::read(&mut client, entry, policy)
        })?;
    }
    Ok(AuthorizationDataChecked {
        client,
        kdc,
        _minted_by_check: (),
    })
}

/// What an element turned out to be.
pub(super) enum Meaning<'a> {
    /// It is understood, and so satisfied.
    Understood,
    /// It is not.
    Unknown,
    /// Elements, which are to be read in their turn.
    Elements(AuthorizationData<'a>, Place),
}

/// What stands around an element.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing.
    Top,
    /// AD-IF-RELEVANT.
    IfRelevant,
    /// A CAMMAC with a verifier that fits.
    Cammac,
    /// Containers in which nothing is looked for: only whether it is understood counts.
    Elsewhere,
}

impl Place {
    /// Of what stands in an AD-IF-RELEVANT that stands here.
    const fn if_relevant(self) -> Self {
        match self {
            Self::Top => Self::IfRelevant,
            Self::Cammac => Self::Cammac,
            Self::IfRelevant | Self::Elsewhere => Self::Elsewhere,
        }
    }
}

/// A list that is being read.
struct Level<'a> {
    rest: AuthorizationData<'a>,
    /// The type of the container that it stands in.
    ad_type: AdType,
    place: Place,
    demand: Demand,
}

/// How many elements of a list must be understood.
#[derive(Clone, Copy)]
enum Demand {
    All,
    /// AD-IF-RELEVANT around it.
    None,
    /// AD-AND-OR.
    Some {
        condition_count: i32,
        met: i32,
    },
}

impl Demand {
    /// That of a list of elements which count as if they stood here.
    const fn inherited(self) -> Self {
        match self {
            Self::Some { .. } => Self::None,
            all_or_none => all_or_none,
        }
    }
}

/// Visits every element of one container, those inside other elements too, without recursion.
fn walk<'a>(
    data: AuthorizationData<'a>,
    container: Container,
    policy: &Policy,
    mut read: impl FnMut(Place, AuthorizationDataEntry<'a>) -> Result<Meaning<'a>, Fact>,
) -> Result<(), Fact> {
    // The lists around the current one.
    let mut outer: [Option<Level<'a>>; MAX_DEPTH - 1] = [const { None }; MAX_DEPTH - 1];
    let mut current = Level {
        rest: data,
        ad_type: AdType(0),
        place: Place::Top,
        demand: Demand::All,
    };
    loop {
        let (ad_type, is_understood) = match current.rest.pop_first() {
            Some(entry) => match current.enter(entry, &mut read)? {
                Entered::Leaf(is_understood) => (entry.ad_type, is_understood),
                Entered::Level(inner) => {
                    let free = outer.iter_mut().find(|level| level.is_none());
                    let free = free.ok_or(Fact::NestedAuthorizationData(container))?;
                    *free = Some(core::mem::replace(&mut current, inner));
                    continue;
                }
            },
            None => {
                let Some(around) = outer.iter_mut().rev().find_map(Option::take) else {
                    return Ok(());
                };
                let done = core::mem::replace(&mut current, around);
                (done.ad_type, done.is_satisfied())
            }
        };
        let must_be = policy.unknown_authorization_data == UnknownAuthorizationData::Refuse;
        match &mut current.demand {
            Demand::All if must_be && !is_understood => {
                return Err(Fact::UnknownAuthorizationData {
                    container,
                    ad_type: ad_type.0,
                });
            }
            Demand::Some { met, .. } if is_understood => *met = met.saturating_add(1),
            _ => {}
        }
    }
}

enum Entered<'a> {
    Leaf(bool),
    Level(Level<'a>),
}

impl<'a> Level<'a> {
    fn enter(
        &self,
        entry: AuthorizationDataEntry<'a>,
        read: &mut impl FnMut(Place, AuthorizationDataEntry<'a>) -> Result<Meaning<'a>, Fact>,
    ) -> Result<Entered<'a>, Fact> {
        let level = |rest, place, demand| {
            Ok(Entered::Level(Level {
                rest,
                ad_type: entry.ad_type,
                place,
                demand,
            }))
        };
        match entry.ad_type {
            AdType::IF_RELEVANT => {
                let inner = whole(entry.ad_data).map_err(malformed)?;
                level(inner, self.place.if_relevant(), Demand::None)
            }
            AdType::MANDATORY_FOR_KDC => Ok(Entered::Leaf(true)),
            AdType::AND_OR => match AdAndOr::decode(entry.ad_data) {
                Ok(AdAndOr {
                    condition_count,
                    elements,
                }) => {
                    let met = 0;
                    level(elements, Place::Elsewhere, Demand::Some { condition_count, met })
                }
                Err(_) => Ok(Entered::Leaf(false)),
            },
            _ => match read(self.place, entry)? {
                Meaning::Understood => Ok(Entered::Leaf(true)),
                Meaning::Unknown => Ok(Entered::Leaf(false)),
                Meaning::Elements(elements, place) => level(elements, place, self.demand.inherited()),
            },
        }
    }

    /// Whether its container is satisfied, now that all of it has been read.
    const fn is_satisfied(&self) -> bool {
        match self.demand {
            Demand::Some { condition_count, met } => met >= condition_count,
            // What had to be understood was.
            Demand::All | Demand::None => true,
        }
    }
}

/// One list, with nothing behind it.
fn whole(ad_data: &[u8]) -> Result<AuthorizationData<'_>, Error> {
    let mut input = Reader::new(ad_data);
    let list = AuthorizationData::decode(&mut input)?;
    input.finish()?;
    Ok(list)
}

pub(super) fn malformed(error: Error) -> Fact {
    Fact::Malformed {
        part: Part::AuthorizationData,
        error,
    }
}
