//! What an acceptor makes of a conversation, and where two of them differ.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted(Facts),
    /// It wants another token.
    Continue {
        /// Of our SPNEGO answer, where there is one.
        neg_state: Option<u8>,
    },
    Refused {
        reason: String,
    },
    /// It did not answer: a panic, or the end of the process.
    Died {
        how: String,
    },
}

/// What an application may build on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The token that completed it, counted from 0.
    pub(crate) leg: usize,
    pub(crate) initiator: String,
    /// Of a context that ends now libgssapi tells none.
    pub(crate) acceptor: Option<String>,
    /// Without PROT_READY and TRANS, which say nothing about the token.
    pub(crate) flags: u32,
    /// Seconds from now until the context ends, the clock skew included.
    pub(crate) lifetime: i64,
    /// Whose credential was delegated; of one that is over libgssapi tells only that.
    pub(crate) delegated: Option<String>,
    /// Whether there is a token for the initiator.
    pub(crate) answers: bool,
    pub(crate) pac: Pac,
    pub(crate) indicators: Vec<String>,
}

/// The PAC whose attributes are handed out.
#[derive(Clone, Debug)]
pub(crate) enum Pac {
    /// By its MD5.
    Verified(String),
    /// None, and why, where there is a reason.
    None(Option<String>),
}

/// An application does not see why there is none.
impl PartialEq for Pac {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Verified(one), Self::Verified(other)) => one == other,
            (Self::None(_), Self::None(_)) => true,
            _ => false,
        }
    }
}

impl Eq for Pac {}

impl Pac {
    fn against(&self, other: &Self) -> String {
        match (self, other) {
            (Self::Verified(digest), Self::Verified(_)) => format!("PAC {digest}"),
            (Self::Verified(_), Self::None(_)) => "a PAC".to_owned(),
            (Self::None(None), _) => "no PAC".to_owned(),
            (Self::None(Some(why)), _) => format!("no PAC: {why}"),
        }
    }
}

/// How two verdicts on one token compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Agreement {
    BothAccept,
    BothContinue,
    BothRefuse,
    OnlyOursAccepts,
    OnlyMitAccepts,
    /// Both accept, but not the same.
    Different,
    /// One goes on where the other ends.
    OnlyOursContinues,
    OnlyMitContinues,
    Died,
}

impl Agreement {
    pub(crate) const ALL: [(Self, &str); 9] = [
        (
            Self::BothAccept,
            "both accept: principals, flags, lifetime, delegation, PAC and indicators are the same",
        ),
        (Self::BothContinue, "both ask for another token"),
        (Self::BothRefuse, "both refuse"),
        (Self::OnlyOursAccepts, "only mech-krb5 accepts"),
        (Self::OnlyMitAccepts, "only MIT accepts"),
        (Self::Different, "both accept, but not the same"),
        (Self::OnlyOursContinues, "only mech-krb5 asks for another token"),
        (Self::OnlyMitContinues, "only MIT asks for another token"),
        (Self::Died, "one of them gave no answer"),
    ];

    pub(crate) fn of(ours: &Verdict, mit: &Verdict) -> Self {
        use Verdict::{Accepted, Continue, Died, Refused};
        match (ours, mit) {
            (Died { .. }, _) | (_, Died { .. }) => Self::Died,
            (Accepted(ours), Accepted(mit)) if ours == mit => Self::BothAccept,
            (Accepted(_), Accepted(_)) => Self::Different,
            (Accepted(_), _) => Self::OnlyOursAccepts,
            (_, Accepted(_)) => Self::OnlyMitAccepts,
            (Continue { neg_state: ours }, Continue { neg_state: mit }) if ours == mit => Self::BothContinue,
            (Continue { .. }, Continue { .. }) => Self::Different,
            (Refused { .. }, Refused { .. }) => Self::BothRefuse,
            (Continue { .. }, Refused { .. }) => Self::OnlyOursContinues,
            (Refused { .. }, Continue { .. }) => Self::OnlyMitContinues,
        }
    }

    pub(crate) const fn is_agreement(self) -> bool {
        matches!(self, Self::BothAccept | Self::BothContinue | Self::BothRefuse)
    }
}

impl Verdict {
    /// A refusal in words that do not depend on the token.
    pub(crate) fn refused(reason: &str) -> Self {
        let mut words = String::new();
        for letter in reason.replace('\n', " ").chars() {
            // Digits of a name, such as krb5, stay.
            match words.chars().last() {
                Some('#') if letter.is_ascii_digit() => {}
                Some(before) if before.is_ascii_alphanumeric() => words.push(letter),
                _ if letter.is_ascii_digit() => words.push('#'),
                _ => words.push(letter),
            }
        }
        Self::Refused { reason: words }
    }

    /// In a word or two, and where both accept, only what is not the other's.
    pub(crate) fn against(&self, other: &Self) -> String {
        match (self, other) {
            (Self::Accepted(these), Self::Accepted(those)) => {
                format!("accepted with {}", these.against(those))
            }
            _ => self.to_string(),
        }
    }
}

impl Facts {
    fn against(&self, other: &Self) -> String {
        let Self {
            leg,
            initiator,
            acceptor,
            flags,
            lifetime,
            delegated,
            answers,
            pac,
            indicators,
        } = self;
        let facts = [
            (*leg != other.leg, format!("leg {leg}")),
            (*initiator != other.initiator, format!("initiator {initiator:?}")),
            (*acceptor != other.acceptor, format!("acceptor {acceptor:?}")),
            (
                *flags != other.flags,
                format!("flags {:#x}", flags & !other.flags),
            ),
            (*lifetime != other.lifetime, format!("lifetime {lifetime}")),
            (*delegated != other.delegated, format!("delegated {delegated:?}")),
            (*answers != other.answers, format!("answers {answers}")),
            (*pac != other.pac, pac.against(&other.pac)),
            (
                *indicators != other.indicators,
                compared(indicators, &other.indicators),
            ),
        ];
        let different = facts
            .into_iter()
            .filter(|(differs, _)| *differs)
            .map(|(_, text)| text);
        different.collect::<Vec<_>>().join(", ")
    }
}

/// Whether one has indicators that the other lacks; in full, where both do.
fn compared(these: &[String], those: &[String]) -> String {
    let mut rest = those.iter();
    let is_part = these.iter().all(|this| rest.any(|that| this == that));
    let mut rest = these.iter();
    let has_all = those.iter().all(|that| rest.any(|this| this == that));
    match (is_part, has_all) {
        (true, _) => "fewer indicators".to_owned(),
        (_, true) => "more indicators".to_owned(),
        _ => format!("indicators {these:?}"),
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted(_) => f.write_str("accepted"),
            Self::Continue { neg_state: None } => f.write_str("continue"),
            Self::Continue {
                neg_state: Some(neg_state),
            } => write!(f, "continue with negState {neg_state}"),
            Self::Refused { reason } => f.write_str(reason),
            Self::Died { how } => write!(f, "died: {how}"),
        }
    }
}

/// `negState` of a NegTokenResp, by the fixed places of its first field (RFC 4178 section 4.2.2).
pub(crate) fn neg_state(token: &[u8]) -> Option<u8> {
    if token.first() != Some(&0xa1) {
        return None;
    }
    let field = token
        .windows(5)
        .find(|bytes| bytes.starts_with(&[0xa0, 3, 0x0a, 1]))?;
    field.last().copied()
}
