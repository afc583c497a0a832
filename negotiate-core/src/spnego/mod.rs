//! SPNEGO (RFC 4178, MS-SPNG): the acceptor, read in the order in which a token passes through it.
//!
//! [`framing`] tells once what the first token is; [`decode`] reads it into the types of [`token`]; [`select`] takes the
//! first of the initiator's mechanisms that we have; [`accept`] leads the mechanism's conversation; [`mic`] decides
//! whether mechListMICs are due and holds the witness that they were dealt with; [`encode`] writes the answer;
//! [`reject`] names what can go wrong, with the lists of [`listed`]; [`hints`] is for protocols in which the acceptor
//! speaks first. [`initiate`] is the other side, with errors of its own in [`initiator_error`].

mod accept;
mod decode;
mod encode;
mod framing;
mod hints;
mod initiate;
mod initiator_error;
mod listed;
mod mic;
mod reject;
mod select;
mod token;

pub(crate) use accept::{State, first_token, next_token};
pub(crate) use framing::{FirstToken, classify, is_only_first};
pub(crate) use hints::hints;
pub use initiate::SpnegoInitiator;
pub use initiator_error::SpnegoInitiatorError;
pub use listed::{AcceptedMechTypes, OfferedMechTypes};
pub(crate) use mic::MechListProtected;
pub use reject::SpnegoError;
pub(crate) use select::bare_mechanism;
